"""Signed distances against closed forms, and what a broken mesh is told."""

from __future__ import annotations

import numpy as np
import pytest

from foldline import Mesh
from foldline.data.distance import distance_samples, mesh_report
from foldline.errors import InputError

CORNERS = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)], dtype=float)
SIDES = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]]


def cube(sides=SIDES, corners=CORNERS):
    return Mesh.of_polygons(corners, sides)


def true_distance(points, half=0.9):
    """Signed distance to the cube [-half, half]^3."""
    over = np.abs(points) - half
    return np.linalg.norm(np.maximum(over, 0), axis=1) + np.minimum(over.max(axis=1), 0)


def test_distances_to_a_cube_are_exact_and_signed():
    samples = distance_samples(cube(), 5000, seed=1)
    assert np.allclose(samples.targets[:, 0], true_distance(samples.inputs), atol=1e-14)
    assert samples.kind == "distance" and samples.meta["report"]["findings"] == []


def test_samples_are_near_the_surface_in_two_widths_and_all_over_the_box():
    distance = np.abs(distance_samples(cube(), 20_000).targets[:, 0])
    # |normal| noise across a flat side is below its width with probability .683; the box adds what lies near the sides
    assert 0.4 * 0.683 < np.mean(distance < 0.01) < 0.4 * 0.683 + 0.4 * 0.2 + 0.05
    assert np.mean(distance > 0.2) == pytest.approx(0.2 * 0.7**3 / 1.0, abs=0.03)


def test_samples_are_a_function_of_the_seed():
    a, b, c = (distance_samples(cube(), 100, seed=seed).inputs for seed in (1, 1, 2))
    assert np.array_equal(a, b) and not np.array_equal(a, c)


def test_the_transform_puts_a_mesh_anywhere_of_any_size_in_the_same_frame():
    for scale, shift in ((1.0, 0.0), (1e9, 0.0), (1e-9, 0.0), (1.0, 2.0**30)):
        samples = distance_samples(cube(corners=CORNERS * scale + shift), 500)
        assert np.allclose(samples.targets[:, 0], true_distance(samples.inputs), atol=1e-12)
        corner = (CORNERS[7] * scale + shift - samples.transform.shift) * samples.transform.scale
        assert np.allclose(corner, 0.9, atol=1e-12)


def test_an_inverted_mesh_is_turned_round_and_the_report_says_so():
    samples = distance_samples(cube().flipped(), 500)
    assert np.allclose(samples.targets[:, 0], true_distance(samples.inputs), atol=1e-14)
    assert samples.meta["report"]["findings"] == ["the mesh faced inward and was turned round"]


def test_a_mesh_with_a_hole_is_refused_a_sign_unless_one_is_asked_for():
    with pytest.raises(InputError, match=r"got 4 boundary edges, 0 edges in three .*--winding"):
        distance_samples(cube(SIDES[:5]), 100)
    signed = distance_samples(cube(SIDES[:5]), 4000, sign="winding")
    plain = distance_samples(cube(SIDES[:5]), 4000, sign="unsigned")
    assert np.array_equal(np.abs(signed.targets), plain.targets) and plain.meta["signed"] is False
    assert signed.meta["report"]["unsure"] > 0.001 and plain.meta["report"]["unsure"] is None
    inside = true_distance(signed.inputs) < 0
    assert np.mean((signed.targets[:, 0] < 0) == inside) > 0.8


def test_a_hole_in_one_side_of_a_fine_box_costs_the_sign_of_few_points():
    n = 12
    grid = np.arange(n * n).reshape(n, n)
    quads = [[i, i + n, i + n + 1, i + 1] for i in grid[:-1, :-1].ravel()]
    u, v = (axis.ravel() / (n - 1) for axis in np.meshgrid(np.arange(n), np.arange(n), indexing="ij"))
    points, faces = [], []
    for axis in range(3):
        for end in (0.0, 1.0):
            side = np.insert(np.stack([u, v], axis=1), axis, end, axis=1)
            turned = (end == 1.0) == (axis == 1)
            faces += [[c + len(points) * n * n for c in (quad[::-1] if turned else quad)] for quad in quads]
            points.append(side)
    vertices, where = np.unique(np.concatenate(points), axis=0, return_inverse=True)
    whole = Mesh.of_polygons(vertices, where.ravel()[np.array(faces)])
    whole = whole.flipped() if whole.volume < 0 else whole
    assert mesh_report(whole).solid
    hurt = whole.without_faces(np.isin(np.arange(whole.n_faces), range(55, 66)))
    samples = distance_samples(hurt, 20_000, sign="winding")
    wrong = (samples.targets[:, 0] < 0) != (true_distance(samples.inputs) < 0)
    assert 0 < samples.meta["report"]["unsure"] < 0.02 and wrong.mean() < 0.01


def test_polygons_that_say_nothing_are_counted_and_left_out():
    mesh = Mesh.of_polygons(CORNERS, [*SIDES, SIDES[0], [3, 1, 0, 2], [0, 0, 1], [4, 4, 4]])
    report = mesh_report(mesh)
    assert (report.duplicate_faces, report.degenerate_faces, report.measures.closed, report.solid) == (2, 2, True, True)
    assert report.findings == ("2 polygons without area, left out", "2 duplicate polygons, left out")
    samples = distance_samples(mesh, 500)
    assert np.allclose(samples.targets[:, 0], true_distance(samples.inputs), atol=1e-14)


def test_a_needle_closes_the_edges_beside_it():
    corners = [*CORNERS, [0.5, 0, 0]]
    needled = Mesh.of_polygons(corners, [SIDES[0], SIDES[1], [0, 8, 1, 5, 4], *SIDES[3:], [0, 1, 8]])
    report = mesh_report(needled)
    assert (report.degenerate_faces, report.boundary_edges, report.solid) == (1, 0, True)


def test_mixed_orientation_and_shared_edges_are_counted():
    turned = mesh_report(cube([*SIDES[:5], SIDES[5][::-1]]))
    assert (turned.inconsistent_edges, turned.boundary_edges, turned.inverted) == (4, 0, False)
    assert turned.findings == ("4 edges between polygons that face opposite ways",)
    shared = mesh_report(cube([*SIDES, [0, 1, 7, 6]]))
    assert shared.nonmanifold_edges == 2 and shared.findings[-1] == "2 edges in three polygons or more"
    with pytest.raises(InputError, match="4 edges between polygons that face opposite ways"):
        distance_samples(cube([*SIDES[:5], SIDES[5][::-1]]), 10)


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: mesh_report(Mesh.of_polygons(CORNERS, [[0, 0, 1]])), "mesh_report needs a mesh with area; got 1"),
        (lambda: mesh_report(Mesh.of_polygons(CORNERS, [])), "mesh_report needs a mesh with area; got 0"),
        (lambda: distance_samples(cube(), 0), "at least 1 point; got 0"),
        (lambda: distance_samples(cube(), 5, sign="maybe"), "sign out of strict, winding, unsigned; got 'maybe'"),
    ],
)
def test_what_cannot_be_sampled_is_refused(ask, says):
    with pytest.raises(InputError, match=says):
        ask()
