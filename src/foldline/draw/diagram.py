"""Network diagrams: a circle a unit, a line a weight."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..network import Network
from .axes import axes_of
from .paper import COLOURS, INK, NODE, PAPER, WORDS, bare, segments

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

MOST_UNITS = 9  # of a layer that are drawn; a wider one shows its first and last
LABELLED = 24  # parameters up to which each is written at its line
FLAT, TALL = 0.55, 0.9  # of its width a diagram is tall at least and at most, so that lines part
NAMED = 5  # units of a layer up to which names have the usual size
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
    fill = WORDS.get(colour, colour)
    ax.fill(at[0] + radius * np.cos(turn), at[1] + radius * np.sin(turn), color=fill, ec=PAPER, lw=1.5, zorder=3)
    if text:
        ax.text(*at, text, color=PAPER, ha="center", va="center", size=size, weight="bold", zorder=4, gid=NODE)


def plot_network(network: Network, ax: Axes | None = None, *, weights: bool | None = None, **artist: Any) -> Axes:
    """Return the axes with a network's diagram: a circle a value, a line a weight, thick where it is large.

    Each weight multiplies what its line comes from and adds to what it leads to; blue ones are positive, orange ones
    negative, and a weight of 0 is a line that is not there.  Biases stand under their units.

    weights   write each parameter at its line; where there are up to 24, unless said
    artist    matplotlib's words for the lines
    """
    ax, _ = axes_of(ax)
    bare(ax)
    widths = (network.weights[0].shape[1], *network.widths[1:])
    shown = [_shown(n) for n in widths]
    steps, most = len(widths) - 1, max(map(len, shown)) - 1
    across = max(1.6, 0.8 * most / (TALL * steps))
    down = max(0.8, FLAT * across * steps / max(most, 1))
    at = places([len(units) for units in shown], across=across, down=down)
    written = network.n_parameters <= LABELLED if weights is None else weights
    largest = max((float(np.abs(W).max()) for W in network.weights if W.size), default=1.0) or 1.0
    for layer in range(1, len(widths)):
        _lines(ax, network, layer, shown, at, largest, written, artist)
    for layer, (units, spots) in enumerate(zip(shown, at, strict=True)):
        colour = (COLOURS[0], HIDDEN, COLOURS[1])[0 if layer == 0 else 2 if layer == len(widths) - 1 else 1]
        for unit, (x, y) in zip(units, spots, strict=True):
            name = "⋮" if unit < 0 else _name(layer, unit, widths)
            circle(ax, (float(x), float(y)), 0.22, colour, name, size=10 if most < NAMED else 7)
            if written and layer and unit >= 0:
                bias = network.biases[layer - 1][unit]
                ax.text(x, y - 0.26, _written(bias, "+"), ha="center", va="top", size=8.5, color=INK, zorder=5)
    ax.set_aspect("equal")
    ax.autoscale_view()
    return ax


def _shown(n: int) -> list[int]:
    """Which units of a layer are drawn; -1 stands for those left out."""
    return list(range(n)) if n <= MOST_UNITS else [*range(4), -1, *range(n - 4, n)]


def _lines(
    ax: Axes, network: Network, layer: int, shown: Sequence[list[int]], at: Sequence[Array], largest: float,
    written: bool, artist: dict[str, Any],
) -> None:  # fmt: skip
    """The lines into one layer, from the one before it and from those it reads across."""
    W, column = network.weights[layer - 1], 0
    for source in (layer - 1, *network.skips.get(layer, ())):
        ends, sizes = [], []
        for i, begin in zip(shown[source], at[source], strict=True):
            for j, end in zip(shown[layer], at[layer], strict=True):
                weight = float(W[j, column + i]) if i >= 0 and j >= 0 else 0.0
                if weight:
                    ends.append((begin, end))
                    sizes.append(weight)
                    if written:
                        x, y = 0.68 * begin + 0.32 * end
                        ax.text(x, y, _written(weight), ha="center", va="center", size=8.5, color=INK, zorder=5,
                                bbox={"facecolor": PAPER, "alpha": 0.85, "lw": 0, "pad": 0.8})  # fmt: skip
        column += network.weights[0].shape[1] if source == 0 else network.widths[source]
        colours = [COLOURS[0] if size > 0 else COLOURS[1] for size in sizes]
        widths = [0.4 + 2.6 * abs(size) / largest for size in sizes]
        segments(ax, ends, **({"colors": colours or EDGE, "linewidths": widths or 1.0, "zorder": 1} | artist))


def _written(value: float, sign: str = "") -> str:
    return f"{value:{sign}.3g}".replace("-", "−")


def _name(layer: int, unit: int, widths: Sequence[int]) -> str:
    letter = "x" if layer == 0 else "y" if layer == len(widths) - 1 else "h"
    return f"${letter}_{{{unit + 1}}}$" if widths[layer] > 1 else f"${letter}$"
