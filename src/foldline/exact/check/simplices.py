"""What a field's first layer reads, exactly, on each simplex of its grid; written apart from that of the engines."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ...grid import Grid
from .arithmetic import Row, Rows, point

Array = NDArray[np.float64]
Simplex = tuple[
    tuple[int, ...], tuple[int, ...]
]  # a cell of the finest level, and the order of axes from its first corner


class Simplices:
    """A grid in rational numbers.

    cost   a simplex: d + 1 readings, remembered
    """

    def __init__(self, grid: Grid) -> None:
        self.grid, self.d, self.n = grid, grid.d, grid.sizes[-1]
        self.lo = [Fraction(v) for v in grid.box.lo.tolist()]
        self.span = [Fraction(v) - lo for v, lo in zip(grid.box.hi.tolist(), self.lo, strict=True)]
        self.map = cache(self._map)
        self.walls = cache(self._walls)

    def home(self, x: Array) -> Simplex:
        """Return the simplex in which a place is, one of them on a face."""
        along = [(Fraction(v) - lo) / span * self.n for v, lo, span in zip(x.tolist(), self.lo, self.span, strict=True)]
        cell = [min(max(int(u), 0), self.n - 1) for u in along]
        order = sorted(range(self.d), key=lambda axis: cell[axis] - along[axis])
        return tuple(cell), tuple(order)

    def read(self, x: Sequence[Fraction]) -> list[Fraction]:
        """Return what the first layer reads at a point: what the grid has at that place."""
        return self.values(x)

    def values(self, x: Sequence[Fraction]) -> list[Fraction]:
        """Return the place, then each level's features there: from a corner on, each axis adds its share of a step."""
        values = list(x)
        for level, n in enumerate(self.grid.sizes):
            along = [(v - lo) / span * n for v, lo, span in zip(x, self.lo, self.span, strict=True)]
            corner = [min(max(int(u), 0), n - 1) for u in along]
            shares = sorted(
                ((u - c, axis) for axis, (u, c) in enumerate(zip(along, corner, strict=True))), reverse=True
            )
            before = self._features(level, corner)
            total = list(before)
            for share, axis in shares:
                corner[axis] += 1
                after = self._features(level, corner)
                total = [t + share * (b - a) for t, a, b in zip(total, before, after, strict=True)]
                before = after
            values += total
        return values

    def _features(self, level: int, corner: Sequence[int]) -> list[Fraction]:
        number = 0
        for index in corner:
            number = number * (self.grid.sizes[level] + 1) + index
        return [Fraction(v) for v in self.grid.values(level, np.array([number]))[0].tolist()]

    def _corners(self, simplex: Simplex) -> list[list[Fraction]]:
        at, corners = list(simplex[0]), []
        for axis in (None, *simplex[1]):
            if axis is not None:
                at[axis] += 1
            corners.append(
                [lo + span * Fraction(i, self.n) for i, lo, span in zip(at, self.lo, self.span, strict=True)]
            )
        return corners

    def _map(self, simplex: Simplex) -> Rows:
        """What is read on a simplex as rows (a, c) / w: each axis's slope from the two corners that differ on it."""
        corners = self._corners(simplex)
        values = [self.values(at) for at in corners]
        rows = [[Fraction(0)] * (self.d + 1) for _ in values[0]]
        for axis, (p, q), (a, b) in zip(simplex[1], pairwise(corners), pairwise(values), strict=True):
            for row, low, high in zip(rows, a, b, strict=True):
                row[axis] = (high - low) / (q[axis] - p[axis])
        for row, value in zip(rows, values[0], strict=True):
            row[-1] = value - sum((k * x for k, x in zip(row, corners[0], strict=False)), Fraction(0))
        whole = point([v for row in rows for v in row])
        wide = self.d + 1
        return [list(whole.X[i * wide : (i + 1) * wide]) for i in range(len(rows))], whole.w

    def _walls(self, simplex: Simplex) -> list[Row]:
        """The half-spaces of a simplex, integer rows that are not negative inside: 1 >= u_a >= u_b >= .. >= 0."""
        cell, order = simplex
        shares = []  # how far through the cell along each axis, as rows
        for axis in order:
            row = [Fraction(0)] * (self.d + 1)
            row[axis] = self.n / self.span[axis]
            row[-1] = -self.lo[axis] * row[axis] - cell[axis]
            shares.append(row)
        one, none = [*[Fraction(0)] * self.d, Fraction(1)], [Fraction(0)] * (self.d + 1)
        rows = [[p - q for p, q in zip(a, b, strict=True)] for a, b in pairwise([one, *shares, none])]
        return [list(point(row).X) for row in rows]
