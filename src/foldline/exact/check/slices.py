"""What the first layer of a sliced field reads, exactly, on each cell that the grid's walls leave of the slice.

A cell is named by the whole numbers that the place lies above: of each axis, counted in the grid's finest cells, and of
each difference of two axes.  Written apart from what the engines do.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache, cmp_to_key
from itertools import combinations

from ...slice import Slice
from .arithmetic import Row, Rows, point
from .simplices import Simplex, Simplices

Affine = list[Fraction]  # a_1 .. a_d, c


class SlicedSimplices(Simplices):
    """A slice of a grid in rational numbers; a home is (what each axis lies above, what each difference does)."""

    def __init__(self, cut: Slice) -> None:
        super().__init__(cut.grid)
        self.inputs, self.front = cut.d, _front(cut)
        self.along = [
            [a * self.n / span for a in row[:-1]] + [(row[-1] - lo) * self.n / span]
            for row, lo, span in zip(self.front, self.lo, self.span, strict=True)
        ]
        self.pairs = list(combinations(range(self.d), 2))
        self.apart = [[a - b for a, b in zip(self.along[i], self.along[j], strict=True)] for i, j in self.pairs]
        self.map = cache(self._sliced_map)
        self.walls = cache(self._sliced_walls)

    def named(self, above: Sequence[int]) -> Simplex:
        """Return the cell that lies above whole numbers, an axis and a pair of axes each."""
        return tuple(above[: self.d]), tuple(above[self.d :])

    def between(self, one: Simplex, other: Simplex) -> Row | None:
        """Return a wall between two cells; None between parts of one."""
        lines = [*zip(self.along, one[0], other[0], strict=True), *zip(self.apart, one[1], other[1], strict=True)]
        found = ([*row[:-1], row[-1] - max(k, m)] for row, k, m in lines if k != m and any(row[:-1]))
        return next((list(point(row).X) for row in found), None)

    def read(self, x: Sequence[Fraction]) -> list[Fraction]:
        """Return the point, the nearest place of the grid's box, then each level's features there."""
        places = [_at(row, x) for row in self.front]
        return [*x, *self.values([min(max(v, a), a + s) for v, a, s in zip(places, self.lo, self.span, strict=True)])]

    def _simplex(self, home: Simplex) -> Simplex:
        """The simplex of the grid, by the larger share of a cell first; what lies above the box has all of it."""
        axes, apart = home
        cell = tuple(min(max(k, 0), self.n - 1) for k in axes)
        beyond = [(k == self.n) - (k < 0) for k in axes]
        above = dict(zip(self.pairs, apart, strict=True))

        def before(i: int, j: int) -> int:
            if beyond[i] != beyond[j] or beyond[i]:
                return beyond[j] - beyond[i] or i - j
            low, high = min(i, j), max(i, j)
            first = above[low, high] >= cell[low] - cell[high]
            return -1 if first == (i == low) else 1

        return cell, tuple(sorted(range(self.d), key=cmp_to_key(before)))

    def _sliced_map(self, home: Simplex) -> Rows:
        """The map of the simplex behind the place, which stays on a side of the box beyond it."""
        rows, w = self._map(self._simplex(home))
        still: Affine = [Fraction(0)] * self.inputs
        moves = [
            row if 0 <= k < self.n else [*still, lo + (span if k > 0 else 0)]
            for row, k, lo, span in zip(self.front, home[0], self.lo, self.span, strict=True)
        ]
        wide = self.inputs + 1
        found = [[Fraction(int(i == j)) for j in range(wide)] for i in range(self.inputs)]
        for row in rows:
            pulled = [sum((a * move[j] for a, move in zip(row, moves, strict=False)), Fraction(0)) for j in range(wide)]
            pulled[-1] += row[-1]
            found.append([v / w for v in pulled])
        whole = point([v for row in found for v in row])
        return [list(whole.X[i * wide : (i + 1) * wide]) for i in range(len(found))], whole.w

    def _sliced_walls(self, home: Simplex) -> list[Row]:
        """The half-spaces of a cell, integer rows that are not negative inside."""
        rows = []
        for affine, k, least, most in (
            *((row, k, -1, self.n) for row, k in zip(self.along, home[0], strict=True)),
            *((row, k, -self.n, self.n - 1) for row, k in zip(self.apart, home[1], strict=True)),
        ):
            if any(affine[:-1]):
                rows += [[*affine[:-1], affine[-1] - k]] if k > least else []
                rows += [[-a for a in [*affine[:-1], affine[-1] - k - 1]]] if k < most else []
        return [list(point(row).X) for row in rows]


def _front(cut: Slice) -> list[Affine]:
    """The place along each axis of the grid, as an affine function of the slice's inputs."""
    rows: list[Affine] = [[Fraction(int(i == j)) for j in range(cut.d + 1)] for i in range(cut.d)]
    for W, b in zip(cut.weights, cut.biases, strict=True):
        made = []
        for weights, bias in zip(W.tolist(), b.tolist(), strict=True):
            terms = [[Fraction(w) * v for v in row] for w, row in zip(weights, rows, strict=True)]
            made.append([sum(column, Fraction(0)) for column in zip(*terms, strict=True)])
            made[-1][-1] += Fraction(bias)
        rows = made
    return rows


def _at(row: Affine, x: Sequence[Fraction]) -> Fraction:
    return sum((a * v for a, v in zip(row, x, strict=False)), row[-1])


__all__ = ["SlicedSimplices"]
