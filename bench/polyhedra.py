"""Regions beside peers that work on one polyhedron after another: python bench/polyhedra.py.

relucent 1.0 (PyPI) searches the whole plane from region to region with Gurobi; foldline is asked about a box so large
that it holds every vertex, certified, with geometry, patterns and maps: the counts must be equal.  scipy's
HalfspaceIntersection (Qhull) is given each region's half-spaces and a point inside, and finds its corners; foldline's
time beside it is that of all corners of all regions, certified, the search for the regions included.  Wall time, as
relucent has a worker process.
"""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from regions import he
from scipy.spatial import HalfspaceIntersection

from foldline import Box, Network
from foldline.exact.regions import Regions, regions

PLANE = Box([-1e6, -1e6], [1e6, 1e6])


def least(runs: int, work: Callable[[], object]) -> float:
    """The least of some runs."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def by_relucent(network: Network) -> tuple[int, float]:
    """Regions of the whole plane, seconds."""
    import relucent

    start = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        whole = relucent.Complex(network.to_torch())
        whole.bfs(nworkers=1)
    return len(whole), time.perf_counter() - start


def by_qhull(found: Regions, n: int) -> float:
    """Seconds for the corners of the first n regions, whose half-spaces are given."""
    given = [(np.column_stack((-A, -c)), found.points[r]) for r in range(n) for A, c in [found.half_spaces(r)]]
    return least(2, lambda: [HalfspaceIntersection(rows, point).intersections for rows, point in given])


def main() -> None:
    if find_spec("relucent") is None:
        print("relucent is not installed: nothing to stand beside")
    else:
        network = he(2, (16, 16))
        n, seconds = by_relucent(network)
        ours = least(5, lambda: regions(network, PLANE))
        count = len(regions(network, PLANE))
        print(f"2-16-16-1, whole plane  relucent {n} regions in {seconds:.2f} s")
        print(f"2-16-16-1, whole plane  foldline {count} regions in {1e3 * ours:.2f} ms, {seconds / ours:,.0f} x")
    for d, hidden in ((2, (32,) * 3), (3, (16,) * 3)):
        network, box = he(d, hidden), Box([-1.0] * d, [1.0] * d)
        found = regions(network, box)
        n = min(len(found), 1000)
        qhull, ours = by_qhull(found, n) / n, least(3, lambda net=network, b=box: regions(net, b)) / len(found)
        name = "-".join(map(str, (d, *hidden, 1)))
        times = f"Qhull {1e6 * qhull:.1f} us, foldline {1e6 * ours:.2f} us, {qhull / ours:.0f} x"
        print(f"{name}  a region's corners: {times}")


if __name__ == "__main__":
    main()
