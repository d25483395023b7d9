"""Elevation maps as text: the ASCII grid of Esri, as terrain services write it. A scanner's ``.asc`` is a cloud."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..cloud import Cloud
from ..errors import InputError
from ..samples import Samples
from .cloud import read_cloud
from .elevation import check_size, elevation_of
from .lines import about_commas, count, lines, real
from .source import content

Line = tuple[int, list[str]]

SIZES = ("ncols", "nrows")
STEPS = ("cellsize", "dx", "dy")
CORNERS = ("xllcorner", "yllcorner")  # the outer corner of the lower left pixel
CENTRES = ("xllcenter", "yllcenter")  # its centre
KEYS = (*SIZES, *STEPS, *CORNERS, *CENTRES, "nodata_value")
TELLING = {key.encode() for key in KEYS} - {b"dx", b"dy"}  # words that no cloud begins with
START = 64  # bytes that tell a grid from a cloud


def read_asc(path: Path) -> Samples | Cloud:
    """Return the elevation map of an ASCII grid, or the points of a scanner's text: both are called ``.asc``."""
    start = content(path)[:START].lower().split()
    return read_ascii_grid(path) if TELLING & set(start) else read_cloud(path)


def read_ascii_grid(path: Path) -> Samples:
    """Return the heights of an ASCII grid at the centres of its pixels, the first row at the largest y.

    raises   InputError naming the line that is wrong, or what the header lacks
    source   Esri, ASCII raster format: ncols, nrows, xllcorner or xllcenter, yllcorner or yllcenter, cellsize (or dx
             and dy, as GDAL writes), NODATA_value (-9999 where it is left out)

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "hill.asc"
    >>> _ = path.write_text("ncols 2\\nnrows 2\\nxllcorner 10\\nyllcorner 20\\ncellsize 2\\n1 2\\n3 -9999\\n")
    >>> hill = read_ascii_grid(path)
    >>> hill.inputs.tolist(), hill.targets.ravel().tolist(), hill.meta["gaps"]
    ([[11.0, 23.0], [13.0, 23.0], [11.0, 21.0]], [1.0, 2.0, 3.0], 1)
    """
    name, rows = path.name, lines(content(path), path.name, "ASCII grid")
    header, first = _header(rows, name)
    columns, n_rows = (_size(header, key, name) for key in SIZES)
    check_size(n_rows, columns, name)
    heights = _heights(first, rows, n_rows * columns, name).reshape(n_rows, columns)
    dx, dy = (_number(header, (key, "cellsize"), name) for key in STEPS[1:])
    left, low = (
        _number(header, keys, name) + (step / 2 if keys[0] in header else 0.0)
        for keys, step in zip(zip(CORNERS, CENTRES, strict=True), (dx, dy), strict=True)
    )
    x, y = left + np.arange(columns) * dx, low + np.arange(n_rows)[::-1] * dy
    missing = _number(header, ("nodata_value",), name) if "nodata_value" in header else -9999.0
    return elevation_of(heights, x, y, name, missing=missing, meta={"pixel": [dx, -dy]})


def _header(rows: Iterator[Line], name: str) -> tuple[dict[str, Line], Line]:
    """The header's lines by their first words, and the first line behind it."""
    header: dict[str, Line] = {}
    for number, words in rows:
        if words[0].lower() not in KEYS:
            return header, (number, words)
        header[words[0].lower()] = (number, words)
    raise InputError(f"{name}: an ASCII grid needs heights behind its header; got none. Export it again.")


def _word(header: dict[str, Line], keys: tuple[str, ...], name: str) -> Line:
    found = next((header[key] for key in keys if key in header), None)
    if found is None or len(found[1]) != 2:
        got = "none" if found is None else " ".join(found[1])[:40]
        raise InputError(f"{name}: an ASCII grid needs a header line {' or '.join(keys)}, with a number; got {got!r}.")
    return found


def _size(header: dict[str, Line], key: str, name: str) -> int:
    number, words = _word(header, (key,), name)
    return count(name, number, words[1])


def _number(header: dict[str, Line], keys: tuple[str, ...], name: str) -> float:
    number, words = _word(header, keys, name)
    return _real(words[1], f"{name} line {number}: {words[0]}")


def _heights(first: Line, rows: Iterator[Line], size: int, name: str) -> NDArray[np.float64]:
    """All numbers behind the header: ``size`` of them, in as many lines as they like."""
    heights, filled = np.empty(size), 0
    for number, words in chain([first], rows):
        if filled + len(words) > size:
            raise InputError(f"{name} line {number}: an ASCII grid needs ncols x nrows = {size:,} heights; got more.")
        heights[filled : filled + len(words)] = [_real(word, f"{name} line {number}: a height") for word in words]
        filled += len(words)
    if filled < size:
        wanted = f"an ASCII grid needs ncols x nrows = {size:,} heights"
        raise InputError(f"{name}: {wanted}; got {filled:,}. Copy it again.")
    return heights


def _real(word: str, what: str) -> float:
    try:
        return real(word)
    except ValueError:
        raise InputError(f"{what} needs a number; got {word[:30]!r}. {about_commas([word], 'Fix it.')}") from None
