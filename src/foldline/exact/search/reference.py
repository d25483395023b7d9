"""The NumPy engine for regions in any dimension: the compiled engine's algorithm, to read, teach from and test against.

A cell is a list of half-spaces with unit normals and a point strictly inside.  Going through the units of a layer, a
unit cuts the cell if points lie on both sides of its fold.  A linear program looks for one on the other side; that it
cuts is certified by interior points on both sides, that it does not by a non-negative sum of the half-spaces.

Its volume and first moment, as cpp/core/search/moments.hpp has them: a face of dimension k is a sum of cones from one
point o of its plane over its own facets: with h the signed distance of o from a facet F, volume = sum h volume(F) / k,
and a cone's moment is h / (k + 1) (moment(F) + volume(F) o / k).  Each side is first moved out by a little of its own,
so that each face lies in the fewest sides possible, and the volume taken back to first order: a side that moves by t
adds t times its area.

source   Lasserre 1983, "An analytical expression and an algorithm for the volume of a convex polyhedron in R^n"
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...same import Compared
from ..shards import Shard, owns, takes

Array = NDArray[np.float64]
Pattern = NDArray[np.uint8]
Sides = frozenset[int]  # those in which a face lies

UNIT = 2.0**-53  # half an ulp of 1
TINY = float(np.finfo(np.float64).tiny)  # stands for all that can underflow
RANGE = 1e140  # squares of larger (or smaller) numbers leave the range of a double
# They steer the search; whatever they do, the certificates decide.
PIVOT = 1e-11
REDUCED = 1e-13
LEVEL = 1e-9
OFF, ON, CUTS, UNCLEAR = 0, 1, 2, 3
# Of volumes.
SHIFT = 2.0**-34  # in widths: far above the rounding of a plane, far below the root of what volumes are to be exact to
THIN = 2.0**-8  # of what was taken back: a smaller volume is good to 2^-10 or less, and its middle cannot be told
# A row of a face's plane, of length 1 outside: where one so short cuts, its place is not told; one shorter still is the
# same side within rounding, and what moved the two apart decides.
SHORT, SAME = 2.0**-14, 2.0**-44
GOLDEN = 0.6180339887498949  # multiples of it, modulo 1, stay apart


def gamma(n: int) -> float:
    """Higham's gamma_n, doubled: it also covers the rounding of the bound itself."""
    return 2.0 * n * UNIT / (1.0 - n * UNIT)


@dataclass(frozen=True, eq=False)
class Folds(Compared):
    """A layer's units on one region of the layers before.

    T, error, size   pre-activations (n, d + 1) as affine functions, their error and their size over the box
    a, c, err        the same with unit normals
    constant         whether a unit certainly has no gradient
    unclear          whether rounding hides which of its properties hold
    """

    T: Array
    error: Array
    size: Array
    a: Array
    c: Array
    err: Array
    constant: NDArray[np.bool_]
    unclear: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Part(Compared):
    """A cell: sides A x + c >= 0 known up to ``err`` (their names in ``names``), a witness and its ball."""

    layer: int
    pattern: Pattern
    A: Array
    c: Array
    err: Array
    names: tuple[int, ...]
    waiting: tuple[int, ...]
    p: Array
    radius: float
    known: Array  # further points of the cell
    inside: Array  # sample points in the cell


class _Stop(Exception):
    """A budget was reached or the caller asked to stop."""


def search(
    weights: Sequence[Array], biases: Sequence[Array], below: Sequence[Array], lo: Array, hi: Array, sample: Array,
    certify: bool, keep: bool, regions: int, seconds: float, shard: Shard, decide: Callable[..., Any], hand:
    Callable[..., int], progress: Callable[[int, int], bool] | None,
) -> dict[str, Any]:  # fmt: skip
    """Return what the compiled engine's ``run`` returns for the same arguments."""
    engine = _Search(weights, biases, below, lo, hi, certify, decide, hand, shard)
    ends = time.monotonic() + seconds
    kept: list[Part] = []
    complete, engine.left = True, regions
    try:
        for cell in engine.cells(sample):
            if engine.left <= 0 or time.monotonic() > ends or (progress and progress(engine.n, engine.seen)):
                raise _Stop
            engine.left -= 1
            engine.n += 1
            engine.seen += len(cell.inside)
            if keep:
                kept.append(cell)
    except _Stop:
        complete = False
    return engine.answer(kept) | {"complete": complete}


