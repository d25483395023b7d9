"""Question 27: what does training move, and how far does it get?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

import numpy as np

from ..data.book import problem
from ..exact.regions import regions
from ..fit.descent import Plan, descend
from ..fit.objective import MeanLoss
from ..fit.step.fused import Fused
from ..losses import LOSSES
from ..network import Network
from ..optimal.shallow_fit import ShallowFit, fit_shallow_globally
from ..same import Compared
from ..samples import Samples
from .curves import UNIT_BOX, Curve, curve_of
from .handles import Array, Index, Progress, Seed, Span


@dataclass(frozen=True)
class State:
    """A shallow network that learns the book's 20 points.

    seed     of the start whose way is followed: the one of the first 40 that gets farthest
    shown    epochs whose curves are told, the end beside them
    starts   seeds, from 0 on, of which the end is told too; none by default
    best     also prove what the least sum of squares of any so many units is, where there are up to 3
    """

    units: Annotated[int, Span(1, 64)] = 3
    epochs: Annotated[int, Span(1, 100_000)] = 6000
    rate: Annotated[float, Span(1e-6, 10.0)] = 0.01
    seed: Seed = 34
    shown: Annotated[tuple[Annotated[int, Span(0, 100_000)], ...], Span(0, 20)] = (0, 30, 300, 6000)
    starts: Annotated[int, Span(0, 1000)] = 0
    best: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class Path(Compared):
    """One descent, from its start to its end.

    networks          those that were kept, by their epoch
    slopes, offsets   (kept, units) of the hidden units
    losses            (kept,) sums of squares
    """

    networks: dict[int, Network]
    slopes: Array
    offsets: Array
    losses: Array

    @property
    def joints(self) -> Array:
        """Where each unit folds, (kept, units)."""
        return np.asarray(-self.offsets / self.slopes)

    def crossings(self, x: Array) -> Index:
        """Return how often, up to each network, a unit switched on a point: each time another region of weight space.

        The loss is one polynomial in the weights on each of these regions.
        """
        on = self.slopes[:, :, None] * x + self.offsets[:, :, None] > 0
        return np.concatenate([[0], np.cumsum((on[1:] != on[:-1]).sum(axis=(1, 2)))])


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """The way of one start, and the ends of others.

    losses, joints   (epochs + 1,) and (epochs + 1, units): after every epoch
    crossed          (epochs + 1,) regions of weight space crossed so far
    curves           at the epochs shown
    ends             (starts,) sums of squares at the end of each start
    best             the proof of the least one
    """

    state: State
    samples: Samples
    losses: Array
    joints: Array
    crossed: Index
    curves: dict[int, Curve]
    ends: Array
    best: ShallowFit | None


def ask(state: State, *, callback: Progress | None = None) -> Answer:
    """Return a descent with its joints on the move, the loss along it, and the regions of weight space it crosses.

    callback   after each start that ends: (starts done, starts); then of the proof: (choices settled, share)
    cost       0.3 s for 6000 epochs, once for each start
    """
    samples = problem("3.1")
    setting = (state.units, state.epochs, state.rate)
    path = _way(state.seed, *setting)
    ends = np.zeros(state.starts)
    for seed in range(state.starts):
        ends[seed] = _end(seed, *setting)
        if callback:
            callback(seed + 1, state.starts)
    best = fit_shallow_globally(samples, units=state.units, callback=callback) if state.best else None
    shown = [epoch for epoch in state.shown if epoch <= state.epochs]
    curves = {epoch: curve_of(regions(path.networks[epoch], UNIT_BOX)) for epoch in shown}
    crossed = path.crossings(samples.inputs[:, 0])
    return Answer(state, samples, path.losses, path.joints, crossed, curves, ends, best)


@lru_cache(maxsize=4)
def _way(seed: int, units: int, epochs: int, rate: float) -> Path:
    return descent(problem("3.1"), seed, units, epochs, rate, every=1)


@lru_cache(maxsize=1024)
def _end(seed: int, units: int, epochs: int, rate: float) -> float:
    return float(descent(problem("3.1"), seed, units, epochs, rate, every=epochs).losses[-1])


def descent(samples: Samples, seed: int, units: int = 3, epochs: int = 6000, rate: float = 0.01, *, every: int) -> Path:
    """Return Adam's path from a random start whose joints lie among the samples.

    every   epochs between two that are kept; the start is kept, and the end
    """
    rng = np.random.default_rng(seed)
    facing, joints = rng.choice([-1.0, 1.0], (units, 1)), rng.uniform(0, 1, units)
    begin = [facing, rng.normal(0, 0.5, (1, units))], [-facing[:, 0] * joints, np.zeros(1)]
    step = Fused(*begin, MeanLoss(samples.inputs, samples.targets, "squared"), optimiser="adam")
    networks = {0: Network(*step.parameters())}

    def keep(done: int, *_: object) -> None:
        networks[done] = Network(*step.parameters())

    descend(step, Plan(rate, epochs, last=1.0, look=every), callback=keep)
    kept = list(networks.values())
    losses = [LOSSES["squared"](network(samples.inputs), samples.targets).sum() for network in kept]
    slopes, offsets = np.array([n.weights[0][:, 0] for n in kept]), np.array([n.biases[0] for n in kept])
    return Path(networks, slopes, offsets, np.array(losses))
