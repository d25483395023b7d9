"""Networks of two inputs: their regions seen four ways, and what a grid of samples misses of them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...box import Box
from ...exact.regions import Regions, regions
from ...fit import fit
from ...fit.start import start
from ...mesh import Mesh
from ...network import Network
from ...samples import Samples
from ..camera import Camera, painted, shaded
from ..colour import hexes, ramp, region_index, region_palette, srgb
from ..paper import (
    COLOURS,
    INK,
    PALE,
    PAPER,
    SOFT,
    Sheet,
    bare,
    bars,
    note,
    number,
    panel,
    polygons,
    polygons_of,
    sheet,
)
from .shapes import recorded

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
Index = NDArray[np.int64]

RIPPLE_BOX = Box([-1, -1], [1, 1])
WIDE_BOX = Box([-6, -6], [6, 6])
POINTER = (0.5, -0.4)  # the place whose region is described
VALUES = ((0.38, 0.11, 265), (0.62, 0.12, 215), (0.93, 0.05, 120), (0.72, 0.16, 60), (0.50, 0.17, 25))
LEVELS = 14
HEIGHT = 0.45  # of a value of 1, in the drawing of the graph
MIDDLE = 1.8  # half the side of the window in which missed regions are shown
SEED, BIAS = 94_945, 0.4108  # of weights, and spread of biases: found by search, with the counts of the worked example
BIASES = 1  # of the two streams of random numbers, 0 being the weights
ROWS = 100_000  # points a network is asked at once
GRIDS = (100, 1000)
CHANCES = 2_000_000  # random samples of the controller's box


@cache
def ripple_network() -> Network:
    """Return a 2-10-10-1 network fitted to rings in water on a slope."""
    x = np.random.default_rng(0).uniform(-1, 1, (2000, 2))
    r = np.hypot(x[:, 0], x[:, 1])
    y = np.cos(2.2 * np.pi * r) * np.exp(-1.2 * r * r) + 0.25 * x[:, 0]
    return fit(Samples(x, y), hidden=(10, 10), steps=2000, optimiser="adam", learning_rate=0.02, device="cpu")


def wide_network() -> Network:
    """Return a 2-32-32-1 network that was never fitted: on [-6, 6]^2 it has 1,821 regions.

    A grid of 100 x 100 samples sees 694 of them and one of 1000 x 1000 sees 1,574: the worked example gives these
    counts without its weights, and this network was searched for until it had all three.

    >>> wide_network().hidden
    (32, 32)
    """
    weights, _ = start([2, 32, 32, 1], seed=SEED)
    rng = np.random.default_rng([SEED, BIASES])
    return Network(weights, [BIAS * rng.standard_normal(len(W)) for W in weights])


def controller_regions() -> Regions:
    """Return the regions of a pendulum's controller, 2-25-25-1, on [-1, 1]^2: small folds crowd about rest."""
    return regions(recorded("controller.npz"), RIPPLE_BOX)


def seen_by(found: Regions, batches: Iterable[ArrayLike]) -> NDArray[np.bool_]:
    """Return which regions the samples of the batches, each (N, d), come to know of, (R,).

    A sample tells of a region if it has its pattern.
    """
    met: set[bytes] = set()
    for points in batches:
        met.update(_names(found.network.pattern(points)))
    return np.array([name in met for name in map(bytes, np.packbits(found.patterns, axis=1))])


