"""Distances to folds, against points all around."""

from __future__ import annotations

import numpy as np

from foldline import Regions


def assert_first_change(found: Regions, n: int, beyond: float) -> None:
    """Around the points of the first regions the pattern changes at the distance, not before; the box is [-1, 1]^d."""
    net, rng = found.network, np.random.default_rng(3)
    for x, distance in zip(found.points[:n], found.distance_to_fold(found.points[:n]), strict=True):
        way = rng.normal(size=(4000, found.d_in))
        way /= np.linalg.norm(way, axis=1)[:, None]
        for factor, changes in ((0.999, False), (beyond, True)):
            seen = x + factor * distance * way
            seen = seen[(np.abs(seen) <= 1).all(axis=1)]
            assert (net.pattern(seen) != net.pattern(x)).any() == changes
