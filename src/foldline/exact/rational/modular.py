"""Affine maps of regions in whole numbers modulo a prime: where they differ, the true maps do."""

from __future__ import annotations

from collections.abc import Iterator
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from ...grid import Grid
from ..chain.form import Chain
from .exact import Integers

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Residues = NDArray[np.float64]  # whole numbers from 0 up to a prime, in doubles: products of matrices are exact
Bits = NDArray[np.uint8]
DIGITS = 53
AT_ONCE = 2**20  # numbers of one layer's rows


class Modular:
    """A chain modulo a prime so small that a row times a column of its residues is a double exactly.

    source   Schwartz 1980, Fast probabilistic algorithms: unequal maps have equal residues once in some ``prime`` times
    cost     a region costs one product of doubles a weight and input
    """

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        widest = max(W.shape[1] for W in chain.weights) + 1
        self.prime = _prime_below(isqrt(2**DIGITS // widest))
        self.layers = [(residues(W, self.prime), residues(b, self.prime)) for W, b in zip(chain.weights, chain.biases,
                                                                                       strict=True)]  # fmt: skip
        self.below = [residues(below, self.prime) for below in chain.below]

    def maps(self, bits: Bits, reads: Residues | None = None) -> Residues:
        """Return the maps of regions, (R, d_out, d_in + 1); not a number where what is read has no residue.

        bits    (R, units): the regions' patterns
        reads   (n_reads, R, d_in + 1): what the chain reads there; None for the inputs
        """
        return np.concatenate([self._some(bits, at, reads) for at in self._parts(len(bits))])

    def _parts(self, n: int) -> Iterator[NDArray[np.int64]]:
        wide = max(W.shape[0] for W in self.chain.weights) * (self.chain.d_in + 1)
        step = max(1, AT_ONCE // wide)
        return (np.arange(first, min(first + step, n)) for first in range(0, n, step))

    def _some(self, bits: Bits, regions: NDArray[np.int64], reads: Residues | None) -> Residues:
        columns, first = self.chain.d_in + 1, 0
        A = np.eye(columns - 1, columns)[:, None].repeat(len(regions), 1) if reads is None else reads[:, regions]
        for layer, (W, b) in enumerate(self.layers):
            rows = (W @ A.reshape(len(A), -1) % self.prime).reshape(len(W), len(regions), columns)
            rows[..., -1] = (rows[..., -1] + b[:, None]) % self.prime
            if layer == len(self.below):
                return rows.transpose(1, 0, 2)
            last = first + len(W)
            on = bits[regions, first:last].T.astype(bool)[..., None]
            A, first = np.where(on, rows, rows * self.below[layer][:, None, None] % self.prime), last
        raise AssertionError("a chain ends with its outputs")


def rows_residues(rows: Integers, w: int, prime: int) -> Residues:
    """Return exact rows / w modulo a prime; not a number where w has no inverse."""
    if w % prime == 0:
        return np.full(rows.shape, np.nan)
    return np.asarray((rows * pow(w, -1, prime) % prime).astype(np.float64))


def simplex_residues(grid: Grid, corners: Index, prime: int) -> Residues:
    """Return what is read on simplices of the finest level modulo a prime, (n_reads, m, d + 1): ``simplex_map``.

    corners   (m, d + 1, d) their indices; those of each rise along one axis after the other
    returns   not a number where the prime divides a side of the box, or a number of cells
    """
    n, (m, _, d) = grid.sizes[-1], corners.shape
    lo, hi = (residues(side, prime).astype(np.int64) for side in (grid.box.lo, grid.box.hi))
    steps = (hi - lo) * _inverse(n, prime) % prime  # of one cell along each axis
    if not steps.all() or any(size % prime == 0 for size in grid.sizes):
        return np.full((grid.d_out, m, d + 1), np.nan)
    flat = corners.reshape(-1, d)
    at = (lo + steps * flat) % prime
    values = np.concatenate([at, *(_level(grid, k, flat, prime) for k in range(len(grid.sizes)))], axis=1)
    values, at = values.reshape(m, d + 1, -1), at.reshape(m, d + 1, d)
    found = np.zeros((m, values.shape[2], d + 1), dtype=np.int64)
    for k in range(d):
        axes = np.argmax(corners[:, k + 1] != corners[:, k], axis=1)
        over = np.array([_inverse(int(step), prime) for step in steps])[axes, None]
        found[np.arange(m), :, axes] = (values[:, k + 1] - values[:, k]) % prime * over % prime
    moved = (found[..., :-1] * at[:, None, 0] % prime).sum(axis=2)
    found[..., -1] = (values[:, 0] - moved) % prime
    return found.transpose(1, 0, 2).astype(np.float64)


def _level(grid: Grid, level: int, at: Index, prime: int) -> Index:
    """What one level makes of vertices of the finest, modulo a prime: shares there are whole numbers over its ratio."""
    ratio = grid.sizes[-1] // grid.sizes[level]
    numbers, shares = grid.around_vertices(level, at)
    features = residues(grid.values(level, numbers), prime).astype(np.int64)
    whole = np.rint(shares * ratio).astype(np.int64)[..., None]
    return np.asarray((whole * features % prime).sum(axis=1) * _inverse(ratio, prime) % prime)


def _inverse(n: int, prime: int) -> int:
    """The inverse of a whole number; 0 where there is none."""
    return pow(n, -1, prime) if n % prime else 0


def residues(values: Array, prime: int) -> Residues:
    """Return doubles, which are whole numbers over powers of 2, modulo an odd prime.

    >>> residues(np.array([3.0, -0.5]), 7)
    array([3., 3.])
    """
    mantissa, exponent = np.frexp(np.asarray(values, dtype=np.float64))
    whole = (mantissa * 2.0**DIGITS).astype(np.int64) % prime
    powers, at = np.unique(exponent, return_inverse=True)
    factors = np.array([pow(2, int(e) - DIGITS, prime) for e in powers], dtype=np.int64)
    return np.asarray((whole * factors[at].reshape(whole.shape) % prime).astype(np.float64))


def _prime_below(n: int) -> int:
    """The largest prime up to n."""
    return next(p for p in range(n, 1, -1) if all(p % q for q in range(2, isqrt(p) + 1)))


def needed(chain: Chain, bits: Bits) -> Bits:
    """Return which units decide a region's map: 2 for one that passes on, 1 for one that is off, 0 for the others.

    A unit decides if there is a way from it to an output, by weights that are not 0, over units that pass on.  Regions
    of equal rows have one map.

    bits   (R, units): the regions' patterns
    """
    found = np.zeros(bits.shape, dtype=np.uint8)
    end, reached = bits.shape[1], np.ones((len(bits), len(chain.weights[-1])), dtype=np.float32)
    for W, below in zip(chain.weights[:0:-1], chain.below[::-1], strict=True):
        first = end - len(below)
        decides = reached @ (W != 0).astype(np.float32) > 0
        passes = (bits[:, first:end] != 0) | (below != 0)
        on = (bits[:, first:end] != 0) | (below == 1)
        found[:, first:end] = np.where(decides, 1 + on, 0)
        reached, end = (decides & passes).astype(np.float32), first
    return found
