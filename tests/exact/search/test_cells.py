"""Every engine for n-D regions against rational arithmetic, closed forms, dense sampling and known counts."""

from __future__ import annotations

from fractions import Fraction
from math import comb
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foldline import Box, Network
from foldline.data.folding import folding
from foldline.errors import BudgetError, InputError
from foldline.exact.bounds import bounds, zaslavsky
from foldline.exact.chain.form import chain_of
from foldline.exact.rational.elimination import implied
from foldline.exact.rational.exact import point
from foldline.exact.rational.program import least
from foldline.exact.rational.search import RationalCells
from foldline.exact.search import cells as door
from foldline.exact.search.cells import SAMPLE, cells, count, half_spaces
from foldline.exact.search.reference import descend, dives
from foldline.exact.work import Budget, Work

from ...interrupts import interrupted

FLOATS = ["kernel", "numpy"] if door._cells else ["numpy"]
KINDS = ("gauss", "ternary", "integer", "tenth", "zero_bias", "ternary_zero_bias", "thirds", "dead", "zero")


def network(kind: str, d: int, hidden: tuple[int, ...], seed: int, activation: str = "relu") -> Network:
    """A random network of one of the kinds that break float engines."""
    rng = np.random.default_rng(seed)
    weights, biases = [], []
    for n, reads in zip((*hidden, 1), (d, *hidden), strict=True):
        W, b = rng.normal(size=(n, reads)), rng.normal(size=n)
        if kind.startswith("ternary"):
            W, b = rng.integers(-1, 2, size=(n, reads)), rng.integers(-1, 2, size=n)
        if kind == "integer":
            W, b = rng.integers(-3, 4, size=(n, reads)), rng.integers(-3, 4, size=n)
        if kind == "tenth":
            W, b = W.round(1).astype(np.float32), b.round(1).astype(np.float32)
        if kind == "thirds":
            half = n // 2
            W[half : 2 * half], b[half : 2 * half] = W[:half] / 3.0, b[:half] / 3.0
        if kind == "dead" and weights:
            b = np.full(n, -100.0)
        if kind.endswith("zero_bias"):
            b = np.zeros(n)
        if kind == "zero":
            W, b = np.zeros((n, reads)), np.zeros(n)
        weights.append(np.asarray(W, dtype=np.float64))
        biases.append(np.asarray(b, dtype=np.float64))
    return Network(weights, biases, activation)


def stored(name: str) -> tuple[Network, Box]:
    """A network with a known count, see tests/nets/COUNTS.md."""
    with np.load(Path(__file__).parents[2] / "nets" / f"{name}.npz") as file:
        n = sum(key.startswith("W") for key in file)
        net = Network([file[f"W{k}"] for k in range(n)], [file[f"b{k}"] for k in range(n)])
        return net, Box(file["lo"], file["hi"])


def cube(d: int, size: float = 1.0) -> Box:
    return Box([-size] * d, [size] * d)


@pytest.mark.parametrize("engine", FLOATS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("d", "hidden"), [(1, (4, 4)), (2, (5, 4)), (3, (4, 4)), (4, (4, 3)), (2, (3, 3, 3))])
def test_patterns_equal_rational_arithmetic(engine: str, kind: str, d: int, hidden: tuple[int, ...]) -> None:
    for seed in range(3 if engine == "kernel" else 1):
        chain, box = chain_of(network(kind, d, hidden, seed)), cube(d)
        truth = cells(chain, box, Work("test", engine="rational"))["patterns"]
        answer = cells(chain, box, Work("test", engine=engine))
        assert answer["certified"] and answer["complete"]
        np.testing.assert_array_equal(answer["patterns"], truth, err_msg=f"seed {seed}")


