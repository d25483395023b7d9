"""The fused step: forward, loss, backward and update of a plain ReLU network on one core, without PyTorch.

``Fused`` is a stepper (see ``eager.Stepper``).  It runs on the compiled kernel where there is one, and otherwise on
``Reference``, the same arithmetic written to be read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from .order import Order

try:
    from . import _step
except ImportError:  # installed without a compiler
    _step = None  # type: ignore[assignment]

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]

LOSSES = ("cross_entropy", "squared", "binary")  # by the kernel's number
OPTIMISERS = ("sgd", "adam")
ONE_CORE = 200_000_000  # multiply-adds: a step of about 3 ms, from where PyTorch's threads begin to pay
SLOTS = ("weights", "first", "second")  # what a kernel stores: the network, and the optimiser's two memories


class Kernel(Protocol):
    """What does the arithmetic of a step; ``Reference`` says what each method means."""

    def put(self, slot: int, layer: int, w: Array32, b: Array32) -> None: ...

    def get(self, slot: int, layer: int, w: Array32, b: Array32) -> None: ...

    def run(self, x: Array32, target: Any, weight: Array32 | None, order: NDArray[np.int64], start: int, batch: int,
            rates: Array, adam: bool, beta1: float, beta2: float, epsilon: float, decay: float, before: int,
            losses: Array, wrong: NDArray[np.int64]) -> int: ...  # fmt: skip

    def predict(self, x: Array32, out: Array32) -> None: ...


def engines() -> tuple[str, ...]:
    """Return what a fused step can run on here, fastest first; "numpy" is always there.

    >>> engines()[-1]
    'numpy'
    """
    return (*(_step.sets() if _step is not None else ()), "numpy")


class Fused:
    """A stepper for ReLU networks in float32 on one core.

    weights, biases  where to start, (d_out, d_in) and (d_out,) a layer
    inputs           (n, d_in)
    targets          (n, 1) class numbers for "cross_entropy", else (n, d_out)
    order            which rows each step sees
    loss             "cross_entropy", "squared" (mean over rows and columns) or "binary" (0 / 1 targets, logits)
    optimiser        "sgd" or "adam"
    momentum         of "sgd"
    decay            added to the gradient, times the weight (biases are left alone)
    row_weights      (n,) how much each row counts; a step's loss is the weighted mean over its rows
    engine           one of ``engines()``; the fastest unless given
    raises           InputError for an option that is not there
    cost             2.5 ms a step of 4000 rows for 40-63-63-63-63-10 on one AVX-512 core, 86 % of its matrix product
    source           Rumelhart, Hinton and Williams 1986; Kingma and Ba 2015, algorithm 1

    >>> step = Fused([np.ones((1, 1))], [np.zeros(1)], [[1.0]], [[3.0]], Order(1, 1, 0), loss="squared")
    >>> step.run(0, np.array([0.25, 0.25]))
    array([4., 0.])
    """

    name, device = "fused", "cpu"

    def __init__(
        self,
        weights: Sequence[ArrayLike],
        biases: Sequence[ArrayLike],
        inputs: ArrayLike,
        targets: ArrayLike,
        order: Order,
        *,
        loss: str,
        optimiser: str = "sgd",
        momentum: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        decay: float = 0.0,
        row_weights: ArrayLike | None = None,
        engine: str | None = None,
    ) -> None:
        for name, value, known in (("loss", loss, LOSSES), ("optimiser", optimiser, OPTIMISERS)):
            _one_of(name, value, known)
        _one_of("engine", engine or engines()[0], engines())
        self.order = order
        self.inputs = np.ascontiguousarray(inputs, dtype=np.float32)
        table = np.asarray(targets)
        kind = np.int32 if loss == "cross_entropy" else np.float32
        self.targets = np.ascontiguousarray(table.ravel() if loss == "cross_entropy" else table, dtype=kind)
        self.row_weights = None if row_weights is None else np.ascontiguousarray(row_weights, dtype=np.float32)
        self.rule = (optimiser == "adam", betas[0] if optimiser == "adam" else momentum, betas[1], epsilon, decay)
        self.widths = [np.shape(weights[0])[1], *(len(np.asarray(b)) for b in biases)]
        self.wrong = np.zeros(0, dtype=np.int64)
        self.done = 0
        self.kernel = _kernel(self.widths, loss, engine or engines()[0])
        for layer, (W, b) in enumerate(zip(weights, biases, strict=True)):
            self.kernel.put(0, layer, _float32(W), _float32(b))

    def run(self, first: int, rates: ArrayLike) -> Array:
        """Do the steps first, first + 1, ..., one rate each; return the loss each began with, (len(rates),).

        ``wrong`` then says how many rows of each step were classified wrongly.  After a loss that is not finite the
        weights stay as they were and the losses left are NaN.  The GIL is free while it runs.
        """
        steps = np.ascontiguousarray(rates, dtype=np.float64)
        losses = np.full(len(steps), np.nan)
        self.wrong = np.zeros(len(steps), dtype=np.int64)
        if not len(steps):
            return losses
        whole = self.order.batch == self.order.n
        rows = self.order.rows(0) if whole else np.concatenate([self.order.rows(first + k) for k in range(len(steps))])
        self.done += self.kernel.run(
            self.inputs, self.targets, self.row_weights, rows, 0, self.order.batch, steps, *self.rule, self.done,
            losses, self.wrong,
        )  # fmt: skip
        return losses

    def predict(self, inputs: ArrayLike) -> Array32:
        """Return the outputs for inputs (n, d_in), float32."""
        x = np.ascontiguousarray(inputs, dtype=np.float32)
        out = np.empty((len(x), self.widths[-1]), dtype=np.float32)
        self.kernel.predict(x, out)
        return out

    def state(self) -> dict[str, NDArray[np.generic]]:
        """Return a copy of all that steps change."""
        arrays: dict[str, NDArray[np.generic]] = {"done": np.array([self.done])}
        for slot, name in enumerate(SLOTS):
            for layer, (W, b) in enumerate(self._read(slot)):
                arrays |= {f"{name}.{layer}.weight": W, f"{name}.{layer}.bias": b}
        return arrays

    def load(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go back to a state, bit for bit."""
        self.done = int(np.asarray(state["done"])[0])
        for slot, name in enumerate(SLOTS):
            for layer in range(len(self.widths) - 1):
                W, b = (_float32(state[f"{name}.{layer}.{what}"]) for what in ("weight", "bias"))
                self.kernel.put(slot, layer, W, b)

    def parameters(self) -> tuple[list[Array], list[Array]]:
        """Return weights and biases, float64."""
        pairs = self._read(0)
        return [W.astype(np.float64) for W, _ in pairs], [b.astype(np.float64) for _, b in pairs]

    def _read(self, slot: int) -> list[tuple[Array32, Array32]]:
        pairs = []
        for layer, (n_in, n_out) in enumerate(pairwise(self.widths)):
            W, b = np.empty((n_out, n_in), dtype=np.float32), np.empty(n_out, dtype=np.float32)
            self.kernel.get(slot, layer, W, b)
            pairs.append((W, b))
        return pairs


