"""A mesh -> a still that a click turns into the project's 3-D view: HTML without a script where it stands.

The view runs in a frame that may do nothing but draw: no network, no page around it, no storage.
"""

from __future__ import annotations

import base64
import io
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..colour import srgb
from ..mesh import Mesh
from ..text import page_text
from .camera import Camera
from .report.parts import json_inside, page_file
from .solid import packed
from .thin import shrunk, thinned
from .thumbnail import PAPER, thumbnail

SIDE, QUALITY = 320, 60  # pixels of the still, more than are shown, and how well it is kept, of 100
EYE = Camera(np.rad2deg(0.75), np.rad2deg(0.2), up=1)  # where the 3-D view begins
STONE = srgb(0.84, 0.012, 95)[0]  # as the 3-D view's own
FEW = 5_000  # polygons up to which it is tried whether all of them fit
CELLS = (128, 104, 84, 68, 56, 48, 40, 34, 30, 26, 23, 20, 16, 12, 8)  # of its longest side, the finest that fits
FINE, COARSE = (1 << 15, 1 << 12), 1 << 10  # steps along the longest side that tell places: of all vertices, of few

HIDE = "<style>.foldline details[open]>summary img{display:none}</style>"
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"
LOOK = (
    "body{margin:0;font:13px/1.4 system-ui,sans-serif;color:#808690}canvas{width:100%;height:22rem;display:block;"
    "touch-action:none;cursor:grab}p{margin:.3rem 0}canvas:focus-visible{outline:2px solid #1f6f8b;outline-offset:-2px}"
)
# It waits until it is seen: a notebook of many meshes would ask for more graphics contexts than a browser has.
BEGIN = (
    "new IntersectionObserver((seen,eye)=>seen.some(one=>one.isIntersecting)&&(eye.disconnect(),begin()))"
    ".observe(document.documentElement);async function begin(){const bytes=Uint8Array.from(atob(packed),"
    "c=>c.charCodeAt(0));const text=await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("
    '"deflate"))).text();document.body.append(Object.assign(document.createElement("script"),{type:"module",'
    "textContent:text}))}"
)


def live(mesh: Mesh, room: int) -> str:
    """Return the still and the view behind it, in so many bytes at most; nothing for a mesh without area.

    A mesh that does not fit is thinned for the view, which says so.
    """
    one = shrunk(mesh)
    if one is None:
        return ""
    still = _still(one)
    for shape, steps in _tries(one):
        found = _page(mesh, still, shape, steps)
        if len(found.encode()) <= room:
            return found
    return still


def _tries(mesh: Mesh) -> Iterator[tuple[Mesh, int]]:
    """The mesh, then coarser ones, each with how finely its places are told."""
    if mesh.n_faces <= FEW:
        yield from ((mesh, steps) for steps in FINE)
    for cells in CELLS:
        if 0 < (few := thinned(mesh, cells)).n_faces <= FEW:
            yield few, COARSE


def _still(mesh: Mesh) -> str:
    """The mesh as the view first shows it, on nothing, so that it stands on a light page and a dark one."""
    from PIL import Image

    seen = thumbnail(mesh, STONE, side=SIDE, reach=1.0, camera=EYE)
    solid = (seen != PAPER).any(axis=2)
    rows, columns = (np.flatnonzero(solid.any(axis=axis)) for axis in (1, 0))
    part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    file = io.BytesIO()
    Image.fromarray(np.dstack([seen, 255 * solid.astype(np.uint8)])[part]).save(file, "WEBP", quality=QUALITY, method=6)
    url = "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()
    return f'<img alt="" style="max-width:16rem;max-height:16rem" src="{url}">'


def _page(mesh: Mesh, still: str, shape: Mesh, steps: int) -> str:
    name = page_text(repr(mesh))
    copy = (
        "" if steps in FINE else f" A copy of {shape.n_faces:,} triangles, thinned to stand here; "
        f"foldline draw turns all {mesh.n_faces:,} polygons."
    )  # fmt: skip
    inside = (
        f'<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<style>{LOOK}</style><canvas tabindex="0" role="img" aria-label="{name}. Arrow keys turn it, plus and minus '
        f'zoom, 0 resets."></canvas><p>Drag to turn; with the focus, the wheel or + and - zoom.{copy}</p>'
        f'<script>const packed="{_script(shape, steps)}";{BEGIN}</script>'
    )
    return (
        f'{HIDE}<details><summary style="cursor:pointer">turn it<br>{still}</summary><iframe sandbox="allow-scripts" '
        f'loading="lazy" title="{name}" style="width:100%;max-width:40rem;height:25.5rem;border:0;color-scheme:light" '
        f'srcdoc="{page_text(inside)}"></iframe></details>'
    )


def _script(mesh: Mesh, steps: int) -> str:
    data = _data(mesh, steps) | {"edges": steps in FINE}
    text = f"const data={json_inside(data)};" + "".join(map(page_file, ("solid.js", "packed.js", "still.js")))
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def _data(mesh: Mesh, steps: int) -> dict[str, Any]:
    """The mesh in whole numbers, each told as its distance from the one before: small ones deflate well."""
    lo, hi = mesh.bounds
    unit = float((hi - lo).max()) / steps
    places = np.rint(mesh.vertices / unit).astype(np.int64)
    starts = mesh.corners[mesh.offsets[:-1]]
    before = np.repeat(starts, np.diff(mesh.offsets))
    before[mesh.offsets[:-1]] = np.concatenate([[0], starts[:-1]])
    return {
        "unit": unit, "centre": ((lo + hi) / 2).tolist(), "radius": float(np.linalg.norm(hi - lo) / 2),
        "places": packed(np.diff(places, axis=0, prepend=0), "<i4"), "steps": packed(mesh.corners - before, "<i4"),
        "sizes": packed(np.diff(mesh.offsets), "<u4"),
        "open": packed(mesh.edges[mesh.edge_uses.sum(axis=1) == 1], "<u4"),
    }  # fmt: skip
