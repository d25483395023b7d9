"""Shallow networks that follow a function of one input, with a proved largest error over the whole interval.

The proof is about the real-number function that the stored weights define, not about the points it was built from.
Where the curvature keeps its sign, the network's error swings between -e at the joints and +e between them; every
piecewise-linear function with a smaller error would need one more joint in each such stretch, so that the joints
are the best there are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil, exp
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BudgetError, InputError
from ..network import Network
from .interval import Interval, Jet, enclose

Array = NDArray[np.float64]
Function = Callable[[Any], Any]

INTERVAL, CURVATURE, LIPSCHITZ = "interval arithmetic", "curvature bound", "Lipschitz bound"

MOST_UNITS = 1_000_000  # beyond it the weights alone take tens of megabytes: refuse before building
HEADROOM = 1 - 2.0**-8  # built for a little less than is asked, so that a proof by PIECES stretches suffices
PIECES = 32  # stretches a joint-to-joint segment is proved in; their chords add 1/PIECES^2 of the swing to the bound
KINK_SHARE = 2.0**-10  # of the target: over a kink a stretch is halved until its bound is that small, or PROOF_ROUNDS
PROOF_ROUNDS = 20  # halvings of a stretch that is not proved yet: a millionth of a segment
SAMPLES = 65  # points that look for the largest deviation; three nested looks place it to 1e-10 of the swing
INFLECTION_SAMPLES = 2049  # places where the curvature's sign is read; a sign change missed costs joints, not truth
MOST_STRETCHES = 10_000  # in which kinks are looked for at once; more are no single kinks
KINK_ROUNDINGS = 4  # a kink is placed to so many roundings of the interval's larger end
ARC_SAMPLES = 9  # inside an arc, whose curvature has one sign but for single zeros
HALVINGS = 52  # of an interval of doubles


@dataclass(frozen=True, eq=False)
class Approximation:
    """A shallow network and how far it is from the function.

    network      one input, one output, ``units`` hidden units
    interval     where the claim holds
    error        proved: |network(x) - function(x)| <= error for every real x of the interval
    proof        what the claim rests on: "interval arithmetic" (nothing else), "curvature bound" or "Lipschitz bound"
                 (the caller's bound, and the function's values at the joints as returned)
    joints       where units switch, rising, the first at the left end
    least_units  proved: no ReLU network with fewer units stays within ``error`` (0 where nothing was proved)
    """

    network: Network
    interval: tuple[float, float]
    error: float
    proof: str
    joints: Array
    least_units: int

    @property
    def units(self) -> int:
        return self.network.n_hidden


def approximate(
    function: Function,
    interval: tuple[float, float],
    tolerance: float,
    *,
    lipschitz: float | None = None,
    curvature: float | None = None,
) -> Approximation:
    """Return a shallow ReLU network within a tolerance of a function, proved.

    function    takes and gives an array, or with a bound a number; without one it is made of + - * / ** and NumPy's
                exp, log, sqrt, sin, cos, tanh, arctan, square, abs, maximum, minimum, clip, and proved by interval
                arithmetic; joints are the best there are on each smooth part, and stand on every kink
    lipschitz   instead: |f(x) - f(y)| <= lipschitz |x - y|; even joints, any f
    curvature   instead: |f''| <= curvature; even joints, any f
    raises      InputError if the function cannot be bounded; BudgetError if it would take over a million units
    cost        about a millisecond a joint
    source      lecture 3, "Universal approximation theorem"; error of a chord: h^2 max|f''| / 8

    >>> a = approximate(np.sin, (0.0, 3.0), 0.01)
    >>> a.units, a.error <= 0.01, a.proof
    (7, True, 'interval arithmetic')
    """
    a, b = _interval("approximate", interval)
    if not tolerance > 0:
        raise InputError(f"approximate needs a tolerance above 0; got {tolerance}.")
    for name, bound in (("lipschitz", lipschitz), ("curvature", curvature)):
        if bound is not None:
            if not (np.isfinite(bound) and bound >= 0):
                raise InputError(f"approximate needs {name} finite and >= 0; got {bound}.")
            return _even(function, (a, b), tolerance, name, float(bound))
    return _best(function, (a, b), tolerance)


def approximate_with(function: Function, interval: tuple[float, float], units: int) -> Approximation:
    """Return the closest shallow ReLU network with so many units that this construction finds, error proved.

    units    hidden units at most; one carries the first slope, so that units - 1 joints lie inside
    cost     some fifty constructions
    raises   as ``approximate`` without bounds; InputError if the function has more arcs than units

    >>> approximate_with(np.square, (0.0, 1.0), 4).units
    4
    """
    a, b = _interval("approximate_with", interval)
    if units < 1:
        raise InputError(f"approximate_with needs at least 1 unit; got {units}.")
    curve = _Curve(function, a, b)
    if units < len(curve.arcs) - 1:
        raise InputError(
            f"approximate_with needs a unit for each of the {len(curve.arcs) - 1} arcs on which the function bends one "
            f"way; got {units}. Take more units."
        )
    values = curve(np.linspace(a, b, SAMPLES))
    hi = float(values.max() - values.min()) or 1.0
    while len(curve.knots(hi)[0]) - 1 > units:
        hi *= 2
    lo = 0.0
    for _ in range(HALVINGS):
        middle = (lo + hi) / 2
        if middle == lo or middle == hi:
            break
        try:
            fits = len(curve.knots(middle, most=units)[0]) - 1 <= units
        except BudgetError:
            fits = False
        lo, hi = (lo, middle) if fits else (middle, hi)
    x, heights = curve.knots(hi)
    network = _through(x, heights)
    return _proved(curve, network, x, _bounds(curve, network, x, hi))


def approximate_by_sigmoids(
    function: Function, interval: tuple[float, float], tolerance: float, *, lipschitz: float
) -> Approximation:
    """Return a shallow sigmoid network within a tolerance of a function, proved: Cybenko's construction.

    A staircase of steep sigmoids: one step of height f(x_i) - f(x_i-1) half way between neighbours of an even grid of
    spacing h.  Between them the network is a mean of two neighbours' values, at most L h / 2 off; the tails of all
    other steps add L h (e^(-s/2) + e^-s) / (1 - e^-s) for steepness s per spacing.

    lipschitz   |f(x) - f(y)| <= lipschitz |x - y|
    source      Cybenko 1989; lecture 3, "Universal approximation theorem"

    >>> a = approximate_by_sigmoids(np.sin, (0.0, 3.0), 0.05, lipschitz=1.0)
    >>> a.network.activation, a.error <= 0.05
    ('sigmoid', True)
    """
    a, b = _interval("approximate_by_sigmoids", interval)
    if not (tolerance > 0 and np.isfinite(lipschitz) and lipschitz > 0):
        raise InputError(
            f"approximate_by_sigmoids needs a tolerance and a Lipschitz bound above 0; got {tolerance}, {lipschitz}."
        )
    tails = (exp(-STEEPNESS / 2) + exp(-STEEPNESS)) / (1 - exp(-STEEPNESS))
    n = _count(lipschitz * (b - a) * (0.5 + tails) / (tolerance * HEADROOM))
    grid = np.linspace(a, b, n + 1)
    values, h = _values(function, grid), (b - a) / n
    steps, slope = (grid[1:] + grid[:-1]) / 2, STEEPNESS / h
    network = Network(
        [np.full((n, 1), slope), np.diff(values)[None]], [-slope * steps, values[:1]], activation="sigmoid"
    )
    # Rounding: a bias off by one unit in the last place moves its step; heights and places are rounded once each.
    eps = float(np.finfo(np.float64).eps)
    size = max(abs(a), abs(b))
    rounding = lipschitz * (b - a) * eps * (2 + slope * size) + 2 * eps * lipschitz * size
    error = lipschitz * h * (0.5 + tails) + rounding
    return Approximation(network, (a, b), error, LIPSCHITZ, steps, 0)


GIVE = "Give lipschitz=L where |f(x) - f(y)| <= L |x - y|, or curvature=C where |f''| <= C."
STEEPNESS = 20.0  # of a sigmoid per grid spacing: its tails add 5e-5 of a step, the steps stay visible to descent


def _interval(who: str, interval: tuple[float, float]) -> tuple[float, float]:
    a, b = map(float, interval)
    if not (np.isfinite([a, b]).all() and a < b):
        raise InputError(f"{who} needs a finite interval with lo < hi; got ({a:g}, {b:g}).")
    return a, b


def _count(needed: float) -> int:
    if needed > MOST_UNITS:
        raise BudgetError(f"approximate needs {needed:.3g} units for this; got a budget of {MOST_UNITS}. Ask for less.")
    return max(1, ceil(needed))


def _values(function: Function, x: Array) -> Array:
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


def _even(function: Function, ends: tuple[float, float], tolerance: float, kind: str, bound: float) -> Approximation:
    a, b = ends
    if kind == "lipschitz":
        n = _count(bound * (b - a) / (2 * tolerance * HEADROOM))
    else:
        n = _count((b - a) * np.sqrt(bound / (8 * tolerance * HEADROOM)))
    knots = np.linspace(a, b, n + 1)
    values = _values(function, knots)
    network = _through(knots, values)
    heights, _ = _exact_path(network, knots)
    h = np.diff(knots)
    # From the nearer end the function moves at most L h / 2 away from its value there; a chord sags by h^2 |f''| / 8.
    between = bound * h / 2 if kind == "lipschitz" else bound * h**2 / 8
    off = (heights - Interval.of(values)).magnitude
    total = _outward_sum(np.maximum(off[1:], off[:-1]), between)
    return Approximation(
        network, ends, float(total.max()), LIPSCHITZ if kind == "lipschitz" else CURVATURE, knots[:-1], 0
    )


def _outward_sum(x: Array, y: Array) -> Array:
    """An upper bound of x + y, where y carries a few roundings itself."""
    return (x + y) * (1 + 16 * np.finfo(np.float64).eps)


def _through(knots: Array, values: Array) -> Network:
    """The ReLU network through points: a unit a segment, relu(x - knot), each adding the change of slope."""
    slopes = np.diff(values) / np.diff(knots)
    changes = np.diff(slopes, prepend=0.0)
    return Network([np.ones((len(slopes), 1)), changes[None]], [-knots[:-1], values[:1]])


def _exact_path(network: Network, knots: Array) -> tuple[Interval, Interval]:
    """Intervals of a ``_through`` network's true heights at the knots and slopes between them, summed exactly."""
    at, height, slope = [Fraction(t) for t in knots.tolist()], Fraction(float(network.biases[1][0])), Fraction(0)
    heights, slopes = [height], []
    for k, change in enumerate(network.weights[1][0].tolist()):
        slope += Fraction(change)
        height += slope * (at[k + 1] - at[k])
        heights.append(height)
        slopes.append(slope)
    return _nearest(heights), _nearest(slopes)


