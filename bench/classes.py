"""A class of shapes: 30 solids of five families and the shipped meshes, one network; held out, completed, blended.

    python bench/classes.py [--steps 20000] [--plain] [--codes 50]
    python bench/classes.py --many 1000 --steps 100

One solid a family is held out.  Prints Chamfer distances (exact point to mesh both ways, longest side 1.8) of surfaces
of shapes fitted to, of those held out, and of those completed from half a cloud with normals; and how many surfaces are
closed at random codes (drawn from the normal distribution of the known ones) and along blends.  ``--plain`` leaves the
shipped meshes out.  Processor seconds, so that other work on the machine does not count.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from functools import partial
from pathlib import Path

import numpy as np

import foldline as fl
from foldline.classes.finding import BOX, blend, chamfer_of, complete, reconstruct
from foldline.cloud import Cloud
from foldline.data.families import FAMILIES, solids

MESHES = Path(__file__).parents[1] / "data" / "mesh"
SHIPPED = ("elephant", "fandisk", "femur", "knot1")
EACH = 6
ROWS = 50_000  # of each of many shapes, as ``fit_shapes`` draws them


def half_of(mesh: fl.Mesh, seed: int) -> Cloud:
    """Points of the half of a mesh that lies on one side of a random plane through its middle."""
    points, faces = mesh.sample(20_000, seed=1)
    along = (points - points.mean(axis=0)) @ np.random.default_rng(seed).normal(size=3)
    kept = along > np.median(along)
    return Cloud(points[kept], mesh.normals[faces][kept])


def many(n: int, steps: int) -> None:
    """Fit to procedural shapes whose samples are drawn one shape after the other; print the most memory it took."""
    made = {f"solid-{k}": partial(drawn, k) for k in range(n)}
    begin = time.process_time()
    network = fl.fit_shapes(made, steps=steps)
    memory, rows = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, network.training.n_samples
    print(f"{n:,} shapes, {rows:,} rows: {memory:.2f} GB, {time.process_time() - begin:.0f} processor seconds, "
          f"{steps} steps, clamped error {network.training.final['clamped_error']:.4f}")  # fmt: skip


def drawn(number: int) -> fl.Samples:
    """Exact distances of one more procedural solid, half of them near its surface."""
    rng = np.random.default_rng(number)
    solid = solids(1, seed=number)[number % len(FAMILIES)]
    near = solid.mesh.sample(ROWS // 2, seed=number)[0] + rng.normal(0, 0.05, (ROWS // 2, 3))
    places = rng.permutation(np.concatenate([near, rng.uniform(-1, 1, (ROWS - len(near), 3))]))
    return fl.Samples(places, solid.distance(places), "distance")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--codes", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--many", type=int, metavar="N", help="fit to so many shapes, for the memory alone")
    asked = parser.parse_args()
    if asked.many:
        many(asked.many, asked.steps)
        return
    begin = time.process_time()
    every = {solid.name: solid.mesh for solid in solids(EACH)}
    aside = {f"{name}-{EACH - 1}": every.pop(f"{name}-{EACH - 1}") for name in FAMILIES}
    if not asked.plain:
        every |= {name: fl.read(MESHES / f"{name}.off") for name in SHIPPED}
    network = fl.fit_shapes(every, steps=asked.steps, seed=asked.seed)
    fitted = time.process_time() - begin
    found = {"shapes": len(every), "steps": asked.steps, "fit_cpu_seconds": round(fitted, 1)}
    print(json.dumps(found), flush=True)

    known = {name: chamfer_of(network.fixed(name), mesh) for name, mesh in every.items()}
    new, part, placed = {}, {}, {}
    for k, (name, mesh) in enumerate(aside.items()):
        whole = reconstruct(network, mesh)
        new[name] = chamfer_of(whole.network, mesh)
        there = whole.network.transform
        part[name] = chamfer_of(complete(network, half_of(mesh, k), frame=there).network, mesh)
        found = complete(network, half_of(mesh, k), frame="fit").network
        placed[name] = chamfer_of(found, mesh) * there.scale / found.transform.scale
    for name, table in (("fitted", known), ("held_out", new), ("completed", part), ("completed, frame fit", placed)):
        values = np.array(list(table.values()))
        print(name, {key: f"{value:.2e}" for key, value in table.items()})
        print(f"  mean {values.mean():.2e}, median {np.median(values):.2e}", flush=True)
    print(f"found and measured after {time.process_time() - begin:.1f} processor seconds", flush=True)

    codes = network.codes.values
    drawn = np.random.default_rng(asked.seed).multivariate_normal(codes.mean(axis=0), np.cov(codes.T), asked.codes)
    surfaces = [fl.surface(network.fixed(code), BOX) for code in drawn]
    names = list(aside)
    pairs = [(f"{a}-0", f"{b}-0") for a, b in zip(FAMILIES, list(FAMILIES)[1:], strict=False)]
    blends = [fl.surface(blend(network, a, b, share), BOX) for a, b in pairs for share in (0.25, 0.5, 0.75)]
    for what, some in (("random codes", surfaces), ("blends", blends)):
        closed = sum(one.closed and one.n_faces > 0 for one in some)
        parts = np.bincount([one.n_components for one in some]).tolist()
        proved = sum(one.certified and one.complete for one in some)
        print(f"{what}: {closed} of {len(some)} closed, {proved} proved; surfaces by their number of parts: {parts}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{time.process_time() - begin:.1f} processor seconds in all, {memory:.2f} GB; held out were {', '.join(names)}"
    )


if __name__ == "__main__":
    main()
