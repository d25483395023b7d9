"""Shallow networks of one input: the four steps of the slides, and what they add up to."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from ...lecture.curves import Curve
from ...lecture.shallow import Answer, Steps
from ..paper import BANDS, COLOURS, INK, PAPER, SOFT, Sheet, curve, note, number, panel, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def four_steps(answer: Answer) -> Sheet:
    """Draw the book's three-unit network step by step: linear, ReLU, weighted, summed."""
    page = sheet("ABCS;DEFS;GHIS", _numbers(answer.curve), height=5.0, widths=(1, 1, 1, 2.5), per_row=4)
    for unit, column in enumerate(("ADG", "BEH", "CFI")):
        _unit_column([page.panels[letter] for letter in column], answer.steps[unit], unit, alone=page.slides)
    for row, step in zip(("ABC", "DEF", "GHI"), ("1  linear", "2  ReLU", "3  weighted"), strict=True):
        for letter in row if page.slides else row[0]:
            page.panels[letter].set_ylabel(step, color=INK, size=9.5, weight="bold")
    _sum(page.panels["S"], answer.curve)
    return page


def _numbers(answer: Curve) -> list[tuple[str, str]]:
    ends = [0.0, *answer.joints.tolist(), 1.0]
    spans = [f"piece on [{number(a)}, {number(b)}]" for a, b in pairwise(ends)]
    lines = [f"y = {affine(a, b)}" for a, b in zip(answer.offsets, answer.slopes, strict=True)]
    return list(zip(spans, lines, strict=True))


def affine(offset: float, slope: float) -> str:
    """Return an affine function in words.

    >>> affine(0.3, -2.0), affine(-0.3, 0.0)
    ('0.3 − 2 x', '−0.3')
    """
    size = number(abs(slope))
    return number(offset) if size == "0" else f"{number(offset)} {'−' if slope < 0 else '+'} {size} x"


def _unit_column(axes: list[Axes], steps: Steps, unit: int, *, alone: bool) -> None:
    """One unit's three steps, one under the other, or each alone on a page."""
    axes[0].plot(*steps.linear.T, color=COLOURS[unit])
    curve(axes[1], *steps.rectified.T, colour=COLOURS[unit])
    curve(axes[2], *steps.weighted.T, colour=COLOURS[unit])
    texts = (affine(steps.offset, steps.slope), f"$h_{unit + 1}$", f"{number(steps.weight)} $h_{unit + 1}$")
    for ax, text in zip(axes, texts, strict=True):
        panel(ax, x="x" if alone else "", xlim=(-0.03, 1.03), ylim=(-1.25, 1.25))
        ax.set_title(text, size=9.5, color=COLOURS[unit], pad=4)
        ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"] if alone or ax is axes[2] else [])
        ax.set_yticks([-1, 0, 1], ["−1", "0", "1"] if alone or unit == 0 else [])
        ax.axhline(0, color=SOFT, lw=0.7, zorder=1)


def _sum(ax: Axes, answer: Curve) -> None:
    """The whole curve: a band a piece, its slope written there, its joints named."""
    x, y = answer.x, answer.y
    panel(ax, "4  summed: one joint a unit", x="x", y="y", xlim=(-0.03, 1.03), ylim=(-1.02, 0.62))
    for k, slope in enumerate(answer.slopes):
        ax.axvspan(x[k], x[k + 1], color=BANDS[k % 2], lw=0)
        note(ax, f"slope\n{number(slope)}", ((x[k] + x[k + 1]) / 2, 0.53), weight="bold")
    curve(ax, x, y, joints=False)
    for joint, height, unit in zip(x[1:-1], y[1:-1], answer.units, strict=True):
        ax.plot([joint, joint], [-0.92, height], color=SOFT, lw=0.8, ls=":")
        ax.plot(joint, height, "o", ms=7, mfc=PAPER, mec=COLOURS[unit], mew=2)
        note(ax, number(joint), (joint, -0.96), colour=COLOURS[unit], weight="bold")
