"""Facets, sizes, extrema and distances of listed regions: against exact corners, other engines and samples."""

from __future__ import annotations

import os
import pickle
from fractions import Fraction
from functools import cache
from itertools import combinations, pairwise
from math import prod

import numpy as np
import pytest
from scipy.optimize import nnls
from scipy.spatial import ConvexHull, HalfspaceIntersection

from foldline import Box, Network
from foldline.errors import BudgetError, InputError
from foldline.exact.chain.form import chain_of
from foldline.exact.rational.exact import Exact, Point
from foldline.exact.rational.search import Cell, RationalCells
from foldline.exact.rational.volume import exact_moments
from foldline.exact.regions import Regions, regions
from foldline.exact.search import polytopes as own
from foldline.exact.search.cells import cells
from foldline.exact.search.cells import half_spaces as rows_of
from foldline.exact.search.polytopes import Polytopes
from foldline.exact.search.reference import moments
from foldline.exact.work import Work

from ...corpus import FAMILIES, network, slow_where
from ...interrupts import interrupted
from ..distances import assert_first_change
from ..kinds import question
from ..test_right_or_refused import Asked
from .corners import corners_of, dimension, value, volume

WIDE = [
    ("ternary", (5, 3, 2, 1)),
    ("duplicated", (5, 4, 2, 1)),
    ("zero_bias", (5, 3, 2, 1)),
    ("thirds", (5, 4, 1)),
    ("integer", (6, 2, 1, 1)),
]
SMALL = [(family, (4, 3, 2, 2)) for family in FAMILIES]
SMALL = slow_where(lambda *row: row in WIDE[2:], SMALL + WIDE)

FLAT = [(family, widths) for family in FAMILIES for widths in ((1, 5, 3, 2), (2, 4, 3, 2), (3, 4, 2, 1))]


def cube(d: int, size: float = 1.0) -> Box:
    return Box([-size] * d, [size] * d)


@cache
def small(family: str, widths: tuple[int, ...]) -> tuple[Regions, list[set[Point]]]:
    found = regions(network(family, widths, 3), cube(widths[0]))
    return found, corners_of(found)


def listed(net: Network, box: Box) -> Polytopes:
    """A network of any number of inputs as the list of its regions."""
    chain = chain_of(net)
    found = cells(chain, box, Work("test"))
    bits = np.zeros((found["n_regions"], sum(map(len, chain.below))), dtype=np.uint8)
    bits[:, np.concatenate(chain.folds)] = found["patterns"]
    return Polytopes(chain, box, bits, found["points"], (found["sides"], found["side_start"]))


@pytest.mark.parametrize(("family", "widths"), SMALL)
def test_neighbours_are_the_regions_whose_common_corners_span_a_facet(family: str, widths: tuple[int, ...]) -> None:
    found, corners = small(family, widths)
    d = widths[0]
    truth = [
        (r, q) for r, q in combinations(range(len(found)), 2) if dimension(corners[r] & corners[q]) == d - 1
    ]  # fmt: skip
    assert [tuple(pair) for pair in found.neighbours[:, :2].tolist()] == truth
    assert found.neighbours[:, 2].tolist() == list(range(len(truth)))


@pytest.mark.parametrize(("family", "widths"), SMALL)
def test_the_fold_of_each_facet_is_zero_on_it(family: str, widths: tuple[int, ...]) -> None:
    found, corners = small(family, widths)
    exact = RationalCells(found.chain, found.box)
    for (r, q, _), unit in zip(found.neighbours.tolist(), found.fold_of_edge.tolist(), strict=True):
        column = int(np.flatnonzero(np.concatenate(found.chain.owners) == unit)[0])
        assert all(value(exact.row(column, found.bits[r]), p) == 0 for p in corners[r] & corners[q])


