"""Surfaces as what a 3-D view draws of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...colour import region_index
from ...mesh import Mesh


def solid(mesh: Mesh | None) -> dict[str, Any]:
    """Return vertices, corners, offsets, the open edges, a colour's number a polygon, and the ball round it."""
    if mesh is None:
        raise AssertionError("a cloud of points is no surface")
    lo, hi = mesh.bounds if mesh.n_vertices else np.array([[-1.0] * 3, [1.0] * 3])
    names = mesh.face_values.get("region", np.arange(mesh.n_faces))
    return {
        "vertices": mesh.vertices.astype(np.float32).ravel(), "corners": mesh.corners, "offsets": mesh.offsets,
        "open": mesh.edges[mesh.edge_uses.sum(axis=1) == 1].ravel(), "colours": region_index(names),
        "centre": (lo + hi) / 2, "radius": float(np.linalg.norm(hi - lo) / 2),
    }  # fmt: skip
