"""Proof that a saved complex is the network's, for 1, 2 and 3 inputs; nothing here comes from an engine.

What is computed: each vertex exactly, as the one point where facets of a cell meet; and at each vertex the exact sign
of every unit, by a forward pass in rational arithmetic.  What is then compared is signs and lists, so that the check is
linear in the answer.  Why that is a proof:

1. Let a cell have a pattern, and let no unit have the wrong sign at its corners (on: not negative, and positive at one
   corner; off: not positive).  Layer by layer, a unit's value at the corners is then its affine function under the
   pattern (where the unit is 0 both branches agree), so the pattern's half-spaces hold on the hull Q of the corners.
2. Let a facet name a unit or a side of the box that is 0 exactly at the facet's corners, among the cell's corners.
   Then the facet's plane supports Q and meets it in the hull of those corners: a face of Q.  In the plane its two
   corners are a side of the polygon Q; in space two faces of a cell that share an edge have just its two corners in
   common, so the edge is an edge of Q, and a loop of such edges goes once round a face of dimension 2.
3. Each corner of a polygon lies on two of its listed sides, each edge of a cell on two of its listed faces.  The facets
   of a polytope hang together across these, so all facets of Q are listed.
4. Each facet's half-space is one of the pattern's, or the box's.  So Q is no smaller than the pattern's cell, by 1 no
   larger: Q is the region, whole.  Regions with different patterns do not overlap.
5. Each facet not on a side of the box belongs to two cells.  Were a part of the box not covered, one could walk there
   from a cell without touching a face of dimension d - 2, and would leave the cells through a facet with one cell
   only.  So nothing is missing.

Of a field a region has a simplex of the grid beside its pattern, on which what is read is affine: its corners must lie
in it, and the simplex's walls stand beside the pattern's half-spaces in all of the above.

Beside the proof, the exact volumes are added up and compared with the box's.

source   1-5: Ziegler 1995, Lectures on Polytopes, 2.1 and 2.6 (faces, connected facets); the rest is the continuity
         of the network
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations, count, pairwise
from math import factorial, gcd
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...box import Box
from ...grid import Grid
from ...slice import Slice
from ..chain.form import Chain
from .arithmetic import Forward, Point, Rows, determinant, meet, point
from .simplices import Simplex, Simplices
from .slices import SlicedSimplices
from .verdict import Fault, require

if TYPE_CHECKING:
    from ..complex.complex import Complex

Index = NDArray[np.int64]
Signs = NDArray[np.int8]

FIRST_MODULUS = 61  # bits: two different volumes agree by chance once in 2**61


class ComplexProof:
    """One complex on trial; ``run`` raises the first fault."""

    def __init__(self, chain: Chain, box: Box, whole: Complex) -> None:
        self.box, self.whole, self.d = box, whole, box.d
        self.forward = Forward(chain)
        self.folds = np.concatenate([*chain.folds, np.zeros(0, dtype=bool)])
        widths = [len(below) for below in chain.below]
        self.ends = np.cumsum(widths)[:-1] if widths else None
        self.unit_at = [(layer, j) for layer, width in enumerate(widths) for j in range(width)]
        self.points: list[Point | None] = [None] * len(whole.vertices)
        self.simplices = _simplices(chain.grid)
        self.homes: list[Simplex] = []
        self.maps: list[Rows] = []

    def run(self) -> None:
        """Raise the first fault; afterwards ``points`` are the exact vertices, ``maps`` the exact maps.

        ``on_sides`` says which sides of the box each vertex lies on, (V, 2 d): lower, upper on each axis.

        cost   a rational forward pass a vertex, d + 1 of them a region
        """
        check_arrays(self.whole, self.box, self.folds, self.simplices is not None)
        self.cells, self.corners = cells_of(self.whole)
        self.vertices_of = [sorted({v for f in cell for v in self.corners[f]}) for cell in self.cells]
        _check_shared(self.whole.folds, self.cells, self.d)
        self.beside: dict[int, list[int]] = {}
        for r, cell in enumerate(self.cells):
            for f in cell:
                self.beside.setdefault(f, []).append(r)
        if self.simplices is not None:
            self.homes = self._homes(self.simplices)
        if self.d == 3:
            _check_closed(self.whole, self.cells, self.corners)
        for r in range(len(self.cells)):
            self._meet(r)
        points = [at for at in self.points if at is not None]
        _check_distinct(points)
        signs = self._signs(points)
        self.on_sides = signs[:, len(self.folds) :] == 0
        self._check_patterns(signs)
        self._check_homes(points)
        self._check_facets(signs, points)
        if self.d > 1:
            self._check_turns(points)
            self._check_volume(points)

    def _homes(self, simplices: Simplices) -> list[Simplex]:
        """The simplex of each region, by its stored corners; of a slice, whose cells may be thinner than doubles tell,
        as the answer names it."""
        if not isinstance(simplices, SlicedSimplices):
            return [simplices.home(self.whole.vertices[corners].mean(axis=0)) for corners in self.vertices_of]
        start, starts = self.whole.start, self.whole.starts
        above: Index | None = getattr(start, "above", None)
        if above is None or starts is None:
            raise Fault("cell", "the answer does not name the cells of the slice")
        return [simplices.named(row) for row in above[starts].tolist()]

    def _pattern(self, r: int) -> list[NDArray[np.uint8]]:
        return [] if self.ends is None else np.split(self.whole.bits[r], self.ends)

    def _meet(self, r: int) -> None:
        """Find the exact corners of a cell that are not known yet, and keep its map."""
        read = None if self.simplices is None else self.simplices.map(self.homes[r])
        rows = self.forward.affine(self._pattern(r), read)
        self.maps.append(rows[-1])
        for v in self.vertices_of[r]:
            if self.points[v] is None:
                around = [self._plane(r, f, rows) for f in self.cells[r] if v in self.corners[f]]
                found = (meet(planes) for planes in combinations(around, self.d))
                self.points[v] = next((at for at in found if at is not None), None)
                require(self.points[v], "vertex", f"the folds named at vertex {v} of region {r} do not meet in a point")

    def _plane(self, r: int, facet: int, rows: Sequence[Rows]) -> list[int]:
        fold = int(self.whole.folds[facet])
        if fold < -2 * self.d:
            return self._wall(r, facet)
        if fold >= 0:
            layer, j = self.unit_at[fold]
            return rows[layer][0][j]
        axis, end = divmod(-1 - fold, 2)
        bound = Fraction(float((self.box.hi if end else self.box.lo)[axis]))
        row = [0] * (self.d + 1)
        row[axis], row[-1] = bound.denominator, -bound.numerator
        return row

    def _wall(self, r: int, facet: int) -> list[int]:
        """The wall of a region's simplex that a facet is on, as its stored corners say; of a slice, the one that lies
        between the cells of the regions beside it."""
        assert self.simplices is not None
        if isinstance(self.simplices, SlicedSimplices):
            low, high = (self.homes[k] for k in self.beside[facet])
            row = self.simplices.between(low, high)
            require(row, "face", f"facet {facet} on a wall of the grid lies between parts of one simplex")
            return row or []
        at = self.whole.vertices[self.corners[facet]]
        rows = self.simplices.walls(self.homes[r])
        floats = [np.array([float(Fraction(v, max(map(abs, row[:-1])))) for v in row]) for row in rows]
        return rows[int(np.argmin([np.abs(at @ row[:-1] + row[-1]).max() for row in floats]))]

    def _check_homes(self, points: Sequence[Point]) -> None:
        """The corners of each region lie in its simplex."""
        for r, home in enumerate(self.homes):
            assert self.simplices is not None
            for row in self.simplices.walls(home):
                inside = all(_value(row, points[v]) >= 0 for v in self.vertices_of[r])
                require(inside, "cell", f"region {r} lies on both sides of a wall of the grid")

    def _signs(self, points: Sequence[Point]) -> Signs:
        """The exact sign at each vertex of every unit, then of x - lo and hi - x on each axis, (V, units + 2 d)."""
        table = np.empty((len(points), len(self.folds) + 2 * self.d), dtype=np.int8)
        sides = [
            (axis, sign, *float(bound[axis]).as_integer_ratio())
            for axis in range(self.d)
            for sign, bound in ((1, self.box.lo), (-1, self.box.hi))
        ]
        for v, at in enumerate(points):
            reads = at if self.simplices is None else point(self.simplices.read(at.fractions()))
            row = [np.zeros(0, dtype=np.int8), *self.forward.signs(reads)]
            inside = [sign * (at.X[axis] * q - p * at.w) for axis, sign, p, q in sides]
            table[v] = np.concatenate([*row, [(z > 0) - (z < 0) for z in inside]])
            require(min(inside) >= 0, "vertex", f"vertex {v} lies outside the box")
        return table

    def _check_patterns(self, signs: Signs) -> None:
        """Claim 1, and that no pattern is there twice."""
        n = len(self.folds)
        for r, (corners, bits) in enumerate(zip(self.vertices_of, self.whole.bits, strict=True)):
            at = signs[corners, :n][:, self.folds]
            on, off, claimed = (at > 0).any(axis=0), (at < 0).any(axis=0), bits[self.folds] > 0
            require(not (on & off).any(), "cell", f"region {r} lies on both sides of a fold")
            require((on == claimed).all(), "pattern", f"region {r} has another pattern than the one stored")
        require(not self.whole.bits[:, ~self.folds].any(), "pattern", "a unit without a fold is marked as on")
        homes: Sequence[Simplex | None] = self.homes or [None] * len(self.cells)
        different = {(home, bits.tobytes()) for home, bits in zip(homes, self.whole.bits, strict=True)}
        require(len(different) == len(self.cells), "pattern", "two regions have the same pattern")

    def _check_facets(self, signs: Signs, points: Sequence[Point]) -> None:
        """Claim 2: each facet's unit is 0 at the facet's corners and nowhere else on the cell, and flips across it."""
        for r, cell in enumerate(self.cells):
            corners = self.vertices_of[r]
            for f in cell:
                fold = int(self.whole.folds[f])
                if fold < -2 * self.d:
                    wall = self._wall(r, f)
                    zero = np.array([_value(wall, points[v]) == 0 for v in corners])
                else:
                    zero = signs[corners, fold if fold >= 0 else len(self.folds) - 1 - fold] == 0
                here = [v for v, z in zip(corners, zero.tolist(), strict=True) if z]
                what = f"facet {f} of region {r} is not where unit or side {fold} is zero"
                require(here == sorted(self.corners[f]) and len(here) < len(corners), "face", what)
        for f, around in self.beside.items():
            fold = int(self.whole.folds[f])
            if fold >= 0:
                one, other = self.whole.bits[around, fold]
                require(one != other, "face", f"unit {fold} does not flip across facet {f}")
            elif fold < -2 * self.d:
                low, high = (self.homes[r] for r in around)
                require(low != high, "face", f"facet {f} on a wall of the grid lies between parts of one simplex")

    def _check_turns(self, points: Sequence[Point]) -> None:
        """Polygons go counter-clockwise; in space each face's mark says from where its loop is seen so."""
        whole = self.whole
        for r, corners in enumerate(self.vertices_of):
            if self.d == 2:
                a, b, c = (points[v] for v in whole.loop_vertices[whole.loop_start[r] : whole.loop_start[r] + 3])
                require(orientation(a, b, c) > 0, "orientation", f"region {r} does not turn counter-clockwise")
                continue
            for marked in whole.cell_faces[whole.cell_start[r] : whole.cell_start[r + 1]].tolist():
                loop = self.corners[marked >> 1]
                apex = next(v for v in corners if v not in loop)
                turn = orientation(*(points[v] for v in (*loop[:3], apex)))
                what = f"face {marked >> 1} of region {r} is marked as seen from the wrong side"
                require((turn > 0) == bool(marked & 1), "orientation", what)

    def _check_volume(self, points: Sequence[Point]) -> None:
        """The volumes sum to the box's, modulo a number of 61 bits that makes the sum cost one step a corner."""
        bounds = [[Fraction(v) for v in end.tolist()] for end in (self.box.lo, self.box.hi)]
        denominators = [at.w for at in points] + [v.denominator for end in bounds for v in end]
        modulus = next(m for k in count(FIRST_MODULUS) if all(gcd(w, m := 2**k - 1) == 1 for w in denominators))
        inverse = [pow(at.w, -1, modulus) for at in points]
        x = [[v * i % modulus for v in at.X] for at, i in zip(points, inverse, strict=True)]
        total = sum(determinant([x[v] for v in simplex]) for simplex in self._simplices())
        side = [hi - lo for lo, hi in zip(*bounds, strict=True)]
        expected = factorial(self.d)
        for length in side:
            expected = expected * length.numerator * pow(length.denominator, -1, modulus)
        require((total - expected) % modulus == 0, "volume", "the volumes of the regions do not sum to the box's")

    def _simplices(self) -> Iterator[tuple[int, ...]]:
        """The facets of all cells, in simplices that turn round the cell: with the origin they make up its volume."""
        whole = self.whole
        if self.d == 2:
            for r in range(len(self.cells)):
                loop = whole.loop_vertices[whole.loop_start[r] : whole.loop_start[r + 1]].tolist()
                yield from zip(loop, loop[1:] + loop[:1], strict=True)
            return
        for marked in whole.cell_faces.tolist():
            first, *rest = self.corners[marked >> 1]
            for a, b in pairwise(rest):
                yield (first, b, a) if marked & 1 else (first, a, b)


