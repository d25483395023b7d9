"""Regions of plane and solid networks: python bench/regions.py [--runs N].

Prints, a network: regions a second with all of the geometry, in the fast float mode and certified, and their ratio; the
share of the geometry's rate with all affine maps, and with all patterns unpacked as well; the speed-up of two workers
(wall time; needs two idle cores) beside what the machine has to give, that of two such jobs done at once rather than
one after the other.  Then one solid complex with cells, faces and volumes, and the folding network.

Figures are processor time of one core, the least of the runs.  Those of the workers are medians over turns, each of
which times all three: on a shared machine two cores are rarely at their best together, so least times would compare a
rare state with a common one.

Bars: 2-32x3 3 M/s, 2-64x4 1.5 M/s, 2-128x3 0.8 M/s, 2-256x4 0.3 M/s; certified at most 2 x the time; with maps at least
0.6 of the rate; two workers at least 1.7 x; the solid complex within 2 s; the folding network's regions and pieces
within 20 ms.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median
from threading import Thread

import numpy as np

from foldline import Box, Network
from foldline.data.folding import folding
from foldline.exact.chain.form import chain_of
from foldline.exact.complex.cut import complex_of, count_cells
from foldline.exact.complex.kernel import Job, maps_of
from foldline.exact.complex.measure import volumes
from foldline.exact.regions import regions
from foldline.exact.work import Budget, Work

NETWORKS = [
    (2, (16,) * 2),
    (2, (32,) * 3),
    (2, (64,) * 4),
    (2, (128,) * 3),
    (2, (256,) * 4),
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


def turns(runs: int, clock: Callable[[], float], *works: Callable[[], object]) -> list[tuple[float, ...]]:
    """What each of some works takes, done in turns; the first turn is not told, short works have more of them."""
    times: list[tuple[float, ...]] = []
    while len(times) < runs + 1 or (sum(map(sum, times)) < 0.5 * len(works) and len(times) < 100):
        took = []
        for work in works:
            start = clock()
            work()
            took.append(clock() - start)
        times.append(tuple(took))
    return times[1:]


def least(runs: int, *works: Callable[[], object]) -> list[float]:
    """The least processor time of each of some works."""
    return [min(column) for column in zip(*turns(runs, time.process_time, *works), strict=True)]


def speed_ups(runs: int, job: Callable[[int], Callable[[], object]]) -> tuple[float, float]:
    """How much faster than one worker two are, and two jobs of one worker at the same time; medians over turns."""
    one, two = job(1), job(2)

    def both() -> None:
        other = Thread(target=one)
        other.start()
        one()
        other.join()

    took = turns(runs, time.perf_counter, one, two, both)
    return median(alone / shared for alone, shared, _ in took), median(
        2 * alone / doubled for alone, _, doubled in took
    )


def solid(runs: int) -> None:
    """All of a solid complex: vertices, edges, faces, cells, patterns, maps, volumes."""
    chain, box = chain_of(he(3, (32,) * 4)), Box([-1.0] * 3, [1.0] * 3)
    for certify in (False, True):
        found = complex_of(chain, box, Work("test", certify=certify))
        cut, measured = least(
            min(runs, 2), lambda c=certify: complex_of(chain, box, Work("test", certify=c)), lambda f=found: volumes(f)
        )
        print(
            f"3-32-32-32-32-1    {found.n_regions:8,} cells, {len(found.folds):,} faces  "
            f"{'certified' if certify else 'float':9} {cut:.2f} s, volumes {measured:.2f} s",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    for d, hidden in NETWORKS:
        chain, box = chain_of(he(d, hidden)), Box([-1.0] * d, [1.0] * d)
        few = min(runs, 3) if hidden[0] > 200 else runs
        job = Job(chain, box, False, Budget())
        (alone,) = least(few, job.run)
        fast, sure, maps, whole = least(
            few,
            job.run,
            Job(chain, box, True, Budget()).run,
            lambda j=job: maps_of(j.chain, j.run()),
            lambda c=chain, b=box: complex_of(c, b, Work("test", certify=False)).bits,
        )
        workers, jobs = speed_ups(runs, lambda w, c=chain, b=box: Job(c, b, False, Budget(), w).run)
        n, name = count_cells(chain, box, Work("test"))[0], "-".join(map(str, (d, *hidden, 1)))
        rate = n / min(alone, fast) / 1e6
        print(
            f"{name:18} {n:8,} regions  float {rate:5.2f} M/s  certified {n / sure / 1e6:5.2f} M/s "
            f"({sure / fast:4.2f} x)  with maps {fast / maps:4.2f} of the rate, patterns too {fast / whole:4.2f}  "
            f"two workers {workers:4.2f} x, two jobs {jobs:4.2f} x",
            flush=True,
        )
    solid(runs)
    net, box = folding(10, 5), Box([-0.5], [1.5])
    chain = chain_of(net)
    n, _ = count_cells(chain, box, Work("test"))
    counted, pieces = least(runs, lambda: count_cells(chain, box, Work("test")), lambda: regions(net, box).n_pieces)
    print(f"folding 5 x 10     {n:8,} regions  counted in {1e3 * counted:.1f} ms, pieces {1e3 * pieces:.1f} ms")


if __name__ == "__main__":
    main()