def can_fuse(loss: str, optimiser: str, work: int) -> bool:
    """Return whether the compiled step can follow this loss, and ``work`` multiply-adds a step are right for one core.

    >>> can_fuse("clamped", "adam", 1000)
    False
    """
    return _step is not None and loss in LOSSES and optimiser in OPTIMISERS and work <= ONE_CORE


def multiplications(widths: Sequence[int]) -> int:
    """Return the multiply-adds one row costs in a step: forward, weight gradient, and backward past the first layer.

    >>> multiplications([2, 3, 1])
    21
    """
    products = [a * b for a, b in pairwise(widths)]
    return 3 * sum(products) - products[0]


class Reference:
    """A kernel in NumPy: slow, and short enough to check by reading.

    >>> Reference([1, 1], "squared").slots[0][0][0].shape
    (1, 1)
    """

    def __init__(self, widths: Sequence[int], loss: str) -> None:
        self.loss = _LOSSES[loss]
        shapes = list(zip(widths[1:], widths, strict=False))
        self.slots = [
            [(np.zeros(shape, dtype=np.float32), np.zeros(shape[0], dtype=np.float32)) for shape in shapes]
            for _ in SLOTS
        ]

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
            batch: int, rates: Array, adam: bool, beta1: float, beta2: float, epsilon: float, decay: float, before: int,
            losses: Array, wrong: NDArray[np.int64]) -> int:  # fmt: skip
        """Do a step a rate, on ``batch`` rows at a time along ``order``; return the steps done.

        before   steps done so far, for Adam's bias correction
        losses   is filled with the loss each step began with, ``wrong`` with its rows classified wrongly; the first
                 loss that is not finite ends the run before its update
        """
        for k, rate in enumerate(rates.tolist()):
            rows = order[start : start + batch]
            shares = np.ones(len(rows), dtype=np.float32) if weight is None else weight[rows]
            with np.errstate(over="ignore", invalid="ignore"):  # a diverging fit is told by its loss
                losses[k], wrong[k], gradients = self._gradients(x[rows], target[rows], shares / shares.sum())
            if not np.isfinite(losses[k]):
                return k
            self._update(gradients, rate, adam, beta1, beta2, epsilon, decay, before + k + 1)
            start = start + len(rows) if start + len(rows) < len(order) else 0
        return len(rates)

    def _forward(self, x: Array32) -> list[Array32]:
        """What each layer reads, then the outputs."""
        values, last = [x], len(self.slots[0]) - 1
        for layer, (W, b) in enumerate(self.slots[0]):
            z = values[-1] @ W.T + b
            values.append(z if layer == last else np.maximum(z, 0))
        return values

    def _gradients(self, x: Array32, y: NDArray[Any], shares: Array32) -> tuple[float, int, list[Any]]:
        """The weighted mean loss, the rows it gets wrong, and the gradient of each layer's (W, b), the last first."""
        values = self._forward(x)
        loss, slope, wrong = self.loss(values[-1], y)
        d, gradients = slope * shares[:, None], []
        for (W, _), h in zip(self.slots[0][::-1], values[-2::-1], strict=True):
            gradients.append((d.T @ h, d.sum(axis=0)))
            d = (d @ W) * (h > 0)
        return float(loss @ shares), wrong, gradients

    def _update(self, gradients: list[Any], rate: float, adam: bool, beta1: float, beta2: float, epsilon: float,
                decay: float, t: int) -> None:  # fmt: skip
        for layer, pair in enumerate(reversed(gradients)):
            for part, gradient in enumerate(pair):
                w, m, v = (slot[layer][part] for slot in self.slots)
                g = gradient + np.float32(decay) * w if part == 0 else gradient
                if adam:
                    m += np.float32(1 - beta1) * (g - m)
                    v += np.float32(1 - beta2) * (g * g - v)
                    root = np.sqrt(v) * np.float32((1 - beta2**t) ** -0.5) + np.float32(epsilon)
                    w -= np.float32(rate / (1 - beta1**t)) * m / root
                else:
                    m *= np.float32(beta1)
                    m += g
                    w -= np.float32(rate) * m


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


_LOSSES: dict[str, Callable[[Array32, NDArray[Any]], tuple[Array32, Array32, int]]] = {
    "cross_entropy": _cross_entropy,
    "squared": _squared,
    "binary": _binary,
}


def _kernel(widths: list[int], loss: str, engine: str) -> Kernel:
    return Reference(widths, loss) if engine == "numpy" else _step.Step(widths, LOSSES.index(loss), engine)


def _float32(values: ArrayLike) -> Array32:
    return np.ascontiguousarray(values, dtype=np.float32)


def _one_of(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise InputError(f"fused step needs {name} out of {', '.join(known)}; got {value!r}.")
