"""Network on a slice."""

from __future__ import annotations

import numpy as np
import pytest

from foldline import Network
from foldline.errors import InputError

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
