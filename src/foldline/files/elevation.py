"""Elevation maps as functions of two coordinates: GeoTIFF, and NumPy archives with axes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..raster import even
from ..samples import Samples
from ..text import counted
from .image import read_image
from .source import content
from .tiff import SAMPLE_FORMAT, first_tags, n_pages, opened_tiff
from .unpack import MAX_BYTES

Array = NDArray[np.float64]

MOST_PIXELS = 2**26  # as rows of float64 they take 1.6 GB
X_NAMES = ("x", "lon", "longitude", "easting")
Y_NAMES = ("y", "lat", "latitude", "northing")
DEGREES = X_NAMES[1:3], Y_NAMES[1:3]  # the names of angles
NO_HEIGHT = 1e30  # the lowest float32, -3.4e38, stands for none in rasters of GIS that do not say so
SCALED = re.compile(r'<Item\b[^>]*\brole="(scale|offset)"[^>]*>([^<]*)</Item>')  # of GDAL's metadata
PIXEL_SCALE, TIE_POINT, TRANSFORM, NO_DATA, METADATA = (
    33550,
    33922,
    34264,
    42113,
    42112,
)  # tags of GeoTIFF 1.1 and of GDAL
SIGNED, REAL = 2, 3  # TIFF 6.0, section 19
GEOGRAPHIC, DEGREE, USER_DEFINED = 2, 9102, 32767  # of GeoTIFF 1.1, sections 7.2 and 7.4
NOWHERE = (
    "the file places its pixels nowhere: its numbers, signed or real, are taken for heights, a step a pixel; a picture "
    "is saved with whole numbers from 0 on, 8 or 16 bits"
)
UNITS = {9001: "m", 9002: "ft", 9003: "US survey ft", 9102: "degree"}


def elevation_of(
    heights: NDArray[Any],
    x: NDArray[Any],
    y: NDArray[Any],
    name: str,
    *,
    missing: float | None = None,
    meta: Mapping[str, Any] = {},
) -> Samples:
    """Return the heights of a raster at the centres of its pixels as samples; pixels without a height are left out.

    heights   (rows, columns)
    x, y      (columns,) and (rows,) coordinates of the centres
    missing   the number that stands for no height; NaN always does, and numbers that no height has, which is said
    raises    InputError for shapes that do not fit, coordinates that do not go one way, or no height at all

    >>> elevation_of(np.array([[1.0, np.nan], [2.0, 3.0]]), np.arange(2.0), np.arange(2.0), "tiny").meta["gaps"]
    1
    """
    if heights.ndim != 2 or heights.shape != (len(y), len(x)) or min(heights.shape) < 2:
        line = heights.ndim == 2 and heights.shape == (len(y), len(x))
        profile = "A row of heights is a profile: save it as a signal, a .csv of two columns, place and height."
        raise InputError(
            f"{name}: an elevation map needs (rows, columns) heights, 2 x 2 at least, and a coordinate for each; got "
            f"{heights.shape} with {len(x)} x and {len(y)} y. "
            + (profile if line else "Give x and y, or xmin, xmax, ymin, ymax.")
        )
    for axis, values in (("x", x), ("y", y)):
        steps = np.diff(values)
        if not (np.isfinite(values).all() and ((steps > 0).all() or (steps < 0).all())):
            raise InputError(
                f"{name}: an elevation map needs {axis} that only rises or only falls; got another. Sort it."
            )
    check_size(*heights.shape, name)
    values = heights.astype(np.float64)
    known = np.isfinite(values) & ~_stands_for_none(heights, missing)
    high = known & (np.abs(values) > NO_HEIGHT)
    known &= ~high
    if not known.any():
        raise InputError(f"{name}: an elevation map needs heights; got none. Check what stands for no data.")
    places = np.stack(np.meshgrid(x.astype(np.float64), y.astype(np.float64)), axis=-1)
    told = {
        "source": name,
        "rows": heights.shape[0],
        "columns": heights.shape[1],
        "gaps": int(known.size - known.sum()),
        "x": [float(x[0]), float(x[-1])],
        "y": [float(y[0]), float(y[-1])],
    }
    if not (even(x.astype(np.float64)) and even(y.astype(np.float64))):
        told["axes"] = [x.astype(np.float64).tolist(), y.astype(np.float64).tolist()]
    if high.any():
        far = (
            f"{counted(int(high.sum()), 'pixel')} of {values[high][0]:.9g} and the like taken for gaps: no height is so"
        )
        meta = dict(meta) | {"findings": [*meta.get("findings", ()), far]}
    return Samples(places[known], values[known], "elevation", ("x", "y"), meta=told | dict(meta))


def _stands_for_none(heights: NDArray[Any], missing: float | None) -> NDArray[np.bool_]:
    """Where heights are the number for none, as their own type rounds it."""
    if missing is None:
        return np.zeros(heights.shape, dtype=bool)
    with np.errstate(over="ignore"):
        one = heights.dtype.type(missing) if heights.dtype.kind == "f" else missing
    found: NDArray[np.bool_] = heights == one
    return found


def check_size(rows: int, columns: int, name: str) -> None:
    """Raise InputError for more pixels than a map may have: asked before they are read."""
    if rows * columns > MOST_PIXELS:
        got = f"got {rows:,} x {columns:,}. Cut it."
        raise InputError(f"{name}: an elevation map needs at most {MOST_PIXELS:,} pixels; {got}")


def elevation_of_arrays(arrays: Mapping[str, NDArray[Any]], name: str) -> Samples | None:
    """Return the elevation map in an archive, or None if its arrays are none.

    One array has rows and columns; its coordinates are arrays named x and y (or longitude and latitude, ...), or follow
    from xmin, xmax, ymin, ymax: the outer sides of the first and last pixels, the first row at the larger y.
    """
    tables = [key for key, array in arrays.items() if array.ndim == 2 and array.dtype.kind in "fiu"]
    if len(tables) != 1:
        return None
    heights = arrays[tables[0]]
    named = {key.lower(): array for key, array in arrays.items() if array.dtype.kind in "fiu"}
    x, y = (next((named[key] for key in names if key in named), None) for names in (X_NAMES, Y_NAMES))
    if x is not None and y is not None and x.ndim == y.ndim == 1:
        degrees = {"units": ["degree", "degree"]} if {*DEGREES[0], *DEGREES[1]} & set(named) else {}
        return elevation_of(heights, x, y, name, meta={"kept": tables[0], **degrees})
    if not {"xmin", "xmax", "ymin", "ymax"} <= {key for key, array in named.items() if array.size == 1}:
        return None
    left, right, *ends = (float(named[key].item()) for key in ("xmin", "xmax", "ymin", "ymax"))
    top, bottom = max(ends), min(ends)
    rows, columns = heights.shape
    return elevation_of(
        heights,
        left + (np.arange(columns) + 0.5) / columns * (right - left),
        top + (np.arange(rows) + 0.5) / rows * (bottom - top),
        name,
        meta={"kept": tables[0]},
    )


def read_geotiff(path: Path) -> Samples:
    """Return the heights of a GeoTIFF at the centres of its pixels, in its own coordinates.

    meta     gaps (pixels without a height), units and "crs" of the coordinates where the file names them, pixel size
    raises   MissingError without tifffile; InputError for a file that is no TIFF of one band, is turned in
             its coordinates, or is cut short
    source   OGC GeoTIFF 1.1, sections 7.1.2 (tie point, pixel scale) and 7.1.3 (keys); GDAL's no-data tag
    """
    heights, tags = _tiff(content(path), path.name)
    if heights.ndim != 2:
        raise InputError(
            f"{path.name}: an elevation map needs rows and columns; got shape {heights.shape}. Take one out."
        )
    rows, columns = heights.shape
    try:
        (x0, dx), (y0, dy) = _axes(tags, path.name)
    except InputError:
        raise
    except (TypeError, ValueError, IndexError, OverflowError) as error:
        raise InputError(f"{path.name}: a GeoTIFF needs usable coordinates; got {error}. Export it again.") from error
    missing = _no_data(tags)
    if missing is not None:  # before they are scaled
        heights = np.where(_stands_for_none(heights, missing), np.nan, heights)
    heights, scaled = _scaled(heights, tags, path.name)
    unit, crs = UNITS.get(tags["unit"]), tags["crs"]
    meta: dict[str, Any] = {"pixel": [dx, dy]} | ({"units": [unit, unit]} if unit else {})
    meta |= {"crs": f"EPSG:{crs}"} if crs else {}
    findings = [*([] if _is_placed(tags) else [NOWHERE]), *scaled, *_left_out(tags)]
    meta |= {"findings": findings} if findings else {}
    return elevation_of(heights, x0 + np.arange(columns) * dx, y0 + np.arange(rows) * dy, path.name, meta=meta)


def read_tiff(path: Path, *, max_bytes: int = MAX_BYTES) -> Samples:
    """Return an elevation map where a TIFF holds heights, see ``read_geotiff``, else an image, see ``read_image``."""
    return read_geotiff(path) if holds_heights(content(path)) else read_image(path, max_bytes=max_bytes)


def holds_heights(data: bytes) -> bool:
    """Return whether a TIFF places its pixels in coordinates, or holds signed or real numbers, by its first tags alone.

    >>> holds_heights(b"II*\\0")
    False
    """
    told = first_tags(data)
    return PIXEL_SCALE in told or TRANSFORM in told or told.get(SAMPLE_FORMAT) in (SIGNED, REAL)


def _tiff(data: bytes, name: str) -> tuple[NDArray[Any], dict[Any, Any]]:
    with opened_tiff(data, name, "an elevation map in a TIFF") as file:
        page: Any = file.pages[0]
        check_size(page.imagelength, page.imagewidth, name)
        if page.samplesperpixel != 1:
            raise InputError(
                f"{name}: an elevation map needs one band; got {page.samplesperpixel}. Take one out; a picture in "
                "colours is saved with whole numbers from 0 on, 8 or 16 bits, and without coordinates."
            )
        tags: dict[Any, Any] = {tag.code: tag.value for tag in page.tags.values()}
        tags["pages"] = n_pages(file)
        return page.asarray(), tags | _told_by_keys((page.geotiff_tags or {}) if page.is_geotiff else {})


def _told_by_keys(keys: Mapping[str, Any]) -> dict[str, Any]:
    """What GeoKeys say: "unit" and "crs" (numbers of EPSG, 0 for none), and whether values are at "point"s."""
    angles = int(keys.get("GTModelTypeGeoKey", 0)) == GEOGRAPHIC
    unit, usual = ("GeogAngularUnitsGeoKey", DEGREE) if angles else ("ProjLinearUnitsGeoKey", 0)
    crs = int(keys.get("GeographicTypeGeoKey" if angles else "ProjectedCSTypeGeoKey", 0))
    return {
        "unit": int(keys.get(unit, usual)),
        "crs": crs if 0 < crs < USER_DEFINED else 0,
        "point": int(keys.get("GTRasterTypeGeoKey", 1)) == 2,
    }


def _axes(tags: Mapping[Any, Any], name: str) -> tuple[tuple[float, float], tuple[float, float]]:
    """Where the first centre lies, and the way to the next, along each axis; plain pixels without coordinates."""
    centre = 0.0 if tags.get("point") else 0.5
    if TRANSFORM in tags:
        m = np.reshape(tags[TRANSFORM], (4, 4))
        if m[0, 1] or m[1, 0]:
            raise InputError(
                f"{name}: an elevation map needs axes along its rows and columns; got a turned one. Warp it."
            )
        return (float(m[0, 3] + centre * m[0, 0]), float(m[0, 0])), (float(m[1, 3] + centre * m[1, 1]), float(m[1, 1]))
    if not _is_placed(tags):
        return (0.5, 1.0), (-0.5, -1.0)
    dx, dy = map(float, tags[PIXEL_SCALE][:2])
    column, row, _, x, y = map(float, tags[TIE_POINT][:5])
    return (x + (centre - column) * dx, dx), (y - (centre - row) * dy, -dy)


def _scaled(heights: NDArray[Any], tags: Mapping[Any, Any], name: str) -> tuple[NDArray[Any], list[str]]:
    """Heights by GDAL's scale and offset of the band, and what is said of it."""
    told = dict(SCALED.findall(str(tags.get(METADATA, ""))))
    if not told:
        return heights, []
    try:
        scale, offset = float(told.get("scale", 1)), float(told.get("offset", 0))
    except ValueError:
        raise InputError(f"{name}: a GeoTIFF needs a scale and an offset in numbers; got {told}. Export it.") from None
    return heights * scale + offset, [
        f"heights are {scale:.15g} times the file's numbers plus {offset:.15g}, as it says"
    ]


def _left_out(tags: Mapping[Any, Any]) -> list[str]:
    return [f"the first of {tags['pages']} pages in it"] if tags["pages"] > 1 else []


def _is_placed(tags: Mapping[Any, Any]) -> bool:
    return TRANSFORM in tags or (PIXEL_SCALE in tags and TIE_POINT in tags)


def _no_data(tags: Mapping[Any, Any]) -> float | None:
    try:
        return float(str(tags[NO_DATA]).strip().strip("\0"))
    except (KeyError, ValueError):
        return None
