"""Exact answers and networks on matplotlib's axes: an Axes in, the same Axes out; nothing is shown or saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..box import Box
from ..colour import QUIET, along, as_bytes, ramp, region_index, region_palette, rgb, series, srgb
from ..errors import InputError
from ..exact.boundary import Boundary, boundary_of
from ..exact.complex.outlines import Outline, outline, polygons, triangles
from ..exact.decisions import Decisions, decisions
from ..exact.regions import Regions
from ..exact.terrain.contours import Contours
from ..exact.terrain.slopes import Slopes
from ..files.told import Told
from ..lecture.curves import knots
from ..network import Network
from ..samples import Samples
from .axes import among, axes_of
from .bodies import plot_mesh
from .paper import INK, PAPER, PHOTO, VALUES, curve, mosaic, plain, points, segments
from .paper import polygons as fill

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
Bytes = NDArray[np.uint8]
Scale = tuple[float, float]
Stops = tuple[tuple[float, float, float], ...]

COLOURINGS = ("pattern", "gradient", "value", "piece", "class", "field", "image")
TOLD = ("pattern", "gradient", "field")  # of them those that maps alone tell
SLOPES = ("degrees", "aspect")
LEVELS = tuple((min(lightness, 0.72), max(chroma, 0.1), hue) for lightness, chroma, hue in VALUES)  # of thin lines
STEEP = 0.95  # the quantile of the slopes that has the full strength of colour
FINE = 20_000  # polygons from which on they are pixels in a drawing, and no edges are drawn, which would cover them
STEP = 4  # of 256: so fine are the colours of so many polygons
KEYS = 20  # classes that a legend names
BANDS = 12  # of a field, about: levels lie at round numbers


def plot_regions(
    found: Regions | Told, ax: Axes | None = None, *, samples: Samples | None = None, colour: str = "pattern",
    legend: bool = False, **artist: Any,
) -> Axes:  # fmt: skip
    """Return the axes with the regions of one or two inputs drawn on them.

    ax        new ones unless given
    samples   drawn over them, each class in its colour and mark
    colour    "pattern" a quiet colour a region; "piece" one a piece; "gradient" hue says which way the first output
              rises and strength how steeply; "value" its mean on each region; "field" itself, in bands between exact
              level lines; "class" the cells of ``decisions``; "image" the mean of one or three outputs from 0 to 1, as
              the grey or colour they are
    legend    a bar of colours beside the axes for "value" and "field", the names of several outputs' curves
    artist    matplotlib's words for the polygons (``edgecolors``, ``alpha``, ...), or for the line of one input, which
              is the exact curve of each output, its joints open dots
    raises    InputError for three inputs or more, samples of other inputs, or another ``colour``
    """
    among("colour", colour, COLOURINGS)
    _need_flat(found.d_in, "regions")
    if isinstance(found, Told):
        _need_told(colour)
    elif colour == "class":
        return plot_decisions(decisions(found.network, found.box), ax, samples=samples, **artist)
    ax, fresh = axes_of(ax)
    if found.d_in == 1:
        _curves(ax, found, artist)
        if legend and found.maps.shape[1] > 1:
            ax.legend()
        return _framed(ax, found.box, _about(found), samples, fresh)
    values = _values(found, colour)
    scale = _scale(values, samples)
    if colour == "field":
        _field(ax, found, values, scale, artist)
    else:
        colours = _along(values, scale) if colour == "value" else _coloured(found, colour)
        _filled(ax, _outline(found), colours, ({"gid": PHOTO} if colour == "image" else {}) | artist)
    if legend and colour in ("value", "field"):
        _bar(ax, _target(_about(found)) + ", mean on a region" * (colour == "value"), scale)
    return _framed(ax, found.box, _about(found), samples, fresh, scale)


def _about(found: Regions | Decisions | Told) -> Network | Told:
    """What remembers the names of inputs and output."""
    return found if isinstance(found, Told) else found.network


def _outline(found: Regions | Decisions | Told) -> Outline:
    whole = found.complex
    assert whole is not None
    return whole if isinstance(whole, Outline) else outline(whole)


def _curves(ax: Axes, found: Regions | Told, artist: dict[str, Any]) -> None:
    d_out = found.maps.shape[1]
    for k in range(d_out):
        x, y = _knots(found, k)
        name = f"output {k + 1}" if d_out > 1 else ""
        look = {"color": series(n=d_out)[k], "label": name or None} | artist
        curve(ax, x, y, colour=look["color"], **{key: value for key, value in look.items() if key != "color"})


def _knots(found: Regions | Told, output: int) -> tuple[Array, Array]:
    """The corners of a curve, rising."""
    if not isinstance(found, Told):
        return knots(found, output)
    x = found.complex.vertices[:, 0]
    order = np.argsort(x)
    return x[order], found.heights[order, output]


def _filled(ax: Axes, whole: Outline, colours: Bytes, artist: dict[str, Any]) -> None:
    """The polygons of regions or cells in their colours, (n, 3); very many as one path a colour."""
    if len(whole) <= FINE:
        fill(ax, polygons(whole), colours / 255, **artist)
        return
    palette, which = np.unique(colours // STEP * STEP + STEP // 2, axis=0, return_inverse=True)
    look = {"edgecolors": "face", "linewidths": 0.2, "rasterized": True} | artist
    mosaic(ax, whole.vertices, whole.loop_vertices, whole.loop_start, which.ravel(), palette / 255, **look)


def _values(found: Regions | Told, colour: str) -> Array:
    """The first output: at the corners for a field, else its mean on each region; none for other colours."""
    if isinstance(found, Told):
        return found.heights[:, 0] if colour == "field" else np.zeros(0)
    if colour == "field" and found.complex is not None:
        return np.asarray(found.network.preactivations(found.complex.vertices)[-1][:, 0])
    return np.asarray(found.network(found.centroids)[:, 0]) if colour == "value" else np.zeros(0)


def _scale(values: Array, samples: Samples | None) -> Scale:
    """The least and the largest of what is shown in colours, of the targets too: equal numbers have equal colours."""
    targets = samples.targets[:, 0] if samples is not None and samples.kind != "classification" else np.zeros(0)
    both = np.concatenate([values, targets])
    return (float(both.min()), float(both.max())) if len(both) else (0.0, 1.0)


def _field(ax: Axes, found: Regions | Told, values: Array, scale: Scale, artist: dict[str, Any]) -> None:
    """The first output itself: on each polygon it is affine, and so are its level lines between the corners."""
    from matplotlib.colors import ListedColormap
    from matplotlib.ticker import MaxNLocator
    from matplotlib.tri import Triangulation

    whole = _outline(found)
    if not len(found) or not np.ptp(values) > 0:
        _filled(ax, whole, _along(np.full(len(found), values.min(initial=0.0)), scale), artist)
        return
    look: dict[str, Any] = {
        "levels": MaxNLocator(BANDS).tick_values(*scale), "cmap": ListedColormap(ramp(VALUES) / 255),
        "vmin": scale[0], "vmax": scale[1],
    } | artist  # fmt: skip
    bands = ax.tricontourf(Triangulation(whole.vertices[:, 0], whole.vertices[:, 1], triangles(whole)), values, **look)
    if len(found) > FINE:
        bands.set_rasterized(True)
    else:
        segments(ax, whole.vertices[whole.inner], colour=INK, width=0.5, alpha=0.35)


def _bar(ax: Axes, name: str, scale: Scale, stops: Stops = VALUES) -> None:
    """The colours of values beside the axes."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize

    colours = ScalarMappable(Normalize(*scale), ListedColormap(ramp(stops) / 255))
    beside = ax.inset_axes((1.03, 0.0, 0.04, 1.0))  # of the axes themselves: beside a square on wide paper, too
    ax.figure.colorbar(colours, cax=beside).set_label(name)


