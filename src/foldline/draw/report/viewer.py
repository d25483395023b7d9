"""The 3-D view of a mesh: its data, the WebGL that draws it, and what turns it."""

from __future__ import annotations

from ...colour import ERROR, ramp
from ...mesh import Mesh
from ..solid import solid_data
from .parts import json_inside, page_file


def solid_view(surface: Mesh, target: Mesh | None = None, *, paint: str = "plain") -> str:
    """Return the view as a figure; with a target it also colours by the distance to it.

    paint   what it is coloured by at first: "plain" or "region"
    """
    data = solid_data(surface, target)
    script = "".join(map(page_file, ("solid.js", "packed.js", "report.js")))
    ways = [("plain", "shape"), ("region", "linear regions"), *([("error", "error")] if "error_full" in data else [])]
    radios = "".join(
        f'<label><input type="radio" name="paint" value="{name}"{" checked" * (name == paint)}>{text}</label>'
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
        f'<script type="application/json" id="solid-data">{json_inside(data)}</script>'
        f'<script type="module">{script}</script></figure>'
    )
