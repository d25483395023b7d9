"""The volume and first moment of a polytope in fractions: for what nearly parallel sides hide from doubles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import factorial

from .elimination import Row

Vector = tuple[Fraction, ...]
Corner = tuple[Vector, frozenset[int]]  # where, and the sides that it lies on


def exact_moments(box: Sequence[tuple[Fraction, Fraction]], rows: Sequence[Row]) -> tuple[Fraction, list[Fraction]]:
    """Return the volume of the part of a box where all rows are at least 0, and the integral of x over it.

    cost     corners times corners a row, and a determinant a simplex: up to about 5 inputs
    source   double description (Motzkin et al. 1953); a pulling triangulation

    >>> volume, moment = exact_moments([(Fraction(0), Fraction(2))] * 2, [[-1, -1, 2]])
    >>> str(volume), [str(v) for v in moment]
    ('2', ['4/3', '4/3'])
    """
    corners = _corners(box)
    for name, row in enumerate(rows):
        corners = _kept(corners, row, name)
    total, moment = Fraction(0), [Fraction(0)] * len(box)
    for simplex in _simplices(corners, len(box)):
        part = _size(simplex)
        total += part
        moment = [m + part * sum(x) / len(simplex) for m, x in zip(moment, zip(*simplex, strict=True), strict=True)]
    return total, moment


def _corners(box: Sequence[tuple[Fraction, Fraction]]) -> list[Corner]:
    corners: list[Corner] = [((), frozenset())]
    for axis, ends in enumerate(box):
        names = (-1 - 2 * axis, -2 - 2 * axis)
        corners = [((*x, end), on | {name}) for x, on in corners for end, name in zip(ends, names, strict=True)]
    return corners


def _kept(corners: list[Corner], row: Row, name: int) -> list[Corner]:
    """The corners of the part where a row is not negative; none if that has no interior."""
    heights = [sum((a * x for a, x in zip(row, at, strict=False)), Fraction(row[-1])) for at, _ in corners]
    if not corners or max(heights) <= 0:
        return []
    if min(heights) >= 0:
        return corners
    kept = [(at, on if h else on | {name}) for (at, on), h in zip(corners, heights, strict=True) if h >= 0]
    for (a, on_a), p in zip(corners, heights, strict=True):
        for (b, on_b), q in zip(corners, heights, strict=True):
            common = on_a & on_b
            if p < 0 < q and sum(common <= on for _, on in corners) == 2:  # the ends of an edge
                t = p / (p - q)
                kept.append((tuple(x + t * (y - x) for x, y in zip(a, b, strict=True)), common | {name}))
    return kept


def _simplices(corners: list[Corner], d: int) -> Iterator[list[Vector]]:
    """Simplices of a corner and those of the facets that it is not on."""
    if d == 0:
        yield [corners[0][0]]
    elif len(corners) > d:
        for facet in _facets(corners, d):
            if corners[0] not in facet:
                yield from ([corners[0][0], *rest] for rest in _simplices(facet, d - 1))


def _facets(corners: list[Corner], d: int) -> list[list[Corner]]:
    names = set().union(*(on for _, on in corners))
    sets = {frozenset(i for i, (_, on) in enumerate(corners) if name in on) for name in names}
    proper = [s for s in sets if d <= len(s) < len(corners)]
    return [[corners[i] for i in sorted(s)] for s in proper if not any(s < other for other in proper)]


def _size(simplex: list[Vector]) -> Fraction:
    """The volume by elimination in fractions."""
    M = [[x - y for x, y in zip(at, simplex[0], strict=True)] for at in simplex[1:]]
    size = Fraction(1, factorial(len(M)))
    for k in range(len(M)):
        pivot = next((i for i in range(k, len(M)) if M[i][k]), None)
        if pivot is None:
            return Fraction(0)
        M[k], M[pivot] = M[pivot], M[k]
        size *= abs(M[k][k])
        for i in range(k + 1, len(M)):
            factor = M[i][k] / M[k][k]
            M[i] = [x - factor * y for x, y in zip(M[i], M[k], strict=True)]
    return size
