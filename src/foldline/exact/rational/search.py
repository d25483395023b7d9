"""Regions in any dimension by rational arithmetic alone: the oracle of the tests, and the arbiter of the fast engines.

Layer by layer, every region of the layers so far is a polytope with a strictly interior point; a unit of the next
layer cuts it when an exact linear program finds points on both sides of the unit's fold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from math import gcd, sqrt

import numpy as np
from numpy.typing import NDArray

from ...box import Box
from ...same import Compared
from ..chain.form import Chain
from ..shards import Shard, owns, takes
from .elimination import Row, implied
from .exact import Exact, Integers, Point, point
from .program import least, value

Pattern = NDArray[np.uint8]
KEPT_ROWS = 4096  # affine functions are worked out once a region of the layers before; a depth-first walk needs few


@dataclass(frozen=True, eq=False)
class Cell(Compared):
    """A polytope on the way to regions.

    layer     the layer that cuts it now; all earlier ones are decided
    pattern   on / off a chain unit, of the units decided so far
    sides     what bounds it: a chain unit, or -1 - 2 axis for a lower side of the box, -2 - 2 axis for an upper one
    waiting   units of the layer (counted from its first) that may cut it still
    witness   a strictly interior point
    """

    layer: int
    pattern: Pattern
    sides: tuple[int, ...]
    waiting: tuple[int, ...]
    witness: Point


class RationalCells:
    """The regions of a chain in a box, and every single decision on the way to them.

    read   what the first layer reads, as rows over a common denominator (``Exact.affine``); the inputs unless given
    """

    def __init__(self, chain: Chain, box: Box, read: tuple[Integers, int] | None = None) -> None:
        self.chain, self.box, self._read = chain, box, read
        self.exact = Exact(chain)
        widths = [len(below) for below in chain.below]
        self.starts = np.concatenate([[0], np.cumsum(widths)]).astype(int).tolist()
        self.folds = np.concatenate([*chain.folds, np.zeros(0, dtype=bool)])
        self._layer_of = np.repeat(np.arange(len(widths)), widths).tolist()
        self._up_to = [
            Exact(Chain(chain.weights[: k + 1], chain.biases[: k + 1], chain.below[:k], chain.owners[:k]))
            for k in range(len(chain.weights))
        ]
        self._rows_of = lru_cache(maxsize=KEPT_ROWS)(self._rows_of_prefix)

    def root(self) -> Cell:
        """Return the box itself."""
        middle = [(Fraction(lo) + Fraction(hi)) / 2 for lo, hi in zip(self.box.lo, self.box.hi, strict=True)]
        sides = tuple(-1 - k for k in range(2 * self.box.d))
        return Cell(0, np.zeros(self.starts[-1], dtype=np.uint8), sides, self._units(0), point(middle))

    def cells(self, start: Cell | None = None, shard: Shard = ()) -> Iterator[Cell]:
        """Yield the regions inside a cell (the box), each with its whole pattern; of a shard only, if there is one.

        cost     one exact linear program a cell and unit: milliseconds each, growing with depth
        """
        stack = [start or self.root()]
        while stack:
            cell = stack.pop()
            cuts = len(cell.sides) - 2 * self.box.d
            if cell.waiting:
                parts = self.cut(cell)
                stack.extend(part for bit, part in reversed(list(enumerate(parts))) if _enters(parts, shard, cuts, bit))
            elif cell.layer + 1 < len(self.chain.below):
                stack.append(replace(cell, layer=cell.layer + 1, waiting=self._units(cell.layer + 1)))
            elif owns(shard, cuts):
                yield cell

    def cut(self, cell: Cell) -> list[Cell]:
        """Return the one or two parts of a cell that its first waiting unit makes, off before on."""
        unit = self.starts[cell.layer] + cell.waiting[0]
        off, on = self.halves(cell, unit)
        both = off is not None and on is not None
        parts = []
        for witness, bit in ((off, 0), (on, 1)):
            if witness is not None:
                parts.append(self.part(cell, unit, bit, witness, cuts=both))
        return parts

    def part(self, cell: Cell, unit: int, bit: int, witness: Point, *, cuts: bool) -> Cell:
        """Return the part of a cell where a unit is off (0) or on (1)."""
        pattern = cell.pattern.copy()
        pattern[unit] = bit
        sides = (*cell.sides, unit) if cuts else cell.sides
        waiting = tuple(k for k in cell.waiting if self.starts[cell.layer] + k != unit)
        return replace(cell, pattern=pattern, sides=sides, waiting=waiting, witness=witness)

    def stays(self, pattern: Pattern, unit: int, sides: Sequence[int]) -> int | None:
        """Return 0 or 1 if some sides of a cell prove that a unit is never on, or never off, inside; else None."""
        rows, target = self.rows_inside(sides, pattern), self.row(unit, pattern)
        return 0 if implied(rows, _negated(target)) else 1 if implied(rows, target) else None

    def halves(self, cell: Cell, unit: int) -> tuple[Point | None, Point | None]:
        """Return a strictly interior point where the unit is off and one where it is on, None for an empty half.

        A unit that is constant on the cell is on if positive, else off: pre-activation 0 counts as off.
        """
        target, sides, at = self.row(unit, cell.pattern), self.rows(cell), cell.witness
        here = value(target, at)
        if not any(target[:-1]):
            return (None, at) if here > 0 else (at, None)
        if here > 0:
            return _other_side(sides, target, at), at
        if here < 0:
            return at, _other_side(sides, _negated(target), at)
        return _step(sides, _negated(target), at), _step(sides, target, at)

    def rows(self, cell: Cell) -> list[Row]:
        """Return the sides as rows that are positive inside."""
        return self.rows_inside(cell.sides, cell.pattern)

    def half_spaces(self, sides: Iterable[int], pattern: Pattern) -> NDArray[np.float64]:
        """Return sides as rows (a, c) of a.x + c >= 0, the largest number of a being 1 or -1; nearest doubles."""
        rows = self.rows_inside(sides, pattern)
        return np.array([[v / max(map(abs, row[:-1])) for v in row] for row in rows])

    def rows_inside(self, sides: Iterable[int], pattern: Pattern) -> list[Row]:
        """Return sides of the region with a pattern as rows that are positive inside."""
        out = []
        for side in sides:
            row = self.row(side, pattern)
            out.append(row if side < 0 or pattern[side] else _negated(row))
        return out

    def inside(self, rows: Sequence[Row], near: Point) -> Point:
        """Return a point where all rows are positive: ``near`` if it is one.

        rows   half-spaces whose intersection with the box has an interior
        """
        if all(value(row, near) > 0 for row in rows):
            return near
        at, known = self.root().witness, [self.row(-1 - k, np.zeros(0, dtype=np.uint8)) for k in range(2 * self.box.d)]
        for row in rows:
            here = value(row, at)
            if here < 0:
                beyond = _other_side(known, _negated(row), at)
                if beyond is None:
                    raise AssertionError("the rows have a common interior")
                at = beyond
            elif here == 0:
                at = _step(known, row, at)
            known.append(row)
        return at

    def row(self, side: int, pattern: Pattern) -> Row:
        """Return a unit's pre-activation, up to a positive factor, for earlier layers' pattern, or a box side."""
        if side < 0:
            axis, upper = divmod(-1 - side, 2)
            bound = Fraction(float((self.box.hi if upper else self.box.lo)[axis]))
            row = [0] * (self.box.d + 1)
            row[axis] = -bound.denominator if upper else bound.denominator
            row[-1] = bound.numerator if upper else -bound.numerator
            return row
        layer = self._layer_of[side]
        return self._rows_of(layer, pattern[: self.starts[layer]].tobytes())[side - self.starts[layer]]

    def output_rows(self, pattern: Pattern) -> tuple[NDArray[np.object_], int]:
        """Return the outputs on the region with a pattern as integer rows over a common denominator."""
        return self.exact.affine(self._split(pattern), self._read)[-1]

    def map(self, pattern: Pattern) -> NDArray[np.float64]:
        """Return [A | c] of the outputs on the region with a pattern, (d_out, d + 1), nearest doubles."""
        rows, w = self.output_rows(pattern)
        return np.array([[int(v) / w for v in row] for row in rows])

    def radius(self, cell: Cell) -> float:
        """Return the radius of a ball around the witness inside the cell, rounded; 0.0 if it underflows."""
        at = cell.witness
        distances = [
            float(Fraction(value(row, at), at.w)) / sqrt(float(sum(v * v for v in row[:-1])))
            if max(map(abs, row)).bit_length() < _SAFE_BITS
            else float(Fraction(value(row, at), at.w * max(map(abs, row[:-1])) * (len(row) - 1)))
            for row in self.rows(cell)
        ]
        return min(distances)

    def _units(self, layer: int) -> tuple[int, ...]:
        return tuple(np.flatnonzero(self.chain.folds[layer]).tolist()) if self.chain.below else ()

    def _split(self, pattern: Pattern) -> list[Pattern]:
        return [pattern[a:b] for a, b in zip(self.starts[:-1], self.starts[1:], strict=True)]

    def _rows_of_prefix(self, layer: int, prefix: bytes) -> list[Row]:
        pattern = np.frombuffer(prefix, dtype=np.uint8)
        rows, _ = self._up_to[layer].affine(self._split_prefix(pattern, layer), self._read)[-1]
        return [_lowest([int(v) for v in row]) for row in rows]

    def _split_prefix(self, pattern: Pattern, layer: int) -> list[Pattern]:
        return [pattern[self.starts[k] : self.starts[k + 1]] for k in range(layer)]


def _enters(parts: Sequence[Cell], shard: Shard, cuts: int, bit: int) -> bool:
    return len(parts) < 2 or takes(shard, cuts, bit)


_SAFE_BITS = 500  # squares of longer integers overflow a double


def _negated(row: Row) -> Row:
    return [-v for v in row]


def _lowest(row: Row) -> Row:
    factor = gcd(*row)
    return [v // factor for v in row] if factor > 1 else row


def _other_side(sides: Sequence[Row], target: Row, at: Point) -> Point | None:
    """Return a strictly interior point with target < 0, or None; ``at`` is one with target > 0."""
    corner = least(sides, target, at)
    if corner is None:
        return None
    before, after = Fraction(value(target, at), at.w), Fraction(value(target, corner), corner.w)
    t = (before / (before - after) + 1) / 2
    found = _along(at, corner, t)
    return _shortened(found, [*sides, _negated(target)])


def _step(sides: Sequence[Row], direction: Row, at: Point) -> Point:
    """Return an interior point from ``at``, where a row is zero, along its normal half way to the first side."""
    reach = [
        Fraction(value(row, at), -speed * at.w)
        for row in sides
        if (speed := sum(a * b for a, b in zip(row[:-1], direction[:-1], strict=True))) < 0
    ]
    t = min(reach) / 2
    found = point([x + t * a for x, a in zip(at.fractions(), direction, strict=False)])
    return _shortened(found, [*sides, direction])


def _along(a: Point, b: Point, t: Fraction) -> Point:
    return point([p + t * (q - p) for p, q in zip(a.fractions(), b.fractions(), strict=True)])


def _shortened(at: Point, positive: Sequence[Row]) -> Point:
    """Return the nearest point with double coordinates if the rows are positive there too: numbers stay short."""
    near = point(at.floats())
    return near if all(value(row, near) > 0 for row in positive) else at
