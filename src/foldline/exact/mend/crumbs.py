"""Crumbs: parts and handles of a field's surface smaller than a cell, and the field that has others' sign there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...box import Box
from ...grid import Grid
from ...mesh import Mesh
from ...network import Network
from ...same import Compared
from ..surface import surface
from ..work import Progress
from .handles import capped, handle_loops

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Asked = Callable[[Array], "ArrayLike"]  # a name, as the reference writes it
Mend = Callable[[Network, Box], Network | None]

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
    handles   as small, that are gone
    least     as it was asked
    complete  whether all of the surface was looked through; where not, nothing was mended
    """

    network: Network
    mended: int
    left: int
    handles: int = 0
    least: float = LEAST
    complete: bool = True


def without_crumbs(
    network: Network, box: Box, asked: Asked | None = None, *, least: float = LEAST,
    workers: int = 1, callback: Progress | None = None,
) -> Swept:  # fmt: skip
    """Return a field whose surface has no closed part, and no handle, smaller than a cell of its finest level.

    Descent leaves a few, where it bends within a cell.  There the finest features of the cell's corners move along
    the slope of the output, just so far that the part is gone; the surface round it is asked again, and a move that
    changes anything else of its shape is not made.

    network   behind a grid, 3 inputs and 1 output; any other is returned as it is
    box       where to look; parts that run out of it are no crumbs
    asked     the function fitted, (n, 3) places to (n, 1) values: a crumb in whose middle it has the crumb's own sign
              is left, and so are all handles, but those inside which it has the other sign everywhere
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
        return Swept(network, 0, 0, least=least)
    found = surface(network, box, workers=workers, callback=callback)
    if not found.complete:
        return Swept(network, 0, 0, least=least, complete=False)
    sides, given = least * _cell(grid), network
    crumbs: list[Mend] = [_crumb(crumb, sides, asked) for crumb in crumbs_of(found.mesh, sides)]
    handles = [_handle(found.mesh.vertices[way[[0, -1]]], sides, asked) for way in handle_loops(found.mesh) if asked]
    mended = [0, 0]
    for kind, mends in enumerate((crumbs, handles)):
        for mend in mends[:MOST]:
            if callback and callback(found.n_faces, 1.0) is True:
                return Swept(given, 0, 0, least=least, complete=False)
            better = mend(network, box)
            mended[kind] += better is not None
            network = network if better is None else better
    return Swept(network, mended[0], len(crumbs) - mended[0], mended[1], least)


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


def _crumb(crumb: Mesh, sides: Array, asked: Asked | None) -> Mend:
    """What mends a crumb, a solid of values below 0 or a void, unless the function has it, too."""

    def mend(network: Network, box: Box) -> Network | None:
        points, sign = crumb.vertices[np.unique(crumb.corners)], -float(np.sign(crumb.volume))
        if asked is not None and np.sign(np.asarray(asked(points.mean(axis=0)[None]))).item() == sign:
            return None
        return _mended(network, box, _Fault(points, sign, crumb.n_components, crumb.euler, sides))

    return mend


def _handle(edge: Array, sides: Array, asked: Asked | None) -> Mend:
    """What mends a handle at an edge where it is small, by cutting it or filling its hole as the function is there.

    edge   (2, 3)
    """
    assert asked is not None

    def mend(network: Network, box: Box) -> Network | None:
        around, middle = capped(surface(network, _near(network, box, edge, sides)).mesh), edge.mean(axis=0)
        for way in handle_loops(around, middle):
            points = around.vertices[way]
            fault = _Fault(points, float(np.sign(network(points.mean(axis=0))[0])), 0, -2, sides)
            true = np.sign(np.asarray(asked(fault.inside)))
            if fault.sign and (np.ptp(points, axis=0) < sides).all() and (true == -fault.sign).all():
                better = _mended(network, box, fault)
                if better is not None:
                    return better
        return None

    return mend


@dataclass(frozen=True, eq=False)
class _Fault(Compared):
    """What a surface has and should not.

    points   on it, that it is between; ``inside``, places between them and their middle
    sign     of the field inside it
    parts, euler   that are less without it
    sides    of a box that holds such, (3,)
    """

    points: Array
    sign: float
    parts: int
    euler: int
    sides: Array

    @property
    def inside(self) -> Array:
        middle = self.points.mean(axis=0)
        return np.concatenate([middle + share * (self.points - middle) for share in INWARD])


def _mended(network: Network, box: Box, fault: _Fault) -> Network | None:
    """The network without a fault; None where nothing parts it from what is beside it."""
    points, inside = fault.points, fault.inside
    values = network(inside)[:, 0]
    at = int(np.argmax(fault.sign * values))
    if fault.sign * values[at] <= 0:
        return None
    near = _near(network, box, points, fault.sides)
    before = surface(network, near).mesh
    wanted = before.n_components - fault.parts, before.euler - fault.euler
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


def _near(network: Network, box: Box, points: Array, sides: Array) -> Box:
    grid = network.grid
    assert isinstance(grid, Grid)
    reach = AROUND * np.maximum(_cell(grid), sides)
    lo, hi = points.min(axis=0) - reach, points.max(axis=0) + reach
    return Box(np.maximum(lo, box.lo), np.minimum(hi, box.hi))


def _cell(grid: Grid) -> Array:
    return np.asarray((grid.box.hi - grid.box.lo) / grid.sizes[-1])
