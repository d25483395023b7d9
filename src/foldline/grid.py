"""Grid: features on nested simplicial grids over a box, linear on each simplex; in front of a network, a field.

A Kuhn (or Freudenthal) grid of n cells an axis is the arrangement of the hyperplanes u_i = k / n and u_i - u_j = k / n
of the unit cube.  So the grid of k n cells refines that of n cells for every whole k, all levels are affine on the
simplices of the finest one, and a field is piecewise linear: every exact question stays.

source   Kuhn 1960, "Some combinatorial lemmas in topology"; Freudenthal 1942; Mueller et al. 2022, "Instant neural
         graphics primitives" (levels of features in front of a small network)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import permutations, product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .box import Box
from .errors import NetworkError
from .same import Compared

Array = NDArray[np.float64]
Index = NDArray[np.int64]

MOST_INPUTS = 3  # a Kuhn cell has d! simplices
STORED = ("float32", "float16")  # number types of features; float64 arithmetic on either is the same on every machine
ROW = 8  # bytes of a row's vertex number
LISTED = 2**22  # vertices of a level at most whose rows stand in a table
CELLS = 2**20  # along an axis, at most: vertex numbers and their products stay whole in 64 bits


@dataclass(frozen=True, eq=False)
class Grid(Compared):
    """Levels of features over a box: a function of 1, 2 or 3 inputs that is linear on each simplex.

    box        where the vertices lie; outside, a point counts as the nearest one of the box
    sizes      cells along each axis, one number a level, each a multiple of the one before
    features   a level: (vertices, channels), float32 or float16, vertices in C order of their indices
    rows       a level: None where every vertex has its row, else the (m,) vertex numbers of the rows that ``features``
               holds, rising; all other vertices have zeros
    raises     NetworkError for sizes that do not divide, shapes that do not fit, numbers that are not finite

    The values are the inputs themselves, then each level's features, coarse to fine.

    >>> tent = Grid(Box([0.0], [4.0]), (2,), [np.float32([[0], [1], [0]])])
    >>> tent([[0.0], [1.0], [2.0], [3.0]])
    array([[0. , 0. ],
           [1. , 0.5],
           [2. , 1. ],
           [3. , 0.5]])
    """

    box: Box
    sizes: tuple[int, ...]
    features: tuple[NDArray[np.floating], ...]
    rows: tuple[Index | None, ...]

    def __init__(
        self,
        box: Box,
        sizes: Sequence[int],
        features: Iterable[ArrayLike],
        rows: Sequence[ArrayLike | None] | None = None,
    ) -> None:
        put = object.__setattr__
        put(self, "box", box)
        put(self, "sizes", tuple(int(n) for n in sizes))
        put(self, "features", tuple(_stored(f) for f in features))
        given = rows if rows is not None else [None] * len(self.sizes)
        put(self, "rows", tuple(None if r is None else _numbers(r) for r in given))
        self._check()

    def _check(self) -> None:
        if self.d > MOST_INPUTS:
            raise NetworkError(f"Grid needs 1 to {MOST_INPUTS} inputs; got {self.d}. Take a slice, or no grid.")
        if not self.sizes or not len(self.sizes) == len(self.features) == len(self.rows):
            raise NetworkError(
                f"Grid needs one array of features a size, at least 1; got {len(self.sizes)} sizes, "
                f"{len(self.features)} arrays and {len(self.rows)} lists of rows."
            )
        for coarse, fine in zip((1, *self.sizes), self.sizes, strict=False):
            if not 0 < fine <= CELLS or fine % coarse:
                raise NetworkError(f"Grid needs sizes that divide the next, up to {CELLS}; got {self.sizes}.")
        for level, (values, rows) in enumerate(zip(self.features, self.rows, strict=True)):
            self._check_level(level, values, rows)

    def _check_level(self, level: int, values: NDArray[np.floating], rows: Index | None) -> None:
        vertices = self.n_vertices(level)
        wanted = vertices if rows is None else len(rows)
        if values.ndim != 2 or len(values) != wanted or values.shape[1] < 1:
            raise NetworkError(
                f"Grid needs features[{level}] of shape ({wanted}, channels); got {values.shape} for "
                f"{self.sizes[level]} cells an axis."
            )
        bad = np.argwhere(~np.isfinite(values))
        if len(bad):
            at = tuple(map(int, bad[0]))
            raise NetworkError(f"Grid needs finite numbers; got features[{level}]{list(at)} = {values[at]}.")
        if rows is not None and (
            rows.ndim != 1 or np.any(np.diff(rows) < 1) or (len(rows) and not 0 <= rows[0] <= rows[-1] < vertices)
        ):
            raise NetworkError(f"Grid needs rows[{level}] as rising vertex numbers below {vertices}; got {rows[:8]}.")

    # What it is

    @property
    def d(self) -> int:
        """Number of inputs."""
        return self.box.d

    @property
    def channels(self) -> tuple[int, ...]:
        """Features a vertex, level by level."""
        return tuple(int(f.shape[1]) for f in self.features)

    @property
    def d_out(self) -> int:
        """Values at a point: the inputs, then the features of every level."""
        return self.d + sum(self.channels)

    @property
    def n_parameters(self) -> int:
        return sum(f.size for f in self.features)

    def prune(self, read: NDArray[np.bool_]) -> tuple[Grid, NDArray[np.bool_]]:
        """Return the grid without features that are not read, and which of its values are left, the inputs first.

        read   (channels of all levels,) which features are; one stays where none is

        Vertices whose features are all zero lose their rows where the list of the others takes less room.
        """
        read = read | (np.arange(len(read)) == 0) & (not read.any())
        levels = [level for level, own in enumerate(self._by_level(read)) if own.any()]
        parts = [_pruned(self, level, self._by_level(read)[level]) for level in levels]
        grid = Grid(self.box, [self.sizes[level] for level in levels], *zip(*parts, strict=True))
        return grid, np.concatenate([np.ones(self.d, dtype=np.bool_), read])

    def _by_level(self, read: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
        return np.split(read, np.cumsum(self.channels)[:-1])

    def n_vertices(self, level: int) -> int:
        """Vertices of a level, those without a row included."""
        return int((self.sizes[level] + 1) ** self.d)

    def __repr__(self) -> str:
        return f"Grid({self.box}, {self.sizes}, channels {self.channels}, {self.n_parameters:,} numbers)"

    # What it does

    def __call__(self, x: ArrayLike) -> Array:
        """Return the values, (..., d_out) for (..., d) inputs.

        cost   (d + 1) rows a level and a point
        """
        points = self.clipped(x)
        flat = points.reshape(-1, self.d)
        parts = [flat]
        for level in range(len(self.sizes)):
            corners, shares = self.corners(level, flat)
            parts.append(np.einsum("nk,nkc->nc", shares, self.values(level, corners)))
        return np.concatenate(parts, axis=1).reshape(*points.shape[:-1], self.d_out)

    def clipped(self, x: ArrayLike) -> Array:
        """Return the nearest points of the box."""
        return np.clip(np.asarray(x, dtype=np.float64), self.box.lo, self.box.hi)

    def at_vertices(self, indices: Index) -> Array:
        """Return the values at vertices of the finest level, (n, d_out), given by their indices (n, d).

        Shares are worked out in whole numbers: where sizes grow by powers of two they are exact, as most values are.
        """
        parts = [self.places(len(self.sizes) - 1, indices)]
        for level in range(len(self.sizes)):
            corners, shares = self.around_vertices(level, indices)
            parts.append(np.einsum("nk,nkc->nc", shares, self.values(level, corners)))
        return np.concatenate(parts, axis=1)

    def around_vertices(self, level: int, indices: Index | Array) -> tuple[Index, Array]:
        """Return what ``corners`` does, of points (n, d) counted in cells of the finest level, such as its vertices."""
        n, ratio = self.sizes[level], self.sizes[-1] // self.sizes[level]
        cell = np.minimum(indices // ratio, n - 1).astype(np.int64)
        return self._around(level, cell, (indices - cell * ratio) / ratio)

    def corners(self, level: int, points: Array) -> tuple[Index, Array]:
        """Return the corners of the simplex of a level around each point, and their shares of it.

        points    (n, d) in the box
        returns   (n, d + 1) vertex numbers and (n, d + 1) barycentric weights; a point on a face of several simplices
                  gets one of them, with weight 0 off the face
        """
        return self._around(level, *self._cell(level, points))

    def _around(self, level: int, cell: Index, within: Array) -> tuple[Index, Array]:
        order = np.argsort(-within, axis=1, kind="stable")
        sorted_within = np.take_along_axis(within, order, axis=1)
        ends = np.concatenate([np.ones((len(cell), 1)), sorted_within, np.zeros((len(cell), 1))], axis=1)
        strides = self._strides(level)
        first = cell @ strides
        steps = np.cumsum(strides[order], axis=1)
        return np.concatenate([first[:, None], first[:, None] + steps], axis=1), ends[:, :-1] - ends[:, 1:]

    def values(self, level: int, vertices: Index) -> Array:
        """Return the features at vertices given by number, (..., channels) float64."""
        rows = self.rows[level]
        if rows is None:
            return self.features[level][vertices].astype(np.float64)
        if not len(rows):
            return np.zeros((*vertices.shape, self.channels[level]))
        table, padded = self._row_of[level], self._padded[level]
        if table is not None and padded is not None:
            return padded[table[vertices]]
        at = np.minimum(np.searchsorted(rows, vertices), len(rows) - 1)
        return np.where((rows[at] == vertices)[..., None], self.features[level][at].astype(np.float64), 0.0)

    @cached_property
    def _row_of(self) -> list[NDArray[np.int32] | None]:
        """The row of each vertex of a level that leaves some out, their number where it has none; None of a large one.

        A table answers in a third of the time of a search.
        """
        tables: list[NDArray[np.int32] | None] = []
        for level, rows in enumerate(self.rows):
            tables.append(None)
            if rows is not None and self.n_vertices(level) <= LISTED:
                tables[level] = table = np.full(self.n_vertices(level), len(rows), dtype=np.int32)
                table[rows] = np.arange(len(rows))
        return tables

    @cached_property
    def _padded(self) -> list[Array | None]:
        """The features of each level that has a table in float64, and a last row of zeros."""
        return [
            None if table is None else np.vstack([f, np.zeros((1, f.shape[1]))]).astype(np.float64)
            for f, table in zip(self.features, self._row_of, strict=True)
        ]

    def __getstate__(self) -> dict[str, object]:
        """The fields alone: tables that are made from them do not travel to other processes."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def dense(self, level: int) -> NDArray[np.floating]:
        """Return the features of all vertices of a level, (vertices, channels), zeros where there is no row."""
        rows = self.rows[level]
        if rows is None:
            return self.features[level]
        values = np.zeros((self.n_vertices(level), self.channels[level]), dtype=self.features[level].dtype)
        values[rows] = self.features[level]
        return values

    def affine_map(self, x: ArrayLike) -> Array:
        """Return [A | c] with grid(x') = A x' + c on the simplex of the finest level around each point.

        returns   (..., d_out, d + 1); on a face of several simplices one of them, outside the box that of the nearest
                  point
        """
        points = self.clipped(x).reshape(-1, self.d)
        maps = np.zeros((len(points), self.d_out, self.d + 1))
        maps[:, : self.d, : self.d] = np.eye(self.d)
        at = self.d
        for level, channels in enumerate(self.channels):
            maps[:, at : at + channels] = self._level_map(level, points)
            at += channels
        return maps.reshape(*np.shape(x)[:-1], self.d_out, self.d + 1)

    def _level_map(self, level: int, points: Array) -> Array:
        """The slope along the axis that each corner adds, then the offset that makes the first corner's value right."""
        cell, within = self._cell(level, points)
        order = np.argsort(-within, axis=1, kind="stable")
        corners, _ = self.corners(level, points)
        values = self.values(level, corners)
        slopes = np.zeros((len(points), self.channels[level], self.d))
        rises = np.diff(values, axis=1).transpose(0, 2, 1) * self.sizes[level]
        np.put_along_axis(slopes, np.broadcast_to(order[:, None], slopes.shape), rises, axis=2)
        slopes /= self.box.hi - self.box.lo
        offset = values[:, 0] - np.einsum("ncd,nd->nc", slopes, self.places(level, cell))
        return np.concatenate([slopes, offset[..., None]], axis=2)

    def places(self, level: int, indices: Index) -> Array:
        """Return where vertices lie, (..., d), given by their index along each axis."""
        return places_in(self.box, self.sizes[level], indices)

    def indices(self, level: int, vertices: Index) -> Index:
        """Return the index along each axis of vertices given by number, (..., d)."""
        return np.stack(np.unravel_index(vertices, (self.sizes[level] + 1,) * self.d), axis=-1)

    def blocks(self, side: int, box: Box | None = None) -> Iterator[Box]:
        """Yield boxes of whole cells of the finest level that together are a box of them, one after another.

        side   cells along each axis of a block, at most: what is asked of a block takes memory for so much alone
        box    made of whole cells; the grid's own unless given

        >>> [float(block.hi[0]) for block in Grid(Box([0.0], [1.0]), (4,), [np.zeros((5, 1), np.float32)]).blocks(3)]
        [0.75, 1.0]
        """
        n, span, level = self.sizes[-1], self.box.hi - self.box.lo, len(self.sizes) - 1
        asked = self.box if box is None else box
        first, last = (np.rint((end - self.box.lo) / span * n).astype(np.int64) for end in (asked.lo, asked.hi))
        for corner in product(*(range(a, b, side) for a, b in zip(first.tolist(), last.tolist(), strict=True))):
            ends = np.minimum(np.array(corner) + side, last)
            yield Box(self.places(level, np.array(corner)), self.places(level, ends))

    @cached_property
    def simplices(self) -> Index:
        """The simplices of one cell: the steps from its first corner, (d!, d + 1, d) of 0 and 1."""
        return steps_of(self.d)

    def _cell(self, level: int, points: Array) -> tuple[Index, Array]:
        """The cell of each point, (n, d) indices, and how far through it the point is along each axis, 0 to 1."""
        n = self.sizes[level]
        along = (points - self.box.lo) / (self.box.hi - self.box.lo) * n
        cell = np.clip(np.floor(along), 0, n - 1)
        return cell.astype(np.int64), np.clip(along - cell, 0.0, 1.0)

    def _strides(self, level: int) -> Index:
        n = self.sizes[level] + 1
        return n ** np.arange(self.d - 1, -1, -1, dtype=np.int64)


