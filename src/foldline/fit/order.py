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
