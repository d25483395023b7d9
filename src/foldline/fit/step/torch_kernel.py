"""The kernel of a step in PyTorch, for a GPU: what ``Reference`` says of each method, by autograd."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .fused import OPTIMISERS
from .torch import check_device
from .torch_levels import Index, TorchLevels
from .torch_losses import LOSSES
from .torch_optimisers import Muon, adam, momentum

if TYPE_CHECKING:
    from torch import Tensor

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]

AT_ONCE = 2**18  # rows that are evaluated together


class TorchKernel:
    """Layers of units with one joint at 0 on a device, those in ``again`` reading the inputs again.

    widths   of what each layer holds, from what the first one reads
    below    slope below 0 of each hidden layer's units
    device   "cuda" or "cpu"

    >>> TorchKernel([2, 1], "clamped", (), device="cpu", below=()).slots[0][0][0].shape
    torch.Size([1, 2])
    """

    def __init__(
        self, widths: Sequence[int], loss: str, again: Sequence[int], *, device: str, below: Sequence[float]
    ) -> None:
        import torch

        self.device, self.loss = check_device(device), LOSSES[loss]
        self.again, self.below = frozenset(again), list(below)
        shapes = [(b, a + widths[0] * (k in self.again)) for k, (a, b) in enumerate(pairwise(widths))]
        self.slots = [
            [(torch.zeros(shape, device=self.device), torch.zeros(shape[0], device=self.device)) for shape in shapes]
            for _ in range(3)
        ]
        self.levels: TorchLevels | None = None
        self.waiting: tuple[list[tuple[Tensor, Tensor]], Tensor | None] = [], None
        self._held: dict[int, tuple[NDArray[Any], Tensor]] = {}

    def set_grid(self, lo: Array, hi: Array, cells: Sequence[int], channels: Sequence[int],
                 rows: Sequence[Index | None]) -> None:  # fmt: skip
        """Put a grid of features in front: its box, then the levels, each with the vertices that have rows."""
        self.levels = TorchLevels(lo, hi, cells, channels, rows, device=self.device)

    def put_level(self, slot: int, level: int, rows: Array32) -> None:
        """Store a level's features, or the optimiser's memory of them."""
        assert self.levels is not None
        self.levels.put(slot, level, rows)

    def get_level(self, slot: int, level: int, rows: Array32) -> None:
        """Fill rows with what is stored."""
        assert self.levels is not None
        self.levels.get(slot, level, rows)

    def put(self, slot: int, layer: int, w: Array32, b: Array32) -> None:
        """Store a layer's weights, or the optimiser's memory of them."""
        import torch

        for held, given in zip(self.slots[slot][layer], (w, b), strict=True):
            held.copy_(torch.from_numpy(np.array(given)))

    def get(self, slot: int, layer: int, w: Array32, b: Array32) -> None:
        """Fill w and b with what is stored."""
        w[:], b[:] = (held.cpu().numpy() for held in self.slots[slot][layer])

    def predict(self, x: Array32, out: Array32) -> None:
        """Fill ``out`` with the outputs."""
        for at in range(0, len(x), AT_ONCE):
            part = slice(at, at + AT_ONCE)
            out[part] = self.back(self.outputs(self.there(x[part])))

    def outputs(self, x: Tensor) -> Tensor:
        """Return the outputs, on the device as the inputs are."""
        import torch

        with torch.no_grad():
            return self._forward(x, self._leaves())

    def run(self, x: Array32, target: Any, weight: Array32 | None, order: NDArray[np.int64], start: int, batch: int,
            rates: Array, optimiser: int, beta1: float, beta2: float, epsilon: float, decay: float, before: int,
            losses: Array, wrong: NDArray[np.int64], rest_share: float = 1.0,
            grid_share: float = 1.0) -> int:  # fmt: skip
        """Do a step a rate; all rows count alike, none is counted as wrong, and what diverges goes on doing so.

        A loss is looked at when all steps are done, so that the device is not waited for in between.
        """
        import torch

        assert weight is None
        inputs, targets, rows = self._kept(x), self._kept(target), self.there(order)
        found = torch.zeros(len(rates), dtype=torch.float64, device=self.device)
        for k, rate in enumerate(rates.tolist()):
            at = rows[start : start + batch]
            found[k] = self._graded(inputs[at], targets[at])
            self.update(rate, optimiser, beta1, beta2, epsilon, decay, before + k, rest_share, grid_share)
            start = start + batch if start + batch < len(rows) else 0
        losses[:] = found.cpu().numpy()
        return len(rates) if np.isfinite(losses).all() else int(np.isfinite(losses).argmin())

    def grade(self, x: Array32, target: Any, at_inputs: Array32) -> float:
        """Return the mean loss of a batch, fill in its slopes at the inputs, and keep the gradient for ``update``."""
        inputs = self.there(x).requires_grad_()
        loss = self._graded(inputs, self.there(target))
        at_inputs[:] = self._at_inputs.cpu().numpy()
        return float(loss)

    def backward(self, x: Array32, slopes: Array32, at_inputs: Array32 | None) -> None:
        """Keep the gradient of what has these slopes at the outputs for ``update``; fill in those at the inputs."""
        inputs = self.there(x).requires_grad_(at_inputs is not None)
        self.pull(inputs, self.there(slopes))
        if at_inputs is not None:
            at_inputs[:] = self._at_inputs.cpu().numpy()

    def pull(self, inputs: Tensor, slopes: Tensor) -> None:
        """Do what ``backward`` does with what is on the device."""
        leaves = self._leaves()
        self._pull(self._forward(inputs, leaves), slopes, inputs, leaves)

    def update(self, rate: float, optimiser: int, beta1: float, beta2: float, epsilon: float, decay: float, before: int,
               rest_share: float = 1.0, grid_share: float = 1.0) -> None:  # fmt: skip
        """Move everything by the gradient that is kept: hidden matrices by Muon where it is asked for."""
        layers, at_table = self.waiting

        def move(values: Tensor, first: Tensor, second: Tensor, gradient: Tensor, rate: float) -> None:
            if optimiser:
                adam(values, first, second, gradient, rate, float(before + 1), (beta1, beta2), epsilon)
            else:
                momentum(values, first, gradient, rate, beta1)

        for layer, pair in enumerate(layers):
            for part, gradient in enumerate(pair):
                values, first, second = (slot[layer][part] for slot in self.slots)
                if decay and part == 0:
                    gradient = gradient + decay * values
                if OPTIMISERS[optimiser] == "muon" and part == 0 and 0 < layer < len(layers) - 1:
                    muon = Muon(values[None])
                    muon.memory[0] = first[None]
                    muon.step(values[None], gradient[None], rate)
                else:
                    move(values, first, second, gradient, rate * rest_share)
        if self.levels is not None and at_table is not None:
            before_it = [slot.clone() for slot in self.levels.slots]
            values, first, second = self.levels.slots
            move(values, first, second, at_table, rate * grid_share)
            for slot, old in zip(self.levels.slots, before_it, strict=True):
                slot.copy_(slot.where(at_table != 0, old))

    def _graded(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """The mean loss; its gradient is kept."""
        leaves = self._leaves()
        loss = self.loss(self._forward(inputs, leaves), targets)
        self._pull(loss, None, inputs, leaves)
        return loss.detach()

    def _pull(self, output: Tensor, slopes: Tensor | None, inputs: Tensor, leaves: list[Tensor]) -> None:
        """Keep the gradient at everything that moves, and that at the inputs where they ask for it."""
        import torch

        moved = [inputs, *leaves] if inputs.requires_grad else leaves
        found = list(torch.autograd.grad(output, moved, slopes))
        if inputs.requires_grad:
            self._at_inputs = found.pop(0)
        at_table = found.pop(0) if self.levels is not None else None
        if at_table is not None:
            at_table[-1] = 0.0
        self.waiting = list(zip(found[::2], found[1::2], strict=True)), at_table

    def _leaves(self) -> list[Tensor]:
        """What moves: the table of features, where there is one, then each layer's weights and biases."""
        table = [] if self.levels is None else [self.levels.slots[0]]
        return [part.detach().requires_grad_() for part in (*table, *(part for pair in self.slots[0] for part in pair))]

    def _forward(self, x: Tensor, leaves: list[Tensor]) -> Tensor:
        import torch

        read = x
        if self.levels is not None:
            table, *leaves = leaves
            d = self.levels.d
            read = torch.cat([x[:, :d], self.levels.features(table, x[:, :d]), x[:, d:]], dim=1)
        h, last = read, len(leaves) // 2 - 1
        for layer, (W, b) in enumerate(zip(leaves[::2], leaves[1::2], strict=True)):
            given = torch.cat([h, read], dim=1) if layer in self.again else h
            z = torch.nn.functional.linear(given, W, b)
            h = z if layer == last else _through(z, self.below[layer])
        return h

    def there(self, values: NDArray[Any]) -> Tensor:
        """Return an array on the device."""
        import torch

        return torch.from_numpy(values).to(self.device)

    def back(self, values: Tensor) -> NDArray[Any]:
        """Return what is on the device as an array."""
        found: NDArray[Any] = values.cpu().numpy()
        return found

    def _kept(self, values: NDArray[Any]) -> Tensor:
        """An array on the device, where it stays for the next time it is given."""
        held = self._held.get(id(values))
        if held is None or held[0] is not values:
            held = self._held[id(values)] = values, self.there(values)
        return held[1]


def _through(z: Tensor, below: float) -> Tensor:
    """What units with this slope below 0 make of their pre-activations."""
    import torch

    return torch.nn.functional.leaky_relu(z, below) if below else z.relu()