@pytest.mark.parametrize(("family", "widths"), SMALL)
def test_volumes_equal_rational_arithmetic(family: str, widths: tuple[int, ...]) -> None:
    found, corners = small(family, widths)
    d, exact = widths[0], RationalCells(found.chain, found.box)
    assert found.sides is not None
    sides, start = found.sides
    units = np.flatnonzero(exact.folds)
    for r in range(0, len(found), max(1, len(found) // 6)):
        named = tuple(int(units[s]) if s >= 0 else int(s) for s in sides[start[r] : start[r + 1]])
        rows = exact.rows(Cell(0, found.bits[r], named, (), Point((0,) * d, 1)))
        points = sorted(corners[r], key=lambda p: p.fractions())
        on = [frozenset(i for i, p in enumerate(points) if value(row, p) == 0) for row in rows]
        truth = float(volume([p.fractions() for p in points], on, d))
        assert found.volumes[r] == pytest.approx(truth, rel=1e-9, abs=1e-15)
    assert found.volumes.sum() == pytest.approx(found.box.volume, rel=1e-12)


@pytest.mark.parametrize(("family", "widths"), SMALL + FLAT)
def test_extrema_are_the_largest_and_least_values_at_exact_corners(family: str, widths: tuple[int, ...]) -> None:
    found, corners = small(family, widths)
    listed = found.cells if found.complex is None else found.complex.listed(np.arange(len(found)))
    exact = Exact(found.chain)
    values = [exact.value(p) for p in set.union(*corners)]
    low, at_low, high, at_high = found.extrema()
    for k, column in enumerate(zip(*values, strict=True)):
        scale = max(1.0, *(abs(float(v)) for v in column))
        assert low[k] == pytest.approx(float(min(column)), rel=1e-13, abs=1e-13 * scale)
        assert high[k] == pytest.approx(float(max(column)), rel=1e-13, abs=1e-13 * scale)
        assert found.network.preactivations(at_low[k])[-1][k] == pytest.approx(low[k], abs=1e-13 * scale)
        assert found.network.preactivations(at_high[k])[-1][k] == pytest.approx(high[k], abs=1e-13 * scale)
        best = listed.extrema(certify=True)[2 * k : 2 * k + 2]
        assert [v for v, _ in best] == [exact.value(p)[k] for _, p in best] == [min(column), max(column)]


@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_extrema_of_steep_networks_are_those_between_the_doubles(d: int) -> None:
    # relu6(2 t) - relu6(t) with t = 2^200 (x - 0.3) is 3 at t = 3, which lies between two doubles, and 0 at both
    steep = np.zeros((2, d))
    steep[:, 0] = 2.0**200, 2.0**201
    net = Network([steep, [[-1.0, 1.0]]], [-0.3 * steep[:, 0], [0.0]], "relu6")
    low, _, high, at = regions(net, cube(d)).extrema()
    assert (low[0], high[0]) == (0.0, 3.0)
    assert at[0, 0] == 0.3 and (np.abs(at) <= 1).all()


@pytest.mark.parametrize(("family", "widths"), SMALL)
def test_distances_to_folds_are_those_to_the_hulls_of_common_corners(family: str, widths: tuple[int, ...]) -> None:
    found, corners = small(family, widths)
    if not len(found.neighbours):
        assert np.isinf(found.distance_to_fold(found.points)).all()
        return
    heavy = 1e4  # of the row that makes the weights of a hull's corners sum to 1
    for r in range(0, len(found), max(1, len(found) // 8)):
        x = found.points[r]
        truth = []
        for pair in found.neighbours[(found.neighbours[:, :2] == r).any(axis=1), :2]:
            hull = np.array([p.floats() for p in corners[pair[0]] & corners[pair[1]]])
            weights, _ = nnls(np.vstack([hull.T - x[:, None], np.full(len(hull), heavy)]), np.append(0 * x, heavy))
            truth.append(np.linalg.norm(weights @ hull / weights.sum() - x))
        assert found.distance_to_fold([x])[0] == pytest.approx(min(truth), rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("d", [2, 3])
def test_listed_regions_have_the_neighbours_volumes_and_distances_of_the_complex(family: str, d: int) -> None:
    net = network(family, (d, 5, 3, 1), 5)
    whole, part = regions(net, cube(d)), listed(net, cube(d))
    number = {row.tobytes(): r for r, row in enumerate(whole.bits)}
    mine = np.array([number[row.tobytes()] for row in part.bits])
    pairs = {tuple(sorted(pair)) for pair in whole.neighbours[:, :2].tolist()}
    assert {tuple(sorted(pair)) for pair in mine[part.facets[:, :2]].tolist()} == pairs
    points = np.random.default_rng(0).uniform(-1, 1, (20, d))
    home = np.array([around[0] for around in whole.locate(points)])
    there = np.array([int(np.flatnonzero(mine == r)[0]) for r in home])
    np.testing.assert_allclose(part.distance_to_folds(there, points), whole.distance_to_fold(points), rtol=1e-9)
    if d == 3:
        np.testing.assert_allclose(part.moments[:, 0], whole.volumes[mine], rtol=1e-9, atol=1e-14)
        thick = part.moments[:, 0] > 1e-12
        np.testing.assert_allclose(part.centroids[thick], whole.centroids[mine][thick], atol=1e-7)
        np.testing.assert_allclose(part.centroids[~thick], part.points[~thick], rtol=1e-14)


def test_volumes_and_centroids_equal_qhull() -> None:
    net = network("gaussian", (4, 6, 5, 1), 1)
    found = regions(net, cube(4))
    assert found.sides is not None
    sides, start = found.sides
    for r in range(0, len(found), 9):
        rows = rows_of(found.chain, found.box, found.bits[r], sides[start[r] : start[r + 1]])
        hull = ConvexHull(HalfspaceIntersection(-rows, found.points[r]).intersections)
        assert found.volumes[r] == pytest.approx(hull.volume, rel=1e-9)
        assert (rows[:, :-1] @ found.centroids[r] + rows[:, -1] > 0).all()


@pytest.mark.parametrize("d", [4, 5, 6])
def test_volumes_sum_to_the_box(d: int) -> None:
    found = regions(network("gaussian", (d, 8, 6, 1), 2), Box(np.arange(d) - 1.0, np.arange(d) + 1.5))
    assert found.volumes.sum() == pytest.approx(found.box.volume, rel=1e-9)
    assert (found.volumes > 0).all()
    middle = found.volumes @ found.centroids / found.box.volume
    np.testing.assert_allclose(middle, np.arange(d) + 0.25, rtol=1e-9)


def test_the_order_of_the_sides_changes_no_volume() -> None:
    found = regions(network("gaussian", (4, 14, 12, 1), 0), cube(4))
    assert found.sides is not None
    sides, start = found.sides
    turned = np.concatenate([sides[a:b][::-1] for a, b in pairwise(start.tolist())])
    other = Polytopes(found.chain, found.box, found.bits, found.points, (turned, start)).moments[:, 0]
    np.testing.assert_allclose(found.volumes, other, rtol=1e-7, atol=1e-15)
    assert found.volumes.sum() == pytest.approx(16, rel=1e-13)


def test_the_integral_is_the_mean_over_many_points() -> None:
    net = network("gaussian", (4, 6, 5, 2), 3)
    found = regions(net, cube(4))
    mean = net(np.random.default_rng(0).uniform(-1, 1, (400_000, 4))).mean(axis=0)
    np.testing.assert_allclose(found.integral(), 16 * mean, atol=16 * 0.01)


def test_regions_that_follow_each_other_on_a_segment_are_neighbours() -> None:
    found = regions(network("gaussian", (5, 8, 6, 1), 4), cube(5))
    pairs = {tuple(pair) for pair in found.neighbours[:, :2].tolist()}
    rng = np.random.default_rng(1)
    seen = 0
    for a, b in rng.uniform(-1, 1, (20, 2, 5)):
        walk = found.network.pattern(a + np.linspace(0, 1, 4001)[:, None] * (b - a))
        steps = np.flatnonzero((walk[1:] != walk[:-1]).any(axis=1))
        single = steps[(walk[steps] != walk[steps + 1]).sum(axis=1) == 1]  # two folds within a step are no neighbours
        at = a + (np.stack([single, single + 1], axis=1)[..., None] / 4000) * (b - a)
        for near, far in at:
            r, q = (int(around[0]) for around in found.locate([near, far]))
            assert (min(r, q), max(r, q)) in pairs
            seen += 1
    assert seen > 50


def test_pieces_join_neighbours_with_one_map() -> None:
    # relu(x) + relu(-x) - |x| = 0: the first unit's fold joins, the second's does not
    W = np.zeros((5, 4))
    W[:4, 0], W[4, 1] = (1.0, -1.0, 1.0, -1.0), 1.0
    net = Network([W, [[1.0, 1.0, -1.0, -1.0, 1.0]]], [np.zeros(5), [0.0]])
    found = regions(net, cube(4))
    assert (len(found), found.n_pieces, found.merged) == (4, 2, 2)
    assert sorted(found.fold_of_edge.tolist()) == [0, 0, 4, 4]


def test_no_sample_passes_the_extrema_and_no_sample_is_nearer_than_the_distance() -> None:
    net = network("gaussian", (5, 8, 6, 2), 6)
    found = regions(net, cube(5))
    low, _, high, _ = found.extrema()
    values = net(np.random.default_rng(3).uniform(-1, 1, (50_000, 5)))
    assert (values >= low - 1e-12).all() and (values <= high + 1e-12).all()
    assert_first_change(found, 8, beyond=2.0)


def test_an_output_that_cancels_itself_has_extrema() -> None:
    # 0.1 h - 0.1 h with h = relu(x + 10): floats see zero and an error bound, and nowhere to go down
    net = Network([[[1.0, 0, 0, 0]] * 2, [[0.1, -0.1]]], [[10.0, 10.0], [0.0]])
    low, _, high, _ = regions(net, cube(4)).extrema()
    assert low[0] == high[0] == pytest.approx(0.0, abs=1e-15)  # a forward pass rounds


@pytest.mark.parametrize("power", [-40, 40])
def test_distances_grow_with_the_box(power: int) -> None:
    net, scale = network("gaussian", (4, 5, 3, 1), 1), 2.0**power
    points = np.random.default_rng(0).uniform(-1, 1, (30, 4))
    grown = Network(net.weights, [b * scale for b in net.biases])
    distances = regions(net, cube(4)).distance_to_fold(points)
    np.testing.assert_allclose(
        regions(grown, cube(4, scale)).distance_to_fold(points * scale), distances * scale, rtol=1e-9
    )


def test_a_fold_met_outside_the_box_is_as_far_as_its_part_inside() -> None:
    # x + y > 1.8 in [-1, 1]^4: nearest to (0.9, -0.9, 0, 0) at (1, 0.8, 0, 0), not at the foot (1.8, 0, 0, 0)
    net = Network([[[1.0, 1.0, 0.0, 0.0]], [[1.0]]], [[-1.8], [0.0]])
    found = regions(net, cube(4))
    assert found.distance_to_fold([[0.9, -0.9, 0, 0]])[0] == pytest.approx(np.hypot(0.1, 1.7), rel=1e-9)
    assert found.distance_to_fold([[0.5, 0.5, 0, 0]])[0] == pytest.approx(0.8 / np.sqrt(2), rel=1e-12)
    assert regions(network("all_zero", (4, 3, 1), 0), cube(4)).distance_to_fold([[0.0] * 4])[0] == np.inf


@pytest.mark.parametrize("family", ["gaussian", "ternary", "duplicated", "thirds"])
def test_without_the_compiled_module_answers_are_the_same(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    net = network(family, (4, 4, 2, 2), 7)
    found = regions(net, cube(4))
    plain = Polytopes(found.chain, found.box, found.bits, found.points, found.sides or ((), ()))  # type: ignore[arg-type]
    plain.compiled = None
    np.testing.assert_array_equal(plain.facets, found.cells.facets)
    np.testing.assert_allclose(plain.moments, found.cells.moments, rtol=1e-9, atol=1e-13)
    both = zip(plain.extrema(certify=True), found.cells.extrema(certify=True), strict=True)
    assert all(a == b for (a, _), (b, _) in both)


def test_an_incomplete_answer_has_the_neighbours_that_are_there() -> None:
    net = network("integer", (4, 5, 4, 1), 2)
    whole = regions(net, cube(4))
    assert whole.sides is not None
    keep = np.arange(len(whole)) % 3 > 0
    sides, start = whole.sides
    lengths = np.diff(start)
    part = Polytopes(
        whole.chain, whole.box, whole.bits[keep], whole.points[keep],
        (sides[np.repeat(keep, lengths)], np.concatenate([[0], np.cumsum(lengths[keep])])),
    )  # fmt: skip
    number = np.cumsum(keep) - 1
    there = keep[whole.neighbours[:, :2]].all(axis=1)
    np.testing.assert_array_equal(part.facets[:, :2], number[whole.neighbours[there, :2]])


def test_a_region_out_of_the_range_of_squares_has_its_volume() -> None:
    net = Network([[[1e-170, 0.0, 0.0, 0.0]], [[1.0]]], [[-0.5e-170], [0.0]])
    found = regions(net, cube(4))
    np.testing.assert_allclose(found.volumes, [12.0, 4.0], rtol=1e-9)
    assert found.neighbours.tolist() == [[0, 1, 0]]


def test_moments_of_a_simplex_are_known_in_any_dimension() -> None:
    for d in (1, 2, 3, 4, 5):
        rows = np.vstack([np.eye(d, d + 1), np.append(-np.ones(d), 1.0) / np.sqrt(d)])
        truth = 1.0 / np.prod(np.arange(1, d + 1))
        found = moments(rows, np.full(d, 0.5 / d), 2.0)
        np.testing.assert_allclose(found, [truth, *[truth / (d + 1)] * d], rtol=1e-9)


def test_volumes_beyond_reach_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "MOST_FACES", 100)
    with pytest.raises(BudgetError, match=r"volumes needs at most 1e\+02 faces to measure; got"):
        _ = regions(network("gaussian", (4, 6, 1), 0), cube(4)).volumes


def test_volumes_of_many_inputs_are_refused_before_the_work() -> None:
    found = regions(network("gaussian", (784, 1, 1), 0), cube(784))
    assert len(found) == found.n_pieces == 2
    with pytest.raises(BudgetError, match=r"volumes needs at most 16 inputs; got 784\. Take a slice"):
        _ = found.volumes


def test_an_answer_with_a_region_twice_has_no_neighbours() -> None:
    found = regions(network("gaussian", (4, 2, 1), 0), cube(4))
    assert found.sides is not None
    sides, start = found.sides
    twice = (
        np.concatenate([found.bits, found.bits]),
        np.concatenate([found.points, found.points]),
        (np.concatenate([sides, sides]), np.concatenate([start, start[-1] + start[1:]])),
    )
    with pytest.raises(InputError, match="neighbours needs regions of different patterns; got two alike"):
        _ = Polytopes(found.chain, found.box, *twice).facets


def test_an_answer_that_was_measured_travels_to_other_processes() -> None:
    found = regions(network("gaussian", (4, 3, 1), 0), cube(4))
    there = pickle.loads(pickle.dumps((found.volumes, found)))[1]
    np.testing.assert_array_equal(there.volumes, found.volumes)
    np.testing.assert_array_equal(there.neighbours, found.neighbours)


def test_an_interrupt_reaches_the_measuring() -> None:
    found = regions(network("gaussian", (6, 9, 8, 1), 0), cube(6))
    with interrupted(0.05):
        for _ in range(100):
            Polytopes(found.chain, found.box, found.bits, found.points, found.sides or ((), ())).moments  # type: ignore[arg-type] # noqa: B018


@pytest.fixture(params=["auto", "rational"])
def arithmetic(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What "auto" means: the fastest engine, or rational arithmetic for everything."""
    monkeypatch.setenv("FOLDLINE_ARITHMETIC", request.param)


@pytest.mark.usefixtures("arithmetic")
def test_volumes_of_a_box_with_very_unequal_sides_sum_to_its_own() -> None:
    lo = np.array([0.5, -1.25, 0.0, 1.5])
    for lengths in ([1e-8, 1.0, 1e-3, 1e-6], [1e-9, 10.0, 1e5, 1e-4]):
        box = Box(lo, lo + lengths)
        middle = (box.lo + box.hi) / 2
        first = np.array([[1.0, 1, 1, 1], [1, -1, 1, 0], [0, 1, -1, 2]]) / (box.hi - box.lo)  # folds through the middle
        found = regions(Network([first, np.ones((1, 3))], [-first @ middle, [0.0]]), box)
        assert len(found) == 8
        assert found.volumes.sum() == pytest.approx(box.volume, rel=1e-9)
        assert ((found.centroids > box.lo) & (found.centroids < box.hi)).all()


@pytest.mark.usefixtures("arithmetic")
def test_volumes_of_a_box_of_a_few_roundings_sum_to_its_own() -> None:
    n = 1 if os.environ["FOLDLINE_ARITHMETIC"] == "rational" else 4
    lo = np.array([1.0, 2.0, 1.0, 3.0])
    box = Box(lo, lo + 2.0**-45)  # 32 to 128 doubles a side
    rng, middle = np.random.default_rng(0), lo + 2.0**-46
    for _ in range(n):
        second, third = rng.integers(-3, 4, size=(4, 4)) / 3, rng.integers(-3, 4, size=(3, 4)) / 7
        net = Network([np.eye(4), second, third, np.ones((1, 3))], [[0.0] * 4, -second @ middle, [0.0] * 3, [0.0]])
        found = regions(net, box)
        assert len(found) > 4
        assert found.volumes.sum() == pytest.approx(box.volume, rel=1e-12)
        assert ((found.centroids >= box.lo) & (found.centroids <= box.hi)).all()


@pytest.mark.parametrize("compiled", [True, False])
def test_sides_too_near_to_parallel_for_doubles_are_measured_in_fractions(compiled: bool) -> None:
    asked = Asked(*question("1e+-10", 19))  # two sides of a region are 1e-10 apart in direction: 2e-6 was lost
    listed = asked.found.cells
    if not compiled:
        listed.compiled = None
    exact = np.array([float(volume) for volume, _ in asked.measures])
    np.testing.assert_allclose(listed.moments[:, 0], exact, rtol=0, atol=1e-10 * asked.box.volume)
    assert ((listed.centroids >= asked.box.lo) & (listed.centroids <= asked.box.hi)).all()


@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_moments_in_fractions_are_those_of_the_oracle(d: int) -> None:
    asked = Asked(*question("integer", 12 + d - 1))
    ends = [(Fraction(a), Fraction(b)) for a, b in zip(asked.box.lo.tolist(), asked.box.hi.tolist(), strict=True)]
    listed = RationalCells(chain_of(asked.network), asked.box)
    total = Fraction(0)
    for cell in listed.cells():
        volume, moment = exact_moments(ends, listed.rows(cell))
        total += volume
        assert volume > 0 and all(a * volume < m < b * volume for (a, b), m in zip(ends, moment, strict=True))
    assert total == prod(b - a for a, b in ends)
    assert exact_moments(ends, [[0] * d + [-1]]) == (0, [0] * d)
