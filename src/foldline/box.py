"""Box: the part of input space a question is asked about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import InputError

MEASURES = 2.0**-900, 2.0**1000  # of a box that is measured: doubles hold its slivers and the sums of its parts, too


@dataclass(frozen=True, eq=False)
class Box:
    """An axis-parallel box, lo < hi in every axis, in the units of the inputs.

    lo, hi   (d,) corners; read-only float64
    raises   InputError if a corner is not finite, the lengths differ, or a side is empty or inverted

    >>> Box([-1, -1], [2, 3]).volume
    12.0
    """

    lo: NDArray[np.float64]
    hi: NDArray[np.float64]

    def __init__(self, lo: ArrayLike, hi: ArrayLike) -> None:
        a, b = np.atleast_1d(np.array(lo, dtype=np.float64)), np.atleast_1d(np.array(hi, dtype=np.float64))
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
        a.setflags(write=False)
        b.setflags(write=False)
        object.__setattr__(self, "lo", a)
        object.__setattr__(self, "hi", b)

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
