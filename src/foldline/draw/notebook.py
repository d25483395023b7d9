"""Values as small pieces of HTML, as a notebook shows them; names are escaped, colours follow the host's theme."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import numpy as np

from ..cloud import Cloud
from ..exact.boundary import Boundary
from ..exact.bounds import Bounds
from ..exact.decisions import Decisions
from ..exact.explain import Explanation
from ..exact.regions import Regions
from ..exact.surface import Surface
from ..exact.terrain.contours import Contours
from ..exact.terrain.slopes import Slopes
from ..facts.answers import BoundsFacts, contours_facts, slopes_facts
from ..facts.facts import Fact
from ..facts.values import cloud_facts, measures_rows, network_facts, samples_facts, surface_facts
from ..mesh import Mesh
from ..network import Network
from ..polytope import Polytope
from ..samples import Samples
from ..scene import Scene
from ..text import page_text, short
from ..voxels import Sampled, Voxels
from .diagram import places
from .live import live
from .paper import look
from .png import data_url
from .small import small_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHAPES = 120  # polygons up to which a picture is drawn as such; more become pixels, so that a notebook stays small
MEASURED = 20_000  # regions up to which pieces are counted: they take a pass over all neighbours
LONGEST = 60  # characters of a name; a sentence may have three times as many
ROWS, COLUMNS = 8, 8  # of a table that are shown
UNITS = 9  # circles of a layer
INCHES, DOTS = 2.6, 96  # of a picture in pixels
LEVELS = (8, 16, 32, 64)  # of 256: colours are rounded to so many steps apart, the finest that is small enough
MOST = 22_000  # bytes of a picture
ROOM = 27_500  # of a mesh that can be turned, which has few rows beside it


def html_of(value: Any) -> str:
    """Return a value as HTML of about 20 kB at most."""
    write = next(write for kind, write in WRITERS.items() if isinstance(value, kind))
    return write(value)


def _network(network: Network) -> str:
    facts = network_facts(network)
    layers = [
        (str(k), f"{len(b):,}", network.layer_activations[k - 1] if k < network.n_layers else network.output,
         f"{W.size:,}", f"{b.size:,}")
        for k, (W, b) in enumerate(zip(network.weights, network.biases, strict=True), 1)
    ]  # fmt: skip
    head = ("layer", "units", "activation", "weights", "biases")
    said = [("parameters", f"{facts.parameters:,}"), ("capacity", f"{facts.capacity:,} hidden units")]
    more = [("assumed", sentence) for sentence in network.assumed]
    return _page(repr(network), _diagram(network.widths), _table(head, layers[:ROWS]), _facts([*said, *more]))


def _diagram(widths: Sequence[int]) -> str:
    """A circle a value, a line a weight; of a wide layer as many as there is room for."""
    at = places([min(n, UNITS) for n in widths], across=70.0, down=17.0)
    middle = 17.0 * UNITS / 2
    ends = [pair for left, right in pairwise(at) for pair in product(left, right)]
    lines = "".join(f"M{a:.3g} {middle - b:.4g}L{c:.4g} {middle - d:.4g}" for (a, b), (c, d) in ends)
    dots = "".join(f'<circle cx="{x:.4g}" cy="{middle - y:.4g}" r="5"/>' for layer in at for x, y in layer)
    names = "".join(f'<text x="{70 * k}" y="{2 * middle + 14:g}">{n:,}</text>' for k, n in enumerate(widths))
    wide = 70 * (len(widths) - 1) + 40
    return (
        f'<svg viewBox="-20 -4 {wide} {2 * middle + 24:g}" style="max-width:{wide}px;width:100%" role="img" '
        f'aria-label="layers of {", ".join(map(str, widths))}" fill="currentColor" font-size="11" text-anchor="middle">'
        f'<path d="{lines}" stroke="currentColor" stroke-opacity="0.25" fill="none"/>{dots}{names}</svg>'
    )


def _regions(found: Regions) -> str:
    said = [("regions", f"{len(found):,}")]
    if found.complete and len(found) <= MEASURED and found.complex is not None:
        said.append(("pieces", f"{found.n_pieces:,}"))
    return _page(repr(found), _map(found, found.d_in, lambda ax: found.plot(ax)), _facts([*said, *_proof(found)]))


def _decisions(found: Decisions) -> str:
    total = found.box.volume
    shares = [
        (name, "wins nowhere" if name in found.empty and found.complete else f"{volume / total:.2%} of the box")
        for name, volume in zip(found.names, found.volume_of_class.tolist(), strict=True)
    ]
    picture = _map(found, found.d_in, lambda ax: found.plot(ax, legend=False))
    return _page(repr(found), picture, _table(("class", "share"), shares[:ROWS]), _facts(_proof(found)))


def _boundary(found: Boundary) -> str:
    said = [("size", f"{found.size:.9g}"), ("largest residual", f"{found.max_abs_value:.3g}")]
    if found.d == 3:
        return _page(repr(found), live(found.mesh, ROOM), _facts([*said, *_proof(found)]))
    picture = _map(found, found.d, lambda ax: found.plot(ax)) if len(found) else ""
    return _page(repr(found), picture, _facts([*said, *_proof(found)]))


def _contours(found: Contours) -> str:
    return _page(repr(found), _pixels(lambda ax: found.plot(ax)), _facts(contours_facts(found).rows()))


def _slopes(found: Slopes) -> str:
    return _page(repr(found), _pixels(lambda ax: found.plot(ax)), _facts(slopes_facts(found).rows()))


def _mesh(mesh: Mesh) -> str:
    return _page(repr(mesh), live(mesh, ROOM), _facts(measures_rows(mesh.measures)))


def _surface(found: Surface) -> str:
    if isinstance(found.shape, Boundary):
        return _boundary(found.shape)
    return _page(repr(found), live(found.mesh, ROOM), _facts(surface_facts(found).rows()))


def _samples(samples: Samples) -> str:
    names = list(samples.names) or [f"x{k + 1}" for k in range(samples.d_in)]
    head = [*names[:COLUMNS], *(["…"] if len(names) > COLUMNS else []), "target"]
    rows = []
    for x, y in zip(samples.inputs[:ROWS], samples.targets[:ROWS], strict=True):
        target = samples.classes[int(y[0])] if samples.classes else ", ".join(f"{v:.4g}" for v in y)
        rows.append([*(f"{v:.4g}" for v in x[:COLUMNS]), *(["…"] if len(names) > COLUMNS else []), target])
    facts = samples_facts(samples).rows()
    return _page(repr(samples), _table(head, rows), _facts([row for row in facts if row[0] not in ("inputs",)]))


def _explanation(found: Explanation) -> str:
    """The largest coefficients, and how far they hold."""
    names = list(found.names) or [f"x{k + 1}" for k in range(len(found.point))]
    outputs = list(found.outputs) or [f"y{k + 1}" for k in range(len(found.map))]
    most = np.argsort(-np.abs(found.coefficients).max(axis=0), kind="stable")[:ROWS]
    rows = [(names[k], f"{found.point[k]:.4g}", *(f"{v:.4g}" for v in found.coefficients[:COLUMNS, k])) for k in most]
    value = ", ".join(f"{name} {v:.4g}" for name, v in zip(outputs, found.value, strict=True))
    whose = f"of unit {found.nearest + 1}" if found.nearest >= 0 else "a wall of the grid"
    fold = f"{found.distance:.4g} away, {whose}" if found.nearest != -1 else "none"
    said = [("value", value), ("nearest fold", fold), ("holds on", f"a polytope of {len(found.folds):,} facets")]
    return _page(repr(found), _table(("input", "value", *outputs[:COLUMNS]), rows), _facts(said))


def _bounds(found: Bounds) -> str:
    return _page(repr(found), _facts(BoundsFacts(bounds=found).rows()))


def _cloud(cloud: Cloud) -> str:
    return _page(repr(cloud), _facts(cloud_facts(cloud).rows()))


def _scene(scene: Scene) -> str:
    """Its first pictures by name and size."""
    named = zip(scene.names, scene.cameras, scene.held_out, strict=True)
    rows = [(name, f"{at.width} x {at.height}", "held out" if aside else "to fit") for name, at, aside in named]
    return _page(
        repr(scene), _table(("picture", "size", "use"), rows[:ROWS]), _facts([("note", one) for one in scene.findings])
    )


def _polytope(inside: Polytope) -> str:
    head = [*(f"x{k + 1}" for k in range(inside.d))][:COLUMNS]
    rows = [
        [*(f"{v:.4g}" for v in row[:COLUMNS]), f"{b:.4g}"]
        for row, b in zip(inside.A[:ROWS], inside.b[:ROWS], strict=True)
    ]
    return _page(repr(inside), _table([*head, "at most"], rows))


def _in_box(value: Voxels | Sampled) -> str:
    return _page(repr(value), _facts([("box", repr(value.box))]))


def _map(found: Regions | Decisions | Boundary, d: int, draw: Callable[[Axes], object]) -> str:
    """The exact polygons where they are few, else a picture of them; nothing for other than two inputs."""
    if d == 1:
        return _pixels(draw)
    if d != 2:
        return ""
    drawn = small_svg(found) if len(found) <= SHAPES else ""
    return f'<div style="width:16em">{drawn}</div>' if 0 < len(drawn) <= MOST else _pixels(draw)


def _pixels(draw: Callable[[Axes], object]) -> str:
    """What is drawn on small axes, as an image of few colours."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with look():
        figure = Figure(figsize=(INCHES, INCHES), dpi=DOTS, layout="constrained")
        canvas = FigureCanvasAgg(figure)
        draw(figure.add_subplot())
        canvas.draw()  # type: ignore[no-untyped-call]
    pixels: Any = np.asarray(canvas.buffer_rgba())[..., :3]  # type: ignore[no-untyped-call]
    coarse = (data_url(pixels // level * level + level // 2) for level in LEVELS)
    small = next((url for url in coarse if len(url) <= MOST), None) or data_url(pixels[::2, ::2] // 64 * 64 + 32)
    return f'<img alt="" style="width:{INCHES * DOTS:.0f}px" src="{small}">'


def _proof(found: Regions | Decisions | Boundary) -> list[Fact]:
    certified = "every decision proved" if found.certified else "floats, nothing proved"
    return [("certified", certified), ("complete", "yes" if found.complete else "no, cut short")]


def _page(title: str, *parts: str) -> str:
    name = f"<div><code>{_said(title, 200)}</code></div>"
    return f'<div class="foldline" style="overflow-x:auto">{name}{"".join(parts)}</div>'


def _facts(rows: Sequence[Fact]) -> str:
    said = "".join(
        f"<tr><td>{_said(name)}</td><td>{_said(value, 3 * LONGEST)}</td></tr>" for name, value in rows[: 2 * ROWS]
    )
    return f"<table><tbody>{said}</tbody></table>"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    top = "".join(f"<th>{_said(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{_said(value)}</td>" for value in row) + "</tr>" for row in rows)
    return f"<table>{f'<thead><tr>{top}</tr></thead>' if top else ''}<tbody>{body}</tbody></table>"


def _said(text: str, longest: int = LONGEST) -> str:
    return page_text(short(text, longest))


WRITERS: dict[type, Callable[[Any], str]] = {
    Network: _network,
    Regions: _regions,
    Decisions: _decisions,
    Boundary: _boundary,
    Contours: _contours,
    Slopes: _slopes,
    Explanation: _explanation,
    Surface: _surface,
    Mesh: _mesh,
    Samples: _samples,
    Bounds: _bounds,
    Cloud: _cloud,
    Scene: _scene,
    Polytope: _polytope,
    Voxels: _in_box,
    Sampled: _in_box,
}
