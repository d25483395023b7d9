"""Space: the cells of a field of radiance in which its density may be above 0."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..exact.march.cover import cover
from ..network import Network
from ..radiance import degree_of

Occupancy = NDArray[np.bool_]

AT_ONCE = 2**16


def filled(network: Network) -> Occupancy:
    """Return the cells of a field's finest grid where its density may be above 0: everywhere else it is 0, proved.

    returns   (n, n, n) bool
    cost      half a second for 64^3 cells
    """
    degree_of(network)
    grid = network.grid
    if grid is None:
        raise InputError("render needs a field, a network behind a grid; got a plain network. Fit one to a scene.")
    n = grid.sizes[-1]
    found = np.zeros((n, n, n), dtype=bool)
    met = cover(network)
    found[tuple(met.T)] = True
    same = np.argwhere(~found)  # the density keeps its sign there: one place tells
    for at in range(0, len(same), AT_ONCE):
        part = same[at : at + AT_ONCE]
        middle = grid.box.lo + (part + 0.5) / n * (grid.box.hi - grid.box.lo)
        found[tuple(part.T)] = network(middle)[:, 0] > 0
    return found
