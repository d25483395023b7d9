"""Maps: affine maps of regions as accurate as a certified answer promises, also where large weights cancel in them.

The engines carry a map from region to region by what flips, so that its rounding is that of the numbers on the way: in
the unit of a weight of 1e38 a neighbour's map of size 1 is lost.  Where a map is that much smaller than what the
weights make on the average, it is made again, from the units that are on alone, and exactly if that does not suffice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...box import Box
from ..chain.form import Chain
from ..rational.exact import Exact

Array = NDArray[np.float64]
Patterns = NDArray[np.uint8]

KEPT = 2.0**-33  # of a map's own size over the box: what it may be off; an eighth of what ``exact.check`` grants
# Carried maps were found to be off by 2^-52 at most of what weights make on the average, taken as if their signs were
# random (corpus of the tests, 5 x 10 folding, 3 x 32).
CARRIED = 2.0**-51
LONG: type[np.floating[Any]] = np.longdouble  # 64 bits and more on most machines, 53 on some
WHOLE = 2.0**52  # of a step: sums of two such are still exact
BATCH = 2**20  # numbers at once


def told(chain: Chain, box: Box, bits: Callable[[], Patterns], maps: Array) -> Array:
    """Return maps (R, d_out, d + 1) that are right up to ``KEPT`` of their size over the box.

    bits   makes the patterns (R, units), if they are needed
    cost   nothing to speak of where no map is far smaller than the weights make on the average, or no double rounds;
           else a product with the weights for each such map, and rational arithmetic where large numbers cancel
    """
    reach = np.append(np.maximum(np.abs(box.lo), np.abs(box.hi)), 1.0)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        usual = CARRIED / KEPT * (average_size(chain) @ reach)
        sizes = (np.abs(maps).reshape(-1, len(reach)) @ reach).reshape(len(maps), -1)
        enough = sizes >= usual
        doubt = np.flatnonzero(~enough.all(axis=1)) if not enough.all() else np.zeros(0, dtype=np.int64)
        if not doubt.size or _never_rounds(chain):
            return maps
        patterns = bits()[doubt]
        better = _made_again(chain, patterns, reach)
        off = ~(np.abs(maps[doubt] - better) @ reach <= KEPT * (np.abs(better) @ reach)).all(axis=1)
    if not off.any():
        return maps
    out = maps.copy()
    out[doubt[off]] = better[off]
    return out


def average_size(chain: Chain) -> Array:
    """Return the size of the outputs' map, (d_out, d + 1), if all units were on and the signs of weights random."""
    size: Array = np.eye(chain.d_in, chain.d_in + 1)
    for W, b, below in zip(chain.weights, chain.biases, (*chain.below, None), strict=True):
        size = _root_of_squares(W, size)
        size[:, -1] = np.hypot(size[:, -1], b)
        if below is not None:
            size = size * np.maximum(1.0, np.abs(below))[:, None]
    return size


def _root_of_squares(W: Array, size: Array) -> Array:
    """The root of W**2 @ size**2, scaled so that no square overflows."""
    a, b = (float(np.abs(part).max(initial=0.0)) or 1.0 for part in (W, size))
    return np.asarray(np.sqrt((W / a) ** 2 @ (size / b) ** 2) * a * b)


def _never_rounds(chain: Chain) -> bool:
    """Whether all numbers on the way are whole multiples of one that 53 bits hold: integers, sawtooths of halves."""
    size: Array = np.eye(chain.d_in, chain.d_in + 1)
    step = np.ones(2)  # of slopes and of offsets
    for W, b, below in zip(chain.weights, chain.biases, (*chain.below, np.ones(1)), strict=True):
        size = np.abs(W) @ size
        size[:, -1] += np.abs(b)
        step = _step(W) * step
        step[1] = min(step[1], _step(b))
        size, step = size * np.maximum(1.0, np.abs(below))[:, None], step * min(1.0, _step(below))
    return bool(size[:, :-1].max(initial=0.0) < WHOLE * step[0] and size[:, -1].max() < WHOLE * step[1])


