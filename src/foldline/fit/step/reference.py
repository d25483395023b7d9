"""The fused step in NumPy: the arithmetic of the compiled kernel, written to be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...tasks import NEAR
from .levels import Index, Levels, Places

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]

CLAMP = np.float32(NEAR)
MUON = 2  # the kernel's number of it
MOMENTUM = np.float32(0.95)  # Muon's
NEWTON_SCHULZ = tuple(np.float32(c) for c in (3.4445, -4.7750, 2.0315))  # tuned by Jordan 2024 for slope at 0
ROUNDS = 5  # Jordan 2024
SMALL = np.float32(1e-7)  # only keeps 0 / 0 away where a gradient vanishes
SLOTS = ("weights", "first", "second")  # what a kernel stores: the network, and the optimiser's two memories


class Reference:
    """A kernel in NumPy: slow, and short enough to check by reading.

    below   slope below zero of each hidden layer's units: 0 ReLU, -1 the absolute value

    >>> Reference([1, 1], "squared", ()).slots[0][0][0].shape
    (1, 1)
    """

    def __init__(self, widths: Sequence[int], loss: str, below: Sequence[float], again: Sequence[int] = ()) -> None:
        self.loss, self.below = LOSSES[loss], [np.float32(slope) for slope in below]
        self.again = frozenset(again)  # layers, from 0, that read after the layer before what the first one reads
        shapes = [(b, a + widths[0] * (k in self.again)) for k, (a, b) in enumerate(pairwise(widths))]
        self.slots = [
            [(np.zeros(shape, dtype=np.float32), np.zeros(shape[0], dtype=np.float32)) for shape in shapes]
            for _ in SLOTS
        ]
        self.levels: Levels | None = None
        self.waiting: tuple[list[Any], list[tuple[Index, Array32]]] | None = None  # gradients that no update took

    def set_grid(self, lo: Array, hi: Array, cells: Sequence[int], channels: Sequence[int],
                 rows: Sequence[Index | None]) -> None:  # fmt: skip
        """Put a grid of features in front: its box, then the levels, each with the vertices that have rows."""
        self.levels = Levels(lo, hi, cells, channels, rows)

    def put_level(self, slot: int, level: int, rows: Array32) -> None:
        """Store a level's features, or the optimiser's memory of them."""
        assert self.levels is not None
        self.levels.slots[slot][level] = rows.copy()

    def get_level(self, slot: int, level: int, rows: Array32) -> None:
        """Fill rows with what is stored."""
        assert self.levels is not None
        rows[:] = self.levels.slots[slot][level]

    def put(self, slot: int, layer: int, w: Array32, b: Array32) -> None:
        """Store a layer's weights, or the optimiser's memory of them."""
        self.slots[slot][layer] = (w.copy(), b.copy())

    def get(self, slot: int, layer: int, w: Array32, b: Array32) -> None:
        """Fill w and b with what is stored."""
        w[:], b[:] = self.slots[slot][layer]

    def predict(self, x: Array32, out: Array32) -> None:
        """Fill ``out`` with the outputs."""
        out[:] = self._forward(x)[-1]

    def run(self, x: Array32, target: NDArray[Any], weight: Array32 | None, order: NDArray[np.int64], start: int,
            batch: int, rates: Array, optimiser: int, beta1: float, beta2: float, epsilon: float, decay: float,
            before: int, losses: Array, wrong: NDArray[np.int64], rest_share: float = 1.0,
            grid_share: float = 1.0) -> int:  # fmt: skip
        """Do a step a rate, on ``batch`` rows at a time along ``order``; return the steps done.

        optimiser   0 descent with momentum, 1 Adam, 2 Muon, with Adam at ``rest_share`` of its rate for the rest; a
                    grid's features, those that the step touched, move by Adam or descent at ``grid_share`` of the rate
        before      steps done so far, for Adam's bias correction
        losses      is filled with the loss each step began with, ``wrong`` with its rows classified wrongly; the first
                    loss that is not finite ends the run before its update
        """
        for k, rate in enumerate(rates.tolist()):
            rows = order[start : start + batch]
            shares = np.ones(len(rows), dtype=np.float32) if weight is None else weight[rows]
            with np.errstate(over="ignore", invalid="ignore"):  # a diverging fit is told by its loss
                losses[k], wrong[k] = self._step(x[rows], target[rows], shares / shares.sum())
            if not np.isfinite(losses[k]):
                return k
            self.update(rate, optimiser, beta1, beta2, epsilon, decay, before + k, rest_share, grid_share)
            start = start + len(rows) if start + len(rows) < len(order) else 0
        return len(rates)

    def grade(self, x: Array32, target: NDArray[Any], at_inputs: Array32) -> float:
        """Return the mean loss of a batch, fill in its slopes at the inputs, and keep the gradient for ``update``."""
        walked = self._walk(x)
        loss, slope, _ = self.loss(walked[0][-1], target)
        at_inputs[:] = self._backward(*walked, slope / np.float32(len(x)))
        return float(loss.mean())

    def backward(self, x: Array32, slopes: Array32, at_inputs: Array32 | None) -> None:
        """Keep the gradient of what has these slopes at the outputs for ``update``; fill in those at the inputs."""
        d = self._backward(*self._walk(x), slopes)
        if at_inputs is not None:
            at_inputs[:] = d

    def update(self, rate: float, optimiser: int, beta1: float, beta2: float, epsilon: float, decay: float, before: int,
               rest_share: float = 1.0, grid_share: float = 1.0) -> None:  # fmt: skip
        """Move everything by the gradient that is kept, as ``run`` does after ``before`` steps."""
        assert self.waiting is not None
        gradients, touched = self.waiting

        def move(w: Array32, m: Array32, v: Array32, g: Array32, rate: float) -> None:
            if optimiser:
                _adam(w, m, v, g, rate, beta1, beta2, epsilon, before + 1)
                return
            m *= np.float32(beta1)
            m += g
            w -= np.float32(rate) * m

        for layer, pair in enumerate(reversed(gradients)):
            turned = optimiser == MUON and 0 < layer < len(gradients) - 1
            for part, gradient in enumerate(pair):
                w, m, v = (slot[layer][part] for slot in self.slots)
                g = gradient + np.float32(decay) * w if part == 0 else gradient
                if turned and part == 0:
                    _muon(w, m, g, rate)
                else:
                    move(w, m, v, g, rate * rest_share)
        if self.levels:
            self.levels.update(touched, lambda w, m, v, g: move(w, m, v, g, rate * grid_share))

    def _forward(self, x: Array32) -> list[Array32]:
        """What each layer reads, then the outputs."""
        return self._walk(x)[0]

    def _walk(self, x: Array32) -> tuple[list[Array32], list[Array32], tuple[Array32, Places | None]]:
        """The same, the pre-activations, and where the points lie on the grid."""
        values, rows, last, places = [x], [], len(self.slots[0]) - 1, None
        if self.levels:
            d = self.levels.d
            places = self.levels.find(x[:, :d])
            values = [np.hstack([x[:, :d], self.levels.interpolate(places), x[:, d:]])]
        for layer, (W, b) in enumerate(self.slots[0]):
            if layer in self.again:
                values[-1] = np.hstack([values[-1], values[0]])
            z = values[-1] @ W.T + b
            rows.append(z)
            values.append(z if layer == last else np.where(z > 0, z, self.below[layer] * z))
        return values, rows, (x, places)

    def _step(self, x: Array32, y: NDArray[Any], shares: Array32) -> tuple[float, int]:
        """The weighted mean loss and the rows it gets wrong; the gradients are kept."""
        walked = self._walk(x)
        loss, slope, wrong = self.loss(walked[0][-1], y)
        self._backward(*walked, slope * shares[:, None])
        return float(loss @ shares), wrong

    def _backward(
        self, values: list[Array32], z: list[Array32], at: tuple[Array32, Places | None], d: Array32
    ) -> Array32:
        """Keep the gradient of each layer's (W, b), the last first, and of the features; return the inputs' slopes."""
        gradients, passed = [], np.zeros_like(values[0])
        for layer in range(len(z) - 1, -1, -1):
            gradients.append((d.T @ values[layer], d.sum(axis=0)))
            d = d @ self.slots[0][layer][0]
            if layer:
                own = z[layer - 1].shape[1]
                passed = passed + d[:, own:] if layer in self.again else passed
                d = d[:, :own] * _slopes(z[layer - 1], self.below[layer - 1])
        d = d + passed
        x, places = at
        if self.levels is None or places is None:
            self.waiting = gradients, []
            return d
        axes, last = self.levels.d, self.levels.d + self.levels.features
        self.waiting = gradients, self.levels.gradients(places, d[:, axes:last])
        through = self.levels.slopes(x[:, :axes], places, d[:, axes:last])
        return np.hstack([d[:, :axes] + through, d[:, last:]])


def _slopes(z: Array32, below: np.float32) -> Array32:
    return np.where(z > 0, 1, below).astype(np.float32)


def _adam(w: Array32, m: Array32, v: Array32, g: Array32, rate: float, beta1: float, beta2: float, epsilon: float,
          t: int) -> None:  # fmt: skip
    """Kingma and Ba 2015, algorithm 1."""
    m += np.float32(1 - beta1) * (g - m)
    v += np.float32(1 - beta2) * (g * g - v)
    root = np.sqrt(v) * np.float32((1 - beta2**t) ** -0.5) + np.float32(epsilon)
    w -= np.float32(rate / (1 - beta1**t)) * m / root


def _muon(w: Array32, m: Array32, g: Array32, rate: float) -> None:
    """Momentum, Nesterov's look ahead, then the nearest orthogonal matrix (Jordan 2024)."""
    m *= MOMENTUM
    m += g
    rows, columns = w.shape
    w -= np.float32(rate * max(1.0, rows / columns) ** 0.5) * _orthogonal(g + MOMENTUM * m)


