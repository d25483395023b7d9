"""A proved bound of how far a path is from a function, and of how many joints every path as near must have."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..network import Network
from .curve import INFLECTION_SAMPLES, Curve
from .interval import Interval

Array = NDArray[np.float64]

PIECES = 32  # stretches a joint-to-joint segment is proved in; their chords add 1/PIECES^2 of the swing to the bound
KINK_SHARE = 2.0**-10  # of the target: over a kink a stretch is halved until its bound is that small, or PROOF_ROUNDS
PROOF_ROUNDS = 20  # halvings of a stretch that is not proved yet: a millionth of a segment


def bounds_of(curve: Curve, network: Network, x: Array, target: float) -> Array:
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
        self.heights, self.slopes = exact_path(network, x)

    def slope(self, segment: NDArray[np.intp]) -> Interval:
        return Interval(self.slopes.lo[segment], self.slopes.hi[segment])

    def height(self, segment: NDArray[np.intp], at: Array) -> Interval:
        reach = Interval.of(at) - Interval.of(self.x[segment])
        return Interval(self.heights.lo[segment], self.heights.hi[segment]) + self.slope(segment) * reach


@np.errstate(invalid="ignore")  # what has no bound is infinite, and differences of such are NaN: no bound either
def _largest_gap(
    curve: Curve, path: _Path, segment: NDArray[np.intp], lo: Array, hi: Array, target: float
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


def least_units(curve: Curve, e: float) -> int:
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


def _bends(curve: Curve, p: float, q: float, r: float, e: float) -> bool:
    at = np.array([p, q, r])
    f = curve.jet(at, at).value
    values = [Interval(f.lo[k], f.hi[k]) for k in range(3)]
    t = (Interval.of(q) - p) * (Interval.of(r) - p).reciprocal()
    gap = values[1] - (values[0] + t * (values[2] - values[0]))
    return bool(max(gap.lo, -gap.hi) > 2 * e)


def exact_path(network: Network, knots: Array) -> tuple[Interval, Interval]:
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
