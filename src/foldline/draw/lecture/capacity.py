"""What parameters buy: the regions they can make, the labels they can learn by heart, and how many there are."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from math import log10
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...box import Box
from ...data.folding import BOX, folding
from ...exact.bounds import deep_lower, zaslavsky
from ...exact.regions import count
from ...fit.memorise import Curve, recorded_curves
from ...fit.start import start
from ...lecture.printed import parameters_of
from ...network import Network
from ..paper import COLOURS, PALE, PAPER, SOFT, Sheet, bare, note, panel, sheet, table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

LAYERS = range(1, 6)
FOLDING_BOX, RANDOM_BOX = Box(BOX[:1], BOX[1:]), Box([-10], [10])
NOISE = (1e-5, 1e-4, 1e-3, 1e-2)  # by which every weight of the folding network is moved
WIDE, WIDE_INPUTS = 500, (1, 5, 10, 50, 100)  # the book's table of one hidden layer, problem 3.3
MARKS = (0.5, 0.2, 0.1, 0.01, 0.0)  # shares of wrong labels whose epochs are said
RANDOM = 30  # networks at a random start that are counted
BIAS = 0.1  # spread of their biases

FIELD = (3, 1000, 1)  # the slide's network: a place in, 1000 features a layer, a distance out
PRINTED = 6e6  # "about 6M parameters"
THIN = 24  # a side of fewer numbers is drawn as if it had so many, to be seen


def regions_per_parameter() -> Sheet:
    """Draw the regions that networks of 1 to 5 layers can have against their parameters, and what real ones have."""
    shown = deep_lower(10, (50,) * 5)
    noisy = [count(moved(folding(10, 5), noise), FOLDING_BOX) for noise in NOISE]
    drawn = random_counts()
    folded = [count(folding(10, depth), FOLDING_BOX) for depth in LAYERS]
    numbers = [
        ("5 layers of 10, 1 input", f"{parameters_of(1, *[10] * 5, 1)} parameters"),
        ("its regions, counted; printed: 161,501", f"{folded[-1]:,} = 11⁵"),
        ("5 layers of 50, 10 inputs", f"{parameters_of(10, *[50] * 5, 1):,} parameters"),
        ("the same 471 parameters, random", f"{min(drawn)} to {max(drawn)} regions"),
        ("regions some 5 layers of 50 reach; printed: > 10⁴⁰", f"{shown:,}"),
    ]
    page = sheet("AAABBB;CCCCTT", numbers, height=6.9, heights=(1.35, 1), per_row=4)
    _bound(page.panels["A"], 1, 10, folded[-1], "counted on real weights")
    _bound(page.panels["B"], 10, 50, shown, "by construction")
    _real(page.panels["C"], folded, noisy, drawn)
    page.panels["T"].set_title(f"one layer of {WIDE} units")
    rows = [(f"{d}", f"{parameters_of(d, WIDE, 1):,}", _short(zaslavsky(d, WIDE))) for d in WIDE_INPUTS]
    table(page.panels["T"], ("inputs", "parameters", "most regions"), rows, ends=(0.55, 1))
    return page


def _short(count: int) -> str:
    """A whole number, or its first four digits and a power of ten."""
    power = len(str(count)) - 1
    return f"{count:,}" if power < 6 else f"{count / 10**power:.3f} · $10^{{{power}}}$"


def moved(network: Network, noise: float, seed: int = 0) -> Network:
    """Return a network with every weight and bias times 1 + noise * a normal number."""
    rng = np.random.default_rng(seed)
    weights, biases = (
        [a * (1 + noise * rng.standard_normal(a.shape)) for a in arrays] for arrays in (network.weights, network.biases)
    )
    return Network(weights, biases)


@cache
def random_counts() -> tuple[int, ...]:
    """Return the regions of networks of the slide's shape, 1-10-10-10-10-10-1, at random starts, on [-10, 10]."""
    return tuple(count(_random(seed), RANDOM_BOX) for seed in range(RANDOM))


def _random(seed: int) -> Network:
    weights, biases = start([1, *[10] * 5, 1], seed=seed)
    rng = np.random.default_rng(seed + 1000)
    return Network(weights, [BIAS * rng.standard_normal(b.shape) for b in biases])


