"""Fitting to rays: slopes against differences, the hull against the mesh, and fits that go on as if not stopped."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

from foldline.box import Box
from foldline.data.rays import photographed, round_about
from foldline.errors import InputError
from foldline.fit.hull import frame_of, hull
from foldline.fit.rays import Radiance, Rays, _slopes, judged, met, strata
from foldline.mesh import Mesh
from foldline.radiance import along, harmonics, n_outputs, uncut_colours
from foldline.scene import Scene
from foldline.scenes.fitting import fit_scene

SMALL = Radiance(sizes=(4, 8), channels=2, hidden=(8, 8), rays=64, steps=10)


def ball() -> Mesh:
    x = np.linspace(-1, 1, 13)
    return Mesh.of_grid(np.sqrt(x[:, None, None] ** 2 + x[:, None] ** 2 + x**2) - 0.9, [-1] * 3, [1] * 3)


def scene(alpha: bool = True) -> Scene:
    return photographed(ball(), views=6, held_out=2, size=16, alpha=alpha)


def test_pictures_with_alpha_and_without_are_fitted_together_and_one_alone_is_refused() -> None:
    given = scene()
    opaque = given.pictures[0].copy()
    opaque[:, :, 3] = 255
    mixed = replace(given, pictures=(opaque[:, :, :3], *given.pictures[1:]))
    same = replace(given, pictures=(opaque, *given.pictures[1:]))
    nets = [fit_scene(one, recipe=SMALL) for one in (mixed, same)]
    assert all(np.array_equal(a, b) for a, b in zip(nets[0].weights, nets[1].weights, strict=True))
    with pytest.raises(InputError, match="2 pictures at least"):
        fit_scene(Scene(given.cameras[:1], given.pictures[:1], box=given.box), recipe=SMALL)


@pytest.mark.parametrize("alpha", [True, False])
def test_slopes_are_those_that_differences_tell(alpha: bool) -> None:
    rng = np.random.default_rng(0)
    rays, n, length = np.repeat([0, 1, 2], [3, 4, 2]), 3, 0.3
    outputs = rng.normal(0, 0.5, (9, n_outputs(1)))
    outputs[:, 0] = rng.uniform(0.1, 3, 9)
    basis = harmonics([[0.0, 0.6, 0.8]] * 9, 1)
    wanted, behind = rng.uniform(0, 1, (n, 3)), np.array([1.0, 0.7, 0.2])
    told = rng.uniform(0, 1, n) if alpha else None

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        taken = along(rays, np.maximum(values[:, 0], 0) * length, n)
        uncut = uncut_colours(values, basis)
        found, at_colours, at_left = judged(taken, np.clip(uncut, 0, 1), wanted, told, behind)
        return found, _slopes(taken, values, uncut, basis, at_colours, at_left, length)

    uncut = uncut_colours(outputs, basis)
    inside = ((uncut > 0.01) & (uncut < 0.99)).repeat(4, axis=1)
    slopes = loss(outputs)[1]
    for k in range(9):
        for c in range(n_outputs(1)):
            if c and not inside[k, c - 1]:
                continue  # cut: passed on by another rule
            step = np.zeros_like(outputs)
            step[k, c] = 1e-6
            told_by = (loss(outputs + step)[0] - loss(outputs - step)[0]) / 2e-6
            assert slopes[k, c] == pytest.approx(told_by, rel=1e-5, abs=1e-8)


def test_a_cut_value_is_moved_only_the_way_that_helps() -> None:
    outputs = np.zeros((1, 4))
    outputs[0] = [-1.0, 2.0, -2.0, 0.0]  # no density; red above 1, green below 0
    taken = along(np.array([0]), np.array([0.5]), 1)
    for wanted, signs in ((1.0, [0, -1, -1]), (0.0, [1, 0, 1])):
        gap = np.full((1, 3), 1.0 - 2 * wanted)
        found = _slopes(taken, outputs, uncut_colours(outputs, np.ones((1, 1))), np.ones((1, 1)), gap, np.zeros(1), 1.0)
        assert np.sign(found[0, 1:]).tolist() == signs


def test_the_hull_holds_the_ball_and_little_more() -> None:
    cells = hull(photographed(ball(), views=16, held_out=0, size=32), 32)
    middles = (np.argwhere(np.ones_like(cells)) + 0.5) / 16 - 1
    radius = np.linalg.norm(middles, axis=1).reshape(cells.shape)
    assert cells[radius < 0.88].all()
    assert cells.mean() * 8 < 2.2 * (4 / 3 * np.pi * 0.9**3)


def test_without_alpha_the_hull_is_all_that_is_seen() -> None:
    assert hull(scene(alpha=False), 8)[2:6, 2:6, 2:6].all()


def test_a_box_is_found_where_none_is_given() -> None:
    there, said = frame_of(replace(scene(), box=None))
    assert 0.8 < there.scale < 1.1 and np.abs(there.shift).max() < 0.1 and "no box" in said


def test_where_cameras_look_the_same_way_a_box_is_asked_for() -> None:
    same = round_about(0.0, 0.0, 4)
    flat = Scene([same] * 3, [np.zeros((4, 4, 3), np.uint8)] * 3)
    with pytest.raises(InputError, match="where the scene is; got cameras that look the same way"):
        frame_of(flat)
    assert frame_of(replace(flat, box=Box([0, 0, 0], [1, 2, 4])))[0].scale == 0.5


def test_each_stretch_has_one_place_and_only_in_cells_that_count() -> None:
    cells = np.zeros((4, 4, 4), dtype=bool)
    cells[1] = True
    origins, directions = np.array([[-3.0, 0.1, 0.1], [-3.0, 5.0, 0.0]]), np.array([[1.0, 0, 0]] * 2)
    rays, way = strata(origins, directions, 0.1, np.random.default_rng(0))
    kept, places = met(rays, way, origins, directions, cells)
    assert (rays[kept] == 0).all() and ((places[:, 0] >= -0.5) & (places[:, 0] <= 0)).all()
    assert 4 <= len(places) <= 6 and len(np.unique(np.floor((places[:, 0] + 1) / 0.1 + 1e-5))) == len(places)


@pytest.mark.parametrize("alpha", [True, False])
def test_steps_after_a_pause_are_those_without_one(alpha: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[Rays.__module__], "LOOK", 3)
    train = scene(alpha).part(False)
    whole, first, second = (Rays(train, SMALL, seed=1) for _ in range(3))
    rates = np.full(8, 5e-3)
    losses = whole.run(0, rates)
    begun = first.run(0, rates[:4])
    second.load(first.state())
    assert np.concatenate([begun, second.run(4, rates[4:])]).tolist() == losses.tolist()
    for W, V in zip(whole.parameters()[0], second.parameters()[0], strict=True):
        assert (W == V).all()


def test_steps_make_the_error_smaller() -> None:
    rays = Rays(scene().part(False), SMALL)
    losses = rays.run(0, np.full(60, 5e-3))
    assert losses[-10:].mean() < 0.4 * losses[:5].mean()


@pytest.mark.parametrize("asked", [{"steps": 0}, {"steps": 2.5}, {"seconds": 0.0}, {"seed": -1}])
def test_what_no_fit_can_keep_to_is_refused(asked: dict[str, float]) -> None:
    with pytest.raises(InputError, match="fit_scene needs"):
        fit_scene(scene(), recipe=SMALL, **asked)


def test_nothing_to_see_is_refused() -> None:
    clear = [np.zeros((16, 16, 4), np.uint8)] * 6
    with pytest.raises(InputError, match="show something"):
        Rays(replace(scene().part(False), pictures=clear), SMALL)
