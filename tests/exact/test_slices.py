"""Slices of a network with many inputs: the same real-number function, nothing rounded."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from foldline import Box, Network, Samples
from foldline.data.slices import slice_through
from foldline.errors import InputError
from foldline.exact.chain.form import chain_of
from foldline.exact.rational.exact import Exact, point
from foldline.exact.regions import regions

from ..corpus import network


def wide(seed: int, **options: object) -> Network:
    rng = np.random.default_rng(seed)
    reads = (6, 5 + (6 if options.get("skips") else 0), 4)
    weights = [rng.normal(size=(n, m)) for n, m in zip((5, 4, 2), reads, strict=True)]
    return Network(weights, [rng.normal(size=n) for n in (5, 4, 2)], **options)  # type: ignore[arg-type]


OPTIONS = [
    {},
    {"skips": {2: (0,)}},
    {"activation": "leaky_relu", "slopes": {2: [0.5, -1.0, 0.1, 1.0]}},
    {"activation": ("hard_tanh", "abs"), "output": "tanh"},
]


@pytest.mark.parametrize("options", OPTIONS)
def test_a_plane_has_the_networks_value_in_rationals(options: dict[str, object]) -> None:
    rng = np.random.default_rng(1)
    net, (p, u, v) = wide(0, **options), rng.normal(size=(3, 6))
    for s, t in rng.normal(size=(5, 2)).tolist():
        at = [
            Fraction(a) + Fraction(s) * Fraction(b) + Fraction(t) * Fraction(c) for a, b, c in zip(p, u, v, strict=True)
        ]
        on_plane = Exact(chain_of(net.on_plane(p, u, v))).value(point([s, t]))
        assert on_plane == Exact(chain_of(net)).value(point(at))


@pytest.mark.parametrize("options", OPTIONS)
def test_a_line_has_the_networks_value_in_rationals(options: dict[str, object]) -> None:
    rng = np.random.default_rng(2)
    net, (a, b) = wide(0, **options), rng.normal(size=(2, 6))
    line = Exact(chain_of(net.on_line(a, b)))
    for t in (0.0, 1.0, 0.3, -2.7):
        at = [(1 - Fraction(t)) * Fraction(p) + Fraction(t) * Fraction(q) for p, q in zip(a, b, strict=True)]
        assert line.value(point([t])) == Exact(chain_of(net)).value(point(at))


def test_the_ends_of_a_line_are_the_two_points_in_floats_too() -> None:
    net, (a, b) = wide(3), np.random.default_rng(4).normal(size=(2, 6))
    assert np.array_equal(net.on_line(a, b)([[0.0], [1.0]]), net(np.stack([a, b])))


@pytest.mark.parametrize("family", ["gaussian", "integer", "zero_bias", "duplicated"])
def test_patterns_of_regions_on_a_plane_are_those_of_the_network_there(family: str) -> None:
    net = network(family, (5, 6, 5, 1), 0)
    p, u, v = np.random.default_rng(0).integers(-2, 3, size=(3, 5)).astype(float)
    found = regions(net.on_plane(p, u, v), Box([-1, -1], [1, 1]))
    at = p + found.points @ [u, v]
    assert np.array_equal(found.patterns[:, 5:], net.pattern(at)) and not found.patterns[:, :5].any()
    assert len({row.tobytes() for row in found.patterns}) == len(found)


def test_regions_on_a_line_lie_between_all_the_switches_that_dense_sampling_sees() -> None:
    net = network("one_decimal", (5, 8, 8, 1), 1)
    a, b = np.random.default_rng(1).normal(size=(2, 5))
    found = regions(net.on_line(a, b), Box([0.0], [1.0]))
    t = np.linspace(0, 1, 20_001)[:, None]
    seen = net.pattern((1 - t) * a + t * b)
    assert len(found) >= 1 + np.count_nonzero((seen[1:] != seen[:-1]).any(axis=1))
    assert {row.tobytes() for row in seen[1:-1]} <= {row[7:].tobytes() for row in found.patterns}


def test_a_slice_keeps_the_class_names_and_names_its_own_inputs() -> None:
    net = Network(wide(0).weights, wide(0).biases, meta={"classes": ["cat", "dog"], "names": list("abcdef")})
    assert dict(net.on_plane(*np.zeros((3, 6))).meta) == {"classes": ["cat", "dog"], "names": ["s", "t"]}


def test_a_line_needs_two_points() -> None:
    with pytest.raises(InputError, match="on_line needs two points; got shapes"):
        wide(0).on_line(np.zeros((2, 6)), np.zeros(6))
    with pytest.raises(InputError, match="network needs 6 inputs"):
        wide(0).on_line(np.zeros(5), np.zeros(6))


def test_a_slice_needs_finite_numbers() -> None:
    net = replace(wide(0), seen=Box([-1.0] * 6, [1.0] * 6))
    with pytest.raises(InputError, match=r"two points of finite numbers; got \[nan"):
        net.on_line(np.zeros(6), np.full(6, np.nan))
    with pytest.raises(InputError, match=r"two directions of finite numbers; got \[0.0, .*inf"):
        net.on_plane(np.zeros(6), np.eye(6)[0], [0, 0, 0, 0, 0, np.inf])


def test_a_slice_along_columns_is_called_as_they_are_and_its_points_too() -> None:
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(4, 3)), rng.normal(size=(1, 4))]
    net = Network(weights, [np.zeros(4), np.zeros(1)], meta={"names": ["petal length", "petal width", "age"]})
    axes = np.eye(3)
    for at, u, v, names in (
        ([0, 5.0, 0], axes[0], axes[2], ["petal length", "age"]),
        ([0, 5.0, -2], axes[1], axes[2], ["petal width − 5", "age + 2"]),
        ([0, 5.0, 0], 2 * axes[1], [1, 1, 0], ["(petal width − 5) / 2", "t"]),
    ):  # fmt: skip
        assert list(net.on_plane(at, u, v).meta["names"]) == names
        samples = Samples(rng.normal(size=(5, 3)), np.zeros((5, 1)), "regression", net.meta["names"])
        assert list(slice_through(*(np.asarray(part, float) for part in (at, u, v))).cast(samples).names) == names
