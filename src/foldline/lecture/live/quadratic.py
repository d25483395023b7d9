"""Question 21, live: the badly wrong example, and the start of the descents on the total."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from ...box import Box
from ...losses import LOSSES
from ..quadratic import NAMES, Answer, by_length, total_of
from .handle import Handle, across, free
from .sampled import SAMPLES, lowest, numbered, over

REACH, GRID = 10.0, 61
PLANE = Box([-5, -7], [5, 7])
BEATS: tuple[dict[str, Any], ...] = ({}, {"z": -0.7}, {"z": 3.0}, {"start": (0.0, -2.0)})
CONTROLS = ("z", "steps", "sigma")


def handles(answer: Answer) -> tuple[Handle, ...]:
    """Return the example on both losses, and the start of the descents."""
    z = answer.state.z
    return (
        across("x:z", "losses", (z, answer.losses["quadratic"]), (-REACH, REACH), series=0),
        across("x:z", "slopes", (z, abs(answer.slopes["quadratic"])), (-REACH, REACH), series=0),
        free("xy:start", "total", answer.state.start, PLANE),
    )


def shown(answer: Answer) -> dict[str, Any]:
    """Return the losses and gradients over z, the total surface with both descents, and the book's residuals."""
    z = np.linspace(-REACH, REACH, 401)
    ones = np.ones(z.shape)
    losses = {name: np.column_stack([z, LOSSES[name](z, ones)]) for name in NAMES}
    slopes = {name: np.column_stack([z, np.abs(LOSSES[name].slope(z, ones)[:, 0])]) for name in NAMES}
    total = _total(answer.state.n, answer.state.overlap, answer.state.seed)
    book = answer.book
    x = book.inputs[:, 0]
    ends = np.stack([np.column_stack([x, answer.network(book.inputs)[:, 0]]), np.column_stack([x, book.targets[:, 0]])])
    return {
        "losses": losses, "slopes": slopes, "z": answer.state.z, "at": answer.losses, "steep": answer.slopes,
        "total": total[::-1], "paths": {name: path.path for name, path in answer.paths.items()},
        "curve": np.column_stack([answer.curve.x, answer.curve.y]), "residuals": ends.transpose(1, 0, 2),
    }  # fmt: skip


@lru_cache(maxsize=8)
def _total(n: int, overlap: float, seed: int, grid: int = GRID) -> Any:
    return total_of(by_length(n, overlap, seed), grid)[2]


def numbers(answer: Answer) -> dict[str, Any]:
    """Return loss and gradient of the example under both losses, the descents' ends, and the book's sums."""
    ends = {f"end.{name}": answer.paths[name].losses[-1] for name in NAMES}
    return {"z": answer.state.z, "loss": answer.losses["quadratic"], "slope": answer.slopes["quadratic"],
            "other": answer.losses["binary_cross_entropy"], "pull": answer.slopes["binary_cross_entropy"],
            "steepest": answer.steepest, **ends, "squares": answer.squares.sum(),
            "likelihood": answer.likelihood.sum()}  # fmt: skip


def overlay(answer: Answer) -> dict[str, Any]:
    """Return the lowest of 100 x 100 places of the total quadratic loss, and the loss there."""
    total = _total(answer.state.n, answer.state.overlap, answer.state.seed, SAMPLES)[::-1]
    place, least = lowest(over(PLANE), total.ravel())
    return {"place": place} | numbered(place=place, least=least)
