"""Corners of regions by brute force in rational arithmetic: another way to know what half-spaces say."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

import numpy as np

from foldline.exact.rational.elimination import meet
from foldline.exact.rational.exact import Point
from foldline.exact.rational.search import Cell, RationalCells
from foldline.exact.regions import Regions


def corners_of(found: Regions) -> list[set[Point]]:
    """The exact corners of each region: all points where d of its sides meet and no other is negative."""
    exact = RationalCells(found.chain, found.box)
    listed = found.cells if found.complex is None else found.complex._listed
    sides, start = listed.sides, listed.start
    units = np.flatnonzero(exact.folds)
    out = []
    for r, bits in enumerate(found.bits):
        named = tuple(int(units[s]) if s >= 0 else int(s) for s in sides[start[r] : start[r + 1]])
        rows = exact.rows(Cell(0, bits, named, (), Point((0,) * found.d_in, 1)))
        met = {meet(chosen) for chosen in combinations(rows, found.d_in)} - {None}
        out.append({p for p in met if p is not None and all(value(row, p) >= 0 for row in rows)})
    return out


def value(row: Sequence[int], at: Point) -> int:
    return sum(a * x for a, x in zip(row, at.X, strict=False)) + row[-1] * at.w


def dimension(points: set[Point]) -> int:
    """The dimension of the points' affine hull, -1 for none."""
    rows = [list(p.fractions()) for p in points]
    if not rows:
        return -1
    left, rank = [[a - b for a, b in zip(row, rows[0], strict=True)] for row in rows[1:]], 0
    for column in range(len(rows[0])):
        pivot = next((row for row in left if row[column]), None)
        if pivot is None:
            continue
        rank += 1
        left = [[a - b * row[column] / pivot[column] for a, b in zip(row, pivot, strict=True)] for row in left]
        left = [row for row in left if any(row)]
    return rank


def volume(points: Sequence[Sequence[Fraction]], facets: Sequence[frozenset[int]], d: int) -> Fraction:
    """The exact volume of a polytope: corners and the corners on each of its sides.

    source   Cohen and Hickey 1979: cones from one corner of each face over the faces without it
    """
    return sum((abs(_determinant([points[i] for i in simplex])) for simplex in _simplices(
        frozenset(range(len(points))), facets, d)), Fraction(0)) / _factorial(d)  # fmt: skip


def _simplices(face: frozenset[int], facets: Sequence[frozenset[int]], k: int) -> list[tuple[int, ...]]:
    if k == 0:
        return [(min(face),)] if len(face) == 1 else []
    apex = min(face)
    parts = {face & facet for facet in facets if apex not in facet}
    whole = {part for part in parts if part and not any(part < other for other in parts)}
    return [(apex, *rest) for part in whole for rest in _simplices(part, facets, k - 1)]


def _determinant(points: Sequence[Sequence[Fraction]]) -> Fraction:
    M = [[a - b for a, b in zip(p, points[0], strict=True)] for p in points[1:]]
    out = Fraction(1)
    for k in range(len(M)):
        pivot = next((i for i in range(k, len(M)) if M[i][k]), None)
        if pivot is None:
            return Fraction(0)
        M[k], M[pivot] = M[pivot], M[k]
        out *= M[k][k] if pivot == k else -M[k][k]
        for i in range(k + 1, len(M)):
            factor = M[i][k] / M[k][k]
            M[i] = [a - factor * b for a, b in zip(M[i], M[k], strict=True)]
    return out


def _factorial(n: int) -> int:
    return 1 if n < 2 else n * _factorial(n - 1)
