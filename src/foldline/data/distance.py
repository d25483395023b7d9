"""Mesh -> samples of its signed distance.

Distances are exact (nearest point of the nearest triangle); the sign comes from the winding number, where signs from
the nearest normal would be wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..mesh import INSIDE, Mesh
from ..raster import Function
from ..samples import Samples
from ..transform import Transform
from .border import MeshReport, border, mesh_report

Array = NDArray[np.float64]

FIELD_SAMPLES, PLAIN_SAMPLES = 1_000_000, 500_000  # of which a fit of the default length learns all that it can
Mixture = tuple[tuple[float, float], ...]
BROAD = ((0.4, 0.05), (0.4, 0.01))  # share and width of the samples round the surface; the rest fills the box evenly
NEAR = ((0.3, 0.02), (0.6, 0.003))  # for fields, which begin as the distance and need to learn what is left
MIXTURES: dict[str, Mixture] = {"broad": BROAD, "near": NEAR}
UNSURE = 0.1  # a winding number this near one half could as well be called outside: holes and flipped parts show there
SIGNS = ("strict", "winding", "unsigned")
HALF_SHELL = 0.05  # from a sheet to the shell that stands for it, where the longest side is 1.8: small fits close it
RIM = 8.0  # times its share of a shell's points lie round a sheet's rim: all of the bend is there, and was lost


def distance_samples(
    mesh: Mesh, n: int = FIELD_SAMPLES, *, seed: int = 0, sign: str = "strict", mixture: str = "near",
    frame: Transform | None = None,
) -> Samples:  # fmt: skip
    """Return signed distances to a mesh, negative inside, as samples a network can be fitted to.

    n        points, in the frame where the mesh is centred and its longest side is 1.8
    mixture  "near", for fields: 60 % at the surface (normal noise of width 0.003), 30 % round it (0.02), 10 % all over
             [-1, 1]^3; "broad", for plain networks: 40 % (0.01), 40 % (0.05), 20 %
    sign     "strict" refuses a mesh that borders no solid; "winding" decides by winding number > 0.5, whatever the
             holes; "unsigned" takes the polygons for a sheet and gives the distance to a closed shell round it, 0.1
             thick (an eighteenth of the longest side): the distance to the sheet less 0.05
    frame    another transform than that one, such as one that many shapes share
    returns  Samples of kind "distance"; ``transform`` leads there, meta holds "report" (a ``MeshReport``), and
             ``function`` is the distance itself
    raises   InputError counting the boundary and inconsistent edges of a mesh that is no solid
    cost     about 100,000 points a second and core
    source   Park et al. 2019 (DeepSDF), section 4, with widths measured to give a smaller surface error

    >>> box = Mesh.of_polygons(
    ...     [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]],
    ...     [[3, 2, 1, 0], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]],
    ... )
    >>> distance_samples(box, 1000).transform.scale
    1.8
    """
    if sign not in SIGNS:
        raise InputError(f"distance_samples needs sign out of {', '.join(SIGNS)}; got {sign!r}.")
    if mixture not in MIXTURES:
        raise InputError(f"distance_samples needs mixture out of {', '.join(MIXTURES)}; got {mixture!r}.")
    if n < 1:
        raise InputError(f"distance_samples needs at least 1 point; got {n}.")
    clean, report = border(mesh, sheet=sign == "unsigned")
    if sign == "strict" and not report.solid:
        raise InputError(
            f"distance_samples needs a mesh that borders a solid; got {report.boundary_edges} boundary edges, "
            f"{report.nonmanifold_edges} edges in three polygons or more and {report.inconsistent_edges} edges between "
            f"polygons that face opposite ways. {report.seams}"
            'Take sign="winding" (--winding) or sign="unsigned" (--unsigned).'
        )
    there = frame or report.transform
    normalised = clean.transformed(there.scale, there.shift)
    points = _points(normalised, n, seed, HALF_SHELL if sign == "unsigned" else 0.0, MIXTURES[mixture])
    distance, winding = _signed(normalised, points, sign)
    if winding is None:
        report = replace(report, thickness=2 * HALF_SHELL / there.scale)
    else:
        report = replace(report, unsure=float(np.mean(np.abs(winding - INSIDE) < UNSURE)))
    meta = {"kind": "distance", "signed": sign != "unsigned", "report": report.as_meta()}
    return Samples(
        points, distance, "distance", ("x", "y", "z"), meta=meta, transform=there, asked=Distance(normalised, sign)
    )


def distance_of(mesh: Mesh, *, sign: str = "strict") -> Function:
    """Return the function that ``distance_samples`` samples: (n, 3) places of the normalised frame to (n, 1) distances.

    cost   about 100,000 places a second and core

    >>> tetrahedron = Mesh.of_polygons(np.eye(4, 3), [[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]])
    >>> bool(distance_of(tetrahedron)(np.array([[9.0, 9.0, 9.0]])) > 0)
    True
    """
    clean, report = border(mesh, sheet=sign == "unsigned")
    return Distance(clean.transformed(report.scale, report.shift), sign)


@dataclass(frozen=True, eq=False)
class Distance:
    """A function: (n, 3) places to (n, 1) signed distances to a mesh of the normalised frame."""

    mesh: Mesh
    sign: str

    def __call__(self, points: Array) -> Array:
        return _signed(self.mesh, points, self.sign)[0][:, None]


def _signed(mesh: Mesh, points: Array, sign: str) -> tuple[Array, Array | None]:
    """Distances, negative inside, or to a shell of a sheet; and the winding numbers that told."""
    distance = mesh.distances(points)
    if sign == "unsigned":
        return distance - HALF_SHELL, None
    winding = mesh.winding_numbers(points)
    return np.where(winding > INSIDE, -distance, distance), winding


def _points(mesh: Mesh, n: int, seed: int, half: float, mixture: Mixture) -> Array:
    """Points round the surface in two widths, then evenly in the box; (n, 3), in random order.

    half   of a shell round the mesh: then round both its sides and its rim, which is far from where the mesh is
    """
    rng = np.random.default_rng(seed)
    return scattered(n, mixture, lambda count, k: _on_surface(mesh, count, seed + k, half, rng), rng)


def scattered(n: int, mixture: Mixture, on_surface: Callable[[int, int], Array], rng: np.random.Generator) -> Array:
    """Return places near a surface in each of a mixture's widths, the rest evenly in the box; (n, 3), in random order.

    on_surface   (count, number of the width, from 1) to (count, 3) places on it
    """
    counts = [round(share * n) for share, _ in mixture]
    near = [
        on_surface(count, k) + rng.normal(0.0, width, (count, 3))
        for k, (count, (_, width)) in enumerate(zip(counts, mixture, strict=True), 1)
        if count
    ]
    places = np.concatenate([*near, rng.uniform(-1.0, 1.0, (n - sum(counts), 3))])
    order = np.arange(n)
    rng.shuffle(order)  # numbers, not rows: a tenth of the time
    return places[order]


def _on_surface(mesh: Mesh, n: int, seed: int, half: float, rng: np.random.Generator) -> Array:
    """Points spread evenly over the mesh, or over the shell at ``half`` from it."""
    if not half:
        return mesh.sample(n, seed=seed)[0]
    rim = mesh.vertices[mesh.edges[mesh.edge_uses.sum(axis=1) == 1]]
    along = rim[:, 1] - rim[:, 0]
    length = np.linalg.norm(along, axis=1)
    round_it = RIM * np.pi * half * length.sum()
    k = round(n * round_it / (round_it + 2 * mesh.area))
    at = rng.choice(len(rim), k, p=length / length.sum()) if k else np.zeros(0, dtype=np.int64)
    away = np.cross(along[at], rng.normal(size=(k, 3)))
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    on_rim = rim[at, 0] + rng.random((k, 1)) * along[at] + half * away
    points, faces = mesh.sample(n - k, seed=seed)
    return np.concatenate([on_rim, points + half * rng.choice([-1.0, 1.0], (n - k, 1)) * mesh.normals[faces]])


__all__ = ["HALF_SHELL", "MeshReport", "distance_samples", "mesh_report"]
