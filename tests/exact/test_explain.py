"""What a network is around one row, against the regions of a box that the engines find."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

import foldline as fl
from foldline.exact.explain import explain
from foldline.grid import Grid

from ..corpus import DRAWS, FAMILIES, cube, network
from .test_sliced_fields import field, sliced

CASES = [(family, d) for family in FAMILIES for d in (1, 2, 3)]


def points_of(d: int) -> np.ndarray:
    """Whole numbers and halves, which lie on folds of whole numbers often, points that do not, corners of the box."""
    rng, box = np.random.default_rng(d), cube(d)
    corners = np.array(list(product(*zip(box.lo, box.hi, strict=True))))
    return np.concatenate([rng.integers(-1, 2, (6, d)) / 2, rng.uniform(-0.9, 0.9, (6, d)), corners])


def rows(half_spaces: tuple[np.ndarray, np.ndarray]) -> set[tuple[float, ...]]:
    return {tuple(np.append(a, c) + 0.0) for a, c in zip(*half_spaces, strict=True)}


@pytest.mark.parametrize(("family", "d"), CASES)
def test_it_is_the_region_that_the_engines_find_there(family: str, d: int) -> None:
    net = network(family, (d, 5, 4, 2), seed=3)
    whole = fl.regions(net, cube(d))
    for x in points_of(d):
        found = explain(net, x, cube(d))
        homes = [r for r in whole.locate(x)[0] if np.array_equal(whole.patterns[r], found.pattern)]
        assert len(homes) == 1, "one region around the point"
        np.testing.assert_allclose(found.map, whole.maps[homes[0]], rtol=1e-12, atol=1e-12)  # rounded on the way
        np.testing.assert_allclose(found.value, net(x), atol=1e-9)
        assert rows(found.half_spaces) == rows(whole.half_spaces(homes[0]))


@pytest.mark.parametrize("family", DRAWS)
def test_four_inputs_and_more_are_explained_alike(family: str) -> None:
    net = network(family, (4, 4, 3, 1), seed=1)
    whole = fl.regions(net, cube(4))
    for x in points_of(4)[3:9]:
        found = explain(net, x, cube(4))
        home = next(r for r in whole.locate(x)[0] if np.array_equal(whole.patterns[r], found.pattern))
        np.testing.assert_allclose(found.map, whole.maps[home], rtol=1e-12, atol=1e-12)
        assert rows(found.half_spaces) == rows(whole.half_spaces(home))


@pytest.mark.parametrize("family", ["gaussian", "integer", "duplicated", "dead", "absolute"])
def test_no_pattern_changes_nearer_than_the_nearest_fold(family: str) -> None:
    net, rng = network(family, (5, 8, 6, 1), seed=2), np.random.default_rng(0)
    x = rng.uniform(-1, 1, 5)
    found = explain(net, x)
    ways = rng.normal(size=(400, 5))
    ways /= np.linalg.norm(ways, axis=1)[:, None]
    reach = min(found.distance, 5.0)
    assert (net.pattern(x + 0.999 * reach * ways) == found.pattern).all()
    if found.nearest >= 0:
        step = _slope_of(net, x, found.nearest)
        beyond = net.pattern(x + 1.001 * found.distance * step)
        assert beyond[found.nearest] != found.pattern[found.nearest], "and there one does"


def _slope_of(net: fl.Network, x: np.ndarray, unit: int) -> np.ndarray:
    """The direction in which a unit's pre-activation comes nearer to 0, by differences."""

    def z(at: np.ndarray) -> float:
        return float(np.concatenate(net.preactivations(at)[:-1])[unit])

    slope = np.array([z(x + 1e-7 * e) - z(x - 1e-7 * e) for e in np.eye(len(x))])
    return -np.sign(z(x)) * slope / np.linalg.norm(slope)


def test_on_a_fold_the_units_that_fold_are_named_and_off() -> None:
    net = fl.Network([[[1, 1], [1, 1]], [[1, -2]]], [[0, -1], [0]])
    found = explain(net, [0.25, 0.75])
    assert found.distance == 0 and found.on_folds == (1,) and found.pattern.tolist() == [1, 0]
    assert "on 1 folds" in repr(found)


def test_units_that_are_off_on_a_line_only_do_not_give_a_region_without_area() -> None:
    """relu(x) and relu(-x) are both off at 0 and nowhere beside it."""
    net = fl.Network([[[1], [-1]], [[1, 1]]], [[0, 0], [0]])
    found = explain(net, [0.0])
    assert found.on_folds == (0, 1) and sorted(found.pattern.tolist()) == [0, 1] and abs(found.map[0, 0]) == 1


