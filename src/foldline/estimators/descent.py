"""Fitting an estimator's network by the fused step, from the start or by one pass more."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..errors import FitError, InputError
from ..fit.descent import Diverged, Patience, Plan, Record, descend
from ..fit.objective import MeanLoss
from ..fit.order import Order
from ..fit.start import start
from ..fit.step.fused import Fused
from ..training import Training
from .geometry import Geometry
from .options import OPTIONS, check_numbers, positive_int
from .rows import merged, weighted_scaling

Array = NDArray[np.float64]
Start = tuple[list[Array], list[Array]]
Score = Callable[[Array, Array, Array], float]  # of outputs, scaled targets and row weights

SMALL_BATCH = 32  # rows a step unless asked: many cheap steps fit a small table best
LARGEST_DECAY = 0.01  # beyond it a handful of rows (XOR has 4) is not fitted at all
STEPS_AT_ONCE = 64  # between two looks at the losses and at Ctrl-C: milliseconds
FEWEST_STEPS = 1000  # of a whole fit unless max_iter asks for more: a table of a hundred rows has 4 steps an epoch


def _accuracy(outputs: Array, Y: Array, weight: Array) -> float:
    return float(np.average(outputs.argmax(axis=1) == Y[:, 0], weights=weight))


def _explained(outputs: Array, Y: Array, weight: Array) -> float:
    """R^2, over all columns; where the targets do not vary, minus the error."""
    spread = np.average((Y - np.average(Y, axis=0, weights=weight)) ** 2, axis=0, weights=weight).sum()
    error = np.average((outputs - Y) ** 2, axis=0, weights=weight).sum()
    return float(1 - error / spread) if spread > 0 else float(-error)


SCORES: dict[str, Score] = {"cross_entropy": _accuracy, "squared": _explained}  # what early stopping looks at


@dataclass(kw_only=True, eq=False, repr=False)
class Descent(Geometry):
    """Fitting by the fused step; a subclass says what its targets are.

    The fields are scikit-learn's parameters: what __init__ takes and keeps as it is.
    """

    hidden_layer_sizes: Sequence[int] = field(default=(64, 32), kw_only=False)
    optimiser: str = "adam"
    learning_rate: float = 0.01
    momentum: float = 0.9
    alpha: float = 2.0
    batch_size: int | str = "auto"
    max_iter: int = 100
    early_stopping: bool = False
    validation_fraction: float = 0.1
    n_iter_no_change: int = 10
    tol: float = 1e-4
    random_state: Any = None

    _loss: ClassVar[str]

    def _descend(self, X: Array, Y: Array, weight: Array, n_outputs: int) -> None:
        """Fit from the start: rows in a canonical order, equal rows merged, so that weight 2 is the same as twice."""
        self._check_options()
        X, Y, weight = merged(X, Y, weight)
        self._see(X)
        self._scaling = weighted_scaling(X, Y, weight, scale_targets=self._loss == "squared")
        self._seed = self._draw_seed()
        held = self._held_out(X, Y) if self.early_stopping else np.zeros(len(X), dtype=bool)
        batch = self._batch(int((~held).sum()))
        widths = (X.shape[1], *self._hidden(), n_outputs)
        self._n_seen = int((~held).sum())
        self.loss_curve_: list[float] = []
        begin = start(widths, seed=self._seed)
        stepper = self._stepper(begin, X[~held], Y[~held], weight[~held], batch, self._seed, self._n_seen)
        self._passes(stepper, self._epochs(len(X), batch), X[held], Y[held], weight[held])
        self._rest(stepper)

    def _continue(self, X: Array, Y: Array, weight: Array, n_outputs: int) -> None:
        """Do one more pass, over these rows; the first one sets the scale of inputs and targets."""
        self._check_options()
        if not hasattr(self, "_state"):
            self._see(X)
            self._scaling = weighted_scaling(X, Y, weight, scale_targets=self._loss == "squared")
            self._seed = self._draw_seed()
            self.loss_curve_ = []
            self.n_iter_ = self._n_seen = 0
        widths = (X.shape[1], *self._hidden(), n_outputs)
        if hasattr(self, "_state") and widths != self._widths():
            has, asked = ("-".join(map(str, layers)) for layers in (self._widths(), widths))
            raise InputError(
                f"{type(self).__name__} needs the layers {has} it has to go on; got {asked}. Call fit to begin anew."
            )
        self._see_more(X)
        begin = start(widths, seed=self._seed)
        batch = self._batch(len(X))
        self._n_seen += len(X)
        stepper = self._stepper(begin, X, Y, weight, batch, self._seed + self.n_iter_, self._n_seen)
        if hasattr(self, "_state"):
            stepper.load(self._state)
        steps = math.ceil(len(X) / batch)
        record = self._descended(stepper, Plan(self.learning_rate, steps, last=1.0, look=steps))
        self.loss_curve_ = [*self.loss_curve_, float(np.mean(record.losses))]
        self.n_iter_ += 1
        self._rest(stepper)

    def _passes(self, stepper: Fused, epochs: int, X: Array, Y: Array, weight: Array) -> None:
        """Go over the rows ``epochs`` times, or until the held-out score stops growing; the best weights stay."""
        length = max(1, round(stepper.order.n / stepper.order.batch))
        targets = (Y - self._scaling.y_mean) / self._scaling.y_scale
        watch = Patience(
            stepper,
            lambda: SCORES[self._loss](self._predicted(stepper, X), targets, weight),
            grown=self.tol,
            looks=self.n_iter_no_change,
        )
        look = length if len(X) else length * max(1, STEPS_AT_ONCE // length)
        plan = Plan(self.learning_rate, epochs * length, look=look)
        record = self._descended(stepper, plan, watch if len(X) else None)
        self.loss_curve_ = np.reshape(record.losses, (-1, length)).mean(axis=1).tolist()
        self.validation_scores_: list[float] | None = watch.scores if len(X) else None
        if len(X):
            self.best_validation_score_ = watch.best
        self.n_iter_ = len(self.loss_curve_)

    def _predicted(self, stepper: Fused, X: Array) -> Array:
        return stepper.predict((X - self._scaling.x_mean) / self._scaling.x_scale).astype(np.float64)

    def _descended(self, stepper: Fused, plan: Plan, watch: Patience | None = None) -> Record:
        """Descend, or stop with the weights before the first loss that is not finite."""
        asked = Training(
            loss=self._loss, optimiser=self.optimiser, rate=self.learning_rate, batch=stepper.order.batch,
            seed=self._seed, stepper=stepper.name, initialisation="he_normal", hidden=self._hidden(),
            n_samples=self._n_seen,
        )  # fmt: skip
        try:
            record = descend(stepper, plan, watch=watch)
        except Diverged as found:
            self._training = found.record.told(asked, {})
            self._rest(stepper)
            error = FitError(
                f"{type(self).__name__} needs finite losses; got a loss that is not finite at step {found.step + 1}. "
                "Take a smaller learning_rate; the error's network holds the last good weights."
            )
            error.network = self.network_
            raise error from found
        if not record.complete:
            raise KeyboardInterrupt  # a search over options has to hear of it, too
        self._training = record.told(asked, {})
        return record

    def _stepper(self, begin: Start, X: Array, Y: Array, weight: Array, batch: int, seed: int, n_seen: int) -> Fused:
        scaling = self._scaling
        objective = MeanLoss(
            (X - scaling.x_mean) / scaling.x_scale,
            (Y - scaling.y_mean) / scaling.y_scale,
            self._loss,
            Order(len(X), batch, seed),
            weight=None if np.all(weight == weight[0]) else weight / weight.mean(),
            decay=min(self.alpha / n_seen, LARGEST_DECAY),
        )
        return Fused(*begin, objective, optimiser=self.optimiser, momentum=self.momentum)

    def _rest(self, stepper: Fused) -> None:
        """Keep what the stepper learned, as a network on raw inputs and as a state to go on from."""
        self._state = stepper.state()
        self.loss_ = self.loss_curve_[-1] if self.loss_curve_ else math.nan
        weights, biases = self._scaling.fold(*stepper.parameters(), {})
        kind = "regression" if self._loss == "squared" else "classification"
        self._keep(weights, biases, kind, [str(c) for c in getattr(self, "classes_", ())], self._training)

    def _held_out(self, X: Array, Y: Array) -> NDArray[np.bool_]:
        """Choose the rows early stopping is judged by."""
        rng = np.random.default_rng(self._seed)
        count = max(1, round(self.validation_fraction * len(X)))
        if count >= len(X):
            raise InputError(
                f"{type(self).__name__} needs rows left to fit after holding out {count}; got {len(X)} rows. "
                "Give more rows, or early_stopping=False."
            )
        held = np.zeros(len(X), dtype=bool)
        held[rng.permutation(len(X))[:count]] = True
        return held

    def _widths(self) -> tuple[int, ...]:
        return (self.network_.d_in, *self.network_.hidden, self.network_.d_out)

    def _hidden(self) -> tuple[int, ...]:
        sizes = self.hidden_layer_sizes
        return (int(sizes),) if isinstance(sizes, Integral) else tuple(int(size) for size in sizes)

    def _batch(self, n: int) -> int:
        return min(n, SMALL_BATCH if self.batch_size == "auto" else int(self.batch_size))

    def _epochs(self, n: int, batch: int) -> int:
        return max(self.max_iter, math.ceil(FEWEST_STEPS * batch / n) if self.max_iter >= 100 else 1)

    def _check_options(self) -> None:
        who, sizes = type(self).__name__, self.hidden_layer_sizes
        for i, size in enumerate(sizes if isinstance(sizes, Iterable) else [sizes]):
            if not positive_int(size):
                raise InputError(f"{who} needs hidden_layer_sizes[{i}] as a positive int; got {size!r}.")
        if self.optimiser not in ("adam", "sgd"):
            raise InputError(f"{who} needs optimiser 'adam' or 'sgd'; got {self.optimiser!r}.")
        check_numbers(self, OPTIONS)
        if self.batch_size != "auto" and not positive_int(self.batch_size):
            raise InputError(f"{who} needs batch_size 'auto' or a positive int; got {self.batch_size!r}.")
        if not isinstance(self.early_stopping, bool | np.bool_):
            raise InputError(f"{who} needs early_stopping True or False; got {self.early_stopping!r}.")