def dives(
    weights: Sequence[Array], biases: Sequence[Array], below: Sequence[Array], lo: Array, hi: Array, times: int, seed:
    int,
) -> list[int]:  # fmt: skip
    """Return how often each of some random ways down is split: 2 ** splits estimates the number of regions.

    source   Knuth 1975, "Estimating the efficiency of backtrack programs"
    """
    engine = _Search(weights, biases, below, lo, hi, False, lambda *_: (None, None), lambda *_: 0)
    random = np.random.default_rng(seed)
    return [engine.dive(random) for _ in range(times)]


class _Search:
    def __init__(
        self,
        weights: Sequence[Array],
        biases: Sequence[Array],
        below: Sequence[Array],
        lo: Array,
        hi: Array,
        certify: bool,
        decide: Callable[..., Any],
        hand: Callable[..., int],
        shard: Shard = (),
    ) -> None:
        self.weights, self.biases, self.below = weights, biases, below
        self.lo, self.hi, self.reach = lo, hi, np.maximum(np.abs(lo), np.abs(hi))
        self.certify, self.decide, self.hand, self.shard = certify, decide, hand, shard
        self.d = len(lo)
        self.starts = np.concatenate([[0], np.cumsum([len(s) for s in below])]).astype(int)
        self.folding = np.concatenate([*(s != 1.0 for s in below), np.zeros(0, dtype=bool)])
        self._last: list[tuple[bytes, Folds]] = []
        self.n = self.seen = self.merged = self.programs = self.asked = self.left = 0

    # The way from the box to the regions

    def cells(self, sample: Array) -> Iterator[Part]:
        """Yield the regions, depth first."""
        stack = self._root(sample)
        while stack:
            cell = stack.pop()
            if not self._done(cell):
                stack.extend(reversed(self._next(cell)))
            elif owns(self.shard, self._cuts(cell)):
                yield cell

    def dive(self, random: np.random.Generator) -> int:
        """Go one random way down to a region; return how often it was split."""
        splits, parts = 0, self._root(np.zeros((0, self.d)))
        while parts and not self._done(parts[0]):
            parts = self._next(parts[0])
            if len(parts) > 1:
                splits += 1
                parts = [parts[int(random.integers(2))]]
        return splits

    def _root(self, sample: Array) -> list[Part]:
        """The box, or nothing if it is too thin for doubles and was handed over."""
        eye = np.eye(self.d)
        A = np.stack([eye, -eye], axis=1).reshape(-1, self.d)
        c = np.stack([-self.lo, self.hi], axis=1).ravel()
        err = gamma(2) * 2.0 * np.repeat(self.reach, 2)
        pattern, none = np.zeros(self.starts[-1], dtype=np.uint8), np.zeros((0, self.d))
        p = 0.5 * self.lo + 0.5 * self.hi
        names = tuple(-1 - k for k in range(2 * self.d))
        root = Part(0, pattern, A, c, err, names, self._units(0), p, 0.0, none, sample)
        placed = self._placed(root)
        if placed is None and owns(self.shard, 0):
            self._hand_over(None, 0, 0)
        return [placed] if placed else []

    def _cuts(self, cell: Part) -> int:
        return len(cell.names) - 2 * self.d

    def _done(self, cell: Part) -> bool:
        return not cell.waiting and cell.layer + 1 >= len(self.below)

    def _next(self, cell: Part) -> list[Part]:
        if cell.waiting:
            return self._cut(cell)
        return [replace(cell, layer=cell.layer + 1, waiting=self._units(cell.layer + 1))]

    def _units(self, layer: int) -> tuple[int, ...]:
        return tuple(np.flatnonzero(self.below[layer] != 1.0).tolist()) if len(self.below) else ()

    def _cut(self, cell: Part) -> list[Part]:
        """The cell with all its units decided, or the two parts that the nearest of those that cut makes, off first."""
        folds, cutting = self._folds(cell.layer, cell.pattern), []
        for k, unit in enumerate(cell.waiting):
            verdict, cell = self._classify(cell, folds, unit)
            if verdict == CUTS:
                cutting.append(unit)
            elif verdict == UNCLEAR:
                return self._ask(replace(cell, waiting=(*cutting, *cell.waiting[k + 1 :])), folds, unit)
            else:
                cell = self._with_bit(cell, unit, verdict)
        if not cutting:
            return [replace(cell, waiting=())]
        unit = min(cutting, key=lambda u: abs(float(folds.a[u] @ cell.p + folds.c[u])))
        cell = replace(cell, waiting=tuple(u for u in cutting if u != unit))
        off, on = (self._part(cell, folds, unit, bit, p) for bit, p in enumerate(self._points(cell, folds, unit)))
        if not off or not on:
            return self._ask(cell, folds, unit)
        return [part for bit, part in enumerate((off, on)) if takes(self.shard, self._cuts(cell), bit)]

    def _ask(self, cell: Part, folds: Folds, unit: int) -> list[Part]:
        """What rational arithmetic says; parts too thin for doubles are searched there at once."""
        flat, cuts = int(self.starts[cell.layer]) + unit, self._cuts(cell)
        if not self.certify:
            self.merged += owns(self.shard, cuts)
            return [self._with_bit(cell, unit, int(folds.a[unit] @ cell.p + folds.c[unit] > 0.0))]
        self.asked += owns(self.shard, cuts)
        points = self.decide(self._place(cell), flat)
        if points[0] is None or points[1] is None:
            return [self._with_bit(cell, unit, int(points[0] is None))]
        parts = []
        for bit, p in enumerate(points):
            if not takes(self.shard, cuts, bit):
                continue
            part = None if folds.unclear[unit] else self._part(cell, folds, unit, bit, np.array(p))
            if part is not None:
                parts.append(part)
            elif owns(self.shard, cuts + 1):
                cut = cell.inside @ folds.a[unit] + folds.c[unit] > 0.0
                self.seen += int((cut == bool(bit)).sum())
                self._hand_over(cell, flat, bit)
        return parts

    def _hand_over(self, cell: Part | None, unit: int, bit: int) -> None:
        found = self.hand(self._place(cell) if cell else None, unit, bit, self.left)
        self.n += found
        self.left -= found

    def _place(self, cell: Part) -> tuple[Any, ...]:
        return cell.layer, cell.pattern.tolist(), list(cell.names), list(cell.waiting), cell.p.tolist()

    # Layers as affine functions

    def _folds(self, layer: int, pattern: Pattern) -> Folds:
        """The layer on the region of the layers before; the last one of every layer is kept."""
        key = pattern[: self.starts[layer]].tobytes()
        del self._last[layer + 1 :]
        if len(self._last) <= layer or self._last[layer][0] != key:
            del self._last[layer:]
            before = self._folds(layer - 1, pattern) if layer else None
            self._last.append((key, self._compose(layer, pattern, before)))
        return self._last[layer][1]

    def _compose(self, layer: int, pattern: Pattern, before: Folds | None) -> Folds:
        W, b, d = self.weights[layer], self.biases[layer], self.d
        T, error = np.column_stack([W, b]), np.zeros(len(b))
        if before is not None:
            on = pattern[self.starts[layer - 1] : self.starts[layer]] == 1
            slope = np.where(on, 1.0, self.below[layer - 1])
            live = (slope != 0.0) & (before.size != 0.0)
            weight = W[:, live] * slope[live]
            T = weight @ before.T[live]
            T[:, -1] += b
            n = int(live.sum()) + 4
            size = np.abs(weight) @ before.size[live] + np.abs(b)
            error = (1.0 + gamma(n)) * (np.abs(weight) @ before.error[live]) + gamma(n) * size
            error += n * (1.0 + before.size[live].sum()) * TINY
            error = np.where((W[:, live] != 0.0).any(axis=1), error, 0.0)
        size = np.abs(T) @ np.append(self.reach, 1.0)
        err = 2.0 * error + gamma(2 * d + 8) * size
        most = np.abs(T[:, :-1]).max(axis=1)
        flat = most == 0.0
        fits = (most > 1.0 / RANGE) & (size < RANGE)
        scale = np.where(fits, 1.0 / np.sqrt((np.where(fits[:, None], T[:, :-1], 1.0) ** 2).sum(axis=1)), 1.0)
        constant = flat & ((error == 0.0) | (np.abs(T[:, -1]) > err))
        return Folds(
            T,
            error,
            size + error,
            T[:, :-1] * scale[:, None],
            T[:, -1] * scale,
            err * scale,
            constant,
            ~constant & ~fits,
        )

    # Decisions

    def _classify(self, cell: Part, folds: Folds, unit: int) -> tuple[int, Part]:
        """OFF, ON, CUTS or UNCLEAR; the cell knows one more of its points where that showed the cut."""
        a, c, err = folds.a[unit], folds.c[unit], folds.err[unit]
        if folds.constant[unit]:
            return (ON if c > 0.0 else OFF), cell
        if folds.unclear[unit]:
            return UNCLEAR, cell
        z = float(a @ cell.p + c)
        if abs(z) + err < cell.radius:
            return CUTS, cell
        if not abs(z) > err:
            return UNCLEAR, cell
        sign = 1.0 if z > 0.0 else -1.0
        if (sign * (cell.known @ a + c) < -4.0 * err).any():
            return CUTS, cell
        self.programs += 1
        point, active, y = descend(cell.A, cell.A @ cell.p + cell.c, cell.p, sign * a, sign * z, -4.0 * err)
        if point is not None:
            return CUTS, replace(cell, known=np.vstack([cell.known, point]))
        if active is None or not self._proved(cell, sign * a, sign * z, err, active, y):
            return UNCLEAR, cell
        return (ON if sign > 0.0 else OFF), cell

    def _proved(self, cell: Part, a: Array, z: float, err: float, active: Sequence[int], y: Array) -> bool:
        """Weak duality: z = sum y side + rest with y >= 0, and rest >= 0 over the box whatever the rounding.

        source   Neumaier and Shcherbina 2004, "Safe bounds in linear and mixed-integer linear programming"
        """
        use = [k for k, side in enumerate(active) if side >= 0 and y[k] > 0.0]
        rows, share = [active[k] for k in use], y[use]
        slack = cell.A[rows] @ cell.p + cell.c[rows]
        width = self.hi - self.lo
        rest = z - share @ slack
        across = np.abs(a - share @ cell.A[rows]) @ width
        size = (1.0 + share.sum()) * width.sum() + abs(z) + share @ slack
        return bool(rest >= gamma(self.d + 6) * size + 2.0 * (err + share @ cell.err[rows] + across))

    # Parts

    def _points(self, cell: Part, folds: Folds, unit: int) -> tuple[Array, Array]:
        """Points off and on: in the caps of the ball, or the witness and one on the way to the farthest known point."""
        a, z = folds.a[unit], float(folds.a[unit] @ cell.p + folds.c[unit])
        if abs(z) < cell.radius:
            return cell.p - 0.5 * (cell.radius + z) * a, cell.p + 0.5 * (cell.radius - z) * a
        values = np.sign(z) * (cell.known @ a + folds.c[unit])
        other, beyond = cell.known[int(values.argmin())], -float(values.min())
        ways = (abs(z) + beyond * np.array([0.2, 0.4, 0.6, 0.8])) / (abs(z) + beyond)
        sides = np.vstack([cell.A, -np.sign(z) * a]), np.append(cell.c, -np.sign(z) * folds.c[unit])
        tries = [cell.p + t * (other - cell.p) for t in ways]
        best = max(tries, key=lambda x: float((sides[0] @ x + sides[1]).min()))
        return (best, cell.p) if z > 0.0 else (cell.p, best)

    def _part(self, cell: Part, folds: Folds, unit: int, bit: int, p: Array) -> Part | None:
        """The part of a cell where a unit is off or on, None if rounding leaves no certain room around p."""
        sign = 1.0 if bit else -1.0
        a, c = sign * folds.a[unit], sign * folds.c[unit]
        part = replace(
            self._with_bit(cell, unit, bit),
            A=np.vstack([cell.A, a]),
            c=np.append(cell.c, c),
            err=np.append(cell.err, folds.err[unit]),
            names=(*cell.names, int(self.starts[cell.layer]) + unit),
            p=p,
            known=cell.known[cell.known @ a + c > 0.0],
            inside=cell.inside[(cell.inside @ folds.a[unit] + folds.c[unit] > 0.0) == bool(bit)],
        )
        return self._placed(part)

    def _placed(self, part: Part) -> Part | None:
        """The part with its ball, the witness moved away from the nearest side as far as that is still the nearest."""
        part = replace(part, radius=self._radius(part))
        if part.radius <= 0.0:
            return None
        slack = part.A @ part.p + part.c
        near = int(slack.argmin())
        closing = 1.0 - part.A @ part.A[near]
        others = closing > LEVEL
        t = float(((slack - slack[near])[others] / closing[others]).min())
        moved = replace(part, p=part.p + t * part.A[near])
        moved = replace(moved, radius=self._radius(moved))
        return moved if moved.radius > part.radius else part

    def _radius(self, part: Part) -> float:
        return float((part.A @ part.p + part.c - part.err).min()) * (1.0 - 8.0 * UNIT)

    def _with_bit(self, cell: Part, unit: int, bit: int) -> Part:
        pattern = cell.pattern.copy()
        pattern[self.starts[cell.layer] + unit] = bit
        return replace(cell, pattern=pattern)

    # The answer

    def answer(self, kept: Sequence[Part]) -> dict[str, Any]:
        d, outputs = self.d, len(self.biases[-1])
        lengths = [len(cell.names) for cell in kept]
        last = len(self.below)
        column = np.cumsum(self.folding) - 1
        return {
            "n_regions": self.n,
            "merged": self.merged,
            "programs": self.programs,
            "asked": self.asked,
            "seen": self.seen,
            "patterns": np.array([c.pattern[self.folding] for c in kept], dtype=np.uint8).reshape(
                len(kept), int(self.folding.sum())
            ),
            "points": np.array([cell.p for cell in kept]).reshape(-1, d),
            "radii": np.array([cell.radius for cell in kept]),
            "maps": np.array([self._folds(last, cell.pattern).T for cell in kept]).reshape(-1, outputs, d + 1),
            "side_start": np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            "sides": np.array([s if s < 0 else column[s] for cell in kept for s in cell.names], dtype=np.int32),
        }


