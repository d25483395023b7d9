"""From one output to two, from one network to networks of networks: joints shared, joints folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...lecture import composing as composing_question
from ...lecture import two_outputs as two_outputs_question
from ...lecture.composing import Whole
from ...lecture.curves import Curve
from ..paper import COLOURS, INK, PALE, PAPER, SOFT, Sheet, curve, note, number, panel, sheet, table

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def two_outputs(answer: two_outputs_question.Answer) -> Sheet:
    """Draw a 1-4-2 network: four units, two outputs made of them, and the slopes of both on every piece."""
    answers = answer.curves
    page = sheet("1234;YYTT", _shared_numbers(answer), height=4.9, heights=(1, 2.1), per_row=4)
    for unit in range(4):
        _unit(page.panels[str(unit + 1)], answer, unit, alone=page.slides)
    _outputs(page.panels["Y"], answers)
    ends = [0.0, *answers[0].joints.tolist(), 1.0]
    slopes = zip(answers[0].slopes, answers[1].slopes, strict=True)
    rows = [(f"[{number(a)}, {number(b)}]", number(s), number(t))
            for a, b, (s, t) in zip(ends[:-1], ends[1:], slopes, strict=True)]  # fmt: skip
    page.panels["T"].set_title("slopes of both outputs, piece by piece")
    table(page.panels["T"], ("piece", "slope of $y_1$", "slope of $y_2$"), rows)
    return page


def _shared_numbers(answer: two_outputs_question.Answer) -> list[tuple[str, str]]:
    first, second = answer.curves
    return [
        ("joints of y₁", ", ".join(number(t) for t in first.joints)),
        ("joints of y₂", ", ".join(number(t) for t in second.joints)),
        ("joints they share", f"{len(answer.shared)} of {len(first.joints)}"),
        ("parameters of 1–4–2", f"{answer.network.n_parameters}"),
    ]


def _unit(ax: Axes, answer: two_outputs_question.Answer, unit: int, *, alone: bool) -> None:
    offset, slope = answer.state.hidden[unit]
    panel(ax, x="x" if alone else "", y="y" if alone else "", xlim=(-0.03, 1.03), ylim=(-0.12, 0.95))
    rise = f"{'+' if slope > 0 else '−'} {'' if abs(slope) == 1 else number(abs(slope)) + ' '}x"
    ax.set_title(f"$h_{unit + 1}$ = ReLU({number(offset)} {rise})", size=9.5, color=COLOURS[unit])
    curve(ax, *answer.units[unit].T, colour=COLOURS[unit])
    ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    ax.set_yticks([0, 0.5], ["0", "0.5"] if alone or unit == 0 else [])


def _outputs(ax: Axes, answers: tuple[Curve, ...]) -> None:
    """Both curves over one axis, a dotted line through each joint in the colour of the unit that makes it."""
    panel(ax, "each joint is a unit's, so both outputs bend there", x="x", y="y", xlim=(-0.03, 1.03), ylim=(-0.75, 0.8))
    for unit, joint in zip(answers[0].units, answers[0].joints, strict=True):
        ax.axvline(joint, color=COLOURS[unit], lw=1.2, ls=(0, (2, 2)), zorder=1)
        note(ax, number(joint), (joint, -0.68), (3, 0), colour=COLOURS[unit], ha="left", weight="bold")
    for output, (colour, style) in enumerate(((INK, "-"), (SOFT, "--"))):
        x, y = answers[output].x, answers[output].y
        ax.plot(x, y, color=colour, ls=style)
        ax.plot(x[1:-1], y[1:-1], "o", ms=5.5, mfc=PAPER, mec=colour, mew=1.6)
        note(ax, f"$y_{output + 1}$", (0.72, np.interp(0.72, x, y)), (8, 10 if output else -10), colour=colour, size=12)


def composing(answer: composing_question.Answer) -> Sheet:
    """Draw N1, N2, N2 after N1 with the unit of every joint, N1 before it again, and a network that is not composed."""
    found, free, one = answer.powers, answer.free, answer.first
    if free is None:
        raise AssertionError("the figure has a panel of a network that is no composition")
    page = sheet("1122CCCCC;DDDDDD333;PPPPPPPPP", _composed_numbers(answer, free), height=7.6, heights=(1.25, 1, 1.25),
                 per_row=6)  # fmt: skip
    _fold(page.panels["1"], answer)
    panel(page.panels["2"], f"N₂: {found[0].n_pieces} pieces", x="y", y="z = N₂(y)", xlim=(-1.04, 1.04))
    curve(page.panels["2"], found[0].curve.x, found[0].curve.y)
    _growth(page.panels["3"], [each.n_pieces for each in found])
    _composition(page.panels["C"], found[1], one)
    twice = page.panels["D"]
    panel(twice, f"N₂ after N₁ twice: {found[2].n_pieces} pieces", x="x", y="z", xlim=(-1.04, 1.04))
    twice.plot(found[2].curve.x, found[2].curve.y, color=INK, lw=1.2)
    _free(page.panels["P"], free)
    return page


def _composed_numbers(answer: composing_question.Answer, free: Whole) -> list[tuple[str, str]]:
    names = ["N₂", "N₂∘N₁", *(f"N₂∘N₁{power}" for power in "²³⁴⁵")]
    counts = [answer.first.n_pieces, *(each.n_pieces for each in answer.powers)]
    said = [(f"pieces of {name}", str(n)) for name, n in zip(["N₁", *names], counts, strict=True)]
    said += [(name, str(n)) for name, n in answer.variants.items()]
    return [*said, ("of 1–3–3–1, not composed", str(free.n_pieces))]


def _fold(ax: Axes, answer: composing_question.Answer) -> None:
    """N1 as a folding of the axis: a colour a piece, and the x that lie over one y."""
    one, over, level = answer.first, answer.over, answer.state.level
    x, y = one.curve.x, one.curve.y
    panel(ax, f"N₁: {one.n_pieces} pieces", x="x", y="y = N₁(x)", xlim=(-1.04, 1.04))
    ax.axhline(level, color=SOFT, lw=0.9, ls=":")
    for k in range(len(x) - 1):
        ax.plot(x[k : k + 2], y[k : k + 2], color=COLOURS[k], lw=2.4)
        ax.plot(over[k], level, "o", ms=6, mfc=PAPER, mec=COLOURS[k], mew=1.6, zorder=4)
    note(ax, f"{len(over)} x,\none y", (-0.72, level), (0, 14), colour=SOFT)


def _growth(ax: Axes, counts: list[int]) -> None:
    panel(ax, "three times as many each time", x="copies of N₁ before N₂", xlim=(-0.4, len(counts) - 0.6))
    ax.set_yscale("log")
    ax.set_ylim(2, 3500)
    ax.plot(range(len(counts)), counts, "o-", color=COLOURS[0], ms=6)
    for k, n in enumerate(counts):
        note(ax, str(n), (k, n), (-3, 11), weight="bold")


def _composition(ax: Axes, found: Whole, one: Whole) -> None:
    """N2 after N1: a band for each piece of N1, and each joint named after the unit it comes from."""
    panel(ax, f"N₂ after N₁: {found.n_pieces} pieces, N₂ turned where N₁ falls",
          x="x", y="z = N₂(N₁(x))", xlim=(-1.04, 1.04), ylim=(-0.65, 1.0))  # fmt: skip
    borders = one.curve.x
    for k in range(len(borders) - 1):
        ax.axvspan(borders[k], borders[k + 1], color=PALE[k], alpha=0.35, lw=0)
    _joints_by_unit(ax, found, "unit {} of N₁ makes {}", "unit {} of N₂ makes {}")
    ax.legend(loc="upper center", ncol=3, columnspacing=0.8, handletextpad=0.1, borderpad=0.1)


def _free(ax: Axes, found: Whole) -> None:
    """A deep network that was not made by composing: every joint with its place and its unit."""
    panel(ax, f"Deep 1–3–3–1, not made by composing: {found.n_pieces} pieces", x="x", y="y",
          xlim=(-0.02, 1.02), ylim=(-1.15, 1.25))  # fmt: skip
    _joints_by_unit(ax, found, "unit {} of layer 1 makes {}", "unit {} of layer 2 makes {}")
    ax.legend(loc="lower left", ncol=2, columnspacing=1.2, handletextpad=0.3)
    x, y = found.curve.x, found.curve.y
    before, after = (np.diff(y) / np.diff(x))[:-1] > 0, (np.diff(y) / np.diff(x))[1:] > 0
    for k, rises in enumerate(zip(before, after, strict=True)):
        lowest, beside = rises == (False, True), "right" if rises[0] else "left"
        by = (0, -12) if lowest else (-9 if rises[0] else 9, 5)
        note(ax, number(x[k + 1], 6), (x[k + 1], y[k + 1]), by, ha="center" if lowest else beside)


def _joints_by_unit(ax: Axes, found: Whole, first: str, second: str) -> None:
    """A curve of two hidden layers, its joints in the colours of their units, the units named in a legend."""
    x, y = found.curve.x, found.curve.y
    ax.plot(x, y, color=INK)
    units, inner = found.curve.units, len(found.network.biases[0])
    for unit in np.unique(units):
        at, later = units == unit, unit >= inner
        name = (second if later else first).format(unit % inner + 1, np.count_nonzero(at))
        ax.plot(x[1:-1][at], y[1:-1][at], "o" if later else "s", ms=7, mfc=PAPER, mew=2, ls="", label=name, zorder=4,
                mec=COLOURS[3 + unit % inner] if later else (INK, COLOURS[0], SOFT)[unit])  # fmt: skip
