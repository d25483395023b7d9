"""Rasters: where pixels lie, the function between them, filled gaps, and what plain interpolation makes of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import make_interp_spline

from foldline import Samples
from foldline.files.image import pixel_centres
from foldline.raster import (
    Lattice,
    bilinear,
    coarser,
    corners,
    filled,
    lattice_of_image,
    lattice_of_map,
    near_gaps,
    neighbours,
    of_lattice,
)

MAP = {"rows": 7, "columns": 9, "x": [100.0, 108.0], "y": [50.0, 47.0]}


def coordinates(shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    return np.mgrid[0 : shape[0], 0 : shape[1]].astype(float)


def holes(shape: tuple[int, int], share: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(shape) < share


@pytest.mark.parametrize(("width", "height"), [(5, 3), (3, 5), (1, 1), (4, 4)])
def test_the_pixels_of_an_image_lie_where_its_reader_puts_them(width: int, height: int) -> None:
    lattice = lattice_of_image({"width": width, "height": height})
    assert lattice is not None and np.allclose(lattice.centres, pixel_centres(width, height))
    rows, columns = lattice.pixels(lattice.centres)
    assert np.array_equal(rows * width + columns, np.arange(width * height))


def test_places_off_the_lattice_have_no_cells() -> None:
    lattice = lattice_of_map(MAP)
    assert lattice is not None
    assert lattice.pixels(lattice.centres + 0.2) is None and lattice.pixels(lattice.centres - [1.0, 0.0]) is None
    assert of_lattice(lattice.centres + 0.2, np.zeros((63, 1)), lattice) is None
    assert lattice_of_map({"rows": 7}) is None and lattice_of_image({}) is None


@pytest.mark.parametrize("share", [0.05, 0.2])
def test_gaps_in_a_quadratic_function_are_filled_with_it(share: float) -> None:
    y, x = coordinates((20, 24))
    values = np.stack([2 + x - y + 0.3 * x * x - 0.7 * x * y + 0.1 * y * y, x * y], axis=2)
    missing = holes(values.shape[:2], share)
    found = filled(np.where(missing[..., None], np.nan, values))
    assert np.abs(found - values).max() < 1e-4


def test_a_filled_gap_has_the_least_third_differences_there_are() -> None:
    values = np.random.default_rng(1).normal(size=(12, 12, 1))
    missing = holes((12, 12), 0.15)
    found = filled(np.where(missing[..., None], np.nan, values))

    def energy(table: np.ndarray) -> float:
        z = table[..., 0]
        along, down = np.diff(z, 3, axis=1), np.diff(z, 3, axis=0)
        both = np.diff(np.diff(z, 2, axis=1), 1, axis=0), np.diff(np.diff(z, 1, axis=1), 2, axis=0)
        return float((along**2).sum() + (down**2).sum() + 3 * (both[0] ** 2).sum() + 3 * (both[1] ** 2).sum())

    rng, least = np.random.default_rng(2), energy(found)
    for size in (1e-3, 1e-2, 1.0):
        moved = found + size * rng.normal(size=found.shape) * missing[..., None]
        assert energy(moved) > least
    assert np.array_equal(found[~missing], values[~missing])


def test_far_from_what_is_known_a_gap_takes_the_nearest_value() -> None:
    values = np.full((6, 20, 1), np.nan)
    values[:, :5] = coordinates((6, 5))[1][..., None]
    found = filled(values)
    assert np.allclose(found[:, 8:], 4.0) and np.allclose(found[:, 5:8, 0], [5.0, 6.0, 7.0], atol=1e-4)
    assert near_gaps(values).sum() == 18


def test_the_function_between_cells_is_the_tensor_of_cubic_splines() -> None:
    values = np.random.default_rng(3).normal(size=(40, 50, 1))
    lattice = Lattice((40, 50), (0.0, 0.0), (1.0, 1.0))
    places = np.random.default_rng(4).uniform([20, 15], [30, 25], size=(200, 2))
    rows = make_interp_spline(np.arange(40), values[..., 0], axis=0)(places[:, 1])
    wanted = [make_interp_spline(np.arange(50), row)(x) for row, x in zip(rows, places[:, 0], strict=True)]
    found = of_lattice(lattice.centres, values.reshape(-1, 1), lattice)(places)[:, 0]
    assert np.abs(found - wanted).max() < 1e-4  # the ends differ, and are forgotten by a factor of 3.7 a pixel


def test_a_plane_is_met_between_all_cells_up_to_the_sides() -> None:
    lattice = lattice_of_map(MAP)
    values = lattice.centres @ [[2.0], [-3.0]] + 5
    places = np.random.default_rng(0).uniform([100, 47], [108, 50], size=(300, 2))
    found = of_lattice(lattice.centres, values, lattice)(places)
    assert np.abs(found - (places @ [[2.0], [-3.0]] + 5)).max() < 1e-6  # what MARGIN leaves of farther values


def test_neighbours_are_those_of_a_loop() -> None:
    lattice = lattice_of_map(MAP)
    values = np.random.default_rng(5).normal(size=63)
    known = ~holes((63,), 0.2, 3)
    rivals = neighbours(lattice.centres[known], values[known, None], lattice)
    at = {(k // 9, k % 9): values[k] for k in np.flatnonzero(known)}
    for k in np.flatnonzero(~known):
        i, j = divmod(int(k), 9)
        beside = [at[c] for c in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)) if c in at]
        across = [at[c] for c in ((i - 1, j - 1), (i + 1, j + 1), (i - 1, j + 1), (i + 1, j - 1)) if c in at]
        mean = rivals["mean of 4 neighbours"](lattice.centres[k : k + 1])[0, 0]
        assert np.isclose(mean, np.mean(beside))
        stencil = rivals["8-neighbour stencil"](lattice.centres[k : k + 1])[0, 0]
        whole = len(beside) == len(across) == 4
        assert np.isclose(stencil, sum(beside) / 2 - sum(across) / 4 if whole else mean)


def test_samples_tell_what_they_stand_for() -> None:
    lattice = lattice_of_map(MAP)
    samples = Samples(lattice.centres, np.arange(63.0), "elevation", meta=MAP)
    assert samples.lattice == lattice and np.allclose(samples.function(samples.inputs), samples.targets)
    assert set(samples.rivals) == {"mean of 4 neighbours", "8-neighbour stencil", "smooth fill"}
    assert Samples([[0.0], [1.0]], [0.0, 1.0]).lattice is None and not Samples([[0.0]], [0.0]).rivals


@pytest.mark.parametrize("falling", [False, True])
def test_a_map_whose_steps_are_not_alike_has_its_axes(falling: bool) -> None:
    y = np.linspace(0, 2, 12) ** 2 + 10
    y = y[::-1] if falling else y
    told = {"rows": 12, "columns": 9, "x": [0.0, 8.0], "y": [y[0], y[-1]], "axes": [list(range(9)), y.tolist()]}
    lattice = lattice_of_map(told)
    rows, columns = lattice.pixels(lattice.centres)
    assert np.array_equal(rows * 9 + columns, np.arange(108)) and np.array_equal(lattice.centres[::9, 1], y)
    assert np.allclose(corners(lattice.centres, lattice)[::8, 1], (y[1:] + y[:-1]) / 2)
    values = lattice.centres[:, :1] * 3
    assert np.allclose(of_lattice(lattice.centres, values, lattice)(corners(lattice.centres, lattice))[:8, 0],
                       3 * np.arange(0.5, 8))  # fmt: skip


def test_plain_interpolation_of_fewer_numbers_is_worse_and_of_all_is_exact() -> None:
    lattice = Lattice((40, 50), (0.0, 0.0), (1.0, 1.0))
    x, y = lattice.centres.T
    values = np.sin(x / 3)[:, None] * np.cos(y / 4)[:, None]
    many, few = (coarser(lattice.centres, values, lattice, n)(lattice.centres) for n in (1500, 200))
    errors = [np.sqrt(np.mean((found - values) ** 2)) for found in (many, few)]
    assert errors[0] < 0.02 < errors[1] < 0.6 and coarser(lattice.centres, values, lattice, 2000) is None
    assert np.allclose(bilinear(lattice.centres, values, lattice)(lattice.centres), values)
    assert bilinear(lattice.centres, values, lattice)(np.array([[0.5, 0.0]]))[0] == pytest.approx(values[:2].mean())


def test_a_signal_thinned_to_half_is_joined_by_lines() -> None:
    times = np.arange(9.0)[:, None]
    found = coarser(times, times**2, None, 5)
    assert np.allclose(found(times)[::2], times[::2] ** 2) and found(np.array([[1.0]]))[0, 0] == 2.0
