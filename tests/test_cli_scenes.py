"""Scenes on the command line: fitted, gone on with, rendered, and their surfaces."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import foldline as fl
from foldline.cli import app
from foldline.data.rays import photographed
from foldline.files.scene import scene_files
from foldline.scenes.made import ball
from foldline.scenes.render import render


def call(*arguments: object, code: int = 0) -> str:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exit_code == code, done.output
    return done.stdout if code == 0 else done.output


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    x = np.linspace(-1, 1, 9)
    mesh = fl.Mesh.of_grid(np.sqrt(x[:, None, None] ** 2 + x[:, None] ** 2 + x**2) - 0.9, [-1] * 3, [1] * 3)
    out = tmp_path_factory.mktemp("scenes") / "ball"
    for name, data in scene_files(photographed(mesh, views=6, held_out=2, size=20)).items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(data)
    return out


@pytest.fixture(scope="module")
def fitted(folder: Path) -> Path:
    call("fit", folder, "--steps", 8, "--out", folder.parent / "fitted", "--quiet")
    return folder.parent / "fitted"


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return ball(4, density=40.0).save(tmp_path / "ball.safetensors")


def test_a_scene_becomes_a_field_that_says_how_good_it_is(fitted: Path) -> None:
    names = {"network.safetensors", "network.onnx", "report.html", "report.json"}
    assert {path.name for path in fitted.iterdir()} >= names
    told = json.loads((fitted / "report.json").read_text())
    assert told["steps"] == 8 and told["held_out"]["views"] == 2 and told["held_out"]["psnr"] > 5
    net = fl.read(fitted / "network.safetensors")
    assert net.training is not None and net.training.held_out == told["held_out"]
    html = (fitted / "report.html").read_text()
    assert html.count("data:image/png;base64,") == 12 and "test_001" in html
    assert f"{told['held_out']['ssim']:.4f}" in html
    assert told["views"].keys() == {"test_000", "test_001"} and told["input"] == "ball"


@pytest.mark.slow
def test_the_same_seed_gives_the_same_field(folder: Path, fitted: Path, tmp_path: Path) -> None:
    call("fit", folder, "--steps", 8, "--out", tmp_path / "again", "--quiet")
    one, two = (fl.read(path / "network.safetensors") for path in (fitted, tmp_path / "again"))
    x = np.random.default_rng(0).uniform(-1, 1, (50, 3))
    assert (one(x) == two(x)).all()


def test_pictures_come_under_the_names_of_their_cameras(folder: Path, fitted: Path, tmp_path: Path) -> None:
    told = json.loads(call("render", fitted / "network.safetensors", folder, "--out", tmp_path / "r", "--json"))
    assert told["pictures"] == 8 and told["score"]["views"] == 8
    for name in ("test_000", "train_005"):
        assert {size_of(tmp_path / "r" / f"{name}{end}.png") for end in ("", ".depth", ".opacity")} == {(20, 20)}
    with Image.open(tmp_path / "r" / "test_000.depth.png") as depth:
        assert depth.mode.startswith("I") and float(depth.text["depth of 65535"]) > 1


@pytest.mark.parametrize("film", [".gif", ".webp"])
def test_an_orbit_is_pictures_and_a_film(made: Path, tmp_path: Path, film: str) -> None:
    call("render", made, "--orbit", 3, "--size", "12x9", "--film", film, "--out", tmp_path / "turn", "--quiet")
    with Image.open(tmp_path / "turn" / f"turntable{film}") as pictures:
        assert pictures.size == (12, 9) and pictures.n_frames == 3
    assert (tmp_path / "turn" / "turn_0002.png").is_file()


def test_a_folder_that_is_not_there_or_empty_is_told(tmp_path: Path) -> None:
    assert "which is not there" in call("fit", tmp_path / "scene", code=4)
    (tmp_path / "empty").mkdir()
    assert "with nothing" in call("fit", tmp_path / "empty", code=2)


def test_pictures_have_a_folder_where_none_is_named(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    other = fl.Network([np.ones((1, 3))], [[0.0]]).save(tmp_path / "other.npz")
    assert "needs a network fitted to a scene" in call("render", other, "--orbit", 1, code=2)
    assert not (tmp_path / "out").exists()
    call("render", made, "--orbit", 1, "--size", 8, "--film", "none", "--quiet")
    assert (tmp_path / "out" / "render" / "turn_0000.png").is_file()


def test_exact_pictures_say_how_far_samples_are_off(made: Path, tmp_path: Path) -> None:
    told = json.loads(call("render", made, "--orbit", 1, "--size", "16", "--exact", "--film", "none", "--out",
                           tmp_path / "one", "--json"))  # fmt: skip
    off = told["sampling_is_off_by"]["128"]
    assert 0 < off["mean"] < off["largest"] < 0.05
    with Image.open(tmp_path / "one" / "turn_0000.png") as picture:
        pixels = np.asarray(picture)
    from foldline.scenes.orbit import orbit

    [view] = render(fl.read(made), orbit(fl.read(made), 1, size=(16, 16)), exact=True)
    assert np.abs(pixels / 255 - view.colours).max() <= 0.5 / 255 + 1e-9


def test_the_surface_of_a_density_is_closed_and_has_colours(made: Path, tmp_path: Path) -> None:
    told = json.loads(call("surface", made, "--box", -1, 1, "--level", 20, "--out", tmp_path / "s.ply", "--json"))
    assert told["closed"] and told["certified"] and told["complete"]
    mesh, net = fl.read(tmp_path / "s.ply"), fl.read(made)
    assert np.abs(net(mesh.vertices)[:, 0] - 20).max() < 1e-4  # a PLY's coordinates are float32
    header = (tmp_path / "s.ply").read_bytes().split(b"end_header")[0]
    assert b"property uchar red" in header and b"property uchar blue" in header


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("render", "MADE"), "needs a scene's cameras or --orbit N"),
        (("render", "MADE", "--orbit", 0), "1 to 10,000 pictures"),
        (("render", "MADE", "--orbit", 2, "--exact", "--samples", 4), "--exact or --samples; got both"),
        (("render", "MADE", "--orbit", 2, "--samples", 0), "1 sample a ray"),
        (("render", "MADE", "--orbit", 2, "--size", "big"), "--size needs pixels"),
        (("render", "MADE", "FOLDER", "--size", "9"), "--size needs --orbit"),
        (("render", "MADE", "--orbit", 2, "--film", ".mp4"), "--film needs .webp, .gif or none"),
        (("render", "MADE", "--orbit", 2, "--background", "2,0,0"), "red, green, blue from 0 to 1"),
        (("render", "XOR", "--orbit", 2), "network fitted to a scene"),
        (("fit", "FOLDER", "--hidden", "8"), "needs options of a scene"),
        (("fit", "FOLDER", "--preset", "slow"), "preset out of fast, default, best"),
    ],
)
def test_what_cannot_be_is_said(
    arguments: tuple[object, ...], match: str, made: Path, folder: Path, tmp_path: Path
) -> None:
    xor = fl.Network([[[1, 1], [1, 1]], [[1, -2]]], [[0, -1], [0]]).save(tmp_path / "xor.safetensors")
    paths = {"MADE": made, "FOLDER": folder, "XOR": xor}
    given = [paths.get(str(argument), argument) for argument in arguments]
    assert match in " ".join(call(*given, "--out", tmp_path / "out", code=2).split())


def test_a_folder_of_pictures_without_poses_says_so(tmp_path: Path) -> None:
    for k in range(3):
        Image.new("RGB", (4, 4)).save(tmp_path / f"{k}.png")
    assert "3 pictures without poses" in call("fit", tmp_path, "--out", tmp_path / "out", code=2)


@pytest.mark.slow
def test_a_fit_that_was_stopped_goes_on(folder: Path, fitted: Path, tmp_path: Path) -> None:
    from foldline.cli.project import Asked
    from foldline.files.scene import read_scene
    from foldline.fit.checkpoint import Checkpoint
    from foldline.scenes.fitting import fit_scene

    out = tmp_path / "stopped"
    out.mkdir()
    asked = Asked(str(folder), {}, {"steps": 8}, "strict", None)
    put_aside = Checkpoint(out / "checkpoint.safetensors", about=asked.as_meta())
    looks = iter([False, True])
    half = fit_scene(read_scene(folder), steps=8, checkpoint=put_aside, stop=lambda: next(looks, True))
    assert half.training is not None and not half.training.complete and half.training.steps < 8
    call("resume", out, "--quiet")
    x = np.random.default_rng(0).uniform(-1, 1, (50, 3))
    assert (fl.read(out / "network.safetensors")(x) == fl.read(fitted / "network.safetensors")(x)).all()
