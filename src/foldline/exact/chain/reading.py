"""Reading: bounds of what a chain's first layer reads, the inputs or the values of a grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...box import Box
from ...grid import Grid
from ...slice import Slice
from .form import Chain

Array = NDArray[np.float64]

ULP = 2.0**-53


def read_sizes(chain: Chain, box: Box) -> Array:
    """Return the largest size of each value that is read on a box, (n_reads,)."""
    inputs, grid = np.maximum(np.abs(box.lo), np.abs(box.hi)), chain.grid
    if isinstance(grid, Slice):
        inputs = np.concatenate([inputs, np.maximum(np.abs(grid.box.lo), np.abs(grid.box.hi))])
    return inputs if grid is None else np.concatenate([inputs, _largest(_whole(grid))])


def read_slopes(chain: Chain) -> Array:
    """Return a bound of how each value that is read changes along each axis, (n_reads, d_in).

    A feature changes by no more than twice the largest one from a corner of a cell to the next.
    """
    return np.eye(chain.d_in) if chain.grid is None else _slopes(chain.grid)


def _slopes(grid: Grid | Slice) -> Array:
    if isinstance(grid, Slice):
        return np.concatenate([np.eye(grid.d), _slopes(grid.grid) @ np.abs(grid.front[:, :-1])])
    steps = np.repeat(np.array(grid.sizes, dtype=np.float64), grid.channels)[:, None] / (grid.box.hi - grid.box.lo)
    return np.concatenate([np.eye(grid.d), 2.0 * _largest(grid)[:, None] * steps])


def read_error(grid: Grid | Slice | None, off: Array, size: Array) -> Array:
    """Return how far values read at a point are at most from those at points ``off`` (d_in,) away, rounding included.

    grid     what the first layer reads, None for the inputs
    size     (d_in,) of the points' coordinates at most
    source   running error analysis: Higham 2002, section 3.3; a share of a cell is (x - lo) / (hi - lo) n
    """
    if grid is None:
        return np.asarray(off, dtype=np.float64)
    if isinstance(grid, Slice):
        return np.concatenate([off, read_error(grid.grid, _moved(grid, off, size), size)])
    slopes = _slopes(grid)
    places = 8 * ULP * np.maximum(np.maximum(np.abs(grid.box.lo), np.abs(grid.box.hi)), grid.box.hi - grid.box.lo)
    rounding = np.concatenate([np.zeros(grid.d), (grid.d + 4) * ULP * _largest(grid)])
    error: Array = slopes @ (off + places) + rounding
    error[: grid.d] = off
    return error


def _moved(cut: Slice, off: Array, size: Array) -> Array:
    """How far a place is at most from that of a point ``off`` away: sums of products, layer by layer, as computed."""
    total, terms = size, 0
    for W, b in zip(cut.weights, cut.biases, strict=True):
        off, total, terms = np.abs(W) @ off, np.abs(W) @ total + np.abs(b), terms + W.shape[1] + 2
    return np.asarray(off + terms * ULP * total)


def _whole(grid: Grid | Slice) -> Grid:
    return grid.grid if isinstance(grid, Slice) else grid


def _largest(grid: Grid) -> Array:
    """The largest size of each feature, level by level."""
    return np.concatenate([np.abs(f).max(axis=0, initial=0.0).astype(np.float64) for f in grid.features])