def _simplices(grid: Grid | Slice | None) -> Simplices | None:
    if isinstance(grid, Slice):
        return SlicedSimplices(grid)
    return None if grid is None else Simplices(grid)


def check_arrays(whole: Complex, box: Box, folds: NDArray[np.bool_], walls: bool = False) -> None:
    """Raise the fault unless the arrays fit each other: shapes, numbers of parts, loops made of their edges.

    walls   whether a facet may lie between simplices of a grid, -1 - 2 d
    """
    d, n = box.d, whole.n_regions
    require(whole.vertices.ndim == 2 and whole.vertices.shape[1] == d, "shape", "vertices do not have the box's axes")
    require(np.isfinite(whole.vertices).all(), "vertex", "a coordinate is not finite")
    require(whole.edges.ndim == 2 and whole.edges.shape[1] == 2, "shape", "an edge does not have two ends")
    require(n > 0 and whole.bits.shape == (n, len(folds)), "shape", "patterns are not one a region")
    require(((whole.bits == 0) | (whole.bits == 1)).all(), "pattern", "a pattern holds something else than on and off")
    _check_numbers(whole.edges, len(whole.vertices), "edge", "vertex")
    if d > 1:
        _check_starts(whole.loop_start, len(whole.loop_vertices), 3, "loop")
        require(len(whole.loop_edges) == len(whole.loop_vertices), "shape", "loops do not have an edge a corner")
        _check_numbers(whole.loop_vertices, len(whole.vertices), "loop", "vertex")
        _check_numbers(whole.loop_edges, len(whole.edges), "loop", "edge")
        _check_loops(whole)
    if d > 2:
        _check_starts(whole.cell_start, len(whole.cell_faces), 4, "cell")
        _check_numbers(whole.cell_faces >> 1, len(whole.loop_start) - 1, "cell", "face")
    starts = {1: len(whole.edges), 2: len(whole.loop_start) - 1, 3: len(whole.cell_start) - 1}
    require(starts[d] == n, "cell", f"there are {starts[d]} cells for {n} regions")
    n_facets = (len(whole.vertices), len(whole.edges), len(whole.loop_start) - 1)[d - 1]
    require(whole.folds.shape == (n_facets,), "shape", "folds are not one a facet")
    known = (whole.folds >= -2 * d - int(walls)) & (whole.folds < len(folds))
    inner = known & (whole.folds >= 0)
    known[inner] = folds[whole.folds[inner]]
    require(known.all(), "face", "a facet names a unit that does not fold or a side that the box does not have")


