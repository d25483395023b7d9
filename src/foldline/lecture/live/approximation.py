"""Question 9, live: the target by its corners, the number of units, and the tolerance."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...box import Box
from ...exact.regions import regions
from ..approximation import Answer, State, target_of
from ..curves import knots
from .handle import Handle, upright
from .sampled import along

CORNERS = 9  # of the target, once it is drawn by hand
DRAWN = 601
HEIGHT = (-1.4, 1.4)
BEATS: tuple[dict[str, Any], ...] = ({}, {"units": (10,)}, {"units": (16,)}, {"units": (6,), "tolerances": (0.05,)},
                                     {"target": "bell"})  # fmt: skip
CONTROLS = ("target", "units.0", "tolerances")


def handles(answer: Answer) -> tuple[Handle, ...]:
    """Return the corners of the target, up and down."""
    return _handles(answer.state)


def rough(state: State) -> tuple[tuple[Handle, ...], dict[str, Any]]:
    """Return the target alone: the proof takes seconds."""
    return _handles(state), _target(state)


def _handles(state: State) -> tuple[Handle, ...]:
    drawn = _corners(state)
    return tuple(upright(f"y:drawn.{k}.1", "curve", at, HEIGHT, series=0) for k, at in enumerate(drawn))


def _corners(state: State) -> Any:
    if state.drawn is not None:
        return np.array(state.drawn)
    x = np.linspace(*state.interval, CORNERS)
    return np.column_stack([x, target_of(state.target)(x)])


def filled(state: State) -> State:
    """Return the state with its target as corners, and a unit for each at least."""
    drawn = tuple((float(x), float(y)) for x, y in _corners(state))
    return replace(state, drawn=drawn, units=tuple(max(units, len(drawn)) for units in state.units))


def shown(answer: Answer) -> dict[str, Any]:
    """Return the target, the band of the proved error, and the network's corners."""
    found = answer.proved[0] if answer.proved else answer.closest[0]
    box = Box([found.interval[0]], [found.interval[1]])
    x, target = _target(answer.state)["target"].T
    path = np.column_stack(knots(regions(found.network, box)))
    error = np.column_stack([x, found.network(x[:, None])[:, 0] - target])
    band = np.concatenate(
        [np.column_stack([x, target + found.error]), np.column_stack([x, target - found.error])[::-1]]
    )
    return {**_target(answer.state), "band": band, "path": path,
            "error": error, "bound": found.error}  # fmt: skip


def _target(state: State) -> dict[str, Any]:
    x = np.linspace(*state.interval, DRAWN)
    y = np.asarray(target_of(state.target, state.drawn)(x), dtype=np.float64)
    return {"interval": state.interval, "target": np.column_stack([x, y])}


def numbers(answer: Answer) -> dict[str, Any]:
    """Return the proved errors of so many units, and the units that tolerances need."""
    made: dict[str, Any] = {}
    for found in answer.closest[:1]:
        made |= {"units": found.units, "error": found.error, "joints": found.joints}
    for found in answer.proved[:1]:
        made |= {"enough": found.units, "least": found.least_units, "within": found.error}
    return made | {"proof": (answer.proved or answer.closest)[0].proof}


def overlay(answer: Answer) -> dict[str, Any]:
    """Return the largest error that 100 samples come to know of."""
    found = (answer.proved or answer.closest)[0]
    x = along(*found.interval)
    target = np.asarray(target_of(answer.state.target, answer.state.drawn)(x), dtype=np.float64)
    error = found.network(x[:, None])[:, 0] - target
    return {"places": np.column_stack([x, error]), "seen": float(np.abs(error).max())}
