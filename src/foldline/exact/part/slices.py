"""Slices: the first cells of a question about a field along a line or in a plane.

The walls of a grid's simplices are hyperplanes, so that they cut a slice along lines, and where these run is known in
whole numbers.  A network whose units fold there and nowhere else has the cells as its regions: the engines find them,
certified as all regions are, and the on / off of its units says in which simplex each cell lies.  What touches a wall
without crossing it, or lies in one, needs no care: it is in some simplex, and they agree on what they share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import combinations, product
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...box import Box
from ...errors import InputError
from ...slice import Slice
from ..chain.form import Chain
from ..chain.ranges import length
from ..chain.reading import read_error
from ..check.check import VERTEX_ERROR
from ..complex.complex import Complex
from ..complex.locate import locate
from ..complex.simplices import one_reading
from ..complex.union import part_of
from ..rational.elimination import Row, meet
from ..rational.exact import Integers, Point, point
from ..rational.grid import front_of, in_cells, read_values, simplex_map, under, value_at
from ..rational.modular import Residues, rows_residues, simplex_residues
from ..start import Start

Array = NDArray[np.float64]
Index = NDArray[np.int64]

BITS = 53  # of a double
MOST_BITS = 1000  # of the whole numbers of a wall: more apart, and their parts leave the doubles


@dataclass(frozen=True)
class Family:
    """Parallel walls that cross a slice, as lines of it: where the place along an axis, counted in finest cells, or the
    difference of two, is a whole number.

    first         of the first wall that crosses; where none does, the one above which all of it lies
    least, most   what lies below the first wall there is counts as above ``least``, beyond the last as above ``most``
    rows          a wall: whole numbers (a, c), a t + c is positive beyond it
    """

    first: int
    least: int
    most: int
    rows: list[Row]


def families_of(cut: Slice, box: Box) -> list[Family]:
    """Return the walls of a grid's finest simplices that cross a box of a slice's inputs, by axis and by pair."""
    corners = [[Fraction(v) for v in at] for at in product(*zip(box.lo.tolist(), box.hi.tolist(), strict=True))]
    return [_family(row, corners, least, most) for row, least, most in _lines(cut)]


def _lines(cut: Slice) -> list[tuple[list[Fraction], int, int]]:
    """Of each axis, then of each pair, the place or the difference in finest cells as a row (a, c) of the inputs, and
    the least and the most whole number that it counts as lying above."""
    n, d, front = cut.grid.sizes[-1], cut.grid.d, front_of(cut)
    along = [under(row, front) for row in in_cells(cut.grid)]
    apart = [[a - b for a, b in zip(along[i], along[j], strict=True)] for i, j in combinations(range(d), 2)]
    return [*((row, -1, n) for row in along), *((row, -n, n - 1) for row in apart)]


def _family(row: list[Fraction], corners: list[list[Fraction]], least: int, most: int) -> Family:
    at = [value_at(row, corner) for corner in corners]
    crossing = range(max(least + 1, min(at) // 1 + 1), min(most, ceil(max(at)) - 1) + 1)
    first = crossing[0] if crossing else (min(at) + max(at)) / 2 // 1
    return Family(int(first), least, most, [list(point([*row[:-1], row[-1] - m]).X) for m in crossing])


def walls_chain(cut: Slice, families: Sequence[Family]) -> Chain:
    """Return a chain with a unit for each wall and none beside, that folds just there.

    A whole number that no double holds is the sum of several: the inputs, and ones for the offsets, stand beside each
    other as often as that takes.
    """
    rows = [row for family in families for row in family.rows]
    k = cut.d
    if not rows:
        return Chain((np.zeros((1, k)),), (np.zeros(1),), (), ())
    sizes = [max(abs(v) for v in row).bit_length() for row in rows]
    if max(sizes) > MOST_BITS:
        raise InputError(
            f"a slice needs places of like size to the grid's box; got {cut} with numbers 2^{max(sizes)} apart. "
            "Take other points."
        )
    times = -(-max(sizes) // BITS)
    parts = np.array([_parts(row, size, times) for row, size in zip(rows, sizes, strict=True)])  # (rows, times, k + 1)
    lines, none = (np.zeros(len(rows)), np.full(len(rows), -1)), np.full(times * (k + 1), -1)
    last = np.zeros((1, len(rows))), np.zeros(1)
    if times == 1:
        return Chain((parts[:, 0, :-1], last[0]), (parts[:, 0, -1], last[1]), lines[:1], lines[1:])
    copies = np.tile(np.eye(k + 1, k), (times, 1)), np.tile(np.eye(1, k + 1, k)[0], times)
    wide = parts.reshape(len(rows), -1)
    ones = np.ones(times * (k + 1))
    return Chain((copies[0], wide, last[0]), (copies[1], lines[0], last[1]), (ones, lines[0]), (none, lines[1]))


def _parts(row: Row, size: int, times: int) -> list[list[float]]:
    """Doubles that add up to each number of a row over 2^size: its bits, 53 at a time from the top."""
    found = []
    for t in range(times):
        shift = max(size - BITS * (t + 1), 0)
        width = size - BITS * t - shift
        top = [(abs(v) >> shift) & ((1 << max(width, 0)) - 1) for v in row]
        found.append([float(b if v >= 0 else -b) * 2.0 ** (shift - size) for v, b in zip(row, top, strict=True)])
    return found


@dataclass(frozen=True, eq=False)
class SliceStart(Start):
    """The cells into which a grid's walls cut a slice.

    families   of each axis and pair of axes, the walls that cross
    whole      the complex that the walls make
    above      (cells, axes and pairs of axes) the whole number above which each lies there, counted in finest cells
    cells      (cells, d) the finest cell of the grid that each lies in, that of the nearest place outside the box
    beyond     (cells, d) -1, 0, 1: below the grid's box along an axis, within, above
    order      (cells, d) of the axes from the first corner of the simplex in that cell
    """

    families: Sequence[Family] = ()
    whole: Complex | None = field(default=None, repr=False)
    above: Index | None = None
    cells: Index | None = None
    beyond: Index | None = None
    order: Index | None = None

    @classmethod
    def of(cls, cut: Slice, families: Sequence[Family], whole: Complex) -> SliceStart:
        """Return the regions of the chain that folds on the walls as first cells."""
        above = _above(families, whole)
        cells, beyond, order = _simplices(cut, above)
        return cls(
            whole.vertices, _faces(whole), np.where(whole.folds < 0, whole.folds, -1 - 2 * whole.d),
            _maps(cut, cells, beyond, order), grid=cut, families=families, whole=whole, above=above, cells=cells,
            beyond=beyond, order=order,
        )  # fmt: skip

    def kept(self, some: Index) -> SliceStart:
        """Return some of the cells alone."""
        assert isinstance(self.grid, Slice) and self.whole is not None
        return SliceStart.of(self.grid, self.families, part_of(self.whole, some))

    @property
    def n_reads(self) -> int:
        assert self.grid is not None
        return self.grid.d_out

    def points(self, number: Callable[[Any], Any]) -> list[list[Any]]:
        if number is float:
            return [list(at) for at in self.vertices.tolist()]
        return [[number(x) for x in self.place(v).fractions()] for v in range(len(self.vertices))]

    def reads(self, number: Callable[[Any], Any]) -> list[list[Any]]:
        if number is float:
            return [list(row) for row in self.readings()[0].tolist()]
        return [[number(x) for x in self.read(self.place(v).fractions())] for v in range(len(self.vertices))]

    def readings(self) -> tuple[Array, Array, Array]:
        assert isinstance(self.grid, Slice) and self.whole is not None
        size, n = np.maximum(np.abs(self.whole.box.lo), np.abs(self.whole.box.hi)), len(self.vertices)
        off = VERTEX_ERROR * size
        error = length(read_error(self.grid, off, size))
        return self.grid(self.vertices), np.full(n, error), np.full(n, length(off))

    def map_of(self, cell: int) -> tuple[NDArray[np.object_], int]:
        assert isinstance(self.grid, Slice)
        assert self.cells is not None and self.order is not None and self.beyond is not None
        return _read_on(self.grid, self.cells[cell], self.beyond[cell], self.order[cell])

    def alike(self, a: Index, b: Index) -> NDArray[np.bool_]:
        assert isinstance(self.grid, Slice) and self.beyond is not None
        same = (self.beyond[a] == self.beyond[b]).all(axis=1)
        return np.asarray(same & one_reading(self.grid.grid, self.corners_of(a), self.corners_of(b)))

    def corners_of(self, cells: Index) -> Index:
        """Return the corners of the grid's simplex that each cell lies in, (m, grid.d + 1, grid.d) indices."""
        assert self.cells is not None and self.order is not None
        return np.asarray(self.cells[cells, None] + _steps(self.order[cells]))

    def modulo(self, cells: Index, prime: int) -> Residues:
        assert isinstance(self.grid, Slice) and self.beyond is not None
        rows = simplex_residues(self.grid.grid, self.corners_of(cells), prime)
        kinds, at = np.unique(self.beyond[cells], axis=0, return_inverse=True)
        moves = np.array([_residues(_places(self.grid, kind.tolist()), prime) for kind in kinds])[at.ravel()]
        found = sum(rows[..., axis, None] * moves[:, axis] % prime for axis in range(self.grid.grid.d))
        found[..., -1] += rows[..., -1]
        inputs = np.eye(self.d, self.d + 1)[:, None].repeat(len(cells), 1)
        return np.concatenate([inputs, found % prime])

    def walls_of(self, cell: int) -> list[Row]:
        assert isinstance(self.grid, Slice) and self.above is not None
        return _walls(self.grid, self.above[cell].tolist())

    def place(self, vertex: int) -> Point:
        """Return where a vertex is: where walls that meet there, and sides of the box, cross."""
        assert self.whole is not None
        around = {tuple(self._row(int(fold))) for fold in self.whole.folds[self._facets[vertex]]}
        found = (meet(planes) for planes in combinations(sorted(around), self.d))
        at = next((at for at in found if at is not None), None)
        assert at is not None, "a vertex is where walls meet"
        return at

    @cached_property
    def _facets(self) -> list[Index]:
        """The facets around each vertex."""
        whole = self.whole
        assert whole is not None
        if self.d == 1:
            return list(np.arange(len(whole.vertices))[:, None])
        if self.d == 2:
            corners, facets = whole.edges.ravel(), np.repeat(np.arange(len(whole.edges)), 2)
        else:
            corners, facets = whole.loop_vertices, np.repeat(np.arange(len(whole.folds)), np.diff(whole.loop_start))
        order = np.argsort(corners, kind="stable")
        counts = np.bincount(corners, minlength=len(whole.vertices))
        return np.split(facets[order], np.cumsum(counts)[:-1])

    def _row(self, fold: int) -> Row:
        """A wall, or a side of the box, in whole numbers."""
        if fold >= 0:
            return self._rows[fold - self._before]
        assert self.whole is not None
        axis, end = divmod(-1 - fold, 2)
        side = Fraction(float((self.whole.box.hi if end else self.whole.box.lo)[axis]))
        row = [0] * (self.d + 1)
        row[axis], row[-1] = side.denominator, -side.numerator
        return row

    @cached_property
    def _rows(self) -> list[Row]:
        return [row for family in self.families for row in family.rows]

    @cached_property
    def _before(self) -> int:
        """Units of the chain before those of the walls."""
        assert self.whole is not None
        return sum(map(len, self.whole.chain.below)) - len(self._rows)

    def cells_around(self, points: Array) -> list[list[int]]:
        assert self.whole is not None
        found = locate(self.whole.chain, self.whole.bits, self.whole.box, points)
        return [cells.tolist() for cells in found]

    def read(self, x: Sequence[Fraction]) -> Sequence[Fraction]:
        assert self.grid is not None
        return read_values(self.grid, x)