def steps_of(d: int) -> Index:
    """Return the simplices of one cell as steps from its first corner, (d!, d + 1, d) of 0 and 1."""
    steps, none = np.eye(d, dtype=np.int64), np.zeros(d, dtype=np.int64)
    return np.stack([np.cumsum([none, *steps[list(path)]], axis=0) for path in permutations(range(d))])


def places_in(box: Box, n: int, indices: Index) -> Array:
    """Return where vertices of n cells an axis lie, (..., d), given by their indices; the last on the box's own sides.

    >>> places_in(Box([0.2], [0.9]), 1, np.array([[0], [1]])).tolist()
    [[0.2], [0.9]]
    """
    return np.where(np.equal(indices, n), box.hi, box.lo + indices / n * (box.hi - box.lo))


def _pruned(grid: Grid, level: int, read: NDArray[np.bool_]) -> tuple[NDArray[np.floating], Index | None]:
    """Some features of a level and their rows: as it has them, or without zeros where that takes less room."""
    values, rows = grid.features[level][:, read], grid.rows[level]
    there = values.any(axis=1)
    room = values.itemsize * values.shape[1]
    if rows is None and there.sum() * (room + ROW) >= len(values) * room:
        return values, None
    numbers = np.arange(len(values)) if rows is None else rows
    return values[there], numbers[there]


def _stored(values: ArrayLike) -> NDArray[np.floating]:
    array = np.array(values)
    if array.dtype.name not in STORED:
        raise NetworkError(f"Grid needs features of {' or '.join(STORED)}; got {array.dtype.name}. Round them first.")
    array.setflags(write=False)
    return array


def _numbers(rows: ArrayLike) -> Index:
    array = np.array(rows, dtype=np.int64)
    array.setflags(write=False)
    return array
