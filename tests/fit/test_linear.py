"""Linear models, perceptron learning and the share of starts that learn XOR."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from foldline.activations import UNITS
from foldline.data.fish import fish
from foldline.data.gates import NAMES, gate, truth_table
from foldline.data.toys import blobs, curve
from foldline.errors import FitError, InputError
from foldline.fit.linear import descend, least_squares, line
from foldline.fit.perceptron import Learner, learn_perceptron, mistake_bound
from foldline.fit.starts import train_from_starts
from foldline.losses import LOSSES, homogeneous
from foldline.optimal.separate import separate
from foldline.samples import Samples

NOISY = curve(lambda x: 1.5 - 2.0 * x, (-1.0, 3.0), 40, noise=0.3, seed=5)


def test_the_closed_form_the_textbook_formula_and_descent_agree():
    fit, path = least_squares(NOISY), descend(NOISY, steps=3000)
    assert np.allclose(line(NOISY), fit.weights[0], rtol=1e-12)
    assert np.allclose(path.path[-1], fit.weights[0], rtol=1e-8)
    assert np.allclose(np.polyfit(NOISY.inputs[:, 0], NOISY.targets[:, 0], 1)[::-1], fit.weights[0], rtol=1e-10)
    assert path.losses[-1] == pytest.approx(fit.loss, rel=1e-10)


def test_residuals_of_least_squares_are_orthogonal_to_the_inputs():
    fit = least_squares(NOISY)
    assert np.abs(homogeneous(NOISY.inputs).T @ fit.residuals).max() < 1e-11
    assert np.allclose(fit.network(NOISY.inputs) + fit.residuals, NOISY.targets)
    assert least_squares(Samples([[1, 2], [2, 4], [3, 6]], [1, 2, 3])).rank == 2


@pytest.mark.parametrize(
    ("samples", "loss"),
    [
        (NOISY, "squared"),
        (fish(60), "binary_cross_entropy"),
        (fish(60), "quadratic"),
        (blobs(60), "cross_entropy"),
    ],
)
def test_descent_at_the_safe_rate_never_rises(samples, loss):
    run = descend(samples, loss, steps=300)
    assert np.all(np.diff(run.losses) <= 1e-12 * run.losses[0])
    assert run.losses[-1] < run.losses[0]
    assert len(run.path) == len(run.losses) == 301


def test_descent_reaches_the_logistic_regression_of_scikit_learn():
    samples = blobs(90, spread=1.2, seed=1)
    run = descend(samples, "cross_entropy", steps=5000)
    peer = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(samples.inputs, samples.targets[:, 0])
    best = LOSSES["cross_entropy"](peer.decision_function(samples.inputs), samples.targets).sum()
    assert best - 1e-9 <= run.losses[-1] <= best + 1e-4


def test_a_rate_that_is_too_large_stops_with_the_last_good_weights():
    with pytest.raises(FitError, match=r"descend needs a finite loss; got (inf|nan) at step") as caught:
        descend(NOISY, rate=1e3)
    assert np.isfinite(caught.value.network(NOISY.inputs)).all()


def test_linear_fits_refuse_what_does_not_fit():
    with pytest.raises(InputError, match="least_squares needs numbers to predict; got a classification"):
        least_squares(fish(10))
    with pytest.raises(InputError, match="line needs 1 input and 1 number; got 2 and 1"):
        line(fish(10))
    with pytest.raises(InputError, match="line needs at least 2 different x; got 1 only"):
        line(Samples([[1], [1]], [0, 1]))
    with pytest.raises(InputError, match="descend needs a loss out of"):
        descend(NOISY, "huber")
    with pytest.raises(InputError, match="descend needs a loss that fits the targets; got 'squared'"):
        descend(fish(10), "squared")
    with pytest.raises(InputError, match="descend needs 2 classes for 'quadratic'; got 3"):
        descend(blobs(9), "quadratic")
    with pytest.raises(InputError, match=r"descend needs a start of shape \(2,\); got \(3,\)"):
        descend(NOISY, start=[0, 0, 0])
    with pytest.raises(InputError, match="descend needs a rate for 'absolute'"):
        descend(NOISY, "absolute")
    for options in ({"rate": -1.0}, {"rate": float("nan")}, {"steps": -1}):
        with pytest.raises(InputError, match="descend needs a rate above 0 and steps of 0 or more; got"):
            descend(NOISY, **options)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"xor", "xnor", "true", "false"}))
def test_learning_finds_every_separable_function_within_the_bound(name):
    samples = gate(name)
    run = learn_perceptron(samples)
    assert run.converged and np.array_equal(run.network(samples.inputs), samples.targets)
    assert run.n_mistakes <= mistake_bound(samples, [float(v) for v in separate(samples).weights[0]])


def test_learning_xor_goes_round_in_circles():
    run = learn_perceptron(gate("xor"), passes=50)
    assert not run.converged and run.passes == 50
    assert len(np.unique(run.path, axis=0)) < 20 < run.n_mistakes


def test_the_path_holds_one_step_a_mistake():
    samples = fish(40, overlap=0.3)
    run = learn_perceptron(samples, passes=20_000)
    assert run.converged
    X, sign = homogeneous(samples.inputs), 2 * samples.targets[:, 0] - 1
    assert np.allclose(np.diff(run.path, axis=0), sign[run.mistaken, None] * X[run.mistaken])
    assert run.n_mistakes <= mistake_bound(samples, [float(v) for v in separate(samples).weights[0]])


def test_learning_three_classes_moves_two_weights_a_mistake_and_keeps_to_the_bound():
    samples = blobs(60, spread=0.4, seed=2)
    run, wide = learn_perceptron(samples), separate(samples)
    assert run.converged and wide.separable and run.path.shape == (run.n_mistakes + 1, 3, 3)
    assert np.array_equal(run.network(samples.inputs).argmax(axis=1), samples.targets[:, 0])
    X, steps = homogeneous(samples.inputs), np.diff(run.path, axis=0)
    right = samples.targets[run.mistaken, 0].astype(int)
    assert np.allclose(steps[np.arange(len(right)), right], X[run.mistaken])
    assert np.allclose(steps.sum(axis=1), 0) and np.count_nonzero(np.abs(steps).sum(axis=2)) == 2 * len(right)
    assert 0 < run.n_mistakes <= mistake_bound(samples, [[float(v) for v in row] for row in wide.weights])


def test_learning_begins_where_it_is_told_to():
    separating = learn_perceptron(gate("or")).path[-1]
    run = learn_perceptron(gate("or"), start=separating)
    assert run.n_mistakes == 0 and run.passes == 1 and np.array_equal(run.path, [separating])


def test_the_mean_counts_the_weights_after_every_row_by_its_step():
    rng = np.random.default_rng(0)
    X, labels, steps = rng.normal(size=(50, 3)), rng.integers(0, 3, 50), rng.uniform(0.5, 2, 50)
    whole, one = Learner(np.ones((3, 3))), Learner(np.ones((3, 3)))
    mistakes, total = whole.show(X, labels, np.arange(50), steps), np.zeros((3, 3))
    for k in range(50):
        one.show(X, labels, np.array([k]), steps)
        total += steps[k] * one.weights
    assert len(mistakes) > 10 and np.array_equal(one.weights, whole.weights)
    assert np.allclose(whole.mean, total / steps.sum(), rtol=1e-12)


def test_learning_and_its_bound_refuse_what_does_not_fit():
    with pytest.raises(InputError, match="learn_perceptron needs 2 classes or more; got kind 'regression' with 1"):
        learn_perceptron(NOISY)
    with pytest.raises(InputError, match=r"learn_perceptron needs weights \(b, w\) of shape \(3,\); got \(1,\)"):
        learn_perceptron(gate("and"), start=[0.0])
    with pytest.raises(InputError, match=r"learn_perceptron needs weights \(b, w\) of shape \(3, 3\); got \(3,\)"):
        learn_perceptron(blobs(9), start=[0.0, 1.0, 2.0])
    with pytest.raises(InputError, match="learn_perceptron needs at least 1 pass; got 0"):
        learn_perceptron(gate("and"), passes=0)
    with pytest.raises(InputError, match="mistake_bound needs a separator with every sample right"):
        mistake_bound(gate("xor"), [0.0, 1.0, 1.0])
    with pytest.raises(InputError, match=r"mistake_bound needs weights \(b, w\) of shape \(3,\); got \(2,\)"):
        mistake_bound(gate("and"), [0.0, 1.0])


def test_three_input_functions_can_be_learnt_too():
    majority = truth_table(0b00010111, 3)
    assert learn_perceptron(majority).converged


def test_more_hidden_units_solve_xor_from_more_starts():
    shares = [train_from_starts(gate("xor"), hidden=k, rate=0.5, steps=600).success_share for k in (2, 4, 8)]
    assert 0.05 < shares[0] < shares[1] < shares[2] and shares[2] > 0.85


def test_one_start_follows_torch():
    samples = gate("xor")
    ends = train_from_starts(samples, hidden=3, n_starts=4, steps=200, activation="tanh", seed=9)
    begin = train_from_starts(samples, hidden=3, n_starts=4, steps=1, rate=1e-300, activation="tanh", seed=9)
    model = begin.networks[2].to_torch()
    x, y = torch.tensor(samples.inputs), torch.tensor(samples.targets)
    steps = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(200):
        steps.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(model(x), y).backward()
        steps.step()
    assert np.allclose(model(x).detach().numpy(), ends.networks[2](samples.inputs), atol=1e-10)
    assert ends.solved[2] == np.array_equal(ends.networks[2](samples.inputs) > 0, samples.targets == 1)


def test_training_from_starts_refuses_what_does_not_fit():
    with pytest.raises(InputError, match="train_from_starts needs 2 classes; got kind 'classification', 3 outputs"):
        train_from_starts(blobs(9))
    with pytest.raises(InputError, match="train_from_starts needs positive numbers; got 0 units"):
        train_from_starts(gate("xor"), hidden=0)
    with pytest.raises(InputError, match=r"train_from_starts needs a unit out of .*; got 'cosine'"):
        train_from_starts(gate("xor"), activation="cosine")
    assert "cosine" not in UNITS
