"""Start: the first cells of a question, and what the first layer reads on each of them.

No engine makes cells of its own.  It is handed some that are convex and share their faces, with an affine map on each
into what the chain reads.  A box is one cell with the identity; a grid of features is many simplices, each with the map
that its corners' features give.  On a face that two cells share, their maps agree, so that values live once a vertex.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from itertools import pairwise, product
from math import ceil, factorial, inf, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..box import Box
from ..errors import InputError
from ..grid import Grid
from ..slice import Slice
from .chain.form import Chain
from .complex.simplices import Simplices, one_reading, simplices_of
from .rational.elimination import Row
from .rational.exact import Point, point
from .rational.grid import grid_place, grid_shares, read_values, right_places, simplex_map, simplex_walls
from .rational.modular import Residues, simplex_residues

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Faces = list[list[int]] | NDArray[np.int64]
Number = Any  # float or Fraction

ULP = 2.0**-53
CLEAR = 1e-9  # of a share that floats tell from 0: they are off by far less, relative to the cell


@dataclass(frozen=True, eq=False)
class Start:
    """First cells: a complex whose d-faces are convex in 1, 2 or 3 dimensions; in more, boxes one by one.

    vertices   (V, d)
    faces      faces[k - 1], k = 1 .. d: the (k - 1)-faces around each k-face, an edge's its two ends; as lists, or as
               an array where each has as many
    walls      of each facet: -1 - (2 axis + end) on a side of the box asked about, -1 - 2 d between cells
    maps       (cells, n_reads, d + 1), what the chain reads as an affine map of the inputs; None for the inputs
    indices    (V, d) where each vertex is on the finest level of ``grid``
    grid       the grid that the cells are simplices of; None for a chain that reads its inputs
    box        the box that is the only cell, if it is one
    boxes      the cells, if they are boxes

    >>> len(Start.of_box(Box([0, 0], [1, 1])).faces[0])
    4
    """

    vertices: Array
    faces: tuple[Faces, ...]
    walls: Index
    maps: Array | None = None
    indices: Index | None = None
    grid: Grid | Slice | None = None
    box: Box | None = None
    boxes: tuple[Box, ...] = ()

    @property
    def d(self) -> int:
        return int(self.vertices.shape[1])

    @property
    def around(self) -> Box:
        """The smallest box that holds all cells."""
        return _hull(self.boxes) if self.boxes else Box(self.vertices.min(axis=0), self.vertices.max(axis=0))

    @property
    def n_reads(self) -> int:
        """Values that the chain reads."""
        return self.d if self.grid is None else self.grid.d_out

    @property
    def n_cells(self) -> int:
        return len(self.boxes) or len(self.faces[-1])

    @classmethod
    def of_box(cls, box: Box) -> Start:
        """Return the box as one cell."""
        return cls.of_boxes([box])

    @classmethod
    def of_boxes(cls, boxes: Sequence[Box]) -> Start:
        """Return boxes as cells; those that lie side by side share the faces that are equal.

        boxes    of the same number of axes, none inside another
        """
        d, around, one = boxes[0].d, _hull(boxes), boxes[0] if len(boxes) == 1 else None
        if d > 3:
            return cls(np.zeros((0, d)), (), np.zeros(0, dtype=np.int64), box=one, boxes=tuple(boxes))
        places: dict[tuple[float, ...], int] = {}
        known: list[dict[tuple[tuple[float, ...], ...], int]] = [{} for _ in range(d)]
        faces: list[list[list[int]]] = [[] for _ in range(d)]
        for box in boxes:
            corners = list(product(*zip(box.lo.tolist(), box.hi.tolist(), strict=True)))
            for kind in _kinds(d):
                _add(corners, kind, places, known, faces)
        walls = [_wall(facet, around) for facet in (known[d - 2] if d > 1 else [(place,) for place in places])]
        vertices = np.array(list(places))
        return cls(vertices, tuple(faces), np.array(walls, dtype=np.int64), box=one, boxes=tuple(boxes))

    @classmethod
    def of_grid(cls, grid: Grid, cells: Index) -> Start:
        """Return the simplices of some cells (m, d) of a grid's finest level.

        cost   d! simplices a cell, and the features at their corners
        """
        found = simplices_of(grid, cells)
        vertices = grid.places(len(grid.sizes) - 1, found.indices)
        return cls(vertices, (found.faces[0], *found.sides), found.walls, _maps(grid, found), found.indices, grid)

    def lists(self) -> list[list[list[int]]]:
        """Return the faces as lists, to be changed."""
        return [part.tolist() if isinstance(part, np.ndarray) else [list(face) for face in part] for part in self.faces]

    def points(self, number: Callable[[Any], Number]) -> list[list[Number]]:
        """Return where each vertex is, in any arithmetic."""
        if not isinstance(self.grid, Grid) or self.indices is None:
            return [[number(v) for v in at] for at in self.vertices.tolist()]
        return [[number(v) for v in grid_place(self.grid, at)] for at in self.indices.tolist()]

    def place(self, vertex: int) -> Point:
        """Return where a vertex is, exactly."""
        if isinstance(self.grid, Grid) and self.indices is not None:
            return point(grid_place(self.grid, self.indices[vertex].tolist()))
        return point(self.vertices[vertex].tolist())

    def reads(self, number: Callable[[Any], Number]) -> list[list[Number]]:
        """Return what the chain reads at each vertex, in any arithmetic."""
        if not isinstance(self.grid, Grid) or self.indices is None:
            return self.points(number)
        if number is float:
            values: list[list[Number]] = self.grid.at_vertices(self.indices).tolist()
            return values
        return [[number(v) for v in self.read(grid_place(self.grid, at))] for at in self.indices.tolist()]

    def readings(self) -> tuple[Array, Array, Array]:
        """Return what the chain reads at each vertex in floats, (V, n_reads), and how far it and the vertex may be off.

        returns   the readings, the Euclidean error of each, (V,), and that of each vertex, (V,); 0 where no operation
                  rounded: shares of cells are whole numbers over one, so features of like size are added up exactly
        """
        assert isinstance(self.grid, Grid) and self.indices is not None
        grid, reads = self.grid, self.grid.at_vertices(self.indices)
        span = grid.box.hi - grid.box.lo
        there = right_places(grid)[self.indices, np.arange(self.d)].all(axis=1)
        vertex = np.where(
            there, 0.0, 4 * ULP * (np.abs(self.vertices).max(axis=1, initial=0.0) + span.max()) * np.sqrt(self.d)
        )
        exact = there & self._added_exactly()
        size = np.linalg.norm(np.concatenate([np.abs(f).max(axis=0, initial=0.0) for f in grid.features]))
        return reads, np.where(exact, 0.0, (self.d + 6) * ULP * float(size) + vertex), vertex

    def _added_exactly(self) -> NDArray[np.bool_]:
        """Whether interpolation at each vertex adds up without rounding, by the exponents of what is added."""
        assert isinstance(self.grid, Grid) and self.indices is not None
        fine = np.ones(len(self.indices), dtype=bool)
        for level, size in enumerate(self.grid.sizes):
            ratio = self.grid.sizes[-1] // size
            if ratio & (ratio - 1):
                return np.zeros(len(self.indices), dtype=bool)
            corners, shares = self.grid.around_vertices(level, self.indices)
            values = np.abs(np.where(shares[..., None] > 0, self.grid.values(level, corners), 0.0))
            top, low = (
                np.frexp(values)[1].max(axis=(1, 2)),
                np.where(values > 0, np.frexp(values)[1], 9999).min(axis=(1, 2)),
            )
            fine &= top - low + ratio.bit_length() + 24 + 3 <= 52
        return fine

    def corners_of(self, cells: Index) -> Index:
        """Return the corners (m, d + 1, d) of cells, as indices; they rise along one axis after the other."""
        assert self.indices is not None
        if not len(cells):
            return np.zeros((0, self.d + 1, self.d), dtype=np.int64)
        parts = cells
        for faces in reversed(self.faces):
            parts = np.asarray(faces)[parts].reshape(len(cells), -1)
        often = parts.shape[1] // (self.d + 1)  # each corner is an end of as many edges, of as many faces
        return np.asarray(self.indices[np.sort(parts, axis=1)[:, ::often]])

    def map_of(self, cell: int) -> tuple[NDArray[np.object_], int]:
        """Return what the chain reads on a cell as (rows, w), exactly: it reads (rows[:, :-1] x + rows[:, -1]) / w.

        The corners of a simplex rise along one axis after the other.
        """
        assert isinstance(self.grid, Grid) and self.indices is not None
        corners = self.indices[np.unique(self._corners_of(cell))]
        rows = simplex_map(self.grid, corners)
        flat = point([v for row in rows for v in row])
        return np.array(flat.X, dtype=object).reshape(len(rows), self.d + 1), flat.w

    def alike(self, a: Index, b: Index) -> NDArray[np.bool_]:
        """Return on which pairs of cells the same is read, as far as it shows without arithmetic.

        They lie in one simplex of each level, or in two at whose corners a feature is the same number.
        """
        assert isinstance(self.grid, Grid)
        return one_reading(self.grid, self.corners_of(a), self.corners_of(b))

    def modulo(self, cells: Index, prime: int) -> Residues:
        """Return what is read on cells modulo a prime, (n_reads, len(cells), d + 1)."""
        assert isinstance(self.grid, Grid)
        return simplex_residues(self.grid, self.corners_of(cells), prime)

    def walls_of(self, cell: int) -> list[Row]:
        """Return what bounds a cell, whole numbers (a, c), not negative inside; of a field alone."""
        assert isinstance(self.grid, Grid) and self.indices is not None
        corners = self.indices[np.unique(self._corners_of(cell))]
        return [list(point(row).X) for row in simplex_walls(self.grid, corners)]

    def cells_around(self, points: Array) -> list[list[int]]:
        """Return the simplices that each point (n, d) of the cells lies in: several on a face that they share."""
        assert isinstance(self.grid, Grid) and self.indices is not None
        level = len(self.grid.sizes) - 1
        strides = (self.grid.sizes[-1] + 1) ** np.arange(self.d - 1, -1, -1)
        at = {number: vertex for vertex, number in enumerate((self.indices @ strides).tolist())}
        cells_of: list[set[int]] = [set() for _ in self.vertices]
        for cell in range(self.n_cells):
            for vertex in self._corners_of(cell):
                cells_of[vertex].add(cell)
        corners, shares = self.grid.corners(level, points)
        found = []
        for point_at, numbers, parts in zip(points, corners.tolist(), shares, strict=True):
            if parts.min() < CLEAR:
                numbers, parts = grid_shares(self.grid, level, [Fraction(v) for v in point_at.tolist()])
            around = [cells_of[at[n]] for n, part in zip(numbers, parts, strict=True) if part > 0 and n in at]
            found.append(sorted(set.intersection(*around)) if len(around) == sum(p > 0 for p in parts) else [])
        return found

    def _corners_of(self, cell: int) -> list[int]:
        """The vertices of a cell, some more than once."""
        parts = [cell]
        for k in range(self.d - 1, -1, -1):
            parts = [part for face in parts for part in self.faces[k][face]]
        return parts

    def read(self, x: Sequence[Fraction]) -> Sequence[Fraction]:
        """Return what the chain reads at a rational point of the cells."""
        return x if self.grid is None else read_values(self.grid, x)


@dataclass(frozen=True, eq=False)
class Readings:
    """What a chain reads on each of some regions.

    start, homes   the first cells, and (R,) which of them each region is a part of
    """

    start: Start
    homes: Index
    _known: dict[int, tuple[NDArray[np.object_], int]] = field(default_factory=dict)

    def exact(self, region: int) -> tuple[NDArray[np.object_], int]:
        """Return it of one region, as ``Start.map_of`` has it."""
        home = int(self.homes[region])
        if home not in self._known:
            self._known[home] = self.start.map_of(home)
        return self._known[home]

    def alike(self, a: Index, b: Index) -> NDArray[np.bool_]:
        """Return which pairs of regions read the same, as far as it shows without arithmetic."""
        same = np.asarray(self.homes[a] == self.homes[b])
        apart = np.flatnonzero(~same)
        same[apart] = self.start.alike(self.homes[a[apart]], self.homes[b[apart]])
        return same

    def modulo(self, regions: Index, prime: int) -> Residues:
        """Return it of some regions modulo a prime, (n_reads, len(regions), d + 1)."""
        homes, at = np.unique(self.homes[regions], return_inverse=True)
        return self.start.modulo(homes, prime)[:, at]


def start_of(chain: Chain, box: Box, most: float = inf) -> tuple[Start, bool]:
    """Return the first cells of a question about a field, the simplices that make a box, and whether they are all.

    chain    of no slice, whose cells are to be found first (``slices.first_cells``)
    most     simplices, about: those of whole cells
    raises   InputError as ``cells_in`` does
    """
    assert isinstance(chain.grid, Grid)
    limit = most if most == inf else ceil(most / factorial(chain.grid.d))
    cells = cells_in(chain.grid, box, limit + 1)
    whole = len(cells) <= limit
    return Start.of_grid(chain.grid, cells if whole else cells[:-1]), whole


def cells_in(grid: Grid, box: Box, most: float = inf) -> Index:
    """Return the cells of a grid's finest level that make a box, (m, d).

    most     of them, the first ones
    raises   InputError unless the box's sides lie on the cells', naming the nearest box that does
    """
    first, last = cells_along(grid, box)
    shape = tuple((last - first).tolist())
    return np.stack(np.unravel_index(np.arange(min(prod(shape), most)), shape), axis=-1) + first


def cells_along(grid: Grid, box: Box) -> tuple[Index, Index]:
    """Return the first cell along each axis of a box made of cells of the finest level, and the one behind the last.

    raises   InputError as ``cells_in`` does
    """
    n, span = grid.sizes[-1], grid.box.hi - grid.box.lo
    ends = [(side - grid.box.lo) / span * n for side in (box.lo, box.hi)]
    first, last = (np.clip(np.rint(end), 0, n).astype(np.int64) for end in ends)
    last = np.maximum(last, first + 1)
    snapped = Box(grid.places(len(grid.sizes) - 1, first), grid.places(len(grid.sizes) - 1, last))
    if not (np.array_equal(snapped.lo, box.lo) and np.array_equal(snapped.hi, box.hi)):
        raise InputError(f"a field needs a box whose sides lie on its cells' sides; got {box}. Take {snapped}.")
    return first, last


def _maps(grid: Grid, found: Simplices) -> Array:
    """The affine map through the values at each simplex's corners, which rise along one axis after the other."""
    corners = found.faces[-1]
    places, values = grid.places(len(grid.sizes) - 1, found.indices), grid.at_vertices(found.indices)
    maps = np.empty((len(corners), grid.d_out, grid.d + 1))
    maps[..., -1] = values[corners[:, 0]]
    for here, there in pairwise(corners.T):
        steps = places[there] - places[here]
        axis = steps.argmax(axis=1)
        slopes = (values[there] - values[here]) / steps.max(axis=1)[:, None]
        np.put_along_axis(maps, axis[:, None, None], slopes[..., None], axis=2)
        maps[..., -1] -= slopes * np.take_along_axis(places[corners[:, 0]], axis[:, None], axis=1)
    return maps


