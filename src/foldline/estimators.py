"""The scikit-learn face of fit: estimators whose learned function is one ReLU network, exact geometry included.

PyTorch is not loaded here: small tables are fitted by the fused step.
"""

from __future__ import annotations

import inspect
import math
import warnings
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import DataConversionWarning
from sklearn.utils import check_random_state
from sklearn.utils._missing import is_pandas_na, is_scalar_nan
from sklearn.utils.multiclass import check_classification_targets, unique_labels
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, column_or_1d, validate_data

from .activations import log_softmax, softmax
from .box import Box
from .columns import dated, for_text, inputs_of
from .errors import FitError, InputError
from .fit.descent import Diverged, Patience, Plan, Record, descend
from .fit.objective import MeanLoss
from .fit.order import Order
from .fit.perceptron import Learner
from .fit.scaling import Scaling, moments
from .fit.start import start
from .fit.step.fused import Fused
from .losses import homogeneous
from .network import Network
from .tasks import MARGIN
from .training import Training

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .exact.boundary import Boundary
    from .exact.decisions import Decisions
    from .exact.explain import Explanation
    from .exact.regions import Regions

Array = NDArray[np.float64]
Start = tuple[list[Array], list[Array]]
Score = Callable[[Array, Array, Array], float]  # of outputs, scaled targets and row weights

LARGEST = 1e150  # its square still is a number, so that a standard deviation exists
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


# What an option may be besides a bool: in words, and as a test of a number.
OPTIONS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "learning_rate": ("above 0", lambda value: 0 < value < math.inf),
    "momentum": ("from 0 to below 1", lambda value: 0 <= value < 1),
    "alpha": ("of 0 or more", lambda value: 0 <= value < math.inf),
    "tol": ("of 0 or more", lambda value: value >= 0),
    "max_iter": ("as a positive int", lambda value: _positive_int(value)),
    "n_iter_no_change": ("of 1 or more", lambda value: value >= 1),
    "validation_fraction": ("between 0 and 1", lambda value: 0 < value < 1),
}
SCORES: dict[str, Score] = {"cross_entropy": _accuracy, "squared": _explained}  # what early stopping looks at


