"""Standard output holds the answer and nothing else, whatever verb is asked and however lively the terminal is."""

from __future__ import annotations

import ast
import json
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import foldline as fl
from foldline.cli import app
from foldline.cli.stop import Stop
from foldline.data.gates import xor_network
from foldline.lecture import printed
from foldline.scenes.made import ball

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
    "lecture": "",
}
OF_A_FIT = {
    "resume": "begun",
    "reconstruct": "two/network.safetensors cube.off --steps 2 --out near.ply",
    "complete": "two/network.safetensors part.xyz --steps 2 --like slab --out rest.ply",
    "blend": "two/network.safetensors cube slab --out between.ply",
    "render": "ball.safetensors --orbit 1 --size 8 --film none --out turned",
}
TOLD = {"lab"}  # it has no answer but where it is
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
    block((1, 1, 1)).save("cube.off")
    monkeypatch.setattr(printed, "FACTS", printed.FACTS[:3])
    return tmp_path


@pytest.fixture(scope="module")
def fits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of two shapes and a ball of fog, to be copied."""
    folder = tmp_path_factory.mktemp("fits")
    (folder / "shapes").mkdir()
    for name, size in (("cube", (1, 1, 1)), ("slab", (1, 2, 3))):
        block(size).save(folder / "shapes" / f"{name}.off")
    done = run("fit", f"{folder / 'shapes'} --out {folder / 'two'} --steps 30 --hidden 8 --latent 2 --quiet")
    assert done.exit_code == 0, done.stderr
    np.savetxt(folder / "part.xyz", np.random.default_rng(0).uniform(0, 1, (50, 3)) * [1, 1, 0])
    ball(4, density=40.0).save(folder / "ball.safetensors")
    return folder


def run(verb: str, words: str, *more: str) -> Result:
    return CliRunner().invoke(app, [verb, *words.split(), *more], env=LIVELY)


def block(size: tuple[int, int, int]) -> fl.Mesh:
    corners = [[x, y, z] for x in (0, size[0]) for y in (0, size[1]) for z in (0, size[2])]
    sides = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    return fl.Mesh.of_polygons(corners, sides)


def stopped_at_once(monkeypatch: pytest.MonkeyPatch) -> Result:
    """A fit to which Ctrl-C comes at its first step."""
    with monkeypatch.context() as patch:
        patch.setattr(Stop, "__call__", lambda self: bool(setattr(self, "number", signal.SIGINT) or True))
        return run("fit", "rows.csv --steps 9 --hidden 2 --out begun")


def test_every_verb_is_asked_here() -> None:
    from typer.main import get_command

    assert set(ASKED) | set(OF_A_FIT) | TOLD == set(get_command(app).commands)


@pytest.mark.parametrize("verb", ASKED)
def test_standard_output_is_one_json_value_while_the_bars_go_elsewhere(here: Path, verb: str) -> None:
    done = run(verb, ASKED[verb], "--json")
    assert done.exit_code == 0, done.stderr
    assert isinstance(json.loads(done.stdout), dict) and not set(BARS) & set(done.stdout)


@pytest.mark.parametrize("verb", OF_A_FIT)
def test_so_is_that_of_a_verb_that_needs_a_fit(
    here: Path, fits: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    shutil.copytree(fits, here, dirs_exist_ok=True)
    if verb == "resume":
        stopped_at_once(monkeypatch)
    done = run(verb, OF_A_FIT[verb], "--json")
    assert done.exit_code == 0, done.stderr
    assert isinstance(json.loads(done.stdout), dict) and not set(BARS) & set(done.stdout)


def test_the_lab_says_where_it_is(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foldline.cli.lab.open_lab", lambda port, opened, started: started("http://127.0.0.1:1/"))
    done = run("lab", "--no-browser")
    assert (done.stdout, done.stderr) == ("foldline lab at http://127.0.0.1:1/\n", "")


def test_what_a_fit_takes_for_granted_is_said_beside_its_answer(here: Path) -> None:
    done = run("fit", ASKED["fit"])
    assert not done.stdout.startswith("note") and "the target 'y' holds numbers: regression" in done.stderr
    assert run("fit", f"{ASKED['fit']} --force --quiet").stderr == ""


def test_a_fit_that_is_stopped_has_no_answer_and_says_so_in_one_line(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = stopped_at_once(monkeypatch)
    assert done.exit_code == 130 and not done.stdout
    last = done.stderr.rstrip().splitlines()[-1]
    assert last.startswith("foldline: fit was stopped; the network so far is in begun") and "resume begun" in last


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
