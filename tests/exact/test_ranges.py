"""Numbers near the end of the doubles: one bound at the door of every question."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from foldline import Box, Network, boundary, count, decisions, regions, surface
from foldline.errors import NetworkError
from foldline.exact.chain.form import chain_of
from foldline.exact.chain.ranges import MOST, chain_in_range, length, norm_bound, sizes_of

ASKED: dict[str, tuple[Callable[..., object], int]] = {
    "regions": (regions, 1), "regions in 4 dimensions": (regions, 4), "count": (count, 2), "decisions": (decisions, 2),
    "boundary": (boundary, 3), "surface": (surface, 3),
}  # fmt: skip


def box(d: int) -> Box:
    return Box([-1.0] * d, [1.0] * d)


def steep(d: int, first: float, second: float) -> Network:
    rng = np.random.default_rng(d)
    return Network(
        [first * rng.normal(size=(4, d)), second * rng.normal(size=(1, 4))], [first * rng.normal(size=4), [0.0]]
    )


@pytest.mark.parametrize("name", ASKED)
def test_numbers_that_may_overflow_are_refused_with_their_layer(name: str) -> None:
    ask, d = ASKED[name]
    said = rf"{name.split()[0]} needs numbers below 9.7e\+288 .* got a bound of inf in layer 2 .* Divide its weights"
    with pytest.raises(NetworkError, match=said):
        ask(steep(d, 1e200, 1e200), box(d))


@pytest.mark.parametrize("name", ASKED)
def test_just_below_the_bound_every_question_is_answered(name: str) -> None:
    ask, d = ASKED[name]
    assert ask(steep(d, 1e140, 1e140), box(d)) is not None


def test_what_the_refusal_advises_gives_the_same_regions() -> None:
    big, plain = steep(2, 1e200, 1e200), steep(2, 1.0, 1.0)
    smaller = Network([big.weights[0], big.weights[1] / 2.0**700], big.biases)
    assert count(smaller, box(2)) == count(plain, box(2))


def test_the_bounds_hold_for_the_values_and_maps_that_there_are() -> None:
    net = steep(3, 1e30, 1e-20)
    found, sizes = regions(net, box(3)), sizes_of(chain_of(net), box(3))
    corners = np.stack(np.meshgrid(*[[-1.0, 1.0]] * 3), axis=-1).reshape(-1, 3)
    for row, size in zip(net.preactivations(corners), sizes, strict=True):
        assert np.abs(row).max() <= size < MOST
    assert np.abs(found.maps).max() <= sizes[-1]


def test_hundreds_of_ordinary_layers_are_no_matter_of_range() -> None:
    rng = np.random.default_rng(0)
    shapes = [(40, 2), *[(40, 40)] * 399, (1, 40)]
    net = Network([rng.normal(size=s) * np.sqrt(2 / s[1]) for s in shapes], [np.zeros(s[0]) for s in shapes])
    assert not sizes_of(chain_of(net), box(2))[-1] < MOST
    assert chain_in_range("regions", net, box(2)).n_hidden_layers == 400


def test_norms_keep_their_squares_inside_the_doubles() -> None:
    for scale in (1e-300, 1.0, 1e300):
        assert length(scale * np.array([3.0, 4.0])) == pytest.approx(5 * scale, rel=1e-15)
    assert length(np.zeros(3)) == 0.0
    W = np.random.default_rng(0).normal(size=(5, 3))
    assert np.linalg.norm(np.abs(W), 2) <= norm_bound(W) <= np.linalg.norm(W)
    assert norm_bound(np.eye(50)) == 1.0
