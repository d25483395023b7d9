"""March: the level set of a network with 3 inputs, from region to region; the NumPy twin of cpp/bind/surface.cpp.

March.  On a region the network is affine, so its level set there is one convex polygon: a plane cut by the folds of the
region and the box.  Across each edge one unit flips, which names the next region.  A vertex is named by the two folds
that meet there and the state of all other units, so polygons weld without comparing coordinates.  A polygon is accepted
when every unit that is not zero at a vertex by construction lies outside a computed error bound there; otherwise
``Meeting`` (rational arithmetic) says what the polygon is and which regions it touches.

Search.  Let d be a direction.  Every component of the level set has a lowest point along d.  Where some direction
across d has a slope of one sign for all gradients nearby, the level set is a graph over the other directions and runs
on downhill: no lowest point there.  Where the network is monotone along each axis, wherever it equals the level, what
it has of the level set in the leaf is connected (see ``Bounds.sheet``): one zero found there is a seed for all of it.
So only leaves of an octree where neither is proved are opened, region by region.  The same on the faces of the box
(across d, and along the axes, inside the face) and on its edges (every zero).

The kernel takes two short cuts that give the same answer: it walks around a polygon whose one edge is known instead of
cutting it out of a square, and it narrows the bounds over a leaf to its parts instead of starting from the network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from time import perf_counter, process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .level import N_FACES, Level, Words
from .meeting import Meeting

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Progress = Callable[[int, float], object]

ULP = 2.0**-53  # unit roundoff of a double
NEAR = 2.0**-20  # vertices known worse than this (box in [-1, 1]) are asked of the arbiter
FLAT = 2.0**-480  # squares of smaller slopes are no doubles of full precision
TINY = 2.0**-200  # above 0: a unit that is zero all over is near every point
SLACK = 2.0**-30  # opened leaves keep every polygon within this of being there: a superset
THICK = 2.0**-24  # opened leaves are widened by this, so that nothing hides between two of them
DEEP = 8  # leaves split more often than this are opened sooner
LONG = 0.6  # sides at least this part of the longest are split; a matter of speed only
SPLIT = 0.48717948717948717  # leaves are not halved: folds of tidy weights lie at halves
DOWN = np.array([0.53, 0.57, 0.6278534860936905])  # d: near the diagonal, where sheets are easy; along no tidy weights
ACROSS = np.array([[0.57, -0.53, 0.0], [0.0, 0.6278534860936905, -0.57]])  # two directions across it
MANY_SYMBOLS = 24  # slopes are not bounded where more units are undecided; a matter of speed only
NEWTON = 6  # steps towards a zero of a sheet before its leaf is split instead
REACH = 8.0  # the box fits in a ball of half this around any of its points
LAST_OPENED = 20_000  # regions walked in a leaf too small to split before giving up
START = 3  # leaves are split so often before they are looked at


@dataclass
class Limits:
    """What the march may cost, and whom it tells."""

    polygons: int
    seconds: float
    callback: Progress | None
    start: float = field(default_factory=perf_counter)
    told: float = field(default_factory=perf_counter)
    ended: bool = False

    def over(self, polygons: int, explored: float) -> bool:
        """Tell the caller ten times a second; say whether time is up or the caller has enough."""
        now = perf_counter()
        if self.callback is not None and now - self.told > 0.1:
            self.told = now
            self.ended |= self.callback(polygons, explored) is True
        return self.ended or now - self.start > self.seconds


def march(
    question: Level, meeting: Meeting | None, polygons: int, seconds: float, callback: Progress | None, *, open_at:
    int, max_depth: int, rational: bool, looks: Words | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return the level set as arrays; the kernel's function of the same name returns the same ones.

    looks   what ``search`` returned for all leaves: then they are not searched here
    """
    limits, begun = Limits(polygons, seconds, callback), process_time()
    marcher = Marcher(question, meeting, limits, rational)
    search = Search(marcher, open_at, max_depth)
    settled = search.run() if looks is None else marcher.push_all(looks)
    searched, between = perf_counter() - limits.start, process_time()
    finished = marcher.run()
    return marcher.answer() | {
        "again": looks is not None,
        "settled": settled,
        "finished": finished,
        "explored": search.explored,
        "leaves": search.leaves,
        "processor_search": between - begun,
        "processor_march": process_time() - between,
        "seconds_search": searched,
        "seconds_march": perf_counter() - limits.start - searched,
    }


def search(
    question: Level, seconds: float, callback: Progress | None, *, open_at: int, max_depth: int, leaves: tuple[int,
    int],
) -> dict[str, Any]:  # fmt: skip
    """Return the seeds in some of the leaves where the search begins to look, as words, and what was counted."""
    begun = process_time()
    marcher = Marcher(question, None, Limits(0, seconds, callback), rational=False)
    part = Search(marcher, open_at, max_depth, *leaves)
    settled = part.run()
    return {
        "looks": marcher.seeds(),
        "starts": part.starts,
        "settled": settled,
        "share": part.share,
        "leaves": part.leaves,
        "processor_search": process_time() - begun,
    }