class _Geometry(BaseEstimator):  # type: ignore[misc]
    """What every estimator here shares: one network on raw inputs, and questions about it."""

    network_: Network
    box_: Box

    def regions(self, box: Box | None = None) -> Regions:
        """Return the exact linear regions of ``network_`` on a box; the box of the training inputs unless given."""
        from .exact.regions import regions

        return regions(*self._asked(box))

    def decisions(self, box: Box | None = None) -> Decisions:
        """Return where each class wins, exactly, for 1, 2 or 3 columns; on ``box_`` unless another is given."""
        from .exact.decisions import decisions

        return decisions(*self._asked(box))

    def boundary(self, box: Box | None = None, *, level: float | None = None) -> Boundary:
        """Return where the winning class changes, or a regressor passes a level; for 1, 2 or 3 columns."""
        from .exact.boundary import boundary

        return boundary(*self._asked(box), level=level)

    def explain(self, row: ArrayLike) -> Explanation:
        """Return what the model is around one row: its exact affine map (the local coefficients), the polytope on which
        they hold, and the distance to the nearest fold.

        row      (d_in,) or (1, d_in), in the units of the columns, or with dates where they have some
        """
        from .exact.explain import explain

        network, box = self._asked(None)
        at = inputs_of("explain", row)
        return explain(network, at[0] if at.shape == (1, network.d_in) else at, box)

    def plot(
        self, X: ArrayLike | None = None, y: ArrayLike | None = None, *, ax: Axes | None = None, **how: Any
    ) -> Axes:
        """Return the axes with what was learned drawn on them: the exact classes, or the curve or field of a regressor.

        X, y     rows to draw over it; of more than two columns the picture is a cut through X's medians, the middle of
                 the data's range unless given, and ``features`` are the two columns it shows
        how      as ``BoundaryDisplay.from_estimator`` and ``RegionDisplay.from_estimator`` take it
        """
        from .draw.displays import BoundaryDisplay, RegionDisplay

        check_is_fitted(self)
        rows: Any = self._corners if X is None else X
        if hasattr(self, "classes_"):
            return BoundaryDisplay.from_estimator(self, rows, y, ax=ax, **how).ax_
        return RegionDisplay.from_estimator(self, rows, y, ax=ax, **{"colour": "value"} | how).ax_

    def _asked(self, box: Box | None) -> tuple[Network, Box]:
        check_is_fitted(self)
        return self.network_, self.box_ if box is None else box

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Write ``network_`` (with class and column names) as .safetensors, .onnx or .npz: no pickle.

        raises   FileError if the path cannot be written, or exists and ``force`` is off
        """
        check_is_fitted(self)
        return self.network_.save(path, force=force)

    def _outputs(self, X: ArrayLike) -> Array:
        check_is_fitted(self)
        return self.network_(self._inputs(X, reset=False))

    def _inputs(self, X: ArrayLike, reset: bool) -> Array:
        return self._checked(self._validated(X, reset=reset))

    def _table(self, X: ArrayLike, y: ArrayLike, *, reset: bool, multi_output: bool = False) -> tuple[Array, Any]:
        _check_targets(y)
        table, targets = self._validated(X, y=y, reset=reset, multi_output=multi_output)
        return self._checked(table), targets

    def _validated(self, X: ArrayLike, **kind: Any) -> Any:
        """Have scikit-learn read a table, or name the first entry that holds a text; dates are numbers of days."""
        X, said = dated(type(self).__name__, "X", X)
        if kind.get("reset") and said:
            warnings.warn("; ".join(said), DataConversionWarning, stacklevel=4)  # who called fit
        try:
            return validate_data(self, X, dtype=np.float64, ensure_all_finite=False, **kind)
        except ValueError as error:
            entry = _text_entry(X)
            if entry is None:
                raise
            row, column, value = entry
            raise InputError(f"X row {row}, column {column} is {value!r}; {for_text(value)}.") from error

    def _checked(self, X: Array) -> Array:
        """Return the inputs, or name the first entry that is not a number or too large to square."""
        bad = np.argwhere(~(np.abs(X) <= LARGEST))
        if len(bad):
            row, column = map(int, bad[0])
            name, value = self._column(column), X[row, column]
            if np.isfinite(value):
                raise InputError(f"X row {row}, column {name} is {value:g}; scale it below {LARGEST:g}.")
            raise InputError(f"X row {row}, column {name} is {'NaN' if np.isnan(value) else value}; drop or impute.")
        return X

    def _column(self, column: int) -> str:
        return repr(str(self.feature_names_in_[column])) if hasattr(self, "feature_names_in_") else str(column)

    def _draw_seed(self) -> int:
        """Draw a seed from ``random_state``."""
        given: Any = getattr(self, "random_state", None)
        try:
            return int(check_random_state(given).randint(2**31 - 1))
        except ValueError as error:
            raise InputError(
                f"{type(self).__name__} needs random_state None, an int from 0 to {2**32 - 1} or a RandomState; "
                f"got {given!r}."
            ) from error

    def _keep(
        self,
        weights: Sequence[Array],
        biases: Sequence[Array],
        kind: str,
        classes: Sequence[str],
        training: Training | None = None,
    ) -> None:
        names = [str(name) for name in getattr(self, "feature_names_in_", ())]
        meta = {"kind": kind, "names": names, "classes": list(classes)}
        self.network_ = Network(weights, biases, meta=meta, training=training, seen=self._seen)

    def _see(self, X: Array) -> None:
        """Remember the range of the inputs; a constant column is given the width 1, and warned of."""
        lo, hi = X.min(axis=0), X.max(axis=0)
        flat = lo == hi
        if flat.any() and len(X) > 1:
            self._warn_of(lo, flat)
        self._corners = np.stack([lo, hi])
        self._see_more(X)

    def _see_more(self, X: Array) -> None:
        """Widen the range to hold these rows, too; ``box_`` has a margin round it."""
        rows = np.concatenate([self._corners, X])
        self._corners = np.stack([rows.min(axis=0), rows.max(axis=0)])
        self._seen = Box.around(self._corners)
        self.box_ = self._seen.grown(MARGIN)

    def _warn_of(self, values: Array, flat: NDArray[np.bool_]) -> None:
        """Warn of columns with one value, once a fit."""
        first, others = int(flat.argmax()), int(flat.sum()) - 1
        more = f" (and {others} more such)" if others else ""
        warnings.warn(
            f"{type(self).__name__} needs columns that vary; got column {self._column(first)} with {values[first]:g} "
            f"in every row{more}. It is kept and tells nothing; leave it out.",
            stacklevel=_levels_to_caller(),
        )


@dataclass(kw_only=True, eq=False, repr=False)
class _Descent(_Geometry):
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
        X, Y, weight = _merged(X, Y, weight)
        self._see(X)
        self._scaling = _weighted_scaling(X, Y, weight, scale_targets=self._loss == "squared")
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
            self._scaling = _weighted_scaling(X, Y, weight, scale_targets=self._loss == "squared")
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
            if not _positive_int(size):
                raise InputError(f"{who} needs hidden_layer_sizes[{i}] as a positive int; got {size!r}.")
        if self.optimiser not in ("adam", "sgd"):
            raise InputError(f"{who} needs optimiser 'adam' or 'sgd'; got {self.optimiser!r}.")
        _check_numbers(self, OPTIONS)
        if self.batch_size != "auto" and not _positive_int(self.batch_size):
            raise InputError(f"{who} needs batch_size 'auto' or a positive int; got {self.batch_size!r}.")
        if not isinstance(self.early_stopping, bool | np.bool_):
            raise InputError(f"{who} needs early_stopping True or False; got {self.early_stopping!r}.")


class _Classes(ClassifierMixin, _Geometry):  # type: ignore[misc]
    """From labels to class numbers and back."""

    classes_: NDArray[Any]
    class_weight: Mapping[Any, float] | str | None

    _kept = "_state"  # what is there once it has learned

    @abstractmethod
    def _learn(self, X: Array, Y: Array, weight: Array) -> None:
        """Learn from the start, from class numbers and the weights of rows."""

    @abstractmethod
    def _go_on(self, X: Array, Y: Array, weight: Array) -> None:
        """Learn by one pass more."""

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Learn from the start.

        raises   InputError naming the entry, label or option that cannot be; FitError if the loss stops being finite
        """
        X, y = self._table(X, y, reset=True)
        self._learn(X, *self._labelled(y, _row_weights(sample_weight, X), None))
        return self

    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Go on by one pass over these rows; the first call must see all classes, or be given them."""
        begun = hasattr(self, self._kept)
        X, y = self._table(X, y, reset=not begun)
        self._go_on(X, *self._labelled(y, _row_weights(sample_weight, X), self._known(classes, begun)))
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the class of each row, the one with the largest output, (n,)."""
        numbers = self._outputs(X).argmax(axis=1)
        chosen: NDArray[Any] = self.classes_[numbers]
        return chosen

    def decision_function(self, X: ArrayLike) -> Array:
        """Return the outputs of ``network_``, (n, K); for two classes the second minus the first, (n,)."""
        outputs = self._outputs(X)
        return outputs[:, 1] - outputs[:, 0] if len(self.classes_) == 2 else outputs

    def _known(self, classes: ArrayLike | None, begun: bool) -> ArrayLike | None:
        """Return the classes to go on with: those it began with, which ``classes`` may repeat."""
        if not begun:
            return classes
        if classes is not None and not np.array_equal(unique_labels(classes), self.classes_):
            raise InputError(
                f"{type(self).__name__} needs the classes {self.classes_.tolist()} it began with; "
                f"got {np.asarray(classes).tolist()}. Leave classes out, or call fit to begin anew."
            )
        return self.classes_

    def _labelled(self, y: ArrayLike, weight: Array, classes: ArrayLike | None) -> tuple[Array, Array]:
        """Return class numbers (n, 1) and the row weights times their class's; rows of weight 0 name no class."""
        who, labels = type(self).__name__, column_or_1d(y, warn=True)
        check_classification_targets(labels)
        known = unique_labels(labels[weight > 0]) if classes is None else unique_labels(classes)
        if len(known) < 2:
            raise InputError(
                f"{type(self).__name__} needs at least 2 classes; got {len(known)} class: {known.tolist()}."
            )
        self.classes_ = known
        numbers = np.clip(np.searchsorted(known, labels), 0, len(known) - 1)
        strange = np.flatnonzero((known[numbers] != labels) & (weight > 0))
        if len(strange):
            row = int(strange[0])
            raise InputError(f"{who} needs labels out of {known.tolist()}; got {labels[row]!r} in row {row}.")
        if self.class_weight is not None:
            weight = weight * self._factors(known, numbers, weight)[numbers]
            if not weight.any():
                raise InputError(f"{who} needs a row whose weight is above 0; got class_weight {self.class_weight!r}.")
        return numbers[:, None].astype(np.float64), weight

    def _factors(self, known: NDArray[Any], numbers: NDArray[np.intp], weight: Array) -> Array:
        """What ``class_weight`` multiplies each known class's rows by; 1 for a class it does not name."""
        who, given = type(self).__name__, self.class_weight
        if isinstance(given, str) and given == "balanced":
            used = weight > 0
            counts = np.bincount(numbers[used], weights=weight[used], minlength=len(known))
            factors: Array = weight[used].sum() / (len(known) * np.maximum(counts, counts[counts > 0].min()))
            return factors
        if not isinstance(given, Mapping):
            raise InputError(f"{who} needs class_weight None, 'balanced' or {{class: weight}}; got {given!r}.")
        for name, factor in given.items():
            if not isinstance(factor, Real) or not 0 <= float(factor) < math.inf:
                raise InputError(f"{who} needs class_weight of 0 or more; got {factor!r} for {name!r}.")
        strange = [name for name in given if name not in known.tolist()]
        if strange and any(name not in given for name in known.tolist()):
            raise InputError(f"{who} needs class_weight for classes out of {known.tolist()}; got {strange[0]!r}.")
        return np.array([float(given.get(name, 1.0)) for name in known.tolist()])


