"""What a grid of features makes of a rational point, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate, pairwise
from math import lcm

import numpy as np
from numpy.typing import NDArray

from ...box import Box
from ...grid import Grid, places_in
from ...slice import Slice


def grid_place(grid: Grid, indices: Sequence[int]) -> list[Fraction]:
    """Return where a vertex of the finest level is, given by its index along each axis."""
    n = grid.sizes[-1]
    return [_along_side(a, b, int(i), n) for i, (a, b) in zip(indices, _sides(grid), strict=True)]


def right_places(grid: Grid) -> NDArray[np.bool_]:
    """Return of which vertices of the finest level a float says exactly where they are along each axis, (n + 1, d)."""
    n = grid.sizes[-1]
    axes = zip(grid.box.lo.tolist(), grid.box.hi.tolist(), strict=True)
    return np.array([_right_along(lo, hi, n) for lo, hi in axes]).T


@lru_cache(maxsize=16)
def _right_along(lo: float, hi: float, n: int) -> list[bool]:
    """Of the places from lo to hi in n steps, whether a float is each exactly; asked again for every level of a map."""
    floats = places_in(Box([lo], [hi]), n, np.arange(n + 1)[:, None])[:, 0].tolist()
    return [Fraction(at) == _along_side(Fraction(lo), Fraction(hi), i, n) for i, at in enumerate(floats)]


def _along_side(lo: Fraction, hi: Fraction, i: int, n: int) -> Fraction:
    return lo + (hi - lo) * Fraction(i, n)


def nearest_vertex(grid: Grid, x: Sequence[float]) -> list[int]:
    """Return the index along each axis of the vertex of the finest level that is nearest to a place.

    >>> from foldline.box import Box
    >>> nearest_vertex(Grid(Box([0.0], [3.0]), (9,), [np.zeros((10, 1), np.float32)]), [1 / 3])
    [1]
    """
    span = grid.box.hi - grid.box.lo
    along = np.rint((np.asarray(x, dtype=np.float64) - grid.box.lo) / span * grid.sizes[-1])
    found: list[int] = along.astype(np.int64).tolist()
    return found


def grid_values(grid: Grid, x: Sequence[Fraction]) -> list[Fraction]:
    """Return the inputs, then each level's features interpolated at a point of the grid's box.

    source   Kuhn's simplex: from the cell's first corner along the axes by falling distance

    >>> from foldline.box import Box
    >>> tent = Grid(Box([0.0], [4.0]), (2,), [np.float32([[0], [1], [0]])])
    >>> grid_values(tent, [Fraction(1, 3)])
    [Fraction(1, 3), Fraction(1, 6)]
    """
    parts, whole = _along(grid, x)
    values = list(x)
    for level in range(len(grid.sizes)):
        vertices, shares = _whole_shares(grid, level, parts, whole)
        rows = grid.values(level, np.array(vertices, dtype=np.int64)).tolist()
        values += [_weighed(shares, whole, column) for column in zip(*rows, strict=True)]
    return values


def _weighed(shares: Sequence[int], whole: int, numbers: Sequence[float]) -> Fraction:
    """Return the sum of shares / whole times numbers: doubles are whole numbers over powers of two, so one division.

    >>> _weighed([1, 2], 3, [0.5, 0.25])
    Fraction(1, 3)
    """
    ratios = [number.as_integer_ratio() for number in numbers]
    least = max(below for _, below in ratios)
    return Fraction(sum(n * above * (least // below) for n, (above, below) in zip(shares, ratios, strict=True)),
                    whole * least)  # fmt: skip


def read_values(grid: Grid | Slice, x: Sequence[Fraction]) -> list[Fraction]:
    """Return what a grid, or a slice of one, makes of a rational point; beyond a sliced grid's box, of the nearest."""
    if isinstance(grid, Grid):
        return grid_values(grid, x)
    at = (value_at(row, x) for row in front_of(grid))
    return [*x, *grid_values(grid.grid, [min(max(v, a), b) for v, (a, b) in zip(at, _sides(grid.grid), strict=True)])]


def front_of(cut: Slice) -> list[list[Fraction]]:
    """Return the place that a slice reads as exact rows (a, c) of its inputs, (grid.d, d + 1)."""
    rows = [[Fraction(int(i == j)) for j in range(cut.d + 1)] for i in range(cut.d)]
    for W, b in zip(cut.weights, cut.biases, strict=True):
        layer = [[Fraction(v) for v in (*w, c)] for w, c in zip(W.tolist(), b.tolist(), strict=True)]
        rows = [under(row, rows) for row in layer]
    return rows


def value_at(row: Sequence[Fraction], x: Sequence[Fraction]) -> Fraction:
    """Return an affine function (a, c) at a place.

    >>> value_at([Fraction(2), Fraction(1, 3)], [Fraction(1, 2)])
    Fraction(4, 3)
    """
    return sum((a * v for a, v in zip(row, x, strict=False)), row[-1])


