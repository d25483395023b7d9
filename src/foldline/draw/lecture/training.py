"""Training: descent on a small network, its joints on the move, and how near it comes to the proven least loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...box import Box
from ...data.book import problem
from ...exact.regions import regions
from ...fit.order import Order
from ...fit.step import Fused
from ...losses import LOSSES
from ...network import Network
from ...optimal.shallow_fit import fit_shallow_globally
from ...samples import Samples
from ..paper import COLOURS, FAINT, INK, PALE, PAPER, SOFT, Sheet, curve, note, number, panel, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

UNITS, STARTS, EPOCHS, RATE = 3, 40, 6000, 0.01
SHOWN = (0, 30, 300, 6000)  # epochs whose curves are drawn
UNIT_BOX = Box([0], [1])


@dataclass(frozen=True, eq=False)
class Path:
    """One descent: the networks that were kept, by their epoch, and the sum of squares of each.

    slopes, offsets   (kept, units) of the hidden units
    """

    networks: dict[int, Network]
    slopes: Array
    offsets: Array
    losses: Array

    @property
    def joints(self) -> Array:
        """Where each unit folds, (kept, units)."""
        return np.asarray(-self.offsets / self.slopes)

    def crossings(self, x: Array) -> NDArray[np.int64]:
        """Return how often, up to each network, a unit switched on a point: each time another region of weight space.

        The loss is one polynomial in the weights on each of these regions.
        """
        on = self.slopes[:, :, None] * x + self.offsets[:, :, None] > 0
        return np.concatenate([[0], np.cumsum((on[1:] != on[:-1]).sum(axis=(1, 2)))])


def training() -> Sheet:
    """Draw the descent of a three-unit network: its curve, its joints and its loss over time."""
    samples = problem("3.1")
    ends = [descent(samples, seed, every=EPOCHS) for seed in range(STARTS)]
    last = np.array([path.losses[-1] for path in ends])
    path = descent(samples, int(last.argmin()), every=1)
    best = fit_shallow_globally(samples, units=UNITS)
    page = sheet(
        "AAABBB;CCCCDD",
        [
            (f"best of {STARTS} starts", f"{last.min():.9f}"),
            ("median of them", f"{np.median(last):.9f}"),
            ("least of all, proved", f"{float(best.least):.9f}"),
            ("regions crossed on the way", f"{path.crossings(samples.inputs[:, 0])[-1]}"),
            ("joints at the end", "  ".join(number(float(t), 3) for t in np.sort(path.joints[-1]))),
        ],
        height=6.0,
    )
    _curves(page.panels["A"], samples, path)
    _joints(page.panels["B"], samples, path)
    _losses(page.panels["C"], path, path.crossings(samples.inputs[:, 0]))
    _ends(page.panels["D"], last)
    for letter in "CD":
        _least(page.panels[letter], float(best.least))
    return page


def descent(samples: Samples, seed: int, *, every: int) -> Path:
    """Return Adam's path from a random start whose joints lie among the samples.

    every   epochs between two that are kept; the start is kept, and the end
    """
    rng = np.random.default_rng(seed)
    facing, joints = rng.choice([-1.0, 1.0], (UNITS, 1)), rng.uniform(0, 1, UNITS)
    begin = [facing, rng.normal(0, 0.5, (1, UNITS))], [-facing[:, 0] * joints, np.zeros(1)]
    n = len(samples)
    step = Fused(*begin, samples.inputs, samples.targets, Order(n, n, 0), loss="squared", optimiser="adam")
    networks = {0: Network(*step.parameters())}
    for done in range(0, EPOCHS, every):
        step.run(done, np.full(min(every, EPOCHS - done), RATE))
        networks[min(done + every, EPOCHS)] = Network(*step.parameters())
    kept = list(networks.values())
    losses = [LOSSES["squared"](network(samples.inputs), samples.targets).sum() for network in kept]
    slopes, offsets = np.array([n.weights[0][:, 0] for n in kept]), np.array([n.biases[0] for n in kept])
    return Path(networks, slopes, offsets, np.array(losses))


def _curves(ax: Axes, samples: Samples, path: Path) -> None:
    panel(ax, "The network after some epochs", x="x", y="y", xlim=(-0.02, 1.02), ylim=(-0.75, 0.75))
    shades = (SOFT, PALE[0], COLOURS[0], INK)
    for epoch, shade in zip(SHOWN, shades, strict=True):
        curve(ax, regions(path.networks[epoch], UNIT_BOX), colour=shade, label=f"{epoch:,} epochs")
    ax.plot(samples.inputs[:, 0], samples.targets[:, 0], "o", color=COLOURS[1], ms=6, mec=PAPER, zorder=4)
    ax.legend(loc="lower left", ncols=2)


def _joints(ax: Axes, samples: Samples, path: Path) -> None:
    """Where each unit folds, epoch by epoch; lines mark the points, each crossing of one another region."""
    panel(ax, "Its joints on the move, over 20 points", x="epoch", y="x", xlim=(1, EPOCHS), ylim=(-0.15, 1.9))
    ax.grid(False)
    for x in samples.inputs[:, 0]:
        ax.axhline(x, color=FAINT, lw=0.8, zorder=1)
    for unit, joints in enumerate(path.joints.T):
        ax.plot(np.arange(1, EPOCHS + 1), joints[1:], color=COLOURS[unit], label=f"unit {unit + 1}")
    ax.set_xscale("log")
    ax.legend(loc="upper left")


def _losses(ax: Axes, path: Path, crossed: NDArray[np.int64]) -> None:
    """The loss of the path, and how many regions of weight space it has crossed."""
    panel(ax, "Its loss along the way", x="epoch", y="sum of squares", xlim=(1, EPOCHS))
    ax.plot(np.arange(1, EPOCHS + 1), path.losses[1:], color=INK)
    for epoch in SHOWN[1:]:
        ax.plot(epoch, path.losses[epoch], "o", ms=6, mfc=PAPER, mec=INK, mew=1.5, zorder=4, clip_on=False)
        end = epoch == EPOCHS
        ha, by = ("right", (-4, 30)) if end else ("center", (0, 22))
        note(ax, f"{crossed[epoch]} regions\ncrossed", (epoch, float(path.losses[epoch])), by, ha=ha)
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
