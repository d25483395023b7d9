"""A slice through a network with 3 inputs and its surface -> SVG: the field in colour, the zero set a line."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..box import Box
from ..colour import INSIDE, OUTSIDE, ramp
from ..exact.regions import Regions
from ..network import Network
from .png import data_url

Array = NDArray[np.float64]

AXES = "xyz"
PIXELS = 240  # the field is sampled at this many places a side; the lines are not sampled
BAND = 0.05  # one colour for so much of the field: the steps between are its contour lines
SIDE = 400  # of the drawing
FINE = 4  # lines are drawn to a quarter, in whole numbers; what is shorter is left out


def section_svg(network: Network, lines: Array, box: Box, axis: int, at: float, cut_into: Regions | None) -> str:
    """Return the slice where one axis has a given value.

    lines      (n, 2, 3) where the surface is cut there, ``section``
    axis, at   which axis is fixed, and its value
    cut_into   the regions on the slice, ``slice_regions``; None where they are too many to be drawn
    """
    free = [i for i in range(3) if i != axis]
    cut = lines[:, :, free]
    found = None if cut_into is None else cut_into.complex
    folds = np.zeros((0, 2, 2)) if found is None else found.vertices[found.edges[found.folds >= 0]]
    cells = "" if cut_into is None else f"{len(cut_into):,} linear regions; "
    name = f"Slice {AXES[axis]} = {at:.3g}: {cells}the surface crosses {len(cut):,} regions"
    return (
        f'<svg class="section" viewBox="0 0 {FINE * SIDE} {FINE * SIDE}" role="img" aria-label="{name}">'
        f'<image width="{FINE * SIDE}" height="{FINE * SIDE}" href="{data_url(_field(network, box, axis, at, free))}"/>'
        f'<path class="folds" d="{_path(folds, box, free)}"/><path class="zero" d="{_path(cut, box, free)}"/></svg>'
    )


def _field(network: Network, box: Box, axis: int, at: float, free: list[int]) -> NDArray[np.uint8]:
    """The sampled field in bands of colour: blue where it is negative, sand where positive."""
    u, v = (
        box.lo[i] + (np.arange(PIXELS) + 0.5) / PIXELS * (box.hi[i] - box.lo[i])
        for i in free
    )  # fmt: skip
    points = np.full((PIXELS, PIXELS, 3), at)
    points[..., free[0]], points[..., free[1]] = u[None, :], v[::-1, None]
    return banded(network(points.reshape(-1, 3))[:, 0].reshape(PIXELS, PIXELS))


def banded(values: Array) -> NDArray[np.uint8]:
    """Return the colours (..., 3) of values of a field: blue where they are negative, sand where positive."""
    steps = np.floor(values / BAND)
    n = 6  # bands of each sign before the colour stays the same
    colours: NDArray[np.uint8] = np.concatenate([ramp(INSIDE, n), ramp(OUTSIDE, n)])[
        np.clip(steps + n, 0, 2 * n - 1).astype(np.int64)
    ]
    return colours


def _path(pieces: Array, box: Box, free: list[int]) -> str:
    lo, hi = box.lo[free], box.hi[free]
    at = (pieces - lo) / (hi - lo) * SIDE
    at[..., 1] = SIDE - at[..., 1]
    ends = np.rint(FINE * at).astype(np.int64)
    step = ends[:, 1] - ends[:, 0]
    seen = step.any(axis=1)
    ends, step = ends[seen], step[seen]
    return "".join(f"M{x} {y}l{dx} {dy}" for (x, y), (dx, dy) in zip(ends[:, 0].tolist(), step.tolist(), strict=True))
