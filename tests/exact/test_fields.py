"""Exact questions about fields: every answer held against sampling, or against the same question asked another way."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import foldline as fl
from foldline.exact.complex.measure import sides
from foldline.grid import Grid

from ..corpus import slow_where
from .march.test_cover import DRAWS, MORE_DRAWS, field


def points_in(box: fl.Box, n: int = 400, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(box.lo, box.hi, size=(n, box.d))


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("family", DRAWS)
def test_regions_of_a_field_answer_as_those_of_a_network_do(family: str, d: int) -> None:
    f = field(family, d, 1, sizes=(1, 2))
    found = fl.regions(f, f.grid.box)
    assert found.certified and found.complete
    assert len(found) == fl.count(f, f.grid.box)
    assert np.isclose(found.volumes.sum(), f.grid.box.volume, rtol=1e-12)
    points = points_in(f.grid.box)
    homes = [r[0] for r in found.locate(points) if len(r)]
    maps = found.maps[homes]
    told = np.einsum("nij,nj->ni", maps[..., :-1], points) + maps[..., -1]
    if family != "zero":  # where all of a field is zero, regions share their patterns
        assert np.allclose(told, f(points), rtol=1e-9, atol=1e-9)
    least, _, most, _ = found.extrema()
    assert (f(points) >= least - 1e-9).all() and (f(points) <= most + 1e-9).all()
    assert np.allclose(f(found.extrema()[1]).diagonal(), least) and np.allclose(f(found.extrema()[3]).diagonal(), most)
    assert 1 <= found.n_pieces <= len(found)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_the_integral_of_a_field_is_that_of_a_fine_grid(d: int) -> None:
    f = field("gaussian", d, 4, sizes=(1, 2))
    points = points_in(f.grid.box, 200_000)
    wanted = f(points).mean(axis=0) * f.grid.box.volume
    spread = f(points).std(axis=0) * f.grid.box.volume / np.sqrt(len(points))
    assert (np.abs(fl.regions(f, f.grid.box).integral() - wanted) < 6 * spread).all()


def test_a_crop_has_the_regions_of_the_whole_within_it() -> None:
    f = field("gaussian", 2, 2, sizes=(1, 3))
    crop = fl.Box([0.0, -1.0], [2.0, 1.0])
    part = fl.regions(f, crop)
    points = points_in(crop)
    maps = part.maps[[r[0] for r in part.locate(points)]]
    assert np.allclose(np.einsum("nij,nj->ni", maps[..., :-1], points) + maps[..., -1], f(points))
    assert set(part.fold_of_edge[part.fold_of_edge < 0].tolist()) == {-1, -2, -3, -4, -5}  # four sides, and simplices


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("family", ["gaussian", "integer"])
def test_decisions_of_a_field_are_right_everywhere(family: str, d: int) -> None:
    f = field(family, d, 2, sizes=(1, 2))
    found = fl.decisions(f, f.grid.box)
    points = points_in(f.grid.box)
    scores = f(points)
    clear = np.abs(scores[:, 0] - scores[:, 1]) > 1e-9
    assert np.array_equal(found.class_of(points)[clear], scores.argmax(axis=1)[clear])
    assert np.isclose(found.volumes.sum(), f.grid.box.volume)
    edge = fl.boundary(f, f.grid.box)
    gap = f(edge.vertices)
    assert edge.complete and (np.abs(gap[:, 0] - gap[:, 1]) < 1e-9).all()


@pytest.mark.parametrize(
    ("family", "d"), slow_where(lambda family, d: d == 3 and family != "integer", product(DRAWS, (1, 2, 3)))
)
def test_blocks_of_a_field_have_the_regions_of_the_whole_bit_by_bit(family: str, d: int) -> None:
    f = field(family, d, 5, sizes=(1, 4))
    whole = fl.regions(f)

    def told(found: fl.Regions) -> list[tuple[str, bytes, bytes]]:
        start, starts = found.complex.start, found.complex.starts
        simplices = [str([start.walls_of(cell), start.map_of(cell)]) for cell in range(start.n_cells)]
        rows = zip((simplices[cell] for cell in starts), found.bits, found.maps, strict=True)
        return sorted((simplex, bits.tobytes(), affine.tobytes()) for simplex, bits, affine in rows)

    parts = [fl.regions(f, block) for block in f.grid.blocks(3)]
    assert len(parts) == 2**d and sorted(row for part in parts for row in told(part)) == told(whole)


def test_counting_block_by_block_adds_up(monkeypatch: pytest.MonkeyPatch) -> None:
    f = field("gaussian", 2, 5, sizes=(1, 7))
    crop = fl.Box([-0.75, -1.0], [1.75, 1.1])  # across the cells
    wedge = fl.Polytope([[1.0, 1.0], [-1.0, 0.0], [0.0, -1.0]], [1.0, 0.9, 0.8])
    wanted = [len(fl.regions(f, place)) for place in (f.grid.box, crop, wedge)]
    heard: list[tuple[int, float]] = []
    monkeypatch.setattr("foldline.exact.complex.blocks.BLOCKS", {2: 2})
    assert [fl.count(f, place) for place in (f.grid.box, crop, wedge)] == wanted
    fl.count(f, callback=lambda n, share: heard.append((n, share)) or False)
    assert [n for n, _ in heard] == sorted(n for n, _ in heard) and heard[-1][1] <= 1
    with pytest.raises(fl.errors.BudgetError, match="count needs a larger budget"):
        fl.count(f, budget=fl.Budget(regions=wanted[0] - 1))


def ball(n: int = 4, hidden: bool = True) -> fl.Network:
    """The distance to a sphere of radius .6 on a grid, through two hidden units or none."""
    sizes = (2, n)
    places = np.stack(np.meshgrid(*[np.linspace(-1, 1, n + 1)] * 3, indexing="ij"), axis=-1)
    values = (np.linalg.norm(places, axis=-1) - 0.6).reshape(-1, 1).astype(np.float32)
    grid = Grid(fl.Box([-1.0] * 3, [1.0] * 3), sizes, [np.zeros((27, 1), np.float32), values])
    pick = np.zeros((1, 5))
    pick[0, -1] = 1.0
    weights = [np.vstack([pick, -pick]), [[1.0, -1.0]]] if hidden else [pick]
    return fl.Network(weights, [np.zeros(len(W)) for W in weights], grid=grid)


def test_the_surface_of_a_ball_is_closed_and_lies_on_its_values() -> None:
    f = ball()
    found = fl.surface(f, f.grid.box)
    assert found.closed and found.euler == 2 and found.certified and found.complete
    assert np.abs(f(found.mesh.vertices)).max() < 1e-12 and found.max_abs_value < 1e-12
    assert found.mesh.volume > 0  # polygons run counter-clockwise seen from outside, where the field is above 0


@pytest.mark.parametrize("family", ["gaussian", "integer"])
def test_the_surface_of_a_field_lies_between_the_signs_of_samples(family: str) -> None:
    f = field(family, 3, 6, sizes=(1, 2))
    f = fl.Network([*f.weights[:-1], f.weights[-1][:1]], [*f.biases[:-1], f.biases[-1][:1]], grid=f.grid)
    level = float(f(f.grid.box.lo + 1.1)[0]) + 0.125
    found = fl.surface(f, f.grid.box, level)
    assert found.certified and found.complete and found.n_faces
    assert np.abs(f(found.mesh.vertices) - level).max() < 1e-9
    points = points_in(f.grid.box, 3000)
    distance = found.mesh.distances(points)
    near = np.abs(f(points)[:, 0] - level)
    assert (
        near <= (1e-9 + distance * fl.regions(f, f.grid.box).lipschitz())
    ).all()  # no surface is missing near a point


def test_the_surface_of_part_of_a_box_ends_on_it() -> None:
    f = ball()
    found = fl.surface(f, fl.Box([-1.0] * 3, [0.0, 1.0, 1.0]))
    assert not found.closed and found.mesh.vertices[:, 0].max() <= 0
    assert fl.surface(f, f.grid.box, 9.0).n_faces == 0


def test_the_boundary_of_one_output_in_space_is_that_of_the_field() -> None:
    f = ball()
    edge, surface = fl.boundary(f, f.grid.box, level=0.0), fl.surface(f, f.grid.box)
    assert edge.complete and np.isclose(edge.mesh.area, surface.mesh.area)


def by_cell(found) -> dict[tuple[int, bytes], float]:
    return {(int(s), b.tobytes()): v for s, b, v in zip(found.starts, found.bits, found.volumes, strict=True)}


def check_engines_agree(family: str, d: int, seed: int) -> None:
    f = field(family, d, seed, sizes=(1, 2) if d == 3 else (2, 4))
    kernel, exact = (fl.regions(f, f.grid.box, engine=engine).complex for engine in ("auto", "rational"))
    one, two = by_cell(kernel), by_cell(exact)
    assert one.keys() == two.keys() and len(kernel.vertices) == len(exact.vertices)
    assert all(abs(one[key] - two[key]) < 1e-9 for key in two)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    ("family", "d"), slow_where(lambda family, d: d == 3 and family != "integer", product(DRAWS, (1, 2, 3)))
)
def test_the_kernel_cuts_fields_as_fractions_do(family: str, d: int, seed: int) -> None:
    check_engines_agree(family, d, seed)


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("family", MORE_DRAWS)
def test_the_kernel_cuts_many_fields_as_fractions_do(family: str, d: int, seed: int) -> None:
    check_engines_agree(family, d, seed)


@pytest.mark.parametrize("workers", [2, 5])
def test_a_field_has_the_same_regions_for_any_number_of_workers(workers: int) -> None:
    f = field("gaussian", 2, 1, sizes=(4, 16))
    one, many = (fl.regions(f, f.grid.box, workers=n) for n in (1, workers))
    assert np.array_equal(one.bits, many.bits) and np.array_equal(one.maps, many.maps)
    assert np.array_equal(one.complex.vertices, many.complex.vertices)


def check_maps_at(d: int, n: int) -> None:
    """The field at many points is the map of the region that its simplex and its pattern name."""
    f = field("gaussian", d, 7, sizes=(1, 2, 8) if d < 3 else (1, 2))
    found = fl.regions(f)
    whole, grid = found.complex, f.grid
    strides = (grid.sizes[-1] + 1) ** np.arange(d - 1, -1, -1)
    numbers = whole.start.indices @ strides
    simplices = np.array([np.sort(numbers[np.unique(whole.start._corners_of(c))]) for c in range(whole.start.n_cells)])
    names = np.column_stack([simplices[whole.starts], whole.bits])
    points = points_in(grid.box, n, seed=1)
    of_points = np.column_stack([np.sort(grid.corners(len(grid.sizes) - 1, points)[0], axis=1), f.pattern(points)])
    known, at = np.unique(np.concatenate([names, of_points]), axis=0, return_inverse=True)
    region = np.full(len(known), -1)
    region[at.ravel()[: len(names)]] = np.arange(len(names))
    home = region[at.ravel()[len(names) :]]
    there = home >= 0  # within rounding of a fold, a float takes a pattern that no region has
    assert there.mean() > 1 - 1e-4
    told = np.einsum("nij,nj->ni", found.maps[home][there][..., :-1], points[there]) + found.maps[home][there][..., -1]
    size = np.abs(found.maps).max() * (1 + np.abs(points).max())
    assert np.abs(told - f(points[there])).max() < 64 * np.finfo(float).eps * size


@pytest.mark.parametrize("d", [1, 2, 3])
def test_at_many_points_a_field_is_the_map_of_their_region(d: int) -> None:
    check_maps_at(d, 30_000)


@pytest.mark.fuzz
@pytest.mark.parametrize("d", [1, 2, 3])
def test_at_a_million_points_a_field_is_the_map_of_their_region(d: int) -> None:
    check_maps_at(d, 1_000_000)


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("family", MORE_DRAWS)
def test_regions_of_a_field_are_watertight(family: str, d: int) -> None:
    """Every vertex, edge and face is there once: they count up to a ball, and no facet inside has one side."""
    found = fl.regions(field(family, d, 11, sizes=(1, 2)))
    whole = found.complex
    assert whole.euler == 1
    facets, _ = sides(whole)
    on_box = (whole.folds < 0) & (whole.folds >= -2 * d)
    assert np.array_equal(np.bincount(facets, minlength=len(whole.folds)), np.where(on_box, 1, 2))


def test_a_field_takes_its_own_box_whatever_its_sides() -> None:
    """lo + (hi - lo) is another double than hi for one pair of decimals out of five."""
    assert 0.2 + (0.9 - 0.2) != 0.9
    plane, space = (fl.Box([0.2] * d, [0.9] * d) for d in (2, 3))
    net = in_box(plane)
    whole = fl.regions(net)
    assert fl.check(net, whole).accepted and fl.count(net) == len(whole) and whole.complex.vertices.max() == 0.9
    net = in_box(space)
    level = float(np.median(net(np.random.default_rng(0).uniform(space.lo, space.hi, (200, 3)))))
    mesh = fl.surface(net, level=level).mesh
    assert len(mesh.vertices) and mesh.vertices.max() == 0.9


def in_box(box: fl.Box) -> fl.Network:
    """A field of one output in another box."""
    f = field("gaussian", box.d, 0, sizes=(1, 3))
    grid = Grid(box, f.grid.sizes, f.grid.features)
    return fl.Network([*f.weights[:-1], f.weights[-1][:1]], [*f.biases[:-1], f.biases[-1][:1]], grid=grid)


def test_a_field_has_no_more_regions_than_its_bounds_say() -> None:
    f = field("gaussian", 2, 0)
    found, most = len(fl.regions(f)), fl.bounds(f)
    cells = 2 * f.grid.sizes[-1] ** 2
    one = fl.Network([W[:, :2] if W is f.weights[0] else W for W in f.weights], f.biases)
    assert most.upper == cells * fl.bounds(one).upper >= found
    line = f.on_line(f.grid.box.lo, f.grid.box.hi - [0.25, 0.5])
    assert fl.bounds(line).upper >= len(fl.regions(line))
    with pytest.raises(fl.errors.BudgetError, match=f"the bound is {most.serra}"):
        fl.count(f, budget=fl.Budget(regions=5))
