"""A drawing of a plane cut into polygons, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..exact.complex.outlines import polygons
from ..text import page_text

Array = NDArray[Any]

SIDE = 800  # of a drawing, in its own units


def drawing(
    whole: Any, box: Any, colours: Sequence[str], name: str, *, bold: Sequence[int] = (),
    legend: Sequence[tuple[str, str]] = (),
) -> bytes:  # fmt: skip
    """Return the polygons of a complex in the plane as SVG, edges that are not the box's as thin lines over them.

    bold     numbers of the edges drawn thick
    legend   words below the picture, and their colours
    """
    lo, side = box.lo, box.hi - box.lo
    width, height = (SIDE * side / side.max()).tolist()
    at = (whole.vertices - lo) / side * [width, -height] + [0, height]
    shapes = []
    for r, corners in enumerate(polygons(replace(whole, vertices=at))):
        line = " ".join(f"{x:.6g},{y:.6g}" for x, y in corners.tolist())
        shapes.append(f'<polygon points="{line}" fill="{colours[r]}"/>')
    lines = _strokes(at[whole.edges[whole.folds >= 0]])
    thick = _strokes(at[whole.edges[np.asarray(bold, dtype=np.int64)]])
    words = "".join(
        f'<rect y="{height + 14 + 22 * k:.6g}" width="14" height="14" fill="{shade}" stroke="#1f2937"/>'
        f'<text x="22" y="{height + 26 + 22 * k:.6g}">{page_text(word)}</text>\n'
        for k, (word, shade) in enumerate(legend)
    )
    tall = height + 2 + (22 * len(legend) + 14 if legend else 0)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -1 {width + 2:.6g} {tall:.6g}" role="img" '
        f'font-family="sans-serif" font-size="14"><title>{page_text(name)}</title>\n' + "\n".join(shapes) + "\n"
        f'<path d="{lines}" fill="none" stroke="#1f2937" stroke-width="0.7" stroke-linecap="round"/>\n'
        f'<path d="{thick}" fill="none" stroke="#1f2937" stroke-width="2.5" stroke-linecap="round"/>\n'
        f'<rect width="{width:.6g}" height="{height:.6g}" fill="none" stroke="#1f2937"/>\n{words}</svg>\n'
    ).encode()


def _strokes(segments: Array) -> str:
    return "".join(f"M{x:.6g} {y:.6g}L{u:.6g} {v:.6g}" for x, y, u, v in segments.reshape(-1, 4).tolist())
