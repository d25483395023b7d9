"""Kernel: what the compiled module behind a complex is asked, here or in shards wherever an executor runs them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...box import Box
from ..chain.form import Chain
from ..rational.arbiter import Arbiter
from ..shards import Stop, gather
from ..start import Faces, Start
from ..work import Budget, Progress, Work

try:
    from . import _complex
except ImportError:  # installed without a compiler
    _complex = None  # type: ignore[assignment]

compiled = _complex

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Shard = tuple[int, int]

SLACK = 1 + 2.0**-20  # covers the rounding of a computed norm
LEAST = 2.0**-500  # covers what underflow takes from an error bound
ROWS = 2**16  # numbers in the rows of a layer from which the kernel goes on in blocks that fit the cache
LEAST_ROOM = 2.0**27  # bytes for the rows of vertices, whatever is free: what small questions take
SHARDS = 32  # of an executor's work; each repeats the first layers, which take about a millisecond
# Processor seconds a region that arranging and measuring what was found takes, by the axes of the box; measured on
# unfinished answers of 2 x 64 to 4 x 256 units and rounded up.
ARRANGING = {1: 5e-7, 2: 1.5e-6, 3: 4e-6}
MAPPING = 8e-10  # and of a field, whose maps are made of what is read, for each weight and column
CELLS = 2**14  # first cells looked at together
COUNTS = ("asked_signs", "asked_orders", "asked_rows", "settled")


@dataclass(frozen=True)
class Job:
    """A complex to be cut by the kernel; it travels to other processes.

    workers   threads
    rows      numbers in the rows of a layer from which the work goes on in blocks
    rational  ask rational arithmetic for everything, whatever floats can tell: slow, for tests
    first     the first cells, if they are not the box but lie in it
    """

    chain: Chain
    box: Box
    certify: bool
    limits: Budget
    workers: int = 1
    rows: int = field(default_factory=lambda: ROWS)
    rational: bool = False
    first: Start | None = None

    def run(
        self,
        callback: Progress | None = None,
        *,
        count_only: bool = False,
        blocks: Shard | None = None,
        parts: list[Any] | None = None,
    ) -> dict[str, Any]:
        """Return the kernel's arrays, and whether they are complete.

        blocks   cut only these, first to last, and return them as "parts"; (0, 0) tells "n_blocks", 0 if there are
                 none, and whether some regions were "left_out" before, as more than the budget allows
        parts    what the shards returned: only put them together
        """
        chain, start = self.chain, self.first
        first: tuple[Any, ...] | None = None
        if start is not None:
            first = (start.vertices, [_in_rows(part) for part in start.faces], start.walls.astype(np.int32))
        if start is not None and start.grid is not None:
            reads, off, _ = start.readings()
            first = (*first, np.ascontiguousarray(reads), off, _steepest(chain, start))  # type: ignore[misc]
        raw: dict[str, Any] = _complex.complex_of(
            _lists(chain.weights[:-1]),
            _lists(chain.biases[:-1]),
            _lists(chain.below),
            self.box.lo,
            self.box.hi,
            certify=self.certify,
            rational=self.rational,
            arbiter=Arbiter(chain, start.place if start is not None else None) if self.certify else None,
            progress=callback,
            max_regions=float(self.most_regions),
            seconds=float(min(self.limits.seconds, 1e9)),
            row_bytes=float(max(self.limits.bytes, LEAST_ROOM)),
            count_only=count_only,
            workers=self.workers,
            split=max(2, self.rows // max(map(len, chain.below), default=1)),
            blocks=blocks,
            parts=parts,
            first=first,
        )
        return raw

    @property
    def arranging(self) -> float:
        """Processor seconds a region that is found takes afterwards, about."""
        chain, axes = self.chain, self.box.d
        mapping = 0.0 if chain.grid is None else MAPPING * (axes + 1) * sum(W.size for W in chain.weights)
        return ARRANGING[axes] + mapping

    @property
    def most_regions(self) -> int:
        return self.limits.most_regions(bytes_a_region(self.chain))


def bytes_a_region(chain: Chain, d: int | None = None) -> int:
    """Return how many bytes a region takes among the arrays of a complex: its share of the geometry, pattern, map.

    d   axes of the complex; the chain's inputs unless given
    """
    axes = chain.d_in if d is None else d
    geometry = {1: 40, 2: 200, 3: 600}[axes]  # measured on generic networks and rounded up
    return geometry + sum(map(len, chain.below)) + 8 * len(chain.biases[-1]) * (axes + 1)


def run_shards(job: Job, executor: Executor, work: Work) -> dict[str, Any]:
    """Return what ``job.run`` does, cut wherever the executor runs its shards.

    A shard is a range of blocks: every one cuts the first layers itself, so it can run anywhere, any number of times.
    """
    begin = job.run(blocks=(0, 0))
    some, complete = _found(job, executor, work, _run_shard, int(begin["n_blocks"]))
    if some is None:
        return job.run(work.in_time(job.arranging))
    whole = job.run(parts=[part for raw in some for part in raw["parts"]])
    again = max(len(some) - 1, 0)  # times that the first layers were cut, and what was asked there asked again
    counts = {name: sum(raw[name] for raw in some) - again * begin[name] for name in COUNTS}
    return whole | counts | {"complete": complete and not begin["left_out"]}


def count_shards(job: Job, executor: Executor, work: Work) -> tuple[int, bool]:
    """Return how many regions the shards find together, and whether these are all."""
    begin = job.run(blocks=(0, 0))
    some, complete = _found(job, executor, work, _count_shard, int(begin["n_blocks"]))
    if some is None:
        raw = job.run(work.rising, count_only=True)
        return int(raw["n_regions"]), bool(raw["complete"])
    return sum(raw["found"] for raw in some), complete and not begin["left_out"]


def _found(
    job: Job,
    executor: Executor,
    work: Work,
    run: Callable[[tuple[Job, Shard], Stop], dict[str, Any]],
    n_blocks: int,
) -> tuple[list[dict[str, Any]] | None, bool]:
    """What the shards within the budget found, None if the work is too small for shards; and whether it is all."""
    if not n_blocks:
        return None, False
    begin, n, arranging = time.monotonic(), min(SHARDS, n_blocks), job.arranging
    tasks = [(job, (n_blocks * i // n, n_blocks * (i + 1) // n)) for i in range(n)]
    told = False

    def enough(results: Sequence[dict[str, Any] | None]) -> bool:
        n_regions = sum(raw["found"] for raw in results if raw is not None)
        nonlocal told
        told = told or work.heard(n_regions, sum(raw is not None for raw in results) / n)
        late = time.monotonic() - begin + n_regions * arranging > job.limits.seconds
        spent = n_regions > job.most_regions or late
        return told or spent or any(raw is not None and not raw["complete"] for raw in results)

    found = gather(run, tasks, executor, enough=enough)
    enough(found)
    some = [raw for raw in found if raw is not None]  # put together, no more regions than the budget allows are kept
    within = sum(raw["found"] for raw in some) <= job.most_regions
    return some, not told and within and len(some) == n and all(raw["complete"] for raw in some)


def _run_shard(task: tuple[Job, Shard], stop: Stop) -> dict[str, Any]:
    job, blocks = task
    raw = job.run(lambda n, share: stop.raised, blocks=blocks)
    return raw | {"found": sum(len(part["words"][-1]) for part in raw.get("parts", [])), "parts": raw.get("parts", [])}


def _count_shard(task: tuple[Job, Shard], stop: Stop) -> dict[str, Any]:
    raw = _run_shard(task, stop)
    return {"found": raw["found"], "complete": raw["complete"]}


def maps_of(chain: Chain, raw: dict[str, Any]) -> Array:
    """Return the affine maps (R, d_out, d + 1) of the regions in the kernel's arrays."""
    found: Array = _complex.maps_of(
        _lists(chain.weights),
        _lists(chain.biases),
        _lists(chain.below),
        raw["parents"],
        raw["words"],
        raw["group_layer"],
        chain.d_in,
    )
    return found


