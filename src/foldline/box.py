"""Box: the part of input space a question is asked about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .columns import number_of, numbers_of, table_of
from .errors import InputError
from .same import Compared, put

MEASURES = 2.0**-900, 2.0**1000  # of a box that is measured: doubles hold its slivers and the sums of its parts, too


@dataclass(frozen=True, eq=False)
class Box(Compared):
    """An axis-parallel box, lo < hi in every axis, in the units of the inputs.

    lo, hi   (d,) corners; read-only float64
    raises   InputError if a corner is not finite, the lengths differ, or a side is empty or inverted

    >>> Box([-1, -1], [2, 3]).volume
    12.0
    """

    lo: NDArray[np.float64]
    hi: NDArray[np.float64]

    def __init__(self, lo: ArrayLike, hi: ArrayLike) -> None:
        a, b = (np.array(_corner(name, corner), dtype=np.float64) for name, corner in (("lo", lo), ("hi", hi)))
        if a.shape != b.shape or a.ndim != 1 or a.size == 0:
            raise InputError(f"Box needs two corners of the same length; got shapes {a.shape} and {b.shape}.")
        for name, corner in (("lo", a), ("hi", b)):
            bad = np.flatnonzero(~np.isfinite(corner))
            if bad.size:
                raise InputError(
                    f"Box needs finite corners; got {name}[{bad[0]}] = {corner[bad[0]]}. Give a bounded box."
                )
        bad = np.flatnonzero(a >= b)
        if bad.size:
            i = int(bad[0])
            raise InputError(f"Box needs lo < hi in every axis; got lo[{i}] = {a[i]:g}, hi[{i}] = {b[i]:g}.")
        put(self, lo=a, hi=b)

    @classmethod
    def around(cls, X: object, margin: float = 0.0) -> Box:
        """Return the smallest box that holds all rows of a table; an axis in which they do not differ gets width 1.

        X        (n, d) numbers: an array, a table of pandas or polars, or Samples
        margin   share of each side to add on both its ends
        raises   InputError naming the first cell that is no number

        >>> Box.around([[0, 5], [2, 5]])
        Box([0.0, 4.5], [2.0, 5.5])
        """
        table = table_of("Box.around", "X", getattr(X, "inputs", X))[0]
        bad = np.argwhere(~np.isfinite(table))
        if len(bad) or not len(table):
            what = f"X row {bad[0][0]}, column {bad[0][1]} is {table[tuple(bad[0])]}" if len(bad) else "got 0 rows"
            raise InputError(f"Box.around needs finite numbers; {what}. Drop the row or impute.")
        margin = number_of("Box.around", "a margin", margin)
        if not 0 <= margin < np.inf:
            raise InputError(f"Box.around needs a margin of 0 or more; got {margin}.")
        return cls._widened(table.min(axis=0), table.max(axis=0), margin)

    @classmethod
    def _widened(cls, lo: NDArray[np.float64], hi: NDArray[np.float64], margin: float) -> Box:
        half = np.where(lo == hi, 0.5, margin * (hi - lo))
        lost = lo - half >= hi + half  # numbers so large that 0.5 is lost beside them
        half = np.where(lost, np.abs(lo) + 1.0, half)
        return cls(lo - half, hi + half)

    def grown(self, margin: float) -> Box:
        """Return the box with a margin round it, a share of each side on both its ends.

        >>> Box([0, 0], [1, 2]).grown(0.5)
        Box([-0.5, -1.0], [1.5, 3.0])
        """
        return self._widened(self.lo, self.hi, margin)

    def on_slice(self, point: ArrayLike, *directions: ArrayLike) -> Box | None:
        """Return the smallest box of (s, t, ...) that holds all of this one's points point + s u + t v + ...

        point, directions   (d,) each
        returns             None where the slice passes the box by, or the directions do not span it
        cost                two small linear programs a direction

        >>> Box([0, 0, 0], [1, 1, 1]).on_slice([0, 0, 0.5], [2, 0, 0], [1, 1, 0])
        Box([-0.5, 0.0], [0.5, 1.0])
        """
        from scipy.optimize import linprog

        along, at = np.stack([np.asarray(u, dtype=np.float64) for u in directions], axis=1), np.asarray(point)
        inside = np.concatenate([along, -along]), np.concatenate([self.hi - at, at - self.lo])
        ends = []
        for way in np.concatenate([np.eye(len(directions)), -np.eye(len(directions))]):
            found = linprog(way, *inside, bounds=(None, None))
            if found.status != 0:
                return None
            ends.append(way @ found.x)
        lo, hi = np.array(ends[: len(directions)]), -np.array(ends[len(directions) :])
        return Box(lo + 0.0, hi + 0.0) if (lo < hi).all() else None

    def as_meta(self) -> dict[str, Any]:
        """Return what a file holds of it, as JSON values."""
        return {"lo": self.lo.tolist(), "hi": self.hi.tolist()}

    @classmethod
    def of_meta(cls, meta: object) -> Box | None:
        """Return the box a file's meta tells; None where it tells none.

        >>> Box.of_meta({"lo": [0], "hi": [1]}), Box.of_meta({"lo": [2], "hi": [1]}), Box.of_meta("far")
        (Box([0.0], [1.0]), None, None)
        """
        if not isinstance(meta, Mapping):
            return None
        try:
            return cls(meta["lo"], meta["hi"])
        except (KeyError, TypeError, ValueError):
            return None

    def __repr__(self) -> str:
        return f"Box({self.lo.tolist()}, {self.hi.tolist()})"

    @property
    def d(self) -> int:
        """Number of axes."""
        return int(self.lo.size)

    @property
    def volume(self) -> float:
        """Length, area or volume; 0 or infinite where that leaves the doubles."""
        with np.errstate(over="ignore", under="ignore"):
            return float(np.prod(self.hi - self.lo))

    def need_measure(self, who: str) -> None:
        """Refuse what measures parts of a box whose own volume is near the ends of the doubles.

        who      asks, for the message
        raises   InputError
        """
        least, most = MEASURES
        if not least < self.volume < most:
            raise InputError(
                f"{who} needs a box with a volume from {least:.0e} to {most:.0e}; got {self.volume:.0e} ({self}). "
                "Measure the inputs in other units."
            )


def _corner(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """A corner as numbers; one number is a corner in one dimension."""
    if isinstance(values, int | float | np.number):
        return np.array([values], dtype=np.float64)
    return numbers_of("Box", name, values)
