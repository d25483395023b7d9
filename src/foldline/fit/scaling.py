"""Scaling: what a table is standardised by while it is fitted, and how that is folded back into the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..samples import Samples

Array = NDArray[np.float64]

ROUNDING = 4 * np.finfo(np.float64).eps  # a column whose spread is a few roundings of its mean is a constant one


@dataclass(frozen=True, eq=False)
class Scaling:
    """Inputs as (x - x_mean) / x_scale and targets as (y - y_mean) / y_scale; a constant column keeps scale 1."""

    x_mean: Array
    x_scale: Array
    y_mean: Array
    y_scale: Array

    @classmethod
    def of(cls, samples: Samples) -> Scaling:
        """Return the scaling of the samples: tables are standardised, shapes and images come in their own scale.

        >>> Scaling.of(Samples(np.array([[1.0], [3.0]]), np.array([0.0, 1.0]))).x_mean
        array([2.])
        """
        of_inputs, of_targets = (moments if scaled else _as_is for scaled in samples.task.scaled)
        return cls(*of_inputs(samples.inputs), *of_targets(samples.targets))

    @classmethod
    def none(cls, d_in: int, d_out: int) -> Scaling:
        """Return the scaling that changes nothing."""
        return cls(np.zeros(d_in), np.ones(d_in), np.zeros(d_out), np.ones(d_out))

    def of_inputs(self, inputs: Array) -> Array:
        """Return inputs scaled."""
        scaled: Array = (inputs - self.x_mean) / self.x_scale
        return scaled

    def of_targets(self, targets: Array) -> Array:
        """Return targets scaled."""
        scaled: Array = (targets - self.y_mean) / self.y_scale
        return scaled

    def inputs_of(self, scaled: Array) -> Array:
        """Return the inputs that scaled ones stand for."""
        inputs: Array = scaled * self.x_scale + self.x_mean
        return inputs

    def targets_of(self, scaled: Array) -> Array:
        """Return the targets that scaled ones stand for."""
        targets: Array = scaled * self.y_scale + self.y_mean
        return targets

    def fold(
        self, weights: Sequence[Array], biases: Sequence[Array], skips: Mapping[int, Sequence[int]]
    ) -> tuple[list[Array], list[Array]]:
        """Return weights and biases that take raw inputs and give raw outputs.

        Every layer that reads the input (the first, and those a skip leads to) takes W / scale, b - (W / scale) mean.
        """
        W, b = [w.copy() for w in weights], [v.copy() for v in biases]
        hidden = [len(w) for w in weights]
        for layer in range(1, len(W) + 1):
            sources = (layer - 1, *skips.get(layer, ()))
            at = 0
            for source in sources:
                width = len(self.x_mean) if source == 0 else hidden[source - 1]
                if source == 0:
                    columns = W[layer - 1][:, at : at + width] / self.x_scale
                    W[layer - 1][:, at : at + width] = columns
                    b[layer - 1] = b[layer - 1] - columns @ self.x_mean
                at += width
        if len(self.y_scale) == len(W[-1]):
            W[-1], b[-1] = W[-1] * self.y_scale[:, None], b[-1] * self.y_scale + self.y_mean
        return W, b


def moments(table: Array, weight: Array | None = None) -> tuple[Array, Array]:
    """Return the mean and the standard deviation of each column, rows counted by their weights; 1 for a constant one.

    A sum of equal numbers is rounded, so that their mean is not always one of them; a constant column's is.

    >>> moments(np.array([[1.0, 5.0], [3.0, 5.0]]))
    (array([2., 5.]), array([1., 1.]))
    """
    constant = (table == table[:1]).all(axis=0)
    mean = np.where(constant, table[0], np.average(table, axis=0, weights=weight))
    apart = table - mean
    _, power = np.frexp(np.abs(apart).max(axis=0))  # squares of what this divides are numbers, and no digit is lost
    scale = np.ldexp(np.sqrt(np.average(np.ldexp(apart, -power) ** 2, axis=0, weights=weight)), power)
    return mean, np.where(scale > ROUNDING * np.abs(mean), scale, 1.0)


def _as_is(table: Array) -> tuple[Array, Array]:
    return np.zeros(table.shape[1]), np.ones(table.shape[1])
