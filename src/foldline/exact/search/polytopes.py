"""Polytopes: what a list of regions in half-spaces tells of facets, neighbours, sizes, extrema and distances.

The compiled module looks at each region by itself, in floats with error bounds; what rounding hides, and what several
folds share, is settled in rational arithmetic.  Without the module everything is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cached_property, lru_cache
from math import comb, inf, lcm
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...box import Box
from ...errors import BudgetError, InputError
from ..chain.form import Chain
from ..complex import measure
from ..complex.pieces import map_error
from ..rational.elimination import Row, meet
from ..rational.exact import Point, point
from ..rational.program import least
from ..rational.search import RationalCells
from ..rational.volume import exact_moments
from ..work import Work
from .cells import arrays_of
from .reference import moments

if TYPE_CHECKING:
    from ..complex.complex import Complex

try:
    from . import _cells
except ImportError:  # installed without a compiler
    _cells = None  # type: ignore[assignment]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Kinds = NDArray[np.uint8]
Sides = NDArray[np.int32]

NONE, ALONE, SHARED, HIDDEN = 0, 1, 2, 3  # of a side, as in cpp/core/search/inspection.hpp
MOST_FACES = 10**9  # polygons to measure: hours; a volume beyond is refused
ROOM = 2.0**-44  # of the sizes at hand: a facet, however thin, is not empty because its sides were rounded
KEPT = 256  # regions in integers: questions go from region to region
TRIES = 8  # of hashes without a collision: with 2^63 keys one in ten has one for 10^9 patterns
EXACT_AXES = 5  # up to so many, nearly parallel sides are measured in fractions: with more the corners are too many
MOST_INPUTS = 16  # of cpp/core/search/moments.hpp


class Polytopes:
    """Regions as ``cells`` lists them.

    patterns, points, sides, start   as ``cells`` gives them
    """

    def __init__(self, chain: Chain, box: Box, bits: Kinds, points: Array, half_spaces: tuple[Index, Index]) -> None:
        folds = np.concatenate([*chain.folds, np.zeros(0, dtype=bool)])
        self.chain, self.box, self.bits = chain, box, bits
        self.units = np.flatnonzero(folds)
        self.patterns, self.points = np.ascontiguousarray(bits[:, folds]), np.ascontiguousarray(points)
        self.sides, self.start = half_spaces
        self.owner = np.repeat(np.arange(len(bits)), np.diff(self.start))
        self.exact = RationalCells(chain, box)
        self._rows = lru_cache(maxsize=KEPT)(self._rows_of)

    @cached_property
    def compiled(self) -> Any:
        """The compiled measures, for 2 inputs and more; None where there are none, or the environment wants others."""
        return _cells if Work("regions").engine_of(_cells) == "kernel" and self.box.d > 1 else None

    def __reduce__(self) -> tuple[type[Polytopes], tuple[Any, ...]]:
        return Polytopes, (self.chain, self.box, self.bits, self.points, (self.sides, self.start))

    # What an answer asks, as ``exact.cells`` has it

    @property
    def complex(self) -> None:
        """Each region is by itself here: no parts are shared."""

    @property
    def readings(self) -> None:
        """Lists of polytopes are of chains that read their inputs."""

    @property
    def listed_sides(self) -> tuple[Index, Index]:
        return self.sides, self.start

    @property
    def volumes(self) -> Array:
        return np.maximum(self.moments[:, 0], 0.0)

    @property
    def neighbours(self) -> Index:
        return np.column_stack([self.facets[:, :2], np.arange(len(self.facets))])

    @property
    def folds(self) -> Index:
        return np.asarray(self.facets[:, 2])

    @property
    def pairs(self) -> Index:
        return np.asarray(self.facets[:, :2])

    def extremes(self, *, certify: bool, told: float = 0.0) -> tuple[Array, Array]:
        found = self.extrema(certify=certify, told=told)
        at = np.array([corner.floats() for _, corner in found]).clip(self.box.lo, self.box.hi)
        return np.array([rounded(value) for value, _ in found]), at

    def half_spaces(self, region: int) -> Array:
        return self.rows_of(region)[self.facets_of(region)]

    # Facets

    def kinds(self, wanted: NDArray[np.bool_]) -> Kinds:
        """Return what floats know of each wanted side: NONE, ALONE, SHARED or HIDDEN."""
        return self._kinds(wanted, 0, len(self.bits))

    def _kinds(self, wanted: NDArray[np.bool_], first: int, end: int) -> Kinds:
        if self.compiled is None:
            return np.full(len(wanted), HIDDEN, dtype=np.uint8)
        found: Kinds = self.compiled.facets(*self._asked(first, end), np.ascontiguousarray(wanted, dtype=np.uint8))
        return found

    def _asked(
        self, first: int, end: int
    ) -> tuple[list[Array], list[Array], list[Array], Array, Array, Kinds, Array, Sides, Index]:
        """Some regions as the compiled module takes them."""
        start = np.ascontiguousarray(self.start[first : end + 1] - self.start[first], dtype=np.int64)
        sides = np.ascontiguousarray(self.sides[self.start[first] : self.start[end]], dtype=np.int32)
        return (*arrays_of(self.chain, self.box), self.patterns[first:end], self.points[first:end], sides, start)

    @cached_property
    def facets(self) -> Index:
        """Rows (region, region, unit): the pairs that share a facet, in order, and a unit that folds there.

        Where several units do, the first that cut the lower region.  Of an answer that is not complete, those between
        the regions that are there.

        If the region whose pattern differs in a side's unit alone exists, the side can only lead there: what else is
        zero on the side is a multiple of that unit beyond it too, so its sign there is given.  One of two regions that
        name each other so need be asked.
        """
        beyond = self._flipped()
        back = self._lists(beyond)
        wanted = (self.sides >= 0) & ~((beyond >= 0) & back & (beyond < self.owner))
        kinds = self.kinds(wanted)
        alone = np.flatnonzero(wanted & (kinds == ALONE) & (beyond >= 0))
        pairs = np.column_stack([self.owner[alone], beyond[alone], self.sides[alone]])
        doubt = np.flatnonzero(wanted & (kinds >= SHARED))
        pairs = np.concatenate([pairs, self._settled(doubt, kinds, beyond)])
        turned = pairs[:, 0] > pairs[:, 1]
        pairs[turned, :2] = pairs[turned, 1::-1]
        order = np.lexsort((turned, pairs[:, 1], pairs[:, 0]))
        pairs = pairs[order]
        first = np.ones(len(pairs), dtype=bool)
        first[1:] = (pairs[1:, :2] != pairs[:-1, :2]).any(axis=1)
        pairs = pairs[first]
        pairs[:, 2] = self.units[pairs[:, 2]]
        return pairs

    def _flipped(self) -> Index:
        """The region whose pattern differs in a side's unit alone, -1 for none, a number a side."""
        find = _Finder(self.patterns)
        out = np.full(len(self.sides), -1)
        folds = np.flatnonzero(self.sides >= 0)
        out[folds] = find.flipped(self.owner[folds], self.sides[folds])
        return out

    def _lists(self, regions: Index) -> NDArray[np.bool_]:
        """Whether a region lists the side that leads to it."""
        n = self.patterns.shape[1] + 1
        mine = np.sort(np.where(self.sides >= 0, self.owner * n + self.sides, -1))
        wanted = regions * n + self.sides
        at = np.minimum(np.searchsorted(mine, wanted), max(len(mine) - 1, 0))
        return (regions >= 0) & (mine[at] == wanted) if len(mine) else np.zeros(0, dtype=bool)

    def _settled(self, entries: Index, kinds: Kinds, beyond: Index) -> Index:
        """Rows as in ``facets``, but columns of patterns for units, of those sides that exactly are facets."""
        home = {row.tobytes(): r for r, row in enumerate(self.bits)} if len(entries) else {}
        found = []
        for k in entries.tolist():
            r, column = int(self.owner[k]), int(self.sides[k])
            there = int(beyond[k])
            if there < 0:
                there = home.get(self._across(r, int(self.units[column])).tobytes(), -1)
            if there >= 0 and (kinds[k] == SHARED or self._is_facet(k)):
                found.append((r, there, column))
        return np.array(found, dtype=np.int64).reshape(-1, 3)

    def _across(self, r: int, unit: int) -> Kinds:
        """The pattern just beyond a facet: units that are zero on it fold there, each by what it is beyond."""
        here: Kinds = self.bits[r]
        there, side = here.copy(), self.exact.row(unit, here)
        out = next(k for k, a in enumerate(side) if a)
        sign = (1 if side[out] > 0 else -1) * (-1 if here[unit] else 1)
        same = (side, [-a for a in side], [0] * len(side))
        for other in self.units.tolist():
            if self.exact.row(other, here) in same:
                there[other] = sign * self.exact.row(other, there)[out] > 0
        return there

    def _is_facet(self, entry: int) -> bool:
        """Whether a side is needed, by an exact linear program: the others do not imply it."""
        r = int(self.owner[entry])
        rows, at = self._rows(r)
        k = entry - int(self.start[r])
        moved = [*rows[k][:-1], rows[k][-1] + max(map(abs, rows[k]))]  # out, so that the rest stays bounded
        return least([*rows[:k], moved, *rows[k + 1 :]], rows[k], at) is not None

    def _rows_of(self, r: int) -> tuple[list[Row], Point]:
        """A region's half-spaces in integers, and a point strictly inside."""
        rows = self.exact.rows_inside(self._names(r), self.bits[r])
        return rows, self.exact.inside(rows, point(self.points[r].tolist()))

    def _names(self, r: int) -> list[int]:
        """A region's sides, by their chain units or as sides of the box."""
        own = self.sides[self.start[r] : self.start[r + 1]].tolist()
        return [int(self.units[s]) if s >= 0 else s for s in own]

    def facets_of(self, r: int) -> NDArray[np.bool_]:
        """Return which of a region's sides are facets."""
        first, end = self.start[r : r + 2].tolist()
        kinds = self._kinds(np.ones(end - first, dtype=bool), r, r + 1)
        needed = [self._is_facet(first + k) if kind == HIDDEN else kind != NONE for k, kind in enumerate(kinds)]
        return np.array(needed, dtype=bool)

    def rows_of(self, r: int) -> Array:
        """Return a region's sides as rows (a, c) of a.x + c >= 0, as ``RationalCells`` has them."""
        return self.exact.half_spaces(self._names(r), self.bits[r])

    # Sizes

    @cached_property
    def moments(self) -> Array:
        """Volume and first moment of each region, (R, d + 1).

        cost     a polygon for every d - 2 facets of a region: C(facets, d - 2)
        raises   BudgetError beyond 10^9 polygons, and beyond 16 inputs before anything is looked at;
                 InputError if the box has no volume in doubles
        """
        if self.box.d > MOST_INPUTS:
            raise BudgetError(
                f"volumes needs at most {MOST_INPUTS} inputs; got {self.box.d}. "
                "Take a slice: network.on_plane(p, u, v)."
            )
        self.box.need_measure("volumes")
        kinds = self.kinds(np.ones(len(self.sides), dtype=bool))
        self._refuse_hopeless(np.bincount(self.owner, kinds != NONE, len(self.bits)))
        if self.compiled is None:
            return np.array([self._moments_of(r) for r in range(len(self.bits))]).reshape(-1, self.box.d + 1)
        unit = self._unit
        (W, *deeper), biases, below, lo, hi, patterns, points, *sides = self._asked(0, len(self.bits))
        scaled = [W * unit, *deeper], biases, below, lo / unit, hi / unit, patterns, points / unit, *sides
        found: Array = self.compiled.moments(*scaled, kinds) * self._moment_unit
        for r in np.flatnonzero(np.isnan(found[:, 0])).tolist():
            found[r] = self._moments_of(r)
        return found

    @property
    def _unit(self) -> Array:
        """Powers of two near the lengths of the box's sides, (d,): to measure in them rounds nothing.

        In one unit for all axes, what is far below the longest side would be lost where a side is that short.
        """
        return np.asarray(np.exp2(np.round(np.log2(self.box.hi - self.box.lo))))

    @property
    def _moment_unit(self) -> Array:
        return np.asarray(np.prod(self._unit) * np.append(1.0, self._unit))

    @property
    def centroids(self) -> Array:
        """Centre of mass of each region, (R, d); its interior point where the region is too thin to tell."""
        size, moment = self.moments[:, 0], self.moments[:, 1:]
        with np.errstate(invalid="ignore", divide="ignore"):
            middle = moment / size[:, None]
        told = (size > 0) & ((middle >= self.box.lo) & (middle <= self.box.hi)).all(axis=1)
        return np.where(told[:, None], middle, self.points)

    def _moments_of(self, r: int) -> Array:
        """A region's volume and moment, measured from the box's corner and in its units: however far the box is from
        the origin and however small, nothing is lost before the rows are rounded."""
        unit = self._unit
        corner, units = ([Fraction(v) for v in each.tolist()] for each in (self.box.lo, unit))
        rows, at = self._rows(r)
        moved = _unit_rows([_moved(row, corner, units) for row in rows])
        inside = np.array(
            [float((x - lo) / u) for x, lo, u in zip(at.fractions(), corner, units, strict=True)], dtype=np.float64
        )
        width = float(((self.box.hi - self.box.lo) / unit).sum())
        found = (self.compiled.polytope if self.compiled else moments)(moved, inside, width)
        if np.isnan(found[0]) and self.box.d <= EXACT_AXES:
            return self._exact_moments_of(r)
        found = (moments(moved, inside, width, guess=True) if np.isnan(found[0]) else found) * self._moment_unit
        found[1:] += found[0] * self.box.lo
        return np.asarray(found)

    def _exact_moments_of(self, r: int) -> Array:
        """In fractions, each number rounded once."""
        ends = zip(*([Fraction(v) for v in end.tolist()] for end in (self.box.lo, self.box.hi)), strict=True)
        volume, moment = exact_moments(list(ends), self._rows(r)[0])
        return np.array([float(volume), *map(float, moment)])

    def _float_rows(self, r: int) -> Array:
        scaled = self.rows_of(r)
        return np.asarray(scaled / np.linalg.norm(scaled[:, :-1], axis=1)[:, None])

    def _refuse_hopeless(self, n_facets: NDArray[Any]) -> None:
        d = self.box.d
        n, many = np.unique(n_facets.astype(np.int64), return_counts=True)
        faces = sum(comb(a, max(d - 2, 0)) * b for a, b in zip(n.tolist(), many.tolist(), strict=True))
        if faces > MOST_FACES:
            raise BudgetError(
                f"volumes needs at most {MOST_FACES:.0e} faces to measure; got {faces:.1e}. "
                "Ask about a smaller box, or a slice: network.on_plane(p, u, v)."
            )

    # Extrema

    def extrema(self, *, certify: bool, told: float = 0.0) -> list[tuple[Fraction, Point]]:
        """Return, for each output its least and then its largest, the value and a point where it is attained.

        certify   prove in rational arithmetic that no region goes beyond; else floats choose
        told      what need not be told apart, as a share of the larger of the output's extrema
        cost      a linear program a region, output and end; an exact one where floats cannot tell regions apart
        """
        found = self._float_least()
        points = [self._started(at, active, region) for at, active, region, _ in found]
        values = [self.exact.exact.value(best)[k // 2] for k, best in enumerate(points)]
        if not certify:
            return list(zip(values, points, strict=True))
        out = []
        for k, (_, _, _, bounds) in enumerate(found):
            alike = Fraction(told) * max(abs(values[k]), abs(values[k ^ 1]))
            out.append(self._proved(k // 2, -1 if k % 2 else 1, points[k], bounds, alike))
        return out

    def _started(self, at: Array, active: list[int], region: int) -> Point:
        """The exact corner that floats found, or a point near it."""
        best = self._corner(region, active)
        return point(np.clip(at, self.box.lo, self.box.hi).tolist()) if best is None else best

    def _float_least(self) -> Iterable[tuple[Array, list[int], int, Array]]:
        """For each output and sign a good point, the sides that meet there, its region, and bounds of all regions."""
        if self.compiled is not None:
            return [
                (np.array(at), active, region, bounds)
                for _, at, region, active, bounds in self.compiled.least(*self._asked(0, len(self.bits)))
            ]
        maps = np.array([self.exact.map(bits) for bits in self.bits])
        slopes, error = maps[..., :-1], map_error(self.chain, self.box)
        rounding = error * (1.0 + float(np.maximum(np.abs(self.box.lo), np.abs(self.box.hi)).sum()))
        values = np.einsum("roi,ri->ro", slopes, self.points) + maps[..., -1]
        found: list[tuple[Array, list[int], int, Array]] = []
        for o in range(maps.shape[1]):
            for sign in (1.0, -1.0):
                low = np.minimum(sign * slopes[:, o] * self.box.lo, sign * slopes[:, o] * self.box.hi).sum(axis=1)
                r = int((sign * values[:, o]).argmin())
                found.append((self.points[r], [], r, low + sign * maps[:, o, -1] - rounding))
        return found

    def _corner(self, r: int, active: list[int]) -> Point | None:
        """The point where the named sides of a region meet, None if it is not one point of the region."""
        if len(active) != self.box.d:
            return None
        rows = [self.exact.row(int(self.units[s]) if s >= 0 else s, self.bits[r]) for s in active]
        at, (all_rows, _) = meet(rows), self._rows(r)
        inside = at is not None and all(
            sum(a * x for a, x in zip(row, at.X, strict=False)) + row[-1] * at.w >= 0 for row in all_rows
        )
        return at if inside else None

    def _proved(self, output: int, sign: int, best: Point, bounds: Array, told: Fraction) -> tuple[Fraction, Point]:
        """The least of sign * output, over all regions, from a good point on, and where it is attained."""
        value = sign * self.exact.exact.value(best)[output]
        for r in np.argsort(bounds).tolist():
            if float(bounds[r]) >= value - told:  # exactly: doubles and fractions compare so
                break
            goal = self._below(r, output, sign, value)
            while (better := self._less(r, goal)) is not None:
                best, value = better, sign * self.exact.exact.value(better)[output]
                goal = self._below(r, output, sign, value)
        return sign * value, best

    def _less(self, r: int, goal: Row) -> Point | None:
        """A point of a region where a row is negative, None if there is none."""
        if goal[-1] >= 0 and not any(goal[:-1]):
            return None
        rows, at = self._rows(r)
        return least(rows, goal, at)

    def _below(self, r: int, output: int, sign: int, value: Fraction) -> Row:
        """The row that is negative where sign * output is below a value."""
        rows, w = self.exact.output_rows(self.bits[r])
        row = [sign * int(v) for v in rows[output]]
        scale = lcm(w, value.denominator)
        return [
            *(v * (scale // w) for v in row[:-1]),
            row[-1] * (scale // w) - value.numerator * (scale // value.denominator),
        ]

    # Distances

    def distance_to_folds(self, home: Index, points: Array) -> Array:
        """Return how far each point is from the nearest facet of its region that is not on the box.

        cost   an exact look at the facets of each region there is a point in, and a least-squares problem a point
               whose nearest fold is met outside the box
        """
        out = np.full(len(points), np.inf)
        for r in np.unique(home).tolist():
            facets = self.facets_of(r)
            rows = self._float_rows(r)
            folds = facets & (self.sides[self.start[r] : self.start[r + 1]] >= 0)
            for i in np.flatnonzero(home == r).tolist():
                out[i] = _nearest(rows, folds, facets, points[i])
        return out


def rounded(value: Fraction) -> float:
    """The nearest double, infinite beyond the largest."""
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf


def sides_of(chain: Chain, whole: Complex, kept: Index) -> tuple[Index, Index]:
    """Return the sides of regions of a complex as ``cells`` has them: one for all facets on the same fold.

    The walls between the first cells of a field have no name there, and are left out.
    """
    facets, owner = measure.sides(whole)
    named = whole.folds[facets] != -1 - 2 * whole.d
    facets, owner = facets[named], owner[named]
    number = np.full(whole.n_regions, -1)
    number[kept] = np.arange(len(kept))
    facets, owner = facets[number[owner] >= 0], number[owner][number[owner] >= 0]
    folds = np.concatenate([*chain.folds, np.zeros(0, dtype=bool)])
    own, least = whole.folds[facets], -2 * whole.d
    asked = np.flatnonzero(np.concatenate([*chain.owners, np.zeros(0, dtype=np.int64)]) < least)
    if asked.size:  # the sides of a polytope are units here, in the order of its rows
        own = np.where(own < least - 1, asked[np.clip(least - 2 - own, 0, len(asked) - 1)], own)
    names = np.where(own >= 0, (np.cumsum(folds) - 1)[np.maximum(own, 0)] if folds.size else own, own) - least
    span = int(folds.sum()) - least
    region, side = np.divmod(np.unique(owner * span + names), span)
    return side + least, np.searchsorted(region, np.arange(len(kept) + 1))


def _moved(row: Row, corner: Sequence[Fraction], unit: Sequence[Fraction]) -> list[Fraction]:
    """The row of the same half-space in coordinates y of x = corner + unit y."""
    a = row[:-1]
    offset = row[-1] + sum((k * x for k, x in zip(a, corner, strict=True)), Fraction(0))
    return [*(k * u for k, u in zip(a, unit, strict=True)), offset]


def _unit_rows(rows: Sequence[Sequence[Fraction]]) -> Array:
    """Rows scaled to unit normals, in doubles: no square leaves their range."""
    scaled = np.array([[float(v / max(map(abs, row[:-1]))) for v in row] for row in rows])
    return np.asarray(scaled / np.linalg.norm(scaled[:, :-1], axis=1)[:, None])


def _nearest(rows: Array, folds: NDArray[np.bool_], facets: NDArray[np.bool_], x: Array) -> float:
    """The distance from a point of a polytope to the nearest of some of its facets."""
    heights, nearest = rows[:, :-1] @ x + rows[:, -1], inf
    for k in np.flatnonzero(folds)[np.argsort(np.abs(heights[folds]), kind="stable")].tolist():
        if abs(heights[k]) >= nearest:
            break
        others = facets.copy()
        others[k] = False
        nearest = min(nearest, _to_facet(rows[others], rows[k], float(heights[k]), x))
    return nearest


def _to_facet(others: Array, side: Array, height: float, x: Array) -> float:
    """The distance from a point to the part of a side's plane where the others are not negative.

    source   Lawson and Hanson 1974, chapter 23: least distance programming by non-negative least squares
    """
    foot = x - height * side[:-1]
    room = others[:, :-1] @ foot + others[:, -1]
    room += ROOM * (np.abs(foot).max() + np.abs(room).max())
    if (room >= 0.0).all():
        return abs(height)
    from scipy.optimize import nnls

    basis = np.linalg.svd(side[None, :-1])[2][1:]  # orthonormal, along the plane
    unit = -room.min()  # how far the foot is beyond the facet: the residual is one part in the square of the distance
    G, h = others[:, :-1] @ basis.T, -room / unit
    E, f = np.vstack([G.T, h]), np.append(np.zeros(len(basis)), 1.0)
    u, _ = nnls(E, f)
    rest = E @ u - f
    if rest[-1] == 0.0:  # so thin a facet that no point of it is told: another side is as near
        return inf
    return float(np.hypot(height, unit * np.linalg.norm(rest[:-1] / rest[-1])))


class _Finder:
    """Which row of bits is another with one bit turned."""

    def __init__(self, patterns: Kinds) -> None:
        self.packed = np.packbits(patterns, axis=1)
        for seed in range(TRIES):
            random = np.random.default_rng(seed)
            self.words = np.asarray(random.integers(1, 2**63, size=patterns.shape[1], dtype=np.uint64))
            self.key = np.zeros(len(patterns), dtype=np.uint64)
            for column, word in zip(patterns.T, self.words, strict=True):
                self.key ^= np.where(column, word, np.uint64(0))
            self.order = np.argsort(self.key)
            self.sorted = self.key[self.order]
            if (self.sorted[1:] != self.sorted[:-1]).all():  # now a key is one pattern's, and a look settles whose
                return
        raise InputError("neighbours needs regions of different patterns; got two alike. See foldline check.")

    def flipped(self, rows: Index, columns: Index) -> Index:
        """Return the row that differs from each of ``rows`` in its column alone, -1 for none."""
        wanted = self.key[rows] ^ self.words[columns]
        at = np.minimum(np.searchsorted(self.sorted, wanted), max(len(self.sorted) - 1, 0))
        hit = np.flatnonzero(self.sorted[at] == wanted) if len(rows) else np.zeros(0, dtype=np.int64)
        found = self.order[at[hit]]
        apart = self.packed[rows[hit]] ^ self.packed[found]
        apart[np.arange(len(hit)), columns[hit] // 8] ^= (128 >> (columns[hit] % 8)).astype(np.uint8)
        out = np.full(len(rows), -1)
        same = ~apart.any(axis=1)
        out[hit[same]] = found[same]
        return out
