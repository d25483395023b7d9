"""The fused step: forward, loss, backward and update of a piecewise-linear network, without PyTorch.

It runs on the compiled kernel where there is one, and otherwise on ``Reference``, the same arithmetic written to be
read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...activations import LEAKY_SLOPE, of_layers
from ...errors import InputError
from ...grid import Grid
from ...machine import cores
from ..objective import Objective
from .reference import SLOTS, Reference
from .stepper import State, layers_in

try:
    import foldline.fit._step as _step
except ImportError:  # installed without a compiler
    _step = None  # type: ignore[assignment]

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]

LOSSES = ("cross_entropy", "squared", "binary", "absolute", "clamped")  # by the kernel's number
OPTIMISERS = ("sgd", "adam", "muon")  # likewise
BELOW = {"relu": 0.0, "leaky_relu": LEAKY_SLOPE, "abs": -1.0, "identity": 1.0}  # units, by their slope below zero
ADAM_SHARE = 0.1  # beside Muon, Adam moves the other numbers at a tenth of its rate: .02 and .002
THREADS_PAY = 20_000_000  # multiply-adds a step, about half a millisecond, from where more than one thread pays


class Kernel(Protocol):
    """What does the arithmetic of a step; ``Reference`` says what each method means."""

    def put(self, slot: int, layer: int, w: Array32, b: Array32) -> None: ...

    def get(self, slot: int, layer: int, w: Array32, b: Array32) -> None: ...

    def run(self, x: Array32, target: Any, weight: Array32 | None, order: NDArray[np.int64], start: int, batch: int,
            rates: Array, optimiser: int, beta1: float, beta2: float, epsilon: float, decay: float, before: int,
            losses: Array, wrong: NDArray[np.int64], rest_share: float, grid_share: float) -> int: ...  # fmt: skip

    def set_grid(self, lo: Array, hi: Array, cells: list[int], channels: list[int],
                 rows: Sequence[NDArray[np.int64] | None]) -> None: ...  # fmt: skip

    def put_level(self, slot: int, level: int, rows: Array32) -> None: ...

    def get_level(self, slot: int, level: int, rows: Array32) -> None: ...

    def grade(self, x: Array32, target: Any, at_inputs: Array32) -> float: ...

    def backward(self, x: Array32, slopes: Array32, at_inputs: Array32 | None) -> None: ...

    def update(self, rate: float, optimiser: int, beta1: float, beta2: float, epsilon: float, decay: float, before: int,
               rest_share: float, grid_share: float) -> None: ...  # fmt: skip

    def predict(self, x: Array32, out: Array32) -> None: ...


def engines() -> tuple[str, ...]:
    """Return what a fused step can run on here, fastest first; "numpy" is always there.

    >>> engines()[-1]
    'numpy'
    """
    return (*(_step.sets() if _step is not None else ()), "numpy")


class Fused:
    """A stepper for plain networks of piecewise-linear units, in float32.

    weights, biases  where to start, (d_out, d_in) and (d_out,) a layer
    objective        what is minimised; its loss "cross_entropy", "binary" (0 / 1 targets, logits), "squared",
                     "absolute" or "clamped" (means over rows and columns)
    activation       "relu", "leaky_relu", "abs" or "identity", or one of them a hidden layer
    optimiser        "sgd", "adam" or "muon" (hidden matrices; Adam, at a tenth of the rate, for the rest)
    momentum         of "sgd"
    skips            of the input, or of what a grid makes of it: {layer: (0,)}, as in ``Network``
    grid             of features in front of the network, to be trained with it; its box in the units of the inputs
    grid_share       how fast features move beside the network's rate
    threads          to share the work; the bits do not depend on them
    engine           one of ``engines()``; the fastest unless given
    kernel           does the arithmetic instead, as ``choice.kernel_on`` makes one for a GPU
    raises           InputError for an option that is not there
    cost             2.5 ms a step of 4000 rows for 40-63-63-63-63-10 on one AVX-512 core, 86 % of its matrix product
    source           Rumelhart, Hinton and Williams 1986; Kingma and Ba 2015, algorithm 1; Jordan 2024 (Muon)

    >>> from foldline.fit.objective import MeanLoss
    >>> step = Fused([np.ones((1, 1))], [np.zeros(1)], MeanLoss([[1.0]], [[3.0]], "squared"))
    >>> step.run(0, np.array([0.25, 0.25]))
    array([4., 0.])
    """

    def __init__(
        self,
        weights: Sequence[ArrayLike],
        biases: Sequence[ArrayLike],
        objective: Objective,
        *,
        activation: str | Sequence[str] = "relu",
        optimiser: str = "sgd",
        momentum: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        skips: Mapping[int, Sequence[int]] | None = None,
        grid: Grid | None = None,
        grid_share: float = 1.0,
        threads: int = 1,
        engine: str | None = None,
        kernel: Kernel | None = None,
    ) -> None:
        loss = objective.loss
        self.name, self.device = told_by(kernel)
        engine = engine or engines()[0]
        for name, value, known in (
            ("loss", loss, LOSSES),
            ("optimiser", optimiser, OPTIMISERS),
            ("engine", engine, engines()),
        ):
            _one_of(name, value, known)
        self.order = objective.order
        self.inputs = _float32(objective.inputs)
        classes = loss == "cross_entropy"
        table = objective.targets.ravel() if classes else objective.targets
        self.targets = np.ascontiguousarray(table, dtype=np.int32) if classes else _float32(table)
        self.row_weights = None if objective.weight is None else _float32(objective.weight)
        first = momentum if optimiser == "sgd" else betas[0]
        self.rule = (OPTIMISERS.index(optimiser), first, betas[1], epsilon, objective.decay)
        self.shares = (ADAM_SHARE if optimiser == "muon" else 1.0, grid_share)
        self.start_grid = grid
        self.widths = [np.shape(weights[0])[1], *(len(np.asarray(b)) for b in biases)]
        self.wrong = np.zeros(0, dtype=np.int64)
        self.done = 0
        self.again = again_of(skips or {})
        self.kernel = kernel or kernel_of(self.widths, loss, activation, threads, engine, self.again)
        for layer, (W, b) in enumerate(zip(weights, biases, strict=True)):
            self.kernel.put(0, layer, _float32(W), _float32(b))
        if grid is not None:
            self.kernel.set_grid(grid.box.lo, grid.box.hi, list(grid.sizes), list(grid.channels), list(grid.rows))
            for layer, (W, b) in enumerate(zip(weights, biases, strict=True)):
                self.kernel.put(0, layer, _float32(W), _float32(b))
            for level, features in enumerate(grid.features):
                self.kernel.put_level(0, level, _float32(features))

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
            losses, self.wrong, *self.shares,
        )  # fmt: skip
        return losses

    def predict(self, inputs: ArrayLike) -> Array32:
        """Return the outputs for inputs (n, d_in), float32."""
        x = np.ascontiguousarray(inputs, dtype=np.float32)
        out = np.empty((len(x), self.widths[-1]), dtype=np.float32)
        self.kernel.predict(x, out)
        return out

    def state(self) -> State:
        """Return a copy of all that steps change."""
        arrays: State = {"done": np.array([self.done])}
        for slot, name in enumerate(SLOTS):
            for layer, (W, b) in enumerate(self._read(slot)):
                arrays |= {f"{name}.{layer}.weight": W, f"{name}.{layer}.bias": b}
            arrays |= {f"{name}.level.{level}": rows for level, rows in enumerate(self._levels(slot))}
        return arrays

    def load(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go back to a state, bit for bit."""
        self.done = int(np.asarray(state["done"])[0])
        for slot, name in enumerate(SLOTS):
            for layer in range(len(self.widths) - 1):
                W, b = (_float32(state[f"{name}.{layer}.{what}"]) for what in ("weight", "bias"))
                self.kernel.put(slot, layer, W, b)
            for level in range(len(self.start_grid.sizes) if self.start_grid else 0):
                self.kernel.put_level(slot, level, _float32(state[f"{name}.level.{level}"]))

    def backward(self, inputs: ArrayLike, slopes: ArrayLike) -> Array32:
        """Take slopes of any loss at the outputs (n, d_out); return those at the inputs (n, d_in).

        The gradient is kept for the next ``update``.
        """
        x = _float32(inputs)
        out = np.empty_like(x)
        self.kernel.backward(x, _float32(slopes), out)
        return out

    def update(self, rate: float) -> None:
        """Move everything by the gradient that ``backward`` kept."""
        self.kernel.update(rate, *self.rule, self.done, *self.shares)
        self.done += 1

    def grid(self) -> Grid | None:
        """Return the grid with its features as they are."""
        begun = self.start_grid
        return None if begun is None else Grid(begun.box, begun.sizes, self._levels(0), begun.rows)

    def parameters(self) -> tuple[list[Array], list[Array]]:
        """Return weights and biases, float64."""
        pairs = self._read(0)
        return [W.astype(np.float64) for W, _ in pairs], [b.astype(np.float64) for _, b in pairs]

    def _levels(self, slot: int) -> list[Array32]:
        found = []
        for level, features in enumerate(self.start_grid.features if self.start_grid else ()):
            rows = np.empty(features.shape, dtype=np.float32)
            self.kernel.get_level(slot, level, rows)
            found.append(rows)
        return found

    def _read(self, slot: int) -> list[tuple[Array32, Array32]]:
        return layers_in(self.kernel, slot, self.widths, self.again)


