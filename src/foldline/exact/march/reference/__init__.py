"""March: the level set of a network with 3 inputs, from region to region; the NumPy twin of cpp/bind/surface.cpp.

March.  On a region the network is affine, so its level set there is one convex polygon: a plane cut by the folds of the
region and the box.  Across each edge one unit flips, which names the next region.  A vertex is named by the two folds
that meet there and the state of all other units, so polygons weld without comparing coordinates.  A polygon is accepted
when every unit that is not zero at a vertex by construction lies outside a computed error bound there; otherwise
``Meeting`` (rational arithmetic) says what the polygon is and which regions it touches.

Search.  Let d be a direction.  Every component of the level set has a lowest point along d.  Where some direction
across d has a slope of one sign for all gradients nearby, the level set is a graph over the other directions and runs
on downhill: no lowest point there.  Where the network is monotone along each axis, wherever it equals the level, what
it has of the level set in the leaf is connected (see ``Bounds.sheet``): one zero found there is a seed for all of it.
So only leaves of an octree where neither is proved are opened, region by region.  The same on the faces of the box
(across d, and along the axes, inside the face) and on its edges (every zero).

The kernel takes two short cuts that give the same answer: it walks around a polygon whose one edge is known instead of
cutting it out of a square, and it narrows the bounds over a leaf to its parts instead of starting from the network.
"""

from __future__ import annotations

from time import perf_counter, process_time
from typing import Any

from ..level import Level, Words
from ..meeting import Meeting
from .marcher import Limits, Marcher, Progress
from .seeds import Search


def march(
    question: Level, meeting: Meeting | None, polygons: int, seconds: float, callback: Progress | None, *, open_at:
    int, max_depth: int, rational: bool, looks: Words | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return the level set as arrays; the kernel's function of the same name returns the same ones.

    looks   what ``search`` returned for all leaves: then they are not searched here
    """
    limits, begun = Limits(polygons, seconds, callback), process_time()
    marcher = Marcher(question, meeting, limits, rational)
    search = Search(marcher, open_at, max_depth)
    settled = search.run() if looks is None else marcher.push_all(looks)
    searched, between = perf_counter() - limits.start, process_time()
    finished = marcher.run()
    return marcher.answer() | {
        "again": looks is not None,
        "settled": settled,
        "finished": finished,
        "explored": search.explored,
        "leaves": search.leaves,
        "processor_search": between - begun,
        "processor_march": process_time() - between,
        "seconds_search": searched,
        "seconds_march": perf_counter() - limits.start - searched,
    }


def search(
    question: Level, seconds: float, callback: Progress | None, *, open_at: int, max_depth: int, leaves: tuple[int,
    int],
) -> dict[str, Any]:  # fmt: skip
    """Return the seeds in some of the leaves where the search begins to look, as words, and what was counted."""
    begun = process_time()
    marcher = Marcher(question, None, Limits(0, seconds, callback), rational=False)
    part = Search(marcher, open_at, max_depth, *leaves)
    settled = part.run()
    return {
        "looks": marcher.seeds(),
        "starts": part.starts,
        "settled": settled,
        "share": part.share,
        "leaves": part.leaves,
        "processor_search": process_time() - begun,
    }
