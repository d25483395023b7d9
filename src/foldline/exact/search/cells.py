"""Regions in any dimension: patterns, affine maps, interior points and half-spaces, without a complex.

The door for four inputs and more; it works for one, two and three too.  Behind it stand a compiled engine, a NumPy one
with the same answers to read and teach from, and rational arithmetic for every decision that floats cannot certify.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import takewhile
from math import log10
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...box import Box
from ...errors import BudgetError, InputError
from ..bounds import serra
from ..chain.form import Chain
from ..rational.exact import point
from ..rational.search import Cell, RationalCells
from ..shards import Shard, Stop, gather, shards
from ..start import Start
from ..work import Progress, Work
from .reference import dives, search

try:
    from . import _cells
except ImportError:  # installed without a compiler
    _cells = None  # type: ignore[assignment]

Array = NDArray[np.float64]

ARRANGING = 3e-6  # processor seconds a region that putting what was found in order takes; measured at 2 x 32
SAMPLE = 4096  # points that measure the explored share of the box: standard error below 0.8 %
DIVES = 32  # random descents that estimate the number of regions before the work starts
SURE = 100  # the estimate is unbiased, so by Markov's inequality one over SURE times the truth has chance 1 / SURE
BLOCK = 4096  # regions whose sides are put in place together
ROWS = ("patterns", "points", "radii", "maps")  # arrays with one row a region


def cells(chain: Chain, first: Box | Start, work: Work) -> dict[str, Any]:
    """Find every region of a chain in a box, or in first cells that are boxes, of any dimension.

    work       without ``certify`` a fold that floats cannot settle counts as not cutting ("merged"); the callback hears
               the explored share of the box
    returns    patterns (R, folds) uint8 of all folding units, layer by layer, in lexicographic order;
               points (R, d) strictly inside; radii (R,) of a ball around each inside its region;
               maps (R, d_out, d + 1), outputs = map @ [x, 1]; half-spaces of region r as
               sides[side_start[r]:side_start[r + 1]]: a fold's column in patterns, or -1 - 2 axis (lower) and
               -2 - 2 axis (upper) for a side of the box, sufficient but not all needed (see ``half_spaces``);
               first (R,) the first cell that each region lies in: its box;
               n_regions, certified, complete, explored (the share of the box, by sample points), merged,
               asked (decisions in rational arithmetic), engine
    raises     BudgetError if the budget cannot hold the answer; InputError if box and chain differ in dimension
    cost       a few small linear programs a region
    source     Montufar et al. 2014, section 2, for regions; Serra et al. 2018 for the bound

    >>> from foldline.exact.chain.form import chain_of
    >>> from foldline.network import Network
    >>> xor = Network([[[1, 1], [1, 1]], [[1, -2]]], [[0, -1], [0]])
    >>> cells(chain_of(xor), Box([-1, -1], [2, 2]), Work("cells"))["patterns"]
    array([[0, 0], [1, 0], [1, 1]], dtype=uint8)
    """
    return _in_order(_search(chain, first, work, keep=True), int(work.workers))


def count(chain: Chain, first: Box | Start, work: Work) -> dict[str, Any]:
    """Count the regions of a chain in a box, or in first cells that are boxes, without keeping them.

    returns   n_regions, bound (no network of the shape has more), certified, complete, explored, merged, asked, engine
    raises    as ``cells``

    >>> from foldline.exact.chain.form import chain_of
    >>> from foldline.data.folding import folding
    >>> count(chain_of(folding(3, 3)), Box([-0.5], [1.5]), Work("count"))["n_regions"]
    64
    """
    found = _search(chain, first, work, keep=False)
    keys = ("n_regions", "certified", "complete", "explored", "merged", "asked", "engine")
    return {"bound": serra(chain)} | {key: found[key] for key in keys}


def half_spaces(chain: Chain, box: Box, pattern: Sequence[int], sides: Sequence[int]) -> NDArray[np.float64]:
    """Return the half-spaces a.x + c >= 0 of a region as rows (a, c), one a side, each number the nearest double.

    pattern, sides   a region's, as ``cells`` gives them

    >>> from foldline.exact.chain.form import chain_of
    >>> from foldline.network import Network
    >>> half_spaces(chain_of(Network([[[1, 1]], [[1]]], [[-1], [0]])), Box([0, 0], [2, 2]), [1], [-1, 0])
    array([[ 1.,  0.,  0.],
           [ 1.,  1., -1.]])
    """
    exact = RationalCells(chain, box)
    bits = np.zeros(len(exact.folds), dtype=np.uint8)
    bits[exact.folds] = np.asarray(pattern, dtype=np.uint8)
    units = np.flatnonzero(exact.folds)
    return exact.half_spaces((int(s if s < 0 else units[s]) for s in sides), bits)


@dataclass(frozen=True)
class _Task:
    """A search, or a shard of one; it travels to other processes.

    most   regions to find
    ends   time.time() at which to stop
    """

    chain: Chain
    box: Box
    certify: bool
    keep: bool
    engine: str
    most: int
    ends: float
    shard: Shard = ()

    def run(self, progress: Callable[[int, int], bool] | None) -> dict[str, Any]:
        """Return the arrays and counts of an engine; "seen" counts the sample points in the regions found."""
        chain, box, seconds = self.chain, self.box, max(self.ends - time.time(), 0.0)
        arbiter = _Arbiter(chain, box, time.monotonic() + seconds)
        if self.engine == "rational":
            found = arbiter.everything(self.most, _sample(box), self.shard, progress or (lambda *_: False))
        else:
            found = (_cells.run if self.engine == "kernel" else search)(
                *arrays_of(chain, box),
                _sample(box),
                self.certify,
                self.keep,
                self.most,
                seconds,
                self.shard,
                arbiter.decide,
                arbiter.hand,
                progress,
            )
        found["complete"] = bool(found["complete"]) and not arbiter.cut_short
        return found | (arbiter.arrays(found) if self.keep else {})


def arrays_of(chain: Chain, box: Box) -> tuple[list[Array], list[Array], list[Array], Array, Array]:
    """Return a chain and a box as the engines take them."""
    return [np.ascontiguousarray(W) for W in chain.weights], list(chain.biases), list(chain.below), box.lo, box.hi


def _search(chain: Chain, first: Box | Start, work: Work, *, keep: bool) -> dict[str, Any]:
    start = first if isinstance(first, Start) else Start.of_box(first)
    if start.d != chain.d_in or not start.boxes:
        raise InputError(f"cells needs a box with {chain.d_in} axes, one an input; got {start.d}.")
    engine, budget = work.engine_of(_cells), work.limits
    n_folds = sum(int(mask.sum()) for mask in chain.folds)
    most = budget.most_regions(_bytes_a_region(chain, n_folds)) if keep else budget.regions
    if work.unlimited or not keep:
        refuse_hopeless(work.who, chain, start.around, most)
    task = _Task(chain, start.boxes[0], work.certify, keep, engine, most, time.time() + budget.seconds)
    with work.pool(engine) as pool:
        found, explored = _one_by_one(task, start.boxes, pool, work.in_time(ARRANGING))
    return found | {
        "certified": work.certify or engine == "rational",
        "explored": 1.0 if found["complete"] else explored,
        "engine": engine,
    }


def _one_by_one(
    task: _Task, boxes: Sequence[Box], pool: Executor | None, told: Progress | None
) -> tuple[dict[str, Any], float]:
    """What is found in first cells, one after another, within one budget; and the share of them that was looked at."""
    parts: list[dict[str, Any]] = []
    n_before, explored = 0, 0.0
    for k, share in enumerate(_shares(boxes)):

        def progress(regions: int, seen: int, share: float = share) -> bool:
            so_far = explored + share * min(seen / SAMPLE, 1.0)  # noqa: B023  # asked while this cell is searched
            return told is not None and told(n_before + regions, so_far) is True  # noqa: B023

        cell = replace(task, box=boxes[k], most=task.most - n_before)
        found = cell.run(progress if told else None) if pool is None else _of_shards(cell, pool, progress)
        parts.append(_in_cell(found, k))
        n_before += found["n_regions"]
        explored += share * (1.0 if found["complete"] else min(found["seen"] / SAMPLE, 1.0))
        if not found["complete"]:
            break
    complete = len(parts) == len(boxes) and bool(parts[-1]["complete"])
    return (parts[0] if len(boxes) == 1 else _joined(parts)) | {"complete": complete}, explored


def _in_cell(found: dict[str, Any], cell: int) -> dict[str, Any]:
    """What was found, with the number of the first cell beside each region that is kept."""
    for part in found.get("parts", [found]):
        part["first"] = np.full(len(part.get("radii", ())), cell)
    return found


def _shares(boxes: Sequence[Box]) -> Sequence[float]:
    """The share of each box among all; one alone may have a volume that leaves the doubles."""
    if len(boxes) == 1:
        return [1.0]
    volumes = np.array([box.volume for box in boxes])
    return [float(share) for share in volumes / volumes.sum()]


def _shard(task: _Task, stop: Stop) -> dict[str, Any]:
    """Run one shard, wherever this is."""
    return task.run(lambda regions, seen: stop.told(task.shard, regions))


def _of_shards(whole: _Task, executor: Executor, progress: Callable[[int, int], bool]) -> dict[str, Any]:
    """Return what ``whole.run`` does, found by shards.

    A budget of regions ends the answer at the same region as that of one search: shards count in their order.
    """
    tasks, told, stop = [replace(whole, shard=shard) for shard in shards()], False, Stop()

    def enough(results: Sequence[dict[str, Any] | None]) -> bool:
        nonlocal told
        done = [found for found in results if found]
        n, seen = (sum(found[key] for found in done) for key in ("n_regions", "seen"))
        away = sum(stop.found.get(task.shard, 0) for task, found in zip(tasks, results, strict=True) if not found)
        told = told or progress(min(n + away, whole.most), seen)
        first = [found for found in takewhile(lambda found: found is not None, results) if found]
        full = sum(found["n_regions"] for found in first) > whole.most
        return told or full or not all(found["complete"] for found in first)

    results = gather(_shard, tasks, executor, enough=enough, stop=stop)
    parts, left = [], whole.most
    complete = not told
    for task, found in zip(tasks, results, strict=True):
        if found is not None and found["n_regions"] > left:
            found = replace(task, most=left).run(None) if left else {"n_regions": 0, "complete": False}
        if found is None or not found["complete"]:
            complete = False
        if found and found["n_regions"]:
            parts.append(found)
            left -= found["n_regions"]
    if not parts:
        parts = [replace(whole, ends=0.0).run(None)]  # the arrays of an answer that had no time
    return _joined(parts) | {"complete": complete}


def _joined(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """One answer out of those of shards."""
    totals = {key: sum(part[key] for part in parts) for key in ("n_regions", "merged", "asked", "seen")}
    return totals | {"parts": [inner for part in parts for inner in part.get("parts", [part])]}


def _bytes_a_region(chain: Chain, n_folds: int) -> int:
    """The most memory that one region's share of the arrays takes, and as much again to join it to its neighbours."""
    d = chain.d_in
    return 2 * (n_folds + 8 * (d + 1) + 8 * len(chain.weights[-1]) * (d + 1) + 4 * (2 * d + n_folds) + 8)


