"""Beginning near a surface, against closed forms, and shapes fitted folded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from foldline import Box, Mesh, Network, Samples
from foldline.data.distance import distance_samples
from foldline.errors import InputError
from foldline.exact.surface import surface
from foldline.fit import fields, fit
from foldline.fit.fields import Field, begin, box_of, prepare_field, sampled
from foldline.fit.near import ASKED, COPIES, KEPT, SCATTER, at_creases, finer, mended, near_surface
from foldline.fit.scaling import Scaling
from foldline.grid import Grid
from foldline.training import Training

CUBE = {d: Box([-1.0] * d, [1.0] * d) for d in (1, 2, 3)}
SIZES = (4, 8, 16, 32)


def ball(x: np.ndarray) -> np.ndarray:
    return np.linalg.norm(x, axis=1, keepdims=True) - 0.6


def places_of(n: int, d: int) -> np.ndarray:
    return np.stack(np.meshgrid(*[np.linspace(-1, 1, n + 1)] * d, indexing="ij"), axis=-1).reshape(-1, d)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_the_rows_of_a_level_are_all_vertices_near_the_surface(d: int) -> None:
    near = near_surface(CUBE[d], SIZES, ball)
    assert near.rows[0] is None
    for n, rows in zip(SIZES[1:], near.rows[1:], strict=True):
        wanted = np.flatnonzero(np.abs(ball(places_of(n, d))[:, 0]) < KEPT * 2 / n)
        assert np.array_equal(rows, wanted)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_the_levels_add_up_to_the_function_where_there_are_rows(d: int) -> None:
    near = near_surface(CUBE[d], SIZES, ball)
    values = [each.astype(np.float32) for each in near.values]
    grid = Grid(CUBE[d], SIZES, values, near.rows)
    for n, rows in zip(SIZES[1:], near.rows[1:], strict=True):
        places = places_of(n, d)[rows]
        assert np.abs(grid(places)[:, d:].sum(axis=1) - ball(places)[:, 0]).max() < 1e-6


def test_the_function_is_asked_only_near_the_surface() -> None:
    asked: list[np.ndarray] = []
    near_surface(CUBE[3], (4, 8, 16, 32), lambda x: (asked.append(x), ball(x))[1])
    there = np.abs(ball(np.concatenate(asked[1:]))[:, 0])
    assert there.max() < (ASKED + 1) * 2 / 4
    assert sum(map(len, asked)) < 33**3 / 2


def begun_on(function, n: int = 16) -> tuple[Grid, Samples]:
    near = near_surface(CUBE[3], (4, 8, n), function)
    x = np.random.default_rng(0).uniform(-1, 1, (40_000, 3))
    grid = Grid(CUBE[3], (4, 8, n), [values.astype(np.float32) for values in near.values], near.rows)
    return grid, Samples(x, function(x), "distance")


def test_more_samples_are_taken_where_the_distance_bends_within_a_cell() -> None:
    """Along the edges of a cube, whose walls lie between vertices, and nowhere else."""
    grid, samples = begun_on(lambda x: np.abs(x).max(axis=1, keepdims=True) - 0.47)
    places = at_creases(grid, Scaling.none(3, 1), samples, 0)
    first, second = np.sort(np.abs(places), axis=1)[:, :0:-1].T
    cell = 2 / 16
    assert 1000 < len(places) <= 0.4 * len(samples) and len(places) % COPIES == 0
    assert (first - second < 2 * cell).all() and np.median(first - second) < 0.5 * cell
    assert (np.abs(first - 0.47) < (0.75 + 5 * SCATTER) * cell).all()
    assert np.array_equal(places, at_creases(grid, Scaling.none(3, 1), samples, 0))


def test_no_more_samples_are_taken_beside_a_plane() -> None:
    grid, samples = begun_on(lambda x: x[:, :1] - 0.1)
    assert len(at_creases(grid, Scaling.none(3, 1), samples, 0)) == 0


def test_the_finer_vertices_of_marked_cells_are_those_in_them() -> None:
    rng = np.random.default_rng(0)
    for before, n, d in ((3, 6, 2), (2, 8, 2), (2, 6, 3)):
        marks = rng.random((before + 1,) * d) < 0.1
        found = finer(marks.ravel(), before, n, d).reshape((n + 1,) * d)
        for vertex in np.ndindex(*found.shape):
            low = [max(-(-i * before // n) - 1, 0) for i in vertex]
            high = [min(i * before // n + 1, before) for i in vertex]
            assert found[vertex] == marks[tuple(slice(a, b + 1) for a, b in zip(low, high, strict=True))].any()


def samples_of_a_ball(n: int = 4000, seed: int = 0) -> Samples:
    rng = np.random.default_rng(seed)
    away = rng.normal(size=(n, 3))
    places = away / np.linalg.norm(away, axis=1, keepdims=True) * rng.normal(0.6, 0.03, (n, 1))
    return Samples(places, ball(places), "distance", asked=ball)


SMALL = Field((4, 8, 16), 2, (16, 16), 300, 512, 2e-3, 3.0)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "PRESETS", {"distance": {"default": SMALL}})


def test_a_shape_is_fitted_folded_unless_something_else_is_asked_for(small: None) -> None:
    samples = samples_of_a_ball()
    found = fit(samples)
    assert found.grid is not None and found.grid.rows[2] is not None
    untrained = sampled(samples, ball)
    places = samples_of_a_ball(seed=5).inputs
    errors = [np.abs(network(places) - ball(places)).mean() for network in (found, untrained)]
    assert errors[0] < errors[1] / 1.5
    for options in ({"architecture": "mlp"}, {"hidden": 4}, {"activation": "abs"}, {"optimiser": "adam"}):
        assert fit(samples, steps=1, **options).grid is None


@pytest.fixture
def void(small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The network that descent ends with has a void in the ball, about one vertex of the finest level."""

    def planted(network: Network, begun: Grid) -> Network:
        grid = network.grid
        assert isinstance(grid, Grid)
        features, vertex = [each.copy() for each in grid.features], np.array([[11, 8, 8]])
        rows = grid.rows[2]
        assert rows is not None
        row = np.searchsorted(rows, np.ravel_multi_index(tuple(vertex.T), (17,) * 3))
        features[2][row, 0] -= network(vertex / 8 - 1)[0, 0] - 0.02  # channel 0 is carried to the output
        return replace(network, grid=Grid(grid.box, grid.sizes, features, grid.rows))

    monkeypatch.setattr(fields, "mended", planted)


