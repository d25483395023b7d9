"""Training one small network from many random starts at once: how often does learning succeed?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..activations import UNITS, Unit
from ..errors import FitError, InputError
from ..losses import LOSSES
from ..network import Network
from ..same import Compared
from ..samples import Samples, need_samples
from .descent import Diverged, Plan, descend
from .step.stepper import State

Array = NDArray[np.float64]

LOOK = 256  # steps between two looks at the losses
BINARY = LOSSES["binary_cross_entropy"]


@dataclass(frozen=True, eq=False, repr=False)
class Starts(Compared):
    """What became of every start.

    networks    the trained networks, one logit each, in the order of their seeds
    losses      (n_starts,) total loss at the end
    solved      (n_starts,) whether every sample is right (class 1 where the logit is above 0)
    """

    networks: tuple[Network, ...]
    losses: Array
    solved: NDArray[np.bool_]

    @property
    def success_share(self) -> float:
        """The share of starts that end with every sample right."""
        return float(self.solved.mean())


def train_from_starts(
    samples: Samples,
    *,
    hidden: int = 2,
    n_starts: int = 200,
    steps: int = 2000,
    rate: float = 0.1,
    activation: str = "relu",
    seed: int = 0,
) -> Starts:
    """Train a shallow two-class network from many random starts by full-batch descent on binary cross entropy.

    activation   a unit's name; weights start normal with deviation sqrt(2 / fan_in) after He, biases 0
    returns      each start's end; the share that solves XOR with 2 ReLU units is about a fifth
    cost         all starts go through each step together: 200 starts x 2000 steps of XOR take about a second
    source       lecture 3, "Solution to the XOR problem" (with learning)

    >>> xor = Samples([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], "classification", (), ("0", "1"))
    >>> train_from_starts(xor, hidden=8, n_starts=20, steps=1000).success_share > 0.8
    True
    """
    need_samples("train_from_starts", samples)
    if samples.kind != "classification" or samples.d_out != 2:
        raise InputError(f"train_from_starts needs 2 classes; got kind {samples.kind!r}, {samples.d_out} outputs.")
    if min(hidden, n_starts, steps) < 1 or not rate > 0:
        raise InputError(
            f"train_from_starts needs positive numbers; "
            f"got {hidden} units, {n_starts} starts, {steps} steps, rate {rate}."
        )
    if activation not in UNITS:
        raise InputError(f"train_from_starts needs a unit out of {', '.join(UNITS)}; got {activation!r}.")
    stepper = _ManyStarts(samples, UNITS[activation], hidden, n_starts, seed)
    try:
        descend(stepper, Plan(rate, steps, last=1.0, look=LOOK))
    except Diverged as found:
        raise FitError(
            f"train_from_starts needs finite losses; got {found.loss} at step {found.step + 1}. Take a smaller rate."
        ) from found
    W, b, v, c = stepper.numbers
    networks = tuple(Network([W[s], v[s][None]], [b[s], c[s : s + 1]], activation) for s in range(n_starts))
    logit = stepper.forward()[2]
    right = ((logit > 0) == (stepper.targets == 1)).all(axis=1)
    return Starts(networks, BINARY.value(logit, stepper.targets), right)


class _ManyStarts:
    """Shallow networks of one logit that take every step together.

    numbers   weights (starts, hidden, d_in) and biases (starts, hidden) of the hidden units, then (starts, hidden) and
              (starts,) of the output
    """

    def __init__(self, samples: Samples, unit: Unit, hidden: int, n_starts: int, seed: int) -> None:
        rng, self.unit, self.x = np.random.default_rng(seed), unit, samples.inputs
        W = rng.normal(0.0, np.sqrt(2 / samples.d_in), (n_starts, hidden, samples.d_in))
        v = rng.normal(0.0, np.sqrt(2 / hidden), (n_starts, hidden))
        self.numbers = (W, np.zeros((n_starts, hidden)), v, np.zeros(n_starts))
        self.targets = np.broadcast_to(samples.targets[:, 0], (n_starts, len(samples)))

    def run(self, first: int, rates: Array) -> Array:
        """Do some steps; a loss is the mean over all starts and rows."""
        losses = np.empty(len(rates))
        with np.errstate(over="ignore", invalid="ignore"):  # a rate that is too large is told by the loss
            for k, rate in enumerate(rates.tolist()):
                losses[k] = self._step(rate)
        return losses

    def _step(self, rate: float) -> float:
        (W, b, v, c), (z, h, logit) = self.numbers, self.forward()
        back = BINARY.gradient(logit, self.targets) / logit.shape[1]  # (starts, n)
        inner = back[:, :, None] * v[:, None, :] * self.unit.derivative(z)  # (starts, n, hidden)
        W = W - rate * np.swapaxes(inner, 1, 2) @ self.x
        b, v, c = b - rate * inner.sum(1), v - rate * np.einsum("sn,snh->sh", back, h), c - rate * back.sum(1)
        self.numbers = (W, b, v, c)
        return float(BINARY.value(logit, self.targets).sum() / logit.size)

    def forward(self) -> tuple[Array, Array, Array]:
        """Return pre-activations and activations of the hidden units, (starts, n, hidden), and logits (starts, n)."""
        W, b, v, c = self.numbers
        z = self.x @ np.swapaxes(W, 1, 2) + b[:, None, :]
        h = self.unit.value(z)
        return z, h, (h * v[:, None, :]).sum(axis=2) + c[:, None]

    def state(self) -> State:
        """Return the numbers."""
        return dict(zip("Wbvc", self.numbers, strict=True))

    def load(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go back to some numbers."""
        W, b, v, c = (np.asarray(state[name], dtype=np.float64) for name in "Wbvc")
        self.numbers = (W, b, v, c)