@dataclass(kw_only=True, eq=False, repr=False)
class FoldClassifier(_Classes, _Descent):
    """A ReLU network that tells classes apart, as a scikit-learn classifier.

    hidden_layer_sizes   units in each hidden layer
    optimiser            "adam" or "sgd" (with ``momentum``); the rate falls along a cosine to a hundredth
    alpha                L2 penalty: min(alpha / rows, 0.01) times the weight is added to the gradient; biases are free
    batch_size           rows a step; "auto" takes 32
    max_iter             passes over the rows; at its default 100 a small table gets more, 1000 steps in all
    early_stopping       hold out ``validation_fraction`` of the rows; stop when their accuracy has not grown by ``tol``
                         for ``n_iter_no_change`` passes, and keep the best weights
    class_weight         {class: weight} or "balanced"
    random_state         start and order of the rows; the same rows, in any order, then give the same network

    ``network_`` maps raw inputs (they are standardised while fitting, and that is folded into its weights) to one
    output a class; ``regions(box)`` are its exact linear regions.

    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], ["even", "odd", "odd", "even"]
    >>> model = FoldClassifier(random_state=0).fit(X, y)
    >>> model.predict(X).tolist()
    ['even', 'odd', 'odd', 'even']
    >>> model.network_.hidden
    (64, 32)
    """

    class_weight: Mapping[Any, float] | str | None = None

    _loss = "cross_entropy"

    def _learn(self, X: Array, Y: Array, weight: Array) -> None:
        self._descend(X, Y, weight, len(self.classes_))

    def _go_on(self, X: Array, Y: Array, weight: Array) -> None:
        self._continue(*_used(X, Y, weight), len(self.classes_))

    def predict_proba(self, X: ArrayLike) -> Array:
        """Return the softmax of the outputs, (n, K)."""
        return softmax(self._outputs(X))

    def predict_log_proba(self, X: ArrayLike) -> Array:
        """Return the logarithm of the chances, (n, K)."""
        return log_softmax(self._outputs(X))


