"""Question 24: what does softmax make of logits?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..activations import softmax
from ..errors import InputError
from ..losses import entropy
from ..same import Compared
from .handles import Array, Number, Span

CLASSES = ("salmon", "sea bass", "sturgeon")  # the slides' example of several classes
LOGITS = (-3.0, 2.0, 1.0)  # of the slide
WAY = np.exp(np.linspace(np.log(0.05), np.log(500.0), 400))  # temperatures, from arg max to the middle
Logit = Annotated[float, Span(-30.0, 30.0)]
Logits = tuple[Logit, Logit, Logit]
Chance = Annotated[float, Span(1e-12, 1.0)]
Temperature = Annotated[float, Span(1e-3, 1e3)]


@dataclass(frozen=True)
class State:
    """Three logits.

    point          a distribution instead: the logits are then its logarithms
    temperature    T of softmax(a / T); temperatures: others that are marked on the way of the point
    shift          added to all logits
    """

    logits: Logits = LOGITS
    point: tuple[Chance, Chance, Chance] | None = None
    temperature: Temperature = 1.0
    temperatures: Annotated[tuple[Temperature, ...], Span(0, 20)] = (0.5, 1.0, 2.0, 5.0, 20.0)
    shift: Number = 5.0


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """A distribution over three classes.

    values     softmax(a / T); entropy: of it, in nats
    moved      softmax of the shifted logits over T; gap: the largest change, rounding and nothing else
    marks      (n, 3) at the marked temperatures; way: (400, 3) from the corner of arg max to the middle
    """

    state: State
    logits: Array
    values: Array
    entropy: float
    moved: Array
    gap: float
    marks: Array
    way: Array


def ask(state: State) -> Answer:
    """Return softmax at a temperature, the same for shifted logits, and its way through the simplex.

    raises   InputError if a point's shares do not sum to 1
    """
    logits = np.array(state.logits)
    if state.point is not None:
        if abs(sum(state.point) - 1) > 1e-6:
            raise InputError(f"softmax needs a point whose shares sum to 1; got {sum(state.point):g}. Divide by it.")
        logits = np.log(state.point)
    t = state.temperature
    values, moved = softmax(logits / t), softmax((logits + state.shift) / t)
    marks = np.array([softmax(logits / each) for each in state.temperatures]).reshape(-1, 3)
    return Answer(state, logits, values, entropy(values / values.sum()), moved, float(np.abs(values - moved).max()),
                  marks, softmax(logits / WAY[:, None]))  # fmt: skip
