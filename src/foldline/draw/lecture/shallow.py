"""Shallow networks of one input: the four steps of the slides, and what they add up to."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...box import Box
from ...data.book import solution
from ...exact.regions import Regions, regions
from ...network import Network
from ..paper import BANDS, COLOURS, INK, PAPER, SOFT, Sheet, curve, knots, note, number, panel, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

UNIT_BOX = Box([0], [1])


@dataclass(frozen=True, eq=False)
class Pieces:
    """The exact curve of a network of one input: its joints, rising, and slope and offset of the pieces between."""

    found: Regions
    joints: Array
    slopes: Array
    offsets: Array


def pieces_of(network: Network, box: Box = UNIT_BOX, output: int = 0) -> Pieces:
    """Return the joints and pieces of one output."""
    found = regions(network, box)
    maps = found.maps[found.points[:, 0].argsort(), output]
    return Pieces(found, knots(found)[0][1:-1], maps[:, 0], maps[:, 1])


def four_steps() -> Sheet:
    """Draw the book's three-unit network step by step: linear, ReLU, weighted, summed."""
    network = solution("3.1")
    answer = pieces_of(network)
    page = sheet("ABCS;DEFS;GHIS", _numbers(answer), height=5.0, widths=(1, 1, 1, 2.5), per_row=4)
    for unit, column in enumerate(("ADG", "BEH", "CFI")):
        _unit_column([page.panels[letter] for letter in column], network, unit)
    for letter, step in zip("ADG", ("1  linear", "2  ReLU", "3  weighted"), strict=True):
        page.panels[letter].set_ylabel(step, color=INK, size=9.5, weight="bold")
    _sum(page.panels["S"], answer)
    return page


def _numbers(answer: Pieces) -> list[tuple[str, str]]:
    ends = [0.0, *answer.joints.tolist(), 1.0]
    spans = [f"piece on [{number(a)}, {number(b)}]" for a, b in pairwise(ends)]
    lines = [f"y = {affine(a, b)}" for a, b in zip(answer.offsets, answer.slopes, strict=True)]
    return list(zip(spans, lines, strict=True))


def affine(offset: float, slope: float) -> str:
    """Return an affine function in words.

    >>> affine(0.3, -2.0), affine(-0.3, 0.0)
    ('0.3 − 2 x', '−0.3')
    """
    size = number(abs(slope))
    return number(offset) if size == "0" else f"{number(offset)} {'−' if slope < 0 else '+'} {size} x"


def _unit_column(axes: list[Axes], network: Network, unit: int) -> None:
    """One unit's three steps, one under the other."""
    (slope,), offset = network.weights[0][unit], network.biases[0][unit]
    weight = network.weights[1][0, unit]
    alone = Network([[[slope]], [[1.0]]], [[offset], [0.0]])
    weighted = Network([[[slope]], [[weight]]], [[offset], [0.0]])
    ends = np.array([0.0, 1.0])
    axes[0].plot(ends, offset + slope * ends, color=COLOURS[unit])
    curve(axes[1], regions(alone, UNIT_BOX), colour=COLOURS[unit])
    curve(axes[2], regions(weighted, UNIT_BOX), colour=COLOURS[unit])
    texts = (affine(offset, slope), f"$h_{unit + 1}$", f"{number(weight)} $h_{unit + 1}$")
    for ax, text in zip(axes, texts, strict=True):
        panel(ax, xlim=(-0.03, 1.03), ylim=(-1.25, 1.25))
        ax.set_title(text, size=9.5, color=COLOURS[unit], pad=4)
        ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"] if ax is axes[2] else [])
        ax.set_yticks([-1, 0, 1], ["−1", "0", "1"] if unit == 0 else [])
        ax.axhline(0, color=SOFT, lw=0.7, zorder=1)


def _sum(ax: Axes, answer: Pieces) -> None:
    """The whole curve: a band a piece, its slope written there, its joints named."""
    x, y = knots(answer.found)
    panel(ax, "4  summed: one joint a unit", x="x", y="y", xlim=(-0.03, 1.03), ylim=(-1.02, 0.62))
    for k, slope in enumerate(answer.slopes):
        ax.axvspan(x[k], x[k + 1], color=BANDS[k % 2], lw=0)
        note(ax, f"slope\n{number(slope)}", ((x[k] + x[k + 1]) / 2, 0.53), weight="bold")
    curve(ax, answer.found, joints=False)
    for joint, height, unit in zip(x[1:-1], y[1:-1], _units_at(answer.found), strict=True):
        ax.plot([joint, joint], [-0.92, height], color=SOFT, lw=0.8, ls=":")
        ax.plot(joint, height, "o", ms=7, mfc=PAPER, mec=COLOURS[unit], mew=2)
        note(ax, number(joint), (joint, -0.96), colour=COLOURS[unit], weight="bold")


def _units_at(found: Regions) -> NDArray[np.int64]:
    """The hidden unit that makes each joint, from left to right."""
    order = np.argsort(found.complex.vertices[:, 0]) if found.complex is not None else np.zeros(0, dtype=np.intp)
    return found.fold_of_edge[order][1:-1]
