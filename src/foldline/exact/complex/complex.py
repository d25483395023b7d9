"""Complex: vertices, edges, faces and cells of a cut box, and all that an answer asks of its regions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...box import Box
from ..chain.form import Chain
from ..rational.search import RationalCells
from ..search.polytopes import Polytopes, sides_of
from ..start import Readings, Start
from . import measure
from .corners import extremes

Array = NDArray[np.float64]
Index = NDArray[np.int64]

Value = TypeVar("Value")


class Later:
    """A field of a value that may be given as what makes it, which is called when it is first asked for."""

    def __init__(self, name: str) -> None:
        self.key = f"_{name}"

    def __get__(self, value: object, owner: type) -> Any:
        found = value.__dict__[self.key]
        if callable(found):
            found = value.__dict__[self.key] = found()
        return found

    def __set__(self, value: object, found: Any) -> None:
        value.__dict__[self.key] = found


def later(name: str) -> Callable[[type[Value]], type[Value]]:
    """Let a field of a dataclass be given as what makes it."""

    def with_field(kind: type[Value]) -> type[Value]:
        setattr(kind, name, Later(name))
        return kind

    return with_field


@later("bits")
@later("maps")
@dataclass(frozen=True, eq=False)
class Complex:
    """A box in 1, 2 or 3 dimensions cut into the regions of a chain; every part is there once and shared.

    chain, box     what was cut
    vertices       (V, d)
    edges          (E, 2) vertices; in one dimension the edges are the regions
    folds          (facets,) the chain unit that made each facet of the regions, -1 - (2 axis + end) on the box:
                   a facet is a vertex, an edge or a face for d = 1, 2, 3
    loop_vertices, loop_edges, loop_start   the corners of 2-D face f and the edges that follow them, in order, are
                   those from loop_start[f] to loop_start[f + 1]; counter-clockwise in 2-D (empty for d = 1)
    cell_faces, cell_start   the faces of 3-D cell c, as 2 face + (1 if its loop is counter-clockwise from inside)
    bits           (R, units) on / off of every chain unit, uint8; unpacked when first asked for
    maps           (R, d_out, d + 1) affine maps of the outputs before the output unit; of a field made when first asked
                   for: lines of a level do without
    certified, complete   as in ``Regions``; an incomplete complex holds the regions that were finished
    asked          questions put to rational arithmetic
    engine         "kernel", "numpy" or "rational"
    settled        questions that a double left open and a pair of doubles answered
    start, starts  the first cells, where they are more than a box, and which of them each region is a part of
    """

    chain: Chain
    box: Box
    vertices: Array
    edges: Index
    folds: Index
    loop_vertices: Index
    loop_edges: Index
    loop_start: Index
    cell_faces: Index
    cell_start: Index
    bits: NDArray[np.uint8]
    maps: Array
    n_regions: int
    certified: bool
    complete: bool
    asked: int
    engine: str
    settled: int = 0
    start: Start | None = None
    starts: Index | None = None

    @property
    def readings(self) -> Readings | None:
        """What the chain reads on each region; None for the inputs."""
        return None if self.start is None or self.starts is None else Readings(self.start, self.starts)

    @property
    def parts_around(self) -> Callable[[Array], list[Index]] | None:
        """Of points, the regions of the first cells that each lies in; None where there is one first cell."""
        start, starts = self.start, self.starts
        if start is None or starts is None:
            return None
        order = np.argsort(starts, kind="stable")
        first = np.searchsorted(starts[order], np.arange(start.n_cells + 1))

        def around(points: Array) -> list[Index]:
            none = [np.zeros(0, dtype=np.int64)]
            return [
                np.sort(np.concatenate([*none, *(order[first[c] : first[c + 1]] for c in cells)]))
                for cells in start.cells_around(points)
            ]

        return around

    @property
    def d(self) -> int:
        return int(self.vertices.shape[1])

    @property
    def euler(self) -> int:
        """V - E + F - C, which is 1 for a box."""
        n_faces = max(len(self.loop_start) - 1, 0)
        return len(self.vertices) - len(self.edges) + n_faces - max(len(self.cell_start) - 1, 0)

    # What an answer asks, as ``exact.cells`` has it

    @property
    def complex(self) -> Complex:
        return self

    @property
    def listed_sides(self) -> None:
        """Parts are shared here: no region lists its own sides."""

    @cached_property
    def volumes(self) -> Array:
        return measure.volumes(self)

    @cached_property
    def centroids(self) -> Array:
        return measure.centroids(self)

    @property
    def moments(self) -> Array:
        return np.column_stack([self.volumes, self.volumes[:, None] * self.centroids])

    @cached_property
    def points(self) -> Array:
        return measure.centres(self) if len(self.maps) else np.zeros((0, self.d))

    @cached_property
    def neighbours(self) -> Index:
        return measure.neighbours(self)

    @property
    def pairs(self) -> Index | None:
        return None if measure.in_line(self) else self.neighbours[:, :2]

    def half_spaces(self, region: int) -> Array:
        return self._listed.rows_of(region) if self.start is None else self._among_walls(region)

    def _among_walls(self, region: int) -> Array:
        """The half-spaces of a region of a field: folds, sides of the box, and walls of the simplex that it is in."""
        assert self.start is not None and self.starts is not None
        cells = RationalCells(self.chain, self.box, Readings(self.start, self.starts).exact(region))
        wall = -1 - 2 * self.d
        sides = sides_of(self.chain, self, np.array([region]))[0].tolist()
        named = [int(np.flatnonzero(cells.folds)[s]) if s >= 0 else s for s in sides]
        rows = list(cells.half_spaces(named, self.bits[region])) if named else []
        walls = self.start.walls_of(int(self.starts[region]))
        floats = np.array([[v / max(map(abs, row[:-1])) for v in row] for row in walls])
        facets, owner = measure.sides(self)
        for facet in facets[(owner == region) & (self.folds[facets] == wall)].tolist():
            off = np.abs(self.vertices[measure.corners_of(self, facet)] @ floats[:, :-1].T + floats[:, -1])
            rows.append(floats[off.max(axis=0).argmin()])
        return np.array(rows)

    def extremes(self, *, certify: bool) -> tuple[Array, Array]:
        return extremes(self, certify=certify)

    def distance_to_folds(self, home: Index, points: Array) -> Array:
        return measure.distance_to_folds(self, home, points)

    def listed(self, kept: Index) -> Polytopes:
        """Return some regions one by one, each with its sides."""
        bits, points, sides = self.bits[kept], self.points[kept], sides_of(self.chain, self, kept)
        return Polytopes(self.chain, self.box, bits, points, sides)

    @cached_property
    def _listed(self) -> Polytopes:
        return self.listed(np.arange(len(self.maps)))


def empty_complex(chain: Chain, box: Box, certify: bool, asked: int, engine: str, n: int) -> Complex:
    """Return the complex of an answer that ended before its first region was finished; n were begun."""
    none = np.zeros(0, dtype=np.int64)
    units = sum(len(b) for b in chain.biases[:-1])
    shape = (0, len(chain.biases[-1]), box.d + 1)
    return Complex(
        chain, box, np.zeros((0, box.d)), np.zeros((0, 2), dtype=np.int64), none, none, none, none, none, none,
        np.zeros((0, units), dtype=np.uint8), np.zeros(shape), n, certify, False, asked, engine,
    )  # fmt: skip
