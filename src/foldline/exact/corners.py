"""Corners: which regions may have the least or largest value of an output, by its values at the vertices of a complex.

Vertices are doubles, and where a network is steep its value a rounding away from a corner is another; so each value
comes with a bound of how far it is from the one at the true corner.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from . import measure
from .chain import Chain
from .check import VERTEX_ERROR
from .complex import Complex
from .kernel import LEAST

Array = NDArray[np.float64]
Index = NDArray[np.int64]

ULP = 2.0**-53
BATCH = 2**13  # vertices looked at together: what they need stays in the cache


def values_at(chain: Chain, at: Array, off: Array) -> tuple[Array, Array]:
    """Return the outputs at points, (n, d_out), and how far they are at most from those at points ``off`` away.

    off      (d_in,) along each axis
    source   running error analysis: Higham 2002, section 3.3

    >>> from foldline import Network
    >>> from foldline.exact.chain import chain_of
    >>> chain = chain_of(Network([[[4.0]], [[1.0]]], [[0.0], [0.0]]))
    >>> value, error = values_at(chain, np.array([[-1.0], [1.0]]), np.array([0.5]))
    >>> value.ravel(), error.ravel().round(12)
    (array([0., 4.]), array([0., 2.]))
    """
    h, error = at, np.broadcast_to(off, at.shape)
    for W, b, below in zip(chain.weights, chain.biases, (*chain.below, None), strict=True):
        size, gamma = np.abs(W).T, (W.shape[1] + 4) * ULP
        z = h @ W.T + b
        error = ((1.0 + gamma) * error + 2.0 * gamma * np.abs(h)) @ size + 2.0 * gamma * np.abs(b) + LEAST
        if below is None:
            return z, error
        slope = np.abs(below)
        error = error * np.where(z > error, 1.0, np.where(z < -error, slope, np.maximum(slope, 1.0)))
        h = np.where(z > 0, z, below * z)
        error = error + ULP * np.abs(h)
    raise AssertionError("a chain has an output layer")


def candidates(chain: Chain, whole: Complex, reach: Array) -> tuple[Index, Array, Array, Array]:
    """Return the regions that may hold an extremum, and for each output and end the best vertex, its value, its doubt.

    reach     (d_in,) the size of the coordinates: a vertex is within ``VERTEX_ERROR`` of it
    returns   regions in order; then for least, largest of the first output, of the second, ...: the vertex (2 d_out,),
              the value there, and how far it, or that of another vertex that may be as good, is from the true one
    """
    at = whole.vertices
    with np.errstate(over="ignore", invalid="ignore"):
        parts = [values_at(chain, at[i : i + BATCH], VERTEX_ERROR * reach) for i in range(0, len(at), BATCH)]
        values, errors = (np.concatenate(each) for each in zip(*parts, strict=True))
        signed = np.stack([values, -values], axis=2).reshape(len(at), -1)
        twice = np.repeat(errors, 2, axis=1)
        worst, least = (np.nan_to_num(signed + e, nan=n) for e, n in ((twice, np.inf), (-twice, -np.inf)))
        able = least <= worst.min(axis=0)
    best = np.nan_to_num(signed, nan=np.inf).argmin(axis=0)
    doubt = np.where(able, np.nan_to_num(twice, nan=np.inf), 0.0).max(axis=0)
    columns = np.arange(signed.shape[1])
    return _around(whole, able.any(axis=1)), best, values[best, columns // 2], doubt


def _around(whole: Complex, wanted: NDArray[np.bool_]) -> Index:
    """The regions with one of some vertices."""
    facets, owner = measure.sides(whole)
    if whole.d == 1:
        hit = wanted[facets]
    elif whole.d == 2:
        hit = wanted[whole.loop_vertices]
    else:
        hit = np.logical_or.reduceat(wanted[whole.loop_vertices], whole.loop_start[:-1])[facets]
    return np.unique(owner[hit])
