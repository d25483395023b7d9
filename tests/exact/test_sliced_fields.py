"""Lines and planes through fields: proved by the checker, and held against the field in rational arithmetic."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import foldline as fl
from foldline.errors import NetworkError
from foldline.exact.complex.cut import slice_cells
from foldline.exact.work import Work
from foldline.grid import Grid
from foldline.slice import Slice
from foldline.transform import Transform

DRAWS = {
    "float": lambda rng, shape: rng.normal(size=shape),
    "dyadic": lambda rng, shape: rng.integers(-8, 9, size=shape) / 8,
    "integer": lambda rng, shape: rng.integers(-2, 3, size=shape).astype(float),
    "tied": lambda rng, shape: np.full(shape, rng.choice([-1.0, 0.5, 1.0])),
    "zero": lambda rng, shape: np.zeros(shape),
}
WAYS = {  # a point and two directions of the unit cube, in grids of 2, 3 and 4 cells
    "dyadic": ([0.25, 0.125, 0.5], [1.0, 0.25, 0.5], [0.0, 1.0, -0.5]),
    "decimal": ([0.1, 0.2, 0.3], [1.0, 0.7, 0.1], [0.3, -0.6, 1.1]),
    "in a face": ([0.0, 0.0, 0.5], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]),
    "in a diagonal": ([0.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]),
    "beside a diagonal": ([0.1, 0.1, 0.0], [0.5**0.5, 0.5**0.5, 0.0], [0.0, 0.0, 1.0]),
    "on the box": ([0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]),
    "beyond the box": ([0.9, -0.4, 1.2], [1.0, 0.5, 0.25], [0.0, 1.0, 0.5]),
}


def field(family: str, d: int, seed: int, sizes: tuple[int, ...] = (1, 2)) -> fl.Network:
    rng = np.random.default_rng([seed, d])
    draw = DRAWS[family]
    features = [draw(rng, ((n + 1) ** d, 2)).astype(np.float32) for n in sizes]
    grid = Grid(fl.Box([-1.0] * d, [0.5, 1.0, 2.0][:d]), sizes, features)
    widths = (grid.d_out, 4, 3, 2)
    return fl.Network(
        [draw(rng, (b, a)) for a, b in pairwise(widths)], [draw(rng, (b,)) for b in widths[1:]], grid=grid
    )


def way(kind: str, f: fl.Network, k: int) -> list[np.ndarray]:
    """A point of the field's box and directions, or the two ends of a line."""
    box = f.grid.box
    point, u, v = (np.array(part[: f.d_in]) for part in WAYS[kind])
    side = box.hi - box.lo
    return [box.lo + side * point, side * u, side * v] if k == 2 else [box.lo + side * point, box.lo + side * (u + v)]


def sliced(kind: str, f: fl.Network, k: int) -> fl.Network:
    return (f.on_plane if k == 2 else f.on_line)(*way(kind, f, k))


def place(kind: str, f: fl.Network, at: list[Fraction]) -> list[Fraction]:
    parts = [[Fraction(v) for v in part.tolist()] for part in way(kind, f, len(at))]
    if len(at) == 1:
        return [(1 - at[0]) * a + at[0] * b for a, b in zip(*parts, strict=True)]
    return [p + at[0] * u + at[1] * v for p, u, v in zip(*parts, strict=True)]


def value(f: fl.Network, at: list[Fraction]) -> list[Fraction]:
    """The field at a place, nearest within its box, by fractions alone: a cell's corners by falling distance."""
    grid = f.grid
    ends = list(zip(map(Fraction, grid.box.lo.tolist()), map(Fraction, grid.box.hi.tolist()), strict=True))
    at = [min(max(x, lo), hi) for x, (lo, hi) in zip(at, ends, strict=True)]
    h = list(at)
    for n, features in zip(grid.sizes, grid.features, strict=True):
        table = features.reshape(*[n + 1] * grid.d, -1)
        along = [(x - lo) / (hi - lo) * n for x, (lo, hi) in zip(at, ends, strict=True)]
        corner = [min(int(u), n - 1) for u in along]
        shares = [u - c for u, c in zip(along, corner, strict=True)]
        total = [Fraction(float(v)) for v in table[tuple(corner)]]
        for axis in sorted(range(grid.d), key=lambda axis: -shares[axis]):
            before = [Fraction(float(v)) for v in table[tuple(corner)]]
            corner[axis] += 1
            after = [Fraction(float(v)) for v in table[tuple(corner)]]
            total = [t + shares[axis] * (b - a) for t, a, b in zip(total, before, after, strict=True)]
        h += total
    for layer, (W, b) in enumerate(zip(f.weights, f.biases, strict=True)):
        terms = [[Fraction(w) * x for w, x in zip(row, h, strict=True)] for row in W]
        h = [sum(row, Fraction(c)) for row, c in zip(terms, b, strict=True)]
        h = h if layer + 1 == len(f.weights) else [max(z, Fraction(0)) for z in h]
    return h


