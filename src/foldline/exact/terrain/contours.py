"""Contours: where a network of two inputs passes each of several levels, as exact polylines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ... import doors
from ...box import Box
from ...columns import number_of
from ...errors import InputError, NetworkError
from ...network import Network
from ...same import Compared
from ...slice import Slice
from ..boundary import chains_of
from ..chain.ranges import chain_in_range
from ..complex.complex import Complex
from ..complex.cut import complex_of, slice_cells
from ..complex.measure import following, sides
from ..march.cover import reaches
from ..march.fields import with_levels
from ..march.level import before_output
from ..proof import Answer, Proof
from ..start import Start, cells_in
from ..work import Budget, Progress, Work, box_asked, check_asked

Array = NDArray[np.float64]
Index = NDArray[np.int64]

MOST_LEVELS = 10_000  # each is a question of its own
TOGETHER = 8  # levels looked for at once: the regions they pass are cut once, and a budget loses so many at most
SAMPLED = 256  # places along each side where a network is asked how far it reaches; one level more is looked for


@dataclass(frozen=True, eq=False)
class Contours(doors.Drawn, doors.Shown, Answer):
    """Level lines of a network of two inputs.

    levels          (L,), rising
    lines           a level: polylines (n, 2) in the units of the inputs, what lies higher on their right; a closed one
                    ends where it starts, the others on the box or where lines meet
    whole           (L,) whether a level's lines are all there
    max_abs_value   largest |output - level| at a vertex, as the network computes it
    meta            what is told with them: the source, the units
    proof           of all levels together
    """

    box: Box
    levels: Array
    lines: tuple[tuple[Array, ...], ...]
    whole: NDArray[np.bool_]
    max_abs_value: float
    proof: Proof
    meta: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return sum(map(len, self.lines))

    def __repr__(self) -> str:
        return f"Contours({len(self)} polylines at {len(self.levels)} levels in {self.box})"

    @cached_property
    def lengths(self) -> Array:
        """The length of the lines of each level, (L,), in the units of the inputs."""
        return np.array([sum(length_of(line) for line in lines) for lines in self.lines])

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Write the lines: .geojson or .csv; a picture: .svg, .png, .pdf.

        raises   FileError if the path is a folder, cannot be written, or exists and ``force`` is off
        """
        return doors.write("contours", self, path, self.box.d, force=force)


def contours(
    network: Network, levels: Sequence[float] | Array | None = None, box: Box | None = None, *,
    every: float | None = None, engine: str = "auto", certify: bool = True, workers: int = 1,
    executor: Executor | None = None, budget: Budget | None = None, callback: Progress | None = None,
) -> Contours:  # fmt: skip
    """Return the exact level lines of a network of two inputs and one output, such as a map's contour lines.

    levels    in the units of the output; they are sorted, and each is taken once
    every     the multiples of a step instead, those that the network reaches
    box       a crop to look in; all of a field's, or where the network's data lie, unless given
    engine, certify, workers, executor, budget, callback   as ``Work`` has them; the budget is of all levels together
    returns   a line wherever the network rises above a level from not above it: round a flat part at the level, too
    raises    NetworkError for other numbers of inputs or outputs, or units that are not piecewise linear;
              InputError for no levels, some that are no numbers, or both levels and a step
    cost      for a field that of the simplices that may meet a level, found by bounds; else that of all regions, for
              every eight levels
    source    between folds a network is affine, so that a level is a segment there; ``march.cover`` for the bounds

    >>> diamond = Network([[[1, 0], [0, 1]], [[1, 1]]], [[0, 0], [0]], "abs")
    >>> found = contours(diamond, [1.0, 0.5], Box([-2, -2], [2, 2]))
    >>> found.levels.tolist(), found.lengths.round(3).tolist()
    ([0.5, 1.0], [2.828, 5.657])
    """
    box = box_asked("contours", network, box)
    check_asked("contours", network, box)
    if network.d_in != 2 or network.d_out != 1:
        raise NetworkError(
            f"contours needs a network with 2 inputs and 1 output; got {network.d_in} and {network.d_out}. "
            "Take a slice, network.on_plane(p, u, v), or keep one row of the last layer."
        )
    asked = _levels(levels) if every is None else _levels_every(network, box, every, levels)
    work, begin = Work("contours", engine, certify, workers, executor, budget, callback), time.perf_counter()
    near = _crop(network, box, work)
    found: list[_Line] = []
    for at in range(0, len(asked), TOGETHER):
        some = asked[at : at + TOGETHER]
        found += _lines(network, box, near, some, work.part(at / len(asked), (at + len(some)) / len(asked)))
        if not found[-1].complete:
            break
    kept = slice(None) if every is None else _met(found, len(asked))
    return _put_together(network, box, asked[kept], found[kept], time.perf_counter() - begin)


def map_words(network: Network) -> dict[str, Any]:
    """Return what a network knows of the map it was fitted to: its source, the units, the coordinate system."""
    return {name: network.meta[name] for name in ("source", "units", "crs") if name in network.meta}


def length_of(line: Array) -> float:
    """Return the length of a polyline (n, d)."""
    return float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum())


def _levels(given: Sequence[float] | Array | None) -> Array:
    try:
        found = np.unique(np.asarray([] if given is None else given, dtype=np.float64).ravel())
    except (TypeError, ValueError):
        found = np.zeros(0)
    if not 0 < len(found) <= MOST_LEVELS or not np.isfinite(found).all():
        raise InputError(
            f"contours needs 1 to {MOST_LEVELS} levels that are numbers; got {given!r:.60}. "
            "Write [300, 400], or every=50."
        )
    return found


