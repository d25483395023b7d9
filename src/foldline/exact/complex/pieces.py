"""Pieces: which neighbouring regions have the same affine map, decided exactly."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ...box import Box
from ..chain.form import Chain
from ..chain.ranges import length, norm_bound
from ..chain.reading import read_sizes, read_slopes
from ..rational.exact import Exact
from ..rational.modular import Modular, needed
from ..start import Readings
from .kernel import LEAST, spectral_norm

Array = NDArray[np.float64]
Index = NDArray[np.int64]
ULP = 2.0**-53
BATCH = 2**13  # pairs compared at once: what they need stays in the cache


def equal_neighbours(
    chain: Chain,
    patterns: Callable[[], NDArray[np.uint8]],
    maps: Array,
    pairs: Index | None,
    box: Box,
    *,
    exact: bool,
    readings: Readings | None = None,
) -> NDArray[np.bool_]:
    """Return which pairs of regions have the same affine map, (N,).

    patterns   makes the regions' (R, units), if they are needed
    pairs      (N, 2), or None for each region and the next
    readings   what the chain reads on each region; None for the inputs
    exact      a difference within the error bound of the float maps is settled in whole numbers; otherwise such maps
               count as equal
    """
    error, entries = map_error(chain, box), maps.reshape(len(maps), maps.shape[1] * maps.shape[2]).T
    n = len(maps) - 1 if pairs is None else len(pairs)
    same = np.empty(n, dtype=np.bool_)
    for first in range(0, n, BATCH):
        last = min(first + BATCH, n)
        a, b = (slice(first, last), slice(first + 1, last + 1)) if pairs is None else pairs[first:last].T
        same[first:last] = _near(entries, a, b, error)
    if exact and same.any():
        at = np.flatnonzero(same)
        both = np.column_stack([at, at + 1]) if pairs is None else pairs[at]
        same[at] = _equal(chain, patterns(), both, readings)
    return np.asarray(same, dtype=np.bool_)


def _equal(chain: Chain, bits: NDArray[np.uint8], pairs: Index, readings: Readings | None) -> NDArray[np.bool_]:
    """Which pairs of regions have the same map.

    Those that differ in units alone on which no output depends have, where the chain reads the same; of the others,
    those whose maps differ modulo a prime have not; for what is left the maps are worked out, in rational arithmetic.
    """
    same = _alike(chain, bits, pairs, readings)
    left = np.flatnonzero(~same)
    if not len(left):
        return same
    regions, at = np.unique(pairs[left], return_inverse=True)
    a, b = at.reshape(-1, 2).T
    modular = Modular(chain)
    reads = None if readings is None else readings.modulo(regions, modular.prime)
    residues = modular.maps(bits[regions], reads)
    unsure = left[~((residues[a] != residues[b]) & ~np.isnan(residues[a] + residues[b])).any(axis=(1, 2))]
    known: dict[int, list[Fraction]] = {}
    oracle = Exact(chain) if len(unsure) else None
    for i in unsure.tolist():
        assert oracle is not None
        r, s = (_exact_map(oracle, chain, bits, int(k), known, readings) for k in pairs[i])
        same[i] = r == s
    return same


def _alike(chain: Chain, bits: NDArray[np.uint8], pairs: Index, readings: Readings | None) -> NDArray[np.bool_]:
    """Which pairs of regions the same units decide, where the chain reads the same, or nothing it reads has a say."""
    regions, at = np.unique(pairs, return_inverse=True)
    a, b = at.reshape(pairs.shape).T
    units = needed(chain, bits[regions])
    same = (units[a] == units[b]).all(axis=1)
    if readings is None:
        return np.asarray(same)
    first = units[:, : len(chain.below[0])] if chain.below else np.full((len(regions), 1), 2)
    slopes = chain.below[0] if chain.below else 1
    reading = ((first == 2) | ((first == 1) & (slopes != 0))).any(axis=1)
    ask = np.flatnonzero(same & reading[a])
    same[ask] = readings.alike(regions[a[ask]], regions[b[ask]])
    return np.asarray(same)


def _near(entries: Array, a: Index | slice, b: Index | slice, error: float) -> NDArray[np.bool_]:
    """Which maps differ by the error at most in each entry, one entry at a time: short rows are slow to go over."""
    same = np.abs(entries[0][a] - entries[0][b]) <= error
    for entry in entries[1:]:
        if not same.any():
            break
        same &= np.abs(entry[a] - entry[b]) <= error
    return np.asarray(same, dtype=np.bool_)


def map_error(chain: Chain, box: Box) -> float:
    """Return a bound of twice the error of any entry of a float map.

    A layer's rows are made as sums of its inputs' rows, and then changed at most as often as the layer has inputs: by a
    product of numbers, one of them a sum over the inputs again.  Gradients, coming down from the outputs, take fewer.
    """
    offset = float(read_sizes(chain, box).max())
    size, terms, slope = 1.0 if chain.grid is None else length(read_slopes(chain).ravel()), 0, 1.0
    for W, b, below in zip(chain.weights, chain.biases, (*chain.below, np.zeros(0)), strict=True):
        norm = slope * (norm_bound(W) + LEAST)
        offset = norm * offset + length(b)
        size *= norm
        terms += (W.shape[1] + 1) * (W.shape[1] + 4)
        slope = max(1.0, float(np.abs(below).max(initial=0.0)))
    first = spectral_norm(chain.weights[0]) * (1.0 if chain.grid is None else length(read_slopes(chain).ravel()))
    return 2 * terms * ULP * max(size, offset, first) + LEAST


def _exact_map(
    oracle: Exact,
    chain: Chain,
    bits: NDArray[np.uint8],
    region: int,
    known: dict[int, list[Fraction]],
    readings: Readings | None,
) -> list[Fraction]:
    found = known.get(region)
    if found is None:
        pattern = np.split(bits[region], np.cumsum([len(b) for b in chain.below])[:-1]) if chain.below else []
        rows, w = oracle.affine(pattern, None if readings is None else readings.exact(region))[-1]
        found = known[region] = [Fraction(int(v), w) for v in rows.ravel()]
    return found
