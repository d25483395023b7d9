"""The globally best shallow fit, against many local searches and its own certificate."""

from itertools import combinations

import numpy as np
import pytest

from foldline.data.book import problem, solution
from foldline.errors import BudgetError, InputError
from foldline.exact.shallow_fit import fit_shallow_globally
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
    assert best.n_choices == 1330 * 64 and best.n_refuted == 1295 * 64
    assert ((solution("3.1")(samples.inputs) - samples.targets) ** 2).sum() > 80 * float(best.least)


def test_the_global_fit_refuses_what_it_cannot_go_through():
    with pytest.raises(InputError, match="fit_shallow_globally needs 1 input and 1 number; got 2 and 1"):
        fit_shallow_globally(Samples([[0, 1]], [0]))
    with pytest.raises(InputError, match="fit_shallow_globally needs at least 1 unit; got 0"):
        fit_shallow_globally(problem("3.1"), 0)
    with pytest.raises(InputError, match="fit_shallow_globally needs at least 2 different inputs; got 1"):
        fit_shallow_globally(Samples([[0], [0]], [0, 1]))
    with pytest.raises(BudgetError, match="choices of gaps; got a budget of 200000"):
        fit_shallow_globally(problem("3.1"), 8)
