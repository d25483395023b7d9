"""Space: the cells of a field of radiance in which its density may be above 0."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..exact.march.cover import cover
from ..grid import Grid
from ..network import Network
from ..radiance import degree_of, highest

Occupancy = NDArray[np.bool_]

AT_ONCE = 2**16


def filled(network: Network) -> Occupancy:
    """Return the cells of a field's finest grid where its density may be above 0: everywhere else it is 0, proved.

    returns   (n, n, n) bool
    cost      nothing for a field that was cut off where its scene is empty; else some seconds for 64^3 cells
    """
    degree_of(network)
    grid = network.grid
    if not isinstance(grid, Grid):
        what = "a plain network" if grid is None else "a slice of one"
        raise InputError(f"render needs a field, a network behind a grid; got {what}. Fit one to a scene.")
    n = grid.sizes[-1]
    if _is_cut_off(network, grid):
        rows = np.zeros((n + 1) ** 3, dtype=bool)
        rows[grid.rows[-1]] = True
        kept = rows.reshape((n + 1,) * 3)
        beside = [kept[tuple(slice(a, a + n) for a in step)] for step in np.ndindex(2, 2, 2)]
        near: Occupancy = np.logical_or.reduce(beside)
        return near
    found = np.zeros((n, n, n), dtype=bool)
    met = cover(network)
    found[tuple(met.T)] = True
    same = np.argwhere(~found)  # the density keeps its sign there: one place tells
    for at in range(0, len(same), AT_ONCE):
        part = same[at : at + AT_ONCE]
        middle = grid.box.lo + (part + 0.5) / n * (grid.box.hi - grid.box.lo)
        found[tuple(part.T)] = network(middle)[:, 0] > 0
    return found


def _is_cut_off(network: Network, grid: Grid) -> bool:
    """Whether a field provably has no density in cells without a row of the last level; see ``fit.rays.cut_off``.

    There that level is 0, so the last unit of every hidden layer is 1; it takes from the density more than all else
    can give, and nothing else reads it.
    """
    if grid.rows[-1] is None or grid.channels[-1] != 1 or set(network.layer_activations) != {"relu"}:
        return False
    if network.skips or network.output != "identity" or len(network.weights) < 2:
        return False
    *hidden, last = network.weights
    carried = [(W[-1], b[-1], W[:-1, -1]) for W, b in zip(hidden, network.biases[:-1], strict=True)]
    unit = all(
        not row[:-1].any() and row[-1] == 1 and b == (layer == 0) and not read.any()
        for layer, (row, b, read) in enumerate(carried)
    )
    if not unit or last[1:, -1].any():
        return False
    weights = [*(W[:-1, :-1] for W in hidden), last[:, :-1]]
    biases = [*(b[:-1] for b in network.biases[:-1]), network.biases[-1]]
    rest = Grid(grid.box, grid.sizes[:-1], grid.features[:-1], grid.rows[:-1])
    return highest(weights, biases, rest) < -float(last[0, -1])
