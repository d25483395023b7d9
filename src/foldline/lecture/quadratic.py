"""Question 21: why does a badly wrong example hardly pull?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

import numpy as np

from ..box import Box
from ..data.book import problem, solution
from ..data.fish import fish
from ..exact.regions import regions
from ..fit.linear import Descent, descend
from ..losses import LOSSES, homogeneous, normal_nll
from ..network import Network
from ..same import Compared
from ..samples import Samples
from .curves import Curve, curve_of
from .handles import Array, Pair, Seed, Span

NAMES = ("quadratic", "binary_cross_entropy")


@dataclass(frozen=True)
class State:
    """One misclassified example, and 40 fish by their length alone, in units of 10 cm from 70 cm.

    z        w.x + b of an example of class 1: badly wrong
    start    (w0, w1) of the descents: long fish called salmon, with great confidence
    sigma    the deviation that the book gives its 20 points
    grid     places a side at which the total loss is told over (w0, w1) in [-5, 5] x [-7, 7]; none by default
    """

    z: Annotated[float, Span(-30.0, 30.0)] = -4.0
    start: Pair = (0.0, -6.0)
    steps: Annotated[int, Span(0, 10_000)] = 100
    n: Annotated[int, Span(2, 200)] = 40
    overlap: Annotated[float, Span(0.0, 5.0)] = 1.0
    seed: Seed = 0
    sigma: Annotated[float, Span(1e-3, 10.0)] = 0.2
    grid: Annotated[int, Span(0, 400)] = 0


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """The quadratic loss of an example and of all, beside cross entropy.

    losses, slopes   of the example, by the loss's name; steepest: the quadratic's slope at z = -ln 2, its largest
    paths            descents from the start, by the loss's name
    total            (grid, grid) sum of the quadratic losses, rows by w1; w0, w1: (grid,) the places
    book, network, curve, squares, likelihood   the book's 20 points, its network of 3 units and that one's curve, each
                     point's square, and each one's -ln of a normal likelihood
    """

    state: State
    losses: dict[str, float]
    slopes: dict[str, float]
    steepest: float
    samples: Samples
    paths: dict[str, Descent]
    w0: Array
    w1: Array
    total: Array
    book: Samples
    network: Network
    curve: Curve
    squares: Array
    likelihood: Array


def ask(state: State) -> Answer:
    """Return loss and gradient of one example, descent on the total, and squares as a likelihood."""
    samples, book, network = by_length(state.n, state.overlap, state.seed), problem("5.1"), solution("5.1")
    paths = _paths(state.n, state.overlap, state.seed, state.steps, state.start)
    squares = LOSSES["squared"](network(book.inputs), book.targets)
    likelihood = normal_nll(network(book.inputs), book.targets, state.sigma)
    losses = {name: float(LOSSES[name]([state.z], [1.0])[0]) for name in NAMES}
    slopes = {name: slope(name, state.z) for name in NAMES}
    curve = curve_of(regions(network, Box([0], [1])))
    return Answer(state, losses, slopes, slope("quadratic", -float(np.log(2))), samples, paths,
                  *total_of(samples, state.grid), book, network, curve, squares, likelihood)  # fmt: skip


def slope(name: str, z: float) -> float:
    """Return the derivative of an example's loss by z, for an example of class 1."""
    return float(LOSSES[name].slope([z], [1.0])[0, 0])


@lru_cache(maxsize=16)
def _paths(n: int, overlap: float, seed: int, steps: int, start: Pair) -> dict[str, Descent]:
    samples = by_length(n, overlap, seed)
    return {name: descend(samples, name, steps=steps, start=start) for name in NAMES}


def by_length(n: int, overlap: float, seed: int) -> Samples:
    """Return fish by their length alone, in units of 10 cm from 70 cm."""
    seen = fish(n, overlap=overlap, seed=seed)
    return Samples((seen.inputs[:, :1] - 70) / 10, seen.targets, "classification", ("length",), seen.classes)


def total_of(samples: Samples, grid: int) -> tuple[Array, Array, Array]:
    """Return places w0 and w1, and the sum of the quadratic losses over them, (grid, grid)."""
    w0, w1 = np.linspace(-5, 5, grid), np.linspace(-7, 7, grid)
    at = np.stack(np.meshgrid(w0, w1), axis=-1).reshape(-1, 2)
    z = homogeneous(samples.inputs) @ at.T
    losses = LOSSES["quadratic"](z.ravel(), np.repeat(samples.targets[:, 0], len(at)))
    return w0, w1, losses.reshape(z.shape).sum(axis=0).reshape(grid, grid)
