"""Exact polygons as what a page draws them of: corners, each polygon's loop of corners, colours by number."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...exact.decisions import Decisions
from ...exact.regions import Regions
from ..handles import Array


def cut(found: Regions | Decisions) -> dict[str, Any]:
    """Return a plane's polygons: vertices (2 V,), loops (corner numbers, one polygon after the other), starts (R + 1,).

    raises   AssertionError for anything but a plane
    """
    whole = found.complex
    if whole is None or found.d_in != 2:
        raise AssertionError("polygons are those of a plane")
    return {"vertices": whole.vertices.ravel(), "loops": whole.loop_vertices, "starts": whole.loop_start}


def mesh_of(box: Any, n: int) -> tuple[Array, Array]:
    """Return the middles of n x n equal parts of a box, first row on top, (n n, 2); and left, low, right, high of it.

    >>> from foldline import Box
    >>> mesh_of(Box([0, 0], [2, 2]), 2)[0].tolist()
    [[0.5, 1.5], [1.5, 1.5], [0.5, 0.5], [1.5, 0.5]]
    """
    share = (np.arange(n) + 0.5) / n
    x, y = (lo + share * (hi - lo) for lo, hi in zip(box.lo, box.hi, strict=True))
    places = np.stack(np.meshgrid(x, y[::-1]), axis=-1).reshape(-1, 2)
    return places, np.array([*box.lo, *box.hi])
