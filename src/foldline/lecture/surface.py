"""Question 17: where exactly is a network zero?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..box import Box
from ..exact.regions import Regions, regions
from ..exact.surface import Surface
from ..mesh import Mesh
from ..network import Network
from ..same import Compared
from .handles import Array, Span, Window
from .shapes import CUBE, elephant


@dataclass(frozen=True)
class State:
    """A slice through an elephant's signed distance network in [-1, 1]^3.

    axis, at   which of x, y, z is fixed, and where: through the body
    window     left, low, right, high on the slice, whose regions are shown
    """

    axis: Annotated[int, Span(0, 2)] = 2
    at: Annotated[float, Span(-1.0, 1.0)] = 0.05
    window: Window = (-0.3, -0.15, -0.1, 0.05)


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """The zero set, and a slice through it.

    exact     polygons, one a region they pass, and what is proved of them
    slice     the regions of the whole slice; near: those of the window
    line      (n, 2, 3) ends of the straight pieces in which the slice cuts the surface
    """

    state: State
    network: Network
    exact: Surface
    slice: Regions
    near: Regions
    line: Array


def ask(state: State) -> Answer:
    """Return the exact zero set, the regions on the slice, and where they meet.

    cost   1.5 s for the surface, once; a slice takes 10 ms
    """
    network, exact = elephant()
    left, low, right, high = state.window
    near = regions(on_slice(network, state.axis, state.at), Box([left, low], [right, high]))
    cut = slice_regions(network, CUBE, state.axis, state.at)
    return Answer(state, network, exact, cut, near, section(exact.mesh, state.axis, state.at))


def on_slice(network: Network, axis: int, at: float) -> Network:
    """Return a network of 3 inputs as one of the other two where one axis has a given value."""
    u, v = np.eye(3)[[i for i in range(3) if i != axis]]
    return network.on_plane(at * np.eye(3)[axis], u, v)


def slice_regions(network: Network, box: Box, axis: int, at: float) -> Regions:
    """Return the linear regions on the slice of a box where one axis has a given value, exactly."""
    free = [i for i in range(3) if i != axis]
    return regions(on_slice(network, axis, at), Box(box.lo[free], box.hi[free]))


def section(mesh: Mesh, axis: int, at: float) -> Array:
    """Return where a plane across one axis cuts a mesh's convex polygons, (n, 2, 3) end points.

    A corner on the plane counts as above it, so that a polygon is cut in two points or none.
    """
    following = mesh.following
    over = (mesh.vertices[:, axis] >= at)[mesh.corners]
    hit = np.flatnonzero(over != over[following])
    faces = np.searchsorted(mesh.offsets, hit, side="right")
    a, b = mesh.vertices[mesh.corners[hit]], mesh.vertices[mesh.corners[following[hit]]]
    za, zb = a[:, axis] - at, b[:, axis] - at
    points = a + (za / (za - zb))[:, None] * (b - a)
    first = np.flatnonzero(np.diff(faces, append=-1) == 0)
    return np.stack([points[first], points[first + 1]], axis=1) if len(first) else np.zeros((0, 2, 3))
