"""Decisions and boundaries to files: JSON, CSV, GeoJSON; a boundary in space as a mesh."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..atomic import write_bytes
from ..errors import FileError
from .mesh_writing import mesh_maker
from .regions_writing import colour, drawing

if TYPE_CHECKING:
    from ..exact.boundary import Boundary
    from ..exact.decisions import Decisions

Maker = Callable[[Any], bytes]

AXES = "xyz"


def write_decisions(cells: Decisions, path: Path, *, force: bool = False) -> Path:
    """Write the cells: .csv one row a cell, .json everything; in the plane .geojson polygons, .svg a picture."""
    return write_bytes(path, decisions_maker(path, cells.d_in)(cells), force=force)


def decisions_maker(path: Path, d: int) -> Maker:
    """Return what makes the bytes of decisions for d inputs; raises FileError for another suffix."""
    makers = {".csv": _cells_csv, ".json": _cells_json}
    makers |= {".geojson": _cells_geojson, ".svg": _cells_svg} if d == 2 else {}
    return _maker(makers, path)


def write_boundary(boundary: Boundary, path: Path, *, force: bool = False) -> Path:
    """Write the facets: .csv one row a facet, .json everything, .geojson polylines in the plane, a mesh in space."""
    return write_bytes(path, boundary_maker(path, boundary.d)(boundary), force=force)


def boundary_maker(path: Path, d: int) -> Maker:
    """Return what makes the bytes of a boundary for d inputs; raises FileError for another suffix."""
    makers = {".json": _boundary_json, ".csv": _boundary_csv}
    makers |= {".geojson": _boundary_geojson} if d == 2 else {}
    if d == 3 and path.suffix.lower() not in makers:
        make = mesh_maker(path)
        return lambda boundary: make(boundary.mesh)
    return _maker(makers, path)


def _maker(makers: Mapping[str, Callable[[Any], str]], path: Path) -> Maker:
    make = makers.get(path.suffix.lower())
    if make is None:
        raise FileError(f"save needs a name that ends in {', '.join(makers)}; got {path.name}. Choose one of these.")
    return lambda value: make(value).encode()


def _table(header: list[str], rows: Any) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()


def _features(features: list[dict[str, Any]]) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features}) + "\n"


def _feature(kind: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": kind, "coordinates": coordinates},
        "properties": properties,
    }


def _said(value: Any) -> dict[str, Any]:
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
    loops = [loop.tolist() for loop in np.split(whole.loop_vertices, whole.loop_start[1:-1])] if len(cells) else []
    if cells.d_in == 2:
        return loops
    faces = np.split(whole.cell_faces >> 1, whole.cell_start[1:-1]) if len(cells) else []
    return [sorted({v for f in around for v in loops[f]}) for around in faces]


def _cells_csv(cells: Decisions) -> str:
    axes = list(AXES[: cells.d_in])
    numbers = zip(
        cells.classes.tolist(), cells.region_of.tolist(), cells.volumes.tolist(), _middles(cells), strict=True
    )
    rows = [[i, k, cells.names[k], r, repr(v), *map(repr, at.tolist())] for i, (k, r, v, at) in enumerate(numbers)]
    return _table(["cell", "class", "name", "region", "volume", *axes], rows)


def _cells_json(cells: Decisions) -> str:
    answer = _said(cells) | {
        "empty": list(cells.empty),
        "volume_of_class": cells.volume_of_class.tolist(),
        "vertices": cells.complex.vertices.tolist(),
        "cells": _corners(cells),
        "class": cells.classes.tolist(),
        "region": cells.region_of.tolist(),
        "volume": cells.volumes.tolist(),
        "map": cells.complex.maps.tolist(),
    }
    return json.dumps(answer) + "\n"


def _cells_geojson(cells: Decisions) -> str:
    x = cells.complex.vertices
    return _features([
        _feature("Polygon", [x[[*corners, corners[0]]].tolist()], **{"class": cells.names[k]}, region=r, area=v)
        for corners, k, r, v in zip(
            _corners(cells), cells.classes.tolist(), cells.region_of.tolist(), cells.volumes.tolist(), strict=True
        )
    ])  # fmt: skip


def _cells_svg(cells: Decisions) -> str:
    """A colour a class, the boundary thick, folds thin."""
    pairs = cells.neighbours
    bold = pairs[cells.classes[pairs[:, 0]] != cells.classes[pairs[:, 1]], 2]
    colours = [colour(k) for k in cells.classes.tolist()]
    legend = [f"{name}{' (wins nowhere)' if name in cells.empty else ''}" for name in cells.names]
    return drawing(cells.complex, cells.box, colours, repr(cells), bold=bold.tolist(), legend=legend).decode()


def _facets(boundary: Boundary) -> list[list[int]]:
    cut = boundary.offsets[1:-1]
    return [part.tolist() for part in np.split(boundary.corners, cut)] if len(boundary) else []


def _boundary_csv(boundary: Boundary) -> str:
    axes = AXES[: boundary.d]
    rows = [
        [*pair, *region, *(repr(v) for corner in facet for v in boundary.vertices[corner].tolist())]
        for pair, region, facet in zip(
            boundary.classes.tolist(), boundary.regions.tolist(), _facets(boundary), strict=True
        )
    ]
    n = min(boundary.d, 2)  # a polygon has as many corners as it has; its row runs on
    names = [f"{axis}{i}" for i in range(n) for axis in axes]
    return _table(["class_low", "class_high", "region_low", "region_high", *names], rows)


def _boundary_json(boundary: Boundary) -> str:
    answer = _said(boundary) | {
        "max_abs_value": boundary.max_abs_value,
        "vertices": boundary.vertices.tolist(),
        "facets": _facets(boundary),
        "classes": boundary.classes.tolist(),
        "regions": boundary.regions.tolist(),
    }
    if boundary.d == 2:
        answer["polylines"] = [chain.tolist() for chain in boundary.chains]
    return json.dumps(answer) + "\n"


def _boundary_geojson(boundary: Boundary) -> str:
    return _features([
        _feature(
            "LineString",
            line.tolist(),
            classes=[boundary.names[k] for k in boundary.classes[chain[0]]],
            regions=boundary.regions[chain].tolist(),
        )
        for chain, line in zip(boundary.chains, boundary.polylines, strict=True)
    ])  # fmt: skip
