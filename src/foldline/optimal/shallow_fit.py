"""The best shallow ReLU network for small 1-D data: the global least-squares optimum, found and certified.

A unit's joint lies in one gap between neighbouring inputs; there, its values at the samples are a mix, with shares of
one sign, of the two hats relu(+-(x - x_g)) at the gap's ends.  So on every choice of gaps, facings and signs the fit
is a convex problem, non-negative least squares, whose optimum is certified by its conditions (Kuhn and Tucker) in exact
rational arithmetic.  Going through all choices gives the global optimum; most are refuted without a fit, because even
separate lines through the samples between the joints do worse, or bends of the right signs beside any straight line.

source   the arrangement argument of Arora et al. 2018, "Understanding deep neural networks with rectified linear
         units", theorem 4.1, with exact arithmetic
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations_with_replacement, pairwise, product
from math import comb
from time import monotonic

import numpy as np

from ..errors import BudgetError, InputError
from ..exact.rational.elimination import meet
from ..exact.rational.exact import Integers, integers
from ..exact.work import Budget
from ..network import Network
from ..same import Compared
from ..samples import Samples, need_samples

MOST_CHOICES = 200_000  # of gaps; each costs some microseconds to refute
Choice = tuple[tuple[int, int, int], ...]  # (gap, facing, sign) a unit
Places = list[tuple[Fraction, tuple[int, ...]]]  # a bound that holds with joints in these gaps, and the gaps
Progress = Callable[[int, float], object]


@dataclass(frozen=True, eq=False, repr=False)
class ShallowFit(Compared):
    """The global optimum, or the best that was found when the search was ended.

    network      units facing right (weight 1) or left (-1), rounded to doubles
    least        its sum of squares, exact; where ``complete``, no network with so many ReLU units fits better
    bound        proved: no network with so many ReLU units has a smaller sum of squares; ``least`` where ``complete``
    complete     whether every choice was refuted or solved; False where a budget or a callback ended the search
    joints       where the units switch, exact
    n_choices    choices of gap, facing and sign there are, unit by unit in rising gaps
    n_solved     those solved and certified; where ``complete``, all others were refuted by a bound
    """

    network: Network
    least: Fraction
    bound: Fraction
    complete: bool
    joints: tuple[Fraction, ...]
    n_choices: int
    n_solved: int


def fit_shallow_globally(
    samples: Samples, units: int = 3, *, budget: Budget | None = None, callback: Progress | None = None
) -> ShallowFit:
    """Return the shallow ReLU network with the least sum of squared residuals, certified.

    samples   one input, one target, a few dozen rows
    budget    its ``seconds`` end the search; the answer is then the best so far, labelled incomplete, with its bound
    callback  called now and then with (choices settled so far, their share); True ends the search like a budget
    raises    BudgetError before the work if there are more than 200,000 choices of gaps
    cost      for 20 samples a second with 3 units, ten with 4, minutes and more beyond: give it a budget
    source    Prince 2023, figure 3.2 and notebook 3.1: the network fitted there by hand has 0.181

    >>> peak = Samples([[0], [1], [2], [3]], [0, 1, 0, 0])
    >>> best = fit_shallow_globally(peak, 3)
    >>> float(best.least), best.complete
    (0.0, True)
    """
    need_samples("fit_shallow_globally", samples)
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
    return _Search(problem, units, n_places * 4**units, budget or Budget(), callback).run()


class _Search:
    """Going through the choices, those with the smallest bounds first, until no bound is below the best fit."""

    def __init__(
        self, problem: _Problem, units: int, n_choices: int, budget: Budget, callback: Progress | None
    ) -> None:
        self.problem, self.units, self.n_choices, self.callback = problem, units, n_choices, callback
        self.end = monotonic() + budget.seconds
        self.n_solved = self.n_settled = 0
        self.ended = False
        # The line through all samples, as units that never switch: an answer from the start.
        self.choice: Choice = ((0, 1, 1),) * units
        self.least, self.shares = problem.solve(self.choice)

    def run(self) -> ShallowFit:
        places, bound = self._ranked(), Fraction(0)
        if not self.ended:
            bound = self._through(places)
        network, joints = self.problem.network(self.choice, self.shares)
        return ShallowFit(network, self.least, bound, not self.ended, joints, self.n_choices, self.n_solved)

    def _ranked(self) -> Places:
        places: Places = []
        for gaps in combinations_with_replacement(range(len(self.problem.xs) - 1), self.units):
            places.append((self.problem.by_lines(gaps), gaps))
            if self._told():
                return []
        return sorted(places, key=lambda place: place[0])

    def _through(self, places: Places) -> Fraction:
        """Settle places one by one; returns the bound that is proved at the end."""
        for bound, gaps in places:
            if bound >= self.least:
                break
            for signs in product((1, -1), repeat=self.units):
                self._settle(gaps, signs)
                if self._told():
                    return min(bound, self.least)
        return self.least

    def _settle(self, gaps: tuple[int, ...], signs: tuple[int, ...]) -> None:
        """Solve the facings of one choice of gaps and signs, unless free slopes already do worse."""
        self.n_settled += 2**self.units
        if self.problem.by_signs(gaps, signs) >= self.least:
            return
        for facings in product((1, -1), repeat=self.units):
            choice = tuple(zip(gaps, facings, signs, strict=True))
            value, shares = self.problem.solve(choice)
            self.n_solved += 1
            if value < self.least:
                self.least, self.choice, self.shares = value, choice, shares

    def _told(self) -> bool:
        heard = self.callback is not None and self.callback(self.n_settled, self.n_settled / self.n_choices) is True
        self.ended = heard or monotonic() > self.end
        return self.ended


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

    def by_signs(self, gaps: tuple[int, ...], signs: tuple[int, ...]) -> Fraction:
        """The least sum of squares when any straight line may be added: below that of every choice of facings.

        relu(t - x) is relu(x - t) and a straight line.
        """
        columns = [np.full(len(self.X), 1, dtype=object), self.X]
        return self._least(columns + self._hats(tuple((g, 1, s) for g, s in zip(gaps, signs, strict=True))), 2)[0]

    def solve(self, choice: Choice) -> tuple[Fraction, list[Fraction]]:
        """The least sum of squares on a choice, and the shares: the offset, then two a unit, >= 0."""
        return self._least([np.full(len(self.X), 1, dtype=object), *self._hats(choice)], 1)

    def _hats(self, choice: Choice) -> list[Integers]:
        return [sign * self.hat(gap + end, facing) for gap, facing, sign in choice for end in (0, 1)]

    def _least(self, columns: list[Integers], n_free: int) -> tuple[Fraction, list[Fraction]]:
        """Least squares on columns, the first few with any share, the others with shares >= 0.

        Lawson and Hanson 1974, chapter 23, in rationals: it ends, and where it ends the conditions hold exactly.
        """
        A = np.array(columns)
        gram, right = A @ A.T, A @ self.Y
        used = list(range(n_free))
        shares = self._plane(used, gram, right)
        while True:
            slack = [right[j] - sum(s * g for s, g in zip(shares, gram[j], strict=True) if s) for j in range(len(A))]
            entering = max(range(n_free, len(A)), key=lambda j: slack[j])
            if slack[entering] <= 0:
                break
            used.append(entering)
            shares = self._walk(used, n_free, shares, gram, right)
        value = self.square - sum((s * int(r) for s, r in zip(shares, right, strict=True)), Fraction(0))
        return value / self.y_unit**2, shares

    def _walk(
        self, used: list[int], n_free: int, shares: list[Fraction], gram: Integers, right: Integers
    ) -> list[Fraction]:
        while True:
            ends = self._plane(used, gram, right)
            falling = [j for j in used[n_free:] if ends[j] <= 0]
            if not falling:
                return ends
            t = min(shares[j] / (shares[j] - ends[j]) for j in falling)
            shares = [s + t * (e - s) for s, e in zip(shares, ends, strict=True)]
            used[:] = used[:n_free] + [j for j in used[n_free:] if shares[j] > 0]
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
