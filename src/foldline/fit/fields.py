"""Fitting fields: a small network behind a grid of features, for functions of 1, 2 or 3 coordinates."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..box import Box
from ..doors import without_crumbs
from ..errors import InputError
from ..grid import MOST_INPUTS, Grid
from ..network import Network
from ..raster import Function, near_gaps
from ..samples import Samples
from ..training import Training
from .checkpoint import fingerprint
from .near import at_creases, mended, near_surface, nearest
from .objective import MeanLoss
from .order import Strata
from .prepared import Prepared, Sweep
from .scaling import Scaling
from .start import shapes_of, start
from .step.choice import kernel_on
from .step.fused import Fused, threads_for

Array = NDArray[np.float64]
Index = NDArray[np.int64]

BETAS = (0.9, 0.99)  # of Adam: features are touched by few steps, so their squares must be learned fast
FAINT = 1e-2  # features begin within it, unless a function is known that they can begin as
NEAR = 20  # rows of a level at most by its cells' square: those near a surface that is as large as the box's sides
MOST_ROWS = 2**22  # with the copies between
MOST_BATCH = 2**11  # rows a step: more teach a large raster no more
AT_ONCE = 2**17  # places asked of a function together


@dataclass(frozen=True)
class Field:
    """How large a field is, and how it is fitted.

    sizes       cells along each axis, level by level
    channels    features a vertex; 0 for as many as there are outputs
    hidden      widths of the network behind them
    rate        of the network; features move at ``grid_share`` times it
    between     copies of each sample at random places between it and those around, as the function has it there, so
                that the fit is good there too; ``reach`` is how far they go, in cells of the raster
    made_for    samples along a side of the raster that sizes and batch are for; of larger and smaller rasters there
                are more and fewer in proportion.  0: they are always the same
    """

    sizes: tuple[int, ...]
    channels: int
    hidden: tuple[int, ...]
    steps: int
    batch: int
    rate: float
    grid_share: float
    between: int = 0
    reach: float = 0.5
    made_for: float = 0.0

    def for_samples(self, samples: Samples) -> Field:
        """Return the field with its channels counted, and sizes and batch in proportion to a raster.

        >>> Field((32, 64), 2, (32,), 100, 512, 1e-2, 3.0, made_for=128).for_samples(Samples([[0.0]], [0.0])).sizes
        (1, 2)
        """
        channels = self.channels or samples.d_out
        if not self.made_for:
            return replace(self, channels=channels)
        times = len(samples) ** (1 / samples.d_in) / self.made_for
        coarsest = max(1, round(self.sizes[0] * times))
        batch = int(np.clip(self.batch * times**samples.d_in, self.batch, MOST_BATCH))
        sizes = tuple(coarsest * n // self.sizes[0] for n in self.sizes)
        return replace(self, sizes=sizes, channels=channels, batch=batch)

    def widths(self, samples: Samples) -> tuple[int, ...]:
        """Return the widths of the network for samples, from what it reads."""
        return (samples.d_in + self.channels * len(self.sizes), *self.hidden, samples.d_out)


PRESETS: dict[str, dict[str, Field]] = {
    "distance": {
        "fast": Field((8, 16, 32, 64), 2, (32, 32), 6_000, 2048, 2e-3, 3.0),
        "default": Field((8, 16, 32, 64, 128), 2, (32, 32), 16_000, 2048, 2e-3, 3.0),
        "best": Field((8, 16, 32, 64, 128, 256), 2, (32, 32), 60_000, 2048, 2e-3, 3.0),
    },
    "image": {
        "fast": Field((24, 48, 96), 3, (32, 32), 6_000, 512, 1e-2, 3.0, between=8, made_for=256),
        "default": Field((39, 78, 156), 3, (64, 64), 24_000, 512, 6e-3, 4.0, between=16, made_for=256),
        "best": Field((39, 78, 156), 3, (64, 64), 80_000, 1024, 6e-3, 4.0, between=16, made_for=256),
        "pixels": Field((48, 96, 192), 2, (64, 64), 30_000, 512, 1e-2, 3.0, made_for=256),
    },
    "elevation": {
        "fast": Field((170,), 1, (32, 32), 6_000, 1024, 5e-3, 3.0, between=1, made_for=372),
        "default": Field((340,), 1, (32, 32), 20_000, 1024, 5e-3, 3.0, between=1, made_for=372),
        "best": Field((340,), 1, (64, 64), 60_000, 1024, 5e-3, 3.0, between=1, made_for=372),
    },
    "signal": {
        "fast": Field((256,), 0, (16, 16), 3_000, 512, 5e-3, 3.0, between=4, made_for=1024),
        "default": Field((720,), 0, (12, 12), 10_000, 512, 5e-3, 3.0, between=2, made_for=1024),
        "best": Field((720,), 0, (32, 32), 40_000, 512, 5e-3, 3.0, between=2, made_for=1024),
    },
}


def prepare_field(
    samples: Samples,
    *,
    preset: str = "default",
    field: Field | None = None,
    function: Function | None = None,
    seed: int = 0,
    loss: str = "",
    device: str = "cpu",
    least_part: float = 0.0,
) -> Prepared:
    """Return what is to be done to fit a field to samples of a function of 1, 2 or 3 coordinates.

    preset    "fast", "default" or "best" for the kind of samples, or "pixels" for an image that is to be good on its
              pixels and nowhere else; ``field`` instead says all of it
    function  what the samples were taken of, (n, d_in) places to (n, d_out) targets, where it can be asked: features
              begin as its values, and a raster is fitted between its cells too; by default what the samples tell of it
    device    as ``fit`` has it; "auto" is the CPU, since steps of a field are too small for a GPU to be faster
    least_part   as ``fit`` has it
    raises    InputError for samples of more than 3 inputs, or of a kind without presets, or an unknown preset
    source    Mueller et al. 2022, "Instant neural graphics primitives"; Kingma and Ba 2015 (Adam)
    """
    recipe = field or _preset(samples, preset)
    box, function = box_of(samples), function or samples.function
    if function is None and samples.kind == "distance":
        function = nearest(samples.inputs, samples.targets)
    scaling = scaling_of(samples, box)
    grid, weights, biases = begin(recipe, scaling, box, samples, function, seed)
    inputs, targets = _with_places_between(recipe, samples, function, seed)
    if samples.kind == "distance" and samples.function is not None:
        more = at_creases(grid, scaling, samples, seed)
        inputs = np.concatenate([inputs, more])
        targets = np.concatenate([targets, *_in_parts(samples.function, more)])
    within = ((inputs >= box.lo) & (inputs <= box.hi)).all(axis=1)  # a grid says nothing of what is outside
    inputs, targets = inputs[within], targets[within]
    x, batch = scaling.of_inputs(inputs), min(recipe.batch, len(inputs))
    loss = loss or samples.task.losses[0]
    widths = recipe.widths(samples)
    stepper = Fused(
        weights, biases, MeanLoss(x, scaling.of_targets(targets), loss, Strata(x, batch, seed)), optimiser="adam",
        betas=BETAS, grid=grid, grid_share=recipe.grid_share,
        threads=threads_for(widths, batch * (1 + len(recipe.sizes))),
        kernel=kernel_on(device, widths, loss),
    )  # fmt: skip
    asked = Training(
        loss=loss, optimiser="adam", rate=recipe.rate, batch=batch, seed=seed, initialisation="field",
        hidden=recipe.hidden, n_samples=len(samples), data=fingerprint(samples), device=stepper.device,
        stepper=stepper.name,
    )  # fmt: skip

    def network() -> Network:
        W, b = scaling.fold(*stepper.parameters(), {})
        trained = stepper.grid()
        assert trained is not None
        return Network(W, b, grid=Grid(box, trained.sizes, trained.features, trained.rows))

    near = any(kept is not None for kept in grid.rows)
    finished = (lambda fitted: mended(fitted, grid)) if near else (lambda fitted: fitted)
    sweep = _sweep(samples, box, function, least_part)
    return Prepared(stepper, asked, recipe.steps, network, scaling, finished, sweep)


def _sweep(samples: Samples, box: Box, function: Function | None, least_part: float) -> Sweep | None:
    """What is done to a shape's field after all steps: mending closed parts of its surface that the function lacks."""
    if samples.kind != "distance" or samples.d_in != 3 or not least_part:
        return None
    return lambda network, stop: without_crumbs(network, box, function, least_part, stop)


