"""Grids of features: continuous, linear on each simplex, nested."""

from __future__ import annotations

import pickle
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from foldline import Box, Network
from foldline.errors import NetworkError
from foldline.exact.chain.form import chain_of
from foldline.grid import Grid

BOXES = {1: Box([-1.0], [3.0]), 2: Box([-1.0, 0.0], [1.0, 4.0]), 3: Box([-1.0] * 3, [1.0] * 3)}


def grid(
    d: int, sizes: tuple[int, ...] = (2, 4, 12), channels: int = 2, seed: int = 0, dtype: type = np.float32
) -> Grid:
    rng = np.random.default_rng([seed, d])
    return Grid(BOXES[d], sizes, [rng.integers(-4, 5, size=((n + 1) ** d, channels)).astype(dtype) for n in sizes])


def oracle(g: Grid, level: int, point: np.ndarray) -> list[Fraction]:
    """The features of a level at a point by Fractions alone: walk from corner to corner along the falling parts."""
    n = g.sizes[level]
    along = [
        (Fraction(float(x)) - Fraction(float(a))) * n / (Fraction(float(b)) - Fraction(float(a)))
        for x, a, b in zip(point, g.box.lo, g.box.hi, strict=True)
    ]
    cell = [min(max(int(u // 1), 0), n - 1) for u in along]
    within = [u - c for u, c in zip(along, cell, strict=True)]
    order = sorted(range(g.d), key=lambda axis: -within[axis])
    ends = [Fraction(1), *(within[axis] for axis in order), Fraction(0)]
    corner, total = list(cell), [Fraction(0)] * g.channels[level]
    for k, (a, b) in enumerate(pairwise(ends)):
        row = g.values(level, np.ravel_multi_index(tuple(corner), (n + 1,) * g.d))
        total = [t + (a - b) * Fraction(float(v)) for t, v in zip(total, row, strict=True)]
        if k < g.d:
            corner[order[k]] += 1
    return total


@pytest.mark.parametrize("d", [1, 2, 3])
def test_values_are_those_of_rational_interpolation(d: int) -> None:
    g = grid(d)
    points = np.random.default_rng(d).uniform(g.box.lo, g.box.hi, size=(40, d))
    for point, values in zip(points, g(points), strict=True):
        exact = [x for level in range(3) for x in oracle(g, level, point)]
        assert np.allclose(values[:d], point, rtol=0, atol=0)
        assert np.allclose(values[d:], [float(x) for x in exact], rtol=0, atol=1e-13)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_dyadic_points_of_a_dyadic_box_have_no_rounding_at_all(d: int) -> None:
    g = grid(d, sizes=(2, 4, 8))
    points = g.box.lo + np.random.default_rng(d).integers(0, 65, size=(60, d)) / 64 * (g.box.hi - g.box.lo)
    for point, values in zip(points, g(points), strict=True):
        assert [Fraction(float(v)) for v in values[d:]] == [x for level in range(3) for x in oracle(g, level, point)]


@pytest.mark.parametrize("d", [1, 2, 3])
def test_the_affine_map_holds_on_the_whole_simplex_of_the_finest_level(d: int) -> None:
    g = grid(d)
    rng = np.random.default_rng(d)
    points = rng.uniform(g.box.lo, g.box.hi, size=(50, d))
    corners, _ = g.corners(2, points)
    maps = g.affine_map(points)
    shares = rng.dirichlet(np.ones(d + 1), size=50)
    there = np.einsum("nk,nkd->nd", shares, g.places(2, g.indices(2, corners)))
    told = np.einsum("nij,nj->ni", maps[..., :-1], there) + maps[..., -1]
    assert np.abs(told - g(there)).max() < 1e-11


@pytest.mark.parametrize("d", [1, 2, 3])
def test_the_simplices_of_a_cell_fill_it(d: int) -> None:
    g = grid(d)
    edges = np.diff(g.simplices, axis=1)
    assert np.isclose(np.abs(np.linalg.det(edges)).sum() / [1, 1, 2, 6][d], 1.0)


def test_a_point_outside_counts_as_the_nearest_of_the_box() -> None:
    g = grid(2)
    assert np.array_equal(g([[5.0, 2.0], [-9.0, -9.0]]), g([[1.0, 2.0], [-1.0, 0.0]]))


def test_sparse_rows_are_zero_where_there_is_none() -> None:
    dense = np.zeros((25, 2), dtype=np.float32)
    dense[[3, 7, 24]] = [[1, 2], [3, 4], [5, 6]]
    whole = Grid(BOXES[2], (4,), [dense])
    sparse = Grid(BOXES[2], (4,), [dense[[3, 7, 24]]], [[3, 7, 24]])
    empty = Grid(BOXES[2], (4,), [np.zeros((0, 2), dtype=np.float32)], [[]])
    points = np.random.default_rng(0).uniform(-1, 4, size=(200, 2))
    assert np.array_equal(whole(points), sparse(points))
    assert np.array_equal(empty(points)[:, 2:], np.zeros((200, 2)))
    assert sparse.n_parameters == 6


def test_half_precision_features_are_kept_as_they_are() -> None:
    g = grid(2, dtype=np.float16)
    assert g.features[0].dtype == np.float16 and np.array_equal(g([0.3, 1.7]), grid(2)([0.3, 1.7]))


SQUARE = np.zeros((9, 1), dtype=np.float32)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((Box([0.0] * 4, [1.0] * 4), (1,), [SQUARE]), "Grid needs 1 to 3 inputs; got 4"),
        ((BOXES[2], (2, 3), [SQUARE, SQUARE]), r"Grid needs sizes that divide the next, .* got \(2, 3\)"),
        ((BOXES[2], (), []), "at least 1; got 0 sizes"),
        ((BOXES[2], (2,), [SQUARE, SQUARE]), "got 1 sizes, 2 arrays"),
        ((BOXES[2], (3,), [SQUARE]), r"features\[0\] of shape \(16, channels\); got \(9, 1\)"),
        ((BOXES[2], (2,), [SQUARE + np.nan]), r"finite numbers; got features\[0\]\[0, 0\] = nan"),
        ((BOXES[2], (2,), [SQUARE[:2]], [[4, 4]]), r"rows\[0\] as rising vertex numbers below 9"),
        ((BOXES[2], (2,), [SQUARE[:2]], [[4, 9]]), r"rows\[0\] as rising vertex numbers below 9"),
        ((BOXES[2], (2,), [SQUARE.astype(float)]), "features of float32 or float16; got float64"),
    ],
)
def test_what_does_not_fit_is_refused(arguments: tuple, message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        Grid(*arguments)


def field(d: int, hidden: tuple[int, ...] = (5, 4), seed: int = 0, **more: object) -> Network:
    g = grid(d, sizes=(2, 4), seed=seed)
    rng = np.random.default_rng([seed, d, 9])
    widths = (g.d_out, *hidden, 2)
    weights = [rng.integers(-3, 4, size=(n, m)).astype(float) for m, n in pairwise(widths)]
    return Network(weights, [rng.integers(-3, 4, size=n).astype(float) for n in widths[1:]], grid=g, **more)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_a_field_is_the_network_of_the_grids_values(d: int) -> None:
    f = field(d)
    plain = Network(f.weights, f.biases)
    points = np.random.default_rng(d).uniform(f.grid.box.lo, f.grid.box.hi, size=(100, d))
    assert f.d_in == d and f.n_read == f.grid.d_out == plain.d_in
    assert f.n_parameters == plain.n_parameters + f.grid.n_parameters
    assert np.array_equal(f(points), plain(f.grid(points)))
    assert np.array_equal(f.pattern(points), plain.pattern(f.grid(points)))


@pytest.mark.parametrize("d", [1, 2, 3])
def test_the_affine_map_of_a_field_is_its_tangent(d: int) -> None:
    f = field(d, skips=None)
    points = np.random.default_rng(d).uniform(f.grid.box.lo, f.grid.box.hi, size=(50, d))
    maps = f.affine_map(points)
    told = np.einsum("nij,nj->ni", maps[..., :-1], points) + maps[..., -1]
    assert np.abs(told - f(points)).max() < 1e-9 * np.abs(f(points)).max()


def test_a_first_layer_that_does_not_read_all_of_the_grid_is_refused() -> None:
    with pytest.raises(NetworkError, match="layer 1 has 3 columns but reads 6 values"):
        Network([np.ones((2, 3))], [np.zeros(2)], grid=grid(2, sizes=(2, 4)))


def test_a_chain_of_a_field_reads_its_grid() -> None:
    f = field(2)
    x = np.random.default_rng(0).uniform(f.grid.box.lo, f.grid.box.hi, size=(20, 2))
    chain = chain_of(f)
    assert (chain.d_in, chain.n_reads) == (2, f.grid.d_out) and np.array_equal(chain(x), f(x))


def test_what_is_made_for_speed_does_not_travel_with_a_grid() -> None:
    rows = [None, np.arange(0, 729, 90)]
    g = Grid(BOXES[3], (2, 8), [np.ones((27, 1), np.float32), np.ones((9, 1), np.float16)], rows)
    before = len(pickle.dumps(g))
    values = g([[0.1, 0.2, 0.3]])
    again = pickle.loads(pickle.dumps(g))
    assert len(pickle.dumps(g)) == before and again == g and np.array_equal(again([[0.1, 0.2, 0.3]]), values)
    assert [part is None for part in g._padded] == [True, False]  # a level with all its rows is not copied
