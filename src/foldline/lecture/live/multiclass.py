"""Question 25, live: logits or W_k at a place; softmax beside one-hot, and their difference, the gradient."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...activations import softmax as softmax_of
from ...box import Box
from ..multiclass import Answer, State
from .handle import Handle, free, upright

REACH, PLANE = (-6.0, 6.0), Box([-3, -3], [3, 3])
W = ((0.0, 1.0, 0.0), (0.0, -0.5, 0.9), (0.0, -0.5, -0.9))
BEATS: tuple[dict[str, Any], ...] = ({}, {"label": 1}, {"logits": (-3.0, 2.0, 6.0)}, {"weights": W, "x": (1.0, 0.5)})
CONTROLS = ("label",)


def handles(answer: Answer) -> tuple[Handle, ...]:
    """Return the logits, or the arrows W_k and the place they are asked at."""
    if answer.state.weights is None:
        logits = enumerate(answer.logits)
        return tuple(upright(f"y:logits.{k}", "logits", (k, float(a)), REACH, series=k) for k, a in logits)
    arrows = enumerate(answer.state.weights)
    return (
        *[free(f"arrow.{k}", "plane", row[1:], PLANE, series=k) for k, row in arrows],
        free("xy:x", "plane", answer.state.x, PLANE),
    )


def moved(state: State, name: str, to: tuple[float, float]) -> State:
    """Return the state with one W_k another, its bias kept."""
    k, rows = int(name.removeprefix("arrow.")), list(state.weights or W)
    rows[k] = (rows[k][0], *to)
    return replace(state, weights=(rows[0], rows[1], rows[2]))


def shown(answer: Answer) -> dict[str, Any]:
    """Return logits, softmax, one-hot, gradient, the arrows, and the book's points on their class's probability."""
    x = np.linspace(0, 1, 401)
    chances = softmax_of(answer.network(x[:, None]))
    weights = answer.state.weights
    return {
        "logits": answer.logits, "softmax": answer.softmax, "one_hot": answer.one_hot, "gradient": answer.gradient,
        "arrows": None if weights is None else [row[1:] for row in weights], "x": answer.state.x,
        "pulls": _pulls(answer),
        "label": answer.state.label, "chances": [np.column_stack([x, chances[:, k]]) for k in range(3)],
        "points": np.column_stack([answer.book.inputs[:, 0], np.exp(-answer.book_losses)]),
        "labels": answer.book.targets[:, 0].astype(int),
    }  # fmt: skip


def _pulls(answer: Answer) -> Any:
    """From the end of each arrow to where the negative gradient pulls it, (3, 2, 2)."""
    if answer.state.weights is None or answer.weight_gradient is None:
        return None
    ends = np.array(answer.state.weights)[:, 1:]
    return np.stack([ends, ends - answer.weight_gradient[:, 1:]], axis=1)


def numbers(answer: Answer) -> dict[str, Any]:
    """Return the loss, softmax and the gradient, which is softmax - one-hot, and the book's sums."""
    made = {"logits": answer.logits, "softmax": answer.softmax, "loss": answer.loss, "gradient": answer.gradient}
    if answer.weight_gradient is not None:
        made |= {f"gradient.{k}": row for k, row in enumerate(answer.weight_gradient)}
    return made | {"total": answer.total, "likelihood": answer.likelihood}
