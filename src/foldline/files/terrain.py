"""Contour lines and slopes of maps to files: GeoJSON in the map's own coordinates, and CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..text import csv_text
from .documents import document, feature, said

if TYPE_CHECKING:
    from ..exact.terrain.contours import Contours
    from ..exact.terrain.slopes import Slopes


def contours_geojson(found: Contours) -> bytes:
    """Return a feature collection, a line string a polyline with its level; how sure it is stands beside them.

    source   RFC 7946, sections 3.1.4 and 6.1 (members of our own); the coordinates are those of the map
    """
    from ..exact.terrain.contours import length_of

    features = [
        feature("LineString", line.tolist(), level=level, closed=bool(np.array_equal(line[0], line[-1])),
                length=length_of(line))
        for level, lines in zip(found.levels.tolist(), found.lines, strict=True)
        for line in lines
    ]  # fmt: skip
    levels = {"levels": found.levels.tolist(), "complete_levels": found.levels[found.whole].tolist()}
    return _collection(found, features, levels | {"max_abs_value": found.max_abs_value})


def contours_csv(found: Contours) -> bytes:
    """Return a table, a row a corner: its level, the number of its line, x and y."""
    rows: list[list[Any]] = [["level", "line", "x", "y"]]
    numbered = [(level, line) for level, lines in zip(found.levels, found.lines, strict=True) for line in lines]
    for number, (level, line) in enumerate(numbered):
        rows += [[repr(float(level)), number, repr(x), repr(y)] for x, y in line.tolist()]
    return csv_text(rows).encode()


def slopes_geojson(found: Slopes) -> bytes:
    """Return a feature collection, a polygon a region with its rise over run, angle, aspect and gradient.

    source   RFC 7946: rings are closed and counter-clockwise; the coordinates are those of the map
    """
    features = []
    for ring, row in zip(found.regions.polygons(), _rows(found), strict=True):
        corners = ring.tolist()
        features.append(feature("Polygon", [[*corners, corners[0]]], **row))
    return _collection(found, features, {"per_unit": list(found.per_unit)})


def slopes_csv(found: Slopes) -> bytes:
    """Return a table, a row a region: its centre, area, rise over run, angle, aspect and gradient."""
    names = ["x", "y", "area", "slope", "slope_degrees", "aspect", "gradient_x", "gradient_y"]
    rows: list[list[Any]] = [names]
    for (x, y), area, row in zip(found.regions.centroids.tolist(), found.regions.volumes.tolist(), _rows(found),
                                 strict=True):  # fmt: skip
        numbers = [x, y, area, row["slope"], row["slope_degrees"], row["aspect"], *row["gradient"]]
        rows.append(["" if value is None else repr(value) for value in numbers])
    return csv_text(rows).encode()


def _rows(found: Slopes) -> list[dict[str, Any]]:
    numbers = zip(found.steepness.tolist(), found.degrees.tolist(), found.aspect.tolist(), found.gradients.tolist(),
                  strict=True)  # fmt: skip
    return [
        {"slope": slope, "slope_degrees": angle, "aspect": None if np.isnan(aspect) else aspect, "gradient": gradient}
        for slope, angle, aspect, gradient in numbers
    ]


def _collection(found: Contours | Slopes, features: list[dict[str, Any]], more: dict[str, Any]) -> bytes:
    about = said(found) | more | dict(found.meta)
    return document({"type": "FeatureCollection", "foldline": about, "features": features})
