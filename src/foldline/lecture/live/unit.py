"""Question 4, live: one unit, its inputs, weights and bias by sliders of their own, and every value on the way."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..unit import Answer
from .handle import Handle, upright

REACH = (-2.0, 2.0)
BEATS: tuple[dict[str, Any], ...] = ({}, {"inputs": (1.0, 0.0, 0.0)}, {"bias": -0.37}, {"weights": (0.2, -1.5, 0.9)})
CONTROLS = ("bias",)


def handles(answer: Answer) -> tuple[Handle, ...]:
    """Return inputs, weights and the bias, each up and down in its place."""
    state = answer.state
    columns = [(f"y:inputs.{k}", value, 0) for k, value in enumerate(state.inputs)]
    columns += [(f"y:weights.{k}", value, 1) for k, value in enumerate(state.weights)]
    columns += [("y:bias", state.bias, 2)]
    return tuple(
        upright(name, "sliders", (x, value), REACH, series=hue) for x, (name, value, hue) in enumerate(columns)
    )


def shown(answer: Answer) -> dict[str, Any]:
    """Return what the diagram writes, and the staircase of the sums."""
    state = answer.state
    return {"inputs": state.inputs, "weights": state.weights, "bias": state.bias, "terms": answer.terms,
            "sums": answer.sums, "z": answer.z, "y": answer.y, "n": len(state.inputs),
            "values": np.array([*state.inputs, *state.weights, state.bias])}  # fmt: skip


def numbers(answer: Answer) -> dict[str, Any]:
    """Return every value on the way."""
    return {"terms": answer.terms, "sums": answer.sums, "z": answer.z, "y": answer.y}
