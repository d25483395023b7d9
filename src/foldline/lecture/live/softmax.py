"""Question 24, live: logits as bars, the same distribution as a point of the simplex, and the temperature."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..softmax import Answer, State, ask
from .handle import Handle, free, upright
from .simplex import BOX, CORNERS, place, shares_at, thirds

REACH = (-6.0, 6.0)
BEATS: tuple[dict[str, Any], ...] = ({}, {"temperature": 0.2}, {"temperature": 20.0}, {"shift": 100.0},
                                     {"logits": (1.0, 1.0, 1.0)})  # fmt: skip
CONTROLS = ("temperature", "shift")


def handles(answer: Answer) -> tuple[Handle, ...]:
    """Return the logits, and the point of the simplex."""
    logits = enumerate(answer.logits)
    return (
        *[upright(f"logit.{k}", "logits", (k, float(a)), REACH, series=k) for k, a in logits],
        free("point", "simplex", place(answer.values), BOX),
    )


def moved(state: State, name: str, to: tuple[float, float]) -> State:
    """Return the state with one logit another, or with the point elsewhere in the triangle."""
    if name == "point":
        return replace(state, point=shares_at(to), temperature=1.0)
    logits = list(state.logits if state.point is None else _logits(state))
    logits[int(name.removeprefix("logit."))] = to[1]
    return replace(state, point=None, logits=tuple(logits))


def _logits(state: State) -> Any:
    return [float(a) for a in ask(state).logits]


def shown(answer: Answer) -> dict[str, Any]:
    """Return logits, shares, and the way through the simplex as the temperature rises."""
    return {"logits": answer.logits, "values": answer.values, "way": place(answer.way), "marks": place(answer.marks),
            "temperatures": answer.state.temperatures, "corners": CORNERS, "thirds": thirds(),
            "at": place(answer.values), "moved": answer.moved}  # fmt: skip


def numbers(answer: Answer) -> dict[str, Any]:
    """Return the shares, their sum, entropy, and how little a shift changes."""
    return {"logits": answer.logits, "values": answer.values, "sum": answer.values.sum(), "entropy": answer.entropy,
            "moved": answer.moved, "gap": answer.gap}  # fmt: skip
