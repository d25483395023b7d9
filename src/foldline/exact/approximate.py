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
PROOF_ROUNDS = 20  # halvings of a stretch that is not proved yet: a millionth of a segment
SAMPLES = 65  # points that look for the largest deviation; three nested looks place it to 1e-10 of the swing
INFLECTION_SAMPLES = 2049  # places where the curvature's sign is read; a sign change missed costs joints, not truth
ARC_SAMPLES = 9  # of an arc, whose curvature has one sign but for single zeros
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
                exp, log, sqrt, sin, cos, tanh, arctan, square, and proved by interval arithmetic with the best joints
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

    units    hidden units; one carries the first slope, so that units - 1 joints lie inside
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
        bend = self.bend(x)
        x, bend = x[bend != 0], bend[bend != 0]
        turns = np.flatnonzero(bend[1:] * bend[:-1] < 0)
        self.arcs = [a, *self._inflections(x[turns], x[turns + 1], bend[turns]).tolist(), b]

    def __call__(self, x: Array) -> Array:
        return _values(self.function, x)

    def jet(self, lo: Array, hi: Array) -> Jet:
        try:
            return enclose(self.function, lo, hi)
        except (TypeError, AttributeError) as error:
            raise InputError(
                f"approximate needs a function made of + - * / ** and NumPy's exp, log, sqrt, sin, cos, tanh, arctan, "
                f"square; got one that fails on intervals ({error}). Give lipschitz= or curvature=."
            ) from error

    def bend(self, x: Array) -> Array:
        """The curvature at points, as far as doubles tell."""
        curvature = self.jet(x, x).curvature
        middle = (curvature.lo + curvature.hi) / 2
        if not np.isfinite(middle).all():
            at = float(x[int(np.flatnonzero(~np.isfinite(middle))[0])])
            raise InputError(
                f"approximate needs a function with a bounded curvature; got an infinite one at x = {at:g}. "
                "Give lipschitz=, or an interval without that point."
            )
        return np.asarray(middle + np.zeros_like(x))

    def _sign(self, lo: float, hi: float) -> float:
        """Which way an arc bends; at single places, as the middle of x^4, it may not.  0 for a straight one."""
        bend = self.bend(np.linspace(lo, hi, ARC_SAMPLES))
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
        curve.splits += ((x[failed] + x[failed + 1]) / 2).tolist()


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
    # A segment of length h takes up h^2 |f''| / 8 = 2 * tolerance of the swing.
    _count((curve.b - curve.a) * float(np.mean(np.sqrt(np.abs(curve.bend(x)) / (16 * tolerance)))))


def _proved(curve: _Curve, network: Network, x: Array, bounds: Array) -> Approximation:
    error = float(bounds.max())
    least = _least_units(curve, error) if np.isfinite(error) else 0
    return Approximation(network, (curve.a, curve.b), error, INTERVAL, x[:-1], least)


def _bounds(curve: _Curve, network: Network, x: Array, target: float) -> Array:
    """An upper bound of |network - function| on each segment; stretches above the target are halved and tried again."""
    heights, slopes = _exact_path(network, x)
    share = np.linspace(0, 1, PIECES + 1)
    grid = x[:-1, None] + np.diff(x)[:, None] * share
    grid[:, -1] = x[1:]
    lo, hi = grid[:, :-1].ravel(), grid[:, 1:].ravel()
    segment = np.repeat(np.arange(len(x) - 1), PIECES)
    bounds = np.zeros(len(x) - 1)
    for turn in range(PROOF_ROUNDS + 1):
        ends = [_gap(curve, heights, slopes, x, segment, at) for at in (lo, hi)]
        bend = curve.jet(lo, hi).curvature
        sag = Interval.of((hi - lo) * (1 + np.finfo(np.float64).eps)).square() * 0.125
        up = np.maximum(ends[0].hi, ends[1].hi) + np.maximum(bend.hi, 0) * sag.hi
        down = np.minimum(ends[0].lo, ends[1].lo) + np.minimum(bend.lo, 0) * sag.hi
        worst = np.maximum(np.abs(up), np.abs(down)) * (1 + 4 * np.finfo(np.float64).eps)
        worst = np.where(np.isnan(worst), np.inf, worst)
        again = (worst > target) & (turn < PROOF_ROUNDS)
        np.maximum.at(bounds, segment[~again], worst[~again])
        if not again.any():
            break
        middle = (lo[again] + hi[again]) / 2
        lo, hi = np.concatenate([lo[again], middle]), np.concatenate([middle, hi[again]])
        segment = np.tile(segment[again], 2)
    return bounds


def _gap(
    curve: _Curve, heights: Interval, slopes: Interval, x: Array, segment: NDArray[np.intp], at: Array
) -> Interval:
    """Intervals of network minus function at points of segments."""
    reach = Interval.of(at) - Interval.of(x[segment])
    slope = Interval(slopes.lo[segment], slopes.hi[segment])
    height = Interval(heights.lo[segment], heights.hi[segment]) + slope * reach
    return height - curve.jet(at, at).value


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
