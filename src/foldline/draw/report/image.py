"""The report of an image: what was fitted, the fit, and where they differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...facts.rasters import raster_facts
from ...network import Network
from ...samples import Samples
from ...text import page_text
from .parts import (
    Report,
    brief,
    common,
    doubts_section,
    fitted_rows,
    page,
    picture,
    pixels,
)
from .raster import closing_sections, crop_section, differences

Array = NDArray[np.float64]
Bytes = NDArray[np.uint8]

LONG = 4  # times as wide as high: from there on pictures stand one below the other


def image_report(network: Network, samples: Samples, source: str) -> Report:
    """Return the report of a network fitted to an image."""
    beside = raster_facts(network, samples)
    crop, told = crop_section(network, samples, lambda places: _colours(network(places)))
    facts = common(network, samples, source) | {"beside": beside.json(), "crop": told}
    width, height = samples.meta["width"], samples.meta["height"]
    fitted, given = pixels(network(samples.inputs), width, height), pixels(samples.targets, width, height)
    shown, full = differences(np.abs(network(samples.inputs) - samples.targets).mean(axis=1).reshape(height, width))
    pictures = [
        ("The image", given, ""),
        ("The network", fitted, ""),
        ("Where they differ", shown, f"mean over the channels; full colour from {full:.3g}"),
    ]
    body = [
        doubts_section(beside.doubts),
        f'<div class="{"pictures long" if width > LONG * height else "pictures"}">'
        + "".join(picture(title, drawn, more) for title, drawn, more in pictures)
        + "</div>",
        *closing_sections("The image", network, samples, beside, crop),
    ]
    lead = (
        f"A network with {network.n_parameters:,} parameters, fitted to the {width} x {height} pixels of "
        f"{page_text(source)}. The pictures are sampled at the pixels' centres."
    )
    rows = [*brief(network), *fitted_rows(network), *beside.rows()]
    return Report(facts, rows, page(source, lead, body))


def _colours(values: Array) -> Bytes:
    row: Bytes = pixels(values, len(values), 1)[0]
    return row
