"""Linear models: the least-squares line and its bowl, and the line between salmon and sea bass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...data.fish import fish
from ...data.toys import curve as curve_data
from ...fit.linear import Descent, LinearFit, descend, least_squares
from ...losses import LOSSES, homogeneous, linear_loss
from ...optimal.least_errors import LeastErrors, least_errors
from ...optimal.separate import Separation, errors, separate
from ...samples import Samples
from ..colour import hexes, ramp
from ..paper import COLOURS, INK, PALE, PAPER, SOFT, Sheet, note, number, panel, points, polygons, segments, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

START = (2.6, -1.0)  # (offset, slope) the descent begins with, far enough out to see its path
STEPS = 60
LEVELS = 11  # rings of the bowl
BOWL = ((0.97, 0.02, 255), (0.80, 0.09, 250), (0.55, 0.13, 255))
SPREADS = (0.5, 1.6)  # of the fish: apart, and into each other
FISH, FISH_SEED = 40, 2
ENDS = np.array([20.0, 120.0])  # cm; lines are drawn past both ends of the panel
LENGTHS, BRIGHTNESS = (31.0, 109.0), (0.0, 10.4)


def line() -> Sheet:
    """Draw 1-D linear regression: the line with its residual squares, the loss bowl, and the descent into it."""
    samples = curve_data(lambda x: 0.4 + 0.8 * x, (0, 2), 9, noise=0.3, seed=4)
    fit = least_squares(samples)
    path = descend(samples, steps=STEPS, start=START)
    offset, slope = fit.weights[0]
    _, gradient = linear_loss(LOSSES["squared"], np.array(START), samples.inputs, samples.targets)
    page = sheet(
        "ABC",
        [
            ("offset φ₀, closed form", number(offset, 6)),
            ("slope φ₁, closed form", number(slope, 6)),
            ("least sum of squares", number(fit.loss, 6)),
            ("gradient at the start", f"({number(gradient[0], 3)}, {number(gradient[1], 3)})"),
            (f"sum of squares after {STEPS} steps", number(path.losses[-1], 6)),
        ],
        height=3.7,
        widths=(1.05, 1, 0.85),
    )
    _residual_squares(page.panels["A"], samples, fit)
    _bowl(page.panels["B"], samples, fit, path)
    _descent(page.panels["C"], fit, path)
    return page


def _residual_squares(ax: Axes, samples: Samples, fit: LinearFit) -> None:
    x, y = samples.inputs[:, 0], samples.targets[:, 0]
    offset, slope = fit.weights[0]
    panel(ax, "The line and its squared residuals", x="x", y="y", xlim=(-0.25, 2.45), ylim=(-0.15, 2.55), square=True)
    for a, b, r in zip(x, y, fit.residuals[:, 0], strict=True):
        side = abs(r) if a < 1.9 else -abs(r)
        ax.fill([a, a + side, a + side, a], [b, b, b - r, b - r], color=PALE[1], ec=COLOURS[1], lw=0.8)
    ends = np.array([-0.25, 2.45])
    ax.plot(ends, offset + slope * ends, color=COLOURS[0], lw=2.4)
    ax.plot(x, y, "o", color=INK, ms=5.5, mec=PAPER, mew=0.8)
    note(ax, "y = φ₀ + φ₁ x", (2.2, offset + slope * 2.2), (-34, 30), colour=COLOURS[0], arrow=True, size=9.5)


def _bowl(ax: Axes, samples: Samples, fit: LinearFit, path: Descent) -> None:
    """Level lines of the loss are ellipses, drawn from the closed form: L = least + (phi - best)' X'X (phi - best)."""
    best, X = fit.weights[0], homogeneous(samples.inputs)
    across = np.linalg.inv(np.linalg.cholesky(X.T @ X)).T
    circle = np.array([[np.cos(t), np.sin(t)] for t in np.linspace(0, 2 * np.pi, 241)])
    heights = float(path.losses[0] - fit.loss) * np.linspace(1.25, 0, LEVELS, endpoint=False) ** 2
    shapes = [best + np.sqrt(h) * circle @ across.T for h in heights]
    polygons(ax, shapes, list(hexes(ramp(BOWL, LEVELS))), edge=PAPER, width=0.8)
    ax.plot(path.path[:, 0], path.path[:, 1], color=INK, lw=1.2)
    ax.plot(path.path[:, 0], path.path[:, 1], "o", color=INK, ms=2.6)
    ax.plot(*best, "*", color=COLOURS[1], ms=15, mec=PAPER, mew=0.9)
    panel(ax, "The bowl: the same loss over (φ₀, φ₁)", x="offset φ₀", y="slope φ₁")
    note(ax, "start", START, (5, 6), weight="bold", ha="left")
    note(ax, "closed form", (best[0], best[1]), (52, 52), arrow=True)


def _descent(ax: Axes, fit: LinearFit, path: Descent) -> None:
    ax.semilogy(path.losses, color=COLOURS[0])
    ax.axhline(fit.loss, color=COLOURS[1], lw=1.6, ls=(0, (4, 2)))
    panel(ax, "Descent falls towards it", x="step", y="sum of squares", xlim=(0, STEPS))
    note(ax, "least possible", (STEPS, fit.loss), (0, 8), colour=COLOURS[1], ha="right", weight="bold")


def two_fish() -> Sheet:
    """Draw salmon and sea bass twice: apart, with the widest line; mixed, with the proof and the fewest errors."""
    apart, mixed = (fish(FISH, overlap=spread, seed=FISH_SEED) for spread in SPREADS)
    wide, none, fewest = separate(apart), separate(mixed), least_errors(mixed)
    best = separate(_without(mixed, fewest.wrong))
    page = sheet("AB", _fish_numbers(wide, none, best), height=4.4, per_row=5)
    _apart(page.panels["A"], wide)
    _mixed(page.panels["B"], none, fewest, best)
    return page


def _without(samples: Samples, rows: Sequence[int]) -> Samples:
    kept = np.delete(np.arange(len(samples)), list(rows))
    return replace(samples, inputs=samples.inputs[kept], targets=samples.targets[kept])


def _fish_numbers(wide: Separation, none: Separation, best: Separation) -> list[tuple[str, str]]:
    common = ", ".join(number(float(v), 3) for v in none.common_point or ())
    return [
        ("left: errors of the widest line", str(errors(wide.weights, wide.samples))),
        ("its margin", number(wide.margin, 6)),
        ("right: a point of both hulls", f"({common})"),
        ("fewest errors of any line", str(errors(best.weights, none.samples))),
        ("both proofs, in rational numbers", "check" if wide.check() and none.check() else "fail"),
    ]


def _crossing(weights: Sequence[Any], shift: float = 0.0) -> Array:
    """The ends of the line b + w.x = shift across the panel, (2, 2)."""
    b, w1, w2 = (float(v) for v in weights)
    return np.column_stack([ENDS, (shift - b - w1 * ENDS) / w2])


def _apart(ax: Axes, wide: Separation) -> None:
    weights = wide.weights[0]
    reach = wide.margin * float(np.linalg.norm([float(w) for w in weights[1:]]))
    low, middle, high = (_crossing(weights, shift) for shift in (-reach, 0.0, reach))
    panel(ax, "Apart: the widest line", x="length (cm)", y="brightness", xlim=LENGTHS, ylim=BRIGHTNESS)
    polygons(ax, [np.concatenate([low, high[::-1]])], ["#eef0f3"], width=0)
    segments(ax, [low, high], colour=SOFT, style=":")
    segments(ax, [middle], width=2.2)
    points(ax, wide.samples)
    at = wide.samples.inputs[list(wide.support)]
    ax.scatter(at[:, 0], at[:, 1], s=150, facecolors="none", edgecolors=INK, linewidths=1.3, zorder=4)
    note(ax, "support vectors", tuple(at[0]), (-44, -48), arrow=True)
    ax.legend(loc="lower left")
    ax.set(xlim=LENGTHS, ylim=BRIGHTNESS)


def _mixed(ax: Axes, none: Separation, fewest: LeastErrors, best: Separation) -> None:
    """Both hulls with a common point, and the widest of the lines that make the fewest errors."""
    samples = none.samples
    panel(ax, "Mixed: a point in both hulls, so no line", x="length (cm)", y="", xlim=LENGTHS, ylim=BRIGHTNESS)
    for k in (0, 1):
        corners = hull(samples.inputs[samples.targets[:, 0] == k])
        ax.fill(*corners.T, color=PALE[k], alpha=0.45, lw=0)
        segments(ax, np.stack([corners, np.roll(corners, -1, axis=0)], axis=1), colour=COLOURS[k], width=0.9)
    segments(ax, [_crossing(best.weights[0])], width=1.6, style=(0, (5, 3)))
    points(ax, samples, names=False)
    wrong = samples.inputs[list(fewest.wrong)]
    ax.plot(wrong[:, 0], wrong[:, 1], "x", color=INK, ms=11, mew=1.8, zorder=4)
    common = tuple(float(v) for v in none.common_point or ())
    ax.plot(*common, "*", color=INK, ms=15, mec=PAPER, mew=1, zorder=5)
    note(ax, "in both hulls", (common[0], common[1]), (86, -42), arrow=True, weight="bold")
    note(ax, f"the best line: {fewest.count} wrong (×)", (0.03, 0.96), ha="left", share=True)
    ax.set(xlim=LENGTHS, ylim=BRIGHTNESS)


def hull(at: Array) -> Array:
    """Return the corners of the convex hull of points in the plane, counter-clockwise.

    source   Andrew 1979, the monotone chain
    """
    order = at[np.lexsort((at[:, 1], at[:, 0]))]
    return np.array(_chain(order) + _chain(order[::-1]))


def _chain(order: Array) -> list[Array]:
    """One side of the hull, without its last corner."""
    side: list[Array] = []
    for p in order:
        while len(side) > 1 and _turn(side[-2], side[-1], p) <= 0:
            side.pop()
        side.append(p)
    return side[:-1]


def _turn(a: Array, b: Array, c: Array) -> float:
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))