def _hull(boxes: Sequence[Box]) -> Box:
    if len(boxes) == 1:
        return boxes[0]
    return Box(np.min([b.lo for b in boxes], axis=0), np.max([b.hi for b in boxes], axis=0))


@cache
def _kinds(d: int) -> list[tuple[int, ...]]:
    """The faces of a box, smaller ones first; each fixes some axes at an end (0 or 1), and the others are free (2)."""
    return sorted(product((0, 1, 2), repeat=d), key=lambda kind: kind.count(2))


@cache
def _corners(kind: tuple[int, ...]) -> tuple[int, ...]:
    """The numbers of the corners of a face among those of its box, of which the last axis changes first."""
    numbers = [0]
    for k in kind:
        numbers = [2 * number + end for number in numbers for end in ((0, 1) if k == 2 else (k,))]
    return tuple(numbers)


@cache
def _around(kind: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """The corners of each face around a face, the same way."""
    free = [axis for axis, k in enumerate(kind) if k == 2]
    return tuple(_corners((*kind[:axis], end, *kind[axis + 1 :])) for axis in free for end in (0, 1))


def _add(
    points: Sequence[tuple[float, ...]],
    kind: tuple[int, ...],
    places: dict[tuple[float, ...], int],
    known: list[dict[tuple[tuple[float, ...], ...], int]],
    faces: list[list[list[int]]],
) -> None:
    """Add a face of the box with these corners, unless another box has it already."""
    k, corners = kind.count(2), tuple(points[number] for number in _corners(kind))
    if k == 0:
        places.setdefault(corners[0], len(places))
        return
    if corners in known[k - 1]:
        return
    around = [tuple(points[number] for number in side) for side in _around(kind)]
    known[k - 1][corners] = len(faces[k - 1])
    faces[k - 1].append([places[part[0]] if k == 1 else known[k - 2][part] for part in around])


def _wall(corners: Sequence[Sequence[float]], box: Box) -> int:
    """The side of a box on which all corners lie, -1 - (2 axis + end); -1 - 2 d for none."""
    for axis, ends in enumerate(zip(box.lo.tolist(), box.hi.tolist(), strict=True)):
        for end, value in enumerate(ends):
            if all(corner[axis] == value for corner in corners):
                return -1 - (2 * axis + end)
    return -1 - 2 * box.d