class Rows:
    """The planes of one region: a row (a, b, c, e) a unit and a face of the box, and how far each can be off."""

    def __init__(self, question: Level, bits: Sequence[NDArray[np.bool_]]) -> None:
        chain = question.chain
        A, wrong = np.eye(3, 4), np.full(3, ULP)
        rows, errors = [], []
        biases = [*chain.biases[:-1], question.rest]
        for layer, (W, b) in enumerate(zip(chain.weights, biases, strict=True)):
            Z = W @ A
            Z[:, 3] += b
            # |W| times the errors of the layer before, and the rounding here and in evaluating a row (Higham 2002, 3.1)
            error = np.abs(W) @ wrong + 8 * ULP * np.abs(b) + 32 * ULP * np.abs(Z).sum(axis=1)
            rows.append(Z)
            errors.append(error)
            if layer < len(bits):
                slope = np.where(bits[layer], 1.0, chain.below[layer])
                A = slope[:, None] * Z
                wrong = np.abs(slope) * (error + (len(Z) + 8) * ULP * np.abs(Z).sum(axis=1))
        self.level, self.level_error = rows.pop()[0], float(errors.pop()[0] + question.lost) * (1 + 2.0**-20)
        faces = np.zeros((N_FACES, 4))
        for face in range(N_FACES):
            sign = 1 - 2 * (face % 2)
            faces[face, face // 2] = sign
            faces[face, 3] = -sign * (question.hi if face % 2 else question.lo)[face // 2]
        signs = [np.where(on, 1.0, -1.0) for on in bits]
        self.rows = np.concatenate([*rows, faces]) * np.concatenate([*signs, np.ones(N_FACES)])[:, None]
        self.errors = np.concatenate([*errors, np.full(N_FACES, 4 * ULP)])


class Frame:
    """A plane with an origin near a point and two directions inside, counter-clockwise about the normal."""

    def __init__(self, row: Array, near: Array) -> None:
        self.slope = float(np.linalg.norm(row[:3]))
        if not self.slope > FLAT:
            self.slope = 0.0
            return
        self.n = row[:3] / self.slope
        p = np.array(near, dtype=np.float64)
        for _ in range(2):
            p -= (row[:3] @ p + row[3]) / self.slope * self.n
        e1 = np.eye(3)[np.argmin(np.abs(self.n))]
        e1 = e1 - (e1 @ self.n) * self.n
        e1 /= np.linalg.norm(e1)
        self.p, self.e1, self.e2 = p, e1, np.cross(self.n, e1)

    def lines(self, rows: Array) -> Array:
        """Return (a, b, c, slope along the normal) a row: a x + b y + c is its value at x e1 + y e2."""
        return np.stack([rows[:, :3] @ self.e1, rows[:, :3] @ self.e2, self.at(rows), rows[:, :3] @ self.n], axis=1)

    def at(self, rows: Array) -> Array:
        return np.asarray(rows[:, :3] @ self.p + rows[:, 3])

    def lift(self, corners: Array) -> Array:
        points: Array = self.p + corners[:, :1] * self.e1 + corners[:, 1:2] * self.e2
        return points


@dataclass(eq=False)
class Polygon:
    """Corners (n, 2) counter-clockwise, and the line along which the edge after each runs."""

    corners: Array
    along: Index

    @classmethod
    def square(cls, half: float) -> Polygon:
        return cls(half * np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]), np.array([-1, -2, -3, -4]))

    def __len__(self) -> int:
        return len(self.along)

    def cut(self, a: float, b: float, c: float, name: int) -> Polygon:
        """Return the part where a x + b y + c >= 0."""
        s = self.corners @ (a, b) + c
        inside = s >= 0
        if inside.all():
            return self
        corners, along = [], []
        for k in range(len(s)):
            then = (k + 1) % len(s)
            if inside[k]:
                corners.append(self.corners[k])
                along.append(self.along[k])
            if inside[k] != inside[then]:
                t = s[k] / (s[k] - s[then])
                corners.append(self.corners[k] + t * (self.corners[then] - self.corners[k]))
                along.append(name if inside[k] else self.along[k])
        return Polygon(np.array(corners).reshape(-1, 2), np.array(along, dtype=np.int64))

    @property
    def radius(self) -> float:
        return float(np.sqrt((self.corners**2).sum(axis=1).max()))


SURE, DOUBT, EMPTY = range(3)
NOTHING = (DOUBT, Polygon(np.zeros((0, 2)), np.zeros(0, dtype=np.int64)), np.zeros(0, dtype=np.int64))


