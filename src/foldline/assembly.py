"""Assembly: a network put together step by step, as a graph of operations gives it.

Every value of the graph is an affine function of the activations so far: one matrix a source (0 is the input, k hidden
layer k) and an offset.  A unit closes such a value into the next hidden layer, whatever sources it reads, so that
branches, concatenations and residual sums need no case of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .activations import LEAKY_SLOPE, UNITS
from .errors import NetworkError

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Affine:
    """offset + sum over sources of parts[source] @ (that source's values); ``parts`` in the order they are read."""

    parts: Mapping[int, Array]
    offset: Array

    @property
    def width(self) -> int:
        return len(self.offset)

    @property
    def copies(self) -> bool:
        """Whether it only copies values, so that a matrix applied to it is never rounded."""
        total = sum((np.count_nonzero(M, axis=1) for M in self.parts.values()), np.zeros(self.width, dtype=np.int64))
        ones = all(np.all((M == 0) | (M == 1)) for M in self.parts.values())
        return ones and not self.offset.any() and bool(np.all(total == 1))

    def scaled(self, scale: Array, shift: Array) -> Affine:
        """scale * value + shift, each number rounded at most twice."""
        return Affine({s: M * scale[:, None] for s, M in self.parts.items()}, self.offset * scale + shift)

    def plus(self, other: Affine) -> Affine:
        parts = dict(self.parts)
        for source, M in other.parts.items():
            parts[source] = parts[source] + M if source in parts else M
        return Affine(parts, self.offset + other.offset)

    @staticmethod
    def joined(values: Sequence[Affine]) -> Affine:
        """The values one after another."""
        width = sum(value.width for value in values)
        parts: dict[int, Array] = {}
        at = 0
        for value in values:
            for source, M in value.parts.items():
                whole = parts.setdefault(source, np.zeros((width, M.shape[1])))
                whole[at : at + value.width] += M
            at += value.width
        return Affine(parts, np.concatenate([value.offset for value in values]))


class Assembly:
    """The hidden layers so far."""

    def __init__(self, d_in: int) -> None:
        self.widths = [d_in]
        self.weights: list[Array] = []
        self.biases: list[Array] = []
        self.names: list[str] = []
        self.skips: dict[int, tuple[int, ...]] = {}
        self.slopes: dict[int, Array] = {}

    def source(self, layer: int) -> Affine:
        """The activations of a layer as a value; layer 0 is the input."""
        return Affine({layer: np.eye(self.widths[layer])}, np.zeros(self.widths[layer]))

    def product(self, W: Array, value: Affine) -> Affine:
        """W @ value; a value that is not a copy becomes a layer of identity units first, so nothing is rounded."""
        if W.shape[1] != value.width:
            raise NetworkError(f"shapes that chain; got a matrix of {W.shape[1]} columns after {value.width} values")
        if not value.copies:
            value = self.unit("identity", value)
        return Affine({source: W @ M for source, M in value.parts.items()}, np.zeros(len(W)))

    def unit(self, name: str, value: Affine, slopes: Array | None = None) -> Affine:
        """Close a value into the next hidden layer; ``slopes`` below zero for "leaky_relu"."""
        layer = len(self.widths)
        W, skips = self._read(value, layer)
        self.weights.append(W)
        self.biases.append(value.offset)
        self.names.append(name)
        self.widths.append(value.width)
        if skips:
            self.skips[layer] = skips
        if slopes is not None and not (slopes.size == 1 and float(slopes.flat[0]) == LEAKY_SLOPE):
            self.slopes[layer] = np.broadcast_to(slopes.reshape(-1), (value.width,))
        return self.source(layer)

    def _read(self, value: Affine, layer: int) -> tuple[Array, tuple[int, ...]]:
        previous = value.parts.get(layer - 1, np.zeros((value.width, self.widths[layer - 1])))
        skips = tuple(source for source in value.parts if source != layer - 1)
        return np.concatenate([previous, *(value.parts[s] for s in skips)], axis=1), skips

    def arguments(self, value: Affine) -> dict[str, Any]:
        """Return the arguments of the Network whose output is ``value``.

        A last smooth unit (tanh, sigmoid, softplus) that the output copies is the output unit.
        """
        output, last = "identity", len(self.names)
        if last and self._ends_smooth(value):
            output = self.names.pop()
            W, b = self.weights.pop(), self.biases.pop()
            skips = self.skips.pop(last, ())
        else:
            (W, skips), b = self._read(value, last + 1), value.offset
            last += 1
        return {
            "weights": [*self.weights, W],
            "biases": [*self.biases, b],
            "activation": self.names[0] if len(set(self.names)) == 1 else (tuple(self.names) or "relu"),
            "output": output,
            "skips": self.skips | ({last: skips} if skips else {}),
            "slopes": self.slopes,
        }

    def _ends_smooth(self, value: Affine) -> bool:
        unit, last = UNITS[self.names[-1]], len(self.names)
        copied = set(value.parts) == {last} and not value.offset.any() and value.width == self.widths[last]
        return (
            unit.inverse is not None
            and not unit.piecewise_linear
            and copied
            and np.array_equal(value.parts[last], np.eye(value.width))
        )