@dataclass(kw_only=True, eq=False, repr=False)
class FoldRegressor(RegressorMixin, _Descent):  # type: ignore[misc]
    """A ReLU network that predicts numbers, as a scikit-learn regressor; the options are ``FoldClassifier``'s.

    The loss is the mean squared error of the standardised targets; early stopping looks at R^2.

    >>> X = np.linspace(0, 2, 21)[:, None]
    >>> model = FoldRegressor(random_state=0).fit(X, np.abs(X[:, 0] - 1))
    >>> model.predict([[0.0], [1.0], [1.5]]).round(1).tolist()
    [1.0, 0.0, 0.5]
    """

    _loss = "squared"

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit from the start; y is (n,) or (n, d_out).

        raises   InputError naming the entry or option that cannot be; FitError if the loss stops being finite
        """
        X, Y, flat = self._numbers(X, y, reset=True)
        self._descend(X, Y, _row_weights(sample_weight, X), Y.shape[1])
        self._flat = flat
        return self

    def partial_fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Go on by one pass over these rows; the first call sets the scale of inputs and targets."""
        X, Y, flat = self._numbers(X, y, reset=not hasattr(self, "_state"))
        self._continue(*_used(X, Y, _row_weights(sample_weight, X)), Y.shape[1])
        self._flat = flat
        return self

    def predict(self, X: ArrayLike) -> Array:
        """Return the outputs, (n,) or (n, d_out) as y was."""
        outputs = self._outputs(X)
        return outputs[:, 0] if self._flat else outputs

    def __sklearn_tags__(self) -> Any:
        """Say that y may have several columns, so that scikit-learn asks and checks for it."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _numbers(self, X: ArrayLike, y: ArrayLike, reset: bool) -> tuple[Array, Array, bool]:
        """Inputs, targets (n, d_out), and whether they were given as (n,)."""
        _check_no_texts(y)
        X, y = self._table(X, y, reset=reset, multi_output=True)
        numbers = np.asarray(y, dtype=np.float64)
        if numbers.ndim == 2 and numbers.shape[1] == 1:
            numbers = column_or_1d(numbers, warn=True)
        large = np.argwhere(np.abs(numbers) > LARGEST)
        if len(large):
            row = int(large[0][0])
            raise InputError(f"y row {row} is {numbers[tuple(large[0])]:g}; scale it below {LARGEST:g}.")
        return X, numbers.reshape(len(X), -1), numbers.ndim == 1


@dataclass(kw_only=True, eq=False, repr=False)
class PerceptronClassifier(_Classes):
    """Rosenblatt's perceptron for any number of classes, as a scikit-learn classifier.

    max_iter       passes over the rows at most, of which equal ones count as one whose weight is their sum; it stops
                   after one without a mistake
    class_weight   {class: weight} or "balanced": what a mistake on that class moves
    random_state   order of the rows

    A mistake adds the row to its class's weights and takes it from those of the class it was given.  ``converged_``
    says whether a pass made none: then ``network_`` makes no error on the training rows, and ``n_mistakes_`` is below
    Novikoff's bound.  Otherwise the classes cannot be told apart by lines, or not yet, and ``network_`` is the mean of
    the weights after every row, which does not depend on where the passes happened to end.

    source   Rosenblatt 1958; Duda and Hart 1973 (Kesler's construction); Freund and Schapire 1999 (the mean)

    >>> model = PerceptronClassifier().fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1])
    >>> model.converged_, model.predict([[1, 1], [0, 1]]).tolist()
    (True, [1, 0])
    """

    max_iter: int = 100
    class_weight: Mapping[Any, float] | str | None = None
    random_state: Any = None

    _kept = "_learner"

    def _learn(self, X: Array, Y: Array, weight: Array) -> None:
        _check_numbers(self, ["max_iter"])
        X, Y, weight = _merged(X, Y, weight)
        self._begin(X, Y, weight)
        while self.n_iter_ < self.max_iter and not self.converged_:
            self._one_pass(X, Y, weight)
        self._rest()

    def _go_on(self, X: Array, Y: Array, weight: Array) -> None:
        X, Y, weight = _used(X, Y, weight)
        if not hasattr(self, self._kept):
            self._begin(X, Y, weight)
        self._see_more(X)
        self._one_pass(X, Y, weight)
        self._rest()

    def _begin(self, X: Array, Y: Array, weight: Array) -> None:
        self._see(X)
        self._scaling = _weighted_scaling(X, Y, weight, scale_targets=False)
        self._rng = np.random.default_rng(self._draw_seed())
        self._learner = Learner(np.zeros((len(self.classes_), X.shape[1] + 1)))
        self.n_mistakes_, self.n_iter_, self.converged_ = 0, 0, False

    def _one_pass(self, X: Array, Y: Array, weight: Array) -> None:
        """Show every row once, scaled, moving by its weight."""
        rows = homogeneous((X - self._scaling.x_mean) / self._scaling.x_scale)
        order = self._rng.permutation(len(rows))
        mistakes = len(self._learner.show(rows, Y[:, 0].astype(np.intp), order, weight / weight.mean()))
        self.n_mistakes_, self.n_iter_, self.converged_ = self.n_mistakes_ + mistakes, self.n_iter_ + 1, mistakes == 0

    def _rest(self) -> None:
        learned = self._learner.weights if self.converged_ else self._learner.mean
        weights, biases = self._scaling.fold([learned[:, 1:]], [learned[:, 0]], {})
        self._keep(weights, biases, "classification", [str(c) for c in self.classes_])


def _levels_to_caller() -> int:
    """How many calls up, as warnings count, the line is that called into this file: a user's."""
    frame, level = inspect.currentframe(), 0
    while frame is not None and frame.f_code.co_filename == __file__:
        frame, level = frame.f_back, level + 1
    return level


