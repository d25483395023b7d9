"""Softened losses of a perceptron: quadratic loss and cross entropy, of one example, in total, as distances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...activations import sigmoid
from ...colour import ERROR, hexes, ramp
from ...lecture import cross_entropy as entropy_question
from ...lecture import quadratic as quadratic_question
from ...losses import LOSSES, cross_entropy
from ..paper import COLOURS, FAINT, INK, PALE, PAPER, SOFT, Sheet, as_printed, note, number, panel, scale, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

LESS_WRONG, RIGHT = -1.0, 3.0  # w.x + b of two examples of class 1 beside the badly wrong one


def quadratic(answer: quadratic_question.Answer) -> Sheet:
    """Draw the quadratic loss of an example, its gradient, descent on the total, and squares as a likelihood."""
    wrong, sigma, descent = number(answer.state.z), number(answer.state.sigma), answer.paths["quadratic"].losses
    page = sheet(
        "ABC;DDD",
        [
            (f"loss at z = {wrong}", number(answer.losses["quadratic"], 7)),
            (f"its gradient at z = {wrong}", number(answer.slopes["quadratic"], 7)),
            ("cross entropy's there", number(answer.slopes["binary_cross_entropy"], 7)),
            ("steepest at z = −ln 2", f"−8/27 = {number(answer.steepest, 7)}"),
            ("SSD from the bad start", " → ".join(number(descent[k], 3) for k in (0, -1))),
            ("sum of squares, 20 points", number(float(answer.squares.sum()), 10)),
            (f"−ln likelihood, σ = {sigma}", number(float(answer.likelihood.sum()), 10)),
        ],
        height=6.0,
        heights=(1, 0.8),
        per_row=4,
    )  # fmt: skip
    _per_example(page.panels["A"], answer.state.z)
    _gradients(page.panels["B"], answer)
    _total(page.panels["C"], answer)
    _least_squares(page.panels["D"], answer)
    return page


def _least_squares(ax: Axes, answer: quadratic_question.Answer) -> None:
    """The book's points and network, each point's residual and its square, and the band that likelihood sees."""
    samples, squares, sigma = answer.book, answer.squares, answer.state.sigma
    x, y = samples.inputs[:, 0], samples.targets[:, 0]
    path, heights = answer.curve.x, answer.curve.y
    panel(ax, "Summed squares are −ln of the likelihood of normal errors, times 2σ² and up to a constant", x="x", y="y",
          xlim=(-0.01, 1.05), ylim=(-1.5, 1.0))  # fmt: skip
    ax.fill_between(path, heights - sigma, heights + sigma, color=PALE[0], alpha=0.6, lw=0, label="± σ")
    ax.plot(path, heights, color=INK, label="the book's network of 3 units")
    ax.vlines(x, answer.network(samples.inputs)[:, 0], y, color=COLOURS[1], lw=1.4)
    ax.plot(x, y, "o", color=COLOURS[1], ms=6, mec=PAPER)
    worst = int(squares.argmax())
    said = f"a square of {number(squares[worst])}"
    note(ax, said, (x[worst], y[worst]), (9, 0), ha="left", weight="bold", colour=COLOURS[1])
    ax.legend(loc="lower right", ncols=2)


def _per_example(ax: Axes, wrong: float) -> None:
    z = np.linspace(-6, 6, 601)
    panel(ax, "Loss of an example $(y-\\sigma(z))^2$", x="z = w·x + b", xlim=(-6, 6), ylim=(-0.05, 1.12))
    for y, colour in ((1.0, COLOURS[1]), (0.0, COLOURS[0])):
        ax.plot(z, LOSSES["quadratic"](z, np.full(z.shape, y)), color=colour, label=f"y = {y:g}")
    for at, name, by in ((wrong, "badly wrong", (8, 3)), (LESS_WRONG, "wrong", (-9, -6)), (RIGHT, "right", (0, 10))):
        loss = float(LOSSES["quadratic"]([at], [1.0])[0])
        ax.plot(at, loss, "o", color=COLOURS[1], ms=7, mec=PAPER, zorder=4)
        note(ax, name, (at, loss), by, ha="left" if by[0] > 0 else "right" if by[0] else "center", weight="bold",
             colour=COLOURS[1])  # fmt: skip
    ax.legend(loc="center right")


def _gradients(ax: Axes, answer: quadratic_question.Answer) -> None:
    wrong = answer.state.z
    z = np.linspace(-6, 6, 601)
    panel(ax, "Size of its gradient, y = 1", x="z = w·x + b", xlim=(-6, 6), ylim=(-0.05, 1.12))
    for name, colour, label in (("binary_cross_entropy", COLOURS[2], "cross entropy"), ("quadratic", INK, "quadratic")):
        loss = LOSSES[name]
        ax.plot(z, np.abs(loss.slope(z, np.ones(z.shape)))[:, 0], color=colour, label=label)
        at = abs(answer.slopes[name])
        ax.plot(wrong, at, "o", color=colour, ms=7, mec=PAPER, zorder=4)
        note(ax, number(at), (wrong, at), (-6, 9) if at < 0.5 else (0, -13), colour=colour, weight="bold")
    ax.plot(-np.log(2), 8 / 27, "o", mfc=PAPER, mec=INK, mew=1.5, zorder=4)
    note(ax, "8/27", (-float(np.log(2)), 8 / 27), (0, 9), weight="bold")
    ax.legend(loc="upper right")


def _total(ax: Axes, answer: quadratic_question.Answer) -> None:
    """The sum of the quadratic losses over both weights, and where descent goes from the same bad start."""
    paths, steps, (w0, w1) = answer.paths, answer.state.steps, np.meshgrid(answer.w0, answer.w1)
    panel(ax, f"Total of {answer.state.n} fish, {steps} steps", x="$w_0$", y="$w_1$", xlim=(-5, 5), ylim=(-7, 7))
    as_printed(ax).grid(False)
    filled = ax.contourf(w0, w1, answer.total, levels=14, colors=hexes(ramp(ERROR, 15)))
    scale(ax, filled, np.round(np.linspace(0, float(answer.total.max()), 4)[:-1]))
    for name, colour, label in (("binary_cross_entropy", COLOURS[2], "cross entropy"), ("quadratic", INK, "quadratic")):
        path = paths[name].path
        ax.plot(path[:, 0], path[:, 1], color=PAPER, lw=4)
        ax.plot(path[:, 0], path[:, 1], color=colour, lw=2.2)
        ax.plot(*path[-1], "o", color=colour, ms=7, mec=PAPER, zorder=4)
        ha, by = ("left", 8) if name == "quadratic" else ("right", -8)
        note(ax, label, tuple(path[-1]), (by, 4), ha=ha, weight="bold")
    note(ax, "bad start", answer.state.start, (10, -8), ha="left", weight="bold", colour=PAPER)


WRITTEN = 3  # of the losses of single points: the largest


def cross_entropies(answer: entropy_question.Answer) -> Sheet:
    """Draw -ln sigma, two distributions and what separates them, and the sum of losses over the book's 20 points."""
    book = answer.book
    page = sheet(
        "ABC;DDD",
        [
            ("H(p, q)", number(answer.cross_entropy, 7)),
            ("H(p), entropy", number(answer.entropy, 7)),
            ("KL(p, q) = H(p, q) − H(p)", number(answer.divergence, 7)),
            ("sum of 20 NLLs", number(book.total, 10)),
            ("likelihood, their product", f"{book.likelihood:.8e}".replace("e-05", " · 10⁻⁵")),
            (f"offset with the least sum, not {number(book.network.biases[-1][0])}", number(book.offset, 7)),
            ("sum of NLLs there", number(book.least, 10)),
        ],
        height=5.4,
        heights=(1, 0.95),
        per_row=4,
    )
    _minus_log(page.panels["A"])
    _distributions(page.panels["B"], answer)
    _entropies(page.panels["C"], answer)
    _likelihoods(page.panels["D"], book)
    return page