@pytest.mark.parametrize("activation", ["abs", "leaky_relu", "hard_tanh", "relu6", "identity"])
def test_units_of_all_kinds_equal_rational_arithmetic(activation: str) -> None:
    chain = chain_of(network("tenth", 3, (3, 3), 7, activation))
    truth = cells(chain, cube(3), Work("test", engine="rational"))["patterns"]
    for engine in FLOATS:
        np.testing.assert_array_equal(cells(chain, cube(3), Work("test", engine=engine))["patterns"], truth)


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    d=st.integers(1, 5),
    width=st.integers(1, 4),
    depth=st.integers(1, 3),
    seed=st.integers(0, 10**6),
)
def test_any_small_network_equals_rational_arithmetic(kind: str, d: int, width: int, depth: int, seed: int) -> None:
    chain = chain_of(network(kind, d, (width,) * depth, seed))
    truth = cells(chain, cube(d), Work("test", engine="rational"))["patterns"]
    np.testing.assert_array_equal(cells(chain, cube(d), Work("test"))["patterns"], truth)


def test_folds_a_rounding_apart_make_slivers_that_floats_alone_miss() -> None:
    chain = chain_of(network("thirds", 4, (4, 3), 0))
    certified, floats = cells(chain, cube(4), Work("test")), cells(chain, cube(4), Work("test", certify=False))
    assert certified["n_regions"] == cells(chain, cube(4), Work("test", engine="rational"))["n_regions"]
    assert certified["n_regions"] > floats["n_regions"]
    assert floats["merged"] > 0 and not floats["certified"]


def test_engines_find_the_same_patterns_and_maps() -> None:
    chain = chain_of(network("gauss", 4, (6, 5), 3))
    answers = [cells(chain, cube(4), Work("test", engine=engine)) for engine in (*FLOATS, "rational")]
    for other in answers[1:]:
        np.testing.assert_array_equal(answers[0]["patterns"], other["patterns"])
        np.testing.assert_allclose(answers[0]["maps"], other["maps"], rtol=0, atol=1e-13)


@pytest.mark.parametrize("engine", FLOATS)
def test_witnesses_have_their_pattern_and_their_map_is_the_network(engine: str) -> None:
    net = network("gauss", 4, (6, 6), 11)
    answer = cells(chain_of(net), cube(4), Work("test", engine=engine))
    points, maps = answer["points"], answer["maps"]
    np.testing.assert_array_equal(net.pattern(points), answer["patterns"])
    values = np.einsum("roi,ri->ro", maps[:, :, :-1], points) + maps[:, :, -1]
    np.testing.assert_allclose(values, net(points), rtol=0, atol=1e-12)


@pytest.mark.parametrize("engine", FLOATS)
def test_balls_lie_inside_their_regions(engine: str) -> None:
    net = network("gauss", 3, (6, 4), 2)
    answer = cells(chain_of(net), cube(3), Work("test", engine=engine))
    way = np.random.default_rng(0).normal(size=(20, 3))
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    for p, radius, pattern in zip(answer["points"], answer["radii"], answer["patterns"], strict=True):
        on_the_ball = p + radius * (1 - 1e-9) * way
        assert (net.pattern(on_the_ball) == pattern).all()
        assert (np.abs(on_the_ball) <= 1).all()


@pytest.mark.parametrize("engine", [*FLOATS, "rational"])
def test_half_spaces_hold_exactly_the_points_of_their_region(engine: str) -> None:
    net = network("gauss", 3, (4, 3), 5)
    answer = cells(chain_of(net), cube(3), Work("test", engine=engine))
    points = np.random.default_rng(1).uniform(-1, 1, size=(2000, 3))
    patterns = net.pattern(points)
    for r, pattern in enumerate(answer["patterns"]):
        sides = answer["sides"][answer["side_start"][r] : answer["side_start"][r + 1]]
        rows = half_spaces(chain_of(net), cube(3), pattern, sides)
        inside = (points @ rows[:, :-1].T + rows[:, -1] > 0).all(axis=1)
        np.testing.assert_array_equal(inside, (patterns == pattern).all(axis=1))


def test_sampling_finds_no_region_that_is_not_listed() -> None:
    net = network("gauss", 5, (8, 6), 1)
    answer = cells(chain_of(net), cube(5), Work("test"))
    listed = {row.tobytes() for row in answer["patterns"]}
    seen = {row.tobytes() for row in net.pattern(np.random.default_rng(2).uniform(-1, 1, (20_000, 5))).astype(np.uint8)}
    assert seen <= listed
    assert len(listed) == answer["n_regions"]


