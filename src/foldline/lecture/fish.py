"""Question 2: salmon or sea bass, can a line tell?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Annotated

import numpy as np

from ..data.fish import fish
from ..optimal.least_errors import LeastErrors, least_errors
from ..optimal.separate import Separation, errors, separate
from ..same import Compared
from ..samples import Samples
from .handles import Array, Labels, Places, Seed, Span, Triple, placed


@dataclass(frozen=True)
class State:
    """Fish and a line.

    overlap   spread of both kinds: at 0.5 they lie apart, at 1.6 they mix
    n, seed   fish that are made; points and labels (0 salmon, 1 sea bass) move, add or relabel them
    line      weights (b, w1, w2) of the line held; the best one unless given
    """

    overlap: Annotated[float, Span(0.0, 5.0)] = 1.6
    n: Annotated[int, Span(2, 200)] = 40
    seed: Seed = 2
    points: Places | None = None
    labels: Labels | None = None
    line: Triple | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """Whether a line tells the fish apart, with the proof.

    separation   the widest line and its margin, or the certificate: a point of both hulls
    fewest       where no line is right about all: the least number of errors of any, and which fish are wrong
    best         the widest line, of those that make so few errors
    line         (3,) the line held; errors: how many fish it has on the wrong side
    hulls        corners of both kinds' convex hulls, counter-clockwise
    checked      the proof holds in rational arithmetic
    """

    state: State
    samples: Samples
    separation: Separation
    fewest: LeastErrors | None
    best: Separation
    line: Array
    errors: int
    hulls: tuple[Array, ...]
    checked: bool


def ask(state: State) -> Answer:
    """Return the best line with its proof, and the errors of the line held.

    cost   two milliseconds where a line exists; 0.1 s where it does not, for 40 fish, once for the same fish
    """
    samples, apart, fewest, best = _known(state.overlap, state.n, state.seed, state.points, state.labels)
    line = best.weights[0] if state.line is None else state.line
    hulls = tuple(hull(samples.inputs[samples.targets[:, 0] == k]) for k in (0, 1))
    wrong = errors([line], samples)
    return Answer(state, samples, apart, fewest, best, np.array([float(w) for w in line]), wrong, hulls, apart.check())


@lru_cache(maxsize=16)
def _known(
    overlap: float, n: int, seed: int, points: Places | None, labels: Labels | None
) -> tuple[Samples, Separation, LeastErrors | None, Separation]:
    """What does not depend on the line held."""
    samples = placed("fish", fish(n, overlap=overlap, seed=seed), points, labels)
    apart = separate(samples)
    if apart.separable:
        return samples, apart, None, apart
    fewest = least_errors(samples)
    return samples, apart, fewest, separate(_without(samples, fewest.wrong))


def _without(samples: Samples, rows: Sequence[int]) -> Samples:
    kept = np.delete(np.arange(len(samples)), list(rows))
    return replace(samples, inputs=samples.inputs[kept], targets=samples.targets[kept])


def hull(at: Array) -> Array:
    """Return the corners of the convex hull of points in the plane, counter-clockwise.

    source   Andrew 1979, the monotone chain
    """
    order = at[np.lexsort((at[:, 1], at[:, 0]))]
    return np.array(_chain(order) + _chain(order[::-1]))


def _chain(order: Array) -> list[Array]:
    """One side of the hull, without its last corner."""
    side: list[Array] = []
    for p in order:
        while len(side) > 1 and _turn(side[-2], side[-1], p) <= 0:
            side.pop()
        side.append(p)
    return side[:-1]


def _turn(a: Array, b: Array, c: Array) -> float:
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))
