"""What parameters buy: the regions they can make, the labels they can learn by heart, and how many there are."""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING

import numpy as np

from ...fit.memorise import Curve
from ...lecture import bounds as bounds_question
from ...lecture import parameters as parameters_question
from ...lecture import random_labels as labels_question
from ...lecture.bounds import LAYERS
from ...lecture.parameters import PRINTED, total
from ..paper import COLOURS, PALE, PAPER, SOFT, Sheet, bare, note, panel, sheet, table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKS = (0.5, 0.2, 0.1, 0.01, 0.0)  # shares of wrong labels whose epochs are said
THIN = 24  # a side of fewer numbers is drawn as if it had so many, to be seen


def regions_per_parameter(thin: bounds_question.Answer, wide: bounds_question.Answer) -> Sheet:
    """Draw the regions that networks of 1 to 5 layers can have against their parameters, and what real ones have."""
    folded, drawn = thin.folded, thin.drawn
    numbers = [
        ("5 layers of 10, 1 input", f"{thin.parameters} parameters"),
        ("its regions, counted; printed: 161,501", f"{folded[-1]:,} = 11⁵"),
        ("5 layers of 50, 10 inputs", f"{wide.parameters:,} parameters"),
        ("the same 471 parameters, random", f"{min(drawn)} to {max(drawn)} regions"),
        ("regions some 5 layers of 50 reach; printed: > 10⁴⁰", f"{wide.lower:,}"),
    ]
    page = sheet("AAABBB;CCCCTT", numbers, height=6.9, heights=(1.35, 1), per_row=4)
    _bound(page.panels["A"], thin, folded[-1], "counted on real weights")
    _bound(page.panels["B"], wide, wide.lower, "by construction")
    _real(page.panels["C"], thin)
    page.panels["T"].set_title(f"one layer of {thin.state.wide} units")
    rows = [(f"{d}", f"{size:,}", _short(most)) for d, size, most in thin.one_layer]
    table(page.panels["T"], ("inputs", "parameters", "most regions"), rows, ends=(0.55, 1))
    return page


def _short(count: int) -> str:
    """A whole number, or its first four digits and a power of ten."""
    power = len(str(count)) - 1
    return f"{count:,}" if power < 6 else f"{count / 10**power:.3f} · $10^{{{power}}}$"


def _bound(ax: Axes, answer: bounds_question.Answer, most: int, word: str) -> None:
    """One line a depth: parameters and regions as the layers get wider."""
    inputs, width = answer.state.inputs, answer.state.width
    panel(ax, f"{inputs} input{'s' * (inputs > 1)}: regions that some weights reach", x="parameters", y="regions")
    at = answer.parameters, log10(most)
    for reached in answer.reached:
        depth, sizes, logs = reached.depth, reached.parameters, [log10(n) for n in reached.regions]
        ax.plot(sizes, logs, color=COLOURS[depth - 1], label=f"{depth} layer{'s' * (depth > 1)}")
    ax.set(xlim=(0, 2.05 * at[0]), ylim=(0, 1.35 * at[1]))
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    ax.yaxis.set_major_formatter(lambda value, _: f"$10^{{{value:.0f}}}$")
    ax.plot(*at, "o", ms=9, mfc=PAPER, mec=COLOURS[4], mew=2.2, zorder=4)
    text = f"{most:,}" if most < 10**9 else f"{most / 10 ** int(at[1]):.3f} · $10^{{{int(at[1])}}}$"
    ax.locator_params(axis="x", nbins=5)
    note(ax, f"5 layers of {width}: {text}\n{word}", at, (-4, 12), va="bottom", weight="bold")
    ax.legend(loc="lower right", ncol=2)


def _real(ax: Axes, answer: bounds_question.Answer) -> None:
    """Counted networks of 10 units a layer: folding, folding with noise, random."""
    folded, noisy, drawn, noise = answer.folded, answer.noisy, answer.drawn, answer.state.noise
    panel(ax, "real networks of 10 units a layer: regions counted", x="regions")
    rows = ["5 random layers", *(f"5, moved by {100 * share:g} %" for share in noise[::-1])]
    rows += [f"{depth} folding layer{'s' * (depth > 1)}" for depth in LAYERS]
    counts: list[tuple[int, ...]] = [drawn, *((n,) for n in noisy[::-1]), *((n,) for n in folded)]
    for y, found in enumerate(counts):
        colour = SOFT if y == 0 else COLOURS[1] if y <= len(noise) else COLOURS[4]
        ax.plot([1, max(found)], [y, y], color=PALE[4], lw=1)
        ax.plot(found, [y] * len(found), "o", ms=6, color=colour, alpha=0.35 if y == 0 else 1)
        text = f"{found[0]:,}" if len(found) == 1 else f"{min(found)} to {max(found)}, {len(found)} networks"
        note(ax, text, (max(found), y), (9, 0), ha="left", weight="bold")
    ax.set_xscale("log")
    ax.set_xlim(5, 3e6)
    ax.set_yticks(range(len(rows)), rows)
    ax.grid(axis="y", visible=False)