def to_the_walls() -> Array:
    """Return places in (0, 1), denser towards both ends, where a logarithm runs away: (n,), rising."""
    edge = np.geomspace(1e-9, 0.02, 80)
    return np.concatenate([edge, np.linspace(0.02, 0.98, 400)[1:-1], 1 - edge[::-1]])


def _minus_log(ax: Axes) -> None:
    share = to_the_walls()
    panel(ax, "Loss of an example", x="σ(w·x + b)", xlim=(0, 1), ylim=(0, 4.2))
    for p, colour, label in (((0.0, 1.0), COLOURS[1], "−ln σ, y = 1"), ((1.0, 0.0), COLOURS[0], "−ln(1 − σ), y = 0")):
        losses = [cross_entropy(p, (1 - s, s)) for s in share]
        ax.plot(share, losses, color=colour, label=label)
    half = cross_entropy((0.0, 1.0), (0.5, 0.5))
    ax.plot(0.5, half, "o", mfc=PAPER, mec=INK, mew=1.5, zorder=4)
    note(ax, f"ln 2 = {number(half, 7)}", (0.5, half), (0, 30), arrow=True)
    ax.legend(loc="upper center")


def _distributions(ax: Axes, answer: entropy_question.Answer) -> None:
    panel(ax, "Two distributions over two classes", ylim=(0, 1.15))
    place = np.arange(2)
    for name, at, heights, colours in (("p", -0.2, answer.state.p, COLOURS), ("q", 0.2, answer.state.q, PALE)):
        drawn = ax.bar(place + at, heights, width=0.36, color=colours[:2])
        ax.bar_label(drawn, [f"{name} = {number(h)}" for h in heights], padding=3, fontsize=9, fontweight="bold")
    ax.set_xticks(place, ["salmon", "sea bass"])
    ax.grid(axis="x", visible=False)


