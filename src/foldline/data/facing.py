"""Parts of a mesh, and which way their polygons face: neighbours run along their edge in opposite directions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..mesh import Mesh

Index = NDArray[np.int64]
Mask = NDArray[np.bool_]


def parts_of(mesh: Mesh) -> Index:
    """Return the part of each polygon, (F,): connected through edges of two polygons."""
    pairs, _ = _neighbours(mesh)
    return _components(pairs, mesh.n_faces)


def aligned(mesh: Mesh) -> tuple[Mesh, int]:
    """Return the mesh with the polygons turned that face another way than most of their part, and how many those are.

    A part is turned only where all of its edges of two polygons agree then: a Moebius strip stays as it is.
    cost   one search for connected components of twice the polygons, each as it is and turned
    """
    pairs, same = _neighbours(mesh)
    if not same.any():
        return mesh, 0
    n, crossed = mesh.n_faces, same.astype(np.int64)
    cover = [np.column_stack([pairs[:, 0] + side * n, pairs[:, 1] + (crossed ^ side) * n]) for side in (0, 1)]
    sheet, part = _components(np.concatenate(cover), 2 * n), _components(pairs, n)
    two_sided = sheet[:n] != sheet[n:]
    first = np.unique(part, return_index=True)[1]
    turned = (sheet[:n] != sheet[first][part]) & two_sided
    share = np.bincount(part, turned) / np.bincount(part)
    turned ^= (share > 0.5)[part] & two_sided
    return (mesh.flipped(turned), int(turned.sum())) if turned.any() else (mesh, 0)


def _neighbours(mesh: Mesh) -> tuple[Index, Mask]:
    """Polygons two by two that share an edge with no third, (N, 2), and whether both run along it the same way."""
    owner = np.repeat(np.arange(mesh.n_faces), np.diff(mesh.offsets))
    a, b = mesh.corners, mesh.corners[mesh.following]
    _, edge, uses = np.unique(
        np.minimum(a, b) * mesh.n_vertices + np.maximum(a, b), return_inverse=True, return_counts=True
    )
    shared = np.flatnonzero(uses[edge] == 2)
    shared = shared[np.argsort(edge[shared], kind="stable")]
    ways = (a < b)[shared].reshape(-1, 2)
    return owner[shared].reshape(-1, 2), ways[:, 0] == ways[:, 1]


def _components(pairs: Index, n: int) -> Index:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)