def _nearest(values: list[Fraction]) -> Interval:
    floats = np.array([float(v) for v in values])
    return Interval(np.nextafter(floats, -np.inf), np.nextafter(floats, np.inf))


class _Curve:
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
        return _values(self.function, x)

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


def _best(function: Function, ends: tuple[float, float], tolerance: float) -> Approximation:
    curve = _Curve(function, *ends)
    _feasible(curve, tolerance)
    while True:
        x, heights = curve.knots(tolerance * HEADROOM)
        network = _through(x, heights)
        bounds = _bounds(curve, network, x, tolerance)
        failed = np.flatnonzero(bounds > tolerance)
        if not failed.size:
            return _proved(curve, network, x, bounds)
        _count(len(x) + len(failed))
        middles = ((x[failed] + x[failed + 1]) / 2).tolist()
        if not set(middles) - {*x.tolist(), *curve.splits}:
            raise InputError(
                f"approximate needs a function that intervals can follow; got one that they cannot at x = "
                f"{x[failed[0]]:g}. {GIVE}"
            )
        curve.splits += middles


# Heights of the network and of the function are rounded by a few units in the last place each, the proof by as many.
ROUNDING_SHARE = 2.0**-12


def _feasible(curve: _Curve, tolerance: float) -> None:
    """Refuse before the work what doubles cannot hold or a million units cannot follow."""
    x = np.linspace(curve.a, curve.b, INFLECTION_SAMPLES)
    value = curve.jet(x, x).value
    rounding = float(np.max(value.hi - value.lo))
    if not rounding <= tolerance * ROUNDING_SHARE:
        raise InputError(
            f"approximate needs a tolerance well above the function's rounding, {rounding:.2g}; got {tolerance:g}. "
            "Ask for less."
        )
    change, at = curve.steepest
    if not change <= tolerance:
        raise InputError(
            f"approximate needs a finite function without jumps; got one that may change by {change:g} at x = {at:g}. "
            "Give an interval without that point, or lipschitz=."
        )
    # A segment of length h takes up h^2 |f''| / 8 = 2 * tolerance of the swing.
    _count((curve.b - curve.a) * float(np.mean(np.sqrt(np.abs(curve.bend(x)) / (16 * tolerance)))))


