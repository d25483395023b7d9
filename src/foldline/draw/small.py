"""A plane cut into polygons as a small SVG: what a notebook shows of an exact answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..box import Box
from ..colour import QUIET, hexes, region_index, region_palette, series
from ..exact.boundary import Boundary
from ..exact.complex.outlines import polygons
from ..exact.decisions import Decisions
from ..exact.regions import Regions
from ..text import page_text

Array = NDArray[Any]

SIDE = 800  # of a drawing, in its own units
LINE = "#1f2937"  # on pale areas, whatever the page's own colours are


def small_svg(found: Regions | Decisions | Boundary) -> str:
    """Return the polygons, cells or edges of an answer for two inputs as SVG, its vertices to six digits."""
    if isinstance(found, Boundary):
        thick = _strokes(_placed(found.vertices, found.box)[found.edges])
        return _page(found.box, f'<path d="{thick}" fill="none" stroke="currentColor" stroke-width="5"/>', repr(found))
    if isinstance(found, Decisions):
        pairs, shades = found.neighbours, series(QUIET, len(found.names))
        bold = pairs[found.classes[pairs[:, 0]] != found.classes[pairs[:, 1]], 2]
        return _filled(found.complex, found.box, [shades[k] for k in found.classes.tolist()], repr(found), bold)
    colours = np.array(hexes(region_palette()))[region_index(np.arange(len(found)))].tolist()
    return _filled(found.complex, found.box, colours, repr(found), np.zeros(0, dtype=np.int64))


def _filled(whole: Any, box: Box, colours: Sequence[str], name: str, bold: Array) -> str:
    """Polygons, folds as thin lines over them, some edges thick."""
    at = _placed(whole.vertices, box)
    shapes = []
    for r, corners in enumerate(polygons(replace(whole, vertices=at))):
        line = " ".join(f"{x:.6g},{y:.6g}" for x, y in corners.tolist())
        shapes.append(f'<polygon points="{line}" fill="{colours[r]}"/>')
    lines, thick = _strokes(at[whole.edges[whole.folds >= 0]]), _strokes(at[whole.edges[bold]])
    return _page(
        box,
        "".join(shapes) + f'<path d="{lines}" fill="none" stroke="{LINE}" stroke-width="1.5" stroke-linecap="round"/>'
        f'<path d="{thick}" fill="none" stroke="{LINE}" stroke-width="5" stroke-linecap="round"/>',
        name,
    )


def _page(box: Box, inside: str, name: str) -> str:
    width, height = _size(box)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -2 {width + 4:.6g} {height + 4:.6g}" role="img">'
        f"<title>{page_text(name)}</title>{inside}"
        f'<rect width="{width:.6g}" height="{height:.6g}" fill="none" stroke="currentColor" stroke-width="2"/></svg>'
    )


def _size(box: Box) -> tuple[float, float]:
    """Width and height: the longer side of the box is ``SIDE``."""
    side = box.hi - box.lo
    width, height = (SIDE * side / side.max()).tolist()
    return width, height


def _placed(vertices: Array, box: Box) -> Array:
    width, height = _size(box)
    return np.asarray((vertices - box.lo) / (box.hi - box.lo) * [width, -height] + [0, height])


def _strokes(segments: Array) -> str:
    return "".join(f"M{x:.6g} {y:.6g}L{u:.6g} {v:.6g}" for x, y, u, v in segments.reshape(-1, 4).tolist())