def _check_numbers(parts: Index, n: int, who: str, what: str) -> None:
    require(((parts >= 0) & (parts < n)).all(), who, f"a part of a {who} is no {what}")
    require(len(np.unique(parts)) == n, what, f"a part, {what}, belongs to no {who}")


def _check_starts(start: Index, n: int, least: int, who: str) -> None:
    fits = len(start) > 1 and start[0] == 0 and start[-1] == n and (np.diff(start) >= least).all()
    require(fits, who, f"a {who} has fewer than {least} parts, or the lists do not follow each other")


def _check_loops(whole: Complex) -> None:
    """Each edge of a loop joins the corners before and behind it, and no corner or edge is there twice."""
    pairs = np.sort(whole.edges, axis=1)
    require(len(np.unique(pairs, axis=0)) == len(pairs), "edge", "two edges join the same vertices")
    require((pairs[:, 0] != pairs[:, 1]).all(), "edge", "an edge has equal ends")
    following = np.roll(whole.loop_vertices, -1)
    following[whole.loop_start[1:] - 1] = whole.loop_vertices[whole.loop_start[:-1]]
    joined = np.sort(np.column_stack([whole.loop_vertices, following]), axis=1)
    require((joined == pairs[whole.loop_edges]).all(), "loop", "an edge of a loop does not join its corners")
    owner = np.repeat(np.arange(len(whole.loop_start) - 1), np.diff(whole.loop_start))
    once = np.unique(np.column_stack([owner, whole.loop_vertices]), axis=0)
    require(len(once) == len(owner), "loop", "a loop passes a corner twice")


