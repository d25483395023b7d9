"""The exact surface of a trained 4 x 64 signed distance network beside marching cubes on a 256^3 grid of it.

python bench/surface.py [--runs N] [--grid N]     processor time of one core, the best of N alternating runs
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

NETS = Path(__file__).parents[1] / "tests" / "nets"
CUBE = fl.Box([-1, -1, -1], [1, 1, 1])


def stored(name):
    arrays = np.load(NETS / f"{name}.npz")
    n = sum(key.startswith("W") for key in arrays)
    return fl.Network([arrays[f"W{i}"] for i in range(n)], [arrays[f"b{i}"] for i in range(n)])


def exact(net):
    """Processor seconds, and the mesh."""
    begun = time.process_time()
    mesh = fl.surface(net, CUBE)
    return time.process_time() - begun, mesh


def marched(net, n):
    """Processor seconds of a batched float32 torch forward pass on an n^3 grid, of marching cubes, and its vertices."""
    module = net.to_torch().float()
    axis = torch.linspace(-1, 1, n)
    begun = time.process_time()
    with torch.inference_mode():
        plane = torch.stack(torch.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)
        slabs = [module(torch.cat([torch.full((n * n, 1), float(x)), plane], 1)).reshape(n, n) for x in axis]
        grid = torch.stack(slabs).numpy()
    evaluated = time.process_time()
    vertices, *_ = marching_cubes(grid, 0.0, spacing=(2 / (n - 1),) * 3)
    return evaluated - begun, time.process_time() - evaluated, vertices - 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--grid", type=int, default=256)
    options = parser.parse_args()
    torch.set_num_threads(1)
    net = stored("sdf3_4x64")
    runs = []
    for _ in range(options.runs):
        runs.append((exact(net), marched(net, options.grid)))
    best, mesh = min((run[0] for run in runs), key=lambda run: run[0])
    grid, cubes, vertices = min((run[1] for run in runs), key=lambda run: run[0] + run[1])
    marches = [mesh.meta["processor_march"] for (_, mesh), _ in runs]
    searches = [mesh.meta["processor_search"] for (_, mesh), _ in runs]
    off, there = np.abs(net(vertices)).max(), np.abs(net(mesh.vertices)).max()
    print(
        f"{mesh.n_faces:,} polygons, Euler {mesh.euler}, closed {mesh.closed}, complete {mesh.meta['complete']}, ",
        end="",
    )
    print(f"certified {mesh.meta['certified']}, {mesh.meta['n_rational']} by rational arithmetic")
    print(f"march alone             {min(marches):8.3f} s   {mesh.n_faces / min(marches):12,.0f} polygons/s")
    print(f"search for all          {min(searches):8.3f} s   both {1 + min(searches) / min(marches):.2f} x the march")
    print(f"surface(), everything   {best:8.3f} s   largest |f| on a vertex {there:.1e}")
    print(
        f"grid {options.grid}^3 + cubes {grid + cubes:8.3f} s   (torch float32 {grid:.2f} + {cubes:.2f}) |f| {off:.1e}"
    )
    print(f"exact is {(grid + cubes) / best:.1f} x faster, the march alone {(grid + cubes) / min(marches):.1f} x")
    print(f"most memory of the process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
