"""Regions as a value: each answer against another way to know it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

import foldline as fl
from foldline import Box, Network
from foldline.data.folding import folding
from foldline.errors import BudgetError, InputError, NetworkError
from foldline.exact.regions import _of_cells, regions
from foldline.exact.search.cells import cells
from foldline.exact.totals import count
from foldline.exact.work import Budget, Work

from ..corpus import network
from .distances import assert_first_change

XOR = Network([[[1, 1], [1, 1]], [[1, -2]]], [[0, -1], [0]])


def unit_box(d: int) -> Box:
    return Box([-1.0] * d, [1.0] * d)


@pytest.mark.parametrize("widths", [(1, 8, 8, 2), (2, 8, 6, 2), (3, 6, 5, 2), (4, 6, 4, 1)])
def test_patterns_and_maps_are_the_networks_own_at_interior_points(widths: tuple[int, ...]) -> None:
    net = network("gaussian", widths, 1)
    found = regions(net, unit_box(widths[0]))
    np.testing.assert_array_equal(found.patterns, net.pattern(found.points))
    values = np.einsum("roi,ri->ro", found.maps[..., :-1], found.points) + found.maps[..., -1]
    np.testing.assert_allclose(values, net(found.points), rtol=1e-9, atol=1e-9)
    assert found.certified and found.complete and found.explored == 1.0


def test_clamped_units_count_their_pieces_in_patterns() -> None:
    net = Network([[[3.0]], [[1.0]]], [[0.0], [0.0]], "hard_tanh")
    found = regions(net, unit_box(1))
    assert sorted(found.patterns.ravel()) == [0, 1, 2]


def test_the_folding_network_has_as_many_pieces_as_regions() -> None:
    net = folding(5, 3)
    found = regions(net, Box([-0.5], [1.5]))
    assert (len(found), found.n_pieces, found.merged) == (216, 216, 0)


def test_equal_neighbours_merge_into_pieces() -> None:
    # relu(x) + relu(-x) - |x| = 0 everywhere: two regions, one piece
    both = Network([[[1.0], [-1.0], [1.0], [-1.0]], [[1.0, 1.0, -1.0, -1.0]]], [[0.0] * 4, [0.0]])
    found = regions(both, unit_box(1))
    assert (len(found), found.n_pieces) == (2, 1)
    almost = Network([[[1.0], [-1.0]], [[1.0, -1.0 - 2.0**-50]]], [[0.0] * 2, [0.0]])
    assert regions(almost, unit_box(1)).n_pieces == 2


@pytest.mark.parametrize("d", [1, 2, 3, 4])
@pytest.mark.parametrize("family", ["dead", "all_zero"])
def test_dead_and_zero_networks_are_one_piece(family: str, d: int) -> None:
    assert regions(network(family, (d, 4, 3, 1), 0), unit_box(d)).n_pieces == 1


@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_a_linear_network_is_one_region_and_one_piece_in_any_dimension(d: int) -> None:
    found = regions(Network([np.ones((1, d))], [[3.0]]), unit_box(d))
    assert (len(found), found.n_pieces, found.merged, found.lipschitz()) == (1, 1, 0, pytest.approx(np.sqrt(d)))
    assert found.volumes.sum() == pytest.approx(2.0**d) and not len(found.neighbours)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_integral_is_the_mean_over_a_fine_grid(d: int) -> None:
    net = network("gaussian", (d, 5, 4, 1), 3)
    found = regions(net, unit_box(d))
    n = {1: 200_000, 2: 600, 3: 90}[d]
    axis = (np.arange(n) + 0.5) / n * 2 - 1
    grid = np.stack(np.meshgrid(*[axis] * d), axis=-1).reshape(-1, d)
    np.testing.assert_allclose(found.integral(), net(grid).mean(axis=0) * 2**d, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize(
    ("family", "widths", "size"),
    [("thirds", (2, 8, 6, 1), 1.0), ("integer", (3, 6, 4, 1), 2.0**40), ("thirds", (4, 4, 3, 1), 1.0)],
)
def test_no_sliver_has_a_negative_volume_or_its_centre_outside_the_box(
    family: str, widths: tuple[int, ...], size: float
) -> None:
    for seed in range(9):
        found = regions(network(family, widths, seed), Box([-size] * widths[0], [size] * widths[0]))
        assert found.volumes.min() >= 0.0 and found.volumes.sum() == pytest.approx((2 * size) ** widths[0], rel=1e-12)
        assert np.abs(found.centroids).max() <= size


def test_extrema_are_attained_and_no_sample_passes_them() -> None:
    net = network("gaussian", (2, 8, 8, 2), 5)
    low, at_low, high, at_high = regions(net, unit_box(2)).extrema()
    samples = net(np.random.default_rng(0).uniform(-1, 1, (20_000, 2)))
    assert (samples >= low - 1e-12).all() and (samples <= high + 1e-12).all()
    for k in range(2):
        assert net(at_low[k])[k] == pytest.approx(low[k], rel=1e-14)
        assert net(at_high[k])[k] == pytest.approx(high[k], rel=1e-14)


def test_lipschitz_bounds_every_difference_and_is_reached() -> None:
    net = network("gaussian", (2, 8, 1), 2)
    found = regions(net, unit_box(2))
    constant = found.lipschitz()
    pairs = np.random.default_rng(1).uniform(-1, 1, (2, 5000, 2))
    slopes = np.abs(net(pairs[0]) - net(pairs[1]))[:, 0] / np.linalg.norm(pairs[0] - pairs[1], axis=1)
    assert slopes.max() <= constant * (1 + 1e-9)
    assert constant == pytest.approx(np.linalg.norm(found.maps[:, 0, :-1], axis=1).max())


def test_a_point_on_a_fold_lies_in_all_regions_around_it() -> None:
    found = regions(XOR, Box([-1, -1], [2, 2]))
    around = found.locate([[0.5, -0.5], [0.5, 0.5], [-0.9, -0.9], [0.2, 0.2]])
    assert [len(r) for r in around] == [2, 2, 1, 1]
    cross = regions(Network([[[1.0, 0.0], [0.0, 1.0]], [[1.0, 1.0]]], [[0.0, 0.0], [0.0]]), unit_box(2))
    assert len(cross.locate([[0.0, 0.0]])[0]) == 4


def test_locate_finds_the_region_of_each_interior_point() -> None:
    found = regions(network("integer", (2, 6, 5, 1), 4), unit_box(2))
    assert [r.tolist() for r in found.locate(found.points)] == [[i] for i in range(len(found))]
    with pytest.raises(InputError, match=r"locate needs points in the box; got point 0"):
        found.locate([[3.0, 0.0]])
    with pytest.raises(InputError, match="needs points with 2 coordinates"):
        found.locate([[0.0, 0.0, 0.0]])


@pytest.mark.parametrize("d", [1, 2, 3])
def test_distance_to_fold_is_where_the_pattern_first_changes(d: int) -> None:
    assert_first_change(regions(network("gaussian", (d, 6, 1), 6), unit_box(d)), 5, beyond=1.6)


def test_every_facet_knows_the_unit_that_made_it() -> None:
    net = network("gaussian", (2, 6, 5, 1), 8)
    found = regions(net, unit_box(2))
    whole = found.complex
    assert whole is not None
    middles = whole.vertices[whole.edges].mean(axis=1)
    z = np.concatenate(net.preactivations(middles)[:-1], axis=1)
    for row, unit, x in zip(z, found.fold_of_edge, middles, strict=True):
        if unit >= 0:
            assert abs(row[unit]) < 1e-9
        else:
            axis, end = divmod(-1 - unit, 2)
            assert x[axis] == (1.0 if end else -1.0)


def test_regions_of_four_inputs_have_half_spaces_and_no_complex() -> None:
    found = regions(network("gaussian", (4, 6, 1), 0), unit_box(4))
    assert found.complex is None and found.sides is not None


@pytest.mark.parametrize("family", ["gaussian", "integer", "duplicated", "all_zero", "corners"])
@pytest.mark.parametrize("widths", [(1, 6, 4, 2), (2, 6, 5, 1), (3, 4, 3, 1), (4, 4, 3, 1)])
def test_half_spaces_hold_their_region_alone_and_each_is_needed(family: str, widths: tuple[int, ...]) -> None:
    d = widths[0]
    found = regions(network(family, widths, 1), unit_box(d))
    points = np.random.default_rng(0).uniform(-1, 1, (200, d))
    home = np.array([around[0] for around in found.locate(points)])
    for r in range(len(found)):
        A, c = found.half_spaces(r)
        assert A.shape == (len(c), d) and (np.abs(A).max(axis=1) == 1).all()
        np.testing.assert_array_equal((points @ A.T + c >= 0).all(axis=1), home == r)
        for k in range(len(c)):
            rest = np.arange(len(c)) != k
            past = linprog(A[k], np.vstack([-A[rest], -A[k]]), np.append(c[rest], c[k] + 1), bounds=(None, None))
            assert past.fun + c[k] < 0


def test_half_spaces_of_a_region_that_is_not_there_are_refused() -> None:
    found = regions(XOR, unit_box(2))
    for region in (-1, 3, 0.5):
        with pytest.raises(InputError, match="half_spaces needs the number of a region, below 3; got"):
            found.half_spaces(region)  # type: ignore[arg-type]


def test_regions_refuse_a_box_of_another_dimension() -> None:
    with pytest.raises(InputError, match="regions needs a box with the network's 2 axes; got 3"):
        regions(XOR, unit_box(3))


@pytest.mark.parametrize(("d", "size"), [(2, 1e200), (3, 1e150), (4, 1e80), (2, 1e-200), (4, 1e-80)])
def test_a_box_whose_volume_leaves_the_doubles_is_refused_where_it_is_measured(d: int, size: float) -> None:
    net, box = network("gaussian", (d, 3, 1), 0), Box([-size] * d, [size] * d)
    assert count(net, box) >= 1
    got = "inf" if size > 1 else "[0-9]e[-+]"
    with pytest.raises(InputError, match=f"needs a box with a volume from 1e-271 to 1e.301; got {got}"):
        _ = regions(net, box).volumes


def test_a_box_as_wide_as_the_doubles_is_refused() -> None:
    with pytest.raises(NetworkError, match=r"count needs numbers below .* or ask about a smaller box"):
        count(network("gaussian", (1, 3, 1), 0), Box([-1e308], [1e308]))


@pytest.mark.parametrize("workers", [0, -1, 2.5])
def test_regions_refuse_less_than_one_worker(workers: float) -> None:
    with pytest.raises(InputError, match=f"regions needs a whole number of workers, 1 or more; got {workers}"):
        regions(XOR, unit_box(2), workers=workers)  # type: ignore[arg-type]


def test_count_agrees_with_regions_and_says_when_the_budget_is_spent() -> None:
    for d in (1, 2, 3, 4):
        net = network("ternary", (d, 5, 4, 1), d)
        assert count(net, unit_box(d)) == len(regions(net, unit_box(d)))
    with pytest.raises(BudgetError, match="count needs a larger budget"):
        count(network("gaussian", (2, 16, 16, 1), 0), unit_box(2), budget=Budget(regions=5))


@pytest.mark.parametrize("axes", [1, 2, 4])
def test_count_refuses_a_box_with_other_axes(axes: int) -> None:
    with pytest.raises(InputError, match=f"count needs a box with the network's 3 axes; got {axes}"):
        count(network("gaussian", (3, 4, 1), 0), unit_box(axes))


@pytest.mark.parametrize(("d", "width"), [(2, 64), (3, 32), (4, 24)])
def test_a_callback_hears_of_a_count_and_can_end_it(d: int, width: int) -> None:
    net, heard = network("gaussian", (d, width, width, 1), 0), []
    assert count(net, unit_box(d), callback=lambda n, share: heard.append(share)) == len(regions(net, unit_box(d)))
    assert heard and max(heard) <= 1
    with pytest.raises(BudgetError, match="count needs a larger budget"):
        count(net, unit_box(d), callback=lambda n, share: True)


def test_an_answer_without_its_regions_says_so_when_asked_about_them() -> None:
    net, box = network("gaussian", (2, 20, 20, 1), 0), Box([-1, -1], [1, 1])
    nothing = regions(net, box, callback=lambda n, share: True)
    assert not nothing.complete and not len(nothing)
    assert nothing.n_pieces == nothing.merged == 0 and nothing.integral().tolist() == [0.0]
    assert nothing.volumes.shape == (0,) and nothing.centroids.shape == (0, 2)
    with pytest.raises(BudgetError, match="extrema needs a region"):
        nothing.extrema()
    with pytest.raises(BudgetError, match=r"distance_to_fold needs points in the regions found; got point 0"):
        nothing.distance_to_fold([[0.0, 0.0]])


def test_points_in_tiny_networks_are_located_as_in_the_same_network_at_full_size() -> None:
    net, box = network("thirds", (2, 6, 4, 1), 1), Box([-1, -1], [1, 1])
    tiny = Network([net.weights[0] * 2.0**-560, *net.weights[1:]], [b * 2.0**-560 for b in net.biases])
    points = np.random.default_rng(0).integers(-4, 5, size=(40, 2)) / 4
    large, small = regions(net, box), regions(tiny, box)
    for here, there in zip(large.locate(points), small.locate(points), strict=True):
        assert {large.bits[r].tobytes() for r in here} == {small.bits[r].tobytes() for r in there}
    assert small.n_pieces == large.n_pieces


@pytest.mark.parametrize("question", [fl.regions, fl.count, fl.decisions, fl.boundary, fl.surface])
@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"box": ([0, 0], [1, 1])}, r"needs a Box; got box = \(\[0, 0\], \[1, 1\]\)\. Write Box\(lo, hi\)"),
        ({"budget": 100}, r"needs a Budget; got budget = 100\. Write Budget\(regions=\.\.\."),
        ({"network": "xor.npz"}, "needs a Network; got network = 'xor.npz'. Read one with foldline.read"),
    ],
)
def test_what_is_of_another_kind_is_refused(question: Any, given: dict[str, Any], refused: str) -> None:
    asked = {"network": XOR, "box": unit_box(2)} | given
    with pytest.raises(InputError, match=f"^{question.__name__} {refused}"):
        question(asked.pop("network"), asked.pop("box"), **asked)


@pytest.mark.parametrize("executor", ["threads", ThreadPoolExecutor, 2])
def test_what_is_no_executor_is_refused_however_small_the_network(executor: Any) -> None:
    with pytest.raises(InputError, match=r"regions needs a concurrent\.futures\.Executor; got executor = .*workers=2"):
        regions(XOR, unit_box(2), executor=executor)


@pytest.mark.parametrize("question", [regions, count])
def test_far_too_many_regions_are_refused_before_the_work(question: Any) -> None:
    said = []
    with pytest.raises(BudgetError, match=r"budget of 10,000,000; got about 10\^1\d regions, at most 10\^\d+\. Ask"):
        question(folding(10, 12), Box([-0.5], [1.5]), callback=lambda n, share: said.append(n))
    assert not said


@pytest.mark.parametrize("d", [1, 2, 3])
def test_a_count_far_beyond_its_budget_is_refused_by_an_estimate(d: int) -> None:
    net, box = network("gaussian", (d, 24, 24, 1), 0), unit_box(d)
    if d == 1:
        net, box = folding(10, 3), Box([-0.5], [1.5])
    truth = count(net, box)
    with pytest.raises(BudgetError, match=r"count needs a network whose regions fit the budget of 1; got about"):
        count(net, box, budget=Budget(regions=1))
    assert count(net, box, budget=Budget(regions=truth)) == truth
    some = regions(net, box, budget=Budget(regions=1))
    assert not some.complete


@pytest.mark.parametrize("d", [2, 4])
def test_a_box_too_thin_for_doubles_is_not_refused_however_large_the_network(d: int) -> None:
    lo = np.arange(1.0, d + 1)
    net = network("gaussian", (d, *(40,) * 5, 1), 0)
    assert count(net, Box(lo, np.nextafter(lo, np.inf))) >= 1


@pytest.mark.parametrize("family", ["gaussian", "ternary", "duplicated"])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_shared_parts_and_a_list_of_polytopes_answer_the_same(family: str, d: int) -> None:
    net, box = network(family, (d, 4, 3, 2), 3), unit_box(d)
    shared = regions(net, box)
    listed = _of_cells(net, box, shared.chain, cells(shared.chain, box, Work("test")), 0.0)
    assert shared.sides is None and listed.complex is None and len(shared) == len(listed)
    here = {row.tobytes(): r for r, row in enumerate(shared.bits)}
    order = np.array([here[row.tobytes()] for row in listed.bits])
    for name in ("volumes", "centroids"):
        np.testing.assert_allclose(getattr(listed, name), getattr(shared, name)[order], rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(listed.cells.moments, shared.cells.moments[order], rtol=1e-8, atol=1e-10)
    pairs = {frozenset((shared.bits[a].tobytes(), shared.bits[b].tobytes())) for a, b, _ in shared.neighbours}
    assert pairs == {frozenset((listed.bits[a].tobytes(), listed.bits[b].tobytes())) for a, b, _ in listed.neighbours}
    assert listed.n_pieces == shared.n_pieces
    np.testing.assert_allclose(listed.integral(), shared.integral(), rtol=1e-8, atol=1e-10)
    for mine, its in zip(listed.extrema()[::2], shared.extrema()[::2], strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-8, atol=1e-10)
    at = np.random.default_rng(0).uniform(-1, 1, (20, d))
    np.testing.assert_allclose(listed.distance_to_fold(at), shared.distance_to_fold(at), rtol=1e-8, atol=1e-10)
    for r in range(0, len(listed), 3):
        mine, its = listed.half_spaces(r), shared.half_spaces(int(order[r]))
        assert sorted(map(tuple, np.column_stack(mine).tolist())) == sorted(map(tuple, np.column_stack(its).tolist()))


@pytest.mark.parametrize("size", [1e-170, 1.0, 1e155])
def test_the_lipschitz_constant_of_any_size_is_told(size: float) -> None:
    steep = fl.Network([[[3 * size, 4 * size]]], [[0.0]])
    assert fl.regions(steep, fl.Box([-1.0] * 2, [1.0] * 2)).lipschitz() == pytest.approx(5 * size, rel=1e-15)
