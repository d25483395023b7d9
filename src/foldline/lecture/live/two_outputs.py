"""Question 10, live: two curves with shared joints; every offset, slope and weight by a handle of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..two_outputs import Answer, State
from .handle import Handle, across, upright
from .sampled import SAMPLES
from .shallow import path, sampled

REACH = (-4.0, 4.0)
BEATS: tuple[dict[str, Any], ...] = (
    {}, {"outputs": ((0.55, -2.5, -1.0, 1.5, -0.5), (-0.05, 2.0, 0.0, -2.0, -0.5))},
    {"hidden": ((-0.45, 1.0), (0.45, -1.0), (-1.2, 2.0), (0.85, -1.0))},
)  # fmt: skip
CONTROLS = ("outputs.0.0", "outputs.1.0")


def handles(answer: Answer) -> tuple[Handle, ...]:
    """Return the joints on the first curve and under the units, the units' slopes, and all weights."""
    made: list[Handle] = []
    curve = answer.curves[0]
    for x, y, unit in zip(curve.joints, curve.y[1:-1], curve.units, strict=True):
        made.append(across(f"joint.{unit}", "curves", (x, y), (0.0, 1.0), series=2 + int(unit)))
    for k, (offset, slope) in enumerate(answer.state.hidden):
        joint = -offset / slope if slope else 0.0
        made.append(across(f"joint.{k}", "units", (joint, 0.0), (0.0, 1.0), series=2 + k))
        made.append(
            upright(f"slope.{k}", "units", (_end(slope), slope * (_end(slope) - joint)), (0.0, 2.5), series=2 + k)
        )
    for o, row in enumerate(answer.state.outputs):
        made += [upright(f"y:outputs.{o}.{k}", "weights", (o * 6 + k, v), REACH, series=o) for k, v in enumerate(row)]
    return tuple(made)


def _end(slope: float) -> float:
    """The side of the interval on which a unit is on."""
    return 1.0 if slope > 0 else 0.0


def moved(state: State, name: str, to: tuple[float, float]) -> State:
    """Return the state with one unit's joint elsewhere, its slope kept, or its slope another, its joint kept."""
    what, k = name.split(".")[0], int(name.split(".")[1])
    offset, slope = state.hidden[k]
    if what == "joint":
        unit = (-slope * to[0], slope)
    else:
        joint, end = -offset / slope if slope else 0.0, _end(slope)
        turned = to[1] / (end - joint) if end != joint else slope
        unit = (-turned * joint, turned) if turned else (offset, slope)
    return replace(state, hidden=(*state.hidden[:k], unit, *state.hidden[k + 1 :]))


def shown(answer: Answer) -> dict[str, Any]:
    """Return both curves, the units' paths, the shared joints and the weights."""
    bars = np.concatenate([[*row, 0.0] for row in answer.state.outputs])
    return {"curves": [path(curve) for curve in answer.curves], "units": list(answer.units),
            "joints": [path(curve)[1:-1] for curve in answer.curves], "weights": bars}  # fmt: skip


def numbers(answer: Answer) -> dict[str, Any]:
    """Return the shared joints and the slopes of each output."""
    slopes = {f"slopes.{k}": curve.slopes for k, curve in enumerate(answer.curves)}
    own = {f"joints.{k}": len(curve.joints) for k, curve in enumerate(answer.curves)}
    return {"shared": answer.shared, **own, **slopes, "parameters": answer.network.n_parameters}


def overlay(answer: Answer) -> dict[str, Any]:
    """Return the curves that 100 samples would have drawn."""
    return {"paths": [sampled(curve, SAMPLES) for curve in answer.curves]}
