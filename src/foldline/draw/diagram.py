"""Network diagrams: a circle a unit, a line a weight."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .paper import COLOURS, PAPER, bare, segments

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

EDGE, HIDDEN = "#b4bcc6", "#5b6673"  # of lines, and of hidden units


def places(widths: Sequence[int], *, across: float = 1.0, down: float = 0.5) -> list[Array]:
    """Return where the values of each layer stand, (width, 2): layers from left to right, each centred on height 0.

    >>> [len(layer) for layer in places((1, 3, 1))]
    [1, 3, 1]
    """
    return [
        np.column_stack([np.full(n, across * k), down * ((n - 1) / 2 - np.arange(n))]) for k, n in enumerate(widths)
    ]


def layers(ax: Axes, at: Sequence[Array], *, radius: float = 0.16) -> None:
    """Draw a fully connected network: its lines, and circles with x, h and y in them.

    at   the places of each layer's values: ``places(widths)``
    """
    bare(ax, ax.get_title(loc="left"))
    fills = [COLOURS[0], *[HIDDEN] * (len(at) - 2), COLOURS[1]]
    for left, right in pairwise(at):
        segments(ax, [np.array(pair) for pair in product(left, right)], colour=EDGE, width=1.0)
    for k, (layer, colour) in enumerate(zip(at, fills, strict=True)):
        for i, (x, y) in enumerate(layer):
            circle(ax, (x, y), radius, colour, _name(k, i, [len(one) for one in at]))
    ax.set_aspect("equal")
    ax.autoscale_view()


def circle(ax: Axes, at: tuple[float, float], radius: float, colour: str, text: str = "", *, size: float = 10) -> None:
    """Draw one value as a disc with its name in it."""
    turn = np.linspace(0, 2 * np.pi, 61)
    ax.fill(at[0] + radius * np.cos(turn), at[1] + radius * np.sin(turn), color=colour, ec=PAPER, lw=1.5, zorder=3)
    if text:
        ax.text(*at, text, color=PAPER, ha="center", va="center", size=size, weight="bold", zorder=4)


def _name(layer: int, unit: int, widths: Sequence[int]) -> str:
    letter = "x" if layer == 0 else "y" if layer == len(widths) - 1 else "h"
    return f"${letter}_{{{unit + 1}}}$" if widths[layer] > 1 else f"${letter}$"