@pytest.mark.parametrize("d", [1, 2, 3, 4, 5])
def test_a_generic_layer_attains_zaslavskys_number_in_a_large_box(d: int) -> None:
    net = network("gauss", d, (7,), 4)
    assert count(chain_of(net), cube(d, 1e4), Work("test"))["n_regions"] == zaslavsky(d, 7) == bounds(net).serra


def test_folds_through_one_point_make_the_central_arrangement() -> None:
    net = network("zero_bias", 4, (7,), 0)
    assert count(chain_of(net), cube(4), Work("test"))["n_regions"] == 2 * sum(comb(6, j) for j in range(4))


@pytest.mark.parametrize(
    ("name", "regions", "engine"),
    [("d2_2x16", 381, engine) for engine in FLOATS]
    + [(name, n, FLOATS[0]) for name, n in (("d2_3x32", 2732), ("d3_3x16", 9926)) if FLOATS[0] == "kernel"],
)
def test_networks_with_known_counts_have_them(name: str, regions: int, engine: str) -> None:
    net, box = stored(name)
    assert count(chain_of(net), box, Work("test", engine=engine))["n_regions"] == regions


@pytest.mark.parametrize(("n", "K"), [(3, 4), (5, 3), (10, 3)])
def test_the_folding_network_has_its_power_of_regions(n: int, K: int) -> None:
    assert count(chain_of(folding(n, K)), Box([-0.5], [1.5]), Work("test"))["n_regions"] == (n + 1) ** K


def test_xor_has_three_regions_with_folds_through_the_corners_of_the_box() -> None:
    xor = Network([[[1, 1], [1, 1]], [[1, -2]]], [[0, -1], [0]])
    for engine in (*FLOATS, "rational"):
        answer = cells(chain_of(xor), Box([0, 0], [1, 1]), Work("test", engine=engine))
        assert answer["patterns"].tolist() == [[1, 0], [1, 1]]
        assert cells(chain_of(xor), Box([-1, -1], [2, 2]), Work("test", engine=engine))["n_regions"] == 3


def test_permuting_units_and_scaling_by_powers_of_two_leaves_the_count() -> None:
    net = network("gauss", 4, (6, 5), 8)
    (W1, W2, W3), (b1, b2, b3) = net.weights, net.biases
    order = np.random.default_rng(0).permutation(6)
    scale = 2.0 ** np.arange(-3, 3)
    moved = Network([(W1 * scale[:, None])[order], (W2 / scale)[:, order], W3], [(b1 * scale)[order], b2, b3])
    assert (
        count(chain_of(moved), cube(4), Work("test"))["n_regions"]
        == count(chain_of(net), cube(4), Work("test"))["n_regions"]
    )


def test_a_network_without_hidden_layers_is_one_region() -> None:
    answer = cells(chain_of(Network([[[1.0, 2.0]]], [[0.5]])), cube(2), Work("test"))
    assert answer["n_regions"] == 1
    assert answer["maps"].tolist() == [[[1.0, 2.0, 0.5]]]


@pytest.mark.parametrize("engine", FLOATS)
@pytest.mark.parametrize("scale", [1e-300, 1e-150, 1e150, 1e300])
def test_weights_near_the_ends_of_the_doubles_equal_rational_arithmetic(engine: str, scale: float) -> None:
    net = network("gauss", 2, (5, 4), 1)
    (W1, W2, W3), (b1, b2, b3) = net.weights, net.biases
    chain = chain_of(Network([scale * W1, W2, W3], [scale * b1, 0 * b2 + 1, b3]))
    truth = cells(chain, cube(2), Work("test", engine="rational"))["patterns"]
    np.testing.assert_array_equal(cells(chain, cube(2), Work("test", engine=engine))["patterns"], truth)


@pytest.mark.parametrize("engine", FLOATS)
@pytest.mark.parametrize("far", [1e6, 1e12, 1e15])
def test_boxes_far_from_the_origin_equal_rational_arithmetic(engine: str, far: float) -> None:
    net = network("gauss", 3, (5, 4), 1)
    (W1, W2, W3), (b1, b2, b3) = net.weights, net.biases
    chain = chain_of(Network([W1, W2, W3], [b1 - W1 @ np.full(3, far), b2, b3]))
    box = Box([far - 1] * 3, [far + 1] * 3)
    truth = cells(chain, box, Work("test", engine="rational"))["patterns"]
    np.testing.assert_array_equal(cells(chain, box, Work("test", engine=engine))["patterns"], truth)


