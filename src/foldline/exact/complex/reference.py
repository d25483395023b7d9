"""The complex of a network on a box, one unit at a time, in any dimension and any arithmetic: the engine to read.

A complex is a list of faces for each dimension k: a vertex is a point, a k-face the list of the (k - 1)-faces around
it.  One unit cuts it like this.  Every vertex has a sign.  A k-face with corners on both sides falls into a positive
part, a negative part and, between them, a new (k - 1)-face: on an edge the point where the unit is zero; higher up, the
face whose boundary is what the unit's fold cut out of the boundary already.  Nothing else is decided by numbers.

With ``Fraction`` the answer is exact and is what the compiled kernel is tested against; with floats it is the fast
uncertified mode for machines without a compiler.

source   Montufar et al. 2014, section 2: a layer cuts each region by the zero sets of its units
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf
from typing import Any

from ..chain.form import Chain
from ..start import Start

Number = Any  # float or Fraction


@dataclass(frozen=True)
class Faces:
    """A complex: corners, and for k = 1 .. d the k-faces as lists of (k - 1)-faces.

    points     coordinates of each vertex
    faces      faces[k][i]: the (k - 1)-faces around k-face i; faces[1][i]: the two ends of edge i
    folds      folds[k][i]: the chain units on whose fold k-face i lies, and below 0 the walls of the first cells;
               folds[0] for vertices
    patterns   on / off of every chain unit, one tuple a d-face
    starts     the first cell that each d-face is a part of
    whole      whether they are all; else as many as were asked for
    """

    points: list[list[Number]]
    faces: list[list[list[int]]]
    folds: list[list[frozenset[int]]]
    patterns: list[tuple[int, ...]]
    starts: list[int]
    whole: bool = True


def faces_of(
    chain: Chain,
    start: Start,
    number: Callable[[float], Number] = Fraction,
    *,
    most: float = inf,
    check: Callable[[int], None] = lambda n: None,
) -> Faces:
    """Return the complex of a chain on its first cells.

    number   Fraction for exact answers, float for quick ones
    most     regions: those behind them are left out, and what they would be cut into
    check    called with the number of regions after every unit; raises to stop the work
    cost     a pass over all faces a unit; 7,000 regions/s in floats, a tenth of that in fractions

    >>> from foldline.box import Box
    >>> from foldline.network import Network
    >>> from foldline.exact.chain.form import chain_of
    >>> xor = chain_of(Network([[[1, 1], [1, 1]], [[1, -2]]], [[0, -1], [0]]))
    >>> [len(f) for f in faces_of(xor, Start.of_box(Box([-1, -1], [2, 2]))).faces]
    [0, 8, 3]
    """
    cut = _Cut(start, number)
    cut.keep_first(most)
    unit = 0
    for W, b, below in zip(chain.weights[:-1], chain.biases[:-1], chain.below, strict=True):
        cut.rows = [_row(W, b, h, number) for h in cut.rows]
        for j, slope in enumerate(below.tolist()):
            cut.by(j, unit + j, folds=slope != 1.0)
            cut.keep_first(most)
            check(len(cut.patterns))
        slopes = [number(s) for s in below.tolist()]
        cut.rows = [[z if z > 0 else z * s for z, s in zip(row, slopes, strict=True)] for row in cut.rows]
        unit += len(b)
    return Faces(cut.points, cut.faces, cut.folds, cut.patterns, cut.starts, cut.whole)


def _row(W: Any, b: Any, h: list[Number], number: Callable[[float], Number]) -> list[Number]:
    used = [(k, value) for k, value in enumerate(h) if value]
    return [
        sum((number(w[k]) * value for k, value in used if w[k]), number(offset))
        for w, offset in zip(W.tolist(), b.tolist(), strict=True)
    ]


class _Cut:
    """A complex being cut; ``rows`` holds the current layer's values at each vertex, behind them its coordinates."""

    def __init__(self, start: Start, number: Callable[[float], Number]) -> None:
        d = self.d = start.d
        self.points: list[list[Number]] = start.points(number)
        self.rows = start.reads(number)
        self.faces: list[list[list[int]]] = [[], *start.lists()]
        counts = [len(self.points), *map(len, start.faces)]
        self.folds: list[list[frozenset[int]]] = [[frozenset()] * count for count in counts]
        self.folds[d - 1] = [frozenset([wall]) for wall in start.walls.tolist()]
        for k in range(d - 1, 0, -1):
            around: list[set[int]] = [set() for _ in range(counts[k - 1])]
            for face, parts in enumerate(self.faces[k]):
                for part in parts:
                    around[part] |= self.folds[k][face]
            self.folds[k - 1] = [frozenset(walls) for walls in around]
        self.patterns: list[tuple[int, ...]] = [()] * start.n_cells
        self.starts = list(range(start.n_cells))
        self.whole = True

    def keep_first(self, most: float) -> None:
        """Leave out all regions but the first, and what belongs to no other."""
        if len(self.patterns) <= most:
            return
        self.whole = False
        for of_regions in (self.faces[self.d], self.folds[self.d], self.patterns, self.starts):
            del of_regions[int(most) :]
        for k in range(self.d, 0, -1):
            used = sorted({part for face in self.faces[k] for part in face})
            number = {old: new for new, old in enumerate(used)}
            self.faces[k] = [[number[part] for part in face] for face in self.faces[k]]
            self.folds[k - 1] = [self.folds[k - 1][part] for part in used]
            if k > 1:
                self.faces[k - 1] = [self.faces[k - 1][part] for part in used]
        self.points, self.rows = [self.points[v] for v in used], [self.rows[v] for v in used]

    def by(self, j: int, unit: int, *, folds: bool) -> None:
        """Cut every face by the zero set of the unit in column j, and note on which side each region lies."""
        if not folds:
            self.patterns = [(*pattern, 0) for pattern in self.patterns]
            return
        sign = [(row[j] > 0) - (row[j] < 0) for row in self.rows]
        parts: list[tuple[int, int, int] | None] = [None] * len(sign)  # (positive, negative, zero) of a cut face
        lower: list[tuple[int, int, int] | None] = []
        signs = [sign]
        for k in range(1, self.d + 1):
            lower, parts = parts, []
            sign = []
            for i in range(len(self.faces[k])):
                part, s = self._cut_face(k, i, unit, j, signs, lower)
                parts.append(part)
                sign.append(s)
            signs.append(sign + [-1] * sum(part is not None for part in parts))  # the appended halves
            signs[k - 1] += [0] * (len(self.folds[k - 1]) - len(signs[k - 1]))
        self.patterns = [(*pattern, int(s > 0)) for pattern, s in zip(self.patterns, signs[self.d], strict=True)]

    def _cut_face(
        self, k: int, i: int, unit: int, j: int, signs: list[list[int]], lower: list[tuple[int, int, int] | None]
    ) -> tuple[tuple[int, int, int] | None, int]:
        """Cut k-face i if it has both signs; face i becomes its positive half, the negative half is appended."""
        boundary = self.faces[k][i]
        pos = [g for g in boundary if signs[k - 1][g] > 0]
        neg = [g for g in boundary if signs[k - 1][g] < 0]
        for g in boundary:
            if k > 1 and g < len(lower) and lower[g]:
                neg.append(lower[g][1])  # type: ignore[index]
        if not (pos and neg):
            return None, (1 if pos else -1 if neg else 0)
        zero = (
            self._new_vertex(pos[0], neg[0], j, unit, self.folds[k][i])
            if k == 1
            else self._new_face(k, i, unit, signs, lower)
        )
        self.faces[k][i] = [*pos, zero]
        self.faces[k].append([*neg, zero])
        self.folds[k].append(self.folds[k][i])
        if k == self.d:
            self.patterns.append(self.patterns[i])
            self.starts.append(self.starts[i])
        return (i, len(self.faces[k]) - 1, zero), 1

    def _new_vertex(self, a: int, b: int, j: int, unit: int, folds: frozenset[int]) -> int:
        """The point of edge a-b where the unit is zero: t = z_a / (z_a - z_b)."""
        t = self.rows[a][j] / (self.rows[a][j] - self.rows[b][j])
        row = [p + t * (q - p) for p, q in zip(self.rows[a], self.rows[b], strict=True)]
        row[j] *= 0
        self.rows.append(row)
        self.points.append([p + t * (q - p) for p, q in zip(self.points[a], self.points[b], strict=True)])
        self.folds[0].append(folds | {unit})
        return len(self.points) - 1

    def _new_face(
        self, k: int, i: int, unit: int, signs: list[list[int]], lower: list[tuple[int, int, int] | None]
    ) -> int:
        """The (k - 1)-face that the fold cuts out of k-face i: its boundary is the fold's part of i's boundary."""
        found: dict[int, None] = {}
        for g in self.faces[k][i]:
            part = lower[g] if g < len(lower) else None
            for e in [part[2]] if part else [e for e in self.faces[k - 1][g] if self._is_zero(k - 2, e, signs)]:
                found[e] = None
        self.faces[k - 1].append(list(found))
        self.folds[k - 1].append(self.folds[k][i] | {unit})
        return len(self.faces[k - 1]) - 1

    def _is_zero(self, k: int, face: int, signs: list[list[int]]) -> bool:
        return face >= len(signs[k]) or signs[k][face] == 0


def ordered(pairs: Iterable[tuple[int, Sequence[int]]]) -> list[tuple[int, int]]:
    """Return the edges of a polygon in order, as (vertex, edge to the next vertex).

    pairs   (edge number, its two ends)

    >>> ordered([(7, (0, 1)), (8, (2, 0)), (9, (1, 2))])
    [(0, 7), (1, 9), (2, 8)]
    """
    left = {edge: tuple(ends) for edge, ends in pairs}
    edge, (start, at) = next(iter(left.items()))
    loop = [(start, edge)]
    del left[edge]
    while left:
        edge = next(e for e, ends in left.items() if at in ends)
        ends = left.pop(edge)
        loop.append((at, edge))
        at = ends[0] if ends[1] == at else ends[1]
    return loop
