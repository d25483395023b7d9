"""The report of a signal: its values, the fit with its exact joints, what was kept aside."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...exact.regions import Regions, regions
from ...exact.work import Budget
from ...facts.rasters import raster_facts
from ...facts.values import samples_facts
from ...fit.measure import evaluated
from ...network import Network
from ...samples import Samples
from ...text import counted, page_text
from ..series import series_svg
from .parts import Report, brief, common, doubts_section, fitted_rows, network_section, page, table_of, training_section
from .raster import beside_section, kept_aside

Array = NDArray[np.float64]

MOST_CHANNELS = 4  # drawn
CLOSE = 40  # values in the window that is drawn with every joint
SAMPLED = 4_000  # places where a fit without joints is looked at
BUDGET = Budget(regions=2_000_000, seconds=30.0)


def signal_report(network: Network, samples: Samples, source: str) -> Report:
    """Return the report of a network fitted to a signal."""
    beside, found = raster_facts(network, samples), _regions(network)
    joints = None if found is None else found.n_pieces - 1
    facts = common(network, samples, source) | {"beside": beside.json(), "joints": _joint_facts(found)}
    order = np.argsort(samples.inputs[:, 0], kind="stable")
    times, values = samples.inputs[order, 0], samples.targets[order]
    at = _corners(found, times)
    heights = evaluated(network, at[:, None])
    near = _window(times, np.abs(evaluated(network, times[:, None]) - values).sum(axis=1))
    figures = []
    for c in range(min(samples.d_out, MOST_CHANNELS)):
        name = _channel(samples, c)
        figures.append(_figure(times, values[:, c], at, heights[:, c], f"{name}: the values and the fit", dots=False))
        close = slice(near[0], near[1])
        more = f"{name}: the {near[1] - near[0]} values it meets worst, with every joint of the fit there"
        path = _between(at, heights[:, c], times[close][0], times[close][-1])
        figures.append(_figure(times[close], values[close, c], *path, more, dots=True))
    rows = [*brief(network), *_joint_rows(found), *fitted_rows(network), *beside.rows()]
    body = [
        doubts_section(beside.doubts),
        f"<section><h2>The signal</h2>{''.join(figures)}{_left_out(samples)}</section>",
        '<div class="columns">',
        beside_section(beside, "values"),
        f"<section><h2>Joints</h2>{table_of(_joint_rows(found))}</section>",
        "</div>",
        training_section(network),
        '<div class="columns">',
        f"<section><h2>The values</h2>{table_of(samples_facts(samples).rows())}</section>",
        f"<section>{network_section(network)}</section>",
        "</div>",
    ]
    pieces = (
        "a smooth curve" if joints is None else f"a curve of straight pieces with {joints:,} joints, counted exactly"
    )
    lead = (
        f"A network with {network.n_parameters:,} parameters, fitted to {len(samples):,} values of "
        f"{page_text(source)}: {pieces}. {kept_aside(network, 'values')}"
    )
    return Report(facts, rows, page(source, lead, body))


def _regions(network: Network) -> Regions | None:
    """All linear pieces; None for units without folds, or where there are too many."""
    if network.box is None or not network.piecewise_linear or network.output != "identity":
        return None
    found = regions(network, network.box, budget=BUDGET)
    return found if found.complete else None


def _corners(found: Regions | None, times: Array) -> Array:
    """Where the fit bends, its ends included, rising; places close to each other where that is not known."""
    if found is None or found.complex is None:
        return np.linspace(times[0], times[-1], SAMPLED)
    return np.unique(found.complex.vertices[:, 0])


def _joint_facts(found: Regions | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {"n_regions": len(found), "n_joints": found.n_pieces - 1, "certified": found.certified, "complete": True}


def _joint_rows(found: Regions | None) -> list[tuple[str, str]]:
    if found is None:
        return [("joints", "not counted: curved units, or too many pieces")]
    sure = "every decision proved" if found.certified else "in floating point"
    return [("linear regions", f"{len(found):,}"), ("joints", f"{found.n_pieces - 1:,}, exact; {sure}")]


def _window(times: Array, error: Array) -> tuple[int, int]:
    """First and last + 1 of the values in the window with the largest errors."""
    width = min(CLOSE, len(times))
    sums = np.convolve(error, np.ones(width), mode="valid")
    first = int(sums.argmax())
    return first, first + width


def _between(at: Array, heights: Array, first: float, last: float) -> tuple[Array, Array]:
    """The part of a path of straight pieces from one place to another, both of which are corners of it then."""
    inside = (at > first) & (at < last)
    ends = np.interp([first, last], at, heights)
    return np.concatenate([[first], at[inside], [last]]), np.concatenate([ends[:1], heights[inside], ends[1:]])


def _figure(times: Array, values: Array, at: Array, heights: Array, name: str, *, dots: bool) -> str:
    if len(at) < 2:
        return ""
    drawing = series_svg(times, values, at, heights, dots=dots, name=page_text(name))
    return f'<figure class="wide">{drawing}<figcaption>{page_text(name)}</figcaption></figure>'


def _channel(samples: Samples, c: int) -> str:
    names = samples.meta.get("channel_names", ())
    return str(names[c]) if c < len(names) else f"channel {c}" if samples.d_out > 1 else "the signal"


def _left_out(samples: Samples) -> str:
    more = samples.d_out - MOST_CHANNELS
    return f'<p class="soft">Not drawn: {counted(more, "more channel")}.</p>' if more > 0 else ""
