"""Question 23, live: three logits, their sigmoids, and the sum, which is not 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...activations import sigmoid
from ...box import Box
from ..sigmoids import Answer
from .cells import mesh_of
from .handle import Handle, upright

REACH, PIXELS = (-6.0, 6.0), 80
PLANE = Box([-4, -4], [4, 4])
BEATS: tuple[dict[str, Any], ...] = ({}, {"logits": (-3.0, 2.0, 3.0)}, {"logits": (-5.0, -4.0, -5.0)})
CONTROLS = ("n", "spread", "seed")


def handles(answer: Answer) -> tuple[Handle, ...]:
    """Return the three logits."""
    logits = enumerate(answer.state.logits)
    return tuple(upright(f"y:logits.{k}", "logits", (k, a), REACH, series=k) for k, a in logits)


def shown(answer: Answer) -> dict[str, Any]:
    """Return logits, sigmoids and softmax, and the sum of the trained sigmoids over the plane."""
    places, box = mesh_of(PLANE, PIXELS)
    total = sigmoid(answer.network(places)).sum(axis=1).reshape(PIXELS, PIXELS)
    return {"logits": answer.state.logits, "sigmoids": answer.sigmoids, "softmax": answer.softmax, "sums": total,
            "stacks": [np.cumsum(answer.sigmoids), np.cumsum(answer.softmax)], "box": box,
            "points": answer.samples.inputs, "labels": answer.samples.targets[:, 0].astype(int)}  # fmt: skip


def numbers(answer: Answer) -> dict[str, Any]:
    """Return the sigmoids and their sum beside softmax's, and how far the sum is from 1 over the samples."""
    return {"sigmoids": answer.sigmoids, "sum": answer.sigmoid_sum, "softmax": answer.softmax,
            "softmax_sum": answer.softmax_sum, "least": answer.sums.min(), "most": answer.sums.max()}  # fmt: skip
