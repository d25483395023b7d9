"""A mesh -> what the page's 3-D view draws: typed arrays, deflated, in base64."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..colour import ERROR, as_bytes, ramp, region_index, region_palette
from ..mesh import Mesh

Array = NDArray[np.float64]

DEFLATED = 6  # how hard: 9 takes twenty times as long for 2.6 % less of a large mesh


def solid_data(surface: Mesh, target: Mesh | None) -> dict[str, Any]:
    """Return the JSON values of the 3-D view: geometry once, and one byte a polygon and colouring.

    The error of a polygon is the exact distance from its middle to the target; full colour is the 99th percentile, so
    that a single spike does not wash out the rest.
    """
    lo, hi = surface.bounds if surface.n_vertices else np.array([[-1.0] * 3, [1.0] * 3])
    names = surface.face_values.get("region", np.arange(surface.n_faces))
    data = {
        "centre": ((lo + hi) / 2).tolist(),
        "radius": float(np.linalg.norm(hi - lo) / 2),
        "vertices": packed(surface.vertices, "<f4"),
        "corner_steps": packed(np.diff(surface.corners, prepend=0), "<i4"),
        "sizes": packed(np.diff(surface.offsets), "<u4"),
        "open_edges": packed(surface.edges[surface.edge_uses.sum(axis=1) == 1], "<u4"),
        "region": packed(region_index(names), "u1"),
        "error": packed(np.zeros(0), "u1"),
        "region_palette": _base64(region_palette(), "u1"),
        "error_palette": _base64(ramp(ERROR), "u1"),
    }
    if target is not None and surface.n_faces:
        errors = target.distances(surface.middles)
        full = float(np.percentile(errors, 99)) or 1.0
        data["error"] = packed(as_bytes(errors / full), "u1")
        data["error_full"] = full
    return data


def packed(values: NDArray[Any], kind: str) -> str:
    """Return an array as text: the first byte of every number, then the second, ..., deflated, in base64.

    Numbers that are alike in some of their bytes take less room so than one after another.
    """
    numbers = np.ascontiguousarray(values).astype(kind)
    planes = numbers.view(np.uint8).reshape(numbers.size, numbers.itemsize).T
    return base64.b64encode(zlib.compress(planes.tobytes(), DEFLATED)).decode()


def _base64(values: NDArray[Any], kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(values).astype(kind).tobytes()).decode()
