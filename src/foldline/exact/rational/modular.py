"""Affine maps of regions in whole numbers modulo a prime: where they differ, the true maps do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from ..chain.form import Chain
from .exact import Integers

Array = NDArray[np.float64]
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

    def maps(self, bits: Bits, read: Callable[[int], tuple[Integers, int] | None]) -> Residues:
        """Return the maps of regions, (R, d_out, d_in + 1); not a number where what is read has no residue.

        bits   (R, units): the regions' patterns
        read   of a region, what the chain reads there; None for the inputs
        """
        return np.concatenate([self._some(bits, at, read) for at in self._parts(len(bits))])

    def _parts(self, n: int) -> Iterator[NDArray[np.int64]]:
        wide = max(W.shape[0] for W in self.chain.weights) * (self.chain.d_in + 1)
        step = max(1, AT_ONCE // wide)
        return (np.arange(first, min(first + step, n)) for first in range(0, n, step))

    def _some(
        self, bits: Bits, regions: NDArray[np.int64], read: Callable[[int], tuple[Integers, int] | None]
    ) -> Residues:
        A, columns, first = self._reads(regions, read), self.chain.d_in + 1, 0  # A: (width, regions, columns)
        for layer, (W, b) in enumerate(self.layers):
            rows = (W @ A.reshape(len(A), -1) % self.prime).reshape(len(W), len(regions), columns)
            rows[..., -1] = (rows[..., -1] + b[:, None]) % self.prime
            if layer == len(self.below):
                return rows.transpose(1, 0, 2)
            last = first + len(W)
            on = bits[regions, first:last].T.astype(bool)[..., None]
            A, first = np.where(on, rows, rows * self.below[layer][:, None, None] % self.prime), last
        raise AssertionError("a chain ends with its outputs")

    def _reads(self, regions: NDArray[np.int64], read: Callable[[int], tuple[Integers, int] | None]) -> Residues:
        d, n = self.chain.d_in, self.chain.n_reads
        A = np.zeros((n, len(regions), d + 1))
        for i, region in enumerate(regions.tolist()):
            given = read(region)
            if given is None:
                A[np.arange(d), i, np.arange(d)] = 1.0
                continue
            rows, w = given
            if w % self.prime == 0:
                A[:, i] = np.nan
            else:
                A[:, i] = (rows * pow(w, -1, self.prime) % self.prime).astype(np.float64)
        return A


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
