"""Exact arithmetic on a chain: every stored weight is a dyadic rational, so every fold and vertex is rational.

A point is held in homogeneous integers, x = X / w with w > 0 and no common factor, and goes through the network in
integers alone.  This is the arbiter of every decision that a float cannot take, and the oracle of the tests.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..chain.form import Chain
from .grid import read_values

Integers = NDArray[np.object_]

SPARSE = 8  # weights a nonzero one, from which on sums over the nonzero ones are faster than whole products (measured)


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


def point(x: Sequence[float | int | Fraction]) -> Point:
    """Return the point with exactly these coordinates.

    >>> point([0.5, 0.25])
    Point(X=(2, 1), w=4)
    """
    parts = [Fraction(v) for v in x]
    w = 1
    for part in parts:
        w = w * part.denominator // gcd(w, part.denominator)
    return Point(tuple(int(part * w) for part in parts), w)


def integers(values: ArrayLike) -> tuple[Integers, int]:
    """Return integers N and the exponent k with values = N / 2**k exactly, k >= 0 and shared by all."""
    mantissa, exponent = np.frexp(np.asarray(values, dtype=np.float64))
    odd = np.asarray(mantissa * 2.0**53).astype(np.int64)
    zeros = np.frexp((odd & -odd).astype(np.float64))[1] - (odd != 0)  # behind the last digit of each
    odd = odd >> zeros
    exponent = np.where(odd == 0, 0, exponent - 53 + zeros)
    k = max(0, -int(exponent.min(initial=0)))
    return np.asarray(odd.astype(object) << (exponent + k).astype(object), dtype=object), k


class _Few:
    """The integers of a matrix that is mostly 0 (a convolution, a pool, a carried value), row by row."""

    def __init__(self, W: NDArray[np.float64], M: Integers) -> None:
        self.n, self.d = W.shape
        self.row, self.column = np.nonzero(W)
        self.value = M[self.row, self.column]

    def product(self, H: Integers, used: NDArray[np.int64]) -> Integers:
        """Return M @ H, of which only the ``used`` rows are not 0."""
        on = np.zeros(self.d, dtype=bool)
        on[used] = True
        kept = np.flatnonzero(on[self.column])
        out: Integers = np.zeros((self.n, *H.shape[1:]), dtype=object)
        if kept.size:
            row, value = self.row[kept], self.value[kept]
            starts = np.flatnonzero(np.diff(row, prepend=-1))
            terms = (value if H.ndim == 1 else value[:, None]) * H[self.column[kept]]
            out[row[starts]] = np.add.reduceat(terms, starts, axis=0)
        return out


class Exact:
    """A chain in integers.

    cost     a forward pass costs one big-integer multiplication a nonzero weight of a unit that is not zero
    source   the fold of a unit inside a region is affine with dyadic coefficients
    """

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.layers: list[tuple[Integers, Integers]] = []
        self._scale: list[int] = []
        for W, b in zip(chain.weights, chain.biases, strict=True):
            joined, k = integers(np.column_stack([W, b]))
            self.layers.append((joined[:, :-1], joined[:, -1]))
            self._scale.append(1 << k)
        self._few = [
            _Few(W, M) if SPARSE * np.count_nonzero(W) < W.size else None
            for W, (M, _) in zip(chain.weights, self.layers, strict=True)
        ]
        self._below = [integers(below) for below in chain.below]

    def rows(self, at: Point, known: Sequence[tuple[Integers, int]] = ()) -> Iterator[tuple[Integers, int]]:
        """Yield (Z, w) layer by layer, the output layer last: the pre-activations are Z / w exactly, w > 0.

        known   the first layers' at this point: those after them are yielded
        """
        known = list(known)
        for layer in range(len(known), len(self.layers)):
            H, w = self._reads(at, layer, known)
            known.append((self._product(layer, H) + self.layers[layer][1] * w, w * self._scale[layer]))
            yield known[-1]

    def some(
        self, at: Point, layer: int, units: Sequence[int], known: Sequence[tuple[Integers, int]]
    ) -> tuple[Integers, int]:
        """Return (Z, w) of some units of a layer alone, where those of the layers before it are known."""
        H, w = self._reads(at, layer, known)
        W, b = self.layers[layer]
        used = np.flatnonzero(H)
        return W[list(units)][:, used] @ H[used] + b[list(units)] * w, w * self._scale[layer]

    def _reads(self, at: Point, layer: int, known: Sequence[tuple[Integers, int]]) -> tuple[Integers, int]:
        """What a layer reads at a point: the activations of the layer before, or what the first one does."""
        if layer:
            return self._activate(layer - 1, *known[layer - 1])
        read = at if self.chain.grid is None else point(read_values(self.chain.grid, at.fractions()))
        return np.array(read.X, dtype=object), read.w

    def _product(self, layer: int, H: Integers) -> Integers:
        """Return weights @ H for H of shape (width,) or (width, n); what is off passes nothing on."""
        used = np.flatnonzero(H if H.ndim == 1 else H.any(axis=1))
        W, few = self.layers[layer][0], self._few[layer]
        if not used.size:
            return np.zeros((len(W), *H.shape[1:]), dtype=object)
        return W[:, used] @ H[used] if few is None else few.product(H, used)

    def _activate(self, layer: int, Z: Integers, w: int) -> tuple[Integers, int]:
        below, k = self._below[layer]
        H = np.where(Z > 0, Z << k if k else Z, Z * below)
        return H, w << k

    def row(self, at: Point, layer: int) -> tuple[Integers, int]:
        """Return (Z, w) of one layer, counted from 0."""
        for depth, answer in enumerate(self.rows(at)):
            if depth == layer:
                return answer
        raise IndexError(layer)

    def signs(self, at: Point) -> list[NDArray[np.int8]]:
        """Return the sign of every pre-activation, a vector a layer, the output layer last."""
        return [np.array([(z > 0) - (z < 0) for z in Z], dtype=np.int8) for Z, _ in self.rows(at)]

    def value(self, at: Point) -> list[Fraction]:
        """Return the outputs before the output unit."""
        Z, w = self.row(at, len(self.layers) - 1)
        return [Fraction(int(z), w) for z in Z]

    def affine(
        self, pattern: Sequence[ArrayLike], read: tuple[Integers, int] | None = None
    ) -> list[tuple[Integers, int]]:
        """Return every layer's pre-activations as affine functions on the region with a pattern.

        pattern   on / off a unit, a vector a hidden layer (units without a fold: either)
        read      what the first layer reads there, in the form of what is returned; the inputs unless given
        returns   (rows, w) a layer, the output layer last: z = (rows[:, :-1] x + rows[:, -1]) / w, w > 0
        """
        d = self.chain.d_in
        A: Integers = np.zeros((d, d + 1), dtype=object)
        A[np.arange(d), np.arange(d)] = 1
        A, w = read if read is not None else (A, 1)
        answers = []
        for layer, (_, b) in enumerate(self.layers):
            rows = self._product(layer, A)
            rows[:, -1] += b * w
            w *= self._scale[layer]
            answers.append((rows, w))
            if layer < len(self._below):
                below, k = self._below[layer]
                on = np.asarray(pattern[layer], dtype=bool)
                A = np.where(on[:, None], rows * (1 << k), rows * below[:, None])
                w <<= k
        return answers


def between(a: Point, b: Point, za: Fraction, zb: Fraction) -> Point:
    """Return the point of the segment where an affine function with opposite signs at the ends is zero.

    >>> between(point([0]), point([1]), Fraction(-1), Fraction(2))
    Point(X=(1,), w=3)
    """
    t = za / (za - zb)
    return point([p + t * (q - p) for p, q in zip(a.fractions(), b.fractions(), strict=True)])