def _steepest(chain: Chain, start: Start) -> float:
    """The Lipschitz constant of the first layer's pre-activations: the largest norm of their map on a first cell."""
    assert start.maps is not None
    slopes = start.maps[..., :-1]
    parts = [
        np.linalg.norm(chain.weights[0] @ slopes[at : at + CELLS], axis=(1, 2)) for at in range(0, len(slopes), CELLS)
    ]
    return max(float(np.concatenate(parts).max()) * (1 + 2.0**-20), LEAST)


def starts_of(parents: list[Any], n_first: int) -> NDArray[np.int64]:
    """Return the first cell that each region in the kernel's arrays is a part of, (R,)."""
    starts = np.arange(n_first)
    for generation in parents:
        starts = starts[np.asarray(generation, dtype=np.int64)]
    return starts


def patterns_of(chain: Chain, parents: list[Any], words: list[Any], group_layer: list[int]) -> NDArray[np.uint8]:
    """Return the patterns (R, units) of the regions in the kernel's arrays of these names."""
    found: NDArray[np.uint8] = _complex.patterns_of([len(b) for b in chain.below], parents, words, group_layer)
    return found


def as_index(numbers: NDArray[Any]) -> NDArray[np.int64]:
    """Return numbers of the kernel's, int32 or uint64, as int64."""
    wide: NDArray[np.int64] = _complex.widened(numbers) if numbers.dtype == np.int32 else numbers.view(np.int64)
    return wide


def spectral_norm(W: Array) -> float:
    """Return an upper bound of the spectral norm, at most n**(1 / 16) times too large for the smaller side n.

    source   the Schatten 16-norm by squaring the Gram matrix; no singular values are computed

    >>> round(spectral_norm(np.diag([3.0, 1.0])), 3)
    3.0
    """
    return float(_complex.spectral_norm(np.ascontiguousarray(W))) if _complex else spectral_norm_by_numpy(W)


def spectral_norm_by_numpy(W: Array) -> float:
    """Return what ``spectral_norm`` does, to read and where there is no compiled module."""
    size = float(np.abs(W).max(initial=0.0))
    if size == 0.0:
        return 0.0
    scaled = W / size
    power, norm = scaled @ scaled.T if len(W) <= W.shape[1] else scaled.T @ scaled, 1.0
    for share in (0.5, 0.25, 0.125):
        length = sqrt(np.vdot(power, power))
        norm *= length**share
        power /= length
        power = power @ power
    return float(size * norm * sqrt(np.vdot(power, power)) ** 0.0625 * SLACK)


def _in_rows(faces: Faces) -> tuple[NDArray[np.int32], Index]:
    """Lists of numbers as one array, and where each begins."""
    if isinstance(faces, np.ndarray):
        return faces.ravel().astype(np.int32), np.arange(len(faces) + 1) * faces.shape[1]
    return np.array([v for face in faces for v in face], dtype=np.int32), np.cumsum([0, *map(len, faces)])


def _lists(arrays: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    return [np.ascontiguousarray(array) for array in arrays]
