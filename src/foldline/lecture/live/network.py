"""Question 8, live: a shallow and a deep network by their widths, and what their parts are called."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..network import Answer
from .handle import Handle, upright

MOST = 12
GRID = ("features", "coordinates")  # counts of a grid before a network, which the slide's have not
BEATS: tuple[dict[str, Any], ...] = ({}, {"shallow": (2, 6, 1)}, {"deep": (2, 8, 8, 8, 8, 2)})
CONTROLS = ("shallow", "deep")


def handles(answer: Answer) -> tuple[Handle, ...]:
    """Return the width of each layer of both networks, up and down."""
    made = []
    for which in ("shallow", "deep"):
        widths = getattr(answer.state, which)
        for k, width in enumerate(widths):
            inner = 0 < k < len(widths) - 1
            at = (k, min(width, MOST))
            made.append(upright(f"y:{which}.{k}", which, at, (1.0, float(MOST)), series=int(inner)))
    return tuple(replace(one, stops=tuple(map(float, range(1, MOST + 1)))) for one in made)


def shown(answer: Answer) -> dict[str, Any]:
    """Return the widths of both."""
    return {"shallow": answer.state.shallow, "deep": answer.state.deep, "most": MOST}


def numbers(answer: Answer) -> dict[str, Any]:
    """Return what each network counts: parameters, weights, biases, capacity, depth."""
    made: dict[str, Any] = {}
    for which in ("shallow", "deep"):
        facts = getattr(answer, which)
        known = facts.json().items()
        made |= {f"{which}.{name}": value for name, value in known if isinstance(value, int) and name not in GRID}
    return made
