"""Search: every region in which a component of the level set can have its lowest point."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..level import Words
from .leaves import Bounds, Leaf, errors_of
from .marcher import Marcher
from .plane import Frame, Polygon, Rows

Array = NDArray[np.float64]

SLACK = 2.0**-30  # opened leaves keep every polygon within this of being there: a superset
THICK = 2.0**-24  # opened leaves are widened by this, so that nothing hides between two of them
DEEP = 8  # leaves split more often than this are opened sooner
MANY_SYMBOLS = 24  # slopes are not bounded where more units are undecided; a matter of speed only
NEWTON = 6  # steps towards a zero of a sheet before its leaf is split instead
LAST_OPENED = 20_000  # regions walked in a leaf too small to split before giving up
START = 3  # leaves are split so often before they are looked at


class Search:
    """Every region in which a component of the level set can have its lowest point, pushed as a seed."""

    def __init__(self, marcher: Marcher, open_at: int, max_depth: int, first: int = 0, last: int | None = None) -> None:
        self.marcher, self.question = marcher, marcher.question
        self.open_at, self.max_depth = open_at, max_depth
        self.first, self.last, self.starts = first, last, 0  # of the leaves where it begins to look
        self.errors = errors_of(self.question)
        self.leaves = self.unsettled = 0
        self._volume = 0.0

    @property
    def share(self) -> float:
        """The share of the box that was settled."""
        return min(1.0, self._volume / float(np.prod(self.question.hi - self.question.lo)))

    @property
    def explored(self) -> float:
        return 1.0 if self.unsettled == 0 else self.share

    def run(self) -> bool:
        """Settle every leaf; False if some are left."""
        todo = self._start()
        while todo:
            if self._passes_over(todo[-1]):
                todo += self._passed(todo.pop())
                continue
            self.leaves += 1
            if self.marcher.limits.over(0, min(1.0, self._volume)):
                self.unsettled += len(todo)
                return False
            leaf = todo.pop()
            bounds = Bounds(self.question, leaf, self.errors) if leaf.depth >= START else None
            if bounds is not None and self._settled(leaf, bounds):
                self._volume += leaf.volume
            elif leaf.depth < self.max_depth:
                smaller = leaf if bounds is None else leaf.shrunk(bounds)
                self._volume += leaf.volume - smaller.volume
                todo += smaller.split()
            else:
                self.unsettled += 1
        return self.unsettled == 0

    def _passes_over(self, leaf: Leaf) -> bool:
        """Whether a leaf is another part's; of those before it begins to look, the first part has them."""
        if leaf.depth == START:
            self.starts += 1
            return self.starts <= self.first or (self.last is not None and self.starts > self.last)
        return leaf.depth < START and self.first > 0

    def _passed(self, leaf: Leaf) -> list[Leaf]:
        return leaf.split() if leaf.depth < START else []

    def _start(self) -> list[Leaf]:
        lo, hi = self.question.lo, self.question.hi
        todo = []
        for axis in range(3):
            for upper in range(4):
                a, b = lo.copy(), hi.copy()
                for bit, other in enumerate(((axis + 1) % 3, (axis + 2) % 3)):
                    a[other] = b[other] = (hi if upper >> bit & 1 else lo)[other]
                todo.append(Leaf(a, b, 0, 4))
            for end in (lo, hi):
                a, b = lo.copy(), hi.copy()
                a[axis] = b[axis] = end[axis]
                todo.append(Leaf(a, b, 0, axis))
        return [*todo, Leaf(lo, hi, 0, 3)]

    def _settled(self, leaf: Leaf, bounds: Bounds) -> bool:
        if not bounds.zero:
            return True
        if leaf.face < 4 and len(bounds.units) <= MANY_SYMBOLS:
            if bounds.downhill(leaf.face):
                return True
            ends = bounds.sheet(leaf)
            if ends is not None and self._witness(bounds, *ends):
                return True
        last = leaf.depth >= self.max_depth
        few = min(self.open_at + max(0, leaf.depth - DEEP), 20)  # many folds may meet in a point that no split parts
        return (len(bounds.units) <= few or last) and self._open(leaf, bounds, LAST_OPENED if last else 2**few)

    def _witness(self, bounds: Bounds, first: Array, last: Array) -> bool:
        """Push a region in which a sheet has a zero on its diagonal, or see that it has none; False if unsure."""
        step, low, high = last - first, 0.0, 1.0
        along = float(bounds.level[:3] @ step)
        s = min(1.0, max(0.0, 0.5 - bounds.level[3] / along)) if along > 0 else 0.5
        for _ in range(NEWTON):
            value, bits = self._look(last if s == 1.0 else first + s * step)
            if (s == 0.0 and value > bounds.error) or (s == 1.0 and value < -bounds.error):
                return True
            rows = Rows(self.question, bits)
            slope = float(rows.level[:3] @ step)
            if not slope > 0:
                return False
            then = s - value / slope
            point = first + then * step
            if self._certain(rows, slope, point, first, last):
                self.marcher.push(self.question.pack(bits), point, seed=True)
                return True
            low, high = (s, high) if value < 0 else (low, s)
            s = min(1.0, max(0.0, then)) if not 0.0 < then < 1.0 else then if low < then < high else (low + high) / 2
        return False

    def _look(self, point: Array) -> tuple[float, list[NDArray[np.bool_]]]:
        """The network minus the level at a point, and which units are on there."""
        chain, h, bits = self.question.chain, point, []
        for W, b, below in zip(chain.weights, chain.biases, chain.below, strict=False):
            z = W @ h + b
            bits.append((z > 0) & (below != 1.0))
            h = np.where(z > 0, z, below * z)
        return float((chain.weights[-1] @ h + self.question.rest)[0]), bits

    def _certain(self, rows: Rows, slope: float, point: Array, first: Array, last: Array) -> bool:
        """Whether the region of some rows holds a zero near a point, in the leaf.

        On a step to both sides along the diagonal, long enough for the level row to change sign, no unit does.
        """
        reach = 2 * (abs(float(rows.level[:3] @ point + rows.level[3])) + rows.level_error) / slope
        step, folds = last - first, self.marcher.folds[self.marcher.folds < self.marcher.n_units]
        room = np.minimum(point - np.minimum(first, last), np.maximum(first, last) - point)
        if not (room > 2 * reach * np.abs(step))[step != 0].all():
            return False
        planes = rows.rows[folds]
        margin = 2 * (rows.errors[folds] + reach * np.abs(planes[:, :3] @ step))
        return bool((planes[:, :3] @ point + planes[:, 3] > margin).all())

    def _open(self, leaf: Leaf, bounds: Bounds, most: int) -> bool:
        """Walk all regions of a leaf across the folds inside it, with slack; False if there are more than ``most``."""
        half = (leaf.hi - leaf.lo) / 2 + THICK
        found = [self._pattern_at(bounds)]
        seen = {found[0].tobytes()}
        for pattern in found:
            if len(found) > most:
                return False
            rows = Rows(self.question, self.question.bits(pattern))
            planes, errors = rows.rows[bounds.units], rows.errors[bounds.units]
            reach = float(np.linalg.norm(half))
            size = np.linalg.norm(planes[:, :3], axis=1)
            at = planes[:, :3] @ bounds.middle + planes[:, 3]
            if (at + size * reach < -2 * errors - SLACK * size).any():
                continue
            inside = _meets(rows.level, rows.level_error, bounds.middle, half, planes, errors)
            if inside is not None:
                self.marcher.push(pattern, inside, seed=True)
            for k, unit in enumerate(bounds.units):
                others = np.arange(len(planes)) != k
                if _meets(planes[k], errors[k], bounds.middle, half, planes[others], errors[others]) is not None:
                    other = self.question.flipped(pattern, unit)
                    if other.tobytes() not in seen:
                        seen.add(other.tobytes())
                        found.append(other)
        return True

    def _pattern_at(self, bounds: Bounds) -> Words:
        """The pattern at the middle of a leaf."""
        bits = [on.copy() for on in bounds.bits]
        starts = np.cumsum([0, *self.question.widths])
        for unit in bounds.units:
            layer = int(np.searchsorted(starts, unit, side="right")) - 1
            h = bounds.middle
            for W, b, below, on in zip(
                self.question.chain.weights[: layer + 1],
                self.question.chain.biases,
                self.question.chain.below,
                bits,
                strict=False,
            ):
                z = W @ h + b
                h = np.where(on, z, below * z)
            bits[layer][unit - starts[layer]] = z[unit - starts[layer]] > 0
        return self.question.pack(bits)


