"""The globally best shallow fit, against many local searches and its own certificate."""

from itertools import combinations, product

import numpy as np
import pytest

from foldline.data.book import problem, solution
from foldline.errors import BudgetError, InputError
from foldline.exact.work import Budget
from foldline.optimal.shallow_fit import _Problem, fit_shallow_globally
from foldline.samples import Samples


@pytest.mark.parametrize("units", [1, 2])
def test_no_joints_tried_on_a_fine_grid_fit_better_and_some_come_close(units):
    rng = np.random.default_rng(units)
    x, y = np.sort(rng.uniform(0, 1, 9)), rng.normal(size=9)
    best = float(fit_shallow_globally(Samples(x[:, None], y), units).least)
    places = np.interp(np.linspace(0, 8, 8 * 10 + 1), np.arange(9), x)
    hats = np.array([np.maximum(0, facing * (x - t)) for t in places for facing in (1, -1)])
    found = np.inf
    for pick in combinations(range(len(hats)), units):
        A = np.column_stack([np.ones(9), *hats[list(pick)]])
        found = min(found, ((A @ np.linalg.lstsq(A, y, rcond=None)[0] - y) ** 2).sum())
    assert best <= found * (1 + 1e-9)
    assert found <= 1.02 * best


def test_the_network_attains_the_certified_least():
    samples = Samples([[0], [1], [2], [3], [4]], [0, 1, 0, 2, 0])
    best = fit_shallow_globally(samples, 2)
    assert ((best.network(samples.inputs) - samples.targets) ** 2).sum() == pytest.approx(float(best.least), rel=1e-12)
    assert list(best.joints) == sorted(best.joints)


def test_the_best_of_the_book_is_certified_and_beats_the_fit_by_hand():
    samples = problem("3.1")
    best = fit_shallow_globally(samples, 3)
    assert float(best.least) == pytest.approx(0.117209880, abs=5e-10)
    assert [round(float(t), 6) for t in best.joints] == [0.344885, 0.846171, 0.892401]
    assert ((best.network(samples.inputs) - samples.targets) ** 2).sum() == pytest.approx(float(best.least), rel=1e-9)
    assert best.complete and best.bound == best.least
    assert best.n_choices == 1330 * 64 and best.n_solved < 200  # the others are refuted by a bound
    assert ((solution("3.1")(samples.inputs) - samples.targets) ** 2).sum() > 80 * float(best.least)


@pytest.mark.slow
def test_four_units_are_settled_too_and_joints_beside_the_best_come_close_but_no_closer():
    samples = problem("3.1")
    best = fit_shallow_globally(samples, 4)
    assert best.complete and float(best.least) == pytest.approx(0.09375756369, abs=5e-12)
    x, y = samples.inputs[:, 0], samples.targets[:, 0]
    facings, joints = best.network.weights[0][:, 0], np.array([float(t) for t in best.joints])
    near = []
    for shift in np.random.default_rng(0).normal(scale=0.003, size=(500, 4)):
        A = np.column_stack([np.ones(20), np.maximum(0, (x[:, None] - joints - shift) * facings)])
        near.append(((A @ np.linalg.lstsq(A, y, rcond=None)[0] - y) ** 2).sum())
    assert float(best.least) <= min(near) < 1.05 * float(best.least)


def test_a_bound_by_signs_is_below_every_choice_of_facings():
    rng = np.random.default_rng(0)
    problem_ = _Problem(Samples(rng.uniform(size=(7, 1)), rng.normal(size=7)))
    for gaps in ((0, 3), (2, 2), (1, 5)):
        for signs in product((1, -1), repeat=2):
            solved = [
                problem_.solve(tuple(zip(gaps, facings, signs, strict=True)))[0]
                for facings in product((1, -1), repeat=2)
            ]
            assert problem_.by_lines(gaps) <= problem_.by_signs(gaps, signs) <= min(solved)


def test_a_search_that_is_ended_says_so_and_proves_a_bound():
    samples, heard = problem("3.1"), []
    ranking = 19 * 20 * 21 // 6  # it is told of each choice of gaps while it ranks them
    full = fit_shallow_globally(samples, 3, callback=lambda n, share: heard.append((n, share)))
    assert full.complete and full.n_choices == 85_120
    assert heard == sorted(heard) and heard[ranking - 1] == (0, 0.0) and 0 < heard[-1][1] <= 1

    calls = iter(range(ranking + 30))
    ended = fit_shallow_globally(samples, 3, callback=lambda n, share: next(calls, None) is None)
    assert not ended.complete and 0 < ended.bound <= full.least <= ended.least
    assert ((ended.network(samples.inputs) - samples.targets) ** 2).sum() == pytest.approx(float(ended.least), rel=1e-9)

    at_once = fit_shallow_globally(samples, 5, budget=Budget(seconds=1e-9))
    line = np.polyfit(samples.inputs[:, 0], samples.targets[:, 0], 1, full=True)[1]
    assert not at_once.complete and at_once.bound == 0 and at_once.n_solved == 0
    assert float(at_once.least) >= line[0] * (1 - 1e-9)


def test_the_global_fit_refuses_what_it_cannot_go_through():
    with pytest.raises(InputError, match="fit_shallow_globally needs 1 input and 1 number; got 2 and 1"):
        fit_shallow_globally(Samples([[0, 1]], [0]))
    with pytest.raises(InputError, match="fit_shallow_globally needs at least 1 unit; got 0"):
        fit_shallow_globally(problem("3.1"), 0)
    with pytest.raises(InputError, match="fit_shallow_globally needs at least 2 different inputs; got 1"):
        fit_shallow_globally(Samples([[0], [0]], [0, 1]))
    with pytest.raises(BudgetError, match="choices of gaps; got a budget of 200000"):
        fit_shallow_globally(problem("3.1"), 8)
