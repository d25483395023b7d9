"""Answers and meshes as objects of networkx, geopandas and trimesh, judged by those libraries' own measures."""

from __future__ import annotations

from itertools import pairwise

import networkx
import numpy as np
import pytest

import foldline as fl
from foldline.data.gates import xor_network

SQUARE = fl.Box([-1, -1], [2, 2])


def random(widths, seed=0, **more):
    rng = np.random.default_rng(seed)
    pairs = list(pairwise(widths))
    return fl.Network([rng.normal(size=(b, a)) for a, b in pairs], [rng.normal(size=b) for _, b in pairs], **more)


@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_the_graph_joins_regions_whose_patterns_differ_in_one_unit(d):
    found = fl.regions(random((d, 6, 1), seed=d), fl.Box([-1] * d, [1] * d))
    graph = found.to_networkx()
    assert len(graph) == len(found) and networkx.is_connected(graph)
    for a, b, edge in graph.edges(data=True):
        differ = np.flatnonzero(graph.nodes[a]["pattern"] != graph.nodes[b]["pattern"])
        assert differ.tolist() == [edge["unit"]]
    for r, node in graph.nodes(data=True):
        np.testing.assert_array_equal(node["map"], found.maps[r])
        np.testing.assert_array_equal(found.network.pattern(node["point"]), node["pattern"])


def test_the_frame_of_regions_has_their_polygons_areas_and_maps():
    found = fl.regions(random((2, 8, 5, 2)), SQUARE)
    frame = found.to_geodataframe()
    assert len(frame) == len(found) and frame.geometry.is_valid.all()
    np.testing.assert_allclose(frame.geometry.area, frame["area"], rtol=1e-9, atol=1e-12)
    assert frame["area"].sum() == pytest.approx(9)
    at = np.column_stack([frame.geometry.representative_point().x, frame.geometry.representative_point().y])
    value = frame["slope_x_1"] * at[:, 0] + frame["slope_y_1"] * at[:, 1] + frame["offset_1"]
    np.testing.assert_allclose(value, found.network(at)[:, 1], atol=1e-9)


def test_the_frame_of_decisions_names_the_class_that_wins():
    found = fl.decisions(random((2, 6, 3), meta={"classes": ["a", "b", "c"]}), SQUARE)
    frame = found.to_geodataframe()
    areas = frame.groupby("class")["area"].sum()
    for name, area in areas.items():
        assert area == pytest.approx(found.volume_of_class[found.names.index(name)])


def test_a_mesh_goes_to_trimesh_with_its_polygons_and_values():
    ball = fl.Network([np.eye(3), [[1.0] * 3]], [np.zeros(3), [-1.0]], "abs")
    mesh = fl.surface(ball, fl.Box([-2] * 3, [2] * 3)).mesh
    there = mesh.to_trimesh()
    assert there.is_watertight and there.volume == pytest.approx(mesh.volume) and there.area == pytest.approx(mesh.area)
    np.testing.assert_array_equal(there.vertices, mesh.vertices)
    assert set(there.face_attributes["polygon"]) == set(range(mesh.n_faces))


@pytest.mark.parametrize(("package", "ask", "who"), [
    ("networkx", lambda: fl.regions(xor_network(), SQUARE).to_networkx(), "to_networkx"),
    ("geopandas", lambda: fl.regions(xor_network(), SQUARE).to_geodataframe(), "to_geodataframe"),
    ("geopandas", lambda: fl.decisions(xor_network(), SQUARE).to_geodataframe(), "to_geodataframe"),
    ("trimesh", lambda: fl.Mesh.of_polygons(np.eye(3), [[0, 1, 2]]).to_trimesh(), "to_trimesh"),
])  # fmt: skip
def test_a_missing_package_is_named_with_the_line_that_installs_it(monkeypatch, package, ask, who):
    monkeypatch.setattr("foldline.machine.installed", lambda name: name != package)
    said = rf"{who} needs {package}; it is not installed\. Run: pip install 'foldline\[convert\]'\."
    with pytest.raises(ImportError, match=said):
        ask()


def test_a_loop_over_regions_gives_each_with_its_parts():
    found = fl.regions(random((2, 6, 1)), SQUARE)
    assert len(list(found)) == len(found) and repr(found[0]) == f"Region(0 of {len(found)}, 2 inputs)"
    graph = found.to_networkx()
    for region in found:
        k = region.number
        np.testing.assert_array_equal(region.polygon, found.polygons()[k])
        np.testing.assert_array_equal(region.pattern, found.network.pattern(region.point))
        np.testing.assert_allclose(region.map @ np.append(region.point, 1), found.network(region.point), atol=1e-9)
        assert region.volume == found.volumes[k] and region.piece == found.piece_of[k]
        assert region.neighbours.tolist() == sorted(graph[k])
        A, c = region.half_spaces
        assert (A @ region.centroid + c > 0).all()
    assert found[-1].number == len(found) - 1
    for wrong in (len(found), -len(found) - 1, 0.5, "a"):
        with pytest.raises(IndexError, match=rf"Regions has {len(found)} regions; got number"):
            found[wrong]
