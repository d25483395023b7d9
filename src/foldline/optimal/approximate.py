"""Shallow networks that follow a function of one input, with a proved largest error over the whole interval.

The proof is about the real-number function that the stored weights define, not about the points it was built from.
Where the curvature keeps its sign, the network's error swings between -e at the joints and +e between them; every
piecewise-linear function with a smaller error would need one more joint in each such stretch, so that the joints
are the best there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray

from ..errors import BudgetError, InputError
from ..network import Network
from ..same import Compared
from .curve import GIVE, HALVINGS, INFLECTION_SAMPLES, SAMPLES, Curve, Function, count_units, values_of
from .gap import bounds_of, exact_path, least_units
from .interval import Interval

Array = NDArray[np.float64]

INTERVAL, CURVATURE, LIPSCHITZ = "interval arithmetic", "curvature bound", "Lipschitz bound"

HEADROOM = 1 - 2.0**-8  # built for a little less than is asked, so that a proof by PIECES stretches suffices


@dataclass(frozen=True, eq=False, repr=False)
class Approximation(Compared):
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
    curve = Curve(function, a, b)
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
    return _proved(curve, network, x, bounds_of(curve, network, x, hi))


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
    n = count_units(lipschitz * (b - a) * (0.5 + tails) / (tolerance * HEADROOM))
    grid = np.linspace(a, b, n + 1)
    values, h = values_of(function, grid), (b - a) / n
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


def _even(function: Function, ends: tuple[float, float], tolerance: float, kind: str, bound: float) -> Approximation:
    a, b = ends
    if kind == "lipschitz":
        n = count_units(bound * (b - a) / (2 * tolerance * HEADROOM))
    else:
        n = count_units((b - a) * np.sqrt(bound / (8 * tolerance * HEADROOM)))
    knots = np.linspace(a, b, n + 1)
    values = values_of(function, knots)
    network = _through(knots, values)
    heights, _ = exact_path(network, knots)
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


def _best(function: Function, ends: tuple[float, float], tolerance: float) -> Approximation:
    curve = Curve(function, *ends)
    _feasible(curve, tolerance)
    while True:
        x, heights = curve.knots(tolerance * HEADROOM)
        network = _through(x, heights)
        bounds = bounds_of(curve, network, x, tolerance)
        failed = np.flatnonzero(bounds > tolerance)
        if not failed.size:
            return _proved(curve, network, x, bounds)
        count_units(len(x) + len(failed))
        middles = ((x[failed] + x[failed + 1]) / 2).tolist()
        if not set(middles) - {*x.tolist(), *curve.splits}:
            raise InputError(
                f"approximate needs a function that intervals can follow; got one that they cannot at x = "
                f"{x[failed[0]]:g}. {GIVE}"
            )
        curve.splits += middles


# Heights of the network and of the function are rounded by a few units in the last place each, the proof by as many.
ROUNDING_SHARE = 2.0**-12


def _feasible(curve: Curve, tolerance: float) -> None:
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
    count_units((curve.b - curve.a) * float(np.mean(np.sqrt(np.abs(curve.bend(x)) / (16 * tolerance)))))


def _proved(curve: Curve, network: Network, x: Array, bounds: Array) -> Approximation:
    error = float(bounds.max())
    least = least_units(curve, error) if np.isfinite(error) else 0
    network, joints = _busy(network, x[:-1])
    return Approximation(network, (curve.a, curve.b), error, INTERVAL, joints, least)


def _busy(network: Network, joints: Array) -> tuple[Network, Array]:
    """The units that do something, one at least: a flat stretch at the left end has a unit of weight 0."""
    busy = network.weights[1][0] != 0
    busy[0] |= not busy.any()
    W, v = network.weights
    b, c = network.biases
    return Network([W[busy], v[:, busy]], [b[busy], c]), joints[busy]
