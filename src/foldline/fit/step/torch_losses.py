"""The losses descent can follow, on tensors; each is a mean, so that the rate does not depend on the batch.

Written with tensor methods only: this file does not load PyTorch, and autograd gives the gradients.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...tasks import NEAR

if TYPE_CHECKING:
    from torch import Tensor

CLAMP = NEAR


def clamped(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the mean of |f - clamp(s)|, nothing where f lies beyond a clamped s on its side.

    Within the clamp this is DeepSDF's |clamp(f) - clamp(s)|, which spends the network near the surface; that one has no
    gradient where f itself is clamped, so that a start with |f| > 0.1 everywhere never moves.

    source   Park et al. 2019, equation 4
    """
    near = targets.clamp(-CLAMP, CLAMP)
    error = outputs - near
    beyond = (near.abs() == CLAMP) & (error * near > 0)
    return error.abs().masked_fill(beyond, 0.0).mean()


def absolute(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the mean absolute error."""
    return (outputs - targets).abs().mean()


def squared(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the mean squared error over rows and columns."""
    return (outputs - targets).square().mean()


def cross_entropy(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the mean of -log softmax at the true class; ``targets`` (n, 1) class numbers, int64."""
    return (outputs.logsumexp(1, keepdim=True) - outputs.gather(1, targets)).mean()


def binary(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the mean of -y log sigma(z) - (1 - y) log(1 - sigma(z)) for logits z, without overflow."""
    return (outputs.clamp(min=0) - outputs * targets + (-outputs.abs()).exp().log1p()).mean()


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    loss.__name__: loss for loss in (clamped, absolute, squared, cross_entropy, binary)
}
