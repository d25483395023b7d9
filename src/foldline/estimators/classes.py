"""From labels to class numbers and back, and what a class's rows weigh."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, unique_labels
from sklearn.utils.validation import column_or_1d

from ..errors import InputError
from .geometry import Geometry
from .rows import row_weights

Array = NDArray[np.float64]


class Classes(ClassifierMixin, Geometry):  # type: ignore[misc]
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
        self._learn(X, *self._labelled(y, row_weights(sample_weight, X), None))
        return self

    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Go on by one pass over these rows; the first call must see all classes, or be given them."""
        begun = hasattr(self, self._kept)
        X, y = self._table(X, y, reset=not begun)
        self._go_on(X, *self._labelled(y, row_weights(sample_weight, X), self._known(classes, begun)))
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
