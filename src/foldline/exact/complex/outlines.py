"""A complex in the plane -> what is drawn of it: loops, polygons, triangles that fill them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .complex import Complex

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def loops(whole: Complex) -> list[Index]:
    """Return the vertex numbers of each 2-D face, in order."""
    return [whole.loop_vertices[a:b] for a, b in pairwise(whole.loop_start.tolist())]


def polygons(whole: Complex) -> list[Array]:
    """Return the corners of each 2-D face in order, (corners, d) each; counter-clockwise in the plane."""
    corners = whole.vertices[whole.loop_vertices]
    return [corners[a:b] for a, b in pairwise(whole.loop_start.tolist())]


def triangles(whole: Complex) -> Index:
    """Return fans of triangles that fill the 2-D faces, (T, 3) vertex numbers: what is affine on a face stays so."""
    fans = [np.column_stack([np.full(len(v) - 2, v[0]), v[1:-1], v[2:]]) for v in loops(whole)]
    return np.concatenate(fans) if fans else np.zeros((0, 3), dtype=np.int64)
