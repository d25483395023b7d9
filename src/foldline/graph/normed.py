"""Weights as normalisations make them: of lengths and directions, or by the largest stretch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def weight_normed(g: Array, v: Array) -> Array:
    """Return g v / |v|, the nearest float64 each; the norm runs over the axes on which g has length 1.

    source   Salimans and Kingma 2016, Weight normalization, equation 2

    >>> weight_normed(np.array([[10.0]]), np.array([[3.0, 4.0]])).tolist()
    [[6.0, 8.0]]
    """
    axes = tuple(axis for axis, n in enumerate(g.shape) if n == 1) if g.ndim == v.ndim else None
    return np.asarray(g * v / np.sqrt((v * v).sum(axis=axes, keepdims=True)))


def spectral_normed(W: Array, u: Array, v: Array) -> Array:
    """Return W / u'Wv, the nearest float64 each: u and v are as the file has them, near the singular vectors of W.

    source   Miyato et al. 2018, Spectral normalization for generative adversarial networks, algorithm 1

    >>> spectral_normed(np.array([[3.0, 0.0], [0.0, 2.0]]), np.array([1.0, 0.0]), np.array([1.0, 0.0])).tolist()
    [[1.0, 0.0], [0.0, 0.6666666666666666]]
    """
    return np.asarray(W / (u @ (W.reshape(len(W), -1) @ v)))
