"""Networks as images and as shapes: what is kept, what it costs, and where exactly the surface is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...box import Box
from ...colour import INSIDE, OUTSIDE, hexes, ramp, region_index, region_palette, series
from ...exact.complex.outlines import triangles
from ...exact.regions import Regions
from ...lecture import image as image_question
from ...lecture import shapes as shapes_question
from ...lecture import surface as surface_question
from ...lecture.shapes import LEARNED, PLACES, Form
from ...mesh import Mesh
from ..camera import Camera, painted, shaded
from ..paper import (
    COLOURS,
    INK,
    PAPER,
    PHOTO,
    Sheet,
    bare,
    note,
    panel,
    polygons,
    scale,
    segments,
    sheet,
    table,
)  # fmt: skip
from ..section import AXES
from .plane import window

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

EYE = Camera(150.0, 14.0, up=1)
STEP, INSIDE_STEPS, OUTSIDE_STEPS = 0.05, 4, 10  # levels between colours
SOLID = series(0.3)  # of surfaces, which shade darkens
KINDS = {"voxels": COLOURS[1], "points": COLOURS[2], "triangles": COLOURS[0]}


def image(answer: image_question.Answer, field: image_question.Answer) -> Sheet:
    """Draw a cat, a plain network and a field fitted to it, and the regions both are made of round the pupil."""
    found, true = answer.regions, answer.true
    page = sheet("ABC;DEF", _image_numbers(answer, field), height=7.0, per_row=4)
    _picture(page.panels["A"], f"image: {true.shape[1]} × {true.shape[0]} pixels", true)
    _picture(page.panels["B"], f"a plain network: {answer.psnr:.2f} dB", np.clip(answer.made, 0, 1))
    _picture(page.panels["C"], f"behind a grid: {field.psnr:.2f} dB", np.clip(field.made, 0, 1))
    _picture(page.panels["D"], "pixels round the pupil", true)
    page.panels["D"].set(xlim=(found.box.lo[0], found.box.hi[0]), ylim=(found.box.lo[1], found.box.hi[1]))
    _mosaic(page.panels["E"], found)
    _mosaic(page.panels["F"], field.regions)
    return page


def _image_numbers(answer: image_question.Answer, field: image_question.Answer) -> list[tuple[str, str]]:
    pixels, packed, plain = answer.bytes
    return [
        (f"parameters of {'–'.join(map(str, answer.network.widths))}", f"{answer.network.n_parameters:,}"),
        ("of the field, features and all", f"{field.network.n_parameters:,}"),
        ("bytes: pixels, PNG", f"{pixels:,}, {packed:,}"),
        ("bytes: network, field", f"{plain:,}, {field.bytes[2]:,}"),
        ("PSNR over all pixels", f"{answer.psnr:.2f} dB, {field.psnr:.2f} dB"),
        ("regions round the pupil", f"{len(answer.regions):,}, {len(field.regions):,}"),
    ]


def _picture(ax: Axes, title: str, pixels: Array) -> None:
    bare(ax, title)
    ax.imshow(pixels, extent=(-1, 1, -1, 1), interpolation="nearest")


def _mosaic(ax: Axes, found: Regions) -> None:
    """Every region in the colour the network has at its middle."""
    bare(ax, f"the network there: {len(found):,} regions")
    colours = np.clip(found.network(found.centroids), 0, 1)
    polygons(ax, found.polygons(), colours, edge="#ffffff70", width=0.25, gid=PHOTO)
    ax.collections[-1].set_rasterized(True)
    ax.set(xlim=(found.box.lo[0], found.box.hi[0]), ylim=(found.box.lo[1], found.box.hi[1]))
    ax.set_aspect("equal")


def shapes(answer: shapes_question.Answer) -> Sheet:
    """Draw an elephant as voxels, points, triangles and as the zero set of a network, with bytes and distances."""
    network, exact, found = answer.network, answer.exact, answer.forms
    blocks, cloud, triangles = found[:3]
    numbers = [
        (f"network {'–'.join(map(str, network.widths))}", f"{answer.network_bytes:,} bytes"),
        ("its exact surface", f"{exact.n_faces:,} polygons"),
        ("Euler, exact surface", f"{exact.euler}"),
        *((f"Euler, triangles {f.name}", str(f.mesh.euler)) for f in found[2::3] if f.mesh),
    ]
    page = sheet("ABCD;PPTT", [(a, b.replace("-", "−")) for a, b in numbers], height=6.4, heights=(1, 1.25), per_row=6)
    _solid(page.panels["A"], f"voxels, {blocks.name}", blocks.mesh, SOLID[1], 0.25)
    _cloud(page.panels["B"], cloud.points)
    _solid(page.panels["C"], f"triangles, {blocks.name} samples", triangles.mesh, SOLID[0], 0.25)
    _solid(page.panels["D"], "network, exact", exact.mesh, SOLID[4], 0.0)
    _price(page.panels["P"], found, answer.network_bytes)
    rows = [(f"{form.kind}, {form.name}", f"{form.size:,}", f"{1e3 * form.mean:.2f}", f"{1e3 * form.most:.1f}")
            for form in sorted(found, key=lambda form: list(KINDS).index(form.kind))]  # fmt: skip
    rows += [("exact polygons", f"{answer.surface_bytes:,}", "0.00", "0.0"),
             ("network", f"{answer.network_bytes:,}", "0", "0"),
             ("network, to its mesh", f"{answer.network_bytes:,}", f"{1e3 * LEARNED[0]:.2f}",
              f"{1e3 * LEARNED[1]:.1f}")]  # fmt: skip
    page.panels["T"].set_title(f"distance × 1000 from {PLACES:,} places on the surface")
    table(page.panels["T"], ("", "bytes", "mean", "largest seen"), rows, size=8.5)
    return page


def _solid(ax: Axes, title: str, mesh: Mesh | None, colour: str, width: float) -> None:
    bare(ax, title)
    if mesh is None:
        raise AssertionError("a cloud has no polygons")
    shapes, which, shade = painted(mesh, EYE)
    filled = shaded(np.tile(rgb_of(colour), (len(which), 1)), shade)
    polygons(ax, shapes, filled, edge=PAPER if width else "face", width=width or 0.3, gid=PHOTO)
    ax.collections[-1].set_rasterized(True)
    ax.set_aspect("equal")


def rgb_of(colour: str) -> NDArray[np.uint8]:
    """Return the sRGB bytes of a colour as it is written in a style sheet.

    >>> rgb_of("#ff0010").tolist()
    [255, 0, 16]
    """
    return np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)], dtype=np.uint8)


def _cloud(ax: Axes, points: Array) -> None:
    bare(ax, f"points, {len(points):,}")
    order = np.argsort(points @ EYE.axes[2])
    (x, y), depth = EYE.flat(points[order]).T, np.linspace(0.25, 1.0, len(points))
    colours = np.column_stack([np.tile(rgb_of(COLOURS[2]) / 255, (len(points), 1)), depth])
    ax.scatter(x, y, s=3.5, c=colours, lw=0)
    ax.collections[-1].set_rasterized(True)
    ax.set_aspect("equal")


def _price(ax: Axes, found: tuple[Form, ...], network: int) -> None:
    finest = found[-1].n
    panel(ax, "what a shape costs and how near it is", x="bytes", y="mean distance to the exact surface")
    for kind, colour in KINDS.items():
        line = [form for form in found if form.kind == kind]
        ax.plot([form.size for form in line], [form.mean for form in line], "o-", color=colour, label=kind, zorder=3)
        for form in line:
            below = kind == "voxels" and form.n < finest
            by, ha, va = ((0, -7), "center", "top") if below else ((6, 5), "left", "center")
            note(ax, form.name, (form.size, form.mean), by, colour=colour, ha=ha, va=va)
    ax.set(xscale="log", yscale="log", xlim=(1.5e3, 2e6), ylim=(1e-4, 5e-2))
    ax.axvline(network, color=COLOURS[4], ls="--", lw=1.4)
    told = f"network: {network:,} bytes, 0 from\nits surface, {1e3 * LEARNED[0]:.2f}/1000 from\nthe mesh it learned"
    note(ax, told, (network, 1.6e-4), (-6, 6), colour=COLOURS[4], ha="right", weight="bold")
    ax.legend(loc="upper right")


def surface_and_slice(answer: surface_question.Answer) -> Sheet:
    """Draw the exact zero set of a signed distance network, a slice through it, and the regions it runs through."""
    page = sheet("AB;AC", _surface_numbers(answer), height=7.4, widths=(1.25, 1), heights=(1, 1), per_row=5)
    _coloured(page.panels["A"], answer.exact.mesh)
    _slice(page.panels["B"], answer)
    _closer(page.panels["C"], answer)
    return page


def _surface_numbers(answer: surface_question.Answer) -> list[tuple[str, str]]:
    exact, state = answer.exact, answer.state
    proved = "all found, proved" if exact.certified and exact.complete else "not proved"
    return [
        ("polygons, vertices", f"{exact.n_faces:,}, {exact.n_vertices:,}"),
        ("edges", f"{exact.n_edges:,}"),
        ("Euler number", f"{exact.euler}".replace("-", "−")),
        ("every edge in two polygons", f"{'closed' if exact.closed else 'open'}, {exact.n_components} part"),
        ("decisions", proved),
        ("area", f"{exact.area:.6f}"),
        ("volume", f"{exact.volume:.6f}"),
        (f"regions on the slice {AXES[state.axis]} = {state.at:g}", f"{len(answer.slice):,}"),
        ("largest |f| on a vertex", f"{exact.max_abs_value:.0e}".replace("-", "−")),
    ]


def _coloured(ax: Axes, exact: Mesh) -> None:
    bare(ax, f"the zero set: {exact.n_faces:,} flat polygons, one a region it passes")
    shapes, which, shade = painted(exact, EYE)
    colours = region_palette()[region_index(which)]
    polygons(ax, shapes, shaded(colours, shade), edge="face", width=0.15, gid=PHOTO)
    ax.collections[-1].set_rasterized(True)
    ax.set_aspect("equal")


def _slice(ax: Axes, answer: surface_question.Answer) -> None:
    """Level lines from the corners of the regions, exact, in steps of a twentieth; blue inside."""
    cut, at = answer.slice, f"{AXES[answer.state.axis]} = {answer.state.at:g}"
    window(ax, f"slice {at}: exact levels, {STEP:g} apart", Box([-1, -1], [1, 1]))
    if cut.complex is None:
        raise AssertionError("a slice has two inputs")
    corners, fans = cut.complex.vertices, triangles(cut.complex)
    levels = STEP * np.arange(-INSIDE_STEPS, OUTSIDE_STEPS + 1)
    colours = np.concatenate([ramp(INSIDE, INSIDE_STEPS), ramp(OUTSIDE, OUTSIDE_STEPS)])
    drawn = (*corners.T, fans, cut.network(corners)[:, 0], levels)
    filled = ax.tricontourf(*drawn, colors=hexes(colours), extend="both")
    scale(ax, filled, [STEP * k for k in (-INSIDE_STEPS, 0, OUTSIDE_STEPS)])
    ax.collections[-1].set_rasterized(True)
    segments(ax, _flat(answer), width=1.4, gid=PHOTO)  # the colours under it stay light
    left, low, right, high = answer.state.window
    ax.plot([left, right, right, left, left], [low, low, high, high, low], color=COLOURS[3], lw=1.4)


def _closer(ax: Axes, answer: surface_question.Answer) -> None:
    """A window on the slice: every region a colour, the zero set straight on each."""
    found, line = answer.near, _flat(answer)
    lo, hi = found.box.lo, found.box.hi
    window(ax, f"in the frame: {len(found):,} regions", found.box)
    polygons(ax, found.polygons(), hexes(region_palette()[region_index(np.arange(len(found)))]), width=0.35)
    ax.collections[-1].set_rasterized(True)
    segments(ax, line, width=1.8)
    near = line.reshape(-1, 2)
    near = near[((near > lo) & (near < hi)).all(axis=1)]
    ax.plot(*near.T, "o", ms=2.6, color=INK)
    ax.set(xlim=(lo[0], hi[0]), ylim=(lo[1], hi[1]))


def _flat(answer: surface_question.Answer) -> Array:
    """The zero set on the slice, without the axis that is fixed, (n, 2, 2)."""
    return answer.line[:, :, [k for k in range(3) if k != answer.state.axis]]
