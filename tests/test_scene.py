"""Scenes and cameras: what a pixel sees, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from foldline.data.rays import round_about
from foldline.errors import InputError
from foldline.scene import Camera, Rig, Scene
from foldline.transform import Transform

LENSES = {
    "none": (),
    "radial": (0.1, -0.05),
    "opencv": (-0.2, 0.05, 0.003, -0.002, 0.01),
}


def camera(lens: str = "none") -> Camera:
    pose = round_about(0.3, 1.7, 8).pose
    return Camera(pose, 40, 30, (35.0, 36.5), (19.0, 16.5), LENSES[lens])


@pytest.mark.parametrize("lens", LENSES)
def test_what_lies_on_a_pixels_ray_is_seen_at_that_pixel(lens: str) -> None:
    eye = camera(lens)
    origins, directions = eye.rays()
    way = np.random.default_rng(0).uniform(0.5, 5, len(origins))
    at, depth = eye.seen(origins + way[:, None] * directions)
    assert np.abs(at - eye.centres).max() < 1e-9
    assert depth == pytest.approx(way * (directions @ eye.forward))


def test_rays_of_a_rig_are_those_of_its_cameras() -> None:
    eyes = [camera(lens) for lens in LENSES]
    at = np.array([[3.0, 4.5], [20.5, 7.25], [39.0, 29.0]])
    _, together = Rig(eyes).rays(np.arange(3), at)
    assert together == pytest.approx(np.concatenate([eye.rays(at[k])[1] for k, eye in enumerate(eyes)]), abs=1e-12)


def test_a_picture_looks_the_same_where_everything_is_moved_and_scaled() -> None:
    there = Transform(2.5, (0.3, -1.0, 2.0))
    points = np.random.default_rng(1).normal(0, 0.3, (20, 3))
    before, depth = camera().seen(points)
    after, far = camera().moved(there).seen((points - there.shift) * there.scale)
    assert after == pytest.approx(before) and far == pytest.approx(2.5 * depth)


def test_few_digits_of_a_rotation_are_made_a_rotation_again() -> None:
    eye = Camera(np.round(camera().pose, 3), 4, 4, (4.0, 4.0), (2.0, 2.0))
    axes = eye.pose[:, :3]
    assert axes.T @ axes == pytest.approx(np.eye(3), abs=1e-15)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"pose": np.eye(3)}, "pose of 3 rows of 4"),
        ({"pose": np.diag([2.0, 2.0, 2.0, 1.0])}, "orthonormal; got products that are 3 off"),
        ({"pose": np.diag([1.0, 1.0, -1.0, 1.0])}, "mirrors"),
        ({"pose": np.full((3, 4), np.nan)}, "finite numbers"),
        ({"focal": (0.0, 1.0)}, "focal length above 0"),
        ({"focal": (np.inf, 1.0)}, "finite numbers"),
        ({"width": 0}, "pictures of 1 pixel"),
        ({"distortion": (0.0,) * 6}, "distortion as k1, k2, p1, p2, k3"),
    ],
)
def test_a_camera_that_cannot_be_is_refused(change: dict[str, object], match: str) -> None:
    told = {"pose": np.eye(3, 4), "width": 2, "height": 2, "focal": (1.0, 1.0), "centre": (1.0, 1.0)}
    with pytest.raises(InputError, match=match):
        Camera(**{**told, **change})  # type: ignore[arg-type]


def small() -> Scene:
    eyes = [round_about(0.0, k, 4) for k in range(3)]
    pictures = [np.full((4, 4, 4), 50 * k, dtype=np.uint8) for k in range(3)]
    return Scene(eyes, pictures, held_out=[False, True, False], background=(1.0, 0.5, 0.0))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"pictures": [np.zeros((4, 4, 3))] * 3}, "uint8"),
        ({"pictures": [np.zeros((4, 5, 3), np.uint8)] * 3}, "as their cameras say"),
        ({"names": ["a"]}, "one of names a camera"),
        ({"held_out": [True] * 3}, "3 of them held out"),
        ({"masks": [np.ones((3, 3), bool)] * 3}, "masks as large"),
    ],
)
def test_a_scene_that_cannot_be_is_refused(change: dict[str, object], match: str) -> None:
    with pytest.raises(InputError, match=match):
        replace(small(), **change)  # type: ignore[arg-type]


def test_the_parts_of_a_scene_are_all_of_it() -> None:
    scene = small()
    assert scene.part(False).names + scene.part(True).names == ("view_000", "view_002", "view_001")
    with pytest.raises(InputError, match="held out; got none"):
        scene.part(False).part(True)


def test_colours_are_over_the_background_by_alpha() -> None:
    colours, alpha = small().colours(1)
    assert alpha[0, 0] == pytest.approx(50 / 255)
    assert colours[0, 0] == pytest.approx((50 / 255) ** 2 + (1 - 50 / 255) * np.array([1.0, 0.5, 0.0]))


def test_a_picture_without_alpha_among_others_is_opaque() -> None:
    shapes = [(30, 40, 4), (30, 40, 3)]
    scene = Scene([camera()] * 2, [np.full(shape, 50, np.uint8) for shape in shapes])
    assert scene.alpha and scene.part(False).alpha and (scene.pictures[1][:, :, 3] == 255).all()
    assert (scene.pictures[0] == 50).all() and (scene.pictures[1][:, :, :3] == 50).all()
    assert not Scene([camera()], [np.full((30, 40, 3), 50, np.uint8)]).alpha