def under(row: Sequence[Fraction], moves: Sequence[Sequence[Fraction]]) -> list[Fraction]:
    """Return an affine function (a, c) of numbers that are affine functions themselves, as one of theirs."""
    found = [sum((a * move[j] for a, move in zip(row, moves, strict=False)), Fraction(0)) for j in range(len(moves[0]))]
    found[-1] += row[-1]
    return found


def simplex_map(grid: Grid, corners: NDArray[np.int64]) -> list[list[Fraction]]:
    """Return what is read on a simplex of the finest level as exact rows (a, c), one a value.

    corners   (d + 1, d) their indices; they rise along one axis after the other
    """
    at = [grid_place(grid, corner) for corner in corners.tolist()]
    values = [grid_values(grid, place) for place in at]
    rows = [[Fraction(0)] * (grid.d + 1) for _ in values[0]]
    for k in range(grid.d):
        axis = int(np.flatnonzero(corners[k + 1] != corners[k])[0])
        for row, a, b in zip(rows, values[k], values[k + 1], strict=True):
            row[axis] = (b - a) / (at[k + 1][axis] - at[k][axis])
    for row, value in zip(rows, values[0], strict=True):
        row[-1] = value - sum((slope * x for slope, x in zip(row, at[0], strict=False)), Fraction(0))
    return rows


def simplex_walls(grid: Grid, corners: NDArray[np.int64]) -> list[list[Fraction]]:
    """Return the half-spaces of a simplex of the finest level, rows (a, c) that are not negative inside.

    They say 1 >= u_a >= u_b >= ... >= 0, u being how far through the cell a place is along each axis.

    corners   (d + 1, d) their indices; they rise along one axis after the other
    """
    along, cell = in_cells(grid), corners[0].tolist()
    order = [int(np.flatnonzero(b != a)[0]) for a, b in pairwise(corners)]
    shares = [[*along[axis][:-1], along[axis][-1] - cell[axis]] for axis in order]
    one, none = [*[Fraction(0)] * grid.d, Fraction(1)], [Fraction(0)] * (grid.d + 1)
    return [[p - q for p, q in zip(a, b, strict=True)] for a, b in pairwise([one, *shares, none])]


def in_cells(grid: Grid) -> list[list[Fraction]]:
    """Return the place along each axis, counted in finest cells from the lower side, as rows (a, c) of the place."""
    found = []
    for axis, (lo, hi) in enumerate(_sides(grid)):
        found.append([*([Fraction(0)] * (grid.d + 1))])
        found[-1][axis] = grid.sizes[-1] / (hi - lo)
        found[-1][-1] = -lo * found[-1][axis]
    return found


def grid_shares(grid: Grid, level: int, x: Sequence[Fraction]) -> tuple[list[int], list[Fraction]]:
    """Return the vertices of the simplex of a level around a point, and the point's exact share of each.

    >>> from foldline.box import Box
    >>> tent = Grid(Box([0.0], [4.0]), (2,), [np.float32([[0], [1], [0]])])
    >>> grid_shares(tent, 0, [Fraction(1, 3)])
    ([0, 1], [Fraction(5, 6), Fraction(1, 6)])
    """
    parts, whole = _along(grid, x)
    vertices, shares = _whole_shares(grid, level, parts, whole)
    return vertices, [Fraction(share, whole) for share in shares]


def _along(grid: Grid, x: Sequence[Fraction]) -> tuple[list[int], int]:
    """Return how far along each side of the box a point is, as whole numbers of one part of it, and how many it has."""
    shares = [(v - a) / (b - a) for v, (a, b) in zip(x, _sides(grid), strict=True)]
    whole = lcm(*(share.denominator for share in shares))
    return [share.numerator * (whole // share.denominator) for share in shares], whole


def _whole_shares(grid: Grid, level: int, parts: Sequence[int], whole: int) -> tuple[list[int], list[int]]:
    """Return what ``grid_shares`` does, the shares as whole numbers that sum to ``whole``."""
    n = grid.sizes[level]
    cell = [min(max(part * n // whole, 0), n - 1) for part in parts]
    within = [part * n - c * whole for part, c in zip(parts, cell, strict=True)]
    axes = sorted(range(grid.d), key=lambda axis: -within[axis])
    strides = [(n + 1) ** (grid.d - 1 - axis) for axis in range(grid.d)]
    first = sum(c * stride for c, stride in zip(cell, strides, strict=True))
    vertices = list(accumulate((strides[axis] for axis in axes), initial=first))
    return vertices, [a - b for a, b in pairwise([whole, *(within[axis] for axis in axes), 0])]


def _sides(grid: Grid) -> list[tuple[Fraction, Fraction]]:
    return [(Fraction(a), Fraction(b)) for a, b in zip(grid.box.lo.tolist(), grid.box.hi.tolist(), strict=True)]
