"""Concave polygons cut into triangles by ear clipping, decided by exact signs.

A fan is right for a convex polygon only: of an L it also fills the notch.  An ear is a corner whose triangle holds no
other corner (Meisters 1975); every simple polygon has two, so that ears are cut off until a triangle is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from .errors import InputError

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]
Sign = NDArray[np.int8]

ROUNDING = (3 + 16 * 2.0**-53) * 2.0**-53  # of the determinant over its two products (Shewchuk 1997, section 4.3)
SMALLEST = 1e-280  # a product below may have lost digits by underflow
SPLIT = 2.0**27 + 1  # cuts a double into halves whose products are exact (Dekker 1971)
MOST_WORK = 2 * 10**7  # sum of corners squared over the concave polygons: about 10 seconds
AT_ONCE = 2**18  # corners looked at together: some 100 MB


def orientation(a: Array, b: Array, c: Array) -> Sign:
    """Return the exact sign of the area of triangles a, b, c in the plane, (..., 2): +1 counter-clockwise.

    source   Shewchuk 1997, Adaptive precision floating-point arithmetic and fast robust geometric predicates

    >>> orientation(np.zeros(2), np.array([0.1, 0.3]), np.array([0.2, 0.6])).tolist()
    0
    """
    a, b, c = np.broadcast_arrays(a, b, c)
    ax, ay, bx, by = a[..., 0] - c[..., 0], a[..., 1] - c[..., 1], b[..., 0] - c[..., 0], b[..., 1] - c[..., 1]
    left, right = ax * by, ay * bx
    sign = np.asarray(np.sign(left - right), dtype=np.int8)
    none = ((ax == 0) | (by == 0)) & ((ay == 0) | (bx == 0))  # both products are exactly 0
    doubtful = ~none & (np.abs(left - right) <= ROUNDING * (np.abs(left) + np.abs(right)) + SMALLEST)
    if doubtful.any():
        sign[doubtful] = _in_pairs(a[doubtful], b[doubtful], c[doubtful])
    return sign


def _in_pairs(a: Array, b: Array, c: Array) -> Sign:
    """The sign in pairs of doubles; in fractions where that is too near to tell."""
    (ux, uxt), (uy, uyt), (vx, vxt), (vy, vyt) = (
        _difference(p[:, i], c[:, i]) for p, i in ((a, 0), (a, 1), (b, 0), (b, 1))
    )
    (left, left_low), (right, right_low) = _product(ux, vy), _product(uy, vx)
    low = (left_low - right_low) + ((ux * vyt + uxt * vy) - (uy * vxt + uyt * vx))
    value, scale = (left - right) + low, np.abs(left) + np.abs(right)
    sign = np.asarray(np.sign(value), dtype=np.int8)
    whole = (uxt == 0) & (uyt == 0) & (vxt == 0) & (vyt == 0) & (scale > SMALLEST)  # then nothing above is rounded
    for at in np.flatnonzero(~whole & (np.abs(value) <= (8 * ROUNDING) ** 2 * scale + SMALLEST)).tolist():
        sign[at] = _exact(a[at], b[at], c[at])
    return sign


def _difference(a: Array, b: Array) -> tuple[Array, Array]:
    """a - b as a double and what it was rounded by (Knuth)."""
    high = a - b
    part = a - high
    return high, (a - (high + part)) + (part - b)


def _product(a: Array, b: Array) -> tuple[Array, Array]:
    """a * b as a double and what it was rounded by (Dekker); for numbers of at most about 1."""
    high = a * b
    (a1, a2), (b1, b2) = ((x * SPLIT - (x * SPLIT - x), x - (x * SPLIT - (x * SPLIT - x))) for x in (a, b))
    return high, ((a1 * b1 - high) + a1 * b2 + a2 * b1) + a2 * b2


def _exact(a: Array, b: Array, c: Array) -> int:
    (ax, ay), (bx, by), (cx, cy) = ([Fraction(v) for v in point.tolist()] for point in (a, b, c))
    left, right = (ax - cx) * (by - cy), (ay - cy) * (bx - cx)
    return (left > right) - (left < right)


def convex_polygons(vertices: Array, corners: Index, offsets: Index) -> tuple[Index, Index, Index, int]:
    """Return polygons without concave ones: corners, offsets, the polygon each is of, and how many were concave.

    Convex ones stay as they are and in order; a concave one becomes its triangles.  What does not lie in a plane is
    judged as seen along the axis nearest to its normal.
    raises   InputError where the concave polygons have so many corners that cutting them would take minutes

    >>> arrow = np.array([[0, 0, 0], [2, -1, 0], [0, 2, 0], [-2, -1, 0]])
    >>> convex_polygons(arrow, np.arange(4), np.array([0, 4]))[0].tolist()
    [0, 1, 2, 3, 0, 2]
    """
    cut = _cuts(vertices, corners, offsets)
    return *in_parts(corners, offsets, cut), sum(len(faces) for faces, _ in cut)


def in_parts(corners: Index, offsets: Index, cut: Sequence[tuple[Index, Index]]) -> tuple[Index, Index, Index]:
    """Return polygons, some replaced by triangles in their place: corners, offsets, and the polygon each is of.

    cut   polygons of one number of corners k, (n,), and their triangles, (n, k - 2, 3); as many such pairs as wanted
    """
    sizes = np.diff(offsets)
    n_parts, whole = np.ones(len(sizes), dtype=np.int64), np.ones(len(sizes), dtype=bool)
    for faces, triangles in cut:
        n_parts[faces], whole[faces] = triangles.shape[1], False
    owner = np.repeat(np.arange(len(sizes)), n_parts)
    part_sizes = np.where(whole[owner], sizes[owner], 3)
    starts = np.concatenate([[0], np.cumsum(part_sizes)])
    out = np.empty(starts[-1], dtype=np.int64)
    out[np.repeat(whole[owner], part_sizes)] = corners[np.repeat(whole, sizes)]
    first = starts[np.cumsum(n_parts) - n_parts]
    for faces, triangles in cut:
        out[first[faces][:, None] + np.arange(3 * triangles.shape[1])] = triangles.reshape(len(faces), -1)
    return out, starts, owner


def _cuts(vertices: Array, corners: Index, offsets: Index) -> list[tuple[Index, Index]]:
    """The concave polygons, by their number of corners, (n,), and their triangles, (n, k - 2, 3)."""
    found: list[tuple[Index, Index]] = []
    sizes, work = np.diff(offsets), 0
    for k in np.unique(sizes[sizes > 3]).tolist():
        faces = np.flatnonzero(sizes == k)
        for at in np.array_split(faces, -(-len(faces) * k // AT_ONCE)):
            loops = corners[offsets[at][:, None] + np.arange(k)]
            flat, sound = _flattened(vertices[loops])
            before, after = np.roll(flat, 1, axis=1), np.roll(flat, -1, axis=1)
            concave = sound & (orientation(before, flat, after) < 0).any(axis=1)
            work += k**2 * int(concave.sum())
            if work > MOST_WORK:
                raise InputError(
                    f"a mesh needs concave polygons of few corners; got {concave.sum()} of {k} corners. "
                    "Cut them into triangles first."
                )
            if concave.any():
                triangles = ears(flat[concave])
                found.append((at[concave], loops[concave][np.arange(len(triangles))[:, None, None], triangles]))
    return found


def _flattened(loops: Array) -> tuple[Array, Mask]:
    """Polygons (F, k, 3) seen along the axis nearest to their normal, counter-clockwise, and which have an area.

    Coordinates are dropped and scaled by a power of two, so that no number is rounded.
    """
    scale = np.frexp(np.abs(loops).max(axis=(1, 2), initial=0.0))[1]
    loops = np.ldexp(loops, -scale[:, None, None])
    rays = loops[:, 1:] - loops[:, :1]
    normal = np.cross(rays[:, :-1], rays[:, 1:]).sum(axis=1)
    axis = np.abs(normal).argmax(axis=1)
    along = np.take_along_axis(normal, axis[:, None], axis=1)[:, 0]
    u, v = (axis + 1) % 3, (axis + 2) % 3
    u, v = np.where(along < 0, v, u), np.where(along < 0, u, v)
    return np.take_along_axis(loops, np.stack([u, v], axis=1)[:, None], axis=2), along != 0


def ears(points: Array) -> Index:
    """Return the triangles of polygons in the plane, (F, k, 2), counter-clockwise: corner numbers (F, k - 2, 3).

    Corners on a straight side stay corners of triangles with area.  A polygon that crosses itself has ears that hold
    other corners; it is cut all the same, so that its border is kept.
    """
    rows = np.arange(len(points))
    work = _Clipping(points)
    triangles = [work.clip() for _ in range(points.shape[1] - 3)]
    last = work.alive.argmax(axis=1)
    triangles.append(np.stack([work.before[rows, last], last, work.after[rows, last]], axis=1))
    return np.stack(triangles, axis=1)


class _Clipping:
    """Polygons of equally many corners, each losing an ear at a time; which corners are ears is kept up to date."""

    def __init__(self, points: Array) -> None:
        n, k, _ = points.shape
        self.points, self.rows = points, np.arange(n)
        self.x, self.y = np.ascontiguousarray(points[..., 0]), np.ascontiguousarray(points[..., 1])
        self.alive = np.ones((n, k), dtype=bool)
        self.before = np.tile(np.roll(np.arange(k), 1), (n, 1))
        self.after = np.tile(np.roll(np.arange(k), -1), (n, 1))
        self.grade = np.zeros((n, k), dtype=np.int8)
        self.last = np.full(n, k - 1)
        for corner in range(k):
            self._judge(np.full(n, corner))

    def clip(self) -> Index:
        """Take an ear off each polygon, the first after the last one taken among the best; (F, 3)."""
        k = self.alive.shape[1]
        grade = np.where(self.alive, self.grade, -1)
        turn = (np.arange(k) - self.last[:, None] - 1) % k
        at = np.where(grade == grade.max(axis=1, keepdims=True), turn, k).argmin(axis=1)
        a, b = self.before[self.rows, at], self.after[self.rows, at]
        self.alive[self.rows, at] = False
        self.after[self.rows, a], self.before[self.rows, b], self.last = b, a, at
        self._judge(a)
        self._judge(b)
        return np.stack([a, at, b], axis=1)

    def _judge(self, at: Index) -> None:
        """Grade a corner of each polygon: 2 an ear, 1 without area but empty, 0 neither."""
        near = (self.before[self.rows, at], at, self.after[self.rows, at])
        corners = np.stack([self.points[self.rows, j] for j in near])
        turn = orientation(*corners)
        (x0, y0), (x1, y1) = corners.min(axis=0).T[..., None], corners.max(axis=0).T[..., None]
        within = self.alive & (self.x >= x0) & (self.x <= x1) & (self.y >= y0) & (self.y <= y1)
        face, other = np.nonzero(within & (turn >= 0)[:, None])
        triples, points = corners[:, face], self.points[face, other]
        elsewhere = (points != triples).any(axis=2).all(axis=0)
        face, points, (a, b, c) = face[elsewhere], points[elsewhere], triples[:, elsewhere]
        inside = np.logical_and.reduce([orientation(p, q, points) >= 0 for p, q in ((a, b), (b, c), (c, a))])
        grade = np.where(turn > 0, 2, np.where(turn == 0, 1, 0))
        grade[face[inside]] = 0
        self.grade[self.rows, at] = grade
