"""Measures of a complex: volumes, centres, neighbours, components, distances; each a pass over arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .complex import Complex


Array = NDArray[np.float64]
Index = NDArray[np.int64]

FACES = 2**14  # whose corners are looked at together


def volumes(whole: Complex) -> Array:
    """Return length, area or volume of each region, 0 where rounding hides which way a sliver turns."""
    if whole.d == 1:
        return np.abs(np.diff(whole.vertices[whole.edges][..., 0], axis=1)[:, 0])
    first = _firsts(whole, whole.vertices)
    if whole.d == 2:
        return np.maximum(_area_vectors(whole, first)[:, 0], 0.0)
    return np.maximum(_sum(_heights(whole, first, _area_vectors(whole, first))[0] / 3, whole.cell_start), 0.0)


def centroids(whole: Complex) -> Array:
    """Return the centre of mass of each region, (R, d); the mean of its corners where it is too thin to tell."""
    middle = centres(whole)
    if whole.d == 1:
        return middle
    scale = _powers(whole)
    size, moment, apex = _moments(whole, whole.vertices * scale)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = (apex + moment / size[:, None]) / scale
    low, high = whole.vertices.min(axis=0, initial=np.inf), whole.vertices.max(axis=0, initial=-np.inf)
    told = (size > 0) & ((centre >= low) & (centre <= high)).all(axis=1)
    return np.where(told[:, None], centre, middle)


def _powers(whole: Complex) -> Array:
    """Powers of two that make the box about as wide along each axis: in a thin one, faces across it lie so far from
    square to it, by the rounding of their corners alone, that their areas tell nothing; centres of mass scale along."""
    _, exponents = np.frexp(whole.box.hi - whole.box.lo)
    return np.ldexp(1.0, -exponents)


def centres(whole: Complex) -> Array:
    """Return the mean of each region's corners, (R, d): strictly inside, as regions are convex."""
    x = whole.vertices
    if whole.d == 1:
        (a, b), at = whole.edges.T, x[:, 0]
        middle: Array = at[a]
        middle += at[b]
        middle *= 0.5
        return middle[:, None]
    per_face = _means(x[whole.loop_vertices], whole.loop_start)
    return per_face if whole.d == 2 else _means(per_face[whole.cell_faces >> 1], whole.cell_start)


def _means(values: Array, start: Index) -> Array:
    return _sum(values, start) / np.diff(start)[:, None]


def _moments(whole: Complex, x: Array) -> tuple[Array, Array, Array]:
    """Volume and first moment about a corner of each region, and the corner; ``x`` is where the vertices are."""
    size, centre, first = _of_faces(whole, x)
    if whole.d == 2:
        area = size[:, 0]
        return area, area[:, None] * centre, first
    height, apex = _heights(whole, first, size)
    cell = np.repeat(apex, np.diff(whole.cell_start), axis=0)
    centre += first
    moment = (height / 3)[:, None] * 0.75 * (centre[whole.cell_faces >> 1] - cell)
    return _sum(height / 3, whole.cell_start), _sum(moment, whole.cell_start), apex


def _of_faces(whole: Complex, x: Array) -> tuple[Array, Array, Array]:
    """Area vectors of the faces, their centres as seen from their first corners, and those; some faces at a time."""
    first, faces = _firsts(whole, x), max(len(whole.loop_start) - 1, 0)
    size, centre = np.empty((faces, 1 if whole.d == 2 else 3)), np.zeros((faces, whole.d))
    for i in range(0, faces, FACES):
        some = slice(i, i + FACES)
        start, a, b = _fans(whole, x, first, some)
        vector = 0.5 * _cross(a, b)
        size[some] = total = _sum(vector, start)
        area = vector[:, 0]
        if whole.d == 3:  # times that of the face
            area = np.einsum("ci,ci->c", vector, np.repeat(total, np.diff(start), axis=0))
        weight = _sum(area, start)[:, None]
        moment = _sum(area[:, None] * (a + b) / 3, start)
        np.divide(moment, weight, out=centre[some], where=weight != 0 if whole.d == 2 else weight > 0)
    return size, centre, first


def _fans(whole: Complex, x: Array, first: Array, some: slice) -> tuple[Index, Array, Array]:
    """Where the corners of some faces begin, and for each corner it and the next one as seen from the face's first."""
    start = whole.loop_start[some.start : some.stop + 1]
    corners = whole.loop_vertices[start[0] : start[-1]]
    a = x[corners] - np.repeat(first[some], np.diff(start), axis=0)
    return start - start[0], a, following(a, start - start[0])


def _firsts(whole: Complex, x: Array) -> Array:
    return x[whole.loop_vertices[whole.loop_start[:-1]]]


def _area_vectors(whole: Complex, first: Array) -> Array:
    """Normals of the faces, as long as their areas, one number each in the plane; in blocks that fit the cache, which
    takes a third of the time."""
    out = np.empty((len(first), 1 if whole.d == 2 else 3))
    for i in range(0, len(first), FACES):
        start, a, b = _fans(whole, whole.vertices, first, slice(i, i + FACES))
        out[i : i + FACES] = _sum(0.5 * _cross(a, b), start)
    return out


