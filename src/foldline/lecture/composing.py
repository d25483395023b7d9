"""Question 11: what does a network of networks do?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..box import Box
from ..data.book import composed
from ..data.book import deep as book_deep
from ..exact.regions import regions
from ..network import Network
from ..same import Compared
from .curves import UNIT_BOX, Curve, curve_of
from .handles import Array, Number, Numbers, Pair, Span, shallow_of

BOX = Box([-1], [1])  # where notebook 4.1 draws its networks
Units = Annotated[tuple[Pair, ...], Span(1, 16)]


@dataclass(frozen=True)
class State:
    """Notebook 4.1's N1 and N2, each (offset, slope) a unit and (offset, weight, ...) of the output.

    copies     of N1 before N2: every number up to it is counted
    level      the y of N1 whose x are shown
    variants   also count other orders and signs, and notebook 4.2's network, which is no composition
    """

    first_hidden: Units = ((0.0, -1.0), (0.0, 1.0), (-0.67, 1.0))
    first_output: Numbers = (1.0, -2.0, -3.0, 9.3)
    second_hidden: Units = ((-0.6, -1.0), (0.2, 1.0), (-0.5, 1.0))
    second_output: Numbers = (0.5, -1.0, -1.5, 2.0)
    copies: Annotated[int, Span(1, 6)] = 1
    level: Number = 0.25
    variants: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class Whole(Compared):
    """A network of one input: its curve, and its pieces, neighbours of one slope counted once."""

    network: Network
    curve: Curve
    n_pieces: int


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """N1, N2 after no, one, two, ... copies of N1, and where N1 has the level.

    over       the x of each piece of N1 that reaches the level
    variants   pieces by name; free: notebook 4.2's network
    """

    state: State
    first: Whole
    powers: tuple[Whole, ...]
    over: Array
    variants: dict[str, int]
    free: Whole | None


def ask(state: State) -> Answer:
    """Return the exact curves of N1 and of N2 after copies of it, with the unit of every joint."""
    one = shallow_of("composing", state.first_hidden, (state.first_output,))
    two = shallow_of("composing", state.second_hidden, (state.second_output,))
    first = _whole(one, BOX)
    powers = tuple(_whole(composed(*[one] * k, two), BOX) for k in range(state.copies + 1))
    others = _others(one, two) if state.variants else {}
    variants = {name: _whole(network, BOX).n_pieces for name, network in others.items()}
    free = _whole(book_deep(), UNIT_BOX) if state.variants else None
    return Answer(state, first, powers, levels_on(first.curve, state.level), variants, free)


def _whole(network: Network, box: Box) -> Whole:
    found = regions(network, box)
    return Whole(network, curve_of(found), found.n_pieces)


def _others(one: Network, two: Network) -> dict[str, Network]:
    return {
        "N₁∘N₁": composed(one, one),
        "N₂∘N₁, N₁'s first weight −1": composed(turned(one, 1 / 2), two),
        "N₂∘N₁, N₂'s negated": composed(one, turned(two, -1)),
    }


def turned(network: Network, factor: float) -> Network:
    """Return a shallow network with its first output weight times a factor.

    >>> turned(shallow_of("", State().first_hidden, (State().first_output,)), 0.5).weights[1].tolist()
    [[-1.0, -3.0, 9.3]]
    """
    hidden, output = network.weights
    return Network([hidden, output * [factor, *[1] * (output.shape[1] - 1)]], network.biases)


def levels_on(curve: Curve, level: float) -> Array:
    """Return where a curve has a level: one x for each piece that crosses it, rising."""
    at = []
    for k in range(len(curve.x) - 1):
        x, y = curve.x[k : k + 2], curve.y[k : k + 2]
        if min(y) <= level <= max(y) and y[0] != y[1]:
            at.append(level_on(x, y, level))
    return np.array(at)


def level_on(x: Array, y: Array, level: float) -> float:
    """Return where a straight piece, given by its ends, has a level.

    >>> level_on(np.array([0.0, 2.0]), np.array([1.0, 0.0]), 0.25)
    1.5
    """
    return float(np.interp(level, *((y, x) if y[0] < y[1] else (y[::-1], x[::-1]))))
