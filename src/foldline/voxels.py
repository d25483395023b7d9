"""Solids as boxes of numbers: which voxels are filled, and signed distances at the vertices of a grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .box import Box
from .doors import Shown
from .errors import InputError
from .grid import Grid
from .mesh import Mesh
from .network import Network
from .same import Compared, put

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Voxels(Shown, Compared):
    """Which voxels of a box are filled.

    filled   (nx, ny, nz) bool
    box      that they fill together
    raises   InputError for another shape

    >>> Voxels(np.ones((1, 1, 1), dtype=bool), Box([0, 0, 0], [1, 2, 3])).mesh.volume
    6.0
    """

    filled: NDArray[np.bool_]
    box: Box

    def __init__(self, filled: ArrayLike, box: Box) -> None:
        table = np.array(filled, dtype=bool)
        if table.ndim != 3 or not table.size or box.d != 3:
            raise InputError(f"Voxels needs filled (nx, ny, nz) and a box in space; got shape {table.shape}, {box}.")
        put(self, filled=table, box=box)

    def __repr__(self) -> str:
        return f"Voxels({' x '.join(map(str, self.filled.shape))}, {int(self.filled.sum()):,} filled)"

    @property
    def centres(self) -> Array:
        """The middle of each voxel, (nx, ny, nz, 3)."""
        return centres(self.box, self.filled.shape)

    @property
    def mesh(self) -> Mesh:
        """The border of what is filled: one rectangle a side of a voxel that has no neighbour."""
        return border_mesh(self.filled, self.box)


@dataclass(frozen=True, eq=False, repr=False)
class Sampled(Shown, Compared):
    """Signed distances at the vertices of a grid, linear between them on Kuhn's simplices.

    values   (n + 1, n + 1, n + 1) float32, negative inside
    box      whose corners the first and the last vertex are

    >>> Sampled(np.zeros((3, 3, 3)), Box([0, 0, 0], [1, 1, 1])).field.grid.sizes
    (2,)
    """

    values: NDArray[np.float32]
    box: Box

    def __init__(self, values: ArrayLike, box: Box) -> None:
        table = np.array(values, dtype=np.float32)
        if table.ndim != 3 or len(set(table.shape)) != 1 or len(table) < 2 or not np.isfinite(table).all():
            raise InputError(
                f"Sampled needs finite values (n, n, n), n at least 2; got shape {table.shape}. Resample it."
            )
        put(self, values=table, box=box)

    def __repr__(self) -> str:
        return f"Sampled({' x '.join(map(str, self.values.shape))} signed distances)"

    @property
    def field(self) -> Network:
        """What it says between its vertices, as a network: a grid with one feature, and the identity behind it."""
        grid = Grid(self.box, (len(self.values) - 1,), [self.values.reshape(-1, 1)])
        return Network([[[0.0, 0.0, 0.0, 1.0]]], [[0.0]], grid=grid, meta={"kind": "distance"})

    @classmethod
    def of_field(cls, network: Network) -> Sampled | None:
        """Return the samples of a field that is made of nothing else; None for another network.

        >>> Sampled.of_field(Sampled(np.ones((2, 2, 2)), Box([0, 0, 0], [1, 1, 1])).field).values.shape
        (2, 2, 2)
        """
        grid = network.grid
        if not isinstance(grid, Grid) or network.n_layers != 1:
            return None
        if grid.d != 3 or grid.channels != (1,) or grid.rows != (None,):
            return None
        if network.weights[0].tolist() != [[0.0, 0.0, 0.0, 1.0]] or network.biases[0].tolist() != [0.0]:
            return None
        return cls(grid.features[0].reshape((grid.sizes[0] + 1,) * 3), grid.box)


def centres(box: Box, shape: tuple[int, ...]) -> Array:
    """Return the middle of each of equal parts of a box, (*shape, d).

    >>> centres(Box([0.0], [1.0]), (2,)).ravel().tolist()
    [0.25, 0.75]
    """
    axes = [lo + (np.arange(n) + 0.5) / n * (hi - lo) for lo, hi, n in zip(box.lo, box.hi, shape, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)


def vertices(box: Box, n: int) -> Array:
    """Return the vertices of n cells along each axis, (n + 1, n + 1, n + 1, 3)."""
    axes = [np.linspace(lo, hi, n + 1) for lo, hi in zip(box.lo, box.hi, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)


def border_mesh(filled: NDArray[np.bool_], box: Box) -> Mesh:
    """Return the border of filled voxels of a box: one rectangle a side that has no neighbour.

    >>> one = np.zeros((2, 2, 2), dtype=bool)
    >>> one[0, 0, 0] = True
    >>> border_mesh(one, Box([-1, -1, -1], [1, 1, 1])).area, border_mesh(one, Box([-1, -1, -1], [1, 1, 1])).volume
    (6.0, 1.0)
    """
    full = np.pad(filled, 1)
    squares = []
    for axis in range(3):
        step = np.diff(full.astype(np.int8), axis=axis)
        across = np.eye(3, dtype=np.int64)[[(axis + 1) % 3, (axis + 2) % 3]]
        for sign in (-1, 1):  # -1: the surface faces along the axis
            low = np.argwhere(step == sign) - (1 - np.eye(3, dtype=np.int64)[axis])
            loop = [0 * across[0], across[0], across.sum(axis=0), across[1]]
            squares.append(np.stack([low + c for c in (loop if sign < 0 else loop[::-1])], axis=1))
    corners = np.concatenate(squares)
    sizes = np.array(filled.shape)
    numbers = np.ravel_multi_index(tuple(np.moveaxis(corners, -1, 0)), tuple(sizes + 1))
    names, where = np.unique(numbers, return_inverse=True)
    places = np.stack(np.unravel_index(names, tuple(sizes + 1)), axis=1)
    return Mesh.of_polygons(box.lo + places / sizes * (box.hi - box.lo), where.reshape(-1, 4))
