"""A mesh -> one of few triangles that looks like it from afar: vertices that share a cell become one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..mesh import Mesh

Array = NDArray[np.float64]
Index = NDArray[np.int64]

BITS = 7  # of a cell's number along each axis
FLAT = 1e-3  # of the sharpest direction, below which a cell's triangles lie in one plane (Lindstrom 2000, section 3)


def shrunk(mesh: Mesh) -> Mesh | None:
    """Return the polygons of a mesh in a ball of radius 1 about 0, whatever its units; None for one without area.

    >>> round(float(shrunk(Mesh.of_polygons([[0, 0, 0], [4e9, 0, 0], [0, 3e9, 0]], [[0, 1, 2]])).area), 3)
    0.96
    """
    shape = mesh.reordered(np.flatnonzero(np.diff(mesh.offsets) > 2))
    if not shape.n_faces:
        return None
    used, corners = np.unique(shape.corners, return_inverse=True)
    vertices = mesh.vertices[used]
    vertices = vertices / (np.abs(vertices).max() or 1.0)  # the differences of numbers near 1e308 are none
    lo, hi = vertices.min(axis=0), vertices.max(axis=0)
    vertices = (vertices - (lo + hi) / 2) / (np.linalg.norm(hi - lo) / 2 or 1.0)
    found = Mesh(vertices, corners, shape.offsets)
    return found if found.area > 0 else None


def thinned(mesh: Mesh, cells: int) -> Mesh:
    """Return the triangles between cells, so many of them along the longest side, 128 at most; each is a vertex.

    It lies where the planes of its triangles meet, so that edges and corners stay sharp.
    What falls together is gone; what is thinner than a cell may come out in tatters.
    source   Lindstrom 2000, Out-of-core simplification of large polygonal models
    cost     sorts the vertices once

    >>> ball = Mesh.of_polygons(np.eye(3), [[0, 1, 2]])
    >>> thinned(ball, 4).n_faces, thinned(ball, 1).n_faces
    (1, 0)
    """
    lo, hi = mesh.bounds
    side = (hi - lo).max() / cells
    at = np.clip(((mesh.vertices - lo) / side).astype(np.int64), 0, cells - 1)
    _, cell = np.unique(_curve(at), return_inverse=True)
    triangles = cell[mesh.triangles[0]]
    a, b, c = triangles.T
    kept = triangles[(a != b) & (b != c) & (c != a)]
    first = (kept.argmin(axis=1)[:, None] + np.arange(3)) % 3
    faces = np.unique(np.take_along_axis(kept, first, axis=1), axis=0)
    used, corners = np.unique(faces, return_inverse=True)
    return Mesh(_meetings(mesh, cell, triangles, side)[used], corners, np.arange(len(faces) + 1) * 3)


def _meetings(mesh: Mesh, cell: Index, triangles: Index, side: float) -> Array:
    """The point of each cell that is nearest to its triangles' planes, (cells, 3), by their area squared."""
    n_cells, count = int(cell.max()) + 1, np.bincount(cell)
    means = np.stack([np.bincount(cell, column) / count for column in mesh.vertices.T], axis=1)
    a, b, c = (mesh.vertices[corner] for corner in mesh.triangles[0].T)
    normal = np.cross(b - a, c - a)
    A, r = np.zeros((n_cells, 3, 3)), np.zeros((n_cells, 3))
    for corner in triangles.T:
        above = np.einsum("ij,ij->i", normal, a - means[corner])
        np.add.at(A, corner, normal[:, :, None] * normal[:, None, :])
        np.add.at(r, corner, normal * above[:, None])
    size, axes = np.linalg.eigh(A)
    sharp = size > FLAT * size[:, -1:]
    moved = np.einsum("ijk,ik->ij", axes, sharp * np.einsum("ijk,ij->ik", axes, r) / np.where(sharp, size, 1.0))
    return np.asarray(means + moved * (np.abs(moved).max(axis=1, keepdims=True) <= side))


def _curve(at: Index) -> Index:
    """Where cells lie on Morton's curve, (n,): those near each other come near each other."""
    bits = (at[:, :, None] >> np.arange(BITS)) & 1
    return np.asarray((bits << (3 * np.arange(BITS) + np.arange(3)[:, None])).sum(axis=(1, 2)))
