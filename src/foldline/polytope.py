"""Polytope: a convex part of input space, a x <= b for some rows, that a question is asked about."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .box import Box
from .columns import array_of
from .doors import Shown
from .errors import InputError
from .same import Compared, put

Array = NDArray[np.float64]

ROUND = 2.0**-24  # of its size: by so much the box around is wider than linear programs in floats say it is


@dataclass(frozen=True, eq=False)
class Polytope(Shown, Compared):
    """The points x with A x <= b: bounded, and with an inside.

    A, b     (m, d) and (m,); read-only float64, taken as they are stored, to the last bit
    raises   InputError for shapes that do not fit, numbers that are not finite, a row of zeros, a set that is unbounded
             or has no inside
    cost     2 d + 1 linear programs

    >>> triangle = Polytope([[-1, 0], [0, -1], [1, 1]], [0, 0, 1])
    >>> triangle.d, triangle.holds([[0.25, 0.25], [1, 1]])
    (2, array([ True, False]))
    """

    A: Array
    b: Array

    def __init__(self, A: ArrayLike, b: ArrayLike) -> None:
        rows, bounds = array_of("Polytope", "A", A), array_of("Polytope", "b", b)
        if rows.ndim != 2 or bounds.shape != rows.shape[:1] or not rows.size:
            raise InputError(f"Polytope needs rows (m, d) and bounds (m,); got shapes {rows.shape} and {bounds.shape}.")
        if not (np.isfinite(rows).all() and np.isfinite(bounds).all()):
            raise InputError("Polytope needs finite numbers; got one that is not. Leave the row out.")
        if not rows.any(axis=1).all():
            raise InputError(f"Polytope needs rows that are not all 0; got row {int(np.argmin(rows.any(axis=1)))}.")
        put(self, A=rows, b=bounds)
        _ = self.box

    def __repr__(self) -> str:
        return f"Polytope({len(self.b)} half-spaces in {self.d} inputs)"

    @property
    def d(self) -> int:
        """Number of inputs."""
        return int(self.A.shape[1])

    def holds(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Return which points, (n, d), lie in it, as floats tell."""
        return np.asarray((array_of("Polytope", "points", points) @ self.A.T <= self.b).all(axis=-1))

    @cached_property
    def box(self) -> Box:
        """A box around it, a little wider than need be.

        >>> Polytope([[-1, 0], [0, -1], [1, 1]], [0, 0, 1]).box.hi.round(3)
        array([1., 1.])
        """
        size = np.linalg.norm(self.A, axis=1)
        rows, bounds = self.A / size[:, None], self.b / size
        if not self._widest(rows, bounds) > 0:
            raise InputError("Polytope needs an inside; got rows that leave none. Loosen a bound.")
        ends = np.array([[-self._most(rows, bounds, -axis), self._most(rows, bounds, axis)] for axis in np.eye(self.d)])
        room = ROUND * (np.abs(ends).max() + np.ptp(ends, axis=1).max())
        return Box(ends[:, 0] - room, ends[:, 1] + room)

    def _most(self, rows: Array, bounds: Array, direction: Array) -> float:
        """The largest value of a linear function."""
        from scipy.optimize import linprog

        found = linprog(-direction, A_ub=rows, b_ub=bounds, bounds=(None, None))
        if found.status != 0:
            raise InputError("Polytope needs rows that bound it on every side; got a set without an end. Add bounds.")
        return float(-found.fun)

    def _widest(self, rows: Array, bounds: Array) -> float:
        """The radius of the largest ball inside, up to 1."""
        from scipy.optimize import linprog

        balls = np.column_stack([rows, np.ones(len(rows))])
        limits = [*[(None, None)] * self.d, (None, 1.0)]
        found = linprog([*[0.0] * self.d, -1.0], A_ub=balls, b_ub=bounds, bounds=limits)
        return float(-found.fun) if found.status == 0 else 0.0
