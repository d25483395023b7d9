"""Question 18: how many layers make six million parameters?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

from ..facts.values import NUMBER
from ..same import Compared
from .handles import Span

PRINTED = 6e6  # the slide: "about 6M parameters"
DEPTHS = (4, 5, 6, 7)
Width = Annotated[int, Span(1, 1_000_000)]


@dataclass(frozen=True, eq=False, repr=False)
class Layer(Compared):
    """One matrix and its biases."""

    reads: int
    makes: int
    parameters: int


@dataclass(frozen=True)
class State:
    """The slide's signed distance network: a place in, 1000 features a layer, a distance out."""

    inputs: Width = 3
    hidden: Annotated[tuple[Width, ...], Span(0, 100)] = (1000, 1000, 1000, 1000, 1000, 1000)
    outputs: Width = 1


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """The numbers of a network, layer by layer; bytes: of all of them, four each.

    depths    4 to 7 layers as wide as the first hidden one, each with its layers; nearest: which is nearest to 6M
    """

    state: State
    layers: tuple[Layer, ...]
    parameters: int
    bytes: int
    depths: dict[int, tuple[Layer, ...]]
    nearest: int


def ask(state: State) -> Answer:
    """Return how many parameters each layer has, and which depth has about six million."""
    layers = layers_of(state.inputs, *state.hidden, state.outputs)
    wide = state.hidden[0] if state.hidden else 1
    depths = {depth: layers_of(state.inputs, *[wide] * depth, state.outputs) for depth in DEPTHS}
    nearest = min(depths, key=lambda depth: abs(total(depths[depth]) - PRINTED))
    return Answer(state, layers, total(layers), NUMBER * total(layers), depths, nearest)


def layers_of(*widths: int) -> tuple[Layer, ...]:
    """Return the layers of a plain network.

    >>> [layer.parameters for layer in layers_of(3, 1000, 1)]
    [4000, 1001]
    """
    return tuple(Layer(a, b, (a + 1) * b) for a, b in pairwise(widths))


def total(layers: tuple[Layer, ...]) -> int:
    """Return the parameters of all layers."""
    return sum(layer.parameters for layer in layers)


def parameters_of(*widths: int) -> int:
    """Return the number of weights and biases of a plain network.

    >>> parameters_of(1, 10, 10, 10, 10, 10, 1)
    471
    """
    return total(layers_of(*widths))
