"""The report of a scene: its pictures and figures against what the field itself answers."""

from __future__ import annotations

import base64
import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from foldline.data.rays import round_about
from foldline.draw.report.scene import CLEAR, scene_report
from foldline.scene import Camera, Scene
from foldline.scenes.fitting import judged
from foldline.scenes.made import ball
from foldline.scenes.render import render
from foldline.scenes.score import score, shown
from foldline.scenes.space import filled
from foldline.scenes.surface import lit, struck
from foldline.training import Curve, Training

EYES = [round_about(height, turn, 20) for height, turn in ((0.2, 0.0), (0.3, 1.0), (0.5, 2.0), (0.1, 3.0))]


def made(held_out: tuple[bool, ...] = (False, False, True, True)) -> tuple[Scene, object]:
    """A scene whose pictures are those of a field, a little brighter in the last, and the field."""
    net = replace(ball(6, density=40.0), training=Training(steps=7, curve=Curve((3, 7), (0.1, 0.01))))
    net = replace(net, meta={**net.meta, "background": [1.0, 1.0, 1.0]}, assumed=("<b>no box</b>",))
    pictures = [np.rint(255 * view.colours).astype(np.uint8) for view in render(net, EYES)]
    pictures[3] = np.minimum(pictures[3] + 10, 255).astype(np.uint8)
    names = ("a", "b", "c", "<i>d</i>")
    return Scene(EYES, pictures, names, held_out=held_out, background=(1.0, 1.0, 1.0)), net


def images(html: str) -> list[np.ndarray]:
    found = re.findall(r"data:image/png;base64,([^\"]+)", html)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(text)))) for text in found]


def test_the_page_shows_the_photograph_the_field_and_their_difference() -> None:
    scene, net = made()
    found = scene_report(judged(net, scene), scene, source="<folder>")
    shots = images(found.html)
    assert len(shots) == 12  # six of each picture held out
    [exact] = render(net, EYES[2], exact=True)
    assert np.array_equal(shots[0], scene.pictures[2])
    assert np.abs(shots[1] / 255 - exact.colours).max() <= 0.5 / 255 + 1e-9
    assert np.abs(shots[4][..., 0] / 255 - exact.opacity).max() <= 0.5 / 255 + 1e-9
    assert (shots[3][..., 3] == 0).sum() == (exact.opacity <= CLEAR).sum()
    assert set(np.unique(shots[5][..., 3])) <= {0, 255}
    assert "<b>no box" not in found.html and "<i>d" not in found.html and "<folder>" not in found.html


def test_the_page_is_behind_pictures_with_alpha() -> None:
    scene, net = made()
    faint = [np.dstack([one, np.full(one.shape[:2], 0, np.uint8)]) for one in scene.pictures]
    faint[2][:5, :, 3] = 128
    shots = images(scene_report(judged(net, scene), replace(scene, pictures=faint), source="s").html)
    [exact] = render(net, EYES[2], exact=True)
    assert np.array_equal(shots[0][..., 3], faint[2][..., 3])
    assert np.abs(shots[0][:5, :, :3].astype(int) - scene.pictures[2][:5]).max() <= 1
    alpha, own = shots[1][..., 3:] / 255, shots[1][..., :3] / 255
    assert np.abs(alpha * own + (1 - alpha) - exact.colours).max() <= 2 / 255  # over white, as it was
    assert np.abs(alpha[..., 0] - exact.opacity).max() <= 0.5 / 255 + 1e-9


def test_figures_are_those_of_each_picture_and_of_all() -> None:
    scene, net = made()
    found = scene_report(judged(net, scene), scene, source="s")
    told = json.loads(json.dumps(found.facts))
    aside = scene.part(True)
    for k, name in enumerate(aside.names):
        alone = Scene([aside.cameras[k]], [aside.pictures[k]], background=(1.0, 1.0, 1.0))
        assert told["views"][name]["psnr"] == pytest.approx(score(net, alone)["psnr"])
        assert f"{told['views'][name]['psnr']:.2f}" in found.html
    assert told["held_out"] == pytest.approx(score(net, aside))
    views = [render(net, aside.cameras, exact=how) for how in (True, False)]
    gap = np.abs(np.stack([a.colours - b.colours for a, b in zip(*views, strict=True)]))
    off = told["sampling_is_off_by"]["128"]
    assert off["mean"] == pytest.approx(gap.mean()) and off["largest"] == pytest.approx(gap.max())


def test_without_pictures_held_out_it_says_so() -> None:
    scene, net = made(held_out=(False,) * 4)
    found = scene_report(judged(net, scene), scene, source="s")
    assert "No pictures were held out" in found.html and found.facts["held_out"] == {}
    assert len(images(found.html)) == 18


def test_large_pictures_are_shown_as_means_of_their_pixels() -> None:
    scene, net = made()
    [one] = shown(net, scene, most=1, widest=10)
    wanted = scene.pictures[2].reshape(10, 2, 10, 2, 3).mean(axis=(1, 3)) / 255
    assert np.allclose(one.photograph, wanted) and one.exact.colours.shape == (10, 10, 3)
    a, b = (camera.rays()[1].reshape(n, n, 3) for camera, n in ((one.camera, 10), (EYES[2], 20)))
    middle = b.reshape(10, 2, 10, 2, 3).mean(axis=(1, 3))
    assert np.abs(a - middle / np.linalg.norm(middle, axis=2, keepdims=True)).max() < 1e-3


def test_strips_of_few_pixels_are_shown() -> None:
    _, net = made()
    low = Camera(EYES[2].pose, 40, 3, EYES[2].focal, (20.0, 1.5))
    strip = Scene([low], [np.rint(255 * render(net, low)[0].colours).astype(np.uint8)], ("a",))
    [one] = shown(net, strip, most=1, widest=10)
    assert one.photograph.shape == one.exact.colours.shape == (1, 13, 3)


def test_the_surface_is_met_where_the_density_is_the_level() -> None:
    _, net = made()
    origins, directions = EYES[0].rays()
    way = struck(net, origins, directions, filled(net), 16.0)
    met = np.isfinite(way)
    at = origins[met] + way[met, None] * directions[met]
    assert np.abs(net(at)[:, 0] - 16.0).max() < 1e-9
    before = origins[met] + np.linspace(0, 1, 50)[:, None, None] * (at - origins[met])
    inside = (np.abs(before) <= 1).all(axis=2)
    assert net(before[inside])[:, 0].max() <= 16.0 + 1e-9
    fine = origins[~met, None] + np.linspace(2, 4.5, 200)[:, None] * directions[~met, None]
    inside = (np.abs(fine) <= 1).all(axis=2)
    assert net(fine[inside])[:, 0].max() < 16.0 + 0.5
    bright, shape = lit(net, EYES[0])
    assert shape.sum() == met.sum() and bright[shape].max() > 0.9 and (bright[~shape] == 0).all()
