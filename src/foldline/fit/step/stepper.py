"""Stepper: what descent drives; it knows nothing of arrays, tensors or devices."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
State = dict[str, NDArray[np.generic]]


class Stepper(Protocol):
    """Does steps, and can be put back to where it was."""

    def run(self, first: int, rates: Array) -> Array:
        """Do the steps first, first + 1, ..., one rate each; return the loss each began with."""

    def state(self) -> State:
        """Return a copy of all that steps change."""

    def load(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go back to a state."""


def layers_in(
    kernel: Any, slot: int, widths: Sequence[int], again: Container[int]
) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Return what a kernel holds of each layer in a slot (parameters, or what an optimiser keeps of them).

    again   layers that read the inputs once more
    """
    pairs = []
    for layer, (n_in, n_out) in enumerate(pairwise(widths)):
        n_in += widths[0] * (layer in again)
        W, b = np.empty((n_out, n_in), dtype=np.float32), np.empty(n_out, dtype=np.float32)
        kernel.get(slot, layer, W, b)
        pairs.append((W, b))
    return pairs


@dataclass(frozen=True)
class Recipe:
    """How a network takes its steps.

    activation   its hidden units, or one name a hidden layer
    skips        layers, from 0, that each layer reads as well
    optimiser    "adam", "muon" or "sgd"
    device       "auto", "cpu" or "cuda"
    precision    "float32" or "bfloat16"
    """

    activation: str | tuple[str, ...] = "relu"
    skips: Mapping[int, Sequence[int]] = field(default_factory=dict)
    optimiser: str = "adam"
    device: str = "cpu"
    precision: str = "float32"

    @property
    def units(self) -> tuple[str, ...]:
        """The names that ``activation`` has."""
        return (self.activation,) if isinstance(self.activation, str) else self.activation


class NetworkStepper(Stepper, Protocol):
    """A stepper whose numbers are those of one network.

    name     "fused" or "eager"
    device   "cpu" or "cuda"
    """

    name: str
    device: str

    def parameters(self) -> tuple[list[Array], list[Array]]:
        """Return weights and biases, float64."""
