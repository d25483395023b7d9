"""Cut: the complex of a chain on its first cells, from the compiled kernel or the reference engine."""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...box import Box
from ...errors import InputError
from ...slice import Slice
from ..chain.form import Chain
from ..part.slices import SliceStart, families_of, walls_chain
from ..start import Start, start_of
from ..work import Budget, Work
from . import kernel
from .complex import Complex, empty_complex
from .kernel import Job, bytes_a_region
from .maps import told
from .reference import Faces, faces_of, ordered
from .union import without_loose_parts

Array = NDArray[np.float64]
Index = NDArray[np.int64]

BATCH = 2**14  # regions whose maps are made together
BEGINNING = {1: 2e-6, 2: 6e-6, 3: 2e-5}  # seconds a first cell, by axes: twice what a processor takes
FIRST = 0.1  # of the work on a slice, about: finding its first cells


def complex_of(chain: Chain, first: Box | Start, work: Work) -> Complex:
    """Cut a box, or other first cells, in 1, 2 or 3 dimensions into the regions of a chain.

    work      the answer is the same, bit by bit, whatever the number of workers and wherever shards of it run
    raises    InputError if the box does not fit or has no volume in doubles
    """
    engine = work.engine_of(kernel.compiled)
    if isinstance(first, Box) and chain.grid is not None:
        cells, whole = first_cells(chain, first, work.part(0.0, FIRST))
        if cells is None:
            return empty_complex(chain, first, work.certify, 0, engine, 0)
        found = complex_of(chain, cells, work.part(FIRST, 1.0))
        return found if whole else replace(found, complete=False)
    if engine != "kernel":
        start = first if isinstance(first, Start) else Start.of_box(first)
        _check(chain, start.around, start.n_reads)
        if start.box is not None:
            start.box.need_measure("regions")
        return _by_reference(chain, start, work, engine)
    job = _job(chain, first, work)
    if job.first is None:
        job.box.need_measure("regions")
    if work.executor is None:
        begun = job.first.n_cells if job.first is not None else 0
        raw = job.run(work.in_time(job.arranging, begun))
    else:
        raw = kernel.run_shards(job, work.executor, work)
    return _of_kernel(job, raw)


def first_cells(chain: Chain, box: Box, work: Work) -> tuple[Start | None, bool]:
    """Return the first cells of a question about a field, and whether they are all; None if the work ended before.

    There are no more of them than the budget has regions, since each holds one at least, or seconds to look at them.
    """
    limits = work.limits
    most = int(min(limits.most_regions(bytes_a_region(chain, box.d)), max(limits.seconds / BEGINNING[box.d], 1)))
    if not isinstance(chain.grid, Slice):
        return start_of(chain, box, most)
    cells = slice_cells(chain.grid, box, work)
    if cells is None or cells.n_cells <= most:
        return cells, True
    return cells.kept(np.arange(most)), False


def slice_cells(cut: Slice, box: Box, work: Work) -> SliceStart | None:
    """Return the cells of a slice in a box of its inputs; None if the work ended before they were all found.

    cost   that of regions: some 10 n^2 cells of a plane through a grid of n^3, 6 n of a line
    """
    families = families_of(cut, box)
    limits = work.budget and replace(work.budget, regions=Budget.regions)  # they are no regions of the answer
    whole = complex_of(walls_chain(cut, families), box, replace(work, budget=limits))
    return SliceStart.of(cut, families, whole) if whole.complete else None


def count_cells(chain: Chain, first: Box | Start, work: Work) -> tuple[int, bool]:
    """Return the number of regions and whether it is complete, without handing out the cells."""
    if work.engine_of(kernel.compiled) != "kernel" or isinstance(chain.grid, Slice):
        found = complex_of(chain, first, work)
        return found.n_regions, found.complete
    job = _job(chain, first, work)
    if work.executor is not None:
        return kernel.count_shards(job, work.executor, work)
    raw = job.run(work.rising, count_only=True)
    return int(raw["n_regions"]), bool(raw["complete"])


