"""Training: descent on a small network, its joints on the move, and how near it comes to the proven least loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...lecture.training import Answer
from ..paper import COLOURS, FAINT, INK, PAPER, SOFT, Sheet, curve, note, number, panel, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]


def training(answer: Answer) -> Sheet:
    """Draw the descent of a three-unit network: its curve, its joints and its loss over time."""
    last = answer.ends
    least = float(answer.best.least) if answer.best else 0.0
    page = sheet(
        "AAABBB;CCCCDD",
        [
            (f"best of {len(last)} starts", f"{last.min():.9f}"),
            ("median of them", f"{np.median(last):.9f}"),
            ("least of all, proved", f"{least:.9f}"),
            ("regions crossed on the way", f"{answer.crossed[-1]}"),
            ("joints at the end", "  ".join(number(float(t), 3) for t in np.sort(answer.joints[-1]))),
        ],
        height=6.0,
    )
    _curves(page.panels["A"], answer)
    _joints(page.panels["B"], answer)
    _losses(page.panels["C"], answer)
    _ends(page.panels["D"], last)
    for letter in "CD":
        _least(page.panels[letter], least)
    return page


def _curves(ax: Axes, answer: Answer) -> None:
    samples = answer.samples
    panel(ax, "The network after some epochs", x="x", y="y", xlim=(-0.02, 1.02), ylim=(-0.75, 0.75))
    shades = (SOFT, COLOURS[2], COLOURS[0], INK)
    for (epoch, found), shade in zip(answer.curves.items(), shades, strict=True):
        curve(ax, found.x, found.y, colour=shade, label=f"{epoch:,} epochs")
    ax.plot(samples.inputs[:, 0], samples.targets[:, 0], "o", color=COLOURS[1], ms=6, mec=PAPER, zorder=4)
    ax.legend(loc="lower left", ncols=2)


def _joints(ax: Axes, answer: Answer) -> None:
    """Where each unit folds, epoch by epoch; lines mark the points, each crossing of one another region."""
    epochs = answer.state.epochs
    panel(ax, "Its joints on the move, over 20 points", x="epoch", y="x", xlim=(1, epochs), ylim=(-0.15, 1.9))
    ax.grid(False)
    for x in answer.samples.inputs[:, 0]:
        ax.axhline(x, color=FAINT, lw=0.8, zorder=1)
    for unit, joints in enumerate(answer.joints.T):
        ax.plot(np.arange(1, epochs + 1), joints[1:], color=COLOURS[unit], label=f"unit {unit + 1}")
    ax.set_xscale("log")
    ax.legend(loc="upper left")


def _losses(ax: Axes, answer: Answer) -> None:
    """The loss of the path, and how many regions of weight space it has crossed."""
    epochs, losses, crossed = answer.state.epochs, answer.losses, answer.crossed
    panel(ax, "Its loss along the way", x="epoch", y="sum of squares", xlim=(1, epochs))
    ax.plot(np.arange(1, epochs + 1), losses[1:], color=INK)
    for epoch in answer.state.shown[1:]:
        ax.plot(epoch, losses[epoch], "o", ms=6, mfc=PAPER, mec=INK, mew=1.5, zorder=4, clip_on=False)
        end = epoch == epochs
        ha, by = ("right", (-4, 30)) if end else ("center", (0, 22))
        note(ax, f"{crossed[epoch]} regions\ncrossed", (epoch, float(losses[epoch])), by, ha=ha)
    ax.set_xscale("log")


def _ends(ax: Axes, ends: Array) -> None:
    """Where every start ended, from the best to the worst."""
    panel(ax, f"Where {len(ends)} starts end", x="start, by its loss", xlim=(0, len(ends) + 1))
    ax.plot(np.arange(1, len(ends) + 1), np.sort(ends), "o", color=COLOURS[1], ms=5.5, mec=PAPER, mew=0.7)


def _least(ax: Axes, least: float) -> None:
    """The floor that no three units get under, on a scale both panels share."""
    ax.axhline(least, color=COLOURS[2], lw=1.4, ls="--", zorder=1)
    note(ax, "least of any three units, proved", (ax.get_xlim()[1], least), (-4, -8), ha="right", colour=COLOURS[2],
         weight="bold")  # fmt: skip
    ax.set_yscale("log")
    ax.set_ylim(0.09, 2.0)
    ax.set_yticks([0.1, 0.2, 0.5, 1.0], ["0.1", "0.2", "0.5", "1"])
    ax.minorticks_off()