def _proved(curve: _Curve, network: Network, x: Array, bounds: Array) -> Approximation:
    error = float(bounds.max())
    least = _least_units(curve, error) if np.isfinite(error) else 0
    network, joints = _busy(network, x[:-1])
    return Approximation(network, (curve.a, curve.b), error, INTERVAL, joints, least)


def _busy(network: Network, joints: Array) -> tuple[Network, Array]:
    """The units that do something, one at least: a flat stretch at the left end has a unit of weight 0."""
    busy = network.weights[1][0] != 0
    busy[0] |= not busy.any()
    W, v = network.weights
    b, c = network.biases
    return Network([W[busy], v[:, busy]], [b[busy], c]), joints[busy]


def _bounds(curve: _Curve, network: Network, x: Array, target: float) -> Array:
    """An upper bound of |network - function| on each segment; stretches above the target are halved and tried again."""
    path = _Path(network, x)
    share = np.linspace(0, 1, PIECES + 1)
    grid = x[:-1, None] + np.diff(x)[:, None] * share
    grid[:, -1] = x[1:]
    lo, hi = grid[:, :-1].ravel(), grid[:, 1:].ravel()
    segment = np.repeat(np.arange(len(x) - 1), PIECES)
    bounds = np.zeros(len(x) - 1)
    for turn in range(PROOF_ROUNDS + 1):
        worst, least = _largest_gap(curve, path, segment, lo, hi, target)
        again = (worst > least) & (turn < PROOF_ROUNDS)
        np.maximum.at(bounds, segment[~again], worst[~again])
        if not again.any():
            break
        middle = (lo[again] + hi[again]) / 2
        lo, hi = np.concatenate([lo[again], middle]), np.concatenate([middle, hi[again]])
        segment = np.tile(segment[again], 2)
    return bounds


