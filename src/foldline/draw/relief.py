"""A map of heights -> pictures: colours of land with shade, and contour lines over them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..box import Box
from ..colour import LAND, along
from ..exact.terrain.contours import Contours
from ..raster import Lattice
from .png import data_url

Array = NDArray[np.float64]
Bytes = NDArray[np.uint8]

LIGHT = np.array([-0.5, 0.5, 0.7])  # from the north-west, as maps have it
STEEP = 0.12  # of the range of heights a cell is drawn as a slope of 1
DARKEST = 0.45  # what shade leaves of a colour
GAP = (200, 200, 200)
SIDE, FINE = 800, 4
HEAVY = 5  # every fifth level is drawn heavier


def relief(table: Array, lattice: Lattice) -> Bytes:
    """Return heights (rows, columns), NaN for none, as a picture (rows, columns, 3) with north up."""
    heights = _north_up(table, lattice)
    known = ~np.isnan(heights)
    low, high = np.nanmin(heights), np.nanmax(heights)
    span = float(high - low) or 1.0
    share = np.where(known, (heights - low) / span, 0.0)
    down, right = np.gradient(share) if min(share.shape) > 1 else (share * 0, share * 0)
    normal = np.stack([-right, down, np.full(share.shape, STEEP)], axis=-1)
    light = normal @ LIGHT / (np.linalg.norm(normal, axis=-1) * np.linalg.norm(LIGHT))
    shade = DARKEST + (1 - DARKEST) * np.clip(light / (LIGHT[2] / np.linalg.norm(LIGHT)), 0, 1)
    colours = along(LAND, share) * shade[..., None]
    found: Bytes = np.where(known[..., None], colours, GAP).astype(np.uint8)
    return found


def north_up(picture: Bytes, lattice: Lattice) -> Bytes:
    """Return a picture of a raster's cells, its rows and columns in their order, as maps are looked at."""
    return np.ascontiguousarray(_north_up(picture, lattice))


def contours_svg(found: Contours, ground: Bytes, box: Box) -> str:
    """Return contour lines over a picture of the same box."""
    height, width, _ = ground.shape
    wide, high = (SIDE, SIDE * height / width) if width >= height else (SIDE * width / height, SIDE)
    size = f"{FINE * wide:.0f} {FINE * high:.0f}"
    heavy = [k for k, level in enumerate(found.levels) if _heavy(found, float(level))]
    paths = [
        f'<path class="levels{" heavy" * (k in heavy)}" d="{"".join(_line(line, box, wide, high) for line in lines)}">'
        f"<title>{found.levels[k]:g}</title></path>"
        for k, lines in enumerate(found.lines)
    ]
    name = f"Contour lines at {len(found.levels)} levels from {found.levels[0]:g} to {found.levels[-1]:g}"
    return (
        f'<svg class="section crop" viewBox="0 0 {size}" role="img" aria-label="{name}">'
        f'<image width="{FINE * wide:.0f}" height="{FINE * high:.0f}" preserveAspectRatio="none" '
        f'href="{data_url(ground)}"/>{"".join(paths)}</svg>'
    )


def _heavy(found: Contours, level: float) -> bool:
    step = float(np.diff(found.levels).min()) if len(found.levels) > 1 else 0.0
    return step > 0 and round(level / step) % HEAVY == 0


def _line(line: Array, box: Box, width: float, height: float) -> str:
    """A polyline in whole quarters; corners that fall on the one before are left out."""
    at = (line - box.lo) / (box.hi - box.lo) * [width, height]
    at[:, 1] = height - at[:, 1]
    ends = np.rint(FINE * at).astype(np.int64)
    step = np.diff(ends, axis=0)
    step = step[step.any(axis=1)]
    if not len(step):
        return ""
    return f"M{ends[0, 0]} {ends[0, 1]}l" + " ".join(f"{dx} {dy}" for dx, dy in step.tolist())


def _north_up(table: NDArray[Any], lattice: Lattice) -> NDArray[Any]:
    rows = table[::-1] if lattice.step[1] > 0 else table
    return rows[:, ::-1] if lattice.step[0] < 0 else rows
