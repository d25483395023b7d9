"""A complex in the plane -> what is drawn of it: loops, polygons, triangles that fill them."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .complex import Complex

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Outline:
    """What is drawn of a complex, where no more is known of it.

    vertices                    (V, d)
    loop_vertices, loop_start   as in ``Complex``; on a line the two ends of each cell
    inner                       (E, 2) vertices of the edges between regions
    """

    vertices: Array
    loop_vertices: Index
    loop_start: Index
    inner: Index = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int64))

    def __len__(self) -> int:
        return max(0, len(self.loop_start) - 1)


def outline(whole: Complex) -> Outline:
    """Return what is drawn of a complex of one or two dimensions."""
    if whole.d == 1:
        return Outline(whole.vertices, whole.edges.ravel(), 2 * np.arange(len(whole.edges) + 1))
    return Outline(whole.vertices, whole.loop_vertices, whole.loop_start, whole.edges[whole.folds >= 0])


def loops(whole: Complex) -> list[Index]:
    """Return the vertex numbers of each 2-D face, in order."""
    return [whole.loop_vertices[a:b] for a, b in pairwise(whole.loop_start.tolist())]


def polygons(whole: Complex | Outline) -> list[Array]:
    """Return the corners of each 2-D face in order, (corners, d) each; counter-clockwise in the plane."""
    corners = whole.vertices[whole.loop_vertices]
    return [corners[a:b] for a, b in pairwise(whole.loop_start.tolist())]


def triangles(whole: Complex | Outline) -> Index:
    """Return fans of triangles that fill the 2-D faces, (T, 3) vertex numbers: what is affine on a face stays so."""
    sizes, starts = np.diff(whole.loop_start) - 2, whole.loop_start[:-1]
    first = np.repeat(starts, sizes)
    step = np.arange(len(first)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + 1
    corners: Index = whole.loop_vertices[np.column_stack([first, first + step, first + step + 1])]
    return corners
