"""Gates: which functions of two inputs one unit computes, why XOR is none of them, and how two layers do it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...data.gates import NAMES
from ...lecture import gates as gates_question
from ...lecture import xor as xor_question
from ...lecture.xor import Hidden
from ...optimal.separate import Separation
from ...optimal.weight_space import ErrorCells
from ...samples import Samples
from ..diagram import plot_network
from ..paper import (
    COLOURS,
    INK,
    MARKERS,
    PALE,
    PAPER,
    SOFT,
    Sheet,
    bars,
    note,
    number,
    panel,
    points,
    polygons,
    segments,
    sheet,
)  # fmt: skip

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

SLIVER = 0.02  # area of a region that is thinner than the line drawn between regions


def gates(*answers: gates_question.Answer) -> Sheet:
    """Draw AND and OR with their widest lines, XOR with its proof, and the weights of every other function."""
    page = sheet("AABBCC;DDDEEE", _gate_numbers(*answers), height=7.9, heights=(1, 1.3), per_row=4)
    for letter, answer in zip("ABC", answers, strict=True):
        if answer.separation is not None:
            _gate(page.panels[letter], answer.name, answer.separation)
    some = answers[0]
    for letter, bias, cells, owners in zip("DE", some.state.biases, some.slices, some.owners, strict=True):
        _cells(page.panels[letter], bias, cells, owners)
    return page


def _gate_numbers(*answers: gates_question.Answer) -> list[tuple[str, str]]:
    first, second, last = answers
    found = {function for owners in first.owners for function in owners}
    missing = [function.name.upper() for function in first.functions if function.number not in found]
    margins = [answer.separation.margin for answer in (first, second) if answer.separation is not None]
    numbers = [
        ("functions that own a cell below", f"{len(found)} of {len(first.functions)}"),
        ("functions that own none", " and ".join(missing)),
        ("margin of AND and of OR", ", ".join(number(margin, 7) for margin in margins)),
        ("mistakes while learning AND", f"{first.mistakes}, at most {first.most_mistakes:.0f}"),
    ]
    if last.separation is not None:
        shares = last.separation.multipliers
        numbers += [
            ("why not XOR: class 0, mixed", _mix(shares, 0, last.samples)),
            ("class 1, mixed", _mix(shares, 1, last.samples)),
        ]
    return numbers


def _mix(shares: Mapping[tuple[int, int], object], k: int, samples: Samples) -> str:
    """The shares of one class and the point they mix to."""
    rows = [f"{share}·{_row(samples.inputs[i])}" for (i, given), share in sorted(shares.items()) if given == k]
    return " + ".join(rows)


def _row(x: Array) -> str:
    return "(" + ",".join(number(v) for v in x) + ")"


def _gate(ax: Axes, name: str, answer: Separation) -> None:
    """The unit square with its corners' classes, and the widest line or the two segments that cross."""
    said = "yes" if answer.separable else "no"
    panel(ax, f"{name.upper()}: {said}", x="x₁", xlim=(-0.45, 1.45), ylim=(-0.45, 1.45), square=True)
    ax.set_ylabel("x₂", rotation=0)
    if answer.separable:
        b, w1, w2 = (float(v) for v in answer.weights[0])
        x = np.array([-2.0, 3.0])
        y = -(b + w1 * x) / w2
        ax.fill_between(x, y, 3, color=PALE[1], alpha=0.55, lw=0)
        ax.fill_between(x, y, -2, color=PALE[0], alpha=0.55, lw=0)
        ax.plot(x, y, color=INK)
    else:
        _crossing(ax, answer)
    points(ax, answer.samples, names=name == "and", size=110)
    if name == "and":
        ax.legend(
            ax.get_legend_handles_labels()[0],
            ["y = 0", "y = 1"],
            loc="lower left",
            ncols=2,
            handletextpad=0.2,
            columnspacing=0.9,
        )
    ax.set(xlim=(-0.45, 1.45), ylim=(-0.45, 1.45), xticks=[0, 1], yticks=[0, 1])


def _crossing(ax: Axes, answer: Separation) -> None:
    for k in (0, 1):
        ends = answer.samples.inputs[[i for i, given in answer.multipliers if given == k]]
        segments(ax, [ends], colour=COLOURS[k], width=2.4)
    common = [float(v) for v in answer.common_point or ()]
    ax.plot(*common, "*", color=INK, ms=16, mec=PAPER, mew=1, zorder=5)
    where = ", ".join(map(str, answer.common_point or ()))
    note(ax, f"({where})", (common[0], common[1]), (14, 0), weight="bold", ha="left")


def _cells(ax: Axes, bias: float, cells: ErrorCells, computed: tuple[int, ...]) -> None:
    """A plane of weights: on each cell the unit computes one function."""
    names = {function: name for name, function in NAMES.items()}
    ones = [bin(function).count("1") for function in computed]
    polygons(ax, cells.regions.polygons(), [SHADES[count] for count in ones], edge=PAPER, width=2.2)
    said = number(bias)
    panel(ax, f"Weights at bias b = {said}: a cell a function", x="w₁", xlim=(-3, 3), ylim=(-3, 3), square=True)
    ax.set_ylabel("w₂", rotation=0)
    ax.grid(False)
    for function, (x, y), area in zip(computed, cells.regions.centroids, cells.regions.volumes, strict=True):
        bold = "bold" if names[function] in ("and", "or", "nand", "nor") else "normal"
        text = names[function].upper() if bold == "bold" else names[function]
        note(ax, text.replace("x1", "x₁").replace("x2", "x₂").replace(" and ", "\nand ").replace(" or ", "\nor "),
             (x, y), weight=bold, size=9 if area > 1 else 7.5)  # fmt: skip


