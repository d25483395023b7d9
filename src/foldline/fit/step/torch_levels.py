"""A grid of features in PyTorch, all levels in one table on a device; ``levels.Levels`` says what each thing means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]
Index = NDArray[np.int64]


class TorchLevels:
    """Features on nested Kuhn grids, with the optimiser's memories of them; autograd goes through ``features``.

    The last row of a table is that of all vertices without one: it is 0, and stays so.
    """

    def __init__(
        self, lo: Array, hi: Array, cells: Sequence[int], channels: Sequence[int], rows: Sequence[Index | None], *,
        device: str,
    ) -> None:  # fmt: skip
        import torch

        d = len(lo)
        self.d, self.channels, self.one_width = d, list(channels), len(set(channels)) == 1
        counts = [(n + 1) ** d if held is None else len(held) for n, held in zip(cells, rows, strict=True)]
        self.ends = np.cumsum([0, *counts])
        row_of = np.concatenate(
            [_row_of((n + 1) ** d, held, first, self.ends[-1])
             for n, held, first in zip(cells, rows, self.ends, strict=False)]
        )  # fmt: skip
        self.row_of = torch.from_numpy(row_of).to(device)
        self.lo = torch.tensor(lo, dtype=torch.float32, device=device)
        self.scale = torch.tensor(1.0 / (hi - lo), dtype=torch.float32, device=device)
        self.cells = torch.tensor(list(cells), device=device)[:, None, None]
        self.strides = torch.tensor([[(n + 1) ** (d - 1 - a) for a in range(d)] for n in cells], device=device)
        firsts = np.cumsum([0, *((n + 1) ** d for n in cells)])[:-1]
        self.firsts = torch.from_numpy(firsts).to(device)[:, None, None]
        shape = int(self.ends[-1]) + 1, max(channels)
        self.slots = [torch.zeros(shape, device=device) for _ in range(3)]

    def put(self, slot: int, level: int, rows: Array32) -> None:
        """Store a level's features, or the optimiser's memory of them."""
        import torch

        self._of(slot, level).copy_(torch.from_numpy(np.array(rows)))

    def get(self, slot: int, level: int, rows: Array32) -> None:
        """Fill rows with what is stored."""
        rows[:] = self._of(slot, level).cpu().numpy()

    def _of(self, slot: int, level: int) -> Tensor:
        return self.slots[slot][self.ends[level] : self.ends[level + 1], : self.channels[level]]

    def features(self, table: Tensor, x: Tensor) -> Tensor:
        """Return the features of a table, (n, features), at points (n, d)."""
        import torch

        along = ((x - self.lo) * self.scale).clamp(0, 1) * self.cells
        cell = along.detach().long().minimum(self.cells - 1)
        within, order = (along - cell).sort(dim=2, descending=True, stable=True)
        strides = self.strides[:, None, :].expand_as(order)
        vertex = torch.cat([(cell * strides).sum(2, keepdim=True) + self.firsts, strides.gather(2, order)], 2).cumsum(2)
        one = torch.nn.functional.pad(within, (1, 0), value=1.0)
        shares = one - torch.nn.functional.pad(within, (0, 1))
        values = table.index_select(0, self.row_of[vertex.reshape(-1)]).view(*shares.shape, -1)
        found = (shares[..., None] * values).sum(2)
        if self.one_width:
            return found.permute(1, 0, 2).reshape(len(x), -1)
        return torch.cat([level[:, :n] for level, n in zip(found, self.channels, strict=True)], 1)


def _row_of(vertices: int, held: Index | None, first: int, none: int) -> Index:
    """The row of each vertex of a level in a table where its rows begin at ``first``; ``none`` without one."""
    if held is None:
        return first + np.arange(vertices)
    found = np.full(vertices, none)
    found[held] = first + np.arange(len(held))
    return found
