"""Units: their curves and derivatives, and the unit of the slide with every number in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...activations import UNITS
from ...lecture import unit as unit_question
from ...lecture import units as units_question
from ...lecture.units import PLACES, REACH, UnitCurve
from ..diagram import EDGE, HIDDEN, circle
from ..paper import COLOURS, INK, PAPER, SOFT, Sheet, bare, note, number, panel, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLES = {"step": "unit step", "sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU"}


def units(answer: units_question.Answer) -> Sheet:
    """Draw step, sigmoid, tanh and ReLU over their derivatives, each read off at the slide's z."""
    z, curves = answer.z, answer.curves
    read = [(f"{TITLES[one.name]}, z = {number(z)}", number(one.value, 7)) for one in curves]
    slopes = [(f"derivative of {TITLES[one.name]} there", number(one.slope, 7)) for one in curves]
    page = sheet("ABCD;EFGH", [*read, *slopes], height=4.6, heights=(1.25, 1), per_row=4)
    for k, one in enumerate(curves):
        _value(page.panels["ABCD"[k]], one, z, COLOURS[k])
        _slope(page.panels["EFGH"[k]], one, z, COLOURS[k])
    for letter in "BCFGH" if not page.slides else "":
        page.panels[letter].tick_params(labelleft=False)
    for letter in "ABCD" if page.slides else "A":
        page.panels[letter].set_ylabel("value")
    for letter in "EFGH" if page.slides else "E":
        page.panels[letter].set_ylabel("derivative")
    for letter, one in zip("EFGH" if page.slides else "", curves, strict=page.slides):
        page.panels[letter].set_title(f"derivative of {TITLES[one.name]}")
    return page


def _value(ax: Axes, one: UnitCurve, z: float, colour: str) -> None:
    panel(ax, TITLES[one.name], xlim=(-REACH, REACH), ylim=(-1.25, 2.6) if one.name == "relu" else (-1.25, 1.45))
    _axes_through_zero(ax)
    for path in one.values:
        ax.plot(*path.T, color=colour)
    if one.name == "step":
        _jump(ax, 0.0, 1.0, colour)
        note(ax, "0 counts\nas off", (0, 0), (-7, -20), colour=SOFT, ha="right")
    _read_off(ax, z, one.value)


def _slope(ax: Axes, one: UnitCurve, z: float, colour: str) -> None:
    panel(ax, x="z", xlim=(-REACH, REACH), ylim=(-0.2, 1.2))
    _axes_through_zero(ax)
    for path in one.slopes:
        ax.plot(*path.T, color=colour)
    if one.name == "step":
        ax.plot(0, 0, "o", mfc=PAPER, mec=colour, ms=6, mew=1.6)
        note(ax, "zero, and\nnone at the jump", (-REACH, 0.3), (6, 0), colour=SOFT, ha="left")
    elif len(one.slopes) > 1:
        below, above = (float(path[0, 1]) for path in one.slopes)
        _jump(ax, below, above, colour)
    _read_off(ax, z, one.slope, 9)


def _jump(ax: Axes, below: float, above: float, colour: str) -> None:
    """At 0 the lower value holds: a filled dot; the upper one is left open."""
    ax.plot(0, below, "o", color=colour, ms=6, mec=colour, mew=1.6, zorder=4)
    ax.plot(0, above, "o", mfc=PAPER, mec=colour, ms=6, mew=1.6, zorder=4)


def _axes_through_zero(ax: Axes) -> None:
    ax.axhline(0, color=EDGE, lw=0.8, zorder=1)
    ax.axvline(0, color=EDGE, lw=0.8, zorder=1)


def _read_off(ax: Axes, z: float, value: float, lift: float = -9) -> None:
    low = ax.get_ylim()[0]
    ax.plot([z, z], [low, value], color=INK, lw=0.9, ls=":")
    ax.plot(z, value, "o", color=INK, ms=5, zorder=5)
    note(ax, number(value, 4), (z, value), (7, lift), ha="left", weight="bold")