def cells_of(whole: Complex) -> tuple[list[list[int]], list[list[int]]]:
    """Return the facets of each cell and the corners of each facet; the lists of a loop in its order."""

    def split(values: Index, start: Index) -> list[list[int]]:
        return [values[a:b].tolist() for a, b in zip(start[:-1].tolist(), start[1:].tolist(), strict=True)]

    if whole.d == 1:
        return whole.edges.tolist(), [[v] for v in range(len(whole.vertices))]
    if whole.d == 2:
        return split(whole.loop_edges, whole.loop_start), whole.edges.tolist()
    return split(whole.cell_faces >> 1, whole.cell_start), split(whole.loop_vertices, whole.loop_start)


def _value(row: Sequence[int], at: Point) -> int:
    """A number with the sign of a x + c at a point, for a row (a, c)."""
    return sum(k * x for k, x in zip(row, at.X, strict=False)) + row[-1] * at.w


def _check_shared(folds: Index, cells: Sequence[Sequence[int]], d: int) -> None:
    """Claim 5: a facet belongs to two cells, or to one and a side of the box."""
    owners = Counter(f for cell in cells for f in set(cell))
    for r, cell in enumerate(cells):
        require(len(set(cell)) == len(cell), "cell", f"region {r} has a facet twice")
    for f, fold in enumerate(folds.tolist()):
        n = 1 if -2 * d <= fold < 0 else 2
        require(owners[f] == n, "face", f"facet {f} of unit or side {fold} belongs to {owners[f]} cells instead of {n}")


