"""Lines b + w.x = 0 of a plane: their two ends in a box, and the line through two places."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...box import Box
from ..handles import Array, Triple


def crossing(line: Any, box: Box, shift: float = 0.0, inset: float = 0.0) -> Array:
    """Return the two ends of b + w.x = shift in a box, (2, 2); in the middle of it where the line passes by.

    inset   how far inside the box, as a share of its sides

    >>> crossing((-1, 1, 1), Box([0, 0], [1, 1])).tolist()
    [[0.0, 1.0], [1.0, -0.0]]
    """
    b, w = float(line[0]) - shift, np.array([float(v) for v in line[1:]])
    pad = inset * (box.hi - box.lo)
    lo, hi = box.lo + pad, box.hi - pad
    ends: list[tuple[float, float]] = []
    for axis in (0, 1):
        other = 1 - axis
        for side in (lo[axis], hi[axis]):
            if w[other] == 0:
                continue
            height = -(b + w[axis] * side) / w[other]
            if lo[other] <= height <= hi[other]:
                ends.append((side, height) if axis == 0 else (height, side))
    distinct = sorted({(float(x), float(y)) for x, y in ends})
    if len(distinct) < 2:
        middle = (lo + hi) / 2
        return np.stack([middle, middle])
    return np.array([distinct[0], distinct[-1]])


def through(ends: Any, like: Any = (0, 0, 1)) -> Triple:
    """Return (b, w1, w2) of the line through two places, (2, 2), of the size of another line and on the same side.

    >>> through([(0, 1), (1, 0)], like=(0, 1, 1))
    (-1.0, 1.0, 1.0)
    """
    (x1, y1), (x2, y2) = ends
    w = np.array([y2 - y1, x1 - x2])
    size, old = float(np.linalg.norm(w)), np.asarray(like[1:], dtype=np.float64)
    if size == 0:
        return float(like[0]), float(like[1]), float(like[2])
    w = w * (float(np.linalg.norm(old)) or 1.0) / size * (1.0 if w @ old >= 0 else -1.0)
    return float(-w @ np.array([x1, y1])), float(w[0]), float(w[1])
