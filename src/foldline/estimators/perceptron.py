"""Rosenblatt's perceptron as a classifier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..fit.perceptron import Learner
from ..losses import homogeneous
from .classes import Classes
from .options import check_numbers
from .rows import merged, used, weighted_scaling

Array = NDArray[np.float64]


@dataclass(kw_only=True, eq=False, repr=False)
class PerceptronClassifier(Classes):
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
        check_numbers(self, ["max_iter"])
        X, Y, weight = merged(X, Y, weight)
        self._begin(X, Y, weight)
        while self.n_iter_ < self.max_iter and not self.converged_:
            self._one_pass(X, Y, weight)
        self._rest()

    def _go_on(self, X: Array, Y: Array, weight: Array) -> None:
        X, Y, weight = used(X, Y, weight)
        if not hasattr(self, self._kept):
            self._begin(X, Y, weight)
        self._see_more(X)
        self._one_pass(X, Y, weight)
        self._rest()

    def _begin(self, X: Array, Y: Array, weight: Array) -> None:
        self._see(X)
        self._scaling = weighted_scaling(X, Y, weight, scale_targets=False)
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
