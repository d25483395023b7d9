"""Decisions: regions cut further by which class wins, so that every cell has one affine map and one class.

A contest between classes is more layers of the same kind.  The outputs become identity units; then pairs play: one unit
is the difference b - a, and the winner's score is max(a, b) = a + relu(b - a), a sum that the next round's weights take
up exactly (they are 0, 1 and -1).  So the engine that cuts by folds cuts by classes too, and proves it the same way.
Where a match cut cells whose class it did not decide, they are joined again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import doors
from ..activations import ROW_UNITS, UNITS
from ..box import Box
from ..columns import array_of
from ..errors import InputError, NetworkError
from ..network import Network
from ..polytope import Polytope
from .chain.form import Chain
from .chain.ranges import chain_in_range
from .complex import outlines
from .complex.complex import Complex, empty_complex
from .complex.cut import complex_of
from .complex.locate import signs_at
from .complex.union import joined
from .march.level import before_output
from .part.within import inside, place_of, with_sides
from .proof import Answer, Proof
from .regions import Regions, regions_by
from .work import Budget, Progress, Work, check_asked, place_asked

if TYPE_CHECKING:
    import geopandas
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Decisions(doors.Drawn, doors.Shown, Answer):
    """Where each class wins, exactly: the regions of a network, cut where the winner changes.

    A tie goes to the class with the lowest number.  A cell is a part of one region with one class and has a volume.

    regions     of the network, not cut by classes
    complex     the cells: vertices, edges, faces, as in ``Complex``
    classes     (C,) the class of each cell
    region_of   (C,) the region each cell is part of
    names       of all classes, K; of a network with one output: below and above the level
    level       of a network with one output, before its output unit; None for K outputs
    proof       an incomplete answer has no cells
    """

    network: Network
    box: Box
    regions: Regions
    complex: Complex = field(compare=False)
    contest: Chain = field(compare=False)
    classes: Index
    region_of: Index
    names: tuple[str, ...]
    level: float | None
    proof: Proof

    def __len__(self) -> int:
        return len(self.classes)

    def __repr__(self) -> str:
        return f"Decisions({len(self)} cells, {len(self.names)} classes, {len(self.regions)} regions in {self.box})"

    def polygons(self) -> list[Array]:
        """Return the corners of each cell in the plane, (corners, 2) each, counter-clockwise.

        raises   InputError for other than 2 inputs
        """
        if self.d_in != 2:
            raise InputError(
                f"polygons needs decisions of 2 inputs; got {self.d_in}. Take a slice: network.on_plane(p, u, v)."
            )
        return outlines.polygons(self.complex)

    @cached_property
    def volumes(self) -> Array:
        """Length, area or volume of each cell, (C,); they sum to the box's."""
        return self.complex.volumes

    @cached_property
    def volume_of_class(self) -> Array:
        """Length, area or volume on which each class wins, (K,)."""
        return np.bincount(self.classes, self.volumes, len(self.names)).astype(np.float64, copy=False)

    @property
    def empty(self) -> tuple[str, ...]:
        """Names of the classes that win nowhere in the box, or only where they tie, on a set without volume."""
        return tuple(self.names[k] for k in np.setdiff1d(np.arange(len(self.names)), self.classes))

    @cached_property
    def neighbours(self) -> Index:
        """Pairs of cells that share a facet and that facet's number, (N, 3)."""
        return self.complex.neighbours

    def scores(self, points: ArrayLike) -> Array:
        """Return what is compared, (n, K): the outputs before the output unit, or (level, output) of a single one."""
        values = self.network.preactivations(np.atleast_2d(array_of("scores", "points", points)))[-1]
        if self.level is None:
            return values
        return np.column_stack([np.full(len(values), self.level), values])

    def class_of(self, points: ArrayLike) -> Index:
        """Return the class of each point, (n,), ties to the lowest number; decided exactly, in or out of the box.

        raises   InputError if the points have another number of coordinates or one that is not finite
        """
        at = np.atleast_2d(array_of("class_of", "points", points))
        if at.shape[-1] != self.d_in:
            raise InputError(f"class_of needs points with {self.d_in} coordinates; got shape {at.shape}.")
        lost = np.flatnonzero(~np.isfinite(at).all(axis=1))
        if lost.size:
            raise InputError(f"class_of needs finite points; got point {lost[0]} = {at[lost[0]].tolist()}.")
        return _winners(signs_at(self.contest, at) > 0, self._first_match, len(self.names))

    def plot(self, ax: Axes | None = None, **how: Any) -> Axes:
        """Return the axes, new ones unless given, with each class and the boundary drawn on them; nothing is shown.

        samples  drawn over them; legend: whether the classes are named; style: of the boundary's lines
        how      any other word goes to matplotlib's artist
        """
        return super().plot(ax, **how)

    def to_geodataframe(self) -> geopandas.GeoDataFrame:
        """Return a table with a row a cell of 2 inputs: its polygon, class, region and area.

        raises   MissingError with the line that installs geopandas; InputError for other than 2 inputs
        """
        return doors.decision_frame(self)

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Write the cells: .csv, .json, for 2 inputs also .geojson and .svg (a picture).

        raises   FileError if the path is a folder, cannot be written, or exists and ``force`` is off
        """
        return doors.write("decisions", self, path, self.box.d, force=force)

    @property
    def _first_match(self) -> int:
        return sum(len(b) for b in self.regions.chain.below)


def decisions(
    network: Network, box: Box | Polytope | None = None, *, level: float | None = None, engine: str = "auto",
    certify: bool = True,
    workers: int = 1, executor: Executor | None = None, budget: Budget | None = None, callback: Progress | None = None,
) -> Decisions:  # fmt: skip
    """Cut a box into the cells on which a classifier is affine and has one class.

    network   1, 2 or 3 inputs, piecewise-linear hidden units; K outputs, of which the largest wins, or one output,
              which has class 1 above the level and class 0 otherwise; strictly increasing output units, the softmax
              and the step are looked through
    box       or a polytope; ``network.box``, where its data lie, unless given
    level     for one output, in its units; unless given, the place where the output unit's argument is 0
    engine, certify, workers, executor, budget, callback   as ``Work`` has them; the budget is of the whole answer, and
              one that is cut short has no cells
    raises    NetworkError for 4 and more inputs, units that are not piecewise linear, other output units;
              InputError for another box, or a level beside several outputs
    cost      a few times the regions', and more with many classes
    source    the classic arg-max cells of a linear classifier; lecture 3, "softmax against argmax"

    >>> corners = Network([[[1, 0], [0, 1], [-1, -1]]], [[0, 0, 0]], meta={"classes": ["right", "top", "rest"]})
    >>> found = decisions(corners, Box([-1, -1], [1, 1]))
    >>> found.volume_of_class.round(3).tolist(), found.empty
    ([1.25, 1.25, 1.5], ())
    """
    box = place_asked("decisions", network, box)
    work = Work("decisions", engine, certify, workers, executor, budget, callback)
    return decisions_by(network, box, threshold_of(network, box, level, "decisions"), work)


def decisions_by(network: Network, box: Box | Polytope, logit: float | None, work: Work) -> Decisions:
    """Return what ``decisions`` does; ``logit`` is the level before the output unit, None for several outputs."""
    begin = time.perf_counter()
    place = place_of(network, box)
    contest = _contest(with_sides(chain_in_range(work.who, network, place.box), place), logit)
    n_classes = max(network.d_out, 2)
    plain = regions_by(network, box, work.part(0.0, 0.5))
    whole = empty_complex(contest, place.shown, plain.certified, 0, plain.engine, 0)
    region_of = classes = np.zeros(0, dtype=np.int64)
    if plain.complete:
        cut = inside(complex_of(contest, place.box, work.part(0.5, 1.0)), place)
        whole = cut if cut.complete else whole
    if whole.complete:
        n_units = plain.bits.shape[1]
        won = _winners(whole.bits.astype(bool), n_units, n_classes)
        pair, label = np.unique(np.column_stack([_regions_of(whole, plain), won]), axis=0, return_inverse=True)
        region_of, classes = pair.T
        whole = joined(whole, label.ravel(), plain.bits[region_of], plain.maps[region_of])
    return Decisions(
        network, place.shown, plain, whole, contest, classes, region_of, names_of(network, n_classes), logit,
        Proof(whole.certified, whole.complete, _explored(plain, whole), whole.engine, time.perf_counter() - begin),
    )  # fmt: skip


def _explored(plain: Regions, whole: Complex) -> float:
    """The share of the box in the regions found: half of the work, the other half being the cells."""
    return 1.0 if whole.complete else plain.explored / 2


def threshold_of(network: Network, box: Box | Polytope, level: float | None, who: str) -> float | None:
    """Return the level before the output unit for one output, None for several.

    who      asks, for the message
    raises   as ``decisions`` does
    """
    if network.d_in > 3:
        raise NetworkError(
            f"{who} needs a network with 1, 2 or 3 inputs; got {network.d_in} (weights[0] has shape "
            f"{network.weights[0].shape}). Take a slice: network.on_plane(p, u, v)."
        )
    check_asked(who, network, box)
    if level is not None and network.d_out > 1:
        raise InputError(f"{who} needs a network with 1 output for a level; got {network.d_out}. Leave it out.")
    if level is not None:
        return before_output(network, level, who)
    if network.output in ROW_UNITS:
        return None
    if UNITS[network.output].inverse is None and (network.output != "step" or network.d_out > 1):
        raise NetworkError(
            f"{who} needs a strictly increasing output unit; got {network.output!r}. "
            "Give it a layer of its own and an identity output."
        )
    return 0.0 if network.d_out == 1 else None


def names_of(network: Network, n: int) -> tuple[str, ...]:
    """Return the names of n classes that the network carries, or their numbers."""
    given: Sequence[object] = network.meta.get("classes") or ()
    return tuple(map(str, given)) if len(given) == n else tuple(map(str, range(n)))


def _contest(chain: Chain, level: float | None) -> Chain:
    """The chain with a knock-out among its outputs behind it, or with one match between a level and its output.

    In round r unit i is (score of pair i's second) - (score of its first); behind these units stand the firsts'
    scores, and last the score of one without a partner.  The only output left is the winner's score.
    """
    W, b = chain.weights[-1], chain.biases[-1]
    if level is not None:
        W, b = np.concatenate([np.zeros_like(W), W]), np.concatenate([[level], b])
    weights, biases, below = [*chain.weights[:-1], W], [*chain.biases[:-1], b], [*chain.below, np.ones(len(b))]
    score = np.eye(len(b))  # of those still in, over the last layer's units
    while len(score) > 1:
        n = len(score) // 2
        first, second, alone = score[0 : 2 * n : 2], score[1 : 2 * n : 2], score[2 * n :]
        weights.append(np.concatenate([second - first, first, alone]))
        biases.append(np.zeros(len(score)))
        below.append(np.concatenate([np.zeros(n), np.ones(len(score) - n)]))
        score = np.concatenate(
            [np.eye(n, len(score)) + np.eye(n, len(score), n), np.eye(len(alone), len(score), 2 * n)]
        )
    owners = [*chain.owners, *(np.full(len(slope), -1) for slope in below[len(chain.below) :])]
    return Chain((*weights, score), (*biases, np.zeros(1)), tuple(below), tuple(owners), chain.grid)


def _winners(bits: NDArray[np.bool_], first: int, n_classes: int) -> Index:
    """The class that wins for each row of on / off of the contest's units; a pair's first has the lower numbers.

    first   where the contest's units start: the identity units of the outputs
    """
    left = [np.full(len(bits), k, dtype=np.int64) for k in range(n_classes)]
    at = first + n_classes
    while len(left) > 1:
        n = len(left) // 2
        won = [np.where(bits[:, at + i], left[2 * i + 1], left[2 * i]) for i in range(n)]
        at += len(left)
        left = won + left[2 * n :]
    return left[0]


def _regions_of(whole: Complex, plain: Regions) -> Index:
    """The region that each cell is part of, by the first cell it is in and the on / off of the units that fold."""
    folds = np.concatenate(plain.chain.folds) if plain.chain.folds else np.zeros(0, dtype=bool)
    units: Any = slice(len(folds)) if folds.all() else np.flatnonzero(folds)
    known, mine = (np.packbits(bits[:, units], axis=1) for bits in (plain.bits, whole.bits))
    here, there = (_first_cells(part) for part in (plain.complex, whole))
    home = {(start, row.tobytes()): i for i, (start, row) in enumerate(zip(here, known, strict=True))}
    return np.array([home[start, row.tobytes()] for start, row in zip(there, mine, strict=True)], dtype=np.int64)


def _first_cells(whole: Complex | None) -> list[int]:
    """The first cell that each region is part of, 0 where there is but one."""
    assert whole is not None
    return [0] * whole.n_regions if whole.starts is None else whole.starts.tolist()


__all__ = ["Decisions", "decisions"]
