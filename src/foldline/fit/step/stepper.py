"""Stepper: what descent drives; it knows nothing of arrays, tensors or devices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

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


class NetworkStepper(Stepper, Protocol):
    """A stepper whose numbers are those of one network.

    name     "fused" or "eager"
    device   "cpu" or "cuda"
    """

    name: str
    device: str

    def parameters(self) -> tuple[list[Array], list[Array]]:
        """Return weights and biases, float64."""