def _heights(whole: Complex, first: Array, vectors: Array) -> tuple[Array, Array]:
    """Area times height of the cone over each face of each cell, its apex a corner of the cell; and the apexes."""
    face, behind = whole.cell_faces >> 1, whole.cell_faces & 1
    apex = first[face[whole.cell_start[:-1]]]
    arm = first[face] - np.repeat(apex, np.diff(whole.cell_start), axis=0)
    return np.einsum("fi,fi->f", vectors[face], arm) * np.where(behind, -1.0, 1.0), apex


def _cross(a: Array, b: Array) -> Array:
    """The cross product of rows: one number in the plane, three in space."""
    turns = ((0, 1),) if a.shape[1] == 2 else ((1, 2), (2, 0), (0, 1))
    return np.stack([a[:, i] * b[:, j] - a[:, j] * b[:, i] for i, j in turns], axis=1)


def _sum(values: Array, start: Index) -> Array:
    return np.add.reduceat(values, start[:-1])


def following(corners: NDArray[Any], start: Index) -> NDArray[Any]:
    """Return the corner that follows each corner in its loop."""
    after = np.roll(corners, -1, axis=0)
    after[start[1:] - 1] = corners[start[:-1]]
    return after


def sides(whole: Complex) -> tuple[Index, Index]:
    """Return the facets of all regions, one region after another, and the region each belongs to."""
    if whole.d == 1:
        return whole.edges.ravel(), np.repeat(np.arange(len(whole.edges)), 2)
    start = whole.loop_start if whole.d == 2 else whole.cell_start
    facets = whole.loop_edges if whole.d == 2 else whole.cell_faces >> 1
    return facets, np.repeat(np.arange(len(start) - 1), np.diff(start))


def corners_of(whole: Complex, facet: int) -> Index:
    """Return the vertices of a facet."""
    if whole.d == 1:
        return np.array([facet])
    if whole.d == 2:
        return np.asarray(whole.edges[facet])
    return np.asarray(whole.loop_vertices[whole.loop_start[facet] : whole.loop_start[facet + 1]])


def neighbours(whole: Complex) -> Index:
    """Return (region, region, facet) for every facet between two regions, in the order of the facets."""
    if in_line(whole):
        at, inner = np.empty(len(whole.folds), dtype=np.int64), np.flatnonzero(whole.folds >= 0)
        at[whole.edges[:-1, 1]] = np.arange(len(whole.edges) - 1)
        found = np.empty((3, len(inner)), dtype=np.int64)
        found[0], found[2] = at[inner], inner
        np.add(found[0], 1, out=found[1])
        return found.T
    first, last = np.full((2, len(whole.folds)), -1)
    facets, owner = sides(whole)
    first[facets[::-1]], last[facets] = owner[::-1], owner  # where a number comes twice, the last one written stays
    inner = np.flatnonzero(first != last)
    return np.array([first[inner], last[inner], inner]).T  # columns are asked for, so they lie together


def in_line(whole: Complex) -> bool:
    """Whether each region follows the one before, as the kernel has them in one dimension."""
    return whole.d == 1 and len(whole.edges) > 0 and np.array_equal(whole.edges[1:, 0], whole.edges[:-1, 1])


def components(n: int, pairs: Index) -> Index:
    """Return the component of each of n things joined by pairs, numbered in the order of their first members."""
    if not len(pairs):
        return np.arange(n)
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


def loops_facing(whole: Complex, faces: Index, regions: Index) -> tuple[Index, Index]:
    """Return the corners of faces of a solid complex, counter-clockwise as seen from inside a region beside each.

    returns   corners and offsets, as in ``Mesh``
    """
    owner = np.repeat(np.arange(len(whole.cell_start) - 1), np.diff(whole.cell_start))
    at = rows_of(np.column_stack([owner, whole.cell_faces >> 1]), np.column_stack([regions, faces]))
    runs = (whole.cell_faces[at] & 1).astype(bool)
    first, last = whole.loop_start[faces], whole.loop_start[faces + 1]
    offsets = np.concatenate([[0], np.cumsum(last - first)])
    nth = np.arange(offsets[-1]) - np.repeat(offsets[:-1], last - first)
    step = np.where(np.repeat(runs, last - first), nth, -1 - nth)
    start = np.repeat(np.where(runs, first, last), last - first)
    return whole.loop_vertices[start + step], offsets


def rows_of(table: Index, rows: Index) -> Index:
    """Return where each row, a pair of numbers, stands in a table of distinct ones."""
    if not len(rows):
        return np.zeros(0, dtype=np.int64)
    wide = int(table[:, 1].max()) + 1
    key = table[:, 0] * wide + table[:, 1]
    order = np.argsort(key)
    return np.asarray(order[np.searchsorted(key[order], rows[:, 0] * wide + rows[:, 1])])
