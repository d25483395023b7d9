"""Explain: what a network is around one point, exactly: its affine map, where that holds, and how near a fold is.

No other region is looked for, so that a table of any number of columns is explained row by row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import gcd, inf

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..box import Box
from ..columns import array_of, inputs_of
from ..doors import Shown
from ..errors import InputError
from ..network import Network
from ..same import Compared
from ..slice import Slice
from .chain.form import Chain
from .chain.ranges import chain_in_range
from .complex.locate import signs_at
from .part.slices import cell_beside
from .rational.elimination import Row
from .rational.exact import Integers, Point, point
from .rational.program import least, value
from .rational.search import RationalCells
from .search.polytopes import Polytopes
from .work import check_kinds

Array = NDArray[np.float64]
Bits = NDArray[np.uint8]
Index = NDArray[np.int64]

DIRECTIONS = 1000  # integers a generic direction is made of: two rows agree on one by chance once in so many
NEARLY = 10**6  # times the way into a cell, beside another direction: the step still ends in the cell
WIDENED = 1.0  # of a point's own size, and at least 1: the box round a point where the network knows of no data


@dataclass(frozen=True, eq=False)
class Explanation(Shown, Compared):
    """The affine map a network is around a point, the polytope on which it holds, and the nearest fold.

    point         (d_in,)
    box           the polytope ends on it
    map           (d_out, d_in + 1) [A | c], nearest doubles: the outputs before the output unit are A x + c
    pattern       (n_hidden,) which piece of each hidden unit is used, as ``network.pattern`` has it
    half_spaces   (A, c): the polytope is where A x + c >= 0, a row a facet, the largest number of a row of A 1 or -1
    folds         (facets,) the hidden unit whose fold a facet lies on, counted from 0; -1 - (2 axis + end) on the box,
                  -1 - 2 d_in on a wall of a field's grid
    distance      Euclidean, from the point to the nearest fold, wherever that is; infinite where there is none
    nearest       the hidden unit that folds there, -1 - 2 d_in for a wall of a field's grid, -1 for none
    on_folds      hidden units whose fold the point lies on: it then belongs to several regions, and this is one
    names         of the inputs, may be empty
    outputs       names of the outputs, may be empty
    """

    point: Array
    box: Box
    map: Array
    pattern: NDArray[np.int8]
    half_spaces: tuple[Array, Array]
    folds: NDArray[np.int64]
    distance: float
    nearest: int
    on_folds: tuple[int, ...]
    names: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()

    def __repr__(self) -> str:
        where = f"on {len(self.on_folds)} folds" if self.on_folds else f"nearest fold {self.distance:.4g} away"
        return f"Explanation({self.map.shape[1] - 1} coefficients, {len(self.folds)} facets, {where})"

    @cached_property
    def value(self) -> Array:
        """The outputs at the point, before the output unit, (d_out,)."""
        return np.asarray(self.map[:, :-1] @ self.point + self.map[:, -1])

    @property
    def coefficients(self) -> Array:
        """What one more of each input adds to each output, as long as the polytope is not left, (d_out, d_in)."""
        return self.map[:, :-1]

    def holds(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Return which points lie in the polytope, (n,), up to rounding."""
        A, c = self.half_spaces
        at = np.atleast_2d(array_of("holds", "points", points))
        room = at @ A.T + c
        return np.asarray((room >= -(2.0**-40) * (np.abs(at) @ np.abs(A).T + np.abs(c))).all(axis=1))


