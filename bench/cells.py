"""Regions in n dimensions, foldline and affinitree in turn on the same networks: python bench/cells.py [--seconds N].

Prints, a network: regions, regions a second (processor time of one core) counted and with everything kept, the
bytes a region of the kept arrays, and, where affinitree ends within the limit, its count, its rate and the ratio.
affinitree runs in a process of its own so that it can be stopped; it keeps its decision tree, so "kept" is the
fair comparison.  ``make bench`` installs it where it has a wheel; without it, its column is left out.
Then what further questions about the regions take, and what two threads gain in wall time, beside what they gain at
hashing, where nothing is shared: as much as the machine has to give while it does other things.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from importlib.util import find_spec
from multiprocessing.connection import Connection

import numpy as np

from foldline import Box, Network
from foldline.exact.chain.form import chain_of
from foldline.exact.regions import regions
from foldline.exact.search.cells import cells, count
from foldline.exact.work import Budget, Work

# (inputs, hidden layers, half side of the box, seed)
SMALL = [
    (2, (16, 16), 1.0, 0),
    (3, (12, 12), 1.0, 0),
    (4, (10, 10), 1.0, 0),
    (4, (16, 16), 1.0, 0),
    (6, (8, 8), 1.0, 0),
]
LARGE = [(4, (32, 32), 1.0, 0), (4, (32, 32), 0.5, 1), (8, (16, 16), 0.35, 3), (8, (16, 16), 1.0, 0)]


def he(d: int, hidden: tuple[int, ...], seed: int) -> Network:
    """A He-initialised network with small biases, so that folds do not all meet in the origin."""
    rng = np.random.default_rng(seed)
    sizes = list(zip((d, *hidden), (*hidden, 1), strict=True))
    weights = [rng.normal(size=(n, m)) * np.sqrt(2 / m) for m, n in sizes]
    return Network(weights, [rng.normal(size=n) * 0.1 for _, n in sizes])


def ours(network: Network, box: Box, limit: int) -> tuple[int, bool, float, float, float]:
    """Regions, whether all, regions a second counted and kept, bytes a region."""
    chain, budget = chain_of(network), Budget(regions=limit)
    start = time.process_time()
    counted = count(chain, box, Work("test", budget=budget))
    middle = time.process_time()
    kept = cells(chain, box, Work("test", budget=budget))
    end = time.process_time()
    n = int(counted["n_regions"])
    size = sum(kept[key].nbytes for key in ("patterns", "points", "radii", "maps", "side_start", "sides"))
    return n, bool(counted["complete"]), n / (middle - start), n / (end - middle), size / n


def _peer(network: Network, box: Box, out: Connection) -> None:
    import affinitree

    layers = affinitree.Architecture(network.d_in)
    for layer, (W, b) in enumerate(zip(network.weights, network.biases, strict=True), 1):
        layers.linear(affinitree.AffFunc.from_mats(np.array(W), np.array(b)))
        if layer < network.n_layers:
            layers.relu()
    inside = affinitree.Polytope.hyperrectangle(box.d, list(zip(box.lo.tolist(), box.hi.tolist(), strict=True)))
    all_of_it = affinitree.AffFunc.identity(box.d)
    start = time.process_time()
    tree = affinitree.builder.from_layers(layers, affinitree.AffTree.from_poly(inside, all_of_it, None), None)
    spent = time.process_time() - start
    out.send((tree.num_terminals(), spent))


def peer(network: Network, box: Box, seconds: float) -> tuple[int, float] | None:
    """affinitree's leaves and its processor time, None if it needs longer than allowed."""
    near, far = multiprocessing.Pipe(duplex=False)
    worker = multiprocessing.get_context("fork").Process(target=_peer, args=(network, box, far))
    worker.start()
    answer = near.recv() if near.poll(seconds) else None
    worker.terminate()
    worker.join()
    return answer


def questions(d: int, hidden: tuple[int, ...]) -> str:
    """The processor time of each further question."""
    found = regions(he(d, hidden, 0), Box([-1.0] * d, [1.0] * d))
    said = []
    for name in ("neighbours", "n_pieces", "volumes", "extrema"):
        start = time.process_time()
        answer = getattr(found, name)
        if callable(answer):
            answer()
        said.append(f"{name} {time.process_time() - start:.2f} s")
    off = abs(float(found.volumes.sum()) / found.box.volume - 1)
    return f"{d}-{'-'.join(map(str, hidden))}-1: {len(found):,} regions, {', '.join(said)}, sum off by {off:.0e}"


def threads(d: int, hidden: tuple[int, ...], turns: int = 5) -> str:
    """One thread and two, in turn: the best wall time of each, and the processor time that two take more than one."""
    chain, box, block = chain_of(he(d, hidden, 0)), Box([-1.0] * d, [1.0] * d), bytes(2**22)

    def hashing(pool: ThreadPoolExecutor) -> None:
        list(pool.map(sha256, [block] * 64))

    said = []
    for work in (lambda pool: count(chain, box, Work("test", executor=pool)), hashing):
        wall, spent = {1: np.inf, 2: np.inf}, {1: np.inf, 2: np.inf}
        for n in (1, 2) * turns:
            with ThreadPoolExecutor(n) as pool:
                start = time.perf_counter(), time.process_time()
                work(pool)
                wall[n] = min(wall[n], time.perf_counter() - start[0])
                spent[n] = min(spent[n], time.process_time() - start[1])
        said.append(f"{wall[1] / wall[2]:.2f}x as fast as one with {spent[2] / spent[1] - 1:+.0%} processor time")
    return f"two threads count {said[0]}; they hash {said[1]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long affinitree may take a network")
    parser.add_argument("--regions", type=int, default=1_000_000, help="how many regions a network at most")
    asked = parser.parse_args()
    for d, hidden, side, seed in SMALL + LARGE:
        network, box = he(d, hidden, seed), Box([-side] * d, [side] * d)
        n, whole, counted, kept, size = ours(network, box, asked.regions)
        name = "-".join(map(str, (d, *hidden, 1)))
        line = (
            f"{name:10} side {2 * side:3} {n:9,}{' ' if whole else '+'} counted {counted:8,.0f}/s  kept {kept:8,.0f}/s"
        )
        line += f"  {size:5.0f} B a region"
        if (d, hidden, side, seed) in SMALL and find_spec("affinitree"):
            other = peer(network, box, asked.seconds)
            if other:
                rate = n / other[1]
                line += f"   affinitree {other[0]:,} leaves {rate:,.0f} regions/s  {kept / rate:.0f}x"
            else:
                line += f"   affinitree not done after {asked.seconds:.0f} s of wall time"
        print(line, flush=True)
    for d, hidden, *_ in SMALL[2:]:
        print(questions(d, hidden), flush=True)
    print(threads(4, (32, 32)))


if __name__ == "__main__":
    main()
