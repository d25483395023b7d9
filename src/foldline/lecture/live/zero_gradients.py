"""Question 19, live: the weight held in its slice of weight space, the samples, and the walk between them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...box import Box
from ..regions import seen_by_grid
from ..zero_gradients import Answer, State, ask
from .cells import cut
from .handle import Handle, free
from .lines import crossing
from .places import at_of, more, relabelled, without
from .sampled import SAMPLES

PLANE = Box([-1.6, -1.6], [2.6, 1.7])
BEATS: tuple[dict[str, Any], ...] = ({}, {"weight": (0.6, -2.2)}, {"offset": 1.2}, {"n": 8})
CONTROLS = ("offset", "n", "noise", "seed")


def handles(answer: Answer) -> tuple[Handle, ...]:
    """Return the weight held, and the samples."""
    reach = answer.state.reach
    points = zip(answer.samples.inputs, answer.samples.targets[:, 0], strict=True)
    return (
        free("xy:weight", "weights", answer.state.weight, Box([-reach] * 2, [reach] * 2)),
        *[
            free(f"xy:points.{k}", "plane", at, PLANE, ("press", "delete"), int(label))
            for k, (at, label) in enumerate(points)
        ],
    )


def filled(state: State) -> State:
    """Return the state with its samples written out."""
    return replace(state, **at_of(ask(state).samples))


def pressed(state: State, name: str, act: str) -> State:
    """Return the state with one sample of the other class, or gone; one of each class stays."""
    k, full = int(name.rsplit(".", 1)[1]), filled(state)
    made = replace(full, **(relabelled(full, k, 2) if act == "press" else without(full, k)))
    return made if len({*(made.labels or ())}) == 2 else state


def added(state: State, panel: str, to: tuple[float, float]) -> State:
    """Return the state with one sample more in the plane."""
    full = filled(state)
    return replace(full, **more(full, to, 0)) if panel == "plane" and len(full.points or ()) < 60 else state


def shown(answer: Answer) -> dict[str, Any]:
    """Return the cells with their errors, the walk as steps, both lines and the samples."""
    walk = answer.walk
    if walk.regions.complex is None:
        raise AssertionError("a walk has one input")
    order = walk.regions.points[:, 0].argsort()
    ends = np.sort(walk.regions.complex.vertices[walk.regions.complex.edges[order], 0], axis=1)
    state = answer.state
    return {
        "cells": cut(answer.cells.regions), "errors": answer.cells.errors, "best": answer.best, "end": answer.end,
        "centres": answer.cells.regions.centroids, "volumes": answer.cells.regions.volumes,
        "steps": np.column_stack([ends, walk.errors[order]]), "reach": state.reach, "weight": state.weight,
        "points": answer.samples.inputs, "labels": answer.samples.targets[:, 0].astype(int),
        "line": crossing((state.offset, *state.weight), PLANE), "goal": crossing((state.offset, *answer.end), PLANE),
    }  # fmt: skip


def numbers(answer: Answer) -> dict[str, Any]:
    """Return cells, errors held and least, and the gradient: zero in a cell, undefined between."""
    return {"errors": answer.errors, "cells": len(answer.cells), "on_slice": answer.cells.least, "least": answer.least,
            "gradient": answer.gradient, "between": None, "jumps": len(answer.walk) - 1}  # fmt: skip


def overlay(answer: Answer) -> dict[str, Any]:
    """Return which cells a grid of 100 x 100 weights comes to know of."""
    return {"seen": seen_by_grid(answer.cells.regions, SAMPLES)}