def one_unit(answer: unit_question.Answer) -> Sheet:
    """Draw the slide's unit as a diagram with live numbers, its sum as a staircase, and the sigmoid at that sum."""
    b, z, y = answer.state.bias, answer.z, answer.y
    products = [(f"w{_sub(i)} x{_sub(i)}", number(float(t), 6)) for i, t in enumerate(answer.terms)]
    page = sheet(
        "ABC",
        [("bias b", number(b)), *products, ("z = w·x + b", number(z, 6)), ("y = σ(z); printed: .70", number(y, 7))],
        height=3.5,
        widths=(1.75, 1, 1),
        per_row=6,
    )
    _diagram(page.panels["A"], answer)
    _staircase(page.panels["B"], answer)
    _sigmoid(page.panels["C"], z, y)
    return page


def _sub(i: int) -> str:
    return "₁₂₃₄₅₆₇₈₉"[i]


def _diagram(ax: Axes, answer: unit_question.Answer) -> None:
    """Inputs, weights on their lines, the sum, the sigmoid, the output."""
    x, unit, z, y = answer.state.inputs, answer.network, answer.z, answer.y
    bare(ax, "The unit, with the slide's numbers")
    ax.set(xlim=(-0.62, 3.62), ylim=(-1.3, 1.62), aspect="equal")
    heights = (0.95, 0.0, -0.95)
    for i, height in enumerate(heights):
        ax.plot([0, 1.55], [height, 0], color=EDGE, lw=1.2 + 3 * unit.weights[0][0, i], zorder=1)
        circle(ax, (0, height), 0.22, COLOURS[0], number(x[i]))
        note(ax, f"$x_{i + 1}$", (-0.28, height), colour=COLOURS[0], size=11, ha="right")
        note(
            ax,
            f"$w_{i + 1}$ = {number(unit.weights[0][0, i])}",
            (0.78, height * 0.5),
            (16 * (i != 1), (16, 9, -16)[i]),
            size=9,
        )
    ax.plot([1.55, 1.55], [1.25, 0], color=EDGE, lw=1.2 + 3 * unit.biases[0][0], zorder=1)
    note(ax, f"b = {number(unit.biases[0][0])}", (1.55, 1.38), size=9)
    ax.plot([1.55, 3.3], [0, 0], color=EDGE, lw=1.6, zorder=1)
    circle(ax, (1.55, 0), 0.27, HIDDEN, "Σ", size=14)
    circle(ax, (2.42, 0), 0.27, COLOURS[2], "σ", size=14)
    circle(ax, (3.3, 0), 0.22, COLOURS[1], "y", size=11)
    note(ax, f"z = {number(z, 6)}", (1.98, 0), (0, -30), weight="bold", size=9.5)
    note(ax, f"y = {number(y, 4)}", (3.2, 0), (0, -30), weight="bold", size=9.5)


def _staircase(ax: Axes, answer: unit_question.Answer) -> None:
    """The sum, term on term."""
    panel(ax, "The sum, term by term", ylim=(0, 1.02))
    tops, terms, z = answer.sums, answer.terms, answer.z
    bottoms = np.concatenate([[0.0], tops[:-1]])
    names = ["b", *(f"w{_sub(i)}x{_sub(i)}" for i in range(len(terms))), "z"]
    colours = [HIDDEN, *[COLOURS[0]] * len(terms), INK]
    ax.bar(range(5), [*(tops - bottoms), z], bottom=[*bottoms, 0.0], color=colours, width=0.62)
    for k, (low, high) in enumerate(zip(bottoms, tops, strict=True)):
        note(ax, number(high - low, 4), (k, high), (0, 7), weight="bold")
        ax.plot([k + 0.31, k + 0.69], [high, high], color=SOFT, lw=0.8)
    note(ax, number(z, 4), (4, z), (0, 7), weight="bold")
    ax.set_xticks(range(5), names)
    ax.grid(axis="x", visible=False)


def _sigmoid(ax: Axes, z: float, y: float) -> None:
    panel(ax, "The sigmoid of the sum", x="z", xlim=(-REACH, REACH), ylim=(0, 1.02))
    grid = np.linspace(-REACH, REACH, PLACES)
    ax.plot(grid, UNITS["sigmoid"].value(grid), color=COLOURS[2])
    ax.plot([z, z, -REACH], [0, y, y], color=INK, lw=0.9, ls=":")
    ax.plot(z, y, "o", color=INK, ms=6, zorder=4)
    note(ax, number(y, 7), (-REACH, y), (4, 8), ha="left", weight="bold")
    note(ax, number(z, 4), (z, 0), (5, 9), ha="left", weight="bold")
