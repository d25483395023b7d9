"""Objective: what a descent minimises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .order import Order, Strata, Turns

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MeanLoss:
    """The mean of a loss over the rows of samples that a step sees.

    inputs    (n, d_in) as the network being fitted takes them
    targets   (n, d_out), or (n, 1) class numbers for "cross_entropy"
    loss      one of those ``tasks.TASKS`` name
    order     which rows each step sees; all of them unless given
    weight    (n,) how much each row counts; a step's loss is the weighted mean over its rows
    decay     added to the gradient, times the weight (biases are left alone)

    >>> MeanLoss([[0.0], [1.0]], [[1.0], [3.0]], "squared").order.rows(7)
    array([0, 1])
    """

    inputs: Array
    targets: Array
    loss: str
    order: Order | Strata
    weight: Array | None
    decay: float

    def __init__(
        self,
        inputs: ArrayLike,
        targets: ArrayLike,
        loss: str,
        order: Order | Strata | None = None,
        *,
        weight: Array | None = None,
        decay: float = 0.0,
    ) -> None:
        put = object.__setattr__
        put(self, "inputs", np.asarray(inputs))
        put(self, "targets", np.asarray(targets))
        put(self, "loss", loss)
        put(self, "order", order or Order(len(self.inputs), len(self.inputs), 0))
        put(self, "weight", weight)
        put(self, "decay", decay)


@dataclass(frozen=True, eq=False)
class Coded:
    """The mean of a loss over rows of many shapes, each with a code that moves too, and a prior that draws codes to 0.

    inputs    (n, d) float32, shape after shape; the network reads the code of a row's shape before them
    targets   (n, d_out) float32
    codes     (shapes, k) where they begin
    loss      one that ``tasks.TASKS`` name for numbers
    order     which shapes each step sees, and which of their rows
    prior     times the mean of |code|^2 over the shapes of a step
    source    Park et al. 2019, DeepSDF, equations 9 and 10

    >>> Coded(np.zeros((2, 3)), np.zeros((2, 1)), np.zeros((2, 4)), "clamped",
    ...       Turns(np.array([0, 1, 2]), shapes=2, rows=1, seed=0)).codes.shape
    (2, 4)
    """

    inputs: NDArray[np.float32]
    targets: NDArray[np.float32]
    codes: Array
    loss: str
    order: Turns
    prior: float = 1e-4


Objective: TypeAlias = MeanLoss