class Marcher:
    """The polygons found so far and the regions still to visit."""

    def __init__(self, question: Level, meeting: Meeting | None, limits: Limits, rational: bool) -> None:
        self.question, self.meeting, self.limits, self.rational = question, meeting, limits, rational
        self.folds = np.flatnonzero(np.concatenate([*question.chain.folds, np.ones(N_FACES, dtype=bool)]))
        self.n_units = sum(question.widths)
        self.known: set[bytes] = set()
        self.waiting: list[tuple[Words, bool, Array]] = []
        self.numbers: dict[bytes, int] = {}
        self.vertices: list[Array] = []
        self.faces: list[list[int]] = []
        self.gradients: list[Array] = []
        self.patterns: list[Words] = []
        self.box_edges: list[tuple[int, int, int]] = []
        self.asked = self.doubtful = self.flat = 0
        self.most = 0.0
        self.radius = 0.05

    def name(self, bits: Sequence[NDArray[np.bool_]]) -> Words:
        """Return the name of the region with a pattern: the exclusive or of its units' names, (2,)."""
        name = np.zeros(2, dtype=np.uint64)
        starts = np.cumsum([0, *self.question.widths])
        for first, on, folds in zip(starts, bits, self.question.chain.folds, strict=False):
            name ^= np.bitwise_xor.reduce(self.question.on[first : first + len(on)][on & folds], axis=0)
        return name

    def push(self, pattern: Words, near: Array, *, seed: bool = False) -> None:
        if pattern.tobytes() not in self.known:
            self.known.add(pattern.tobytes())
            self.waiting.append((pattern, seed, near))

    def seeds(self) -> Words:
        """Return the regions waiting, as words: the pattern, and the point each was found at."""
        words = [np.concatenate([pattern, np.asarray(near).view(np.uint64)]) for pattern, _, near in self.waiting]
        return np.concatenate(words) if words else np.zeros(0, dtype=np.uint64)

    def push_all(self, seeds: Words) -> bool:
        """Take note of seeds as ``seeds`` gives them."""
        for row in seeds.reshape(-1, sum(self.question.words) + 3):
            self.push(row[:-3].copy(), row[-3:].view(np.float64), seed=True)
        return True

    def run(self) -> bool:
        """Visit every region that is waiting; False if the budget ended first."""
        while self.waiting:
            if len(self.faces) >= self.limits.polygons or self.limits.over(len(self.faces), 1.0):
                return False
            self.visit(*self.waiting.pop())
        return True

    def visit(self, pattern: Words, seed: bool, near: Array) -> None:
        bits = self.question.bits(pattern)
        rows = Rows(self.question, bits)
        frame = Frame(rows.level, near)
        what, polygon, near_rows = self._slice(rows, frame) if frame.slope > 0 else NOTHING
        if what == EMPTY and seed and self._nowhere(rows, frame):
            return
        if what == SURE and not (self.rational and self.meeting):
            self._emit(pattern, bits, rows, frame, polygon, near_rows)
        elif self.meeting is not None:
            self._ask(pattern, rows, near)
        else:
            self.doubtful += 1
            if len(polygon) >= 3:
                self._emit(pattern, bits, rows, frame, polygon, near_rows)

    def _slice(self, rows: Rows, frame: Frame) -> tuple[int, Polygon, Index]:
        """Cut the plane by the folds near it; say whether the polygon's corners are certain."""
        radius = 2.1 * self.radius
        while True:
            near = self._near(rows, frame, radius)
            lines = frame.lines(rows.rows[near])
            polygon = Polygon.square(radius * 0.7)
            margins = self._margins(rows, near, lines)
            for k, (a, b, c, _) in enumerate(lines):
                if (polygon.corners @ (a, b) + c < -margins[k]).all():
                    return EMPTY, *NOTHING[1:]
                polygon = polygon.cut(a, b, c, k)
                if not len(polygon):
                    return NOTHING
            if (polygon.along >= 0).all():
                break
            if radius >= REACH:
                return NOTHING
            radius = min(4 * radius, REACH)
        self.radius += (polygon.radius - self.radius) / 16
        sure = len(polygon) >= 3 and self._certain(rows, frame, polygon, lines, rows.errors[near])
        return (SURE if sure else DOUBT), polygon, near

    def _nowhere(self, rows: Rows, frame: Frame) -> bool:
        """Whether the level set is nowhere in the region.

        Cuts that keep what their errors may take keep a superset of it; that of ``_slice`` may have lost to a line
        within its error what a later line then misses by far.
        """
        lines = frame.lines(rows.rows[self.folds])
        polygon = Polygon.square(REACH * 0.7)
        for (a, b, c, _), margin in zip(lines, self._margins(rows, self.folds, lines), strict=True):
            polygon = polygon.cut(a, b, c + margin, 0)
            if not len(polygon):
                return bool(2 * rows.level_error / frame.slope < NEAR)
        return False

    def _margins(self, rows: Rows, some: Index, lines: Array) -> Array:
        """How far lines in a frame can be off, for points of the level set less than ``NEAR`` out of the frame."""
        margins: Array = rows.errors[some] + 2 * NEAR * np.abs(lines[:, [0, 1, 3]]).sum(axis=1)
        return margins

    def _near(self, rows: Rows, frame: Frame, radius: float) -> Index:
        """Rows that can be zero within the radius, errors included, or are on their wrong side at its middle."""
        some, error = rows.rows[self.folds], rows.errors[self.folds]
        square = (some[:, :3] ** 2).sum(axis=1)
        across = np.maximum(square - (some[:, :3] @ frame.n) ** 2, 0.0) + 2.0**-44 * square
        far = error + 2 * NEAR * np.abs(some).sum(axis=1) + TINY
        # (a + b)^2 <= (1 + 1/16) a^2 + 17 b^2
        value = frame.at(some)
        return np.asarray(self.folds[(value < 0) | (value**2 < 1.0625 * radius**2 * across + 17 * far**2)])

    def _certain(self, rows: Rows, frame: Frame, polygon: Polygon, lines: Array, errors: Array) -> bool:
        """Move each corner onto its two lines, then hold every other line against the bound on the corner's error."""
        off = 2 * rows.level_error / frame.slope
        before, after = np.roll(polygon.along, 1), polygon.along
        i, j = lines[before], lines[after]
        residual = 2 * errors + np.abs(lines[:, 3]) * off
        with np.errstate(all="ignore"):
            det = i[:, 0] * j[:, 1] - i[:, 1] * j[:, 0]
            steep = np.abs(lines[:, :2]).sum(axis=1)
            spread = steep[before] * residual[after] + steep[after] * residual[before]
            # 4: the inverse of the exact lines is within twice the computed one
            error = off + 4 * spread / np.abs(det)
            if not (error < NEAR).all():
                return False
            x = (i[:, 1] * j[:, 2] - j[:, 1] * i[:, 2]) / det
            y = (j[:, 0] * i[:, 2] - i[:, 0] * j[:, 2]) / det
        polygon.corners = np.stack([x, y], axis=1)
        s = lines[:, :2] @ polygon.corners.T + lines[:, 2:3]
        bound = errors[:, None] + 2 * np.abs(lines[:, [0, 1, 3]]).sum(axis=1)[:, None] * error
        own = (np.arange(len(lines))[:, None] == before) | (np.arange(len(lines))[:, None] == after)
        return bool((own | (s > bound)).all())

    def _emit(
        self,
        pattern: Words,
        bits: Sequence[NDArray[np.bool_]],
        rows: Rows,
        frame: Frame,
        polygon: Polygon,
        near: Index,
    ) -> None:
        at, here = frame.lift(polygon.corners), self.name(bits)
        on = np.concatenate([*bits, np.zeros(N_FACES, dtype=bool)])
        planes = [int(near[k]) if k >= 0 else -1 for k in polygon.along]
        face = []
        for k, point in enumerate(at):
            name = here.copy()
            for u in (planes[k - 1], planes[k]):
                if u >= 0:
                    name ^= self.question.tag[u]
                    name ^= self.question.on[u] * np.uint64(on[u])
            face.append(self._vertex(name.tobytes(), point, rows))
        for k in reversed(range(len(face))):
            then = (k + 1) % len(face)
            if planes[k] >= self.n_units:
                self.box_edges.append((face[k], face[then], planes[k] - self.n_units))
            elif planes[k] >= 0:
                self.push(self.question.flipped(pattern, planes[k]), (at[k] + at[then]) / 2)
        self._close(face, rows.level[:3], pattern)

    def _vertex(self, name: bytes, point: Array, rows: Rows) -> int:
        number = self.numbers.setdefault(name, len(self.vertices))
        if number == len(self.vertices):
            self.vertices.append(point)
        self.most = max(self.most, abs(float(rows.level[:3] @ self.vertices[number] + rows.level[3])))
        return number

    def _close(self, face: list[int], gradient: Array, pattern: Words) -> None:
        self.faces.append(face)
        self.gradients.append(gradient)
        self.patterns.append(pattern)

    def _ask(self, pattern: Words, rows: Rows, near: Array) -> None:
        assert self.meeting is not None
        self.asked += 1
        at, names, sides, gradient, others, flat = self.meeting(pattern.tolist())
        self.flat += flat
        face = [self._vertex(name.tobytes(), point, rows) for name, point in zip(names, at, strict=True)]
        for k in np.flatnonzero(sides >= 0):
            self.box_edges.append((face[k], face[(k + 1) % len(face)], int(sides[k])))
        if face:
            self._close(face, gradient, pattern)
        for other in others:
            self.push(other, near)

    def answer(self) -> dict[str, Any]:
        n = len(self.faces)
        words = sum(self.question.words)
        names = [self.name(self.question.bits(pattern))[0] for pattern in self.patterns]
        return {
            "vertices": np.array(self.vertices, dtype=np.float64).reshape(-1, 3),
            "corners": np.array([v for face in self.faces for v in face], dtype=np.int64),
            "offsets": np.concatenate([[0], np.cumsum([len(face) for face in self.faces], dtype=np.int64)]).astype(
                np.int64
            ),
            "gradient": np.array(self.gradients, dtype=np.float64).reshape(n, 3),
            "region": np.array(names, dtype=np.uint64),
            "pattern": np.array(self.patterns, dtype=np.uint64).reshape(n, words),
            "box_edges": np.array(self.box_edges, dtype=np.int64).reshape(-1, 3),
            "max_abs_value": self.most,
            "flat_regions": self.flat,
            "asked": self.asked,
            "doubtful": self.doubtful,
            "waiting": len(self.waiting),
        }