def _coloured(found: Regions | Told, colour: str) -> Bytes:
    """The colour of each polygon, sRGB bytes (n, 3)."""
    if colour == "image" and not isinstance(found, Told):
        channels = found.network(found.centroids)
        return as_bytes(channels[:, [0, 1, 2] if channels.shape[1] == 3 else [0, 0, 0]])
    if colour == "gradient":
        slopes = found.maps[:, 0, :2]
        steep = np.linalg.norm(slopes, axis=1)
        share = np.minimum(1.0, steep / (np.quantile(steep, STEEP) or 1.0))
        hue = np.rad2deg(np.arctan2(slopes[:, 1], slopes[:, 0]))
        return srgb(0.93 - 0.3 * share, 0.13 * share, hue)
    names = found.piece_of if colour == "piece" and not isinstance(found, Told) else np.arange(len(found))
    return region_palette()[region_index(names)]


def _along(values: Array, scale: Scale) -> Bytes:
    """Values as colours from the least to the largest of a scale."""
    share = (values - scale[0]) / ((scale[1] - scale[0]) or 1.0)
    return along(VALUES, share)


def plot_decisions(
    found: Decisions | Told, ax: Axes | None = None, *, samples: Samples | None = None, legend: bool = True,
    style: Mapping[str, Any] | None = None, **artist: Any,
) -> Axes:  # fmt: skip
    """Return the axes with the exact cells of each class, and the boundary between them, drawn on them.

    samples, artist   as for ``plot_regions``
    legend            names the classes; those without a cell say so
    style             matplotlib's words for the boundary's lines
    raises            InputError for three inputs
    """
    from matplotlib.patches import Patch

    _need_flat(found.d_in, "decisions")
    ax, fresh = axes_of(ax)
    shades = series(QUIET, len(found.names))
    whole = _outline(found)
    if found.d_in == 1:
        for (a, b), k in zip(whole.vertices[whole.loop_vertices, 0].reshape(-1, 2), found.classes, strict=True):
            ax.axvspan(a, b, **({"color": shades[k], "lw": 0} | artist))
    else:
        _filled(ax, whole, rgb(shades)[found.classes], {"edgecolors": "face", "linewidths": 0.2} | artist)
    edge = found.edge if isinstance(found, Told) else boundary_of(found)
    if edge is not None:
        plot_boundary(edge, ax, **(style or {}))
    _framed(ax, found.box, _about(found), samples, fresh)
    if legend:
        names = [plain(name) + " (wins nowhere)" * (name in found.empty) for name in found.names]
        keys = [Patch(color=shade, label=name) for name, shade in zip(names, shades, strict=True)]
        more = [Patch(color="none", label=f"and {len(keys) - KEYS:,} more")] if len(keys) > KEYS else []
        ax.legend(handles=[*keys[:KEYS], *more])
    return ax


