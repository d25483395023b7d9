"""Polygons: the exact level set of a network with 3 inputs, as a mesh with one polygon a region."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib import import_module
from time import perf_counter
from typing import Any

import numpy as np

from ...box import Box
from ...errors import InputError, NetworkError
from ...mesh import Mesh
from ...network import Network
from ..budget import Budget
from ..chain import chain_of
from . import reference as march
from .level import Level, balanced, before_output, level_of
from .meeting import Meeting

try:
    _surface: Any = import_module("._surface", __package__)
except ImportError:  # no compiler where foldline was installed
    _surface = None

ENGINES = ("auto", "kernel", "numpy")
BYTES_A_POLYGON = 1000  # kept while the march runs, at 4 x 64; measured in bench/surface.py
OPEN_AT = {"kernel": 6, "numpy": 3}  # leaves with at most so many undecided units are opened; a matter of speed only
MAX_DEPTH = 20  # leaves of a millionth of the box are opened whatever they hold, so the search ends


def surface_mesh(
    network: Network,
    box: Box,
    level: float = 0.0,
    *,
    engine: str = "auto",
    certify: bool = True,
    budget: Budget | None = None,
    callback: Callable[[int, float], object] | None = None,
) -> Mesh:
    """Return where a network equals a level, as polygons that share vertices, one a region that the level set meets.

    network   3 inputs, 1 output, piecewise-linear hidden units, any depth, skips; a tanh or sigmoid at the end is fine
    box       where to look; the surface ends on it
    level     in the units of the output
    engine    "kernel", "numpy", or "auto": the compiled kernel where there is one, else NumPy; the same answer
    certify   decide in rational arithmetic what lies inside the rounding error bound; False takes the float's word
    budget    the most regions (each has one polygon), seconds and bytes; an answer cut short says complete False
    callback  called ten times a second with (polygons so far, share of the box searched); True ends the work with
              what there is, complete False; it may raise
    returns   vertices in the inputs' units, polygons counter-clockwise seen from where the network is above the level
    raises    NetworkError for another number of inputs or outputs, or a unit that is not piecewise linear;
              InputError for a level that the output unit never takes, or an unknown engine
    cost      grows with the polygons, not with a grid: about 2 microseconds each at 4 x 64 with the kernel
    source    the level set of a ReLU network is polyhedral: Lei and Jia 2020, Analytic Marching

    ``face_values``: "gradient" (F, 3) of the network before its output unit, "region" (F,) the name of the region (the
    same whatever the engine or order), "pattern" (F, bytes) which units are on there, one bit each, low bit first, each
    layer from a fresh 8 bytes.
    ``meta``: certified (every decision proved), complete (no component missed), explored (share of the box searched),
    engine, seconds, seconds_search, seconds_march, max_abs_value (largest |network - level| on a vertex, before the
    output unit), n_rational (polygons worked out in rational arithmetic), flat_regions (regions on which the network
    equals the level everywhere: only their boundary is in the mesh), flush_polygons (those proved to lie in a fold or
    in a face of the box, where the network may only touch the level; 0 without certify), box_edges
    [[vertex, vertex, face], ...] the open edges, which lie on a face of the box: 0 x low, 1 x high, 2 y low, 3 y high,
    4 z low, 5 z high.
    A level set that is a point or a segment has no polygons.

    >>> octahedron = Network([np.vstack([np.eye(3), -np.eye(3)]), np.ones((1, 6))], [np.zeros(6), [-1.0]])
    >>> mesh = surface_mesh(octahedron, Box([-2, -2, -2], [2, 2, 2]))
    >>> mesh.n_faces, mesh.n_vertices, mesh.closed
    (8, 6, True)
    """
    start = perf_counter()
    check_question(network, box, engine, inputs=(3,))
    limits = budget or Budget()
    question = level_of(chain_of(network), box, before_output(network, level, "surface"))
    _check_sizes(question)
    question = balanced(question)
    compiled = _surface is not None and engine != "numpy"
    if engine == "kernel" and not compiled:
        raise InputError("surface needs the compiled kernel for engine 'kernel'; got none here. Use engine='auto'.")
    used, run = ("kernel", _kernel) if compiled else ("numpy", march.march)
    meeting = Meeting(question) if certify else None
    found = run(
        question,
        meeting,
        limits.most_regions(BYTES_A_POLYGON),
        limits.seconds,
        callback,
        open_at=OPEN_AT[used],
        max_depth=MAX_DEPTH,
        rational=os.environ.get("FOLDLINE_ARITHMETIC") == "rational",
    )
    return _mesh(question, found, meeting, used, start)


def check_question(network: Network, box: Box, engine: str, *, inputs: Sequence[int]) -> None:
    """Refuse what a surface cannot be asked of, with so many inputs."""
    if network.d_in not in inputs or box.d != network.d_in:
        raise NetworkError(
            f"surface needs a network and a box with {' or '.join(map(str, inputs))} inputs; got {network.d_in} and "
            f"{box.d}. Take a slice of more, network.on_plane(p, u, v); of one input ask for the boundary."
        )
    if network.d_out != 1:
        raise NetworkError(
            f"surface needs a network with 1 output; got {network.d_out}. Keep one row of the last layer."
        )
    if engine not in ENGINES:
        raise InputError(f"surface needs an engine out of {', '.join(ENGINES)}; got {engine!r}.")


def _check_sizes(question: Level) -> None:
    """No bound of a value may leave the doubles: then none of the values does."""
    with np.errstate(over="ignore", invalid="ignore"):
        errors = march.errors_of(question)
    for layer, error in enumerate(errors, 1):
        if not np.isfinite(error).all():
            raise NetworkError(
                f"surface needs values within the range of a double; got weights and biases that can leave it in "
                f"layer {layer} of the network's normal form. Scale the weights down."
            )


def _kernel(
    question: Level,
    meeting: Meeting | None,
    polygons: int,
    seconds: float,
    callback: Callable[[int, float], object] | None,
    *,
    open_at: int,
    max_depth: int,
    rational: bool,
) -> dict[str, Any]:
    """Hand the question to the kernel as contiguous rows."""
    chain = question.chain
    found: dict[str, Any] = _surface.march(
        [np.ascontiguousarray(W) for W in chain.weights],
        [*chain.biases[:-1], question.rest],
        list(chain.below),
        question.on,
        question.tag,
        question.lo,
        question.hi,
        question.lost,
        certify=meeting is not None,
        rational=rational and meeting is not None,
        arbiter=meeting,
        tick=callback,
        max_polygons=polygons,
        max_seconds=seconds,
        open_at=open_at,
        max_depth=max_depth,
    )
    return found


def _mesh(question: Level, found: dict[str, Any], meeting: Meeting | None, engine: str, start: float) -> Mesh:
    pattern = np.ascontiguousarray(found["pattern"], dtype="<u8")
    complete = bool(found["settled"] and found["finished"])
    done = len(found["offsets"]) - 1
    share = done / max(done + found["waiting"], 1) if found["settled"] and not found["finished"] else found["explored"]
    return Mesh(
        found["vertices"] * question.scale,
        found["corners"],
        found["offsets"],
        face_values={
            "gradient": np.ldexp(found["gradient"], -question.power) / question.scale,
            "region": found["region"].view(np.int64),
            "pattern": pattern.view(np.uint8).reshape(len(pattern), 8 * sum(question.words)),
        },
        meta={
            "engine": engine,
            "certified": meeting is not None,
            "complete": complete,
            "explored": 1.0 if complete else float(share),
            "max_abs_value": float(np.ldexp(found["max_abs_value"], -question.power)),
            "n_rational": int(found["asked"]),
            "flat_regions": int(found["flat_regions"]),
            "flush_polygons": len(meeting.flush) if meeting else 0,
            "box_edges": found["box_edges"].tolist(),
            "leaves": int(found["leaves"]),
            "processor_search": float(found["processor_search"]),
            "processor_march": float(found["processor_march"]),
            "seconds_search": float(found["seconds_search"]),
            "seconds_march": float(found["seconds_march"]),
            "seconds": perf_counter() - start,
        },
    )
