"""Boundary: where the winning class changes, or where a network passes a level: points, polylines or polygons."""

from __future__ import annotations

import time
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .. import doors
from ..box import Box
from ..errors import InputError
from ..mesh import Mesh
from ..network import Network
from ..polytope import Polytope
from .complex.measure import following, loops_facing, rows_of
from .decisions import Decisions, decisions_by, names_of, threshold_of
from .march.fields import field_polygons
from .march.polygons import march_polygons
from .proof import Answer, Proof
from .work import Budget, Progress, Work, place_asked

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Boundary(doors.Drawn, doors.Shown, Answer):
    """Facets between cells of different classes: points, edges or polygons for 1, 2 or 3 inputs.

    vertices           (V, d) in the units of the inputs
    corners, offsets   vertex numbers of facet f: corners[offsets[f]:offsets[f + 1]]; an edge has the lower class on its
                       left, a polygon runs counter-clockwise as the higher class sees it
    classes            (F, 2) the lower and the higher class
    regions            (F, 2) the linear region on each class's side, the same one if the boundary runs through it; as
                       ``regions(network, box)`` numbers them, or, for 3 inputs and one output, in the order found
    names              of all classes
    max_abs_value      largest difference of the two classes' scores on a vertex, as the network itself computes it:
                       |output - level| for one output, before its output unit
    proof              an incomplete boundary may lack facets
    """

    box: Box
    vertices: Array
    corners: Index
    offsets: Index
    classes: Index
    regions: Index
    names: tuple[str, ...]
    max_abs_value: float
    proof: Proof

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __repr__(self) -> str:
        what = ("points", "edges", "polygons")[self.d - 1]
        return f"Boundary({len(self)} {what} between {len(self.pairs)} pairs of classes in {self.box})"

    @property
    def d(self) -> int:
        return self.box.d

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Names of the classes that meet, (lower, higher)."""
        return tuple((self.names[a], self.names[b]) for a, b in np.unique(self.classes, axis=0).tolist())

    @cached_property
    def size(self) -> float:
        """Number of points, length, or area."""
        if self.d == 1:
            return float(len(self))
        if self.d == 3:
            return self.mesh.area
        a, b = self.vertices[self.edges.T]
        return float(np.linalg.norm(b - a, axis=1).sum())

    @property
    def points(self) -> Array:
        """The points on a line, ascending, (F,).

        raises   InputError for 2 and 3 inputs
        """
        self._need(1, "points", "polylines or mesh")
        return np.asarray(self.vertices[self.corners, 0])

    @property
    def edges(self) -> Index:
        """The two ends of each edge in the plane, the lower class on the left, (F, 2).

        raises   InputError for 1 and 3 inputs
        """
        self._need(2, "edges", "points or mesh")
        return self.corners.reshape(-1, 2)

    @cached_property
    def chains(self) -> tuple[Index, ...]:
        """Facet numbers of edges in the plane that follow each other between the same two classes.

        A chain ends on the box, and where three classes or more than two edges meet; else it comes back to its start.
        """
        return chains_of(self.edges, self.classes, len(self.vertices))

    @property
    def polylines(self) -> tuple[Array, ...]:
        """Corners of each chain, (n, 2); a closed one ends where it starts."""
        edges = self.edges
        return tuple(self.vertices[np.append(edges[chain, 0], edges[chain[-1], 1])] for chain in self.chains)

    @cached_property
    def mesh(self) -> Mesh:
        """The polygons in space; ``face_values`` has "classes" and "region", the pairs of each.

        raises   InputError for 1 and 2 inputs
        """
        self._need(3, "mesh", "points or polylines")
        return Mesh(
            self.vertices,
            self.corners,
            self.offsets,
            face_values={"classes": self.classes, "region": self.regions},
            meta={"names": list(self.names)},
        )

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Write the boundary: .json, .csv, .geojson (2 inputs), or any format of a mesh (3 inputs).

        raises   FileError if the path is a folder, cannot be written, or exists and ``force`` is off
        """
        return doors.write("boundary", self, path, self.box.d, force=force)

    def _need(self, d: int, who: str, instead: str) -> None:
        if self.d != d:
            raise InputError(f"{who} needs a boundary with {d} inputs; got {self.d}. Ask for its {instead}.")


def boundary(
    network: Network, box: Box | Polytope | None = None, *, level: float | None = None, engine: str = "auto",
    certify: bool = True,
    workers: int = 1, executor: Executor | None = None, budget: Budget | None = None, callback: Progress | None = None,
) -> Boundary:  # fmt: skip
    """Return the exact decision boundary of a classifier, or the level set of a network with one output.

    network, box, level, engine, certify, workers, executor, budget, callback   as ``decisions`` takes them
    raises           as ``decisions`` does
    cost             that of ``decisions``; for 3 inputs and one output, that of ``surface``
    source           the boundary between regions of equal class is part of a hyperplane in each linear region

    A boundary has a class on each side: a level that the network only touches, or takes on a whole region without
    passing it, is none.

    >>> xor = Network([[[1, 1], [1, 1]], [[1, -2]]], [[0, -1], [0]])
    >>> sorted(line.tolist() for line in boundary(xor, Box([0, 0], [1, 1]), level=0.5).polylines)
    [[[0.5, 0.0], [0.0, 0.5]], [[0.5, 1.0], [1.0, 0.5]]]
    """
    box = place_asked("boundary", network, box)
    work = Work("boundary", engine, certify, workers, executor, budget, callback)
    return boundary_by(network, box, threshold_of(network, box, level, "boundary"), work)


