"""The outlines of regions and cells in the plane, against their areas; what has none says so."""

from __future__ import annotations

import numpy as np
import pytest

import foldline as fl
from foldline.exact.complex.outlines import loops, triangles

SQUARE = fl.Box([-1, -1], [1, 1])


def network(d_in, d_out=1, seed=0):
    rng = np.random.default_rng(seed)
    shapes = [(5, d_in), (4, 5), (d_out, 4)]
    return fl.Network([rng.normal(size=shape) for shape in shapes], [rng.normal(size=n) for n, _ in shapes])


def area(corners):
    x, y = corners.T
    return (x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


@pytest.mark.parametrize("ask", [fl.regions, fl.decisions])
def test_polygons_turn_counter_clockwise_and_have_the_areas_of_their_parts(ask):
    found = ask(network(2, 3), SQUARE)
    assert [area(corners) for corners in found.polygons()] == pytest.approx(found.volumes.tolist())


def test_triangles_fill_the_polygons():
    found = fl.regions(network(2), SQUARE)
    a, b, c = found.complex.vertices[triangles(found.complex)].swapaxes(0, 1)
    sizes = [area(np.array(corners)) for corners in zip(a, b, c, strict=True)]
    assert min(sizes) > 0 and sum(sizes) == pytest.approx(4)
    assert sum(len(loop) - 2 for loop in loops(found.complex)) == len(sizes)


@pytest.mark.parametrize("d_in", [1, 3])
def test_what_has_no_polygons_says_how_to_get_some(d_in):
    box = fl.Box([-1] * d_in, [1] * d_in)
    for ask, word in ((fl.regions, "regions"), (fl.decisions, "decisions")):
        found = ask(network(d_in, 2), box)
        with pytest.raises(fl.FoldlineError, match=rf"polygons needs {word} of 2 inputs; got {d_in}\. Take a slice"):
            found.polygons()
