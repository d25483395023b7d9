"""Question 4: what does one unit compute, step by step?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..network import Network
from ..same import Compared
from .handles import Array, Number, Numbers


@dataclass(frozen=True)
class State:
    """The slide's unit, a sigmoid: one weight an input, and a bias."""

    inputs: Numbers = (0.5, 0.6, 0.1)
    weights: Numbers = (0.2, 0.3, 0.9)
    bias: Number = 0.5


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """Every number on the way.

    terms   (n,) weight times input; sums: (n + 1,) the bias, then the sum after each term
    z, y    w.x + b, and its sigmoid
    """

    state: State
    network: Network
    terms: Array
    sums: Array
    z: float
    y: float


def ask(state: State) -> Answer:
    """Return the unit's terms, their sums, the sum and its sigmoid.

    raises   InputError if there is not one weight an input
    """
    if len(state.inputs) != len(state.weights):
        raise InputError(
            f"unit needs a weight for each input; got {len(state.inputs)} inputs and {len(state.weights)} weights. "
            "Give as many."
        )
    network = Network([[state.weights]], [[state.bias]], output="sigmoid")
    x = np.array(state.inputs)
    terms = np.array(state.weights) * x
    sums = np.concatenate([[state.bias], state.bias + np.cumsum(terms)])
    return Answer(state, network, terms, sums, float(network.preactivations(x)[-1][0]), float(network(x)[0]))