def _orthogonal(matrix: Array32) -> Array32:
    """U V' of a matrix U S V', nearly: X <- a X + (b A + c A A) X with A = X X', from X of norm 1."""
    wide = matrix.shape[0] <= matrix.shape[1]
    x: Any = matrix if wide else matrix.T
    x = x / (np.linalg.norm(x) + SMALL)
    a, b, c = NEWTON_SCHULZ
    for _ in range(ROUNDS):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return np.asarray(x if wide else x.T, dtype=np.float32)


def _cross_entropy(z: Array32, y: NDArray[np.int32]) -> tuple[Array32, Array32, int]:
    rows = np.arange(len(z))
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    slope = e / total
    slope[rows, y] -= 1
    return np.log(total[:, 0]) - z[rows, y], slope, int((z[rows, y] < 0).sum())


def _squared(z: Array32, y: Array32) -> tuple[Array32, Array32, int]:
    gap = z - y
    return (gap * gap).mean(axis=1), np.float32(2 / z.shape[1]) * gap, 0


def _binary(z: Array32, y: Array32) -> tuple[Array32, Array32, int]:
    e = np.exp(-np.abs(z))
    loss = np.maximum(z, 0) - z * y + np.log1p(e)
    chance = np.where(z >= 0, 1, e) / (1 + e)
    return loss.mean(axis=1), (chance - y) / np.float32(z.shape[1]), int(((z > 0) != (y > 0.5)).sum())


def _absolute(z: Array32, y: Array32) -> tuple[Array32, Array32, int]:
    gap = z - y
    return np.abs(gap).mean(axis=1), np.sign(gap) / np.float32(z.shape[1]), 0


def _clamped(z: Array32, y: Array32) -> tuple[Array32, Array32, int]:
    near = np.clip(y, -CLAMP, CLAMP)
    gap = z - near
    gap[(np.abs(near) == CLAMP) & (gap * near > 0)] = 0
    return np.abs(gap).mean(axis=1), np.sign(gap) / np.float32(z.shape[1]), 0


LOSSES: dict[str, Callable[[Array32, NDArray[Any]], tuple[Array32, Array32, int]]] = {
    "cross_entropy": _cross_entropy,
    "squared": _squared,
    "binary": _binary,
    "absolute": _absolute,
    "clamped": _clamped,
}
