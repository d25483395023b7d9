"""From one output to two, from one network to networks of networks: joints shared, joints folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...box import Box
from ...data.book import composed, folding_pair, shallow
from ...data.book import deep as book_deep
from ...exact.regions import Regions, regions
from ...network import Network
from ..paper import COLOURS, INK, PALE, PAPER, SOFT, Sheet, curve, knots, note, number, panel, sheet, table
from .shallow import UNIT_BOX, Pieces, pieces_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
Index = NDArray[np.int64]

# Four units that switch at 0.2, 0.45, 0.6 and 0.85, two of them on to the left; two weighted sums of them.
TWO_OUTPUTS = shallow(
    [(-0.2, 1.0), (0.45, -1.0), (-1.2, 2.0), (0.85, -1.0)],
    [(0.55, -2.5, -1.0, 1.5, -0.5), (-0.05, 2.0, 0.5, -2.0, -0.5)],
)
BOOK_BOX = Box([-1], [1])  # where notebook 4.1 draws its networks
FOLDS = 5  # times N1 is put before N2 and counted
FOLD_LEVEL = 0.25  # the y whose x are shown


def two_outputs() -> Sheet:
    """Draw a 1-4-2 network: four units, two outputs made of them, and the slopes of both on every piece."""
    answers = [pieces_of(TWO_OUTPUTS, output=k) for k in range(2)]
    page = sheet("1234;YYTT", _shared_numbers(answers), height=4.9, heights=(1, 2.1), per_row=4)
    for unit in range(4):
        _unit(page.panels[str(unit + 1)], unit)
    _outputs(page.panels["Y"], answers)
    ends = [0.0, *answers[0].joints.tolist(), 1.0]
    slopes = zip(answers[0].slopes, answers[1].slopes, strict=True)
    rows = [(f"[{number(a)}, {number(b)}]", number(s), number(t))
            for a, b, (s, t) in zip(ends[:-1], ends[1:], slopes, strict=True)]  # fmt: skip
    page.panels["T"].set_title("slopes of both outputs, piece by piece")
    table(page.panels["T"], ("piece", "slope of $y_1$", "slope of $y_2$"), rows)
    return page


def _shared_numbers(answers: list[Pieces]) -> list[tuple[str, str]]:
    first, second = answers
    shared = np.intersect1d(first.joints, second.joints)
    return [
        ("joints of y₁", ", ".join(number(t) for t in first.joints)),
        ("joints of y₂", ", ".join(number(t) for t in second.joints)),
        ("joints they share", f"{len(shared)} of {len(first.joints)}"),
        ("parameters of 1–4–2", f"{TWO_OUTPUTS.n_parameters}"),
    ]


def _unit(ax: Axes, unit: int) -> None:
    (slope,), offset = TWO_OUTPUTS.weights[0][unit], TWO_OUTPUTS.biases[0][unit]
    alone = Network([[[slope]], [[1.0]]], [[offset], [0.0]])
    panel(ax, xlim=(-0.03, 1.03), ylim=(-0.12, 0.95))
    rise = f"{'+' if slope > 0 else '−'} {'' if abs(slope) == 1 else number(abs(slope)) + ' '}x"
    ax.set_title(f"$h_{unit + 1}$ = ReLU({number(offset)} {rise})", size=9.5, color=COLOURS[unit])
    curve(ax, regions(alone, UNIT_BOX), colour=COLOURS[unit])
    ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    ax.set_yticks([0, 0.5], ["0", "0.5"] if unit == 0 else [])


def _outputs(ax: Axes, answers: list[Pieces]) -> None:
    """Both curves over one axis, a dotted line through each joint in the colour of the unit that makes it."""
    panel(ax, "each joint is a unit's, so both outputs bend there", x="x", y="y", xlim=(-0.03, 1.03), ylim=(-0.75, 0.8))
    found = answers[0].found
    for unit, joint in zip(units_of_joints(found), answers[0].joints, strict=True):
        ax.axvline(joint, color=COLOURS[unit], lw=1.2, ls=(0, (2, 2)), zorder=1)
        note(ax, number(joint), (joint, -0.68), (3, 0), colour=COLOURS[unit], ha="left", weight="bold")
    for output, (colour, style) in enumerate(((INK, "-"), (SOFT, "--"))):
        x, y = knots(found, output)
        ax.plot(x, y, color=colour, ls=style)
        ax.plot(x[1:-1], y[1:-1], "o", ms=5.5, mfc=PAPER, mec=colour, mew=1.6)
        note(ax, f"$y_{output + 1}$", (0.72, np.interp(0.72, x, y)), (8, 10 if output else -10), colour=colour, size=12)


def units_of_joints(found: Regions) -> Index:
    """Return the hidden unit, counted from 0, that makes each joint of a network with one input, joints rising."""
    if found.complex is None:
        raise AssertionError("joints are those of one input")
    return np.asarray(found.fold_of_edge[np.argsort(found.complex.vertices[:, 0])[1:-1]])


def composing() -> Sheet:
    """Draw N1, N2, N2 after N1 with the unit of every joint, N1 before it again, and a network that is not composed."""
    first, second = folding_pair()
    found = [regions(composed(*[first] * k, second), BOOK_BOX) for k in range(FOLDS + 1)]
    free = regions(book_deep(), UNIT_BOX)
    page = sheet("112233;CCCCCC;DDDEEE;PPPPPP", _composed_numbers(first, found, free), height=9.4,
                 heights=(1, 1.5, 1.05, 1.25), per_row=6)  # fmt: skip
    one = regions(first, BOOK_BOX)
    _fold(page.panels["1"], one)
    panel(page.panels["2"], f"N₂: {found[0].n_pieces} pieces", x="y", y="z = N₂(y)", xlim=(-1.04, 1.04))
    curve(page.panels["2"], found[0])
    _growth(page.panels["3"], [each.n_pieces for each in found])
    _composition(page.panels["C"], found[1], one)
    for letter, k, times in (("D", 2, "twice"), ("E", 3, "three times")):
        ax = page.panels[letter]
        panel(ax, f"N₂ after N₁ {times}: {found[k].n_pieces} pieces", x="x", y="z", xlim=(-1.04, 1.04))
        ax.plot(*knots(found[k]), color=INK, lw=1.2)
    _free(page.panels["P"], free)
    return page


def _composed_numbers(first: Network, found: list[Regions], free: Regions) -> list[tuple[str, str]]:
    names = ["N₂", "N₂∘N₁", *(f"N₂∘N₁{power}" for power in "²³⁴⁵")]
    counts = [regions(first, BOOK_BOX).n_pieces, *(each.n_pieces for each in found)]
    said = [(f"pieces of {name}", str(n)) for name, n in zip(["N₁", *names], counts, strict=True)]
    others = {
        "N₁∘N₁": composed(first, first),
        "N₂∘N₁, N₁'s first weight −1": composed(turned(first, 1 / 2), found[0].network),
        "N₂∘N₁, N₂'s negated": composed(first, turned(found[0].network, -1)),
    }
    said += [(name, str(regions(network, BOOK_BOX).n_pieces)) for name, network in others.items()]
    return [*said, ("of 1–3–3–1, not composed", str(free.n_pieces))]


def turned(network: Network, factor: float) -> Network:
    """Return a shallow network with its first output weight times a factor.

    >>> turned(folding_pair()[0], 0.5).weights[1].tolist()
    [[-1.0, -3.0, 9.3]]
    """
    hidden, output = network.weights
    return Network([hidden, output * [factor, *[1] * (output.shape[1] - 1)]], network.biases)


def _fold(ax: Axes, one: Regions) -> None:
    """N1 as a folding of the axis: a colour a piece, and the x that lie over one y."""
    x, y = knots(one)
    panel(ax, f"N₁: {one.n_pieces} pieces fold the axis", x="x", y="y = N₁(x)", xlim=(-1.04, 1.04))
    over = [level_on(x[k : k + 2], y[k : k + 2], FOLD_LEVEL) for k in range(len(x) - 1)]
    ax.axhline(FOLD_LEVEL, color=SOFT, lw=0.9, ls=":")
    for k in range(len(x) - 1):
        ax.plot(x[k : k + 2], y[k : k + 2], color=COLOURS[k], lw=2.4)
        ax.plot(over[k], FOLD_LEVEL, "o", ms=6, mfc=PAPER, mec=COLOURS[k], mew=1.6, zorder=4)
    note(ax, f"{len(over)} x,\none y", (-0.72, FOLD_LEVEL), (0, 14), colour=SOFT)


def level_on(x: Array, y: Array, level: float) -> float:
    """Return where a straight piece, given by its ends, has a level.

    >>> float(level_on(np.array([0.0, 2.0]), np.array([1.0, 0.0]), 0.25))
    1.5
    """
    return float(np.interp(level, *((y, x) if y[0] < y[1] else (y[::-1], x[::-1]))))


def _growth(ax: Axes, counts: list[int]) -> None:
    panel(ax, "three times as many each time", x="copies of N₁ before N₂", xlim=(-0.4, FOLDS + 0.4))
    ax.set_yscale("log")
    ax.set_ylim(2, 3500)
    ax.plot(range(len(counts)), counts, "o-", color=COLOURS[0], ms=6)
    for k, n in enumerate(counts):
        note(ax, str(n), (k, n), (-3, 11), weight="bold")


def _composition(ax: Axes, found: Regions, one: Regions) -> None:
    """N2 after N1: a band for each piece of N1, and each joint named after the unit it comes from."""
    panel(ax, f"N₂ after N₁: {found.n_pieces} pieces; N₂ stands over each piece of N₁, turned where N₁ falls",
          x="x", y="z = N₂(N₁(x))", xlim=(-1.04, 1.04), ylim=(-0.65, 0.82))  # fmt: skip
    borders = knots(one)[0]
    for k in range(len(borders) - 1):
        ax.axvspan(borders[k], borders[k + 1], color=PALE[k], alpha=0.35, lw=0)
    _joints_by_unit(ax, found, "made by unit {} of N₁: {}", "made by unit {} of N₂: {}")
    ax.legend(loc="upper center", ncol=5, columnspacing=1.2, handletextpad=0.3)


def _free(ax: Axes, found: Regions) -> None:
    """A deep network that was not made by composing: every joint with its place and its unit."""
    panel(ax, f"Deep 1–3–3–1, not made by composing: {found.n_pieces} pieces", x="x", y="y",
          xlim=(-0.02, 1.02), ylim=(-1.15, 1.25))  # fmt: skip
    _joints_by_unit(ax, found, "made by unit {} of layer 1: {}", "made by unit {} of layer 2: {}")
    ax.legend(loc="lower left", ncol=2, columnspacing=1.2, handletextpad=0.3)
    x, y = knots(found)
    before, after = (np.diff(y) / np.diff(x))[:-1] > 0, (np.diff(y) / np.diff(x))[1:] > 0
    for k, rises in enumerate(zip(before, after, strict=True)):
        lowest, beside = rises == (False, True), "right" if rises[0] else "left"
        by = (0, -12) if lowest else (-9 if rises[0] else 9, 5)
        note(ax, number(x[k + 1], 6), (x[k + 1], y[k + 1]), by, ha="center" if lowest else beside)


def _joints_by_unit(ax: Axes, found: Regions, first: str, second: str) -> None:
    """A curve of two hidden layers, its joints in the colours of their units, the units named in a legend."""
    x, y = knots(found)
    ax.plot(x, y, color=INK)
    units, inner = units_of_joints(found), len(found.network.biases[0])
    for unit in np.unique(units):
        at, later = units == unit, unit >= inner
        name = (second if later else first).format(unit % inner + 1, np.count_nonzero(at))
        ax.plot(x[1:-1][at], y[1:-1][at], "o" if later else "s", ms=7, mfc=PAPER, mew=2, ls="", label=name, zorder=4,
                mec=COLOURS[3 + unit % inner] if later else (INK, COLOURS[0], SOFT)[unit])  # fmt: skip
