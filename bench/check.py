"""How fast saved answers are proved, and whether the time is linear in their size: python bench/check.py.

Prints, a network and box: regions, regions a second found and checked (processor time of one core), the ratio, the
bytes a region of the saved archive, and the largest errors of stored vertices and maps in units of what ``exact.check``
allows for.  The box of each network grows, so that only the answer does: where the rate of checking stays the same, the
time is linear in the answer.
"""

from __future__ import annotations

import time

import numpy as np

from foldline import Box, Network
from foldline.exact.check.check import check
from foldline.exact.regions import regions
from foldline.files.answer import npz_bytes

# (inputs, hidden layers, half sides of the boxes)
CASES = [
    (1, (32, 32, 32), (0.5, 1.0, 2.0)),
    (2, (16, 16), (0.5, 1.0, 2.0)),
    (2, (32, 32, 32), (0.25, 0.5, 1.0)),
    (3, (16, 16), (0.25, 0.5, 1.0)),
    (4, (8, 8), (0.25, 0.5, 1.0)),
]


def he(d: int, hidden: tuple[int, ...]) -> Network:
    """A He-initialised network with small biases."""
    rng = np.random.default_rng(0)
    sizes = list(zip((d, *hidden), (*hidden, 1), strict=True))
    weights = [rng.normal(size=(n, m)) * np.sqrt(2 / m) for m, n in sizes]
    return Network(weights, [rng.normal(size=n) * 0.1 for _, n in sizes])


def main() -> None:
    for d, hidden, sides in CASES:
        network = he(d, hidden)
        for side in sides:
            start = time.process_time()
            answer = regions(network, Box([-side] * d, [side] * d))
            middle = time.process_time()
            verdict = check(network, answer)
            end = time.process_time()
            n, found, proved = len(answer), middle - start, end - middle
            print(
                f"{'-'.join(map(str, (d, *hidden, 1))):12} side {2 * side:3} {n:7,} regions  found {n / found:10,.0f}/s"
                f"  checked {n / proved:6,.0f}/s  {proved / found:6,.0f}x  {len(npz_bytes(answer)) / n:5.0f} B a region"
                f"  errors {verdict.vertex_error:.0e} {verdict.map_error:.0e}  {verdict.fault or 'accepted'}",
                flush=True,
            )


if __name__ == "__main__":
    main()