def check_preset(preset: object) -> None:
    """Raise InputError for a preset that no kind of samples has."""
    known = list(dict.fromkeys(name for presets in PRESETS.values() for name in presets))
    if preset not in known:
        raise InputError(f"fit needs preset out of {', '.join(known)}; got {preset!r}.")


def field_shapes(samples: Samples, preset: str) -> list[tuple[int, int]]:
    """Return the shapes of a field's weights, and of the features of each of its levels, a row a vertex."""
    recipe = _preset(samples, preset)
    counts = [(n + 1) ** samples.d_in for n in recipe.sizes]
    if samples.kind == "distance":
        counts = [min(count, NEAR * n ** (samples.d_in - 1)) for count, n in zip(counts, recipe.sizes, strict=True)]
    levels = [(count, recipe.channels - 1) for count in counts]  # counted as with a bias each
    return [*shapes_of(recipe.widths(samples)), *levels]


def sampled(samples: Samples, function: Function, *, preset: str = "default") -> Network:
    """Return the grid of a preset with a function's values as its features: what a fit has to beat.

    >>> line = Samples([[0.0], [1.0]], [1.0, 3.0], "signal")
    >>> sampled(line, line.function, preset="fast")([[0.25]])
    array([[1.5]])
    """
    recipe = _preset(samples, preset)
    box, d_out = box_of(samples), samples.d_out
    wide = Field(recipe.sizes, d_out, (), 0, 0, 0.0, 0.0)
    grid, weights, biases = begin(wide, Scaling.none(samples.d_in, d_out), box, samples, function, 0)
    return Network(weights, biases, grid=grid)


