"""Within: questions about a part of what the engines cut, a polytope or a box whose sides cross a field's cells.

The half-spaces become units of the first layer that no other unit reads, so that every engine cuts along them, with all
the certainty of a fold; what lies on their other side is left out of the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...box import Box
from ...errors import InputError
from ...grid import Grid
from ...network import Network
from ...polytope import Polytope
from ...same import Compared
from ..chain.form import Chain
from ..complex.complex import Complex
from ..complex.measure import corners_of, sides
from ..complex.union import part_of

Array = NDArray[np.float64]
Index = NDArray[np.int64]

CLEAR = 2.0**-40  # of the terms of a half-space's value at a corner: more than they may round to

@dataclass(frozen=True, eq=False)
class Place(Compared):
    """Where a question is asked.

    box     that the engines cut: the one asked about, or around what is; of a field, made of whole cells
    shown   the box that the answer names
    rows    (k, d + 1): what is asked about has rows @ [x, 1] > 0 inside
    walls   (k,) the side of the box that each row is, -1 - (2 axis + end); for a polytope -1 - 2 d - (1 + row)
    """

    box: Box
    shown: Box
    rows: Array
    walls: Index

    @property
    def whole(self) -> bool:
        """Whether all that is cut is asked about."""
        return not len(self.rows)

    def misses(self, box: Box) -> bool:
        """Whether a box lies clearly beyond one of the half-spaces."""
        corners = np.array(list(product(*zip(box.lo, box.hi, strict=True))))
        reach = np.abs(self.rows[:, :-1]) @ np.abs(corners).max(axis=0) + np.abs(self.rows[:, -1])
        values = corners @ self.rows[:, :-1].T + self.rows[:, -1]
        return bool((values.max(axis=0) < -CLEAR * reach).any()) if len(self.rows) else False

    @property
    def open(self) -> bool:
        """Whether it is a polytope, whose volume is known only when all of it was cut."""
        return bool((self.walls < -1 - 2 * self.box.d).any())


def place_of(network: Network, asked: Box | Polytope) -> Place:
    """Return where a question about a box or a polytope is asked.

    raises   InputError for a field and a place that is not within its grid's box
    """
    grid, d = network.grid if isinstance(network.grid, Grid) else None, asked.d
    if isinstance(asked, Polytope):
        around = asked.box if grid is None else _cells_around(grid, _clipped(grid, asked))
        rows = np.column_stack([-asked.A, asked.b])
        return Place(around, around, rows, -2 - 2 * d - np.arange(len(rows)))
    if grid is None:
        return Place(asked, asked, np.zeros((0, d + 1)), np.zeros(0, dtype=np.int64))
    around = _cells_around(grid, asked)
    sides: list[list[float]] = []
    walls: list[int] = []
    for axis in range(d):
        for end, (side, mine) in enumerate(((around.lo, asked.lo), (around.hi, asked.hi))):
            if side[axis] != mine[axis]:
                sign = -1.0 if end else 1.0
                sides.append([*(sign * np.eye(d)[axis]), -sign * mine[axis]])
                walls.append(-1 - (2 * axis + end))
    return Place(around, asked, np.array(sides).reshape(-1, d + 1), np.array(walls, dtype=np.int64))


def _cells_around(grid: Grid, box: Box) -> Box:
    """The smallest box of whole cells of the finest level around a box."""
    if (box.lo < grid.box.lo).any() or (box.hi > grid.box.hi).any():
        raise InputError(f"a field needs a box within its own; got {box}. Take a part of {grid.box}.")
    n, level = grid.sizes[-1], len(grid.sizes) - 1
    ends = [(side - grid.box.lo) / (grid.box.hi - grid.box.lo) * n for side in (box.lo, box.hi)]
    first, last = (np.clip(np.rint(end), 0, n).astype(np.int64) for end in ends)
    first -= grid.places(level, first) > box.lo
    last += grid.places(level, last) < box.hi
    last = np.maximum(last, first + 1)
    return Box(grid.places(level, first), grid.places(level, last))


def _clipped(grid: Grid, polytope: Polytope) -> Box:
    """The box around a polytope, without the room that rounding was given where it is more than the grid's own box."""
    box, room = polytope.box, 2.0**-20 * (grid.box.hi - grid.box.lo)
    if (box.lo < grid.box.lo - room).any() or (box.hi > grid.box.hi + room).any():
        raise InputError(f"a field needs a polytope within its box; got one in {box}. Cut it by {grid.box}.")
    return Box(np.maximum(box.lo, grid.box.lo), np.minimum(box.hi, grid.box.hi))


