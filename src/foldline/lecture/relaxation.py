"""Question 20: how far is the sigmoid from the step?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

import numpy as np

from ..activations import sigmoid
from ..data.fish import fish
from ..optimal.separate import separate
from ..same import Compared
from ..samples import Samples
from .handles import Array, Seed, Span

Temperature = Annotated[float, Span(1e-3, 1e3)]


@dataclass(frozen=True)
class State:
    """Fish that a line tells apart, and how soft the step is made.

    temperatures   T of sigmoid(z / T)
    band           half the width of the band around the boundary, in z
    """

    temperatures: Annotated[tuple[Temperature, ...], Span(1, 10)] = (2.0, 1.0, 0.5, 0.25)
    band: Annotated[float, Span(0.0, 100.0)] = 1.0
    n: Annotated[int, Span(2, 200)] = 30
    overlap: Annotated[float, Span(0.0, 0.6)] = 0.4
    seed: Seed = 0


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """The step and its softenings.

    line       (b, w1, w2) of the widest line, of the size that gives the nearest samples z = -1 and z = 1
    farthest   for each temperature, the largest distance to the step outside the band: sigmoid(-band / T)
    at_zero    the distance on the boundary itself, at any temperature
    levels     sigmoid at z = -1, 0 and 1
    """

    state: State
    samples: Samples
    line: Array
    farthest: tuple[float, ...]
    at_zero: float
    levels: tuple[float, float, float]


def ask(state: State) -> Answer:
    """Return the line in its canonical size, and how far the sigmoid is from the step outside a band."""
    samples, line = _known(state.n, state.overlap, state.seed)
    farthest = tuple(sigma(-state.band / t) for t in state.temperatures)
    return Answer(state, samples, line, farthest, sigma(0.0), (sigma(-1.0), sigma(0.0), sigma(1.0)))


def sigma(z: float) -> float:
    """Return the sigmoid of one number."""
    return float(sigmoid(np.array(z)))


@lru_cache(maxsize=16)
def _known(n: int, overlap: float, seed: int) -> tuple[Samples, Array]:
    samples = fish(n, overlap=overlap, seed=seed)
    exact = np.array([float(v) for v in separate(samples).weights[0]])
    z = exact[0] + samples.inputs @ exact[1:]
    return samples, np.asarray(exact / np.abs(z).min())
