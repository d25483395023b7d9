"""One shape four ways: as a mesh, as voxels, as points and as a network, with what each costs and how near it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...cloud import Cloud
from ...colour import rgb, series
from ...data.cloud import frame_of
from ...facts.values import network_facts
from ...forms import Form, Way
from ...mesh import Mesh
from ...network import Network
from ...text import counted, page_text
from ...transform import Transform
from ...voxels import Voxels
from ..camera import Camera
from ..paper import bare, look, plain, sheet, table
from ..png import data_url
from ..thumbnail import PAPER, thumbnail
from .parts import Report, page

if TYPE_CHECKING:
    from ..paper import Sheet

Bytes = NDArray[np.uint8]

SIDE, REACH = 360, 1.15  # pixels, and from the middle of a picture to its edge where the longest side is 1.8
EYE = Camera(150.0, 14.0, up=1)
TOLD = {
    "mesh": ("as it is drawn and edited", "polygons have no inside of their own: it is asked of their border"),
    "voxels": ("inside or outside at once, anywhere", "detail costs with the cube of the resolution; slopes are steps"),
    "points": ("as scanners give it", "between them anything may be: no inside, no surface"),
    "network": ("a distance at every place, and an exact surface", "a value costs arithmetic, an edit a fit"),
}  # fmt: skip


def four_report(ways: Sequence[Way], *, source: str) -> Report:
    """Return the page of a solid in four representations.

    ways     as ``forms.four_ways`` makes them
    source   the name of the file
    """
    lead = (
        f"{page_text(source)} as a mesh, as voxels, as points and as a signed distance, made of one another by "
        "<code>foldline convert</code>. Distances are exact, from places spread over each surface to the other."
    )
    figures = "".join(
        f'<figure><img src="{data_url(pixels, PAPER)}" width="{SIDE}" height="{SIDE}" alt="{kind_of(way)}">'
        f"<figcaption><b>{kind_of(way)}</b>: {said(way.form)}</figcaption></figure>"
        for way, pixels in zip(ways, pictures(ways), strict=True)
    )
    good = "".join(
        f'<tr><th scope="row">{kind}</th><td>{TOLD[kind][0]}</td><td>{TOLD[kind][1]}</td></tr>'
        for kind in map(kind_of, ways)
    )
    body = [
        f'<section><div class="pictures four">{figures}</div></section>',
        _prices(ways),
        '<section><h2>What each is good for</h2><table class="told"><thead><tr><td></td>'
        f"<td>good</td><td>and not</td></tr></thead>{good}</table></section>",
    ]
    told = {"input": source, "ways": [_facts(way) for way in ways]}
    return Report(told, rows(ways), page(source, lead, body))


def four_figure(ways: Sequence[Way], source: str) -> Sheet:
    """Return the same as a figure: four pictures over a table of bytes and distances."""
    cells = [(kind_of(way), said(way.form), *_numbers(way)) for way in ways]
    with look():
        made = sheet("ABCD;TTTT", height=4.6, heights=(1.25, 1))
        for letter, way, pixels in zip("ABCD", ways, pictures(ways), strict=True):
            bare(made.panels[letter], kind_of(way)).imshow(pixels)
        names = ("", "what it holds", "bytes", "mean there", "largest", "mean back", "largest")
        table(made.panels["T"], names, cells, ends=(0.44, 0.56, 0.68, 0.78, 0.9, 1.0))
        made.head("One shape four ways", f"{plain(source)}: distances are exact, in its own units")
    return made


def pictures(ways: Sequence[Way]) -> list[Bytes]:
    """Return a picture of each, (side, side, 3), all in the frame of the first."""
    first = ways[0].shape
    there = frame_of(first.bounds)
    colours = rgb(series(0.3))
    return [
        thumbnail(_moved(way.shape, there), colours[k], side=SIDE, reach=REACH, camera=EYE)
        for k, way in enumerate(ways)
    ]


def _moved(shape: Mesh | Cloud, there: Transform) -> Mesh | Cloud:
    return shape.transformed(there) if isinstance(shape, Cloud) else shape.transformed(there.scale, there.shift)


def kind_of(way: Way) -> str:
    """Return what the representation is called."""
    return way.conversion.made


def said(form: Form) -> str:
    """Return what a representation holds, in words.

    >>> said(Cloud([[0.0, 0.0, 0.0]]))
    '1 point'
    """
    if isinstance(form, Mesh):
        return f"{counted(form.n_faces, 'polygon')} over {counted(form.n_vertices, 'point')}"
    if isinstance(form, Voxels):
        return f"{' x '.join(map(str, form.filled.shape))}, {int(form.filled.sum()):,} filled"
    if isinstance(form, Cloud):
        return counted(len(form), "point") + (" with normals" if form.normals is not None else "")
    if isinstance(form, Network):
        grid = f" on a grid of {form.grid.sizes[-1]} cells a side" if form.grid is not None else ""
        return f"{counted(form.n_parameters, 'number')}{grid}"
    return f"{' x '.join(map(str, form.values.shape))} distances"


def rows(ways: Sequence[Way]) -> list[tuple[str, str]]:
    """Return the table in the words of a terminal."""
    return [
        (kind_of(way), f"{said(way.form)}; {size} bytes; {a} away on average, {b} at most; back {c}, {d}")
        for way, (size, a, b, c, d) in ((way, _numbers(way)) for way in ways)
    ]


def _numbers(way: Way) -> tuple[str, ...]:
    """Bytes, and the mean and the largest distance there and back."""
    found = way.conversion
    return (f"{found.bytes[1]:,}", *(f"{far:.2g}" for far in (*found.there, *found.back)))


def _prices(ways: Sequence[Way]) -> str:
    head = "".join(f"<td>{name}</td>" for name in ("bytes", "mean", "largest seen", "mean back", "largest back"))
    cells = "".join(
        f'<tr><th scope="row">{kind_of(way)}</th>' + "".join(f"<td>{text}</td>" for text in _numbers(way)) + "</tr>"
        for way in ways
    )
    return (
        '<section><h2>What it costs, and how near it is</h2><div class="wide"><table class="scores">'
        f"<thead><tr><td></td>{head}</tr></thead>{cells}</table></div>"
        '<p class="soft">Bytes of the file that <code>foldline convert</code> '
        "writes (.ply, .npz, .ply, .safetensors; voxels are packed, the others are not). Distances in the units of the "
        "file, from the input to the representation and back.</p></section>"
    )


def _facts(way: Way) -> dict[str, object]:
    found = way.conversion
    more = {"network": network_facts(way.form).json()} if isinstance(way.form, Network) else {}
    return {"kind": found.made, "holds": said(way.form), "bytes": found.bytes[1], "there": list(found.there),
            "back": list(found.back), **more}  # fmt: skip
