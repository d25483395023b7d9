"""Complex: vertices, edges, faces and cells of a cut box, from the compiled kernel or the reference engine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...box import Box
from ...errors import InputError
from ..chain import Chain
from ..start import Start
from ..work import Work
from . import kernel
from .kernel import Job, bytes_a_region
from .maps import told
from .reference import Faces, faces_of, ordered

Array = NDArray[np.float64]
Index = NDArray[np.int64]

Value = TypeVar("Value")


class Later:
    """A field of a value that may be given as what makes it, which is called when it is first asked for."""

    def __init__(self, name: str) -> None:
        self.key = f"_{name}"

    def __get__(self, value: object, owner: type) -> Any:
        found = value.__dict__[self.key]
        if callable(found):
            found = value.__dict__[self.key] = found()
        return found

    def __set__(self, value: object, found: Any) -> None:
        value.__dict__[self.key] = found


def later(name: str) -> Callable[[type[Value]], type[Value]]:
    """Let a field of a dataclass be given as what makes it."""

    def with_field(kind: type[Value]) -> type[Value]:
        setattr(kind, name, Later(name))
        return kind

    return with_field


@later("bits")
@dataclass(frozen=True, eq=False)
class Complex:
    """A box in 1, 2 or 3 dimensions cut into the regions of a chain; every part is there once and shared.

    vertices       (V, d)
    edges          (E, 2) vertices; in one dimension the edges are the regions
    folds          (facets,) the chain unit that made each facet of the regions, -1 - (2 axis + end) on the box:
                   a facet is a vertex, an edge or a face for d = 1, 2, 3
    loop_vertices, loop_edges, loop_start   the corners of 2-D face f and the edges that follow them, in order, are
                   those from loop_start[f] to loop_start[f + 1]; counter-clockwise in 2-D (empty for d = 1)
    cell_faces, cell_start   the faces of 3-D cell c, as 2 face + (1 if its loop is counter-clockwise from inside)
    bits           (R, units) on / off of every chain unit, uint8; unpacked when first asked for
    maps           (R, d_out, d + 1) affine maps of the outputs before the output unit
    certified, complete   as in ``Regions``; an incomplete complex holds the regions that were finished
    asked          questions put to rational arithmetic
    engine         "kernel", "numpy" or "rational"
    settled        questions that a double left open and a pair of doubles answered
    """

    vertices: Array
    edges: Index
    folds: Index
    loop_vertices: Index
    loop_edges: Index
    loop_start: Index
    cell_faces: Index
    cell_start: Index
    bits: NDArray[np.uint8]
    maps: Array
    n_regions: int
    certified: bool
    complete: bool
    asked: int
    engine: str
    settled: int = 0

    @property
    def d(self) -> int:
        return int(self.vertices.shape[1])

    @property
    def euler(self) -> int:
        """V - E + F - C, which is 1 for a box."""
        n_faces = max(len(self.loop_start) - 1, 0)
        return len(self.vertices) - len(self.edges) + n_faces - max(len(self.cell_start) - 1, 0)


def complex_of(chain: Chain, first: Box | Start, work: Work) -> Complex:
    """Cut a box, or other first cells, in 1, 2 or 3 dimensions into the regions of a chain.

    work      the answer is the same, bit by bit, whatever the number of workers and wherever shards of it run
    raises    InputError if the box does not fit or has no volume in doubles
    """
    start = first if isinstance(first, Start) else Start.of_box(first)
    _check_box(chain, start)
    engine = work.engine_of(kernel.compiled)
    if engine != "kernel" or start.box is None:
        return _by_reference(chain, start, work, "numpy" if engine == "kernel" else engine)
    job = _job(chain, start.box, work)
    raw = job.run(work.callback) if work.executor is None else kernel.run_shards(job, work.executor, work)
    return _of_kernel(job, raw)


def count_cells(chain: Chain, first: Box | Start, work: Work) -> tuple[int, bool]:
    """Return the number of regions and whether it is complete, without handing out the cells."""
    start = first if isinstance(first, Start) else Start.of_box(first)
    if work.engine_of(kernel.compiled) != "kernel" or start.box is None:
        found = complex_of(chain, start, work)
        return found.n_regions, found.complete
    job = _job(chain, start.box, work)
    if work.executor is not None:
        return kernel.count_shards(job, work.executor, work)
    raw = job.run(work.callback, count_only=True)
    return int(raw["n_regions"]), bool(raw["complete"])


def _check_box(chain: Chain, start: Start) -> None:
    if start.n_reads != chain.d_in or start.d > 3:
        raise InputError(
            f"a complex needs a box with the network's 1, 2 or 3 axes; got {start.d} and {chain.d_in} inputs."
        )
    if start.box is not None:
        start.box.need_measure("regions")


def _job(chain: Chain, box: Box, work: Work) -> Job:
    return Job(chain, box, work.certify, work.limits, int(work.workers))


def _of_kernel(job: Job, raw: dict[str, Any]) -> Complex:
    chain, box, certify = job.chain, job.box, job.certify
    asked = int(raw["asked_signs"] + raw["asked_orders"] + raw["asked_rows"])
    if not raw["complete"] and "vertices" not in raw:
        return empty_complex(chain, certify, asked, "kernel", int(raw["n_regions"]))
    bits: Any = partial(kernel.patterns_of, chain, raw["parents"], raw["words"], raw["group_layer"])
    maps = kernel.maps_of(chain, raw)
    if certify:
        maps = told(chain, box, bits, maps)
    none, index = np.zeros(0, dtype=np.int64), kernel.as_index
    folds = index(raw[{1: "born_unit", 2: "edge_fold", 3: "face_fold"}[box.d]])
    if box.d == 1:
        folds[:2] = -1, -2  # the ends of the box are the first two vertices
    return Complex(
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
        len(maps),
        certify,
        bool(raw["complete"]),
        asked,
        "kernel",
        int(raw["settled"]),
    )


def empty_complex(chain: Chain, certify: bool, asked: int, engine: str, n: int, d: int | None = None) -> Complex:
    """Return the complex of an answer that ended before its first region was finished; n were begun."""
    none = np.zeros(0, dtype=np.int64)
    units = sum(len(b) for b in chain.biases[:-1])
    d = chain.d_in if d is None else d
    shape = (0, len(chain.biases[-1]), d + 1)
    return Complex(
        np.zeros((0, d)), np.zeros((0, 2), dtype=np.int64), none, none, none, none, none, none,
        np.zeros((0, units), dtype=np.uint8), np.zeros(shape), n, certify, False, asked, engine,
    )  # fmt: skip


class _Enough(Exception):
    """The budget is spent, or the callback wants the work to end."""


def _by_reference(chain: Chain, start: Start, work: Work, engine: str) -> Complex:
    end, most = time.monotonic() + work.limits.seconds, work.limits.most_regions(bytes_a_region(chain, start.d))
    exact = work.certify or engine == "rational"
    so_far = 0

    def check(n: int) -> None:
        nonlocal so_far
        so_far = n
        if n > most or time.monotonic() > end or work.heard(n, 0.0):
            raise _Enough

    try:
        faces = faces_of(chain, start, Fraction if exact else float, check=check)
    except _Enough:
        return empty_complex(chain, exact, 0, engine, so_far, start.d)
    bits = np.array(faces.patterns, dtype=np.uint8).reshape(len(faces.patterns), -1)
    maps = maps_of(chain, bits, None if start.maps is None else start.maps[faces.starts])
    if exact and start.box is not None:
        maps = told(chain, start.box, lambda: bits, maps)
    return _as_arrays(faces, bits, maps, exact, engine)


def maps_of(chain: Chain, bits: NDArray[np.uint8], reads: Array | None = None) -> Array:
    """Return the affine maps of regions given by the on / off of every chain unit, (R, d_out, d + 1).

    reads   (R, d_in, d + 1) what the chain reads as an affine map; the inputs themselves unless given
    """
    rows = np.broadcast_to(np.eye(chain.d_in, chain.d_in + 1), (len(bits), chain.d_in, chain.d_in + 1))
    rows = rows if reads is None else reads
    first = 0
    for W, b, below in zip(chain.weights, chain.biases, (*chain.below, None), strict=True):
        rows = W @ rows
        rows[..., -1] += b
        if below is not None:
            rows = rows * np.where(bits[:, first : first + len(b)], 1.0, below)[..., None]
            first += len(b)
    return rows


def _as_arrays(faces: Faces, bits: NDArray[np.uint8], maps: Array, exact: bool, engine: str) -> Complex:
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
        True,
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
