"""Measures of a complex: volumes, centres, neighbours, components, distances; each a pass over arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .complex import Complex

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def volumes(whole: Complex) -> Array:
    """Return length, area or volume of each region."""
    return _moments(whole)[0]


def centroids(whole: Complex) -> Array:
    """Return the centre of mass of each region, (R, d)."""
    size, moment = _moments(whole)
    reference = centres(whole)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = moment / size[:, None]
    return np.where(size[:, None] > 0, middle, reference)


def centres(whole: Complex) -> Array:
    """Return the mean of each region's corners, (R, d): strictly inside, as regions are convex."""
    x = whole.vertices
    if whole.d == 1:
        return np.asarray(x[whole.edges].mean(axis=1))
    per_face = _means(x[whole.loop_vertices], whole.loop_start)
    return per_face if whole.d == 2 else _means(per_face[whole.cell_faces >> 1], whole.cell_start)


def _means(values: Array, start: Index) -> Array:
    return np.add.reduceat(values, start[:-1]) / np.diff(start)[:, None]


def _moments(whole: Complex) -> tuple[Array, Array]:
    """Volume and first moment of each region, by fans of simplices about its centre."""
    x, middle = whole.vertices, centres(whole)
    if whole.d == 1:
        size = np.abs(np.diff(x[whole.edges][..., 0], axis=1)[:, 0])
        return size, middle * size[:, None]
    owner = np.repeat(np.arange(len(whole.loop_start) - 1), np.diff(whole.loop_start))
    a, b = x[whole.loop_vertices], x[following(whole.loop_vertices, whole.loop_start)]
    if whole.d == 2:
        c = middle[owner]
        area = 0.5 * _cross(a - c, b - c)
        size = _total(owner, area, len(middle))
        return size, _sum_by(owner, area[:, None] * (a + b + c) / 3, len(middle))
    return _solid_moments(whole, owner, a, b, middle)


def _solid_moments(whole: Complex, owner: Index, a: Array, b: Array, middle: Array) -> tuple[Array, Array]:
    """Each face's fan about its own centre, joined to the centre of the cells on its two sides."""
    face, behind = whole.cell_faces >> 1, whole.cell_faces & 1
    cell = np.repeat(np.arange(len(whole.cell_start) - 1), np.diff(whole.cell_start))
    centre = _means(whole.vertices[whole.loop_vertices], whole.loop_start)
    vector = 0.5 * np.cross(a - centre[owner], b - centre[owner])
    normal = _sum_by(owner, vector, len(centre))
    area = np.linalg.norm(vector, axis=1)
    weighted = _sum_by(owner, area[:, None] * (a + b + centre[owner]) / 3, len(centre))
    total = _total(owner, area, len(centre))
    at = np.where(total[:, None] > 0, weighted / np.where(total, total, 1.0)[:, None], centre)
    height = np.einsum("fi,fi->f", normal[face], at[face] - middle[cell]) * np.where(behind, -1.0, 1.0)
    size = _total(cell, height / 3, len(middle))
    return size, _sum_by(cell, (height / 3)[:, None] * (0.75 * at[face] + 0.25 * middle[cell]), len(middle))


def following(corners: Index, start: Index) -> Index:
    """Return the corner that follows each corner in its loop."""
    after = np.roll(corners, -1)
    after[start[1:] - 1] = corners[start[:-1]]
    return after


def _cross(u: Array, v: Array) -> Array:
    return np.asarray(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0])


def _sum_by(owner: Index, values: Array, n: int) -> Array:
    return np.stack([_total(owner, column, n) for column in values.T], axis=1)


def _total(owner: Index, values: Array, n: int) -> Array:
    return np.bincount(owner, values, n).astype(np.float64, copy=False)


def sides(whole: Complex) -> tuple[Index, Index]:
    """Return the facets of all regions, one region after another, and the region each belongs to."""
    if whole.d == 1:
        return whole.edges.ravel(), np.repeat(np.arange(len(whole.edges)), 2)
    start = whole.loop_start if whole.d == 2 else whole.cell_start
    facets = whole.loop_edges if whole.d == 2 else whole.cell_faces >> 1
    return facets, np.repeat(np.arange(len(start) - 1), np.diff(start))


def neighbours(whole: Complex) -> Index:
    """Return (region, region, facet) for every facet between two regions, in the order of the facets."""
    facets, owner = sides(whole)
    order = np.argsort(facets, kind="stable")
    facets, owner = facets[order], owner[order]
    twice = np.flatnonzero(facets[1:] == facets[:-1])
    return np.column_stack([owner[twice], owner[twice + 1], facets[twice]])


def components(n: int, pairs: Index) -> Index:
    """Return the component of each of n things joined by pairs, numbered in the order of their first members."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    _, first = np.unique(label, return_index=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return np.asarray(rank[label], dtype=np.int64)


def distance_to_folds(whole: Complex, home: Index, points: Array) -> Array:
    """Return how far each point is from the nearest facet of its region that is not on the box."""
    facets, owner = sides(whole)
    start = np.searchsorted(owner, np.arange(whole.n_regions + 1))
    out = np.full(len(points), np.inf)
    for i, (region, x) in enumerate(zip(home, points, strict=True)):
        mine = facets[start[region] : start[region + 1]]
        mine = mine[whole.folds[mine] >= 0]
        if mine.size:
            out[i] = min(_distance(whole, int(facet), x) for facet in mine)
    return out


def _distance(whole: Complex, facet: int, x: Array) -> float:
    if whole.d == 1:
        return float(abs(whole.vertices[facet, 0] - x[0]))
    if whole.d == 2:
        a, b = whole.vertices[whole.edges[facet]]
        return _to_segment(x, a, b)
    loop = whole.loop_vertices[whole.loop_start[facet] : whole.loop_start[facet + 1]]
    return _to_polygon(x, whole.vertices[loop])


def _to_segment(x: Array, a: Array, b: Array) -> float:
    along = b - a
    length = float(along @ along)
    t = min(1.0, max(0.0, float((x - a) @ along) / length)) if length else 0.0
    return float(np.linalg.norm(x - a - t * along))


def _to_polygon(x: Array, corners: Array) -> float:
    following = np.roll(corners, -1, axis=0)
    normal = np.cross(corners - corners[0], following - corners[0]).sum(axis=0)
    size = float(np.linalg.norm(normal))
    inside = np.einsum("ki,ki->k", np.cross(following - corners, x - corners), np.broadcast_to(normal, corners.shape))
    if size and np.all(inside >= 0):
        return abs(float((x - corners[0]) @ normal)) / size
    return min(_to_segment(x, a, b) for a, b in zip(corners, following, strict=True))