@dataclass(eq=False)
class Leaf:
    """A box to look at; ``face`` is the axis it is flat across, 3 for none, 4 for an edge of the box."""

    lo: Array
    hi: Array
    depth: int
    face: int

    @property
    def volume(self) -> float:
        """A flat leaf has none."""
        return float(np.prod(self.hi - self.lo))

    def split(self) -> list[Leaf]:
        """Cut the long sides in two."""
        side = self.hi - self.lo
        middle, long = self.lo + SPLIT * side, side >= LONG * side.max()
        children = []
        for part in range(8):
            upper = (part >> np.arange(3)) & 1 == 1
            if not (upper & ~long).any():
                lo, hi = np.where(upper & long, middle, self.lo), np.where(~upper & long, middle, self.hi)
                children.append(Leaf(lo, hi, self.depth + 1, self.face))
        return children

    def shrunk(self, bounds: Bounds) -> Leaf:
        """The leaf without the ends where the bounds of the level row leave no zero."""
        middle, half = (self.lo + self.hi) / 2, (self.hi - self.lo) / 2
        lo, hi = self.lo.copy(), self.hi.copy()
        most = (bounds.radius + bounds.error + 64 * ULP) * (1 + 2.0**-20)
        for j in range(3):
            slope = abs(bounds.level[j])
            if half[j] == 0 or slope * half[j] < most / 8:
                continue
            around, width = -bounds.level[3] / bounds.level[j], (most - slope * half[j]) / slope + 8 * ULP
            a, b = max(lo[j], middle[j] + around - width), min(hi[j], middle[j] + around + width)
            if a < b:
                lo[j], hi[j] = a, b
        return Leaf(lo, hi, self.depth, self.face)


