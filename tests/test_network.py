"""Network on a slice."""

from __future__ import annotations

import numpy as np
import pytest

from foldline import Network
from foldline.errors import InputError, NetworkError

RNG = np.random.default_rng(5)


def random_network(skips: dict[int, tuple[int, ...]]) -> Network:
    reads = [3, 4 + 3 * (2 in skips), 5 + sum({0: 3, 1: 4}[s] for s in skips.get(3, ()))]
    shapes = zip([4, 5, 2], reads, strict=True)
    return Network([RNG.normal(size=shape) for shape in shapes], [RNG.normal(size=n) for n in (4, 5, 2)], skips=skips)


@pytest.mark.parametrize("skips", [{}, {2: (0,)}, {3: (1, 0)}, {3: (0, 1)}])
def test_a_slice_has_the_values_of_the_network_on_the_plane(skips):
    network = random_network(skips)
    p, u, v = RNG.normal(size=(3, 3))
    st = RNG.normal(size=(50, 2))
    assert np.allclose(network.on_plane(p, u, v)(st), network(p + st @ [u, v]), rtol=0, atol=1e-12)


def test_a_slice_needs_directions_as_long_as_the_inputs():
    with pytest.raises(InputError, match="network needs 3 inputs"):
        random_network({}).on_plane([0, 0, 0], [1, 0], [0, 1])


def test_a_slice_needs_one_point():
    with pytest.raises(InputError, match="on_plane needs a point and two directions"):
        random_network({}).on_plane(np.zeros((2, 3)), [1, 0, 0], [0, 1, 0])


def test_units_without_a_fold_have_pattern_0():
    network = Network([np.eye(3), np.ones((1, 3))], [np.zeros(3), [0.0]], "leaky_relu", slopes={1: [1.0, 0.0, -1.0]})
    assert network.pattern([[1, 1, 1], [-1, -1, -1]]).tolist() == [[0, 1, 1], [0, 0, 0]]


def test_a_softmax_output_gives_probabilities():
    logits = Network([RNG.normal(size=(3, 2))], [RNG.normal(size=3)])
    x = RNG.normal(size=(5, 2))
    expected = np.exp(logits(x)) / np.exp(logits(x)).sum(axis=1, keepdims=True)
    for output, value in (("softmax", expected), ("log_softmax", np.log(expected))):
        network = Network(logits.weights, logits.biases, output=output)
        assert np.allclose(network(x), value, rtol=1e-14, atol=0)
        assert network.on_line([0, 0], [1, 1]).output == output


def test_a_softmax_stands_last_over_two_outputs_or_more():
    with pytest.raises(NetworkError, match=r"units out of .*as its output also softmax, log_softmax.*; got 'softmax'"):
        Network([[[1.0]], [[1.0]]], [[0.0], [0.0]], "softmax")
    with pytest.raises(NetworkError, match="2 outputs or more before softmax; got 1"):
        Network([[[1.0]]], [[0.0]], output="softmax")
