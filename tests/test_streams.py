"""Standard output holds the answer and nothing else, whatever verb is asked and however lively the terminal is."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import foldline as fl
from foldline.cli import app
from foldline.data.gates import xor_network

SOURCES = sorted(Path(fl.__file__).parent.glob("cli/*.py"))
LIVELY = {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": "120"}  # a terminal, as rich sees it
BARS = "━⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"

ASKED = {
    "fit": "rows.csv --steps 9 --hidden 2 --out fitted",
    "show": "net.npz",
    "draw": "net.npz --out drawn.png",
    "regions": "net.npz --out regions.npz",
    "decisions": "net.npz --level .5",
    "boundary": "net.npz --level .5",
    "surface": "net.npz --level .5",
    "contours": "net.npz --levels .25,.5",
    "slopes": "net.npz",
    "extrema": "net.npz",
    "bounds": "2-3-1",
    "check": "net.npz whole.npz",
    "convert": "cube.off cube.npz --to voxels --n 8",
    "figure": "unit --out figures",
}
# These need a fit, a class, a scene, a browser or half a minute.
ELSEWHERE = {"resume", "reconstruct", "complete", "blend", "render", "lab", "lecture"}
WRONG = {
    "fit": "rows.csv --hidden 0 --out fitted",
    "draw": "net.npz --out drawn.gif",
    "regions": "net.npz --out regions.gif",
    "surface": "net.npz --units mm",
    "contours": "net.npz",
    "convert": "cube.off cube.xyz --to voxels",
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    net = fl.Network(xor_network().weights, xor_network().biases, seen=fl.Box([-1, -1], [2, 2]))
    net.save("net.npz")
    fl.regions(net).save("whole.npz")
    rng = np.random.default_rng(0)
    Path("rows.csv").write_text("x,y\n" + "\n".join(f"{x:.3f},{x * x:.3f}" for x in rng.uniform(-1, 1, 30)))
    corners = [[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)]
    sides = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    fl.Mesh.of_polygons(corners, sides).save("cube.off")
    return tmp_path


def run(verb: str, words: str, *more: str) -> Result:
    return CliRunner().invoke(app, [verb, *words.split(), *more], env=LIVELY)


def test_every_verb_is_asked_here_or_needs_more_than_a_moment() -> None:
    from typer.main import get_command

    assert set(ASKED) | ELSEWHERE == set(get_command(app).commands)


@pytest.mark.parametrize("verb", ASKED)
def test_standard_output_is_one_json_value_while_the_bars_go_elsewhere(here: Path, verb: str) -> None:
    done = run(verb, ASKED[verb], "--json")
    assert done.exit_code == 0, done.stderr
    assert isinstance(json.loads(done.stdout), dict) and not set(BARS) & set(done.stdout)


@pytest.mark.parametrize("verb", ["fit", "draw", "regions", "contours", "check", "convert"])
def test_a_person_s_answer_has_no_bar_in_it_either(here: Path, verb: str) -> None:
    done = run(verb, ASKED[verb])
    assert done.exit_code == 0 and done.stdout and not set(BARS) & set(done.stdout)
    assert set(BARS) & set(done.stderr)  # there it is


@pytest.mark.parametrize("verb", WRONG)
def test_what_is_refused_is_refused_before_the_first_bar(here: Path, verb: str) -> None:
    before = sorted(here.iterdir())
    done = run(verb, WRONG[verb])
    assert done.exit_code in (2, 4) and done.stderr.startswith("foldline: ")
    assert not set(BARS) & set(done.stderr + done.stdout)
    assert sorted(here.iterdir()) == before


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_verb_follows_its_work_on_standard_output(path: Path) -> None:
    """``how.say`` is for answers; what moves is on ``how.show``."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "status":
            assert not ast.unparse(node.func.value).endswith("say"), ast.unparse(node)
