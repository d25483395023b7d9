"""Every measure of a mesh against a closed form or a second way to know it."""

from __future__ import annotations

import numpy as np
import pytest

from foldline import Mesh
from foldline.errors import InputError
from foldline.mesh import _in_turn

CORNERS = [[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)]
SIDES = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]]


def cube(shift=(0.0, 0.0, 0.0), scale=1.0):
    return Mesh.of_polygons(np.array(CORNERS) * scale + shift, SIDES)


def torus(n=60, m=30, big=1.0, small=0.3):
    """A torus of quadrangles facing outward."""
    u, v = (np.arange(k) * 2 * np.pi / k for k in (n, m))
    u, v = (grid.ravel() for grid in np.meshgrid(u, v, indexing="ij"))
    ring = big + small * np.cos(v)
    points = np.stack([ring * np.cos(u), ring * np.sin(u), small * np.sin(v)], axis=1)
    i, j = (grid.ravel() for grid in np.meshgrid(np.arange(n), np.arange(m), indexing="ij"))
    at = lambda a, b: (a % n) * m + b % m  # noqa: E731
    return Mesh.of_polygons(points, np.stack([at(i, j), at(i + 1, j), at(i + 1, j + 1), at(i, j + 1)], axis=1))


def test_a_cube_has_the_measures_of_a_cube():
    mesh = cube()
    assert (mesh.area, mesh.volume, mesh.n_edges, mesh.euler, mesh.n_components) == (6.0, 1.0, 12, 2, 1)
    assert mesh.closed and mesh.balanced
    assert np.array_equal(mesh.bounds, [[0, 0, 0], [1, 1, 1]])
    middle = np.array([mesh.vertices[face].mean(axis=0) for face in mesh.faces])
    assert np.allclose(mesh.normals, 2 * (middle - 0.5))


def test_volume_and_area_of_a_torus_tend_to_pappus():
    coarse, fine = torus(40, 20), torus(160, 80)
    for measure, true in (("volume", 2 * np.pi**2 * 0.09), ("area", 4 * np.pi**2 * 0.3)):
        errors = [abs(getattr(mesh, measure) - true) for mesh in (coarse, fine)]
        assert errors[1] < errors[0] / 12  # four times finer: sixteen times nearer
    assert (fine.euler, fine.closed, fine.n_components) == (0, True, 1)


def test_volume_is_negative_for_a_mesh_that_faces_inward():
    assert cube().flipped().volume == -1.0
    assert cube().flipped().closed


def test_volume_keeps_its_digits_far_from_the_origin():
    assert cube(shift=(2.0**30, 0.0, 0.0)).volume == 1.0


def test_triangles_of_polygons_keep_the_area_of_each_polygon():
    angles = np.arange(7) * 2 * np.pi / 7
    heptagon = Mesh.of_polygons(
        [*np.stack([np.cos(angles), np.sin(angles), 0 * angles], 1).tolist(), [5, 0, 0]], [range(7), [0, 1, 7]]
    )
    triangles, owner = heptagon.triangles
    assert triangles.shape == (6, 3) and owner.tolist() == [0] * 5 + [1]
    assert heptagon.face_areas[0] == pytest.approx(3.5 * np.sin(2 * np.pi / 7))


def test_an_open_or_badly_turned_mesh_is_not_closed():
    opened = cube().without_faces(np.arange(6) == 5)
    turned = Mesh.of_polygons(CORNERS, [*SIDES[:5], SIDES[5][::-1]])
    assert not opened.closed and (opened.edge_uses.sum(axis=1) == 1).sum() == 4
    assert not turned.closed and not turned.balanced


def test_two_cubes_are_two_components_and_unused_vertices_count_for_nothing():
    vertices = [*CORNERS, *(np.array(CORNERS) + 3).tolist(), [9, 9, 9]]
    mesh = Mesh.of_polygons(vertices, [*SIDES, *(np.array(SIDES) + 8).tolist()])
    assert (mesh.n_components, mesh.euler) == (2, 4)


def test_samples_spread_evenly_and_lie_on_their_polygon():
    points, faces = cube().sample(6000, seed=3)
    assert np.array_equal(np.bincount(faces), [1000] * 6)
    normals, first = cube().normals[faces], cube().vertices[[side[0] for side in SIDES]][faces]
    assert np.abs(np.einsum("ij,ij->i", points - first, normals)).max() < 1e-15


def test_distances_to_a_cube_are_those_of_the_closed_form():
    points = np.random.default_rng(0).uniform(-1, 2, (500, 3))
    outside = np.linalg.norm(np.maximum(np.abs(points - 0.5) - 0.5, 0), axis=1)
    inside = np.maximum(0.5 - np.abs(points - 0.5).max(axis=1), 0)
    assert np.allclose(cube().distances(points), outside + inside, atol=1e-14)
    assert np.array_equal(cube().contains(points), inside > 0)


def test_winding_numbers_are_those_of_the_solid_angle():
    points = np.random.default_rng(1).uniform(-1.5, 1.5, (300, 3))
    mesh = torus(20, 10).without_faces(np.arange(200) < 30)
    a, b, c = (mesh.vertices[column][None] - points[:, None] for column in mesh.triangles[0].T)
    la, lb, lc = (np.linalg.norm(v, axis=2) for v in (a, b, c))
    dot = lambda u, v: (u * v).sum(axis=2)  # noqa: E731
    angle = np.arctan2(dot(a, np.cross(b, c)), la * lb * lc + dot(a, b) * lc + dot(b, c) * la + dot(c, a) * lb)
    # van Oosterom and Strackee 1983; the fast one is an expansion, good to about 1e-2
    assert np.abs(mesh.winding_numbers(points) - angle.sum(axis=1) / (2 * np.pi)).max() < 0.02