def _entropies(ax: Axes, answer: entropy_question.Answer) -> None:
    """Cross entropy as q moves: it is least where q is p, and what is above H(p) is the divergence."""
    pair, other = answer.state.p, answer.state.q
    q = to_the_walls()
    h, own = [cross_entropy(pair, (1 - b, b)) for b in q], answer.entropy
    panel(ax, f"H(p, q) for p = ({number(pair[0])}, {number(pair[1])})", x="q of sea bass", xlim=(0, 1), ylim=(0, 2.6))
    ax.axhspan(0, own, color=FAINT, alpha=0.6, lw=0)
    ax.fill_between(q, own, h, color=PALE[2], lw=0)
    ax.plot(q, h, color=INK)
    ax.axhline(own, color=SOFT, lw=1)
    ax.plot(pair[1], own, "o", mfc=PAPER, mec=INK, mew=1.5)
    top = answer.cross_entropy
    ax.plot([other[1]] * 2, [own, top], color=COLOURS[2], lw=2.4)
    ax.plot(other[1], top, "o", color=INK, ms=6, mec=PAPER)
    note(ax, f"H(p, q)\n{number(top)}", (other[1], top), (-8, 12), ha="right", weight="bold")
    note(ax, f"KL\n{number(top - own)}", (other[1], (own + top) / 2), (5, 0), ha="left", weight="bold")
    note(ax, f"H(p) {number(own)}", (pair[1], own / 2), weight="bold")
    for wall, side in ((0.0, 1), (1.0, -1)):
        note(ax, "to ∞", (wall, 2.42), (9 * side, 0), ha="left" if side > 0 else "right", colour=SOFT)


def _likelihoods(ax: Axes, book: entropy_question.Book) -> None:
    """The book's network over x: its probability, exact boundaries, and each point's negative log-likelihood."""
    samples, network, losses = book.samples, book.network, book.losses
    x, y = samples.inputs[:, 0], samples.targets[:, 0]
    at = np.linspace(0, 1, 1001)
    panel(ax, "A network with 3 units: its probability of class 1; of 20 points the three largest −ln", x="x",
          xlim=(0, 1), ylim=(-0.42, 1.6))  # fmt: skip
    chance = sigmoid(network(at[:, None])[:, 0])
    ax.plot(at, chance, color=INK)
    for k in (0, 1):
        mine = y == k
        ax.vlines(x[mine], y[mine], sigmoid(network(samples.inputs)[mine, 0]), color=COLOURS[k], lw=1.4)
        ax.plot(x[mine], y[mine], "os"[k], color=COLOURS[k], ms=6, mec=PAPER)
    largest(ax, x, y, losses, y.astype(np.int64), down=0)
    for cut, side in zip(book.crossings, (1, -1, 1), strict=True):
        ax.vlines(cut, 0, 1.6, color=SOFT, lw=1, ls="--", zorder=1)
        note(ax, f"{cut:.8f}", (float(cut), 1.48), (4 * side, 0), ha="left" if side > 0 else "right", colour=SOFT)
    ax.set_yticks([0, 0.5, 1])


def largest(ax: Axes, x: Array, y: Array, values: Array, labels: NDArray[np.int64], *, down: int = -1) -> None:
    """Write the largest values over their places in their class's colour (under them for the class ``down``)."""
    for i in np.argsort(-values)[:WRITTEN]:
        under = labels[i] == down
        note(ax, f"{values[i]:.4f}", (x[i], y[i]), (0, -13 if under else 12), colour=COLOURS[labels[i]], weight="bold")
