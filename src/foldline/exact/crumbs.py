"""Crumbs: parts of a field's surface smaller than a cell, and the field with the sign of its surroundings there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..box import Box
from ..grid import Grid
from ..mesh import Mesh
from ..network import Network
from .surface import surface
from .work import Progress

Array = NDArray[np.float64]
Index = NDArray[np.int64]

LEAST = 1.0  # cells
MOST = 100  # crumbs that are looked at; of a field with more the surface is no better for it
AROUND = 2  # cells on each side of a crumb in which the surface is looked at again
TIMES = (1.25, 2.5, 5.0)  # as far as the output is from 0 in a crumb, it is moved; the least that ends the crumb
INWARD = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the way from a crumb's middle to its vertices, where its depth is looked for


@dataclass(frozen=True, eq=False)
class Swept:
    """A field without its crumbs, where they could be mended.

    network   equal to the one given but for features of cells that held crumbs
    mended    crumbs that are gone
    left      those that are there: true by the function asked, or not to be parted from what is beside them
    least     as it was asked
    complete  whether all of the surface was looked through; where not, nothing was mended
    """

    network: Network
    mended: int
    left: int
    least: float = LEAST
    complete: bool = True


def without_crumbs(
    network: Network, box: Box, asked: Callable[[Array], ArrayLike] | None = None, *, least: float = LEAST,
    workers: int = 1, callback: Progress | None = None,
) -> Swept:  # fmt: skip
    """Return a field whose surface has no closed part smaller than a cell of its finest level.

    Descent leaves a few, where it bends within a cell.  There the finest features of the cell's corners move along
    the slope of the output, just so far that the part is gone; the surface round it is asked again, and a move that
    changes anything else of its shape is not made.

    network   behind a grid, 3 inputs and 1 output; any other is returned as it is
    box       where to look; parts that run out of it are no crumbs
    asked     the function fitted, (n, 3) places to (n, 1) values: a crumb in whose middle it has the crumb's own sign
              is left
    least     how long a part must be along some axis to be none, in cells of the finest level
    workers, callback   of the question for the surface, as ``Work`` has them; one that is ended mends nothing
    cost      that of ``surface``
    raises    as ``surface`` does

    >>> bump = np.where(np.arange(125) == 62, -0.1, 1.0).astype(np.float32)[:, None]
    >>> lone = Grid(Box([-1] * 3, [1] * 3), (4,), [bump])
    >>> dot = Network([np.array([[0.0, 0.0, 0.0, 1.0]])], [np.zeros(1)], grid=lone)
    >>> found = without_crumbs(dot, lone.box)
    >>> found.mended, found.left, bool(dot([0.0, 0, 0])[0] < 0 < found.network([0.0, 0, 0])[0])
    (1, 0, True)
    """
    grid = network.grid
    if not isinstance(grid, Grid) or (network.d_in, network.d_out) != (3, 1):
        return Swept(network, 0, 0, least)
    found = surface(network, box, workers=workers, callback=callback)
    if not found.complete:
        return Swept(network, 0, 0, least, complete=False)
    crumbs, mended, given = list(crumbs_of(found.mesh, least * _cell(grid))), 0, network
    for crumb in crumbs[:MOST]:
        if callback and callback(found.n_faces, 1.0) is True:
            return Swept(given, 0, 0, least, complete=False)
        better = _mended(network, box, crumb, asked)
        mended += better is not None
        network = network if better is None else better
    return Swept(network, mended, len(crumbs) - mended, least)


def crumbs_of(mesh: Mesh, sides: Array) -> Iterator[Mesh]:
    """Yield the closed parts of a mesh whose bounds are shorter than some sides along every axis, each as a mesh."""
    part = mesh.parts[mesh.corners]
    lo = np.full((mesh.n_components, 3), np.inf)
    hi = -lo
    np.minimum.at(lo, part, mesh.vertices[mesh.corners])
    np.maximum.at(hi, part, mesh.vertices[mesh.corners])
    of_face = part[mesh.offsets[:-1]]
    for number in np.flatnonzero((hi - lo < sides).all(axis=1)):
        crumb = mesh.reordered(np.flatnonzero(of_face == number))
        if crumb.closed:
            yield crumb


def _mended(network: Network, box: Box, crumb: Mesh, asked: Callable[[Array], ArrayLike] | None) -> Network | None:
    """The network without a crumb; None where it is true, or nothing parts it from what is beside it."""
    points = crumb.vertices[np.unique(crumb.corners)]
    middle = points.mean(axis=0)
    inside = np.concatenate([middle + share * (points - middle) for share in INWARD])
    values, sign = network(inside)[:, 0], -np.sign(crumb.volume)  # a solid is below 0, a void above
    at = int(np.argmax(sign * values))
    if sign * values[at] <= 0 or (asked is not None and np.sign(np.asarray(asked(middle[None]))).item() == sign):
        return None
    near = _near(network, box, points)
    before = surface(network, near).mesh
    wanted = before.n_components - crumb.n_components, before.euler - crumb.euler
    for times in TIMES:
        moved = _moved(network, points, inside[at], -times * float(values[at]))
        after = surface(moved, near).mesh
        if (after.n_components, after.euler) == wanted:
            return moved
    return None


def _moved(network: Network, points: Array, at: Array, by: float) -> Network:
    """The network whose output is moved by so much at a place, all corners of the cells of some points moving alike."""
    grid = network.grid
    assert isinstance(grid, Grid)
    channels = grid.channels[-1]
    behind = Network(network.weights, network.biases, network.activation, skips=network.skips)
    slope = behind.affine_map(grid(at[None]))[0, 0, -channels - 1 : -1]
    features, rows = grid.features[-1].copy(), _rows(grid, points)
    steep = float(slope @ slope)
    if steep:
        features[rows] = (features[rows] + slope * (by / steep)).astype(features.dtype)
    return replace(network, grid=Grid(grid.box, grid.sizes, [*grid.features[:-1], features], grid.rows))


def _rows(grid: Grid, points: Array) -> Index:
    """The rows of the finest level at the corners of the cells that hold some points."""
    n, level = grid.sizes[-1], len(grid.sizes) - 1
    cells = np.unique(np.clip(((points - grid.box.lo) / _cell(grid)).astype(np.int64), 0, n - 1), axis=0)
    corners = (cells[:, None] + np.array(list(product((0, 1), repeat=3)))).reshape(-1, 3)
    numbers = np.unique(np.ravel_multi_index(tuple(corners.T), (n + 1,) * 3))
    kept = grid.rows[level]
    return numbers if kept is None else np.flatnonzero(np.isin(kept, numbers))


def _near(network: Network, box: Box, points: Array) -> Box:
    grid = network.grid
    assert isinstance(grid, Grid)
    reach = AROUND * _cell(grid)
    lo, hi = points.min(axis=0) - reach, points.max(axis=0) + reach
    return Box(np.maximum(lo, box.lo), np.minimum(hi, box.hi))


def _cell(grid: Grid) -> Array:
    return np.asarray((grid.box.hi - grid.box.lo) / grid.sizes[-1])
