"""How often points with normals wind round places, in steps so short that an alarm can end them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]

SPAN = 2**13  # points or places that are looked at together: some 0.05 s
TOGETHER = 32  # points of a group, at most
FAR = 2.0  # radii of a group from which on it counts as one dipole
PAIRS = 2**20  # places times groups that are looked at together


def spans(n: int, size: int = SPAN) -> Iterator[slice]:
    """Give the parts of n rows that are looked at one after the other: what is written in C hears no signal inside.

    >>> list(spans(5, 4))
    [slice(0, 4, None), slice(4, 8, None)]
    """
    return (slice(at, at + size) for at in range(0, n, size))


class Winding:
    """A function: (n, 3) places to how often a surface winds round each, (n,): 1 inside, 0 outside a closed one.

    Points stand for parts of a surface.  Groups of up to 32 neighbours that are 2 of their radii away count as one.
    source   Barill et al. 2018, "Fast winding numbers for soups and clouds", equations 5 and 9 (the first term)
    cost     places times a 32nd of the points

    >>> ball = np.random.default_rng(0).normal(size=(2000, 3))
    >>> ball /= np.linalg.norm(ball, axis=1, keepdims=True)
    >>> Winding(ball, ball, np.full(2000, 4 * np.pi / 2000))(np.array([[0, 0, 0.5], [0, 0, 2]])) > 0.5
    array([ True, False])
    """

    def __init__(self, points: Array, normals: Array, areas: Array) -> None:
        groups = list(_groups(points, np.arange(len(points))))
        order, self.sizes = np.concatenate(groups), np.array([len(group) for group in groups])
        self.begins = np.cumsum(self.sizes) - self.sizes
        self.points, self.parts = points[order], (areas[:, None] * normals)[order] / (4 * np.pi)
        self.centres = np.add.reduceat(self.points, self.begins) / self.sizes[:, None]
        away = np.linalg.norm(self.points - np.repeat(self.centres, self.sizes, axis=0), axis=1)
        self.reach = FAR * np.maximum.reduceat(away, self.begins)
        self.dipoles = np.add.reduceat(self.parts, self.begins)

    def __call__(self, places: Array) -> Array:
        parts = spans(len(places), max(1, PAIRS // len(self.sizes)))
        return np.concatenate([np.empty(0), *(self._at(places[part]) for part in parts)])

    def _at(self, places: Array) -> Array:
        away = np.add.outer((places**2).sum(axis=1), (self.centres**2).sum(axis=1)) - 2 * places @ self.centres.T
        near = away <= self.reach**2
        away[near] = np.inf
        along = (self.centres * self.dipoles).sum(axis=1) - places @ self.dipoles.T
        total: Array = (along / (away * np.sqrt(away))).sum(axis=1)
        place, group = np.nonzero(near)
        for part in spans(len(place), PAIRS // TOGETHER):
            self._add_near(total, places, place[part], group[part])
        return total

    def _add_near(self, total: Array, places: Array, place: Index, group: Index) -> None:
        """Add what the points of groups say of places that are near, pair by pair."""
        sizes = self.sizes[group]
        ends = np.cumsum(sizes)
        at = np.arange(ends[-1]) + np.repeat(self.begins[group] - ends + sizes, sizes)
        asked = np.repeat(place, sizes)
        apart = self.points[at] - places[asked]
        away = np.einsum("ni,ni->n", apart, apart)
        away[away == 0] = np.inf  # a point says nothing of its own place
        total += np.bincount(asked, (apart * self.parts[at]).sum(axis=1) / (away * np.sqrt(away)), minlength=len(total))


def _groups(points: Array, at: Index) -> Iterator[Index]:
    """Points cut in halves along their longest side, until few are together."""
    if len(at) <= TOGETHER:
        yield at
        return
    here = points[at]
    half, axis = len(at) // 2, int(np.argmax(np.ptp(here, axis=0)))
    order = np.argpartition(here[:, axis], half)
    yield from _groups(points, at[order[:half]])
    yield from _groups(points, at[order[half:]])