def descend(
    A: Array, slack: Array, p: Array, a: Array, z: float, stop: float
) -> tuple[Array | None, list[int] | None, Array]:
    """Walk from a point strictly inside {A x + c >= 0} down an affine function along the edges of the polytope.

    slack     A p + c;  a, z: the function's gradient and its value at p
    returns   (point, None, _) once the value is below ``stop``; (None, active sides, multipliers) where no edge leads
              down; (None, None, _) if rounding keeps it from ending

    >>> square, ones = np.array([[1.0, 0], [0, 1], [-1, 0], [0, -1]]), np.ones(4)
    >>> descend(square, ones, np.zeros(2), np.array([0.6, 0.8]), 1.0, 0.0)[0]
    array([-0.75, -1.  ])
    >>> descend(square, ones, np.zeros(2), np.array([0.6, 0.8]), 2.0, 0.0)[1:]
    ([1, 0], array([0.8, 0.6]))
    """
    d = len(p)
    w = a + np.where(np.arange(d) == 0, 1.0 if a[0] >= 0.0 else -1.0, 0.0)
    basis = np.eye(d) - 2.0 * np.outer(w, w) / (w @ w)  # rows: the first along the gradient (Householder)
    y = basis @ a
    y[1:] = 0.0
    active, x = [-1] * d, p.copy()
    for _ in range(20 + 10 * d):
        bound = np.array(active) >= 0
        falls = np.where(bound & (y >= 0.0), 0.0, y * y / (basis * basis).sum(axis=1))
        k = int(falls.argmax())
        if falls[k] <= REDUCED * REDUCED:
            return None, active, y
        way = -1.0 if not bound[k] and y[k] > 0.0 else 1.0
        speed = A @ (way * basis[k])
        speed[[side for side in active if side >= 0]] = 0.0
        falling = speed < -PIVOT
        if not falling.any():
            break
        times = np.where(falling, slack / np.where(falling, -speed, 1.0), np.inf)
        side = int(times.argmin())
        x = x + times[side] * way * basis[k]
        slack = slack + times[side] * speed
        z += times[side] * way * y[k]
        if z < stop:
            return x, None, y
        across = basis @ A[side]
        basis[k] /= across[k]
        y[k] /= across[k]
        for e in range(d):
            if e != k:
                basis[e] -= across[e] * basis[k]
                y[e] -= across[e] * y[k]
        active[k] = side
    return None, None, y