def untrained(network: Network, samples: Samples) -> Network | None:
    """Return a field's own grid with the samples' function as its features: what its training has to beat.

    returns   None for a network without a grid, or samples that do not say what they stand for
    """
    if network.grid is None or samples.function is None:
        return None
    wide = Field(network.grid.sizes, samples.d_out, (), 0, 0, 0.0, 0.0)
    scaling = Scaling.none(samples.d_in, samples.d_out)
    grid, weights, biases = begin(wide, scaling, network.grid.box, samples, samples.function, 0)
    return Network(weights, biases, grid=grid)


def box_of(samples: Samples) -> Box:
    """Return the box of a field: all of an image, the cube of a normalised shape, else what the samples fill."""
    lo, hi = samples.inputs.min(axis=0), samples.inputs.max(axis=0)
    if samples.kind == "distance":
        return Box(np.full(samples.d_in, -1.0), np.full(samples.d_in, 1.0))
    if samples.kind == "image" and "width" in samples.meta:
        sides = np.array([samples.meta["width"], samples.meta["height"]], dtype=np.float64)
        return Box(-sides / sides.max(), sides / sides.max())
    return Box(lo, np.where(hi > lo, hi, lo + 1.0))


def begin(
    recipe: Field, scaling: Scaling, box: Box, samples: Samples, function: Function | None, seed: int
) -> tuple[Grid, list[Array], list[Array]]:
    """Return a grid, weights and biases to begin with, for scaled inputs and targets.

    Where the function is known and there are channels enough, channel c of every level carries output c: the coarsest
    level its values, each finer one what is left of them; pairs of hidden units pass the sum on, and the others begin
    without a say.
    """
    scaled = Box(scaling.of_inputs(box.lo[None])[0], scaling.of_inputs(box.hi[None])[0])
    rng = np.random.default_rng([seed, 1])
    weights, biases = start(recipe.widths(samples), seed=seed)
    d_out, paired = samples.d_out, all(width >= 2 * samples.d_out for width in recipe.hidden)
    rows: list[Index | None] = [None] * len(recipe.sizes)
    values: list[Array] = []
    if function is not None and recipe.channels >= d_out and paired:

        def asked(x: Array) -> Array:
            parts = [function(scaling.inputs_of(x[at : at + AT_ONCE])) for at in range(0, len(x), AT_ONCE)]
            return scaling.of_targets(np.concatenate(parts).reshape(len(x), -1))

        if samples.kind == "distance":
            near = near_surface(scaled, recipe.sizes, asked)
            rows, values = near.rows, near.values
        else:
            values = residuals(scaled, recipe.sizes, d_out, asked)
        carry(weights, biases, box.d, recipe.channels, d_out)
    counts = [(n + 1) ** box.d if kept is None else len(kept) for n, kept in zip(recipe.sizes, rows, strict=True)]
    features = [rng.uniform(-FAINT, FAINT, (count, recipe.channels)).astype(np.float32) for count in counts]
    for level, begun in enumerate(values):
        features[level][:, :d_out] = begun
    return Grid(scaled, recipe.sizes, features, rows), weights, biases


def residuals(box: Box, sizes: tuple[int, ...], d_out: int, asked: Function) -> list[Array]:
    """A function's values at the vertices of each level, less what the levels before make of them."""
    found: list[Array] = []
    before: Grid | None = None
    for n in sizes:
        here = Grid(box, (n,), [np.zeros(((n + 1) ** box.d, d_out), dtype=np.float32)])
        at = here.places(0, here.indices(0, np.arange(here.n_vertices(0))))
        told = np.zeros((len(at), d_out)) if before is None else before(at)[:, box.d :]
        left = asked(at) - told
        found.append(left)
        before = Grid(box, (n,), [(told + left).astype(np.float32)])
    return found


