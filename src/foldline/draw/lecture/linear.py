"""Linear models: the least-squares line and its bowl, and the line between salmon and sea bass."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...colour import hexes, ramp
from ...lecture import fish as fish_question
from ...lecture import line as line_question
from ..paper import COLOURS, INK, PALE, PAPER, SOFT, Sheet, note, number, panel, points, polygons, segments, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

LEVELS = 11  # rings of the bowl
BOWL = ((0.97, 0.02, 255), (0.80, 0.09, 250), (0.55, 0.13, 255))
ENDS = np.array([20.0, 120.0])  # cm; lines are drawn past both ends of the panel
LENGTHS, BRIGHTNESS = (31.0, 109.0), (0.0, 10.4)


def line(answer: line_question.Answer) -> Sheet:
    """Draw 1-D linear regression: the line with its residual squares, the loss bowl, and the descent into it."""
    fit, path, gradient = answer.fit, answer.descent, answer.gradient
    offset, slope = fit.weights[0]
    page = sheet(
        "ABC",
        [
            ("offset φ₀, closed form", number(offset, 6)),
            ("slope φ₁, closed form", number(slope, 6)),
            ("least sum of squares", number(fit.loss, 6)),
            ("gradient at the start", f"({number(gradient[0], 3)}, {number(gradient[1], 3)})"),
            (f"sum of squares after {answer.state.steps} steps", number(path.losses[-1], 6)),
        ],
        height=3.7,
        widths=(1.05, 1, 0.85),
    )
    _residual_squares(page.panels["A"], answer)
    _bowl(page.panels["B"], answer)
    _descent(page.panels["C"], answer)
    return page


def _residual_squares(ax: Axes, answer: line_question.Answer) -> None:
    samples, fit = answer.samples, answer.fit
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


def _bowl(ax: Axes, answer: line_question.Answer) -> None:
    """Level lines of the loss are ellipses, drawn from the closed form of the answer."""
    fit, path, best = answer.fit, answer.descent, answer.fit.weights[0]
    across = np.linalg.inv(np.linalg.cholesky(answer.curvature)).T
    circle = np.array([[np.cos(t), np.sin(t)] for t in np.linspace(0, 2 * np.pi, 241)])
    heights = float(path.losses[0] - fit.loss) * np.linspace(1.25, 0, LEVELS, endpoint=False) ** 2
    shapes = [best + np.sqrt(h) * circle @ across.T for h in heights]
    polygons(ax, shapes, list(hexes(ramp(BOWL, LEVELS))), edge=PAPER, width=0.8)
    ax.plot(path.path[:, 0], path.path[:, 1], color=INK, lw=1.2)
    ax.plot(path.path[:, 0], path.path[:, 1], "o", color=INK, ms=2.6)
    ax.plot(*best, "*", color=COLOURS[1], ms=15, mec=PAPER, mew=0.9)
    panel(ax, "The bowl: the same loss over (φ₀, φ₁)", x="offset φ₀", y="slope φ₁")
    note(ax, "start", answer.state.phi, (5, 6), weight="bold", ha="left")
    note(ax, "closed form", (best[0], best[1]), (52, 52), arrow=True)


def _descent(ax: Axes, answer: line_question.Answer) -> None:
    fit, steps = answer.fit, answer.state.steps
    ax.semilogy(answer.descent.losses, color=COLOURS[0])
    ax.axhline(fit.loss, color=COLOURS[1], lw=1.6, ls=(0, (4, 2)))
    panel(ax, "Descent falls towards it", x="step", y="sum of squares", xlim=(0, steps))
    note(ax, "least possible", (steps, fit.loss), (0, 8), colour=COLOURS[1], ha="right", weight="bold")


def two_fish(apart: fish_question.Answer, mixed: fish_question.Answer) -> Sheet:
    """Draw salmon and sea bass twice: apart, with the widest line; mixed, with the proof and the fewest errors."""
    page = sheet("AB", _fish_numbers(apart, mixed), height=4.4, per_row=5)
    _apart(page.panels["A"], apart)
    _mixed(page.panels["B"], mixed)
    return page


def _fish_numbers(apart: fish_question.Answer, mixed: fish_question.Answer) -> list[tuple[str, str]]:
    common = ", ".join(number(float(v), 3) for v in mixed.separation.common_point or ())
    return [
        ("left: errors of the widest line", str(apart.errors)),
        ("its margin", number(apart.separation.margin, 6)),
        ("right: a point of both hulls", f"({common})"),
        ("fewest errors of any line", str(mixed.errors)),
        ("both proofs, in rational numbers", "check" if apart.checked and mixed.checked else "fail"),
    ]


def _crossing(weights: Iterable[Any], shift: float = 0.0) -> Array:
    """The ends of the line b + w.x = shift across the panel, (2, 2)."""
    b, w1, w2 = (float(v) for v in weights)
    return np.column_stack([ENDS, (shift - b - w1 * ENDS) / w2])


def _apart(ax: Axes, answer: fish_question.Answer) -> None:
    wide = answer.separation
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


def _mixed(ax: Axes, answer: fish_question.Answer) -> None:
    """Both hulls with a common point, and the widest of the lines that make the fewest errors."""
    samples, fewest = answer.samples, answer.fewest
    panel(ax, "Mixed: a point in both hulls, so no line", x="length (cm)", y="", xlim=LENGTHS, ylim=BRIGHTNESS)
    for k, corners in enumerate(answer.hulls):
        ax.fill(*corners.T, color=PALE[k], alpha=0.45, lw=0)
        segments(ax, np.stack([corners, np.roll(corners, -1, axis=0)], axis=1), colour=COLOURS[k], width=0.9)
    segments(ax, [_crossing(answer.line)], width=1.6, style=(0, (5, 3)))
    points(ax, samples, names=False)
    wrong = samples.inputs[list(fewest.wrong if fewest else ())]
    ax.plot(wrong[:, 0], wrong[:, 1], "x", color=INK, ms=11, mew=1.8, zorder=4)
    common = tuple(float(v) for v in answer.separation.common_point or ())
    ax.plot(*common, "*", color=INK, ms=15, mec=PAPER, mew=1, zorder=5)
    note(ax, "in both hulls", (common[0], common[1]), (86, -42), arrow=True, weight="bold")
    note(ax, f"the best line: {answer.errors} wrong (×)", (0.03, 0.96), ha="left", share=True)
    ax.set(xlim=LENGTHS, ylim=BRIGHTNESS)
