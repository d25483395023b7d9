"""Training one small network from many random starts at once: how often does learning succeed?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..activations import UNITS, Unit
from ..errors import InputError
from ..losses import LOSSES
from ..network import Network
from ..samples import Samples

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Starts:
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
    if samples.kind != "classification" or samples.d_out != 2:
        raise InputError(f"train_from_starts needs 2 classes; got kind {samples.kind!r}, {samples.d_out} outputs.")
    if min(hidden, n_starts, steps) < 1 or not rate > 0:
        raise InputError(
            f"train_from_starts needs positive numbers; "
            f"got {hidden} units, {n_starts} starts, {steps} steps, rate {rate}."
        )
    if activation not in UNITS:
        raise InputError(f"train_from_starts needs a unit out of {', '.join(UNITS)}; got {activation!r}.")
    rng, unit, loss = np.random.default_rng(seed), UNITS[activation], LOSSES["binary_cross_entropy"]
    x, y = samples.inputs, samples.targets[:, 0]
    W = rng.normal(0.0, np.sqrt(2 / samples.d_in), (n_starts, hidden, samples.d_in))
    b, v, c = np.zeros((n_starts, hidden)), rng.normal(0.0, np.sqrt(2 / hidden), (n_starts, hidden)), np.zeros(n_starts)
    targets = np.broadcast_to(y, (n_starts, len(y)))
    for _ in range(steps):
        z, h, logit = _forward(unit, x, W, b, v, c)
        back = loss.gradient(logit, targets) / len(y)  # (starts, n)
        inner = back[:, :, None] * v[:, None, :] * unit.derivative(z)  # (starts, n, hidden)
        W = W - rate * np.swapaxes(inner, 1, 2) @ x
        b, v, c = b - rate * inner.sum(1), v - rate * np.einsum("sn,snh->sh", back, h), c - rate * back.sum(1)
    logit = _forward(unit, x, W, b, v, c)[2]
    networks = tuple(Network([W[s], v[s][None]], [b[s], c[s : s + 1]], activation) for s in range(n_starts))
    return Starts(networks, loss.value(logit, targets), ((logit > 0) == (y == 1)).all(axis=1))


def _forward(unit: Unit, x: Array, W: Array, b: Array, v: Array, c: Array) -> tuple[Array, Array, Array]:
    z = x @ np.swapaxes(W, 1, 2) + b[:, None, :]
    h = unit.value(z)
    return z, h, (h * v[:, None, :]).sum(axis=2) + c[:, None]