def random_labels(answer: labels_question.Answer) -> Sheet:
    """Draw how four networks of about 15,200 parameters learn 4,000 shuffled labels, as it was recorded."""
    curves = answer.recorded
    page = sheet("AT", _label_numbers(answer), height=4.4, widths=(1.1, 1), per_row=4)
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


def _label_numbers(answer: labels_question.Answer) -> list[tuple[str, str]]:
    curves = answer.recorded
    said = [(f"no label wrong, {_layers(found)}", f"epoch {end:,}")
            for found in curves if (end := found.reached(0.0)) is not None]  # fmt: skip
    said += [(f"wrong at epoch {found.epochs[-1] + 1:,}, {_layers(found)}", f"{100 * found.errors[-1]:.1f} %")
             for found in curves if found.reached(0.0) is None]  # fmt: skip
    sizes = "  ".join(f"{size:,}" for size in answer.parameters)
    return [*said, ("parameters, 1 to 4 layers; printed at the end: 15139", sizes)]


def _layers(found: Curve) -> str:
    return f"{len(found.hidden)} layer{'s' * (len(found.hidden) > 1)}"


def _label_row(found: Curve) -> list[str]:
    shown = [found.reached(error) for error in MARKS]
    return [f"{len(found.hidden)} × {found.hidden[0]}", *("–" if e is None else f"{e:,}" for e in shown)]


def parameters(answer: parameters_question.Answer) -> Sheet:
    """Draw every matrix of the slide's signed distance network to scale, and count the numbers of 5, 6 and 7."""
    page = sheet("A;B", _size_numbers(answer), height=5.6, heights=(1, 1.25), per_row=4)
    _matrices(page.panels["A"], answer)
    _totals(page.panels["B"], answer)
    return page


def _size_numbers(answer: parameters_question.Answer) -> list[tuple[str, str]]:
    sizes = {depth: total(layers) for depth, layers in answer.depths.items()}
    return [*((f"{depth} hidden layers of 1000", f"{sizes[depth]:,}") for depth in (5, 6, 7)),
            ("nearest to the slide's 6M",
             f"{answer.nearest} hidden layers, {4 * sizes[answer.nearest] / 1e6:.1f} MB")]  # fmt: skip


def _matrices(ax: Axes, answer: parameters_question.Answer) -> None:
    """Each layer's weights as a rectangle, inputs across and outputs down, 1000 to a side; its biases beside it."""
    depth = len(answer.state.hidden)
    bare(ax, f"{depth} hidden layers: every weight matrix to scale, one number a point of its area, biases beside it")
    left, gap = 0.0, 260.0
    for layer, one in enumerate(answer.layers):
        reads, makes = one.reads, one.makes
        across, down = max(reads, THIN), max(makes, THIN)
        ax.fill([left, left + across, left + across, left], [0, 0, -down, -down], color=COLOURS[0], lw=0)
        ax.fill(np.array([0, THIN, THIN, 0]) + left + across + 40, [0, 0, -down, -down], color=COLOURS[1], lw=0)
        note(ax, f"{reads:,} × {makes:,}\n+ {makes:,}", (left + across / 2, -1000), (0, -16), colour=SOFT, va="top",
             size=8)  # fmt: skip
        note(ax, f"layer {layer + 1}", (left + across / 2, 0), (0, 8), size=8.5)
        left += across + 40 + THIN + gap
    ax.set(xlim=(-160, left - gap + 160), ylim=(-1420, 200))
    ax.set_aspect("equal")


def _totals(ax: Axes, answer: parameters_question.Answer) -> None:
    """One bar a depth, layer upon layer, and what the slide says."""
    panel(ax, "which depth has about six million?", x="parameters", xlim=(0, 7.6e6))
    depths = tuple(answer.depths)
    for y, layers in enumerate(depths):
        left = 0
        for one in answer.depths[layers]:
            size = one.parameters
            ax.barh(y, size, left=left, height=0.6, color=COLOURS[0] if layers == 7 else PALE[0], ec=PAPER, lw=1.2)
            left += size
        note(ax, f"{left:,}", (left, y), (8, 0), ha="left", weight="bold", size=10)
    ax.axvline(PRINTED, color=COLOURS[1], lw=1.6, ls="--", zorder=4)
    note(ax, "the slide: about 6M", (PRINTED, -0.75), (-6, 0), ha="right", colour=COLOURS[1], weight="bold")
    ax.set_yticks(range(len(depths)), [f"{layers} hidden" for layers in depths])
    ax.set_ylim(-1.05, len(depths) - 0.45)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value / 1e6:.0f}M")
    ax.grid(axis="y", visible=False)
