"""Decisions against the forward pass, rational arithmetic, closed forms and the invariants of a subdivision."""

from __future__ import annotations

import numpy as np
import pytest

from foldline import Box, Network
from foldline.errors import InputError, NetworkError
from foldline.exact.boundary import boundary
from foldline.exact.chain.form import Chain, chain_of
from foldline.exact.complex.complex import Complex
from foldline.exact.complex.cut import complex_of
from foldline.exact.complex.measure import centres
from foldline.exact.complex.union import joined
from foldline.exact.decisions import Decisions, decisions
from foldline.exact.rational.exact import Exact, point
from foldline.exact.work import Budget, Work

from ..corpus import FAMILIES, network

SHAPES = {1: (1, 6, 5, 4), 2: (2, 5, 4, 3), 3: (3, 4, 3, 3)}
XOR = Network([[[1, 1], [1, 1]], [[1, -2]]], [[0, -1], [0]])


def unit_box(d: int) -> Box:
    return Box([-1.0] * d, [1.0] * d)


def parts(whole: Complex) -> tuple[int, ...]:
    lists = (whole.vertices, whole.edges, whole.loop_start, whole.loop_vertices, whole.cell_start, whole.cell_faces)
    return tuple(map(len, lists))


def cells(found: Decisions) -> list[tuple[bytes, int]]:
    return sorted((row.tobytes(), int(k)) for row, k in zip(found.complex.bits, found.classes, strict=True))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("n_out", [None, 1])
@pytest.mark.parametrize("d", SHAPES)
def test_cells_are_those_of_rational_arithmetic(d: int, n_out: int | None, family: str) -> None:
    net = network(family, (*SHAPES[d][:-1], n_out or SHAPES[d][-1]), 1)
    found, exact = decisions(net, unit_box(d)), decisions(net, unit_box(d), engine="rational")
    assert cells(found) == cells(exact)
    assert parts(found.complex) == parts(exact.complex)
    assert found.complex.euler == exact.complex.euler == 1
    assert found.certified and found.complete


@pytest.mark.parametrize("family", [f for f in FAMILIES if f != "thirds"])  # cells without a double inside
@pytest.mark.parametrize("d", SHAPES)
def test_the_class_of_a_cell_wins_at_its_centre_in_rationals(d: int, family: str) -> None:
    net = network(family, SHAPES[d], 2)
    found, exact = decisions(net, unit_box(d)), Exact(chain_of(net))
    middle = centres(found.complex)
    for x, k in zip(middle, found.classes, strict=True):
        scores = exact.value(point(x.tolist()))
        assert scores.index(max(scores)) == k
    assert [list(at) for at in found.regions.locate(middle)] == [[r] for r in found.region_of]
    assert np.array_equal(found.class_of(middle), found.classes)


@pytest.mark.parametrize("d", SHAPES)
def test_cells_fill_their_regions(d: int) -> None:
    found = decisions(network("gaussian", SHAPES[d], 3), unit_box(d))
    assert found.volumes.min() > 0
    by_region = np.bincount(found.region_of, found.volumes, len(found.regions))
    np.testing.assert_allclose(by_region, found.regions.volumes, rtol=1e-9, atol=1e-12)
    assert found.volume_of_class.sum() == pytest.approx(2.0**d, rel=1e-12)


def test_volumes_of_classes_are_those_of_dense_sampling() -> None:
    found = decisions(network("gaussian", (2, 12, 10, 5), 4), unit_box(2))
    axis = (np.arange(500) + 0.5) / 250 - 1
    points = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    seen = found.network(points).argmax(axis=1)
    assert np.array_equal(found.class_of(points), seen)
    np.testing.assert_allclose(found.volume_of_class, np.bincount(seen, minlength=5) * (4 / 500**2), atol=0.01)


@pytest.mark.parametrize("d", SHAPES)
def test_the_order_of_the_classes_changes_nothing_but_their_numbers(d: int) -> None:
    net = network("gaussian", (*SHAPES[d][:-1], 7), 5)
    order = np.random.default_rng(0).permutation(7)
    turned = Network((*net.weights[:-1], net.weights[-1][order]), (*net.biases[:-1], net.biases[-1][order]))
    a, b = decisions(net, unit_box(d)), decisions(turned, unit_box(d))
    assert parts(a.complex) == parts(b.complex)
    np.testing.assert_allclose(a.volume_of_class[order], b.volume_of_class, atol=1e-12)


