"""Universal approximation: the same curve with more and more units, how many a tolerance takes, and the best of all."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING

import numpy as np

from ...exact.regions import regions
from ...lecture.approximation import WRITTEN, Answer, Function, target_of
from ...lecture.curves import UNIT_BOX, knots
from ...optimal.approximate import Approximation
from ...optimal.shallow_fit import ShallowFit
from ...samples import Samples
from ..paper import COLOURS, PALE, PAPER, SOFT, Sheet, curve, note, number, panel, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HAND = 0.181  # the sum of squares of the book's fit by hand (notebook 3.1)


def approximation(answer: Answer) -> Sheet:
    """Draw a wave and its networks of 6, 10 and 16 units, units against tolerance, and the best 3 units of the book."""
    closest, proved, best, staircase = answer.closest, answer.proved, answer.best, answer.staircase
    if best is None or staircase is None:
        raise AssertionError("the figure has panels of the best 3 units and of the sum of sigmoids")
    target = target_of(answer.state.target, answer.state.drawn)
    page = sheet("ABC;DEF", _numbers(answer, best, staircase), height=6.4, per_row=4)
    for letter, found in zip("ABC", closest, strict=True):
        _closest(page.panels[letter], found, target)
    panel(page.panels["A"], f"f(x) = {WRITTEN[answer.state.target]} and {closest[0].units} units", x="x", y="y")
    page.panels["A"].legend(loc="lower right")
    _sum_of_sigmoids(page.panels["F"], staircase, target)
    _units_a_tolerance_takes(page.panels["D"], proved)
    _best_of_all(page.panels["E"], best, answer.book)
    return page


def _numbers(answer: Answer, best: ShallowFit, staircase: Approximation) -> list[tuple[str, str]]:
    fine, tolerance = answer.proved[-1], answer.state.tolerances[-1]
    return [
        *((f"{found.units} units: error at most", above(found.error, 6)) for found in answer.closest),
        (f"units for {tolerance}; least", f"{fine.units}; {fine.least_units}"),
        ("best 3 units for 20 points", f"{float(best.least):.9f}"),
        ("choices settled exactly", f"{best.n_choices:,}"),
        (f"{staircase.units} sigmoids: error at most", above(staircase.error, 6)),
    ]


def above(bound: float, digits: int) -> str:
    """Return an upper bound rounded up, so that what is printed is a bound as well.

    >>> above(0.04731, 4)
    '0.0474'
    """
    return str(Decimal(bound).quantize(Decimal(1).scaleb(-digits), ROUND_CEILING))


def _closest(ax: Axes, found: Approximation, target: Function) -> None:
    """The wave in a band as wide as the proved error, and the network inside it."""
    x = np.linspace(*found.interval, 601)
    y = target(x)
    ends = np.append(found.joints, found.interval[1])
    heights = found.network(ends[:, None])[:, 0]
    panel(ax, f"{found.units} units", x="x", xlim=found.interval, ylim=(-0.9, 1.2))
    ax.fill_between(x, y - found.error, y + found.error, color=PALE[1], alpha=0.7, lw=0, label="f ± the error")
    ax.plot(x, y, color=COLOURS[1], lw=1.3, label="f")
    ax.plot(ends, heights, color=COLOURS[0], lw=1.8, label="the network")
    ax.plot(ends[1:-1], heights[1:-1], "o", ms=4.5, mfc=PAPER, mec=COLOURS[0], mew=1.4)
    note(ax, f"never off by more than {above(found.error, 4)}", (0.97, 0.95), ha="right", va="top", share=True)


def _sum_of_sigmoids(ax: Axes, found: Approximation, target: Function) -> None:
    """The wave, and Cybenko's sum of steep sigmoids: a staircase, a step a unit."""
    x = np.linspace(*found.interval, 2401)
    panel(ax, f"Cybenko's sum of {found.units} sigmoids", x="x", xlim=found.interval, ylim=(-0.9, 1.2))
    y = target(x)
    ax.fill_between(x, y - found.error, y + found.error, color=PALE[1], alpha=0.7, lw=0)
    ax.plot(x, y, color=COLOURS[1], lw=1.3)
    ax.plot(x, found.network(x[:, None])[:, 0], color=COLOURS[2], lw=1.6)
    note(ax, f"never off by more than {above(found.error, 4)}", (0.97, 0.95), ha="right", va="top", share=True)


def _units_a_tolerance_takes(ax: Axes, proved: tuple[Approximation, ...]) -> None:
    errors = [found.error for found in proved]
    ax.loglog(
        errors, [found.units for found in proved], "o-", color=COLOURS[0], label="units built, error proved", ms=5
    )
    ax.loglog(
        errors,
        [found.least_units for found in proved],
        "s--",
        color=SOFT,
        label="proved: fewer never suffice",
        ms=4,
        lw=1.2,
    )
    ax.fill_between(errors, [found.least_units for found in proved], 1, color="#eef0f3", lw=0)
    panel(ax, "Units that a tolerance takes", x="largest error over the interval", y="hidden units", ylim=(2, 150))
    for found in (proved[0], proved[3], proved[-1]):
        note(ax, str(found.units), (found.error, found.units), (0, 9), colour=COLOURS[0], weight="bold")
    ax.set_yticks([3, 10, 30, 100], ["3", "10", "30", "100"])
    ax.set_xticks([0.1, 0.01, 0.001], ["0.1", "0.01", "0.001"])
    ax.invert_xaxis()
    ax.legend(loc="upper left")


def _best_of_all(ax: Axes, best: ShallowFit, samples: Samples) -> None:
    """The book's 20 points and the shallow network of 3 units that no other one beats."""
    panel(ax, "The best 3 units for 20 points", x="x", y="y", xlim=(0, 1.02), ylim=(-0.4, 0.6))
    curve(ax, *knots(regions(best.network, UNIT_BOX)), colour=COLOURS[0])
    ax.plot(samples.inputs[:, 0], samples.targets[:, 0], "o", color=COLOURS[1], ms=5.5, mec=PAPER, mew=0.8)
    for joint, by in zip(best.joints, ((0, 12), (-27, -9), (-12, 12)), strict=True):
        at = float(joint), float(best.network([float(joint)])[0])
        note(ax, number(at[0], 6), at, by, colour=COLOURS[0], weight="bold")
    said = f"least sum of squares:\n{float(best.least):.7f}; the\nbook's, by hand: {number(HAND, 3)}"
    note(ax, said, (0.24, 0.05), ha="left", va="bottom", share=True)
