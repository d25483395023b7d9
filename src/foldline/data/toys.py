"""Small made data for the eye: classes in the plane and curves on the line."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..samples import Samples

Array = NDArray[np.float64]


def blobs(n: int = 150, *, n_classes: int = 3, spread: float = 0.4, seed: int = 0) -> Samples:
    """Return normal clouds on a circle of radius 2, one a class.

    >>> blobs(9).inputs.shape
    (9, 2)
    """
    rng, labels = _start("blobs", n, n_classes, seed)
    angle = 2 * np.pi * labels / n_classes
    centres = 2 * np.column_stack([np.cos(angle), np.sin(angle)])
    return _plane(centres + spread * rng.normal(size=(n, 2)), labels, n_classes)


def rings(n: int = 200, *, n_classes: int = 2, noise: float = 0.1, seed: int = 0) -> Samples:
    """Return rings around the origin of radius 1, 2, ...: not linearly separable for any number of classes.

    >>> rings(10).d_out
    2
    """
    rng, labels = _start("rings", n, n_classes, seed)
    angle, radius = rng.uniform(0, 2 * np.pi, n), 1.0 + labels + noise * rng.normal(size=n)
    return _plane(radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]), labels, n_classes)


def spirals(n: int = 200, *, n_classes: int = 2, turns: float = 1.5, noise: float = 0.05, seed: int = 0) -> Samples:
    """Return spiral arms that start at the origin, one a class, evenly turned.

    >>> spirals(10).kind
    'classification'
    """
    rng, labels = _start("spirals", n, n_classes, seed)
    t = np.sqrt(rng.uniform(0, 1, n))
    angle = 2 * np.pi * (turns * t + labels / n_classes)
    inputs = 2 * t[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]) + noise * rng.normal(size=(n, 2))
    return _plane(inputs, labels, n_classes)


def moons(n: int = 200, *, noise: float = 0.1, seed: int = 0) -> Samples:
    """Return two half circles, each reaching into the other.

    >>> len(moons(10))
    10
    """
    rng, labels = _start("moons", n, 2, seed)
    angle, sign = rng.uniform(0, np.pi, n), 1.0 - 2.0 * labels
    inputs = np.column_stack([sign * np.cos(angle) + labels, sign * np.sin(angle) + 0.5 * labels])
    return _plane(inputs + noise * rng.normal(size=(n, 2)), labels, 2)


def curve(
    function: Callable[[Array], Array],
    interval: tuple[float, float] = (0.0, 1.0),
    n: int = 100,
    *,
    noise: float = 0.0,
    seed: int = 0,
) -> Samples:
    """Return n evenly spaced points of a function of one input, with normal noise on the targets.

    >>> curve(np.sin, (0, np.pi), 3).targets.ravel().round(6)
    array([0., 1., 0.])
    """
    lo, hi = interval
    if not (np.isfinite([lo, hi]).all() and lo < hi and n >= 1):
        raise InputError(f"curve needs a finite interval and at least 1 point; got ({lo}, {hi}) and {n}.")
    x = np.linspace(lo, hi, n)
    y = np.asarray(function(x), dtype=np.float64) + noise * np.random.default_rng(seed).normal(size=n)
    return Samples(x[:, None], y, "regression", ("x",))


def _start(who: str, n: int, n_classes: int, seed: int) -> tuple[np.random.Generator, NDArray[np.intp]]:
    if n_classes < 2 or n < n_classes:
        raise InputError(f"{who} needs >= 2 classes and a point for each; got {n} points, {n_classes} classes.")
    return np.random.default_rng(seed), np.arange(n) % n_classes


def _plane(inputs: Array, labels: NDArray[np.intp], n_classes: int) -> Samples:
    return Samples(
        inputs, labels.astype(np.float64), "classification", ("x1", "x2"), tuple(str(k) for k in range(n_classes))
    )
