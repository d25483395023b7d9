"""Question 6: how do two layers solve XOR?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ..box import Box
from ..data.gates import gate
from ..exact.boundary import Boundary, boundary
from ..exact.regions import Regions, regions
from ..fit.starts import train_from_starts
from ..network import Network
from ..optimal.separate import Separation, separate
from ..same import Compared
from ..samples import Samples
from .handles import Array, Number, Numbers, Places, Seed, Span, placed, shallow_of

SQUARE = Box([-0.45, -0.45], [1.45, 1.45])


@dataclass(frozen=True)
class State:
    """The slide's network, and how many random ones learn the same.

    hidden   (offset, w1, w2) of each hidden line; output: (offset, v1, v2, ...), class 1 above the level
    points   where the four corners lie: (0, 0), (0, 1), (1, 0) and (1, 1), of classes 0, 1, 1, 0, unless given
    starts   random networks of each width that are trained, none by default: a second or two for 200
    """

    hidden: Annotated[tuple[Numbers, ...], Span(1, 32)] = ((0.0, 1.0, 1.0), (-1.0, 1.0, 1.0))
    output: Numbers = (0.0, 1.0, -2.0)
    level: Number = 0.5
    points: Places | None = None
    starts: Annotated[int, Span(0, 1000)] = 0
    widths: Annotated[tuple[Annotated[int, Span(1, 64)], ...], Span(1, 8)] = (2, 3, 4, 8)
    steps: Annotated[int, Span(1, 10_000)] = 600
    rate: Annotated[float, Span(1e-6, 100.0)] = 0.5
    seed: Seed = 0


@dataclass(frozen=True, eq=False, repr=False)
class Hidden(Compared):
    """A network's plane of inputs, and what its hidden layer makes of it.

    regions, border   of the plane, exactly; images: each region's corners after the hidden layer
    image, line       the four corners after it, and the widest line there, or the proof that there is none
    """

    network: Network
    level: float
    regions: Regions
    border: Boundary
    images: tuple[Array, ...]
    image: Samples
    line: Separation


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """Why one layer fails, how two do it, and how often that is learnt.

    alone     in the plane of inputs: a point of both classes' hulls, or a line if the corners were moved so
    slide     the state's network; learned: the first of two random hidden units that learned it, if any were trained
    success   share of the starts that learned it, by width
    """

    state: State
    samples: Samples
    alone: Separation
    slide: Hidden
    learned: Hidden | None
    success: tuple[float, ...]


def ask(state: State) -> Answer:
    """Return the plane and the hidden space of the network, and what training from random starts makes."""
    samples = placed("xor", gate("xor"), state.points, None)
    network = shallow_of("xor", state.hidden, (state.output,))
    learned, success = _trained(state)
    return Answer(
        state, samples, separate(samples), hidden_of(network, state.level, samples),
        hidden_of(learned, 0.0, samples) if learned is not None else None, success,
    )  # fmt: skip


def hidden_of(network: Network, level: float, samples: Samples) -> Hidden:
    """Return what the hidden layer makes of the plane and of the truth table of XOR."""
    found = regions(network, SQUARE)
    h = network.activate(1, network.preactivations(samples.inputs)[0])
    names = tuple(f"h{k + 1}" for k in range(h.shape[1]))
    image = Samples(h, samples.targets, "classification", names, samples.classes)
    images = tuple(network.activate(1, network.preactivations(shape)[0]) for shape in found.polygons())
    border = boundary(network, SQUARE, level=level)
    return Hidden(network, level, found, border, images, image, separate(image))


def _trained(state: State) -> tuple[Network | None, tuple[float, ...]]:
    if not state.starts:
        return None, ()
    runs = [_run(width, state.starts, state.steps, state.rate, state.seed) for width in state.widths]
    solved = [(networks, right) for networks, right in runs if networks[0].hidden == (2,) and right.any()]
    learned = solved[0][0][int(np.flatnonzero(solved[0][1])[0])] if solved else None
    return learned, tuple(float(right.mean()) for _, right in runs)


@lru_cache(maxsize=16)
def _run(width: int, starts: int, steps: int, rate: float, seed: int) -> tuple[tuple[Network, ...], NDArray[np.bool_]]:
    run = train_from_starts(gate("xor"), hidden=width, n_starts=starts, steps=steps, rate=rate, seed=seed)
    return run.networks, run.solved
