"""Corners: which regions may have the least or largest value of an output, by its values at the vertices of a complex.

Vertices are doubles, and where a network is steep its value a rounding away from a corner is another; so each value
comes with a bound of how far it is from the one at the true corner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...box import Box
from ...errors import NetworkError
from ..chain.form import Chain
from ..chain.reading import read_error
from ..check.check import VERTEX_ERROR
from . import measure
from .kernel import LEAST
from .pieces import map_error

if TYPE_CHECKING:
    from .complex import Complex

Array = NDArray[np.float64]
Index = NDArray[np.int64]

ULP = 2.0**-53
TOLD = 2.0**-36  # of the larger extremum of an output: regions that are as good up to this need no telling apart
TOLD_OF_FIELDS = 2.0**-20  # bounds of how steep features are between corners are wide
NOTHING = 2.0**-400  # what underflow may leave of a value that is 0
BATCH = 2**13  # vertices looked at together: what they need stays in the cache


def values_at(chain: Chain, at: Array, off: Array) -> tuple[Array, Array]:
    """Return the outputs at points, (n, d_out), and how far they are at most from those at points ``off`` away.

    off      (d_in,) along each axis
    source   running error analysis: Higham 2002, section 3.3

    >>> from foldline import Network
    >>> from foldline.exact.chain.form import chain_of
    >>> chain = chain_of(Network([[[4.0]], [[1.0]]], [[0.0], [0.0]]))
    >>> value, error = values_at(chain, np.array([[-1.0], [1.0]]), np.array([0.5]))
    >>> value.ravel(), error.ravel().round(12)
    (array([0., 4.]), array([0., 2.]))
    """
    h = chain.read(at)
    error = np.broadcast_to(read_error(chain.grid, off, np.abs(at).max(axis=0, initial=0.0)), h.shape)
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


def extremes(whole: Complex, *, certify: bool) -> tuple[Array, Array]:
    """Return the least and then the largest value of each output, (2 d_out,), and where it is, (2 d_out, d)."""
    reach = np.maximum(np.abs(whole.box.lo), np.abs(whole.box.hi))
    able, best, values, doubt = candidates(whole.chain, whole, reach)
    size = np.abs(values.reshape(-1, 2)).max(axis=1).repeat(2)
    nothing = NOTHING if whole.start is not None else -1.0
    if not certify or (np.isfinite(size) & ((doubt <= TOLD * size) | (doubt <= nothing))).all():
        return values, whole.vertices[best]
    if whole.start is not None:
        if (np.isfinite(size) & (doubt <= TOLD_OF_FIELDS * size)).all():
            return values, whole.vertices[best]
        raise NetworkError(
            f"extrema needs values that floats tell to {TOLD_OF_FIELDS:.0e} of the larger one; got a field that leaves "
            f"{float(doubt.max()):.0e} in doubt. Ask with certify=False for what floats tell."
        )
    return whole.listed(able).extremes(certify=certify, told=TOLD)


def candidates(chain: Chain, whole: Complex, reach: Array) -> tuple[Index, Array, Array, Array]:
    """Return the regions that may hold an extremum, and for each output and end the best vertex, its value, its doubt.

    reach     (d_in,) the size of the coordinates: a vertex is within ``VERTEX_ERROR`` of it
    returns   regions in order; then for least, largest of the first output, of the second, ...: the vertex (2 d_out,),
              the value there, and how far it, or that of another vertex that may be as good, is from the true one
    """
    with np.errstate(over="ignore", invalid="ignore"):
        chosen = _in_question(chain, whole, reach)
        at = whole.vertices[chosen]
        parts = [values_at(chain, at[i : i + BATCH], VERTEX_ERROR * reach) for i in range(0, len(at), BATCH)]
        values, errors = (np.concatenate(each) for each in zip(*parts, strict=True))
        signed, able = _able(values, errors)
    best = np.nan_to_num(signed, nan=np.inf).argmin(axis=0)
    twice = np.repeat(np.nan_to_num(errors, nan=np.inf), 2, axis=1)
    doubt = np.where(able, twice, 0.0).max(axis=0)
    wanted = np.zeros(len(whole.vertices), dtype=np.bool_)
    wanted[chosen] = able.any(axis=1)
    return _around(whole, wanted), chosen[best], values[best, np.arange(signed.shape[1]) // 2], doubt


def _able(values: Array, errors: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Return each output and its negative, (n, 2 d_out), and which of them may be the least, given their errors."""
    signed = np.stack([values, -values], axis=2).reshape(len(values), -1)
    twice = np.repeat(errors, 2, axis=1)
    worst, least = (np.nan_to_num(signed + e, nan=n) for e, n in ((twice, np.inf), (-twice, -np.inf)))
    return signed, least <= worst.min(axis=0)


def _in_question(chain: Chain, whole: Complex, reach: Array) -> Index:
    """The vertices that may hold an extremum, by the affine map of one region around each: a quick look at many."""
    region = _region_at(whole)
    used = np.flatnonzero(region >= 0)
    maps, x = whole.maps[region[used]], whole.vertices[used]
    slopes, offset = maps[..., :-1], maps[..., -1]
    values = np.einsum("voi,vi->vo", slopes, x) + offset
    steep = np.abs(slopes)
    size = np.einsum("voi,vi->vo", steep, np.abs(x)) + np.abs(offset)
    entry = map_error(chain, Box(-reach, reach)) * (1.0 + np.abs(x).sum(axis=1, keepdims=True))
    errors = steep @ (VERTEX_ERROR * reach) + entry + 2 * (whole.d + 2) * ULP * size
    return used[_able(values, errors)[1].any(axis=1)]


def _region_at(whole: Complex) -> Index:
    """A region around each vertex; -1 for those around which an answer that was cut short has none."""
    facets, owner = measure.sides(whole)
    at = np.full(len(whole.vertices), -1)
    if whole.d == 1:
        at[facets] = owner
    elif whole.d == 2:
        at[whole.loop_vertices] = owner  # a corner of a face stands beside each of its edges
    else:
        of_face = np.empty(len(whole.loop_start) - 1, dtype=np.int64)
        of_face[facets] = owner
        at[whole.loop_vertices] = np.repeat(of_face, np.diff(whole.loop_start))
    return at


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
