"""The best shallow ReLU network for small 1-D data: the global least-squares optimum, found and certified.

A unit's joint lies in one gap between neighbouring inputs; there, its values at the samples are a mix, with shares of
one sign, of the two hats relu(+-(x - x_g)) at the gap's ends.  So on every choice of gaps, facings and signs the fit
is a convex problem, non-negative least squares, whose optimum is certified by its conditions (Kuhn and Tucker) in exact
rational arithmetic.  Going through all choices gives the global optimum; most are refuted without a fit, because even
separate lines through the samples between the joints do worse.

source   the arrangement argument of Arora et al. 2018, "Understanding deep neural networks with rectified linear
         units", theorem 4.1, with exact arithmetic
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations_with_replacement, pairwise, product
from math import comb

import numpy as np

from ..errors import BudgetError, InputError
from ..network import Network
from ..samples import Samples
from .rational import Integers, integers, meet

MOST_CHOICES = 200_000  # of gaps; each costs some microseconds to refute
Choice = tuple[tuple[int, int, int], ...]  # (gap, facing, sign) a unit


@dataclass(frozen=True, eq=False)
class ShallowFit:
    """The global optimum.

    network      units facing right (weight 1) or left (-1), rounded to doubles
    least        the least possible sum of squares, exact: no network with so many ReLU units fits better
    joints       where the units switch, exact
    n_choices    choices of gap, facing and sign there are, unit by unit in rising gaps
    n_refuted    those refuted by separate lines alone; all others were solved and certified
    """

    network: Network
    least: Fraction
    joints: tuple[Fraction, ...]
    n_choices: int
    n_refuted: int


def fit_shallow_globally(samples: Samples, units: int = 3) -> ShallowFit:
    """Return the shallow ReLU network with the least sum of squared residuals, certified.

    samples   one input, one target, a few dozen rows
    raises    BudgetError before the work if there are more than 200,000 choices of gaps
    cost      seconds for 20 samples and 3 units
    source    Prince 2023, figure 3.2 and notebook 3.1: the network fitted there by hand has 0.181

    >>> peak = Samples([[0], [1], [2], [3]], [0, 1, 0, 0])
    >>> float(fit_shallow_globally(peak, 3).least)
    0.0
    """
    if samples.d_in != 1 or samples.targets.shape[1] != 1 or samples.kind == "classification":
        raise InputError(
            f"fit_shallow_globally needs 1 input and 1 number; got {samples.d_in} and {samples.targets.shape[1]}."
        )
    if units < 1:
        raise InputError(f"fit_shallow_globally needs at least 1 unit; got {units}.")
    problem = _Problem(samples)
    n_gaps = len(problem.xs) - 1
    if n_gaps < 1:
        raise InputError("fit_shallow_globally needs at least 2 different inputs; got 1.")
    n_places = comb(n_gaps + units - 1, units)
    if n_places > MOST_CHOICES:
        raise BudgetError(
            f"fit_shallow_globally needs {n_places} choices of gaps; got a budget of {MOST_CHOICES}. "
            "Take fewer samples or units."
        )
    places = sorted(
        ((problem.by_lines(gaps), gaps) for gaps in combinations_with_replacement(range(n_gaps), units)),
        key=lambda pair: pair[0],
    )
    best, answer, solved = None, None, 0
    for bound, gaps in places:
        if best is not None and bound >= best:
            break
        solved += 4**units
        for choice in _choices(gaps):
            value, shares = problem.solve(choice)
            if best is None or value < best:
                best, answer = value, (choice, shares)
    if best is None or answer is None:
        raise AssertionError("there is a choice of gaps")
    network, joints = problem.network(*answer)
    n_choices = n_places * 4**units
    return ShallowFit(network, best, joints, n_choices, n_choices - solved)


def _choices(gaps: tuple[int, ...]) -> Iterator[Choice]:
    for facings in product((1, -1), repeat=len(gaps)):
        for signs in product((1, -1), repeat=len(gaps)):
            yield tuple(zip(gaps, facings, signs, strict=True))


class _Problem:
    """The samples in integers, and least squares on them in rationals.

    x = X / x_unit and y = Y / y_unit; a column of a hat is in units of x.
    """

    def __init__(self, samples: Samples) -> None:
        X, k = integers(samples.inputs[:, 0])
        Y, m = integers(samples.targets[:, 0])
        order = np.argsort(samples.inputs[:, 0], kind="stable")
        self.X, self.Y, self.x_unit, self.y_unit = X[order], Y[order], 1 << k, 1 << m
        self.xs = sorted(set(self.X.tolist()))
        self.square = int(self.Y @ self.Y)
        self._lines: dict[tuple[int, int], Fraction] = {}

    def by_lines(self, gaps: tuple[int, ...]) -> Fraction:
        """The sum of squares of separate lines between the joints: below every network with joints in these gaps."""
        cuts = [0, *(int(np.searchsorted(self.X, self.xs[g], side="right")) for g in gaps), len(self.X)]
        return sum((self._line(a, b) for a, b in pairwise(cuts)), Fraction(0))

    def _line(self, a: int, b: int) -> Fraction:
        if (a, b) not in self._lines:
            x, y = self.X[a:b], self.Y[a:b]
            n, one = b - a, Fraction(1, self.y_unit**2)
            if n <= 1:
                rest = Fraction(0)
            else:
                xx, xy = n * int(x @ x) - int(x.sum()) ** 2, n * int(x @ y) - int(x.sum()) * int(y.sum())
                yy = n * int(y @ y) - int(y.sum()) ** 2
                rest = Fraction(yy, n) - (Fraction(xy * xy, n * xx) if xx else 0)
            self._lines[a, b] = rest * one
        return self._lines[a, b]

    def hat(self, node: int, facing: int) -> Integers:
        """relu(x - x_node) or relu(x_node - x) at the samples."""
        return np.array([max(0, facing * (x - self.xs[node])) for x in self.X.tolist()], dtype=object)

    def solve(self, choice: Choice) -> tuple[Fraction, list[Fraction]]:
        """The least sum of squares on a choice, and the shares: the offset, then two a unit, >= 0.

        Lawson and Hanson 1974, chapter 23, in rationals: it ends, and where it ends the conditions hold exactly.
        """
        columns = [np.full(len(self.X), 1, dtype=object)]
        for gap, facing, sign in choice:
            columns += [sign * self.hat(gap, facing), sign * self.hat(gap + 1, facing)]
        A = np.array(columns)
        gram, right = A @ A.T, A @ self.Y
        used, shares = [0], self._plane([0], gram, right)
        while True:
            slack = [right[j] - sum(s * g for s, g in zip(shares, gram[j], strict=True) if s) for j in range(len(A))]
            entering = max(range(1, len(A)), key=lambda j: slack[j])
            if slack[entering] <= 0:
                break
            used.append(entering)
            shares = self._walk(used, shares, gram, right)
        value = self.square - sum((s * int(r) for s, r in zip(shares, right, strict=True)), Fraction(0))
        return value / self.y_unit**2, shares

    def _walk(self, used: list[int], shares: list[Fraction], gram: Integers, right: Integers) -> list[Fraction]:
        while True:
            ends = self._plane(used, gram, right)
            falling = [j for j in used[1:] if ends[j] <= 0]
            if not falling:
                return ends
            t = min(shares[j] / (shares[j] - ends[j]) for j in falling)
            shares = [s + t * (e - s) for s, e in zip(shares, ends, strict=True)]
            used[:] = [0] + [j for j in used[1:] if shares[j] > 0]
            shares = [s if j in used else Fraction(0) for j, s in enumerate(shares)]

    def _plane(self, used: list[int], gram: Integers, right: Integers) -> list[Fraction]:
        """Least squares on the used columns alone; a column that enters has positive slack, so they are independent."""
        solved = meet([[*gram[j, used], -right[j]] for j in used])
        if solved is None:
            raise AssertionError("the columns in use are independent")
        out = [Fraction(0)] * len(gram)
        for j, value in zip(used, solved.fractions(), strict=True):
            out[j] = value
        return out

    def network(self, choice: Choice, shares: list[Fraction]) -> tuple[Network, tuple[Fraction, ...]]:
        """The network of the shares, its units' joints rising."""
        rows = []
        for unit, (gap, facing, sign) in enumerate(choice):
            near, far = shares[1 + 2 * unit], shares[2 + 2 * unit]
            total = near + far
            joint = Fraction(self.xs[gap]) if not total else (near * self.xs[gap] + far * self.xs[gap + 1]) / total
            rows.append((joint / self.x_unit, facing, sign * total * self.x_unit / self.y_unit))
        rows.sort()
        W = np.array([[float(facing)] for _, facing, _ in rows])
        b = np.array([-facing * float(joint) for joint, facing, _ in rows])
        v = np.array([[float(change) for _, _, change in rows]])
        return Network([W, v], [b, [float(shares[0] / self.y_unit)]]), tuple(joint for joint, _, _ in rows)
