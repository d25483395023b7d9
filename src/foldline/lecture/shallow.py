"""Question 7: how do three units make a curve?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..exact.regions import regions
from ..network import Network
from ..same import Compared
from .curves import UNIT_BOX, Curve, curve_of, path_of_unit
from .handles import Array, Numbers, Pair, Span, shallow_of


@dataclass(frozen=True)
class State:
    """The book's network of one input on [0, 1].

    hidden   (offset, slope) of each unit; output: (offset, weight, weight, ...)
    x        the place whose four steps are followed
    """

    hidden: Annotated[tuple[Pair, ...], Span(1, 64)] = ((0.3, -1.0), (-1.0, 2.0), (-0.5, 0.65))
    output: Numbers = (-0.3, 2.0, -1.0, 7.0)
    x: Annotated[float, Span(0.0, 1.0)] = 0.6


@dataclass(frozen=True, eq=False, repr=False)
class Steps(Compared):
    """One unit's line, what ReLU leaves of it, and that times its weight: paths over [0, 1], (n, 2) each."""

    offset: float
    slope: float
    weight: float
    linear: Array
    rectified: Array
    weighted: Array


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """The four steps as curves, and their values at the place x: (units,) each, then the sum."""

    state: State
    network: Network
    steps: tuple[Steps, ...]
    curve: Curve
    linear: Array
    rectified: Array
    weighted: Array
    summed: float


def ask(state: State) -> Answer:
    """Return each unit's steps, the exact curve they add up to, and all of it at one place."""
    network = shallow_of("shallow", state.hidden, (state.output,))
    linear = network.preactivations([state.x])[0]
    rectified = network.activate(1, linear)
    steps = tuple(_steps(*unit, weight) for unit, weight in zip(state.hidden, state.output[1:], strict=True))
    curve = curve_of(regions(network, UNIT_BOX))
    weighted = network.weights[1][0] * rectified
    return Answer(state, network, steps, curve, linear, rectified, weighted, float(network([state.x])[0]))


def _steps(offset: float, slope: float, weight: float) -> Steps:
    ends = np.array([0.0, 1.0])
    linear = np.column_stack([ends, offset + slope * ends])
    once, times = (np.column_stack(path_of_unit(offset, slope, w)) for w in (1.0, weight))
    return Steps(offset, slope, weight, linear, once, times)
