"""Chain: the normal form every exact algorithm works on, so that no algorithm knows skips or kinds of unit.

A chain is a plain sequence of layers whose units have one joint at 0 and slope 1 above it: ReLU is slope 0 below,
leaky ReLU its slope, absolute value -1, the identity 1 (no fold).  Every piecewise-linear network is one, exactly:
a skip is carried forward by identity units, and a unit with more joints becomes an identity unit followed by one
ReLU a joint, so that no stored number is ever rounded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...activations import UNITS
from ...errors import NetworkError
from ...grid import Grid
from ...network import Network
from ...slice import Slice

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Chain:
    """Layers in normal form.

    weights   (width, previous width) a layer, the output layer last
    biases    (width,) a layer
    below     (width,) slopes below zero a hidden layer; 1 marks a unit without a fold
    owners    (width,) a hidden layer: the network's hidden unit (0-based over all layers) that folds there, -1 for none
    grid      what the first layer reads instead of the inputs, for a field; it is affine on each of its simplices
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    below: tuple[Array, ...]
    owners: tuple[NDArray[np.int64], ...]
    grid: Grid | Slice | None = None

    @property
    def d_in(self) -> int:
        return self.n_reads if self.grid is None else self.grid.d

    @property
    def n_reads(self) -> int:
        """Values that the first layer reads."""
        return int(self.weights[0].shape[1])

    def read(self, x: Array) -> Array:
        """Return what the first layer reads at points (n, d_in)."""
        return x if self.grid is None else self.grid(x)

    @property
    def n_hidden_layers(self) -> int:
        return len(self.below)

    @property
    def folds(self) -> tuple[NDArray[np.bool_], ...]:
        """Which units fold, a mask a hidden layer."""
        return tuple(slope != 1.0 for slope in self.below)

    def __call__(self, x: Array) -> Array:
        """Return the outputs before the output unit, (n, d_out)."""
        h = self.read(np.asarray(x, dtype=np.float64))
        for W, b, below in zip(self.weights, self.biases, self.below, strict=False):
            z = h @ W.T + b
            h = np.where(z > 0, z, below * z)
        return h @ self.weights[-1].T + self.biases[-1]


def chain_of(network: Network) -> Chain:
    """Return the network in normal form; its value, patterns and folds are the same real-number function.

    raises   NetworkError naming the first layer whose unit is not piecewise linear

    >>> abs_of = Network([[[1.0]], [[1.0]]], [[0.0], [0.0]], "abs")
    >>> chain_of(abs_of).below[0]
    array([-1.])
    """
    if not isinstance(network, Network):
        raise NetworkError(f"exact geometry needs a Network; got {network!r:.60}. Read one with foldline.read(path).")
    for layer, name in enumerate(network.layer_activations, 1):
        if not UNITS[name].piecewise_linear:
            raise NetworkError(
                f"exact geometry needs piecewise-linear hidden units; got {name!r} in layer {layer}. "
                "Sample it instead: network(points) on a grid; fl.Mesh.of_grid makes a surface of samples."
            )
    return _Builder(network).chain()


class _Builder:
    """The chain under construction; ``at[s]`` is where the activations of network layer s stand in the last layer.

    Of a layer that is read again later only the activations that a weight other than 0 reads are carried; -1 marks the
    others.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.weights: list[Array] = []
        self.biases: list[Array] = []
        self.below: list[Array] = []
        self.owners: list[NDArray[np.int64]] = []
        self.at: dict[int, NDArray[np.int64]] = {0: np.arange(network.n_read)}
        self.last_read = self._last_read()

    def _last_read(self) -> list[NDArray[np.int64]]:
        """The last network layer that reads each activation of each layer past the next one; 0 if none does."""
        last = [np.zeros(width, dtype=np.int64) for width in self.network.widths]
        for layer, W in enumerate(self.network.weights, 1):
            done = self.network.widths[layer - 1]
            for source in self.network.skips.get(layer, ()):
                n = self.network.widths[source]
                last[source][W[:, done : done + n].any(axis=0)] = layer
                done += n
        return last

    def chain(self) -> Chain:
        network, first = self.network, 0
        for layer in range(1, network.n_layers):
            unit, width = network.unit(layer), network.widths[layer]
            W, b = self._read(layer), network.biases[layer - 1]
            own = np.arange(first, first + width)
            if unit.joints in ((), (0.0,)):
                self._push(layer, W, b, network.slopes_below(layer), own)
            else:
                self._push(layer, W, b, np.ones(width), own)
                self._bend(layer, own)
            first += width
        return Chain(
            (*self.weights, self._read(network.n_layers)),
            (*self.biases, network.biases[-1]),
            tuple(self.below),
            tuple(np.where(below != 1.0, own, -1) for below, own in zip(self.below, self.owners, strict=True)),
            network.grid,
        )

    def _read(self, layer: int) -> Array:
        """The layer's weights, each column moved to where its source now stands; copied, never rounded."""
        W, network = self.network.weights[layer - 1], self.network
        there = len(self.weights[-1]) if self.weights else network.n_read
        last = self.at.get(layer - 1, np.zeros(0))
        if network.sources(layer) == (layer - 1,) and np.array_equal(last, np.arange(there)):
            return W  # as it is: copying millions of numbers takes its time
        wide = np.zeros((len(W), there))
        done = 0
        for source in network.sources(layer):
            n = network.widths[source]
            at = self.at.get(source, np.full(n, -1))
            wide[:, at[at >= 0]] = W[:, done : done + n][:, at >= 0]
            done += n
        return wide

    def _push(self, layer: int, W: Array, b: Array, below: Array, own: NDArray[np.int64]) -> None:
        """Append a chain layer that holds network layer ``layer``, then identity units for what is still read later."""
        at, moved = len(W), {layer: np.arange(len(W))}
        carried = [W]
        for source in range(layer):
            kept = self.last_read[source] > layer
            if kept.any():
                carried.append(np.eye(W.shape[1])[self.at[source][kept]])
                moved[source] = np.where(kept, at + np.cumsum(kept) - 1, -1)
                at += int(kept.sum())
        extra = at - len(W)
        self.weights.append(np.concatenate(carried))
        self.biases.append(np.concatenate([b, np.zeros(extra)]))
        self.below.append(np.concatenate([below, np.ones(extra)]))
        self.owners.append(np.concatenate([own, np.full(extra, -1)]))
        self.at = moved

    def _bend(self, layer: int, own: NDArray[np.int64]) -> None:
        """Replace the layer's identity units by sum_j (slope_j+1 - slope_j) relu(z - joint_j) + value at the left."""
        unit, width = self.network.unit(layer), self.network.widths[layer]
        joints, slopes = unit.joints or (), unit.slopes or ()
        if slopes[0] != 0.0:
            raise AssertionError("units with several joints are flat on the left")
        picks = np.tile(np.eye(width, len(self.weights[-1])), (len(joints), 1))
        shifts = np.repeat([-joint for joint in joints], width)
        self._push(layer, picks, shifts, np.zeros(len(picks)), np.tile(own, len(joints)))
        total = np.zeros((width, len(self.weights[-1])))
        total[:, : len(picks)] = np.concatenate([np.eye(width) * step for step in np.diff(slopes)], axis=1)
        self._push(layer, total, np.full(width, float(unit(np.array(joints[0])))), np.ones(width), own)
