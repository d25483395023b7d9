"""The folding network is held against its closed form: the zigzag composed piece by piece in exact rationals."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from foldline.data.folding import BOX, folding, zigzag
from foldline.errors import InputError
from foldline.exact.bounds import bounds


def joints_of(n: int, K: int) -> list[Fraction]:
    """All joints on the box, by pulling every layer's joints back through the exact inverse of each piece."""
    joints, facing, steps, c = ([Fraction(float(v)) for v in np.atleast_1d(part)] for part in zigzag(n))

    def f(x: Fraction) -> Fraction:
        return c[0] + sum(a * max(Fraction(0), d * (x - t)) for t, d, a in zip(joints, facing, steps, strict=True))

    lo, hi = map(Fraction, BOX)
    found = sorted(joints)
    for _ in range(K - 1):
        edges = [lo, *joints, hi]
        back = []
        for left, right in pairwise(edges):
            a, b = 2 * f(left) - Fraction(1, 2), 2 * f(right) - Fraction(1, 2)
            back += [left + (y - a) / (b - a) * (right - left) for y in found if min(a, b) < y < max(a, b)]
        found = sorted({*joints, *back})
    return found


@pytest.mark.parametrize(("n", "K"), [(3, 1), (3, 4), (4, 3), (5, 3), (10, 2), (10, 3), (17, 2)])
def test_every_power_is_attained(n: int, K: int) -> None:
    assert len(joints_of(n, K)) + 1 == (n + 1) ** K


@pytest.mark.parametrize(("n", "K"), [(3, 4), (4, 3), (5, 3), (6, 2), (10, 3)])
def test_patterns_between_the_joints_are_all_different_and_change_by_one_unit(n: int, K: int) -> None:
    joints = np.array([float(x) for x in joints_of(n, K)])
    edges = np.concatenate([[BOX[0]], joints, [BOX[1]]])
    patterns = folding(n, K).pattern(((edges[1:] + edges[:-1]) / 2)[:, None])
    assert len(np.unique(patterns, axis=0)) == (n + 1) ** K
    assert (np.abs(np.diff(patterns, axis=0)).sum(axis=1) == 1).all()


def test_the_forward_pass_equals_the_map_of_the_piece_with_error_zero() -> None:
    network = folding(10, 3)
    edges = np.array([BOX[0], *(float(x) for x in joints_of(10, 3)), BOX[1]])
    middles = ((edges[1:] + edges[:-1]) / 2)[:, None]
    maps = network.affine_map(middles)[:, 0]
    for x in (edges[:-1], edges[1:], middles[:, 0]):
        assert (network(x[:, None])[:, 0] == maps[:, 0] * x + maps[:, 1]).all()


def test_neighbouring_pieces_rise_and_fall_in_turn_so_none_merge() -> None:
    edges = np.array([BOX[0], *(float(x) for x in joints_of(4, 3)), BOX[1]])
    slopes = folding(4, 3).affine_map(((edges[1:] + edges[:-1]) / 2)[:, None])[:, 0, 0]
    assert (slopes[1:] * slopes[:-1] < 0).all()


@pytest.mark.parametrize("n", range(3, 40))
def test_the_zigzag_touches_0_and_1_at_its_joints_in_turn(n: int) -> None:
    values = folding(n, 1)(zigzag(n)[0][:, None])[:, 0]
    assert (values == np.where(np.arange(n) % 2, 0.0, 1.0)).all()


def test_weights_are_exact_in_float32() -> None:
    for n in (3, 10, 50):
        network = folding(n, 3)
        assert all((W == W.astype(np.float32)).all() for W in (*network.weights, *network.biases))


def test_the_count_is_the_upper_bound_of_the_shape() -> None:
    answer = bounds(folding(10, 5))
    assert (answer.n_parameters, answer.lower, answer.serra) == (471, 161_051, 161_051)


def test_one_layer_of_one_or_two_units_has_its_pieces() -> None:
    for n in (1, 2):
        slopes = folding(n, 1).affine_map(np.array([[-0.25], [0.5], [1.25]][: n + 1]))[:, 0, 0]
        assert len(set(slopes.tolist())) == n + 1


@pytest.mark.parametrize(("n", "K"), [(2, 2), (1, 3), (0, 1), (3, 0), (3.5, 2)])
def test_widths_without_such_a_network_are_refused(n: Any, K: int) -> None:
    with pytest.raises(InputError, match="folding needs whole numbers, n >= 3 units in each of K >= 1 layers"):
        folding(n, K)
