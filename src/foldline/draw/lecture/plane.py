"""Networks of two inputs: their regions seen four ways, and what a grid of samples misses of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...box import Box
from ...colour import along, hexes, ramp, region_index, region_palette, srgb
from ...exact.complex.outlines import triangles
from ...exact.regions import Regions
from ...lecture.regions import Answer
from ...mesh import Mesh
from ..camera import Camera, painted, shaded
from ..paper import (
    COLOURS,
    INK,
    PALE,
    PAPER,
    PHOTO,
    VALUES,
    Sheet,
    bare,
    bars,
    note,
    number,
    panel,
    polygons,
    sheet,
)  # fmt: skip

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEVELS = 14
HEIGHT = 0.45  # of a value of 1, in the drawing of the graph
MIDDLE = 1.8  # half the side of the window in which missed regions are shown


def plane(ripple: Answer, wide: Answer, controller: Answer) -> Sheet:
    """Draw the regions of a network of two inputs by pattern, gradient, value and height; and what a grid sees."""
    found = ripple.regions
    page = sheet("ABC;DEF", [*_numbers(ripple), _by_chance(controller)], height=7.0, per_row=3)
    _by_pattern(page.panels["A"], ripple)
    _by_gradient(page.panels["B"], found)
    _by_value(page.panels["C"], found)
    _by_height(page.panels["D"], found)
    _missed(page.panels["E"], wide)
    _counts(page.panels["F"], wide)
    return page


def _numbers(answer: Answer) -> list[tuple[str, str]]:
    found, home = answer.regions, answer.home
    if home is None:
        raise AssertionError("the pointer is in a region")
    a, b, c = home.map
    signs = ["−" if v < 0 else "+" for v in (b, c)]
    sizes = [number(abs(v), 3) for v in (b, c)]
    pattern = "".join(map(str, home.pattern))
    where = f"({', '.join(map(number, answer.state.pointer))})"
    return [
        ("regions, pieces", f"{len(found)}, {found.n_pieces}"),
        (f"affine map at {where}", f"{number(a, 3)} x {signs[0]} {sizes[0]} y {signs[1]} {sizes[1]}"),
        ("its region", f"{len(home.corners)} corners, area {home.area:.5f}"),
        ("its pattern", f"{pattern[:10]} {pattern[10:]}"),
    ]


def _by_chance(answer: Answer) -> tuple[str, str]:
    said = f"{len(answer.regions):,} regions; 2 million samples see {answer.by_chance}"
    return "a controller, 2–25–25–1 on [−1, 1]²", said


def window(ax: Axes, title: str, box: Box) -> None:
    """Name a panel that shows a box of two inputs, both axes to one scale."""
    (left, low), (right, high) = box.lo, box.hi
    panel(ax, title, xlim=(left, right), ylim=(low, high), square=True)
    ax.set_xticks([left, (left + right) / 2, right])
    ax.set_yticks([low, (low + high) / 2, high])
    ax.grid(False)


def _by_pattern(ax: Axes, answer: Answer) -> None:
    found, home = answer.regions, answer.home
    window(ax, f"by pattern: {len(found)} regions", found.box)
    shapes = found.polygons()
    polygons(ax, shapes, hexes(region_palette()[region_index(np.arange(len(found)))]), width=0.5)
    if home is not None:
        ax.plot(*np.vstack([home.corners, home.corners[:1]]).T, color=INK, lw=1.6)
    ax.plot(*answer.state.pointer, "o", ms=3.5, color=INK)


def _by_gradient(ax: Axes, found: Regions) -> None:
    """Hue says which way the network rises on a region, strength of colour how steeply."""
    window(ax, f"by gradient: {found.n_pieces} pieces", found.box)
    slopes = found.maps[:, 0, :2]
    steep = np.linalg.norm(slopes, axis=1)
    share = np.minimum(1.0, steep / np.quantile(steep, 0.95))
    hue = np.rad2deg(np.arctan2(slopes[:, 1], slopes[:, 0]))
    polygons(ax, found.polygons(), hexes(srgb(0.93 - 0.3 * share, 0.13 * share, hue)), width=0.5)
    middles = found.centroids
    large = found.volumes > np.quantile(found.volumes, 0.6)
    ax.quiver(*middles[large].T, *slopes[large].T, color=INK, width=0.004, scale=60, pivot="mid")


def _by_value(ax: Axes, found: Regions) -> None:
    """Level lines are straight on every region: drawn from the corners they are exact."""
    window(ax, "by value: exact level lines", found.box)
    if found.complex is None:
        raise AssertionError("a map of values is drawn of two inputs")
    corners, fans = found.complex.vertices, triangles(found.complex)
    # matplotlib takes the triangles by place, as it says; its types know them by name, which its code does not
    drawn = (*corners.T, fans, found.network(corners)[:, 0], LEVELS)
    ax.tricontourf(*drawn, colors=hexes(ramp(VALUES, LEVELS + 2)))
    ax.tricontour(*drawn, colors=PAPER, linewidths=0.5, linestyles="solid")


def graph_of(found: Regions, height: float) -> Mesh:
    """Return the network's graph over its box, each region one flat polygon; values are times ``height``."""
    if found.complex is None or found.d_in != 2:
        raise AssertionError("a graph is drawn of two inputs")
    whole = found.complex
    values = height * found.network(whole.vertices)
    return Mesh(np.hstack([whole.vertices, values]), whole.loop_vertices, whole.loop_start)


def _by_height(ax: Axes, found: Regions) -> None:
    graph = graph_of(found, HEIGHT)
    bare(ax, "by height: a facet a region")
    shapes, which, shade = painted(graph, Camera(-62.0, 48.0), behind=True)
    values = found.network(found.centroids)[:, 0]
    share = (values - values.min()) / np.ptp(values)
    colours = along(VALUES, share)
    polygons(ax, shapes, shaded(colours[which], shade), width=0.4, gid=PHOTO)
    ax.set_aspect("equal", anchor="N")


def _missed(ax: Axes, answer: Answer) -> None:
    """The middle, where regions are small: pale what the samples met, strong what they did not."""
    found, seen, (few, *_) = answer.regions, answer.seen[0], answer.state.grids
    window(ax, "regions between the samples", Box([-MIDDLE] * 2, [MIDDLE] * 2))
    polygons(ax, found.polygons(), np.where(seen, PALE[0], COLOURS[1]), width=0.25)
    ax.collections[-1].set_rasterized(True)
    at = np.linspace(found.box.lo[0], found.box.hi[0], few)
    at = at[np.abs(at) < MIDDLE]
    ax.scatter(*np.meshgrid(at, at), s=1.2, color=INK, lw=0)
    ax.autoscale(False)
    ax.set(xlim=(-MIDDLE, MIDDLE), ylim=(-MIDDLE, MIDDLE))


def _counts(ax: Axes, answer: Answer) -> None:
    counts = [len(answer.regions), *(int(known.sum()) for known in answer.seen)]
    panel(ax, "regions of 2–32–32–1 on [−6, 6]²")
    names = ["exact", *(f"{n:,} × {n:,}\nsamples" for n in answer.state.grids)]
    bars(ax, names, counts, colours=(COLOURS[1], PALE[0], PALE[0]), digits=0)
    share = 1 - counts[1] / counts[0]
    note(ax, f"{share:.0%}\nmissed", (1, counts[1] / 2))
    note(ax, f"{1 - counts[2] / counts[0]:.0%} \nmissed", (2, counts[2] / 2))
