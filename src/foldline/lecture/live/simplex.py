"""The triangle of all distributions over three classes, and places in it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...box import Box
from ..handles import Array, Triple

CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(3) / 2]])
BOX = Box([0.0, 0.0], [1.0, float(CORNERS[2, 1])])
LEAST = 1e-6  # share of a class at the triangle's rim: logits are logarithms of shares


def place(shares: Any) -> Array:
    """Return where distributions lie in the triangle, (..., 2).

    >>> place([1, 0, 0]).tolist()
    [0.0, 0.0]
    """
    return np.asarray(np.asarray(shares) @ CORNERS)


def shares_at(at: tuple[float, float]) -> Triple:
    """Return the distribution nearest to a place, no share below ``LEAST``.

    >>> [round(v, 6) for v in shares_at((0.5, 0.0))]
    [0.5, 0.5, 1e-06]
    """
    whole = np.vstack([CORNERS.T, np.ones(3)])
    shares = np.maximum(np.linalg.solve(whole, [*at, 1.0]), LEAST)
    a, b, c = (float(v) for v in shares / shares.sum())
    return a, b, c


def thirds() -> list[Array]:
    """Return the part of the triangle that each class wins, a polygon each."""
    middle = CORNERS.mean(axis=0)
    parts = []
    for k in range(3):
        first, last = ((CORNERS[k] + CORNERS[j]) / 2 for j in range(3) if j != k)
        parts.append(np.array([CORNERS[k], first, middle, last]))
    return parts
