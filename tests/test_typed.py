"""A user's code under mypy --strict: what the readers give has a type, and the package says that it is typed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import foldline as fl

ROOT = Path(__file__).parents[1]
SOURCES = Path(fl.__file__).parents[1]
USER = """
import foldline as fl

network = fl.read_network("xor.onnx")
reveal_type(network)
reveal_type(fl.read_mesh("a.ply").area)
reveal_type(fl.read_samples("a.csv").inputs)
reveal_type(fl.regions(network))
reveal_type(fl.read_regions("a.npz").n_pieces)
reveal_type([region.volume for region in fl.regions(network, fl.Box([0, 0], [1, 1]))])
network.fold()
"""


def test_a_users_lines_pass_the_strict_checker(tmp_path: Path) -> None:
    """All but the last, which calls what there is not: the checker does see the types."""
    (tmp_path / "user.py").write_text(USER)
    shared = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(ROOT / ".mypy_cache")]  # of make test
    found = {} if SOURCES.name == "site-packages" else {"MYPYPATH": str(SOURCES)}  # an installed package is found
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", *shared, "--strict", "--no-error-summary", "user.py"],
        cwd=tmp_path, env=os.environ | found, capture_output=True, text=True,
    )  # fmt: skip
    told = [line for line in checked.stdout.splitlines() if line.startswith("user.py")]
    kinds = [line.split('"')[1] for line in told if "Revealed type" in line]
    assert [kind.split(".")[-1] for kind in kinds[:2]] == ["Network", "float"], checked.stdout + checked.stderr
    assert "float64" in kinds[2] and kinds[3].endswith("Regions") and kinds[4].endswith("int")
    assert "list[" in kinds[5] and "float" in kinds[5]
    assert [line for line in told if "error" in line] == [
        'user.py:11: error: "Network" has no attribute "fold"  [attr-defined]'
    ]


def test_the_package_says_that_it_is_typed() -> None:
    assert (SOURCES / "foldline" / "py.typed").is_file()


@pytest.mark.parametrize(("ask", "name", "instead"), [
    (fl.read_network, "a.off", "read_mesh"), (fl.read_mesh, "a.csv", "read_samples"),
    (fl.read_samples, "a.npz", "read_network"),
])  # fmt: skip
def test_a_file_of_another_kind_is_refused_by_the_typed_readers(tmp_path: Path, ask, name: str, instead: str) -> None:
    fl.Network([[[1.0, 2.0]]], [[0.0]]).save(tmp_path / "a.npz")
    fl.Mesh.of_polygons([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]]).save(tmp_path / "a.off")
    (tmp_path / "a.csv").write_text("x,y\n0,1\n1,2\n2,3\n")
    with pytest.raises(fl.FoldlineError, match=rf"{ask.__name__} needs .*; {name} holds .* Use foldline\.{instead}\."):
        ask(tmp_path / name)


def test_the_command_line_starts_without_numpy() -> None:
    code = "import foldline.cli, sys; print(sorted({'numpy', 'scipy', 'matplotlib'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_the_room_of_fits_does_not_hide_the_function() -> None:
    code = "import foldline as fl, foldline.fit.fitting; print(callable(fl.fit), 'fitting' in dir(fl))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["True", "False"]
