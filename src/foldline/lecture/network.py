"""Question 8: what are the parts of a network called?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

import numpy as np

from ..facts.values import NetworkFacts, network_facts
from ..network import Network
from ..same import Compared
from .handles import Span

Widths = Annotated[tuple[Annotated[int, Span(1, 2000)], ...], Span(2, 100)]


@dataclass(frozen=True)
class State:
    """Values a layer, inputs and outputs included, of the shallow and the deep network shown."""

    shallow: Widths = (1, 3, 1)
    deep: Widths = (2, 4, 4, 3, 2)


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """The facts of both: weights, biases, parameters, capacity, and whether they are shallow or deep."""

    state: State
    shallow: NetworkFacts
    deep: NetworkFacts


def ask(state: State) -> Answer:
    """Return what the lecture calls the parts of both networks, counted."""
    return Answer(state, network_facts(_blank(state.shallow)), network_facts(_blank(state.deep)))


def _blank(widths: Sequence[int]) -> Network:
    """A network of these widths; only its shape is looked at."""
    return Network([np.ones((b, a)) for a, b in pairwise(widths)], map(np.zeros, widths[1:]))