def _faces(whole: Complex) -> tuple[list[list[int]], ...]:
    """The faces of each dimension; those in a plane in the order of their loops."""
    faces: list[list[list[int]]] = [whole.edges.tolist()]
    if whole.d > 1:
        faces.append([part.tolist() for part in np.split(whole.loop_edges, whole.loop_start[1:-1])])
    if whole.d > 2:
        faces.append([(part >> 1).tolist() for part in np.split(whole.cell_faces, whole.cell_start[1:-1])])
    return tuple(faces)


def _above(families: Sequence[Family], whole: Complex) -> Index:
    """The whole number above which each family has each cell; beyond the last wall it is the same everywhere."""
    at = whole.bits.shape[1] - sum(len(family.rows) for family in families)
    found = []
    for family in families:
        on = whole.bits[:, at : at + len(family.rows)].sum(axis=1, dtype=np.int64)
        found.append(np.clip(on + family.first - (1 if family.rows else 0), family.least, family.most))
        at += len(family.rows)
    return np.stack(found, axis=1)


def _simplices(cut: Slice, above: Index) -> tuple[Index, Index, Index]:
    """The grid's cell, what is beyond its box and the order of axes, of each cell of a slice."""
    n, d = cut.grid.sizes[-1], cut.grid.d
    along = above[:, :d]
    cells = np.clip(along, 0, n - 1)
    beyond = (along >= n).astype(np.int64) - (along < 0)
    rank = np.zeros_like(cells)
    for k, (i, j) in enumerate(combinations(range(d), 2), d):
        within = above[:, k] >= cells[:, i] - cells[:, j]
        first = np.where(beyond[:, i] == beyond[:, j], within | (beyond[:, i] != 0), beyond[:, i] > beyond[:, j])
        rank[:, j] += first
        rank[:, i] += ~first
    return cells, beyond, np.argsort(rank, axis=1, kind="stable")