def proves(kind: str, family: str, d: int, k: int, seed: int, sizes: tuple[int, ...] = (1, 2)) -> None:
    f = field(family, d, seed, sizes)
    cut = sliced(kind, f, k)
    box = fl.Box([0.0], [1.0]) if k == 1 else fl.Box([-0.25, 0.0], [1.0, 0.75])
    found = fl.regions(cut, box)
    assert found.certified and found.complete and len(found) == fl.count(cut, box)
    verdict = fl.check(cut, found)
    assert verdict.accepted, (kind, family, d, k, seed, verdict)
    assert np.isclose(found.volumes.sum(), box.volume, rtol=1e-12)
    rng = np.random.default_rng(seed)
    points = rng.uniform(box.lo, box.hi, (6, k))
    homes = found.locate(points)
    for point, around in zip(points, homes, strict=True):
        exact = value(f, place(kind, f, [Fraction(v) for v in point.tolist()]))
        for region in around:
            told = found.maps[region] @ np.append(point, 1.0)
            assert np.allclose(told, [float(v) for v in exact], rtol=1e-12, atol=1e-12)
    assert all(len(around) for around in homes)


@pytest.mark.parametrize("kind", WAYS)
@pytest.mark.parametrize(("d", "k"), [(1, 1), (2, 1), (3, 1), (2, 2), (3, 2)])
def test_regions_on_lines_and_planes_are_proved(kind: str, d: int, k: int) -> None:
    for seed, family in enumerate(DRAWS):
        if d < 3 or k == 1 or family in ("float", "integer"):
            proves(kind, family, d, k, seed)


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("sizes", [(1, 2), (3,), (2, 4)])
@pytest.mark.parametrize("family", DRAWS)
@pytest.mark.parametrize("kind", WAYS)
def test_many_slices_are_proved(kind: str, family: str, sizes: tuple[int, ...], seed: int) -> None:
    for d, k in ((1, 1), (2, 1), (3, 1), (2, 2), (3, 2)):
        proves(kind, family, d, k, 100 + seed, sizes)


@pytest.mark.parametrize("engine", ["numpy", "rational"])
def test_every_engine_cuts_a_slice_alike(engine: str) -> None:
    cut = sliced("dyadic", field("integer", 3, 1), 2)
    box = fl.Box([0.0, 0.0], [0.5, 0.5])
    one, two = fl.regions(cut, box), fl.regions(cut, box, engine=engine)
    assert len(one) == len(two) and np.allclose(np.sort(one.volumes), np.sort(two.volumes), atol=1e-12)
    assert fl.check(cut, two).accepted


def test_a_slice_has_the_fields_own_values_and_maps() -> None:
    f = field("float", 3, 0)
    p, u, v = way("decimal", f, 2)
    cut, points = f.on_plane(p, u, v), np.random.default_rng(0).uniform(-1, 2, (200, 2))
    assert np.allclose(cut(points), f(p + points[:, :1] * u + points[:, 1:] * v), atol=1e-14)
    maps = cut.affine_map(points)
    assert np.allclose(np.einsum("nij,nj->ni", maps[..., :-1], points) + maps[..., -1], cut(points), atol=1e-12)
    line = cut.on_line([0.0, 0.5], [1.0, 0.25])
    assert isinstance(line.grid, Slice) and line.grid.grid is f.grid and line.d_in == 1
    assert np.array_equal(line.field(p), f(p))
    assert np.allclose(line([[0.5]]), cut([[0.5, 0.375]]), atol=1e-14)
    assert fl.check(line, fl.regions(line)).accepted


