"""Cloud: points of a surface, with the normals there where they are known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .columns import array_of
from .doors import Shown
from .errors import InputError
from .same import Compared, put
from .transform import Transform

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Cloud(Shown, Compared):
    """Points in space.

    points    (n, 3) float64, finite
    normals   (n, 3) of length 1, outward; None where they are not known
    notes     sentences: what was left out of a file, or guessed
    raises    InputError naming the first row that cannot be

    >>> cloud = Cloud([[0, 0, 1], [0, 1, 0]], [[0, 0, 2], [0, 1, 0]])
    >>> len(cloud), cloud.normals.tolist()
    (2, [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    """

    points: Array
    normals: Array | None = None
    notes: tuple[str, ...] = field(default=(), compare=False)

    def __init__(self, points: ArrayLike, normals: ArrayLike | None = None, notes: Iterable[str] = ()) -> None:
        table = _table("points", points)
        units = None if normals is None else _units(_table("normals", normals), len(table))
        put(self, points=table, normals=units, notes=tuple(notes))

    def __len__(self) -> int:
        return len(self.points)

    def __repr__(self) -> str:
        return f"Cloud({len(self):,} points{'' if self.normals is None else ' with normals'})"

    @property
    def bounds(self) -> Array:
        """Lowest and highest corner, (2, 3)."""
        return np.stack([self.points.min(axis=0), self.points.max(axis=0)])

    def transformed(self, there: Transform) -> Cloud:
        """Return the cloud with its points at (x - shift) * scale."""
        moved = (self.points - np.asarray(there.shift)) * there.scale
        return Cloud(moved, self.normals, self.notes)

    def part(self, rows: NDArray[np.generic]) -> Cloud:
        """Return some of its points, by a mask or by numbers."""
        return Cloud(self.points[rows], None if self.normals is None else self.normals[rows], self.notes)


def _table(what: str, values: ArrayLike) -> Array:
    table = array_of("Cloud", what, values)
    if table.ndim != 2 or table.shape[1] != 3 or not len(table):
        raise InputError(f"Cloud needs {what} (n, 3), 1 at least; got shape {table.shape}.")
    bad = np.flatnonzero(~np.isfinite(table).all(axis=1))
    if len(bad):
        raise InputError(f"Cloud needs finite {what}; got row {bad[0]} = {table[bad[0]].tolist()}. Drop it.")
    return table


def _units(normals: Array, n: int) -> Array:
    peak = np.abs(normals).max(axis=1, keepdims=True)  # squares of what it divides are numbers
    if len(normals) != n or not (peak > 0).all():
        what = f"{len(normals)} normals" if len(normals) != n else f"a normal of length 0 in row {int(peak.argmin())}"
        raise InputError(f"Cloud needs a normal a point, none of length 0; got {what}. Leave the normals out.")
    scaled = normals / peak
    units: Array = scaled / np.linalg.norm(scaled, axis=1, keepdims=True)
    return units
