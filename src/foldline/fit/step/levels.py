"""A grid of features in the NumPy step: what cpp/step/levels.hpp does, in float32, written to be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...same import Compared

Array32 = NDArray[np.float32]
Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Places(Compared):
    """The corners around some points, a level: rows (n, d + 1), -1 for a vertex without one, and their shares."""

    rows: list[Index]
    shares: list[Array32]


class Levels:
    """Features on nested Kuhn grids, with the optimiser's memories of them; ``slots`` as in ``Reference``."""

    def __init__(
        self, lo: NDArray[np.float64], hi: NDArray[np.float64], cells: Sequence[int], channels: Sequence[int],
        rows: Sequence[Index | None],
    ) -> None:  # fmt: skip
        self.lo, self.scale = lo.astype(np.float32), (1.0 / (hi - lo)).astype(np.float32)
        self.cells, self.channels, self.d = list(cells), list(channels), len(lo)
        self.row_of = [self._row_of(n, given) for n, given in zip(cells, rows, strict=True)]
        counts = [int(found.max()) + 1 for found in self.row_of]
        shapes = list(zip(counts, channels, strict=True))
        self.slots = [[np.zeros(shape, dtype=np.float32) for shape in shapes] for _ in range(3)]

    def _row_of(self, cells: int, rows: Index | None) -> Index:
        found = np.arange((cells + 1) ** self.d) if rows is None else np.full((cells + 1) ** self.d, -1)
        if rows is not None:
            found[rows] = np.arange(len(rows))
        return found

    @property
    def features(self) -> int:
        return sum(self.channels)

    def find(self, x: Array32) -> Places:
        """Return the corners around points (n, d), level by level."""
        unit = np.clip((x - self.lo) * self.scale, 0, 1, dtype=np.float32)
        found = Places([], [])
        for n, row_of in zip(self.cells, self.row_of, strict=True):
            along = unit * np.float32(n)
            cell = np.minimum(along.astype(np.int64), n - 1)
            within = along - cell.astype(np.float32)
            order = np.argsort(-within, axis=1, kind="stable")
            strides = (n + 1) ** np.arange(self.d - 1, -1, -1)
            vertex = np.cumsum(np.column_stack([cell @ strides, strides[order]]), axis=1)
            ends = np.take_along_axis(within, order, axis=1)
            one, none = np.ones((len(x), 1), np.float32), np.zeros((len(x), 1), np.float32)
            found.rows.append(row_of[vertex])
            found.shares.append(np.hstack([one, ends]) - np.hstack([ends, none]))
        return found

    def interpolate(self, places: Places) -> Array32:
        """Return the features at the places, (n, features)."""
        parts = []
        for values, rows, shares in zip(self.slots[0], places.rows, places.shares, strict=True):
            at = np.where((rows >= 0)[..., None], values[rows], np.float32(0))
            parts.append((shares[..., None] * at).sum(axis=1))
        return np.hstack(parts)

    def slopes(self, x: Array32, places: Places, at_features: Array32) -> Array32:
        """Return the inputs' slopes of what has these slopes at the features: a corner is reached along an axis."""
        unit = (x - self.lo) * self.scale
        out, first = np.zeros_like(x), 0
        for n, values, rows in zip(self.cells, self.slots[0], places.rows, strict=True):
            own = at_features[:, first : first + values.shape[1]]
            along = np.where(rows >= 0, np.einsum("nkc,nc->nk", values[rows], own), 0)
            cell = np.clip(np.clip(unit, 0, 1) * np.float32(n), 0, None)
            order = np.argsort(-(cell - np.minimum(cell.astype(np.int64), n - 1)), axis=1, kind="stable")
            rises = np.diff(along, axis=1) * n * self.scale[order]
            inside = np.take_along_axis((unit > 0) & (unit < 1), order, axis=1)
            out[np.arange(len(x))[:, None], order] += np.where(inside, rises, 0).astype(np.float32)
            first += values.shape[1]
        return out

    def gradients(self, places: Places, at_features: Array32) -> list[tuple[Index, Array32]]:
        """Return, level by level, the rows that were touched and their gradients, added up in the points' order."""
        found, first = [], 0
        for values, rows, shares in zip(self.slots[0], places.rows, places.shares, strict=True):
            own = at_features[:, None, first : first + values.shape[1]] * shares[..., None]
            sums = np.zeros_like(values)
            kept = rows >= 0
            np.add.at(sums, rows[kept], own[kept])
            touched = np.unique(rows[kept])
            touched = touched[(sums[touched] != 0).any(axis=1)]
            found.append((touched, sums[touched]))
            first += values.shape[1]
        return found

    def update(self, gradients: list[tuple[Index, Array32]], move: Any) -> None:
        """Move the touched rows by ``move(w, m, v, g)``, which changes its first three; a gradient of 0 moves none."""
        for level, (rows, gradient) in enumerate(gradients):
            parts = [slot[level][rows] for slot in self.slots]
            before = [part.copy() for part in parts]
            move(*parts, gradient)
            for slot, part, old in zip(self.slots, parts, before, strict=True):
                slot[level][rows] = np.where(gradient != 0, part, old)