def explain(network: Network, row: ArrayLike, box: Box | None = None) -> Explanation:
    """Return what a network is around a point.

    network   any depth and number of inputs, piecewise-linear hidden units; of a field the region ends on the walls of
              the grid's simplices, too, and the point may lie beyond the grid's box
    row       (d_in,) a point; on a fold, one region beside it is taken, the one where its units are off if there is one
    box       where to end the polytope; ``network.box``, or one round the point, unless given, widened to hold it
    raises    NetworkError for a unit that is not piecewise linear; InputError for another length
    cost      the products of the layers in integers, and a small linear program a unit: milliseconds for a table
    source    lecture 3, "Shallow vs deep networks": on a region every unit is on or off

    >>> xor = Network([[[1, 1], [1, 1]], [[1, -2]]], [[0, -1], [0]])
    >>> found = explain(xor, [1.0, 0.5])
    >>> found.map.tolist(), found.nearest, round(found.distance, 4)
    ([[-1.0, -1.0, 2.0]], 1, 0.3536)
    """
    check_kinds("explain", network=network)
    at = inputs_of("explain", row)
    if at.shape != (network.d_in,) or not np.isfinite(at).all():
        raise InputError(f"explain needs one row of {network.d_in} finite numbers; got an array of shape {at.shape}.")
    asked = _holding(box or network.box, at)
    if network.grid is None:
        return _Around(network, chain_in_range("explain", network, asked), asked, at).explanation()
    chain = chain_in_range("explain", network.sliced, asked)
    exact = [Fraction(v) for v in at.tolist()]
    assert isinstance(chain.grid, Slice)
    ways = _generic(_inward(asked, at))
    way, beside = next((way, found) for way in ways if (found := cell_beside(chain.grid, exact, way)) is not None)
    return _Around(network, chain, asked, at, *beside, way).explanation()


def _holding(box: Box | None, at: Array) -> Box:
    """The box, widened to hold the point; round the point if there is none."""
    if box is None:
        reach = WIDENED * np.maximum(np.abs(at), 1.0)
        return Box(at - reach, at + reach)
    return Box(np.minimum(box.lo, at), np.maximum(box.hi, at))


def _inward(box: Box, at: Array) -> Index:
    """The signs of a direction that leads from a point of a box into it."""
    return np.where(at == box.hi, -1, 1)


def _generic(signs: Index) -> Iterator[list[int]]:
    """Directions that lie in no plane of note, with these signs."""
    rng = np.random.default_rng(0)
    return ((signs * rng.integers(1, DIRECTIONS, len(signs))).tolist() for _ in range(DIRECTIONS))


