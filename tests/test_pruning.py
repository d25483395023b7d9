"""Pruned networks: the same function, and nothing in them on which no output depends."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import foldline as fl
from foldline.grid import Grid

RNG = np.random.default_rng(0)


def sparse(seed: int, skips: bool, activation: str = "relu") -> fl.Network:
    rng = np.random.default_rng(seed)
    widths = (2, 7, 6, 5, 2)
    read = {3: 2} if skips else {}
    weights = [
        rng.normal(size=(b, a + read.get(k + 1, 0))) * (rng.random((b, a + read.get(k + 1, 0))) < 0.25)
        for k, (a, b) in enumerate(pairwise(widths))
    ]
    slopes = {2: rng.random(6)} if activation == "leaky_relu" else None
    return fl.Network(weights, [rng.normal(size=b) for b in widths[1:]], activation, slopes=slopes,
                      skips={3: (0,)} if skips else None, meta={"names": ["a", "b"]})  # fmt: skip


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "tanh"])
@pytest.mark.parametrize("skips", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_a_pruned_network_is_the_same_function(seed: int, skips: bool, activation: str) -> None:
    net, points = sparse(seed, skips, activation), RNG.normal(size=(50, 2))
    less = net.prune()
    np.testing.assert_allclose(less(points), net(points), rtol=1e-13, atol=1e-13)
    assert less.n_parameters < net.n_parameters and less.prune() == less
    assert (less.d_in, less.d_out, less.meta) == (net.d_in, net.d_out, net.meta)
    for layer in range(1, less.n_layers):
        alone = less.hidden[layer - 1] == 1
        readers = [k for k in range(1, less.n_layers + 1) if layer in less.sources(k)]
        assert alone or all(less.weights[readers[0] - 1][:, : less.hidden[layer - 1]].any(axis=0)) or len(readers) > 1


def test_units_that_lead_to_dead_ones_go_as_well() -> None:
    net = fl.Network([np.ones((3, 1)), [[1, 1, 0], [0, 0, 1]], [[1, 0]]], [np.zeros(3), np.zeros(2), [0.0]])
    assert net.prune().widths == (1, 2, 1, 1)


def test_where_no_output_depends_on_anything_one_unit_stays() -> None:
    net = fl.Network([np.ones((3, 2)), np.zeros((1, 3))], [np.zeros(3), [4.0]])
    assert net.prune().widths == (2, 1, 1) and net.prune()([0.0, 9.0])[0] == 4.0


@pytest.mark.parametrize("d", [1, 2, 3])
def test_a_pruned_field_has_the_features_that_are_read_and_the_same_regions(d: int) -> None:
    rng = np.random.default_rng(d)
    features = [rng.normal(size=((n + 1) ** d, 2)).astype(np.float32) for n in (2, 4, 8)]
    features[2][rng.random(len(features[2])) < 0.9] = 0
    box = fl.Box([0.0] * d, [1.0] * d)
    W = rng.normal(size=(4, d + 6))
    W[:, [d, d + 1, d + 3]] = 0  # none of the first level, one feature of the second
    net = fl.Network([W, rng.normal(size=(1, 4))], [rng.normal(size=4), [0.0]], grid=Grid(box, (2, 4, 8), features))
    less, points = net.prune(), rng.random((200, d))
    assert less.grid.sizes == (4, 8) and less.grid.channels == (1, 2) and less.grid.rows[0] is None
    assert len(less.grid.rows[1]) == features[2].any(axis=1).sum()
    np.testing.assert_allclose(less(points), net(points), rtol=1e-13, atol=1e-13)
    assert fl.count(less) == fl.count(net)


def test_a_field_that_reads_its_coordinates_alone_keeps_one_feature() -> None:
    grid = Grid(fl.Box([0.0], [1.0]), (2, 4), [np.ones((3, 1), np.float32), np.ones((5, 2), np.float32)])
    net = fl.Network([[[1.0, 0, 0, 0]]], [[0.0]], grid=grid)
    assert net.prune().grid.channels == (1,) and net.prune()([0.25])[0] == 0.25


def test_a_slice_of_a_field_keeps_its_grid() -> None:
    rng = np.random.default_rng(0)
    grid = Grid(fl.Box([0.0] * 2, [1.0] * 2), (2,), [rng.normal(size=(9, 1)).astype(np.float32)])
    W = np.array([[1.0, 0, 2], [0, 1, 1], [1, 1, 1]])
    net = fl.Network([W, [[1.0, 0, -1]]], [np.zeros(3), [0.0]], grid=grid).on_line([0.0, 0.1], [1.0, 0.9])
    less = net.prune()
    assert less.hidden == (2,) and np.allclose(less([[0.3], [0.7]]), net([[0.3], [0.7]]))
