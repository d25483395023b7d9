"""Elimination in integers: where planes meet, what rows imply, which columns are independent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from .exact import Point, point

Row = list[int]  # a_1 .. a_d, c of a.x + c


def reduced(rows: Iterable[Iterable[int]], usable: int | None = None) -> tuple[list[Row], list[int], int]:
    """Return rows cleared column by column, the columns of their pivots, and the number D that every pivot is.

    The first rows have D in their own pivot's column and 0 in those of the others.
    usable   how many of the rows, the first, may hold a pivot; all unless given
    source   fraction-free elimination: the divisions have no remainder (Bareiss 1968)

    >>> reduced([[2, 4, 2], [1, 3, 0]])
    ([[2, 0, 6], [0, 2, -2]], [0, 1], 2)
    """
    M = [[int(v) for v in row] for row in rows]
    pivots: list[int] = []
    D, end = 1, len(M) if usable is None else usable
    for column in range(len(M[0]) if M else 0):
        at = len(pivots)
        row = next((i for i in range(at, end) if M[i][column]), None)
        if row is None:
            continue
        M[at], M[row] = M[row], M[at]
        pivot = M[at][column]
        for i, other in enumerate(M):
            if i != at:
                M[i] = [(pivot * x - other[column] * y) // D for x, y in zip(other, M[at], strict=True)]
        D = pivot
        pivots.append(column)
    return M, pivots, D


def meet(planes: Sequence[Sequence[int]]) -> Point | None:
    """Return the one point on d planes given as integer rows (a_1 .. a_d, c) of a.x + c = 0, or None if there is none.

    >>> meet([[1, 1, -1], [1, -1, 0]])
    Point(X=(1, 1), w=2)
    """
    M, pivots, D = reduced(planes)
    if pivots != list(range(len(M))):
        return None
    return point([Fraction(-row[-1], D) for row in M])


def implied(rows: Sequence[Row], target: Row) -> bool:
    """Whether target = sum of y_i row_i + c for some y and c that are not negative, and rows that are independent.

    source   Farkas' lemma

    >>> implied([[1, 0, 0], [1, 1, -1]], [3, 2, -1]), implied([[1, 0, 0], [1, 1, -1]], [1, 2, 0])
    (True, False)
    """
    n, d = len(rows), len(target) - 1
    M, pivots, D = reduced(zip(*rows, target, strict=True), usable=d)
    if pivots[:n] != list(range(n)) or len(pivots) > n:  # dependent, or the target is no mix of them
        return False
    return min(row[n] * D for row in M[:n]) >= 0 and M[-1][n] * D >= 0


def independent_columns(rows: Iterable[Iterable[int]]) -> list[int]:
    """Return the first independent columns of a matrix.

    >>> independent_columns([[1, 2, 0], [2, 4, 1]])
    [0, 2]
    """
    return reduced(rows)[1]


def direction(rows: Sequence[Sequence[int]]) -> Row:
    """Return a direction that d - 1 independent rows of length d are orthogonal to, in integers.

    >>> direction([[1, 2, 3], [0, 1, 1]])
    [-1, -1, 1]
    """
    M, pivots, D = reduced(rows)
    free = next(k for k in range(len(M[0])) if k not in pivots)
    out = [D] * len(M[0])
    for column, row in zip(pivots, M, strict=True):
        out[column] = -row[free]
    return out
