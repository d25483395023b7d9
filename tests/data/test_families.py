"""Solids in closed form: their distances against meshes, their gradients and their symmetries."""

from __future__ import annotations

import numpy as np
import pytest

from foldline.data.families import FAMILIES, ROUND, ellipsoid, solids
from foldline.errors import InputError

POINTS = np.random.default_rng(0).uniform(-1, 1, (3000, 3))
SOLIDS = solids(2, seed=1)
FACET = (np.pi / ROUND) ** 2 / 2 * 0.95 * 2  # from a circle to its polygon, twice in two directions


@pytest.mark.parametrize("solid", SOLIDS, ids=lambda solid: solid.name)
def test_a_mesh_of_a_solid_has_the_distance_that_its_formula_says(solid) -> None:
    signs = np.where(solid.mesh.contains(POINTS), -1, 1)
    apart = np.abs(signs * solid.mesh.distances(POINTS) - solid.distance(POINTS))
    flat = solid.name.startswith(("box", "profile"))
    sure = np.abs(solid.distance(POINTS)) > 2e-3
    assert apart[sure].max() < (1e-9 if flat else FACET)
    assert flat or apart[sure].max() > 1e-6  # polygons are no circles


@pytest.mark.parametrize("solid", SOLIDS, ids=lambda solid: solid.name)
def test_the_mesh_is_closed_faces_outward_and_lies_on_the_solid(solid) -> None:
    assert solid.mesh.closed and solid.mesh.volume > 0
    assert solid.mesh.euler == (0 if solid.name.startswith("torus") else 2)
    assert np.abs(solid.distance(solid.mesh.vertices)).max() < 1e-9
    assert np.abs(solid.mesh.bounds).max() < 0.95


@pytest.mark.parametrize("solid", SOLIDS, ids=lambda solid: solid.name)
def test_distances_have_slope_one_almost_everywhere(solid) -> None:
    step = 1e-5
    slopes = [
        (solid.distance(POINTS + step * axis) - solid.distance(POINTS - step * axis)) / (2 * step) for axis in np.eye(3)
    ]
    assert np.mean(np.abs(np.linalg.norm(slopes, axis=0) - 1) < 1e-3) > 0.98


def test_on_the_axes_planes_an_ellipsoid_is_right_too() -> None:
    axes = (0.9, 0.5, 0.3)
    points = np.array([[0, 0, 0], [0.6, 0, 0], [0.89, 0, 0], [0, 0.2, 0], [0.2, 0.1, 0], [0.9, 0, 0], [0, 0, 2]])
    rng = np.random.default_rng(0)
    sphere = rng.normal(size=(400_000, 3))
    surface = sphere / np.linalg.norm(sphere, axis=1, keepdims=True) * axes
    sampled = np.array([np.linalg.norm(surface - point, axis=1).min() for point in points])
    np.testing.assert_allclose(np.abs(ellipsoid(points, axes)), sampled, atol=6e-3)
    np.testing.assert_allclose(ellipsoid(points, (0.7,) * 3), np.linalg.norm(points, axis=1) - 0.7, atol=1e-12)


def test_members_are_the_same_whatever_else_is_drawn() -> None:
    alone, among = solids(1, families=("torus",), seed=3)[0], solids(2, seed=3)[4]
    assert alone.name == among.name and np.array_equal(alone.mesh.vertices, among.mesh.vertices)
    assert len(solids()) == 30 and len({solid.name.split("-")[0] for solid in solids()}) == len(FAMILIES)


def test_a_family_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match=r"families out of box, .*; got 'cone'"):
        solids(1, families=("cone",))
