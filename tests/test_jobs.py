"""Six everyday jobs, each at most three lines of Python or two commands, and what comes of them checked."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
import trimesh
from matplotlib import pyplot
from PIL import Image
from typer.testing import CliRunner

import foldline as fl
from foldline.cli import app

Checks = Callable[[Path, dict[str, Any]], None]


def classes_csv(folder: Path) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    rows = [f"{x:.3f},{y:.3f},{'in' if x * x + y * y < 0.5 else 'out'}" for x, y in rng.uniform(-1, 1, (60, 2))]
    (folder / "mine.csv").write_text("\n".join(["width,height,where", *rows]))
    return {}


def picture_png(folder: Path) -> dict[str, Any]:
    y, x = np.mgrid[0:24, 0:32]
    Image.fromarray(np.stack([8 * x, 10 * y, 255 - 8 * x], axis=-1).astype(np.uint8)).save(folder / "mine.png")
    return {}


def tower_off(folder: Path) -> dict[str, Any]:
    corners = [[x, y, z] for x in (0, 5) for y in (0, 5) for z in (0, 10)]
    sides = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    fl.Mesh.of_polygons(corners, sides).save(folder / "mine.off")
    return {}


def own_module(folder: Path) -> dict[str, Any]:
    from torch import manual_seed, nn

    manual_seed(0)
    return {"module": nn.Sequential(nn.Linear(2, 9), nn.ReLU(), nn.Linear(9, 3))}


def own_pipeline(folder: Path) -> dict[str, Any]:
    from sklearn.datasets import make_moons
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X, y = make_moons(80, noise=0.1, random_state=0)
    model = make_pipeline(StandardScaler(), MLPClassifier((8,), solver="lbfgs", max_iter=400, random_state=0))
    return {"model": model.fit(X, y), "X": X, "y": y}


def xor_is_drawn_in_both_spaces(folder: Path, names: dict[str, Any]) -> None:
    text = (folder / "figures" / "xor.svg").read_text()
    assert all(f">{name}<" in text for name in ("x₁", "x₂", "h₁", "h₂", "boundary"))
    assert "x space: the slide" in text and "h space: one line will do" in text
    assert (folder / "figures" / "xor.png").exists()


def classes_have_points(folder: Path, names: dict[str, Any]) -> None:
    text = (folder / "classes.svg").read_text()
    points = [part for part in text.split('<g id="') if part.startswith("PathCollection")]
    assert sum(part.count("<use ") for part in points) == 60
    assert {">in<", ">out<", ">width<", ">height<"} <= set(
        re.findall(r">[a-z]+<", text)
    ) and "every decision proved" in text


def image_has_its_regions(folder: Path, names: dict[str, Any]) -> None:
    network = fl.read_network(folder / "mine" / "network.safetensors")
    assert f"{len(fl.regions(network)):,} linear regions" in (folder / "regions.svg").read_text()


def solid_is_watertight_in_millimetres(folder: Path, names: dict[str, Any]) -> None:
    solid = trimesh.load(folder / "mine.stl")
    assert solid.is_watertight and np.ptp(solid.bounds, axis=0).max() == pytest.approx(100, rel=1e-6)
    assert solid.volume == pytest.approx(100 * 50 * 50, rel=0.25)


def module_is_the_picture_s(folder: Path, names: dict[str, Any]) -> None:
    from torch import no_grad, tensor

    found, points = names["found"], np.random.default_rng(0).uniform(-2, 2, (200, 2))
    with no_grad():
        wins = names["module"](tensor(points, dtype=next(names["module"].parameters()).dtype)).argmax(dim=1).numpy()
    assert found.certified and found.complete and (found.class_of(points) == wins).mean() > 0.99
    assert (folder / "mine.pdf").read_bytes().startswith(b"%PDF")


def boundary_is_where_the_model_is_undecided(folder: Path, names: dict[str, Any]) -> None:
    lines = fl.boundary(names["display"].answer.network, names["display"].answer.box)
    assert len(lines) and np.abs(names["model"].predict_proba(lines.vertices)[:, 1] - 0.5).max() < 1e-6


JOBS: dict[str, tuple[Callable[[Path], dict[str, Any]], str, Checks]] = {
    "XOR with its regions and h space": (lambda folder: {}, """
foldline figure xor --out figures
""", xor_is_drawn_in_both_spaces),
    "own CSV with points over exact classes": (classes_csv, """
foldline fit mine.csv --out mine --steps 200 --hidden 12,12
foldline draw mine/network.safetensors --data mine.csv --out classes.svg
""", classes_have_points),
    "an image with its regions": (picture_png, """
foldline fit mine.png --out mine --hidden 10,10 --steps 100
foldline draw mine/network.safetensors --out regions.svg
""", image_has_its_regions),
    "a mesh to a watertight STL in millimetres": (tower_off, """
foldline fit mine.off --out mine --hidden 16,16,16 --steps 600
foldline surface mine/network.safetensors --units input --longest 100 --out mine.stl
""", solid_is_watertight_in_millimetres),
    "own nn.Sequential to a certified picture": (own_module, """
>>> found = fl.decisions(fl.Network.from_torch(module), fl.Box([-2, -2], [2, 2]))
>>> found.save("mine.pdf")
""", module_is_the_picture_s),
    "a boundary from a scikit-learn pipeline": (own_pipeline, """
>>> display = fl.BoundaryDisplay.from_estimator(model, X, y)
>>> display.figure_.savefig("boundary.svg")
""", boundary_is_where_the_model_is_undecided),
}  # fmt: skip


@pytest.mark.usefixtures("few_points")
@pytest.mark.parametrize("job", JOBS)
def test_a_job_is_three_lines_or_two_commands(job: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    matplotlib.use("Agg")
    prepare, typed, check = JOBS[job]
    names = {"fl": fl} | prepare(tmp_path)
    lines = typed.strip().splitlines()
    commands = [line for line in lines if not line.startswith(">>> ")]
    assert (len(commands) <= 2 and commands == lines) or (not commands and len(lines) <= 3)
    for line in lines:
        if line in commands:
            ran = CliRunner().invoke(app, shlex.split(line)[1:])
            assert ran.exit_code == 0, ran.output
        else:
            exec(line.removeprefix(">>> "), names)
    check(tmp_path, names)
    pyplot.close("all")