def boundary_by(network: Network, box: Box | Polytope, logit: float | None, work: Work) -> Boundary:
    """Return what ``boundary`` does; ``logit`` is the level before the output unit, None for several outputs."""
    begin = time.perf_counter()
    if network.d_in == 3 and network.d_out == 1 and isinstance(box, Box):
        marched = _by_surface(network, box, logit or 0.0, work)
        if marched is not None:
            return marched
    return boundary_of(decisions_by(network, box, logit, work), begin)


def boundary_of(cells: Decisions, begin: float | None = None) -> Boundary:
    """Return the boundary between cells that are known already; ``begin`` is when the work began."""
    started = time.perf_counter() - cells.seconds if begin is None else begin
    pairs = cells.neighbours if len(cells) else np.zeros((0, 3), dtype=np.int64)
    pairs = pairs[cells.classes[pairs[:, 0]] != cells.classes[pairs[:, 1]]]
    swap = cells.classes[pairs[:, 0]] > cells.classes[pairs[:, 1]]
    sides = np.where(swap[:, None], pairs[:, 1::-1], pairs[:, :2])
    facets = pairs[:, 2]
    if cells.d_in == 1:
        order = np.argsort(cells.complex.vertices[facets, 0], kind="stable")
        facets, sides = facets[order], sides[order]
    corners, offsets = (_points, _edges, _polygons)[cells.d_in - 1](cells, facets, sides)
    used, corners = np.unique(corners, return_inverse=True)
    vertices, classes = cells.complex.vertices[used], cells.classes[sides]
    return Boundary(
        cells.box, vertices, corners.astype(np.int64).ravel(), offsets, classes, cells.region_of[sides], cells.names,
        _largest_gap(cells, vertices, corners, np.repeat(classes, np.diff(offsets), axis=0)),
        replace(cells.proof, seconds=time.perf_counter() - started),
    )  # fmt: skip


def _points(cells: Decisions, facets: Index, sides: Index) -> tuple[Index, Index]:
    return facets, np.arange(len(facets) + 1)


def _edges(cells: Decisions, facets: Index, sides: Index) -> tuple[Index, Index]:
    """Edges as the lower class's cell has them in its loop: that cell is on their left."""
    whole = cells.complex
    owner = np.repeat(np.arange(len(whole.loop_start) - 1), np.diff(whole.loop_start))
    at = rows_of(np.column_stack([owner, whole.loop_edges]), np.column_stack([sides[:, 0], facets]))
    ends = np.column_stack([whole.loop_vertices, following(whole.loop_vertices, whole.loop_start)])[at]
    return ends.ravel(), 2 * np.arange(len(facets) + 1)


def _polygons(cells: Decisions, facets: Index, sides: Index) -> tuple[Index, Index]:
    return loops_facing(cells.complex, facets, sides[:, 1])


def _largest_gap(cells: Decisions, vertices: Array, corners: Index, classes: Index) -> float:
    """The witness: the scores of the two classes of each facet at its corners, by a forward pass."""
    if not len(corners):
        return 0.0
    scores = cells.scores(vertices)
    return float(np.abs(scores[corners, classes[:, 0]] - scores[corners, classes[:, 1]]).max())


def chains_of(edges: Index, classes: Index, n_vertices: int) -> tuple[Index, ...]:
    """Return edges that follow each other, an array a chain: at a vertex one edge in, one out, the same two classes."""
    into, out = np.full(n_vertices, -1), np.full(n_vertices, -1)
    number = np.arange(len(edges))
    out[edges[:, 0]], into[edges[:, 1]] = number, number
    once = np.bincount(edges[:, 0], minlength=n_vertices) == 1
    once &= np.bincount(edges[:, 1], minlength=n_vertices) == 1
    passed = np.flatnonzero(once)
    passed = passed[(classes[into[passed]] == classes[out[passed]]).all(axis=1)]
    after = np.full(len(edges), -1)
    after[into[passed]] = out[passed]
    is_first = np.ones(len(edges), dtype=bool)
    is_first[out[passed]] = False
    following_of, seen, chains = after.tolist(), bytearray(len(edges) + 1), []
    seen[-1] = 1  # behind the last edge of a chain
    for start in (*np.flatnonzero(is_first).tolist(), *range(len(edges))):
        chain, at = [], start
        while not seen[at]:
            seen[at] = 1
            chain.append(at)
            at = following_of[at]
        if chain:
            chains.append(np.array(chain, dtype=np.int64))
    return tuple(chains)


def _by_surface(network: Network, box: Box, logit: float, work: Work) -> Boundary | None:
    """The level set in space: marching along it is much less work than all regions.

    None if the network equals the level on a whole region, or on part of a fold or of the box's face: the march also
    has where that region meets what is below, and polygons where the level is touched and not passed.
    """
    bare = Network(
        network.weights,
        network.biases,
        network.activation,
        skips=network.skips,
        slopes=network.slopes,
        grid=network.grid,
    )
    found = (march_polygons if network.grid is None else field_polygons)(bare, box, logit, work)
    if found.flat_regions or found.flush_polygons:
        return None
    mesh = found.mesh
    _, region = np.unique(mesh.face_values["region"], return_inverse=True)
    return Boundary(
        box, mesh.vertices, mesh.corners, mesh.offsets, np.tile(np.array([0, 1]), (mesh.n_faces, 1)),
        np.column_stack([region, region]), names_of(network, 2), found.max_abs_value, found.proof,
    )  # fmt: skip


__all__ = ["Boundary", "boundary", "boundary_of"]