def plot_boundary(found: Boundary, ax: Axes | None = None, *, samples: Samples | None = None, **artist: Any) -> Axes:
    """Return the axes with a boundary drawn on them: points on a line, lines in the plane, polygons in space.

    artist   matplotlib's words for the lines: ``colors``, ``linewidths``, ``linestyles``, ...
    """
    if found.d == 3:
        return plot_mesh(found.mesh, ax, **artist)
    ax, fresh = axes_of(ax)
    look: dict[str, Any] = {"colors": INK, "linewidths": 1.6} | artist
    if found.d == 1:
        ax.vlines(found.points, 0, 1, transform=ax.get_xaxis_transform(), **look)
    else:
        segments(ax, found.vertices[found.edges], **look)
    return _framed(ax, found.box, None, samples, fresh)


def plot_contours(
    found: Contours, ax: Axes | None = None, *, samples: Samples | None = None, legend: bool = False, **artist: Any
) -> Axes:
    """Return the axes with level lines drawn on them, in the colours of their levels unless ``colors`` are given.

    legend   a bar of the levels' colours beside the axes
    artist   matplotlib's words for the lines
    """
    from matplotlib.collections import LineCollection
    from matplotlib.colors import ListedColormap

    ax, fresh = axes_of(ax)
    heights = np.repeat(found.levels, [len(lines) for lines in found.lines])
    look: dict[str, Any] = {"linewidths": 1.2, "capstyle": "round"}
    if "colors" not in artist:
        look |= {"array": heights, "cmap": ListedColormap(ramp(LEVELS) / 255)}
    lines = [line for lines in found.lines for line in lines]
    ax.add_collection(LineCollection(lines, **(look | artist)))
    ax.autoscale_view()
    if legend and "colors" not in artist and len(lines):
        _bar(ax, "level", (float(heights.min()), float(heights.max())), LEVELS)
    return _framed(ax, found.box, None, samples, fresh)


