"""Question 19: why can no descent follow the number of errors?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

import numpy as np

from ..box import Box
from ..data.toys import moons
from ..losses import LOSSES
from ..optimal.least_errors import least_errors
from ..optimal.separate import errors
from ..optimal.weight_space import ErrorCells, error_cells
from ..same import Compared
from ..samples import Samples
from .handles import Array, Labels, Number, Pair, Places, Seed, Span, placed


@dataclass(frozen=True)
class State:
    """Samples of two classes, and a weight.

    n, noise, seed   of the two moons; points and labels move, add or relabel them
    offset           the slice of weight space: (b, w1, w2) with b = offset, where every sample's fold misses the origin
    weight           (w1, w2) held; from it a straight walk leads into the largest of the best cells
    reach            the slice runs from -reach to reach
    """

    n: Annotated[int, Span(2, 60)] = 16
    noise: Annotated[float, Span(0.0, 2.0)] = 0.25
    seed: Seed = 3
    points: Annotated[Places, Span(1, 60)] | None = None
    labels: Labels | None = None
    offset: Number = 0.5
    weight: Pair = (-2.4, 2.7)
    reach: Annotated[float, Span(0.1, 100.0)] = 3.0


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """Cells of weight space on which the number of errors is constant.

    cells      of the slice; best: the number of the largest with the least errors, end: (2,) its middle
    errors     of the weight held; least: of any line at all, proved
    walk       cells of the straight way from the weight to ``end``, one coordinate from 0 to 1
    gradient   inside a cell; between two there is none
    """

    state: State
    samples: Samples
    cells: ErrorCells
    best: int
    end: Array
    errors: int
    least: int
    walk: ErrorCells
    gradient: float


def ask(state: State) -> Answer:
    """Return the slice of weight space cut into cells of one number of errors, and a walk through it.

    cost   a millisecond; the least number of errors 30 ms, once for the same samples
    """
    samples, cells, least = _known(
        state.n, state.noise, state.seed, state.points, state.labels, state.offset, state.reach
    )
    lowest = np.flatnonzero(cells.errors == cells.least)
    best = int(lowest[cells.regions.volumes[lowest].argmax()])
    start, end = np.array(state.weight), cells.regions.centroids[best]
    walk = error_cells(
        samples, Box([0], [1]), origin=(state.offset, *start), axes=[np.concatenate([[0.0], end - start])]
    )
    slope = float(np.abs(LOSSES["errors"].slope([1.0], [0.0])).max())
    wrong = errors([(state.offset, *state.weight)], samples)
    return Answer(state, samples, cells, best, end, wrong, least, walk, slope)


@lru_cache(maxsize=16)
def _known(
    n: int, noise: float, seed: int, points: Places | None, labels: Labels | None, offset: float, reach: float
) -> tuple[Samples, ErrorCells, int]:
    """What does not depend on the weight held."""
    samples = placed("zero-gradients", moons(n, noise=noise, seed=seed), points, labels)
    cells = error_cells(samples, Box([-reach] * 2, [reach] * 2), origin=[offset, 0, 0], axes=[[0, 1, 0], [0, 0, 1]])
    return samples, cells, least_errors(samples).count