def carry(weights: list[Array], biases: list[Array], d: int, channels: int, d_out: int) -> None:
    """Let pairs of hidden units, one for each sign, pass on the sums of carried channels, and nothing else."""
    for layer, W in enumerate(weights):
        last = layer == len(weights) - 1
        for c in range(d_out):
            rows = [c] if last else [2 * c, 2 * c + 1]
            W[rows] = 0.0
            biases[layer][rows] = 0.0
            if layer == 0:
                W[rows[0], d + c :: channels] = 1.0
                W[rows[1:], d + c :: channels] = -1.0
            else:
                for k, row in enumerate(rows):
                    W[row, 2 * c + k] = 1.0
                if last:
                    W[rows[0], 2 * c + 1] = -1.0


def _with_places_between(recipe: Field, samples: Samples, function: Function | None, seed: int) -> tuple[Array, Array]:
    """The samples, and of a raster or a signal copies of them at places between, as the function has them."""
    if function is None or not recipe.between:
        return samples.inputs, samples.targets
    rng = np.random.default_rng([seed, 2])
    places = _along_series(recipe, samples, rng) if samples.d_in == 1 else _on_lattice(recipe, samples, rng)
    values = _in_parts(function, places)
    return np.concatenate([samples.inputs, places]), np.concatenate([samples.targets, *values])


def _in_parts(function: Function, places: Array) -> list[Array]:
    return [function(places[at : at + AT_ONCE]) for at in range(0, len(places), AT_ONCE)]


def _on_lattice(recipe: Field, samples: Samples, rng: np.random.Generator) -> Array:
    """Places between the cells of a raster; none off a lattice.

    The cells of gaps that are filled smoothly are among the samples then: so a gap costs no smoothness around it.
    """
    table = samples.lattice.table(samples.inputs, samples.targets) if samples.lattice else None
    if samples.lattice is None or table is None:
        return np.zeros((0, samples.d_in))
    centres = np.concatenate([samples.inputs, samples.lattice.centres[near_gaps(table).ravel()]])
    step = np.abs(samples.lattice.step) * recipe.reach
    copies = _copies(recipe, len(centres))
    moved = [centres + rng.uniform(-step, step, centres.shape) for _ in range(copies)]
    ends = samples.lattice.centres[[0, -1]]
    return np.asarray(np.clip(np.concatenate([centres[len(samples) :], *moved]), ends.min(axis=0), ends.max(axis=0)))


def _along_series(recipe: Field, samples: Samples, rng: np.random.Generator) -> Array:
    """Times between those of a signal, as far from them as its neighbours let them be."""
    times, count = np.unique(samples.inputs[:, 0]), np.arange(len(samples))
    copies = _copies(recipe, len(times))
    at = np.concatenate([count + rng.uniform(-recipe.reach, recipe.reach, len(count)) for _ in range(copies)])
    return np.asarray(np.interp(at, np.arange(len(times)), times)[:, None])


def _copies(recipe: Field, n: int) -> int:
    return max(1, min(recipe.between, MOST_ROWS // n - 1))


def scaling_of(samples: Samples, box: Box) -> Scaling:
    """Return how samples of a coordinate are scaled.

    Shapes and images keep their own scale; others are fitted on a cube from -1 to 1, targets standardised.
    """
    if not any(samples.task.scaled):
        return Scaling.none(samples.d_in, samples.d_out)
    mean, scale = Scaling.of(samples).y_mean, Scaling.of(samples).y_scale
    return Scaling((box.lo + box.hi) / 2, (box.hi - box.lo) / 2, mean, scale)


def _preset(samples: Samples, preset: str) -> Field:
    if samples.d_in > MOST_INPUTS:
        raise InputError(
            f"a field needs 1 to {MOST_INPUTS} inputs; got {samples.d_in}. Take architecture='mlp' "
            "(--architecture mlp)."
        )
    presets = PRESETS.get(samples.kind)
    if presets is None:
        raise InputError(
            f"a field needs samples of kind {', '.join(PRESETS)}; got {samples.kind!r}. Take architecture='mlp' "
            "(--architecture mlp)."
        )
    if preset not in presets:
        raise InputError(f"fit needs preset out of {', '.join(presets)}; got {preset!r}.")
    return presets[preset].for_samples(samples)
