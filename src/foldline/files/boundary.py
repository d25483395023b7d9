"""Decision boundaries to files: JSON, CSV, GeoJSON; one in space is a mesh too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .documents import AXES, document, feature, features, said, table

if TYPE_CHECKING:
    from ..exact.boundary import Boundary


def _facets(boundary: Boundary) -> list[list[int]]:
    cut = boundary.offsets[1:-1]
    return [part.tolist() for part in np.split(boundary.corners, cut)] if len(boundary) else []


def csv_bytes(boundary: Boundary) -> bytes:
    axes = AXES[: boundary.d]
    rows = [
        [*pair, *region, *(repr(v) for corner in facet for v in boundary.vertices[corner].tolist())]
        for pair, region, facet in zip(
            boundary.classes.tolist(), boundary.regions.tolist(), _facets(boundary), strict=True
        )
    ]
    n = min(boundary.d, 2)  # a polygon has as many corners as it has; its row runs on
    names = [f"{axis}{i}" for i in range(n) for axis in axes]
    return table(["class_low", "class_high", "region_low", "region_high", *names], rows)


def json_bytes(boundary: Boundary) -> bytes:
    return document(told(boundary))


def told(boundary: Boundary) -> dict[str, Any]:
    """Return all of a boundary as values of JSON."""
    answer = said(boundary) | {
        "names": list(boundary.names),
        "max_abs_value": boundary.max_abs_value,
        "vertices": boundary.vertices.tolist(),
        "facets": _facets(boundary),
        "classes": boundary.classes.tolist(),
        "regions": boundary.regions.tolist(),
    }
    if boundary.d == 2:
        answer["polylines"] = [chain.tolist() for chain in boundary.chains]
    return answer


def geojson_bytes(boundary: Boundary) -> bytes:
    return features([
        feature(
            "LineString",
            line.tolist(),
            classes=[boundary.names[k] for k in boundary.classes[chain[0]]],
            regions=boundary.regions[chain].tolist(),
        )
        for chain, line in zip(boundary.chains, boundary.polylines, strict=True)
    ])  # fmt: skip