def _steps(order: Index) -> Index:
    """The corners of simplices from their cell's first one, (cells, d + 1, d) of 0 and 1."""
    d = order.shape[1]
    steps = np.cumsum(np.eye(d, dtype=np.int64)[order], axis=1)
    return np.concatenate([np.zeros((len(order), 1, d), dtype=np.int64), steps], axis=1)


def _maps(cut: Slice, cells: Index, beyond: Index, order: Index) -> Array:
    """What is read on each cell as an affine map of the slice's inputs."""
    grid = cut.grid
    middles = grid.places(len(grid.sizes) - 1, cells + _steps(order).mean(axis=1))
    return cut.pulled(grid.affine_map(middles), beyond)


def _read_on(cut: Slice, cell: Index, beyond: Index, order: Index) -> tuple[Integers, int]:
    """What is read on a cell of a slice, exactly: the map of the simplex behind the place."""
    grid, k, moves = cut.grid, cut.d, _places(cut, tuple(beyond.tolist()))
    rows = [under(row, moves) for row in simplex_map(grid, cell + _steps(order[None])[0])]
    inputs = [[Fraction(int(i == j)) for j in range(k + 1)] for i in range(k)]
    flat = point([v for row in (*inputs, *rows) for v in row])
    return np.array(flat.X, dtype=object).reshape(-1, k + 1), flat.w


