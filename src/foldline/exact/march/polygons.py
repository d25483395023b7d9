"""Polygons: the exact level set of a network with 3 inputs, as a mesh with one polygon a region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...box import Box
from ...doors import Shown
from ...errors import InputError
from ...mesh import Mesh
from ...network import Network
from ..chain.ranges import chain_in_range
from ..proof import Proof, Proved
from ..shards import Stop, gather
from ..work import Progress, Work
from . import reference as march
from .level import Level, Words, balanced, level_of
from .meeting import Meeting

if TYPE_CHECKING:
    from ..boundary import Boundary

try:
    _surface: Any = import_module("._surface", __package__)
except ImportError:  # no compiler where foldline was installed
    _surface = None

SPENT = ("seconds_search", "seconds_march", "processor_search", "processor_march")
BYTES_A_POLYGON = 1000  # kept while the march runs, at 4 x 64; measured in bench/surface.py
OPEN_AT = {"kernel": 6, "numpy": 3}  # leaves with at most so many undecided units are opened; a matter of speed only
SHARDS = {"kernel": 64, "numpy": 16}  # of the search, whatever the number of workers
MAX_DEPTH = 20  # leaves of a millionth of the box are opened whatever they hold, so the search ends


@dataclass(frozen=True, eq=False)
class Surface(Shown, Proved):
    """Where a network equals a level; everything its shape answers, it answers too: ``n_faces``, ``euler``, ``save``.

    shape            a Mesh in space, one polygon a region; a Boundary in the plane, with its ``polylines``
    proof            certified, complete (no component missed), explored, engine, seconds
    max_abs_value    largest |network - level| on a vertex, before the output unit
    n_rational       polygons worked out in rational arithmetic
    flat_regions     regions on which the network equals the level everywhere: only their boundary is in the mesh
    flush_polygons   those proved to lie in a fold or in a face of the box, where the network may only touch the level;
                     0 without certify
    box_edges        (k, 3) vertex, vertex, face of the open edges, which lie on a face of the box: 0 x low, 1 x high,
                     2 y low, 3 y high, 4 z low, 5 z high
    leaves           boxes that the search for components looked at
    spent            seconds and processor seconds of the search and of the march
    """

    shape: Mesh | Boundary
    proof: Proof
    max_abs_value: float
    n_rational: int = field(default=0, compare=False)
    flat_regions: int = 0
    flush_polygons: int = 0
    box_edges: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 3), dtype=np.int64))
    leaves: int = field(default=0, compare=False)
    spent: Mapping[str, float] = field(default_factory=dict, compare=False)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "shape":
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.shape, name)

    def __repr__(self) -> str:
        words = "certified" if self.certified else "not certified"
        return f"Surface({self.shape}, {words}, {'complete' if self.complete else 'incomplete'})"

    @property
    def mesh(self) -> Mesh:
        """The polygons in space.

        raises   InputError for 2 inputs
        """
        return self.shape if isinstance(self.shape, Mesh) else self.shape.mesh

    @property
    def lines(self) -> Boundary:
        """The boundary in the plane.

        raises   InputError for 3 inputs
        """
        if isinstance(self.shape, Mesh):
            raise InputError("lines needs a surface with 2 inputs; got 3. Ask for its mesh.")
        return self.shape


def march_polygons(network: Network, box: Box, level: float, work: Work) -> Surface:
    """Return where a network equals a level, as polygons that share vertices, one a region that the level set meets.

    network   3 inputs, 1 output, piecewise-linear hidden units, any depth, skips
    box       where to look; the surface ends on it
    level     before the output unit
    work      without ``certify`` the float's word is taken; an answer cut short says complete False
    returns   vertices in the inputs' units, polygons counter-clockwise seen from where the network is above the level;
              ``face_values``: "gradient" (F, 3) of the network before its output unit, "region" (F,) the name of the
              region (the same whatever the engine or order), "pattern" (F, bytes) which units are on there, one bit
              each, low bit first, each layer from a fresh 8 bytes
    raises    NetworkError for values that leave the doubles, or a unit that is not piecewise linear
    cost      grows with the polygons, not with a grid: about 2 microseconds each at 4 x 64 with the kernel
    source    the level set of a ReLU network is polyhedral: Lei and Jia 2020, Analytic Marching

    A level set that is a point or a segment has no polygons.

    >>> octahedron = Network([np.vstack([np.eye(3), -np.eye(3)]), np.ones((1, 6))], [np.zeros(6), [-1.0]])
    >>> found = march_polygons(octahedron, Box([-2, -2, -2], [2, 2, 2]), 0.0, Work("surface"))
    >>> found.n_faces, found.n_vertices, found.closed
    (8, 6, True)
    """
    start = perf_counter()
    engine = work.engine_of(_surface)
    question = balanced(level_of(chain_in_range(work.who, network, box), box, level))
    used = "numpy" if engine == "numpy" or _surface is None else "kernel"
    looked = _searched(question, used, work)
    meeting = Meeting(question) if work.certify or engine == "rational" else None
    found = (_kernel if used == "kernel" else march.march)(
        question,
        meeting,
        work.limits.most_regions(BYTES_A_POLYGON),
        0.0 if looked.get("ended") else work.limits.seconds,
        work.callback,
        open_at=OPEN_AT[used],
        max_depth=MAX_DEPTH,
        rational=engine == "rational",
        looks=looked.pop("looks", None),
    )
    return _answer(question, found | (looked if found["again"] else {}), meeting, engine, start)


def _searched(question: Level, used: str, work: Work) -> dict[str, Any]:
    """What the shards of the search for components looked at closely, in order, and counted; empty without a pool."""
    with work.pool(used) as pool:
        if pool is None:
            return {}
        start, shards = perf_counter(), SHARDS[used]
        search = partial(_Part, question, used, work.limits.seconds)
        n = int(search((0, 0)).run(None)["starts"])
        tasks = [search((n * k // shards, n * (k + 1) // shards)) for k in range(shards)]
        told = False

        def enough(results: Sequence[dict[str, Any] | None]) -> bool:
            nonlocal told
            told = told or work.heard(0, min(sum(found["share"] for found in results if found), 1.0))
            return told or work.late

        parts = [found for found in gather(_search_part, tasks, pool, enough=enough) if found]
    return {
        "looks": np.concatenate([part["looks"] for part in parts] or [np.zeros(0, dtype=np.uint64)]),
        "ended": told or len(parts) < shards,
        "settled": not told and len(parts) == shards and all(part["settled"] for part in parts),
        "explored": min(sum(part["share"] for part in parts), 1.0),
        "leaves": sum(part["leaves"] for part in parts),
        "processor_search": sum(part["processor_search"] for part in parts),
        "seconds_search": perf_counter() - start,
    }


@dataclass(frozen=True)
class _Part:
    """A shard of the search: some of the leaves where it begins to look; it travels to other processes."""

    question: Level
    used: str
    seconds: float
    leaves: tuple[int, int]

    def run(self, callback: Progress | None) -> dict[str, Any]:
        """Return "looks" (an array of words, for the march of the same engine), and what was counted."""
        search = _search_by_kernel if self.used == "kernel" else march.search
        return search(
            self.question, self.seconds, callback, open_at=OPEN_AT[self.used], max_depth=MAX_DEPTH, leaves=self.leaves
        )


def _search_part(part: _Part, stop: Stop) -> dict[str, Any]:
    return part.run(lambda polygons, share: stop.raised)


def _kernel(
    question: Level, meeting: Meeting | None, polygons: int, seconds: float, callback: Progress | None, *, open_at:
    int, max_depth: int, rational: bool, looks: Words | None,
) -> dict[str, Any]:  # fmt: skip
    """Hand the question to the kernel as contiguous rows."""
    found: dict[str, Any] = _surface.march(
        *_rows_of(question),
        certify=meeting is not None,
        rational=rational and meeting is not None,
        arbiter=meeting,
        tick=callback,
        max_polygons=polygons,
        max_seconds=seconds,
        open_at=open_at,
        max_depth=max_depth,
        looks=looks,
    )
    return found


def _search_by_kernel(
    question: Level, seconds: float, callback: Progress | None, *, open_at: int, max_depth: int, leaves: tuple[int,
    int],
) -> dict[str, Any]:  # fmt: skip
    found: dict[str, Any] = _surface.search(
        *_rows_of(question),
        tick=callback,
        max_seconds=seconds,
        open_at=open_at,
        max_depth=max_depth,
        first=leaves[0],
        last=leaves[1],
    )
    return found


def _rows_of(question: Level) -> tuple[Any, ...]:
    chain = question.chain
    weights, biases = [np.ascontiguousarray(W) for W in chain.weights], [*chain.biases[:-1], question.rest]
    return weights, biases, list(chain.below), question.on, question.tag, question.lo, question.hi, question.lost


def _answer(question: Level, found: dict[str, Any], meeting: Meeting | None, engine: str, start: float) -> Surface:
    complete = bool(found["settled"] and found["finished"])
    done = len(found["offsets"]) - 1
    share = done / max(done + found["waiting"], 1) if found["settled"] and not found["finished"] else found["explored"]
    mesh = _mesh(question, found)
    proof = Proof(meeting is not None, complete, 1.0 if complete else float(share), engine, perf_counter() - start)
    return Surface(
        mesh,
        proof,
        float(np.ldexp(found["max_abs_value"], -question.power)),
        int(found["asked"]),
        int(found["flat_regions"]),
        len(meeting.flush) if meeting else 0,
        found["box_edges"],
        int(found["leaves"]),
        {name: float(found[name]) for name in SPENT},
    )


def _mesh(question: Level, found: dict[str, Any]) -> Mesh:
    pattern = np.ascontiguousarray(found["pattern"], dtype="<u8")
    return Mesh(
        found["vertices"] * question.scale,
        found["corners"],
        found["offsets"],
        face_values={
            "gradient": np.ldexp(found["gradient"], -question.power) / question.scale,
            "region": found["region"].view(np.int64),
            "pattern": pattern.view(np.uint8).reshape(len(pattern), 8 * sum(question.words)),
        },
    )
