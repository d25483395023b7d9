"""Question 26, live: W_k as arrows or a network, the samples, and the temperature of the shading."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...activations import softmax
from ...box import Box
from ..argmax import Answer, State, ask
from .cells import cut, mesh_of
from .handle import Handle, free
from .places import at_of, more, relabelled, without
from .sampled import SAMPLES, numbered, over

PIXELS = 72
BEATS: tuple[dict[str, Any], ...] = ({}, {"temperature": 0.3}, {"temperature": 40.0}, {"kind": "network"})
RECORDED = 3
CONTROLS = ("kind", "temperature", "hidden", "steps", "seed")


def handles(answer: Answer) -> tuple[Handle, ...]:
    """Return the arrow of each class of lines, and the samples."""
    reach = answer.reach
    box = Box([-reach] * 2, [reach] * 2)
    points = zip(answer.samples.inputs, answer.samples.targets[:, 0], strict=True)
    arrows = enumerate(arrows_of(answer))
    return (
        *[free(f"arrow.{k}", "plane", at, box, series=k) for k, at in arrows],
        *[
            free(f"xy:points.{k}", "plane", at, box, ("press", "delete"), int(label))
            for k, (at, label) in enumerate(points)
        ],
    )


def arrows_of(answer: Answer) -> Any:
    """Return where the arrows of the linear classes end: their weights, the longest so that it stays inside."""
    if answer.state.kind != "lines":
        return np.zeros((0, 2))
    return answer.network.weights[0] * _scale(answer)


def _scale(answer: Answer) -> float:
    longest = float(np.linalg.norm(answer.network.weights[0], axis=1).max())
    return 0.8 * answer.reach / longest if longest else 1.0


def filled(state: State) -> State:
    """Return the state with its samples written out."""
    return replace(state, **at_of(ask(state).samples))


def moved(state: State, name: str, to: tuple[float, float]) -> State:
    """Return the state with one W_k turned, its bias kept."""
    answer = ask(state)
    rows = np.column_stack([answer.network.biases[0], answer.network.weights[0]])
    rows[int(name.removeprefix("arrow.")), 1:] = np.array(to) / _scale(answer)
    return replace(state, weights=tuple((float(b), float(u), float(v)) for b, u, v in rows))


def pressed(state: State, name: str, act: str) -> State:
    """Return the state with one sample of the next class, or gone."""
    k, full = int(name.rsplit(".", 1)[1]), filled(state)
    classes = len(ask(state).samples.classes)
    made = replace(full, **(relabelled(full, k, classes) if act == "press" else without(full, k)))
    return made if len({*(made.labels or ())}) == classes else state


def added(state: State, panel: str, to: tuple[float, float]) -> State:
    """Return the state with one sample more."""
    return replace(filled(state), **more(filled(state), to, 0))


def shown(answer: Answer) -> dict[str, Any]:
    """Return the cells and their classes, the boundary, the shares of softmax over the plane, and the samples."""
    reach = answer.reach
    places, box = mesh_of(Box([-reach] * 2, [reach] * 2), PIXELS)
    shares = softmax(answer.network(places) / answer.state.temperature)
    return {
        "cells": cut(answer.cells), "classes": answer.cells.classes, "meeting": answer.meeting, "reach": reach,
        "border": [np.asarray(line) for line in answer.border.polylines], "box": box,
        "shares": np.rint(255 * shares).astype(np.uint8).reshape(PIXELS, PIXELS, -1), "arrows": arrows_of(answer),
        "points": answer.samples.inputs, "labels": answer.samples.targets[:, 0].astype(int),
    }  # fmt: skip


def numbers(answer: Answer) -> dict[str, Any]:
    """Return cells, corners where classes meet, areas and empty classes."""
    found = answer.cells
    return {"cells": len(found.classes), "corners": len(answer.meeting), "meeting": answer.meeting.ravel(),
            "areas": found.volume_of_class, "empty": found.empty, "length": answer.border.size,
            "certified": found.certified}  # fmt: skip


def overlay(answer: Answer) -> dict[str, Any]:
    """Return the class of each of 100 x 100 samples, the area each class seems to win, and the classes none shows."""
    box, names = Box([-answer.reach] * 2, [answer.reach] * 2), answer.cells.names
    won = answer.network(over(box)).argmax(axis=1)
    counts = np.bincount(won, minlength=len(names))
    shares = 255 * np.eye(len(names), dtype=np.uint8)[won].reshape(SAMPLES, SAMPLES, -1)
    empty = [name for name, count in zip(names, counts, strict=True) if not count]
    return {"shares": shares} | numbered(areas=counts / len(won) * box.volume, empty=empty)
