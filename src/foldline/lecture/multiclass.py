"""Question 25: where does each logit have to go?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..activations import softmax
from ..data.book import problem, solution
from ..losses import LOSSES
from ..network import Network
from ..same import Compared
from ..samples import Samples
from .handles import Array, Pair, Span, Triple
from .softmax import LOGITS, Logits


@dataclass(frozen=True)
class State:
    """Three logits and the class that is right.

    weights   (b, w1, w2) of each class W_k: the logits are then those of the place x
    """

    logits: Logits = LOGITS
    label: Annotated[int, Span(0, 2)] = 2
    weights: tuple[Triple, Triple, Triple] | None = None
    x: Pair = (1.0, 0.0)


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """The loss of one example, and of the book's 20.

    gradient        over the logits: softmax - one_hot; weight_gradient: over W_k, (3, 3), where weights are given
    book, network   the book's points and its network of 3 units and 3 logits, problem 5.3
    book_losses     (20,) their negative log-likelihoods; total: the sum; likelihood: exp(-total)
    """

    state: State
    logits: Array
    softmax: Array
    one_hot: Array
    loss: float
    gradient: Array
    weight_gradient: Array | None
    book: Samples
    network: Network
    book_losses: Array
    total: float
    likelihood: float


def ask(state: State) -> Answer:
    """Return softmax, one-hot and their difference, the gradient of the cross entropy."""
    x, loss = np.array([1.0, *state.x]), LOSSES["cross_entropy"]
    logits = np.array(state.logits) if state.weights is None else np.array(state.weights) @ x
    slope = loss.slope([logits], [state.label])[0]
    samples, network = problem("5.3"), solution("5.3")
    losses = loss(network(samples.inputs), samples.targets)
    return Answer(
        state, logits, softmax(logits), np.eye(3)[state.label], float(loss([logits], [state.label])[0]), slope,
        None if state.weights is None else np.outer(slope, x), samples, network, losses, float(losses.sum()),
        float(np.exp(-losses.sum())),
    )  # fmt: skip
