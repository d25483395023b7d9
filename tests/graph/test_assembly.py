"""What an assembly makes is the function of the stored numbers: checked in rational arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from foldline import Network
from foldline.errors import NetworkError
from foldline.exact.chain.form import chain_of
from foldline.exact.rational.exact import Exact, point
from foldline.graph.assembly import Affine, Assembly, by_channel, product_is_exact, sum_is_exact

FLOATS = hnp.arrays(np.float64, 3, elements=st.floats(-1e150, 1e150) | st.sampled_from([0.1, 3.0, 0.5, 1e-200]))


@given(FLOATS, FLOATS)
def test_a_sum_is_exact_just_where_rationals_say_so(a: np.ndarray, b: np.ndarray) -> None:
    truth = all(Fraction(x) + Fraction(y) == Fraction(x + y) for x, y in zip(a.tolist(), b.tolist(), strict=True))
    assert sum_is_exact(a, b) == truth


@given(FLOATS, FLOATS)
def test_a_product_is_called_exact_only_where_rationals_agree(a: np.ndarray, b: np.ndarray) -> None:
    with np.errstate(all="ignore"):
        found = product_is_exact(a, b)
    if found:
        assert all(Fraction(x) * Fraction(y) == Fraction(x * y) for x, y in zip(a.tolist(), b.tolist(), strict=True))


@given(st.integers(-(2**26), 2**26), st.integers(-(2**26), 2**26), st.integers(-60, 60))
def test_products_of_short_numbers_are_called_exact(m: int, n: int, e: int) -> None:
    assert product_is_exact(np.array([m * 2.0**e]), np.array([float(n)]))


Vector = list[Fraction]


def fractions(array: np.ndarray) -> Vector:
    return [Fraction(v) for v in np.asarray(array, dtype=float).reshape(-1).tolist()]


def times(W: np.ndarray, x: Vector) -> Vector:
    return [sum((Fraction(w) * v for w, v in zip(row, x, strict=True)), Fraction(0)) for row in W.tolist()]


RNG = np.random.default_rng(8)
W, V, S, T = RNG.normal(size=(4, 3)), RNG.normal(size=(2, 4)), RNG.normal(size=4), RNG.normal(size=4)
B = RNG.normal(size=(4, 3))


def _relu(x: Vector) -> Vector:
    return [max(v, Fraction(0)) for v in x]


def _clamp(x: Vector, lo: float, hi: float) -> Vector:
    return [min(max(v, Fraction(lo)), Fraction(hi)) for v in x]


def _plus(a: Vector, b: Vector) -> Vector:
    return [p + q for p, q in zip(a, b, strict=True)]


GROUPS = [np.array(g) for g in ([0, 1, 2], [2, 3], [3], [0, 1], [1, 0, 3, 2])]
STEPS: dict[str, tuple[Callable[[Assembly, Affine], Affine], Callable[[Vector], Vector]]] = {
    "two products": (lambda a, x: a.product(V, a.product(W, x)), lambda x: times(V, times(W, x))),
    "a scale after a product": (
        lambda a, x: a.scaled(a.product(W, x), S, T),
        lambda x: [Fraction(s) * v + Fraction(t) for s, t, v in zip(S, T, times(W, x), strict=True)],
    ),
    "a scale of a scale": (
        lambda a, x: a.scaled(a.scaled(x, S[:3], T[:3]), S[1:], T[1:]),
        lambda x: [
            Fraction(p) * (Fraction(s) * v + Fraction(t)) + Fraction(q)
            for s, t, p, q, v in zip(S, T, S[1:], T[1:], x, strict=False)
        ],
    ),
    "a residual sum": (
        lambda a, x: a.sum([a.product(W, x), a.product(B, x), Affine.of(S)]),
        lambda x: _plus(_plus(times(W, x), times(B, x)), fractions(S)),
    ),
    "a value read twice": (
        lambda a, x: a.product(np.concatenate([W, B], axis=1), Affine.joined([x, x])),
        lambda x: _plus(times(W, x), times(B, x)),
    ),
    "a negative": (lambda a, x: a.product(W, x.negative()), lambda x: [-v for v in times(W, x)]),
    "zeros taken": (
        lambda a, x: a.product(W, x.take(np.array([2, -1, 0]))),
        lambda x: times(W, [x[2], x[0] * 0, x[0]]),
    ),
    "the larger": (
        lambda a, x: a.larger(a.product(W, x), a.product(B, x)),
        lambda x: [max(p, q) for p, q in zip(times(W, x), times(B, x), strict=True)],
    ),
    "the larger and a constant": (
        lambda a, x: a.larger(Affine.of(S), a.product(W, x)),
        lambda x: [max(p, q) for p, q in zip(times(W, x), fractions(S), strict=True)],
    ),
    "the largest": (
        lambda a, x: a.largest(a.product(W, x), GROUPS, (5,)),
        lambda x: [max(times(W, x)[i] for i in g) for g in GROUPS],
    ),
    "a product of the largest": (
        lambda a, x: a.product(V[:, :3], a.largest(a.unit("relu", a.product(W, x)), GROUPS[:3], (3,))),
        lambda x: times(V[:, :3], [max(_relu(times(W, x))[i] for i in g) for g in GROUPS[:3]]),
    ),
    "a clip": (lambda a, x: a.clipped(a.product(W, x), -0.1, 0.3), lambda x: _clamp(times(W, x), -0.1, 0.3)),
    "a clip of a shifted value": (
        lambda a, x: a.clipped(a.sum([a.product(W, x), Affine.of(T)]), 0.1, 0.3),
        lambda x: _clamp(_plus(times(W, x), fractions(T)), 0.1, 0.3),
    ),
    "a clip below": (lambda a, x: a.clipped(x, 0.1, np.inf), lambda x: [max(v, Fraction(0.1)) for v in x]),
    "a clip above": (lambda a, x: a.clipped(x, -np.inf, 0.1), lambda x: [min(v, Fraction(0.1)) for v in x]),
    "rows": (
        lambda a, x: a.rows_times(np.array([[0.1], [0.7]]), x.reshaped(3, 1)),
        lambda x: [Fraction(w) * v for v in x for w in (0.1, 0.7)],
    ),
}


@pytest.mark.parametrize("name", STEPS)
def test_no_step_rounds_a_number(name: str) -> None:
    make, truth = STEPS[name]
    assembly = Assembly((3,))
    net = Network(**assembly.arguments(make(assembly, assembly.source(0))))
    exact = Exact(chain_of(net))
    for x in np.random.default_rng(1).normal(size=(5, 3)):
        assert list(exact.value(point(x.tolist()))) == truth(fractions(x)), net
    assert assembly.n_rounded == 0


def test_a_power_of_two_needs_no_layer_of_its_own() -> None:
    assembly = Assembly((3,))
    value = assembly.scaled(assembly.product(W, assembly.source(0)), np.array(0.5), np.array(1.0))
    assert Network(**assembly.arguments(value)).n_layers == 1


def test_a_mean_of_three_counts_as_rounded_and_one_of_four_not() -> None:
    assembly = Assembly((4,))
    assembly.mean(assembly.source(0), np.array([[0, 1, 2, 3]]), np.array([4]), (1,))
    assert assembly.n_rounded == 0
    assembly.mean(assembly.source(0), np.array([[0, 1, 2, -1]]), np.array([3]), (1,))
    assert assembly.n_rounded == 1


def test_a_pool_behind_a_relu_is_taken_before_it_and_the_relu_left_out() -> None:
    assembly = Assembly((3,))
    bent = assembly.unit("relu", assembly.product(W, assembly.source(0)))
    pooled = assembly.largest(bent, [np.array([0, 1]), np.array([2, 3])], (2,))
    alone = Network(**assembly.arguments(pooled))
    assert alone.layer_activations == ("identity", "relu", "relu") and alone.hidden == (4, 2, 2)
    both = Network(**assembly.arguments(assembly.sum([pooled, bent.take(np.array([0, 1]))])))
    assert both.hidden == (4, 4, 2, 2)
    for x in np.random.default_rng(2).normal(size=(5, 3)):
        h = _relu(times(W, fractions(x)))
        largest = [max(h[:2]), max(h[2:])]
        for net, truth in ((alone, largest), (both, _plus(largest, h[:2]))):
            assert list(Exact(chain_of(net)).value(point(x.tolist()))) == truth


def test_units_that_fall_are_not_looked_through() -> None:
    assembly = Assembly((3,))
    bent = assembly.unit("abs", assembly.product(W, assembly.source(0)))
    pooled = Network(**assembly.arguments(assembly.largest(bent, [np.array([0, 1, 2, 3])], (1,))))
    assert pooled.layer_activations[0] == "abs"
    x = np.random.default_rng(2).normal(size=(50, 3))
    np.testing.assert_allclose(pooled(x)[:, 0], np.abs(x @ W.T).max(axis=1), rtol=1e-14)
    turned = assembly.unit("relu", assembly.source(0)).negative()
    least = Network(**assembly.arguments(assembly.largest(turned, [np.array([0, 1, 2])], (1,))))
    np.testing.assert_allclose(least(x)[:, 0], -np.maximum(x, 0).min(axis=1), rtol=1e-14)


def test_what_an_assembly_cannot_do_is_said() -> None:
    assembly = Assembly((3,))
    x = assembly.source(0)
    with pytest.raises(NetworkError, match="a matrix of 4 columns after 3 values"):
        assembly.product(V, x)
    with pytest.raises(NetworkError, match="depends on the input; got a constant"):
        assembly.unit("relu", Affine.of(S))
    with pytest.raises(NetworkError, match=r"\[3\] and \[4\] side by side"):
        assembly.sum([x, Affine.of(S)])
    with pytest.raises(NetworkError, match=r"got \[3\] beside \[4\]"):
        x.spread((4,))
    with pytest.raises(NetworkError, match="windows with a value"):
        assembly.largest(x, [np.array([], dtype=np.int64)], (1,))
    with pytest.raises(NetworkError, match="windows with a value"):
        assembly.mean(x, np.array([[-1]]), np.array([0]), (1,))
    with pytest.raises(NetworkError, match=r"a lower limit below the upper; got \(1, 1\)"):
        assembly.clipped(x, 1.0, 1.0)
    with pytest.raises(NetworkError, match="2 numbers beside 3 channels"):
        by_channel(np.ones(2), (1, 3, 4))
