"""A base install has no PyTorch: every default fit, every exact question and every verb work all the same.

Fresh processes look for packages as a machine without torch does; what needs it says which extra to install.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WITHOUT = """
import sys
from importlib.machinery import PathFinder

class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return None if name.split(".")[0] == "torch" else PathFinder.find_spec(name, path, target)

    invalidate_caches = PathFinder.invalidate_caches
    find_distributions = PathFinder.find_distributions

sys.meta_path[sys.meta_path.index(PathFinder)] = Finder
"""
LINE = "PyTorch; it is not installed. Run: pip install 'foldline[torch]'."


@pytest.fixture(scope="module")
def blocked(tmp_path_factory) -> Path:
    """A folder that Python takes its ``sitecustomize`` from, which hides torch."""
    folder = tmp_path_factory.mktemp("without_torch")
    (folder / "sitecustomize.py").write_text(WITHOUT)
    return folder


def run(blocked: Path, *arguments: str) -> subprocess.CompletedProcess:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(blocked), str(ROOT / "src")]), "COLUMNS": "200"}
    return subprocess.run([sys.executable, *arguments], env=environment, cwd=ROOT, capture_output=True, text=True)


def said(blocked: Path, code: str) -> list[str]:
    done = run(blocked, "-c", code)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()


def test_torch_is_no_dependency_of_the_base_but_of_its_extra_and_the_tests():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    assert not [line for line in project["dependencies"] if line.startswith("torch")]
    assert all(any(line.startswith("torch") for line in extras[name]) for name in ("torch", "test", "bench"))


def test_torch_cannot_be_imported_there(blocked):
    done = run(blocked, "-c", "import torch")
    assert "No module named 'torch'" in done.stderr


FITS = """
import numpy as np, foldline as fl
from foldline.data.distance import distance_samples
from foldline.estimators import FoldClassifier, FoldRegressor
line = np.linspace(-1, 1, 60)[:, None]
square = np.stack(np.meshgrid(*[np.linspace(-0.9, 0.9, 10)] * 2), axis=-1).reshape(-1, 2)
cases = {
    "table": fl.Samples(line, np.sin(line)),
    "classes": fl.Samples(square, square[:, 0] > 0, "classification", (), ("no", "yes")),
    "image": fl.Samples(square, square.prod(axis=1) ** 2, "image", meta={"width": 10, "height": 10}),
    "elevation": fl.Samples(square, square.prod(axis=1), "elevation"),
    "signal": fl.Samples(line, np.sin(9 * line), "signal"),
}
for name in NAMED:
    samples = cases[name] if name in cases else distance_samples(fl.read("data/mesh/knot1.off"), 3000)
    for how in ({"hidden": 8}, {"architecture": "folded", "preset": "fast"}, {}):
        if name in ("table", "classes") and how.get("architecture"):
            continue
        print(name, fl.fit(samples, steps=3, **how).training.stepper)
for optimiser in ("sgd", "adam", "muon"):
    print(optimiser, fl.fit(cases["table"], steps=3, hidden=8, optimiser=optimiser).training.device)
print(FoldClassifier(max_iter=2).fit(square, square[:, 0] > 0).score(square, square[:, 0] > 0) > 0.3)
print(FoldRegressor(max_iter=2).fit(line, line[:, 0]).predict(line).shape)
"""


@pytest.mark.parametrize(
    "names",
    [("table", "classes"), pytest.param(("image", "elevation", "signal", "shape"), marks=pytest.mark.slow)],
)
def test_every_kind_is_fitted_there_by_the_fused_step(blocked, names):
    told = said(blocked, FITS.replace("NAMED", repr(names)))
    times = 2 if "table" in names else 3
    assert [line.split()[0] for line in told[:-5]] == [name for name in names for _ in range(times)]
    assert [line.split()[1] for line in told[:-2]] == ["fused"] * times * len(names) + ["cpu"] * 3
    assert told[-2:] == ["True", "(60,)"]


QUESTIONS = """
import numpy as np, foldline as fl
three = fl.read("tests/nets/sdf3_3x16.npz")
two = fl.Network([[[1, 1], [1, 1]], [[1, -2]]], [[0, -1], [0]])
box = fl.Box([-1, -1], [2, 2])
regions = fl.regions(two, box)
print(len(regions), fl.count(two, box), fl.check(two, regions).accepted)
print(fl.surface(three, fl.Box([-1] * 3, [1] * 3)).n_faces)
print(len(fl.boundary(two, box, level=0.5).polylines), fl.bounds(two).n_parameters)
print(regions.extrema()[2], fl.decisions(fl.Network([np.eye(2)], [np.zeros(2)]), box).volumes)
"""


def test_every_exact_question_is_answered_there(blocked):
    told = said(blocked, QUESTIONS)
    assert told[:3] == ["3 3 True", "790", "2 9"]
    assert "4.5" in told[3]


VERBS = """
from pathlib import Path
from foldline.data import distance
distance.PLAIN_SAMPLES = 5000
from typer.testing import CliRunner
from foldline.cli import app
out = Path(OUT)
net = "tests/nets/d2_2x16.npz"
for line in (
    f"fit data/mesh/knot1.off --hidden 8 --steps 3 --out {out}/shape",
    f"fit data/table/iris.csv --steps 3 --out {out}/table",
    f"surface tests/nets/sdf3_3x16.npz --box -1 1 --out {out}/surface.ply",
    f"regions {net} --box -1 1 --out {out}/regions.npz",
    f"check {net} {out}/regions.npz",
    f"bounds {net}",
    f"show {net}",
    f"figure shallow xor --out {out}/figures",
):
    done = CliRunner().invoke(app, line.split())
    print(line.split()[0], done.exit_code, "" if done.exit_code == 0 else done.output)
"""


@pytest.mark.slow
def test_every_verb_works_there(blocked, tmp_path):
    for line in said(blocked, VERBS.replace("OUT", repr(str(tmp_path)))):
        assert line.split()[1:] == ["0"], line


NEEDS = {
    "a tanh fit": ('fl.fit(X, X, hidden=4, activation="tanh", steps=1)', "fit with tanh units (without it: relu, "),
    "a fit with skips": ("fl.fit(X, X, hidden=(4, 4, 4), skips={3: (1,)}, steps=1)", "fit with skips"),
    "a fit in bfloat16": ('fl.fit(X, X, hidden=4, precision="bfloat16", steps=1)', "fit with precision 'bfloat16' "),
    "a fit on a GPU": ('fl.fit(X, X, hidden=4, device="cuda", steps=1)', "fit with a GPU needs "),
    "a torch module": ("fl.Network([[[1.0]]], [[0.0]]).to_torch()", "to_torch needs "),
    "a state_dict": ('fl.read("tests/cases/nets/tanh_net.pt")', "tanh_net.pt: a state_dict needs "),
}


REFUSED = """
import numpy as np, foldline as fl
from foldline.errors import MissingError
X = np.eye(3)
for call in CALLS:
    try:
        eval(call)
    except MissingError as error:
        print(error)
"""


def test_what_needs_torch_says_which_extra_to_install(blocked):
    calls = repr([call for call, _ in NEEDS.values()])
    for (name, (_, begins)), line in zip(NEEDS.items(), said(blocked, REFUSED.replace("CALLS", calls)), strict=True):
        assert line.startswith(begins) and line.endswith(LINE), f"{name}: {line}"
