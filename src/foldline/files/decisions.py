"""Decisions to files: JSON, CSV, GeoJSON, SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..exact.boundary import boundary_of
from ..exact.complex.outlines import loops
from .boundary import told as told_of_boundary
from .documents import AXES, columns, document, feature, features, said, table

if TYPE_CHECKING:
    from ..exact.decisions import Decisions

def _middles(cells: Decisions) -> Any:
    """A point strictly inside each cell, up to rounding: the mean of its corners."""
    return np.array([cells.complex.vertices[corners].mean(axis=0) for corners in _corners(cells)])


def _corners(cells: Decisions) -> list[list[int]]:
    """Vertex numbers of each cell: two ends, a loop, or in space all corners in ascending order."""
    whole = cells.complex
    if cells.d_in == 1:
        return [pair.tolist() for pair in whole.edges]
    around_faces = [loop.tolist() for loop in loops(whole)]
    if cells.d_in == 2:
        return around_faces
    faces = np.split(whole.cell_faces >> 1, whole.cell_start[1:-1]) if len(cells) else []
    return [sorted({v for f in around for v in around_faces[f]}) for around in faces]


def csv_bytes(cells: Decisions) -> bytes:
    axes = list(AXES[: cells.d_in])
    numbers = zip(
        cells.classes.tolist(), cells.region_of.tolist(), cells.volumes.tolist(), _middles(cells), strict=True
    )
    rows = [[i, k, cells.names[k], r, repr(v), *map(repr, at.tolist())] for i, (k, r, v, at) in enumerate(numbers)]
    return table(["cell", "class", "name", "region", "volume", *axes], rows)


def json_bytes(cells: Decisions) -> bytes:
    """Return one object: the cells, their classes and maps, and for 1 and 2 inputs the boundary between them."""
    answer = said(cells) | columns(cells.network) | {
        "names": list(cells.names),
        "empty": list(cells.empty),
        "volume_of_class": cells.volume_of_class.tolist(),
        "vertices": cells.complex.vertices.tolist(),
        "cells": _corners(cells),
        "class": cells.classes.tolist(),
        "region": cells.region_of.tolist(),
        "volume": cells.volumes.tolist(),
        "map": cells.complex.maps.tolist(),
    }
    if cells.d_in < 3:
        answer["boundary"] = told_of_boundary(boundary_of(cells))
    return document(answer)


def geojson_bytes(cells: Decisions) -> bytes:
    x = cells.complex.vertices
    return features([
        feature("Polygon", [x[[*corners, corners[0]]].tolist()], **{"class": cells.names[k]}, region=r, area=v)
        for corners, k, r, v in zip(
            _corners(cells), cells.classes.tolist(), cells.region_of.tolist(), cells.volumes.tolist(), strict=True
        )
    ])  # fmt: skip
