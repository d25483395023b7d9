"""The normal form: what a chain carries, and that it is the network's function."""

from __future__ import annotations

import numpy as np
import pytest

from foldline import Network
from foldline.exact.chain.form import chain_of
from foldline.exact.rational.exact import Exact, point

RNG = np.random.default_rng(12)


def skipping(kept: list[int]) -> Network:
    """4 layers, of which the last reads only these of the first layer's 5 activations."""
    weights = [RNG.normal(size=shape) for shape in ((5, 2), (4, 5), (3, 4), (2, 8))]
    weights[-1][:, [3 + k for k in range(5) if k not in kept]] = 0.0
    names = ("relu", "hard_tanh", "abs")
    return Network(weights, [RNG.normal(size=len(W)) for W in weights], names, skips={4: (1,)})


@pytest.mark.parametrize("kept", [[], [0, 3], [0, 1, 2, 3, 4]])
def test_only_what_is_read_again_is_carried(kept: list[int]) -> None:
    net = skipping(kept)
    chain = chain_of(net)
    n = len(kept)
    assert [len(b) for b in chain.biases] == [5, 4 + n, 8 + n, 4 + n, 3 + n, 2]
    x = RNG.normal(size=(50, 2))
    np.testing.assert_allclose(chain(x), net(x), rtol=1e-12, atol=1e-12)


def test_carrying_less_is_the_same_rational_function() -> None:
    net = skipping([1, 4])
    first = [*net.weights]
    tiny = 2.0**-60
    whole = first[-1] + np.where(first[-1] == 0, tiny, 0.0)  # every activation is carried
    far = Network([*first[:-1], whole], net.biases, net.activation, skips=net.skips)
    for x in RNG.normal(size=(5, 2)).tolist():
        near, other = (Exact(chain_of(n)).value(point(x)) for n in (net, far))
        values = net.activate(1, net.preactivations(x)[0])
        moved = float(sum(values[k] for k in (0, 2, 3))) * tiny
        assert all(abs(float(a - b) + moved) <= 1e-12 * abs(moved) for a, b in zip(near, other, strict=True))


def test_a_layer_behind_carried_units_reads_them_too() -> None:
    """A layer that reads the one before alone, in its own order, still stands on what is carried past it."""
    rng = np.random.default_rng(0)
    net = Network(
        [rng.normal(size=(4, 2)), rng.normal(size=(3, 4)), rng.normal(size=(3, 3)), rng.normal(size=(1, 5))],
        [rng.normal(size=n) for n in (4, 3, 3, 1)], skips={4: (0,)},
    )  # fmt: skip
    chain, x = chain_of(net), rng.normal(size=(50, 2))
    assert [len(W) for W in chain.weights] == [6, 5, 5, 1] and np.allclose(chain(x), net(x))
