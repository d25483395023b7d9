"""Fields on the command line: signals, maps and images, fitted folded."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import foldline as fl
from foldline.cli import app

DATA = Path(__file__).parents[1] / "data"


def call(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, [*arguments])
    assert done.exit_code == code, done.output
    return done.stdout


@pytest.fixture
def signal(tmp_path: Path) -> Path:
    times = np.linspace(0, 1, 300)
    np.savez(tmp_path / "wave.npz", t=times, y=np.sin(12 * times))
    return tmp_path / "wave.npz"


def test_a_signal_becomes_a_field_that_opens_again(signal: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    json.loads(call("fit", str(signal), "--preset", "fast", "--steps", "300", "--out", str(out), "--json", "--quiet"))
    network = fl.read(out / "network.safetensors")
    times = np.linspace(0, 1, 300)
    assert np.abs(network(times[:, None])[:, 0] - np.sin(12 * times)).max() < 0.1
    assert (out / "network.onnx").exists() and (out / "report.html").exists()


def test_a_map_becomes_a_field_in_its_own_coordinates(tmp_path: Path) -> None:
    y, x = np.mgrid[0:20, 0:30]
    np.savez(
        tmp_path / "hill.npz",
        z=np.exp(-((x - 15) ** 2 + (y - 10) ** 2) / 40.0) * 100,
        x=np.arange(30.0) * 5,
        y=np.arange(20.0) * 5,
    )
    call(
        "fit",
        str(tmp_path / "hill.npz"),
        "--preset",
        "fast",
        "--steps",
        "400",
        "--out",
        str(tmp_path / "out"),
        "--quiet",
    )
    network = fl.read(tmp_path / "out" / "network.safetensors")
    assert abs(network([[75.0, 50.0]])[0, 0] - 100) < 15 and network.grid.box.hi.tolist() == [145.0, 95.0]


@pytest.fixture(scope="module")
def hill(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A field fitted to a hill in its own coordinates."""
    folder, (y, x) = tmp_path_factory.mktemp("hill"), np.mgrid[0:20, 0:30]
    z = np.exp(-((x - 15) ** 2 + (y - 10) ** 2) / 40.0) * 100
    np.savez(folder / "hill.npz", z=z, longitude=np.arange(30.0) * 5, latitude=np.arange(20.0) * 2)
    call("fit", str(folder / "hill.npz"), "--preset", "fast", "--steps", "300", "--out", str(folder / "out"), "--quiet")
    return folder / "out" / "network.safetensors"


def test_contours_of_a_map_are_geojson(hill: Path, tmp_path: Path) -> None:
    told = json.loads(call("contours", str(hill), "--every", "25", "--out", str(tmp_path / "a.geojson"), "--json"))
    assert told["levels"][:3] == [25.0, 50.0, 75.0] and told["complete"] and told["n_closed"] >= 3
    about = json.loads((tmp_path / "a.geojson").read_text())["foldline"]
    assert about["certified"] and about["units"] == ["degree", "degree"] and about["source"] == "hill.npz"
    shown = call("contours", str(hill), "--levels", "50", "--out", str(tmp_path / "a.csv"))
    assert "level 50" in shown and (tmp_path / "a.csv").read_text().startswith("level,line,x,y")


def test_slopes_of_a_crop_are_geojson(hill: Path, tmp_path: Path) -> None:
    network = fl.read(hill)
    n = network.grid.sizes[-1]
    corners = network.grid.places(len(network.grid.sizes) - 1, np.array([[0, 0], [n // 2, n // 2]]))
    crop = [",".join(map(repr, corner)) for corner in corners.tolist()]
    told = json.loads(call("slopes", str(hill), "--box", *crop, "--out", str(tmp_path / "a.geojson"), "--json"))
    assert told["n_regions"] > n and "metres" in told["lengths"]
    assert len(json.loads((tmp_path / "a.geojson").read_text())["features"]) == told["n_regions"]
    assert "as given" in call("slopes", str(hill), "--box", *crop, "--per-unit", "2,3")


def test_contours_without_levels_are_refused(hill: Path) -> None:
    done = CliRunner().invoke(app, ["contours", str(hill)])
    assert done.exit_code == 2 and "needs --levels or --every" in done.stderr


@pytest.fixture(scope="module")
def small_picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("picture") / "cat.png"
    Image.open(DATA / "image" / "chelsea.png").convert("RGB").crop((120, 80, 184, 128)).save(path)
    return path


def test_an_image_is_folded_and_stops_when_good_enough(small_picture: Path, tmp_path: Path) -> None:
    told = call("fit", str(small_picture), "--until", "psnr=27", "--out", str(tmp_path / "out"))
    network = fl.read(tmp_path / "out" / "network.safetensors")
    assert network.grid is not None and network.training.steps < 4000 and network.training.final["psnr"] > 26
    assert "PSNR between the pixels" in told


def test_an_image_is_fitted_plainly_where_it_is_asked_for(small_picture: Path, tmp_path: Path) -> None:
    call("fit", str(small_picture), "--architecture", "mlp", "--steps", "20", "--out", str(tmp_path / "out"), "-q")
    assert fl.read(tmp_path / "out" / "network.safetensors").grid is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--until", "psnr"], "--until needs a measure and a number; got 'psnr'"),
        (["--architecture", "tree"], "architecture out of mlp, folded, siren, fourier; got 'tree'"),
        (["--least-part", "2"], "least_part (--least-part); got 2.0. Leave it out."),
        (["--preset", "huge"], "preset out of fast, default, best; got 'huge'"),
    ],
)
def test_options_that_cannot_be_are_refused(signal: Path, tmp_path: Path, arguments: list[str], message: str) -> None:
    done = CliRunner().invoke(app, ["fit", str(signal), "--out", str(tmp_path / "out"), *arguments])
    assert done.exit_code == 2 and message in " ".join(done.stderr.split())


@pytest.mark.usefixtures("few_points")
def test_a_mesh_is_fitted_folded_where_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from foldline.fit import fields

    small = {"fast": fields.Field((4, 8), 2, (8, 8), 300, 512, 2e-3, 3.0)}
    monkeypatch.setitem(fields.PRESETS, "distance", small)
    call("fit", str(DATA / "mesh" / "knot1.off"), "--architecture", "folded", "--preset", "fast", "--out",
         str(tmp_path / "o"), "--quiet")  # fmt: skip
    told = json.loads((tmp_path / "o" / "report.json").read_text())
    assert told["surface"]["certified"] and told["surface"]["complete"]
    assert 0 < told["mean_abs_on_input"]["field"] < 0.03 and told["mean_abs_on_input"]["untrained"] < 0.06
    field = fl.read(tmp_path / "o" / "network.safetensors")
    assert field.grid is not None and field.training.crumbs["cells"] == 1.0
