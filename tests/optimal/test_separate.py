"""separate() against linear programs and quadratic programs, and its proofs against themselves."""

import sys
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize

from foldline.data.fish import fish
from foldline.data.gates import NAMES, gate
from foldline.data.toys import blobs, moons, rings
from foldline.errors import BudgetError, InputError
from foldline.optimal.least_errors import least_errors
from foldline.optimal.separate import errors, separate
from foldline.samples import Samples

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
from separate import by_linear_program, point_set

sys.path.pop(0)


def classes(points, labels):
    labels = np.asarray(labels)
    return Samples(points, labels, "classification", (), tuple(map(str, range(max(2, labels.max() + 1)))))


@pytest.mark.parametrize("block", range(6))
def test_the_answer_is_that_of_a_linear_program_and_every_proof_checks(block):
    for seed in range(100_000 + 25 * block, 100_025 + 25 * block):
        samples = point_set(seed)
        answer = separate(samples)
        assert answer.separable == by_linear_program(samples), seed
        assert answer.check(), seed
        assert sum(answer.multipliers.values()) == (2 if samples.d_out == 2 else 1)


def test_exactly_fourteen_of_the_sixteen_functions_are_separable():
    inseparable = {name for name in NAMES if 0 < NAMES[name] < 15 and not separate(gate(name)).separable}
    assert inseparable == {"xor", "xnor"}
    assert 16 - len(inseparable) == 14


def test_the_proof_for_xor_is_the_middle_of_the_square():
    answer = separate(gate("xor"))
    assert answer.common_point == (Fraction(1, 2), Fraction(1, 2))
    assert set(answer.multipliers.values()) == {Fraction(1, 2)} and answer.support == (0, 1, 2, 3)
    with pytest.raises(InputError, match="network needs separable samples"):
        answer.network()


def test_the_hyperplane_is_the_widest_one():
    samples = fish(30, overlap=0.4, seed=2)
    answer = separate(samples)
    sign = 2 * samples.targets[:, 0] - 1
    program = minimize(
        lambda v: v[1:] @ v[1:],
        np.array([-40.0, 0.5, 1.0]),
        constraints={"type": "ineq", "fun": lambda v: sign * (v[0] + samples.inputs @ v[1:]) - 1},
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    assert answer.margin == pytest.approx(1 / np.linalg.norm(program.x[1:]), rel=1e-6)
    w = np.array([float(v) for v in answer.weights[0]])
    distances = sign * (w[0] + samples.inputs @ w[1:]) / np.linalg.norm(w[1:])
    assert distances.min() == pytest.approx(answer.margin, rel=1e-9)
    assert np.allclose(distances[list(answer.support)], answer.margin, rtol=1e-9)
    assert np.array_equal(answer.network()(samples.inputs), samples.targets)


def test_copies_and_touching_hulls_are_decided_exactly():
    assert not separate(classes([[0.1, 0.2], [0.1, 0.2]], [0, 1])).separable
    assert not separate(classes([[0, 0], [2, 2], [1, 1]], [0, 0, 1])).separable
    tiny = separate(classes([[1.0], [np.nextafter(1.0, 2.0)]], [0, 1]))
    assert tiny.separable and tiny.check() and tiny.margin == 2.0**-53


def test_three_classes_around_a_point_need_more_than_lines():
    assert separate(blobs(30, spread=0.1)).separable
    answer = separate(rings(30, n_classes=3))
    assert not answer.separable and answer.common_point is None and answer.check()
    answer = separate(blobs(30, spread=0.1))
    assert np.array_equal(answer.network()(answer.samples.inputs).argmax(1), answer.samples.targets[:, 0])
    assert errors(answer.weights, answer.samples) == 0 and answer.margin > 0


def test_a_false_proof_does_not_check():
    answer = separate(gate("xor"))
    wrong = {**answer.multipliers, next(iter(answer.multipliers)): Fraction(1, 3)}
    assert not type(answer)(answer.samples, False, answer.weights, 0.0, wrong, answer.common_point).check()
    zero = {**answer.multipliers, next(iter(answer.multipliers)): Fraction(0)}
    assert not type(answer)(answer.samples, False, answer.weights, 0.0, zero, answer.common_point).check()


@pytest.mark.parametrize("seed", range(12))
def test_the_least_number_of_errors_equals_trying_every_labelling(seed):
    rng = np.random.default_rng(seed)
    d, n = (1, 2, 3)[seed % 3], int(rng.integers(4, 8))
    points, labels = rng.integers(-1, 2, (n, d)).astype(float), rng.integers(0, 2, n)
    if len(set(labels)) < 2:
        labels[0] = 1 - labels[0]
    best = n
    for other in product((0, 1), repeat=n):
        wrong = int(np.sum(np.array(other) != labels))
        if wrong < best and (len(set(other)) == 1 or separate(classes(points, np.array(other))).separable):
            best = wrong
    answer = least_errors(classes(points, labels))
    assert answer.count == best == len(answer.wrong)
    assert errors([answer.weights], classes(points, labels)) == best


def test_the_least_errors_of_moons_are_no_more_than_those_of_any_line_tried():
    samples = moons(40, seed=1)
    answer = least_errors(samples)
    rng = np.random.default_rng(0)
    tried = rng.normal(size=(20_000, 3)) @ np.column_stack([np.ones(40), samples.inputs]).T > 0
    assert 0 < answer.count <= int((tried != (samples.targets[:, 0] == 1)).sum(1).min())


def test_a_separable_gate_needs_no_error_and_xor_one():
    assert least_errors(gate("and")).count == 0
    assert least_errors(gate("xor")).wrong in [(k,) for k in range(4)]


@pytest.mark.parametrize("labels", [[0, 1, 1, 0], [0, 1, 2, 0]])
def test_samples_as_large_as_doubles_go_are_decided_and_proved(labels):
    answer = separate(classes([[1e300, 0.0], [0.0, 1e300], [1e-300, 0.0], [1e308, -1e308]], labels))
    assert answer.separable and answer.check()


def test_separate_refuses_what_has_no_classes():
    with pytest.raises(InputError, match="separate needs a classification; got samples of kind 'regression'"):
        separate(Samples([[0.0]], [0.0]))
    with pytest.raises(InputError, match=r"separate needs >= 2 classes; got \{1\}"):
        separate(classes([[0.0], [1.0]], [1, 1]))
    with pytest.raises(InputError, match="least_errors needs 2 classes; got 3"):
        least_errors(blobs(9))
    with pytest.raises(BudgetError, match="orientation tests for 2000 samples"):
        least_errors(fish(2000))