def _bound(ax: Axes, inputs: int, width: int, most: int, word: str) -> None:
    """One line a depth: parameters and regions as the layers get wider."""
    panel(ax, f"{inputs} input{'s' * (inputs > 1)}: regions that some weights reach", x="parameters", y="regions")
    at = parameters_of(inputs, *[width] * 5, 1), log10(most)
    for depth in LAYERS:
        sizes, logs = _reached(inputs, depth, 2.05 * at[0])
        ax.plot(sizes, logs, color=COLOURS[depth - 1], label=f"{depth} layer{'s' * (depth > 1)}")
    ax.set(xlim=(0, 2.05 * at[0]), ylim=(0, 1.35 * at[1]))
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    ax.yaxis.set_major_formatter(lambda value, _: f"$10^{{{value:.0f}}}$")
    ax.plot(*at, "o", ms=9, mfc=PAPER, mec=COLOURS[4], mew=2.2, zorder=4)
    text = f"{most:,}" if most < 10**9 else f"{most / 10 ** int(at[1]):.3f} · $10^{{{int(at[1])}}}$"
    ax.locator_params(axis="x", nbins=5)
    note(ax, f"5 layers of {width}: {text}\n{word}", at, (-4, 12), va="bottom", weight="bold")
    ax.legend(loc="lower right", ncol=2)


def _reached(inputs: int, depth: int, most: float) -> tuple[list[int], list[float]]:
    """Parameters, up to about ``most``, and log10 of the regions some weights reach, layer width by layer width."""
    widths = [3]
    while parameters_of(inputs, *[widths[-1]] * depth, 1) < most:
        widths.append(widths[-1] + 1)
    return ([parameters_of(inputs, *[w] * depth, 1) for w in widths],
            [log10(deep_lower(inputs, (w,) * depth)) for w in widths])  # fmt: skip


def _real(ax: Axes, folded: list[int], noisy: list[int], drawn: tuple[int, ...]) -> None:
    """Counted networks of 10 units a layer: folding, folding with noise, random."""
    panel(ax, "real networks of 10 units a layer: regions counted", x="regions")
    rows = ["5 random layers", *(f"5, moved by {100 * noise:g} %" for noise in NOISE[::-1])]
    rows += [f"{depth} folding layer{'s' * (depth > 1)}" for depth in LAYERS]
    counts: list[tuple[int, ...]] = [drawn, *((n,) for n in noisy[::-1]), *((n,) for n in folded)]
    for y, found in enumerate(counts):
        colour = SOFT if y == 0 else COLOURS[1] if y <= len(NOISE) else COLOURS[4]
        ax.plot([1, max(found)], [y, y], color=PALE[4], lw=1)
        ax.plot(found, [y] * len(found), "o", ms=6, color=colour, alpha=0.35 if y == 0 else 1)
        text = f"{found[0]:,}" if len(found) == 1 else f"{min(found)} to {max(found)}, {len(found)} networks"
        note(ax, text, (max(found), y), (9, 0), ha="left", weight="bold")
    ax.set_xscale("log")
    ax.set_xlim(5, 3e6)
    ax.set_yticks(range(len(rows)), rows)
    ax.grid(axis="y", visible=False)


def random_labels() -> Sheet:
    """Draw how four networks of about 15,200 parameters learn 4,000 shuffled labels, as it was recorded."""
    curves = recorded_curves()
    page = sheet("AT", _label_numbers(curves), height=4.4, widths=(1.1, 1), per_row=4)
    ax = page.panels["A"]
    panel(ax, "4,000 examples of MNIST-1D, their labels shuffled", x="epoch (all examples at once)", y="wrong, %",
          xlim=(0, 1.02 * max(found.epochs[-1] for found in curves)), ylim=(-8, 95))  # fmt: skip
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    ax.locator_params(axis="x", nbins=5)
    for k, found in enumerate(curves):
        depth = len(found.hidden)
        ax.plot(found.epochs, 100 * found.errors, color=COLOURS[k], label=f"{depth} × {found.hidden[0]}")
        if (end := found.reached(0.0)) is not None:
            ax.plot(end, 0, "o", ms=7, mfc=PAPER, mec=COLOURS[k], mew=1.8, zorder=4)
            side = "right" if found is curves[-1] else "left"  # the two that end first would run into each other
            note(ax, f"{end:,}", (end, 0), (0, -12), colour=COLOURS[k], ha=side, weight="bold")
    ax.legend(title="hidden layers × units", alignment="left", loc="upper right")
    page.panels["T"].set_title("epoch at which only so many are wrong")
    table(page.panels["T"], ("network", *(f"{100 * error:g} %" for error in MARKS)),
          [_label_row(found) for found in curves], size=8.5)  # fmt: skip
    return page


