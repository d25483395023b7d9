"""What a class of shapes learned -> its page: codes, shapes, what lies between them, what it makes of new ones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ...classes.finding import BOX, blend
from ...colour import series
from ...exact.surface import Surface, surface
from ...facts.classes import ClassFacts, class_facts
from ...network import Network
from ...text import counted, page_text
from ..png import data_url
from ..thumbnail import PAPER, thumbnail
from .parts import Report, about, brief, fitted_rows, network_section, page, training_section

SHOWN = 6  # shapes, evenly chosen
BETWEEN = 5  # of a row from one shape to another
WIDTH, HEIGHT, EDGE = 640, 420, 40  # of the map of codes
NAMED = 60  # points of the map that have their name beside them
COLOUR = np.array([96, 138, 176], dtype=np.uint8)


def class_report(network: Network, *, source: str) -> Report:
    """Return the page of a network with codes.

    source   the name of the folder
    cost     the exact surfaces of eleven shapes, half a second each for 4 x 64 units
    """
    facts = class_facts(network)
    shown = {name: surface(network.fixed(name), BOX) for name in _some(list(facts.codes))}
    first, last = _ends(facts)
    shares = np.linspace(0, 1, BETWEEN)
    row = {f"{share:.2g}": surface(blend(network, first, last, float(share)), BOX) for share in shares}
    body = [
        f"<section><h2>Some of the shapes</h2>{_pictures(shown)}</section>",
        f"<section><h2>From {page_text(first)} to {page_text(last)}</h2>"
        '<p class="soft">Codes between those of the two shapes that lie farthest apart along the first direction: each '
        f"is the exact surface of the same network at another code.</p>{_pictures(row)}</section>",
        _map(facts),
        _met(facts),
        training_section(network),
        network_section(network),
        _table(facts),
    ]
    lead = (
        f"One ReLU network with {network.n_parameters:,} parameters for the {facts.shapes:,} shapes of "
        f"{page_text(source)}: a code of {counted(facts.latent, 'number')} tells it which one it is. Every picture is "
        "an exact surface, computed from the weights."
    )
    told = {
        "input": source,
        **about(network),
        "class": facts.json(),
        "surfaces": {name: _proof(found) for name, found in shown.items()},
        "between": {"from": first, "to": last, "surfaces": {name: _proof(found) for name, found in row.items()}},
    }
    return Report(told, [*brief(network), *facts.rows(), *fitted_rows(network)], page(source, lead, body))


def _some(names: list[str]) -> list[str]:
    return [names[k] for k in np.unique(np.linspace(0, len(names) - 1, min(SHOWN, len(names))).astype(int))]


def _ends(facts: ClassFacts) -> tuple[str, str]:
    """The shapes that lie farthest apart along the first direction."""
    along = {name: place[0] for name, place in facts.places.items()}
    return min(along, key=along.__getitem__), max(along, key=along.__getitem__)


def _proof(found: Surface) -> dict[str, object]:
    return {"closed": found.closed, "components": found.n_components, "polygons": found.n_faces,
            "certified": found.certified, "complete": found.complete}  # fmt: skip


def _pictures(found: Mapping[str, Surface]) -> str:
    figures = [_figure(name, one) for name, one in found.items()]
    return f'<div class="shapes">{"".join(figures)}</div>'


def _figure(name: str, one: Surface) -> str:
    pixels: NDArray[np.uint8] = thumbnail(one.mesh, COLOUR)
    said = f"{one.n_faces:,} polygons, {'closed' if one.closed else 'open'}, {counted(one.n_components, 'component')}"
    return (
        f'<figure><img src="{data_url(pixels, PAPER)}" width="160" height="160" alt="{page_text(name)}">'
        f"<figcaption><b>{page_text(name)}</b><br>{said}</figcaption></figure>"
    )


def _map(facts: ClassFacts) -> str:
    """The codes along the two directions in which they spread most."""
    places = np.array(list(facts.places.values()))
    span = np.maximum(np.ptp(places, axis=0), 1e-12)
    at = (places - places.min(axis=0)) / span * (WIDTH - 2 * EDGE, 2 * EDGE - HEIGHT) + (EDGE, HEIGHT - EDGE)
    kinds = [name.rstrip("0123456789").rstrip("-_ ") for name in facts.places]
    hues = dict(zip(dict.fromkeys(kinds), series(n=len(set(kinds))), strict=True))
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{hues[kind]}"><title>{page_text(name)}</title></circle>'
        + (_name_beside(name, x, y) if len(places) <= NAMED else "")
        for (x, y), name, kind in zip(at, facts.places, kinds, strict=True)
    )
    return (
        '<section><h2>The codes</h2><p class="soft">Each shape at its code, along the two directions in which codes '
        f"spread most: {facts.shares[0]:.0%} and {facts.shares[1]:.0%} of their variance.</p>"
        f'<svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Map of {facts.shapes} codes">'
        f"{dots}</svg></section>"
    )


def _name_beside(name: str, x: float, y: float) -> str:
    """The name of a point of the map, on the side where there is room."""
    right = x > 0.5 * WIDTH
    end = ' text-anchor="end"' if right else ""
    return f'<text x="{x + (-8 if right else 8):.1f}" y="{y + 4:.1f}"{end}>{page_text(name)}</text>'


def _met(facts: ClassFacts) -> str:
    """What was measured of shapes it was fitted to, and of those it was not."""
    rows = [
        f'<tr><th scope="row">{page_text(name)}</th><td>{kind}</td>'
        f"<td>{'no surface' if value is None else f'{value:.2e}'}</td></tr>"
        for which, kind in (("held_out", "not fitted to: its code was found"), ("fitted", "fitted to"))
        for name, value in facts.chamfer.get(which, {}).items()
    ]
    if not rows:
        return ""
    return (
        "<section><h2>How near the surfaces are</h2>"
        '<p class="soft">Mean of both mean distances between the exact surface and the mesh, exact from points spread '
        f"over each; the longest side of a shape is 1.8.</p><table>{''.join(rows)}</table></section>"
    )


def _table(facts: ClassFacts) -> str:
    head = '<thead><tr><th scope="col">shape</th><td>|code|</td><td>first</td><td>second</td></tr></thead>'
    rows = "".join(
        f'<tr><th scope="row">{page_text(name)}</th><td>{facts.length[name]:.3g}</td>'
        f"<td>{x:.3g}</td><td>{y:.3g}</td></tr>"
        for name, (x, y) in facts.places.items()
    )
    return f"<section><h2>All codes</h2><table>{head}{rows}</table></section>"