def seen_by_grid(found: Regions, n: int) -> NDArray[np.bool_]:
    """Return which regions of a box of two inputs an n x n grid of samples, ends included, comes to know of, (R,)."""
    x, y = (np.linspace(a, b, n) for a, b in zip(found.box.lo, found.box.hi, strict=True))
    some = np.array_split(y, max(1, n * n // ROWS))
    return seen_by(found, (np.stack(np.meshgrid(x, rows), axis=-1).reshape(-1, 2) for rows in some))


def seen_by_chance(found: Regions, n: int = CHANCES) -> NDArray[np.bool_]:
    """Return which regions of a box n seeded random samples come to know of, (R,)."""
    points = np.random.default_rng(1).uniform(found.box.lo, found.box.hi, (n, found.d_in))
    return seen_by(found, np.array_split(points, max(1, n // ROWS)))


def _names(patterns: NDArray[np.int8]) -> set[bytes]:
    """The different patterns, eight units a byte."""
    packed = np.packbits(patterns, axis=1)
    whole = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).ravel()
    return {bytes(name) for name in np.unique(whole)}


def plane() -> Sheet:
    """Draw the regions of a network of two inputs by pattern, gradient, value and height; and what a grid sees."""
    found = regions(ripple_network(), RIPPLE_BOX)
    wide = regions(wide_network(), WIDE_BOX)
    seen = [seen_by_grid(wide, n) for n in GRIDS]
    page = sheet("ABC;DEF", [*_numbers(found), _by_chance()], height=7.0, per_row=3)
    _by_pattern(page.panels["A"], found)
    _by_gradient(page.panels["B"], found)
    _by_value(page.panels["C"], found)
    _by_height(page.panels["D"], found)
    _missed(page.panels["E"], wide, seen[0])
    _counts(page.panels["F"], [len(wide), *(int(known.sum()) for known in seen)])
    return page


def _numbers(found: Regions) -> list[tuple[str, str]]:
    home = int(found.locate([POINTER])[0][0])
    a, b, c = found.maps[home, 0]
    signs = ["−" if v < 0 else "+" for v in (b, c)]
    sizes = [number(abs(v), 3) for v in (b, c)]
    pattern = "".join(map(str, found.patterns[home]))
    where = f"({', '.join(map(number, POINTER))})"
    return [
        ("regions, pieces", f"{len(found)}, {found.n_pieces}"),
        (f"affine map at {where}", f"{number(a, 3)} x {signs[0]} {sizes[0]} y {signs[1]} {sizes[1]}"),
        ("its region", f"{len(polygons_of(found)[home])} corners, area {found.volumes[home]:.5f}"),
        ("its pattern", f"{pattern[:10]} {pattern[10:]}"),
    ]


def _by_chance() -> tuple[str, str]:
    found = controller_regions()
    seen = int(seen_by_chance(found).sum())
    return "a controller, 2–25–25–1 on [−1, 1]²", f"{len(found):,} regions; 2 million samples see {seen}"


def window(ax: Axes, title: str, box: Box) -> None:
    """Name a panel that shows a box of two inputs, both axes to one scale."""
    (left, low), (right, high) = box.lo, box.hi
    panel(ax, title, xlim=(left, right), ylim=(low, high), square=True)
    ax.set_xticks([left, (left + right) / 2, right])
    ax.set_yticks([low, (low + high) / 2, high])
    ax.grid(False)


def _by_pattern(ax: Axes, found: Regions) -> None:
    window(ax, f"by pattern: {len(found)} regions", found.box)
    shapes = polygons_of(found)
    polygons(ax, shapes, hexes(region_palette()[region_index(np.arange(len(found)))]), width=0.5)
    home = shapes[int(found.locate([POINTER])[0][0])]
    ax.plot(*np.vstack([home, home[:1]]).T, color=INK, lw=1.6)
    ax.plot(*POINTER, "o", ms=3.5, color=INK)


def _by_gradient(ax: Axes, found: Regions) -> None:
    """Hue says which way the network rises on a region, strength of colour how steeply."""
    window(ax, f"by gradient: {found.n_pieces} pieces", found.box)
    slopes = found.maps[:, 0, :2]
    steep = np.linalg.norm(slopes, axis=1)
    share = np.minimum(1.0, steep / np.quantile(steep, 0.95))
    hue = np.rad2deg(np.arctan2(slopes[:, 1], slopes[:, 0]))
    polygons(ax, polygons_of(found), hexes(srgb(0.93 - 0.3 * share, 0.13 * share, hue)), width=0.5)
    middles = found.centroids
    large = found.volumes > np.quantile(found.volumes, 0.6)
    ax.quiver(*middles[large].T, *slopes[large].T, color=INK, width=0.004, scale=60, pivot="mid")


def _by_value(ax: Axes, found: Regions) -> None:
    """Level lines are straight on every region: drawn from the corners they are exact."""
    window(ax, "by value: exact level lines", found.box)
    corners, triangles = triangles_of(found)
    # matplotlib takes the triangles by place, as it says; its types know them by name, which its code does not
    drawn = (*corners.T, triangles, found.network(corners)[:, 0], LEVELS)
    ax.tricontourf(*drawn, colors=hexes(ramp(VALUES, LEVELS + 2)))
    ax.tricontour(*drawn, colors=PAPER, linewidths=0.5, linestyles="solid")


def triangles_of(found: Regions) -> tuple[Array, Index]:
    """Return the regions of a network of two inputs as triangles: corners (V, 2) and their numbers (T, 3).

    Each is a fan, so that an affine function on a region is affine on its triangles.
    """
    if found.complex is None or found.d_in != 2:
        raise AssertionError("triangles are drawn of two inputs")
    whole = found.complex
    loops = (whole.loop_vertices[a:b] for a, b in zip(whole.loop_start[:-1], whole.loop_start[1:], strict=True))
    fans = [np.column_stack([np.full(len(v) - 2, v[0]), v[1:-1], v[2:]]) for v in loops]
    return whole.vertices, np.concatenate(fans)


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
    colours = ramp(VALUES)[np.rint(255 * share).astype(np.int64)]
    polygons(ax, shapes, shaded(colours[which], shade), width=0.4)
    ax.set_aspect("equal")


def _missed(ax: Axes, found: Regions, seen: NDArray[np.bool_]) -> None:
    """The middle, where regions are small: pale what the samples met, strong what they did not."""
    window(ax, "regions between the samples", Box([-MIDDLE] * 2, [MIDDLE] * 2))
    polygons(ax, polygons_of(found), np.where(seen, PALE[0], COLOURS[1]), width=0.25)
    ax.collections[-1].set_rasterized(True)
    at = np.linspace(found.box.lo[0], found.box.hi[0], GRIDS[0])
    at = at[np.abs(at) < MIDDLE]
    ax.scatter(*np.meshgrid(at, at), s=1.2, color=INK, lw=0)
    ax.autoscale(False)
    ax.set(xlim=(-MIDDLE, MIDDLE), ylim=(-MIDDLE, MIDDLE))


def _counts(ax: Axes, counts: list[int]) -> None:
    panel(ax, "regions of 2–32–32–1 on [−6, 6]²")
    names = ["exact", *(f"{n:,} × {n:,}\nsamples" for n in GRIDS)]
    bars(ax, names, counts, colours=(COLOURS[1], PALE[0], PALE[0]), digits=0)
    share = 1 - counts[1] / counts[0]
    note(ax, f"{share:.0%}\nmissed", (1, counts[1] / 2), colour=SOFT)
    note(ax, f"{1 - counts[2] / counts[0]:.0%} \nmissed", (2, counts[2] / 2), colour=SOFT)
