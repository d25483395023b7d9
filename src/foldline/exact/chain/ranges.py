"""Ranges: whether every number on the way through a network stays one that doubles hold, by bounds worked out first.

What underflows is taken care of by the engines: their error bounds have room for it, and what lies inside a bound is
decided in rational arithmetic.  What overflows is not: it would come out infinite, or as a difference of two such.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...box import Box
from ...errors import NetworkError
from ...network import Network
from ..complex.kernel import spectral_norm
from .form import Chain, chain_of
from .reading import read_sizes, read_slopes

Array = NDArray[np.float64]

MOST = 2.0**960  # of a bound: sums of millions of such, and differences, are doubles still


def chain_in_range(who: str, network: Network, box: Box) -> Chain:
    """Return the network in normal form, the one that exact questions about a box are asked of.

    who      asks, for the message
    raises   NetworkError if a unit is not piecewise linear, or a number may come too near the end of the doubles

    >>> big = Network([[[1e200]], [[1e200]]], [[0.0], [0.0]])
    >>> chain_in_range("regions", big, Box([-1], [1]))
    Traceback (most recent call last):
    foldline.errors.NetworkError: regions needs numbers below 9.7e+288 on the way through a network; ...
    """
    chain = chain_of(network)
    sizes = sizes_of(chain, box)
    if not sizes[-1] < MOST:  # the norm is sharper and dearer: hundreds of layers multiply what the bounds give away
        sizes = sizes_of(chain, box, spectral_norm)
    worst = next((layer for layer, size in enumerate(sizes) if not size < MOST), None)
    if worst is not None:
        largest = float(np.abs(chain.weights[worst]).max())
        raise NetworkError(
            f"{who} needs numbers below {MOST:.2g} on the way through a network; got a bound of {sizes[worst]:.2g} in "
            f"layer {worst + 1} of its normal form, with weights up to {largest:.2g}. "
            "Divide its weights, and the biases from there on, by a power of two (with ReLU the regions stay), "
            "or ask about a smaller box."
        )
    return chain


def sizes_of(chain: Chain, box: Box, norm_of: Callable[[Array], float] | None = None) -> list[float]:
    """Return, layer by layer, a bound of every number that the engines make there, and of their products with a box.

    Values, the maps of regions, and what changes in them when units flip are sums over paths from some layer to a later
    one: products of neighbouring layers' norms bound them all, and the longest such product so far is carried on.
    norm_of   the bound of a layer's norm, ``norm_bound`` unless given
    """
    reach = max(1.0, length(read_sizes(chain, box)))
    longest = 1.0 if chain.grid is None else max(1.0, length(read_slopes(chain).ravel()))
    value, slope, out = reach, 1.0, []
    with np.errstate(over="ignore", invalid="ignore"):
        for W, b, below in zip(chain.weights, chain.biases, (*chain.below, np.zeros(0)), strict=True):
            norm, bias = slope * (norm_of or norm_bound)(W), length(b)
            longest = max(norm * max(longest, 1.0), bias)
            value = norm * value + bias
            slope = max(1.0, float(np.abs(below).max(initial=0.0)))
            out.append(max(longest * reach, value))
    return out


def norm_bound(W: Array) -> float:
    """Return a bound of the spectral norm of |W|, 1 for the identity; no square takes it out of the doubles."""
    size = np.abs(W)
    rows, columns = float(size.sum(axis=1).max()), float(size.sum(axis=0).max())
    return float(min(length(W.ravel()), np.sqrt(rows) * np.sqrt(columns)))


def length(v: Array) -> float:
    """Return the Euclidean norm; its squares do not leave the doubles."""
    square = float(np.vdot(v, v))
    if 2.0**-900 < square < np.inf:
        return float(np.sqrt(square))
    top = float(np.abs(v).max(initial=0.0))
    return float(top * np.linalg.norm(v / top)) if 0 < top < np.inf else top
