"""Reading: bounds of what a chain's first layer reads, the inputs or the values of a grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..box import Box
from ..grid import Grid
from .chain import Chain

Array = NDArray[np.float64]

ULP = 2.0**-53


def read_sizes(chain: Chain, box: Box) -> Array:
    """Return the largest size of each value that is read on a box, (n_reads,)."""
    inputs = np.maximum(np.abs(box.lo), np.abs(box.hi))
    return inputs if chain.grid is None else np.concatenate([inputs, _largest(chain.grid)])


def read_slopes(chain: Chain) -> Array:
    """Return a bound of how each value that is read changes along each axis, (n_reads, d_in).

    A feature changes by no more than twice the largest one from a corner of a cell to the next.
    """
    if chain.grid is None:
        return np.eye(chain.d_in)
    grid = chain.grid
    steps = np.repeat(np.array(grid.sizes, dtype=np.float64), grid.channels)[:, None] / (grid.box.hi - grid.box.lo)
    return np.concatenate([np.eye(grid.d), 2.0 * _largest(grid)[:, None] * steps])


def read_error(chain: Chain, off: Array) -> Array:
    """Return how far values read at a point are at most from those at points ``off`` (d_in,) away, rounding included.

    source   running error analysis: Higham 2002, section 3.3; a share of a cell is (x - lo) / (hi - lo) n
    """
    if chain.grid is None:
        return np.asarray(off, dtype=np.float64)
    grid, slopes = chain.grid, read_slopes(chain)
    places = 8 * ULP * np.maximum(np.maximum(np.abs(grid.box.lo), np.abs(grid.box.hi)), grid.box.hi - grid.box.lo)
    rounding = np.concatenate([np.zeros(grid.d), (grid.d + 4) * ULP * _largest(grid)])
    error: Array = slopes @ (off + places) + rounding
    error[: grid.d] = off
    return error


def _largest(grid: Grid) -> Array:
    """The largest size of each feature, level by level."""
    return np.concatenate([np.abs(f).max(axis=0, initial=0.0).astype(np.float64) for f in grid.features])
