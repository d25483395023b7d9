"""Solids that overlap are fitted as what they fill together: against solids whose union is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import ConvexHull, HalfspaceIntersection

from foldline import Mesh
from foldline.data.border import border, mesh_report
from foldline.data.distance import distance_of, distance_samples
from foldline.data.union import outer

CUBE = np.stack(np.meshgrid(*[[0.0, 1.0]] * 3, indexing="ij"), -1).reshape(-1, 3)
SIDES = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])


def box(lo, hi):
    return Mesh.of_polygons(np.array(lo) + CUBE * np.subtract(hi, lo), SIDES)


def together(*meshes):
    starts = np.cumsum([0, *(mesh.n_vertices for mesh in meshes)])
    faces = [face + start for mesh, start in zip(meshes, starts, strict=False) for face in mesh.faces]
    points, names = np.unique(np.concatenate([mesh.vertices for mesh in meshes]), axis=0, return_inverse=True)
    return Mesh.of_polygons(points, [names.ravel()[face] for face in faces])


def hull(points):
    """The convex hull of points, facing outward, and its half-spaces."""
    found = ConvexHull(points)
    a, b, c = (points[column] for column in found.simplices.T)
    back = np.einsum("ij,ij->i", np.cross(b - a, c - a), found.equations[:, :3]) < 0
    faces = np.where(back[:, None], found.simplices[:, ::-1], found.simplices)
    return Mesh.of_polygons(points, faces), found.equations


def sphere(n, centre=(0.0, 0.0, 0.0), radius=1.0, seed=0):
    points = np.random.default_rng(seed).normal(size=(n, 3))
    return hull(np.array(centre) + radius * points / np.linalg.norm(points, axis=1, keepdims=True))


def from_box(points, lo, hi):
    """The signed distance to a box, in closed form."""
    out = np.maximum(np.subtract(lo, points), np.subtract(points, hi))
    return np.linalg.norm(np.maximum(out, 0), axis=1) + np.minimum(out.max(axis=1), 0)


def test_boxes_whose_sides_are_flush_are_the_box_round_both():
    two = together(box([0, 0, 0], [1, 1, 1]), box([0.5, 0, 0], [1.5, 1, 1]))
    clean, report = border(two)
    assert clean.closed and clean.n_components == 1 and clean.euler == 2
    assert (clean.volume, clean.area) == pytest.approx((1.5, 8.0), abs=1e-9)
    assert report.solid and report.measures.volume == pytest.approx(1.5) and report.inner > 0.1
    samples = distance_samples(two, 20_000)
    there = samples.transform
    exact = from_box(samples.inputs, [-0.9, -0.6, -0.6], [0.9, 0.6, 0.6])
    assert there.scale == pytest.approx(1.2)
    np.testing.assert_allclose(samples.targets[:, 0], exact, atol=1e-8)


def test_a_side_that_two_boxes_have_in_common_is_there_once():
    two = together(box([0, 0, 0], [2, 1, 1]), box([1, 0, 0], [2, 1, 1]))
    clean, report = border(two)
    assert report.solid and report.duplicate_faces == 0 and clean.balanced
    assert (clean.volume, clean.area) == pytest.approx((2, 10), abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_boxes_on_a_lattice_fill_what_their_cubes_fill(seed):
    rng, filled, boxes = np.random.default_rng(seed), np.zeros((6, 6, 6)), []
    for _ in range(4):
        lo = rng.integers(0, 3, 3)
        hi = lo + rng.integers(1, 4, 3)
        boxes.append(box(lo.tolist(), hi.tolist()))
        filled[lo[0] : hi[0], lo[1] : hi[1], lo[2] : hi[2]] = 1
    clean, report = border(together(*boxes))
    assert report.solid and clean.balanced
    assert clean.volume == pytest.approx(filled.sum(), abs=1e-9)
    padded = np.pad(filled, 1)
    assert clean.area == pytest.approx(sum(np.abs(np.diff(padded, axis=axis)).sum() for axis in range(3)), abs=1e-9)


def bar_in_a_box():
    """A bar that ends in the middle of a box, and their union made by hand."""
    ring = [[1, s * y, s * z] for s in (1, 0.25) for y, z in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    ends = np.concatenate([ring, [[2, y, z] for _, y, z in ring[4:]]])
    around = [[k, (k + 1) % 4, (k + 1) % 4 + 4, k + 4] for k in range(4)]
    sides = [[k + 4, (k + 1) % 4 + 4, (k + 1) % 4 + 8, k + 8] for k in range(4)]
    by_hand = together(box([-1] * 3, [1] * 3).without_faces(np.arange(6) == 1),
                       Mesh.of_polygons(ends, [*around, *sides, [8, 9, 10, 11]]))  # fmt: skip
    return together(box([-1] * 3, [1] * 3), box([0, -0.25, -0.25], [2, 0.25, 0.25])), by_hand


def test_a_bar_poked_into_a_box_has_the_distances_of_their_union():
    mesh, by_hand = bar_in_a_box()
    assert by_hand.closed and by_hand.volume == pytest.approx(8.25)
    clean, report = border(mesh)
    assert (clean.closed, clean.n_components, clean.euler) == (True, 1, 2)
    assert (clean.volume, clean.area) == pytest.approx((8.25, by_hand.area), abs=1e-9)
    points = np.random.default_rng(1).uniform(-1, 1, (5000, 3))
    at = points / report.scale + report.shift
    sign = np.where(by_hand.contains(at), -1, 1)
    exact = sign * by_hand.distances(at) * report.scale
    np.testing.assert_allclose(distance_of(mesh)(points)[:, 0], exact, atol=1e-8)
    deep = (np.abs(at - [0.2, 0, 0]) < 0.2).all(axis=1)  # round the end of the bar, where an inner wall stood
    assert deep.sum() > 3 and exact[deep].max() < -0.25


@pytest.mark.parametrize(
    ("second", "volume", "area"),
    [([[1, 0.25, 0.25], [2, 0.75, 0.75]], 1.25, 8.0), ([[1, 0, 0], [2, 1, 1]], 2.0, 10.0),
     ([[1, 0.5, 0], [2, 1.5, 1]], 2.0, 11.0)],
    ids=["inside a side", "a whole side", "half a side"],
)  # fmt: skip
def test_the_wall_between_boxes_that_touch_is_no_surface(second, volume, area):
    clean, report = border(together(box([0, 0, 0], [1, 1, 1]), box(*second)))
    assert report.solid and clean.balanced and clean.n_components == 1
    assert (clean.volume, clean.area) == pytest.approx((volume, area), abs=1e-9)


def test_a_sphere_inside_another_is_nothing_and_one_that_faces_inward_is_a_cavity():
    large, small = sphere(200)[0], sphere(100, radius=0.5)[0]
    assert border(together(large, small))[0].volume == pytest.approx(large.volume)
    hollow, report = border(together(large, small.flipped()))
    assert hollow.volume == pytest.approx(large.volume - small.volume) and report.inner == 0
    assert distance_of(together(large, small.flipped()))(np.zeros((1, 3)))[0, 0] > 0.3


@pytest.mark.parametrize("seed", range(6))
def test_two_convex_bodies_that_cross_lose_what_they_share_once(seed):
    rng = np.random.default_rng(seed)
    (a, of_a), (b, of_b) = sphere(60, seed=seed), sphere(40, rng.uniform(0.3, 0.6, 3), 0.8, seed + 50)
    inside = np.array([0.3, 0.3, 0.3])
    both = np.concatenate([of_a, of_b])
    assert (both[:, :3] @ inside + both[:, 3]).max() < 0, "a point of both"
    shared = ConvexHull(HalfspaceIntersection(both, inside).intersections)
    clean, report = border(together(a, b))
    assert clean.closed and clean.n_components == 1 and clean.euler == 2 and report.inner > 0
    assert clean.volume == pytest.approx(a.volume + b.volume - shared.volume, rel=1e-9)
    # Inclusion and exclusion of the surfaces, too: what was cut away is the border of what they share.
    assert clean.area == pytest.approx(a.area + b.area - shared.area, rel=1e-9)


def test_three_spheres_and_a_cavity_that_one_of_them_fills_in_part():
    shell = together(sphere(80)[0], sphere(60, radius=0.6, seed=1)[0].flipped())
    whole = together(shell, sphere(50, (0.5, 0, 0), 0.3, seed=2)[0], sphere(50, (-1, 0, 0), 0.5, seed=3)[0])
    clean, report = border(whole)
    assert report.solid and clean.balanced
    points = np.random.default_rng(0).uniform(-1.6, 1.1, (4000, 3))
    np.testing.assert_array_equal(clean.contains(points), whole.contains(points))
    seen, faces = clean.sample(2000)
    step = 1e-4 * clean.normals[faces]
    wrong = whole.contains(seen + step) | ~whole.contains(seen - step)
    assert wrong.mean() < 0.002  # within a step of where two cross


def test_a_mesh_without_crossings_is_left_as_it_is():
    one = sphere(100)[0]
    again = outer(one, np.zeros(one.n_faces, dtype=np.int64))
    assert again.volume == pytest.approx(one.volume) and again.n_faces == one.n_faces
    assert mesh_report(one).inner == 0 and border(one)[0].n_faces == one.n_faces
