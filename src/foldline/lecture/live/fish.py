"""Question 2, live: the line by two ends, every fish; fish can be added, taken away and called by the other name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...box import Box
from ..fish import Answer, State, ask
from .handle import Handle, free
from .lines import crossing, through
from .places import at_of, more, relabelled, without
from .sampled import fewest, numbered

PLANE = Box([31, 0], [109, 10.4])
GRIPS = np.array([42.0, 98.0])  # lengths at which the line has its two handles
BEATS: tuple[dict[str, Any], ...] = ({"overlap": 0.5}, {"overlap": 0.5, "line": (-60.0, 1.0, -1.0)}, {"overlap": 1.6})
CONTROLS = ("overlap", "n", "seed")


def handles(answer: Answer) -> tuple[Handle, ...]:
    """Return the fish, and two places of the line."""
    ends = _grips(answer)
    fish = [
        free(f"xy:points.{k}", "plane", at, PLANE, ("press", "delete"), int(label))
        for k, (at, label) in enumerate(zip(answer.samples.inputs, answer.samples.targets[:, 0], strict=True))
    ]
    return *[free(f"end.{k}", "plane", at, PLANE) for k, at in enumerate(ends)], *fish


def _grips(answer: Answer) -> Any:
    """Two places of the line held, inside the panel."""
    return crossing(answer.line, PLANE, inset=0.08)


def filled(state: State) -> State:
    """Return the state with its fish and their names written out."""
    return replace(state, **at_of(ask(state).samples))


def moved(state: State, name: str, to: tuple[float, float]) -> State:
    """Return the line through the place of one handle and that of the other; its sides stay as they are."""
    answer = ask(state)
    ends = _grips(answer)
    ends[int(name.removeprefix("end."))] = to
    return replace(state, line=through(ends, like=answer.line))


def pressed(state: State, name: str, act: str) -> State:
    """Return the state with one fish called by the other name, or gone; one of each kind stays."""
    k, full = int(name.rsplit(".", 1)[1]), filled(state)
    made = replace(full, **(relabelled(full, k, 2) if act == "press" else without(full, k)))
    return made if len({*(made.labels or ())}) == 2 else state


def added(state: State, panel: str, to: tuple[float, float]) -> State:
    """Return the state with one salmon more."""
    return replace(state, **more(filled(state), to, 0))


def shown(answer: Answer) -> dict[str, Any]:
    """Return the line, the band of the widest one, both hulls, the fish that are wrong, and the certificate."""
    wide, common = answer.separation, answer.separation.common_point
    held = crossing(answer.line, PLANE)
    lines = [crossing(wide.weights[0], PLANE, shift) for shift in _shifts(answer)] if wide.separable else []
    return {
        "points": answer.samples.inputs, "labels": answer.samples.targets[:, 0].astype(int), "line": held,
        "best": crossing(answer.best.weights[0], PLANE), "band": lines, "hulls": answer.hulls,
        "wrong": answer.samples.inputs[list(answer.fewest.wrong)] if answer.fewest else np.zeros((0, 2)),
        "support": answer.samples.inputs[list(wide.support)] if wide.separable else np.zeros((0, 2)),
        "common": None if common is None else [float(v) for v in common],
    }  # fmt: skip


def _shifts(answer: Answer) -> tuple[float, float]:
    weights = np.array([float(w) for w in answer.separation.weights[0][1:]])
    reach = float(answer.separation.margin) * float(np.linalg.norm(weights))
    return -reach, reach


def numbers(answer: Answer) -> dict[str, Any]:
    """Return the errors of the line held, and the margin or the certificate with the fewest errors of any line."""
    apart = answer.separation
    found: dict[str, Any] = {"errors": answer.errors, "line": answer.line, "separable": apart.separable}
    if apart.separable:
        found |= {"margin": float(apart.margin), "best": [float(w) for w in apart.weights[0]]}
    else:
        common = apart.common_point or ()
        found |= {"common": [float(v) for v in common], "fewest": answer.fewest.count if answer.fewest else 0}
    return found | {"checked": answer.checked}


def overlay(answer: Answer) -> dict[str, Any]:
    """Return the best of 100 x 100 lines, by angle and offset, with its errors and, where it has none, its margin."""
    count, margin, line = fewest(answer.samples.inputs, answer.samples.targets[:, 0], PLANE)
    told = {"errors": count} if count else {"errors": count, "margin": margin}
    return {"line": crossing(line, PLANE)} | numbered(**told)
