"""The units of the lecture: value, derivative, and their pieces where they are piecewise linear.

At a joint the derivative is the slope to the left, so relu'(0) = 0: a unit whose pre-activation is 0 counts as off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Unit:
    """One activation function.

    joints, slopes   for a piecewise-linear unit: where it bends, and its slope left of, between and right of the joints
    monotone         strictly increasing, so that it can be looked through when only the sign of its argument matters
    inverse          the pre-activation that gives a value, for a strictly increasing unit
    """

    name: str
    value: Callable[[Array], Array]
    derivative: Callable[[Array], Array]
    joints: tuple[float, ...] | None = None
    slopes: tuple[float, ...] | None = None
    inverse: Callable[[float], float] | None = None

    def __call__(self, z: Array) -> Array:
        return self.value(np.asarray(z, dtype=np.float64))

    @property
    def piecewise_linear(self) -> bool:
        return self.slopes is not None


def sigmoid(z: Array) -> Array:
    """Return 1 / (1 + exp(-z)) without overflow.

    >>> float(sigmoid(np.float64(0.5 * 0.2 + 0.6 * 0.3 + 0.1 * 0.9 + 0.5)).round(7))
    0.7047457
    """
    z = np.asarray(z, dtype=np.float64)
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1.0 + e)


def softplus(z: Array) -> Array:
    """Return log(1 + exp(z)), the smooth ReLU, without overflow."""
    return np.logaddexp(0.0, z)


def log_sigmoid(z: Array) -> Array:
    """Return log(sigmoid(z)) without underflow: -log(1 + exp(-z)).

    >>> float(log_sigmoid(np.float64(-1000.0)))
    -1000.0
    """
    return -np.logaddexp(0.0, -np.asarray(z, dtype=np.float64))


def logsumexp(a: Array, axis: int = -1) -> Array:
    """Return log(sum(exp(a))) along an axis without overflow, that axis removed.

    >>> float(logsumexp(np.array([1000.0, 1000.0])).round(6))
    1000.693147
    """
    a = np.asarray(a, dtype=np.float64)
    top = a.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)  # all terms 0, or one infinite: nothing to take out
    with np.errstate(divide="ignore"):  # ln 0 = -inf is the right answer here
        return np.asarray(np.squeeze(top + np.log(np.exp(a - top).sum(axis=axis, keepdims=True)), axis=axis))


def log_softmax(a: Array, axis: int = -1) -> Array:
    """Return the logarithm of softmax without underflow, the shape of ``a``.

    >>> log_softmax(np.array([0.0, -1000.0])).tolist()
    [0.0, -1000.0]
    """
    a = np.asarray(a, dtype=np.float64)
    return a - np.expand_dims(logsumexp(a, axis), axis)


def softmax(a: Array, axis: int = -1) -> Array:
    """Return exp(a) / sum(exp(a)) along an axis: a distribution, the same for a and a + c.

    source   lecture 3, "Soft-Max Function"; the slide prints (0.005, 0.7275, 0.2676)

    >>> softmax(np.array([-3.0, 2.0, 1.0])).round(6).tolist()
    [0.004902, 0.727475, 0.267623]
    """
    return np.exp(log_softmax(a, axis))


def two_slope(name: str, below: float) -> Unit:
    """Return the unit z -> z for z > 0 and below * z otherwise (ReLU 0, leaky ReLU 0.01, absolute value -1)."""
    return Unit(
        name,
        lambda z: np.where(z > 0, z, below * z + 0.0),
        lambda z: np.where(z > 0, 1.0, below),
        joints=(0.0,),
        slopes=(below, 1.0),
    )


def _clamp(name: str, lo: float, hi: float) -> Unit:
    return Unit(
        name,
        lambda z: np.clip(z, lo, hi),
        lambda z: np.where((z > lo) & (z <= hi), 1.0, 0.0),
        joints=(lo, hi),
        slopes=(0.0, 1.0, 0.0),
    )


LEAKY_SLOPE = 0.01  # PyTorch's default slope below zero

UNITS: dict[str, Unit] = {
    unit.name: unit
    for unit in (
        Unit("identity", lambda z: z, np.ones_like, (), (1.0,), lambda y: y),
        two_slope("relu", 0.0),
        two_slope("leaky_relu", LEAKY_SLOPE),
        two_slope("abs", -1.0),
        _clamp("hard_tanh", -1.0, 1.0),
        _clamp("relu6", 0.0, 6.0),
        Unit("step", lambda z: (z > 0).astype(np.float64), np.zeros_like),
        Unit("sigmoid", sigmoid, lambda z: sigmoid(z) * sigmoid(-z), inverse=lambda y: float(np.log(y) - np.log1p(-y))),
        Unit("tanh", np.tanh, lambda z: 1.0 - np.tanh(z) ** 2, inverse=lambda y: float(np.arctanh(y))),
        Unit("sine", np.sin, np.cos),
        Unit("softplus", softplus, sigmoid, inverse=lambda y: float(np.log(np.expm1(y)))),
    )
}


def of_layers(activation: str | Sequence[str], layers: int) -> tuple[str, ...]:
    """Return the unit's name of each hidden layer: one name stands for all.

    >>> of_layers("relu", 2), of_layers(("abs", "relu"), 2)
    (('relu', 'relu'), ('abs', 'relu'))
    """
    return (activation,) * layers if isinstance(activation, str) else tuple(activation)


ROW_UNITS: dict[str, Callable[[Array], Array]] = {"softmax": softmax, "log_softmax": log_softmax}
"""Last activations that read all outputs of a row; they keep the order of the outputs, so classes are the logits'."""