@pytest.mark.parametrize("engine", FLOATS)
@pytest.mark.parametrize("half", [(1e-9,) * 3, (1e9,) * 3, (1e140,) * 3, (1e-3, 1.0, 1e3)])
def test_boxes_of_any_size_equal_rational_arithmetic(engine: str, half: tuple[float, ...]) -> None:
    chain, box = chain_of(network("gauss", 3, (5, 4), 1)), Box([-h for h in half], half)
    truth = cells(chain, box, Work("test", engine="rational"))["patterns"]
    np.testing.assert_array_equal(cells(chain, box, Work("test", engine=engine))["patterns"], truth)


def test_thirty_layers_equal_rational_arithmetic() -> None:
    rng = np.random.default_rng(4)
    sizes = [(3, 2), *[(3, 3)] * 29, (1, 3)]
    net = Network([rng.normal(size=s) * np.sqrt(2 / s[1]) for s in sizes], [rng.normal(size=n) * 0.1 for n, _ in sizes])
    truth = cells(chain_of(net), cube(2), Work("test", engine="rational"))["patterns"]
    np.testing.assert_array_equal(cells(chain_of(net), cube(2), Work("test"))["patterns"], truth)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "abs"])
def test_deep_networks_need_no_rationals_and_have_maps_rounded_once(activation: str) -> None:
    rng = np.random.default_rng(1)
    sizes = [(4, 2), *[(4, 4)] * 7, (1, 4)]
    weights = [rng.normal(size=s) * np.sqrt(1 / s[1]) for s in sizes]
    chain = chain_of(Network(weights, [rng.normal(size=n) * 0.1 for n, _ in sizes], activation))
    truth = cells(chain, cube(2), Work("test", engine="rational"))
    for engine in FLOATS:
        answer = cells(chain, cube(2), Work("test", engine=engine))
        np.testing.assert_array_equal(answer["patterns"], truth["patterns"])
        assert answer["asked"] == 0
        np.testing.assert_allclose(answer["maps"], truth["maps"], rtol=0, atol=1e-13)
    if door._cells:
        maps = cells(chain, cube(2), Work("test"))["maps"]
        np.testing.assert_allclose(maps, truth["maps"], rtol=2.0**-50, atol=1e-300)


def test_three_hundred_folds_in_general_position_make_all_their_regions() -> None:
    net = network("gauss", 2, (300 if door._cells else 30,), 0)
    assert count(chain_of(net), cube(2, 1e6), Work("test"))["n_regions"] == bounds(net).zaslavsky


def test_a_box_too_thin_for_doubles_is_answered_in_rationals() -> None:
    thin = Box([1.0, 0.0], [float(np.nextafter(1.0, 2.0)), 1.0])
    net = Network([[[1.0, -1.0], [0.0, 1.0]], [[1.0, 1.0]]], [[-1.0, -0.5], [0.0]])
    truth = cells(chain_of(net), thin, Work("test", engine="rational"))["patterns"]
    for engine in FLOATS:
        np.testing.assert_array_equal(cells(chain_of(net), thin, Work("test", engine=engine))["patterns"], truth)


@pytest.mark.parametrize("engine", FLOATS)
def test_a_budget_of_regions_gives_that_many_and_says_incomplete(engine: str) -> None:
    chain = chain_of(network("gauss", 4, (6, 5), 8))
    whole = cells(chain, cube(4), Work("test", engine=engine))
    part = cells(chain, cube(4), Work("test", budget=Budget(regions=50), engine=engine))
    assert part["n_regions"] == len(part["patterns"]) == 50
    assert not part["complete"] and 0.0 <= part["explored"] < 1.0
    assert {row.tobytes() for row in part["patterns"]} <= {row.tobytes() for row in whole["patterns"]}
    exact = cells(chain, cube(4), Work("test", budget=Budget(regions=whole["n_regions"]), engine=engine))
    assert exact["complete"] and exact["explored"] == 1.0


