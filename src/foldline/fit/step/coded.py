"""A step of an auto-decoder: the network and the codes of the shapes it sees move together.

source   Park et al. 2019, DeepSDF, section 4.2; Kingma and Ba 2015 (Adam)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..objective import Coded
from .fused import ADAM_SHARE, again_of, engines, kernel_of, threads_for, told_by
from .reference import SLOTS
from .stepper import State, layers_in

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]

BETAS = (0.9, 0.999)
EPSILON = 1e-8
MUON = 2  # the kernel's number of it


class Memory:
    """Codes with Adam's memories of them: each is moved when its shape is seen, by its own count of steps.

    >>> memory = Memory(np.ones((2, 1)))
    >>> memory.move(np.array([1]), np.ones((1, 1), dtype=np.float32), 0.25)
    >>> memory.values.ravel().tolist()
    [1.0, 0.75]
    """

    NAMES = ("values", "first", "second", "seen")

    def __init__(self, values: ArrayLike) -> None:
        self.values = np.array(values, dtype=np.float32)
        self.first, self.second = np.zeros_like(self.values), np.zeros_like(self.values)
        self.seen = np.zeros(len(self.values), dtype=np.int64)

    def move(self, which: NDArray[np.int64], gradient: Array32, rate: float) -> None:
        """Move some codes by their gradients (Kingma and Ba 2015, algorithm 1)."""
        self.seen[which] += 1
        self.first[which] += np.float32(1 - BETAS[0]) * (gradient - self.first[which])
        self.second[which] += np.float32(1 - BETAS[1]) * (gradient**2 - self.second[which])
        times = self.seen[which, None]
        first = self.first[which] / (1 - BETAS[0] ** times)
        second = self.second[which] / (1 - BETAS[1] ** times)
        self.values[which] -= (rate * first / (np.sqrt(second) + EPSILON)).astype(np.float32)

    def state(self) -> State:
        """Return a copy of all numbers."""
        return {f"codes.{name}": getattr(self, name).copy() for name in self.NAMES}

    def load(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go back to a state."""
        for name in self.NAMES:
            setattr(self, name, np.array(state[f"codes.{name}"]))


class Grader(Protocol):
    """What does the arithmetic of a batch; ``reference.Reference`` says what each method means."""

    def put(self, slot: int, layer: int, w: Array32, b: Array32) -> None: ...

    def get(self, slot: int, layer: int, w: Array32, b: Array32) -> None: ...

    def grade(self, x: Array32, target: Any, at_inputs: Array32) -> float: ...

    def predict(self, x: Array32, out: Array32) -> None: ...

    def update(self, rate: float, optimiser: int, beta1: float, beta2: float, epsilon: float, decay: float, before: int,
               rest_share: float, grid_share: float) -> None: ...  # fmt: skip


class CodedStep:
    """A stepper for a network and the codes it reads, in float32, on the fused kernel or its NumPy twin.

    weights, biases   where to start; the first inputs are a code's
    moves             "all", or "codes": the network stays
    code_share        how fast codes move beside the rest that Adam moves
    kernel            does the arithmetic; the fused one on ``engine``, the fastest of ``fused.engines()`` unless given

    >>> from foldline.fit.order import Turns
    >>> turns = Turns(np.array([0, 1]), shapes=1, rows=1, seed=0)
    >>> rows = Coded(*np.ones((2, 1, 1), dtype=np.float32), [[0.0]], "squared", turns)
    >>> step = CodedStep([np.ones((1, 2))], [np.zeros(1)], rows, activation="relu", skips={}, moves="codes")
    >>> step.run(0, np.array([0.1])).tolist(), step.memory.values.tolist()
    ([0.0], [[0.0]])
    """

    def __init__(
        self,
        weights: Sequence[Array],
        biases: Sequence[Array],
        objective: Coded,
        *,
        activation: str | Sequence[str],
        skips: Mapping[int, Sequence[int]],
        moves: str = "all",
        code_share: float = 1.0,
        kernel: Grader | None = None,
        engine: str | None = None,
    ) -> None:
        self.name, self.device = told_by(kernel)
        self.objective, self.moves, self.code_share = objective, moves, code_share
        self.memory, self.done = Memory(objective.codes), 0
        self.widths = [np.shape(weights[0])[1], *(len(b) for b in biases)]
        self.again = again_of(skips)
        threads = threads_for(self.widths, objective.order.batch)
        self.kernel: Grader = kernel or kernel_of(
            self.widths, objective.loss, activation, threads, engine or engines()[0], self.again
        )
        for layer, (W, b) in enumerate(zip(weights, biases, strict=True)):
            self.kernel.put(0, layer, np.ascontiguousarray(W, dtype=np.float32), np.asarray(b, dtype=np.float32))

    def run(self, first: int, rates: ArrayLike) -> Array:
        """Do the steps first, first + 1, ..., one rate each; return the loss each began with, the prior left out."""
        steps = np.asarray(rates, dtype=np.float64)
        losses = np.full(len(steps), np.nan)
        for k, rate in enumerate(steps.tolist()):
            losses[k] = self._step(first + k, rate)
            if not np.isfinite(losses[k]):
                break
        return losses

    def _step(self, step: int, rate: float) -> float:
        rows, prior = self.objective, np.float32(self.objective.prior)
        which, at = rows.order.rows(step)
        d, n = self.memory.values.shape[1], at.shape[1]
        x = np.concatenate([np.repeat(self.memory.values[which], n, axis=0), rows.inputs[at.ravel()]], axis=1)
        slopes = np.empty_like(x)
        loss = self.kernel.grade(x, rows.targets[at.ravel()], slopes)
        if not np.isfinite(loss):
            return loss
        own = slopes[:, :d].reshape(len(which), n, d).sum(axis=1)
        own += 2 * prior / len(which) * self.memory.values[which]
        if self.moves == "all":
            self.kernel.update(rate, MUON, *BETAS, EPSILON, 0.0, self.done, ADAM_SHARE, 1.0)
        self.memory.move(which, own, rate * ADAM_SHARE * self.code_share)
        self.done += 1
        return loss

    def state(self) -> State:
        """Return a copy of all that steps change."""
        arrays: State = {"done": np.array([self.done]), **self.memory.state()}
        for slot, name in enumerate(SLOTS if self.moves == "all" else ()):
            for layer, (W, b) in enumerate(self._read(slot)):
                arrays |= {f"{name}.{layer}.weight": W, f"{name}.{layer}.bias": b}
        return arrays

    def load(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go back to a state, bit for bit."""
        self.done = int(np.asarray(state["done"])[0])
        self.memory.load(state)
        for slot, name in enumerate(SLOTS if self.moves == "all" else ()):
            for layer in range(len(self.widths) - 1):
                W, b = (np.array(state[f"{name}.{layer}.{what}"], dtype=np.float32) for what in ("weight", "bias"))
                self.kernel.put(slot, layer, W, b)

    def parameters(self) -> tuple[list[Array], list[Array]]:
        """Return weights and biases, float64."""
        pairs = self._read(0)
        return [W.astype(np.float64) for W, _ in pairs], [b.astype(np.float64) for _, b in pairs]

    def codes(self) -> Array:
        """Return the codes, float64."""
        return self.memory.values.astype(np.float64)

    def _read(self, slot: int) -> list[tuple[Array32, Array32]]:
        return layers_in(self.kernel, slot, self.widths, self.again)