@pytest.mark.parametrize("family", ["gaussian", "integer", "duplicated", "corners", "thirds", "all_zero"])
@pytest.mark.parametrize("d", SHAPES)
def test_joining_the_cells_of_a_region_gives_the_complex_of_the_regions(d: int, family: str) -> None:
    found = decisions(network(family, SHAPES[d], 6), unit_box(d))
    plain = found.regions.complex
    again = joined(found.complex, found.region_of, plain.bits, plain.maps)
    assert parts(again) == parts(plain) and again.euler == 1
    if d == 2:
        assert np.all(np.diff(again.loop_start) >= 3)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_a_single_layer_has_the_classic_argmax_cells(d: int) -> None:
    # class k wins where x_k is largest: by symmetry an equal share each; class d is never above -2
    net = Network([np.eye(d + 1, d)], [[0.0] * d + [-2.0]])
    found = decisions(net, unit_box(d))
    assert len(found) == d and len(found.regions) == 1
    np.testing.assert_allclose(found.volume_of_class, [*[2.0**d / d] * d, 0.0], atol=1e-14)
    assert found.empty == (str(d),)


def test_corners_of_argmax_cells_meet_where_the_three_scores_are_equal() -> None:
    net = Network([[[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]], [[0.0, 0.25, -0.5]])
    found = decisions(net, unit_box(2))
    inner = found.complex.vertices[(np.abs(found.complex.vertices) < 1).all(axis=1)]
    np.testing.assert_allclose(inner, [[-1 / 12, -4 / 12]], atol=1e-15)  # x = y + 1/4 = -x - y - 1/2
    assert parts(found.complex)[:3] == (8, 10, 4)


def test_one_output_is_cut_at_its_level() -> None:
    found = decisions(XOR, Box([0, 0], [1, 1]), level=0.5)
    assert found.volume_of_class.tolist() == pytest.approx([0.25, 0.75])
    assert found.level == 0.5 and found.names == ("0", "1") and len(found.regions) == 2 and len(found) == 4


@pytest.mark.parametrize(("unit", "level"), [("sigmoid", 0.5), ("tanh", 0.0), ("step", None), ("identity", None)])
def test_a_monotone_output_unit_is_looked_through(unit: str, level: float | None) -> None:
    net = network("gaussian", (2, 8, 6, 1), 0)
    looked = Network(net.weights, net.biases, output=unit)
    assert cells(decisions(looked, unit_box(2), level=level)) == cells(decisions(net, unit_box(2)))


def test_ties_go_to_the_lowest_class() -> None:
    net = network("integer", (2, 4, 3, 3), 3)
    twice = Network(
        (*net.weights[:-1], np.repeat(net.weights[-1], 2, axis=0)), (*net.biases[:-1], np.repeat(net.biases[-1], 2))
    )
    found, single = decisions(twice, unit_box(2)), decisions(net, unit_box(2))
    assert {"1", "3", "5"} <= set(found.empty)
    assert sorted((b, k // 2) for b, k in cells(found)) == cells(single)
    assert parts(found.complex) == parts(single.complex)


def test_the_all_zero_network_has_one_cell_of_the_lowest_class() -> None:
    for n_out in (1, 5):
        found = decisions(network("all_zero", (2, 4, n_out), 0), unit_box(2))
        assert found.classes.tolist() == [0] and parts(found.complex)[:2] == (4, 4)
        assert found.empty == tuple(map(str, range(1, max(n_out, 2))))


def test_the_class_of_a_point_on_a_boundary_is_decided_exactly() -> None:
    third = 1.0 / 3.0  # rounded down, so that 3 * third is below 1 though its product rounds to 1
    net = Network([[[0.0], [3.0]]], [[1.0, 0.0]])
    found = decisions(net, Box([0], [1]))
    assert net([third]).tolist() == [1.0, 1.0]
    assert found.class_of([[third], [np.nextafter(third, 1)]]).tolist() == [0, 1]
    assert decisions(XOR, Box([0, 0], [2, 2])).class_of([[0, 0], [0.5, 0.5], [1, 1]]).tolist() == [0, 1, 0]


def test_class_names_are_those_the_network_carries() -> None:
    net = Network([[[1.0], [-1.0]]], [[0.0, 0.0]], meta={"classes": ["right", "left"]})
    assert decisions(net, Box([0.5], [1.0])).empty == ("left",)


def test_an_answer_over_the_budget_is_empty_and_says_so() -> None:
    found = decisions(network("gaussian", (2, 16, 16, 3), 0), unit_box(2), budget=Budget(regions=5))
    assert not found.complete and len(found) == 0 and found.volume_of_class.tolist() == [0.0] * 3


@pytest.mark.parametrize("regions_allowed", [1000, 3000])  # the network has 2,985
def test_an_answer_cut_short_with_regions_in_hand_has_no_cells(regions_allowed: int) -> None:
    net = network("gaussian", (2, 64, 64, 3), 0)
    found = decisions(net, unit_box(2), budget=Budget(regions=regions_allowed))
    assert len(found.regions) > 0 and found.regions.complete == (regions_allowed > 1000)
    assert not found.complete and len(found) == 0 and found.volume_of_class.tolist() == [0.0] * 3
    assert len(boundary(net, unit_box(2), budget=Budget(regions=regions_allowed))) == 0


def test_cutting_by_classes_gets_the_seconds_that_the_regions_left(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []

    def remember(chain: Chain, box: Box, work: Work) -> Complex:
        given.append(work.limits.seconds)
        return complex_of(chain, box, work)

    monkeypatch.setattr("foldline.exact.decisions.complex_of", remember)
    assert decisions(network("gaussian", (2, 8, 3), 0), unit_box(2), budget=Budget(seconds=100.0)).complete
    assert len(given) == 1 and given[0] < 100.0


def test_floats_alone_can_answer_and_say_that_nothing_is_certified() -> None:
    net = network("gaussian", (2, 8, 8, 3), 1)
    found = decisions(net, unit_box(2), certify=False)
    assert not found.certified and cells(found) == cells(decisions(net, unit_box(2)))


def test_more_inputs_are_refused_and_a_slice_is_answered() -> None:
    net = network("gaussian", (4, 5, 3), 0)
    with pytest.raises(NetworkError, match=r"decisions needs a network with 1, 2 or 3 inputs; got 4 .*on_plane"):
        decisions(net, unit_box(4))
    assert decisions(net.on_plane(np.zeros(4), *np.eye(4)[:2]), unit_box(2)).complete


def test_questions_that_do_not_fit_are_refused_by_name() -> None:
    net = network("gaussian", (2, 3, 3), 0)
    with pytest.raises(InputError, match="decisions needs a box with the network's 2 axes; got 3"):
        decisions(net, unit_box(3))
    with pytest.raises(InputError, match="decisions needs a network with 1 output for a level; got 3"):
        decisions(net, unit_box(2), level=0.5)
    with pytest.raises(NetworkError, match="decisions needs a strictly increasing output unit; got 'relu'"):
        decisions(Network(net.weights, net.biases, output="relu"), unit_box(2))
    with pytest.raises(NetworkError, match=r"piecewise-linear hidden units; got 'tanh' in layer 1\. Sample it"):
        decisions(Network(net.weights, net.biases, "tanh"), unit_box(2))
    with pytest.raises(InputError, match="class_of needs points with 2 coordinates; got shape"):
        decisions(net, unit_box(2)).class_of([[0.0, 0.0, 0.0]])
    for bad in (np.nan, np.inf):
        with pytest.raises(InputError, match=r"class_of needs finite points; got point 1 = \[0.0, "):
            decisions(net, unit_box(2)).class_of([[0.0, 0.0], [0.0, bad]])


def test_a_fresh_complex_has_the_same_cells_when_nothing_is_joined() -> None:
    whole = complex_of(chain_of(network("integer", (3, 4, 3, 1), 0)), unit_box(3), Work("test"))
    same = joined(whole, np.arange(whole.n_regions), whole.bits, whole.maps)
    assert np.array_equal(same.vertices, whole.vertices) and parts(same) == parts(whole)
    assert np.array_equal(np.sort(same.edges, axis=1)[np.lexsort(np.sort(same.edges, axis=1).T)],
                          np.sort(whole.edges, axis=1)[np.lexsort(np.sort(whole.edges, axis=1).T)])  # fmt: skip


def test_a_callback_hears_of_both_halves_and_can_end_the_work() -> None:
    net, box = network("gaussian", (2, 150, 150, 150, 3), 0), Box([-1.0, -1.0], [1.0, 1.0])
    heard: list[float] = []
    assert decisions(net, box, callback=lambda n, share: heard.append(share), workers=2).complete
    assert heard == sorted(heard) and heard[0] < 0.5 < heard[-1] <= 1
    assert not decisions(net, box, callback=lambda n, share: True).complete
    assert not boundary(net, box, callback=lambda n, share: True).complete
