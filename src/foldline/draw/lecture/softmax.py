"""Several classes: sigmoids that are no distribution, softmax that is one, and its gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...activations import sigmoid, softmax
from ...colour import hexes, ramp
from ...lecture import multiclass as multiclass_question
from ...lecture import sigmoids as sigmoids_question
from ...lecture import softmax as softmax_question
from ...lecture.softmax import CLASSES
from ...network import Network
from ...samples import Samples
from ..paper import (
    COLOURS,
    INK,
    MARKERS,
    PALE,
    PAPER,
    PHOTO,
    SOFT,
    Sheet,
    bare,
    bars,
    note,
    number,
    panel,
    points,
    scale,
    sheet,
)
from .losses import largest

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

BELOW = ((0.60, 0.11, 255), (0.95, 0.02, 255))  # shades of sums under and over 1
ABOVE = ((0.96, 0.03, 75), (0.66, 0.15, 45))


def sigmoids(answer: sigmoids_question.Answer) -> Sheet:
    """Draw the sigmoids of the slide's logits, their sum beside softmax's, and that sum over a plane."""
    page = sheet(
        "ABC",
        [
            ("sum of the 3 sigmoids", number(answer.sigmoid_sum, 7)),
            ("sum of softmax", number(answer.softmax_sum, 7)),
            ("over 90 samples, least sum", number(float(answer.sums.min()), 7)),
            ("largest sum", number(float(answer.sums.max()), 7)),
        ],
        height=3.5,
        widths=(1, 0.75, 1.2),
        per_row=4,
    )
    panel(page.panels["A"], "A sigmoid a class", y="σ")
    names = [f"{name}\na = {number(a)}" for name, a in zip(CLASSES, answer.state.logits, strict=True)]
    bars(page.panels["A"], names, answer.sigmoids, colours=COLOURS[:3])
    page.panels["A"].set_ylim(0, 1.1)
    _stacks(page.panels["B"], answer)
    _sum_over_plane(page.panels["C"], answer.samples, answer.network)
    return page


def _stacks(ax: Axes, answer: sigmoids_question.Answer) -> None:
    """The three values on top of each other: sigmoids overshoot 1."""
    panel(ax, "Stacked", ylim=(0, 1.9), xlim=(-0.6, 1.6))
    for k, values in enumerate((answer.sigmoids, answer.softmax)):
        floors = np.concatenate([[0.0], np.cumsum(values)])
        ax.bar([k] * 3, values, bottom=floors[:-1], color=COLOURS[:3], width=0.62, edgecolor=PAPER, linewidth=1)
        note(ax, f"sum {number(float(floors[-1]))}", (k, float(floors[-1])), (0, 8), weight="bold")
    ax.axhline(1, color=INK, lw=1.2, ls="--")
    ax.set_xticks([0, 1], ["sigmoids", "softmax"])
    ax.grid(axis="x", visible=False)


def _sum_over_plane(ax: Axes, samples: Samples, network: Network) -> None:
    """The sum of three fitted sigmoids, and the curves on which it happens to be 1."""
    reach = 4.0
    x, y = np.meshgrid(np.linspace(-reach, reach, 161), np.linspace(-reach, reach, 161))
    total = sigmoid(network(np.column_stack([x.ravel(), y.ravel()]))).sum(axis=1).reshape(x.shape)
    panel(ax, "The sum over two features: 1 on the line", x="$x_1$", y="$x_2$", square=True)
    ax.grid(False)
    shaded = ax.contourf(
        x, y, total, levels=np.linspace(0, 2, 11), colors=hexes(ramp(BELOW, 5)) + hexes(ramp(ABOVE, 5))
    )
    ax.contour(x, y, total, levels=[1.0], colors=INK, linewidths=2).set_gid(PHOTO)  # the colours under it stay light
    points(ax, samples, names=False, size=22)
    scale(ax, shaded, [0, 0.5, 1, 1.5, 2])
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach))


def soft_max(answer: softmax_question.Answer) -> Sheet:
    """Draw logits becoming a distribution, and the way of that point through the simplex as the temperature rises."""
    gap, shift = answer.gap, number(answer.state.shift)
    page = sheet(
        "ABC",
        [
            *((f"softmax, {name}", number(float(v), 7)) for name, v in zip(CLASSES, answer.values, strict=True)),
            (f"largest change for a + {shift}", f"{number(gap)}" if gap == 0 else f"{gap:.0e}, rounding"),
            ("entropy, nats", number(answer.entropy, 7)),
        ],
        height=3.6,
        widths=(0.8, 0.8, 1.3),
    )
    panel(page.panels["A"], "Logits")
    bars(page.panels["A"], CLASSES, answer.logits, colours=COLOURS[:3])
    page.panels["A"].axhline(0, color=SOFT, lw=0.8)
    page.panels["A"].set_ylim(-4.2, 3.2)
    panel(page.panels["B"], "Softmax(a)")
    bars(page.panels["B"], CLASSES, answer.values, colours=COLOURS[:3])
    page.panels["B"].set_ylim(0, 1.0)
    _simplex(page.panels["C"], answer)
    return page


# The corners of the triangle of all distributions over three classes.
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(3) / 2]])


def _simplex(ax: Axes, answer: softmax_question.Answer) -> None:
    """The triangle, a third of it a winner, and softmax(a / T) from the corner of arg max to the middle."""
    bare(ax, "Softmax(a / T): from arg max to no idea")
    middle = CORNERS.mean(axis=0)
    for k in range(3):
        sides = [(CORNERS[k] + CORNERS[j]) / 2 for j in range(3) if j != k]
        ax.fill(*np.array([CORNERS[k], sides[0], middle, sides[1]]).T, color=PALE[k], lw=0)
    ax.fill(*CORNERS.T, facecolor="none", edgecolor=INK, lw=1.4)
    ax.plot(*(answer.way @ CORNERS).T, color=INK, lw=2)
    for t, at in zip(answer.state.temperatures, answer.marks @ CORNERS, strict=True):
        ax.plot(*at, "o", ms=6 if t != 1 else 8, mfc=INK if t == 1 else PAPER, mec=INK, mew=1.4, zorder=4)
        ha, by = ("left", (8, -3)) if t <= 1 else ("center", (-2, 11) if t == 5 else (-4, -11))
        note(ax, f"T = {number(t)}", (float(at[0]), float(at[1])), by, ha=ha, weight="bold" if t == 1 else "normal")
    for name, corner, by in zip(CLASSES, CORNERS, ((-4, -11), (4, -11), (0, 10)), strict=True):
        note(ax, name, (float(corner[0]), float(corner[1])), by, weight="bold")
    ax.set(xlim=(-0.12, 1.12), ylim=(-0.12, 1.0), aspect="equal")


def multiclass(answer: multiclass_question.Answer) -> Sheet:
    """Draw softmax beside one-hot and their difference, the gradient; and the loss of the book's 20 points."""
    label, slope = answer.state.label, answer.gradient
    page = sheet(
        "ABC;DDD",
        [
            (f"NLL of a {CLASSES[label]}", number(answer.loss, 7)),
            ("its gradient", "  ".join(number(float(g), 7) for g in slope)),
            ("sum of the gradient", number(float(slope.sum()), 12)),
            ("sum of 20 NLLs", number(answer.total, 12)),
            ("likelihood", f"{answer.likelihood:.10e}".replace("e-08", " · 10⁻⁸")),
            ("largest of them", number(float(answer.book_losses.max()), 7)),
        ],
        per_row=3,
        height=5.6,
        heights=(0.85, 1),
    )
    shown = (("Softmax(a)", answer.softmax), (f"One-hot of {CLASSES[label]}", answer.one_hot),
             ("Gradient = softmax − one-hot", slope))  # fmt: skip
    for letter, (title, values) in zip("ABC", shown, strict=True):
        panel(page.panels[letter], title)
        bars(page.panels[letter], CLASSES, values, colours=COLOURS[:3])
        page.panels[letter].set_ylim(-1.05, 1.2)
        page.panels[letter].axhline(0, color=SOFT, lw=0.8)
    _chances(page.panels["D"], answer.book, answer.network, answer.book_losses)
    return page


def _chances(ax: Axes, samples: Samples, network: Network, losses: Array) -> None:
    """The three probabilities over x; each point stands on the curve of its class, its loss beside it."""
    x, label = samples.inputs[:, 0], samples.targets[:, 0].astype(np.int64)
    at = np.linspace(0, 1, 1001)
    panel(ax, "A network with 3 units and 3 logits: 20 points on the probability of their class, the three largest −ln",
          x="x", xlim=(0, 1), ylim=(-0.03, 1.3))  # fmt: skip
    ax.set_yticks([0, 0.5, 1])
    chances = softmax(network(at[:, None]))
    for k in range(3):
        ax.plot(at, chances[:, k], color=COLOURS[k], label=f"class {k}")
        mine = label == k
        ax.plot(x[mine], np.exp(-losses[mine]), MARKERS[k], color=COLOURS[k], ms=7, mec=PAPER, ls="none", zorder=4)
    ax.vlines(x, np.exp(-losses), 1.06, color=[PALE[k] for k in label], lw=0.9, zorder=1)
    largest(ax, x, np.full(len(x), 1.04), losses, label)
    ax.legend(loc="center left")
