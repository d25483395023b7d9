"""What a regression leaves over: each row's error against what the network says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..network import Network
from ..samples import Samples
from .axes import axes_of
from .paper import COLOURS, INK, PAPER, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_residuals(
    network: Network, fitted: Samples, aside: Samples | None = None, ax: Axes | None = None, *, output: int = 0
) -> Axes:
    """Return the axes with target minus output against the output, for rows fitted to and rows kept aside.

    A good fit leaves a band round 0 without a bend, as wide for the rows kept aside.
    """
    ax, _ = axes_of(ax)
    ax.axhline(0.0, color=INK, lw=0.8)
    for part, name, colour, mark in ((fitted, "fitted to", COLOURS[0], "o"), (aside, "kept aside", COLOURS[1], "^")):
        if part is not None:
            said = network(part.inputs)[:, output]
            ax.plot(said, part.targets[:, output] - said, mark, color=colour, ms=4.5, mec=PAPER, mew=0.5, label=name)
    target = fitted.meta.get("target")
    ax.set(xlabel=f"output{f', {plain(target)}' if isinstance(target, str) else ''}", ylabel="target − output")
    if aside is not None:
        ax.legend()
    return ax


def largest_errors(network: Network, samples: Samples, n: int) -> list[int]:
    """Return the numbers of the rows that are met worst, the worst first."""
    error = np.abs(network(samples.inputs) - samples.targets).max(axis=1)
    return [int(row) for row in np.argsort(-error, kind="stable")[:n]]
