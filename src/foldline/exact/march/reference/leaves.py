"""Leaves of the octree that is searched, and affine bounds of every unit over one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..level import Level
from .plane import ULP

Array = NDArray[np.float64]

SPLIT = 0.48717948717948717  # leaves are not halved: folds of tidy weights lie at halves
LONG = 0.6  # sides at least this part of the longest are split; a matter of speed only
DOWN = np.array([0.53, 0.57, 0.6278534860936905])  # d: near the diagonal, where sheets are easy; along no tidy weights
ACROSS = np.array([[0.57, -0.53, 0.0], [0.0, 0.6278534860936905, -0.57]])  # two directions across it


@dataclass(eq=False)
class Leaf:
    """A box to look at; ``face`` is the axis it is flat across, 3 for none, 4 for an edge of the box."""

    lo: Array
    hi: Array
    depth: int
    face: int

    @property
    def volume(self) -> float:
        """A flat leaf has none."""
        return float(np.prod(self.hi - self.lo))

    def split(self) -> list[Leaf]:
        """Cut the long sides in two."""
        side = self.hi - self.lo
        middle, long = self.lo + SPLIT * side, side >= LONG * side.max()
        children = []
        for part in range(8):
            upper = (part >> np.arange(3)) & 1 == 1
            if not (upper & ~long).any():
                lo, hi = np.where(upper & long, middle, self.lo), np.where(~upper & long, middle, self.hi)
                children.append(Leaf(lo, hi, self.depth + 1, self.face))
        return children

    def shrunk(self, bounds: Bounds) -> Leaf:
        """The leaf without the ends where the bounds of the level row leave no zero."""
        middle, half = (self.lo + self.hi) / 2, (self.hi - self.lo) / 2
        lo, hi = self.lo.copy(), self.hi.copy()
        most = (bounds.radius + bounds.error + 64 * ULP) * (1 + 2.0**-20)
        for j in range(3):
            slope = abs(bounds.level[j])
            if half[j] == 0 or slope * half[j] < most / 8:
                continue
            around, width = -bounds.level[3] / bounds.level[j], (most - slope * half[j]) / slope + 8 * ULP
            a, b = max(lo[j], middle[j] + around - width), min(hi[j], middle[j] + around + width)
            if a < b:
                lo[j], hi[j] = a, b
        return Leaf(lo, hi, self.depth, self.face)


class Bounds:
    """Affine bounds of every unit over a leaf (a zonotope whose symbols are the undecided units).

    A value is ``rows . (x - middle, 1) + symbols . t`` with |t| <= shift; a symbol's column is also how much the unit
    moves per unit of slope of an undecided unit below it, which bounds the gradient.
    source   Singh et al. 2018, Fast and effective robustness certification (the least area relaxation of ReLU)
    """

    def __init__(self, question: Level, leaf: Leaf, errors: Sequence[Array]) -> None:
        self.middle = (leaf.lo + leaf.hi) / 2
        half = self._half = (leaf.hi - leaf.lo) / 2 * (1 + 4 * ULP) + 4 * ULP
        chain = question.chain
        H = np.concatenate([np.eye(3), self.middle[:, None]], axis=1)
        self.units: list[int] = []
        self.bits: list[NDArray[np.bool_]] = []
        rows, shifts, steps, unsure, first = [], np.zeros(0), np.zeros((0, 2)), np.zeros(0), 0
        for layer, W in enumerate(chain.weights):
            Z = W @ H
            Z[:, 3] += question.rest if layer == len(chain.below) else chain.biases[layer]
            radius = np.abs(Z[:, :3]) @ half + np.abs(Z[:, 4:]) @ np.abs(shifts)
            if layer == len(chain.below):
                break
            below, center, r = chain.below[layer], Z[:, 3], radius * (1 + 1e-12) + errors[layer]
            lo, hi = center - r, center + r
            # a unit that is zero all over the leaf, exactly, needs no decision
            open_ = np.flatnonzero((lo <= 0) & (hi >= 0) & (below != 1.0) & (lo != hi))
            slope = np.where((lo > 0) | (below == 1.0), 1.0, below)
            slope[open_] = (hi - below * lo)[open_] / (hi - lo)[open_]
            shift = lo[open_] * (below - slope)[open_] / 2
            fresh = np.zeros((len(W), len(open_)))
            fresh[open_, np.arange(len(open_))] = 1.0
            H = np.concatenate([slope[:, None] * Z, fresh], axis=1)
            H[open_, 3] += shift
            rows += [Z[u] for u in open_]
            shifts = np.concatenate([shifts, shift])
            # what the slope is above the middle one while the unit is off, and while it is on
            steps = np.concatenate([steps, np.stack([below - slope, 1.0 - slope], axis=1)[open_]])
            unsure = np.concatenate([unsure, errors[layer][open_]])
            self.units += [int(first + u) for u in open_]
            self.bits.append((center > 0) & (below != 1.0))
            first += len(W)
        self.level, self.radius, self.error = Z[0], float(radius[0]), float(errors[-1][0])
        self._rows, self._shifts, self._steps, self._unsure = rows, shifts, steps, unsure

    @property
    def zero(self) -> bool:
        """Whether the network can equal the level in the leaf."""
        return bool(abs(self.level[3]) <= self.radius * (1 + 1e-12) + self.error)

    def downhill(self, face: int) -> bool:
        """Whether some direction across ``DOWN`` (inside the face) has a slope of one sign over the whole leaf."""
        if face == 3:
            t = self.level[:3] - (self.level[:3] @ DOWN) * DOWN
            return self.rises(t) or self.rises(self._lean(t))
        t = np.cross(DOWN, np.eye(3)[face])
        return self.rises(-t if self.level[:3] @ t < 0 else t)

    def rises(self, t: Array) -> bool:
        """Whether the network grows along t wherever it equals the level in the leaf."""
        least = float(self.level[:3] @ t)
        sure = 1e-12 * abs(least) + self.error * float(np.abs(t).sum())
        size = np.zeros(0)
        for v, row in enumerate(self._rows):
            slope, spread = row[:3] @ t, np.abs(row[4:]) @ size[: len(row) - 4]
            steps = self._ranges[v]
            reach = np.abs(steps).max()
            size = np.append(size, reach * (abs(slope) + spread))
            least += (self.level[4 + v] * slope * steps).min() - abs(self.level[4 + v]) * reach * spread
        return bool(least > sure)

    def _lean(self, t: Array) -> Array:
        """Turn t, across ``DOWN``, away from where the gradient is least sure.

        By the inverse of the sum of squares of what each undecided unit may add to the gradient.
        source   Fisher 1936, The use of multiple measurements in taxonomic problems: the best line between two clouds
        """
        if not self._rows:
            return t
        added = np.array([row[:3] for row in self._rows]) * self.level[4:, None] @ ACROSS.T
        middle, half = self._ranges.sum(axis=1) / 2, (self._ranges[:, 1] - self._ranges[:, 0]) / 2
        spread, mean = (added.T * half**2) @ added, ACROSS @ t + middle @ added
        det = np.linalg.det(spread)
        if not det > 0:
            return t
        leaned: Array = np.array([[spread[1, 1], -spread[0, 1]], [-spread[1, 0], spread[0, 0]]]) @ mean / det @ ACROSS
        return leaned

    def sheet(self, leaf: Leaf) -> tuple[Array, Array] | None:
        """Return the first and the last corner of the leaf if the network's zeros (less the level) are connected there.

        Say the network grows along s_j e_j, s_j = +1 or -1, for each axis j (of the face), wherever it equals the
        level.  Then a path that grows along these passes the level at most once and upwards: what is above the level is
        closed under such steps, what is below under steps back.  Project along the diagonal s: the sides of the leaf
        around its first corner, and those around its last, each cover the same hexagon, in which the points not above
        on the first sides, and those not below on the last, are star-shaped around the middle.  The level set projects,
        one to one, onto their intersection.  It is empty if the first corner is above the level or the last below.
        """
        signs = np.where(self.level[:3] < 0, -1.0, 1.0)
        if not all(self.rises(signs[j] * np.eye(3)[j]) for j in range(3) if j != leaf.face):
            return None
        return np.where(signs > 0, leaf.lo, leaf.hi), np.where(signs > 0, leaf.hi, leaf.lo)

    @cached_property
    def _ranges(self) -> Array:
        """How much less and more than in the bounds the slope of each undecided unit is where the level is taken."""
        sides = [self._side_on_level(v) for v in range(len(self._rows))]
        steps = [self._steps[v, [(side + 1) // 2] * 2] if side else self._steps[v] for v, side in enumerate(sides)]
        return np.sort(np.array(steps).reshape(-1, 2), axis=1)

    def _side_on_level(self, v: int) -> int:
        """Return +1 or -1 if an undecided unit has that sign wherever the network equals the level in the leaf, or 0.

        No multiple of the level row that is taken off its bounds may let it be zero; the multiple of least squares is.
        """
        own = np.zeros(len(self.level))
        own[: len(self._rows[v])] = self._rows[v]
        h = np.concatenate([self._half, [0.0], np.abs(self._shifts)])
        across = (self.level[:3] * self._half) ** 2
        m = (own[:3] * self.level[:3] * self._half**2).sum() / across.sum() if across.any() else 0.0
        rest = own - m * self.level
        radius = (np.abs(rest) @ h) * (1 + 1e-12) + 2 * (self._unsure[v] + abs(m) * self.error)
        return int(rest[3] > radius) - int(rest[3] < -radius)


def errors_of(question: Level) -> list[Array]:
    """How far a unit's value can be off on any region of the box, a vector a layer (Higham 2002, section 3.1)."""
    size, error, errors = np.ones(3), np.zeros(3), []
    for layer, (W, b) in enumerate(zip(question.chain.weights, question.chain.biases, strict=True)):
        last = layer == len(question.chain.below)
        size = np.abs(W) @ size + np.abs(question.rest if last else b)
        error = (np.abs(W) @ error + (W.shape[1] + 40) * ULP * size) * (1 + 2.0**-20)
        errors.append(error + (question.lost if last else 0.0))
        if not last:
            steep = np.maximum(1.0, np.abs(question.chain.below[layer]))
            size, error = steep * size, steep * error
    return errors
