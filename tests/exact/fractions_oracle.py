"""Another way to know every exact answer: plain fractions and lists of corners, no code of ``foldline.exact``.

A region is kept as its corners, each with the names of the half-spaces that it lies on (double description,
Motzkin et al. 1953).  A unit cuts a region where its values at the corners have both signs.  Nothing is scaled, guessed
or rounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import factorial, inf, sqrt

from foldline import Box, Network

Vector = tuple[Fraction, ...]
Corner = tuple[Vector, frozenset[int]]
Corners = list[Corner]
Row = list[Fraction]  # a_1 .. a_d, c of a.x + c

# joints, slopes between them, and the value at the first joint (at 0 without one)
UNITS: dict[str, tuple[list[Fraction], list[Fraction], Fraction]] = {
    "relu": ([Fraction(0)], [Fraction(0), Fraction(1)], Fraction(0)),
    "leaky_relu": ([Fraction(0)], [Fraction(0.01), Fraction(1)], Fraction(0)),
    "abs": ([Fraction(0)], [Fraction(-1), Fraction(1)], Fraction(0)),
    "identity": ([], [Fraction(1)], Fraction(0)),
    "hard_tanh": ([Fraction(-1), Fraction(1)], [Fraction(0), Fraction(1), Fraction(0)], Fraction(-1)),
    "relu6": ([Fraction(0), Fraction(6)], [Fraction(0), Fraction(1), Fraction(0)], Fraction(0)),
}


@dataclass(frozen=True)
class Cell:
    """A region: which piece of each unit, its corners, the outputs as rows."""

    pattern: tuple[int, ...]
    corners: Corners
    outputs: list[Row]


def value(row: Row, at: Vector) -> Fraction:
    return sum((a * x for a, x in zip(row, at, strict=False)), row[-1])


def box_corners(box: Box) -> Corners:
    """The corners of a box; its sides are named -1, -2 (first axis, lower and upper), -3, ..."""
    corners: Corners = [((), frozenset())]
    for axis, ends in enumerate(zip(box.lo.tolist(), box.hi.tolist(), strict=True)):
        corners = [((*at, Fraction(end)), on | {-1 - 2 * axis - k}) for at, on in corners for k, end in enumerate(ends)]
    return corners


def cut(corners: Corners, row: Row, name: int) -> tuple[Corners, Corners]:
    """The parts with row <= 0 and row >= 0; empty where the part has no interior."""
    heights = [value(row, at) for at, _ in corners]
    if min(heights) >= 0:
        return [], corners
    if max(heights) <= 0:
        return corners, []
    on = [(at, names | {name}) for (at, names), h in zip(corners, heights, strict=True) if h == 0]
    for i, p in enumerate(heights):
        for j, q in enumerate(heights):
            if p < 0 < q and _joined(corners, i, j):
                (a, a_names), (b, b_names) = corners[i], corners[j]
                t = p / (p - q)
                at = tuple(x + t * (y - x) for x, y in zip(a, b, strict=True))
                on.append((at, (a_names & b_names) | {name}))
    below = [c for c, h in zip(corners, heights, strict=True) if h < 0]
    above = [c for c, h in zip(corners, heights, strict=True) if h > 0]
    return below + on, above + on


def _joined(corners: Corners, i: int, j: int) -> bool:
    """Whether two corners are the ends of an edge: no third lies on all that both lie on."""
    common = corners[i][1] & corners[j][1]
    return not any(common <= names for k, (_, names) in enumerate(corners) if k not in (i, j))


def cells(network: Network, corners: Corners, start: Sequence[Row]) -> list[Cell]:
    """The regions of a network behind an affine map into its inputs, by splitting unit by unit.

    start   a row an input, over the coordinates of the corners
    """
    d = len(corners[0][0])
    found = [(tuple[int, ...](), corners, [list(start)])]
    name = 0
    for layer, unit in enumerate(network.layer_activations, 1):
        joints, slopes, first = UNITS[unit]
        split = []
        for pattern, at, values in found:
            rows = _affine(network, layer, values, d)
            parts = [(pattern, at, list[Row]())]
            for k, row in enumerate(rows):
                pieces = _slopes(network, layer, k, slopes)
                parts = [
                    ((*p, piece), inside, [*done, _piece(row, joints, pieces, first, piece)])
                    for p, where, done in parts
                    for piece, inside in _pieces(where, row, joints, pieces, name + 1000 * k)
                ]
            split += [(p, where, [*values, done]) for p, where, done in parts]
        found, name = split, name + 10**6
    return [Cell(p, at, _affine(network, network.n_layers, values, d)) for p, at, values in found]


def _affine(network: Network, layer: int, values: list[list[Row]], d: int) -> list[Row]:
    reads = [row for source in network.sources(layer) for row in values[source]]
    W, b = network.weights[layer - 1].tolist(), network.biases[layer - 1].tolist()
    out = []
    for weights, bias in zip(W, b, strict=True):
        row = [Fraction(0)] * d + [Fraction(bias)]
        for w, read in zip(weights, reads, strict=True):
            if w:
                row = [r + Fraction(w) * v for r, v in zip(row, read, strict=True)]
        out.append(row)
    return out


def _slopes(network: Network, layer: int, k: int, slopes: list[Fraction]) -> list[Fraction]:
    if layer in network.slopes:
        return [Fraction(float(network.slopes[layer][k])), Fraction(1)]
    return slopes


def _pieces(
    corners: Corners, row: Row, joints: list[Fraction], slopes: list[Fraction], name: int
) -> Iterator[tuple[int, Corners]]:
    """The parts of a polytope on the pieces of a unit; a unit that does not bend is always on piece 0."""
    rest, piece = corners, 0
    for k, joint in enumerate(joints):
        if slopes[k] == slopes[k + 1]:
            continue
        shifted = [*row[:-1], row[-1] - joint]
        if not any(value(shifted, at) for at, _ in rest):
            break  # on the joint everywhere: what is below counts
        below, rest = cut(rest, shifted, name + k)
        if below:
            yield piece, below
        if not rest:
            return
        piece += 1
    yield piece, rest


def _piece(row: Row, joints: list[Fraction], slopes: list[Fraction], first: Fraction, piece: int) -> Row:
    start, at = (first, joints[0]) if joints else (first, Fraction(0))
    for k in range(1, piece):
        start, at = start + slopes[k] * (joints[k] - joints[k - 1]), joints[k]
    slope = slopes[piece]
    return [*(slope * a for a in row[:-1]), slope * (row[-1] - at) + start]


# Measures


def simplices(corners: Corners) -> Iterator[list[Vector]]:
    """Simplices that make up a polytope: a corner, joined to those of each facet that it does not lie on."""
    yield from ([at for at, _ in simplex] for simplex in _pulled(corners, len(corners[0][0])))


def _pulled(corners: Corners, d: int) -> Iterator[Corners]:
    if d == 0:
        yield corners[:1]
        return
    apex = corners[0]
    for facet in facets(corners, d):
        if apex not in facet:
            yield from ([apex, *rest] for rest in _pulled(facet, d - 1))


def facets(corners: Corners, d: int) -> list[Corners]:
    """The facets of a polytope of dimension d, each once."""
    names = set().union(*(on for _, on in corners))
    sets = {frozenset(i for i, (_, on) in enumerate(corners) if name in on) for name in names}
    proper = [s for s in sets if d <= len(s) < len(corners)]
    largest = [s for s in proper if not any(s < other for other in proper)]
    return [[corners[i] for i in sorted(s)] for s in largest]


def volume(corners: Corners) -> Fraction:
    return sum((simplex_volume(s) for s in simplices(corners)), Fraction(0))


def simplex_volume(s: list[Vector]) -> Fraction:
    return abs(determinant([[x - y for x, y in zip(p, s[0], strict=True)] for p in s[1:]])) / factorial(len(s) - 1)


def determinant(rows: list[list[Fraction]]) -> Fraction:
    if not rows:
        return Fraction(1)
    return sum(
        ((-1) ** k * v * determinant([row[:k] + row[k + 1 :] for row in rows[1:]]) for k, v in enumerate(rows[0]) if v),
        Fraction(0),
    )


def measures(cell: Cell) -> tuple[Fraction, list[Fraction]]:
    """The volume of a cell, and the integral of each output: a simplex' volume times the mean over its corners."""
    size, total = Fraction(0), [Fraction(0)] * len(cell.outputs)
    for s in simplices(cell.corners):
        part = simplex_volume(s)
        size += part
        middle = tuple(sum(x) / len(s) for x in zip(*s, strict=True))
        total = [t + part * value(row, middle) for t, row in zip(total, cell.outputs, strict=True)]
    return size, total


