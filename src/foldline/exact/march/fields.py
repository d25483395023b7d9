"""Fields: the exact level set of a field with 3 inputs, cut out of the simplices that it may pass."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...box import Box
from ...grid import Grid
from ...mesh import Mesh
from ...network import Network
from ...polytope import Polytope
from ..chain.form import Chain
from ..chain.ranges import chain_in_range
from ..complex.complex import Complex
from ..complex.cut import complex_of
from ..complex.measure import loops_facing, neighbours
from ..part.within import Place, inside, place_of, with_sides
from ..proof import Proof
from ..rational.arbiter import Arbiter
from ..start import Start, cells_in
from ..work import Work
from .cover import cover
from .polygons import BYTES_A_POLYGON, Surface

try:
    _field: Any = import_module("._field", __package__)
except ImportError:  # no compiler where foldline was installed
    _field = None

Array = NDArray[np.float64]
Index = NDArray[np.int64]

COVERED = 0.2  # of the work, about: the rest is cutting


def field_polygons(network: Network, box: Box | Polytope, level: float, work: Work) -> Surface:
    """Return where a field equals a level, as polygons that share vertices.

    The simplices that may meet the level are found by bounds, none is missing, and cut by one unit after another; parts
    that the level cannot pass are dropped at once, and where no unit is left the level cuts out a polygon.
    network   behind a grid of 3 inputs, or a slice with 3; 1 output, piecewise-linear hidden units
    box       or a polytope, within the grid's box; the surface ends on it
    level     before the output unit
    returns   as ``march_polygons`` does, but that a region's name in ``face_values`` is a number; without patterns
    cost      about 10 microseconds of a processor a polygon with the kernel; an executor gets the regions instead
    """
    begin = perf_counter()
    assert network.grid is not None
    place = place_of(network, box)
    chain = with_sides(chain_in_range(work.who, network, place.box), place)
    if isinstance(network.grid, Grid) and work.engine_of(_field) == "kernel" and work.executor is None:
        found = _by_kernel(chain, place, level, work)
        if found is not None:
            return _answer(found, work, begin)
    return by_complex(chain, network, place, level, work)


def _by_kernel(chain: Chain, place: Place, level: float, work: Work) -> dict[str, Any] | None:
    """What the compiled module found; None where a simplex is cut into parts with more sides than it can hold."""
    grid = chain.grid
    assert isinstance(grid, Grid)
    cells = cells_in(grid, place.box)
    levels = [
        (n, np.ascontiguousarray(features, dtype=np.float32), rows)
        for n, features, rows in zip(grid.sizes, grid.features, grid.rows, strict=True)
    ]
    found: dict[str, Any] | None = _field.surface(
        [np.ascontiguousarray(W) for W in chain.weights],
        list(chain.biases),
        list(chain.below),
        level,
        grid.box.lo,
        grid.box.hi,
        levels,
        cells.min(axis=0).tolist(),
        (cells.max(axis=0) + 1).tolist(),
        arbiter=Arbiter(with_levels(chain, level)) if work.certify else None,
        progress=work.callback,
        max_polygons=float(work.limits.most_regions(BYTES_A_POLYGON)),
        seconds=min(work.limits.seconds, 1e9),
        workers=int(work.workers),
        sides=len(place.rows),
    )
    return found


def _answer(found: dict[str, Any], work: Work, begin: float) -> Surface:
    values = {"gradient": found["gradient"], "region": found["region"]}
    mesh = Mesh(found["vertices"], found["corners"], found["offsets"], face_values=values)
    explored = 1.0 if found["complete"] else float(found["explored"])
    proof = Proof(work.certify, bool(found["complete"]), explored, "kernel", perf_counter() - begin)
    return Surface(mesh, proof, float(found["largest"]), int(found["asked"]))


def by_complex(chain: Chain, network: Network, place: Place, level: float, work: Work) -> Surface:
    """Return what ``field_polygons`` does, from all regions of the simplices that may meet the level.

    chain   of the network, with the sides of the place
    cost    about 10 microseconds a region with the kernel; there are some thirty times as many as polygons
    """
    begin = perf_counter()
    first: Box | Start = place.box
    if isinstance(network.grid, Grid):
        cells = within(cover(network, level), cells_in(network.grid, place.box), network.grid.sizes[-1])
        if not len(cells):
            nothing = Mesh(np.zeros((0, 3)), np.zeros(0, dtype=np.int64), np.zeros(1, dtype=np.int64))
            return Surface(nothing, Proof(work.certify, True, 1.0, work.engine_of(None), perf_counter() - begin), 0.0)
        first = Start.of_grid(network.grid, cells)
    whole = complex_of(with_levels(chain, level), first, work.part(COVERED, 1.0))
    mesh, gap = _between(inside(whole, place))
    proof = Proof(whole.certified, whole.complete, 1.0 if whole.complete else 0.0, whole.engine, perf_counter() - begin)
    return Surface(mesh, proof, gap, whole.asked)


def with_levels(chain: Chain, levels: ArrayLike) -> Chain:
    """Return the chain with its output as an identity unit and units behind it, on above each level; nothing rounds."""
    off = -np.atleast_1d(np.asarray(levels, dtype=np.float64))
    each, none = np.ones((len(off), 1)), np.array([-1])
    return replace(
        chain, weights=(*chain.weights, each, each.T), biases=(*chain.biases, off, np.zeros(1)),
        below=(*chain.below, np.ones(1), np.zeros(len(off))), owners=(*chain.owners, none, np.full(len(off), -1)),
    )  # fmt: skip


def within(cells: Index, box: Index, n: int) -> Index:
    """Return the cells that are in a box's, both by their indices."""
    strides = n ** np.arange(cells.shape[1])
    return cells[np.isin(cells @ strides, box @ strides)]


def _between(whole: Complex) -> tuple[Mesh, float]:
    """The faces between regions above the level and not, counter-clockwise seen from above, and the largest gap."""
    above = whole.bits[:, -1].astype(bool)
    one, two, facets = neighbours(whole).T
    differ = above[one] != above[two]
    faces, high = facets[differ], np.where(above[one], one, two)[differ]
    loops, offsets = loops_facing(whole, faces, high)
    used, corners = np.unique(loops, return_inverse=True)
    vertices = whole.vertices[used]
    maps = whole.maps[high][:, 0]  # above the level: output minus level
    at = np.repeat(np.arange(len(faces)), np.diff(offsets))
    values = np.einsum("ni,ni->n", maps[at, :-1], vertices[corners]) + maps[at, -1]
    face_values = {"gradient": maps[:, :-1], "region": high}
    return Mesh(vertices, corners, offsets, face_values=face_values), float(np.abs(values).max(initial=0.0))
