"""Perceptron learning (Rosenblatt 1958) with a memory of every step, and the bound on its mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from ..losses import homogeneous
from ..network import Network
from ..samples import Samples

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PerceptronRun:
    """What perceptron learning did.

    network     the last weights as one step unit: 1 where b + w.x > 0
    converged   whether a whole pass went without a mistake
    path        (n_mistakes + 1, d_in + 1) weights (b, w) before the first and after every mistake
    mistaken    (n_mistakes,) the sample of each mistake
    passes      passes over the samples, the last one without a mistake included
    """

    network: Network
    converged: bool
    path: Array
    mistaken: NDArray[np.intp]
    passes: int

    @property
    def n_mistakes(self) -> int:
        return len(self.mistaken)


def learn_perceptron(samples: Samples, *, passes: int = 1000, start: Sequence[float] | None = None) -> PerceptronRun:
    """Learn a step unit: on each mistake add X (class 1) or subtract it (class 0), X = (1, x).

    samples   two classes; shown in their order, pass after pass
    passes    give up after so many; the samples may not be separable (``separate`` tells)
    start     (b, w_1, ..., w_d) to begin with, 0 unless given
    source    lecture 3, "Perceptron"; Rosenblatt 1958

    >>> ands = Samples([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1], "classification", (), ("0", "1"))
    >>> run = learn_perceptron(ands)
    >>> run.converged, run.network(ands.inputs).ravel()
    (True, array([0., 0., 0., 1.]))
    """
    X, sign = _signed("learn_perceptron", samples)
    w = np.zeros(X.shape[1]) if start is None else np.array(start, dtype=np.float64)
    if w.shape != (X.shape[1],) or passes < 1:
        raise InputError(
            f"learn_perceptron needs a start of {X.shape[1]} numbers and at least 1 pass; "
            f"got shape {w.shape} and {passes}."
        )
    path, converged, done = [w], False, 0
    mistaken: list[int] = []
    while done < passes and not converged:
        before, done = len(mistaken), done + 1
        for i in range(len(X)):
            if (w @ X[i] > 0) != (sign[i] > 0):
                w = w + sign[i] * X[i]
                path.append(w)
                mistaken.append(i)
        converged = len(mistaken) == before
    network = Network([w[None, 1:]], [w[:1]], output="step")
    return PerceptronRun(network, converged, np.array(path), np.array(mistaken, dtype=np.intp), done)


def mistake_bound(samples: Samples, separator: ArrayLike) -> float:
    """Return (R / gamma)^2, which the mistakes of learning from 0 never exceed, whatever the order.

    separator   any (b, w) that has every sample right: the wider, the smaller the bound
    returns     R the largest |(1, x)|, gamma the least distance of (1, x) to the separator's plane through 0
    raises      InputError if a sample is on the wrong side or on the plane
    source      Novikoff 1962; the first mistake may be at w = 0, where the unit is off

    >>> ands = Samples([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1], "classification", (), ("0", "1"))
    >>> round(mistake_bound(ands, [-3, 2, 2]), 6)
    51.0
    """
    X, sign = _signed("mistake_bound", samples)
    v = np.asarray(separator, dtype=np.float64)
    reach = sign * (X @ v) / np.linalg.norm(v)
    if not reach.min() > 0:
        raise InputError(
            f"mistake_bound needs a separator with every sample right; got sample {int(reach.argmin())} wrong. "
            "Ask separate(samples) for one."
        )
    return float((np.linalg.norm(X, axis=1).max() / reach.min()) ** 2)


def _signed(who: str, samples: Samples) -> tuple[Array, Array]:
    """Rows (1, x) and +1 / -1 for class 1 / 0."""
    if samples.kind != "classification" or samples.d_out != 2:
        raise InputError(f"{who} needs 2 classes; got kind {samples.kind!r} with {samples.d_out} outputs.")
    return homogeneous(samples.inputs), 2.0 * samples.targets[:, 0] - 1.0
