"""Question 16, live: one shape as a network, as voxels, points and triangles, at three resolutions."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from ..shapes import Answer, State, elephant
from .handle import Handle, across
from .solids import solid

SIZES = (32, 64, 128)
BEATS: tuple[dict[str, Any], ...] = ({}, {"resolutions": (64,)})
CONTROLS = ("resolutions.0",)


@cache
def fixed() -> dict[str, Any]:
    """Return the exact surface."""
    return {"exact": solid(elephant()[1].mesh)}


def handles(answer: Answer) -> tuple[Handle, ...]:
    """Return the resolution, on the panel of bytes."""
    form = answer.forms[0]
    return (_handle(form.n, form.size),)


def _handle(n: int, size: float) -> Handle:
    return replace(across("resolution", "price", (n, size), (32.0, 128.0)), stops=tuple(map(float, SIZES)))


def moved(state: State, name: str, to: tuple[float, float]) -> State:
    """Return the state with the nearest of the slides' resolutions."""
    return replace(state, resolutions=(min(SIZES, key=lambda n: abs(n - to[0])),))


def rough(state: State) -> tuple[tuple[Handle, ...], dict[str, Any]]:
    """Return where the resolution is: the shapes follow when the hand rests."""
    n = state.resolutions[0]
    return (_handle(n, n**3 / 8),), {"n": n}


def shown(answer: Answer) -> dict[str, Any]:
    """Return the three forms, their bytes and distances."""
    blocks, cloud, triangles = answer.forms[:3]
    sizes = {form.kind: form.size for form in answer.forms[:3]} | {"network": answer.network_bytes}
    return {
        "n": blocks.n, "voxels": solid(blocks.mesh), "triangles": solid(triangles.mesh),
        "points": cloud.points.astype(np.float32), "sizes": sizes,
        "far": {form.kind: [form.mean, form.most] for form in answer.forms[:3]},
    }  # fmt: skip


def numbers(answer: Answer) -> dict[str, Any]:
    """Return the bytes of each form, and how far it is from the exact surface."""
    made: dict[str, Any] = {"network": answer.network_bytes, "surface": answer.surface_bytes,
                            "polygons": answer.exact.n_faces}  # fmt: skip
    for form in answer.forms[:3]:
        made |= {f"{form.kind}.size": form.size, f"{form.kind}.mean": form.mean, f"{form.kind}.most": form.most}
    return made
