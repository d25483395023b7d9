"""Linear programs that prove their own answers: a point with a row below zero, or multipliers that there is none.

The search is a simplex method in integers, but nobody has to believe it: a point is put into every row, and multipliers
are multiplied out, before either is handed on.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from .arithmetic import Point, Row, point
from .verdict import require


def value(row: Row, at: Point) -> int:
    """Return a row at a point, times the point's positive denominator."""
    return sum(a * x for a, x in zip(row, at.X, strict=False)) + row[-1] * at.w


def along(a: Point, b: Point, t: Fraction) -> Point:
    """Return the point a + t (b - a)."""
    return point([p + t * (q - p) for p, q in zip(a.fractions(), b.fractions(), strict=True)])


def beyond(rows: Sequence[Row], target: Row, at: Point) -> Point | None:
    """Return a point of the polytope {row >= 0} where target < 0, or None with proof; see ``Polytope.beyond``.

    >>> beyond([[1, 0], [-1, 4]], [1, -3], point([3.5]))
    Point(X=(0,), w=1)
    >>> beyond([[1, 0], [-1, 4]], [1, 1], point([3.5])) is None
    True
    """
    return Polytope(rows, at).beyond(target)


def interior(rows: Sequence[Row], around: Sequence[Row], at: Point) -> Point | None:
    """Return a point where all rows are positive, those of ``around`` too, or None if there is none.

    at   a point where the rows of ``around`` are positive

    >>> interior([[2, -1]], [[1, 0], [-1, 1]], point([0.25]))
    Point(X=(3,), w=4)
    """
    known = list(around)
    for row in rows:
        here = value(row, at)
        if here <= 0:
            found = beyond(known, [-v for v in row], at)
            if found is None:
                return None
            at = along(at, found, (_crossing(row, at, found) + 1) / 2)
        known.append(row)
    return at


def crossing(row: Row, a: Point, b: Point) -> Point:
    """Return where a row with opposite signs at the ends of a segment is zero."""
    return along(a, b, _crossing(row, a, b))


def _crossing(row: Row, a: Point, b: Point) -> Fraction:
    before, after = Fraction(value(row, a), a.w), Fraction(value(row, b), b.w)
    return before / (before - after)


class Polytope:
    """A polytope {row >= 0} with a point where all rows are positive, ready for one linear program after another.

    A dictionary: D times each basic variable is a row of integers over the other variables and 1.  Variables 0 .. d - 1
    are the moves from the point, of any sign, d + i is the slack of row i, and the last row is the target.  Only slacks
    leave, the lowest of equals (Bland 1977), so that the search ends.  The next program starts where the last ended.
    """

    def __init__(self, rows: Sequence[Row], at: Point) -> None:
        self.rows, self.at, self.d, self.D = rows, at, len(at.X), 1
        self.table = [[*row[:-1], value(row, at)] for row in rows] + [[]]
        self.basic = [self.d + i for i in range(len(rows))]
        self.other = list(range(self.d))

    def beyond(self, target: Row) -> Point | None:
        """Return a point where target < 0, or None with proof that there is none.

        raises   Fault if the rows leave the target unbounded
        source   Farkas' lemma: target = sum of l_i row_i + c with l, c >= 0 says that it is never negative
        """
        self._aim(target)
        while self.table[-1][-1] >= 0:
            column = self._entering()
            if column is None:
                self._prove(target)
                return None
            self._enter(column)
        found = self._point()
        if value(target, found) >= 0 or any(value(row, found) < 0 for row in self.rows):
            raise AssertionError("the point found is in the polytope, beyond the target")
        return found

    def _aim(self, target: Row) -> None:
        """Write the target over the variables that are not basic."""
        goal = [0] * self.d + [self.D * value(target, self.at)]
        for k, slope in enumerate(target[:-1]):
            if slope and k in self.other:
                goal[self.other.index(k)] += slope * self.D
            elif slope:
                goal = [a + slope * b for a, b in zip(goal, self.table[self.basic.index(k)], strict=True)]
        self.table[-1] = goal

    def _entering(self) -> int | None:
        """The column of the lowest variable whose move lowers the target."""
        ways = [
            (v, j)
            for j, (v, slope) in enumerate(zip(self.other, self.table[-1], strict=False))
            if slope < 0 or (slope and v < self.d)
        ]
        return min(ways)[1] if ways else None

    def _enter(self, column: int) -> None:
        """Move a variable until the first slack is zero, and exchange the two."""
        way = -1 if self.table[-1][column] > 0 else 1
        limits = [
            (Fraction(self.table[i][-1], -way * self.table[i][column]), v, i)
            for i, v in enumerate(self.basic)
            if v >= self.d and way * self.table[i][column] < 0
        ]
        require(limits, "side", "the half-spaces of a region do not bound it")
        self._exchange(min(limits)[2], column)

    def _exchange(self, r: int, c: int) -> None:
        """Fraction-free elimination (Bareiss 1968): the divisions have no remainder."""
        row, D = self.table[r], self.D
        pivot = row[c]
        sign = 1 if pivot > 0 else -1
        for i, old in enumerate(self.table):
            if i != r:
                new = [sign * (pivot * x - old[c] * y) // D for x, y in zip(old, row, strict=True)]
                new[c] = sign * old[c]
                self.table[i] = new
        self.table[r] = [-sign * x for x in row]
        self.table[r][c] = sign * D
        self.D = sign * pivot
        self.basic[r], self.other[c] = self.other[c], self.basic[r]

    def _point(self) -> Point:
        moved = {v: row[-1] for v, row in zip(self.basic, self.table, strict=False) if v < self.d}
        w = self.at.w * self.D
        return point([Fraction(x * self.D + moved.get(k, 0), w) for k, x in enumerate(self.at.X)])

    def _prove(self, target: Row) -> None:
        """Multiply out: D target = sum of multiplier row + a constant, none of them negative."""
        left = [self.D * v for v in target]
        for v, multiplier in zip(self.other, self.table[-1], strict=False):
            if multiplier:
                left = [a - multiplier * b for a, b in zip(left, self.rows[v - self.d], strict=True)]
        if any(left[:-1]) or left[-1] < 0 or self.D <= 0 or min(self.table[-1][:-1], default=0) < 0:
            raise AssertionError("the multipliers prove that the target is not negative")