class _Path:
    """A ``_through`` network as intervals of its true heights."""

    def __init__(self, network: Network, x: Array) -> None:
        self.x = x
        self.heights, self.slopes = _exact_path(network, x)

    def slope(self, segment: NDArray[np.intp]) -> Interval:
        return Interval(self.slopes.lo[segment], self.slopes.hi[segment])

    def height(self, segment: NDArray[np.intp], at: Array) -> Interval:
        reach = Interval.of(at) - Interval.of(self.x[segment])
        return Interval(self.heights.lo[segment], self.heights.hi[segment]) + self.slope(segment) * reach


@np.errstate(invalid="ignore")  # what has no bound is infinite, and differences of such are NaN: no bound either
def _largest_gap(
    curve: _Curve, path: _Path, segment: NDArray[np.intp], lo: Array, hi: Array, target: float
) -> tuple[Array, Array]:
    """The least of three upper bounds of |network - function| on stretches, and what is small enough there.

    From the ends' gaps and the curvature, h^2 |f''| / 8; from them and h / 2 times the gap's slope, which holds over
    kinks; from the heights alone, which holds where the function is infinitely steep, as sqrt at 0.
    The target is small enough, over a kink a small share of it; and no halving takes away the gap at an end.
    """
    jet, width = curve.jet(lo, hi), Interval.of((hi - lo) * (1 + np.finfo(np.float64).eps))
    left, right = path.height(segment, lo), path.height(segment, hi)
    ends = (left - curve.jet(lo, lo).value).hull(right - curve.jet(hi, hi).value)
    heights = left.hull(right) - jet.value
    sag = width.square().hi * 0.125
    drift = (path.slope(segment) - jet.slope).magnitude * width.hi * 0.5
    gaps = [
        (ends.lo + np.minimum(jet.curvature.lo, 0) * sag, ends.hi + np.maximum(jet.curvature.hi, 0) * sag),
        (ends.lo - drift, ends.hi + drift),
        (heights.lo, heights.hi),
    ]
    worst = [np.maximum(np.abs(down), np.abs(up)) for down, up in gaps]
    bounds = np.array([np.where(np.isnan(w), np.inf, w) for w in worst])
    enough = np.where(np.isfinite(bounds[0]), target, target * KINK_SHARE)
    enough = np.maximum(enough, ends.magnitude * (1 + KINK_SHARE))
    return bounds.min(axis=0) * (1 + 4 * np.finfo(np.float64).eps), enough


