"""Arbiter: the exact answers a kernel asks for when a float cannot decide.

A kernel numbers the vertices it asks about.  A vertex is a corner of the box, or was born where a unit is zero on the
edge between two others; its rational coordinates follow from that, and are worked out when first needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import islice, pairwise

from ...grid import Grid
from ..chain.form import Chain
from .exact import Exact, Integers, Point, between, point
from .grid import grid_place, nearest_vertex


class Arbiter:
    """Signs and orders in rational arithmetic, remembered for everyone who asks again.

    place   of the first cells' vertices by their numbers, exactly; by their coordinates unless given
    """

    def __init__(self, chain: Chain, place: Callable[[int], Point] | None = None) -> None:
        self.chain = chain
        self._place = place
        self._births: dict[int, tuple[int, int, int, int]] = {}
        self._points: dict[int, Point] = {}
        self._rows: dict[int, list[tuple[Integers, int]]] = {}

    @cached_property
    def exact(self) -> Exact:
        """The chain in integers, made when the first question comes."""
        return Exact(self.chain)

    def corner(self, vertex: int, first: int, x: Sequence[float]) -> None:
        """Take note of a vertex of the first cells.

        first   its number there, where these say where it is; else it has exactly these coordinates, and of a field it
                is that of the grid which is there
        """
        grid = self.chain.grid
        if self._place is not None:
            self._points[vertex] = self._place(first)
        else:
            self._points[vertex] = point(grid_place(grid, nearest_vertex(grid, x)) if isinstance(grid, Grid) else x)

    def born(self, vertex: int, a: int, b: int, layer: int, unit: int) -> None:
        """Take note of a vertex where a unit is zero between two known ones."""
        self._births[vertex] = (a, b, layer, unit)

    def point(self, vertex: int) -> Point:
        """Return where a vertex is."""
        found = self._points.get(vertex)
        if found is None:
            a, b, layer, unit = self._births[vertex]
            ends = self.point(a), self.point(b)
            za, zb = (self._value(v, layer, unit) for v in (a, b))
            found = self._points[vertex] = between(*ends, za, zb)
        return found

    def where(self, vertex: int) -> list[float]:
        """Return a vertex's coordinates, each the nearest double."""
        return list(self.point(vertex).floats())

    def signs(self, vertex: int, layer: int, units: Sequence[int]) -> list[int]:
        """Return -1, 0 or 1 for each unit of a layer at a vertex."""
        Z, _ = self._some(vertex, layer, units)
        return [(z > 0) - (z < 0) for z in Z]

    def crossings(self, a: int, b: int, layer: int, units: Sequence[int]) -> tuple[list[float], list[float]]:
        """Return the rank of each unit's crossing from a to b (equal ranks coincide), and its parameter, rounded."""
        (za, wa), (zb, wb) = self._some(a, layer, units), self._some(b, layer, units)
        at = [Fraction(p * wb, p * wb - q * wa) for p, q in zip(za, zb, strict=True)]
        rank = {t: float(i) for i, t in enumerate(sorted(set(at)))}
        return [rank[t] for t in at], [float(t) for t in at]

    def activations(self, vertex: int, layer: int) -> list[float]:
        """Return the activations of a hidden layer at a vertex, each the nearest double."""
        Z, w = self._row(vertex, layer)
        below = self.chain.below[layer].tolist()
        return [float(Fraction(int(z), w) * (1 if z > 0 else Fraction(s))) for z, s in zip(Z, below, strict=True)]

    def turn(self, polygon: Sequence[int], eye: int) -> int:
        """Return 1 if a plane polygon of vertices runs counter-clockwise as a vertex off its plane sees it, else -1."""
        corners = [self.point(vertex).fractions() for vertex in polygon]
        first, arm = corners[0], [q - p for p, q in zip(corners[0], self.point(eye).fractions(), strict=True)]
        area = [Fraction(0)] * 3
        for p, q in pairwise(corners[1:]):
            a, b = ([v - o for v, o in zip(at, first, strict=True)] for at in (p, q))
            area = [area[k] + a[k - 2] * b[k - 1] - a[k - 1] * b[k - 2] for k in range(3)]
        return 1 if sum(v * w for v, w in zip(area, arm, strict=True)) > 0 else -1

    def _value(self, vertex: int, layer: int, unit: int) -> Fraction:
        Z, w = self._some(vertex, layer, [unit])
        return Fraction(int(Z[0]), w)

    def _some(self, vertex: int, layer: int, units: Sequence[int]) -> tuple[Integers, int]:
        """Some pre-activations of a layer at a vertex: no others are worked out, unless all are known or asked."""
        rows = self._rows.get(vertex, [])
        if len(rows) > layer or len(units) == len(self.chain.biases[layer]):
            Z, w = self._row(vertex, layer)
            return Z[list(units)], w
        if layer:
            self._row(vertex, layer - 1)
        return self.exact.some(self.point(vertex), layer, units, self._rows.get(vertex, []))

    def _row(self, vertex: int, layer: int) -> tuple[Integers, int]:
        """One layer's pre-activations at a vertex; the layers below are kept, those above not yet worked out."""
        rows = self._rows.get(vertex, [])
        if len(rows) <= layer:
            further = self.exact.rows(self.point(vertex), rows)
            rows = self._rows[vertex] = [*rows, *islice(further, layer + 1 - len(rows))]
        return rows[layer]