def test_a_plane_through_a_field_is_asked_about_where_it_meets_the_grids_box() -> None:
    f = field("float", 3, 0)
    cut = f.on_plane([0.0, 0.0, 0.5], [1.0, 0.0, 0.0], [0.0, 2.0, 0.0])
    assert np.allclose([cut.box.lo, cut.box.hi], [[-1.0, -0.5], [0.5, 0.5]])


def test_every_question_is_answered_on_a_plane() -> None:
    f = field("float", 3, 3)
    cut = sliced("decimal", f, 2)
    one = fl.Network([*cut.weights[:-1], cut.weights[-1][:1]], [*cut.biases[:-1], cut.biases[-1][:1]], grid=cut.grid)
    box = fl.Box([0.0, 0.0], [1.0, 1.0])
    points = np.random.default_rng(1).uniform(0, 1, (400, 2))
    values = one(points)[:, 0]
    level = float(np.median(values))
    lines, edge = fl.contours(one, [level], box), fl.boundary(one, box, level=level)
    assert np.isclose(lines.lengths.sum(), edge.size) and lines.max_abs_value < 1e-12
    found = fl.regions(one, box)
    least, _, most, _ = found.extrema()
    assert least <= values.min() and values.max() <= most
    assert found.lipschitz() >= np.linalg.norm(np.diff(one([[0.2, 0.2], [0.2001, 0.2]]), axis=0)) / 1e-4 - 1e-9
    fine = np.stack(np.meshgrid(*[(np.arange(400) + 0.5) / 400] * 2), -1).reshape(-1, 2)
    assert np.isclose(found.integral(), one(fine).mean(), atol=1e-4)
    chosen = fl.decisions(cut, box)
    assert np.array_equal(chosen.class_of(points), cut(points).argmax(axis=1))
    part = fl.regions(one, fl.Polytope([[1.0, 1.0], [-1.0, 0.0], [0.0, -1.0]], [0.8, 0.0, 0.0]))
    assert np.isclose(part.volumes.sum(), 0.32)


@pytest.mark.parametrize(("d", "k"), [(1, 1), (2, 2), (3, 3), (3, 2), (3, 1)])
def test_half_spaces_of_a_fields_regions_end_at_the_grids_walls(d: int, k: int) -> None:
    f = field("float", d, 3)
    net = f if k == d else sliced("decimal", f, k)
    box = f.grid.box if k == d else fl.Box([0.0] * k, [1.0] * k)
    found = fl.regions(net, box)
    points = np.random.default_rng(0).uniform(box.lo, box.hi, (200, k))
    homes = np.array([around[0] for around in found.locate(points)])
    for region in np.unique(homes)[:60]:
        A, c = found.half_spaces(region)
        inside = (points @ A.T + c >= -1e-12).all(axis=1)
        assert np.array_equal(inside, homes == region)


def test_slices_are_saved_and_read_again(tmp_path: Path) -> None:
    cut = sliced("decimal", field("float", 3, 0), 2)
    points = np.random.default_rng(0).uniform(-1, 2, (50, 2))
    for name in ("a.safetensors", "a.npz", "a.onnx"):
        again = fl.read(cut.save(tmp_path / name))
        assert again == cut and hash(again) == hash(cut) and again != sliced("dyadic", field("float", 3, 0), 2)
        assert np.array_equal(again(points), cut(points)) and isinstance(again.grid, Slice)
    found = fl.regions(cut, fl.Box([0.0, 0.0], [0.5, 0.5]))
    again = fl.read_regions(found.save(tmp_path / "regions.npz"))
    assert fl.check(cut, again).accepted


