"""What a fit learned -> one HTML page that opens offline, and the same facts as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..box import Box
from ..colour import ERROR, ramp
from ..data.border import border
from ..exact.surface import surface as extract
from ..facts.facts import Row
from ..facts.shapes import doubts, shell_facts
from ..facts.values import (
    comparison_facts,
    network_facts,
    samples_facts,
    storage_facts,
    surface_facts,
    training_rows,
)
from ..lecture.surface import slice_regions
from ..mesh import Mesh
from ..network import Network
from ..samples import Samples
from ..text import json_text, page_text
from ..training import Training
from ..transform import Transform
from .curve import curve_svg
from .png import data_url
from .section import AXES, section_svg
from .solid import solid_data

Bytes = NDArray[np.uint8]

BOX = Box([-1, -1, -1], [1, 1, 1])  # where shapes are fitted: the mesh, centred, its longest side 1.8
LONG = 4  # times as wide as high: from there on pictures stand one below the other
NARROWEST, WIDEST = 1 / 4, 16  # width by height of what is drawn without stretching
# Nothing is fetched: the page's own style, script and pictures are all it may use.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


@dataclass(frozen=True)
class Report:
    """A fit's facts (JSON values), the short table of a terminal, the page, and for a shape its exact surface.

    surface   in the units of the input file
    """

    facts: dict[str, Any]
    rows: list[Row]
    html: str
    surface: Mesh | None = None


def report(network: Network, samples: Samples, *, source: str, mesh: Mesh | None = None) -> Report:
    """Return what a fitted network learned of its samples.

    network   as ``fit`` returns it, with its training in ``meta``
    mesh      the input mesh of a shape, in its own units
    source    the name of the input file, for the title
    cost      a few seconds for a shape: the exact surface, and 100,000 exact distances both ways
    """
    if mesh is not None:
        return _shape(network, samples, source, mesh)
    return _image(network, samples, source) if samples.kind == "image" else _table(network, samples, source)


def _shape(network: Network, samples: Samples, source: str, mesh: Mesh) -> Report:
    answer = extract(network, BOX)
    found = answer.mesh
    there = samples.transform or Transform(1.0, (0.0, 0.0, 0.0))
    sheet, given = not samples.meta["signed"], samples.meta["report"]
    target = border(mesh, sheet=sheet)[0].transformed(there.scale, there.shift)
    facts = _common(network, samples, source)
    compare = shell_facts if sheet else comparison_facts
    shape, met = surface_facts(answer), compare(found, target) if found.n_faces else None
    bad = doubts(shape, met, given)
    facts |= {"surface": shape.json(), "storage_bytes": storage_facts(network, mesh)}
    facts |= {"input_mesh": given, "doubts": bad} | ({"against_input": met.json()} if met else {})
    compared = met.rows() if met else []
    rows = [*_brief(network), *shape.rows(), *compared, *[("not good", text) for text in bad]]
    body = [
        _doubts(bad),
        _view(found, None if sheet else target),
        '<div class="columns">',
        f"<section><h2>The surface</h2>{_table_of(shape.rows())}</section>",
        f"<section><h2>Against {page_text(source)}</h2>{_table_of(compared)}"
        '<p class="soft">Lengths where the longest side is 1.8. Distances are exact, from points spread over each '
        "surface to the polygons of the other.</p></section>",
        "</div>",
        "" if network.grid is not None else _slices(network, found),
        _training(network),
        _storage(facts["storage_bytes"]),
        _network(network),
        _input(given),
    ]
    what = f"{'distance to a shell round' if sheet else 'signed distance of'} {page_text(source)}"
    lead = (
        f"A ReLU network with {network.n_parameters:,} parameters, fitted to the {what}. Where it is zero is this "
        f"surface: {found.n_faces:,} flat polygons, one for each linear region it crosses, computed from the weights "
        "and not from a grid."
    )
    own_units = found.transformed(there.inverse.scale, there.inverse.shift)
    return Report(facts, rows, _page(source, lead, body), own_units)


def _image(network: Network, samples: Samples, source: str) -> Report:
    facts = _common(network, samples, source)
    width, height = samples.meta["width"], samples.meta["height"]
    fitted, given = _pixels(network(samples.inputs), width, height), _pixels(samples.targets, width, height)
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
        + "".join(_picture(title, pixels, more) for title, pixels, more in pictures)
        + "</div>",
        _training(network),
        '<div class="columns">',
        f"<section><h2>The image</h2>{_table_of(samples_facts(samples).rows())}</section>",
        f"<section>{_network(network)}</section>",
        "</div>",
    ]
    lead = (
        f"A network with {network.n_parameters:,} parameters, fitted to the {width} x {height} pixels of "
        f"{page_text(source)}. The pictures are sampled at the pixels' centres."
    )
    return Report(facts, [*_brief(network), *training_rows(_record(network))], _page(source, lead, body))


def _table(network: Network, samples: Samples, source: str) -> Report:
    facts = _common(network, samples, source)
    body = [
        _training(network),
        '<div class="columns">',
        f"<section><h2>The table</h2>{_table_of(samples_facts(samples).rows())}</section>",
        f"<section>{_network(network)}</section>",
        "</div>",
    ]
    aside = network.training.held_out.get("rows", 0) if network.training else 0
    over = "The measures are over the rows it was fitted to, not over new ones."
    if aside:
        over = f"Of them {aside:,.0f} were kept aside: the measures over those say what it makes of new rows."
    what = f"the {len(samples.classes)} classes" if samples.kind == "classification" else "the numbers"
    lead = (
        f"A network with {network.n_parameters:,} parameters, fitted to {what} of {len(samples):,} rows of "
        f"{page_text(source)}. {over}"
    )
    return Report(facts, [*_brief(network), *training_rows(_record(network))], _page(source, lead, body))


def _common(network: Network, samples: Samples, source: str) -> dict[str, Any]:
    from ..version import __version__

    return {
        "foldline": __version__,
        "input": source,
        "samples": samples_facts(samples).json(),
        "network": network_facts(network).json(),
        "training": {name: value for name, value in _record(network).as_meta().items() if name != "data"},
    }


def _record(network: Network) -> Training:
    return network.training or Training()


def _brief(network: Network) -> list[Row]:
    facts = network_facts(network)
    return [*facts.rows()[:1], ("parameters", f"{facts.parameters:,}")]


# The page's parts


def _page(title: str, lead: str, body: list[str]) -> str:
    from ..version import __version__

    style = (files(__package__) / "page" / "report.css").read_text()
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{page_text(title)} - foldline</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<style>{style}</style></head><body><header><h1>{page_text(title)}</h1>"
        f'<p class="lead">{lead}</p></header><main>\n' + "\n".join(body) + "\n</main>"
        f'<footer><p class="soft">Made by foldline {page_text(__version__)}. This page needs no network.</p></footer>'
        "</body></html>\n"
    )


def _view(surface: Mesh, target: Mesh | None) -> str:
    data = solid_data(surface, target)
    script = (files(__package__) / "page" / "solid.js").read_text()
    ways = [("plain", "shape"), ("region", "linear regions"), *([("error", "error")] if "error_full" in data else [])]
    radios = "".join(
        f'<label><input type="radio" name="paint" value="{name}"{" checked" * (name == "region")}>{text}</label>'
        for name, text in ways
    )
    buttons = "".join(
        f'<button data-do="{do}" aria-label="{name}">{sign}</button>'
        for do, name, sign in (
            ("left", "Turn left", "←"), ("right", "Turn right", "→"), ("in", "Zoom in", "+"), ("out", "Zoom out", "−"),
            ("reset", "Reset the view", "reset"),
        )
    )  # fmt: skip
    stops = ", ".join(f"rgb({r} {g} {b})" for r, g, b in ramp(ERROR, 8).tolist())
    legend = (
        f'<span class="legend" data-legend="error">0 <i style="background: linear-gradient(90deg, {stops})"></i> '
        f"{data['error_full']:.2g} and more from the input</span>"
        if "error_full" in data
        else ""
    )
    said = f"The exact surface in 3-D: {surface.n_faces:,} polygons, Euler number {surface.euler}."
    return (
        f'<figure><div class="stage"><canvas id="solid" tabindex="0" role="img" aria-label="{said} '
        f'Arrow keys turn it, plus and minus zoom, 0 resets."></canvas>{legend}</div>'
        f'<div class="bar"><fieldset><legend>colour</legend>{radios}</fieldset>'
        '<label><input type="checkbox" id="edges" checked>edges of the regions</label>'
        '<fieldset><legend>up</legend><label><input type="radio" name="up" value="y" checked>y</label>'
        '<label><input type="radio" name="up" value="z">z</label></fieldset>'
        f"<span>{buttons}</span></div>"
        '<figcaption id="solid-note" class="hint">Drag to turn. Once it has the focus, the wheel or + and - zoom '
        "and the arrow keys turn.</figcaption>"
        f'<script type="application/json" id="solid-data">{_json(data)}</script><script>{script}</script></figure>'
    )


def _slices(network: Network, surface: Mesh) -> str:
    middle = ((surface.bounds.mean(axis=0) if surface.n_faces else np.zeros(3)).round(2) + 0.0).tolist()
    cuts = [(axis, at, slice_regions(network, BOX, axis, at)) for axis, at in reversed(list(enumerate(middle)))]
    figures = "".join(
        f"<figure>{section_svg(network, surface, BOX, axis, at, cut)}"
        f"<figcaption>{AXES[axis]} = {at:.3g}: {len(cut):,} linear regions</figcaption></figure>"
        for axis, at, cut in cuts
    )
    return (
        '<section><h2>Slices</h2><p class="soft">The black line is the exact surface, the thin lines the folds: '
        "between them the network is affine. The colour is the field, sampled: blue inside, sand outside, one step "
        "each 0.05.</p>"
        f'<div class="slices">{figures}</div></section>'
    )


def _training(network: Network) -> str:
    training = _record(network)
    curve = training.curve
    return (
        '<div class="columns"><section><h2>Training</h2><figure>'
        f"{curve_svg(curve.step, curve.loss)}"
        "<figcaption>Loss, mean over equal runs of steps.</figcaption></figure></section>"
        f"<section><h2>How it was fitted</h2>{_table_of(training_rows(training))}</section></div>"
    )


def _storage(sizes: dict[str, int]) -> str:
    most = max(sizes.values())
    rows = "".join(
        f'<tr><th scope="row">{page_text(name)}</th><td>{size:,} bytes</td>'
        f'<td class="grow"><span class="size" style="width: {100 * size / most:.2f}%"></span></td></tr>'
        for name, size in sizes.items()
    )
    return (
        f"<section><h2>One shape, stored as a network, a mesh, points and voxels</h2><table>{rows}</table>"
        '<p class="soft">Weights and coordinates as float32, vertex numbers as 32-bit integers, voxels as one bit each '
        "(inside or outside). Points are the mesh's vertices without its faces. Nothing is compressed.</p></section>"
    )


def _network(network: Network) -> str:
    return f"<section><h2>The network</h2>{_table_of(network_facts(network).rows())}</section>"


def _doubts(texts: list[str]) -> str:
    """What is bad, before anything else: that every decision is proved does not make a fit good."""
    items = "".join(f"<li>{page_text(text)}</li>" for text in texts)
    return f'<section role="alert"><h2>Not a good fit</h2><ul>{items}</ul></section>' if texts else ""


def _input(found: dict[str, Any]) -> str:
    findings = found["findings"] or ["Nothing was wrong with it as the border of a solid."]
    items = "".join(f"<li>{page_text(text)}</li>" for text in findings)
    return f"<section><h2>The input mesh</h2><ul>{items}</ul></section>"


def _table_of(rows: list[Row]) -> str:
    cells = "".join(
        f'<tr><th scope="row">{page_text(name)}</th><td>{page_text(value)}</td></tr>' for name, value in rows
    )
    return f"<table>{cells}</table>"


def _picture(title: str, pixels: Bytes, more: str) -> str:
    height, width, _ = pixels.shape
    shown, style = min(max(width / height, NARROWEST), WIDEST), ""
    if shown != width / height:
        times, side = (width / height / shown, "high") if shown == WIDEST else (shown * height / width, "wide")
        style = f' style="aspect-ratio: {shown:g}; object-fit: fill"'
        more = f"{more}{'; ' * bool(more)}drawn {times:.3g} times as {side} as it is, to be seen"
    return (
        f'<figure><img src="{data_url(pixels)}" width="{width}" height="{height}" alt="{page_text(title)}"{style}>'
        f"<figcaption>{page_text(title)}{'; ' * bool(more)}{page_text(more)}</figcaption></figure>"
    )


def _pixels(values: NDArray[np.float64], width: int, height: int) -> Bytes:
    rows = np.rint(255 * np.clip(values, 0, 1)).astype(np.uint8).reshape(height, width, -1)
    return rows if rows.shape[2] == 3 else np.repeat(rows[..., :1], 3, axis=2)


def _json(data: Any) -> str:
    """JSON that cannot end the script element it stands in."""
    return json_text(data, compact=True).replace("<", "\\u003c")