def compiled() -> bool:
    """Return whether the fused step runs on the compiled kernel here."""
    return _step is not None


def threads_for(widths: Sequence[int], batch: int) -> int:
    """Return the threads a step of so many rows should have on this machine.

    >>> threads_for([2, 8, 1], 32)
    1
    """
    return cores() if multiplications(widths) * batch >= THREADS_PAY else 1


def multiplications(widths: Sequence[int]) -> int:
    """Return the multiply-adds one row costs in a step: forward, weight gradient, and backward past the first layer.

    >>> multiplications([2, 3, 1])
    21
    """
    products = [a * b for a, b in pairwise(widths)]
    return 3 * sum(products) - products[0]


def kernel_of(
    widths: list[int], loss: str, activation: str | Sequence[str], threads: int, engine: str, again: Sequence[int] = ()
) -> Kernel:
    """Return what does the arithmetic of a step on an engine; ``again`` as in ``Reference``."""
    below = slopes_below(activation, len(widths) - 2)
    if engine == "numpy":
        return Reference(widths, loss, below, again)
    return _step.Step(widths, LOSSES.index(loss), engine, below, threads=threads, again=list(again))


def slopes_below(activation: str | Sequence[str], layers: int) -> list[float]:
    """Return the slope below zero of each hidden layer's units.

    raises   InputError for units that the fused step has not, or names that are not one a hidden layer

    >>> slopes_below("abs", 2), slopes_below(("relu", "abs"), 2)
    ([-1.0, -1.0], [0.0, -1.0])
    """
    names = of_layers(activation, layers)
    for name in names:
        _one_of("activation", name, tuple(BELOW))
    if len(names) != layers:
        raise InputError(f"fused step needs {layers} activations, one a hidden layer; got {len(names)}.")
    return [BELOW[name] for name in names]


