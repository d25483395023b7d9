"""What the figures of deep networks, regions and parameters say, held against other ways to know it."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest

from foldline.box import Box
from foldline.data.book import composed, folding_pair
from foldline.draw.camera import Camera, painted, shaded
from foldline.draw.lecture import plane
from foldline.exact.complex.outlines import triangles as triangles_of
from foldline.exact.regions import regions
from foldline.exact.totals import count
from foldline.fit.memorise import recorded_curves
from foldline.lecture import bounds, composing, curves, two_outputs
from foldline.lecture import regions as question
from foldline.lecture.parameters import layers_of, total
from foldline.mesh import Mesh
from foldline.network import Network

from .drawn import drawn

CUBE = Mesh.of_polygons(
    [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]],
    [[3, 2, 1, 0], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]],
)


def test_both_outputs_bend_where_a_unit_switches_and_nowhere_else():
    answer = two_outputs.ask(two_outputs.State())
    network = answer.network
    switches = sorted(-network.biases[0] / network.weights[0][:, 0])
    for curve in answer.curves:
        assert curve.joints == pytest.approx(switches)
    assert answer.shared == pytest.approx(switches)
    x = np.linspace(0, 1, 2001)[:, None]
    bends = np.abs(np.diff(network(x), n=2, axis=0)).max(axis=1) > 1e-9
    assert x[1:-1][bends, 0] == pytest.approx(switches)


def test_the_slopes_in_the_table_of_two_outputs_are_those_of_differences():
    answer = two_outputs.ask(two_outputs.State())
    for output, curve in enumerate(answer.curves):
        ends = np.array([0.0, *curve.joints, 1.0])
        y = answer.network(ends[:, None])[:, output]
        assert curve.slopes == pytest.approx(np.diff(y) / np.diff(ends))


def test_the_unit_that_makes_a_joint_of_the_composition_is_zero_there():
    network = composed(*folding_pair())
    curve = curves.curve_of(regions(network, composing.BOX))
    joints, units = curve.joints, curve.units
    assert len(joints) == 11 and set(units) == {0, 2, 3, 4, 5}
    z = np.hstack(network.preactivations(joints[:, None])[:-1])
    assert np.abs(z[np.arange(11), units]).max() < 1e-12


def test_the_composing_page_says_12_36_108_324_and_972_pieces():
    assert [value for _, value in drawn("composing").numbers][:7] == ["3", "4", "12", "36", "108", "324", "972"]


def test_the_composing_page_says_what_other_weights_and_orders_make():
    assert [value for _, value in drawn("composing").numbers][7:] == ["9", "10", "12", "11"]


def test_the_composing_page_names_the_ten_joints_of_the_book_s_deep_network():
    said = {text.get_text() for text in drawn("composing").panels["P"].texts}
    joints = ".169565 .2 .3 .5 .583333 .65 .6875 .769231 .862745 .928571".split()
    assert {f"0{joint}" for joint in joints} <= said


@pytest.mark.parametrize(("x", "y", "at"), [((0, 2), (1, 0), 1.5), ((0, 2), (0, 1), 0.5)])
def test_a_level_is_found_on_a_falling_and_on_a_rising_piece(x, y, at):
    assert composing.level_on(np.array(x, dtype=float), np.array(y, dtype=float), 0.25) == at


def test_the_region_under_the_pointer_has_the_map_and_pattern_that_are_said():
    answer = question.ask(question.State())
    said, pointer = dict(plane._numbers(answer)), answer.state.pointer
    map_ = answer.network.affine_map(pointer)[0]
    wanted = [
        float(v.replace(" ", "").replace("−", "-"))
        for v in re.findall(r"[−+]? ?[\d.]+", said["affine map at (0.5, −0.4)"])
    ]
    assert wanted == pytest.approx(map_, abs=5e-4)
    assert said["its pattern"].replace(" ", "") == "".join(map(str, answer.network.pattern(pointer)))
    x, y = answer.home.corners.T
    area = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
    assert said["its region"] == f"{len(x)} corners, area {area:.5f}"


def test_triangles_of_regions_fill_the_box_and_the_network_is_affine_on_each():
    found = question.ask(question.State()).regions
    corners, triangles = found.complex.vertices, triangles_of(found.complex)
    a, b, c = (corners[k] for k in triangles.T)
    areas = np.cross(np.pad(b - a, ((0, 0), (0, 1))), np.pad(c - a, ((0, 0), (0, 1))))[:, 2] / 2
    assert areas.min() > 0 and areas.sum() == pytest.approx(4.0)
    network = found.network
    assert network((a + b + c) / 3) == pytest.approx((network(a) + network(b) + network(c)) / 3)


def test_the_graph_of_a_network_has_a_flat_facet_a_region():
    found = question.ask(question.State()).regions
    graph = plane.graph_of(found, 2.0)
    assert graph.n_faces == len(found)
    stretch = np.sqrt(1 + 4 * (found.maps[:, 0, :2] ** 2).sum(axis=1))
    assert graph.area == pytest.approx(found.volumes @ stretch)


def test_a_grid_sees_the_patterns_at_its_points_and_no_region_it_does_not_meet():
    found = regions(question.wide_network(), Box([-1, -1], [1, 1]))
    at = np.linspace(-1, 1, 12)
    points = np.stack(np.meshgrid(at, at), axis=-1).reshape(-1, 2)
    homes = {int(region) for place in found.locate(points) if len(place) == 1 for region in place}
    assert set(np.flatnonzero(question.seen_by_grid(found, 12))) == homes


def test_bounds_says_what_was_counted():
    said = dict(drawn("bounds").numbers)
    assert said["its regions, counted; printed: 161,501"] == "161,051 = 11⁵"
    assert (
        said["regions some 5 layers of 50 reach; printed: > 10⁴⁰"].replace(",", "")
        == "179562019186562049740867382427559978336256"
    )
    assert said["the same 471 parameters, random"] == "31 to 65 regions"
    assert [said[f"5 layers of {n}"] for n in ("10, 1 input", "50, 10 inputs")] == [
        "471 parameters",
        "10,801 parameters",
    ]


def test_bounds_has_the_book_s_table_of_one_layer():
    said = drawn("bounds").texts()
    sizes, most = ("1,501", "3,501", "6,001", "26,001", "51,001"), ("2.578", "2.509", "2.602", "2.716")
    assert set(sizes) <= set(said) and "501" in said
    assert [text[:5] for text in said if " · $10^{" in text and "layers" not in text] == list(most)


def test_the_reached_curves_pass_through_the_slides_networks():
    reached = bounds.reached(1, 5, 1000)
    assert reached.regions[reached.parameters.index(471)] == 11**5


def test_moving_weights_by_nothing_changes_nothing():
    network = folding_pair()[0]
    assert all(np.array_equal(a, b) for a, b in zip(network.weights, bounds.moved(network, 0.0).weights, strict=True))


def test_the_random_labels_page_says_the_recorded_epochs():
    said = " ".join(value for _, value in drawn("random-labels").numbers)
    ends = [curve.reached(0.0) for curve in recorded_curves()]
    assert "15,208  15,210  15,235  15,319" in said and ends[-1] and ends[-2]
    assert all(f"epoch {end:,}" in said for end in ends if end is not None)
    marks = {f"{curve.reached(error):,}" for curve in recorded_curves() for error in (0.5, 0.2, 0.1, 0.01)}
    assert marks <= set(drawn("random-labels").texts())


def test_the_parameters_page_counts_a_real_network():
    widths = (3, *[1000] * 5, 1)
    pairs = list(pairwise(widths))
    real = Network([np.zeros((b, a)) for a, b in pairs], [np.zeros(b) for _, b in pairs])
    said = dict(drawn("parameters").numbers)
    assert said["5 hidden layers of 1000"] == f"{real.n_parameters:,}" == "4,009,001"
    assert total(layers_of(*widths)) == real.n_parameters
    assert said["nearest to the slide's 6M"].startswith("7 hidden layers")


@pytest.mark.parametrize("up", [1, 2])
def test_a_camera_has_right_angles_and_up_points_up(up):
    axes = Camera(20.0, 30.0, up).axes
    assert axes @ axes.T == pytest.approx(np.eye(3)) and np.linalg.det(axes) == pytest.approx(1.0)
    assert Camera(20.0, 30.0, up).flat(np.eye(3)[up]) == pytest.approx([0.0, np.cos(np.deg2rad(30.0))])


def test_of_a_cube_three_faces_are_painted_and_all_six_if_asked_the_nearest_last():
    camera = Camera(35.0, 30.0)
    shapes, which, shade = painted(CUBE, camera)
    assert len(shapes) == 3 and 1 in which and (0.45 <= shade).all() and (shade <= 1).all()
    assert len(np.unique(shade.round(9))) == 3
    _, every, _ = painted(CUBE, camera, behind=True)
    depth = [(CUBE.vertices[CUBE.corners[4 * f : 4 * f + 4]] @ camera.axes[2]).mean() for f in every]
    assert len(every) == 6 and depth == sorted(depth)


def test_shade_darkens_a_colour():
    assert shaded(np.array([[255, 102, 0]], dtype=np.uint8), np.array([0.5])).tolist() == [[0.5, 0.2, 0.0]]


def test_counts_of_moved_folding_networks_are_those_of_their_regions():
    network = bounds.moved(bounds.folding(10, 2), 1e-2)
    assert count(network, bounds.FOLDING_BOX) == len(regions(network, bounds.FOLDING_BOX))
