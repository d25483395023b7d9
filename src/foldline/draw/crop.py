"""A crop of a network of two inputs -> SVG: its exact regions over what it is there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..box import Box
from ..exact.regions import Regions
from ..grid import Grid
from ..network import Network
from .png import data_url

Array = NDArray[np.float64]
Bytes = NDArray[np.uint8]

CELLS = 4  # of the finest level along a side of a crop
SHARE = 1 / 16  # of the box along a side, where there is no grid
PIXELS = 240  # the network is sampled at this many places a side; the lines are not sampled
SIDE, FINE = 400, 4  # of the drawing; lines are drawn to a quarter


def crop_of(network: Network, box: Box, at: Array) -> Box:
    """Return a small box around a place, (2,), of whole cells where there is a grid."""
    grid = network.grid
    if not isinstance(grid, Grid):
        half = (box.hi - box.lo) * SHARE / 2
        middle = np.clip(at, box.lo + half, box.hi - half)
        return Box(middle - half, middle + half)
    n, side = grid.sizes[-1], min(CELLS, grid.sizes[-1])
    cell = np.floor((at - grid.box.lo) / (grid.box.hi - grid.box.lo) * n) - side // 2
    first = np.clip(cell, 0, n - side).astype(np.int64)
    lo, hi = grid.places(len(grid.sizes) - 1, np.stack([first, first + side]))
    return Box(lo, hi)


def crop_svg(
    network: Network, found: Regions, colours: Callable[[Array], Bytes], zero: Array | None = None
) -> str:
    """Return the regions over the network's own colours, with the longer side of the crop across.

    colours   what places (n, 2) look like, (n, 3)
    zero      pieces (n, 2, 2) of where the network is 0, drawn over all
    """
    box, whole = found.box, found.complex
    sides = box.hi - box.lo
    width, height = (SIDE * sides / sides.max()).tolist()
    edges = np.zeros((0, 2, 2)) if whole is None else whole.vertices[whole.edges]
    folds = np.zeros(0) if whole is None else whole.folds
    name = f"{len(found):,} linear regions from {box.lo.round(4).tolist()} to {box.hi.round(4).tolist()}"
    size = f"{FINE * width:.0f} {FINE * height:.0f}"
    walls = edges[folds == -1 - 2 * 2]
    return (
        f'<svg class="section crop" viewBox="0 0 {size}" style="aspect-ratio: {width / height:.4f}" role="img" '
        f'aria-label="{name}"><image width="{FINE * width:.0f}" height="{FINE * height:.0f}" '
        f'preserveAspectRatio="none" href="{data_url(_sampled(network, box, colours))}"/>'
        f'<path class="walls" d="{path_of(walls, box, width, height)}"/>'
        f'<path class="folds" d="{path_of(edges[folds >= 0], box, width, height)}"/>'
        + ("" if zero is None else f'<path class="zero" d="{path_of(zero, box, width, height)}"/>')
        + "</svg>"
    )


def path_of(pieces: Array, box: Box, width: float, height: float) -> str:
    """Return segments (n, 2, 2) in a box as an SVG path in a drawing of a size, without those too short to be seen."""
    at = (pieces - box.lo) / (box.hi - box.lo) * [width, height]
    at[..., 1] = height - at[..., 1]
    ends = np.rint(FINE * at).astype(np.int64)
    step = ends[:, 1] - ends[:, 0]
    seen = step.any(axis=1)
    pairs = zip(ends[seen, 0].tolist(), step[seen].tolist(), strict=True)
    return "".join(f"M{x} {y}l{dx} {dy}" for (x, y), (dx, dy) in pairs)


def _sampled(network: Network, box: Box, colours: Callable[[Array], Bytes]) -> Bytes:
    u, v = (low + (np.arange(PIXELS) + 0.5) / PIXELS * (high - low) for low, high in zip(box.lo, box.hi, strict=True))
    places = np.stack(np.meshgrid(u, v[::-1]), axis=-1).reshape(-1, 2)
    return colours(places).reshape(PIXELS, PIXELS, 3)
