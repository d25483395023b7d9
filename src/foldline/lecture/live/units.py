"""Question 3, live: four units with their slopes, read off at a place; weight and bias move all of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...activations import UNITS
from ..units import REACH, Answer
from .handle import Handle, across
from .sampled import along, numbered

BEATS: tuple[dict[str, Any], ...] = ({}, {"x": 0.0}, {"x": 2.5}, {"w": 3.0, "b": -2.0})
CONTROLS = ("x", "w", "b")


def handles(answer: Answer) -> tuple[Handle, ...]:
    """Return the place read off, on each of the four curves."""
    return tuple(
        across("x:x", one.name, (answer.state.x, one.value), (-REACH, REACH), series=k)
        for k, one in enumerate(answer.curves)
    )


def shown(answer: Answer) -> dict[str, Any]:
    """Return each unit's curve and slope as paths, and both at the place."""
    return {
        "x": answer.state.x,
        "curves": {
            one.name: {"values": list(one.values), "slopes": list(one.slopes), "value": one.value, "slope": one.slope}
            for one in answer.curves
        },
    }


def numbers(answer: Answer) -> dict[str, Any]:
    """Return z, and each unit's value and derivative."""
    each = {f"{one.name}.{what}": getattr(one, what) for one in answer.curves for what in ("value", "slope")}
    return {"z": answer.z, "y": answer.curves[1].value, **{k: v for k, v in each.items() if k != "sigmoid.value"}}


def overlay(answer: Answer) -> dict[str, Any]:
    """Return what 100 samples would draw of each unit, and the steepest slope they would show."""
    x, state = along(-REACH, REACH), answer.state
    heights = {one.name: UNITS[one.name].value(state.w * x + state.b) for one in answer.curves}
    steep = {name: float(np.abs(np.diff(y) / np.diff(x)).max()) for name, y in heights.items()}
    return {"paths": {name: np.column_stack([x, y]) for name, y in heights.items()}} | numbered(**steep)
