"""The kernel of an auto-decoder's step in PyTorch, for a GPU: what ``Reference`` says of each method, by autograd."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .fused import OPTIMISERS
from .torch import check_device
from .torch_losses import LOSSES
from .torch_optimisers import Adam, Muon

if TYPE_CHECKING:
    from torch import Tensor

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]


class TorchKernel:
    """Layers of ReLU on a device, those in ``again`` reading the inputs again; moved by Muon and Adam.

    widths   of what each layer holds, from the inputs
    device   "cuda" or "cpu"

    >>> TorchKernel([2, 1], "clamped", (), device="cpu").slots[0][0][0].shape
    torch.Size([1, 2])
    """

    def __init__(self, widths: Sequence[int], loss: str, again: Sequence[int], *, device: str) -> None:
        import torch

        self.device, self.loss, self.again = check_device(device), LOSSES[loss], frozenset(again)
        shapes = [(b, a + widths[0] * (k in self.again)) for k, (a, b) in enumerate(pairwise(widths))]
        self.slots = [
            [(torch.zeros(shape, device=self.device), torch.zeros(shape[0], device=self.device)) for shape in shapes]
            for _ in range(3)
        ]
        self.gradients: list[tuple[Tensor, Tensor]] = []

    def put(self, slot: int, layer: int, w: Array32, b: Array32) -> None:
        """Store a layer's weights, or the optimiser's memory of them."""
        import torch

        for held, given in zip(self.slots[slot][layer], (w, b), strict=True):
            held.copy_(torch.from_numpy(np.array(given)))

    def get(self, slot: int, layer: int, w: Array32, b: Array32) -> None:
        """Fill w and b with what is stored."""
        w[:], b[:] = (held.cpu().numpy() for held in self.slots[slot][layer])

    def grade(self, x: Array32, target: Any, at_inputs: Array32) -> float:
        """Return the mean loss of a batch, fill in its slopes at the inputs, and keep the gradient for ``update``."""
        import torch

        inputs = torch.from_numpy(x).to(self.device).requires_grad_()
        moved = [(W.detach().requires_grad_(), b.detach().requires_grad_()) for W, b in self.slots[0]]
        loss = self.loss(self._forward(inputs, moved), torch.from_numpy(target).to(self.device))
        flat = torch.autograd.grad(loss, [inputs, *(part for pair in moved for part in pair)])
        self.gradients = list(zip(flat[1::2], flat[2::2], strict=True))
        at_inputs[:] = flat[0].cpu().numpy()
        return float(loss.detach())

    def update(self, rate: float, optimiser: int, beta1: float, beta2: float, epsilon: float, decay: float, before: int,
               rest_share: float = 1.0, grid_share: float = 1.0) -> None:  # fmt: skip
        """Move everything by the gradient that is kept: hidden matrices by Muon, the rest by Adam."""
        last = len(self.gradients) - 1
        for layer, pair in enumerate(self.gradients):
            for part, gradient in enumerate(pair):
                values, first, second = (slot[layer][part] for slot in self.slots)
                turned = OPTIMISERS[optimiser] == "muon" and part == 0 and 0 < layer < last
                if turned:
                    muon = Muon(values[None])
                    muon.memory[0] = first[None]
                    muon.step(values[None], gradient[None], rate)
                else:
                    adam = Adam(values)
                    adam.memory = [first, second, values.new_full((1,), float(before))]
                    adam.step(values, gradient, rate * rest_share)

    def _forward(self, inputs: Tensor, layers: list[tuple[Tensor, Tensor]]) -> Tensor:
        import torch

        h = inputs
        for layer, (W, b) in enumerate(layers):
            read = torch.cat([h, inputs], dim=1) if layer in self.again else h
            z = torch.nn.functional.linear(read, W, b)
            h = z if layer == len(layers) - 1 else z.relu()
        return h