def _meets(row: Array, error: float, middle: Array, half: Array, planes: Array, errors: Array) -> Array | None:
    """Return a point of the plane inside the leaf and the planes, all with slack, or None if there is none."""
    frame, reach = Frame(row, middle), float(np.linalg.norm(half))
    value = abs(float(row[:3] @ middle + row[3]))
    if frame.slope == 0.0 or frame.slope * reach <= 2 * error:  # no plane to speak of: zero or not, all over
        return middle if value <= 4 * error + np.abs(row[:3]).sum() * reach else None
    unsure = SLACK + 2 * error / frame.slope
    if value / frame.slope > reach + unsure:
        return None
    polygon = Polygon.square(2 * reach + unsure)
    for j in range(3):
        c = frame.p[j] - middle[j]
        polygon = polygon.cut(frame.e1[j], frame.e2[j], half[j] + unsure + c, 0)
        polygon = polygon.cut(-frame.e1[j], -frame.e2[j], half[j] + unsure - c, 0)
    slack = np.abs(planes[:, :3]).sum(axis=1) * unsure + 2 * errors
    for (a, b, c, _), more in zip(frame.lines(planes), slack, strict=True):
        polygon = polygon.cut(a, b, c + more, 0)
        if not len(polygon):
            return None
    return frame.lift(polygon.corners).mean(axis=0) if len(polygon) else None
