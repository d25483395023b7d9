"""Which rows a step sees: a pure function of (seed, step), so that a fit can stop anywhere and go on the same."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


class Order:
    """The rows of each step: the data in a new random order every epoch, cut into batches one after another.

    n, batch   rows there are, and rows a step; a batch may run from one epoch into the next
    seed       each epoch's order is Philox (a counter-based generator) keyed by (seed, epoch)

    >>> order = Order(5, 2, seed=0)
    >>> sorted(np.concatenate([order.rows(step) for step in range(5)]).tolist())
    [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    """

    def __init__(self, n: int, batch: int, seed: int) -> None:
        self.n, self.batch, self.seed = n, min(batch, n), seed
        self._epoch = lru_cache(maxsize=2)(self._shuffled)

    def rows(self, step: int) -> NDArray[np.int64]:
        """Return the rows of step 0, 1, ..., (batch,); a full batch comes in the data's own order."""
        if self.batch == self.n:
            return np.arange(self.n)
        begin, left, parts = step * self.batch, self.batch, []
        while left:
            epoch, at = divmod(begin, self.n)
            parts.append(self._epoch(epoch)[at : at + left])
            begin, left = begin + len(parts[-1]), left - len(parts[-1])
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _shuffled(self, epoch: int) -> NDArray[np.int64]:
        return np.random.Generator(np.random.Philox(key=[self.seed, epoch])).permutation(self.n)


class Strata:
    """The rows of each step, one from each of ``batch`` strata of places near each other, in their order.

    A step that sees all parts of space evenly learns more than one by chance, and reads a grid in its order.

    places     (n, d) of the rows; strata are runs of equal length along Morton's curve through them
    batch      rows a step, and strata
    seed       each epoch starts each stratum at a row of its own, by Philox keyed by (seed, epoch)
    source     Morton 1966, "A computer oriented geodetic data base"

    >>> strata = Strata(np.arange(6.0)[:, None], 3, seed=0)
    >>> sorted(np.concatenate([strata.rows(step) for step in range(2)]).tolist())
    [0, 1, 2, 3, 4, 5]
    """

    def __init__(self, places: NDArray[np.float64], batch: int, seed: int) -> None:
        self.n, self.batch, self.seed = len(places), min(batch, len(places)), seed
        self.along = np.argsort(morton(places), kind="stable")
        bounds = np.linspace(0, self.n, self.batch + 1).astype(np.int64)
        self.first, self.length = bounds[:-1], np.diff(bounds)
        self.steps = int(self.length.min())  # an epoch: strata one row longer leave one out, another one each time
        self._epoch = lru_cache(maxsize=2)(self._begun)

    def rows(self, step: int) -> NDArray[np.int64]:
        """Return the rows of step 0, 1, ..., (batch,)."""
        epoch, at = divmod(step, self.steps)
        turn, begin = self._epoch(epoch)
        rows: NDArray[np.int64] = self.along[self.first + (begin + turn[at]) % self.length]
        return rows

    def _begun(self, epoch: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        rng = np.random.Generator(np.random.Philox(key=[self.seed, epoch]))
        return rng.permutation(self.steps), rng.integers(0, self.length)


class Turns:
    """The shapes of each step and the rows of each: shapes by turns, every one as often, its rows at random.

    starts   (n + 1,) where the rows of each shape begin, and where the last ends
    shapes   a step, at most; rows  of each of them
    seed     draws both, by Philox keyed by (seed, step), the turns by (seed, epoch)

    >>> turns = Turns(np.array([0, 10, 15]), shapes=2, rows=3, seed=0)
    >>> which, rows = turns.rows(0)
    >>> which.tolist(), rows.shape, bool((rows[1] >= 10).all())
    ([0, 1], (2, 3), True)
    """

    def __init__(self, starts: NDArray[np.int64], *, shapes: int, rows: int, seed: int) -> None:
        self.starts, self.seed, self.per_shape = np.asarray(starts, dtype=np.int64), seed, rows
        self.turns = Order(len(starts) - 1, shapes, seed)

    @property
    def batch(self) -> int:
        """Rows a step."""
        return self.turns.batch * self.per_shape

    def rows(self, step: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the shapes of step 0, 1, ..., (k,), rising, and the rows of each, (k, rows)."""
        which = np.unique(self.turns.rows(step))  # where an epoch ends within a step, a shape may come twice
        rng = np.random.Generator(np.random.Philox(key=[self.seed, step]))
        first, length = self.starts[which, None], np.diff(self.starts)[which, None]
        return which, first + (rng.random((len(which), self.per_shape)) * length).astype(np.int64)


def morton(places: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Return each place's number along Morton's curve through the box around them all.

    >>> morton(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])).argsort().tolist()
    [0, 2, 1, 3]
    """
    d = places.shape[1]
    bits = min(60 // d, 20)
    lo, span = places.min(axis=0), np.ptp(places, axis=0)
    cells = ((places - lo) / np.where(span > 0, span, 1.0) * (2**bits - 1)).astype(np.uint64)
    codes = np.zeros(len(places), dtype=np.uint64)
    for bit in range(bits):
        for axis in range(d):
            codes |= (cells[:, axis] >> np.uint64(bit) & np.uint64(1)) << np.uint64(d * bit + d - 1 - axis)
    return codes