def _residues(rows: list[list[Fraction]], prime: int) -> Residues:
    flat = point([v for row in rows for v in row])
    return rows_residues(np.array(flat.X, dtype=object).reshape(len(rows), -1), flat.w, prime)


def _places(cut: Slice, beyond: Sequence[int]) -> list[list[Fraction]]:
    """The place that is read, as rows (a, c) of the slice's inputs: beyond the grid's box the nearest side of it."""
    box, front = cut.grid.box, front_of(cut)
    ends = [Fraction(float((box.hi if b > 0 else box.lo)[axis])) for axis, b in enumerate(beyond)]
    return [[Fraction(0)] * cut.d + [end] if b else row for row, end, b in zip(front, ends, beyond, strict=True)]


def cell_beside(
    cut: Slice, at: Sequence[Fraction], way: Sequence[int]
) -> tuple[list[Row], tuple[Integers, int]] | None:
    """Return the cell in which a step from a point ends, however short: its walls, positive inside, and what is read.

    returns   None where the step goes along a wall that the point lies on
    """
    above: list[int] = []
    for row, least, most in _lines(cut):
        here, speed = value_at(row, at), sum((a * v for a, v in zip(row, way, strict=False)), Fraction(0))
        if here.denominator == 1 and speed == 0 and any(row[:-1]):
            return None
        above.append(min(max(ceil(here) - 1 if speed < 0 else here // 1, least), most))
    cells, beyond, order = _simplices(cut, np.array([above]))
    return _walls(cut, above), _read_on(cut, cells[0], beyond[0], order[0])


def _walls(cut: Slice, above: Sequence[int]) -> list[Row]:
    """The walls around a cell, not negative inside."""
    found: list[list[Fraction]] = []
    for (row, least, most), k in zip(_lines(cut), above, strict=True):
        if any(row[:-1]):
            found += [[*row[:-1], row[-1] - k]] if k > least else []
            found += [[-a for a in [*row[:-1], row[-1] - k - 1]]] if k < most else []
    return [list(point(row).X) for row in found]


__all__ = ["Family", "SliceStart", "cell_beside", "families_of", "walls_chain"]
