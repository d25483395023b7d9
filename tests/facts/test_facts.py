"""Facts are values that say the same as JSON and in words."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

import foldline as fl
from foldline.data.gates import gate, xor_network
from foldline.exact.bounds import bounds
from foldline.facts.answers import BoundsFacts, boundary_facts, decisions_facts, regions_facts
from foldline.facts.facts import Facts
from foldline.facts.values import comparison_facts, facts_of, surface_facts
from foldline.grid import Grid
from foldline.text import json_text

SQUARE, CUBE = fl.Box([-1, -1], [2, 2]), fl.Box([-2] * 3, [2] * 3)


def octahedron(size=1.0):
    return fl.surface(fl.Network([np.eye(3), [[1.0] * 3]], [np.zeros(3), [-size]], "abs"), CUBE)


def every():
    network, limits = xor_network(), bounds(xor_network())
    image = fl.Samples(np.zeros((2, 2)), np.zeros(2), "image", meta={"width": 2, "height": 1, "channels": 1})
    yield facts_of(network), {"holds": "network", "parameters": 9, "depth": "shallow"}, {"weights": "6"}
    yield facts_of(octahedron().mesh), {"holds": "mesh", "n_polygons": 8, "findings": []}, {"polygons": "8"}
    yield facts_of(gate("and")), {"holds": "samples", "rows": 4, "inputs": ["x1", "x2"]}, {"classes": "0, 1"}
    yield facts_of(image), {"width": 2, "inputs": 2}, {"height": "1"}
    hill = fl.Samples(
        np.zeros((5, 2)), np.zeros(5), "elevation", meta={"rows": 2, "columns": 3, "x": [0, 2], "y": [0, 1], "gaps": 1}
    )
    yield facts_of(hill), {"rows": 5, "pixels": [2, 3]}, {"pixels": "2 x 3", "rows": "5"}
    yield surface_facts(octahedron()), {"n_polygons": 8, "n_components": 1, "closed": True}, {"components": "1"}
    yield (
        comparison_facts(octahedron().mesh, octahedron(1.5).mesh),
        {"n_points": 100_000},
        {"area of the surface": "6.928", "area of the mesh": "15.59"},
    )
    yield regions_facts(fl.regions(network, SQUARE), limits), {"n_regions": 3, "euler": 1}, {"area": "9"}
    yield decisions_facts(fl.decisions(network, SQUARE, level=0.5), limits), {"empty": []}, {"complete": "yes"}
    yield boundary_facts(fl.boundary(network, SQUARE, level=0.5)), {"points": None, "d_in": 2}, {"polylines": "2"}
    yield BoundsFacts(bounds=limits), {"upper": limits.upper, "n_folds": [2]}, {"folding units": "2"}


@pytest.mark.parametrize(("facts", "told", "said"), list(every()), ids=lambda one: type(one).__name__)
def test_facts_say_the_same_as_json_and_in_words(facts, told, said):
    written, rows = json.loads(json_text(facts.json())), dict(facts.rows())
    assert {name: written[name] for name in told} == told
    assert {name: rows[name] for name in said} == said


def test_facts_are_frozen_and_every_kind_has_words():
    with pytest.raises(FrozenInstanceError):
        facts_of(xor_network()).parameters = 3
    with pytest.raises(TypeError, match="abstract"):
        Facts()


def test_a_field_s_diagram_begins_with_its_coordinates_and_says_what_its_grid_holds():
    grid = Grid(fl.Box([0], [1]), (2, 4), [np.zeros((3, 2), np.float32), np.zeros((5, 2), np.float32)])
    field = fl.Network([np.ones((4, 5)), np.ones((1, 4))], [np.zeros(4), [0.0]], grid=grid)
    rows = dict(facts_of(field).rows())
    assert rows["network"] == "1 coordinate ═▶ grid of 2, 4 cells ═▶ 5 inputs ═▶ (4) ═▶ 1 output"
    assert rows["features"] == "16 numbers on the grid" and rows["parameters"] == f"{field.n_parameters:,}"
