"""Union: a complex whose cells are joined where a label says that they belong together.

A label's cells must have a convex union.  Then everything else is counting: a facet between two cells of one label is
no facet; an edge in space with two facets left is none, because two convex cells only meet flat there; a vertex with
two edges left is none, because they go straight on.  The box's own edges and corners stay.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...same import Compared
from .complex import Complex
from .measure import components, following, neighbours

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]


def joined(whole: Complex, label: Index, bits: NDArray[np.uint8], maps: Array) -> Complex:
    """Return the complex whose cell k is the union of the cells with label k.

    label        (R,) 0 .. n - 1, each there; the cells of one label have a convex union
    bits, maps   (n, units) and (n, d_out, d + 1): what the new cells are to say of themselves
    returns      vertices are those of ``whole`` that are left, in order; nothing is computed anew
    cost         a pass over the corners

    A facet that was made by several folds keeps the lowest.
    """
    stays = _between(whole, label)
    part = {1: _segments, 2: _polygons, 3: _solids}[whole.d](whole, label, stays)
    used = np.unique(part.edges)
    number = np.zeros(len(whole.vertices), dtype=np.int64)
    number[used] = np.arange(len(used))
    return replace(
        whole,
        vertices=whole.vertices[used],
        edges=number[part.edges],
        folds=part.folds[used] if whole.d == 1 else part.folds,
        loop_vertices=number[part.loop_vertices],
        loop_edges=part.loop_edges,
        loop_start=part.loop_start,
        cell_faces=part.cell_faces,
        cell_start=part.cell_start,
        bits=bits,
        maps=maps,
        n_regions=len(bits),
    )


def part_of(whole: Complex, kept: Index) -> Complex:
    """Return the complex of some cells: they stay as they are, what belongs to no other is gone.

    kept   numbers of regions, rising
    """
    starts = None if whole.starts is None else whole.starts[kept]
    return _shared_by(whole, kept, whole.bits[kept], whole.maps[kept], starts)


def without_loose_parts(whole: Complex) -> Complex:
    """Return a complex without the faces, edges and vertices that belong to none of its cells.

    They are what an answer that was cut short has of the cells it left out.
    """
    bits, maps = (partial(getattr, whole, name) for name in ("bits", "maps"))
    return _shared_by(whole, np.arange(whole.n_regions), bits, maps, whole.starts)


def _shared_by(whole: Complex, kept: Index, bits: Any, maps: Any, starts: Index | None) -> Complex:
    """The complex of some cells that have these patterns and maps."""
    faces, edges = np.arange(max(len(whole.loop_start) - 1, 0)), np.arange(len(whole.edges))
    loops, start, sides_of, cells = whole.loop_start, whole.cell_start, whole.cell_faces, whole.cell_start
    if whole.d == 3:
        sides_of, cells = _some(whole.cell_faces, start, kept)
        faces, at = np.unique(sides_of >> 1, return_inverse=True)
        sides_of = 2 * at.ravel() + (sides_of & 1)
    elif whole.d == 2:
        faces = kept
    loop_vertices, loop_edges = whole.loop_vertices, whole.loop_edges
    if whole.d > 1:
        loop_vertices, loops = _some(whole.loop_vertices, whole.loop_start, faces)
        edges, loop_edges = np.unique(_some(whole.loop_edges, whole.loop_start, faces)[0], return_inverse=True)
    else:
        edges = kept
    used = np.unique(whole.edges[edges])
    number = np.zeros(len(whole.vertices), dtype=np.int64)
    number[used] = np.arange(len(used))
    return replace(
        whole, vertices=whole.vertices[used], edges=number[whole.edges[edges]],
        folds=whole.folds[(used, edges, faces)[whole.d - 1]], loop_vertices=number[loop_vertices],
        loop_edges=loop_edges.ravel(), loop_start=loops, cell_faces=sides_of, cell_start=cells, bits=bits, maps=maps,
        n_regions=len(kept), starts=starts,
    )  # fmt: skip


def _some(values: Index, start: Index, kept: Index) -> tuple[Index, Index]:
    """Some of the lists that stand one after another, and where each begins."""
    counts = np.diff(start)[kept]
    begins = np.concatenate([[0], np.cumsum(counts)])
    at = np.repeat(start[:-1][kept] - begins[:-1], counts) + np.arange(begins[-1])
    return values[at], begins


def _none() -> Index:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class _Part(Compared):
    """The topology of a complex, as in ``Complex``."""

    edges: Index
    folds: Index
    loop_vertices: Index = field(default_factory=_none)
    loop_edges: Index = field(default_factory=_none)
    loop_start: Index = field(default_factory=_none)
    cell_faces: Index = field(default_factory=_none)
    cell_start: Index = field(default_factory=_none)


def _between(whole: Complex, label: Index) -> Mask:
    """Which facets do not lie between two cells of one label."""
    one, two, facets = neighbours(whole).T
    stays = np.ones(len(whole.folds), dtype=bool)
    stays[facets[label[one] == label[two]]] = False
    return stays


def _segments(whole: Complex, label: Index, stays: Mask) -> _Part:
    ends = np.column_stack([np.repeat(label, 2), whole.edges.ravel()])[stays[whole.edges.ravel()]]
    ends = ends[np.lexsort((whole.vertices[ends[:, 1], 0], ends[:, 0]))]
    return _Part(ends[:, 1].reshape(-1, 2), whole.folds)


def _polygons(whole: Complex, label: Index, stays: Mask) -> _Part:
    edge_of, edges, smooth = _paths(whole.edges, stays, _on_corner(whole))
    owner = label[_owners(whole.loop_start)]
    halves = _Halves(owner, whole.loop_vertices, whole.loop_edges)
    loops = _loops(halves, whole.edges, edge_of, smooth)
    return _Part(edges, _lowest(whole.folds, edge_of), *loops)


def _solids(whole: Complex, label: Index, stays: Mask) -> _Part:
    face_of = _flat_faces(whole, stays)
    corner_face = _owners(whole.loop_start)
    left = stays[corner_face]
    pairs = np.unique(np.column_stack([whole.loop_edges[left], face_of[corner_face[left]]]), axis=0)
    edge_stays = np.bincount(pairs[:, 0], minlength=len(whole.edges)) >= 2  # else inside a flat face, or inside a cell
    edge_of, edges, smooth = _paths(whole.edges, edge_stays, np.zeros(len(whole.vertices), dtype=bool))
    # The loops of one flat face all run as the side with the lower label sees them counter-clockwise.
    cell, face = label[_owners(whole.cell_start)], whole.cell_faces >> 1
    first = np.zeros(len(stays), dtype=np.int64)
    order = np.argsort(-cell, kind="stable")
    first[face[order]] = order  # of several writes the last one stays
    runs = (whole.cell_faces[first] & 1).astype(bool)[corner_face]
    begin = np.where(runs, whole.loop_vertices, following(whole.loop_vertices, whole.loop_start))
    halves = _Halves(face_of[corner_face[left]], begin[left], whole.loop_edges[left])
    loops = _loops(halves, whole.edges, edge_of, smooth)
    inward = cell == cell[first[face]]
    sides_of = np.unique(np.column_stack([cell, face_of[face], inward])[stays[face]], axis=0)
    start = np.searchsorted(sides_of[:, 0], np.arange(int(label.max()) + 2))
    return _Part(edges, _lowest(whole.folds, face_of), *loops, 2 * sides_of[:, 1] + sides_of[:, 2], start)


def _flat_faces(whole: Complex, stays: Mask) -> Index:
    """The flat face that each face is part of, -1 for those that are none.

    Two faces are one where they are the only ones left round an edge; at the box's edges they are on two sides of it.
    """
    face = _owners(whole.loop_start)
    left = stays[face]
    edge, face = whole.loop_edges[left], face[left]
    order = np.argsort(edge, kind="stable")
    edge, face = edge[order], face[order]
    count = np.bincount(edge, minlength=len(whole.edges))
    at = np.flatnonzero((count[edge] == 2) & (np.diff(edge, append=-1) == 0))
    pairs = np.column_stack([face[at], face[at + 1]])
    a, b = whole.folds[pairs].T
    pairs = pairs[~((a < 0) & (b < 0) & (a != b))]
    return _renumbered(components(len(stays), pairs), stays)


def _renumbered(component: Index, stays: Mask) -> Index:
    """Component numbers without gaps for what stays, -1 for the rest."""
    out = np.full(len(component), -1)
    _, out[stays] = np.unique(component[stays], return_inverse=True)
    return out


def _on_corner(whole: Complex) -> Mask:
    """Which vertices are corners of the box or polytope: those that have two of its sides."""
    outside = (whole.folds < 0) & (whole.folds != -1 - 2 * whole.d)  # that is the wall between first cells
    ends = np.column_stack([whole.edges[outside].ravel(), np.repeat(whole.folds[outside], 2)])
    return np.bincount(np.unique(ends, axis=0)[:, 0], minlength=len(whole.vertices)) > 1


def _paths(edges: Index, stays: Mask, corner: Mask) -> tuple[Index, Index, Mask]:
    """Edges that go straight on become one: the new number of each edge, the new edges, the vertices passed."""
    degree = np.bincount(edges[stays].ravel(), minlength=len(corner))
    smooth = (degree == 2) & ~corner
    numbers = np.flatnonzero(stays)
    at, edge = edges[numbers].ravel(), np.repeat(numbers, 2)
    at, edge = at[smooth[at]], edge[smooth[at]]
    order = np.argsort(at, kind="stable")
    edge_of = _renumbered(components(len(edges), edge[order].reshape(-1, 2)), stays)
    ends = np.column_stack([np.repeat(edge_of[numbers], 2), edges[numbers].ravel()])
    ends = ends[~smooth[ends[:, 1]]]
    ends = ends[np.lexsort((ends[:, 1], ends[:, 0]))]
    return edge_of, ends[:, 1].reshape(-1, 2), smooth


@dataclass(frozen=True, eq=False)
class _Halves(Compared):
    """Edges as they run round a loop: which loop, the vertex they begin at, the edge."""

    loop: Index
    begin: Index
    edge: Index


def _loops(halves: _Halves, edges: Index, edge_of: Index, smooth: Mask) -> tuple[Index, Index, Index]:
    """Chain half edges into loops, one a loop number; vertices passed straight are left out."""
    keep = edge_of[halves.edge] >= 0
    loop, begin, edge = halves.loop[keep], halves.begin[keep], halves.edge[keep]
    end = edges[edge].sum(axis=1) - begin
    key = loop * len(smooth) + begin
    order = np.argsort(key)
    after = np.searchsorted(key[order], loop[order] * len(smooth) + end[order]).tolist()
    start = np.searchsorted(loop[order], np.arange(int(loop.max()) + 2)).tolist()
    walk: list[int] = []
    for first, last in pairwise(start):
        at = first
        for _ in range(first, last):
            walk.append(at)
            at = after[at]
    ordered = order[walk]
    ordered = ordered[~smooth[begin[ordered]]]
    starts = np.searchsorted(loop[ordered], np.arange(int(loop.max()) + 2))
    return begin[ordered], edge_of[edge[ordered]], starts


def _lowest(folds: Index, group: Index) -> Index:
    """The lowest fold of each group."""
    lowest = np.full(int(group.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(lowest, group[group >= 0], folds[group >= 0])
    return lowest


def _owners(start: Index) -> Index:
    """The list that each entry of lists, one after another, is in."""
    return np.repeat(np.arange(len(start) - 1), np.diff(start))
