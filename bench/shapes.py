"""Shapes, their exact surfaces and the step that fits them: sections of bench/fields.py.

Seconds are of the processor, on one thread: a busy machine disturbs them least. Rivals are SIREN and Fourier features
in PyTorch, 3 hidden layers of 128 units, as long at work as the field was, samples included. CD is the mean of both
one-sided exact point-to-mesh distances, longest side 1.8; ours is of the exact surface, a rival's of marching cubes
with 160 cells an axis. IoU is over a million points of the mesh's box.
"""

from __future__ import annotations

import itertools
import math
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch

import foldline as fl
from foldline.data.border import border
from foldline.data.distance import distance_samples
from foldline.exact.mend.crumbs import without_crumbs
from foldline.fit import fit
from foldline.fit.fields import PRESETS, prepare_field, sampled
from foldline.fit.objective import MeanLoss
from foldline.fit.order import Order
from foldline.fit.start import start
from foldline.fit.step.fused import Fused, engines, multiplications

MESHES = Path(__file__).parents[1] / "data" / "mesh"
BARS = {  # CD e-3 at most, IoU at least, whether components and Euler number are to be the file's
    "elephant": (0.27, 0.9960, True),
    "fandisk": (0.16, 0.9985, True),
    "knot1": (0.18, 0.9975, True),
    "femur": (0.34, 0.9950, False),
}
POINTS, CELLS = 1_000_000, 160
STEPS = 500  # of a fit whose memory is looked at
ROUNDS = 15  # of what is timed in turns
WIDTH, DEPTH, FREQUENCIES = 128, 3, 64
CUBE = fl.Box([-1] * 3, [1] * 3)


def seconds(work):
    begun = time.process_time()
    value = work()
    return time.process_time() - begun, value


# Shapes


def shapes(budget: float | None, seeds: int) -> Iterator[str]:
    """CD, IoU, components and Euler number of the shipped meshes, by the default preset."""
    yield f"{'':38s} {'CPU s':>6s} {'steps':>6s} {'CD e-3':>7s} {'IoU':>7s} {'parts':>5s} {'Euler':>5s}"
    for name, seed in itertools.product(BARS, range(seeds)):
        mesh = fl.read(MESHES / f"{name}.off")
        clean, found = border(mesh)
        target = clean.transformed(found.scale, found.shift)
        took, samples = seconds(lambda mesh=mesh, seed=seed: distance_samples(mesh, seed=seed))
        more, field = seconds(lambda samples=samples, seed=seed: fit(samples, seed=seed, seconds=budget, least_part=0))
        cd, iou, whole = BARS[name]
        like = f" {target.n_components:5d} {target.euler:5d}" if whole else ""
        yield f"{f'{name}, seed {seed}: bar':38s} {'':13s} {cd:7.3f} {iou:7.4f}{like}"
        yield row("  field", took + more, field.training.steps, *judged(field, target))
        mending, swept = seconds(lambda field=field, samples=samples: without_crumbs(field, CUBE, samples.function))
        if swept.mended or swept.handles:  # as ``fit`` does unless told otherwise
            told = f"  field, mended: {swept.mended} crumbs, {swept.handles} handles"
            yield row(told, took + more + mending, field.training.steps, *judged(swept.network, target))
        yield row("  no training", 0, 0, *judged(sampled(samples, samples.function), target))
        for rival in (Siren, Fourier):
            net, steps = trained(rival, samples, took + more, seed)
            yield row(f"  {rival.__name__}", took + more, steps, *judged(net, target))


def row(what, took, steps, cd, iou, surface):
    told = f"{took:6.1f} {steps:6d} {cd * 1e3:7.3f} {iou:7.4f} {surface.n_components:5d} {surface.euler:5d}"
    return f"{what:38s} {told}"


def judged(network, target):
    """CD, IoU and the surface of a field, exact, or of a rival, by marching cubes."""
    points = np.random.default_rng(5).uniform(*target.bounds, (POINTS, 3))
    inside = target.contains(points)
    ours = values(network, points) < 0
    surface = fl.surface(network, CUBE).mesh if isinstance(network, fl.Network) else marched(network)
    iou = (inside & ours).sum() / (inside | ours).sum()
    return surface.distance_to(target).chamfer, iou, surface


