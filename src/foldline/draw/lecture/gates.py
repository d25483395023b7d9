"""Gates: which functions of two inputs one unit computes, why XOR is none of them, and how two layers do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...box import Box
from ...data.gates import NAMES, gate, xor_network
from ...exact.boundary import boundary
from ...exact.regions import regions
from ...fit.perceptron import learn_perceptron, mistake_bound
from ...fit.starts import train_from_starts
from ...network import Network
from ...optimal.separate import Separation, separate
from ...optimal.weight_space import ErrorCells, error_cells
from ...samples import Samples
from ..paper import (
    COLOURS,
    INK,
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
    polygons_of,
    segments,
    sheet,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

SQUARE = Box([-0.45, -0.45], [1.45, 1.45])
SLIVER = 0.02  # area of a region that is thinner than the line drawn between regions
WEIGHTS = Box([-3, -3], [3, 3])
WIDTHS = (2, 3, 4, 8)  # hidden units of the networks that learn XOR
STARTS, STEPS, RATE = 200, 600, 0.5


def gates() -> Sheet:
    """Draw AND and OR with their widest lines, XOR with its proof, and the weights of every other function."""
    answers = {name: separate(gate(name)) for name in ("and", "or", "xor")}
    slices = [_weight_slice(bias) for bias in (-1.0, 1.0)]
    page = sheet("AABBCC;DDDEEE", _gate_numbers(answers, slices), height=7.6, heights=(1, 1.3), per_row=4)
    for letter, (name, answer) in zip("ABC", answers.items(), strict=True):
        _gate(page.panels[letter], name, answer)
    for letter, bias, cells in zip("DE", (-1, 1), slices, strict=True):
        _cells(page.panels[letter], bias, cells)
    return page


def _weight_slice(bias: float) -> ErrorCells:
    """The plane of (w1, w2) at one bias; the cells do not depend on the labels, so any gate will do."""
    return error_cells(gate("xor"), WEIGHTS, origin=[bias, 0, 0], axes=[[0, 1, 0], [0, 0, 1]])


def functions_of(cells: ErrorCells) -> list[int]:
    """Return the number of the Boolean function that each cell's weights compute."""
    return [int("".join(map(str, bits)), 2) for bits in cells.regions.patterns]


def _gate_numbers(answers: dict[str, Separation], slices: list[ErrorCells]) -> list[tuple[str, str]]:
    found = {function for cells in slices for function in functions_of(cells)}
    names = {number: name for name, number in NAMES.items()}
    missing = [names[function].upper() for function in range(len(NAMES)) if function not in found]
    run = learn_perceptron(gate("and"))
    bound = mistake_bound(gate("and"), [float(v) for v in answers["and"].weights[0]])
    shares = answers["xor"].multipliers
    return [
        ("functions that own a cell below", f"{len(found)} of {len(NAMES)}"),
        ("functions that own none", " and ".join(missing)),
        ("margin of AND and of OR", f"{number(answers['and'].margin, 7)}, {number(answers['or'].margin, 7)}"),
        ("mistakes while learning AND", f"{run.n_mistakes}, at most {bound:.0f}"),
        ("why not XOR: class 0, mixed", _mix(shares, 0, answers["xor"].samples)),
        ("class 1, mixed", _mix(shares, 1, answers["xor"].samples)),
    ]


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


def _cells(ax: Axes, bias: int, cells: ErrorCells) -> None:
    """A plane of weights: on each cell the unit computes one function."""
    names = {function: name for name, function in NAMES.items()}
    computed = functions_of(cells)
    ones = [bin(function).count("1") for function in computed]
    polygons(ax, polygons_of(cells.regions), [SHADES[count] for count in ones], edge=PAPER, width=2.2)
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
SHADES = ("#eef0f3", "#d6e2f4", "#b9cfef", "#fbd3b4", "#f7b27c")


@dataclass(frozen=True, eq=False)
class Hidden:
    """XOR through a network's hidden layer: the plane, its image, and the widest line there."""

    network: Network
    level: float
    image: Samples
    line: Separation


def hidden_of(network: Network, level: float) -> Hidden:
    """Return what the hidden layer makes of the truth table of XOR."""
    table = gate("xor")
    h = network.activate(1, network.preactivations(table.inputs)[0])
    image = Samples(h, table.targets, "classification", ("h1", "h2"), table.classes)
    return Hidden(network, level, image, separate(image))