def _levels_every(network: Network, box: Box, step: float, levels: object) -> Array:
    """The multiples of a step that the network may reach: those between its samples' ends, and one more at each."""
    if levels is not None:
        raise InputError("contours needs levels or a step between them; got both. Leave one out.")
    sides = [np.linspace(lo, hi, SAMPLED) for lo, hi in zip(box.lo, box.hi, strict=True)]
    values = np.concatenate([network(row) for row in np.stack(np.meshgrid(*sides), axis=-1)])
    lowest, highest = float(values.min()), float(values.max())
    step = number_of("contours", "every", step)
    if not (0 < step < np.inf and (highest - lowest) / step < MOST_LEVELS - 4):
        raise InputError(f"contours needs a step above 0 that makes at most {MOST_LEVELS} levels; got {step:g}.")
    return step * np.arange(np.floor(lowest / step) - 1, np.ceil(highest / step) + 2)


def _met(found: Sequence[_Line], n: int) -> slice:
    """The levels from the first to the last that has lines; those after the budget ended stay."""
    met = [k for k, line in enumerate(found) if line.lines or not line.complete] or [0]
    return slice(met[0], met[-1] + 1 if len(found) == n else n)


@dataclass(frozen=True, eq=False)
class _Line(Compared):
    """The lines of one level."""

    lines: tuple[Array, ...]
    gap: float
    certified: bool
    complete: bool
    engine: str


@dataclass(frozen=True, eq=False)
class _Crop(Compared):
    """The first cells of a field's crop, with bounds of what it takes on each.

    start   makes the first cells out of some, given by their numbers
    """

    start: Callable[[Index], Start]
    lo: Array
    hi: Array

    def meeting(self, logits: Array) -> Start | None:
        """The simplices of the cells that may meet one of some rising levels; None where none may."""
        first, end = np.searchsorted(logits, self.lo), np.searchsorted(logits, self.hi, side="right")
        cells = np.flatnonzero(first < end)
        return self.start(cells) if len(cells) else None


def _crop(network: Network, box: Box, work: Work) -> _Crop | None:
    """None for a network without a grid, and where the work ends before the cells are found."""
    grid = network.grid
    if isinstance(grid, Slice):
        first = slice_cells(grid, box, work)
        if first is None or first.cells is None:
            return None
        there, at = np.unique(first.cells, axis=0, return_inverse=True)
        lo, hi = reaches(network.field, there)
        return _Crop(first.kept, lo[at.ravel()], hi[at.ravel()])
    if grid is None:
        return None
    cells = cells_in(grid, box)
    return _Crop(lambda some: Start.of_grid(grid, cells[some]), *reaches(network, cells))


def _lines(network: Network, box: Box, near: _Crop | None, levels: Array, work: Work) -> list[_Line]:
    """The lines of some rising levels, of all of which there are none known to be whole if the work ends before."""
    logits = np.array([before_output(network, level, "contours") for level in levels.tolist()])
    first = near.meeting(logits) if near else box
    if first is None:
        return [_Line((), 0.0, work.certify, True, work.engine_of(None))] * len(levels)
    whole = complex_of(with_levels(chain_in_range("contours", network, box), logits), first, work)
    parts = zip(levels, _edges(whole, len(levels)), strict=True)
    return [_line(network, level, whole, *edges) for level, edges in parts]


def _line(network: Network, level: float, whole: Complex, vertices: Array, edges: Index) -> _Line:
    chains = chains_of(edges, np.zeros((len(edges), 2), dtype=np.int64), len(vertices))
    lines = tuple(vertices[np.append(edges[chain, 0], edges[chain[-1], 1])] for chain in chains)
    told = network(vertices)[:, 0] if len(vertices) else np.zeros(0)
    gap = float(np.abs(told - level).max(initial=0.0))
    return _Line(lines, gap, whole.certified, whole.complete, whole.engine)


def _edges(whole: Complex, n: int) -> Iterator[tuple[Array, Index]]:
    """Of each of n levels the vertices, and the edges (E, 2) between what is above it and, on the left, what is not.

    A region's loop runs counter-clockwise, so that it lies on the left of its own edges.
    """
    facets, owner = sides(whole)
    order = np.argsort(facets, kind="stable")
    pair = np.flatnonzero(facets[order][1:] == facets[order][:-1])
    both = np.column_stack([order[pair], order[pair + 1]])
    ends = np.column_stack([whole.loop_vertices, following(whole.loop_vertices, whole.loop_start)])
    for above in whole.bits[:, -n:].T.astype(bool):
        of = above[owner[both]]
        differ = of[:, 0] != of[:, 1]
        low = np.where(of[differ, 0], both[differ, 1], both[differ, 0])
        used, edges = np.unique(ends[low], return_inverse=True)
        yield whole.vertices[used], edges.reshape(-1, 2).astype(np.int64)


def _put_together(network: Network, box: Box, levels: Array, found: Sequence[_Line], seconds: float) -> Contours:
    whole = np.zeros(len(levels), dtype=bool)
    whole[: len(found)] = [line.complete for line in found]
    lines = tuple(line.lines for line in found) + ((),) * (len(levels) - len(found))
    proof = Proof(
        all(line.certified for line in found), bool(whole.all()), float(whole.mean()), found[-1].engine, seconds
    )
    return Contours(box, levels, lines, whole, max(line.gap for line in found), proof, map_words(network))


__all__ = ["Contours", "contours"]
