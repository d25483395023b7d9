"""Question 5, live: the line over the unit square, the four labels, and weight space, where a weight is held."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...box import Box
from ..gates import WEIGHTS, Answer, State
from ..regions import seen_by_grid
from .cells import cut
from .handle import Handle, free
from .lines import crossing, through
from .sampled import SAMPLES

SQUARE = Box([-0.6, -0.6], [1.6, 1.6])
CORNERS = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
BEATS: tuple[dict[str, Any], ...] = (
    {"labels": (0, 0, 0, 1), "line": (-1.5, 1.0, 1.0)}, {"labels": (0, 1, 1, 1)}, {"labels": (0, 1, 1, 0)},
    {"labels": (1, 0, 0, 1), "line": (0.5, -1.0, 1.0)},
)  # fmt: skip
CONTROLS = ("line.0", "line.1", "line.2")


def handles(answer: Answer) -> tuple[Handle, ...]:
    """Return the line's two ends, the corners to press, and the weight in the slice of its bias."""
    ends = crossing(answer.state.line, SQUARE, inset=0.04)
    corners = [
        Handle(f"label.{k}", "square", at, at, at, ("press",), answer.state.labels[k]) for k, at in enumerate(CORNERS)
    ]
    return (
        *[free(f"end.{k}", "square", at, SQUARE) for k, at in enumerate(ends)], *corners,
        *[free(f"weight.{k}", f"slice{k}", answer.state.line[1:], WEIGHTS) for k in (0, 1)],
    )  # fmt: skip


def moved(state: State, name: str, to: tuple[float, float]) -> State:
    """Return the line with one end elsewhere, or the weight held in the slice of its bias."""
    what, k = name.split(".")
    if what == "label":
        return state
    if what == "weight":
        return replace(state, line=(state.biases[int(k)], *to))
    ends = crossing(state.line, SQUARE, inset=0.04)
    ends[int(k)] = to
    return replace(state, line=through(ends, like=state.line))


def pressed(state: State, name: str, act: str) -> State:
    """Return the state with one label turned over."""
    labels = list(state.labels)
    if act == "press" and name.startswith("label."):
        labels[int(name[6:])] = 1 - labels[int(name[6:])]
    return replace(state, labels=tuple(labels))  # type: ignore[arg-type]


def shown(answer: Answer) -> dict[str, Any]:
    """Return the line, the half plane of 1, the certificate, the 16 functions, and both slices of weight space."""
    apart = answer.separation
    common = apart.common_point if apart is not None else None
    return {
        "labels": answer.state.labels, "corners": CORNERS, "line": crossing(answer.state.line, SQUARE),
        "above": half(answer.state.line, SQUARE), "name": answer.name, "number": answer.number,
        "common": None if common is None else [float(v) for v in common],
        "best": crossing(apart.weights[0], SQUARE) if apart is not None and apart.separable else None,
        "functions": [{"name": one.name, "separable": one.separable} for one in answer.functions],
        "slices": [
            _slice(cells, owners, answer.number) for cells, owners in zip(answer.slices, answer.owners, strict=True)
        ],
    }  # fmt: skip


def half(line: tuple[float, ...], box: Box) -> Any:
    """Return the part of a box where b + w.x > 0, a polygon, (n, 2)."""
    corners = np.array([[box.lo[0], box.lo[1]], [box.hi[0], box.lo[1]], box.hi, [box.lo[0], box.hi[1]]])
    z = line[0] + corners @ np.array(line[1:])
    kept = []
    for k in range(4):
        a, b = k, (k + 1) % 4
        if z[a] > 0:
            kept.append(corners[a])
        if (z[a] > 0) != (z[b] > 0):
            kept.append(corners[a] + z[a] / (z[a] - z[b]) * (corners[b] - corners[a]))
    return np.array(kept).reshape(-1, 2)


def _slice(cells: Any, owners: tuple[int, ...], number: int) -> dict[str, Any]:
    wrong = [bin(owner ^ number).count("1") for owner in owners]
    return cut(cells.regions) | {"errors": wrong}


def numbers(answer: Answer) -> dict[str, Any]:
    """Return which function it is, the proof either way, and how many of the 16 one unit computes."""
    apart = answer.separation
    found: dict[str, Any] = {"name": answer.name, "errors": answer.errors, "line": answer.state.line}
    if apart is not None and apart.separable:
        found |= {"margin": float(apart.margin)}
    elif apart is not None:
        found |= {"common": [str(v) for v in apart.common_point or ()]}
    separable = sum(one.separable for one in answer.functions)
    return found | {"mistakes": answer.mistakes, "most": answer.most_mistakes, "separable": separable,
                    "cells": [len(cells) for cells in answer.slices]}  # fmt: skip


def overlay(answer: Answer) -> dict[str, Any]:
    """Return how many cells of each slice a grid of 100 x 100 samples comes to know of."""
    return {"seen": [int(seen_by_grid(cells.regions, SAMPLES).sum()) for cells in answer.slices]}