def values(network, points):
    parts = np.array_split(points, -(-len(points) // 2**16))
    return np.concatenate([np.asarray(network(part))[:, 0] for part in parts])


def marched(network):
    from skimage.measure import marching_cubes

    along = np.linspace(-1, 1, CELLS + 1)
    grid = np.stack(np.meshgrid(along, along, along, indexing="ij"), axis=-1).reshape(-1, 3)
    vertices, triangles, _, _ = marching_cubes(values(network, grid).reshape((CELLS + 1,) * 3), 0.0)
    return fl.Mesh.of_polygons(vertices * 2 / CELLS - 1, triangles)


class Rival(torch.nn.Module):
    def __call__(self, x):
        if isinstance(x, np.ndarray):
            with torch.no_grad():
                return super().__call__(torch.tensor(x, dtype=torch.float32)).numpy()
        return super().__call__(x)


class Siren(Rival):
    """Sitzmann et al. 2020, "Implicit neural representations with periodic activation functions", w0 = 30."""

    rate = 1e-4

    def __init__(self, d_in=3, d_out=1, w0=30.0):
        super().__init__()
        self.w0, widths = w0, [d_in, *[WIDTH] * DEPTH, d_out]
        self.layers = torch.nn.ModuleList(torch.nn.Linear(a, b) for a, b in itertools.pairwise(widths))
        for k, layer in enumerate(self.layers):
            bound = 1 / d_in if k == 0 else math.sqrt(6 / WIDTH) / w0
            torch.nn.init.uniform_(layer.weight, -bound, bound)

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = torch.sin(self.w0 * layer(x))
        return self.layers[-1](x)


class Fourier(Rival):
    """Tancik et al. 2020, "Fourier features let networks learn high frequency functions"; ReLU behind them."""

    rate = 1e-3

    def __init__(self, d_in=3, d_out=1, scale=2.0):
        super().__init__()
        self.register_buffer("waves", 2 * math.pi * scale * torch.randn(d_in, FREQUENCIES))
        widths = [2 * FREQUENCIES, *[WIDTH] * DEPTH, d_out]
        layers = [torch.nn.Linear(a, b) for a, b in itertools.pairwise(widths)]
        self.net = torch.nn.Sequential(*itertools.chain(*((x, torch.nn.ReLU()) for x in layers[:-1])), layers[-1])

    def forward(self, x):
        z = x @ self.waves
        return self.net(torch.cat([z.sin(), z.cos()], dim=1))


def trained(rival, samples, budget, seed, batch=2048, loss=None):
    """A rival after so many seconds of the processor, by Adam, its rate falling along a cosine; and its steps."""
    torch.manual_seed(seed)
    net, order = rival(samples.d_in, samples.d_out), Order(len(samples), batch, seed)
    x, y = (torch.tensor(np.array(each), dtype=torch.float32) for each in (samples.inputs, samples.targets))
    loss = loss or (lambda out, target: (out - target.clamp(-0.1, 0.1)).abs().mean())
    adam, begun, step = torch.optim.Adam(net.parameters(), lr=rival.rate), time.process_time(), 0
    while (share := (time.process_time() - begun) / budget) < 1:
        adam.param_groups[0]["lr"] = rival.rate * (0.01 + 0.99 * (1 + math.cos(math.pi * share)) / 2)
        rows = torch.from_numpy(order.rows(step))
        adam.zero_grad()
        loss(net(x[rows]), y[rows]).backward()
        adam.step()
        step += 1
    return net, step


# The exact surface


def surface(budget: float | None, seeds: int) -> Iterator[str]:
    """Exact surfaces of fitted fields: 2 s (finest 64), 8 s (finest 128), certified, complete, closed, below 2 GB."""
    for name, preset in itertools.product(BARS, ("fast", "default")):
        field = fit(distance_samples(fl.read(MESHES / f"{name}.off")), preset=preset, seconds=budget)
        took, found = seconds(lambda field=field: fl.surface(field, CUBE))
        size = field.grid.sizes[-1]
        yield (
            f"{name:10s} finest {size:3d}: {found.n_faces:9,d} polygons in {took:5.1f} CPU s, certified "
            f"{found.certified}, complete {found.complete}, closed {found.closed}, largest |f| "
            f"{found.max_abs_value:.0e}, memory so far {most_memory():.2f} GB"
        )


# Memory


def memory(budget: float | None, seeds: int) -> Iterator[str]:
    """A level of 256^3 by sparse rows (preset best): most memory of a process that fits elephant, 2 GB."""
    with ProcessPoolExecutor(1, get_context("spawn")) as alone:
        yield from alone.submit(fine, budget).result()


def fine(budget: float | None) -> list[str]:
    """How many rows the finest level has, and the most memory after the samples, the fit and the exact surface."""
    samples = distance_samples(fl.read(MESHES / "elephant.off"))
    told = [f"after {len(samples):,} samples {most_memory():.2f} GB"]
    steps = {"seconds": budget} if budget else {"steps": STEPS}  # what a fit holds does not grow with its steps
    field = fit(samples, preset="best", least_part=0, **steps)
    n, rows = field.grid.sizes[-1], len(field.grid.features[-1])
    share = rows / (n + 1) ** 3
    told.append(f"after the fit {most_memory():.2f} GB: {rows:,} rows of {n}^3 cells ({share:.1%} of all)")
    found = fl.surface(field, CUBE)
    told.append(f"after its surface {most_memory():.2f} GB: {found.n_faces:,} polygons, complete {found.complete}")
    return told


def most_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


# The step


@dataclass
class Plain:
    """The same field written in PyTorch operations: what ``Fused`` does, with autograd and torch.optim.Adam."""

    stepper: Fused
    rate: float

    def __post_init__(self):
        grid = self.stepper.start_grid
        tables = [grid.dense(level).astype(np.float32) for level in range(len(grid.sizes))]
        self.features = [torch.tensor(table, requires_grad=True) for table in tables]
        W, b = self.stepper.parameters()
        self.weights = [torch.tensor(w, dtype=torch.float32, requires_grad=True) for w in W]
        self.biases = [torch.tensor(v, dtype=torch.float32, requires_grad=True) for v in b]
        self.adam = torch.optim.Adam([*self.features, *self.weights, *self.biases], lr=self.rate, betas=(0.9, 0.99))
        self.x, self.y = torch.tensor(self.stepper.inputs), torch.tensor(self.stepper.targets)
        self.sizes, self.d = grid.sizes, grid.d

    def __call__(self, x):
        unit = (x + 1) / 2
        parts = [x]
        for n, table in zip(self.sizes, self.features, strict=True):
            cell = (unit * n).floor().clamp(0, n - 1)
            within, order = (unit * n - cell).sort(dim=1, descending=True)
            strides = torch.tensor([(n + 1) ** (self.d - 1 - axis) for axis in range(self.d)])
            vertex = torch.cat([(cell.long() * strides).sum(1, keepdim=True), strides[order]], dim=1).cumsum(1)
            one, none = torch.ones(len(x), 1), torch.zeros(len(x), 1)
            shares = torch.cat([one, within], 1) - torch.cat([within, none], 1)
            parts.append((shares[..., None] * table[vertex]).sum(1))
        h = torch.cat(parts, dim=1)
        for W, b in zip(self.weights[:-1], self.biases[:-1], strict=True):
            h = torch.relu(torch.addmm(b, h, W.T))
        return torch.addmm(self.biases[-1], h, self.weights[-1].T)

    def run(self, first, count):
        losses = []
        for k in range(count):
            rows = torch.from_numpy(self.stepper.order.rows(first + k))
            self.adam.zero_grad()
            near = self.y[rows].clamp(-0.1, 0.1)
            error = self(self.x[rows]) - near
            beyond = (near.abs() == 0.1) & (error * near > 0)
            loss = error.abs().masked_fill(beyond, 0.0).mean()
            loss.backward()
            self.adam.step()
            losses.append(float(loss.detach()))
        return np.array(losses)


def step(budget: float | None, seeds: int) -> Iterator[str]:
    """Milliseconds of one core a step of 2048 rows, the best of some in turns."""
    yield f"engine {engines()[0]}"
    yield from field_step()
    yield from plain_step()


def field_step() -> Iterator[str]:
    samples = distance_samples(fl.read(MESHES / "elephant.off"), 200_000)
    recipe = PRESETS["distance"]["default"]
    stepper = prepare_field(samples).stepper
    one = clone(stepper, 1)
    theirs = Plain(clone(stepper, 1), recipe.rate)
    rates, few = np.full(ROUNDS, 1e-5), 2
    one.run(0, rates)
    ours, eager = best(ROUNDS, (lambda: one.run(0, rates), len(rates)), (lambda: theirs.run(0, few), few))
    rows = sum(map(len, stepper.start_grid.features))
    flops = 2 * multiplications(stepper.widths) * recipe.batch
    peak, touch = product_rate(), touch_rate(stepper)
    touched = recipe.batch * 4 * len(recipe.sizes)
    yield f"field 2x32 behind 5 levels C2, {rows:,} rows: {ours * 1e3:.3f}; PyTorch's operations {eager * 1e3:.2f}"
    yield f"  {eager / ours:.1f} times (bar 4); PyTorch's table is dense, and so is its Adam"
    yield f"  its products need {flops / peak / ours:.0%} of that at the core's sgemm ({peak / 1e9:.0f} GFLOP/s)"
    share = touched / touch / ours
    yield f"  its {touched:,} rows need {share:.0%} of that at the rate of random reads ({touch / 1e6:.0f} M rows/s)"
    wall = [wall_of(clone(stepper, n), rates, ROUNDS) for n in (1, 2)]
    yield f"  2 threads: {wall[0] / wall[1]:.2f} times one, by the clock, on a machine that others may use (bar 1.7)"


def clone(stepper, threads):
    """A stepper like another, with its own memory and so many threads."""
    grid, (W, b) = stepper.start_grid, stepper.parameters()
    objective = MeanLoss(stepper.inputs, stepper.targets, "clamped", stepper.order)
    return Fused(W, b, objective, optimiser="adam", betas=(0.9, 0.99), grid=grid, grid_share=3.0, threads=threads)


def plain_step() -> Iterator[str]:
    rng, widths, n = np.random.default_rng(0), [3, 64, 64, 64, 64, 1], 200_000
    x = rng.uniform(-1, 1, (n, 3))
    y = np.linalg.norm(x, axis=1, keepdims=True) - 0.6
    objective = MeanLoss(x, y, "clamped", Order(n, 2048, 0))
    from foldline.fit.step.stepper import Recipe
    from foldline.fit.step.torch import Eager

    def pair():
        begun = start(widths)
        ours = Fused(*begun, objective, optimiser="muon")
        return ours, Eager(*begun, objective, Recipe(optimiser="muon"))

    ours, theirs = pair()
    few, loop = np.full(10, 1e-3), written(widths, x, y)
    works = (lambda: ours.run(0, few), 10), (lambda: theirs.run(0, few), 10), (lambda: loop(10), 10)
    fused, eager, plainly = best(ROUNDS, *works)
    a, b = (one.run(0, np.full(100, 1e-3)) for one in pair())
    share = 2 * multiplications(widths) * 2048 / fused / product_rate()
    yield f"plain 4x64, Muon: {fused * 1e3:.3f}; our PyTorch stepper {eager * 1e3:.3f}: {eager / fused:.2f} x (bar 2)"
    yield f"  torch.nn and torch.optim.Muon, as people write it: {plainly * 1e3:.3f}: {plainly / fused:.2f} times"
    yield f"  {share:.0%} of sgemm; losses of 100 steps differ by {np.abs(a / b - 1).max():.1e} (bar 1e-5)"


def written(widths, x, y):
    """The loop as people write it, of so many steps: Muon for the hidden matrices, Adam for the rest (PyTorch 2.9)."""
    pairs = list(itertools.pairwise(widths))
    layers = [each for a, b in pairs for each in (torch.nn.Linear(a, b), torch.nn.ReLU())]
    net = torch.nn.Sequential(*layers[:-1])
    hidden = [layer.weight for layer in net[2:-1] if isinstance(layer, torch.nn.Linear)]
    rest = [each for each in net.parameters() if all(each is not one for one in hidden)]
    optimisers = torch.optim.Muon(hidden, lr=0.02), torch.optim.Adam(rest, lr=0.002)
    x, y = (torch.from_numpy(each.astype(np.float32)) for each in (x, y))

    def run(count):
        for _ in range(count):
            rows = torch.randint(len(x), (2048,))
            loss = (net(x[rows]).clamp(-0.1, 0.1) - y[rows].clamp(-0.1, 0.1)).abs().mean()
            for one in optimisers:
                one.zero_grad()
            loss.backward()
            for one in optimisers:
                one.step()

    return run


def best(rounds, *works):
    """The least seconds a step of each work (call, steps), timed in turns."""
    times = [[seconds(work)[0] / steps for work, steps in works] for _ in range(rounds)]
    return [min(column) for column in zip(*times, strict=True)]


def wall_of(stepper, rates, rounds):
    stepper.run(0, rates)
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        stepper.run(0, rates)
        times.append((time.perf_counter() - begun) / len(rates))
    return min(times)


def product_rate():
    """FLOP a second of one core's matrix product."""
    a = np.random.default_rng(0).random((1024, 1024), dtype=np.float32)
    return 2 * 1024**3 / min(seconds(lambda: a @ a)[0] for _ in range(5))


def touch_rate(stepper):
    """Rows a second that one core reads in random order, from a table as large as the finest level's."""
    rows = len(stepper.start_grid.features[-1])
    table = np.zeros((rows, 8), dtype=np.float32)  # two channels: value, gradient, both memories
    at = np.random.default_rng(0).integers(0, rows, 200_000)
    return len(at) / min(seconds(lambda: table.take(at, axis=0))[0] for _ in range(5))
