"""Question 11, live: N1, N2, and N2 after N1; the joints of both move, and a level shows the fold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..composing import Answer, State
from .handle import Handle, across, upright
from .sampled import along
from .shallow import path

BEATS: tuple[dict[str, Any], ...] = ({}, {"level": -0.2}, {"copies": 2}, {"copies": 4}, {"copies": 1, "variants": True})
CONTROLS = ("copies", "level", "variants")


def handles(answer: Answer) -> tuple[Handle, ...]:
    """Return the joints of both networks, and the level."""
    made = [upright("y:level", "first", (-1.0, answer.state.level), (-1.0, 1.0))]
    for which, rows in (("first", answer.state.first_hidden), ("second", answer.state.second_hidden)):
        curve = answer.first.curve if which == "first" else answer.powers[0].curve
        for k, (offset, slope) in enumerate(rows):
            joint = -offset / slope if slope else 0.0
            height = float(np.interp(joint, curve.x, curve.y))
            made.append(across(f"{which}.{k}", which, (joint, height), (-1.0, 1.0), series=k))
    return tuple(made)


def moved(state: State, name: str, to: tuple[float, float]) -> State:
    """Return the state with the joint of one unit elsewhere."""
    which, k = name.split(".")
    rows = list(getattr(state, f"{which}_hidden"))
    _, slope = rows[int(k)]
    rows[int(k)] = (-slope * to[0], slope)
    made = tuple(rows)
    return replace(state, first_hidden=made) if which == "first" else replace(state, second_hidden=made)


def shown(answer: Answer) -> dict[str, Any]:
    """Return N1, N2, N2 after the copies of N1 with the unit of each joint, and the x that share the level."""
    last = answer.powers[-1]
    return {"first": path(answer.first.curve), "second": path(answer.powers[0].curve), "whole": path(last.curve),
            "joints": path(last.curve)[1:-1], "units": last.curve.units, "over": answer.over,
            "level": answer.state.level}  # fmt: skip


def numbers(answer: Answer) -> dict[str, Any]:
    """Return the pieces of every power, and of the variants where they were asked for."""
    made: dict[str, Any] = {"first": answer.first.n_pieces, "pieces": [whole.n_pieces for whole in answer.powers]}
    made |= {"joints": len(answer.powers[-1].curve.joints), "over": answer.over,
             "parameters": answer.powers[-1].network.n_parameters}  # fmt: skip
    return made | answer.variants | ({"free": answer.free.n_pieces} if answer.free else {})


def overlay(answer: Answer) -> dict[str, Any]:
    """Return the curve that 100 samples would have drawn."""
    x = along(-1, 1)
    return {"path": np.column_stack([x, answer.powers[-1].network(x[:, None])[:, 0]])}
