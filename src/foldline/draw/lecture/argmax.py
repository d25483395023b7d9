"""Soft and hard winners: the exact cells of arg max over the shading of softmax, for a line and for a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...activations import softmax
from ...box import Box
from ...data.toys import blobs, spirals
from ...exact.boundary import boundary_of
from ...exact.decisions import Decisions, decisions
from ...fit.descent import fit
from ...fit.linear import descend
from ...network import Network
from ...samples import Samples
from ..colour import mixed
from ..paper import INK, PALE, PAPER, Sheet, note, number, panel, points, polygons, polygons_of, segments, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

REACH = 4.0
TURNS = 2.2  # reach of the spirals
PIXELS = 240
TEMPERATURE = 4.0  # of the shading: what was fitted is so sure of itself that its softmax looks like arg max


def arg_max() -> Sheet:
    """Draw where each class wins, exactly, for a linear classifier with a class that never does, and for a network."""
    samples = blobs(100, n_classes=4, spread=0.55)
    linear = decisions(
        _with_a_mean(descend(samples, "cross_entropy", steps=1500).network), Box([-REACH] * 2, [REACH] * 2)
    )
    arms = spirals(180, n_classes=3, turns=0.75, noise=0.08)
    deep = decisions(fit(arms, hidden=(16, 16), steps=1500, optimiser="adam", learning_rate=0.02, device="cpu"),
                     Box([-TURNS] * 2, [TURNS] * 2))  # fmt: skip
    meeting = _meeting(linear)
    page = sheet(
        "ABC",
        [
            ("class that wins nowhere", ", ".join(linear.empty) or "none"),
            ("areas of the four others, of 64", "  ".join(number(float(v), 4) for v in linear.volume_of_class if v)),
            ("three classes meet at", "  ".join(f"({number(x, 4)}, {number(y, 4)})" for x, y in meeting)),
            ("network: regions, cells of one class", f"{len(deep.regions):,}, {len(deep):,}"),
            ("areas of its three classes", "  ".join(number(float(v), 4) for v in deep.volume_of_class)),
            ("length of its boundary", number(boundary_of(deep).size, 6)),
        ],
        per_row=3,
        height=3.4,
    )
    _hard(page.panels["A"], linear, samples, meeting)
    _soft(page.panels["B"], linear, samples, "Softmax(a / 4) over the same cells", REACH)
    _soft(page.panels["C"], deep, arms, "The same for a network, 2-16-16-3", TURNS)
    return page


def _with_a_mean(network: Network) -> Network:
    """The classifier with one class more, whose logit is the mean of the others': it is never the largest."""
    W, b = network.weights[0], network.biases[0]
    names = [*map(str, range(len(b))), "mean of the others"]
    return Network([np.vstack([W, W.mean(axis=0)])], [np.append(b, b.mean())], meta={"classes": names})


def _meeting(found: Decisions) -> Array:
    """The exact points where three or more classes meet, (n, 2)."""
    whole = found.complex
    around: list[set[int]] = [set() for _ in whole.vertices]
    for k, (a, b) in enumerate(zip(whole.loop_start[:-1], whole.loop_start[1:], strict=True)):
        for vertex in whole.loop_vertices[a:b]:
            around[vertex].add(int(found.classes[k]))
    return whole.vertices[[len(classes) > 2 for classes in around]]


def _hard(ax: Axes, found: Decisions, samples: Samples, meeting: Array) -> None:
    """Each cell in its class's colour, its corners marked."""
    panel(ax, "Arg max of 5 lines: exact cells", x="$x_1$", y="$x_2$", xlim=(-REACH, REACH), ylim=(-REACH, REACH),
          square=True)  # fmt: skip
    ax.grid(False)
    for shape, k in zip(polygons_of(found), found.classes, strict=True):
        ax.fill(*shape.T, facecolor=PALE[k], edgecolor=INK, lw=1.2)
        note(ax, f"class {found.names[k]}", tuple(shape.mean(axis=0)), weight="bold")
    ax.plot(*meeting.T, "o", ms=6, mfc=PAPER, mec=INK, mew=1.5, zorder=4)


def _soft(ax: Axes, found: Decisions, samples: Samples, title: str, reach: float) -> None:
    """The classes' colours mixed by softmax, the exact boundary of arg max and the samples over them."""
    at = np.linspace(-reach, reach, PIXELS)
    x, y = np.meshgrid(at, at)
    chances = softmax(found.network(np.column_stack([x.ravel(), y.ravel()])) / TEMPERATURE)
    image = mixed(chances, PALE[: chances.shape[1]]).reshape(PIXELS, PIXELS, 3)
    panel(ax, title, x="$x_1$", xlim=(-reach, reach), ylim=(-reach, reach), square=True)
    ax.grid(False)
    ax.imshow(image, extent=(-reach, reach, -reach, reach), origin="lower", interpolation="bilinear")
    polygons(ax, polygons_of(found), ["none"], edge=PAPER, width=0.5)
    border = boundary_of(found)
    segments(ax, border.vertices[border.edges], width=1.6)
    points(ax, samples, names=False, size=16)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach))