def _label_numbers(curves: tuple[Curve, ...]) -> list[tuple[str, str]]:
    said = [(f"no label wrong, {_layers(found)}", f"epoch {end:,}")
            for found in curves if (end := found.reached(0.0)) is not None]  # fmt: skip
    said += [(f"wrong at epoch {found.epochs[-1] + 1:,}, {_layers(found)}", f"{100 * found.errors[-1]:.1f} %")
             for found in curves if found.reached(0.0) is None]  # fmt: skip
    sizes = "  ".join(f"{parameters_of(40, *found.hidden, 10):,}" for found in curves)
    return [*said, ("parameters, 1 to 4 layers; printed at the end: 15139", sizes)]


def _layers(found: Curve) -> str:
    return f"{len(found.hidden)} layer{'s' * (len(found.hidden) > 1)}"


def _label_row(found: Curve) -> list[str]:
    shown = [found.reached(error) for error in MARKS]
    return [f"{len(found.hidden)} × {found.hidden[0]}", *("–" if e is None else f"{e:,}" for e in shown)]


def parameters() -> Sheet:
    """Draw every matrix of the slide's signed distance network to scale, and count the numbers of 5, 6 and 7."""
    page = sheet("A;B", _size_numbers(), height=5.6, heights=(1, 1.25), per_row=4)
    _matrices(page.panels["A"], 6)
    _totals(page.panels["B"])
    return page


def field_widths(layers: int) -> tuple[int, ...]:
    """Return the slide's network with so many hidden layers: 3 inputs, 1000 features, one distance.

    >>> field_widths(2)
    (3, 1000, 1000, 1)
    """
    inputs, width, outputs = FIELD
    return (inputs, *[width] * layers, outputs)


def _size_numbers() -> list[tuple[str, str]]:
    sizes = [(layers, parameters_of(*field_widths(layers))) for layers in (5, 6, 7)]
    near = min(sizes, key=lambda pair: abs(pair[1] - PRINTED))
    return [*((f"{layers} hidden layers of 1000", f"{size:,}") for layers, size in sizes),
            ("nearest to the slide's 6M", f"{near[0]} hidden layers, {4 * near[1] / 1e6:.1f} MB")]  # fmt: skip


def _matrices(ax: Axes, layers: int) -> None:
    """Each layer's weights as a rectangle, inputs across and outputs down, 1000 to a side; its biases beside it."""
    bare(ax, f"{layers} hidden layers: every weight matrix to scale, one number a point of its area, biases beside it")
    left, gap = 0.0, 260.0
    widths = field_widths(layers)
    for layer, (reads, makes) in enumerate(pairwise(widths)):
        across, down = max(reads, THIN), max(makes, THIN)
        ax.fill([left, left + across, left + across, left], [0, 0, -down, -down], color=COLOURS[0], lw=0)
        ax.fill(np.array([0, THIN, THIN, 0]) + left + across + 40, [0, 0, -down, -down], color=COLOURS[1], lw=0)
        note(ax, f"{reads:,} × {makes:,}\n+ {makes:,}", (left + across / 2, -1000), (0, -16), colour=SOFT, va="top",
             size=8)  # fmt: skip
        note(ax, f"layer {layer + 1}", (left + across / 2, 0), (0, 8), size=8.5)
        left += across + 40 + THIN + gap
    ax.set(xlim=(-160, left - gap + 160), ylim=(-1420, 200))
    ax.set_aspect("equal")


def _totals(ax: Axes) -> None:
    """One bar a depth, layer upon layer, and what the slide says."""
    panel(ax, "which depth has about six million?", x="parameters", xlim=(0, 7.6e6))
    depths = (4, 5, 6, 7)
    for y, layers in enumerate(depths):
        widths, left = field_widths(layers), 0
        for reads, makes in pairwise(widths):
            size = parameters_of(reads, makes)
            ax.barh(y, size, left=left, height=0.6, color=COLOURS[0] if layers == 7 else PALE[0], ec=PAPER, lw=1.2)
            left += size
        note(ax, f"{left:,}", (left, y), (8, 0), ha="left", weight="bold", size=10)
    ax.axvline(PRINTED, color=COLOURS[1], lw=1.6, ls="--", zorder=4)
    note(ax, "the slide: about 6M", (PRINTED, -0.75), (-6, 0), ha="right", colour=COLOURS[1], weight="bold")
    ax.set_yticks(range(len(depths)), [f"{layers} hidden" for layers in depths])
    ax.set_ylim(-1.05, len(depths) - 0.45)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value / 1e6:.0f}M")
    ax.grid(axis="y", visible=False)