def _least_units(curve: _Curve, e: float) -> int:
    """A proved number of joints that every piecewise-linear function within e of the function has.

    If a line is within e at p < q < r, the function at q is within 2 e of the chord from p to r.  Where interval
    arithmetic shows that it is not, there is a joint between p and r; such stretches are laid side by side.
    """
    grid = np.linspace(curve.a, curve.b, INFLECTION_SAMPLES)
    values = curve(grid)
    left, count = 0, 0
    while left < len(grid) - 2:
        right = _first_bend(grid, values, left, 2 * e)
        if right is None:
            break
        chord = values[left] + (values[right] - values[left]) * (grid[left : right + 1] - grid[left]) / (
            grid[right] - grid[left]
        )
        q = left + int(np.abs(values[left : right + 1] - chord).argmax())
        count += _bends(curve, grid[left], grid[q], grid[right], e)
        left = right
    return count


def _first_bend(grid: Array, values: Array, left: int, most: float) -> int | None:
    """The first grid point whose chord from ``left`` leaves some value between by more than ``most``."""
    lowest, highest = -np.inf, np.inf  # slopes from ``left`` that pass every point so far within ``most``
    for k in range(left + 1, len(grid)):
        run = grid[k] - grid[left]
        slope = (values[k] - values[left]) / run
        if not lowest <= slope <= highest:
            return k
        lowest = max(lowest, slope - most / run)
        highest = min(highest, slope + most / run)
    return None


def _bends(curve: _Curve, p: float, q: float, r: float, e: float) -> bool:
    at = np.array([p, q, r])
    f = curve.jet(at, at).value
    values = [Interval(f.lo[k], f.hi[k]) for k in range(3)]
    t = (Interval.of(q) - p) * (Interval.of(r) - p).reciprocal()
    gap = values[1] - (values[0] + t * (values[2] - values[0]))
    return bool(max(gap.lo, -gap.hi) > 2 * e)
