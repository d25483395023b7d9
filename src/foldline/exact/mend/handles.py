"""Handles: short loops round and through the handles of a closed mesh, two for each."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ...mesh import Mesh
from ..boundary import chains_of

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def handle_loops(mesh: Mesh, near: Array | None = None) -> Iterator[Index]:
    """Yield a closed way of vertices for each edge that neither a tree of vertices nor one of polygons needs.

    Each part of the mesh has two a handle.  The vertices' tree is that of shortest ways from one of them; an edge left
    closes two of them, less what they have in common, and lies where they meet behind the handle: from a vertex on it,
    the ways round it and through its hole are the shortest there are.

    mesh     every edge in two polygons; others have none
    near     a place: the trees begin at the vertices nearest to it, unless given at the first ones
    returns  an edge's ends first and last
    cost     a second for 400,000 polygons with handles, next to nothing for those without
    source   Eppstein 2003, "Dynamic generators of topologically embedded graphs"; Erickson and Whittlesey 2005, "Greedy
             optimal homotopy and homology generators"

    >>> section, turns = ((2, 0), (4, 1), (3, -1)), np.arange(3) * 2
    >>> ring = np.array([[c * np.cos(t), c * np.sin(t), z] for t in turns for c, z in section])
    >>> sides = [[3 * a + i, 3 * b + i, 3 * b + j, 3 * a + j] for a, b in ((0, 1), (1, 2), (2, 0))
    ...          for i, j in ((0, 1), (1, 2), (2, 0))]
    >>> [len(way) for way in handle_loops(Mesh.of_polygons(ring, sides))]
    [3, 3]
    """
    if not mesh.closed or mesh.euler >= 2 * mesh.n_components:
        return
    faces, edges = _faces_of_edges(mesh), mesh.edges
    lengths = np.linalg.norm(np.subtract(*mesh.vertices[edges.T]), axis=1) + np.finfo(float).tiny
    away, before = _ways(mesh, lengths, near)
    rest = np.flatnonzero((before[edges[:, 1]] != edges[:, 0]) & (before[edges[:, 0]] != edges[:, 1]))
    long = away[edges[rest]].sum(axis=1) + lengths[rest]
    for edge in rest[~_in_tree(np.sort(faces[rest], axis=1), long, mesh.n_faces)]:
        yield _closed(int(edges[edge, 0]), int(edges[edge, 1]), before)


def capped(mesh: Mesh) -> Mesh:
    """Return a mesh with a polygon over each ring of edges that one polygon has.

    >>> cup = Mesh.of_polygons(np.eye(4, 3), [[0, 2, 1], [0, 1, 3], [1, 2, 3]])
    >>> capped(cup).closed
    True
    """
    rim = mesh.edge_uses.sum(axis=1) == 1
    edges = np.where(mesh.edge_uses[rim, :1] == 1, mesh.edges[rim, ::-1], mesh.edges[rim])
    rings = [edges[chain, 0] for chain in chains_of(edges, np.zeros_like(edges), mesh.n_vertices)]
    offsets = mesh.offsets[-1] + np.cumsum([len(ring) for ring in rings], dtype=np.int64)
    return Mesh(mesh.vertices, np.concatenate([mesh.corners, *rings]), np.append(mesh.offsets, offsets))


def _faces_of_edges(mesh: Mesh) -> Index:
    """The two polygons of each edge, (E, 2)."""
    a, b = mesh.corners, mesh.corners[mesh.following]
    face = np.repeat(np.arange(mesh.n_faces), np.diff(mesh.offsets))
    order = np.lexsort((np.maximum(a, b), np.minimum(a, b)))
    found = np.empty((mesh.n_edges, 2), dtype=np.int64)
    found[np.lexsort(mesh.edges.T[::-1])] = face[order].reshape(-1, 2)
    return found


def _ways(mesh: Mesh, lengths: Array, near: Array | None) -> tuple[Array, Index]:
    """How far each vertex is from the root of its part, along edges, and the vertex before it; below 0 for none."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    a, b = mesh.edges.T.astype(np.int32)
    graph = coo_array((lengths, (a, b)), shape=(mesh.n_vertices,) * 2).tocsr()
    order = np.arange(mesh.n_vertices) if near is None else np.argsort(np.linalg.norm(mesh.vertices - near, axis=1))
    used, first = np.unique(mesh.parts[order], return_index=True)
    roots = order[first[used >= 0]]
    away, before, _ = dijkstra(graph, directed=False, indices=roots, return_predecessors=True, min_only=True)
    return away, before.astype(np.int64)


def _in_tree(pairs: Index, long: Array, n: int) -> NDArray[np.bool_]:
    """Which edges, given by their two polygons, the polygons' tree crosses: the longest there are."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    order = np.lexsort((-long, pairs[:, 1], pairs[:, 0]))
    new = np.append(True, (np.diff(pairs[order], axis=0) != 0).any(axis=1))
    kept = order[new]  # of edges between the same two polygons the longest
    a, b = pairs[kept].T.astype(np.int32)
    tree = minimum_spanning_tree(coo_array((long.max() + 1 - long[kept], (a, b)), shape=(n, n)).tocsr()).tocoo()
    found = np.zeros(len(pairs), dtype=bool)
    found[kept] = np.isin(a.astype(np.int64) * n + b, tree.row.astype(np.int64) * n + tree.col)
    return found


def _closed(a: int, b: int, before: Index) -> Index:
    """The way from where two ways part to the ends of an edge, and back."""
    one, two = _way(a, before), _way(b, before)
    while len(one) > 1 and len(two) > 1 and one[-2] == two[-2]:
        one.pop()
        two.pop()
    return np.array([*one, *two[-2::-1]], dtype=np.int64)


def _way(vertex: int, before: Index) -> list[int]:
    """The vertices back to the first of all."""
    found = [vertex]
    while before[found[-1]] >= 0:
        found.append(int(before[found[-1]]))
    return found