def plot_slopes(
    found: Slopes | Told, ax: Axes | None = None, *, samples: Samples | None = None, colour: str = "degrees",
    legend: bool = False, **artist: Any,
) -> Axes:  # fmt: skip
    """Return the axes with the regions of a map in the colours of their slopes.

    colour   "degrees" to the horizontal, or "aspect", the way down, as a hue; flat regions are grey
    legend   a bar of colours beside the axes, for degrees
    artist   matplotlib's words for the polygons
    """
    among("colour", colour, SLOPES)
    ax, fresh = axes_of(ax)
    told = found.numbers if isinstance(found, Told) else {"degrees": found.degrees, "aspect": found.aspect}
    scale = (0.0, float(told["degrees"].max(initial=0.0)))
    if colour == "degrees":
        colours = _along(told["degrees"], scale)
    else:
        flat = np.isnan(told["aspect"])
        colours = srgb(np.full(len(found), 0.75), np.where(flat, 0.0, 0.12), np.where(flat, 0.0, told["aspect"]))
    whole = _outline(found if isinstance(found, Told) else found.regions)
    _filled(ax, whole, colours, {"edgecolors": "face", "linewidths": 0.2} | artist)
    if legend and colour == "degrees":
        _bar(ax, "slope, degrees", scale)
    return _framed(ax, found.box, None, samples, fresh)


def _framed(
    ax: Axes, box: Box, about: Network | Told | None, samples: Samples | None, fresh: bool, scale: Scale | None = None
) -> Axes:
    """Draw the samples; on axes that were empty, show the box and name its inputs."""
    if samples is not None:
        _marked(ax, samples, box.d, scale or _scale(np.zeros(0), samples))
    if not fresh:
        return ax
    if box.d == 1 and not ax.lines:
        ax.set_yticks([])  # nothing on the axes has a height
        ax.set_ylim(0, 1)
    elif box.d == 1 and about is not None and about.d_out == 1:
        ax.set_ylabel(_target(about))
    theirs = about.meta.get("names") if about is not None else ()
    names = list((samples.names if samples is not None else ()) or theirs or ())
    ax.set_xlim(box.lo[0], box.hi[0])
    if box.d == 2:
        ax.set_ylim(box.lo[1], box.hi[1])
    for axis, name in zip((ax.xaxis, ax.yaxis), names[: box.d], strict=False):
        axis.set_label_text(plain(str(name)))
    return ax


def _target(about: Network | Told) -> str:
    """What the first output is called."""
    name = about.meta.get("target")
    return plain(name) if isinstance(name, str) and about.d_out == 1 else "output"


def _marked(ax: Axes, samples: Samples, d: int, scale: Scale) -> None:
    from matplotlib.colors import ListedColormap

    if samples.d_in != d:
        raise InputError(f"plot needs samples with {d} inputs; got {samples.d_in}. Give those of the slice.")
    if samples.kind == "classification":
        at = samples if d == 2 else _on_lines(samples)
        points(ax, at, names=False)
    elif d == 1:
        ax.plot(samples.inputs[:, 0], samples.targets, "o", color=INK, ms=4, mec=PAPER, mew=0.6)
    else:
        x, y = samples.inputs.T
        colours: dict[str, Any] = {"cmap": ListedColormap(ramp(VALUES) / 255), "vmin": scale[0], "vmax": scale[1]}
        ax.scatter(x, y, c=samples.targets[:, 0], s=24, edgecolors=INK, linewidths=0.6, **colours)


def _on_lines(samples: Samples) -> Samples:
    """Samples of one input as points of the plane, each class on a line of its own, between the heights 0 and 1."""
    inputs = np.column_stack([samples.inputs, (samples.targets + 1) / (len(samples.classes) + 1)])
    return Samples(inputs, samples.targets, samples.kind, (), samples.classes)


def plot_told(found: Told, ax: Axes | None = None, **how: Any) -> Axes:
    """Return the axes with what an answer's document tells drawn on them, as the answer itself would be."""
    if found.kind == "decisions":
        return plot_decisions(found, ax, **how)
    return plot_regions(found, ax, **how) if found.kind == "regions" else plot_slopes(found, ax, **how)


def _need_told(colour: str) -> None:
    if colour not in TOLD:
        raise InputError(
            f"draw needs the network for colour {colour}; an answer's .json tells {', '.join(TOLD)}. Draw the network, "
            "or keep the answer as .npz."
        )


def _need_flat(d: int, what: str) -> None:
    if d > 2:
        raise InputError(
            f"plot needs {what} of 1 or 2 inputs; got {d}. Ask on a slice: network.on_plane(p, u, v), or on_line(a, b)."
        )
