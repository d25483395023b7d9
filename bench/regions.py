"""Regions of plane and solid networks: python bench/regions.py [--runs N].

Prints, a network: regions counted a second in the fast float mode and certified, their ratio, the rate with all affine
maps, and the speed-up of two workers (wall time; needs two idle cores).  Other figures are processor time of one core,
the least of the runs.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

from foldline import Box, Network
from foldline.exact.chain import chain_of
from foldline.exact.complex import complex_of, count_cells
from foldline.exact.folding import folding
from foldline.exact.regions import regions

NETWORKS = [
    (2, (16,) * 2),
    (2, (32,) * 3),
    (2, (64,) * 4),
    (2, (128,) * 3),
    (3, (16,) * 3),
    (3, (32,) * 3),
]


def he(d: int, hidden: tuple[int, ...]) -> Network:
    """A He-initialised network with uniform biases."""
    rng = np.random.default_rng(0)
    weights, biases = [], []
    for n, m in zip(hidden, (d, *hidden[:-1]), strict=True):
        weights.append(rng.normal(size=(n, m)) * np.sqrt(2 / m))
        biases.append(rng.uniform(-1, 1, n) / np.sqrt(m))
    return Network([*weights, rng.normal(size=(1, hidden[-1]))], [*biases, np.zeros(1)])


def least(runs: int, clock: Callable[[], float], work: Callable[[], object]) -> float:
    times = []
    for _ in range(runs + 1):
        start = clock()
        work()
        times.append(clock() - start)
    return min(times[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    cpu, wall = time.process_time, time.perf_counter
    for d, hidden in NETWORKS:
        chain, box = chain_of(he(d, hidden)), Box([-1.0] * d, [1.0] * d)
        n, _ = count_cells(chain, box)
        fast = least(runs, cpu, lambda c=chain, b=box: count_cells(c, b, certify=False))
        sure = least(runs, cpu, lambda c=chain, b=box: count_cells(c, b))
        maps = least(1, cpu, lambda c=chain, b=box: complex_of(c, b, certify=False))
        one, two = (
            least(runs, wall, lambda c=chain, b=box, w=w: count_cells(c, b, certify=False, workers=w)) for w in (1, 2)
        )
        name = "-".join(map(str, (d, *hidden, 1)))
        print(
            f"{name:18} {n:8,} regions  float {n / fast / 1e6:5.2f} M/s  certified {n / sure / 1e6:5.2f} M/s "
            f"({sure / fast:4.2f} x)  everything handed out {n / maps / 1e6:5.2f} M/s  two workers {one / two:4.2f} x",
            flush=True,
        )
    net, box = folding(10, 5), Box([-0.5], [1.5])
    chain = chain_of(net)
    n, _ = count_cells(chain, box)
    counted = least(runs, cpu, lambda: count_cells(chain, box))
    pieces = least(runs, cpu, lambda: regions(net, box).n_pieces)
    print(f"folding 5 x 10     {n:8,} regions  counted in {1e3 * counted:.1f} ms, pieces {1e3 * pieces:.1f} ms")


if __name__ == "__main__":
    main()