def refuse_hopeless(who: str, chain: Chain, box: Box, most: int) -> None:
    """Raise before the work starts if the answer is far beyond ``most`` regions.

    A single random way down comes first: one that gives no sign of too many regions is all that most networks pay.

    who      asks, for the message
    raises   BudgetError
    source   Knuth 1975, "Estimating the efficiency of backtrack programs": 2 ** splits on a random way down is an
             unbiased estimate of the number of leaves
    """
    bound = serra(chain)
    if bound <= most * SURE or 2 ** _splits(chain, box, 1)[0] <= most:
        return
    estimate = sum(2**k for k in _splits(chain, box, DIVES)) // DIVES
    if estimate > most * SURE:
        raise BudgetError(
            f"{who} needs a network whose regions fit the budget of {most:,}; got about {_power(estimate)} regions, "
            f"at most {_power(bound)}. Ask about a smaller box, or a slice: network.on_plane(p, u, v)."
        )


def _splits(chain: Chain, box: Box, times: int) -> list[int]:
    down = _cells.dives if _cells else dives
    return down(list(chain.weights), list(chain.biases), list(chain.below), box.lo, box.hi, times, 1)


def _power(n: int) -> str:
    return f"10^{int(log10(n))}"


def _patterns(chain: Chain, x: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which folding units are on at each point, (n, folds)."""
    bits = [np.zeros((len(x), 0), dtype=bool)]
    for W, b, below, folds in zip(chain.weights, chain.biases, chain.below, chain.folds, strict=False):
        z = x @ W.T + b
        bits.append(z[:, folds] > 0)
        x = np.where(z > 0, z, below * z)
    return np.concatenate(bits, axis=1)


def _sample(box: Box) -> NDArray[np.float64]:
    """Evenly random points that stand for the box."""
    return box.lo + (box.hi - box.lo) * np.random.default_rng(0).random((SAMPLE, box.d))


class _Arbiter:
    """Rational arithmetic behind a float engine: single decisions, and parts too thin for doubles."""

    def __init__(self, chain: Chain, box: Box, ends: float) -> None:
        self.chain, self.box, self.ends = chain, box, ends
        self.found: list[Cell] = []
        self.cut_short = False

    @cached_property
    def exact(self) -> RationalCells:
        """Made when it is first asked, which on most networks is never."""
        return RationalCells(self.chain, self.box)

    def decide(
        self, place: tuple[Any, ...], unit: int, touched: Sequence[int] = ()
    ) -> tuple[list[float] | None, list[float] | None]:
        """Return points of the cell where a unit is off and on, None where it never is.

        touched   sides of the cell of which the unit may be a sum, so that it does not cut, wherever the points are
        """
        stays = self.exact.stays(np.array(place[1], dtype=np.uint8), unit, touched) if touched else None
        if stays is not None:
            return ([], None) if stays == 0 else (None, [])
        off, on = self.exact.halves(_cell(place), unit)
        return (list(off.floats()) if off else None), (list(on.floats()) if on else None)

    def hand(self, place: tuple[Any, ...] | None, unit: int, bit: int, left: int) -> int:
        """Find all regions of the part of a cell where a unit is off (0) or on (1); return how many."""
        start = self.exact.root()
        if place is not None:
            cell = _cell(place)
            witness = self.exact.halves(cell, unit)[bit]
            if witness is None:
                raise AssertionError("a part is handed over only if the unit cuts")
            start = self.exact.part(cell, unit, bit, witness, cuts=True)
        return self._take(start, left)

    def everything(
        self, most: int, sample: NDArray[np.float64], shard: Shard, progress: Callable[[int, int], bool]
    ) -> dict[str, Any]:
        """Answer as an engine would, by rational arithmetic alone."""
        bits = _patterns(self.exact.chain, sample)
        seen = 0
        for cell in self.exact.cells(shard=shard):
            if len(self.found) >= most or time.monotonic() > self.ends or progress(len(self.found), seen):
                self.cut_short = True
                break
            self.found.append(cell)
            seen += int((bits == cell.pattern[self.exact.folds]).all(axis=1).sum())
        folds, d = int(self.exact.folds.sum()), self.exact.box.d
        none = {"patterns": np.zeros((0, folds), dtype=np.uint8), "points": np.zeros((0, d))}
        n = len(self.found)
        return none | {"n_regions": n, "complete": True, "merged": 0, "asked": n, "seen": seen}

    def _take(self, start: Cell, left: int) -> int:
        """Keep the regions of a cell, no more than ``left``; return how many."""
        before = len(self.found)
        for cell in self.exact.cells(start):
            if len(self.found) - before >= left or time.monotonic() > self.ends:
                self.cut_short = True
                break
            self.found.append(cell)
        return len(self.found) - before

    def arrays(self, found: dict[str, Any]) -> dict[str, Any]:
        """The engine's arrays with the regions of the handed-over parts appended."""
        cells, folding = self.found, np.concatenate([*self.chain.folds, np.zeros(0, dtype=bool)])
        d, d_out, folds = self.box.d, len(self.chain.weights[-1]), int(folding.sum())
        column = np.cumsum(folding) - 1
        sides = [np.array([s if s < 0 else column[s] for s in cell.sides], dtype=np.int32) for cell in cells]
        start = found.get("side_start", np.zeros(1, dtype=np.int64))
        points = found["points"].reshape(-1, d)
        rows = [
            (found["patterns"].reshape(len(points), folds), np.array([cell.pattern[folding] for cell in cells])),
            (points, np.array([cell.witness.floats() for cell in cells])),
            (found.get("radii", np.zeros(0)), np.array([self.exact.radius(cell) for cell in cells])),
            (
                found.get("maps", np.zeros(0)).reshape(-1, d_out, d + 1),
                np.array([self.exact.map(c.pattern) for c in cells]),
            ),
        ]
        joined = [np.concatenate([a, b.reshape(len(b), *a.shape[1:])]) if cells else a for a, b in rows]
        return dict(zip(ROWS, joined, strict=True)) | {
            "side_start": np.concatenate([start, start[-1] + np.cumsum([len(s) for s in sides], dtype=np.int64)]),
            "sides": np.concatenate([found.get("sides", np.zeros(0, dtype=np.int32)), *sides]),
        }


def _cell(place: tuple[Any, ...]) -> Cell:
    layer, pattern, sides, waiting, witness = place
    return Cell(layer, np.array(pattern, dtype=np.uint8), tuple(sides), tuple(waiting), point(witness))


def _in_order(found: dict[str, Any], workers: int) -> dict[str, Any]:
    """The regions in the lexicographic order of their patterns, the same whatever the engine and the parts found."""
    parts = found.get("parts", [found])
    order = _order(np.concatenate([part["patterns"] for part in parts]))
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    lengths = np.concatenate([np.diff(part["side_start"]) for part in parts])
    start = np.concatenate([[0], np.cumsum(lengths[order])])
    out = {key: np.empty((len(order), *parts[0][key].shape[1:]), parts[0][key].dtype) for key in (*ROWS, "first")}
    out |= {"sides": np.empty(start[-1], parts[0]["sides"].dtype), "side_start": start}
    places = np.split(rank, np.cumsum([len(part["radii"]) for part in parts])[:-1])
    put = partial(_put, out)
    if min(workers, len(parts)) == 1:
        list(map(put, parts, places))  # a thread of its own would take longer than a small answer
    else:
        with ThreadPoolExecutor(workers) as threads:
            list(threads.map(put, parts, places))
    return {key: value for key, value in found.items() if key != "parts"} | out


def _order(patterns: NDArray[np.uint8]) -> NDArray[np.int64]:
    packed = np.packbits(patterns, axis=1)
    words = np.zeros((len(packed), -(-packed.shape[1] // 8) * 8), dtype=np.uint8)
    words[:, : packed.shape[1]] = packed
    keys = words.view(">u8").astype(np.uint64)
    return np.lexsort(keys.T[::-1]) if keys.shape[1] else np.arange(len(patterns))


def _put(out: dict[str, Any], part: dict[str, Any], places: NDArray[np.int64]) -> None:
    """Put the regions of a part in their places; their sides a block at a time, which the cache holds."""
    for key in (*ROWS, "first"):
        out[key][places] = part[key]
    start = part["side_start"]
    for i in range(0, len(places), BLOCK):
        own = start[i : i + BLOCK + 1]
        moved = np.repeat(out["side_start"][places[i : i + BLOCK]] - own[:-1], np.diff(own))
        out["sides"][moved + np.arange(own[0], own[-1])] = part["sides"][own[0] : own[-1]]
