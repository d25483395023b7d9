"""Simplices: the cells of a grid's finest level as a complex, every vertex, edge and face there once and shared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod

import numpy as np
from numpy.typing import NDArray

from ...grid import Grid, steps_of
from ...same import Compared

Array = NDArray[np.float64]
Index = NDArray[np.int64]

KEPT = 2**14  # cells of a block at most whose simplices are kept for the next block: 20 MB in space


@dataclass(frozen=True, eq=False)
class Simplices(Compared):
    """Some simplices of a Kuhn grid, with the faces they share.

    vertices   (V,) vertex numbers of the grid's finest level, rising
    indices    (V, d) where each vertex is along each axis, in cells
    faces      faces[k], (F_k, k + 1): the corners of each k-face as positions in ``vertices``, rising; k = 1 .. d, the
               last the simplices themselves
    sides      sides[k], (F_k, k + 1): the (k - 1)-faces around each k-face, k = 2 .. d; side i lies opposite corner i
    walls      (F_(d-1),) of each facet: -1 - (2 axis + end) on a side of the box around the cells, else -1 - 2 d
    """

    vertices: Index
    indices: Index
    faces: tuple[Index, ...]
    sides: tuple[Index, ...]
    walls: Index


def simplices_of(grid: Grid, cells: Index) -> Simplices:
    """Return the simplices of some cells of the finest level.

    cells   (m, d) indices of cells
    cost    d! simplices a cell, sorted a few times

    >>> from foldline.box import Box
    >>> square = Grid(Box([0, 0], [1, 1]), (1,), [np.zeros((4, 1), dtype=np.float32)])
    >>> [len(faces) for faces in simplices_of(square, np.array([[0, 0]])).faces]
    [5, 2]
    """
    first = cells.min(axis=0)
    shape = tuple((cells.max(axis=0) + 1 - first).tolist())
    inside = cells - first
    if np.array_equal(np.ravel_multi_index(tuple(inside.T), shape), np.arange(prod(shape))):
        found = (_of_block if len(cells) <= KEPT else _of_block.__wrapped__)(shape)
    else:
        found = _of_cells(inside, shape)
    indices = found.indices + first
    strides = (grid.sizes[-1] + 1) ** np.arange(grid.d - 1, -1, -1, dtype=np.int64)
    return replace(found, vertices=indices @ strides, indices=indices)


@lru_cache(maxsize=8)
def _of_block(shape: tuple[int, ...]) -> Simplices:
    """The simplices of all cells of a box: those of another place differ in their vertices alone."""
    return _of_cells(np.stack(np.unravel_index(np.arange(prod(shape)), shape), axis=-1), shape)


def _of_cells(cells: Index, shape: tuple[int, ...]) -> Simplices:
    """The simplices of some cells of a box with so many along its axes."""
    d, corners_along = len(shape), tuple(n + 1 for n in shape)
    corners = (cells[:, None, None, :] + steps_of(d)).reshape(-1, d + 1, d)
    numbers = np.ravel_multi_index(tuple(np.moveaxis(corners, -1, 0)), corners_along)
    vertices, at = np.unique(numbers, return_inverse=True)
    top = np.sort(at.reshape(numbers.shape), axis=1)
    faces = [top]
    sides: list[Index] = []
    for _ in range(d - 1):
        lower, around = _facets(faces[0], len(vertices))
        faces.insert(0, lower)
        sides.insert(0, around)
    indices = np.stack(np.unravel_index(vertices, corners_along), axis=-1)
    facets = faces[-2] if d > 1 else np.arange(len(vertices))[:, None]
    return Simplices(vertices, indices, tuple(faces), tuple(sides), _walls(indices[facets]))


def _facets(faces: Index, n_vertices: int) -> tuple[Index, Index]:
    """The facets of some simplices, each once, and which of them lie around each."""
    size = faces.shape[1]
    parts = np.stack([faces[:, [c for c in range(size) if c != left]] for left in range(size)], axis=1)
    keys = np.zeros(parts.shape[:2], dtype=np.int64)
    for c in range(size - 1):
        keys = keys * n_vertices + parts[..., c] if n_vertices ** (size - 1) < 2**62 else _paired(keys, parts[..., c])
    _, first, at = np.unique(keys, return_index=True, return_inverse=True)
    return parts.reshape(-1, size - 1)[first], at.reshape(keys.shape)


def _paired(keys: Index, column: Index) -> Index:
    """One number for each pair of a key and a vertex, where their product would not fit."""
    ranks = np.unique(keys, return_inverse=True)[1].reshape(keys.shape)
    return ranks * (int(column.max(initial=0)) + 1) + column


def _walls(corners: Index) -> Index:
    """The side of the box around all on which the corners (facets, corners, axes) of a facet lie, or -1 - 2 d."""
    d = corners.shape[-1]
    walls = np.full(len(corners), -1 - 2 * d, dtype=np.int64)
    ends = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
    for axis in range(d):
        for end, values in enumerate(ends):
            walls[(corners[..., axis] == values[axis]).all(axis=1)] = -1 - (2 * axis + end)
    return walls


def one_reading(grid: Grid, one: Index, two: Index) -> NDArray[np.bool_]:
    """Return on which pairs of simplices, given by their corners (m, d + 1, d), a grid has one map, as far as it shows.

    They lie in one simplex of each level, or in two at whose corners a feature is the same number.
    """
    same = np.ones(len(one), dtype=np.bool_)
    for level in range(len(grid.sizes)):
        p, q = (grid.around_vertices(level, corners.mean(axis=1))[0] for corners in (one, two))
        values = grid.values(level, np.concatenate([p, q], axis=1))
        same &= (p == q).all(axis=1) | (values == values[:, :1]).all(axis=(1, 2))
    return same
