"""Question 22: what does cross entropy measure?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Annotated

import numpy as np

from ..box import Box
from ..data.book import problem, solution
from ..exact.boundary import boundary
from ..losses import LOSSES, cross_entropy, entropy, kl_divergence
from ..network import Network
from ..same import Compared
from ..samples import Samples
from .handles import Array, Span

Share = Annotated[float, Span(0.0, 1.0)]


@dataclass(frozen=True)
class State:
    """Two distributions over two classes: a target that is no certainty, and one compared with it."""

    p: tuple[Share, Share] = (0.7, 0.3)
    q: tuple[Share, Share] = (0.2, 0.8)


@dataclass(frozen=True, eq=False, repr=False)
class Book(Compared):
    """The book's 20 points and its network of 3 units.

    losses      (20,) negative log-likelihoods; total: their sum; likelihood: exp(-total)
    offset, least   the offset of the output at which the sum is least, and that sum
    crossings   where the probability is 1/2, exactly
    """

    samples: Samples
    network: Network
    losses: Array
    total: float
    likelihood: float
    offset: float
    least: float
    crossings: Array


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """H(p, q) = H(p) + KL(p, q), in nats; infinite where q is 0 and p is not."""

    state: State
    cross_entropy: float
    entropy: float
    divergence: float
    book: Book


def ask(state: State) -> Answer:
    """Return the cross entropy of two distributions, and the losses of the book's points."""
    p, q = state.p, state.q
    return Answer(state, cross_entropy(p, q), entropy(p), kl_divergence(p, q), book())


@cache
def book() -> Book:
    """Return the negative log-likelihoods of the book's points, problem 5.2."""
    samples, network = problem("5.2"), solution("5.2")
    losses = LOSSES["binary_cross_entropy"](network(samples.inputs), samples.targets)
    total = float(losses.sum())
    crossings = boundary(network, Box([0], [1])).points
    return Book(samples, network, losses, total, float(np.exp(-total)), *best_offset(samples, network), crossings)


def best_offset(samples: Samples, network: Network) -> tuple[float, float]:
    """Return the offset of the output at which the sum of NLLs is least, and that sum.

    The sum is convex in the offset, so that its derivative, the sum of sigma - y, is halved down to its one zero.
    """
    loss, offset = LOSSES["binary_cross_entropy"], float(network.biases[-1][0])
    rest = network(samples.inputs) - offset
    low, high = -np.abs(rest).max() - 50.0, np.abs(rest).max() + 50.0
    while low < (middle := (low + high) / 2) < high:
        low, high = (low, middle) if loss.slope(rest + middle, samples.targets).sum() > 0 else (middle, high)
    return float(low), float(loss(rest + low, samples.targets).sum())