def _check_closed(whole: Complex, cells: Sequence[Sequence[int]], corners: Sequence[Sequence[int]]) -> None:
    """Claim 3 in space: each edge of a cell lies on two of its faces, which have only its ends in common."""
    start, edges = whole.loop_start.tolist(), whole.loop_edges.tolist()
    for r, cell in enumerate(cells):
        around: dict[int, list[int]] = {}
        for f in cell:
            for e in edges[start[f] : start[f + 1]]:
                around.setdefault(e, []).append(f)
        for e, faces in around.items():
            require(len(faces) == 2, "cell", f"edge {e} lies on {len(faces)} faces of region {r}, not 2")
            common = set(corners[faces[0]]) & set(corners[faces[1]])
            require(len(common) == 2, "cell", f"two faces of region {r} share more than edge {e}")


def _check_distinct(points: Sequence[Point]) -> None:
    seen: dict[Point, int] = {}
    for v, at in enumerate(points):
        require(seen.setdefault(at, v) == v, "vertex", f"vertices {seen[at]} and {v} are the same point")


def orientation(*points: Point) -> int:
    """Return a number with the sign of the turn of d + 1 points in dimension d: 0 if they lie in a hyperplane.

    In space it is positive if the last point is where the first three are seen to turn counter-clockwise.

    >>> orientation(Point((0, 0), 1), Point((1, 0), 1), Point((1, 1), 2))
    1
    """
    first, rest = points[0], points[1:]
    return determinant([[x * first.w - y * at.w for x, y in zip(at.X, first.X, strict=True)] for at in rest])


__all__ = ["ComplexProof", "Fault", "orientation"]
