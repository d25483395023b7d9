"""Linear models: least squares in closed form, and descent on any loss with its whole path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import FitError, InputError
from ..losses import LOSSES, homogeneous, linear_loss
from ..network import Network
from ..samples import Samples

Array = NDArray[np.float64]

ONE_LOGIT = ("binary_cross_entropy", "quadratic", "errors")  # losses of two classes told apart by one logit


@dataclass(frozen=True, eq=False)
class LinearFit:
    """The least-squares solution.

    network    the linear model, no hidden layer
    weights    (d_out, d_in + 1): phi_0 (the offset) first, then the slopes
    residuals  (n, d_out) target minus prediction
    loss       sum of the squared residuals
    rank       of the rows (1, x); below d_in + 1 the solution shown is the shortest of many
    """

    network: Network
    weights: Array
    residuals: Array
    loss: float
    rank: int


@dataclass(frozen=True, eq=False)
class Descent:
    """What gradient descent did.

    network    the linear model it ended with: predictions, or logits for the cross entropies
    path       (steps + 1, ...) weights, the start first
    losses     (steps + 1,) total loss at each
    rate       step size used
    """

    network: Network
    path: Array
    losses: Array
    rate: float


def least_squares(samples: Samples) -> LinearFit:
    """Return the linear model with the least sum of squared residuals, in closed form.

    source   lecture 3, "1D Linear regression": phi = (X'X)^-1 X'y, by an orthogonal factorisation

    >>> least_squares(Samples([[0], [1], [2]], [1, 3, 5])).weights.round(9)
    array([[1., 2.]])
    """
    if samples.kind == "classification":
        raise InputError("least_squares needs numbers to predict; got a classification. Use descend(samples, loss).")
    X = homogeneous(samples.inputs)
    solved, _, rank, _ = np.linalg.lstsq(X, samples.targets, rcond=None)
    solution = np.asarray(solved, dtype=np.float64)
    residuals = samples.targets - X @ solution
    return LinearFit(_network(solution.T), solution.T, residuals, float((residuals**2).sum()), int(rank))


def line(samples: Samples) -> tuple[float, float]:
    """Return (phi_0, phi_1) of 1-D regression by the textbook's formula: slope = cov(x, y) / var(x).

    raises   InputError if there is not one input and one target, or all x are equal

    >>> line(Samples([[0], [1], [2]], [1, 3, 5]))
    (1.0, 2.0)
    """
    if samples.d_in != 1 or samples.targets.shape[1] != 1 or samples.kind == "classification":
        raise InputError(f"line needs 1 input and 1 number; got {samples.d_in} and {samples.targets.shape[1]}.")
    x, y = samples.inputs[:, 0], samples.targets[:, 0]
    spread = x - x.mean()
    if not spread.any():
        raise InputError(f"line needs at least 2 different x; got {x[0]:g} only.")
    slope = float(spread @ (y - y.mean()) / (spread @ spread))
    return float(y.mean() - slope * x.mean()), slope


def descend(
    samples: Samples,
    loss: str = "squared",
    *,
    steps: int = 1000,
    rate: float | None = None,
    start: ArrayLike | None = None,
) -> Descent:
    """Follow the negative gradient of the total loss of a linear model from a start, and keep the path.

    loss     a name of ``losses.LOSSES``; "binary_cross_entropy" and "quadratic" for 2 classes (one logit),
             "cross_entropy" for any number (a logit a class)
    rate     step size; unless given 1 / L with L the bound of the curvature, so that the loss never rises
    start    weights (bias first), 0 unless given: (d_in + 1,) for one output, else (d_out, d_in + 1)
    raises   FitError naming the step if the loss stops being finite; ``error.network`` holds the last good weights
    source   lecture 3, "Training Perceptron": softened by a sigmoid, so that the gradient is not 0

    >>> bowl = descend(Samples([[0], [1], [2]], [1, 3, 5]), steps=500)
    >>> bowl.path[-1].round(6)
    array([1., 2.])
    """
    if loss not in LOSSES:
        raise InputError(f"descend needs a loss out of {', '.join(LOSSES)}; got {loss!r}.")
    measure, shape = LOSSES[loss], _shape(samples, loss)
    W = np.zeros(shape) if start is None else np.array(start, dtype=np.float64)
    if W.shape != shape:
        raise InputError(f"descend needs a start of shape {shape}; got {W.shape}.")
    step = _safe_rate(samples, measure.curvature, loss) if rate is None else rate
    if not (step > 0 and steps >= 0):
        raise InputError(f"descend needs a rate above 0 and steps of 0 or more; got {step} and {steps}.")
    value, gradient = linear_loss(measure, W, samples.inputs, samples.targets)
    path, losses = [W], [value]
    for k in range(steps):
        with np.errstate(over="ignore", invalid="ignore"):  # a rate that is too large is reported below
            W = W - step * gradient
            value, gradient = linear_loss(measure, W, samples.inputs, samples.targets)
        if not np.isfinite(value):
            error = FitError(f"descend needs a finite loss; got {value} at step {k + 1}. Take a rate below {step:g}.")
            error.network = _network(np.atleast_2d(path[-1]))
            raise error
        path.append(W)
        losses.append(value)
    return Descent(_network(np.atleast_2d(W)), np.array(path), np.array(losses), step)


def _shape(samples: Samples, loss: str) -> tuple[int, ...]:
    if (loss == "cross_entropy") != (samples.kind == "classification" and loss not in ONE_LOGIT):
        raise InputError(f"descend needs a loss that fits the targets; got {loss!r} for a {samples.kind}.")
    if loss in ONE_LOGIT and samples.d_out != 2:
        raise InputError(f"descend needs 2 classes for {loss!r}; got {samples.d_out}. Use 'cross_entropy'.")
    n_outputs = 1 if loss in ONE_LOGIT else samples.d_out
    return (samples.d_in + 1,) if n_outputs == 1 else (n_outputs, samples.d_in + 1)


def _safe_rate(samples: Samples, curvature: float, loss: str) -> float:
    if not np.isfinite(curvature):
        raise InputError(f"descend needs a rate for {loss!r}, whose curvature has no bound; got none.")
    X = homogeneous(samples.inputs)
    return float(1.0 / (curvature * np.linalg.norm(X, 2) ** 2))


def _network(weights: Array) -> Network:
    return Network([weights[:, 1:]], [weights[:, 0]])