def test_distance_between_two_nested_cubes_is_that_between_their_sides():
    inner, outer = cube(), cube(shift=(-0.25,) * 3, scale=1.5)
    found = inner.distance_to(outer, n=20_000)
    assert found.mean[0] == pytest.approx(0.25) and found.max[0] == pytest.approx(0.25)
    assert found.mean[1] > 0.25
    assert 0.9 * np.sqrt(3) / 4 < found.hausdorff <= np.sqrt(3) / 4  # attained at the outer corners
    assert found.chamfer == pytest.approx(sum(found.mean) / 2)


def test_normals_are_consistent_for_parallel_squares_and_not_for_upright_ones():
    flat = Mesh.of_polygons([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], [[0, 1, 2, 3]])
    upright = Mesh.of_polygons([[0, 0, 0], [1, 0, 0], [1, 0, 1], [0, 0, 1]], [[0, 1, 2, 3]])
    assert flat.distance_to(flat.flipped(), n=100).normal_consistency == 1.0
    assert flat.distance_to(upright, n=100).normal_consistency == 0.0


def test_overlap_of_shifted_cubes_is_the_closed_form_within_its_error():
    found = cube().overlap(cube(shift=(0.25, 0, 0)))
    assert abs(found.iou - 0.6) < 4 * found.error < 0.02
    assert cube().iou(cube(), n=1000) == 1.0


def test_the_transform_of_samples_goes_there_and_back():
    mesh = cube().transformed(4.0, [0.5, 0.25, 0])
    assert np.array_equal(mesh.vertices[0], [-2, -1, 0])
    assert np.array_equal(mesh.transformed(1 / 4, np.array([-2.0, -1.0, 0])).vertices, cube().vertices)


def test_a_grid_of_samples_of_a_plane_gives_that_plane():
    x, y, z = (np.linspace(0, side, n) for side, n in ((1, 4), (2, 5), (3, 7)))
    values = 0.25 * x[:, None, None] + 0.5 * y[:, None] + z - 1.4
    found = Mesh.of_grid(values, [0, 0, 0], [1, 2, 3])
    assert found.vertices @ [0.25, 0.5, 1.0] == pytest.approx(np.full(found.n_vertices, 1.4))
    assert found.area == pytest.approx(2 * np.sqrt(1 + 0.25**2 + 0.5**2))
    assert (found.normals @ [0.25, 0.5, 1.0] > 0).all()


def test_a_grid_of_samples_of_a_ball_faces_outward_and_tends_to_its_volume():
    at = np.linspace(-1, 1, 60)
    values = np.sqrt(at[:, None, None] ** 2 + at[:, None] ** 2 + at**2)
    ball = Mesh.of_grid(values, -1, 1, level=0.8)
    assert ball.closed and ball.euler == 2
    assert ball.volume == pytest.approx(4 / 3 * np.pi * 0.8**3, rel=2e-3)


@pytest.mark.parametrize("values", [np.zeros((3, 3)), np.zeros((1, 3, 3)), np.full((2, 2, 2), np.nan)])
def test_a_grid_that_is_none_is_refused(values):
    with pytest.raises(InputError, match=r"of_grid needs finite values \(nx, ny, nz\)"):
        Mesh.of_grid(values, -1, 1)


def test_a_mesh_of_no_polygons_measures_nothing():
    mesh = Mesh.of_polygons([[0, 0, 0]], [])
    assert (mesh.area, mesh.volume, mesh.n_edges, mesh.euler, mesh.n_components) == (0.0, 0.0, 0, 0, 0)


FLAT = Mesh.of_polygons([[0, 0, 0], [1, 0, 0], [2, 0, 0]], [[0, 1, 2]])


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: Mesh.of_polygons([[0, 0, 0]], []).bounds, "bounds needs a mesh with polygons; got 0"),
        (lambda: FLAT.sample(3), "sample needs a mesh with area; got 1 polygons"),
        (lambda: FLAT.distances([[0, 0, 0]]), "distances needs a mesh with area; got 1 polygons"),
        (lambda: cube().distances([0, 0, 0]), r"distances needs finite points of shape \(n, 3\); got shape \(3,\)"),
        (lambda: cube().contains([[0, 0, np.nan]]), "winding_numbers needs finite points"),
        (lambda: cube().flipped().iou(cube().flipped()), "overlap needs solids with an inside"),
        (lambda: cube().transformed(0.0, [0, 0, 0]), "transformed needs a scale above 0; got 0.0"),
    ],
)
def test_what_cannot_be_measured_is_refused(ask, says):
    with pytest.raises(InputError, match=says):
        ask()


def test_a_hundred_thousand_polygons_have_the_euler_number_of_a_torus():
    mesh = torus(400, 250)
    assert (mesh.n_faces, mesh.n_edges, mesh.euler, mesh.closed) == (100_000, 200_000, 0, True)


def test_many_points_are_asked_about_in_turn_with_the_same_answers(monkeypatch):
    """Nothing can end the work while the library has it: a fit of 700,000 places came back five seconds late."""
    points = np.random.default_rng(0).uniform(-1.5, 1.5, (500, 3))
    mesh = torus(12, 8)
    together = mesh.distances(points), mesh.winding_numbers(points)
    monkeypatch.setattr("foldline.mesh.TOGETHER", 64)
    assert len(_in_turn(points)) == 8 and len(_in_turn(points[:0])) == 1
    for mine, theirs in zip((mesh.distances(points), mesh.winding_numbers(points)), together, strict=True):
        assert np.array_equal(mine, theirs)
    assert mesh.distances(points[:0]).shape == mesh.winding_numbers(points[:0]).shape == (0,)