def _positive_int(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) > 0


def _check_numbers(estimator: BaseEstimator, names: Iterable[str]) -> None:
    """Refuse the first of these options that is not what ``OPTIONS`` says."""
    for name in names:
        value, (words, right) = getattr(estimator, name), OPTIONS[name]
        if not isinstance(value, Real) or isinstance(value, bool) or not right(value):
            raise InputError(f"{type(estimator).__name__} needs {name} {words}; got {value!r}.")


def _used(X: Array, Y: Array, weight: Array) -> tuple[Array, Array, Array]:
    """The rows whose weight is not 0."""
    kept = weight > 0
    return X[kept], Y[kept], weight[kept]


def _merged(X: Array, Y: Array, weight: Array) -> tuple[Array, Array, Array]:
    """The distinct rows in the order of their bytes, the weights of equal ones added."""
    X, Y, weight = _used(X, Y, weight)
    rows = np.hstack([Y, X]) + 0.0  # -0 and 0 are equal, and must be so bit for bit
    order = np.argsort(rows.view(np.dtype((np.void, rows.itemsize * rows.shape[1]))).ravel(), kind="stable")
    rows = rows[order]
    firsts = np.flatnonzero(np.append(True, (rows[1:] != rows[:-1]).any(axis=1)))
    total: Array = np.add.reduceat(weight[order], firsts)
    rows = rows[firsts]
    return np.ascontiguousarray(rows[:, Y.shape[1] :]), np.ascontiguousarray(rows[:, : Y.shape[1]]), total


