"""Handles: what can be taken hold of on a panel, where it is, where it may go, and which field it sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...box import Box
from ..handles import Pair

Limits = tuple[float, float]


@dataclass(frozen=True)
class Handle:
    """One thing to drag.

    name     "xy:points.3", "x:x", "y:logits.0": the field that its coordinates set; any other is the page's own
    panel    on which it lies
    at       its place; lo, hi: where it may go, equal in a coordinate it cannot change
    acts     what it does when pressed: "press", "delete"
    series   number of its colour, the ink if negative
    stops    the only values it takes, where it goes one way and not everywhere: an arrow key leads to the next
    """

    name: str
    panel: str
    at: Pair
    lo: Pair
    hi: Pair
    acts: tuple[str, ...] = ()
    series: int = -1
    stops: tuple[float, ...] = ()


def free(name: str, panel: str, at: Any, box: Box, acts: Sequence[str] = (), series: int = -1) -> Handle:
    """Return a handle that goes anywhere in a box.

    >>> free("xy:phi", "bowl", (0.5, 1), Box([0, 0], [1, 2])).hi
    (1.0, 2.0)
    """
    lo, hi = np.asarray(box.lo), np.asarray(box.hi)
    place = np.clip(np.asarray(at, dtype=np.float64), lo, hi)
    return Handle(name, panel, _pair(place), _pair(lo), _pair(hi), tuple(acts), series)


def across(name: str, panel: str, at: Any, limits: Limits, acts: Sequence[str] = (), series: int = -1) -> Handle:
    """Return a handle that moves from left to right at its height.

    >>> across("x:x", "curve", (0.5, 2), (0, 1)).lo
    (0.0, 2.0)
    """
    x, y = float(min(max(at[0], limits[0]), limits[1])), float(at[1])
    return Handle(name, panel, (x, y), (float(limits[0]), y), (float(limits[1]), y), tuple(acts), series)


def upright(name: str, panel: str, at: Any, limits: Limits, acts: Sequence[str] = (), series: int = -1) -> Handle:
    """Return a handle that moves up and down where it is.

    >>> upright("y:bias", "curve", (0.5, 2), (0, 3)).hi
    (0.5, 3.0)
    """
    x, y = float(at[0]), float(min(max(at[1], limits[0]), limits[1]))
    return Handle(name, panel, (x, y), (x, float(limits[0])), (x, float(limits[1])), tuple(acts), series)


def _pair(values: Any) -> Pair:
    return float(values[0]), float(values[1])
