"""Rational arithmetic of the check alone: points, forward passes, maps of regions, and where planes meet.

Written apart from that of the search, and otherwise (lists of integers, a row at a time; determinants in place of
elimination), so that a fault in one is not also in the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import compress
from math import lcm
from operator import mul

import numpy as np
from numpy.typing import NDArray

from ..chain.form import Chain

Row = list[int]
Rows = tuple[list[Row], int]  # integer rows over a common denominator above 0


@dataclass(frozen=True)
class Point:
    """A rational point x = X / w in lowest terms, w > 0."""

    X: tuple[int, ...]
    w: int

    def floats(self) -> tuple[float, ...]:
        """The nearest doubles."""
        return tuple(x / self.w for x in self.X)

    def fractions(self) -> tuple[Fraction, ...]:
        return tuple(Fraction(x, self.w) for x in self.X)


def point(x: Iterable[float | int | Fraction]) -> Point:
    """Return the point with exactly these coordinates.

    >>> point([0.5, 0.25])
    Point(X=(2, 1), w=4)
    """
    parts = [Fraction(v) for v in x]
    w = lcm(*(part.denominator for part in parts))
    return Point(tuple(part.numerator * (w // part.denominator) for part in parts), w)


@dataclass(frozen=True)
class _Layer:
    """One layer times ``scale``: the numbers of each unit, those that are not 0 with their columns where few are."""

    units: list[tuple[Row, Row | None]]
    biases: Row
    scale: int

    def times(self, h: Sequence[int]) -> Row:
        on = [v for v in h if v]
        return [
            sum(map(mul, compress(numbers, h), on))
            if columns is None
            else sum(map(mul, numbers, [h[j] for j in columns]))
            for numbers, columns in self.units
        ]


class Forward:
    """A chain in integers.

    cost   a multiplication of long integers a weight that is not 0
    """

    def __init__(self, chain: Chain) -> None:
        self.d = chain.d_in
        self.layers = [_layer(W, b) for W, b in zip(chain.weights, chain.biases, strict=True)]
        self.below = [_scaled(slopes.tolist()) for slopes in chain.below]

    def signs(self, at: Point) -> list[list[int]]:
        """Return the sign of every hidden pre-activation, a list a layer, where the first layer reads a point."""
        h, w, out = list(at.X), at.w, []
        for layer, (slopes, scale) in zip(self.layers, self.below, strict=False):
            z = [a + b * w for a, b in zip(layer.times(h), layer.biases, strict=True)]
            out.append([(v > 0) - (v < 0) for v in z])
            h = [v * (scale if v > 0 else slope) for v, slope in zip(z, slopes, strict=True)]
            w *= layer.scale * scale
        return out

    def affine(self, pattern: Sequence[NDArray[np.uint8]], read: Rows | None = None) -> list[Rows]:
        """Return every layer's pre-activations on the region with a pattern, the output layer last: rows (a, c) / w.

        read   what the first layer reads there, the inputs unless given
        """
        columns = [[int(j == k) for k in range(self.d)] for j in range(self.d)] + [[0] * self.d]
        w, out = 1, []
        if read is not None:
            columns, w = [list(column) for column in zip(*read[0], strict=True)], read[1]
        for depth, layer in enumerate(self.layers):
            columns = [layer.times(column) for column in columns]
            columns[-1] = [a + b * w for a, b in zip(columns[-1], layer.biases, strict=True)]
            w *= layer.scale
            out.append(([list(row) for row in zip(*columns, strict=True)], w))
            if depth < len(self.below):
                slopes, scale = self.below[depth]
                factors = [scale if on else slope for on, slope in zip(pattern[depth].tolist(), slopes, strict=True)]
                columns = [[a * f for a, f in zip(column, factors, strict=True)] for column in columns]
                w *= scale
        return out


def _layer(W: NDArray[np.float64], b: NDArray[np.float64]) -> _Layer:
    numbers, scale = _scaled([*W.ravel().tolist(), *b.tolist()])
    n, d = W.shape
    return _Layer([_unit(numbers[i * d : (i + 1) * d]) for i in range(n)], numbers[n * d :], scale)


def _unit(numbers: Row) -> tuple[Row, Row | None]:
    columns = [j for j, v in enumerate(numbers) if v]
    return (numbers, None) if 2 * len(columns) > len(numbers) else ([numbers[j] for j in columns], columns)


def _scaled(values: Sequence[float]) -> tuple[Row, int]:
    """Integers and a power of two with values = integers / power."""
    ratios = [v.as_integer_ratio() for v in values]
    scale = max((q for _, q in ratios), default=1)  # each is a power of two
    return [p * (scale // q) for p, q in ratios], scale


def determinant(rows: Sequence[Sequence[int]]) -> int:
    """Return the determinant of 1, 2 or 3 rows.

    >>> determinant([[1, 2], [3, 4]])
    -2
    """
    if len(rows) == 1:
        return rows[0][0]
    if len(rows) == 2:
        (a, b), (c, d) = rows
        return a * d - b * c
    (a, b, c), (d, e, f), (g, h, i) = rows
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


def meet(planes: Sequence[Row]) -> Point | None:
    """Return the one point on d <= 3 planes, rows (a, c) of a.x + c = 0, or None if there is none: Cramer's rule.

    >>> meet([[1, 1, -1], [1, -1, 0]])
    Point(X=(1, 1), w=2)
    """
    whole = determinant([row[:-1] for row in planes])
    if not whole:
        return None
    swapped = [
        determinant([[*row[:axis], -row[-1], *row[axis + 1 : -1]] for row in planes]) for axis in range(len(planes))
    ]
    return point([Fraction(part, whole) for part in swapped])
