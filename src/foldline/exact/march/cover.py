"""Cover: the simplices of a field that a level set may pass, found from coarse to fine by bounds.

On a cell, every value of a field lies between two functions that are given by their numbers at the cell's corners and
linear between them: of the levels down to the cell's own the numbers are the values themselves, of the finer ones the
least and largest feature in the cell.  A layer takes such bounds to such bounds.  An upper one goes through a ReLU
corner by corner, since a ReLU is convex; a lower one as well, but for what a convex function lies below its chord,
which is most at the joint.  A cell whose lower bound is above the level at every corner is not met, nor one whose upper
bound is below.

source   the bounds of a convex unit by its chord: Ehlers 2017, "Formal verification of piece-wise linear feed-forward
         neural networks", figure 2; features from coarse to fine as in a min-max octree (Wilhelms and Van Gelder 1992)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ...grid import Grid
from ...network import Network
from ...same import Compared

Array = NDArray[np.float64]
Index = NDArray[np.int64]

BLOCK = 512  # cells at once: their bounds at a layer of 64 units take 2 MB in the plane, 4 in space, which caches hold
UNIT = 2.0**-53  # rounding of one operation


@dataclass(frozen=True, eq=False)
class Bounds(Compared):
    """Numbers at the corners of cells, (corners, cells, units): a function in each cell lies between the two that are
    linear between them; ``size``, (1, cells, units), bounds what was added up, for the rounding.
    """

    lo: Array
    hi: Array
    size: Array

    @property
    def known(self) -> bool:
        """Whether the two are one array."""
        return self.lo is self.hi

    def largest(self) -> Array:
        """The largest number of each cell, (1, cells, units)."""
        largest: Array = np.abs(self.lo).max(axis=0, keepdims=True)
        return largest if self.known else np.maximum(largest, np.abs(self.hi).max(axis=0, keepdims=True))


def cover(field: Network, level: float = 0.0, output: int = 0) -> Index:
    """Return the cells of the finest level in which the field may pass a level: every one that it does pass is there.

    field     a network behind a grid, piecewise-linear units with one joint at 0
    returns   (m, d) indices, in the order of the cells' numbers
    cost      a pass over the features for their extremes, then 2^d corners a cell that is looked at

    >>> from foldline.box import Box
    >>> ramp = Grid(Box([0.0], [4.0]), (2, 4), [np.zeros((3, 1), np.float32), np.float32([[0], [1], [2], [3], [4]])])
    >>> cover(Network([[[0.0, 0.0, 1.0]]], [[-2.5]], grid=ramp)).ravel()
    array([2])
    """
    grid = field.grid
    assert isinstance(grid, Grid)
    cells = np.stack(np.meshgrid(*[np.arange(grid.sizes[0])] * grid.d, indexing="ij"), axis=-1).reshape(-1, grid.d)
    for at, size in enumerate(grid.sizes):
        extremes = [_extremes(grid, finer, size) for finer in range(at + 1, len(grid.sizes))]
        lo, hi = _reaches(field, at, cells, extremes, output)
        cells = cells[(lo <= level) & (hi >= level)]
        if at + 1 < len(grid.sizes):
            cells = _children(cells, grid.sizes[at + 1] // size)
    order = np.lexsort(cells.T[::-1])
    found: Index = cells[order]
    return found


def reaches(field: Network, cells: Index, output: int = 0) -> tuple[Array, Array]:
    """Return bounds of an output on cells of the finest level, (m,) and (m,): it leaves them nowhere in the cell.

    field     as in ``cover``, which is quicker for one level, where coarse cells can be left out
    cost      2^d corners a cell through every layer
    """
    assert isinstance(field.grid, Grid)
    return _reaches(field, len(field.grid.sizes) - 1, cells, [], output)


def _reaches(
    field: Network, at: int, cells: Index, extremes: list[tuple[Array, Array]], output: int
) -> tuple[Array, Array]:
    assert isinstance(field.grid, Grid)
    parts = [_bounds(field, _read(field.grid, at, block, extremes), output) for block in _blocks(cells)]
    if not parts:
        return np.zeros(0), np.zeros(0)
    return np.concatenate([lo for lo, _ in parts]), np.concatenate([hi for _, hi in parts])


def _blocks(cells: Index) -> Iterator[Index]:
    for at in range(0, len(cells), BLOCK):
        yield cells[at : at + BLOCK]


def _children(cells: Index, ratio: int) -> Index:
    steps = np.array(list(product(range(ratio), repeat=cells.shape[1])))
    parts: Index = (cells[:, None] * ratio + steps).reshape(-1, cells.shape[1])
    return parts


def _bounds(field: Network, read: Bounds, output: int) -> tuple[Array, Array]:
    """The least and the largest that the output can be in each cell, by bounds of what the first layer reads there."""
    values = [read]
    for layer in range(1, field.n_layers + 1):
        reads = [values[source] for source in field.sources(layer)]
        z = _affine(_joined(reads), field.weights[layer - 1], field.biases[layer - 1])
        if layer < field.n_layers:
            values.append(_unit(z, field.slopes_below(layer)))
    slack = z.size[0, :, output]
    return z.lo[..., output].min(axis=0) - slack, z.hi[..., output].max(axis=0) + slack


def _joined(reads: Sequence[Bounds]) -> Bounds:
    """What a layer reads, side by side."""
    if len(reads) == 1:
        return reads[0]
    return Bounds(*(np.concatenate([getattr(r, part) for r in reads], axis=2) for part in ("lo", "hi", "size")))


def _affine(x: Bounds, W: Array, b: Array) -> Bounds:
    """Bounds of W x + b: a weight below zero takes the other end."""
    size = np.abs(W).T
    reach = (_product(x.largest(), size) + np.abs(b)) * (len(W.T) + 4) * UNIT
    rounding = _product(x.size, size) + reach
    if x.known:
        z = _product(x.lo, W.T) + b
        return Bounds(z, z, rounding)
    up, down = np.maximum(W, 0.0).T, np.minimum(W, 0.0).T
    lo, hi = (_product(a, up) + _product(c, down) + b for a, c in ((x.lo, x.hi), (x.hi, x.lo)))
    return Bounds(lo, hi, rounding)


def _product(x: Array, W: Array) -> Array:
    """Rows of cells times a matrix, all at once: NumPy would go through the cells one by one."""
    found: Array = (x.reshape(-1, len(W)) @ W).reshape(*x.shape[:2], -1)
    return found


def _unit(z: Bounds, below: Array) -> Bounds:
    """Bounds of the activations of units with one joint at 0, whose slope below it is ``below``."""
    lo, bend = np.where(z.lo > 0, z.lo, below * z.lo), _bend(z.lo, below)
    hi, other = (lo, bend) if z.known else (np.where(z.hi > 0, z.hi, below * z.hi), _bend(z.hi, below))
    rising_lo = lo - np.maximum(bend, 0.0)
    rising_hi = hi + np.maximum(-other, 0.0)
    above, under = z.lo.min(axis=0, keepdims=True) > 0, z.hi.max(axis=0, keepdims=True) < 0
    falling_lo = np.where(above, z.lo, np.where(under, below * z.hi, 0.0))
    rises = below >= 0
    return Bounds(
        np.where(rises, rising_lo, falling_lo),
        np.where(rises, rising_hi, np.maximum(lo, hi)),
        np.maximum(1.0, np.abs(below)) * (z.size + z.largest() * 8 * UNIT),
    )


def _bend(z: Array, below: Array) -> Array:
    """How far a rising unit lies below its chord between the extremes of the corners, at its joint; negative above it.

    From a < 0 to b > 0 the chord of max(z, s z) is (s - 1) a b / (b - a) at 0.
    """
    a, b = z.min(axis=0, keepdims=True), z.max(axis=0, keepdims=True)
    bent = (a < 0) & (b > 0)
    return np.where(bent, (below - 1) * a * b / np.where(bent, b - a, 1.0), 0.0)


def _read(grid: Grid, at: int, cells: Index, extremes: list[tuple[Array, Array]]) -> Bounds:
    """What the first layer reads, at the corners of cells of level ``at``; ``extremes`` of the finer levels in them."""
    corners = np.array(list(product((0, 1), repeat=grid.d)))[:, None] + cells
    finest = corners.reshape(-1, grid.d) * (grid.sizes[-1] // grid.sizes[at])
    known = grid.at_vertices(finest).reshape(*corners.shape[:2], -1)
    lo, hi = (known.copy(), known.copy()) if extremes else (known, known)
    first = grid.d + sum(grid.channels[: at + 1])
    for least, most in extremes:
        last = first + least.shape[-1]
        lo[..., first:last] = least[tuple(cells.T)]
        hi[..., first:last] = most[tuple(cells.T)]
        first = last
    return Bounds(lo, hi, Bounds(lo, hi, lo).largest() * 16 * UNIT)


def _extremes(grid: Grid, level: int, n: int) -> tuple[Array, Array]:
    """The least and largest feature of a level in each cell, corners included, of a coarser one of n cells an axis."""
    size = grid.sizes[level]
    values = grid.dense(level).reshape(*[size + 1] * grid.d, grid.channels[level])
    least = most = values
    for axis in range(grid.d):
        least, most = (
            _reduced(part, axis, size // n, pick) for part, pick in ((least, np.minimum), (most, np.maximum))
        )
    return least.astype(np.float64), most.astype(np.float64)


def _reduced(values: NDArray[np.floating], axis: int, ratio: int, pick: np.ufunc) -> NDArray[np.floating]:
    """The extremes along an axis of runs of ratio + 1 values, each run's last the next one's first."""
    inner = np.moveaxis(values, axis, 0)
    runs = pick.reduce(inner[:-1].reshape(-1, ratio, *inner.shape[1:]), axis=1)
    return np.moveaxis(pick(runs, inner[ratio::ratio]), 0, axis)