class Bounds:
    """Affine bounds of every unit over a leaf (a zonotope whose symbols are the undecided units).

    A value is ``rows . (x - middle, 1) + symbols . t`` with |t| <= shift; a symbol's column is also how much the unit
    moves per unit of slope of an undecided unit below it, which bounds the gradient.
    source   Singh et al. 2018, Fast and effective robustness certification (the least area relaxation of ReLU)
    """

    def __init__(self, question: Level, leaf: Leaf, errors: Sequence[Array]) -> None:
        self.middle = (leaf.lo + leaf.hi) / 2
        half = self._half = (leaf.hi - leaf.lo) / 2 * (1 + 4 * ULP) + 4 * ULP
        chain = question.chain
        H = np.concatenate([np.eye(3), self.middle[:, None]], axis=1)
        self.units: list[int] = []
        self.bits: list[NDArray[np.bool_]] = []
        rows, shifts, steps, unsure, first = [], np.zeros(0), np.zeros((0, 2)), np.zeros(0), 0
        for layer, W in enumerate(chain.weights):
            Z = W @ H
            Z[:, 3] += question.rest if layer == len(chain.below) else chain.biases[layer]
            radius = np.abs(Z[:, :3]) @ half + np.abs(Z[:, 4:]) @ np.abs(shifts)
            if layer == len(chain.below):
                break
            below, center, r = chain.below[layer], Z[:, 3], radius * (1 + 1e-12) + errors[layer]
            lo, hi = center - r, center + r
            # a unit that is zero all over the leaf, exactly, needs no decision
            open_ = np.flatnonzero((lo <= 0) & (hi >= 0) & (below != 1.0) & (lo != hi))
            slope = np.where((lo > 0) | (below == 1.0), 1.0, below)
            slope[open_] = (hi - below * lo)[open_] / (hi - lo)[open_]
            shift = lo[open_] * (below - slope)[open_] / 2
            fresh = np.zeros((len(W), len(open_)))
            fresh[open_, np.arange(len(open_))] = 1.0
            H = np.concatenate([slope[:, None] * Z, fresh], axis=1)
            H[open_, 3] += shift
            rows += [Z[u] for u in open_]
            shifts = np.concatenate([shifts, shift])
            # what the slope is above the middle one while the unit is off, and while it is on
            steps = np.concatenate([steps, np.stack([below - slope, 1.0 - slope], axis=1)[open_]])
            unsure = np.concatenate([unsure, errors[layer][open_]])
            self.units += [int(first + u) for u in open_]
            self.bits.append((center > 0) & (below != 1.0))
            first += len(W)
        self.level, self.radius, self.error = Z[0], float(radius[0]), float(errors[-1][0])
        self._rows, self._shifts, self._steps, self._unsure = rows, shifts, steps, unsure

    @property
    def zero(self) -> bool:
        """Whether the network can equal the level in the leaf."""
        return bool(abs(self.level[3]) <= self.radius * (1 + 1e-12) + self.error)

    def downhill(self, face: int) -> bool:
        """Whether some direction across ``DOWN`` (inside the face) has a slope of one sign over the whole leaf."""
        if face == 3:
            t = self.level[:3] - (self.level[:3] @ DOWN) * DOWN
            return self.rises(t) or self.rises(self._lean(t))
        t = np.cross(DOWN, np.eye(3)[face])
        return self.rises(-t if self.level[:3] @ t < 0 else t)

    def rises(self, t: Array) -> bool:
        """Whether the network grows along t wherever it equals the level in the leaf."""
        least = float(self.level[:3] @ t)
        sure = 1e-12 * abs(least) + self.error * float(np.abs(t).sum())
        size = np.zeros(0)
        for v, row in enumerate(self._rows):
            slope, spread = row[:3] @ t, np.abs(row[4:]) @ size[: len(row) - 4]
            steps = self._ranges[v]
            reach = np.abs(steps).max()
            size = np.append(size, reach * (abs(slope) + spread))
            least += (self.level[4 + v] * slope * steps).min() - abs(self.level[4 + v]) * reach * spread
        return bool(least > sure)

    def _lean(self, t: Array) -> Array:
        """Turn t, across ``DOWN``, away from where the gradient is least sure.

        By the inverse of the sum of squares of what each undecided unit may add to the gradient.
        source   Fisher 1936, The use of multiple measurements in taxonomic problems: the best line between two clouds
        """
        if not self._rows:
            return t
        added = np.array([row[:3] for row in self._rows]) * self.level[4:, None] @ ACROSS.T
        middle, half = self._ranges.sum(axis=1) / 2, (self._ranges[:, 1] - self._ranges[:, 0]) / 2
        spread, mean = (added.T * half**2) @ added, ACROSS @ t + middle @ added
        det = np.linalg.det(spread)
        if not det > 0:
            return t
        leaned: Array = np.array([[spread[1, 1], -spread[0, 1]], [-spread[1, 0], spread[0, 0]]]) @ mean / det @ ACROSS
        return leaned

    def sheet(self, leaf: Leaf) -> tuple[Array, Array] | None:
        """Return the first and the last corner of the leaf if the network's zeros (less the level) are connected there.

        Say the network grows along s_j e_j, s_j = +1 or -1, for each axis j (of the face), wherever it equals the
        level.  Then a path that grows along these passes the level at most once and upwards: what is above the level is
        closed under such steps, what is below under steps back.  Project along the diagonal s: the sides of the leaf
        around its first corner, and those around its last, each cover the same hexagon, in which the points not above
        on the first sides, and those not below on the last, are star-shaped around the middle.  The level set projects,
        one to one, onto their intersection.  It is empty if the first corner is above the level or the last below.
        """
        signs = np.where(self.level[:3] < 0, -1.0, 1.0)
        if not all(self.rises(signs[j] * np.eye(3)[j]) for j in range(3) if j != leaf.face):
            return None
        return np.where(signs > 0, leaf.lo, leaf.hi), np.where(signs > 0, leaf.hi, leaf.lo)

    @cached_property
    def _ranges(self) -> Array:
        """How much less and more than in the bounds the slope of each undecided unit is where the level is taken."""
        sides = [self._side_on_level(v) for v in range(len(self._rows))]
        steps = [self._steps[v, [(side + 1) // 2] * 2] if side else self._steps[v] for v, side in enumerate(sides)]
        return np.sort(np.array(steps).reshape(-1, 2), axis=1)

    def _side_on_level(self, v: int) -> int:
        """Return +1 or -1 if an undecided unit has that sign wherever the network equals the level in the leaf, or 0.

        No multiple of the level row that is taken off its bounds may let it be zero; the multiple of least squares is.
        """
        own = np.zeros(len(self.level))
        own[: len(self._rows[v])] = self._rows[v]
        h = np.concatenate([self._half, [0.0], np.abs(self._shifts)])
        across = (self.level[:3] * self._half) ** 2
        m = (own[:3] * self.level[:3] * self._half**2).sum() / across.sum() if across.any() else 0.0
        rest = own - m * self.level
        radius = (np.abs(rest) @ h) * (1 + 1e-12) + 2 * (self._unsure[v] + abs(m) * self.error)
        return int(rest[3] > radius) - int(rest[3] < -radius)


class Search:
    """Every region in which a component of the level set can have its lowest point, pushed as a seed."""

    def __init__(self, marcher: Marcher, open_at: int, max_depth: int, first: int = 0, last: int | None = None) -> None:
        self.marcher, self.question = marcher, marcher.question
        self.open_at, self.max_depth = open_at, max_depth
        self.first, self.last, self.starts = first, last, 0  # of the leaves where it begins to look
        self.errors = errors_of(self.question)
        self.leaves = self.unsettled = 0
        self._volume = 0.0

    @property
    def share(self) -> float:
        """The share of the box that was settled."""
        return min(1.0, self._volume / float(np.prod(self.question.hi - self.question.lo)))

    @property
    def explored(self) -> float:
        return 1.0 if self.unsettled == 0 else self.share

    def run(self) -> bool:
        """Settle every leaf; False if some are left."""
        todo = self._start()
        while todo:
            if self._passes_over(todo[-1]):
                todo += self._passed(todo.pop())
                continue
            self.leaves += 1
            if self.marcher.limits.over(0, min(1.0, self._volume)):
                self.unsettled += len(todo)
                return False
            leaf = todo.pop()
            bounds = Bounds(self.question, leaf, self.errors) if leaf.depth >= START else None
            if bounds is not None and self._settled(leaf, bounds):
                self._volume += leaf.volume
            elif leaf.depth < self.max_depth:
                smaller = leaf if bounds is None else leaf.shrunk(bounds)
                self._volume += leaf.volume - smaller.volume
                todo += smaller.split()
            else:
                self.unsettled += 1
        return self.unsettled == 0

    def _passes_over(self, leaf: Leaf) -> bool:
        """Whether a leaf is another part's; of those before it begins to look, the first part has them."""
        if leaf.depth == START:
            self.starts += 1
            return self.starts <= self.first or (self.last is not None and self.starts > self.last)
        return leaf.depth < START and self.first > 0

    def _passed(self, leaf: Leaf) -> list[Leaf]:
        return leaf.split() if leaf.depth < START else []

    def _start(self) -> list[Leaf]:
        lo, hi = self.question.lo, self.question.hi
        todo = []
        for axis in range(3):
            for upper in range(4):
                a, b = lo.copy(), hi.copy()
                for bit, other in enumerate(((axis + 1) % 3, (axis + 2) % 3)):
                    a[other] = b[other] = (hi if upper >> bit & 1 else lo)[other]
                todo.append(Leaf(a, b, 0, 4))
            for end in (lo, hi):
                a, b = lo.copy(), hi.copy()
                a[axis] = b[axis] = end[axis]
                todo.append(Leaf(a, b, 0, axis))
        return [*todo, Leaf(lo, hi, 0, 3)]

    def _settled(self, leaf: Leaf, bounds: Bounds) -> bool:
        if not bounds.zero:
            return True
        if leaf.face < 4 and len(bounds.units) <= MANY_SYMBOLS:
            if bounds.downhill(leaf.face):
                return True
            ends = bounds.sheet(leaf)
            if ends is not None and self._witness(bounds, *ends):
                return True
        last = leaf.depth >= self.max_depth
        few = min(self.open_at + max(0, leaf.depth - DEEP), 20)  # many folds may meet in a point that no split parts
        return (len(bounds.units) <= few or last) and self._open(leaf, bounds, LAST_OPENED if last else 2**few)

    def _witness(self, bounds: Bounds, first: Array, last: Array) -> bool:
        """Push a region in which a sheet has a zero on its diagonal, or see that it has none; False if unsure."""
        step, low, high = last - first, 0.0, 1.0
        along = float(bounds.level[:3] @ step)
        s = min(1.0, max(0.0, 0.5 - bounds.level[3] / along)) if along > 0 else 0.5
        for _ in range(NEWTON):
            value, bits = self._look(last if s == 1.0 else first + s * step)
            if (s == 0.0 and value > bounds.error) or (s == 1.0 and value < -bounds.error):
                return True
            rows = Rows(self.question, bits)
            slope = float(rows.level[:3] @ step)
            if not slope > 0:
                return False
            then = s - value / slope
            point = first + then * step
            if self._certain(rows, slope, point, first, last):
                self.marcher.push(self.question.pack(bits), point, seed=True)
                return True
            low, high = (s, high) if value < 0 else (low, s)
            s = min(1.0, max(0.0, then)) if not 0.0 < then < 1.0 else then if low < then < high else (low + high) / 2
        return False

    def _look(self, point: Array) -> tuple[float, list[NDArray[np.bool_]]]:
        """The network minus the level at a point, and which units are on there."""
        chain, h, bits = self.question.chain, point, []
        for W, b, below in zip(chain.weights, chain.biases, chain.below, strict=False):
            z = W @ h + b
            bits.append((z > 0) & (below != 1.0))
            h = np.where(z > 0, z, below * z)
        return float((chain.weights[-1] @ h + self.question.rest)[0]), bits

    def _certain(self, rows: Rows, slope: float, point: Array, first: Array, last: Array) -> bool:
        """Whether the region of some rows holds a zero near a point, in the leaf.

        On a step to both sides along the diagonal, long enough for the level row to change sign, no unit does.
        """
        reach = 2 * (abs(float(rows.level[:3] @ point + rows.level[3])) + rows.level_error) / slope
        step, folds = last - first, self.marcher.folds[self.marcher.folds < self.marcher.n_units]
        room = np.minimum(point - np.minimum(first, last), np.maximum(first, last) - point)
        if not (room > 2 * reach * np.abs(step))[step != 0].all():
            return False
        planes = rows.rows[folds]
        margin = 2 * (rows.errors[folds] + reach * np.abs(planes[:, :3] @ step))
        return bool((planes[:, :3] @ point + planes[:, 3] > margin).all())

    def _open(self, leaf: Leaf, bounds: Bounds, most: int) -> bool:
        """Walk all regions of a leaf across the folds inside it, with slack; False if there are more than ``most``."""
        half = (leaf.hi - leaf.lo) / 2 + THICK
        found = [self._pattern_at(bounds)]
        seen = {found[0].tobytes()}
        for pattern in found:
            if len(found) > most:
                return False
            rows = Rows(self.question, self.question.bits(pattern))
            planes, errors = rows.rows[bounds.units], rows.errors[bounds.units]
            reach = float(np.linalg.norm(half))
            size = np.linalg.norm(planes[:, :3], axis=1)
            at = planes[:, :3] @ bounds.middle + planes[:, 3]
            if (at + size * reach < -2 * errors - SLACK * size).any():
                continue
            inside = _meets(rows.level, rows.level_error, bounds.middle, half, planes, errors)
            if inside is not None:
                self.marcher.push(pattern, inside, seed=True)
            for k, unit in enumerate(bounds.units):
                others = np.arange(len(planes)) != k
                if _meets(planes[k], errors[k], bounds.middle, half, planes[others], errors[others]) is not None:
                    other = self.question.flipped(pattern, unit)
                    if other.tobytes() not in seen:
                        seen.add(other.tobytes())
                        found.append(other)
        return True

    def _pattern_at(self, bounds: Bounds) -> Words:
        """The pattern at the middle of a leaf."""
        bits = [on.copy() for on in bounds.bits]
        starts = np.cumsum([0, *self.question.widths])
        for unit in bounds.units:
            layer = int(np.searchsorted(starts, unit, side="right")) - 1
            h = bounds.middle
            for W, b, below, on in zip(
                self.question.chain.weights[: layer + 1],
                self.question.chain.biases,
                self.question.chain.below,
                bits,
                strict=False,
            ):
                z = W @ h + b
                h = np.where(on, z, below * z)
            bits[layer][unit - starts[layer]] = z[unit - starts[layer]] > 0
        return self.question.pack(bits)


def _meets(row: Array, error: float, middle: Array, half: Array, planes: Array, errors: Array) -> Array | None:
    """Return a point of the plane inside the leaf and the planes, all with slack, or None if there is none."""
    frame, reach = Frame(row, middle), float(np.linalg.norm(half))
    value = abs(float(row[:3] @ middle + row[3]))
    if frame.slope == 0.0 or frame.slope * reach <= 2 * error:  # no plane to speak of: zero or not, all over
        return middle if value <= 4 * error + np.abs(row[:3]).sum() * reach else None
    unsure = SLACK + 2 * error / frame.slope
    if value / frame.slope > reach + unsure:
        return None
    polygon = Polygon.square(2 * reach + unsure)
    for j in range(3):
        c = frame.p[j] - middle[j]
        polygon = polygon.cut(frame.e1[j], frame.e2[j], half[j] + unsure + c, 0)
        polygon = polygon.cut(-frame.e1[j], -frame.e2[j], half[j] + unsure - c, 0)
    slack = np.abs(planes[:, :3]).sum(axis=1) * unsure + 2 * errors
    for (a, b, c, _), more in zip(frame.lines(planes), slack, strict=True):
        polygon = polygon.cut(a, b, c + more, 0)
        if not len(polygon):
            return None
    return frame.lift(polygon.corners).mean(axis=0) if len(polygon) else None


def errors_of(question: Level) -> list[Array]:
    """How far a unit's value can be off on any region of the box, a vector a layer (Higham 2002, section 3.1)."""
    size, error, errors = np.ones(3), np.zeros(3), []
    for layer, (W, b) in enumerate(zip(question.chain.weights, question.chain.biases, strict=True)):
        last = layer == len(question.chain.below)
        size = np.abs(W) @ size + np.abs(question.rest if last else b)
        error = (np.abs(W) @ error + (W.shape[1] + 40) * ULP * size) * (1 + 2.0**-20)
        errors.append(error + (question.lost if last else 0.0))
        if not last:
            steep = np.maximum(1.0, np.abs(question.chain.below[layer]))
            size, error = steep * size, steep * error
    return errors