def _step(numbers: Array) -> float:
    """The largest power of two, at most 1, that all numbers are multiples of; 0 if it is below 2^-40."""
    powers = np.exp2(-np.arange(41.0))
    fits = (np.mod(numbers.ravel(), powers[:, None]) == 0).all(axis=1)
    return float(powers[fits.argmax()]) if fits.any() else 0.0


def _made_again(chain: Chain, patterns: Patterns, reach: Array) -> Array:
    """The maps from their own patterns: in doubles, in longer ones where their rounding may show, else exactly."""
    n = max(1, BATCH // (max(map(len, chain.biases)) * len(reach)))
    out = np.empty((len(patterns), len(chain.biases[-1]), len(reach)))
    oracle: Exact | None = None
    for first in range(0, len(patterns), n):
        part = patterns[first : first + n]
        out[first : first + n], unsure = _in_doubles(chain, part, reach)
        left = first + np.flatnonzero(unsure)
        if left.size:
            out[left], unsure = _in_long_doubles(chain, patterns[left], reach)
            left = left[unsure]
        if left.size:
            oracle = oracle or Exact(chain)
            out[left] = [_exactly(oracle, chain, pattern) for pattern in patterns[left]]
    return out


def _in_doubles(chain: Chain, patterns: Patterns, reach: Array) -> tuple[Array, NDArray[np.bool_]]:
    """The maps, and which of them are as far below their own pattern's average size as to leave a doubt."""
    d, n = chain.d_in, len(patterns)
    rows: Array = np.repeat(np.eye(d, d + 1)[:, None], n, axis=1).reshape(d, -1)  # (width, n (d + 1)): one product
    size, first = rows, 0
    for W, b, below in zip(chain.weights, chain.biases, (*chain.below, None), strict=True):
        rows, size = W @ rows, _root_of_squares(W, size)
        rows[:, d :: d + 1] += b[:, None]
        size[:, d :: d + 1] = np.hypot(size[:, d :: d + 1], b[:, None])
        if below is not None:
            slope = np.where(patterns[:, first : first + len(b)], 1.0, below).T.repeat(d + 1, axis=1)
            rows, size, first = rows * slope, size * np.abs(slope), first + len(b)
    rows, size = (part.reshape(len(part), n, d + 1).transpose(1, 0, 2) for part in (rows, size))
    doubt = ~(CARRIED * (size @ reach) <= KEPT * (np.abs(rows) @ reach)).all(axis=1)
    return rows, np.asarray(doubt)


def _in_long_doubles(chain: Chain, patterns: Patterns, reach: Array) -> tuple[Array, NDArray[np.bool_]]:
    """The maps, and which of them the usual bound of products' rounding leaves in doubt (Higham 2002, section 3.1)."""
    shape = len(patterns), chain.d_in, chain.d_in + 1
    rows: NDArray[Any] = np.broadcast_to(np.eye(*shape[1:], dtype=LONG), shape)
    size, first, terms = rows, 0, 0
    for W, b, below in zip(chain.weights, chain.biases, (*chain.below, None), strict=True):
        rows, size, terms = W.astype(LONG) @ rows, np.abs(W).astype(LONG) @ size, terms + W.shape[1] + 3
        rows[..., -1] += b
        size[..., -1] += np.abs(b)
        if below is not None:
            slope = np.where(patterns[:, first : first + len(b)], 1.0, below)[..., None]
            rows, size, first = rows * slope, size * np.abs(slope), first + len(b)
    doubt = ~(terms * np.finfo(LONG).eps * (size @ reach) <= KEPT / 2 * (np.abs(rows) @ reach)).all(axis=1)
    return rows.astype(np.float64), np.asarray(doubt)


def _exactly(oracle: Exact, chain: Chain, pattern: Patterns) -> list[list[float]]:
    """A region's map, each number the nearest double."""
    layers = np.split(pattern, np.cumsum([len(b) for b in chain.below])[:-1]) if chain.below else []
    rows, w = oracle.affine(layers)[-1]
    return [[int(v) / w for v in row] for row in rows]
