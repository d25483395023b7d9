"""Question 13, live: the shape as a point over its parameters, the bound's curves, real networks as dots."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from ...data.folding import folding
from ..bounds import FOLDING_BOX, Answer, State
from ..parameters import parameters_of
from .handle import Handle, across
from .sampled import SAMPLES, numbered

BEATS: tuple[dict[str, Any], ...] = ({}, {"width": 5}, {"depth": 2}, {"inputs": 10, "width": 50})
CONTROLS = ("inputs", "width", "depth", "starts")


def handles(answer: Answer) -> tuple[Handle, ...]:
    """Return the shape, which moves along its parameters."""
    state = answer.state
    sizes = [float(parameters_of(state.inputs, *[w] * state.depth, 1)) for w in range(3, _widest(answer) + 1)]
    at = (answer.parameters, _plotted(answer.lower))
    made = across("shape", "plot", at, (sizes[0], sizes[-1]), series=state.depth - 1)
    return (replace(made, stops=tuple(sizes)),)


def _widest(answer: Answer) -> int:
    """The largest width a handle goes to: about the right end of the plot."""
    end, state = max(curve.parameters[-1] for curve in answer.reached), answer.state
    fits = [w for w in range(3, 201) if parameters_of(state.inputs, *[w] * state.depth, 1) <= end]
    return max(fits[-1] if fits else 3, state.width)


def moved(state: State, name: str, to: tuple[float, float]) -> State:
    """Return the state with the width whose parameters are nearest."""

    def away(width: int) -> float:
        return abs(parameters_of(state.inputs, *[width] * state.depth, 1) - to[0])

    return replace(state, width=min(range(3, 201), key=away))


def shown(answer: Answer) -> dict[str, Any]:
    """Return the bound's curves for 1 to 5 layers, and the counts of real networks."""
    curves = [np.column_stack([one.parameters, [_plotted(v) for v in one.regions]]) for one in answer.reached]
    state = answer.state
    folded = [
        (parameters_of(state.inputs, *[state.width] * (k + 1), 1), float(count))
        for k, count in enumerate(answer.folded)
    ]
    dots = {name: [[answer.parameters, float(v)] for v in getattr(answer, name)] for name in ("noisy", "drawn")}
    high = max(float(curve[-1, 1]) for curve in curves)
    return {"curves": curves, "folded": folded, **dots, "x": [float(curves[0][0, 0]), float(curves[0][-1, 0])],
            "y": [2.0, high * 3], "depth": state.depth}  # fmt: skip


def _plotted(count: int) -> float:
    """A whole number of any size, as high as a double goes."""
    return float(min(count, 10**300))


def numbers(answer: Answer) -> dict[str, Any]:
    """Return parameters, the regions some weights reach as a whole number, and what real networks have."""
    made: dict[str, Any] = {"parameters": answer.parameters, "lower": answer.lower}
    if answer.folded:
        made |= {"folded": answer.folded[-1], "noisy": answer.noisy}
    if answer.drawn:
        made |= {"least": min(answer.drawn), "most": max(answer.drawn)}
    return made


def overlay(answer: Answer) -> dict[str, Any]:
    """Return how many regions 10,000 samples can tell of at most, and how many of the folding network's they do."""
    state, made = answer.state, numbered(most=SAMPLES**2)
    if answer.folded:
        made["numbers"]["grid.folded"] = _told_of(state.width, state.depth)
    return {"most": SAMPLES**2} | made


@lru_cache(maxsize=64)
def _told_of(width: int, depth: int) -> int:
    """The different patterns that 10,000 samples of a folding network have."""
    places = np.linspace(FOLDING_BOX.lo, FOLDING_BOX.hi, SAMPLES**2)
    return len(np.unique(folding(width, depth).pattern(places), axis=0))