class _Around:
    """One region of a chain at a point.

    walls, read, way   of a field: the walls of the cell beside the point, positive inside, what is read on it, and the
                       way into it
    """

    def __init__(
        self, network: Network, chain: Chain, box: Box, at: Array, walls: Sequence[Row] = (),
        read: tuple[Integers, int] | None = None, way: Sequence[int] | None = None,
    ) -> None:  # fmt: skip
        self.network, self.chain, self.box, self.at = network, chain, box, at
        self.walls, self.way = walls, way
        self.cells, self.exact = RationalCells(chain, box, read), point(at.tolist())
        self.units = np.flatnonzero(self.cells.folds).tolist()
        self.owners = np.concatenate([*chain.owners, np.zeros(0, dtype=np.int64)])
        self.signs = signs_at(chain, at[None])[0]
        self.bits = self._bits()
        self.rows = {unit: self.cells.row(unit, self.bits) for unit in self.units}

    def _bits(self) -> Bits:
        """On / off of every unit beside the point: on folds as one step in some direction decides."""
        bits: Bits = (self.signs > 0).astype(np.uint8)
        zero = [unit for unit in self.units if self.signs[unit] == 0]
        rows = [row for unit in zero if any((row := self.cells.row(unit, bits))[:-1])]
        if not rows:
            return bits
        off = [-sum(int(np.sign(a)) for a in column) for column in list(zip(*rows, strict=True))[:-1]]
        for way in (off, *self._ways()):
            found = self._stepped(bits.copy(), zero, way) if self._enters(way) else None
            if found is not None:
                return found
        raise AssertionError("a generic direction leaves every fold")

    def _ways(self) -> Iterator[list[int]]:
        """Generic directions; of a field such as are nearly the way into the cell."""
        for way in _generic(_inward(self.box, self.at)):
            yield way if self.way is None else [NEARLY * a + b for a, b in zip(self.way, way, strict=True)]

    def _enters(self, way: Sequence[int]) -> bool:
        """Whether a step stays in the box, and of a field goes into the cell."""
        low, high = self.at == self.box.lo, self.at == self.box.hi
        stays = not any((a and v < 0) or (b and v > 0) for a, b, v in zip(low, high, way, strict=True))
        on = [row for row in self.walls if value(row, self.exact) == 0]
        return stays and all(sum(a * v for a, v in zip(row[:-1], way, strict=True)) > 0 for row in on)

    def _stepped(self, bits: Bits, zero: Sequence[int], way: Sequence[int]) -> Bits | None:
        """The pattern a small step away, None where a fold is not left; units in order, as the later read the first."""
        for unit in zero:
            row = self.cells.row(unit, bits)
            speed = sum(a * v for a, v in zip(row[:-1], way, strict=True))
            if speed == 0 and any(row[:-1]):
                return None
            bits[unit] = speed > 0
        return bits

    def explanation(self) -> Explanation:
        """What there is to say."""
        half_spaces, folds = self._polytope()
        distance, nearest = self._nearest()
        meta, d_out = self.network.meta, self.network.d_out
        names, classes = (tuple(map(str, meta.get(word) or ())) for word in ("names", "classes"))
        pattern = np.zeros(self.network.n_hidden, dtype=np.int8)
        np.add.at(pattern, self.owners[self.owners >= 0], self.bits[self.owners >= 0].astype(np.int8))
        return Explanation(
            self.at, self.box, self.cells.map(self.bits), pattern, half_spaces, folds, distance, nearest,
            tuple(sorted({int(self.owners[u]) for u in self.units if self.signs[u] == 0 and any(self.rows[u][:-1])})),
            names if len(names) == len(self.at) else (), classes if len(classes) == d_out else (),
        )  # fmt: skip

    def _polytope(self) -> tuple[tuple[Array, Array], NDArray[np.int64]]:
        """The facets among all folds and the box's sides, each once."""
        each: dict[tuple[int, ...], int] = {}  # of folds that coincide, and the box's sides, the first stands for all
        for name, row in self._sides():
            factor = gcd(*row)
            each.setdefault(tuple(v // factor for v in row), name)
        inside, sides = self.cells.inside([list(row) for row in each], self.exact), list(each.values())
        if self.walls:
            return self._by_programs(each, inside)
        listed = np.array(sides, dtype=np.int64), np.array([0, len(sides)], dtype=np.int64)
        region = Polytopes(self.chain, self.box, self.bits[None], np.array([inside.floats()]), listed)
        rows, kept = region.rows_of(0), region.facets_of(0)
        owners = [int(self.owners[self.units[s]]) if s >= 0 else s for s in sides]
        facets = rows[kept].reshape(-1, self.box.d + 1)
        return (facets[:, :-1], facets[:, -1]), np.array(owners, dtype=np.int64)[kept]

    def _by_programs(self, each: dict[tuple[int, ...], int], inside: Point) -> tuple[tuple[Array, Array], Index]:
        """The facets: without one of them there is a point beyond it, and not far."""
        rows, found = [list(row) for row in each], []
        for i, row in enumerate(rows):
            others = [other for k, other in enumerate(rows) if k != i]
            if least([*others, [*row[:-1], row[-1] + sum(map(abs, row))]], row, inside) is not None:
                found.append(i)
        names = [list(each.values())[i] for i in found]
        floats = np.array([[v / max(map(abs, row[:-1])) for v in row] for row in (rows[i] for i in found)])
        owners = [int(self.owners[self.units[s]]) if s >= 0 else s for s in names]
        return (floats[:, :-1], floats[:, -1]), np.array(owners, dtype=np.int64)

    def _sides(self) -> Iterator[tuple[int, Row]]:
        """What may bound the region: units that fold by their place, sides of the box; rows positive in it."""
        for k, (unit, row) in enumerate(self.rows.items()):
            if any(row[:-1]):
                yield k, row if self.bits[unit] else [-v for v in row]
        for side in range(-1, -1 - 2 * self.box.d, -1):
            yield side, self.cells.row(side, self.bits)
        for row in self.walls:
            yield -1 - 2 * self.box.d, list(row)

    def _nearest(self) -> tuple[float, int]:
        """The distance to the nearest of all folds' planes: the region lies on one side of each."""
        best, which = inf, -1
        for unit, row in self.rows.items():
            if any(row[:-1]) and (far := _distance(row, self.exact)) < best:
                best, which = far, int(self.owners[unit])
        for row in self.walls:
            if (far := _distance(row, self.exact)) < best:
                best, which = far, -1 - 2 * self.box.d
        return best, which


def _distance(row: Row, at: Point) -> float:
    """How far a point is from a plane."""
    size = max(map(abs, row[:-1]))
    length = float(np.linalg.norm([a / size for a in row[:-1]]))
    return float(abs(Fraction(value(row, at), at.w * size))) / length


__all__ = ["Explanation", "explain"]