def extrema(found: list[Cell]) -> list[tuple[Fraction, Fraction]]:
    """The least and the largest of each output."""
    out = []
    for o in range(len(found[0].outputs)):
        values = [value(cell.outputs[o], at) for cell in found for at, _ in cell.corners]
        out.append((min(values), max(values)))
    return out


def pieces(found: list[Cell], d: int) -> int:
    """The number of connected unions of cells with the same outputs."""
    home = list(range(len(found)))

    def root(c: int) -> int:
        while home[c] != c:
            c = home[c]
        return c

    for _, two in _met([(c, cell.corners) for c, cell in enumerate(found)], d).items():
        if len(two) == 2 and found[two[0][0]].outputs == found[two[1][0]].outputs:
            home[root(two[0][0])] = root(two[1][0])
    return len({root(c) for c in home})


def _met(parts: list[tuple[int, Corners]], d: int) -> dict[frozenset[Vector], list[tuple[int, Corners]]]:
    met: dict[frozenset[Vector], list[tuple[int, Corners]]] = {}
    for k, corners in parts:
        for facet in facets(corners, d):
            met.setdefault(frozenset(at for at, _ in facet), []).append((k, facet))
    return met


# Classes


def classes(found: list[Cell], level: Fraction | None) -> list[tuple[int, int, Corners]]:
    """(class, cell, corners) of the parts of cells on which one class wins; ties go to the lowest number."""
    out = []
    for c, cell in enumerate(found):
        flat = [Fraction(0)] * (len(cell.outputs[0]) - 1)
        rows = cell.outputs if level is None else [[*flat, level], cell.outputs[0]]
        for k, mine in enumerate(rows):
            part = cell.corners
            for j, other in enumerate(rows):
                if j == k or not part:
                    continue
                lead = [a - b for a, b in zip(mine, other, strict=True)]
                if all(value(lead, at) == 0 for at, _ in part):
                    part = part if k < j else []
                else:
                    part = cut(part, lead, 10**9 + 1000 * min(j, k) + max(j, k))[1]
            if part:
                out.append((k, c, part))
    return out


