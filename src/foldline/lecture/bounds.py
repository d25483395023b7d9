"""Question 13: how many regions does a parameter buy?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

import numpy as np

from ..box import Box
from ..data.folding import BOX, folding
from ..exact.bounds import deep_lower, zaslavsky
from ..exact.totals import count
from ..fit.start import start
from ..network import Network
from ..same import Compared
from .handles import Seed, Span
from .parameters import parameters_of

LAYERS = range(1, 6)
FOLDING_BOX, RANDOM_BOX = Box(BOX[:1], BOX[1:]), Box([-10], [10])
BIAS = 0.1  # spread of the random networks' biases
MOST = 1_000_000  # regions of a folding network that is counted
INPUTS = (1, 5, 10, 50, 100)  # the book's table of one hidden layer, problem 3.3


@dataclass(frozen=True)
class State:
    """Networks of equal layers.

    inputs, width, depth   the slide's 471 parameters: 5 layers of 10, one input
    noise      shares by which every weight of the folding network is moved before it is counted again
    starts     networks at a random start that are counted
    wide       units of the one layer of the book's table
    """

    inputs: Annotated[int, Span(1, 100)] = 1
    width: Annotated[int, Span(3, 200)] = 10
    depth: Annotated[int, Span(1, 5)] = 5
    noise: Annotated[tuple[Annotated[float, Span(0, 1)], ...], Span(0, 10)] = (1e-5, 1e-4, 1e-3, 1e-2)
    starts: Annotated[int, Span(0, 1000)] = 30
    seed: Seed = 0
    wide: Annotated[int, Span(1, 5000)] = 500


@dataclass(frozen=True, eq=False, repr=False)
class Reached(Compared):
    """For one depth, layers ever wider: parameters, and the regions that some weights reach."""

    depth: int
    parameters: tuple[int, ...]
    regions: tuple[int, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """The bound, and real networks beside it.

    lower       regions that some weights of this shape reach, a whole number of any size; parameters: of that shape
    reached     curves of it for 1 to 5 layers
    folded      regions counted on folding networks of 1 to ``depth`` layers; noisy: on the last one moved by each
                noise; drawn: on random starts.  All three are of one input, and empty for more or where the folding
                network has over a million regions
    one_layer   (inputs, parameters, most regions) of one wide layer
    """

    state: State
    parameters: int
    lower: int
    reached: tuple[Reached, ...]
    folded: tuple[int, ...]
    noisy: tuple[int, ...]
    drawn: tuple[int, ...]
    one_layer: tuple[tuple[int, int, int], ...]


def ask(state: State) -> Answer:
    """Return the regions that networks of 1 to 5 layers can have against their parameters, and what real ones have.

    cost   a tenth of a second for the slide's shape, once for the same shape
    """
    shape = (state.inputs, *[state.width] * state.depth, 1)
    table = tuple((d, parameters_of(d, state.wide, 1), zaslavsky(d, state.wide)) for d in INPUTS)
    counted = state.inputs == 1 and (state.width + 1) ** state.depth <= MOST
    real = _real(state.width, state.depth, state.noise, state.starts, state.seed) if counted else ((), (), ())
    return Answer(state, parameters_of(*shape), deep_lower(state.inputs, shape[1:-1]), curves(state), *real, table)


@lru_cache(maxsize=16)
def _real(
    width: int, depth: int, noise: tuple[float, ...], starts: int, seed: int
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Folding, moved and random networks, counted."""
    folded = tuple(count(folding(width, k), FOLDING_BOX) for k in range(1, depth + 1))
    noisy = tuple(count(moved(folding(width, depth), share), FOLDING_BOX) for share in noise)
    drawn = tuple(count(random_network(width, depth, seed + k), RANDOM_BOX) for k in range(starts))
    return folded, noisy, drawn


def curves(state: State) -> tuple[Reached, ...]:
    """Return the regions that some weights reach as layers get wider, to about twice the state's parameters."""
    most = 2.05 * parameters_of(state.inputs, *[state.width] * max(LAYERS), 1)
    return tuple(reached(state.inputs, depth, most) for depth in LAYERS)


@lru_cache(maxsize=64)
def reached(inputs: int, depth: int, most: float) -> Reached:
    """Return parameters, up to about ``most``, and the regions some weights reach, layer width by layer width."""
    widths = [3]
    while parameters_of(inputs, *[widths[-1]] * depth, 1) < most:
        widths.append(widths[-1] + 1)
    sizes = tuple(parameters_of(inputs, *[w] * depth, 1) for w in widths)
    return Reached(depth, sizes, tuple(deep_lower(inputs, (w,) * depth) for w in widths))


def moved(network: Network, noise: float, seed: int = 0) -> Network:
    """Return a network with every weight and bias times 1 + noise * a normal number."""
    rng = np.random.default_rng(seed)
    weights, biases = (
        [a * (1 + noise * rng.standard_normal(a.shape)) for a in arrays] for arrays in (network.weights, network.biases)
    )
    return Network(weights, biases)


def random_network(width: int, depth: int, seed: int) -> Network:
    """Return a network of one input at a random start, its biases random as well."""
    weights, biases = start([1, *[width] * depth, 1], seed=seed)
    rng = np.random.default_rng(seed + 1000)
    return Network(weights, [BIAS * rng.standard_normal(b.shape) for b in biases])