def n_parts(network: Network) -> int:
    return int(surface(network, CUBE[3]).n_components)


def test_a_fit_mends_what_descent_left_and_says_so(void: None) -> None:
    samples = samples_of_a_ball()
    found, left = fit(samples, steps=1), fit(samples, steps=1, least_part=0)
    assert (n_parts(found), n_parts(left)) == (1, 2)
    assert found.training is not None and left.training is not None and not left.training.crumbs
    assert found.training.crumbs == {"cells": 1.0, "mended": 1, "left": 0, "handles": 0}
    assert Training.of_meta(found.training.as_meta()) == found.training and "crumbs" not in left.training.as_meta()


def test_a_fit_stopped_as_it_looks_for_crumbs_goes_on(void: None, tmp_path: Path) -> None:
    samples, told = samples_of_a_ball(), iter([False, True])
    stopped = fit(samples, steps=1, checkpoint=tmp_path / "c", stop=lambda: next(told))
    assert stopped.training is not None and not stopped.training.complete and n_parts(stopped) == 2
    found = fit(samples, steps=1, checkpoint=tmp_path / "c")
    assert found.training is not None and found.training.complete and n_parts(found) == 1


def test_a_mesh_is_fitted_as_its_samples_are(small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foldline.data.distance.FIELD_SAMPLES", 2000)
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
    sides = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    mesh = Mesh.of_polygons(corners, sides)
    by_mesh, by_samples = (fit(each, steps=9, seed=3) for each in (mesh, distance_samples(mesh, 2000, seed=3)))
    assert by_mesh.grid == by_samples.grid and by_mesh.transform == by_samples.transform
    assert all(map(np.array_equal, by_mesh.weights, by_samples.weights))


def test_options_that_a_preset_says_are_refused_beside_folded(small: None) -> None:
    with pytest.raises(InputError, match="activation for architecture 'mlp' alone; got 'abs' for 'folded'"):
        fit(samples_of_a_ball(), architecture="folded", activation="abs")


def test_fine_residuals_are_stored_in_two_bytes_and_lose_nothing_that_matters() -> None:
    field = Field((8, 16, 32, 64), 2, (16, 16), 60, 512, 2e-3, 3.0)
    prepared = prepare_field(samples_of_a_ball(), field=field)
    prepared.stepper.run(0, np.full(60, 1e-3))
    before = prepared.network()
    after = prepared.finished(before)
    assert [each.dtype.name for each in after.grid.features] == ["float32", "float32", "float16", "float16"]
    places = samples_of_a_ball(seed=3).inputs
    moved = np.abs(after(places) - before(places))[:, 0]
    assert np.quantile(moved, 0.98) < 1e-4  # beside rows whose sign was mended


def test_a_wrong_sign_at_a_vertex_is_mended_and_right_ones_stay() -> None:
    samples = samples_of_a_ball()
    grid, weights, biases = begin(SMALL, Scaling.none(3, 1), box_of(samples), samples, ball, 0)
    spoiled = [each.copy() for each in grid.features]
    place = grid.places(2, grid.indices(2, grid.rows[2]))
    row = int(np.argmax(ball(place)[:, 0]))
    spoiled[2][row, 0] -= 0.3
    bad = Network(weights, biases, grid=Grid(grid.box, grid.sizes, spoiled, grid.rows))
    assert bad(place[[row]])[0, 0] < 0
    good = mended(bad, grid)
    assert good(place[[row]])[0, 0] == pytest.approx(ball(place[[row]])[0, 0], abs=1e-4)
    assert np.array_equal(np.delete(good.grid.features[2], row, axis=0), np.delete(spoiled[2], row, axis=0))


def test_a_mesh_has_samples_that_can_be_asked_and_a_fit_gives_its_inside(small: None) -> None:
    octahedron = Mesh.of_polygons(
        np.concatenate([np.eye(3), -np.eye(3)]),
        [[0, 1, 2], [1, 3, 2], [3, 4, 2], [4, 0, 2], [1, 0, 5], [3, 1, 5], [4, 3, 5], [0, 4, 5]],
    )
    samples = distance_samples(octahedron, 20_000)
    assert np.allclose(samples.function(samples.inputs[:50]), samples.targets[:50], atol=1e-12)
    kept, aside = samples.split(0.2)
    assert kept.function is not None and aside is not None
    found = fit(samples, steps=200)
    there = octahedron.transformed(found.transform.scale, found.transform.shift)
    assert np.abs(found(there.sample(2000)[0])).mean() < 4e-3
    places = np.random.default_rng(1).uniform(-1, 1, (4000, 3))
    plain = there.distances(places) > 0.03
    assert np.mean((found(places[plain])[:, 0] < 0) == there.contains(places[plain])) > 0.998


def test_a_fit_that_was_stopped_goes_on_to_the_same_shape(small: None, tmp_path) -> None:
    samples = replace(samples_of_a_ball(1500))
    whole = fit(samples, steps=40)
    fit(samples, steps=40, checkpoint=tmp_path / "a.safetensors", stop=lambda: True)
    again = fit(samples, steps=40, checkpoint=tmp_path / "a.safetensors")
    assert all(np.array_equal(a, b) for a, b in zip(whole.grid.features, again.grid.features, strict=True))


def test_samples_that_cannot_be_asked_are_fitted_all_the_same(small: None) -> None:
    samples = replace(samples_of_a_ball(), asked=None)
    found = fit(samples, steps=300)
    places = samples_of_a_ball(seed=5).inputs
    assert found.grid.rows[2] is not None
    assert np.abs(found(places) - ball(places)).mean() < 0.01
