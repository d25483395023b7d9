"""What a grid of features makes of a rational point, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate, pairwise

import numpy as np

from ...grid import Grid


def grid_place(grid: Grid, indices: Sequence[int]) -> list[Fraction]:
    """Return where a vertex of the finest level is, given by its index along each axis."""
    return [a + (b - a) * Fraction(int(i), grid.sizes[-1]) for i, (a, b) in zip(indices, _sides(grid), strict=True)]


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
    values = list(x)
    for level, channels in enumerate(grid.channels):
        total = [Fraction(0)] * channels
        for vertex, share in zip(*grid_shares(grid, level, x), strict=True):
            if share:
                row = grid.values(level, np.array(vertex, dtype=np.int64)).tolist()
                total = [t + share * Fraction(v) for t, v in zip(total, row, strict=True)]
        values += total
    return values


def grid_shares(grid: Grid, level: int, x: Sequence[Fraction]) -> tuple[list[int], list[Fraction]]:
    """Return the vertices of the simplex of a level around a point, and the point's exact share of each.

    >>> from foldline.box import Box
    >>> tent = Grid(Box([0.0], [4.0]), (2,), [np.float32([[0], [1], [0]])])
    >>> grid_shares(tent, 0, [Fraction(1, 3)])
    ([0, 1], [Fraction(5, 6), Fraction(1, 6)])
    """
    n = grid.sizes[level]
    along = [(v - a) * n / (b - a) for v, (a, b) in zip(x, _sides(grid), strict=True)]
    cell = [min(max(int(u // 1), 0), n - 1) for u in along]
    within = [u - c for u, c in zip(along, cell, strict=True)]
    axes = sorted(range(grid.d), key=lambda axis: -within[axis])
    strides = [(n + 1) ** (grid.d - 1 - axis) for axis in range(grid.d)]
    first = sum(c * stride for c, stride in zip(cell, strides, strict=True))
    vertices = list(accumulate((strides[axis] for axis in axes), initial=first))
    ends = [Fraction(1), *(within[axis] for axis in axes), Fraction(0)]
    return vertices, [a - b for a, b in pairwise(ends)]


def _sides(grid: Grid) -> list[tuple[Fraction, Fraction]]:
    return [(Fraction(a), Fraction(b)) for a, b in zip(grid.box.lo.tolist(), grid.box.hi.tolist(), strict=True)]
