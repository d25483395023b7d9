"""Question 3: what does a unit make of z, and how steeply?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..activations import UNITS, Unit
from ..same import Compared
from .handles import Array, Number, Span

SHOWN = ("step", "sigmoid", "tanh", "relu")
REACH = 4.0  # curves run from -4 to 4
PLACES = 401  # that a curved one is drawn through


@dataclass(frozen=True)
class State:
    """Units of z = w x + b, read off at a place x: that of the slide's unit, where w is 1 and b is 0."""

    x: Annotated[float, Span(-REACH, REACH)] = 0.87
    w: Number = 1.0
    b: Number = 0.0


@dataclass(frozen=True, eq=False, repr=False)
class UnitCurve(Compared):
    """One unit over x.

    value, slope    at the place read off; at a joint those of its lower side, as 0 counts as off
    values, slopes  (n, 2) paths of both, one more after each jump
    """

    name: str
    value: float
    slope: float
    values: tuple[Array, ...]
    slopes: tuple[Array, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """The pre-activation read off, and what each unit makes of it."""

    state: State
    z: float
    curves: tuple[UnitCurve, ...]


def ask(state: State) -> Answer:
    """Return value and slope of the step, the sigmoid, tanh and ReLU, at a place and as curves."""
    return Answer(state, state.w * state.x + state.b, tuple(_curve(UNITS[name], state) for name in SHOWN))


def _curve(unit: Unit, state: State) -> UnitCurve:
    def value(x: Array) -> Array:
        return unit.value(state.w * x + state.b)

    def slope(x: Array) -> Array:
        return state.w * unit.derivative(state.w * x + state.b)

    at, parts = np.array(state.x), _stretches(unit, state)
    smooth = _path(value, np.unique(np.concatenate(parts)))
    values = tuple(_level(value, x) for x in parts) if unit.name == "step" else (smooth,)
    slopes = tuple(_level(slope, x) if len(x) == 2 else _path(slope, x) for x in parts)
    return UnitCurve(unit.name, float(value(at)), float(slope(at)), values, slopes)


def _stretches(unit: Unit, state: State) -> list[Array]:
    """Places between two joints: the ends of a straight stretch, many places of a curved one."""
    bends = (0.0,) if unit.name == "step" else unit.joints
    if bends is None:
        return [np.linspace(-REACH, REACH, PLACES)]
    joints = [] if state.w == 0 else [(bend - state.b) / state.w for bend in bends]
    inside = sorted(x for x in joints if -REACH < x < REACH)
    return [np.array(pair) for pair in zip([-REACH, *inside], [*inside, REACH], strict=True)]


def _path(function: Callable[[Array], Array], x: Array) -> Array:
    return np.column_stack([x, function(x)])


def _level(function: Callable[[Array], Array], x: Array) -> Array:
    """A stretch on which the function is constant, so that its ends are not those of a jump."""
    return np.column_stack([x, np.full(2, function(np.array(x.mean())))])
