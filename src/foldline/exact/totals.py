"""Totals: what all regions of a network in a box come to, with none of them kept; and the doors that ask for it.

A region of a field lies in one simplex, so that a field is gone through block of cells by block, in the memory of one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from .. import doors
from ..box import Box
from ..errors import BudgetError, NetworkError
from ..grid import Grid
from ..network import Network
from ..polytope import Polytope
from .bounds import serra
from .chain.form import Chain
from .chain.ranges import chain_in_range
from .complex.blocks import blocks_of
from .complex.corners import NOTHING, TOLD_OF_FIELDS, candidates
from .complex.cut import complex_of, count_cells
from .part.within import Place, inside, place_of, with_sides
from .proof import Answer, Proof
from .regions import Regions, part_by, regions_by
from .search.cells import count as count_any
from .search.cells import refuse_hopeless
from .work import Budget, Progress, Work, check_asked, place_asked

Array = NDArray[np.float64]

NEARLY = 1.0 - 2.0**-20  # the most that is said of the share behind an answer that is not complete


@dataclass(frozen=True, eq=False)
class Totals(doors.Shown, Answer):
    """What all regions of a network in a box come to.

    network, box          what was asked
    n_regions             how many there are
    integral              (d_out,) of each output, before the output unit, over the box
    least, largest        (d_out,) values of each output, as ``Regions.extrema`` has them
    least_at, largest_at  (d_out, d_in) where they are taken
    lipschitz             the largest spectral norm of a region's map
    proof                 certified, complete, explored (the share of the box that was covered), engine, seconds; an
                          incomplete one tells the totals of the regions that were found
    """

    network: Network
    box: Box
    n_regions: int
    integral: Array
    least: Array
    least_at: Array
    largest: Array
    largest_at: Array
    lipschitz: float
    proof: Proof

    def __repr__(self) -> str:
        words = "complete" if self.complete else "incomplete"
        return f"Totals({self.n_regions:,} regions in {self.box}, {words})"


def totals(
    network: Network, box: Box | Polytope | None = None, *, engine: str = "auto", certify: bool = True,
    workers: int = 1, executor: Executor | None = None, budget: Budget | None = None, callback: Progress | None = None,
) -> Totals:  # fmt: skip
    """Return the number of regions, the integral, the extrema and the Lipschitz constant of a network in a box.

    box       as for ``regions``
    engine, certify, workers, executor, budget, callback   as ``Work`` has them; where a budget ends, the totals are
              those of the regions found by then, and say so
    raises    as ``regions``, but for the size of a field; BudgetError where the work ended before the first region
    cost      that of ``regions``; a field is gone through block by block, in the memory of a block: the 45 million
              regions of a shape of 128 cells an axis take some five minutes of a processor, ``count`` 80 seconds

    >>> tent = Network([[[1.0], [1.0]], [[1.0, -2.0]]], [[0.0, -1.0], [0.0]])
    >>> found = totals(tent, Box([-1], [2]))
    >>> found.n_regions, float(found.integral[0]), float(found.largest[0]), found.largest_at.tolist()
    (3, 1.0, 1.0, [[1.0]])
    """
    box = place_asked("totals", network, box)
    check_asked("totals", network, box)
    return totals_by(network, box, Work("totals", engine, certify, workers, executor, budget, callback))


def totals_by(network: Network, box: Box | Polytope, work: Work) -> Totals:
    """Return what ``totals`` does."""
    if not isinstance(network.grid, Grid):
        return totals_of(regions_by(network, box, work))
    begin, sums = time.perf_counter(), _Sums()
    for part, share in _parts(network, network.grid, box, work):
        sums.add(part, share)
    shown = box if isinstance(box, Box) else place_of(network, box).shown
    return sums.told(network, shown, begin)


def totals_of(found: Regions) -> Totals:
    """Return what some regions come to."""
    sums = _Sums()
    sums.add(found, found.explored if found.complete else min(found.explored, NEARLY))
    told = sums.told(found.network, found.box, 0.0)
    return replace(told, proof=found.proof)


def _parts(network: Network, grid: Grid, box: Box | Polytope, work: Work) -> Iterator[tuple[Regions, float]]:
    """The regions of a field, block after block, and the share of the box that is then behind, 1.0 at the end."""
    place, chain = _asked(network, box, work)
    blocks = _Blocks(grid, place, work, parts=2)
    for block, own in blocks:
        found = part_by(network, chain, place, block, own)
        yield found, blocks.done(len(found), found.complete, found.explored)


def _asked(network: Network, box: Box | Polytope, work: Work) -> tuple[Place, Chain]:
    """Where a question is asked, and the chain with the sides of that place."""
    place = place_of(network, box)
    return place, with_sides(chain_in_range(work.who, network, place.box), place)


@dataclass(eq=False)
class _Blocks:
    """The blocks of cells that reach into a place, one after another, as long as the work is to go on.

    parts   of a block along each axis that are taken one by one
    n       regions found so far
    share   of all blocks that is behind; 1.0 once they all are
    longest seconds that a block took; none is begun where fewer are left
    """

    grid: Grid
    place: Place
    work: Work
    parts: int = 1
    n: int = 0
    share: float = 0.0
    behind: float = 0.0
    going_on: bool = True
    longest: float = 0.0

    def __iter__(self) -> Iterator[tuple[Box, Work]]:
        budget = self.work.budget
        limited = budget is not None and budget.regions != Budget.regions  # which is for memory: none is kept here
        for block, behind in blocks_of(self.grid, self.place.box, self.place.misses, self.parts):
            spent = limited and budget is not None and self.n >= budget.regions
            if not self.going_on or spent or self.work.limits.seconds < self.longest:
                return
            begin = time.perf_counter()
            own, self.behind = self.work.part(self.share, behind, self.n), behind
            left = budget.regions - self.n if limited and budget else Budget.regions
            yield block, replace(own, budget=replace(budget, regions=left)) if budget else own
            self.longest = max(self.longest, time.perf_counter() - begin)

    def done(self, n: int, complete: bool, explored: float = 0.0) -> float:
        """Take note of the regions of a block; return the share of all blocks that is behind."""
        self.n, self.going_on = self.n + n, complete
        self.share = self.behind if complete else min(self.share + (self.behind - self.share) * explored, NEARLY)
        return self.share


@dataclass(eq=False)
class _Sums:
    """The totals of the parts so far."""

    n_regions: int = 0
    integrals: list[Array] = field(default_factory=list)
    lipschitz: float = 0.0
    share: float = 0.0
    certified: bool = True
    engine: str = ""
    corners: list[tuple[Array, Array, Array]] = field(default_factory=list)

    def add(self, part: Regions, share: float) -> None:
        self.share, self.engine, self.certified = share, part.engine, self.certified and part.certified
        if not len(part):
            return
        self.n_regions += len(part)
        self.integrals.append(part.integral())
        self.lipschitz = max(self.lipschitz, part.lipschitz())
        self.corners.append(_corners(part))

    def told(self, network: Network, box: Box, begin: float) -> Totals:
        """Return what they are.

        raises   BudgetError where there is no region
        """
        if not self.n_regions:
            raise BudgetError(
                "totals needs a region; got an answer that ended before its first. Raise the budget: "
                "Budget(regions=..., seconds=...), or --max-regions and --max-seconds."
            )
        proof = Proof(self.certified, self.share == 1.0, self.share, self.engine, time.perf_counter() - begin)
        integral, extrema = np.sum(self.integrals, axis=0), self._extrema()
        return Totals(network, box, self.n_regions, integral, *extrema, self.lipschitz, proof)

    def _extrema(self) -> tuple[Array, Array, Array, Array]:
        """Least, where, largest, where; a field whose values floats do not tell well enough is refused."""
        values, at, doubts = (np.array(each) for each in zip(*self.corners, strict=True))
        signed = values * np.tile([1.0, -1.0], values.shape[1] // 2)
        best, every = signed.argmin(axis=0), np.arange(values.shape[1])
        rivals = signed - doubts <= (signed + doubts).min(axis=0)
        doubt = np.where(rivals, doubts, 0.0).max(axis=0)
        found, where = values[best, every], at[best, every]
        size = np.abs(found.reshape(-1, 2)).max(axis=1).repeat(2)
        if self.certified and not ((doubt <= TOLD_OF_FIELDS * size) | (doubt <= NOTHING)).all():
            raise NetworkError(
                f"totals needs values that floats tell to {TOLD_OF_FIELDS:.0e} of the larger one; got a field that "
                f"leaves {float(doubt.max()):.0e} in doubt. Ask with certify=False for what floats tell."
            )
        return found[0::2], where[0::2], found[1::2], where[1::2]


def _corners(part: Regions) -> tuple[Array, Array, Array]:
    """Least and largest value of each output on some regions, (2 d_out,), where, and how far they are in doubt."""
    whole = part.complex
    if whole is None or whole.start is None:
        values, at = part.cells.extremes(certify=part.certified)
        return values, at, np.zeros(len(values))
    reach = np.maximum(np.abs(part.box.lo), np.abs(part.box.hi))
    _, best, values, doubt = candidates(whole.chain, whole, reach)
    return values, whole.vertices[best], doubt


def count(
    network: Network, box: Box | Polytope | None = None, *, engine: str = "auto", certify: bool = True,
    workers: int = 1, executor: Executor | None = None, budget: Budget | None = None, callback: Progress | None = None,
) -> int:  # fmt: skip
    """Return the number of regions without keeping them.

    box       as for ``regions``
    engine, certify, workers, executor, budget, callback   as ``Work`` has them
    raises     BudgetError if the budget does not hold the answer, at once where an estimate says so, or the callback
               ends it, with the bound and how far it came; InputError if the box has another dimension
    cost       as for ``regions``; a field is counted block by block, in the memory of a block, whatever their number

    >>> count(Network([[[1.0], [2.0]], [[1.0, 1.0]]], [[0.0, -1.0], [0.0]]), Box([-1], [1]))
    3
    """
    box = place_asked("count", network, box)
    check_asked("count", network, box)
    work = Work("count", engine, certify, workers, executor, budget, callback)
    place, chain = _asked(network, box, work)
    if isinstance(network.grid, Grid):
        n, complete = _count_blocks(chain, network.grid, place, work)
    elif not place.whole:
        found = regions_by(network, box, work)
        n, complete = len(found), found.complete
    elif box.d > 3:
        listed = count_any(chain, place.box, work)
        n, complete = int(listed["n_regions"]), bool(listed["complete"])
    else:
        if network.grid is None:
            refuse_hopeless("count", chain, place.box, work.limits.regions)
        n, complete = count_cells(chain, place.box, work)
    if not complete:
        raise BudgetError(f"count needs a larger budget; got {n} regions before it ended, the bound is {serra(chain)}.")
    return n


def _count_blocks(chain: Chain, grid: Grid, place: Place, work: Work) -> tuple[int, bool]:
    blocks = _Blocks(grid, place, work)
    for block, own in blocks:
        if place.whole:
            blocks.done(*count_cells(chain, block, own))
        else:
            cut = complex_of(chain, block, own)
            blocks.done(inside(cut, place).n_regions, cut.complete)
    return blocks.n, blocks.share == 1.0


__all__ = ["Totals", "count", "totals"]
