"""March: the polygons found so far, and from each across its edges to the next regions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..level import N_FACES, Level, Words
from ..meeting import Meeting
from .plane import Frame, Polygon, Rows

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Progress = Callable[[int, float], object]

NEAR = 2.0**-20  # vertices known worse than this (box in [-1, 1]) are asked of the arbiter
TINY = 2.0**-200  # above 0: a unit that is zero all over is near every point
REACH = 8.0  # the box fits in a ball of half this around any of its points
SURE, DOUBT, EMPTY = range(3)
NOTHING = (DOUBT, Polygon(np.zeros((0, 2)), np.zeros(0, dtype=np.int64)), np.zeros(0, dtype=np.int64))


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
