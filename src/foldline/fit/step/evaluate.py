"""Evaluating a network in float32 on what steps run on: the compiled kernel, or a GPU."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...network import Network
from ...slice import Slice
from ..objective import MeanLoss
from .choice import kernel_on
from .fused import BELOW, Fused, threads_for

LOOKED_AT = 2**14  # rows that are evaluated at once, or more
Turned = Callable[[Any], Any]


@dataclass(frozen=True)
class Evaluator:
    """What evaluates a network, (n, d_in) to (n, d_out), what puts an array where that is done, and gets one back."""

    ask: Turned
    put: Turned = lambda values: values
    get: Turned = lambda values: values


def evaluator(network: Network, device: str = "cpu") -> Evaluator:
    """Return what evaluates a network in float32.

    device   as ``fit`` has it; what the kernel has no units for is evaluated in NumPy

    >>> net = Network([[[1.0]], [[2.0]]], [[0.0], [1.0]])
    >>> evaluator(net).ask(np.array([[3.0], [-3.0]])).ravel()
    array([7., 1.], dtype=float32)
    """
    units, grid = set(network.layer_activations), network.grid
    plain = not (network.skips or network.slopes) and network.output == "identity"
    if isinstance(grid, Slice) or not units <= set(BELOW) or not plain:
        return Evaluator(lambda inputs: network(inputs).astype(np.float32))
    kernel = kernel_on(device, network.widths, "squared", activation=network.activation)
    one = MeanLoss(np.zeros((1, network.d_in)), np.zeros((1, network.d_out)), "squared")
    fused = Fused(network.weights, network.biases, one, activation=network.activation, grid=grid,
                  threads=threads_for(network.widths, LOOKED_AT), kernel=kernel)  # fmt: skip
    return Evaluator(kernel.outputs, kernel.there, kernel.back) if kernel else Evaluator(fused.predict)