def _text_entry(X: ArrayLike) -> tuple[int, str, str] | None:
    """The row, the column's name and the text of the first entry that is a text and no number."""
    table = np.asarray(X, dtype=object)
    names = [repr(str(name)) for name in X.columns] if hasattr(X, "columns") else range(table.shape[-1])
    for row, entries in enumerate(table if table.ndim == 2 else ()):
        for name, value in zip(names, entries, strict=True):
            if isinstance(value, str) and not _is_number(value):
                return row, str(name), value
    return None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _check_targets(y: ArrayLike) -> None:
    """Refuse targets with a value missing or infinite, by row."""
    targets = np.asarray(y)
    if targets.dtype.kind == "f":
        missing = np.isnan(targets)
        endless = np.argwhere(np.isinf(targets))
        if len(endless):
            raise InputError(f"y row {int(endless[0][0])} is {targets[tuple(endless[0])]}; drop the row or correct it.")
    elif targets.dtype.kind == "O" and targets.ndim:
        missing = np.array([value is None or is_pandas_na(value) or is_scalar_nan(value) for value in targets.ravel()])
        missing = missing.reshape(targets.shape)
    else:
        return
    if missing.any():
        raise InputError(f"y row {int(np.argwhere(missing)[0][0])} is missing; drop the row or impute.")


def _check_no_texts(y: ArrayLike) -> None:
    """Refuse targets that are texts and no numbers, by row."""
    targets = np.asarray(y)
    for row, value in enumerate(targets if targets.dtype.kind in "OSU" and targets.ndim else ()):
        for text in np.ravel(value):
            if isinstance(text, str) and not _is_number(text):
                raise InputError(f"y row {row} is {str(text)!r}; encode it as a number, or take a classifier.")


def _row_weights(sample_weight: ArrayLike | None, X: Array) -> Array:
    given = np.asarray(1.0 if sample_weight is None else sample_weight)
    if given.dtype.kind == "f" and given.ndim == 1 and not np.isfinite(given).all():
        row = int(np.argmin(np.isfinite(given)))
        raise InputError(f"sample_weight row {row} is {given[row]}; give a number of 0 or more.")
    weight: Array = _check_sample_weight(sample_weight, X, dtype=np.float64)
    if np.any(weight < 0):
        raise InputError(f"sample_weight needs weights of 0 or more; got {weight.min():g}.")
    return weight


def _weighted_scaling(X: Array, Y: Array, weight: Array, *, scale_targets: bool) -> Scaling:
    """The scaling in which the weighted rows have mean 0 and variance 1."""
    x_mean, x_scale = moments(X, weight)
    if scale_targets:
        return Scaling(x_mean, x_scale, *moments(Y, weight))
    return Scaling(x_mean, x_scale, np.zeros(1), np.ones(1))
