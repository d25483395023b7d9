"""Why errors are not counted but softened: the flat cells of weight space, and the sigmoid for the step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...activations import UNITS, sigmoid
from ...colour import ERROR, contrast, hexes, mixed, ramp, rgb
from ...lecture import relaxation as relaxation_question
from ...lecture import zero_gradients as zero_question
from ...optimal.weight_space import ErrorCells
from ...samples import Samples
from ..paper import (
    COLOURS,
    FAINT,
    INK,
    PALE,
    PAPER,
    SHADE,
    SOFT,
    Sheet,
    as_printed,
    note,
    number,
    panel,
    points,
    polygons,
    sheet,
)  # fmt: skip

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

DIGIT = 0.055  # what a digit of a number needs on each side of it, in the units of the weights


def zero_gradients(answer: zero_question.Answer) -> Sheet:
    """Draw the space of weights, cut into the cells of one number of errors, and a walk through it."""
    cells, samples, offset = answer.cells, answer.samples, answer.state.offset
    page = sheet(
        "ABC",
        [
            ("cells of this slice", f"{len(cells)}"),
            ("least errors on it", f"{cells.least}"),
            ("least errors of any line, proved", f"{answer.least}"),
            ("gradient inside a cell", number(answer.gradient)),
            ("gradient between cells", "undefined"),
        ],
        height=3.5,
        widths=(1, 1.15, 1),
    )
    _two_lines(page.panels["A"], samples, (offset, *answer.state.weight), (offset, *answer.end))
    _weight_space(page.panels["B"], answer)
    _walk(page.panels["C"], answer.walk)
    return page


def _two_lines(ax: Axes, samples: Samples, first: tuple[float, ...], last: tuple[float, ...]) -> None:
    panel(ax, "16 samples, two perceptrons", x="$x_1$", y="$x_2$", xlim=(-1.6, 2.6), ylim=(-1.6, 1.7))
    points(ax, samples, names=False)
    for (b, w1, w2), style, name in ((first, ":", "start of the arrow"), (last, "-", "its end")):
        x = np.array([-1.6, 2.6])
        y = -(b + w1 * x) / w2
        ax.plot(x, y, style, color=INK, lw=1.6, label=name)
    ax.legend(loc="lower right")


def _weight_space(ax: Axes, answer: zero_question.Answer) -> None:
    cells, best, reach = answer.cells, answer.best, answer.state.reach
    start, end = np.array(answer.state.weight), answer.end
    shades = hexes(ramp(ERROR, int(cells.errors.max()) + 1))
    shapes = cells.regions.polygons()
    panel(ax, "Weight space: errors on each cell", x="$w_1$", y="$w_2$", xlim=(-reach, reach), ylim=(-reach, reach),
          square=True)  # fmt: skip
    as_printed(ax).grid(False)
    polygons(ax, shapes, [shades[k] for k in cells.errors])
    polygons(ax, [shapes[best]], ["none"], edge=COLOURS[0], width=2.2)
    for k in np.setdiff1d(np.arange(len(cells)), best):  # the arrow ends in the best
        text, at = str(cells.errors[k]), cells.regions.centroids[k]
        lines = [*zip(shapes[k], np.roll(shapes[k], 1, axis=0), strict=True), (start, end)]
        if min(_apart(at, *line) for line in lines) > DIGIT * (1 + len(text)):
            note(ax, text, tuple(at), colour=_words_on(shades[cells.errors[k]]), size=7.5)
    ax.plot(*zip(start, end, strict=True), color=PAPER, lw=4, solid_capstyle="butt")
    ax.annotate(
        "",
        tuple(end),
        tuple(start),
        arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 1.8, "shrinkA": 0, "shrinkB": 0},
    )
    ax.plot(*start, "o", color=INK, ms=7, mec=PAPER)
    note(ax, f"best cell: {cells.least}", tuple(end), (12, 10), ha="left", weight="bold")
    ax.set_xlim(-reach, reach)
    ax.set_ylim(-reach, reach)


def _words_on(shade: str) -> str:
    """The colour of words on a shade: ink or paper, whichever stands out more."""
    return max((INK, PAPER), key=lambda word: float(contrast(rgb([word]) / 255, rgb([shade]) / 255)[0]))


def _apart(at: Array, a: Array, b: Array) -> float:
    """How far a place is from the straight line between two others."""
    share = np.clip((at - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
    return float(np.linalg.norm(a + share * (b - a) - at))


def _walk(ax: Axes, walk: ErrorCells) -> None:
    """The error count along the arrow: steps at the exact places where a sample changes sides."""
    if walk.regions.complex is None:
        raise AssertionError("a walk has one input")
    order = walk.regions.points[:, 0].argsort()
    ends = np.sort(walk.regions.complex.vertices[walk.regions.complex.edges[order], 0], axis=1)
    counts = walk.errors[order]
    panel(ax, "Errors along the arrow", x="share of the way", y="errors", xlim=(0, 1), ylim=(-0.6, counts.max() + 1.4))
    for (a, b), count in zip(ends, counts, strict=True):
        ax.plot([a, b], [count] * 2, color=INK, lw=2.2)
    ax.plot(ends[1:, 0], counts[1:], "o", ms=4, mfc=PAPER, mec=INK, mew=1.1)
    note(ax, f"slope 0 on {len(counts)} stretches,\n{len(counts) - 1} jumps between them:\nnothing to descend",
         (0.04, 3.0), ha="left", colour=SOFT)  # fmt: skip


AIR = np.array([3.0, 0.6])  # around the fish


def relaxation(answer: relaxation_question.Answer) -> Sheet:
    """Draw the step and its softening by a sigmoid, on the line and over the plane of the fish."""
    page = sheet(
        "ABC",
        [
            *((f"T = {t:g}: farthest, |z| ≥ 1", number(far, 7)) for t, far in _softened(answer)),
            ("at z = 0, any T", number(answer.at_zero)),
        ],
        height=3.5,
        widths=(1.25, 1, 1),
    )
    _steps(page.panels["A"], answer)
    for letter, title, soft in (
        ("B", "The step over two features", False),
        ("C", "The sigmoid: |z| < 1 is the margin", True),
    ):
        _plane(page.panels[letter], answer, title, soft=soft)
    return page


def _softened(answer: relaxation_question.Answer) -> list[tuple[float, float]]:
    """Each temperature with the largest distance it leaves."""
    return list(zip(answer.state.temperatures, answer.farthest, strict=True))


def _steps(ax: Axes, answer: relaxation_question.Answer) -> None:
    z = np.linspace(-5, 5, 801)
    panel(ax, "The step and σ(z / T)", x="z = w·x + b", xlim=(-5, 5), ylim=(-0.09, 1.09))
    ax.axvspan(-1, 1, color=FAINT, alpha=0.55, lw=0)
    for (t, edge), colour in zip(_softened(answer), COLOURS, strict=False):
        ax.plot(z, sigmoid(z / t), color=colour, lw=1.8, label=f"T = {t:g}")
        ax.plot([-1, 1], [edge, 1 - edge], "o", ms=4.5, mfc=PAPER, mec=colour, mew=1.5, zorder=4)
    for a, b, height in ((-5, 0, 0), (0, 5, 1)):
        ax.plot([a, b], [height] * 2, color=INK, lw=2.4, zorder=3)
    ax.plot(0, UNITS["step"](np.zeros(1))[0], "o", color=INK, ms=5, zorder=5)
    ax.plot(0, 1, "o", mfc=PAPER, mec=INK, ms=5, zorder=5)
    top = answer.farthest[0]
    note(ax, "outside |z| < 1\nthe sigmoid is at most\nσ(−1/T) from the step:\nhere", (-1, top), (-43, 84),
         colour=SOFT, arrow=True, size=8)  # fmt: skip
    ax.legend(loc="lower right")


def _plane(ax: Axes, answer: relaxation_question.Answer, title: str, *, soft: bool) -> None:
    """The plane of inputs shaded by the step, or by the sigmoid with its exact level lines."""
    samples, line = answer.samples, answer.line
    (left, low), (right, high) = samples.inputs.min(axis=0) - AIR, samples.inputs.max(axis=0) + AIR
    x, y = np.meshgrid(np.linspace(left, right, 240), np.linspace(low, high, 240))
    z = line[0] + line[1] * x + line[2] * y
    chance = sigmoid(z) if soft else UNITS["step"](z)
    panel(ax, title, x="length, cm", y="brightness" if not soft else "", xlim=(left, right), ylim=(low, high))
    ax.grid(False)
    shade = mixed(np.stack([1 - chance, chance], axis=-1), PALE[:2])
    within = (left, right, low, high)
    ax.imshow(shade, extent=within, origin="lower", aspect="auto", interpolation="bilinear", gid=SHADE)
    levels = zip((-1.0, 0.0, 1.0), ("--", "-", "--"), answer.levels, strict=True)
    for level, style, share in levels if soft else ((0.0, "-", 0.5),):
        at = np.array([low, high])
        ax.plot((level - line[0] - line[2] * at) / line[1], at, style, color=INK, lw=1.2)
        if soft:
            place = (float(level - line[0] - line[2] * 4.9) / line[1], 4.9)
            text = f"σ = {number(share)}"
            ax.annotate(text, place, (-7, 0), textcoords="offset points", rotation=90, size=8, ha="center", va="center")
    points(ax, samples, names=not soft, size=26)
    if not soft:
        ax.legend(loc="upper left", handletextpad=0.1, borderpad=0.1)
    ax.set_xlim(left, right)
    ax.set_ylim(low, high)
