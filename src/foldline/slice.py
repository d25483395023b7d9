"""Slice: a grid of features along a line or in a plane, read through affine layers that hold the numbers as given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .box import Box
from .errors import NetworkError
from .grid import Grid
from .same import Compared, put

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Slice(Compared):
    """A grid as a function of what affine layers make places of: of t on a line, of s and t in a plane.

    grid      what is sliced; beyond its box it goes on as on the box's sides
    weights   (width, previous width) a layer, the last makes the place in the grid's box, (grid.d, previous width)
    biases    (width,) a layer; copied, as the weights are, to read-only float64
    raises    NetworkError for layers whose shapes do not chain or end elsewhere, and numbers that are not finite

    The values are the inputs themselves, then those of the grid.  No number is rounded: a line holds its two ends, not
    their difference.

    >>> tent = Grid(Box([0.0], [4.0]), (2,), [np.float32([[0], [1], [0]])])
    >>> Slice(tent, [np.array([[2.0]])], [np.array([1.0])])([[0.5], [9.0]])
    array([[0.5, 2. , 1. ],
           [9. , 4. , 0. ]])
    """

    grid: Grid
    weights: Sequence[Array]
    biases: Sequence[Array]

    def __post_init__(self) -> None:
        for name in ("weights", "biases"):
            parts = tuple(np.array(part, dtype=np.float64) for part in getattr(self, name))
            for part in parts:
                part.setflags(write=False)
            put(self, **{name: parts})
        self._check()

    def _check(self) -> None:
        if not self.weights or len(self.weights) != len(self.biases) or any(W.ndim != 2 for W in self.weights):
            got = f"weights {[W.shape for W in self.weights]}, biases {[b.shape for b in self.biases]}"
            raise NetworkError(f"Slice needs 1 layer or more, each a matrix and a bias a row; got {got}.")
        widths = [self.d, *(len(W) for W in self.weights)]
        for k, (W, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            if W.shape[1] != widths[k] or b.shape != (len(W),) or not W.size:
                raise NetworkError(f"Slice needs shapes that chain; got weights[{k}] {W.shape}, biases[{k}] {b.shape}.")
            if not (np.isfinite(W).all() and np.isfinite(b).all()):
                raise NetworkError(f"Slice needs finite numbers; got another in weights[{k}] or biases[{k}].")
        if widths[-1] != self.grid.d:
            raise NetworkError(f"Slice needs places of the grid's {self.grid.d} inputs; got {widths[-1]}.")

    @classmethod
    def of(cls, grid: Grid | Slice, weights: Sequence[Array], biases: Sequence[Array]) -> Slice:
        """Return a grid, or a slice of one, behind affine layers."""
        if isinstance(grid, Slice):
            return cls(grid.grid, (*weights, *grid.weights), (*biases, *grid.biases))
        return cls(grid, tuple(weights), tuple(biases))

    @property
    def d(self) -> int:
        """Number of inputs."""
        return int(self.weights[0].shape[1])

    @property
    def d_out(self) -> int:
        """Values at a point: the inputs, the place, then the features of every level."""
        return self.d + self.grid.d_out

    @property
    def box(self) -> Box:
        """The grid's own box, in which the places lie."""
        return self.grid.box

    @property
    def sizes(self) -> tuple[int, ...]:
        """Cells of the grid along each of its axes, level by level."""
        return self.grid.sizes

    @property
    def n_parameters(self) -> int:
        return self.grid.n_parameters + sum(part.size for part in (*self.weights, *self.biases))

    def __repr__(self) -> str:
        return f"Slice with {self.d} inputs of {self.grid}"

    def places(self, x: ArrayLike) -> Array:
        """Return where the grid is read, (..., grid.d) for (..., d) inputs; not yet within its box."""
        at = np.asarray(x, dtype=np.float64)
        for W, b in zip(self.weights, self.biases, strict=True):
            at = at @ W.T + b
        return at

    def __call__(self, x: ArrayLike) -> Array:
        """Return the values, (..., d_out) for (..., d) inputs."""
        at = np.asarray(x, dtype=np.float64)
        return np.concatenate([at, self.grid(self.places(at))], axis=-1)

    @property
    def front(self) -> Array:
        """[F | c] with the place F x + c, (grid.d, d + 1), rounded."""
        rows = np.eye(self.d, self.d + 1)
        for W, b in zip(self.weights, self.biases, strict=True):
            rows = W @ rows
            rows[:, -1] += b
        return rows

    def affine_map(self, x: ArrayLike) -> Array:
        """Return [A | c] with slice(x') = A x' + c around each point, (..., d_out, d + 1); on a face, one side's."""
        places, box = self.places(x), self.grid.box
        beyond = (places > box.hi).astype(np.int64) - (places < box.lo)
        return self.pulled(self.grid.affine_map(places), beyond)

    def pulled(self, maps: Array, beyond: NDArray[np.int64]) -> Array:
        """Return maps of the grid (..., grid.d_out, grid.d + 1) as maps of the inputs.

        beyond   (..., grid.d) -1, 0, 1: below the box along an axis, where the place that is read stays on its side,
                 within, above
        """
        box, front = self.grid.box, self.front
        still = np.zeros((*beyond.shape, self.d + 1))
        still[..., -1] = np.where(beyond > 0, box.hi, box.lo)
        moves = np.where(beyond[..., None] == 0, front, still)
        found = maps[..., :-1] @ moves
        found[..., -1] += maps[..., -1]
        inputs = np.broadcast_to(np.eye(self.d, self.d + 1), (*found.shape[:-2], self.d, self.d + 1))
        return np.concatenate([inputs, found], axis=-2)


__all__ = ["Slice"]


def slice_names(names: Sequence[str], point: Array, *ways: Array) -> tuple[str, ...]:
    """Return what the coordinates of a slice are called: as the column that each runs along, else s, t, r.

    names   (d,) of the columns; x1, x2, ... where they are others in number
    point   (d,) where the coordinates are 0; ways: (d,) where each leads

    >>> slice_names(["length", "width"], np.array([0.0, 1.25]), np.array([1.0, 0]), np.array([0.0, 1]))
    ('length', 'width − 1.25')
    >>> slice_names([], np.zeros(3), np.array([0, 0, 0.5]), np.array([1.0, 1, 0]))
    ('x3 / 0.5', 't')
    """
    known = [str(name) for name in names] if len(names) == len(point) else [f"x{k + 1}" for k in range(len(point))]
    return tuple(_along(known, point, way) or letter for way, letter in zip(ways, "str", strict=False))


def _along(names: Sequence[str], point: Array, way: Array) -> str:
    """What a coordinate along one column is; nothing for any other way."""
    at = np.flatnonzero(way)
    if len(at) != 1:
        return ""
    name, start, step = names[at[0]], float(point[at[0]]), float(way[at[0]])
    moved = name if start == 0 else f"{name} {'−' if start > 0 else '+'} {abs(start):.4g}"
    return moved if step == 1 else f"{moved if start == 0 else f'({moved})'} / {step:.4g}"
