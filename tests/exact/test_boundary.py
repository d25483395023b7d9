"""Boundaries against closed forms, dense sampling, rational arithmetic and the surface march."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from foldline import Box, Network, read
from foldline.errors import FileError, InputError, NetworkError
from foldline.exact.boundary import Boundary, boundary, boundary_of
from foldline.exact.chain.form import chain_of
from foldline.exact.decisions import decisions
from foldline.exact.rational.exact import Exact, point
from foldline.exact.surface import surface
from foldline.exact.work import Budget

from ..corpus import FAMILIES, network

SHAPES = {1: (1, 12, 8, 4), 2: (2, 6, 5, 4), 3: (3, 4, 3, 3)}
DIAMOND = Network([[[1, 0], [0, 1]], [[1, 1]]], [[0, 0], [-1]], "abs")  # |x| + |y| - 1
BOOK = Network([[[-1.0], [1.8], [0.65]], [[-24, -8, 50]]], [[0.3, -1, -0.5], [2.6]])


def unit_box(d: int, size: float = 1.0) -> Box:
    return Box([-size] * d, [size] * d)


def facets(found: Boundary) -> list[np.ndarray]:
    return [found.vertices[part] for part in np.split(found.corners, found.offsets[1:-1])]


def test_boundaries_of_the_books_binary_network_are_its_roots() -> None:
    # Understanding Deep Learning, section 5.2
    found = boundary(BOOK, Box([0], [1]))
    np.testing.assert_allclose(found.points, [0.19166667, 0.73611111, 0.79558011], atol=5e-9)
    np.testing.assert_allclose(found.points, [0.3 - 2.6 / 24, 10.6 / 14.4, 14.4 / 18.1], rtol=1e-15)
    assert found.certified and found.complete and found.max_abs_value < 1e-14
    sigmoid = Network(BOOK.weights, BOOK.biases, output="sigmoid")
    assert np.array_equal(boundary(sigmoid, Box([0], [1]), level=0.5).points, found.points)


def test_boundaries_of_the_books_three_classes_are_where_two_scores_cross() -> None:
    # Understanding Deep Learning, section 5.3
    net = Network([BOOK.weights[0], [[-24, -8, 50], [-2, 8, -30], [16, -8, -8]]], [BOOK.biases[0], [2, -2, 0]])
    found = boundary(net, Box([0], [1]))
    x = np.linspace(0, 1, 100_001)[:, None]
    seen = net(x).argmax(axis=1)
    at = np.flatnonzero(seen[1:] != seen[:-1])
    assert len(found) == len(at) >= 2
    np.testing.assert_allclose(found.points, x[at, 0], atol=1.1e-5)
    assert [sorted(pair) for pair in zip(seen[at], seen[at + 1], strict=True)] == found.classes.tolist()


@pytest.mark.parametrize("seed", [0, 1, 5])
def test_points_on_a_line_are_where_dense_samples_change_class(seed: int) -> None:
    net = network("gaussian", SHAPES[1], seed)
    found = boundary(net, unit_box(1))
    x = np.linspace(-1, 1, 20_001)
    seen = net(x[:, None]).argmax(axis=1)
    at = np.flatnonzero(seen[1:] != seen[:-1])
    assert len(found) >= len(at) > 0
    assert np.abs(found.points - x[at][:, None]).min(axis=1).max() <= 1e-4
    assert np.all(np.diff(found.points) > 0)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("d", SHAPES)
def test_the_two_classes_of_a_facet_tie_and_win_at_its_corners(d: int, family: str) -> None:
    for n_out in (SHAPES[d][-1], 1):
        found = boundary(network(family, (*SHAPES[d][:-1], n_out), 0), unit_box(d))
        cells = decisions(network(family, (*SHAPES[d][:-1], n_out), 0), unit_box(d))
        assert found.max_abs_value < 1e-12
        scores = cells.scores(found.vertices)
        for f, (low, high) in enumerate(found.classes):
            assert low < high
            mine = scores[found.corners[found.offsets[f] : found.offsets[f + 1]]]
            assert np.abs(mine[:, [low, high]] - mine.max(axis=1, keepdims=True)).max() < 1e-12


def test_vertices_solve_the_equation_in_rationals_but_for_their_own_rounding() -> None:
    net = network("one_decimal", (2, 6, 5, 3), 2)
    found, exact = boundary(net, unit_box(2)), Exact(chain_of(net))
    assert len(found) > 0
    for (low, high), (a, b) in zip(found.classes, found.edges, strict=True):
        for at in (a, b):
            scores = exact.value(point(found.vertices[at].tolist()))
            assert abs(scores[low] - scores[high]) < 2**-48


@pytest.mark.parametrize("family", ["gaussian", "integer", "zero_bias", "duplicated", "leaky", "absolute"])
def test_the_lower_class_is_on_the_left_and_each_side_in_its_region(family: str) -> None:
    net = network(family, (2, 6, 5, 3), 3)
    found, cells = boundary(net, unit_box(2)), decisions(net, unit_box(2))
    for (a, b), pair, home in zip(found.vertices[found.edges], found.classes, found.regions, strict=True):
        left = 1e-7 * np.array([a[1] - b[1], b[0] - a[0]]) / np.linalg.norm(b - a)
        sides = (a + b) / 2 + np.outer([1, -1], left)
        assert cells.class_of(sides).tolist() == pair.tolist()
        assert [int(r) for at in cells.regions.locate(sides) for r in at] == home.tolist()


@pytest.mark.parametrize("n_out", [1, 3])
def test_polygons_face_the_higher_class(n_out: int) -> None:
    net = network("gaussian", (3, 6, 5, n_out), 4)
    found, cells = boundary(net, unit_box(3)), decisions(net, unit_box(3))
    assert len(found) > 5
    mesh = found.mesh
    middle = np.array([corners.mean(axis=0) for corners in facets(found)])
    for side, sign in ((0, -1), (1, 1)):
        assert np.array_equal(cells.class_of(middle + sign * 1e-7 * mesh.normals), found.classes[:, side])
    assert found.size == mesh.area and found.certified


def test_every_change_between_neighbouring_samples_is_near_an_edge_and_every_edge_near_a_change() -> None:
    net = network("gaussian", (2, 10, 8, 4), 7)
    found = boundary(net, unit_box(2))
    step = 1 / 64
    axis = np.arange(-1 + step / 2, 1, step)
    points = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1)
    seen = net(points).argmax(axis=-1)
    right, up = seen[1:] != seen[:-1], seen[:, 1:] != seen[:, :-1]
    changes = np.concatenate([points[1:][right] - [step / 2, 0], points[:, 1:][up] - [0, step / 2]])
    a, b = found.vertices[found.edges.T]
    t = np.clip(np.einsum("nek,ek->ne", changes[:, None] - a, b - a) / np.einsum("ek,ek->e", b - a, b - a), 0, 1)
    distance = np.linalg.norm(changes[:, None] - a - t[..., None] * (b - a), axis=-1)
    assert distance.min(axis=1).max() <= step / 2
    long = np.linalg.norm(b - a, axis=1) > 4 * step
    assert long.any() and distance.min(axis=0)[long].max() <= step


def test_a_closed_outline_is_one_chain_that_ends_where_it_starts() -> None:
    found = boundary(DIAMOND, unit_box(2, 2))
    (line,) = found.polylines
    assert len(line) == 5 and np.array_equal(line[0], line[-1])
    assert found.size == pytest.approx(4 * np.sqrt(2)) and found.max_abs_value == 0.0
    x, y = line[:-1].T
    assert (x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2 == 2.0  # counter-clockwise round the inside


def test_chains_hold_every_edge_once_and_follow_it() -> None:
    found = boundary(network("gaussian", (2, 12, 10, 5), 4), unit_box(2))
    assert sorted(np.concatenate(found.chains).tolist()) == list(range(len(found)))
    for chain in found.chains:
        assert np.array_equal(found.edges[chain[:-1], 1], found.edges[chain[1:], 0])
        assert len(np.unique(found.classes[chain], axis=0)) == 1
    ends = np.concatenate([found.edges[chain[[0, -1]], [0, 1]] for chain in found.chains])
    degree = np.bincount(found.edges.ravel())
    on_box = (np.abs(found.vertices) == 1).any(axis=1)
    closed = sum(found.edges[chain[0], 0] == found.edges[chain[-1], 1] for chain in found.chains)
    assert closed == 0 and all(on_box[v] or degree[v] > 2 for v in ends)


@pytest.mark.parametrize(("family", "seed"), [("gaussian", 4), ("integer", 3), ("one_decimal", 3), ("leaky", 2)])
def test_in_space_the_march_finds_what_the_cells_have_between_them(family: str, seed: int) -> None:
    net = network(family, (3, 6, 5, 1), seed)
    marched, between = boundary(net, unit_box(3)), boundary_of(decisions(net, unit_box(3)))
    assert len(marched) == len(between) > 0
    assert marched.size == pytest.approx(between.size, rel=1e-12)
    assert len(marched.vertices) == len(between.vertices) and marched.mesh.euler == between.mesh.euler


def test_a_level_in_space_is_the_surface_there() -> None:
    net = read(Path(__file__).parents[1] / "nets" / "sdf3_3x16.npz")
    found = boundary(net, unit_box(3), level=0.05)
    assert len(found) == surface(net, unit_box(3), 0.05).n_faces and found.mesh.closed


def test_two_equal_classes_have_no_boundary() -> None:
    net = network("gaussian", (2, 5, 1), 0)
    both = Network((net.weights[0], np.repeat(net.weights[1], 2, 0)), (net.biases[0], np.repeat(net.biases[1], 2)))
    found = boundary(both, unit_box(2))
    assert len(found) == 0 and found.polylines == () and found.size == 0.0 and found.pairs == ()
    assert len(boundary(network("all_zero", (1, 3, 2), 0), unit_box(1)).points) == 0
    assert boundary(network("all_zero", (3, 3, 2), 0), unit_box(3)).mesh.n_faces == 0


def test_a_level_that_is_only_touched_is_no_boundary() -> None:
    absolute = Network([[[1.0]], [[1.0]]], [[0.0], [0.0]], "abs")
    assert len(boundary(absolute, unit_box(1))) == 0
    assert boundary(absolute, unit_box(1), level=0.5).points.tolist() == [-0.5, 0.5]


@pytest.mark.parametrize("engine", ["numpy", None])
def test_in_space_a_fold_or_a_face_of_the_box_that_only_touches_the_level_is_no_boundary(engine: str | None) -> None:
    first = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    valley = Network([first, [[1.0, 0.0]]], [[0.0, 0.0], [0.0]], "abs")  # |x|
    side = Network([first, [[1.0, 0.0]]], [[0.0, 0.0], [-1.0]], "leaky_relu")  # at most 0, and 0 where x = 1
    passed = Network([first, [[1.0, 0.0]]], [[0.0, 0.0], [0.0]], "leaky_relu")  # through 0 on the fold x = 0
    for net, size, flush in ((valley, 0.0, 1), (side, 0.0, 1), (passed, 4.0, 1)):
        found = boundary(net, unit_box(3), level=0.0, engine=engine)
        assert found.size == pytest.approx(size) and found.certified
        assert boundary_of(decisions(net, unit_box(3), level=0.0, engine=engine)).size == pytest.approx(size)
        mesh = surface(net, unit_box(3), engine=engine or "auto")
        assert mesh.flush_polygons >= flush and mesh.area == pytest.approx(4.0)


def test_a_boundary_along_a_flat_region_is_its_edge() -> None:
    relu = Network([[[1.0]], [[1.0]]], [[0.0], [0.0]])  # 0 up to 0, then above
    found = boundary(relu, unit_box(1))
    assert found.points.tolist() == [0.0] and found.regions.tolist() != [[0, 0]]
    flat = network("integer", (3, 6, 5, 1), 1)
    assert surface(flat, unit_box(3)).flat_regions > 0
    assert boundary(flat, unit_box(3)).size == boundary_of(decisions(flat, unit_box(3))).size > 0


def test_a_wide_classifier_is_opened_on_a_plane_between_three_points() -> None:
    net = network("gaussian", (20, 12, 10, 4), 3)
    a, b, c = np.random.default_rng(0).normal(size=(3, 20))
    found = boundary(net.on_plane(a, b - a, c - a), Box([-0.5, -0.5], [1.5, 1.5]))
    at = a + found.vertices @ [b - a, c - a]
    scores = np.sort(net(at), axis=1)
    assert len(found) > 3 and (scores[:, -1] - scores[:, -2]).max() < 1e-11


def test_an_answer_over_the_budget_says_so() -> None:
    found = boundary(network("gaussian", (2, 16, 16, 3), 0), unit_box(2), budget=Budget(regions=5))
    assert not found.complete and len(found) == 0


def test_a_question_in_another_dimension_is_refused_by_name() -> None:
    flat, line = boundary(DIAMOND, unit_box(2)), boundary(BOOK, Box([0], [1]))
    with pytest.raises(InputError, match="points needs a boundary with 1 inputs; got 2"):
        _ = flat.points
    with pytest.raises(InputError, match="mesh needs a boundary with 3 inputs; got 2"):
        _ = flat.mesh
    with pytest.raises(InputError, match="edges needs a boundary with 2 inputs; got 1"):
        _ = line.edges
    with pytest.raises(NetworkError, match="boundary needs a network with 1, 2 or 3 inputs; got 4"):
        boundary(Network([np.ones((1, 4))], [[0.0]]), unit_box(4))
    with pytest.raises(NetworkError, match="boundary needs a strictly increasing output unit; got 'relu'"):
        boundary(Network([[[1.0, 1.0, 1.0]]], [[0.0]], output="relu"), unit_box(3))
    with pytest.raises(InputError, match="boundary needs a level that 'sigmoid' takes; got 2"):
        boundary(Network(BOOK.weights, BOOK.biases, output="sigmoid"), Box([0], [1]), level=2.0)


def test_a_linear_network_in_space_has_one_polygon() -> None:
    found = boundary(Network([[[1.0, 1.0, 1.0]]], [[0.0]], output="step"), unit_box(3))
    assert len(found) == 1 and len(found.corners) == 6


def test_saved_files_hold_the_boundary(tmp_path: Path) -> None:
    found = boundary(DIAMOND, unit_box(2, 2))
    lines = json.loads(found.save(tmp_path / "a.geojson").read_text())["features"]
    assert [np.array(f["geometry"]["coordinates"]).shape for f in lines] == [(5, 2)]
    assert lines[0]["properties"]["classes"] == ["0", "1"]
    table = list(csv.DictReader(found.save(tmp_path / "a.csv").read_text().splitlines()))
    assert [[float(row[k]) for k in ("x0", "y0", "x1", "y1")] for row in table] == [
        found.vertices[edge].ravel().tolist() for edge in found.edges
    ]
    answer = json.loads(found.save(tmp_path / "a.json").read_text())
    assert answer["vertices"] == found.vertices.tolist() and answer["polylines"] == [found.chains[0].tolist()]
    solid = boundary(network("gaussian", (3, 6, 5, 3), 1), unit_box(3))
    assert read(solid.save(tmp_path / "a.ply")).n_faces == len(solid)
    assert len(json.loads(solid.save(tmp_path / "b.json").read_text())["facets"]) == len(solid)
    with pytest.raises(InputError, match=r"answer for 3 inputs for a .ply file; got 2. Name it .json, .csv, .geojson"):
        found.save(tmp_path / "a.ply")


def test_saved_files_hold_the_decisions(tmp_path: Path) -> None:
    for d in SHAPES:
        found = decisions(network("gaussian", SHAPES[d], 1), unit_box(d))
        answer = json.loads(found.save(tmp_path / f"{d}.json").read_text())
        assert answer["volume"] == found.volumes.tolist() and len(answer["cells"]) == len(found)
        rows = list(csv.DictReader(found.save(tmp_path / f"{d}.csv").read_text().splitlines()))
        inside = [[float(row[axis]) for axis in "xyz"[:d]] for row in rows]
        assert found.class_of(inside).tolist() == [int(row["class"]) for row in rows] == found.classes.tolist()
    flat = decisions(DIAMOND, unit_box(2, 2))
    features = json.loads(flat.save(tmp_path / "a.geojson").read_text())["features"]
    assert sum(f["properties"]["area"] for f in features) == pytest.approx(16.0)
    assert all(f["geometry"]["coordinates"][0][0] == f["geometry"]["coordinates"][0][-1] for f in features)
    with pytest.raises(FileError, match=r"save needs a name that ends in .csv, .json; got 'c.doc'"):
        found.save(tmp_path / "c.doc")


def test_the_surface_in_the_plane_is_the_boundary_at_that_level() -> None:
    found, same = surface(DIAMOND, unit_box(2, 3), 0.5), boundary(DIAMOND, unit_box(2, 3), level=0.5)
    assert isinstance(found.lines, Boundary) and np.array_equal(found.vertices, same.vertices)
    assert found.size == pytest.approx(6 * np.sqrt(2))
