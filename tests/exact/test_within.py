"""Questions about polytopes, and about boxes whose sides cross a field's cells: each answer held against sampling."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import ConvexHull, HalfspaceIntersection

import foldline as fl
from foldline.errors import InputError

from ..corpus import network
from .march.test_cover import field

ENGINES = ("auto", "rational")


def polytope(d: int, seed: int = 0) -> fl.Polytope:
    """A simplex with a corner cut off, about 0."""
    rng = np.random.default_rng([d, seed])
    A = np.vstack([-np.eye(d), np.ones((1, d)), rng.normal(size=(1, d))])
    return fl.Polytope(A, [*[0.6] * d, 0.7, 0.3])


def volume(asked: fl.Polytope) -> float:
    if asked.d == 1:
        ends, up = asked.b / asked.A[:, 0], asked.A[:, 0] > 0
        return float(ends[up].min() - ends[~up].max())
    corners = HalfspaceIntersection(np.column_stack([asked.A, -asked.b]), np.zeros(asked.d)).intersections
    return float(ConvexHull(corners).volume)


def points_in(asked: fl.Box | fl.Polytope, n: int = 300) -> np.ndarray:
    box = asked if isinstance(asked, fl.Box) else asked.box
    at = np.random.default_rng(5).uniform(box.lo, box.hi, size=(40 * n, box.d))
    return at[:n] if isinstance(asked, fl.Box) else at[(at @ asked.A.T < asked.b - 1e-9).all(axis=1)][:n]


def check_regions(f: fl.Network, asked: fl.Box | fl.Polytope, size: float, engine: str) -> None:
    found = fl.regions(f, asked, engine=engine)
    assert found.certified and found.complete and np.isclose(found.volumes.sum(), size, rtol=1e-9)
    points = points_in(asked)
    homes = [home[0] for home in found.locate(points)]
    maps = found.maps[homes]
    told = np.einsum("nij,nj->ni", maps[..., :-1], points) + maps[..., -1]
    assert np.allclose(told, f(points), rtol=1e-9, atol=1e-9)
    assert np.array_equal(found.patterns[homes], f.pattern(points)[:, : found.patterns.shape[1]])
    assert fl.count(f, asked, engine=engine) == len(found)
    least, _, most, _ = found.extrema()
    assert (f(points) >= least - 1e-9).all() and (f(points) <= most + 1e-9).all()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("family", ["gaussian", "integer"])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_regions_fill_a_polytope(d: int, family: str, engine: str) -> None:
    asked = polytope(d)
    check_regions(network(family, (d, 5, 2) if d == 3 else (d, 5, 4, 2), 1), asked, volume(asked), engine)


@pytest.mark.parametrize(("d", "engine"), [(1, "auto"), (2, "auto"), (3, "auto"), (1, "rational"), (2, "rational")])
def test_regions_of_a_field_fill_a_polytope(d: int, engine: str) -> None:
    asked = polytope(d)
    check_regions(field("gaussian", d, 1, sizes=(1, 3)), asked, volume(asked), engine)


@pytest.mark.parametrize(("d", "engine"), [(1, "auto"), (2, "auto"), (3, "auto"), (1, "rational"), (2, "rational")])
@pytest.mark.parametrize("family", ["gaussian", "integer"])
def test_regions_of_a_field_fill_a_box_across_its_cells(family: str, d: int, engine: str) -> None:
    f, asked = field(family, d, 1, sizes=(1, 3)), fl.Box([-0.9, 0.0, -0.3][:d], [1.3, 1.95, 0.4][:d])
    check_regions(f, asked, asked.volume, engine)
    found = fl.regions(f, asked)
    vertices = found.complex.vertices
    assert (vertices >= asked.lo).all() and (vertices <= asked.hi).all()
    walls = found.fold_of_edge[found.fold_of_edge >= -2 * d]
    assert set(range(-2 * d, 0)) <= set(walls.tolist())


@pytest.mark.parametrize("d", [2, 3])
def test_a_linear_network_has_one_region_in_a_polytope(d: int) -> None:
    found = fl.regions(fl.Network([np.ones((1, d))], [[0.0]]), polytope(d))
    assert len(found) == 1 and np.isclose(found.volumes.sum(), volume(polytope(d)))
    sides = set(found.fold_of_edge.tolist())
    assert sides == {-2 - 2 * d - row for row in range(d + 2)} and not len(found.neighbours)


def test_regions_of_four_inputs_fill_a_polytope() -> None:
    asked, f = polytope(4), network("gaussian", (4, 5, 2), 1)
    found = fl.regions(f, asked)
    points = points_in(asked)
    assert np.isclose(found.volumes.sum(), volume(asked), rtol=1e-9) and fl.count(f, asked) == len(found)
    maps = found.maps[[home[0] for home in found.locate(points)]]
    assert np.allclose(np.einsum("nij,nj->ni", maps[..., :-1], points) + maps[..., -1], f(points))


@pytest.mark.parametrize("kind", ["network", "field"])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_decisions_and_boundary_end_on_a_polytope(d: int, kind: str) -> None:
    f = network("gaussian", (d, 5, 4, 2), 2) if kind == "network" else field("gaussian", d, 2, sizes=(1, 3))
    asked = polytope(d)
    found, points = fl.decisions(f, asked), points_in(asked)
    assert np.isclose(found.volumes.sum(), volume(asked), rtol=1e-9)
    assert np.array_equal(found.class_of(points), f(points).argmax(axis=1))
    edge = fl.boundary(f, asked)
    assert edge.complete and asked.holds(edge.vertices * (1 - 1e-9)).all()


def test_the_surface_of_a_network_ends_on_a_polytope() -> None:
    octahedron = fl.Network([np.vstack([np.eye(3), -np.eye(3)]), np.ones((1, 6))], [np.zeros(6), [-1.0]])
    half = fl.Polytope(np.vstack([np.eye(3), -np.eye(3), [[1, 1, 1]]]), [2, 2, 2, 2, 2, 2, 0])
    whole, part = fl.surface(octahedron, fl.Box([-2] * 3, [2] * 3)), fl.surface(octahedron, half)
    assert np.isclose(part.mesh.area, whole.mesh.area / 2) and not part.closed


@pytest.mark.parametrize(
    ("rows", "bounds", "what"),
    [
        ([[1, 0]], [1, 2], "rows .* and bounds"),
        ([[1, 0], [np.nan, 1]], [1, 1], "finite numbers"),
        ([[1, 0], [0, 0]], [1, 1], "not all 0"),
        ([[1, 0], [0, 1]], [1, 1], "bound it on every side"),
        ([[1, 0], [-1, 0], [0, 1], [0, -1]], [0, 0, 1, 1], "an inside"),
    ],
)
def test_what_is_no_polytope_is_refused(rows: list, bounds: list, what: str) -> None:
    with pytest.raises(InputError, match=what):
        fl.Polytope(rows, bounds)


def test_a_place_outside_a_field_is_refused() -> None:
    f = field("gaussian", 2, 1, sizes=(1, 3))
    with pytest.raises(InputError, match="a field needs a box within its own"):
        fl.regions(f, fl.Box([-1.5, 0.0], [1.0, 1.0]))
    with pytest.raises(InputError, match="a field needs a polytope within its box"):
        fl.regions(f, fl.Polytope(np.vstack([np.eye(2), -np.eye(2)]), [3, 3, 3, 3]))
