"""An install on a machine without a compiler works, and every answer says which engine gave it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NETS = ROOT / "tests/nets"
BUILT_FROM = ("pyproject.toml", "CMakeLists.txt", "README.md", "LICENSE", "src", "cpp")
LEFT_OUT = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel that pip builds from the sources alone where every compiler fails."""
    folder = tmp_path_factory.mktemp("no_compiler")
    source = folder / "source"
    source.mkdir()
    for name in BUILT_FROM:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=LEFT_OUT)
        else:
            shutil.copy(ROOT / name, source)
    environment = os.environ | {"CC": shutil.which("false"), "CXX": shutil.which("false")}
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(source)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def unpacked(wheel) -> Path:
    folder = wheel.parent / "unpacked"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run(unpacked: Path, *arguments: str) -> str:
    """What Python prints where the unpacked wheel is the foldline that it finds first."""
    environment = os.environ | {"PYTHONPATH": str(unpacked), "COLUMNS": "200"}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, env=environment, cwd=unpacked, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_the_wheel_is_for_any_machine_and_holds_no_compiled_module(wheel):
    assert wheel.name.endswith("-py3-none-any.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "foldline/exact/surface.py" in names
    assert [name for name in names if name.endswith((".so", ".pyd", ".dylib"))] == []


def test_the_command_finds_every_polygon_and_names_the_engine(unpacked, tmp_path):
    out = tmp_path / "surface.ply"
    network = str(NETS / "sdf3_3x16.npz")
    said = run(unpacked, "-m", "foldline", "surface", network, "--box", "-1", "1", "--out", str(out), "--json")
    answer = json.loads(said)
    assert (answer["n_polygons"], answer["n_vertices"], answer["n_edges"]) == (790, 790, 1580)
    assert (answer["euler"], answer["closed"]) == (0, True)
    assert answer["engine"] == "numpy"
    assert out.exists()


def test_the_table_for_people_names_the_engine(unpacked, tmp_path):
    network, out = str(NETS / "sdf3_3x16.npz"), str(tmp_path / "surface.ply")
    assert "numpy" in run(unpacked, "-m", "foldline", "surface", network, "--box", "-1", "1", "--out", out).lower()


def test_regions_name_the_engine(unpacked):
    code = f"import foldline as fl; n = fl.read({str(NETS / 'd2_2x16.npz')!r}); "
    code += "print(fl.__file__); print(fl.regions(n, fl.Box([-1, -1], [1, 1])).engine)"
    file, engine = run(unpacked, "-c", code).splitlines()
    assert file.startswith(str(unpacked))
    assert engine == "numpy"


def test_an_estimator_learns_without_the_compiled_step(unpacked):
    code = """
import numpy as np
from foldline.estimators import FoldClassifier
from foldline.fit.step import fused
x = np.random.default_rng(0).uniform(-1, 1, (200, 2))
y = x[:, 0] > x[:, 1]
print(fused._step is None)
print(FoldClassifier(random_state=0).fit(x, y).score(x, y) > 0.9)
"""
    assert run(unpacked, "-c", code).splitlines() == ["True", "True"]