def moments(rows: Array, at: Array, width: float, *, guess: bool = False) -> Array:
    """Return (volume, integral of x) of the polytope {a.x + c >= 0}, (d + 1,); not numbers where sides are so near to
    parallel that rounding hides where they meet, unless a guess is wanted.

    rows    (m, d + 1): unit normals and offsets
    at      a point inside; no two points are farther apart than ``width``

    >>> moments(np.array([[1.0, 0, 0], [0, 1, 0], [-1, 0, 2], [0, -1, 3]]), np.array([1.0, 1.0]), 5.0).round(9).tolist()
    [6.0, 6.0, 9.0]
    """
    d = len(at)
    shift = (
        SHIFT * width * (1.0 + GOLDEN * np.arange(1, len(rows) + 1) % 1.0) * (d > 1)
    )  # points need not be told apart
    faces = _Faces(width)
    A, c = rows[:, :-1], rows[:, -1]
    whole: Array = faces.measure(frozenset(), A, c + A @ at + shift, np.eye(d), np.zeros(d))
    if faces.doubt and not guess:
        return np.full(d + 1, np.nan)
    taken = np.zeros(d + 1)
    for i, t in enumerate(shift):
        taken += t * faces.known.get(frozenset([i]), 0.0)
    whole = whole - taken
    whole[1:] = (whole[1:] if whole[0] > THIN * taken[0] else 0.0) + whole[0] * at
    return whole


