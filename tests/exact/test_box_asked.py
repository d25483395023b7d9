"""The box of a question that names none: where the network's data lie."""

from __future__ import annotations

import numpy as np
import pytest

import foldline as fl
from foldline.data.gates import gate, xor_network

WEIGHTS = [[[1, 1], [1, 1]], [[1, -2]]], [[0, -1], [0]]
QUESTIONS = [fl.regions, fl.decisions, fl.boundary]


@pytest.mark.parametrize("question", QUESTIONS)
def test_it_is_where_the_data_lie(question) -> None:
    network = fl.Network(*WEIGHTS, seen=fl.Box([0, 0], [1, 2]), meta={"kind": "classification"})
    found = question(network)
    assert found.box.lo.tolist() == [-0.05, -0.1] and found.box.hi.tolist() == [1.05, 2.1]
    assert repr(found.box) in repr(found)


def test_counting_and_surfaces_take_it_too() -> None:
    network = fl.Network(*WEIGHTS, seen=fl.Box([-1, -1], [2, 2]))
    assert fl.count(network) == 3 and fl.surface(network, level=0.5).size == pytest.approx(2 * 3 * 2**0.5, rel=0.3)


@pytest.mark.parametrize("question", [*QUESTIONS, fl.count, fl.surface])
def test_a_network_that_knows_no_data_needs_one(question) -> None:
    with pytest.raises(fl.FoldlineError, match=r"needs a box; got none, .* Write Box\(lo, hi\)\."):
        question(xor_network())


def test_a_fit_remembers_the_range_of_its_data() -> None:
    network = fl.fit(gate("xor"), hidden=(4,), steps=10)
    assert network.seen.lo.tolist() == [0, 0] and network.seen.hi.tolist() == [1, 1]


def test_a_shape_is_about_the_cube_it_is_sampled_in() -> None:
    inputs = np.random.default_rng(0).uniform(-0.9, 0.9, (20, 3))
    network = fl.fit(fl.Samples(inputs, inputs[:, 0], "distance"), hidden=(4,), steps=2)
    assert network.box.lo.tolist() == [-1, -1, -1] and network.box.hi.tolist() == [1, 1, 1]


def test_a_slice_is_asked_where_it_meets_the_data() -> None:
    """Every point of the data's box on the plane lies in the slice's, whose sides all touch one."""
    network = fl.Network([[[1, 2, 3]]], [[0]], seen=fl.Box([-1, 0, 2], [1, 1, 4]))
    point, u, v = np.array([0.0, 0.5, 3.0]), np.array([1.0, 1.0, 0.0]), np.array([0.0, 0.25, 1.0])
    box = network.on_plane(point, u, v).box
    at = np.stack(np.meshgrid(*(np.linspace(-3, 3, 601),) * 2), axis=-1).reshape(-1, 2)
    there = point + at @ np.stack([u, v])
    inside = at[((there >= network.seen.lo) & (there <= network.seen.hi)).all(axis=1)]
    np.testing.assert_allclose([inside.min(axis=0), inside.max(axis=0)], [box.lo, box.hi], atol=0.011)
    assert network.on_plane([9, 9, 9], [1, 0, 0], [0, 1, 0]).box is None
    assert network.on_line(point, point + u).box.hi.tolist() == [1.0]


