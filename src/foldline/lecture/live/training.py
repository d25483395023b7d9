"""Question 27, live: one descent, scrubbed through time: curve, loss, joints on the move, regions crossed."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..training import Answer
from .handle import Handle, across
from .sampled import SAMPLES
from .shallow import path, sampled

PLACES = 400  # epochs that are drawn
BEATS: tuple[dict[str, Any], ...] = (
    {"shown": (0,)}, {"shown": (30,)}, {"shown": (300,)}, {"shown": (6000,)}, {"shown": (6000,), "best": True},
)  # fmt: skip
CONTROLS = ("shown.0", "seed", "units", "epochs", "rate")


def handles(answer: Answer) -> tuple[Handle, ...]:
    """Return the time, on the loss and on the joints."""
    epoch, last = _now(answer), float(answer.state.epochs)
    return (
        across("x:shown.0", "loss", (epoch, float(answer.losses[epoch])), (0.0, last)),
        across("x:shown.0", "joints", (epoch, 0.5), (0.0, last)),
    )


def _now(answer: Answer) -> int:
    return min(answer.state.shown[0], answer.state.epochs) if answer.state.shown else 0


def shown(answer: Answer) -> dict[str, Any]:
    """Return the points, the curve at the time, and loss, joints and crossings over all epochs."""
    some = np.unique(np.linspace(0, answer.state.epochs, PLACES).astype(int))
    early = np.unique(np.geomspace(1, max(1, answer.state.epochs), PLACES // 2).astype(int))
    kept = np.union1d(some, early)
    epoch = _now(answer)
    curve = answer.curves.get(epoch)
    return {
        "points": np.column_stack([answer.samples.inputs[:, 0], answer.samples.targets[:, 0]]), "epoch": epoch,
        "curve": None if curve is None else path(curve), "losses": np.column_stack([kept, answer.losses[kept]]),
        "joints": [np.column_stack([kept, joints[kept]]) for joints in answer.joints.T], "last": answer.state.epochs,
        "crossed": np.column_stack([kept, answer.crossed[kept]]),
        "least": None if answer.best is None else float(answer.best.least),
        "units": [] if curve is None else curve.units,
    }  # fmt: skip


def numbers(answer: Answer) -> dict[str, Any]:
    """Return loss, joints and regions crossed at the time, and the proved least where it was asked for."""
    epoch = _now(answer)
    made = {"epoch": epoch, "loss": answer.losses[epoch], "joints": answer.joints[epoch],
            "crossed": int(answer.crossed[epoch]), "all": int(answer.crossed[-1]),
            "end": answer.losses[-1]}  # fmt: skip
    return made if answer.best is None else made | {"least": float(answer.best.least)}


def overlay(answer: Answer) -> dict[str, Any]:
    """Return the curve that 100 samples would have drawn."""
    curve = answer.curves.get(_now(answer))
    return {"path": None if curve is None else sampled(curve, SAMPLES)}
