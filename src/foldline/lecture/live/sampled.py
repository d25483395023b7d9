"""What a grid of 100 samples a side would have told: what the overlays of all pages are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...box import Box
from ...network import Network
from ..handles import Array

SAMPLES = 100  # a side


def along(lo: float, hi: float) -> Array:
    """Return the samples of an interval, ends included, (100,)."""
    return np.linspace(lo, hi, SAMPLES)


def over(box: Box) -> Array:
    """Return the samples of a box of the plane, corners included, row by row from the top, (10000, 2).

    >>> over(Box([0, 0], [1, 2]))[[0, -1]].tolist()
    [[0.0, 2.0], [1.0, 0.0]]
    """
    x, y = (along(a, b) for a, b in zip(box.lo, box.hi, strict=True))
    return np.stack(np.meshgrid(x, y[::-1]), axis=-1).reshape(-1, 2)


def crossed(x: Array, values: Array) -> Array:
    """Return where samples of a curve change sign, as the middle between the two samples, (n,).

    >>> crossed(np.array([0.0, 1.0, 2.0]), np.array([1.0, -1.0, -3.0])).tolist()
    [0.5]
    """
    change = np.flatnonzero((values[:-1] > 0) != (values[1:] > 0))
    return np.asarray((x[change] + x[change + 1]) / 2)


def numbered(**values: Any) -> dict[str, Any]:
    """Return what stands in the page's table while the overlay is on: names that begin with "grid."."""
    return {"numbers": {f"grid.{name}": value for name, value in values.items()}}


def fewest(points: Array, labels: Array, box: Box) -> tuple[int, float, Array]:
    """Return of 100 x 100 lines, by angle and offset, the fewest errors, the widest margin of those, and that line.

    points   (n, 2); labels (n,) 0 or 1
    returns  errors, margin (0 where there are errors), (b, w1, w2) with class 1 where b + w.x > 0
    """
    size = box.hi - box.lo
    angle = np.linspace(0, 2 * np.pi, SAMPLES, endpoint=False)
    ways = np.column_stack([np.cos(angle), np.sin(angle)]) / size
    far = points @ ways.T  # (n, angles)
    cuts = np.linspace(far.min(axis=0), far.max(axis=0), SAMPLES)  # (offsets, angles)
    z = far[None] - cuts[:, None]  # (offsets, n, angles)
    wrong = ((z > 0) != (labels[:, None] == 1)).sum(axis=1)
    margins = np.where(wrong == 0, np.abs(z).min(axis=1) / np.linalg.norm(ways, axis=1), 0.0)
    least = int(wrong.min())
    j, i = np.unravel_index(int(np.where(wrong == least, margins, -1.0).argmax()), margins.shape)
    return least, float(margins[j, i]), np.array([-cuts[j, i], *ways[i]])


def lowest(at: Array, values: Sequence[float] | Array) -> tuple[Array, float]:
    """Return the sample whose value is least, and the value."""
    k = int(np.argmin(values))
    return at[k], float(values[k])


def blocks(network: Network, box: Box, n: int) -> tuple[Array, Array, Array]:
    """Return a network of three inputs at n samples along each side of a box, (n, n, n), and the box's two corners."""
    sides = [np.linspace(a, b, n) for a, b in zip(box.lo, box.hi, strict=True)]
    places = np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1).reshape(-1, 3)
    return network(places)[:, 0].reshape(n, n, n), box.lo, box.hi
