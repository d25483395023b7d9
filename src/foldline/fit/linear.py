"""Linear models: least squares in closed form, and descent on any loss with its whole path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import FitError, InputError
from ..losses import LOSSES, Loss, homogeneous, linear_loss
from ..network import Network
from ..same import Compared
from ..samples import Samples, need_samples
from .descent import Diverged, Plan
from .descent import descend as descend_from
from .step.stepper import State

Array = NDArray[np.float64]

LOOK = 512  # steps between two looks at the losses
ONE_LOGIT = ("binary_cross_entropy", "quadratic", "errors")  # losses of two classes told apart by one logit


@dataclass(frozen=True, eq=False, repr=False)
class LinearFit(Compared):
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


@dataclass(frozen=True, eq=False, repr=False)
class Descent(Compared):
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
    need_samples("least_squares", samples)
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
    need_samples("line", samples)
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
    need_samples("descend", samples)
    if loss not in LOSSES:
        raise InputError(f"descend needs a loss out of {', '.join(LOSSES)}; got {loss!r}.")
    measure, shape = LOSSES[loss], _shape(samples, loss)
    W = np.zeros(shape) if start is None else np.array(start, dtype=np.float64)
    if W.shape != shape:
        raise InputError(f"descend needs a start of shape {shape}; got {W.shape}.")
    step = _safe_rate(samples, measure.curvature, loss) if rate is None else rate
    if not (step > 0 and steps >= 0):
        raise InputError(f"descend needs a rate above 0 and steps of 0 or more; got {step} and {steps}.")
    stepper = _Steepest(measure, W, samples, steps)
    try:
        record = descend_from(stepper, Plan(step, steps + 1, last=1.0, look=LOOK))
    except Diverged as found:
        error = FitError(
            f"descend needs a finite loss; got {found.loss} at step {found.step}. Take a rate below {step:g}."
        )
        error.network = _network(np.atleast_2d(stepper.weights))
        raise error from found
    path = stepper.path[: record.done]
    return Descent(_network(np.atleast_2d(path[-1])), np.array(path), np.array(record.losses), step)


class _Steepest:
    """Plain descent on the total loss of a linear model; ``path`` holds the weights each step began with.

    steps   that move; a later one only looks at the loss
    """

    def __init__(self, loss: Loss, weights: Array, samples: Samples, steps: int) -> None:
        self.loss, self.weights, self.samples, self.steps = loss, weights, samples, steps
        self.path: list[Array] = []

    def run(self, first: int, rates: Array) -> Array:
        """Do some steps; after a loss that is not finite the weights stay."""
        losses = np.full(len(rates), np.nan)
        del self.path[first:]
        for k, rate in enumerate(rates.tolist()):
            with np.errstate(over="ignore", invalid="ignore"):  # a rate that is too large is told by the loss
                losses[k], gradient = linear_loss(self.loss, self.weights, self.samples.inputs, self.samples.targets)
                self.path.append(self.weights)
                if not np.isfinite(losses[k]):
                    break
                if first + k < self.steps:
                    self.weights = self.weights - rate * gradient
        return losses

    def state(self) -> State:
        """Return the weights."""
        return {"weights": self.weights}

    def load(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go back to some weights."""
        self.weights = np.asarray(state["weights"], dtype=np.float64)


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
