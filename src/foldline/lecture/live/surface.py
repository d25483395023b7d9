"""Question 17, live: the exact zero set, a slice through it, and the window on the slice whose regions are shown."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from ...box import Box
from ...colour import region_index
from ...exact.regions import Regions, regions
from ..regions import seen_by_grid
from ..shapes import elephant
from ..surface import Answer, State, on_slice, section
from .cells import cut
from .handle import Handle, free, upright
from .sampled import SAMPLES
from .solids import solid

WHOLE = Box([-1, -1], [1, 1])
LEAST = 0.02
BEATS: tuple[dict[str, Any], ...] = (
    {}, {"axis": 0, "at": 0.0}, {"at": 0.15}, {"window": (-0.05, -0.05, 0.02, 0.02)},
)  # fmt: skip
CONTROLS = ("axis", "at")


@cache
def fixed() -> dict[str, Any]:
    """Return the exact surface."""
    return {"exact": solid(elephant()[1].mesh)}


def handles(answer: Answer) -> tuple[Handle, ...]:
    """Return where the slice is, and two corners of the window."""
    return _handles(answer.state)


def _handles(state: State) -> tuple[Handle, ...]:
    left, low, right, high = state.window
    return (
        upright("y:at", "slice", (-0.97, state.at), (-1.0, 1.0), series=1), free("low", "slice", (left, low), WHOLE),
        free("high", "slice", (right, high), WHOLE),
    )  # fmt: skip


def moved(state: State, name: str, to: tuple[float, float]) -> State:
    """Return the state with one corner of the window elsewhere."""
    left, low, right, high = state.window
    if name == "low":
        return replace(state, window=(min(to[0], right - LEAST), min(to[1], high - LEAST), right, high))
    return replace(state, window=(left, low, max(to[0], left + LEAST), max(to[1], low + LEAST)))


def rough(state: State) -> tuple[tuple[Handle, ...], dict[str, Any]]:
    """Return the slice's line and the window's regions, without the tens of thousands of the whole slice."""
    network, exact = elephant()
    left, low, right, high = state.window
    near = regions(on_slice(network, state.axis, state.at), Box([left, low], [right, high]))
    return _handles(state), _drawn(state, near, section(exact.mesh, state.axis, state.at))


def shown(answer: Answer) -> dict[str, Any]:
    """Return the slice's line, in the plane and in space, and the regions of the slice and of the window."""
    return _drawn(answer.state, answer.near, answer.line) | {"whole": cut(answer.slice)}


def _drawn(state: State, near: Regions, line: Any) -> dict[str, Any]:
    others = [i for i in range(3) if i != state.axis]
    names = near.patterns.astype(np.uint64) @ np.arange(1, near.patterns.shape[1] + 1, dtype=np.uint64)
    corners = np.full((4, 3), state.at)
    corners[:, others] = [[-1, -1], [1, -1], [1, 1], [-1, 1]]
    return {"line": line[:, :, others], "space": line.astype(np.float32).ravel(), "near": cut(near),
            "colours": region_index(names), "window": state.window, "axis": state.axis, "at": state.at,
            "frame": corners[[0, 1, 1, 2, 2, 3, 3, 0]].ravel()}  # fmt: skip


def numbers(answer: Answer) -> dict[str, Any]:
    """Return facets, whether it is closed, Euler number, area, volume, and the regions on the slice."""
    mesh = answer.exact.mesh
    return {"facets": mesh.n_faces, "closed": mesh.closed, "euler": mesh.euler, "area": mesh.area,
            "volume": mesh.volume, "off": answer.exact.max_abs_value, "slice": len(answer.slice),
            "near": len(answer.near), "pieces": len(answer.line), "certified": answer.exact.certified}  # fmt: skip


def overlay(answer: Answer) -> dict[str, Any]:
    """Return which regions of the window a grid of 100 x 100 samples comes to know of."""
    return {"seen": seen_by_grid(answer.near, SAMPLES)}