def test_what_holds_holds_on_the_polytope_and_not_beyond() -> None:
    net, rng = network("gaussian", (3, 6, 1), seed=5), np.random.default_rng(1)
    found = explain(net, [0.1, 0.2, 0.3], cube(3))
    at = rng.uniform(-1, 1, (2000, 3))
    held = found.holds(at)
    np.testing.assert_array_equal(held, (net.pattern(at) == found.pattern).all(axis=1))
    np.testing.assert_allclose(net(at[held])[:, 0], at[held] @ found.coefficients[0] + found.map[0, -1], atol=1e-12)


def test_the_map_is_the_nearest_double_of_the_exact_one() -> None:
    net = fl.Network([[[1e16, 1.0]], [[1.0]]], [[0.1], [-1e16]])
    found = explain(net, [1.0, 1.0])
    exact = [Fraction(10**16), Fraction(1), Fraction(0.1) - 10**16]
    assert found.map[0].tolist() == [float(v) for v in exact]


def test_on_a_side_of_the_box_the_region_within_it_is_taken() -> None:
    falls = fl.Network([[[-1.0]], [[1.0]]], [[1.0], [0.0]])
    within, beyond = explain(falls, [1.0], fl.Box([0.0], [1.0])), explain(falls, [1.0], fl.Box([1.0], [2.0]))
    assert within.map.tolist() == [[-1.0, 1.0]] and beyond.map.tolist() == [[0.0, 0.0]]
    assert within.holds([[0.5]]).all() and beyond.holds([[1.5]]).all() and within.on_folds == beyond.on_folds == (0,)


def test_a_table_of_many_columns_is_explained() -> None:
    net = network("gaussian", (30, 16, 8, 3), seed=0)
    found = explain(net, np.linspace(-1, 1, 30))
    np.testing.assert_allclose(found.map, net.affine_map(np.linspace(-1, 1, 30)), rtol=1e-9, atol=1e-9)
    assert len(found.folds) <= 24 + 60 and found.holds(found.point).all()


@pytest.mark.parametrize(
    ("net", "row", "message"),
    [
        (network("gaussian", (2, 3, 1), 0), [0.0], r"explain needs one row of 2 finite numbers; got .* shape \(1,\)"),
        (network("gaussian", (1, 3, 1), 0), [np.nan], "one row of 1 finite numbers"),
        (fl.Network([[[1.0]], [[1.0]]], [[0.0], [0.0]], "tanh"), [0.0], "piecewise-linear hidden units"),
    ],
)
def test_what_cannot_be_explained_is_refused(net: fl.Network, row: list[float], message: str) -> None:
    with pytest.raises(fl.FoldlineError, match=message):
        explain(net, row)


def test_the_field_of_a_tent_is_explained_up_to_the_walls_of_its_grid() -> None:
    tent = Grid(fl.Box([0.0], [4.0]), (2,), [np.float32([[0], [1], [0]])])
    found = explain(fl.Network([[[1.0, 1.0]]], [[0.0]], grid=tent), [1.0])
    assert found.map.tolist() == [[1.5, 0.0]] and found.value == 1.5
    assert sorted(found.folds.tolist()) == [-3, -1] and found.distance == 1.0 and found.nearest == -3
    assert found.holds([[0.0], [1.9], [2.1]]).tolist() == [True, True, False]
    beyond = explain(fl.Network([[[1.0, 1.0]]], [[0.0]], grid=tent), [5.0])
    assert beyond.map.tolist() == [[0.0, 4.0]]  # as at the side of the box


@pytest.mark.parametrize("family", ["float", "dyadic", "integer", "tied"])
@pytest.mark.parametrize(("d", "k"), [(1, 1), (2, 2), (3, 3), (3, 2)])
def test_a_field_is_explained_as_its_regions_are(family: str, d: int, k: int) -> None:
    f = field(family, d, 3)
    net = f if k == d else sliced("decimal", f, k)
    box = f.grid.box if k == d else fl.Box([0.0] * k, [1.0] * k)
    regions = fl.regions(net, box)
    points = np.random.default_rng(0).uniform(box.lo, box.hi, (6, k))
    corners = [box.lo, (box.lo + box.hi) / 2, box.hi]  # on walls of the grid, on the box
    for row, around in zip([*points, *corners], regions.locate([*points, *corners]), strict=True):
        found = explain(net, row, box)
        same = [r for r in around if np.allclose(regions.maps[r], found.map, atol=1e-12)]
        assert same and np.allclose(found.value, net(row), atol=1e-12)
        inside = [r for r in same if found.holds(regions.points[r][None]).all()]
        assert inside and any(len(regions.half_spaces(r)[0]) == len(found.folds) for r in inside)