def test_a_slice_is_exported_as_plain_operators(tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    cut = sliced("beyond the box", field("float", 3, 0), 2)
    points = np.random.default_rng(0).uniform(-1, 2, (50, 2))
    session = runtime.InferenceSession(cut.save(tmp_path / "a.onnx"), providers=["CPUExecutionProvider"])
    assert np.allclose(session.run(None, {"x": points})[0], cut(points), atol=1e-12)


@pytest.mark.parametrize(
    ("weights", "biases", "told"),
    [
        ([], [], r"1 layer or more, .*; got weights \[\]"),
        ([np.ones(2)], [np.ones(2)], "1 layer or more"),
        ([np.ones((2, 1))], [np.ones(1)], r"shapes that chain; got weights\[0\] \(2, 1\), biases\[0\] \(1,\)"),
        ([np.ones((3, 1)), np.ones((2, 2))], [np.ones(3), np.ones(2)], r"shapes that chain; got weights\[1\]"),
        ([np.ones((2, 0))], [np.ones(2)], "shapes that chain"),
        ([np.ones((3, 1))], [np.ones(3)], "places of the grid's 2 inputs; got 3"),
        ([np.array([[1.0], [np.nan]])], [np.ones(2)], "finite numbers"),
    ],
)
def test_layers_that_make_no_places_of_a_grid_are_refused(weights, biases, told: str) -> None:
    with pytest.raises(NetworkError, match=f"Slice needs {told}"):
        Slice(field("float", 2, 0).grid, weights, biases)


def test_a_slices_numbers_cannot_be_changed() -> None:
    given = np.ones((2, 1))
    cut = Slice(field("float", 2, 0).grid, [given], [np.zeros(2)])
    given[:] = 5.0
    assert cut.weights[0].tolist() == [[1.0], [1.0]] and not cut.weights[0].flags.writeable


def test_a_slice_of_what_reads_its_own_inputs_is_refused() -> None:
    cut = sliced("dyadic", field("float", 2, 0), 2)
    odd = fl.Network([cut.weights[0] + 1.0, *cut.weights[1:]], cut.biases, grid=cut.grid)
    with pytest.raises(NetworkError, match="a slice of a slice needs a network that reads its grid alone"):
        odd.on_line([0, 0], [1, 1])


def test_places_of_unlike_size_are_refused() -> None:
    f = field("float", 2, 0)
    with pytest.raises(fl.FoldlineError, match="a slice needs places of like size"):
        fl.regions(f.on_line([1e-320, 0.1], [1e9, 0.25]), fl.Box([0.0], [1e-9]))


def test_a_slice_is_not_in_the_units_of_the_file_behind_the_field() -> None:
    f = replace(field("float", 3, 0), transform=Transform(2.0, (1.0, 2.0, 3.0)))
    assert sliced("decimal", f, 2).transform is None and sliced("decimal", f, 1).transform is None


def test_vertices_of_first_cells_are_as_near_as_they_say() -> None:
    """Near a plane that almost lies in walls, where more than the last digits of places are lost."""
    f, rng = field("float", 3, 0, sizes=(4, 8)), np.random.default_rng(1)
    for tilt in (1e-3, 1e-9, 3e-15):
        u, v = np.ones(3) + tilt * rng.normal(size=3), rng.normal(size=3)
        start = slice_cells(f.on_plane(rng.normal(size=3) / 10, u, v).grid, fl.Box([-0.7, -0.4], [0.6, 0.5]), Work("x"))
        values, errors, off = start.readings()
        for k, (near, read) in enumerate(zip(start.vertices.tolist(), values.tolist(), strict=True)):
            at = start.place(k).fractions()
            assert sum((Fraction(a) - b) ** 2 for a, b in zip(near, at, strict=True)) <= Fraction(off[k]) ** 2
            true = start.read(at)
            assert sum((Fraction(a) - b) ** 2 for a, b in zip(read, true, strict=True)) <= Fraction(errors[k]) ** 2


def test_the_surface_in_a_slice_of_all_of_space_is_the_fields() -> None:
    f = field("float", 3, 4)
    one = fl.Network([*f.weights[:-1], f.weights[-1][:1]], [*f.biases[:-1], f.biases[-1][:1]], grid=f.grid)
    box = fl.Box([-0.625, -0.5, -0.25], [0.125, 0.5, 1.25])
    level = float(np.median(one(np.random.default_rng(0).uniform(box.lo, box.hi, (200, 3)))))
    a, b = (fl.surface(net, box, level) for net in (one, one.sliced))
    assert a.certified and b.certified and a.mesh.n_faces == b.mesh.n_faces > 10
    assert a.mesh.area == pytest.approx(b.mesh.area, rel=1e-12)
