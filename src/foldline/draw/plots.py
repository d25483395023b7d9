"""Exact answers and networks on matplotlib's axes: an Axes in, the same Axes out; nothing is shown or saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..box import Box
from ..colour import QUIET, hexes, ramp, region_index, region_palette, series, srgb
from ..errors import InputError
from ..exact.boundary import Boundary, boundary_of
from ..exact.decisions import Decisions, decisions
from ..exact.regions import Regions
from ..lecture.curves import knots
from ..mesh import Mesh
from ..network import Network
from ..samples import Samples
from .camera import Camera, painted, shaded
from .diagram import EDGE, HIDDEN, circle, places
from .paper import COLOURS, INK, PAPER, VALUES, bare, curve, points, polygons, segments

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
Index = NDArray[np.int64]

COLOURINGS = ("pattern", "gradient", "value", "piece", "class")
SURFACES = ("shape", "region")
STEEP = 0.95  # the quantile of the slopes that has the full strength of colour
FINE = 20_000  # polygons from which on no edges are drawn: they would cover what they part
EYE = Camera(35.0, 25.0)
MOST_UNITS = 9  # of a layer that are drawn; a wider one shows its first and last
LABELLED = 24  # parameters up to which each is written at its line


def plot_regions(
    found: Regions, ax: Axes | None = None, *, samples: Samples | None = None, colour: str = "pattern", **artist: Any
) -> Axes:
    """Return the axes with the regions of one or two inputs drawn on them.

    ax        new ones unless given
    samples   drawn over them, each class in its colour and mark
    colour    "pattern" a quiet colour a region; "piece" one a piece; "gradient" hue says which way the first output
              rises and strength how steeply; "value" its mean on each region; "class" the cells of ``decisions``
    artist    matplotlib's words for the polygons (``edgecolors``, ``alpha``, ...), or for the line of one input, which
              is the exact curve of each output, its joints open dots
    raises    InputError for three inputs or more, samples of other inputs, or another ``colour``
    """
    _among("colour", colour, COLOURINGS)
    _need_flat(found.d_in, "regions")
    if colour == "class":
        return plot_decisions(decisions(found.network, found.box), ax, samples=samples, **artist)
    ax, fresh = _axes(ax)
    if found.d_in == 1:
        _curves(ax, found, artist)
    else:
        polygons(ax, found.polygons(), **(_coloured(found, colour) | _edges(len(found)) | artist))
    return _framed(ax, found.box, found.network, samples, fresh)


def _curves(ax: Axes, found: Regions, artist: dict[str, Any]) -> None:
    for k in range(found.network.d_out):
        x, y = knots(found, k)
        name = f"output {k + 1}" if found.network.d_out > 1 else ""
        look = {"color": series(n=found.network.d_out)[k], "label": name or None} | artist
        curve(ax, x, y, colour=look["color"], **{key: value for key, value in look.items() if key != "color"})


def _coloured(found: Regions, colour: str) -> dict[str, Any]:
    """What gives each polygon its colour."""
    if colour == "value":
        return {"colours": hexes(_along(found.network(found.centroids)[:, 0]))}
    if colour == "gradient":
        slopes = found.maps[:, 0, :2]
        steep = np.linalg.norm(slopes, axis=1)
        share = np.minimum(1.0, steep / (np.quantile(steep, STEEP) or 1.0))
        hue = np.rad2deg(np.arctan2(slopes[:, 1], slopes[:, 0]))
        return {"colours": hexes(srgb(0.93 - 0.3 * share, 0.13 * share, hue))}
    names = found.piece_of if colour == "piece" else np.arange(len(found))
    return {"colours": hexes(region_palette()[region_index(names)])}


def _along(values: Array) -> NDArray[np.uint8]:
    """Values as colours from the least to the largest."""
    share = (values - values.min()) / (np.ptp(values) or 1.0) if len(values) else values
    return ramp(VALUES)[np.rint(255 * share).astype(np.int64)]


def _edges(n: int) -> dict[str, Any]:
    return {"edge": "face", "width": 0.2} if n > FINE else {}


def plot_decisions(
    found: Decisions, ax: Axes | None = None, *, samples: Samples | None = None, legend: bool = True,
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
    ax, fresh = _axes(ax)
    shades = series(QUIET, len(found.names))
    colours = [shades[k] for k in found.classes]
    if found.d_in == 1:
        for (a, b), shade in zip(found.complex.vertices[found.complex.edges, 0], colours, strict=True):
            ax.axvspan(a, b, **({"color": shade, "lw": 0} | artist))
    else:
        polygons(ax, found.polygons(), colours, **(_edges(len(found)) | artist))
    plot_boundary(boundary_of(found), ax, **(style or {}))
    _framed(ax, found.box, found.network, samples, fresh)
    if legend:
        names = [f"{name} (wins nowhere)" if name in found.empty else name for name in found.names]
        ax.legend(handles=[Patch(color=shade, label=name) for name, shade in zip(names, shades, strict=True)])
    return ax


def plot_boundary(found: Boundary, ax: Axes | None = None, *, samples: Samples | None = None, **artist: Any) -> Axes:
    """Return the axes with a boundary drawn on them: points on a line, lines in the plane, polygons in space.

    artist   matplotlib's words for the lines: ``colors``, ``linewidths``, ``linestyles``, ...
    """
    if found.d == 3:
        return plot_mesh(found.mesh, ax, **artist)
    ax, fresh = _axes(ax)
    look: dict[str, Any] = {"colors": INK, "linewidths": 1.6} | artist
    if found.d == 1:
        ax.vlines(found.points, 0, 1, transform=ax.get_xaxis_transform(), **look)
    else:
        segments(ax, found.vertices[found.edges], **look)
    return _framed(ax, found.box, None, samples, fresh)


def plot_mesh(mesh: Mesh, ax: Axes | None = None, *, colour: str = "shape", **artist: Any) -> Axes:
    """Return the axes with a mesh's polygons, shaded, drawn on them.

    ax       new ones in space unless given; on axes of a plane the mesh is drawn as one sees it from afar
    colour   "shape" one colour; "region" a quiet colour a polygon
    artist   matplotlib's words for the polygons
    """
    _among("colour", colour, SURFACES)
    ax, fresh = _axes(ax, solid=True)
    names = mesh.face_values.get("region", np.arange(mesh.n_faces))
    palette = region_palette()[region_index(names)] if colour == "region" else np.tile(_rgb(0), (mesh.n_faces, 1))
    if ax.name != "3d":
        shapes, which, shade = painted(mesh, EYE, behind=not mesh.closed)
        look: dict[str, Any] = {"edge": "face", "width": 0.2} | artist
        polygons(ax, shapes, shaded(palette[which], shade), **look)
        ax.set_aspect("equal")
        return ax
    return _in_space(ax, mesh, palette, artist, fresh)


def _in_space(ax: Any, mesh: Mesh, palette: NDArray[np.uint8], artist: dict[str, Any], fresh: bool) -> Axes:
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    light = EYE.axes[2]
    shade = 0.55 + 0.45 * np.abs(mesh.normals @ light)
    corners = mesh.vertices[mesh.corners]
    faces = [corners[a:b] for a, b in pairwise(mesh.offsets.tolist())]
    ax.add_collection3d(Poly3DCollection(faces, **({"facecolors": shaded(palette, shade), "linewidths": 0} | artist)))
    if fresh and len(faces):
        lo, hi = mesh.bounds
        flat = 0.05 * ((hi - lo).max() or 1.0) * (hi == lo)  # a mesh in one plane still has room
        lo, hi = lo - flat, hi + flat
        ax.set(xlim=(lo[0], hi[0]), ylim=(lo[1], hi[1]), zlim=(lo[2], hi[2]), xlabel="x", ylabel="y", zlabel="z")
        ax.set_box_aspect(hi - lo)
    return ax  # type: ignore[no-any-return]


def _rgb(k: int) -> NDArray[np.uint8]:
    shade = series(0.3)[k]
    return np.array([int(shade[i : i + 2], 16) for i in (1, 3, 5)], dtype=np.uint8)


def plot_network(network: Network, ax: Axes | None = None, *, weights: bool | None = None, **artist: Any) -> Axes:
    """Return the axes with a network's diagram: a circle a value, a line a weight, thick where it is large.

    Each weight multiplies what its line comes from and adds to what it leads to; blue ones are positive, orange ones
    negative, and a weight of 0 is a line that is not there.  Biases stand under their units.

    weights   write each parameter at its line; where there are up to 24, unless said
    artist    matplotlib's words for the lines
    """
    ax, _ = _axes(ax)
    bare(ax)
    widths = (network.weights[0].shape[1], *network.widths[1:])
    shown = [_shown(n) for n in widths]
    at = places([len(units) for units in shown], across=1.6, down=0.8)
    written = network.n_parameters <= LABELLED if weights is None else weights
    largest = max((float(np.abs(W).max()) for W in network.weights if W.size), default=1.0) or 1.0
    for layer in range(1, len(widths)):
        _lines(ax, network, layer, shown, at, largest, written, artist)
    for layer, (units, spots) in enumerate(zip(shown, at, strict=True)):
        colour = (COLOURS[0], HIDDEN, COLOURS[1])[0 if layer == 0 else 2 if layer == len(widths) - 1 else 1]
        for unit, (x, y) in zip(units, spots, strict=True):
            circle(ax, (float(x), float(y)), 0.22, colour, "⋮" if unit < 0 else _name(layer, unit, widths))
            if written and layer and unit >= 0:
                bias = network.biases[layer - 1][unit]
                ax.text(x, y - 0.26, f"{bias:+.3g}", ha="center", va="top", size=7.5, color=INK, zorder=5)
    ax.set_aspect("equal")
    ax.autoscale_view()
    return ax


def _shown(n: int) -> list[int]:
    """Which units of a layer are drawn; -1 stands for those left out."""
    return list(range(n)) if n <= MOST_UNITS else [*range(4), -1, *range(n - 4, n)]


def _lines(
    ax: Axes, network: Network, layer: int, shown: Sequence[list[int]], at: Sequence[Array], largest: float,
    written: bool, artist: dict[str, Any],
) -> None:  # fmt: skip
    """The lines into one layer, from the one before it and from those it reads across."""
    W, column = network.weights[layer - 1], 0
    for source in (layer - 1, *network.skips.get(layer, ())):
        ends, sizes = [], []
        for i, begin in zip(shown[source], at[source], strict=True):
            for j, end in zip(shown[layer], at[layer], strict=True):
                weight = float(W[j, column + i]) if i >= 0 and j >= 0 else 0.0
                if weight:
                    ends.append((begin, end))
                    sizes.append(weight)
                    if written:
                        x, y = 0.68 * begin + 0.32 * end
                        ax.text(x, y, f"{weight:.3g}", ha="center", va="center", size=7.5, color=INK, zorder=5,
                                bbox={"facecolor": PAPER, "alpha": 0.85, "lw": 0, "pad": 0.8})  # fmt: skip
        column += network.weights[0].shape[1] if source == 0 else network.widths[source]
        colours = [COLOURS[0] if size > 0 else COLOURS[1] for size in sizes]
        widths = [0.4 + 2.6 * abs(size) / largest for size in sizes]
        segments(ax, ends, **({"colors": colours or EDGE, "linewidths": widths or 1.0, "zorder": 1} | artist))


def _name(layer: int, unit: int, widths: Sequence[int]) -> str:
    letter = "x" if layer == 0 else "y" if layer == len(widths) - 1 else "h"
    return f"${letter}_{{{unit + 1}}}$" if widths[layer] > 1 else f"${letter}$"


def _axes(ax: Axes | None, *, solid: bool = False) -> tuple[Any, bool]:
    """Axes to draw on, new ones unless given, and whether nothing is on them yet."""
    if ax is not None:
        return ax, not ax.has_data()
    from matplotlib import pyplot

    return pyplot.subplots(subplot_kw={"projection": "3d"} if solid else {})[1], True


def _framed(ax: Axes, box: Box, network: Network | None, samples: Samples | None, fresh: bool) -> Axes:
    """Draw the samples; on axes that were empty, show the box and name its inputs."""
    if samples is not None:
        _marked(ax, samples, box.d)
    if not fresh:
        return ax
    if box.d == 1 and not ax.lines:
        ax.set_yticks([])  # nothing on the axes has a height
    names = list(samples.names if samples is not None else (network.meta.get("names") or () if network else ()))
    ax.set_xlim(box.lo[0], box.hi[0])
    if box.d == 2:
        ax.set_ylim(box.lo[1], box.hi[1])
    for axis, name in zip((ax.xaxis, ax.yaxis), names[: box.d], strict=False):
        axis.set_label_text(str(name))
    return ax


def _marked(ax: Axes, samples: Samples, d: int) -> None:
    if samples.d_in != d:
        raise InputError(f"plot needs samples with {d} inputs; got {samples.d_in}. Give those of the slice.")
    if samples.kind == "classification":
        at = samples if d == 2 else _on_a_line(samples)
        points(ax, at, names=False)
    elif d == 1:
        ax.plot(samples.inputs[:, 0], samples.targets, "o", color=INK, ms=4, mec=PAPER, mew=0.6)
    else:
        x, y = samples.inputs.T
        ax.scatter(x, y, c=hexes(_along(samples.targets[:, 0])), s=24, edgecolors=INK, linewidths=0.6)


def _on_a_line(samples: Samples) -> Samples:
    """Samples of one input as points of the plane, at height 0."""
    inputs = np.column_stack([samples.inputs, np.zeros(len(samples))])
    return Samples(inputs, samples.targets, samples.kind, (), samples.classes)


def _need_flat(d: int, what: str) -> None:
    if d > 2:
        raise InputError(
            f"plot needs {what} of 1 or 2 inputs; got {d}. Ask on a slice: network.on_plane(p, u, v), or on_line(a, b)."
        )


def _among(name: str, given: str, known: Sequence[str]) -> None:
    if given not in known:
        raise InputError(f"plot needs {name} out of {', '.join(known)}; got {given!r}. Take one of them.")
