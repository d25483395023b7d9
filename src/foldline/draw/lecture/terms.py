"""The words of the lecture on a shallow and on a deep network, with the numbers that go with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...lecture.network import Answer
from ..diagram import layers, places
from ..paper import COLOURS, SOFT, Sheet, note, sheet, table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROWS = (
    ("kind", "depth"),
    ("weights (slopes): the lines", "weights"),
    ("biases (y-offsets): one a circle but the inputs", "biases"),
    ("parameters: both together", "parameters"),
    ("capacity: hidden units", "capacity"),
    ("pre-activations of one input, before ReLU", "capacity"),
    ("activations of one input, after ReLU", "capacity"),
)


def terms(answer: Answer) -> Sheet:
    """Draw a shallow and a deep network, name their parts, and count them."""
    few, many = answer.shallow, answer.deep
    shallow, deep = answer.state.shallow, answer.state.deep
    page = sheet(
        "AB;TT",
        [
            ("shallow, parameters", f"{few.parameters}"),
            ("shallow, capacity", f"{few.capacity}"),
            ("deep, parameters", f"{many.parameters}"),
            ("deep, capacity", f"{many.capacity}"),
        ],
        height=6.5,
        widths=(1, 1.7),
        heights=(1.6, 1),
        per_row=4,
    )
    _shallow(page.panels["A"], shallow)
    _deep(page.panels["B"], deep)
    rows = [(words, str(getattr(few, key)), str(getattr(many, key))) for words, key in ROWS]
    page.panels["T"].set_title("Both fully connected and feedforward: every line there is, and no loops")
    table(page.panels["T"], ("", _shape(shallow), _shape(deep)), rows, ends=(0.72, 1.0))
    return page


def _shape(widths: Sequence[int]) -> str:
    return "-".join(map(str, widths))


def _shallow(ax: Axes, widths: Sequence[int]) -> None:
    ax.set_title("Shallow: one hidden layer")
    at = places(widths, across=1.15, down=0.72)
    layers(ax, at, radius=0.21)
    _columns(ax, widths, 1.15, -1.35, ("input", "hidden\nlayer", "output"))
    ax.set(xlim=(-0.5, 2.8), ylim=(-1.9, 2.15))


def _deep(ax: Axes, widths: Sequence[int]) -> None:
    ax.set_title("Deep: more than one hidden layer")
    at = places(widths, across=1.15, down=0.72)
    layers(ax, at, radius=0.21)
    names = ["inputs", *(f"hidden\nlayer {k}" for k in range(1, len(widths) - 1)), "outputs"]
    _columns(ax, widths, 1.15, -1.35, names)
    weight = (0.55 * at[0][0][0] + 0.45 * at[1][0][0], 0.55 * at[0][0][1] + 0.45 * at[1][0][1])
    note(ax, "a weight (slope)", weight, (-34, 50), colour=COLOURS[1], arrow=True, weight="bold", size=9)
    unit = at[2][0]
    note(ax, "a unit: its bias (y-offset), its pre-activation,\nafter ReLU its activation", (unit[0], unit[1] + 0.2),
         (74, 24), colour=COLOURS[0], arrow=True, weight="bold", size=9)  # fmt: skip
    ax.set(xlim=(-0.7, 5.3), ylim=(-1.9, 2.15))


def _columns(ax: Axes, widths: Sequence[int], across: float, y: float, names: Sequence[str]) -> None:
    """Name each layer below its column."""
    for k, name in enumerate(names):
        ax.text(across * k, y, name, ha="center", va="top", size=9, color=SOFT)
