"""Soft and hard winners: the exact cells of arg max over the shading of softmax, for a line and for a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...activations import softmax
from ...colour import mixed
from ...lecture.argmax import Answer
from ..paper import COLOURS, INK, PALE, PAPER, SHADE, Sheet, note, number, panel, points, polygons, segments, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PIXELS = 240


def arg_max(lines: Answer, network: Answer) -> Sheet:
    """Draw where each class wins, exactly, for a linear classifier with a class that never does, and for a network."""
    linear, deep = lines.cells, network.cells
    page = sheet(
        "ABC",
        [
            ("class that wins nowhere; nearest, in the ring", "; ".join(_short(lines)) or "none"),
            ("areas of the four others, of 64", "  ".join(number(float(v), 4) for v in linear.volume_of_class if v)),
            ("three classes meet at", "  ".join(f"({number(x, 4)}, {number(y, 4)})" for x, y in lines.meeting)),
            ("network: regions, cells of one class", f"{len(deep.regions):,}, {len(deep):,}"),
            ("areas of its three classes", "  ".join(number(float(v), 4) for v in deep.volume_of_class)),
            ("length of its boundary", number(network.border.size, 6)),
        ],
        per_row=3,
        height=3.4,
    )
    _hard(page.panels["A"], lines)
    _soft(page.panels["B"], lines, f"Softmax(a / {lines.state.temperature:g}) over the same cells")
    _soft(page.panels["C"], network, "The same for a network, 2-16-16-3")
    return page


def _short(answer: Answer) -> list[str]:
    """How far each class that wins nowhere is from winning, where it is nearest to it."""
    return [f"{answer.cells.names[k]}, {number(lack, 4)} short" for k, _, lack in answer.nearest]


def _hard(ax: Axes, answer: Answer) -> None:
    """Each cell in its class's colour, its corners marked."""
    found, reach = answer.cells, answer.reach
    panel(ax, "Arg max of 5 lines: 4 cells", x="$x_1$", y="$x_2$", xlim=(-reach, reach), ylim=(-reach, reach),
          square=True)  # fmt: skip
    ax.grid(False)
    for shape, k in zip(found.polygons(), found.classes, strict=True):
        ax.fill(*shape.T, facecolor=PALE[k], edgecolor=INK, lw=1.2)
        note(ax, f"class {found.names[k]}", tuple(shape.mean(axis=0)), weight="bold")
    ax.plot(*answer.meeting.T, "o", ms=6, mfc=PAPER, mec=INK, mew=1.5, zorder=4)
    for _, place, _ in answer.nearest:
        ax.plot(*place, "o", ms=17, mfc="none", mec=COLOURS[4], mew=1.6, ls="none", zorder=5)


def _soft(ax: Axes, answer: Answer, title: str) -> None:
    """The classes' colours mixed by softmax, the exact boundary of arg max and the samples over them."""
    found, border, reach = answer.cells, answer.border, answer.reach
    at = np.linspace(-reach, reach, PIXELS)
    x, y = np.meshgrid(at, at)
    chances = softmax(found.network(np.column_stack([x.ravel(), y.ravel()])) / answer.state.temperature)
    image = mixed(chances, PALE[: chances.shape[1]]).reshape(PIXELS, PIXELS, 3)
    panel(ax, title, x="$x_1$", xlim=(-reach, reach), ylim=(-reach, reach), square=True)
    ax.grid(False)
    ax.imshow(image, extent=(-reach, reach, -reach, reach), origin="lower", interpolation="bilinear", gid=SHADE)
    polygons(ax, found.polygons(), ["none"], edge=PAPER, width=0.5)
    segments(ax, border.vertices[border.edges], width=1.6)
    points(ax, answer.samples, names=False, size=16)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach))
