"""What a picture of two inputs is drawn of: the corners of regions and of cells, and triangles that fill them."""

from __future__ import annotations

import numpy as np

from ..exact.decisions import Decisions
from ..exact.regions import Regions
from ..mesh import Mesh
from .handles import Array, Index


def polygons_of(found: Regions | Decisions) -> list[Array]:
    """Return the corners of each region, or cell of one class, in the plane: (corners, 2) each, counter-clockwise."""
    if found.complex is None or found.d_in != 2:
        raise AssertionError("polygons are drawn of two inputs")
    whole = found.complex
    return np.split(whole.vertices[whole.loop_vertices], whole.loop_start[1:-1])


def triangles_of(found: Regions) -> tuple[Array, Index]:
    """Return the regions of a network of two inputs as triangles: corners (V, 2) and their numbers (T, 3).

    Each is a fan, so that an affine function on a region is affine on its triangles.
    """
    if found.complex is None or found.d_in != 2:
        raise AssertionError("triangles are drawn of two inputs")
    whole = found.complex
    loops = np.split(whole.loop_vertices, whole.loop_start[1:-1])
    fans = [np.column_stack([np.full(len(v) - 2, v[0]), v[1:-1], v[2:]]) for v in loops]
    return whole.vertices, np.concatenate(fans)


def graph_of(found: Regions, height: float) -> Mesh:
    """Return the network's graph over its box, each region one flat polygon; values are times ``height``."""
    if found.complex is None or found.d_in != 2:
        raise AssertionError("a graph is drawn of two inputs")
    whole = found.complex
    values = height * found.network(whole.vertices)
    return Mesh(np.hstack([whole.vertices, values]), whole.loop_vertices, whole.loop_start)
