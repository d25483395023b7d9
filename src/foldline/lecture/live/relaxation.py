"""Question 20, live: the temperature of the first sigmoid and the band outside which it is measured."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...activations import sigmoid
from ...box import Box
from ..relaxation import Answer
from .cells import mesh_of
from .handle import Handle, across, upright
from .lines import crossing
from .sampled import along, numbered

PLANE = Box([31, 0], [109, 10.4])
REACH, PIXELS = 6.0, 96
BEATS: tuple[dict[str, Any], ...] = ({}, {"temperatures": (0.25, 1.0, 0.5, 0.1)}, {"band": 2.0}, {"band": 0.0})
CONTROLS = ("temperatures.0", "band", "overlap", "seed")


def handles(answer: Answer) -> tuple[Handle, ...]:
    """Return the edge of the band, and the temperature as the height of a point that shows it."""
    state = answer.state
    edge = (state.band, 1 - answer.farthest[0])
    return (
        across("x:band", "curves", edge, (0.0, REACH)),
        upright("y:temperatures.0", "distance", (0.0, state.temperatures[0]), (0.02, 4.0), series=0),
    )


def shown(answer: Answer) -> dict[str, Any]:
    """Return the sigmoids over z, the distances to the step, and the plane with the first one over it."""
    z = np.linspace(-REACH, REACH, 401)
    places, box = mesh_of(PLANE, PIXELS)
    first = sigmoid((answer.line[0] + places @ answer.line[1:]) / answer.state.temperatures[0])
    curves = [np.column_stack([z, sigmoid(z / t)]) for t in answer.state.temperatures]
    return {
        "curves": curves, "band": answer.state.band, "farthest": answer.farthest, "box": box,
        "temperatures": answer.state.temperatures, "surface": first.reshape(PIXELS, PIXELS),
        "line": crossing(answer.line, PLANE), "points": answer.samples.inputs,
        "edges": [crossing(answer.line, PLANE, shift) for shift in (-answer.state.band, answer.state.band)],
        "labels": answer.samples.targets[:, 0].astype(int),
    }  # fmt: skip


def numbers(answer: Answer) -> dict[str, Any]:
    """Return the largest distance to the step outside the band, and on the boundary."""
    return {"band": answer.state.band, "temperatures": answer.state.temperatures, "farthest": answer.farthest,
            "at_zero": answer.at_zero, "levels": answer.levels, "line": answer.line}  # fmt: skip


def overlay(answer: Answer) -> dict[str, Any]:
    """Return 100 samples of the first curve, and the largest distance to the step that those outside the band show."""
    z = along(-REACH, REACH)
    out = z[np.abs(z) > answer.state.band]
    heights = [sigmoid(z / t) for t in answer.state.temperatures]
    far = [float(np.abs(sigmoid(out / t) - (out > 0)).max(initial=0.0)) for t in answer.state.temperatures]
    return {"places": np.column_stack([z, heights[0]])} | numbered(farthest=far)
