"""Decisions to files: JSON, CSV, GeoJSON, SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..exact.complex.outlines import loops
from ..text import csv_text, json_text

if TYPE_CHECKING:
    from ..exact.decisions import Decisions

AXES = "xyz"


def table(header: list[str], rows: Any) -> bytes:
    """Return a CSV table."""
    return csv_text([header, *rows]).encode()


def document(value: dict[str, Any]) -> bytes:
    """Return a JSON document."""
    return (json_text(value) + "\n").encode()


def features(parts: list[dict[str, Any]]) -> bytes:
    """Return a GeoJSON document of features."""
    return document({"type": "FeatureCollection", "features": parts})


def feature(kind: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    """Return one GeoJSON feature."""
    return {
        "type": "Feature",
        "geometry": {"type": kind, "coordinates": coordinates},
        "properties": properties,
    }


def said(value: Any) -> dict[str, Any]:
    """Return what an answer says of itself: its box, its names, how good it is."""
    words = ("certified", "complete", "engine", "seconds")
    return {"box": [value.box.lo.tolist(), value.box.hi.tolist()], "names": list(value.names)} | {
        word: getattr(value, word) for word in words
    }


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
    answer = said(cells) | {
        "empty": list(cells.empty),
        "volume_of_class": cells.volume_of_class.tolist(),
        "vertices": cells.complex.vertices.tolist(),
        "cells": _corners(cells),
        "class": cells.classes.tolist(),
        "region": cells.region_of.tolist(),
        "volume": cells.volumes.tolist(),
        "map": cells.complex.maps.tolist(),
    }
    return document(answer)


def geojson_bytes(cells: Decisions) -> bytes:
    x = cells.complex.vertices
    return features([
        feature("Polygon", [x[[*corners, corners[0]]].tolist()], **{"class": cells.names[k]}, region=r, area=v)
        for corners, k, r, v in zip(
            _corners(cells), cells.classes.tolist(), cells.region_of.tolist(), cells.volumes.tolist(), strict=True
        )
    ])  # fmt: skip
