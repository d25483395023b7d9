"""The fewest errors that any linear classifier makes on two classes, counted in exact integers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import comb, gcd

import numpy as np
from numpy.typing import NDArray

from ..errors import BudgetError, InputError
from ..exact.rational.elimination import direction, independent_columns
from ..same import Compared
from ..samples import Samples
from .separate import classes_of, lifted

Integers = NDArray[np.object_]

# Orientation tests the count may take before it says what it would cost; about a minute of exact integers.
TESTS = 20_000_000


@dataclass(frozen=True, eq=False, repr=False)
class LeastErrors(Compared):
    """The fewest errors a linear classifier makes on two classes.

    count     the least number, proved by going through every hyperplane that samples span
    weights   exact (b, w) that make just as many: class 1 where b + w.x > 0
    wrong     the samples they have wrong
    """

    count: int
    weights: tuple[Fraction, ...]
    wrong: tuple[int, ...]


def least_errors(samples: Samples, *, budget: int = TESTS) -> LeastErrors:
    """Return the fewest errors of any hyperplane on two classes, and one that makes them, exactly.

    budget    orientation tests; the count takes n of them for each of the (n choose d_in) spanned hyperplanes
    raises    BudgetError before it starts if they do not suffice
    source    every labelling a hyperplane makes is made by one that is turned and moved until samples span it;
              which side those lie on is the same question one dimension down (Minsky and Papert 1969, chapter 12)

    >>> xor = Samples([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], "classification", (), ("0", "1"))
    >>> least_errors(xor).count
    1
    """
    classes_of("least_errors", samples)
    if samples.d_out != 2:
        raise InputError(f"least_errors needs 2 classes; got {samples.d_out}. Take two of them at a time.")
    n, d = len(samples), samples.d_in
    tests = 2 * n * comb(n, min(d, n))
    if tests > budget:
        raise BudgetError(
            f"least_errors needs {tests} orientation tests for {n} samples of {d} inputs; got a budget of {budget}. "
            "Take fewer samples or inputs, or raise the budget."
        )
    X = lifted(samples.inputs)
    labels = samples.targets[:, 0] == 1
    count, v = _least(X, labels)
    weights = tuple(Fraction(value) for value in v)
    wrong = np.flatnonzero((X @ v > 0) != labels)
    if len(wrong) != count:
        raise AssertionError("the hyperplane found makes the errors counted")
    return LeastErrors(count, weights, tuple(map(int, wrong)))


def _least(X: Integers, labels: NDArray[np.bool_]) -> tuple[int, Integers]:
    """The fewest errors over all v != 0 of [X v > 0] against the labels, and an integer v with no sample on X v = 0.

    The first column is one positive number throughout, so that constants are among the functions X v.
    """
    columns = independent_columns(X)
    rank, width = len(columns), X.shape[1]
    best, answer = len(X) + 1, np.zeros(width, dtype=object)
    for sign in (1, -1):  # all on one side
        wrong = int(np.sum(labels != (sign > 0)))
        if wrong < best:
            best, answer = wrong, np.array([sign] + [0] * (width - 1), dtype=object)
    if rank == 1 or best == 0:
        return best, answer
    Y = X[:, columns]
    for normal in _normals(Y):
        for v in (normal, -normal):
            z = Y @ v
            off = z != 0
            strict = int(np.sum((z[off] > 0) != labels[off]))
            if strict >= best:
                continue
            rest, inner = _least(Y[~off], labels[~off])
            if strict + rest < best:
                best, answer = strict + rest, np.zeros(width, dtype=object)
                answer[columns] = _tilted(v, inner, z[off], (Y @ inner)[off])
    return best, answer


def _tilted(v: Integers, inner: Integers, z: Integers, tilt: Integers) -> Integers:
    """v + e * inner with e > 0 so small that no strict sign changes, times 1/e."""
    factor = 1 + max((abs(t) // abs(a) for a, t in zip(z, tilt, strict=True)), default=0)
    return np.asarray(v * factor + inner)


def _normals(Y: Integers) -> list[Integers]:
    """Every hyperplane through the origin that rows of Y span, once, as its integer normal."""
    seen: dict[tuple[int, ...], Integers] = {}
    for rows in _independent(Y, Y.shape[1] - 1):
        normal = _normal(Y[list(rows)])
        seen.setdefault(tuple(normal), normal)
    return list(seen.values())


def _independent(Y: Integers, size: int) -> list[tuple[int, ...]]:
    rows = list({tuple(row): i for i, row in enumerate(Y)}.values())
    return [pick for pick in combinations(sorted(rows), size) if len(independent_columns(Y[list(pick)])) == size]


def _normal(rows: Integers) -> Integers:
    """The one integer direction, first nonzero entry above 0, that independent rows are orthogonal to."""
    v = direction(rows.tolist())
    lead = next(x for x in v if x)
    return np.asarray(np.array([x if lead > 0 else -x for x in v], dtype=object) // gcd(*v))
