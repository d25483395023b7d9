"""Question 1, live: the line by its ends, the points, and the same line as a point of the bowl."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...box import Box
from ..line import Answer, State, ask
from .handle import Handle, free, upright
from .sampled import lowest, numbered, over

PLANE = Box([-0.25, -0.4], [2.45, 3.2])
BOWL = Box([-1.6, -2.2], [3.4, 2.8])
ENDS = np.array([0.0, 2.2])  # where the line has its two handles
RINGS, CORNERS = 9, 73
BEATS: tuple[dict[str, Any], ...] = ({}, {"phi": (0.4, 0.8)}, {"phi": (2.6, -1.0), "steps": 200})
CONTROLS = ("steps", "seed")


def handles(answer: Answer) -> tuple[Handle, ...]:
    """Return the line's ends, the points, and the place in the bowl."""
    offset, slope = answer.state.phi
    points = np.column_stack([answer.samples.inputs, answer.samples.targets])
    limits = (float(PLANE.lo[1]), float(PLANE.hi[1]))
    return (
        *[upright(f"end.{k}", "line", (x, offset + slope * x), limits, series=0) for k, x in enumerate(ENDS)],
        *[free(f"xy:points.{k}", "line", at, PLANE, ("delete",)) for k, at in enumerate(points)],
        free("xy:phi", "bowl", answer.state.phi, BOWL, series=0),
    )  # fmt: skip


def filled(state: State) -> State:
    """Return the state with its points written out."""
    samples = ask(replace(state, steps=0)).samples
    points = np.column_stack([samples.inputs, samples.targets]).tolist()
    return replace(state, points=tuple((x, y) for x, y in points))


def moved(state: State, name: str, to: tuple[float, float]) -> State:
    """Return the line with one end at another height; the other end stays."""
    offset, slope = state.phi
    heights = offset + slope * ENDS
    heights[int(name.removeprefix("end."))] = to[1]
    slope = float((heights[1] - heights[0]) / (ENDS[1] - ENDS[0]))
    return replace(state, phi=(float(heights[0] - slope * ENDS[0]), slope))


def pressed(state: State, name: str, act: str) -> State:
    """Return the state without a point; two are left at least."""
    points = list(filled(state).points or ())
    if act == "delete" and len(points) > 2:
        del points[int(name.removeprefix("xy:points."))]
    return replace(state, points=tuple(points))


def added(state: State, panel: str, to: tuple[float, float]) -> State:
    """Return the state with one point more."""
    return replace(state, points=(*(filled(state).points or ()), to))


def shown(answer: Answer) -> dict[str, Any]:
    """Return points, residual squares, both lines, the bowl's rings and the descent."""
    x, y = answer.samples.inputs[:, 0], answer.samples.targets[:, 0]
    ends = np.array([PLANE.lo[0], PLANE.hi[0]])
    lines = [np.column_stack([ends, a + b * ends]) for a, b in (answer.state.phi, answer.fit.weights[0])]
    return {
        "plane": PLANE, "bowl": BOWL, "points": np.column_stack([x, y]), "held": lines[0], "best": lines[1],
        "squares": np.stack([_square(*one) for one in zip(x, y, answer.residuals, strict=True)]),
        "rings": rings(answer), "way": answer.descent.path, "optimum": answer.fit.weights[0],
        "losses": answer.descent.losses, "least": answer.fit.loss,
    }  # fmt: skip


def _square(x: float, y: float, residual: float) -> Any:
    side = abs(residual)
    return np.array([[x, y], [x + side, y], [x + side, y - residual], [x, y - residual]])


def rings(answer: Answer) -> Any:
    """Return ellipses of equal loss round the optimum, largest first, (rings, corners, 2)."""
    across_, best = np.linalg.inv(np.linalg.cholesky(answer.curvature)).T, answer.fit.weights[0]
    turn = np.linspace(0, 2 * np.pi, CORNERS)
    circle = np.column_stack([np.cos(turn), np.sin(turn)])
    top = max(float(answer.loss - answer.fit.loss), 1.0)
    heights = top * np.linspace(1.3, 0, RINGS, endpoint=False) ** 2
    return np.stack([best + np.sqrt(h) * circle @ across_.T for h in heights])


def numbers(answer: Answer) -> dict[str, Any]:
    """Return the optimum in closed form, the held line's residual sum and gradient."""
    return {"phi": answer.state.phi, "optimum": answer.fit.weights[0], "loss": answer.loss, "least": answer.fit.loss,
            "gradient": answer.gradient, "after": answer.descent.losses[-1]}  # fmt: skip


def overlay(answer: Answer) -> dict[str, Any]:
    """Return the lowest of 100 x 100 places of the bowl, and its sum of squares."""
    at = over(BOWL)
    away = at - answer.fit.weights[0]
    place, least = lowest(at, answer.fit.loss + np.einsum("ni,ij,nj->n", away, answer.curvature, away))
    return {"place": place} | numbered(place=place, least=least)
