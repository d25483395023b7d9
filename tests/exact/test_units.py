"""Regions of convolutions, max-pools and maxout, against rationals, torch, an arg-max and brute force."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, permutations
from typing import Any

import numpy as np
import pytest

from foldline import Box, Network
from foldline.errors import NetworkError
from foldline.exact.chain.form import chain_of
from foldline.exact.check.check import check
from foldline.exact.decisions import decisions
from foldline.exact.rational.exact import Exact, point
from foldline.exact.regions import Regions, regions
from foldline.exact.surface import surface
from foldline.graph.assembly import Assembly


def unit_box(d: int) -> Box:
    return Box([-1.0] * d, [1.0] * d)


def convolutional(d: int, draw: str, seed: int) -> tuple[Any, Network]:
    """A torch module with a convolution, a ReLU and a max-pool over signals of d numbers, and its network."""
    import torch
    from torch import nn

    torch.manual_seed(seed)
    # a max-pool whose windows overlap, one right behind an affine layer, one behind a ReLU
    parts = [
        nn.Conv1d(1, 2, 2, padding=1),
        nn.MaxPool1d(2, 1),
        nn.Conv1d(2, 2, 2, padding=1),
        nn.ReLU(),
        nn.MaxPool1d(3, 2, padding=1),
        nn.Flatten(),
    ]
    parts.append(nn.Linear(nn.Sequential(*parts)(torch.zeros(1, 1, d)).shape[1], 2))
    module = nn.Sequential(*parts).double().eval()
    if draw == "integer":
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.copy_(torch.randint(-2, 3, parameter.shape))
    return module, Network.from_torch(module, (1, d))


CASES = [(d, draw, seed) for d in (1, 2, 3) for draw in ("gaussian", "integer") for seed in (0, 1)]


@pytest.mark.parametrize(("d", "draw", "seed"), CASES)
def test_regions_equal_rational_arithmetic_and_the_check_accepts_them(d: int, draw: str, seed: int) -> None:
    _, net = convolutional(d, draw, seed)
    fast, slow = regions(net, unit_box(d)), regions(net, unit_box(d), engine="rational")
    assert fast.certified and patterns(fast) == patterns(slow)
    assert fast.n_pieces == slow.n_pieces
    assert check(net, fast).accepted


def patterns(found: Regions) -> set[bytes]:
    return {row.tobytes() for row in found.patterns}


@pytest.mark.parametrize(("d", "draw", "seed"), CASES)
def test_every_pattern_met_by_brute_force_is_a_region(d: int, draw: str, seed: int) -> None:
    _, net = convolutional(d, draw, seed)
    x = np.random.default_rng(seed).integers(-(2**30), 2**30, size=(5000, d)) / 2**30  # integer weights round nothing
    met = {row.tobytes() for row in net.pattern(x)}
    found = patterns(regions(net, unit_box(d)))
    assert met <= found and len(met) > len(found) // 4


@pytest.mark.parametrize(("d", "draw", "seed"), CASES)
def test_maps_are_torchs_values_and_gradients(d: int, draw: str, seed: int) -> None:
    import torch

    module, net = convolutional(d, draw, seed)
    found = regions(net, unit_box(d))
    x = torch.from_numpy(found.points.copy())
    values = module(x[:, None]).detach().numpy()
    slopes = torch.autograd.functional.jacobian(lambda p: module(p[:, None]).sum(0), x).numpy().transpose(1, 0, 2)
    np.testing.assert_allclose(found.maps[..., :-1], slopes, rtol=1e-9, atol=1e-9)
    at = np.einsum("roi,ri->ro", found.maps[..., :-1], found.points) + found.maps[..., -1]
    np.testing.assert_allclose(at, values, rtol=1e-9, atol=1e-9)


def test_a_pool_has_the_rational_value_of_the_convolution_it_is() -> None:
    rng = np.random.default_rng(4)
    module, net = convolutional(2, "gaussian", 3)
    (K, c), (L, e), (W, b) = (
        [p.detach().numpy() for p in module[i].parameters()] for i in (0, 2, 6)
    )  # fmt: skip
    exact = Exact(chain_of(net))
    for x in rng.normal(size=(5, 2)):
        h = convolved([[Fraction(v) for v in x.tolist()]], K, c)
        h = convolved([[max(pair) for pair in pairwise(row)] for row in h], L, e)
        pooled = [max(Fraction(0), *row[max(i - 1, 0) : i + 2]) for row in h for i in range(0, len(row), 2)]
        expected = [
            sum((Fraction(w) * v for w, v in zip(row, pooled, strict=True)), Fraction(t))
            for row, t in zip(W.tolist(), b.tolist(), strict=True)
        ]
        assert list(exact.value(point(x.tolist()))) == expected


def convolved(signal: list[list[Fraction]], kernels: np.ndarray, bias: np.ndarray) -> list[list[Fraction]]:
    """A convolution with one zero at each end, as its definition says."""
    padded = [[Fraction(0), *row, Fraction(0)] for row in signal]
    n = len(padded[0]) - kernels.shape[2] + 1
    return [
        [
            sum((Fraction(w) * row[i + k] for row, ws in zip(padded, kernel, strict=True) for k, w in enumerate(ws)), t)
            for i in range(n)
        ]
        for kernel, t in zip(kernels.tolist(), map(Fraction, bias.tolist()), strict=True)
    ]


def maxout(order: tuple[int, ...], linear: Network) -> Network:
    """The largest output of a linear network, its outputs paired in an order."""
    assembly = Assembly((linear.d_in,))
    value = assembly.product(linear.weights[0], assembly.source(0))
    value = assembly.scaled(value, np.array(1.0), linear.biases[0])
    return Network(**assembly.arguments(assembly.largest(value, [np.array(order)], (1,))))


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("seed", [0, 1])
def test_pieces_of_maxout_are_the_cells_of_the_arg_max_whatever_the_pairing(d: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    linear = Network([rng.normal(size=(5, d))], [rng.normal(size=5) / 4])
    cells = decisions(linear, unit_box(d))
    won = sorted(v for v in cells.volume_of_class.tolist() if v > 0)
    counts = set()
    for order in list(permutations(range(5)))[::17]:
        found = regions(maxout(order, linear), unit_box(d))
        counts.add(len(found))
        assert found.n_pieces == len(won)
        volumes = np.bincount(found.piece_of, found.volumes)
        np.testing.assert_allclose(sorted(volumes), won, rtol=1e-9)
    assert min(counts) >= len(won)


def test_a_softmax_is_looked_through_for_classes_and_not_for_levels() -> None:
    rng = np.random.default_rng(2)
    weights, biases = [rng.normal(size=(6, 2)), rng.normal(size=(3, 6))], [rng.normal(size=6), rng.normal(size=3)]
    plain = decisions(Network(weights, biases), unit_box(2))
    for output in ("softmax", "log_softmax"):
        net = Network(weights, biases, output=output)
        found = decisions(net, unit_box(2))
        assert np.array_equal(found.volume_of_class, plain.volume_of_class)
        points = rng.uniform(-1, 1, size=(200, 2))
        assert np.array_equal(found.class_of(points), net(points).argmax(axis=1))
    solid = Network([rng.normal(size=(4, 3)), rng.normal(size=(2, 4))], [np.zeros(4), np.zeros(2)], output="softmax")
    with pytest.raises(NetworkError, match="1 output"):
        surface(solid, unit_box(3), 0.5)


def test_wide_layers_of_identities_hide_no_pieces_from_the_float_mode() -> None:
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(200, 1)), *[np.eye(200)] * 8, rng.normal(size=(12, 200)), rng.normal(size=(1, 12))]
    biases = [rng.normal(size=len(W)) * (len(W) == 12) for W in weights]
    net = Network(weights, biases, ("identity",) * 9 + ("relu",))
    exact, fast = (regions(net, unit_box(1), certify=certify) for certify in (True, False))
    assert exact.certified and not fast.certified
    assert len(fast) == fast.n_pieces == exact.n_pieces > 3
