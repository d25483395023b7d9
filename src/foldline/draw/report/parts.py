"""What every report is made of: the page, tables of facts, the training curve, pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...colour import as_bytes
from ...facts.facts import Fact
from ...facts.values import error_unit, network_facts, samples_facts, training_rows
from ...mesh import Mesh
from ...network import Network
from ...samples import Samples
from ...text import json_text, page_text
from ...training import Training
from ..curve import curve_svg
from ..png import data_url

Bytes = NDArray[np.uint8]

NARROWEST, WIDEST = 1 / 4, 16  # width by height of what is drawn without stretching
# Nothing is fetched: the page's own style, script and pictures are all it may use.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
# Which paper the page has, without a script; a printer has the light one.
THEME = (
    '<fieldset class="theme"><legend>The page is light or dark</legend>'
    '<label><input type="radio" name="theme" checked>as the system</label>'
    '<label><input type="radio" name="theme" id="page-light">light</label>'
    '<label><input type="radio" name="theme" id="page-dark">dark</label></fieldset>'
)


@dataclass(frozen=True)
class Report:
    """A fit's facts (JSON values), the short table of a terminal, the page, and for a shape its exact surface.

    surface   in the units of the input file
    """

    facts: dict[str, Any]
    rows: list[Fact]
    html: str
    surface: Mesh | None = None


def common(network: Network, samples: Samples, source: str) -> dict[str, Any]:
    """What every report's facts hold."""
    from ...version import __version__

    return {
        "foldline": __version__,
        "input": source,
        "samples": samples_facts(samples).json(),
        **about(network),
    }


def about(network: Network) -> dict[str, Any]:
    """What it is, and how it was fitted."""
    return {
        "network": network_facts(network).json(),
        "training": {name: value for name, value in record(network).as_meta().items() if name != "data"},
    }


def record(network: Network) -> Training:
    """How it was fitted; an empty record where that is not known."""
    return network.training or Training()


def brief(network: Network) -> list[Fact]:
    """A network in two rows of a terminal."""
    facts = network_facts(network)
    return [*facts.rows()[:1], ("parameters", f"{facts.parameters:,}")]


def page(title: str, lead: str, body: list[str]) -> str:
    """Return a whole page; title is text, lead and body are HTML."""
    from ...version import __version__

    style = page_file("report.css")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{page_text(title)} - foldline</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<style>{style}</style></head><body><header>{THEME}<h1>{page_text(title)}</h1>"
        f'<p class="lead">{lead}</p></header><main>\n' + "\n".join(body) + "\n</main>"
        f'<footer><p class="soft">Made by foldline {page_text(__version__)}. This page needs no network.</p></footer>'
        "</body></html>\n"
    )


def fitted_rows(network: Network, of: str = "row") -> list[Fact]:
    """Return how a network was fitted, in words, its errors with what they are counted in."""
    length = network.transform.inverse.scale if network.meta.get("kind") == "distance" and network.transform else None
    return training_rows(record(network), of, error_unit(network), length)


def training_section(network: Network) -> str:
    """The loss curve, and how it was fitted; nothing where that is not known."""
    training = record(network)
    curve, seen = training.curve, "pixel" if network.meta.get("kind") == "scene" else "row"
    if not curve.step:
        return ""  # a network that does not say how it was fitted
    return (
        '<div class="columns"><section><h2>Training</h2><figure>'
        f"{curve_svg(curve.step, curve.loss)}"
        "<figcaption>Loss, mean over equal runs of steps.</figcaption></figure></section>"
        f"<section><h2>How it was fitted</h2>{table_of(fitted_rows(network, seen))}</section></div>"
    )


def doubts_section(texts: Sequence[str]) -> str:
    """What is bad, before anything else: that every decision is proved does not make a fit good."""
    items = "".join(f"<li>{page_text(text)}</li>" for text in texts)
    return f'<section role="alert"><h2>Not a good fit</h2><ul>{items}</ul></section>' if texts else ""


def network_section(network: Network) -> str:
    """The network in words."""
    return f"<section><h2>The network</h2>{table_of(network_facts(network).rows())}</section>"


def table_of(rows: list[Fact]) -> str:
    """Rows of words as a table."""
    cells = "".join(
        f'<tr><th scope="row">{page_text(name)}</th><td>{page_text(value)}</td></tr>' for name, value in rows
    )
    return f"<table>{cells}</table>"


def picture(title: str, pixels: Bytes, more: str) -> str:
    """A picture with its caption; one that is very long is stretched, which is said."""
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


def pixels(values: NDArray[np.float64], width: int, height: int) -> Bytes:
    """Values from 0 to 1, row by row, as bytes of a picture."""
    rows = as_bytes(values).reshape(height, width, -1)
    return rows if rows.shape[2] == 3 else np.repeat(rows[..., :1], 3, axis=2)


def json_inside(data: Any) -> str:
    """JSON that cannot end the script element it stands in."""
    return json_text(data, compact=True).replace("<", "\\u003c")


def page_file(name: str) -> str:
    """Return a style or script of the page."""
    return (files("foldline.draw") / "page" / name).read_text()
