"""How a gradient becomes a step: stochastic gradient descent, Adam, and Muon for hidden matrices.

Each works in place on a flat tensor of numbers, so that a step is a handful of calls however many layers there are.
Written with tensor methods only: this file does not load PyTorch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor

MOMENTUM = 0.95  # Muon's, and that of plain descent here
BETAS = (0.9, 0.999)  # Adam's, Kingma and Ba 2015
ADAM_EPSILON = 1e-8  # Kingma and Ba 2015: only keeps 0 / 0 away
NEWTON_SCHULZ = (
    3.4445,
    -4.7750,
    2.0315,
)  # quintic tuned by Jordan 2024 for slope at 0; singular values land in [.7, 1.2]
NEWTON_SCHULZ_ROUNDS = 5  # Jordan 2024
SMALL = 1e-7  # Jordan 2024: only keeps 0 / 0 away where a gradient vanishes
TINY = 1e-30  # far below any number that moves a weight; see ``flushed``
FAINT = 1e-10  # beside a norm of 1, a thousand times below float32's resolution


class Optimiser(Protocol):
    """Changes ``values`` in place; ``memory`` is all it remembers, to save and load."""

    memory: list[Tensor]

    def step(self, values: Tensor, gradient: Tensor, rate: float) -> None: ...


class Sgd:
    """Stochastic gradient descent with heavy-ball momentum: v <- m v + g, w <- w - rate v."""

    def __init__(self, values: Tensor, momentum: float = 0.0) -> None:
        self.momentum = momentum
        self.memory = [values.new_zeros(values.shape)]

    def step(self, values: Tensor, gradient: Tensor, rate: float) -> None:
        momentum(values, self.memory[0], gradient, rate, self.momentum)


class Adam:
    """Adam with bias correction.

    source   Kingma and Ba 2015, algorithm 1
    """

    def __init__(self, values: Tensor) -> None:
        self.memory = [values.new_zeros(values.shape), values.new_zeros(values.shape), values.new_zeros(1)]

    def step(self, values: Tensor, gradient: Tensor, rate: float) -> None:
        mean, square, count = self.memory
        adam(values, mean, square, gradient, rate, count.add_(1), BETAS, ADAM_EPSILON)


class Muon:
    """Momentum whose step is made orthogonal, for one stack of equal-shaped hidden matrices, (k, rows, columns).

    source   Jordan et al. 2024, Muon: an optimizer for hidden layers in neural networks (a web publication)
    """

    def __init__(self, values: Tensor) -> None:
        self.memory = [values.new_zeros(values.shape)]
        rows, columns = values.shape[-2:]
        self.scale = max(1.0, rows / columns) ** 0.5

    def step(self, values: Tensor, gradient: Tensor, rate: float) -> None:
        speed = flushed(self.memory[0].mul_(MOMENTUM).add_(gradient), TINY)
        values.sub_(orthogonal(gradient.add(speed, alpha=MOMENTUM)), alpha=rate * self.scale)


def momentum(values: Tensor, speed: Tensor, gradient: Tensor, rate: float, share: float) -> None:
    """Do a step of descent in place; ``share`` of the speed is kept."""
    values.sub_(speed.mul_(share).add_(gradient), alpha=rate)


def adam(
    values: Tensor, mean: Tensor, square: Tensor, gradient: Tensor, rate: float, count: Tensor | float,
    betas: tuple[float, float], epsilon: float,
) -> None:  # fmt: skip
    """Do a step of Adam in place, the one of number ``count`` from 1."""
    one, two = betas
    flushed(mean.lerp_(gradient, 1 - one), TINY)
    flushed(square.mul_(two).addcmul_(gradient, gradient, value=1 - two), TINY)
    root = (square / (1 - two**count)).sqrt_().add_(epsilon)
    values.sub_(mean / (1 - one**count) / root, alpha=rate)


def orthogonal(matrices: Tensor) -> Tensor:
    """Return U V' of each matrix U S V', nearly: five rounds of a quintic Newton-Schulz iteration, all at once.

    source   Jordan 2024: X <- a X + (b A + c A A) X with A = X X', from X of norm 1
    """
    a, b, c = NEWTON_SCHULZ
    wide = bool(matrices.shape[-2] <= matrices.shape[-1])
    x: Tensor = matrices if wide else matrices.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + SMALL)
    x = flushed(x, FAINT)
    for _ in range(NEWTON_SCHULZ_ROUNDS):
        square = x @ x.mT
        x = x.baddbmm(square.baddbmm(square, square, beta=b, alpha=c), x, beta=a)
    return x if wide else x.mT


def flushed(numbers: Tensor, size: float) -> Tensor:
    """Return the tensor, changed in place: what is below ``size`` is rounded to multiples of about size / 10^7.

    The memory of a dead unit fades by 5 % a step into numbers too small for a normal float, which processors handle a
    hundred times slower: after 1,800 steps of a 4 x 64 network a step took 13 ms instead of 3.
    """
    return numbers.add_(size).sub_(size)
