"""The losses of the lecture as closed forms: value and gradient, one number an example.

A loss compares what a network gives before its loss's own softening (a prediction, or a logit) with a target.
Every gradient is the formula a student derives by hand; the tests hold it against automatic differentiation.
Distributions (entropy, cross entropy, KL divergence) are measured in nats.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .activations import log_sigmoid, log_softmax, sigmoid, softmax
from .errors import InputError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Loss:
    """One loss.

    value      (z, y) -> (n,) losses
    gradient   (z, y) -> derivative of each loss with respect to z, the shape of z
    curvature  an upper bound of the second derivative with respect to z; inf where there is none (plain descent on a
               linear model is safe with step 1 / (curvature * largest eigenvalue of X'X))

    z is (n, d) predictions, or logits for the cross entropies; y is (n, d), or (n,) class numbers for
    "cross_entropy".  A loss over several outputs sums over them.
    """

    name: str
    value: Callable[[Array, Array], Array]
    gradient: Callable[[Array, Array], Array]
    curvature: float

    def __call__(self, z: ArrayLike, y: ArrayLike) -> Array:
        return self.value(*_pair(self.name, z, y))

    def slope(self, z: ArrayLike, y: ArrayLike) -> Array:
        """Return the gradient with respect to z, checked like the value."""
        return self.gradient(*_pair(self.name, z, y))


def _pair(name: str, z: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    z, y = np.asarray(z, dtype=np.float64), np.asarray(y, dtype=np.float64)
    z = z[:, None] if z.ndim == 1 else z
    if name == "cross_entropy":
        y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
        if y.shape != z.shape[:1] or not np.array_equal(y, np.clip(np.rint(y), 0, z.shape[1] - 1)):
            raise InputError(
                f"cross_entropy needs one class number 0..{z.shape[1] - 1} a row; "
                f"got y of shape {y.shape}, values {y.min():g} to {y.max():g}."
            )
        return z, y
    y = y[:, None] if y.ndim == 1 else y
    if z.shape != y.shape:
        raise InputError(f"{name} needs predictions and targets of one shape; got {z.shape} and {y.shape}.")
    if name == "binary_cross_entropy" and not np.all((y >= 0) & (y <= 1)):
        raise InputError(f"{name} needs targets from 0 to 1; got {y.min():g} to {y.max():g}.")
    return z, y


def _rows(values: Array) -> Array:
    return np.asarray(values.sum(axis=1))


def _one_hot(z: Array, y: Array) -> Array:
    return np.asarray(np.eye(z.shape[1])[y.astype(np.intp)])


def _sigmoid_slope(z: Array) -> Array:
    return np.asarray(sigmoid(z) * sigmoid(-z))


LOSSES: dict[str, Loss] = {
    loss.name: loss
    for loss in (
        # [y != u(z)]: its gradient is zero wherever it exists, "Zero Gradients Problem"
        Loss("errors", lambda z, y: _rows(1.0 * ((z > 0) != (y > 0.5))), lambda z, y: np.zeros_like(z), np.inf),
        Loss("squared", lambda z, y: _rows((y - z) ** 2), lambda z, y: 2.0 * (z - y), 2.0),
        Loss("absolute", lambda z, y: _rows(np.abs(y - z)), lambda z, y: np.sign(z - y), np.inf),
        # (y - sigma(z))^2, "Quadratic Loss": for a badly wrong z the gradient is near 0
        Loss(
            "quadratic",
            lambda z, y: _rows((y - sigmoid(z)) ** 2),
            lambda z, y: 2.0 * (sigmoid(z) - y) * _sigmoid_slope(z),
            0.1541,  # the largest |2 s'^2 + 2 (s - y) s''| over z is 0.15406, for y = 0 and y = 1 alike
        ),
        # -y ln sigma - (1 - y) ln(1 - sigma): gradient sigma - y
        Loss(
            "binary_cross_entropy",
            lambda z, y: _rows(-y * log_sigmoid(z) - (1.0 - y) * log_sigmoid(-z)),
            lambda z, y: sigmoid(z) - y,
            0.25,
        ),
        # -ln softmax_y: gradient softmax - one-hot; its second derivative diag(p) - pp' has eigenvalues up to 1/2
        Loss(
            "cross_entropy",
            lambda z, y: -np.take_along_axis(log_softmax(z), y.astype(np.intp)[:, None], axis=1)[:, 0],
            lambda z, y: softmax(z) - _one_hot(z, y),
            0.5,
        ),
    )
}


def normal_nll(mean: ArrayLike, y: ArrayLike, sigma: float) -> Array:
    """Return -ln of the normal density of y, (n,): squared error up to scale and a constant.

    sigma    the deviation, above 0
    source   Prince 2023, equation 5.9

    >>> float(normal_nll([0.0], [0.0], 1.0).round(6)[0])
    0.918939
    """
    if not sigma > 0:
        raise InputError(f"normal_nll needs sigma above 0; got {sigma}.")
    return np.asarray(LOSSES["squared"](mean, y) / (2.0 * sigma**2) + 0.5 * np.log(2.0 * np.pi * sigma**2))


def normal_nll_slope(mean: ArrayLike, y: ArrayLike, sigma: float) -> Array:
    """Return the gradient of ``normal_nll`` with respect to the mean, (n, d): (mean - y) / sigma^2.

    >>> normal_nll_slope([3.0], [1.0], 2.0)
    array([[0.5]])
    """
    if not sigma > 0:
        raise InputError(f"normal_nll_slope needs sigma above 0; got {sigma}.")
    return np.asarray(LOSSES["squared"].slope(mean, y) / (2.0 * sigma**2))


def entropy(p: ArrayLike) -> float:
    """Return -sum p ln p of a distribution, in nats; 0 ln 0 is 0.

    >>> round(entropy([0.5, 0.5]), 7)
    0.6931472
    """
    p = _distribution("entropy", "p", p)
    return _mean_code(p, p)


def entropy_slope(p: ArrayLike) -> Array:
    """Return the gradient of ``entropy`` with respect to each probability: -ln p - 1, infinite where p is 0.

    Along the simplex only differences count: they are 0 where all p are equal, and the entropy is largest.

    >>> entropy_slope([1.0, 0.0])
    array([-1., inf])
    """
    p = _distribution("entropy_slope", "p", p)
    with np.errstate(divide="ignore"):
        return -np.log(p) - 1.0


def cross_entropy(p: ArrayLike, q: ArrayLike) -> float:
    """Return -sum p ln q of two distributions, in nats: entropy(p) + kl_divergence(p, q).

    source   lecture 3, "Cross-Entropy Loss"; infinite where q is 0 and p is not

    >>> round(cross_entropy([1.0, 0.0], [0.8, 0.2]), 7)
    0.2231436
    """
    return _mean_code(*_distributions("cross_entropy", p, q))


def kl_divergence(p: ArrayLike, q: ArrayLike) -> float:
    """Return sum p ln(p / q), in nats: what coding p with q's code costs beyond p's own entropy; never negative.

    >>> kl_divergence([0.3, 0.7], [0.3, 0.7])
    0.0
    """
    p, q = _distributions("kl_divergence", p, q)
    return max(0.0, _mean_code(p, q) - _mean_code(p, p))  # of nearly equal distributions the rounding may be negative


def cross_entropy_slope(p: ArrayLike, q: ArrayLike) -> Array:
    """Return the gradient of ``cross_entropy``, and of ``kl_divergence``, with respect to each q: -p / q.

    They have one gradient because they differ by the entropy of p, which q does not change.  For q the softmax of
    logits a, the chain rule makes of it q - p: ``LOSSES["cross_entropy"]`` where p is one-hot.

    >>> cross_entropy_slope([1.0, 0.0], [0.8, 0.2])
    array([-1.25, -0.  ])
    """
    p, q = _distributions("cross_entropy_slope", p, q)
    with np.errstate(divide="ignore"):
        return np.divide(-p, q, out=np.zeros_like(q), where=(p > 0) | (q > 0))


# A distribution that was computed in doubles sums to 1 up to a rounding a term: 1e-9 admits 10^6 classes.
SUM_ROUNDING = 1e-9


def _distribution(who: str, name: str, values: ArrayLike) -> Array:
    p = np.asarray(values, dtype=np.float64).ravel()
    if not (np.all(p >= 0) and abs(p.sum() - 1.0) <= SUM_ROUNDING):
        raise InputError(f"{who} needs {name} >= 0 with sum 1; got {np.array2string(p, threshold=6)}.")
    return p


def _distributions(who: str, p: ArrayLike, q: ArrayLike) -> tuple[Array, Array]:
    p, q = _distribution(who, "p", p), _distribution(who, "q", q)
    if p.shape != q.shape:
        raise InputError(f"{who} needs distributions over the same classes; got {p.size} and {q.size} numbers.")
    return p, q


def _mean_code(p: Array, q: Array) -> float:
    """-sum p ln q, where 0 ln 0 is 0."""
    used = p > 0
    with np.errstate(divide="ignore"):  # ln 0 = -inf is the right answer here
        return float(-(p[used] * np.log(q[used])).sum()) + 0.0


def linear_loss(loss: Loss, W: ArrayLike, inputs: ArrayLike, targets: ArrayLike) -> tuple[float, Array]:
    """Return the total loss of a linear model and its gradient, the shape of W.

    W         (d_in + 1,) or (K, d_in + 1): the bias w_0 first, as on the slides, X = (1, x)
    source    lecture 3, "Training Perceptron"; sum over i of dL/dz_i X_i

    >>> linear_loss(LOSSES["squared"], [0.0, 1.0], [[1.0], [2.0]], [1.0, 3.0])
    (1.0, array([-2., -4.]))
    """
    W = np.asarray(W, dtype=np.float64)
    X = homogeneous(inputs)
    z = X @ np.atleast_2d(W).T
    return float(loss(z, targets).sum()), (loss.slope(z, targets).T @ X).reshape(W.shape)


def homogeneous(inputs: ArrayLike) -> Array:
    """Return rows (1, x), so that a bias is a weight like the others.

    >>> homogeneous([[2.0, 3.0]])
    array([[1., 2., 3.]])
    """
    x = np.asarray(inputs, dtype=np.float64)
    return np.column_stack([np.ones(len(x)), x])
