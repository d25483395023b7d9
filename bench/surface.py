"""The exact surface of a trained 4 x 64 network beside marching cubes on a 256^3 grid of it, and of fields.

python bench/surface.py [--runs N] [--grid N] [--mesh NAME] [--steps N]

Processor time of one core, the best of N alternating runs; of fields (a mesh of data/mesh, fitted by so many steps
with a finest grid of 64 and of 128), also the seconds that 2 workers take.
"""

from __future__ import annotations

import argparse
import os

os.environ.update({f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")})

import resource
import time
from pathlib import Path

import numpy as np
import torch
from skimage.measure import marching_cubes

import foldline as fl
from foldline.data.distance import distance_samples

NETS = Path(__file__).parents[1] / "tests" / "nets"
CUBE = fl.Box([-1, -1, -1], [1, 1, 1])


def stored(name):
    arrays = np.load(NETS / f"{name}.npz")
    n = sum(key.startswith("W") for key in arrays)
    return fl.Network([arrays[f"W{i}"] for i in range(n)], [arrays[f"b{i}"] for i in range(n)])


def most_memory():
    """The most bytes this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def exact(net):
    """Processor seconds, and the mesh."""
    begun = time.process_time()
    mesh = fl.surface(net, CUBE)
    return time.process_time() - begun, mesh


def marched(net, n, kind):
    """Processor seconds of a batched torch forward pass on an n^3 grid, of marching cubes, and its vertices."""
    module = net.to_torch().to(kind)
    axis = torch.linspace(-1, 1, n, dtype=kind)
    begun = time.process_time()
    with torch.inference_mode():
        plane = torch.stack(torch.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)
        slabs = [
            module(torch.cat([torch.full((n * n, 1), float(x), dtype=kind), plane], 1)).reshape(n, n) for x in axis
        ]
        grid = torch.stack(slabs).numpy()
    evaluated = time.process_time()
    vertices, *_ = marching_cubes(grid, 0.0, spacing=(2 / (n - 1),) * 3)
    return evaluated - begun, time.process_time() - evaluated, vertices - 1


def field_of(name, preset, steps):
    """A field fitted to a shipped mesh."""
    samples = distance_samples(fl.read(Path(__file__).parents[1] / "data" / "mesh" / f"{name}.off"))
    return fl.fit(samples, architecture="folded", preset=preset, steps=steps)


def measure_field(field, runs):
    """Print what the surface of a field holds, and what it takes."""
    box, spent, waited = field.grid.box, [], []
    for _ in range(runs):
        begun = time.process_time()
        found = fl.surface(field, box)
        spent.append(time.process_time() - begun)
        begun = time.perf_counter()
        fl.surface(field, box, workers=2)
        waited.append(time.perf_counter() - begun)
    said = ", ".join(f"{name} {getattr(found, name)}" for name in ("certified", "complete", "closed", "n_rational"))
    largest = np.abs(field(found.mesh.vertices)).max()
    print(f"field of {field.grid.sizes[-1]}: {found.n_faces:,} polygons, {said}, largest |f| on a vertex {largest:.1e}")
    print(f"    one core {min(spent):.3f} s, {1e6 * min(spent) / found.n_faces:.1f} us a polygon; ", end="")
    print(f"2 workers {min(waited):.3f} s by the clock; most memory so far {most_memory() / 1e6:.0f} MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--grid", type=int, default=256)
    parser.add_argument("--mesh", default="knot1")
    parser.add_argument("--steps", type=int, default=1500)
    options = parser.parse_args()
    torch.set_num_threads(1)
    net = stored("sdf3_4x64")
    before = most_memory()
    exact(net)
    grown, runs = most_memory() - before, []
    for _ in range(options.runs):
        runs.append((exact(net), *(marched(net, options.grid, kind) for kind in (torch.float32, torch.float64))))
    best, mesh = min((run[0] for run in runs), key=lambda run: run[0])
    march = min(run[0][1].spent["processor_march"] for run in runs)
    search = min(run[0][1].spent["processor_search"] for run in runs)
    print(f"{mesh.n_faces:,} polygons, Euler {mesh.euler}, closed {mesh.closed}")
    said = ", ".join(f"{name} {getattr(mesh, name)}" for name in ("complete", "certified", "n_rational"))
    print(f"{said}, largest |f| on a vertex {np.abs(net(mesh.vertices)).max():.1e}")
    print(f"march alone            {march:8.3f} s   {mesh.n_faces / march:12,.0f} polygons/s")
    print(f"search for components  {search:8.3f} s   with the march {1 + search / march:.2f} x the march alone")
    print(f"surface(), everything  {best:8.3f} s")
    for which, kind in ((1, "float32"), (2, "float64")):
        grid, cubes, vertices = min((run[which] for run in runs), key=lambda run: run[0] + run[1])
        both = grid + cubes
        print(
            f"{options.grid}^3 in torch {kind}   {both:8.3f} s   {grid:.2f} values + {cubes:.2f} marching cubes, ",
            end="",
        )
        print(f"largest |f| {np.abs(net(vertices)).max():.1e}")
        print(f"    {both / best:.1f} x surface(), {both / march:.1f} x the march")
    print(f"memory grew by {grown / 1e6:.0f} MB at most, {grown / mesh.n_faces:.0f} bytes a polygon")
    for preset in ("fast", "default"):
        measure_field(field_of(options.mesh, preset, options.steps), options.runs)


if __name__ == "__main__":
    main()
