"""A ReLU network as a classifier and as a regressor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin
from sklearn.utils.validation import column_or_1d

from ..activations import log_softmax, softmax
from ..columns import LARGEST
from ..errors import InputError
from .classes import Classes
from .descent import Descent
from .rows import check_no_texts, row_weights, used

Array = NDArray[np.float64]


@dataclass(kw_only=True, eq=False, repr=False)
class FoldClassifier(Classes, Descent):
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
        self._continue(*used(X, Y, weight), len(self.classes_))

    def predict_proba(self, X: ArrayLike) -> Array:
        """Return the softmax of the outputs, (n, K)."""
        return softmax(self._outputs(X))

    def predict_log_proba(self, X: ArrayLike) -> Array:
        """Return the logarithm of the chances, (n, K)."""
        return log_softmax(self._outputs(X))


@dataclass(kw_only=True, eq=False, repr=False)
class FoldRegressor(RegressorMixin, Descent):  # type: ignore[misc]
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
        self._descend(X, Y, row_weights(sample_weight, X), Y.shape[1])
        self._flat = flat
        return self

    def partial_fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Go on by one pass over these rows; the first call sets the scale of inputs and targets."""
        X, Y, flat = self._numbers(X, y, reset=not hasattr(self, "_state"))
        self._continue(*used(X, Y, row_weights(sample_weight, X)), Y.shape[1])
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
        check_no_texts(y)
        X, y = self._table(X, y, reset=reset, multi_output=True)
        numbers = np.asarray(y, dtype=np.float64)
        if numbers.ndim == 2 and numbers.shape[1] == 1:
            numbers = column_or_1d(numbers, warn=True)
        large = np.argwhere(np.abs(numbers) > LARGEST)
        if len(large):
            row = int(large[0][0])
            raise InputError(f"y row {row} is {numbers[tuple(large[0])]:g}; scale it below {LARGEST:g}.")
        return X, numbers.reshape(len(X), -1), numbers.ndim == 1
