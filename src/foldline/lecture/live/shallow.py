"""Question 7, live: four linked rows; joints, slopes and the curve itself can be dragged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..curves import Curve
from ..shallow import Answer, State, ask
from .handle import Handle, across, upright
from .sampled import along

BEATS: tuple[dict[str, Any], ...] = (
    {}, {"x": 0.15}, {"x": 0.4}, {"x": 0.9}, {"output": (-0.3, 2.0, 3.0, 7.0)},
)  # fmt: skip
CONTROLS = ("output.0", "x")


def handles(answer: Answer) -> tuple[Handle, ...]:
    """Return for each unit its joint and its line's right end; the weights; and the place followed."""
    made: list[Handle] = []
    for k, (offset, slope) in enumerate(answer.state.hidden):
        joint = -offset / slope if slope else 0.0
        made.append(across(f"joint.{k}", f"linear{k}", (joint, 0.0), (-0.5, 1.5), series=k))
        made.append(upright(f"end.{k}", f"linear{k}", (1.0, offset + slope), (-1.5, 1.5), series=k))
        made.append(upright(f"weight.{k}", f"weighted{k}", answer.steps[k].weighted[-1], (-1.5, 1.5), series=k))
    curve = answer.curve
    for x, y, unit in zip(curve.joints, curve.y[1:-1], curve.units, strict=True):
        made.append(across(f"joint.{unit}", "sum", (x, y), (0.0, 1.0), series=int(unit)))
    made.append(upright("start", "sum", (0.0, float(curve.y[0])), (-1.5, 1.5)))
    made.append(across("x:x", "sum", (answer.state.x, -1.0), (0.0, 1.0)))
    return tuple(made)


def moved(state: State, name: str, to: tuple[float, float]) -> State:
    """Return the state with one unit's joint, slope or weight another."""
    what, _, number = name.partition(".")
    if what == "start":
        begin = float(ask(state).curve.y[0])
        return replace(state, output=(state.output[0] + to[1] - begin, *state.output[1:]))
    k = int(number)
    offset, slope = state.hidden[k]
    if what == "weight":
        end = max(offset + slope, 0.0)
        weight = to[1] / end if end else state.output[k + 1]
        return replace(state, output=(*state.output[: k + 1], weight, *state.output[k + 2 :]))
    unit = (-slope * to[0], slope) if what == "joint" else (offset, to[1] - offset)
    return replace(state, hidden=(*state.hidden[:k], unit, *state.hidden[k + 1 :]))


def shown(answer: Answer) -> dict[str, Any]:
    """Return each unit's three paths, the curve, and the values at the place followed."""
    steps = [{"linear": s.linear, "rectified": s.rectified, "weighted": s.weighted} for s in answer.steps]
    return {"steps": steps, "curve": path(answer.curve), "joints": path(answer.curve)[1:-1],
            "units": answer.curve.units, "x": answer.state.x, "linear": answer.linear,
            "rectified": answer.rectified, "weighted": answer.weighted, "summed": answer.summed}  # fmt: skip


def path(curve: Curve) -> Any:
    """Return a curve's corners, (n, 2)."""
    return np.column_stack([curve.x, curve.y])


def sampled(curve: Curve, n: int) -> Any:
    """Return the path that n samples of a curve would have drawn, (n, 2)."""
    x = np.linspace(curve.x[0], curve.x[-1], n)
    return np.column_stack([x, np.interp(x, curve.x, curve.y)])


def numbers(answer: Answer) -> dict[str, Any]:
    """Return joints, slope and offset of each piece, and the value at the place followed."""
    curve = answer.curve
    return {"joints": curve.joints, "slopes": curve.slopes, "offsets": curve.offsets, "summed": answer.summed}


def overlay(answer: Answer) -> dict[str, Any]:
    """Return the curve that 100 samples would have drawn."""
    x = along(0, 1)
    return {"path": np.column_stack([x, answer.network(x[:, None])[:, 0]])}