# By the number of inputs a function says 1 to: none to all four
SHADES = ("#eef0f3", "#d6e2f4", "#b9cfef", "#fbd3b4", "#fac8a5")


def xor(answer: xor_question.Answer) -> Sheet:
    """Draw how two layers solve XOR: the slide's network and a learned one, in x space and in h space."""
    slide, other = answer.slide, answer.learned
    if other is None:
        raise AssertionError("no start learned XOR")
    page = sheet("ABC;DEF", _xor_numbers(answer, slide, other), height=6.6, widths=(1, 1, 1.15), per_row=5)
    for letters, case, name in (("AB", slide, "the slide's network"), ("DE", other, "the first that learned it")):
        _plane(page.panels[letters[0]], case, answer.samples, name)
        _image(page.panels[letters[1]], case, answer.samples)
    ax = panel(page.panels["C"], "Random starts that learn it", x="hidden units")
    widths = [str(width) for width in answer.state.widths]
    bars(ax, widths, [100 * share for share in answer.success], colours=[COLOURS[2]] * len(widths), digits=1)
    ax.set_ylabel(f"% of {answer.state.starts} starts")
    plot_network(slide.regions.network, page.panels["F"])
    page.panels["F"].set_title("The slide's weights and biases")
    page.panels["A"].legend(handles=_legend(), loc="upper center", ncols=3, bbox_to_anchor=(0.5, -0.14))
    return page


def _legend() -> list[Any]:
    """What the marks of the corners and the line stand for."""
    from matplotlib.lines import Line2D

    marks = [Line2D([], [], marker=MARKERS[k], color=COLOURS[k], ls="none", label=str(k)) for k in (0, 1)]
    return [*marks, Line2D([], [], color=INK, lw=2.2, label="boundary")]


def _xor_numbers(answer: xor_question.Answer, slide: Hidden, other: Hidden) -> list[tuple[str, str]]:
    common = ", ".join(map(str, answer.alone.common_point or ()))
    return [
        ("x space: a point of both hulls", f"({common}), so no line"),
        ("h of (0,1) and of (1,0)", f"{_row(slide.image.inputs[1])} and {_row(slide.image.inputs[2])}"),
        ("h of (1,1)", _row(slide.image.inputs[3])),
        ("h space: margin of the slide's", number(slide.line.margin, 7)),
        ("regions: the slide's; the learned", "; ".join(_counted(c) for c in (slide, other))),
    ]


def _counted(case: Hidden) -> str:
    """How many regions there are, and how many of them are too thin to be seen."""
    found = case.regions
    slivers = np.count_nonzero(found.volumes < SLIVER)
    return f"{len(found)} with {slivers} slivers" if slivers else f"{len(found)}"


def _plane(ax: Axes, case: Hidden, samples: Samples, name: str) -> None:
    """The plane of inputs: regions, the exact boundary, the four corners."""
    found = case.regions
    polygons(ax, found.polygons(), [PALE[_hue(r)] for r in range(len(found))], width=1.5)
    for line in case.border.polylines:
        ax.plot(*np.asarray(line).T, color=INK, lw=2.2)
    points(ax, samples, names=False, size=100)
    panel(ax, f"x space: {name}", x="x₁", xlim=(-0.45, 1.45), ylim=(-0.45, 1.45), square=True)
    ax.set_ylabel("x₂", rotation=0)
    ax.set(xticks=[0, 1], yticks=[0, 1])


def _hue(region: int) -> int:
    return (2, 4, 5, 3)[region % 4]


def _image(ax: Axes, case: Hidden, samples: Samples) -> None:
    """The plane after the hidden layer: each region's polygon as it lands, the corners, the widest line."""
    for r, h in enumerate(case.images):
        ax.fill(*h.T, facecolor=PALE[_hue(r)], edgecolor=COLOURS[_hue(r)], lw=5, alpha=0.55, joinstyle="round")
    b, w1, w2 = (float(v) for v in case.line.weights[0])
    top = 1.12 * case.image.inputs.max() + 0.3
    x = np.array([-top, 2 * top])
    ax.plot(x, -(b + w1 * x) / w2, color=INK, lw=2.2)
    points(ax, case.image, names=False, size=100)
    panel(ax, "h space: one line will do", x="h₁", xlim=(-0.1 * top, top), ylim=(-0.1 * top, top), square=True)
    ax.set_ylabel("h₂", rotation=0)
    _name_corners(ax, case, samples)


def _name_corners(ax: Axes, case: Hidden, samples: Samples) -> None:
    """Which corners land where; those that land together share a label."""
    together: dict[tuple[float, ...], list[str]] = {}
    for x, h in zip(samples.inputs, case.image.inputs, strict=True):
        together.setdefault(tuple(np.round(h, 1) + 0.0), []).append(_row(x))
    for at, names in together.items():
        inside = min(at) > 0  # where the image goes on to the upper right
        by = (-9, 11) if inside else (6, -11) if len(names) > 1 else (9, 11)
        note(ax, " and ".join(names), (at[0], at[1]), by, ha="right" if inside else "left", colour=SOFT)
