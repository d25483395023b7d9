"""Beginning near a surface: levels of a grid that have rows only there, and what they begin as."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..box import Box
from ..grid import Grid, places_in
from ..network import Network
from ..raster import Function
from ..same import Compared
from ..samples import Samples
from .scaling import Scaling

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

KEPT = 2.0  # cells of a level from the surface, within which its vertices have rows: a simplex is 1.7 long
ASKED = 2.5  # cells of the level before, by what that tells, within which a function is asked: its vertices' neighbours
ROUNDED = 32  # cells of a level from which on its features are residuals, and kept as float16
SURE = 0.25  # finest cells from the surface, from where on a sign is plain
LEAST_SLOPE = 0.1  # squared; it begins as 1, and where it is next to nothing no feature is to move far
ROUNDS = 5  # of moving a row along the slope, which changes at folds
BESIDE = 0.75  # finest cells from the surface, within which it is looked for creases
BENT = 0.1  # finest cells that a distance is off where it bends within one
CREASED, COPIES = 0.4, 16  # more samples there: as a share of all, and of each that was found there, at most
SCATTER = 0.2  # finest cells, about each
NEIGHBOURS = 4  # as a simplex in space has corners
TINY = 1e-12  # only keeps 0 / 0 away, at a place itself
AT_ONCE = 2**17  # places asked of a function together


@dataclass(frozen=True, eq=False)
class Near(Compared):
    """Levels that have rows near a surface.

    rows     a level: the vertices that have one, rising; None for all
    values   a level: (rows, 1) what is left of the function there
    """

    rows: list[Index | None]
    values: list[Array]


def near_surface(box: Box, sizes: Sequence[int], asked: Function) -> Near:
    """Return a signed distance at the vertices of each level near where it is 0, less what the levels before tell.

    box     with sides of one length
    asked   (n, d) places to (n, 1) distances
    cost    the distance at about 20 vertices a finest cell that the surface passes, and a byte a vertex of a level

    >>> line = near_surface(Box([-1.0], [1.0]), (4, 16), lambda x: x)
    >>> line.rows[1].tolist(), line.values[1].ravel().tolist()
    ([7, 8, 9], [0.0, 0.0, 0.0])
    """
    whole = Grid(box, sizes[:1], [_nothing(int(np.prod([sizes[0] + 1] * box.d)))])
    first = _in_parts(asked, whole.places(0, whole.indices(0, np.arange(whole.n_vertices(0)))))
    rows: list[Index | None] = [None]
    values, side = [first], float((box.hi - box.lo).max())
    near = np.abs(first[:, 0]) < ASKED * side / sizes[0]
    for before, n in pairwise(sizes):
        vertices = np.flatnonzero(finer(near, before, n, box.d))
        so_far = Grid(box, sizes[: len(rows)], [each.astype(np.float32) for each in values], rows)
        places = places_in(box, n, np.stack(np.unravel_index(vertices, (n + 1,) * box.d), axis=1))
        told = _in_parts(lambda x: so_far(x)[:, box.d :].sum(axis=1, keepdims=True), places)  # noqa: B023
        close = np.abs(told[:, 0]) < ASKED * side / before
        vertices, told = vertices[close], told[close]
        there = _in_parts(asked, places[close])
        near = np.zeros((n + 1) ** box.d, dtype=bool)
        near[vertices[np.abs(there[:, 0]) < ASKED * side / n]] = True
        kept = np.abs(there[:, 0]) < KEPT * side / n
        rows.append(vertices[kept])
        values.append((there - told)[kept])
    return Near(rows, values)


def mended(network: Network, begun: Grid) -> Network:
    """Return a field whose sign is right at the vertices near its surface, where the distance is plain.

    Descent leaves a few rows that hardly a sample reached; each would be a crumb beside the surface.  Their features
    move along the slope of the output there until it is the distance.  The finest levels are kept as float16, in which
    the residuals lose nothing that can be measured.

    begun   the grid that the fit began with: at its vertices its first channels add up to the distance
    """
    assert isinstance(network.grid, Grid)
    network = _rounded(network, network.grid.features)
    for level in reversed(range(len(begun.sizes))):
        network = _mended(network, begun, level)
    return network


def _mended(network: Network, begun: Grid, level: int) -> Network:
    grid = network.grid
    assert isinstance(grid, Grid)
    features = [each.astype(np.float64) for each in grid.features]
    kept = begun.rows[level]
    rows = np.arange(begun.n_vertices(level)) if kept is None else kept
    vertices = begun.indices(level, rows) * (begun.sizes[-1] // begun.sizes[level])
    truth, at = _carried(begun, vertices), np.arange(len(rows))
    plain = SURE * float((begun.box.hi - begun.box.lo).max()) / begun.sizes[-1]
    first = grid.d + sum(grid.channels[:level])
    behind = Network(network.weights, network.biases)
    for _ in range(ROUNDS):
        h = grid.at_vertices(vertices)
        off = truth - behind(h)[:, 0]
        wrong = (np.abs(truth) > plain) & (np.sign(truth) != np.sign(truth - off))
        if not wrong.any():
            break
        vertices, truth, at = vertices[wrong], truth[wrong], at[wrong]
        slope = behind.affine_map(h[wrong])[:, 0, first : first + grid.channels[level]]
        steep = np.maximum((slope**2).sum(axis=1), LEAST_SLOPE)
        features[level][at] += slope * (off[wrong] / steep)[:, None]
        network = _rounded(network, features)
        grid = network.grid
        assert isinstance(grid, Grid)
    return network


def at_creases(grid: Grid, scaling: Scaling, samples: Samples, seed: int) -> Array:
    """Return places round samples near a surface where the distance bends within a cell: (n, d), none if it is flat.

    There the network has to make what the grid alone cannot, from few samples a cell; too few, and the surface folds
    over itself beside an edge, in handles thinner than a cell.

    grid      that the fit begins with: linear in its cells, its first channels add up to the distance at its vertices
    """
    cell = float((grid.box.hi - grid.box.lo).max()) / grid.sizes[-1]
    x, y = scaling.of_inputs(samples.inputs), scaling.of_targets(samples.targets)
    near = np.flatnonzero(np.abs(y[:, 0]) < BESIDE * cell)
    told = _in_parts(lambda part: _told_by(grid, grid(part))[:, None], x[near])
    bent = near[np.abs(told[:, 0] - y[near, 0]) > BENT * cell]
    if not len(bent):
        return np.zeros((0, grid.d))
    rng = np.random.default_rng([seed, 3])
    n = min(round(CREASED * len(samples)), COPIES * len(bent))
    places = x[rng.choice(bent, n)] + rng.normal(0.0, SCATTER * cell, (n, grid.d))
    return scaling.inputs_of(np.clip(places, grid.box.lo, grid.box.hi))


def _carried(grid: Grid, vertices: Index) -> Array:
    """The distance at vertices of the finest level, (n,), as the grid alone has it."""
    return _told_by(grid, grid.at_vertices(vertices))


def _told_by(grid: Grid, values: Array) -> Array:
    """The sum of the first channels of all levels, (n,), of what a grid has at places, (n, d_out)."""
    return np.asarray(values[:, grid.d + np.cumsum([0, *grid.channels[:-1]])].sum(axis=1))


def _rounded(network: Network, features: Sequence[NDArray[np.floating]]) -> Network:
    assert isinstance(network.grid, Grid)
    grid = network.grid
    kinds = [np.float16 if n >= ROUNDED else np.float32 for n in grid.sizes]
    stored = [each.astype(kind) for each, kind in zip(features, kinds, strict=True)]
    return replace(network, grid=Grid(grid.box, grid.sizes, stored, grid.rows))


def nearest(places: Array, values: Array) -> Function:
    """Return the function that takes the mean of the values at the nearest places, the nearer ones counting more.

    It stands for a function that cannot be asked; good near many places, and a guess far from all.

    >>> nearest(np.array([[0.0], [1.0]]), np.array([[5.0], [7.0]]))(np.array([[0.0], [0.5]])).round(6)
    array([[5.],
           [6.]])
    """
    from scipy.spatial import cKDTree

    tree, k = cKDTree(places), min(NEIGHBOURS, len(places))

    def values_at(x: Array) -> Array:
        away, at = tree.query(x, k=np.arange(1, k + 1))
        share = 1 / np.maximum(away, TINY)
        return np.asarray(np.einsum("nk,nkc->nc", share / share.sum(axis=1, keepdims=True), values[at]))

    return values_at


def finer(near: Mask, before: int, n: int, d: int) -> Mask:
    """Return which vertices of n cells an axis lie in a cell of ``before`` an axis that has a marked corner.

    near   ((before + 1)^d,) the marks; the answer is alike, ((n + 1)^d,)

    >>> finer(np.array([True, False, False]), 2, 4, 1).tolist()
    [True, True, True, False, False]
    """
    cells = np.zeros((before,) * d, dtype=bool)
    for part in _corners(near.reshape((before + 1,) * d)):
        cells |= part
    for axis in range(d):
        cells = cells.repeat(n // before, axis=axis)
    found = np.zeros((n + 1,) * d, dtype=bool)
    for part in _corners(found):
        part |= cells
    return found.ravel()


def _corners(vertices: Mask) -> Iterator[Mask]:
    """Views of the vertices that are each cell's first corner, second, ..."""
    for corner in np.ndindex(*(2,) * vertices.ndim):
        yield vertices[tuple(slice(a, a + n - 1) for a, n in zip(corner, vertices.shape, strict=True))]


def _in_parts(asked: Function, places: Array) -> Array:
    parts = [asked(places[at : at + AT_ONCE]) for at in range(0, len(places), AT_ONCE)]
    return np.concatenate(parts) if parts else np.zeros((0, 1))


def _nothing(n: int) -> NDArray[np.float32]:
    return np.zeros((n, 1), dtype=np.float32)
