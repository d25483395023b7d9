"""Question 23: are K sigmoids a distribution?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

import numpy as np

from ..activations import sigmoid, softmax
from ..data.toys import blobs
from ..fit.linear import descend
from ..network import Network
from ..same import Compared
from ..samples import Samples
from .handles import Array, Seed, Span
from .softmax import Logits


@dataclass(frozen=True)
class State:
    """The slide's logits, and three perceptrons over samples of three classes, each trained for its own."""

    logits: Logits = (-3.0, 2.0, 1.0)
    n: Annotated[int, Span(3, 500)] = 90
    spread: Annotated[float, Span(0.0, 5.0)] = 0.7
    seed: Seed = 0


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """Sigmoids of the logits and their sum, beside softmax; sums: over the samples, for the trained network."""

    state: State
    sigmoids: Array
    sigmoid_sum: float
    softmax: Array
    softmax_sum: float
    samples: Samples
    network: Network
    sums: Array


def ask(state: State) -> Answer:
    """Return the sigmoids of logits, their sum, which is not 1, and that sum over samples.

    cost   0.1 s to train, once for the same samples
    """
    logits = np.array(state.logits)
    one, all_ = sigmoid(logits), softmax(logits)
    samples, network = _trained(state.n, state.spread, state.seed)
    sums = sigmoid(network(samples.inputs)).sum(axis=1)
    return Answer(state, one, float(one.sum()), all_, float(all_.sum()), samples, network, sums)


@lru_cache(maxsize=8)
def _trained(n: int, spread: float, seed: int) -> tuple[Samples, Network]:
    """Three perceptrons, each trained to tell its own class from the two others."""
    samples = blobs(n, spread=spread, seed=seed)
    alone = [
        descend(Samples(samples.inputs, 1.0 * (samples.targets == k), "classification", samples.names, ("rest", "own")),
                "binary_cross_entropy", steps=500).network
        for k in range(samples.d_out)
    ]  # fmt: skip
    return samples, Network([np.vstack([n.weights[0] for n in alone])], [np.concatenate([n.biases[0] for n in alone])])
