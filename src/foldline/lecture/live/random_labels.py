"""Question 14, live: four recorded error curves, and one that learns now."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..random_labels import Answer
from .handle import Handle

BEATS: tuple[dict[str, Any], ...] = ({}, {"hidden": (63, 63, 63, 63), "epochs": 400}, {"hidden": (200,), "epochs": 400})
CONTROLS = ("epochs", "hidden", "rate", "seed")
PLACES = 400  # of a curve that are drawn


def handles(answer: Answer) -> tuple[Handle, ...]:
    """Return none: an architecture has no place on the panel."""
    return ()


def shown(answer: Answer) -> dict[str, Any]:
    """Return the error curves as paths; epochs from 1 on, as on a logarithmic axis."""
    curves = [_path(curve) for curve in answer.recorded]
    return {"recorded": curves, "live": None if answer.live is None else _path(answer.live),
            "last": float(max(curve[-1, 0] for curve in curves))}  # fmt: skip


def _path(curve: Any) -> Any:
    some = np.unique(np.linspace(0, len(curve.epochs) - 1, PLACES).astype(int))
    return np.column_stack([np.maximum(curve.epochs[some], 1), curve.errors[some]])


def numbers(answer: Answer) -> dict[str, Any]:
    """Return parameters and the first epoch without an error, recorded and live."""
    made: dict[str, Any] = {"parameters": answer.parameters, "zero": [one.reached(0.0) for one in answer.recorded]}
    made |= {"live_parameters": answer.live_parameters}
    if answer.live is not None:
        made |= {"error": answer.live.errors[-1], "loss": answer.live.losses[-1], "live_zero": answer.live.reached(0.0)}
    return made
