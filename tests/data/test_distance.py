"""Signed distances against closed forms, and what a broken mesh is told."""

from __future__ import annotations

import numpy as np
import pytest

from foldline import Mesh
from foldline.data.border import border, mesh_report
from foldline.data.distance import distance_samples
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
    distance = np.abs(distance_samples(cube(), 20_000, mixture="broad").targets[:, 0])
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
    sheet = cube(SIDES[:5]).transformed(*vars(plain.transform).values())
    assert np.allclose(plain.targets[:, 0], sheet.distances(plain.inputs) - 0.05) and plain.meta["signed"] is False
    assert signed.meta["report"]["unsure"] > 0.001 and plain.meta["report"]["unsure"] is None
    assert plain.meta["report"]["thickness"] == pytest.approx(0.1 / 1.8)
    assert (
        plain.meta["report"]["findings"][-1]
        == "taken as a shell 0.05556 thick (5.6% of its longest side), not as a solid"
    )
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
    assert (turned.inconsistent_edges, turned.boundary_edges, turned.turned_faces, turned.inverted) == (0, 0, 1, False)
    assert turned.findings == ("1 polygon that faced another way than those around, turned round",)
    fin = mesh_report(Mesh.of_polygons([*CORNERS, [0.5, -1, -1]], [*SIDES, [0, 1, 8]]))
    assert (fin.nonmanifold_edges, fin.boundary_edges, fin.solid) == (1, 2, False)


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


def joined(*meshes):
    """Meshes as one, equal positions being one corner."""
    starts = np.cumsum([0, *(m.n_vertices for m in meshes)])
    points, where = np.unique(np.concatenate([m.vertices for m in meshes]), axis=0, return_inverse=True)
    faces = [where.ravel()[face + start] for m, start in zip(meshes, starts, strict=False) for face in m.faces]
    return Mesh.of_polygons(points, faces)


def at(x, y=0.0, z=0.0, size=1.0):
    return cube(corners=CORNERS * size + [x, y, z])


OTHER_DIAGONALS = cube([side[1:] + side[:1] for side in SIDES], CORNERS + np.eye(3)[0]).in_triangles()
FIN = Mesh.of_polygons([[1, 0, 0], [2, 0, 0], [1, 1, 0]], [[0, 1, 2], [2, 1, 0]])
WALLS = "polygons with the same on both sides (walls, back to back), left out"
ONE_TURNED = "1 part of it faced inward and was turned round"


@pytest.mark.parametrize(
    ("mesh", "volume", "faces", "findings"),
    [
        (joined(at(0), at(3).flipped()), 2, 12, [ONE_TURNED]),
        (joined(at(0), at(1, 1, 1).flipped()), 2, 12, [ONE_TURNED]),
        (joined(at(-1, -1, -1, 3), at(0).flipped()), 26, 12, []),
        (joined(at(-1, -1, -1, 3), at(0).flipped()).flipped(), 26, 12, ["the mesh faced inward and was turned round"]),
        (joined(at(-1, -1, -1, 3), at(0)), 27, 6, [f"6 {WALLS}"]),
        (joined(at(0), at(1)), 2, 10, [f"2 {WALLS}"]),
        (joined(at(0), at(1), at(2), at(1, 1)), 4, 18, [f"6 {WALLS}"]),
        (joined(cube().in_triangles(), OTHER_DIAGONALS), 2, 20, [f"4 {WALLS}"]),
        (joined(at(0), FIN), 1, 6, [f"2 {WALLS}"]),
        (joined(at(0), at(1, 1)), 2, 12, ["1 edge in three polygons or more"]),
        (cube([*SIDES, SIDES[5][::-1]]), 1, 6, [f"1 {WALLS}".replace("polygons", "polygon")]),
    ],
    ids=["inside out", "touching, inside out", "hollow", "hollow inside out", "nested", "wall", "walls", "diagonals",
         "fin", "an edge", "a lid on both sides"],
)  # fmt: skip
def test_parts_face_outward_and_walls_are_no_border(mesh, volume, faces, findings):
    clean, report = border(mesh)
    assert clean.volume == pytest.approx(volume) and clean.n_faces == faces
    assert report.findings == tuple(findings)
    assert report.solid == clean.balanced == (not report.boundary_edges)


def test_a_wall_between_two_solids_does_not_split_their_inside():
    samples = distance_samples(joined(at(0), at(1)), 20_000)
    middle = np.abs(samples.inputs[:, 0]) < 0.05
    inner = middle & (np.abs(samples.inputs[:, 1:]) < 0.3).all(axis=1)
    assert inner.sum() > 3 and (samples.targets[inner, 0] < -0.1).all()


def test_parts_that_overlap_are_said_and_a_sheet_on_both_sides_stays_a_sheet():
    found = mesh_report(joined(at(0), at(0.5, 0.5, 0.5)))
    assert found.solid and found.inner == pytest.approx(0.125, abs=0.03)
    assert found.findings[-1].endswith("of the surface lay inside the solid, where parts overlap, and was left out")
    twice = Mesh.of_polygons(CORNERS, [SIDES[0], SIDES[0][::-1]])
    assert border(twice)[0].n_faces == 1 and border(twice, sheet=True)[0].n_faces == 2


@pytest.mark.parametrize("scale", [1e-90, 1e90])
def test_very_large_and_very_small_meshes_are_measured(scale):
    report = mesh_report(cube(corners=CORNERS * scale))
    assert report.findings == () and report.measures.volume == pytest.approx(scale**3, rel=1e-12)


@pytest.mark.parametrize("scale", [1e-200, 1e200, 1e308])
def test_a_mesh_whose_volume_is_no_number_is_refused(scale):
    with pytest.raises(InputError, match=r"a mesh of a size from 1e-100 to 1e\+100; got one from"):
        mesh_report(cube(corners=(CORNERS - 0.5) * scale))


def test_a_fitted_sheet_is_one_thin_closed_shell():
    import foldline as fl

    grid = [[x / 4, y / 4, 0] for y in range(5) for x in range(5)]
    sheet = Mesh.of_polygons(grid, [[i, i + 1, i + 6, i + 5] for i in range(19) if i % 5 < 4])
    samples = distance_samples(sheet, 20_000, sign="unsigned", mixture="broad")
    shell = fl.surface(fl.fit(samples, hidden=(48, 48, 48), steps=1000), fl.Box([-1] * 3, [1] * 3)).mesh
    assert (shell.n_components, shell.closed, shell.euler) == (1, True, 2)
    assert np.ptp(shell.bounds, axis=0) == pytest.approx([1.9, 1.9, 0.1], abs=0.1)
