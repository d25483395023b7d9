"""What is bad about a fitted shape is said, beside what is proved of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import foldline as fl
from foldline.data.distance import distance_samples
from foldline.draw.report import report
from foldline.facts.shapes import doubts, shell_facts
from foldline.facts.values import comparison_facts, surface_facts

SIDES = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
DIAMOND = fl.Network([np.vstack([np.eye(3), -np.eye(3)]), np.ones((1, 6))], [np.zeros(6), [-0.8]])
SQUARE = fl.Mesh.of_polygons([[-0.9, -0.9, 0], [0.9, -0.9, 0], [0.9, 0.9, 0], [-0.9, 0.9, 0]], [[0, 1, 2, 3]])


def block(a: float, b: float, c: float) -> fl.Mesh:
    return fl.Mesh.of_polygons([[x, y, z] for x in (-a, a) for y in (-b, b) for z in (-c, c)], SIDES)


SHAPE = surface_facts(fl.surface(DIAMOND, fl.Box([-1] * 3, [1] * 3)))
MET = comparison_facts(block(0.9, 0.9, 0.9), block(0.9, 0.9, 0.9))


@pytest.mark.parametrize(
    ("shape", "met", "given", "says"),
    [
        ({}, {}, 1, []),
        ({}, {}, 0, ["the surface has 1 component, the input 0"]),
        ({"open_edges_on_box": 3}, {}, 1, ["the surface runs out of the box that was searched and is cut open there"]),
        ({}, {"iou": 0.9496}, 1, ["the volumetric IoU, 0.950, is below 0.95"]),
        ({}, {"iou": 0.95}, 1, []),
        ({}, {"largest_distance_seen": {"surface_to_mesh": 0.08, "mesh_to_surface": 0.09}}, 1, []),
        ({}, {"largest_distance_seen": {"surface_to_mesh": 0.1, "mesh_to_surface": 0.01}}, 1,
         ["the largest distance is 5.6% of the longest side, above 5%"]),
    ],
)  # fmt: skip
def test_what_is_bad_about_a_fit_is_said(shape, met, given, says):
    assert doubts(replace(SHAPE, **shape), replace(MET, **met), {"n_components": given}) == says


@pytest.mark.parametrize(
    ("euler", "given", "says"),
    [
        (2, 2, []),
        (-2, 2, ["the surface has 2 handles, the input 0"]),
        (2, 0, ["the surface has 0 handles, the input 1"]),
    ],
)
def test_other_handles_than_the_inputs_are_said(euler, given, says):
    shape = replace(SHAPE, measures=replace(SHAPE.measures, euler=euler))
    assert doubts(shape, MET, {"n_components": 1, "closed": True, "euler": given}) == says


@pytest.mark.parametrize(("closed", "n", "said"), [(True, 2, 0), (True, 3, 1), (False, 2, 1), (False, 1, 0)])
def test_a_shell_round_a_closed_sheet_has_an_inner_side(closed, n, said):
    met = shell_facts(block(0.95, 0.95, 0.05), SQUARE, 0.05)
    shape = replace(SHAPE, measures=replace(SHAPE.measures, n_components=n))
    assert len(doubts(shape, met, {"n_components": 1, "closed": closed})) == said


def test_no_surface_at_all_is_said():
    assert doubts(SHAPE, None, {"n_components": 1}) == ["the network is zero nowhere: there is no surface"]


def test_a_shell_is_measured_by_its_distance_to_the_sheet():
    found = shell_facts(block(0.95, 0.95, 0.05), SQUARE, 0.05)
    rim = 0.05 * (np.sqrt(2) - 1)  # a corner of the block stands out of the round rim
    assert rim / 2 < found.largest_distance_seen["surface_to_mesh"] < 0.05 * (np.sqrt(3) - 1)
    assert found.mean_distance["surface_to_mesh"] < 0.002 and found.thickness == 0.1
    assert found.largest_distance_seen["mesh_to_surface"] == pytest.approx(0, abs=1e-12)
    assert found.iou == pytest.approx(1, abs=0.02)
    assert dict(found.rows())["shell round the sheet"] == "0.1 thick"


def test_a_bad_fit_is_told_first_on_the_page_and_last_on_the_terminal():
    mesh = block(0.5, 0.5, 0.5)
    samples = distance_samples(mesh, 1000)
    made = report(fl.fit(samples, hidden=(4,), steps=2), samples, source="a.off", mesh=mesh)
    assert made.facts["doubts"] and made.rows[-1][0] == "not good"
    assert made.html.index("Not a good fit") < made.html.index("Against a.off")


def test_a_sheet_s_report_tells_its_thickness():
    samples = distance_samples(SQUARE, 1000, sign="unsigned")
    made = report(fl.fit(samples, hidden=(8, 8), steps=200), samples, source="a.off", mesh=SQUARE)
    assert "fitted to the distance to a shell round a.off" in made.html
    assert "taken as a shell 0.1 thick (5.6% of its longest side), not as a solid" in made.html
    assert made.facts["against_input"]["thickness"] == 0.1
