"""What the reports of images, maps and signals share: what a fit has to beat, and its exact regions over a crop."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...colour import ERROR, along
from ...exact.regions import regions
from ...exact.work import Budget
from ...facts.rasters import RasterFacts
from ...facts.values import samples_facts
from ...network import Network
from ...samples import Samples
from ...text import page_text
from ..crop import crop_of, crop_svg
from .parts import network_section, record, table_of, training_section

Array = NDArray[np.float64]
Bytes = NDArray[np.uint8]

BUDGET = Budget(regions=100_000, seconds=20.0)  # of a crop's regions
RIVAL = "rms_error of "  # before the name of a plain interpolation among what was measured


def beside_section(facts: RasterFacts, over: str) -> str:
    """The fit beside no training and plain interpolation; ``over`` are the samples: pixels, values."""
    head = f"<tr><th></th><td>numbers</td><td>on the {over}</td><td>between them</td></tr>"
    rows = "".join(
        f'<tr><th scope="row">{page_text(way.name)}</th><td>{way.numbers:,}</td><td>{facts.said(way.on)}</td>'
        f"<td>{facts.said(way.between)}</td></tr>"
        for way in facts.ways
    )
    measure = {"psnr": "peak signal-to-noise ratio", "rms_error": "root mean square error"}
    what = measure.get(facts.measure, "root mean square error as a share of the range")
    return (
        f"<section><h2>What it has to beat</h2><table><thead>{head}</thead>{rows}</table>"
        f'<p class="soft">{what.capitalize()}. Between them: half-way, against smooth interpolation of all {over}. No '
        "training: that function sampled into the fit's own grid. As float32 the network takes "
        f"{facts.network_bytes:,} bytes, the {over} as they are {facts.raw_bytes:,}; nothing is compressed.</p>"
        "</section>"
    )


def kept_aside(network: Network, values: str) -> str:
    """How well it meets samples kept aside, and whether better than each plain interpolation of the others does."""
    held_out = record(network).held_out
    if not held_out:
        return f"No {values} were kept aside: how well it meets new ones is not known (--holdout 0.1)."
    ours = held_out["rms_error"]
    others = "".join(
        f"; {name.removeprefix(RIVAL)}: {value:.4g}, {'worse' if ours < value else 'no worse'}"
        for name, value in held_out.items()
        if name.startswith(RIVAL)
    )
    return (
        f"{held_out['rows']:,.0f} {values} were kept aside: it meets them with a root mean square error of "
        f"{ours:.4g}{others}."
    )


def closing_sections(title: str, network: Network, samples: Samples, beside: RasterFacts, crop: str) -> list[str]:
    """What stands below the pictures: the fit beside its rivals, its regions, its training, samples and network."""
    return [
        '<div class="columns">',
        beside_section(beside, "pixels"),
        crop,
        "</div>",
        training_section(network),
        '<div class="columns">',
        f"<section><h2>{title}</h2>{table_of(samples_facts(samples).rows())}</section>",
        f"<section>{network_section(network)}</section>",
        "</div>",
    ]


def crop_section(
    network: Network, samples: Samples, colours: Callable[[Array], Bytes]
) -> tuple[str, dict[str, object]]:
    """The exact regions where the samples change most, and the facts of them; nothing for curved units."""
    box = network.box
    if box is None or not network.piecewise_linear or network.output != "identity":
        return "", {}
    found = regions(network, crop_of(network, box, _busiest(samples)), budget=BUDGET)
    told = {"box": [found.box.lo.tolist(), found.box.hi.tolist()], "n_regions": len(found)}
    told |= {"certified": found.certified, "complete": found.complete}
    sure = "every decision proved" if found.certified else "in floating point, not proved"
    if not found.complete:
        return "", told
    grid = ", the grid's own triangles in pale lines" if network.grid is not None else ""
    return (
        f"<section><h2>Its linear regions</h2><figure>{crop_svg(network, found, colours)}<figcaption>"
        f"{len(found):,} regions in a crop where the samples change most, exact, {sure}{grid}. Within each the "
        "network is one affine map.</figcaption></figure></section>"
    ), told


def differences(error: Array) -> tuple[Bytes, float]:
    """Colours of errors (...,), (..., 3), and the error of the full colour: the 99th percentile."""
    full = float(np.percentile(error, 99)) or 1.0
    return along(ERROR, np.clip(error / full, 0, 1)), full


def _busiest(samples: Samples) -> Array:
    """The place around which the samples change most."""
    from scipy.ndimage import uniform_filter

    table = samples.lattice.table(samples.inputs, samples.targets) if samples.lattice else None
    if samples.lattice is None or table is None:
        return np.asarray(samples.inputs.mean(axis=0))
    rises = [np.abs(np.diff(table, axis=axis, append=np.nan)).sum(axis=2) for axis in (0, 1)]
    busy = uniform_filter(np.nan_to_num(rises[0]) + np.nan_to_num(rises[1]), size=5)
    return np.asarray(samples.lattice.centres[int(busy.argmax())])
