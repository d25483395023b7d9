"""The level set of a field in space: the polygons of the kernel held against those between all regions."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.spatial import cKDTree

import foldline as fl
from foldline.exact.chain.ranges import chain_in_range
from foldline.exact.march import fields
from foldline.exact.part.within import place_of, with_sides
from foldline.exact.rational.arbiter import Arbiter
from foldline.exact.work import Work
from foldline.grid import Grid

kernel = pytest.mark.skipif(fields._field is None, reason="no compiled kernel here")

FAMILIES = ("gaussian", "dyadic", "integer", "tied", "zeros")
SIZES = ((1, 2), (2, 4), (1, 3), (2,))


def field(family: str, seed: int, widths: tuple[int, ...] = (6, 5), activation: str = "relu") -> fl.Network:
    """A field of one output; tied: units and rows of features come twice; zeros: most features are 0."""
    rng = np.random.default_rng([seed, FAMILIES.index(family)])
    sizes = SIZES[seed % len(SIZES)]

    def draw(*shape: int) -> np.ndarray:
        if family == "gaussian":
            return rng.normal(size=shape)
        if family == "dyadic":
            return rng.integers(-16, 17, size=shape) / 8
        whole = rng.integers(-2, 3, size=shape).astype(float)
        return whole * (rng.random(shape) < 0.3) if family == "zeros" else whole

    features = [draw((n + 1) ** 3, 2).astype(np.float32) / (1 + k) for k, n in enumerate(sizes)]
    grid = Grid(fl.Box([-1.0, 0.0, -1.0], [2.0, 2.0, 1.0]), sizes, features)
    shape = (grid.d_out, *widths, 1)
    weights = [draw(b, a) for a, b in pairwise(shape)]
    biases = [draw(b) for b in shape[1:]]
    if family == "tied":
        for W, b in zip(weights[:-1], biases[:-1], strict=True):
            W[1], b[1] = W[0], b[0]
            W[2], b[2] = -W[3], -b[3]
    return fl.Network(weights, biases, activation, grid=grid)


def levels(f: fl.Network) -> list[float]:
    """One that the field has at a vertex of the grid, and one inside a cell."""
    return [float(f(f.grid.box.lo)[0]), float(f(f.grid.box.lo + 0.3)[0])]


def by_regions(f: fl.Network, box: fl.Box | fl.Polytope, level: float, engine: str = "auto") -> fl.Surface:
    place = place_of(f, box)
    chain = with_sides(chain_in_range("surface", f, place.box), place)
    return fields.by_complex(chain, f, place, level, Work("surface", engine))


def middles(mesh: fl.Mesh) -> np.ndarray:
    """The mean corner of each polygon, its area and its number of corners."""
    rows = []
    for first, last in pairwise(mesh.offsets):
        at = mesh.vertices[mesh.corners[first:last]]
        area = np.linalg.norm(np.cross(at - at[0], np.roll(at, -1, axis=0) - at[0]).sum(axis=0)) / 2
        rows.append([*at.mean(axis=0), area, last - first])
    return np.array(rows).reshape(-1, 5)


def check_same_polygons(one: fl.Mesh, two: fl.Mesh) -> None:
    assert one.n_faces == two.n_faces and one.n_vertices == two.n_vertices
    if not one.n_faces:
        return
    a, b = middles(one), middles(two)
    away, at = cKDTree(b).query(a)
    assert away.max() < 1e-7 and cKDTree(a).query(b)[0].max() < 1e-7
    wide = a[:, 3] > 1e-6  # of polygons near a corner of the grid several may lie within rounding
    gradients = [mesh.face_values["gradient"] for mesh in (one, two)]
    assert len(set(at[wide].tolist())) == wide.sum()
    assert np.allclose(gradients[0][wide], gradients[1][at][wide], rtol=1e-9, atol=1e-9)


def check_runs_left(mesh: fl.Mesh) -> None:
    """Each polygon runs counter-clockwise seen from where the field is above the level."""
    gradients = mesh.face_values["gradient"]
    for (first, last), gradient in zip(pairwise(mesh.offsets), gradients, strict=True):
        at = mesh.vertices[mesh.corners[first:last]]
        assert np.cross(at - at[0], np.roll(at, -1, axis=0) - at[0]).sum(axis=0) @ gradient > -1e-12


def check_against_regions(f: fl.Network, engine: str = "auto") -> None:
    for level in levels(f):
        found, wanted = fl.surface(f, f.grid.box, level), by_regions(f, f.grid.box, level, engine)
        assert found.certified and found.complete
        check_same_polygons(found.mesh, wanted.mesh)
        check_runs_left(found.mesh)


@kernel
@pytest.mark.parametrize(
    ("family", "activation"),
    [*((family, "relu") for family in FAMILIES), ("gaussian", "abs"), ("dyadic", "leaky_relu"), ("zeros", "abs")],
)
def test_polygons_are_those_between_the_regions_above_the_level_and_the_others(family: str, activation: str) -> None:
    check_against_regions(field(family, 1, activation=activation))


@kernel
@pytest.mark.parametrize("family", FAMILIES)
def test_polygons_are_those_of_fractions(family: str) -> None:
    check_against_regions(field(family, 3, widths=(4, 4)), "rational")


@kernel
@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("widths", [(), (6,), (6, 5), (5, 4, 4)])
@pytest.mark.parametrize("family", FAMILIES)
def test_polygons_of_many_fields_are_those_between_the_regions(family: str, widths: tuple[int, ...], seed: int) -> None:
    check_against_regions(field(family, seed, widths, ("relu", "leaky_relu", "abs")[seed % 3]))


@kernel
@pytest.mark.parametrize("family", ["gaussian", "integer"])
def test_a_part_of_the_box_has_the_polygons_of_the_whole_in_it(family: str) -> None:
    f = field(family, 1)
    box = fl.Box([-1.0, 0.5, -0.5], [0.5, 2.0, 1.0])
    for level in levels(f):
        check_same_polygons(fl.surface(f, box, level).mesh, by_regions(f, box, level).mesh)


@kernel
@pytest.mark.parametrize("family", ["gaussian", "integer"])
@pytest.mark.parametrize("place", ["box", "polytope"])
def test_the_surface_in_a_place_across_the_cells_ends_on_it(place: str, family: str) -> None:
    f = field(family, 1)
    box = fl.Box([-0.9, 0.25, -0.5], [0.5, 1.9, 0.8])
    rows = np.vstack([-np.eye(3), [[1, 1, 0.5], [0, 1, 0], [0, 1, 2], [1, -1, 1]]])
    asked = box if place == "box" else fl.Polytope(rows, [0.9, -0.25, 0.5, 1.5, 1.75, 2, 1])
    for level in levels(f):
        check_same_polygons(fl.surface(f, asked, level).mesh, by_regions(f, asked, level).mesh)
    whole, part = fl.surface(f, level=levels(f)[1]), fl.surface(f, asked, levels(f)[1])
    at = part.mesh.vertices
    inside = (at >= box.lo) & (at <= box.hi) if place == "box" else at @ asked.A.T <= asked.b + 1e-12
    assert part.n_faces and inside.all()
    assert np.abs(f(at) - levels(f)[1]).max() < 1e-9 and part.mesh.area < whole.mesh.area


@kernel
def test_the_number_of_workers_does_not_show() -> None:
    f = field("gaussian", 1, widths=(12, 12))
    one, many = (fl.surface(f, f.grid.box, levels(f)[1], workers=n).mesh for n in (1, 3))
    assert np.array_equal(one.vertices, many.vertices) and np.array_equal(one.corners, many.corners)
    assert one.n_faces > 100


def wave(slope: float) -> fl.Network:
    """relu(x) + slope relu(-x) on a grid of 2: 0 on a side of its cells."""
    values = np.zeros((27, 1), np.float32)
    grid = Grid(fl.Box([-1.0] * 3, [1.0] * 3), (2,), [values])
    return fl.Network([[[1.0, 0, 0, 0], [-1.0, 0, 0, 0]], [[1.0, slope]]], [[0.0, 0.0], [0.0]], grid=grid)


@kernel
@pytest.mark.parametrize(("slope", "area"), [(1.0, 0.0), (-1.0, 4.0), (0.0, 4.0)])
def test_a_level_that_is_only_touched_has_no_polygons(slope: float, area: float) -> None:
    f = wave(slope)
    found = fl.surface(f, f.grid.box)
    assert found.mesh.area == area and found.certified and found.complete
    assert found.n_vertices == len(np.unique(found.mesh.corners))
    check_same_polygons(found.mesh, by_regions(f, f.grid.box, 0.0).mesh)
    left = fl.surface(f, fl.Box([-1.0] * 3, [0.0, 1.0, 1.0]))
    assert left.n_faces == 0  # what lies on the box is no part of it


@kernel
def test_sparse_and_half_precise_features_have_the_same_surface() -> None:
    f = field("zeros", 1)
    sparse, rows = [], []
    for features in f.grid.features:
        rows.append(np.flatnonzero(features.any(axis=1)))
        sparse.append(features[rows[-1]].astype(np.float16))
    g = fl.Network(f.weights, f.biases, grid=Grid(f.grid.box, f.grid.sizes, sparse, rows))
    for level in levels(f):
        one, two = (fl.surface(h, f.grid.box, level).mesh for h in (f, g))
        assert np.array_equal(one.vertices, two.vertices) and np.array_equal(one.corners, two.corners)


@kernel
def test_a_budget_ends_the_surface_of_a_field() -> None:
    f = field("gaussian", 1, widths=(12, 12))
    whole = fl.surface(f, f.grid.box, levels(f)[1])
    heard: list[float] = []

    def enough(n: int, share: float) -> bool:
        heard.append(share)
        return True

    for limit in ({"budget": fl.Budget(regions=20)}, {"budget": fl.Budget(seconds=1e-6)}, {"callback": enough}):
        some = fl.surface(f, f.grid.box, levels(f)[1], **limit)
        assert not some.complete and some.proof.explored < 1 and some.n_faces < whole.n_faces
    assert heard
    assert (
        fl.surface(f, f.grid.box, levels(f)[1], callback=lambda n, share: heard.append(share)).complete
        and heard[-1] == 1.0
    )


@kernel
@pytest.mark.parametrize("seed", [2, 3])
def test_tiny_polygons_turn_as_their_sides_do(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(Arbiter, "turn", lambda self, polygon, eye: asked.append(eye) or 1)
    check_against_regions(field("integer", seed))
    assert not asked


@kernel
def test_what_is_not_certified_takes_the_floats_word() -> None:
    f = field("gaussian", 1)
    found = fl.surface(f, f.grid.box, levels(f)[1], certify=False)
    assert not found.certified and found.n_rational == 0
    check_same_polygons(found.mesh, fl.surface(f, f.grid.box, levels(f)[1]).mesh)


@kernel
@pytest.mark.parametrize("sizes", [(2, 4), (2, 4, 4)])
def test_a_hull_of_cells_asks_nothing_where_it_is_zero(sizes: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    features = [rng.normal(size=((n + 1) ** 3, 1 if k + 1 == len(sizes) else 2)) for k, n in enumerate(sizes)]
    features[-1] = -(rng.random(features[-1].shape) < 0.4).astype(float)  # -1 inside the hull: its unit is 1 + that
    grid = Grid(fl.Box([-1.0] * 3, [1.0] * 3), sizes, [part.astype(np.float32) for part in features])
    W = np.vstack([rng.normal(size=(5, grid.d_out)), np.eye(grid.d_out)[-1]])
    f = fl.Network([W, [[*rng.normal(size=5), 8.0]]], [[*rng.normal(size=5), 1.0], [-0.5]], grid=grid)
    expected = by_regions(f, grid.box, 0.0).mesh
    asked: list[int] = []
    signs = Arbiter.signs
    monkeypatch.setattr(Arbiter, "signs", lambda self, *what: asked.append(what[0]) or signs(self, *what))
    found = fl.surface(f)
    assert found.mesh.n_faces > 100 and found.certified and found.complete and not asked
    check_same_polygons(found.mesh, expected)