def xor() -> Sheet:
    """Draw how two layers solve XOR: the slide's network and a learned one, in x space and in h space."""
    runs = {
        width: train_from_starts(gate("xor"), hidden=width, n_starts=STARTS, steps=STEPS, rate=RATE) for width in WIDTHS
    }
    learned = runs[2].networks[int(np.flatnonzero(runs[2].solved)[0])]
    slide, other = hidden_of(xor_network(), 0.5), hidden_of(learned, 0.0)
    page = sheet("ABC;DEC", _xor_numbers(slide, other), height=6.6, widths=(1, 1, 0.82), per_row=5)
    for letters, case, name in (("AB", slide, "the slide's network"), ("DE", other, "the first that learned it")):
        _plane(page.panels[letters[0]], case, name)
        _image(page.panels[letters[1]], case)
    ax = panel(page.panels["C"], "Random starts that learn it", x="hidden units")
    bars(ax, [str(width) for width in WIDTHS], [100 * runs[width].success_share for width in WIDTHS],
         colours=[COLOURS[2]] * len(WIDTHS), digits=1)  # fmt: skip
    ax.set_ylabel(f"% of {STARTS} starts")
    return page


def _xor_numbers(slide: Hidden, other: Hidden) -> list[tuple[str, str]]:
    common = ", ".join(map(str, separate(gate("xor")).common_point or ()))
    return [
        ("x space: a point of both hulls", f"({common}), so no line"),
        ("h of (0,1) and of (1,0)", f"{_row(slide.image.inputs[1])} and {_row(slide.image.inputs[2])}"),
        ("h of (1,1)", _row(slide.image.inputs[3])),
        ("h space: margin of the slide's", number(slide.line.margin, 7)),
        ("regions: the slide's; the learned", "; ".join(_counted(c.network) for c in (slide, other))),
    ]


def _counted(network: Network) -> str:
    """How many regions there are, and how many of them are too thin to be seen."""
    found = regions(network, SQUARE)
    slivers = np.count_nonzero(found.volumes < SLIVER)
    return f"{len(found)} with {slivers} slivers" if slivers else f"{len(found)}"


def _plane(ax: Axes, case: Hidden, name: str) -> None:
    """The plane of inputs: regions, the exact boundary, the four corners."""
    found = regions(case.network, SQUARE)
    polygons(ax, polygons_of(found), [PALE[_hue(r)] for r in range(len(found))], width=1.5)
    for line in boundary(case.network, SQUARE, level=case.level).polylines:
        ax.plot(*np.asarray(line).T, color=INK, lw=2.2)
    points(ax, gate("xor"), names=False, size=100)
    panel(ax, f"x space: {name}", x="x₁", xlim=(-0.45, 1.45), ylim=(-0.45, 1.45), square=True)
    ax.set_ylabel("x₂", rotation=0)
    ax.set(xticks=[0, 1], yticks=[0, 1])


def _hue(region: int) -> int:
    return (2, 4, 5, 3)[region % 4]


def _image(ax: Axes, case: Hidden) -> None:
    """The plane after the hidden layer: each region's polygon as it lands, the corners, the widest line."""
    found = regions(case.network, SQUARE)
    for r, shape in enumerate(polygons_of(found)):
        h = case.network.activate(1, case.network.preactivations(shape)[0])
        ax.fill(*h.T, facecolor=PALE[_hue(r)], edgecolor=COLOURS[_hue(r)], lw=5, alpha=0.55, joinstyle="round")
    b, w1, w2 = (float(v) for v in case.line.weights[0])
    top = 1.12 * case.image.inputs.max() + 0.3
    x = np.array([-top, 2 * top])
    ax.plot(x, -(b + w1 * x) / w2, color=INK, lw=2.2)
    points(ax, case.image, names=False, size=100)
    panel(ax, "h space: one line will do", x="h₁", xlim=(-0.1 * top, top), ylim=(-0.1 * top, top), square=True)
    ax.set_ylabel("h₂", rotation=0)
    _name_corners(ax, case)


def _name_corners(ax: Axes, case: Hidden) -> None:
    """Which corners land where; those that land together share a label."""
    together: dict[tuple[float, ...], list[str]] = {}
    for x, h in zip(gate("xor").inputs, case.image.inputs, strict=True):
        together.setdefault(tuple(np.round(h, 1) + 0.0), []).append(_row(x))
    for at, names in together.items():
        inside = min(at) > 0  # where the image goes on to the upper right
        by = (-9, 11) if inside else (6, -11) if len(names) > 1 else (9, 11)
        note(ax, " and ".join(names), (at[0], at[1]), by, ha="right" if inside else "left", colour=SOFT)