def with_sides(chain: Chain, place: Place) -> Chain:
    """Return the chain with a unit more in its first layer for each half-space, which is on inside and read by none."""
    k, n = len(place.rows), chain.n_reads
    if place.whole:
        return chain
    if not chain.below:
        one, owner = np.ones(n), np.full(n, -1)
        weights, biases = (np.eye(n), *chain.weights), (np.zeros(n), *chain.biases)
        chain = replace(chain, weights=weights, biases=biases, below=(one,), owners=(owner,))
    d = place.rows.shape[1] - 1
    sides = np.concatenate([place.rows[:, :-1], np.zeros((k, n - d))], axis=1)  # places come first among what is read
    W, b, following = chain.weights[0], chain.biases[0], chain.weights[1]
    return replace(
        chain,
        weights=(np.concatenate([W, sides]), np.pad(following, ((0, 0), (0, k))), *chain.weights[2:]),
        biases=(np.concatenate([b, place.rows[:, -1]]), *chain.biases[1:]),
        below=(np.concatenate([chain.below[0], np.zeros(k)]), *chain.below[1:]),
        owners=(np.concatenate([chain.owners[0], place.walls]), *chain.owners[1:]),
    )


def columns_of(chain: Chain, place: Place) -> slice:
    """Return where the half-spaces stand among the units of a chain that ``with_sides`` made."""
    width = len(chain.below[0])
    return slice(width - len(place.rows), width)


def inside(whole: Complex, place: Place) -> Complex:
    """Return the regions of a complex that lie in the place, its sides named as those of a box are."""
    if place.whole:
        return whole
    at = columns_of(whole.chain, place)
    on = whole.bits[:, at].astype(bool)
    kept = np.asarray(on.all(axis=1))
    folds = whole.folds.copy()
    facets, owner = sides(whole)
    outer = ~kept[owner]
    beyond = place.walls[(~on[owner[outer]]).argmax(axis=1)]  # the first half-space that the region beyond is not in
    seen = np.zeros(len(folds), dtype=bool)
    seen[facets[~outer]] = True
    shared = seen[facets[outer]]
    folds[facets[outer][shared]] = beyond[shared]
    vertices = _on_walls(whole, np.unique(facets[outer][shared]), folds, place.shown)
    return part_of(replace(whole, folds=folds, vertices=vertices, box=place.shown), np.flatnonzero(kept))


def _on_walls(whole: Complex, facets: Index, folds: Index, box: Box) -> Array:
    """The vertices, those of facets on sides of a box with the side's own number."""
    vertices = whole.vertices.copy()
    for facet in facets[folds[facets] >= -2 * whole.d].tolist():
        axis, end = divmod(-1 - int(folds[facet]), 2)
        vertices[corners_of(whole, facet), axis] = (box.hi if end else box.lo)[axis]
    return vertices


def inside_listed(found: dict[str, Any], chain: Chain, place: Place) -> dict[str, Any]:
    """Return of what a search found the regions in the place."""
    if place.whole:
        return found
    folding = np.concatenate(chain.folds)
    at = (np.cumsum(folding) - 1)[columns_of(chain, place)]
    kept: NDArray[np.bool_] = np.asarray(found["patterns"][:, at].astype(bool).all(axis=1))
    start = np.asarray(found["side_start"], dtype=np.int64)
    owner = np.repeat(np.arange(len(kept)), np.diff(start))
    counts = np.diff(start)[kept]
    parts = {name: found[name][kept] for name in ("patterns", "maps", "points")}
    starts = np.concatenate([[0], np.cumsum(counts)])
    return (
        found
        | parts
        | {"sides": np.asarray(found["sides"])[kept[owner]], "side_start": starts, "n_regions": int(kept.sum())}
    )