def _check(chain: Chain, around: Box, n_reads: int) -> None:
    if n_reads != chain.n_reads or around.d > 3:
        raise InputError(
            f"a complex needs a box with the network's 1, 2 or 3 axes; got {around.d} and {chain.n_reads} inputs."
        )


def _job(chain: Chain, first: Box | Start, work: Work) -> Job:
    """The kernel's job; it makes a box, the only first cell of most questions, for itself."""
    if isinstance(first, Box) and chain.grid is not None:
        first, _ = start_of(chain, first)
    start = None if isinstance(first, Box) or first.box is not None else first
    box = first if isinstance(first, Box) else first.around
    n_reads = box.d if isinstance(first, Box) else first.n_reads
    _check(chain, box, n_reads)
    return Job(chain, box, work.certify, work.limits, int(work.workers), first=start)


def _of_kernel(job: Job, raw: dict[str, Any]) -> Complex:
    chain, box, certify = job.chain, job.box, job.certify
    asked = int(raw["asked_signs"] + raw["asked_orders"] + raw["asked_rows"])
    if not raw["complete"] and not raw["n_regions"]:
        return empty_complex(chain, box, certify, asked, "kernel", int(raw["n_regions"]))
    bits: Any = partial(kernel.patterns_of, chain, raw["parents"], raw["words"], raw["group_layer"])
    start, starts = (job.first, None) if chain.grid is not None else (None, None)
    if start is not None and start.maps is not None:
        starts = kernel.starts_of(raw["parents"], start.n_cells)
        n_regions, reads = len(starts), start.maps
        maps: Any = lambda: maps_of(chain, bits(), reads, starts)  # noqa: E731
    else:
        maps = kernel.maps_of(chain, raw)
        n_regions, maps = len(maps), told(chain, box, bits, maps) if certify else maps
    none, index = np.zeros(0, dtype=np.int64), kernel.as_index
    folds = index(raw[{1: "born_unit", 2: "edge_fold", 3: "face_fold"}[box.d]])
    if box.d == 1:  # the first vertices are the walls
        walls = [-1, -2] if job.first is None else job.first.walls
        folds[: len(walls)] = walls
    found = Complex(
        chain,
        box,
        raw["vertices"],
        index(raw["edges"]),
        folds,
        index(raw["loop_vertices"]) if box.d > 1 else none,
        index(raw["loop_edges"]) if box.d > 1 else none,
        index(raw["loop_start"]) if box.d > 1 else none,
        index(raw["cell_faces"]) if box.d > 2 else none,
        index(raw["cell_start"]) if box.d > 2 else none,
        bits,
        maps,
        n_regions,
        certify,
        bool(raw["complete"]),
        asked,
        "kernel",
        int(raw["settled"]),
        start,
        starts,
    )
    return found if found.complete else without_loose_parts(found)


class _Enough(Exception):
    """The budget is spent, or the callback wants the work to end."""


def _by_reference(chain: Chain, start: Start, work: Work, engine: str) -> Complex:
    end, most = time.monotonic() + work.limits.seconds, work.limits.most_regions(bytes_a_region(chain, start.d))
    exact = work.certify or engine == "rational"
    so_far = 0

    def check(n: int) -> None:
        nonlocal so_far
        so_far = n
        if time.monotonic() > end or work.heard(n, 0.0):
            raise _Enough

    try:
        faces = faces_of(chain, start, Fraction if exact else float, most=most, check=check)
    except _Enough:
        return empty_complex(chain, start.around, exact, 0, engine, so_far)
    bits = np.array(faces.patterns, dtype=np.uint8).reshape(len(faces.patterns), -1)
    maps = maps_of(chain, bits, start.maps, np.array(faces.starts, dtype=np.int64))
    if exact and start.box is not None:
        maps = told(chain, start.box, lambda: bits, maps)
    whole = _as_arrays(chain, start.around, faces, bits, maps, exact, engine)
    return (
        whole if start.box is not None else replace(whole, start=start, starts=np.array(faces.starts, dtype=np.int64))
    )


