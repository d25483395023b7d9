"""Question 6, live: the plane of inputs and the hidden space side by side; the two lines and the corners move."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...box import Box
from ..regions import seen_by_grid
from ..xor import SQUARE, Answer, State, ask
from .cells import cut
from .handle import Handle, free
from .lines import crossing, through
from .sampled import SAMPLES

BEATS: tuple[dict[str, Any], ...] = (
    {}, {"hidden": ((0.0, 1.0, 1.0), (-0.5, 1.0, 1.0))}, {"hidden": ((0.0, 1.0, -1.0), (0.0, -1.0, 1.0)),
                                                          "output": (0.0, 1.0, 1.0)}, {"starts": 100},
)  # fmt: skip
CONTROLS = ("level", "starts", "seed")


def handles(answer: Answer) -> tuple[Handle, ...]:
    """Return two places on each hidden line, and the four corners."""
    made = [
        free(f"line.{unit}.{k}", "plane", at, SQUARE, series=2 + unit)
        for unit, row in enumerate(answer.state.hidden[:2])
        for k, at in enumerate(crossing(row, SQUARE, inset=0.06))
    ]
    inputs, labels = answer.samples.inputs, answer.samples.targets[:, 0]
    corners = [free(f"xy:points.{k}", "plane", at, SQUARE, series=int(labels[k])) for k, at in enumerate(inputs)]
    return *made, *corners


def filled(state: State) -> State:
    """Return the state with its corners written out."""
    points = ask(replace(state, starts=0)).samples.inputs
    return replace(state, points=tuple((float(x), float(y)) for x, y in points))


def moved(state: State, name: str, to: tuple[float, float]) -> State:
    """Return the state with one place of a hidden line elsewhere."""
    _, unit, k = name.split(".")
    row = state.hidden[int(unit)]
    ends = crossing(row, SQUARE, inset=0.06)
    ends[int(k)] = to
    hidden = list(state.hidden)
    hidden[int(unit)] = through(ends, like=row)
    return replace(state, hidden=tuple(hidden))


def shown(answer: Answer) -> dict[str, Any]:
    """Return the regions of the plane and their images in the hidden space, with what separates there."""
    slide = answer.slide
    h = slide.image.inputs
    high = np.maximum(h.max(axis=0), 1.0) * 1.15
    view = Box([-0.25, -0.25], high[:2] + 0.1)
    border = slide.border
    return {
        "plane": cut(slide.regions),
        "folds": [crossing(row, SQUARE) for row in answer.state.hidden[:2]],
        "border": [np.asarray(part) for part in border.polylines],
        "points": answer.samples.inputs, "labels": answer.samples.targets[:, 0].astype(int), "h": h[:, :2],
        "images": [image[:, :2] for image in slide.images], "view": [*view.lo, *view.hi],
        "line": crossing(slide.line.weights[0], view) if slide.line.separable else None,
        "common": None if slide.line.separable else [float(v) for v in slide.line.common_point or ()],
        "success": answer.success, "widths": answer.state.widths,
    }  # fmt: skip


def numbers(answer: Answer) -> dict[str, Any]:
    """Return whether a line does it in either space, with margin or certificate, and how often it is learnt."""
    line = answer.slide.line
    found: dict[str, Any] = {"alone": answer.alone.separable, "hidden": line.separable}
    if not answer.alone.separable:
        found |= {"common": [str(v) if len(str(v)) < 12 else float(v) for v in answer.alone.common_point or ()]}
    found |= {"margin": float(line.margin)} if line.separable else {"met": [float(v) for v in line.common_point or ()]}
    found |= {"h": answer.slide.image.inputs.ravel(), "regions": len(answer.slide.regions)}
    return found | ({"success": answer.success} if answer.success else {})


def overlay(answer: Answer) -> dict[str, Any]:
    """Return which regions of the plane a grid of 100 x 100 samples comes to know of."""
    return {"seen": seen_by_grid(answer.slide.regions, SAMPLES)}
