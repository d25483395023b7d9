"""The made scene, against what is known of the things in it."""

from __future__ import annotations

import numpy as np
import pytest

from foldline.data.rays import AMBIENT, LIGHT, Thing, photographed, round_about
from foldline.errors import InputError
from foldline.mesh import Mesh


def ball(n: int = 17) -> Mesh:
    x = np.linspace(-1, 1, n)
    return Mesh.of_grid(np.sqrt(x[:, None, None] ** 2 + x[:, None] ** 2 + x**2) - 0.9, [-1] * 3, [1] * 3)


def test_a_ball_fills_the_pictures_it_should_and_has_the_light_it_should() -> None:
    scene = photographed([Thing(ball(33), (1.0, 1.0, 1.0))], views=3, held_out=1, size=24)
    for camera, picture in zip(scene.cameras, scene.pictures, strict=True):
        origins, directions = camera.rays()
        along = -np.einsum("nd,nd->n", origins, directions)
        gap = np.einsum("nd,nd->n", origins, origins) - along**2
        hit = picture[:, :, 3].ravel() / 255
        assert (hit[gap < 0.8**2] == 1).all() and (hit[gap > 1.0] == 0).all()
        inner = gap < 0.6**2
        way = along - np.sqrt(0.81 - np.where(inner, gap, 0))
        normals = (origins + way[:, None] * directions)[inner] / 0.9
        light = AMBIENT + (1 - AMBIENT) * np.maximum(normals @ LIGHT, 0)
        assert np.abs(picture[:, :, 0].ravel()[inner] / 255 - light).mean() < 0.03


def test_a_highlight_moves_with_who_looks_and_paint_does_not() -> None:
    def paint(points: np.ndarray) -> np.ndarray:
        return np.where(points[:, :1] > 0, [[0.8, 0.1, 0.1]], [[0.1, 0.1, 0.8]])

    dull, shiny = (
        photographed([Thing(ball(), paint, shine)], views=2, held_out=0, size=16, alpha=False) for shine in (0.0, 0.9)
    )
    for flat, bright in zip(dull.pictures, shiny.pictures, strict=True):
        gain = bright.astype(int) - flat
        assert (gain >= 0).all() and gain.max() > 60
    assert dull.pictures[0].shape == (16, 16, 3) and (dull.pictures[0][0, 0] == 255).all()


@pytest.mark.parametrize("how", [{"views": 0}, {"size": 0}, {"held_out": -1}])
def test_no_pictures_are_refused(how: dict[str, int]) -> None:
    with pytest.raises(InputError, match="pictures to take"):
        photographed(ball(5), **how)  # type: ignore[arg-type]


def test_no_polygons_are_refused() -> None:
    with pytest.raises(InputError, match="meshes with polygons"):
        photographed([])


def test_cameras_look_at_the_middle() -> None:
    for height, turn in ((0.0, 0.0), (0.7, 3.0), (-0.7, 11.0)):
        assert round_about(height, turn, 10).seen([[0.0, 0.0, 0.0]])[0] == pytest.approx(np.array([[5.0, 5.0]]))
