"""Networks as images and as shapes: what is kept, what it costs, and where exactly the surface is."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...box import Box
from ...exact.regions import Regions, regions
from ...exact.surface import Surface
from ...facts.values import NUMBER, VOXELS
from ...files import read
from ...fit.descent import measure
from ...mesh import Mesh
from ...network import Network
from ...samples import Samples
from ..camera import Camera, painted, shaded
from ..colour import ERROR, INSIDE, OUTSIDE, hexes, ramp, region_index, region_palette, series
from ..paper import (
    COLOURS,
    INK,
    PALE,
    PAPER,
    Sheet,
    bare,
    bars,
    note,
    panel,
    polygons,
    polygons_of,
    segments,
    sheet,
    table,
)  # fmt: skip
from ..section import section, slice_regions
from .plane import triangles_of, window
from .shapes import CUBE, PLACES, Form, all_forms, elephant, forms, mesh_bytes, recorded

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

CROP = Box([-0.26, 0.08], [0.02, 0.36])  # the cat's pupil
EYE = Camera(150.0, 14.0, up=1)
SLICE_AXIS, SLICE = 2, 0.05  # through the body
CLOSER = Box([-0.3, -0.15], [-0.1, 0.05])  # a window on the slice
STEP, INSIDE_STEPS, OUTSIDE_STEPS = 0.05, 4, 10  # levels between colours
SOLID = series(0.3)  # of surfaces, which shade darkens
KINDS = {"voxels": COLOURS[1], "points": COLOURS[2], "triangles": COLOURS[0]}


@cache
def cat() -> tuple[Samples, Network]:
    """Return a cat of 128 x 128 pixels and the network 2-64-64-64-3 that was fitted to it, kept with this package."""
    with as_file(files(__package__) / "chelsea.png") as path:
        found = read(path)
    if not isinstance(found, Samples):
        raise AssertionError("an image is samples")
    return found, recorded("chelsea.safetensors")


def image() -> Sheet:
    """Draw a cat, the network fitted to it, what is left over, and the regions it is made of round the pupil."""
    samples, network = cat()
    found = regions(network, CROP)
    with as_file(files(__package__) / "chelsea.png") as path:
        packed = path.stat().st_size
    sizes = [samples.targets.size, packed, NUMBER * network.n_parameters]
    psnr = measure(network, samples, "squared")["psnr"]
    page = sheet("ABC;DEF", _image_numbers(network, found, sizes, psnr), height=7.0, per_row=4)
    true, made = _pixels(samples, samples.targets), _pixels(samples, network(samples.inputs))
    _picture(page.panels["A"], f"image: {true.shape[1]} × {true.shape[0]} pixels", true)
    _picture(page.panels["B"], f"network, at the pixels: {psnr:.2f} dB", np.clip(made, 0, 1))
    _left_over(page.panels["C"], np.abs(made - true).mean(axis=2))
    _picture(page.panels["D"], "pixels round the pupil", true)
    page.panels["D"].set(xlim=(CROP.lo[0], CROP.hi[0]), ylim=(CROP.lo[1], CROP.hi[1]))
    _mosaic(page.panels["E"], found)
    panel(page.panels["F"], "bytes")
    bars(page.panels["F"], ("pixels", "PNG", "network"), sizes, colours=(PALE[0], PALE[0], COLOURS[1]), digits=0)
    return page


def _image_numbers(network: Network, found: Regions, sizes: list[int], psnr: float) -> list[tuple[str, str]]:
    return [
        (f"parameters of {'–'.join(map(str, network.widths))}", f"{network.n_parameters:,}"),
        ("bytes: pixels, PNG, network", ", ".join(f"{size:,}" for size in sizes)),
        ("PSNR over all pixels", f"{psnr:.2f} dB"),
        ("regions round the pupil", f"{len(found):,}"),
    ]


def _pixels(samples: Samples, values: Array) -> Array:
    return values.reshape(samples.meta["height"], samples.meta["width"], -1)


def _picture(ax: Axes, title: str, pixels: Array) -> None:
    bare(ax, title)
    ax.imshow(pixels, extent=(-1, 1, -1, 1), interpolation="nearest")


def _left_over(ax: Axes, error: Array) -> None:
    bare(ax, f"difference: {100 * error.mean():.1f} % on average")
    colours = ramp(ERROR)[np.minimum(255, np.rint(255 * error / np.quantile(error, 0.99))).astype(np.int64)]
    ax.imshow(colours, extent=(-1, 1, -1, 1), interpolation="nearest")


def _mosaic(ax: Axes, found: Regions) -> None:
    """Every region in the colour the network has at its middle."""
    bare(ax, f"the network there: {len(found):,} regions")
    polygons(ax, polygons_of(found), np.clip(found.network(found.centroids), 0, 1), edge="#ffffff70", width=0.25)
    ax.collections[-1].set_rasterized(True)
    ax.set(xlim=(found.box.lo[0], found.box.hi[0]), ylim=(found.box.lo[1], found.box.hi[1]))
    ax.set_aspect("equal")


def shapes() -> Sheet:
    """Draw an elephant as voxels, points, triangles and as the zero set of a network, with bytes and distances."""
    network, exact = elephant()
    blocks, cloud, triangles = forms(VOXELS[0])
    numbers = [
        ("network 3–64–64–64–64–1", f"{NUMBER * network.n_parameters:,} bytes"),
        ("its exact surface", f"{exact.n_faces:,} polygons"),
        ("Euler, exact surface", f"{exact.euler}"),
        *((f"Euler, triangles {n}³", str(f[2].mesh.euler)) for n in VOXELS if (f := forms(n))[2].mesh),
    ]
    page = sheet("ABCD;PPTT", [(a, b.replace("-", "−")) for a, b in numbers], height=6.4, heights=(1, 1.25), per_row=6)
    _solid(page.panels["A"], f"voxels, {VOXELS[0]}³", blocks.mesh, SOLID[1], 0.25)
    _cloud(page.panels["B"], cloud.points)
    _solid(page.panels["C"], f"triangles, {VOXELS[0]}³ samples", triangles.mesh, SOLID[0], 0.25)
    _solid(page.panels["D"], "network, exact", exact.mesh, SOLID[4], 0.0)
    found = all_forms()
    _price(page.panels["P"], found, NUMBER * network.n_parameters)
    rows = [(f"{form.kind}, {form.name}", f"{form.size:,}", f"{1e3 * form.mean:.2f}", f"{1e3 * form.most:.1f}")
            for form in sorted(found, key=lambda form: list(KINDS).index(form.kind))]  # fmt: skip
    rows += [("exact polygons", f"{mesh_bytes(exact.mesh):,}", "0.00", "0.0"),
             ("network", f"{NUMBER * network.n_parameters:,}", "0", "0")]  # fmt: skip
    page.panels["T"].set_title(f"distance × 1000 from {PLACES:,} places on the surface")
    table(page.panels["T"], ("", "bytes", "mean", "largest seen"), rows, size=8.5)
    return page


def _solid(ax: Axes, title: str, mesh: Mesh | None, colour: str, width: float) -> None:
    bare(ax, title)
    if mesh is None:
        raise AssertionError("a cloud has no polygons")
    shapes, which, shade = painted(mesh, EYE)
    filled = shaded(np.tile(rgb_of(colour), (len(which), 1)), shade)
    polygons(ax, shapes, filled, edge=PAPER if width else "face", width=width or 0.3)
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


def _price(ax: Axes, found: list[Form], network: int) -> None:
    panel(ax, "what a shape costs and how near it is", x="bytes", y="mean distance to the exact surface")
    for kind, colour in KINDS.items():
        line = [form for form in found if form.kind == kind]
        ax.plot([form.size for form in line], [form.mean for form in line], "o-", color=colour, label=kind, zorder=3)
        for form in line:
            below = kind == "voxels" and form.n < VOXELS[-1]
            by, ha, va = ((0, -7), "center", "top") if below else ((6, 5), "left", "center")
            note(ax, form.name, (form.size, form.mean), by, colour=colour, ha=ha, va=va)
    ax.set(xscale="log", yscale="log", xlim=(1.5e3, 2e6), ylim=(1e-4, 5e-2))
    ax.axvline(network, color=COLOURS[4], ls="--", lw=1.4)
    note(ax, f"network: {network:,} bytes,\ndistance 0", (network, 1.5e-4), (-6, 3), colour=COLOURS[4], ha="right",
         weight="bold")  # fmt: skip
    ax.legend(loc="upper right")


def surface_and_slice() -> Sheet:
    """Draw the exact zero set of a signed distance network, a slice through it, and the regions it runs through."""
    network, exact = elephant()
    cut = slice_regions(network, CUBE, SLICE_AXIS, SLICE)
    page = sheet("AB;AC", _surface_numbers(exact, cut), height=7.4, widths=(1.25, 1), heights=(1, 1), per_row=5)
    _coloured(page.panels["A"], exact.mesh)
    line = section(exact.mesh, SLICE_AXIS, SLICE)[:, :, :2]
    _slice(page.panels["B"], cut, line)
    _closer(page.panels["C"], network, line)
    return page


def _surface_numbers(exact: Surface, cut: Regions) -> list[tuple[str, str]]:
    proved = "all found, proved" if exact.certified and exact.complete else "not proved"
    return [
        ("polygons, vertices", f"{exact.n_faces:,}, {exact.n_vertices:,}"),
        ("edges", f"{exact.n_edges:,}"),
        ("Euler number", f"{exact.euler}".replace("-", "−")),
        ("every edge in two polygons", f"{'closed' if exact.closed else 'open'}, {exact.n_components} part"),
        ("decisions", proved),
        ("area", f"{exact.area:.6f}"),
        ("volume", f"{exact.volume:.6f}"),
        (f"regions on the slice z = {SLICE:g}", f"{len(cut):,}"),
        ("largest |f| on a vertex", f"{exact.max_abs_value:.0e}".replace("-", "−")),
    ]


def _coloured(ax: Axes, exact: Mesh) -> None:
    bare(ax, f"the zero set: {exact.n_faces:,} flat polygons, one a region it passes")
    shapes, which, shade = painted(exact, EYE)
    colours = region_palette()[region_index(which)]
    polygons(ax, shapes, shaded(colours, shade), edge="face", width=0.15)
    ax.collections[-1].set_rasterized(True)
    ax.set_aspect("equal")


def _slice(ax: Axes, cut: Regions, line: Array) -> None:
    """Level lines from the corners of the regions, exact, in steps of a twentieth; blue inside."""
    window(ax, f"slice z = {SLICE:g}: exact levels, {STEP:g} apart", Box([-1, -1], [1, 1]))
    corners, triangles = triangles_of(cut)
    levels = STEP * np.arange(-INSIDE_STEPS, OUTSIDE_STEPS + 1)
    colours = np.concatenate([ramp(INSIDE, INSIDE_STEPS), ramp(OUTSIDE, OUTSIDE_STEPS)])
    drawn = (*corners.T, triangles, cut.network(corners)[:, 0], levels)
    ax.tricontourf(*drawn, colors=hexes(colours), extend="both")
    ax.collections[-1].set_rasterized(True)
    segments(ax, line, width=1.4)
    (left, low), (right, high) = CLOSER.lo, CLOSER.hi
    ax.plot([left, right, right, left, left], [low, low, high, high, low], color=COLOURS[3], lw=1.4)


def _closer(ax: Axes, network: Network, line: Array) -> None:
    """A window on the slice: every region a colour, the zero set straight on each."""
    found = regions(network.on_plane(SLICE * np.eye(3)[SLICE_AXIS], *np.eye(3)[:2]), CLOSER)
    window(ax, f"in the frame: {len(found):,} regions", CLOSER)
    polygons(ax, polygons_of(found), hexes(region_palette()[region_index(np.arange(len(found)))]), width=0.35)
    ax.collections[-1].set_rasterized(True)
    segments(ax, line, width=1.8)
    near = line.reshape(-1, 2)
    near = near[((near > CLOSER.lo) & (near < CLOSER.hi)).all(axis=1)]
    ax.plot(*near.T, "o", ms=2.6, color=INK)
    ax.set(xlim=(CLOSER.lo[0], CLOSER.hi[0]), ylim=(CLOSER.lo[1], CLOSER.hi[1]))
