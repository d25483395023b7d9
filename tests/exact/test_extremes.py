"""Networks of extreme size and boxes of extreme place and shape, against rational arithmetic, in 1 to 4 dimensions."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from foldline import Box, Network
from foldline.exact.regions import Regions, regions
from foldline.exact.totals import count
from foldline.exact.work import Budget

from ..corpus import EXTREMES, network, thousand_units

# for fewer than 4 inputs the NumPy engine, certified, is the rational one
ENGINES = [(d, None) for d in (1, 2, 3, 4)] + [(4, "numpy")]
SEEDS = {"hundred_layers": 1}  # rational arithmetic takes long for them; else 2


@cache
def drawn(name: str, d: int, seed: int) -> tuple[Network, Box, Regions]:
    """A network, a box, and the regions by rational arithmetic, found once for all engines."""
    net, box = EXTREMES[name](d, seed)
    return net, box, regions(net, box, engine="rational")


def by_pattern(found: Regions) -> dict[bytes, int]:
    return {row.tobytes(): r for r, row in enumerate(found.bits)}


@pytest.mark.parametrize(("d", "engine"), ENGINES)
@pytest.mark.parametrize("name", [name for name in EXTREMES if name != "thousand_units"])
def test_extreme_networks_and_boxes_are_cut_as_rationals_cut_them(name: str, d: int, engine: str | None) -> None:
    for seed in range(SEEDS.get(name, 2)):
        net, box, exact = drawn(name, d, seed)
        found = regions(net, box, engine=engine)
        theirs = by_pattern(exact)
        assert set(by_pattern(found)) == set(theirs)
        assert count(net, box) == len(exact)
        assert found.n_pieces == exact.n_pieces
        order = [theirs[pattern] for pattern in by_pattern(found)]
        far = (np.maximum(np.abs(box.lo), np.abs(box.hi)) / (box.hi - box.lo)).max()
        grain = 2.0**-50 * far if d < 4 else 1e-12  # of vertices in doubles; more inputs have none
        np.testing.assert_allclose(found.volumes / box.volume, exact.volumes[order] / box.volume, rtol=1e-9, atol=grain)
        assert found.volumes.sum() == pytest.approx(box.volume, rel=1e-12)
        np.testing.assert_allclose(found.extrema()[::2], exact.extrema()[::2], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("d", "engine"), ENGINES)
def test_a_thousand_units_have_the_regions_of_the_few_that_fold(d: int, engine: str | None) -> None:
    net, box = thousand_units(d, 0)
    (first, last), (b, _) = net.weights, net.biases
    few = np.arange(0, 1000, 200)
    rest = np.setdiff1d(np.arange(1000), few)
    found = regions(net, box, engine=engine)
    exact = regions(Network([first[few], last[:, few]], [b[few], [0.0]]), box, engine="rational")
    assert {row.tobytes() for row in found.bits[:, few]} == {row.tobytes() for row in exact.bits}
    assert len(found) == len(exact)
    np.testing.assert_array_equal(found.bits[:, rest], np.tile(b[rest] > 0, (len(found), 1)))
    assert found.volumes.sum() == pytest.approx(box.volume, rel=1e-12)


@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_folds_that_only_touch_the_box_leave_one_region(d: int) -> None:
    for seed in range(4):
        net, box = EXTREMES["one_region"](d, seed)
        found = regions(net, box)
        assert len(found) == found.n_pieces == count(net, box) == 1


def test_a_part_of_an_answer_has_the_extrema_of_its_own_regions() -> None:
    """Corners that were cut before the budget ended, and belong to no region that is there, are not in the answer."""
    for seed in range(3):
        net = network("gaussian", (2, 40, 40, 40, 2), seed)
        n = len(regions(net, Box([-1, -1], [1, 1])))
        for share in (0.6, 0.8, 0.95):
            found = regions(net, Box([-1, -1], [1, 1]), budget=Budget(regions=int(n * share)))
            at = [np.column_stack([polygon, np.ones(len(polygon))]) for polygon in found.polygons()]
            values = np.concatenate([corners @ map.T for corners, map in zip(at, found.maps, strict=True)])
            least, _, largest, _ = found.extrema()
            np.testing.assert_allclose(least, values.min(axis=0), atol=1e-9)
            np.testing.assert_allclose(largest, values.max(axis=0), atol=1e-9)
            assert found.complex is not None
            assert len(found.complex.vertices) == len(np.unique(found.complex.loop_vertices))
