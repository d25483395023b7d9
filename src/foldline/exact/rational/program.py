"""Linear programs in integers: a point of a polytope where a row is below zero, or that there is none."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from .elimination import Row
from .exact import Point, point


def value(row: Row, at: Point) -> int:
    """The row at a point, times the point's (positive) denominator."""
    return sum(a * x for a, x in zip(row, at.X, strict=False)) + row[-1] * at.w


def least(sides: Sequence[Row], target: Row, at: Point) -> Point | None:
    """Return a point of the polytope {side >= 0} with target < 0, or None if there is none.

    at       a strictly interior point: with it as the origin the dictionary is feasible from the start
    source   dictionary simplex in integers (Edmonds; Avis' lrs), Bland's rule, so that it ends on every input;
             the unbounded variables enter first and never leave

    >>> least([[1, 0], [-1, 4]], [1, -3], point([3.5]))
    Point(X=(0,), w=1)
    """
    d = len(target) - 1
    table = [[*row[:-1], value(row, at)] for row in (*sides, target)]
    goal = len(sides)
    basic = [d + i for i in range(goal)]  # variables: 0 .. d-1 the moves, d + i the slack of side i
    other = list(range(d))
    D = 1
    while table[goal][-1] >= 0:
        entering = _entering(table[goal], other, d)
        if entering is None:
            return None
        way = 1 if table[goal][entering] < 0 else -1
        leaving = _leaving(table, basic, entering, way, d)
        D = _pivot(table, leaving, entering, D)
        basic[leaving], other[entering] = other[entering], basic[leaving]
    moved = {variable: table[i][-1] for i, variable in enumerate(basic) if variable < d}
    return point([Fraction(x * D + moved.get(k, 0), at.w * D) for k, x in enumerate(at.X)])


def _entering(goal: Row, other: Sequence[int], d: int) -> int | None:
    """The column of the lowest variable that lowers the goal."""
    ways = [(v, j) for j, v in enumerate(other) if goal[j] < 0 or (v < d and goal[j] > 0)]
    return min(ways)[1] if ways else None


def _leaving(table: Sequence[Row], basic: Sequence[int], entering: int, way: int, d: int) -> int:
    """The row of the slack that is first to reach zero, the lowest variable of equals."""
    best, rate, slack = -1, 0, 0
    for i, variable in enumerate(basic):
        fall = -way * table[i][entering]
        if variable < d or fall <= 0:
            continue
        order = table[i][-1] * rate - slack * fall if best >= 0 else -1
        if order < 0 or (order == 0 and variable < basic[best]):
            best, rate, slack = i, fall, table[i][-1]
    if best < 0:
        raise AssertionError("a box is bounded")
    return best


def _pivot(table: list[Row], r: int, c: int, D: int) -> int:
    """Exchange the variables of row r and column c; return the new common denominator of the dictionary."""
    pivot, row = table[r][c], table[r]
    sign = 1 if pivot > 0 else -1
    for i, other in enumerate(table):
        if i != r:
            m = other[c]
            new = [sign * (pivot * x - m * y) // D for x, y in zip(other, row, strict=True)]
            new[c] = sign * m
            table[i] = new
    table[r] = [-sign * x for x in row]
    table[r][c] = sign * D
    return sign * pivot