def told_by(kernel: object) -> tuple[str, str]:
    """Return the name and the device of a stepper on a kernel that it was given; None where it makes its own."""
    return ("fused", "cpu") if kernel is None else ("eager", str(getattr(kernel, "device", "cpu")))


def again_of(skips: Mapping[int, Sequence[int]]) -> tuple[int, ...]:
    """Return the layers, from 0, that read the input again.

    raises   InputError for a skip of anything else, which the fused step cannot do

    >>> again_of({4: (0,)})
    (3,)
    """
    if not only_inputs(skips):
        raise InputError(f"a fused step needs skips of the input, {{layer: (0,)}}; got {dict(skips)}. Leave them out.")
    return tuple(sorted(layer - 1 for layer in skips))


def only_inputs(skips: Mapping[int, Sequence[int]]) -> bool:
    """Return whether all skips are of the input.

    >>> only_inputs({4: (0,)}), only_inputs({4: (1,)})
    (True, False)
    """
    return all(tuple(sources) == (0,) for sources in skips.values())


def _float32(values: ArrayLike) -> Array32:
    with np.errstate(over="ignore"):  # what is too large for float32 is told by the loss
        return np.ascontiguousarray(values, dtype=np.float32)


def _one_of(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise InputError(f"fused step needs {name} out of {', '.join(known)}; got {value!r}.")