def test_the_explored_share_is_the_share_of_sample_points_in_the_regions_found() -> None:
    net = network("gauss", 3, (6, 5), 8)
    for engine in (*FLOATS, "rational"):
        part = cells(chain_of(net), cube(3), Work("test", budget=Budget(regions=20), engine=engine))
        listed = {row.tobytes() for row in part["patterns"]}
        inside = [row.tobytes() in listed for row in net.pattern(door._sample(cube(3))).astype(np.uint8)]
        assert part["explored"] == sum(inside) / SAMPLE


def test_a_budget_of_seconds_stops_the_work() -> None:
    chain = chain_of(network("gauss", 8, (16, 16), 0))
    answer = count(chain, cube(8), Work("test", budget=Budget(regions=10**9, seconds=1e-6)))
    assert not answer["complete"]
    assert answer["n_regions"] < answer["bound"]


def test_a_budget_of_bytes_limits_the_arrays() -> None:
    chain = chain_of(network("gauss", 4, (6, 5), 8))
    answer = cells(chain, cube(4), Work("test", budget=Budget(bytes=10_000)))
    assert not answer["complete"]
    arrays = [answer[key] for key in ("patterns", "points", "radii", "maps", "side_start", "sides")]
    assert sum(array.nbytes for array in arrays) < 20_000


def test_the_callback_sees_progress_and_can_stop_the_work() -> None:
    calls: list[tuple[int, float]] = []

    def stop(regions: int, share: float) -> bool:
        calls.append((regions, share))
        return len(calls) == 2

    for engine in FLOATS:
        calls.clear()
        chain = chain_of(network("gauss", 6, (12, 12), 0))
        assert not count(chain, cube(6), Work("test", callback=stop, engine=engine))["complete"]
        assert len(calls) == 2 and calls[0] <= calls[1] and 0.0 <= calls[1][1] < 1.0


def test_rational_arithmetic_alone_honours_the_clock_and_the_callback() -> None:
    chain = chain_of(network("gauss", 3, (6, 5), 8))
    assert not cells(chain, cube(3), Work("test", budget=Budget(seconds=1e-9), engine="rational"))["complete"]
    assert cells(chain, cube(3), Work("test", callback=lambda n, _: n == 7, engine="rational"))["n_regions"] == 7


def test_an_exception_in_the_callback_comes_through() -> None:
    def fail(regions: int, share: float) -> None:
        raise KeyboardInterrupt

    for engine in FLOATS:
        with pytest.raises(KeyboardInterrupt):
            count(chain_of(network("gauss", 6, (12, 12), 0)), cube(6), Work("test", callback=fail, engine=engine))


def test_an_interrupt_reaches_the_compiled_search() -> None:
    chain = chain_of(network("gauss", 8, (16, 16), 0))
    with interrupted(0.05):
        count(chain, cube(8), Work("test"))


@pytest.mark.parametrize(("kind", "d", "hidden"), [("gauss", 2, (8, 6)), ("tenth", 3, (5, 4)), ("gauss", 1, (9,))])
def test_random_ways_down_estimate_the_count_without_bias(kind: str, d: int, hidden: tuple[int, ...]) -> None:
    chain, box = chain_of(network(kind, d, hidden, 8)), cube(d)
    truth = count(chain, box, Work("test"))["n_regions"]
    for down, times in ((door._cells.dives if door._cells else dives, 400), (dives, 200)):
        estimates = 2.0 ** np.array(down(chain.weights, chain.biases, chain.below, box.lo, box.hi, times, 1))
        assert abs(estimates.mean() - truth) < 5 * estimates.std() / np.sqrt(times)


def test_the_lectures_ten_input_network_is_refused_with_its_bound() -> None:
    net = network("gauss", 10, (50,) * 5, 0)
    assert bounds(net).lower > 10**40
    with pytest.raises(BudgetError, match=r"fit the budget of 10,000,000; got about 10\^\d+ regions, at most 10\^\d+"):
        count(chain_of(net), cube(10), Work("test"))


