"""Regions: everything a piecewise-linear network does on a box, region by region; and the door that finds them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import doors
from ..box import Box
from ..columns import array_of
from ..errors import BudgetError, InputError
from ..grid import Grid
from ..network import Network
from ..polytope import Polytope
from .cells import Cells
from .chain.form import Chain
from .chain.ranges import chain_in_range
from .complex import measure, outlines
from .complex.blocks import refuse_field
from .complex.complex import Complex, later
from .complex.corners import TOLD
from .complex.cut import complex_of
from .complex.kernel import bytes_a_region
from .complex.locate import locate
from .complex.maps import told
from .complex.pieces import equal_neighbours
from .complex.union import part_of
from .part.within import Place, inside, inside_listed, place_of, with_sides
from .proof import Answer, Proof
from .region import Region
from .search.cells import cells, refuse_hopeless
from .search.polytopes import Polytopes
from .work import Budget, Progress, Work, check_asked, place_asked

if TYPE_CHECKING:
    import geopandas
    import networkx
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
Index = NDArray[np.int64]

MORE = 4  # times as many regions, where a budget ended before those that were asked for
ROUNDING = 2.0**-48  # of a volume times its middle, in the unit of the box: of a sliver the middle is not told


@later("bits")
@later("points")
@dataclass(frozen=True, eq=False)
class Regions(doors.Drawn, doors.Shown, Answer):
    """The linear regions of a network in a box.

    A region is a full-dimensional activation cell: the points with one on / off pattern of the hidden units.  A
    piece is a maximal connected union of neighbouring regions with the same affine map.

    network, box   what was asked
    bits           (R, units) on / off of the units of ``chain``, uint8
    maps           (R, d_out, d_in + 1): outputs before the output unit are maps[r] @ [x, 1] on region r
    points         (R, d_in) a point strictly inside each region
    cells          the same regions as shared parts (``complex``, for 1, 2 or 3 inputs) or each by itself (``sides``);
                   both answer what is asked of them here
    proof          certified, complete, explored (the share of the box that was covered), engine, seconds
    """

    network: Network
    box: Box
    chain: Chain = field(compare=False)
    bits: NDArray[np.uint8]
    maps: Array
    points: Array
    cells: Cells = field(compare=False)
    proof: Proof

    def __len__(self) -> int:
        return len(self.maps)

    def __getitem__(self, number: int) -> Region:
        """Return one region, counted from 0; from the last if negative."""
        if not isinstance(number, Integral) or not -len(self) <= number < len(self):
            raise IndexError(f"Regions has {len(self):,} regions; got number {number!r}.")
        return Region(self, int(number) % len(self))

    def __iter__(self) -> Iterator[Region]:
        return (Region(self, number) for number in range(len(self)))

    def __repr__(self) -> str:
        words = "certified" if self.certified else "not certified"
        return f"Regions({len(self)} in {self.box}, {words}, {'complete' if self.complete else 'incomplete'})"

    @property
    def complex(self) -> Complex | None:
        """Vertices, edges, faces and cells for 1, 2 or 3 inputs, else None."""
        return self.cells.complex

    @property
    def sides(self) -> tuple[Index, Index] | None:
        """For 4 and more inputs, which units' folds and sides of the box bound each region, else None.

        (sides, side_start) as ``exact.search.cells`` has them; see ``half_spaces``.
        """
        return self.cells.listed_sides

    @cached_property
    def patterns(self) -> NDArray[np.int8]:
        """Which piece of each hidden unit is used on each region, (R, n_hidden), as ``network.pattern`` has it."""
        out = np.zeros((len(self), self.network.n_hidden), dtype=np.int8)
        owners = np.concatenate(self.chain.owners) if self.chain.owners else np.zeros(0, dtype=np.int64)
        for column in np.flatnonzero(owners >= 0):
            out[:, owners[column]] += self.bits[:, column].astype(np.int8)
        return out

    @cached_property
    def dead_layers(self) -> tuple[int, ...]:
        """The layers of ReLUs, from 1, none of which is on anywhere in the box: what follows them is constant.

        >>> off = Network([[[1.0], [2.0]], [[1.0, 1.0]]], [[-9.0, -9.0], [3.0]])
        >>> regions(off, Box([-1], [1])).dead_layers
        (1,)
        """
        ends = np.cumsum([0, *self.network.hidden])
        relus = [k for k, unit in enumerate(self.network.layer_activations) if unit == "relu"]
        return tuple(k + 1 for k in relus if len(self) and not self.patterns[:, ends[k] : ends[k + 1]].any())

    # Geometry

    @cached_property
    def volumes(self) -> Array:
        """Length, area or volume of each region, (R,), never negative; they sum to the box's.

        Four and more inputs: relative error of the sum below 1e-9; the cost grows with the faces of a region.
        """
        return self.cells.volumes

    @cached_property
    def centroids(self) -> Array:
        """Centre of mass of each region, (R, d_in); a point inside where it is too thin for doubles to tell."""
        return self.cells.centroids

    def polygons(self) -> list[Array]:
        """Return the corners of each region in the plane, (corners, 2) each, counter-clockwise.

        raises   InputError for other than 2 inputs
        """
        return outlines.polygons(self._plane)

    def polygon(self, number: int) -> Array:
        """Return the corners of one region in the plane, (corners, 2), counter-clockwise.

        raises   InputError for other than 2 inputs
        """
        whole = self._plane
        first, end = whole.loop_start[number : number + 2]
        return np.asarray(whole.vertices[whole.loop_vertices[first:end]])

    @property
    def _plane(self) -> Complex:
        if self.complex is None or self.d_in != 2:
            raise InputError(
                f"polygons needs regions of 2 inputs; got {self.d_in}. Take a slice: network.on_plane(p, u, v)."
            )
        return self.complex

    def half_spaces(self, region: int) -> tuple[Array, Array]:
        """Return (A, c): the points of a region are those with A x + c >= 0, a row a facet, the box's sides included.

        A is (facets, d_in) and c (facets,); the largest number of a row of A is 1 or -1, and each number is the double
        nearest to the true one.
        raises   InputError if there is no such region

        >>> corner = Network([[[1, 1]], [[1]]], [[-1], [0]])
        >>> A, c = regions(corner, Box([0, 0], [2, 2])).half_spaces(1)  # where x + y <= 1
        >>> A, c
        (array([[ 0.,  1.],
               [ 1.,  0.],
               [-1., -1.]]), array([0., 0., 1.]))
        """
        if not (isinstance(region, Integral) and 0 <= region < len(self)):
            raise InputError(f"half_spaces needs the number of a region, below {len(self)}; got {region!r}.")
        rows = self.cells.half_spaces(int(region))
        each = np.array(list(dict.fromkeys(map(tuple, rows.tolist()))))  # folds that coincide bound a region once
        return each[:, :-1], each[:, -1]

    @cached_property
    def neighbours(self) -> Index:
        """Pairs of regions that share a facet and that facet's number, (N, 3), facets in order."""
        return self.cells.neighbours

    @cached_property
    def fold_of_edge(self) -> Index:
        """The hidden unit whose fold each facet lies on, counted from 0; -1 - (2 axis + end) on the box.

        A facet is a joint, an edge or a face for 1, 2 or 3 inputs; for more, only those between regions are numbered.
        Where folds coincide, one of them.
        """
        folds = self.cells.folds
        owners = np.concatenate(self.chain.owners) if self.chain.owners else np.zeros(1, dtype=np.int64)
        return np.where(folds >= 0, owners[np.maximum(folds, 0)], folds)

    @property
    def merged(self) -> int:
        """How many regions fewer the pieces are."""
        return len(self) - self.n_pieces

    @cached_property
    def n_pieces(self) -> int:
        """Number of maximal connected unions of regions with one affine map; decided exactly if certified."""
        pairs, same = self._same
        if pairs is None:
            return len(self) - int(np.count_nonzero(same))
        return int(self.piece_of.max()) + 1 if len(self) else 0

    @cached_property
    def piece_of(self) -> Index:
        """The piece each region belongs to, (R,), numbered in the order of the regions."""
        pairs, same = self._same
        if pairs is None:
            return np.cumsum(np.concatenate([[False], ~same]))
        return measure.components(len(self), pairs[same])

    @cached_property
    def _same(self) -> tuple[Index | None, NDArray[np.bool_]]:
        """Pairs of neighbouring regions, None for each one and the next, and which have the same affine map."""
        pairs = self.cells.pairs
        patterns = partial(getattr, self, "bits")
        return pairs, equal_neighbours(self.chain, patterns, self.maps, pairs, self.box, exact=self.certified,
                                       readings=self.cells.readings)  # fmt: skip

    # The function

    def integral(self) -> Array:
        """Return the integral of each output (before the output unit) over the box, (d_out,)."""
        reach = np.append(np.maximum(np.abs(self.box.lo), np.abs(self.box.hi)), 1.0)
        values = np.einsum("roi,ri->ro", self.maps[..., :-1], self.centroids) + self.maps[..., -1]
        rounding = ROUNDING * self.box.volume * (np.abs(self.maps) @ reach).max(axis=0, initial=0.0)
        if (rounding > TOLD * (self.volumes @ np.abs(values))).any():  # regions so steep and thin that rounding shows
            least, _, most, _ = self.extrema()
            values = values.clip(least, most)
        return np.asarray(self.volumes @ values, dtype=np.float64)

    def extrema(self) -> tuple[Array, Array, Array, Array]:
        """Return (least, where, largest, where) of each output over the box: (d_out,) and (d_out, d_in) arrays.

        A piecewise-linear function takes its extrema at vertices.  Those of a certified answer are proved: for 1, 2 and
        3 inputs no point of the box goes beyond by more than ``TOLD`` of the larger one, for more not at all.  Where
        floats leave more doubt than that, as in very steep networks, a value is the exact one at the exact vertex,
        rounded once; the network at the vertex's own rounding can then have another.  Those of a field are proved to a
        millionth of the larger one.  An incomplete answer tells those of the regions it holds.
        raises   BudgetError if it holds none
        """
        if not len(self):
            raise BudgetError(
                "extrema needs a region; got an answer that ended before its first. Raise the budget: "
                "Budget(regions=..., seconds=...), or --max-regions and --max-seconds."
            )
        values, at = self.cells.extremes(certify=self.certified)
        return values[0::2], at[0::2], values[1::2], at[1::2]

    def lipschitz(self) -> float:
        """Return the Lipschitz constant in the Euclidean norm: the largest spectral norm of a region's map."""
        if not len(self):
            return 0.0
        slopes = self.maps[..., :-1]
        unit = np.ldexp(1.0, int(np.frexp(np.abs(slopes).max())[1]) - 1)  # whose squares stay in the range of doubles
        alone = 1 in slopes.shape[1:]  # a matrix of one row or column: its length
        return float(np.linalg.norm(slopes / unit, None if alone else 2, axis=(1, 2)).max() * unit)

    def locate(self, points: ArrayLike) -> list[Index]:
        """Return, for each point, the regions it lies in: one inside a region, all around it on a fold.

        raises   InputError if a point lies outside the box
        """
        parts = self.complex.parts_around if self.complex is not None else None
        return locate(self.chain, self.bits, self.box, points, parts)

    def distance_to_fold(self, points: ArrayLike) -> Array:
        """Return the distance from each point to the nearest fold, infinite where the region has none, (n,).

        raises   InputError if a point lies outside the box; BudgetError if its region is missing
        """
        at = np.atleast_2d(array_of("distance_to_fold", "points", points))
        homes = self.locate(at)
        lost = next((i for i, found in enumerate(homes) if not len(found)), None)
        if lost is not None:
            raise BudgetError(
                f"distance_to_fold needs points in the regions found; got point {lost} = {at[lost].tolist()} where the "
                "answer is incomplete. Raise the budget."
            )
        home = np.array([found[0] for found in homes], dtype=np.int64)
        return self.cells.distance_to_folds(home, at)

    def plot(self, ax: Axes | None = None, **how: Any) -> Axes:
        """Return the axes, new ones unless given, with the regions of 1 or 2 inputs drawn on them; nothing is shown.

        samples  drawn over them; colour: "pattern", "piece", "gradient", "value" (means) or "class"
        how      any other word goes to matplotlib's artist
        """
        return super().plot(ax, **how)

    def to_networkx(self) -> networkx.Graph:
        """Return the region graph: a node a region, an edge a pair that shares a facet, with the unit that folds there.

        raises   MissingError with the line that installs networkx
        """
        return doors.region_graph(self)

    def to_geodataframe(self) -> geopandas.GeoDataFrame:
        """Return a table with a row a region of 2 inputs: its polygon, area, piece and affine map.

        raises   MissingError with the line that installs geopandas; InputError for other than 2 inputs
        """
        return doors.region_frame(self)

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Write the answer; .npz holds everything and can be proved again, see ``files.formats`` for others.

        raises   FileError if the path cannot be written or exists and ``force`` is off
        """
        return doors.write("regions", self, path, self.box.d, force=force)


def regions(
    network: Network, box: Box | Polytope | None = None, *, engine: str = "auto", certify: bool = True,
    workers: int = 1, executor: Executor | None = None, budget: Budget | None = None, callback: Progress | None = None,
) -> Regions:  # fmt: skip
    """Cut a box into the regions on which the network is affine.

    network   any depth, piecewise-linear hidden units
    box       or a polytope, in the units of the inputs; ``network.box``, where its data lie, unless given; of a
              polytope the answer's ``box`` is one around it
    engine, certify, workers, executor, budget, callback   as ``Work`` has them: with ``certify``, the answer is that of
              the real-number function of the stored weights, without, the fast float mode's; an answer cut short holds
              the regions finished by then and is labelled incomplete; without a budget, a network that is estimated to
              have far more than its 10,000,000 regions is refused at once
    raises    NetworkError if a unit is not piecewise linear; InputError if the box has another dimension, or what is
              given is of another kind; BudgetError if the answer cannot fit
    cost      grows with the regions there are, not with a grid; those of a whole field in space do not fit in memory
              and are refused at once: ask of the boxes of ``network.grid.blocks(side)`` one after another, or for the
              ``totals``
    source    Montufar et al. 2014, section 2; lecture 3, "Shallow vs deep networks"

    >>> xor = Network([[[1, 1], [1, 1]], [[1, -2]]], [[0, -1], [0]])
    >>> len(regions(xor, Box([-1, -1], [2, 2])))
    3
    """
    box = place_asked("regions", network, box)
    check_asked("regions", network, box)
    return regions_by(network, box, Work("regions", engine, certify, workers, executor, budget, callback))


def regions_by(network: Network, box: Box | Polytope, work: Work) -> Regions:
    """Return what ``regions`` does."""
    begin = time.perf_counter()
    place = place_of(network, box)
    chain = with_sides(chain_in_range(work.who, network, place.box), place)
    if box.d > 3:
        listed = inside_listed(cells(chain, place.box, work), chain, place)
        return _of_cells(network, place.shown, chain, listed, begin)
    if work.unlimited:
        refuse_many(work, chain, place)
    return _answer(network, chain, place, work, begin)


def refuse_many(work: Work, chain: Chain, place: Place) -> None:
    """Raise before the work starts where far more regions than the budget allows are sure, or estimated.

    raises   BudgetError
    """
    most = work.limits.most_regions(bytes_a_region(chain))
    if isinstance(chain.grid, Grid):
        refuse_field(work, chain, place.box, most)
    elif chain.grid is None:
        refuse_hopeless(work.who, chain, place.box, most)


def part_by(network: Network, chain: Chain, place: Place, block: Box, work: Work) -> Regions:
    """Return the regions of a place that lie in a block of the cells around it.

    chain   of the network, with the sides of the place
    """
    return _answer(network, chain, replace(place, box=block), work, time.perf_counter())


def _answer(network: Network, chain: Chain, place: Place, work: Work, begin: float) -> Regions:
    whole, explored = _cut(chain, place, work)
    proof = Proof(whole.certified, whole.complete, explored, whole.engine, time.perf_counter() - begin)
    bits, points = (partial(getattr, whole, name) for name in ("bits", "points"))
    return Regions(network, place.shown, chain, bits, whole.maps, points, whole, proof)  # type: ignore[arg-type]  # made later


def _cut(chain: Chain, place: Place, work: Work) -> tuple[Complex, float]:
    """The regions in a place, and the share of it that was looked at.

    Where the budget ends among regions around the place, it is asked for more of them until it holds enough within.
    """
    most = work.limits.most_regions(bytes_a_region(chain))
    cut = complex_of(chain, place.box, work)
    found = inside(cut, place)
    while not cut.complete and found.n_regions < most and work.budget and cut.n_regions >= work.budget.regions:
        work = replace(work, budget=replace(work.budget, regions=MORE * work.budget.regions))
        cut = complex_of(chain, place.box, work)
        found = inside(cut, place)
    if found.complete and found.n_regions <= most:
        return found, 1.0
    kept = replace(found if found.n_regions <= most else part_of(found, np.arange(most)), complete=False)
    if not place.open:
        return kept, float(kept.volumes.sum() / place.shown.volume)
    within = float(kept.volumes.sum() / found.volumes.sum()) if found.n_regions else 1.0
    return kept, float(cut.volumes.sum() / place.box.volume) * within


def _of_cells(network: Network, box: Box, chain: Chain, found: dict[str, Any], begin: float) -> Regions:
    folds = np.concatenate(chain.folds) if chain.folds else np.zeros(0, dtype=bool)
    bits = np.zeros((len(found["patterns"]), len(folds)), dtype=np.uint8)
    bits[:, folds] = found["patterns"]
    sides = np.asarray(found["sides"], dtype=np.int64), np.asarray(found["side_start"], dtype=np.int64)
    maps = told(chain, box, lambda: bits, found["maps"]) if found["certified"] else found["maps"]
    listed = Polytopes(chain, box, bits, found["points"], sides)
    words = {word: found[word] for word in ("certified", "complete", "explored", "engine")}
    proof = Proof(**words, seconds=time.perf_counter() - begin)
    return Regions(network, box, chain, bits, maps, found["points"], listed, proof)


__all__ = ["Regions", "regions"]
