"""The report of an image: what was fitted, the fit, and where they differ."""

from __future__ import annotations

import numpy as np

from ...colour import ERROR, ramp
from ...facts.values import samples_facts, training_rows
from ...network import Network
from ...samples import Samples
from ...text import page_text
from .parts import (
    Report,
    brief,
    common,
    network_section,
    page,
    picture,
    pixels,
    record,
    table_of,
    training_section,
)

LONG = 4  # times as wide as high: from there on pictures stand one below the other


def image_report(network: Network, samples: Samples, source: str) -> Report:
    """Return the report of a network fitted to an image."""
    facts = common(network, samples, source)
    width, height = samples.meta["width"], samples.meta["height"]
    fitted, given = pixels(network(samples.inputs), width, height), pixels(samples.targets, width, height)
    error = np.abs(network(samples.inputs) - samples.targets).mean(axis=1)
    full = float(np.percentile(error, 99)) or 1.0
    shown = ramp(ERROR)[np.rint(255 * np.clip(error / full, 0, 1)).astype(np.int64)].reshape(height, width, 3)
    pictures = [
        ("The image", given, ""),
        ("The network", fitted, ""),
        ("Where they differ", shown, f"mean over the channels; full colour from {full:.3g}"),
    ]
    body = [
        f'<div class="{"pictures long" if width > LONG * height else "pictures"}">'
        + "".join(picture(title, drawn, more) for title, drawn, more in pictures)
        + "</div>",
        training_section(network),
        '<div class="columns">',
        f"<section><h2>The image</h2>{table_of(samples_facts(samples).rows())}</section>",
        f"<section>{network_section(network)}</section>",
        "</div>",
    ]
    lead = (
        f"A network with {network.n_parameters:,} parameters, fitted to the {width} x {height} pixels of "
        f"{page_text(source)}. The pictures are sampled at the pixels' centres."
    )
    return Report(facts, [*brief(network), *training_rows(record(network))], page(source, lead, body))