def maps_of(chain: Chain, bits: NDArray[np.uint8], reads: Array | None = None, starts: Index | None = None) -> Array:
    """Return the affine maps of regions given by the on / off of every chain unit, (R, d_out, d + 1).

    reads    (cells, n_reads, d + 1) what the chain reads on each first cell; the inputs unless given
    starts   (R,) the first cell of each region
    """
    parts = [_maps_of(chain, bits[at : at + BATCH], reads, None if starts is None else starts[at : at + BATCH])
             for at in range(0, max(len(bits), 1), BATCH)]  # fmt: skip
    return np.concatenate(parts)


def _maps_of(chain: Chain, bits: NDArray[np.uint8], reads: Array | None, starts: Index | None) -> Array:
    if reads is None:
        rows = np.broadcast_to(np.eye(chain.d_in, chain.d_in + 1), (len(bits), chain.d_in, chain.d_in + 1))
    else:
        rows = reads[starts]
    first = 0
    for W, b, below in zip(chain.weights, chain.biases, (*chain.below, None), strict=True):
        rows = W @ rows
        rows[..., -1] += b
        if below is not None:
            rows = rows * np.where(bits[:, first : first + len(b)], 1.0, below)[..., None]
            first += len(b)
    return rows


def _as_arrays(
    chain: Chain, around: Box, faces: Faces, bits: NDArray[np.uint8], maps: Array, exact: bool, engine: str
) -> Complex:
    d = len(faces.faces) - 1
    vertices = np.array([[float(v) for v in at] for at in faces.points])
    points: NDArray[np.object_] = np.array(faces.points, dtype=object)  # as found: which way a sliver turns is exact
    loops = (
        [_turned(ordered([(e, faces.faces[1][e]) for e in face]), points, d) for face in faces.faces[2]]
        if d > 1
        else []
    )
    cells, none = [], np.zeros(0, dtype=np.int64)
    for cell in faces.faces[3] if d > 2 else []:
        middle = np.mean([points[v] for f in cell for v, _ in loops[f]], axis=0)
        cells.append([2 * f + int(_faces_inward(points[[v for v, _ in loops[f]]], middle)) for f in cell])
    starts = np.cumsum([0, *map(len, loops)]) if d > 1 else none
    corners = np.array([corner for loop in loops for corner in loop], dtype=np.int64).reshape(-1, 2)
    inner = [min((u for u in fold if u >= 0), default=None) if len(fold) else None for fold in faces.folds[d - 1]]
    folds = [min(fold) if unit is None else unit for unit, fold in zip(inner, faces.folds[d - 1], strict=True)]
    return Complex(
        chain,
        around,
        vertices,
        np.array(faces.faces[1], dtype=np.int64),
        np.array(folds, dtype=np.int64),
        corners[:, 0],
        corners[:, 1],
        starts,
        np.array([f for cell in cells for f in cell], dtype=np.int64) if d > 2 else none,
        np.cumsum([0, *map(len, cells)]) if d > 2 else none,
        bits,
        maps,
        len(bits),
        exact,
        faces.whole,
        0,
        engine,
    )


def _turned(loop: list[tuple[int, int]], points: NDArray[np.object_], d: int) -> list[tuple[int, int]]:
    """The loop counter-clockwise, if it lies in the plane."""
    x, y = points[[v for v, _ in loop]].T[:2]
    if d != 2 or x @ np.roll(y, -1) - y @ np.roll(x, -1) >= 0:
        return loop
    backwards = [v for v, _ in reversed(loop)]
    edges = [loop[i - 1][1] for i in range(len(loop) - 1, -1, -1)]
    return list(zip(backwards, edges, strict=True))


def _faces_inward(corners: NDArray[np.object_], middle: NDArray[np.object_]) -> bool:
    normal = np.cross(corners, np.roll(corners, -1, axis=0)).sum(axis=0)
    return bool(normal @ (corners.mean(axis=0) - middle) < 0)
