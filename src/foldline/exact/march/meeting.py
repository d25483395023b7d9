"""Meeting: what the level set is on one region, in rational arithmetic, however many folds meet there.

The engines of the surface ask here when a float cannot decide.  Planes are integer rows (a, b, c, e) of
a x + b y + c z + e >= 0; points are integers (X, Y, Z, w) with w > 0; nothing is rounded until an answer is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from itertools import pairwise
from math import gcd

import numpy as np
from numpy.typing import NDArray

from ..rational.exact import Exact, integers
from .level import N_FACES, Level, Words

Row = tuple[int, ...]
Corner = tuple[Row, int]  # a homogeneous point, and the plane along which the next edge runs
Answer = tuple[NDArray[np.float64], Words, NDArray[np.int64], NDArray[np.float64], Words, bool]


@dataclass(frozen=True)
class Region:
    """What the pattern of a region says.

    planes    unit (or face of the box) -> row that is >= 0 on the region
    level     row of the network minus the level, up to a factor above 0
    gradient  of the network, as doubles
    dead      units that are zero all over the region
    possible  False if a unit that is constant there contradicts the pattern
    """

    planes: dict[int, Row]
    level: Row
    gradient: tuple[float, ...]
    dead: tuple[int, ...]
    possible: bool


class Meeting:
    """Polygons and neighbours of regions, exactly; remembered for everyone who asks again.

    cost   a region: one product of integer matrices a layer; an edge where several folds meet: one more a sector
    """

    def __init__(self, question: Level) -> None:
        self.question = question
        self.folds = [np.flatnonzero(fold) for fold in question.chain.folds]
        self.first = np.cumsum([0, *question.widths])
        self.faces = _faces(question)
        self._regions: dict[bytes, Region] = {}
        self.flush: set[bytes] = set()  # regions whose polygon lies in a fold or in a face of the box

    def __call__(self, pattern: Sequence[int]) -> Answer:
        """Return corners (k, 3), names (k, 2), face of each edge or -1, gradient (3,), neighbours (m, words), flat."""
        words = np.array(pattern, dtype=np.uint64)
        region = self.region(words)
        if not region.possible:
            return self._answer(region, [], words, [], False)
        if not any(region.level[:3]):
            flat = region.level[3] == 0 and self._solid(region)
            return self._answer(region, [], words, self._around_flat(region) if flat else [], flat)
        corners = _polygon(region.level, region.planes)
        inside = _middle([at for at, _ in corners]) if corners else None
        if inside is None or not self._solid_at(region, inside):
            return self._answer(region, [], words, [], False)
        others = self._neighbours(region, words, corners, inside)
        if self._elsewhere(region, words, inside, others):
            corners = []
        elif any(_at(row, inside) == 0 for row in region.planes.values()):
            self.flush.add(words.tobytes())
        return self._answer(region, corners, words, others, False)

    # The network as whole numbers: made when it is first asked for, which takes seconds for millions of weights

    @cached_property
    def exact(self) -> Exact:
        return Exact(self.question.chain)

    @cached_property
    def below(self) -> list[tuple[NDArray[np.object_], int]]:
        return [integers(below) for below in self.question.chain.below]

    @cached_property
    def scales(self) -> list[int]:
        chain = self.question.chain
        joined = (np.column_stack(pair) for pair in zip(chain.weights, chain.biases, strict=True))
        return [1 << integers(rows)[1] for rows in joined]

    # One region

    def region(self, words: Words) -> Region:
        """Return the planes of the region with a packed pattern."""
        key = words.tobytes()
        if key not in self._regions:
            if len(self._regions) > 4096:
                self._regions.clear()
            self._regions[key] = self._work_out(self.question.bits(words))
        return self._regions[key]

    def _work_out(self, bits: list[NDArray[np.bool_]]) -> Region:
        planes, dead, possible = dict(self.faces), [], True
        affine = self.exact.affine(bits)
        for first, folds, on, (rows, _) in zip(self.first, self.folds, bits, affine, strict=False):
            for u in folds:
                row = tuple(int(v) if on[u] else -int(v) for v in rows[u])
                if any(row[:3]):
                    planes[int(first + u)] = _reduced(row)
                elif row[3] == 0:  # zero all over the region counts as off
                    dead.append(int(first + u))
                    possible &= not on[u]
                else:
                    possible &= row[3] > 0
        rows, w = affine[-1]
        value = self.question.value
        level = [int(v) * value.denominator for v in rows[0]]
        level[3] -= value.numerator * w
        gradient = tuple(int(v) / w for v in rows[0][:3])
        return Region(planes, _reduced(tuple(level)), gradient, tuple(dead), bool(possible))

    def _solid_at(self, region: Region, at: Row) -> bool:
        """Whether the region has volume at a point inside a polygon of it: the planes through it face one way."""
        through = [row for row in region.planes.values() if _at(row, at) == 0]
        return all(sum(p * q for p, q in zip(row[:3], through[0][:3], strict=True)) > 0 for row in through)

    def _solid(self, region: Region) -> bool:
        """Whether a region has volume: then it has a side with the volume on its inner side."""
        return next(iter(self._sides(region)), None) is not None

    def _sides(self, region: Region) -> Iterable[list[Corner]]:
        for row in region.planes.values():
            corners = _polygon(row, region.planes)
            if corners and self._solid_at(region, _middle([at for at, _ in corners])):
                yield corners

    # The regions around it

    def _around_flat(self, region: Region) -> list[Words]:
        found: dict[bytes, Words] = {}
        for corners in self._sides(region):
            inside = _middle([at for at, _ in corners])
            for a, b in pairwise([*corners, corners[0]]):
                for words in self._fan(a[0], b[0], inside):
                    found[words.tobytes()] = words
        return list(found.values())

    def _neighbours(self, region: Region, words: Words, corners: list[Corner], inside: Row) -> list[Words]:
        found: dict[bytes, Words] = {}
        for (a, _), (b, _) in pairwise([*corners, corners[0]]):
            shared = self._through(region, a, b)
            if len(shared) == 1 and shared[0] >= self.first[-1]:
                continue
            fan = [self.question.flipped(words, shared[0])] if len(shared) == 1 else self._fan(a, b, inside)
            for other in fan:
                found[other.tobytes()] = other
        found.pop(words.tobytes(), None)
        return list(found.values())

    def _through(self, region: Region, *points: Row) -> list[int]:
        """Units and faces that are zero at all of the points."""
        zero = [u for u, row in region.planes.items() if all(_at(row, p) == 0 for p in points)]
        return zero + list(region.dead)

    def _fan(self, a: Row, b: Row, inside: Row) -> list[Words]:
        """Return the regions round the edge a b whose part of the level set contains it."""
        along, middle = _towards(a, b), _middle([a, b])
        r = _towards(middle, inside)
        s = _cross(along, r)
        found, whole = self._turn(middle, along, r, s)
        if not whole:
            found += self._turn(middle, along, r, _negative(s))[0]
        return found

    def _turn(self, middle: Row, along: Row, r: Row, s: Row) -> tuple[list[Words], bool]:
        """Turn round an edge from r towards s, sector by sector; stop at the box or after a whole turn (then True).

        A ray is (p, q) for p r + q s.  A sector ends at the first ray on which one of its planes is zero.
        """
        found: list[Words] = []
        ray = (1, 0)
        while True:
            here, left = _combine(ray, r, s), _combine((-ray[1], ray[0]), r, s)
            if not self._in_box(middle, here, left, along):
                return found, False
            words = self.pattern(middle, here, left, along)
            region = self.region(words)
            end = (-ray[0], -ray[1])
            for row in region.planes.values():
                if _at(row, middle) == 0:
                    exit = (-_slope(row, s), _slope(row, r))
                    if any(exit) and exit[0] * end[1] > exit[1] * end[0]:
                        end = exit
            if _slope(region.level, here) * _slope(region.level, _combine(end, r, s)) <= 0:
                found.append(words)
            if (ray[1] < 0 and end[1] >= 0) or (ray[1] == 0 > ray[0] and end[1] == 0):
                return found, True
            g = gcd(*end)
            ray = (end[0] // g, end[1] // g)

    def _in_box(self, middle: Row, *directions: Row) -> bool:
        """Whether the points infinitely near are in the box."""
        return all(
            _lexicographic((_at(row, middle), *(_slope(row, d) for d in directions))) > 0 for row in self.faces.values()
        )

    def pattern(self, at: Row, *directions: Row) -> Words:
        """Return the packed pattern infinitely near a point: a little along the first direction, less along the next.

        source   lexicographic differentiation (Nesterov 2005): signs of (value, slope, slope, ...) by the first nonzero
        """
        H = np.array([[at[j], *(d[j] for d in directions)] for j in range(3)], dtype=object)
        w, bits = at[3], []
        for (W, b), (below, k), scale, folds in zip(
            self.exact.layers, self.below, self.scales, self.question.chain.folds, strict=False
        ):
            Z = W @ H
            Z[:, 0] += b * w
            on = np.array([_lexicographic(row) > 0 for row in Z])
            H = np.where(on[:, None], Z * (1 << k), Z * below[:, None])
            w = (w * scale) << k
            bits.append(on & folds)
        return self.question.pack(bits)

    # The answer

    def _elsewhere(self, region: Region, words: Words, inside: Row, others: list[Words]) -> bool:
        """Whether the polygon is a side of the region and the region across, the one of lower pattern, has it."""
        through = [row for row in region.planes.values() if _at(row, inside) == 0]
        if not through or any(_at(row, inside) == 0 for row in self.faces.values()):
            return False
        out = _negative(through[0][:3])
        side = _cross(out, (1, 0, 0)) if any(out[1:]) else (0, 1, 0)
        other = self.pattern(inside, out, side, _cross(out, side))
        others.append(other)
        beyond = self.region(other).level
        return any(beyond[:3]) and other.tobytes() < words.tobytes()

    def _answer(self, region: Region, corners: list[Corner], words: Words, others: list[Words], flat: bool) -> Answer:
        points = [at for at, _ in corners]
        n = len(points)
        faces = [self._face(points[k], points[(k + 1) % n]) for k in range(n)]
        return (
            np.array([[x / at[3] for x in at[:3]] for at in points], dtype=np.float64).reshape(n, 3),
            np.array([self._name(region, words, at) for at in points], dtype=np.uint64).reshape(n, 2),
            np.array(faces, dtype=np.int64),
            np.array(region.gradient, dtype=np.float64),
            np.array(others, dtype=np.uint64).reshape(len(others), len(words)),
            flat,
        )

    def _face(self, a: Row, b: Row) -> int:
        for face in range(N_FACES):
            row = self.faces[int(self.first[-1]) + face]
            if _at(row, a) == 0 == _at(row, b):
                return face
        return -1

    def _name(self, region: Region, words: Words, at: Row) -> Words:
        """A vertex where two planes meet is named by them and the other units' state; any other by where it is."""
        zero = self._through(region, at)
        if len(zero) != 2:
            w = gcd(*at)
            text = ",".join(format(v // w, "x") for v in at)
            return np.frombuffer(blake2b(text.encode(), digest_size=16).digest(), dtype="<u8").astype(np.uint64)
        name = np.zeros(2, dtype=np.uint64)
        bits = self.question.bits(words)
        for first, on, folds in zip(self.first, bits, self.folds, strict=False):
            for u in folds:
                if on[u] and first + u not in zero:
                    name ^= self.question.on[first + u]
        name ^= self.question.tag[zero[0]] ^ self.question.tag[zero[1]]
        return name


def _faces(question: Level) -> dict[int, Row]:
    first, planes = sum(question.widths), {}
    for face in range(N_FACES):
        axis, sign = face // 2, 1 - 2 * (face % 2)
        edge = (question.hi if face % 2 else question.lo)[axis]
        p, q = float(edge).as_integer_ratio()
        planes[first + face] = tuple([sign * q * (j == axis) for j in range(3)] + [-sign * p])
    return planes


def _polygon(plane: Row, planes: dict[int, Row]) -> list[Corner]:
    """Return the part of a plane where all rows are >= 0, counter-clockwise about the plane's normal; [] without area.

    Cut in the two axes other than the one the plane faces most; lines stay rows of the planes, so numbers never grow.
    """
    n = max(range(3), key=lambda j: abs(plane[j]))
    i, j = (n + 1) % 3, (n + 2) % 3
    sign = 1 if plane[n] > 0 else -1
    lines: dict[int, Row] = {}
    for u, row in planes.items():
        line = tuple(sign * (row[k] * plane[n] - row[n] * plane[k]) for k in (i, j, 3))
        if any(line[:2]):
            lines[u] = line
        elif line[2] < 0:
            return []
    last = max(planes)
    first = last - N_FACES + 1
    order = [first + 2 * i, first + 2 * j, first + 2 * i + 1, first + 2 * j + 1]
    start = [_meet(lines[order[k - 1]], lines[order[k]]) for k in range(4)]
    corners = [(start[k], order[k]) for k in range(4)]
    for u, line in lines.items():
        corners = _cut(corners, line, u, lines)
        if not corners:
            return []
    lifted = []
    for (x, y, w), u in corners:
        at = [0, 0, 0, 0]
        at[i], at[j], at[3] = x * abs(plane[n]), y * abs(plane[n]), w * abs(plane[n])
        at[n] = -sign * (plane[i] * x + plane[j] * y + plane[3] * w)
        lifted.append((_reduced(tuple(at)), u))
    return lifted if sign > 0 else _reversed(lifted)


def _reversed(corners: list[Corner]) -> list[Corner]:
    backwards = corners[::-1]
    return [(at, backwards[(k + 1) % len(backwards)][1]) for k, (at, _) in enumerate(backwards)]


def _cut(corners: list[tuple[Row, int]], line: Row, name: int, lines: dict[int, Row]) -> list[tuple[Row, int]]:
    """Keep line >= 0 of a polygon in two axes; [] if no area is left."""
    s = [line[0] * x + line[1] * y + line[2] * w for (x, y, w), _ in corners]
    if min(s) >= 0:
        return corners
    if max(s) <= 0:
        return []
    kept = []
    for k, (at, along) in enumerate(corners):
        then = s[(k + 1) % len(s)]
        if s[k] > 0:
            kept.append((at, along))
        elif s[k] == 0:
            kept.append((at, name if then < 0 else along))
        if s[k] * then < 0:
            kept.append((_meet(lines[along], line), name if s[k] > 0 else along))
    return kept


def _meet(p: Row, q: Row) -> Row:
    x, y, w = p[1] * q[2] - q[1] * p[2], p[2] * q[0] - q[2] * p[0], p[0] * q[1] - q[0] * p[1]
    return (x, y, w) if w > 0 else (-x, -y, -w)


def _reduced(row: Row) -> Row:
    g = gcd(*row)
    return tuple(v // g for v in row) if g > 1 else row


def _at(row: Row, at: Row) -> int:
    return row[0] * at[0] + row[1] * at[1] + row[2] * at[2] + row[3] * at[3]


def _slope(row: Row, d: Row) -> int:
    return row[0] * d[0] + row[1] * d[1] + row[2] * d[2]


def _middle(points: list[Row]) -> Row:
    """The mean of points, homogeneous."""
    w = 1
    for p in points:
        w *= p[3] // gcd(w, p[3])
    total = [sum(p[j] * (w // p[3]) for p in points) for j in range(3)]
    return _reduced((*total, w * len(points)))


def _towards(a: Row, b: Row) -> Row:
    """The direction from a to b, up to a factor above 0."""
    return _reduced(tuple(b[j] * a[3] - a[j] * b[3] for j in range(3)))


def _cross(a: Row, b: Row) -> Row:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def _negative(a: Row) -> Row:
    return tuple(-v for v in a)


def _combine(ray: tuple[int, int], r: Row, s: Row) -> Row:
    return tuple(ray[0] * p + ray[1] * q for p, q in zip(r, s, strict=True))


def _lexicographic(values: Iterable[int]) -> int:
    for v in values:
        if v:
            return 1 if v > 0 else -1
    return 0
