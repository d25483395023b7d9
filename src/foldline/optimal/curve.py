"""A function of one input with its enclosures: where it bends which way, and how far a segment of a path may reach."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BudgetError, InputError
from .interval import Jet, enclose

Array = NDArray[np.float64]
Function = Callable[[Any], Any]

MOST_UNITS = 1_000_000  # beyond it the weights alone take tens of megabytes: refuse before building
SAMPLES = 65  # points that look for the largest deviation; three nested looks place it to 1e-10 of the swing
INFLECTION_SAMPLES = 2049  # places where the curvature's sign is read; a sign change missed costs joints, not truth
MOST_STRETCHES = 10_000  # in which kinks are looked for at once; more are no single kinks
KINK_ROUNDINGS = 4  # a kink is placed to so many roundings of the interval's larger end
ARC_SAMPLES = 9  # inside an arc, whose curvature has one sign but for single zeros
HALVINGS = 52  # of an interval of doubles
GIVE = "Give lipschitz=L where |f(x) - f(y)| <= L |x - y|, or curvature=C where |f''| <= C."


class Curve:
    """A function with its enclosures: where it bends which way, and how far a segment may reach."""

    def __init__(self, function: Function, a: float, b: float) -> None:
        self.function, self.a, self.b = function, a, b
        self.splits: list[float] = []  # places where a proof failed; knots are forced there
        x = np.linspace(a, b, INFLECTION_SAMPLES)
        self(x)
        self.finest = KINK_ROUNDINGS * float(np.finfo(np.float64).eps) * max(abs(a), abs(b))
        self.steepest = 0.0, a  # how far the function may change over a kink, and where
        kinks = self._kinks(x)
        bend = self.bend(x)
        x, bend = x[bend != 0], bend[bend != 0]
        turns = np.flatnonzero(bend[1:] * bend[:-1] < 0)
        inflections = self._inflections(x[turns], x[turns + 1], bend[turns])
        marks = [*kinks, *(float(t) for t in inflections if all(abs(t - k) > 4 * self.finest for k in kinks))]
        self.arcs = [a, *sorted(t for t in marks if a + 2 * self.finest < t < b - 2 * self.finest), b]

    def __call__(self, x: Array) -> Array:
        return values_of(self.function, x)

    def jet(self, lo: Array, hi: Array) -> Jet:
        try:
            return enclose(self.function, lo, hi)
        except (TypeError, AttributeError, ValueError) as error:
            raise InputError(
                "approximate needs a function made of + - * / ** and NumPy's exp, log, sqrt, sin, cos, tanh, arctan, "
                f"square, abs, maximum, minimum, clip; got one that fails on intervals ({error}). {GIVE}"
            ) from error

    def bend(self, x: Array) -> Array:
        """The curvature at points, as far as doubles tell; 0 where they do not tell its sign, or it has no bound."""
        curvature = self.jet(x, x).curvature
        told = np.isfinite(curvature.lo) & np.isfinite(curvature.hi) & ((curvature.lo > 0) | (curvature.hi < 0))
        return np.where(told, np.where(told, curvature.lo, 0.0) / 2 + np.where(told, curvature.hi, 0.0) / 2, 0.0 * x)

    def _kinks(self, x: Array) -> list[float]:
        """Places without a second derivative: stretches whose curvature has no bound, halved while doubles can."""
        lo, hi = x[:-1], x[1:]
        while True:
            jet, flat = self.jet(lo, hi), np.zeros(len(lo))
            unbounded = ~np.isfinite(flat + jet.curvature.lo) | ~np.isfinite(flat + jet.curvature.hi)
            lo, hi, change = lo[unbounded], hi[unbounded], (flat + jet.value.hi - jet.value.lo)[unbounded]
            if not lo.size or (hi - lo).max() <= self.finest:
                break
            if lo.size > MOST_STRETCHES:
                raise InputError(
                    f"approximate needs a function with a bounded curvature but for single kinks; got one without "
                    f"around x = {lo[lo.size // 2]:g}, as far as intervals tell. {GIVE}"
                )
            middle = (lo + hi) / 2
            lo, hi = np.ravel([lo, middle], order="F"), np.ravel([middle, hi], order="F")
        if lo.size:
            change = np.where(np.isnan(change), np.inf, change)
            worst = int(change.argmax())
            self.steepest = float(change[worst]), _shortest(lo[worst], hi[worst])
        apart = np.flatnonzero(lo[1:] > hi[:-1])
        return [_shortest(*ends) for ends in zip(lo[[0, *apart + 1]], hi[[*apart, -1]], strict=True)] if lo.size else []

    def _sign(self, lo: float, hi: float) -> float:
        """Which way an arc bends; at single places, as the middle of x^4, it may not.  0 for a straight one."""
        bend = self.bend(np.linspace(lo, hi, ARC_SAMPLES + 2)[1:-1])  # its ends are beside the true ones by a rounding
        return float(np.sign(bend[np.abs(bend).argmax()]))

    def _inflections(self, lo: Array, hi: Array, sign: Array) -> Array:
        for _ in range(HALVINGS if lo.size else 0):
            middle = (lo + hi) / 2
            same = self.bend(middle) * sign > 0
            lo, hi = np.where(same, middle, lo), np.where(same, hi, middle)
        return lo

    def knots(self, e: float, most: int = MOST_UNITS) -> tuple[Array, Array]:
        """Knots and heights of a path within e of the function, as far as doubles tell, with the fewest knots."""
        marks = sorted({*self.arcs, *self.splits})
        at, offsets = [self.a], [0.0]
        for lo, hi in pairwise(marks):
            sign = self._sign(lo, hi)
            if lo == self.a:
                offsets[0] = -sign * e
            last = -sign * e if hi == self.b else 0.0
            while at[-1] < hi:
                self._advance(at, offsets, hi, last, sign, e)
                if len(at) - 1 > most:
                    raise BudgetError(f"approximate needs more than {most} units for an error of {e:g}. Ask for less.")
        x = np.array(at)
        return x, self(x) + np.array(offsets)

    def _advance(self, at: list[float], offsets: list[float], hi: float, last: float, sign: float, e: float) -> None:
        start, offset = at[-1], offsets[-1]
        if self._swing(start, hi, offset, last, sign) <= e:
            at.append(hi)
            offsets.append(last)
            return
        if self._swing(start, hi, offset, -sign * e, sign) <= e:
            # Ending just before hi would leave a sliver from there whose slope intervals cannot hold.
            at.append(hi)
            offsets.append(self._nearest_end(start, hi, offset, last, sign, e))
            return
        near, far = start, hi
        for _ in range(HALVINGS):
            middle = (near + far) / 2
            if middle in (near, far):
                break
            near, far = (middle, far) if self._swing(start, middle, offset, -sign * e, sign) <= e else (near, middle)
        at.append(near if near > start else far)
        offsets.append(-sign * e)

    def _nearest_end(self, lo: float, hi: float, start: float, last: float, sign: float, e: float) -> float:
        """The end offset nearest to ``last``, which swings too far, that does not."""
        good = -sign * e
        for _ in range(HALVINGS):
            middle = (good + last) / 2
            good, last = (middle, last) if self._swing(lo, hi, start, middle, sign) <= e else (good, middle)
        return good

    def _swing(self, lo: float, hi: float, start: float, end: float, sign: float) -> float:
        """The largest sign * (chord - function) on a segment whose ends are off by start and end."""
        p, q = self(np.array([lo, hi])) + np.array([start, end])
        left, right, most = lo, hi, -np.inf
        for _ in range(3):
            x = np.linspace(left, right, SAMPLES)
            t = (x - lo) / (hi - lo)
            swing = sign * (p + t * (q - p) - self(x))
            k = int(swing.argmax())
            most = max(most, float(swing[k]))
            left, right = float(x[max(k - 1, 0)]), float(x[min(k + 1, SAMPLES - 1)])
        return most


def _shortest(lo: float, hi: float) -> float:
    """A number of an interval with few decimals, since kinks mostly stand on such."""
    middle = (lo + hi) / 2
    return next((t for t in (round(middle, digits) + 0.0 for digits in range(18)) if lo <= t <= hi), middle)


def count_units(needed: float) -> int:
    if needed > MOST_UNITS:
        raise BudgetError(f"approximate needs {needed:.3g} units for this; got a budget of {MOST_UNITS}. Ask for less.")
    return max(1, ceil(needed))


def values_of(function: Function, x: Array) -> Array:
    try:
        with np.errstate(all="ignore"):  # what is no number is refused below
            found = function(x)
    except (TypeError, ValueError):  # one of a single number: math.sin, or with an if in it
        found = np.array([_value(function, place) for place in x.tolist()])
    values = np.asarray(found, dtype=np.float64) + np.zeros_like(x)
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise InputError(f"approximate needs a finite function; got {values[bad[0]]} at x = {x[bad[0]]:g}.")
    return values


def _value(function: Callable[[Any], Any], place: float) -> float:
    try:
        return float(function(place))
    except (TypeError, ValueError, ArithmeticError) as error:
        raise InputError(
            f"approximate needs a function of a number; got one that fails at x = {place:g} ({error}). "
            "Give one that is defined on the whole interval."
        ) from error
