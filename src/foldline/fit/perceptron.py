"""Perceptron learning (Rosenblatt 1958) with a memory of every step, and the bound on its mistakes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from ..losses import homogeneous
from ..network import Network
from ..same import Compared
from ..samples import Samples, need_samples

Array = NDArray[np.float64]
Labels = NDArray[np.intp]
Mistake = tuple[int, int]  # the row, and the class it was given


@dataclass(frozen=True, eq=False, repr=False)
class PerceptronRun(Compared):
    """What perceptron learning did.

    network     the last weights: for two classes one step unit, 1 where b + w.x > 0; else a logit a class
    converged   whether a whole pass went without a mistake
    path        weights (b, w) before the first and after every mistake: (n_mistakes + 1, d_in + 1) for two classes,
                else (n_mistakes + 1, K, d_in + 1)
    mistaken    (n_mistakes,) the sample of each mistake
    passes      passes over the samples, the last one without a mistake included
    """

    network: Network
    converged: bool
    path: Array
    mistaken: Labels
    passes: int

    @property
    def n_mistakes(self) -> int:
        return len(self.mistaken)


class Learner:
    """Perceptron learning under way, for any number of classes.

    weights   (K, d_in + 1) as they stand; a row X = (1, x) is given the class k with the largest W_k.X, the first of
              equals
    source    Duda and Hart 1973 (Kesler's construction); Freund and Schapire 1999 (the mean)
    """

    def __init__(self, start: Array) -> None:
        self.weights = start.copy()
        self._shown, self._late = 0.0, np.zeros_like(start)

    @property
    def mean(self) -> Array:
        """The mean of the weights after every row shown, each counted by its step."""
        found: Array = self.weights - self._late / self._shown
        return found

    def show(self, X: Array, labels: Labels, order: Labels, steps: Array) -> list[Mistake]:
        """Show rows in an order; a mistake adds step * X to the weights of its class, and takes it from the given one.

        returns   the mistakes, in their order
        """
        mistakes = []
        for k in order.tolist():
            given, right = int((self.weights @ X[k]).argmax()), int(labels[k])
            if given != right:
                change = steps[k] * X[k]
                for of, signed in ((right, change), (given, -change)):
                    self.weights[of] += signed
                    self._late[of] += self._shown * signed  # what the mean did not see of it
                mistakes.append((k, given))
            self._shown += float(steps[k])
        return mistakes


def learn_perceptron(samples: Samples, *, passes: int = 1000, start: ArrayLike | None = None) -> PerceptronRun:
    """Learn a step unit: on each mistake add X (class 1) or subtract it (class 0), X = (1, x).

    Two classes are the case of ``Learner`` in which both weights are each other's opposite; more have a row each.

    samples   two classes or more; shown in their order, pass after pass
    passes    give up after so many; the samples may not be separable (``separate`` tells)
    start     (b, w_1, ..., w_d) to begin with, a row a class for more than two; 0 unless given
    source    lecture 3, "Perceptron"; Rosenblatt 1958

    >>> ands = Samples([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1], "classification", (), ("0", "1"))
    >>> run = learn_perceptron(ands)
    >>> run.converged, run.network(ands.inputs).ravel()
    (True, array([0., 0., 0., 1.]))
    """
    X, labels = _rows("learn_perceptron", samples)
    if passes < 1:
        raise InputError(f"learn_perceptron needs at least 1 pass; got {passes}.")
    begin = np.zeros((samples.d_out, X.shape[1])) if start is None else _weights("learn_perceptron", samples, start)
    learner, done, converged = Learner(begin), 0, False
    mistakes: list[Mistake] = []
    while done < passes and not converged:
        made = learner.show(X, labels, np.arange(len(X)), np.ones(len(X)))
        mistakes, done, converged = mistakes + made, done + 1, not made
    mistaken = np.array([k for k, _ in mistakes], dtype=np.intp)
    path = _path(begin, X[mistaken], labels[mistaken], [given for _, given in mistakes])
    if samples.d_out == 2:
        w = learner.weights[1:]
        return PerceptronRun(Network([w[:, 1:]], [w[:, 0]], output="step"), converged, path[:, 1], mistaken, done)
    network = Network([learner.weights[:, 1:]], [learner.weights[:, 0]])
    return PerceptronRun(network, converged, path, mistaken, done)


def mistake_bound(samples: Samples, separator: ArrayLike) -> float:
    """Return (R / gamma)^2, which the mistakes of learning from 0 never exceed, whatever the order.

    separator   weights that have every sample right, the wider, the smaller the bound: any (b, w) for two classes,
                else (K, d_in + 1)
    returns     R the largest |(1, x)|, gamma the least distance of (1, x) to the separator's plane through 0; for more
                classes both of the vectors that hold (1, x) for the right class and -(1, x) for a wrong one
    raises      InputError if a sample is on the wrong side or on the plane
    source      Novikoff 1962; the first mistake may be at w = 0, where the unit is off

    >>> ands = Samples([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1], "classification", (), ("0", "1"))
    >>> round(mistake_bound(ands, [-3, 2, 2]), 6)
    51.0
    """
    X, labels = _rows("mistake_bound", samples)
    W, every = _weights("mistake_bound", samples, separator), np.arange(len(X))
    scores = X @ W.T
    gaps = scores[every, labels][:, None] - scores
    gaps[every, labels] = np.inf
    reach = gaps.min(axis=1) / np.linalg.norm(W)
    if not reach.min() > 0:
        raise InputError(
            f"mistake_bound needs a separator with every sample right; got sample {int(reach.argmin())} wrong. "
            "Ask separate(samples) for one."
        )
    return float(2 * (np.linalg.norm(X, axis=1).max() / reach.min()) ** 2)


def _rows(who: str, samples: Samples) -> tuple[Array, Labels]:
    """Rows (1, x) and class numbers."""
    need_samples(who, samples)
    if samples.kind != "classification" or samples.d_out < 2:
        raise InputError(f"{who} needs 2 classes or more; got kind {samples.kind!r} with {samples.d_out} outputs.")
    return homogeneous(samples.inputs), samples.targets[:, 0].astype(np.intp)


def _weights(who: str, samples: Samples, given: ArrayLike) -> Array:
    """A row (b, w) a class; the one row of a step unit is that of class 1, and class 0 has its opposite."""
    w, shape = np.asarray(given, dtype=np.float64), (samples.d_out, samples.d_in + 1)
    if w.shape == shape[1:] and samples.d_out == 2:
        return np.stack([-w, w])
    if w.shape != shape or samples.d_out == 2:
        expected = shape[1:] if samples.d_out == 2 else shape
        raise InputError(f"{who} needs weights (b, w) of shape {expected}; got {w.shape}.")
    return w


def _path(start: Array, X: Array, right: Labels, given: list[int]) -> Array:
    """The weights before the first and after every mistake."""
    changes, every = np.zeros((len(X) + 1, *start.shape)), np.arange(1, len(X) + 1)
    changes[0] = start
    changes[every, right] += X
    changes[every, given] -= X
    return np.asarray(np.cumsum(changes, axis=0))
