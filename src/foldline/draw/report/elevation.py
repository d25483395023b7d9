"""The report of an elevation map: map, fit, difference, exact contour lines, pixels kept aside."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...box import Box
from ...colour import LAND, along
from ...exact.terrain.contours import Contours, contours
from ...exact.work import Budget
from ...facts.rasters import raster_facts
from ...fit.measure import evaluated
from ...grid import Grid
from ...network import Network
from ...raster import Lattice
from ...samples import Samples
from ...text import page_text
from ..relief import contours_svg, north_up, relief
from .parts import Report, brief, common, doubts_section, fitted_rows, page, picture
from .raster import closing_sections, crop_section, differences, kept_aside
from .table import table_report

Array = NDArray[np.float64]

LEVELS = 10  # about, of contour lines
ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)  # steps between them, times a power of ten
MOST_CELLS = 400  # of a grid along a side, for contour lines of all of it; of a larger one, the middle
BUDGET = Budget(seconds=30.0)


def elevation_report(network: Network, samples: Samples, source: str) -> Report:
    """Return the report of a network fitted to an elevation map; that of a table where its pixels are not known."""
    lattice = samples.lattice
    table = lattice.table(samples.inputs, samples.targets) if lattice else None
    if lattice is None or table is None:
        return table_report(network, samples, source)
    beside, heights = raster_facts(network, samples), table[..., 0]
    fitted = evaluated(network, lattice.centres)[:, 0].reshape(lattice.shape)
    low, high = float(samples.targets.min()), float(samples.targets.max())
    crop, told = crop_section(network, samples, lambda at: _heights(network(at)[:, 0], low, high))
    facts = common(network, samples, source) | {"beside": beside.json(), "crop": told}
    shown, full = differences(np.abs(np.nan_to_num(fitted - heights)))
    pictures = [
        ("The map", relief(heights, lattice), "grey where it has no heights" if np.isnan(heights).any() else ""),
        ("The network", relief(fitted, lattice), ""),
        ("Where they differ", north_up(shown, lattice), f"full colour from {full:.3g}"),
    ]
    lines, about = _contours_section(network, fitted, lattice, high - low)
    body = [
        doubts_section(beside.doubts),
        '<div class="pictures">' + "".join(picture(*one) for one in pictures) + "</div>",
        lines,
        *closing_sections("The map", network, samples, beside, crop),
    ]
    rows, columns = lattice.shape
    lead = (
        f"A network with {network.n_parameters:,} parameters, fitted to {len(samples):,} heights of the "
        f"{rows} x {columns} pixels of {page_text(source)}, from {low:g} to {high:g}. {kept_aside(network, 'heights')}"
    )
    if not about.get("complete", True):
        lead += " Its contour lines are not all here: the time for them was over."
    told_rows = [*brief(network), *fitted_rows(network), *beside.rows()]
    return Report(facts | {"contours": about}, told_rows, page(source, lead, body))


def _contours_section(network: Network, fitted: Array, lattice: Lattice, span: float) -> tuple[str, dict[str, Any]]:
    """The contour lines over the fit, and the facts of them; nothing for units without folds."""
    box = network.box
    if box is None or not network.piecewise_linear or network.output != "identity" or not span > 0:
        return "", {}
    part = _middle(network, box)
    found = contours(network, box=part, every=_step(span), budget=BUDGET)
    about = {
        "levels": found.levels.tolist(), "n_lines": len(found), "certified": found.certified,
        "complete": found.complete, "box": [part.lo.tolist(), part.hi.tolist()],
    }  # fmt: skip
    return _drawn(found, relief(*_cut(fitted, lattice, part)), part, "" if part is box else ", in the middle"), about


def _drawn(found: Contours, ground: NDArray[np.uint8], box: Box, where: str) -> str:
    sure = "every decision proved" if found.certified else "in floating point, not proved"
    whole = "all of them" if found.complete else f"{int(found.whole.sum())} of the levels, the time was over"
    step = f"{np.diff(found.levels).min():g}" if len(found.levels) > 1 else f"{found.levels[0]:g}"
    return (
        f"<section><h2>Contour lines</h2><figure>{contours_svg(found, ground, box)}<figcaption>Every {step}{where}: "
        f"{len(found):,} lines, computed from the weights and not from the pixels; {sure}; {whole}. As GeoJSON in the "
        "map's coordinates: <code>foldline contours</code>.</figcaption></figure></section>"
    )


def _step(span: float) -> float:
    """A round step that makes about ``LEVELS`` levels.

    >>> _step(840.0)
    100.0
    """
    power = 10.0 ** np.floor(np.log10(span / LEVELS))
    return float(min((power * factor for factor in ROUND), key=lambda step: abs(span / step - LEVELS)))


def _middle(network: Network, box: Box) -> Box:
    """The box, or of a large grid as much of its middle as can be drawn soon."""
    grid = network.grid
    if not isinstance(grid, Grid) or grid.sizes[-1] <= MOST_CELLS:
        return box
    first = (grid.sizes[-1] - MOST_CELLS) // 2
    ends = np.array([[first] * 2, [first + MOST_CELLS] * 2])
    return Box(*grid.places(len(grid.sizes) - 1, ends))


def _cut(table: Array, lattice: Lattice, box: Box) -> tuple[Array, Lattice]:
    """The cells in a box."""
    inside = np.all((lattice.centres >= box.lo) & (lattice.centres <= box.hi), axis=1).reshape(lattice.shape)
    rows, columns = np.flatnonzero(np.any(inside, axis=1)), np.flatnonzero(np.any(inside, axis=0))
    if not len(rows) or not len(columns):
        return table, lattice
    return table[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], lattice


def _heights(values: Array, low: float, high: float) -> NDArray[np.uint8]:
    share = np.clip((values - low) / ((high - low) or 1.0), 0, 1)
    return along(LAND, share)