class _Faces:
    def __init__(self, width: float) -> None:
        self.far = 2.0 * width
        self.known: dict[Sides, Array] = {}
        self.doubt = False

    def measure(self, face: Sides, A: Array, c: Array, basis: Array, origin: Array) -> Array:
        """Volume and moment of a face, {A y + c >= 0} of the plane x = origin + basis' y but for the face's sides."""
        k, d = A.shape[1], len(origin)
        if face in self.known:
            return self.known[face]
        out = np.zeros(d + 1)
        norms = np.linalg.norm(A, axis=1)
        others = [i for i in range(len(c)) if i not in face and c[i] < norms[i] * self.far]  # others hold all over
        self.doubt |= any(SAME < norms[i] < SHORT and c[i] > -norms[i] * self.far for i in others)
        if any(c[i] < -norms[i] * self.far for i in others):
            pass  # a side holds nowhere: the face is empty
        elif k == 1:
            low, high = (min((c[i] / norms[i] for i in others if A[i, 0] * s > 0), default=self.far) for s in (1, -1))
            length = max(low + high, 0.0)
            out = length * np.append(1.0, origin + 0.5 * (high - low) * basis[0])
        else:
            for i in others:
                n = A[i] / norms[i]
                height = c[i] / norms[i]
                plane = np.linalg.qr(np.column_stack([n, np.eye(k)]))[0][:, 1:]  # orthonormal, across the normal
                facet = self.measure(
                    face | {i}, A @ plane, c - A @ n * height, plane.T @ basis, origin - height * n @ basis
                )
                out[0] += height * facet[0] / k
                out[1:] += height / (k + 1) * (facet[1:] + facet[0] * origin / k)
        self.known[face] = out
        return out
