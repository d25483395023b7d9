"""Question 9: how many units does a curve take?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Annotated, Any, Literal

import numpy as np

from ..data.book import problem
from ..errors import InputError
from ..optimal.approximate import Approximation, approximate, approximate_by_sigmoids, approximate_with
from ..optimal.shallow_fit import ShallowFit, fit_shallow_globally
from ..same import Compared
from ..samples import Samples
from .handles import Pair, Places, Progress, Span

Function = Callable[[Any], Any]


def wave(x: Any) -> Any:
    """Return the slide's curve, a damped wave."""
    return np.exp(-0.25 * x) * np.sin(2 * x)


TARGETS: dict[str, Function] = {"wave": wave, "sine": np.sin, "bell": lambda x: np.exp(-np.square(x - 3.0))}
WRITTEN = {"wave": "exp(−x/4) sin 2x", "sine": "sin x", "bell": "exp(−(x − 3)²)"}
STEEPEST = {"wave": 2.0156, "sine": 1.0, "bell": 0.85777}  # bounds of |f'|: sqrt(4 + 1/16), 1, sqrt(2 / e), rounded up


@dataclass(frozen=True)
class State:
    """A curve, and how well or with how many units it is to be met.

    target       the curve's name; drawn: corners of one drawn by hand, from left to right, instead
    units        hidden units of the networks that come as close as so many can
    tolerances   largest errors for which the units are counted that are needed
    staircase    largest error of a sum of sigmoids after Cybenko, for a named curve
    best         also settle the book's 20 points: the least sum of squares of any 3 units
    """

    target: Literal["wave", "sine", "bell"] = "wave"
    drawn: Places | None = None
    interval: Pair = (0.0, 6.0)
    units: Annotated[tuple[Annotated[int, Span(1, 1000)], ...], Span(0, 10)] = (6,)
    tolerances: Annotated[tuple[Annotated[float, Span(1e-7, 1e3)], ...], Span(0, 20)] = ()
    staircase: Annotated[float, Span(1e-3, 1e3)] | None = None
    best: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """Networks with their largest error over the whole interval, proved.

    closest   one for each number of units; proved: one for each tolerance, with the least units that can suffice
    staircase a sum of steep sigmoids within a tolerance, where it was asked for
    book      the 20 points of the best fit, where it was asked for
    """

    state: State
    closest: tuple[Approximation, ...]
    proved: tuple[Approximation, ...]
    staircase: Approximation | None
    book: Samples
    best: ShallowFit | None


def ask(state: State, *, callback: Progress | None = None) -> Answer:
    """Return proved approximations of the curve.

    callback   of the proof that no 3 units are better: (choices settled, share)
    cost       a second for 6 units, 0.1 s for a tolerance of 0.01, each once for the same curve
    """
    curve = (state.target, state.drawn, state.interval)
    closest = tuple(_closest(*curve, units) for units in state.units)
    proved = tuple(_proved(*curve, tolerance) for tolerance in state.tolerances)
    book = problem("3.1")
    best = fit_shallow_globally(book, callback=callback) if state.best else None
    return Answer(state, closest, proved, _staircase(state), book, best)


def _staircase(state: State) -> Approximation | None:
    if state.staircase is None:
        return None
    if state.drawn is not None:
        raise InputError("approximation needs a named curve for sigmoids; got one drawn by hand. Leave staircase out.")
    steepest = STEEPEST[state.target]
    return approximate_by_sigmoids(TARGETS[state.target], state.interval, state.staircase, lipschitz=steepest)


@lru_cache(maxsize=64)
def _closest(target: str, drawn: Places | None, interval: Pair, units: int) -> Approximation:
    return approximate_with(target_of(target, drawn), interval, units)


@lru_cache(maxsize=64)
def _proved(target: str, drawn: Places | None, interval: Pair, tolerance: float) -> Approximation:
    return approximate(target_of(target, drawn), interval, tolerance)


def target_of(name: str, drawn: Places | None = None) -> Function:
    """Return the curve of a state: a named one, or the path through corners drawn by hand.

    raises   InputError if the corners do not go from left to right

    >>> float(target_of("", ((0.0, 1.0), (2.0, 5.0), (4.0, 3.0)))(3.0))
    4.0
    """
    if drawn is None:
        return TARGETS[name]
    x, y = np.array(drawn).T
    if len(x) < 2 or (np.diff(x) <= 0).any():
        raise InputError("approximation needs two or more corners, from left to right; got others. Sort them by x.")
    slopes = np.diff(y) / np.diff(x)
    return partial(_through, x[:-1].tolist(), float(y[0]), np.diff(slopes, prepend=0.0).tolist(), float(slopes[0]))


def _through(corners: list[float], first: float, bends: list[float], slope: float, x: Any) -> Any:
    """A path with a bend at each corner, of operations that a proof follows; straight on left of the first."""
    height = (x - corners[0]) * slope + first
    for corner, bend in zip(corners[1:], bends[1:], strict=True):
        height = height + np.maximum(x - corner, 0.0) * bend
    return height