def test_a_loose_bound_alone_refuses_nothing() -> None:
    net = network("gauss", 2, (24, 24, 24), 0)
    assert bounds(net).upper > 100 * 10_000
    assert count(chain_of(net), cube(2), Work("test", budget=Budget(regions=10_000)))["complete"]


def test_a_box_of_another_dimension_is_refused() -> None:
    with pytest.raises(InputError, match="box with 2 axes, one an input; got 3"):
        cells(chain_of(network("gauss", 2, (3,), 0)), cube(3), Work("test"))


@pytest.mark.parametrize(
    "limit", [{"regions": 0}, {"seconds": -1.0}, {"bytes": 0.0}, {"seconds": np.nan}, {"regions": "ten"}]
)
def test_a_budget_that_is_no_positive_number_is_refused(limit: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="Budget needs a positive limit"):
        Budget(**limit)


def test_rational_witnesses_are_strictly_inside() -> None:
    exact = RationalCells(chain_of(network("thirds", 3, (4, 3), 1)), cube(3))
    for cell in exact.cells():
        values = [
            sum(a * x for a, x in zip(row, (*cell.witness.fractions(), 1), strict=True)) for row in exact.rows(cell)
        ]
        assert min(values) > 0


def test_the_integer_simplex_agrees_with_scipy() -> None:
    from scipy.optimize import linprog

    rng = np.random.default_rng(3)
    for _ in range(40):
        d = int(rng.integers(1, 5))
        normals = rng.integers(-4, 5, size=(6, d))
        rows = [[*map(int, a), 5] for a in normals] + [
            [*(int(s * (j == k)) for j in range(d)), 7] for k in range(d) for s in (1, -1)
        ]
        target = [*map(int, rng.integers(-3, 4, size=d)), int(rng.integers(1, 25))]
        array = np.array(rows)
        least_value = linprog(target[:-1], -array[:, :-1], array[:, -1], bounds=(None, None)).fun + target[-1]
        if abs(least_value) < 1e-9:
            continue
        found = least(rows, target, point([0] * d))
        assert (found is not None) == (least_value < 0)
        if found is not None:
            x = [*found.fractions(), Fraction(1)]
            assert sum(a * v for a, v in zip(target, x, strict=True)) < 0
            assert all(sum(a * v for a, v in zip(row, x, strict=True)) >= 0 for row in rows)


def test_what_some_rows_imply_is_what_no_point_of_theirs_denies() -> None:
    rng = np.random.default_rng(5)
    answers = []
    for _ in range(300):
        d, n = int(rng.integers(1, 4)), int(rng.integers(1, 4))
        rows = [[*map(int, a), int(c)] for a, c in zip(rng.integers(-2, 3, (n, d)), rng.integers(1, 3, n), strict=True)]
        mixed = np.array(rows).T @ rng.integers(-1, 4, n)
        target = [*map(int, mixed[:-1]), int(mixed[-1] + rng.integers(-1, 3))]
        if np.linalg.matrix_rank(np.array(rows)[:, :-1]) < n:
            continue
        far = [[*(int(s * (j == k)) for j in range(d)), 10**6] for k in range(d) for s in (1, -1)]
        answers.append(implied(rows, target))
        # the origin is inside; a target that is positive there is denied by a point where it is negative
        if target[-1] >= 0:
            assert answers[-1] == (least([*rows, *far], target, point([0] * d)) is None)
    assert 50 < sum(answers) < len(answers) - 50


def test_the_float_walk_ends_in_the_least_corner_with_its_multipliers() -> None:
    rng = np.random.default_rng(4)
    for _ in range(40):
        d = int(rng.integers(1, 6))
        A = np.vstack([rng.normal(size=(5, d)), np.eye(d), -np.eye(d)])
        A /= np.linalg.norm(A, axis=1, keepdims=True)
        slack, a = rng.uniform(0.5, 2.0, len(A)), rng.normal(size=d)
        a /= np.linalg.norm(a)
        _, active, y = descend(A, slack, np.zeros(d), a, 100.0, 0.0)
        assert active is not None
        used = [k for k, side in enumerate(active) if side >= 0]
        np.testing.assert_allclose(y[used] @ A[[active[k] for k in used]], a, atol=1e-9)
        assert (y[used] > -1e-9).all()
