"""Bounds are held against the printed numbers of the lecture and book, brute sums, and each other."""

from __future__ import annotations

from itertools import pairwise, product
from math import comb

import numpy as np
import pytest

from foldline import Network
from foldline.errors import NetworkError
from foldline.exact.bounds import bounds, deep_lower, zaslavsky


def shape(*widths: int, activation: str = "relu") -> Network:
    """A network of ones: bounds look at the shape alone."""
    pairs = list(pairwise(widths))
    return Network([np.ones((n, m)) for m, n in pairs], [np.zeros(n) for _, n in pairs], activation)


def test_zaslavsky_gives_the_books_numbers() -> None:
    assert zaslavsky(2, 3) == 7
    assert zaslavsky(10, 50) == 13_432_735_556
    assert zaslavsky(10, 8) == 256
    printed = {1: "5.010e+02", 5: "2.578e+11", 10: "2.509e+20", 50: "2.602e+69", 100: "2.716e+107"}
    assert {d: f"{zaslavsky(d, 500):.3e}" for d in printed} == printed


def test_shallow_networks_have_the_books_parameter_counts() -> None:
    assert bounds(shape(10, 8, 1)).n_parameters == 97
    counts = [bounds(shape(d, 500, 1)).n_parameters for d in (1, 5, 10, 50, 100)]
    assert counts == [1501, 3501, 6001, 26001, 51001]


def test_the_lectures_deep_networks_have_its_numbers_with_the_digits_put_right() -> None:
    five_by_ten, five_by_fifty = bounds(shape(1, *[10] * 5, 1)), bounds(shape(10, *[50] * 5, 1))
    assert (five_by_ten.n_parameters, five_by_ten.lower) == (471, 161_051)
    assert five_by_fifty.n_parameters == 10_801
    assert five_by_fifty.lower == 179_562_019_186_562_049_740_867_382_427_559_978_336_256
    assert five_by_fifty.lower > 10**40


def test_mnist1d_shapes_have_the_true_parameter_counts() -> None:
    counts = [bounds(shape(40, *[w] * k, 10)).n_parameters for k, w in ((1, 298), (2, 100), (3, 75), (4, 63))]
    assert counts == [15_208, 15_210, 15_235, 15_319]


def test_one_hidden_layer_makes_all_bounds_equal_but_the_patterns() -> None:
    answer = bounds(shape(3, 7, 2))
    assert answer.zaslavsky == answer.lower == answer.raghu == answer.serra == answer.upper == zaslavsky(3, 7)
    assert answer.patterns == 2**7


@pytest.mark.parametrize("widths", [(2, 4, 3), (3, 5, 5), (2, 3, 4, 2), (4, 2, 6, 3)])
def test_serra_equals_its_theorem_summed_term_by_term(widths: tuple[int, ...]) -> None:
    d, *hidden = widths
    total = 0
    for js in product(*(range(n + 1) for n in hidden)):
        arriving = [d]
        for n, j in zip(hidden, js, strict=True):
            arriving.append(n - j)
        if all(js[k] <= min(*arriving[: k + 1], hidden[k]) for k in range(len(hidden))):
            total += int(np.prod([comb(n, j) for n, j in zip(hidden, js, strict=True)]))
    assert bounds(shape(d, *hidden, 1)).serra == total


def test_bounds_are_in_order() -> None:
    rng = np.random.default_rng(5)
    for _ in range(50):
        answer = bounds(shape(int(rng.integers(1, 6)), *rng.integers(1, 12, size=rng.integers(1, 5)).tolist(), 1))
        assert answer.lower <= answer.serra <= answer.raghu
        assert answer.upper <= answer.patterns


def test_units_that_pass_something_on_when_off_lose_no_dimension() -> None:
    assert bounds(shape(3, 4, 4, 1, activation="abs")).serra == zaslavsky(3, 4) ** 2
    assert bounds(shape(3, 4, 4, 1)).serra < zaslavsky(3, 4) ** 2


def test_a_unit_with_two_joints_folds_twice() -> None:
    assert bounds(shape(2, 3, 1, activation="relu6")).patterns == 2**6


def test_a_network_without_hidden_layers_has_one_region() -> None:
    answer = bounds(shape(3, 2))
    assert answer.zaslavsky == answer.lower == answer.upper == 1


def test_a_narrow_layer_leaves_fewer_axes_to_the_lower_bound() -> None:
    assert deep_lower(10, (2, 50)) == zaslavsky(2, 50)


def test_smooth_units_are_refused() -> None:
    with pytest.raises(NetworkError, match="piecewise-linear hidden units; got 'tanh'"):
        bounds(shape(2, 3, 1, activation="tanh"))
