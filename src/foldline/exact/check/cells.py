"""Proof that a saved list of regions is the network's, in any dimension; nothing here comes from an engine.

1. A region is real: at a point within rounding of the stored one every unit has, in rational arithmetic, strictly the
   sign that the pattern says (or is 0 on the whole region, which counts as off).
2. A region's sides are all its sides: for every other unit, and side of the box, multipliers prove that its
   half-space contains the polytope of the listed ones.
3. Across each side there is a listed region.  If no other unit is 0 on the side, only its own unit flips there, and
   that pattern is looked up.  Otherwise a point of the side's interior is found, or multipliers that it is no side
   after all, and the pattern just beyond that point is worked out from values and slopes.
4. From a region one reaches every other through sides; so by 3 a list that is not empty is the whole list.  Regions
   with different patterns do not overlap.

cost   a rational forward pass and d + 1 more a region, and a linear program of the region's sides a region and unit
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..chain.form import Chain
from .arithmetic import Forward, Point, Row, Rows, point
from .program import Polytope, beyond, crossing, interior, value
from .simplices import Simplex, Simplices
from .verdict import require

if TYPE_CHECKING:
    from ..regions import Regions

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Sides = dict[int, Row]  # by side: a unit, or -1 - (2 axis + end) of the box; positive inside


class Inside:
    """Half-spaces of single regions, and whether a stored point is inside."""

    def __init__(
        self,
        chain: Chain,
        answer: Regions,
        reach: Array,
        simplices: Simplices | None = None,
        homes: Sequence[Simplex] = (),
    ) -> None:
        self.simplices, self.homes = simplices, homes
        self.forward, self.reach = Forward(chain), reach
        self.box, self.bits, self.points = answer.box, answer.bits, answer.points
        self.folds = np.concatenate([*chain.folds, np.zeros(0, dtype=bool)])
        self.units = np.flatnonzero(self.folds).tolist()
        widths = [len(below) for below in chain.below]
        self.ends = np.cumsum(widths)[:-1] if widths else None
        self.box_rows = {-1 - (2 * axis + end): self._side(axis, end) for axis in range(answer.box.d) for end in (0, 1)}

    def _side(self, axis: int, end: int) -> Row:
        bound = Fraction(float((self.box.hi if end else self.box.lo)[axis]))
        return _row_at(self.box.d, axis, 1 - 2 * end, bound)

    def split(self, bits: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
        """A pattern layer by layer."""
        return [] if self.ends is None else np.split(bits, self.ends)

    def affine(self, r: int) -> list[Rows]:
        """Every layer on a region, see ``Forward.affine``."""
        read = None if self.simplices is None else self.simplices.map(self.homes[r])
        return self.forward.affine(self.split(self.bits[r]), read)

    def walls(self, r: int) -> list[Row]:
        """The walls of the simplex that a region is in."""
        return [] if self.simplices is None else self.simplices.walls(self.homes[r])

    def rows(self, r: int, affine: Sequence[Rows]) -> Sides:
        """The folding units of a region as rows that are not negative inside, in lowest terms."""
        flat = [row for rows, _ in affine[:-1] for row in rows]
        return {u: _lowest(flat[u], 1 if self.bits[r, u] else -1) for u in self.units}

    def holds(self, r: int) -> bool:
        """Whether a stored point is strictly inside its region and no unit is zero there: a forward pass says so."""
        at = self.points[r]
        if not ((at > self.box.lo) & (at < self.box.hi)).all():
            return False
        start = point(at.tolist())
        if not all(value(row, start) > 0 for row in self.walls(r)):
            return False
        reads = start if self.simplices is None else point(self.simplices.read(start.fractions()))
        signs = [s for layer in self.forward.signs(reads) for s in layer]
        return all(signs[u] == (1 if self.bits[r, u] else -1) for u in self.units)

    def witness(self, r: int, rows: Sides) -> Point:
        """Return a point strictly inside a region, the stored one if it is; raise the fault if none is near it."""
        at = self.points[r]
        require(np.isfinite(at).all(), "point", f"the point of region {r} is not finite")
        start = point(at.tolist())
        for u, row in rows.items():
            if not any(row[:-1]):
                on = bool(self.bits[r, u])
                require(row[-1] > 0 or (row[-1] == 0 and not on), "pattern", f"region {r}: unit {u} never has its sign")
        needed = [*self.box_rows.values(), *self.walls(r), *(row for row in rows.values() if any(row[:-1]))]
        if all(value(row, start) > 0 for row in needed):
            return start
        near = []
        for axis, reach in enumerate(self.reach.tolist()):
            for sign in (1, -1):
                near.append(_row_at(self.box.d, axis, sign, Fraction(float(at[axis])) - sign * Fraction(reach)))
        found = interior(needed, near, start)
        require(found, "pattern", f"region {r} has no interior point near the one stored")
        return found  # type: ignore[return-value]


class CellsProof(Inside):
    """One list of regions on trial; ``run`` raises the first fault."""

    def __init__(self, chain: Chain, answer: Regions, reach: Array) -> None:
        super().__init__(chain, answer, reach)
        none: Index = np.zeros(0, dtype=np.int64)
        self.sides, self.side_start = answer.sides or (none, none)
        self.maps: list[Rows] = []

    def run(self) -> None:
        """Raise the first fault; afterwards ``maps`` are the exact maps."""
        self._check_arrays()
        self.known = {bits.tobytes() for bits in self.bits}
        require(len(self.known) == len(self.bits), "pattern", "two regions have the same pattern")
        for r in range(len(self.bits)):
            affine = self.affine(r)
            self.maps.append(affine[-1])
            rows = self.rows(r, affine)
            self._check_sides(r, rows, self.witness(r, rows))

    def _check_arrays(self) -> None:
        n, start = len(self.bits), self.side_start
        require(n > 0 and self.bits.shape == (n, len(self.folds)), "shape", "patterns are not one a region")
        require(
            ((self.bits == 0) | (self.bits == 1)).all(), "pattern", "a pattern holds something else than on and off"
        )
        require(not self.bits[:, ~self.folds].any(), "pattern", "a unit without a fold is marked as on")
        require(self.points.shape == (n, self.box.d), "shape", "points are not one a region")
        fits = len(start) == n + 1 and start[0] == 0 and start[-1] == len(self.sides) and (np.diff(start) > 0).all()
        require(fits, "side", "the lists of half-spaces are not one a region")
        known = (self.sides >= -2 * self.box.d) & (self.sides < len(self.units))
        require(known.all(), "side", "a half-space names a unit or a side of the box that is not there")

    def _check_sides(self, r: int, rows: Sides, at: Point) -> None:
        own = self.sides[self.side_start[r] : self.side_start[r + 1]].tolist()
        names = [self.units[s] if s >= 0 else s for s in own]
        require(len(set(names)) == len(names), "side", f"region {r} has a half-space twice")
        rows = rows | self.box_rows
        flat = next((s for s in names if not any(rows[s][:-1])), None)
        require(flat is None, "side", f"unit {flat} has no half-space in region {r}")
        listed = [rows[s] for s in names]
        polytope = Polytope(listed, at)
        for s, row in rows.items():
            if s not in names and any(row[:-1]):
                found = polytope.beyond(row)
                require(found is None, "side", f"region {r} lacks the half-space of unit or side {s}")
        for s in names:
            if s >= 0:
                self._check_across(r, s, rows, listed, at)

    def _check_across(self, r: int, unit: int, rows: Sides, listed: Sequence[Row], at: Point) -> None:
        """Claim 3 for one side."""
        same = [u for u in self.units if rows[u] == rows[unit] or not any(rows[u])]
        if same == [unit]:
            if self._flipped(r, [unit]).tobytes() in self.known:
                return
        outside = beyond([row for row in listed if row != rows[unit]], rows[unit], at)
        if outside is None:
            return
        there = self._just_beyond(r, same, crossing(rows[unit], at, outside), [-v for v in rows[unit][:-1]])
        require(there.tobytes() in self.known, "missing", f"the region beyond unit {unit} of region {r} is not there")

    def _flipped(self, r: int, units: Sequence[int]) -> NDArray[np.uint8]:
        bits: NDArray[np.uint8] = self.bits[r].copy()
        bits[list(units)] ^= 1
        return bits

    def _just_beyond(self, r: int, changing: Sequence[int], at: Point, way: Sequence[int]) -> NDArray[np.uint8]:
        """The pattern a little further along a direction from a point of a side, where just these units are zero."""
        bits: NDArray[np.uint8] = self.bits[r].copy()
        for unit in changing:  # in the order of the layers: earlier bits decide what later units do
            flat = [row for rows, _ in self.forward.affine(self.split(bits))[:-1] for row in rows]
            bits[unit] = sum(int(a) * b for a, b in zip(flat[unit], way, strict=False)) > 0
        return bits


def _row_at(d: int, axis: int, sign: int, bound: Fraction) -> Row:
    """The row of sign (x_axis - bound)."""
    row = [0] * (d + 1)
    row[axis], row[-1] = sign * bound.denominator, -sign * bound.numerator
    return row


def _lowest(row: Sequence[int], sign: int) -> Row:
    numbers = [int(v) for v in row]
    factor = (gcd(*numbers) or 1) * sign
    return [v // factor for v in numbers]
