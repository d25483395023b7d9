"""How often separate() agrees with an independent linear program, and what it costs.

Run: python bench/separate.py [sets]   (10,000 point sets in 2 to 8 dimensions: lattice, rounded, duplicated, Gaussian)
"""

import sys
import time

import numpy as np
from scipy.optimize import linprog

from foldline.optimal.separate import separate
from foldline.samples import Samples


def point_set(seed: int) -> Samples:
    """Return 4 to 40 points of 2 to 4 classes: integers, one decimal, halves with copies, or Gaussian."""
    rng = np.random.default_rng(seed)
    d, n, k = int(rng.integers(2, 9)), int(rng.integers(4, 41)), int(rng.choice([2, 2, 3, 4]))
    points = rng.normal(size=(n, d)) * 2
    kind = seed % 4
    points = (np.rint(points), np.round(points, 1), np.rint(points * 2) / 2, points)[kind]
    if kind == 2:
        points[n // 2 :] = points[rng.integers(0, n // 2, n - n // 2)]
    labels = np.arange(n) % k
    points = points + np.rint(rng.uniform(0, 4)) * np.eye(k, d)[labels]
    return Samples(points, labels, "classification", (), tuple(map(str, range(k))))


def by_linear_program(samples: Samples) -> bool:
    """Return whether weights exist with every right logit at least 1 above every wrong one, by HiGHS."""
    X = np.column_stack([np.ones(len(samples)), samples.inputs])
    labels, k = samples.targets[:, 0].astype(int), samples.d_out
    rows = []
    for x, right in zip(X, labels, strict=True):
        for wrong in set(range(k)) - {int(right)}:
            row = np.zeros((k, X.shape[1]))
            row[right], row[wrong] = -x, x
            rows.append(row.ravel())
    answer = linprog(np.zeros(k * X.shape[1]), np.array(rows), -np.ones(len(rows)), bounds=(None, None))
    return bool(answer.status == 0)


def main(sets: int) -> None:
    agree = checked = separable = 0
    mine = theirs = 0.0
    for seed in range(sets):
        samples = point_set(seed)
        t0 = time.perf_counter()
        answer = separate(samples)
        t1 = time.perf_counter()
        other = by_linear_program(samples)
        mine, theirs = mine + t1 - t0, theirs + time.perf_counter() - t1
        agree += answer.separable == other
        checked += answer.check()
        separable += answer.separable
        if answer.separable != other:
            print(f"set {seed}: foldline {answer.separable}, proof holds {answer.check()}; linear program {other}")
    print(f"{sets} sets, {separable} separable: {agree} agree with the linear program, {checked} proofs check exactly")
    print(
        f"separate {1e3 * mine / sets:.2f} ms a set with its proof, linear program {1e3 * theirs / sets:.2f} ms without"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
