"""Units: their curves and derivatives, and the unit of the slide with every number in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...activations import UNITS
from ...lecture.printed import UNIT, UNIT_INPUT
from ...network import Network
from ..paper import COLOURS, INK, PAPER, SOFT, Sheet, bare, note, number, panel, sheet
from .diagram import EDGE, HIDDEN, circle

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

SHOWN = ("step", "sigmoid", "tanh", "relu")
TITLES = {"step": "unit step", "sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU"}
REACH = 4.0  # curves are drawn for z from -4 to 4


def units() -> Sheet:
    """Draw step, sigmoid, tanh and ReLU over their derivatives, each read off at the slide's z."""
    z = float(UNIT.preactivations(UNIT_INPUT)[-1][0])
    at = np.array(z)
    read = [(f"{TITLES[name]}, z = {number(z)}", number(float(UNITS[name].value(at)), 7)) for name in SHOWN]
    slopes = [(f"derivative of {TITLES[name]} there", number(float(UNITS[name].derivative(at)), 7)) for name in SHOWN]
    page = sheet("ABCD;EFGH", [*read, *slopes], height=4.6, heights=(1.25, 1), per_row=4)
    for k, name in enumerate(SHOWN):
        _value(page.panels["ABCD"[k]], name, z, COLOURS[k])
        _slope(page.panels["EFGH"[k]], name, z, COLOURS[k])
    for letter in "BCFGH":
        page.panels[letter].tick_params(labelleft=False)
    page.panels["A"].set_ylabel("value")
    page.panels["E"].set_ylabel("derivative")
    return page


def _axis(name: str) -> Array:
    """Places a curve is drawn through: its joints exactly, else close together."""
    joints = UNITS[name].joints
    return np.linspace(-REACH, REACH, 401) if joints is None else np.array([-REACH, *joints, REACH])


def _value(ax: Axes, name: str, z: float, colour: str) -> None:
    unit = UNITS[name]
    panel(ax, TITLES[name], xlim=(-REACH, REACH), ylim=(-1.25, 2.6) if name == "relu" else (-1.25, 1.45))
    _axes_through_zero(ax)
    if name == "step":
        ax.plot([-REACH, 0], [0, 0], color=colour)
        ax.plot([0, REACH], [1, 1], color=colour)
        _jump(ax, 0.0, 1.0, colour)
        note(ax, "0 counts\nas off", (0, 0), (-7, -20), colour=SOFT, ha="right")
    else:
        x = _axis(name)
        ax.plot(x, unit.value(x), color=colour)
    _read_off(ax, z, float(unit.value(np.array(z))))


def _slope(ax: Axes, name: str, z: float, colour: str) -> None:
    unit = UNITS[name]
    panel(ax, x="z", xlim=(-REACH, REACH), ylim=(-0.2, 1.2))
    _axes_through_zero(ax)
    if name == "step":
        ax.plot([-REACH, 0], [0, 0], color=colour)
        ax.plot([0, REACH], [0, 0], color=colour)
        ax.plot(0, 0, "o", mfc=PAPER, mec=colour, ms=6, mew=1.6)
        note(ax, "zero, and\nnone at the jump", (-REACH, 0.3), (6, 0), colour=SOFT, ha="left")
    elif unit.slopes is not None:
        ax.plot([-REACH, 0], [unit.slopes[0]] * 2, color=colour)
        ax.plot([0, REACH], [unit.slopes[1]] * 2, color=colour)
        _jump(ax, unit.slopes[0], unit.slopes[1], colour)
    else:
        x = _axis(name)
        ax.plot(x, unit.derivative(x), color=colour)
    _read_off(ax, z, float(unit.derivative(np.array(z))), 9)


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


def one_unit() -> Sheet:
    """Draw the slide's unit as a diagram with live numbers, its sum as a staircase, and the sigmoid at that sum."""
    x, w, b = np.array(UNIT_INPUT), UNIT.weights[0][0], float(UNIT.biases[0][0])
    terms = w * x
    z, y = float(UNIT.preactivations(x)[-1][0]), float(UNIT(x)[0])
    products = [(f"w{_sub(i)} x{_sub(i)}", number(float(t), 6)) for i, t in enumerate(terms)]
    page = sheet(
        "ABC",
        [("bias b", number(b)), *products, ("z = w·x + b", number(z, 6)), ("y = σ(z); printed: .70", number(y, 7))],
        height=3.5,
        widths=(1.75, 1, 1),
        per_row=6,
    )
    _diagram(page.panels["A"], UNIT, x, z, y)
    _staircase(page.panels["B"], b, terms, z)
    _sigmoid(page.panels["C"], z, y)
    return page


def _sub(i: int) -> str:
    return "₁₂₃₄₅₆₇₈₉"[i]


def _diagram(ax: Axes, unit: Network, x: Array, z: float, y: float) -> None:
    """Inputs, weights on their lines, the sum, the sigmoid, the output."""
    bare(ax, "The unit, with the slide's numbers")
    ax.set(xlim=(-0.62, 3.62), ylim=(-1.3, 1.62), aspect="equal")
    heights = (0.95, 0.0, -0.95)
    for i, height in enumerate(heights):
        ax.plot([0, 1.55], [height, 0], color=EDGE, lw=1.2 + 3 * unit.weights[0][0, i], zorder=1)
        circle(ax, (0, height), 0.22, COLOURS[0], number(x[i]))
        note(ax, f"$x_{i + 1}$", (0, height), (-24, 0), colour=COLOURS[0], size=11)
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
    circle(ax, (1.55, 0), 0.27, INK, "Σ", size=14)
    circle(ax, (2.42, 0), 0.27, COLOURS[2], "σ", size=14)
    circle(ax, (3.3, 0), 0.22, COLOURS[1], "y", size=11)
    note(ax, f"z = {number(z, 6)}", (1.98, 0), (0, -30), weight="bold", size=9.5)
    note(ax, f"y = {number(y, 4)}", (3.2, 0), (0, -30), weight="bold", size=9.5)


def _staircase(ax: Axes, b: float, terms: Array, z: float) -> None:
    """The sum, term on term."""
    panel(ax, "The sum, term by term", ylim=(0, 1.02))
    tops = np.concatenate([[b], b + np.cumsum(terms)])
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
    grid = _axis("sigmoid")
    ax.plot(grid, UNITS["sigmoid"].value(grid), color=COLOURS[2])
    ax.plot([z, z, -REACH], [0, y, y], color=INK, lw=0.9, ls=":")
    ax.plot(z, y, "o", color=INK, ms=6, zorder=4)
    note(ax, number(y, 7), (-REACH, y), (4, 8), ha="left", weight="bold")
    note(ax, number(z, 4), (z, 0), (5, 9), ha="left", weight="bold")