def interface(parts: list[tuple[int, int, Corners]], d: int) -> float | None:
    """The number, length or area of what lies between different classes, None if ties keep parts from fitting."""
    met = _met([(k, corners) for k, _, corners in parts], d)
    sides = set(range(-2 * d, 0))
    if any(len(two) == 1 and not sides & frozenset.intersection(*(on for _, on in two[0][1])) for two in met.values()):
        return None
    return sum(facet_size(two[0][1], d) for two in met.values() if len({k for k, _ in two}) > 1)


def facet_size(facet: Corners, d: int) -> float:
    """1, a length or an area."""
    if d == 1:
        return 1.0
    if d == 2:
        return length([x - y for x, y in zip(facet[0][0], facet[1][0], strict=True)])
    return sum(triangle(s) for s in ([at for at, _ in t] for t in _pulled(facet, 2)))


def triangle(s: list[Vector]) -> float:
    (a, b, c), (d, e, f) = ([x - y for x, y in zip(p, s[0], strict=True)] for p in s[1:])
    return length([b * f - c * e, c * d - a * f, a * e - b * d]) / 2


def length(v: Sequence[Fraction]) -> float:
    top = max(abs(x) for x in v)
    return nearest(top) * sqrt(sum(float(x / top) ** 2 for x in v)) if top else 0.0


def nearest(v: Fraction) -> float:
    try:
        return float(v)
    except OverflowError:
        return inf if v > 0 else -inf
