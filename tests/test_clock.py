"""--max-seconds: every verb ends in time, whatever its file holds, and keeps what it found.

What is asserted is processor time, which other work on the machine does not lengthen; wall time is measured in bench.
"""

from __future__ import annotations

import json
import signal
import time
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot  # noqa: F401, an alarm of a test here would leave it half imported for those that follow
import numpy as np
import pytest

import foldline as fl
from foldline.cli import clock
from foldline.exact.rational.exact import integers
from foldline.exact.work import Budget

DATA = Path(__file__).parents[1] / "data"
SECONDS, MORE = 0.3, 1.0  # asked for, and what may come on top

# The widths of what is asked; each would take from ten seconds to years.
NETS = {
    "wide": (1, 2500, 2500, 1), "flat": (2, 1500, 1500, 1), "shallow": (2, 20_000, 1), "deep": (2, *[60] * 8, 1),
    "line": (1, *[100] * 10, 1), "solid": (3, 1000, 1000, 1), "six": (6, 60, 60, 2), "classes": (2, 700, 700, 4),
}  # fmt: skip
QUESTIONS = [("regions", "line")] + [(verb, net) for verb in ("regions", "extrema") for net in NETS if net != "line"]
QUESTIONS += [(verb, net) for verb in ("boundary", "decisions") for net in ("wide", "flat", "deep", "solid", "classes")]
QUESTIONS += [(verb, net) for verb in ("surface", "slopes", "contours") for net in ("flat", "deep", "shallow")]
QUESTIONS += [("surface", "solid")]
USUAL = [("regions", "wide"), ("regions", "six"), ("boundary", "flat"), ("extrema", "flat"), ("surface", "solid")]
OUT = {"regions": "npz", "boundary": "json", "decisions": "json", "slopes": "csv", "contours": "csv"}


@pytest.fixture(scope="module", autouse=True)
def imported():
    """An alarm in the middle of an import would leave half a module to the tests that follow in this process."""
    for name in ("foldline.draw.picture", "foldline.draw.report", "foldline.draw.report.table", "foldline.forms"):
        import_module(name)


@pytest.fixture(scope="module")
def net_at(tmp_path_factory):
    """The file of a network, made once."""
    folder = tmp_path_factory.mktemp("nets")

    def made(name: str) -> Path:
        path, widths, rng = folder / f"{name}.safetensors", NETS[name], np.random.default_rng(0)
        if not path.exists():
            weights = [rng.normal(size=(b, a)) * (2 / a) ** 0.5 for a, b in pairwise(widths)]
            fl.Network(weights, [rng.normal(size=b) / 3 for b in widths[1:]]).save(path)
        return path

    return made


def ends_in_time(call, *words, seconds=SECONDS, may_end=(0, 3)):
    """The answer of a verb that had so many seconds."""
    begun = time.process_time(), time.perf_counter()
    answer = call(*words, "--max-seconds", seconds)
    # On a busy machine the wall clock runs ahead, on an idle one the threads that wait for work do.
    spent = min(time.process_time() - begun[0], time.perf_counter() - begun[1])
    assert answer.exit_code in may_end, answer.stderr
    assert spent < seconds + MORE
    assert "internal error" not in answer.stderr and "Traceback" not in answer.stderr
    if answer.exit_code == 3:
        assert "--max-seconds" in answer.stderr or "foldline resume" in answer.stderr
    assert not clock.is_set() and signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
    return answer


def asks(call, net_at, folder, verb, net):
    corner = ",".join(["1"] * NETS[net][0])
    words = [verb, net_at(net), "--box", corner.replace("1", "-1"), corner]
    words += ["--every", "1"] if verb == "contours" else []
    out = folder / f"answer.{OUT[verb]}" if verb in OUT else None
    answer = ends_in_time(call, *words, *([] if out is None else ["--out", out]), may_end=(3,))
    if out is not None and out.exists() and out.suffix in (".npz", ".json"):
        assert f"the part found is in {out}" in answer.stderr  # whole, as all that is written
        assert len(fl.read_regions(out)) if out.suffix == ".npz" else json.loads(out.read_text())


@pytest.mark.parametrize(("verb", "net"), USUAL)
def test_questions_end_in_time(call, net_at, tmp_path, verb, net):
    asks(call, net_at, tmp_path, verb, net)


@pytest.mark.fuzz
@pytest.mark.parametrize(("verb", "net"), [one for one in QUESTIONS if one not in USUAL])
def test_all_questions_end_in_time(call, net_at, tmp_path, verb, net):
    asks(call, net_at, tmp_path, verb, net)


def others(net_at, folder: Path) -> dict[str, list[object]]:
    """What takes long besides questions."""
    answer, deep = folder / "deep.npz", net_at("deep")
    small = fl.Network([np.random.default_rng(0).normal(size=(200, 2)), np.ones((1, 200))], [np.zeros(200), [0.5]])
    fl.regions(small, fl.Box([-1, -1], [1, 1])).save(answer)
    small.save(folder / "small.safetensors")
    return {
        "check": ["check", folder / "small.safetensors", answer],
        "draw": ["draw", deep, "--box", "-1", "1", "--out", folder / "a.svg"],
        "convert": ["convert", DATA / "mesh" / "elephant.off", folder / "a.npz", "--n", "300"],
        "fit a mesh": ["fit", DATA / "mesh" / "elephant.off", "--out", folder / "mesh"],
        "fit points": ["fit", folder / "long.xyz", "--out", folder / "points"],
        "fit an image": ["fit", DATA / "image" / "camera.png", "--out", folder / "image"],
        "fit a table": ["fit", DATA / "table" / "iris.csv", "--steps", "10000000", "--out", folder / "table"],
        "read a table": ["show", folder / "long.csv"],
    }


NAMES = ("check", "draw", "convert", "fit a mesh", "fit points", "fit an image", "fit a table", "read a table")


@pytest.mark.fuzz
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a file open as the alarm came
@pytest.mark.parametrize("name", NAMES)
def test_whatever_takes_long_ends_in_time(call, net_at, tmp_path, name):
    (tmp_path / "long.csv").write_text("a,b,c\n" + "1.5,2.5,x\n" * (2_000_000 if name == "read a table" else 1))
    ball = np.random.default_rng(0).normal(size=(200_000 if name == "fit points" else 1, 3))
    np.savetxt(tmp_path / "long.xyz", ball / np.linalg.norm(ball, axis=1, keepdims=True), fmt="%.6f")
    ends_in_time(call, *others(net_at, tmp_path)[name], may_end=(0, 3) if name == "check" else (3,))


def test_a_fit_that_had_no_more_time_is_gone_on_with(call, tmp_path):
    """The step is finished, the network and the checkpoint are kept, and it becomes what it would have been."""
    table, out, whole = DATA / "table" / "iris.csv", tmp_path / "out", tmp_path / "whole"
    words = ["fit", table, "--steps", "6000", "--hidden", "32,32"]
    ends_in_time(call, *words, "--out", out, seconds=0.3, may_end=(3,))
    assert (out / "checkpoint.safetensors").exists() and fl.read_network(out / "network.safetensors").d_in == 4
    assert call("resume", out).exit_code == 0
    assert call(*words, "--out", whole).exit_code == 0
    for a, b in zip(*(fl.read_network(one / "network.safetensors").weights for one in (out, whole)), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("seconds", ["0", "-1", "nan"])
def test_no_time_at_all_is_refused(call, net_at, seconds):
    answer = call("regions", net_at("six"), "--max-seconds", seconds)
    assert answer.exit_code == 2 and "--max-seconds needs a number above 0" in answer.stderr


def test_seconds_are_counted_from_when_the_question_was_asked():
    """What is got ready before the search is part of its time."""
    rng = np.random.default_rng(0)
    widths = (1, 1500, 1500, 1)
    net = fl.Network([rng.normal(size=(b, a)) for a, b in pairwise(widths)],
                     [rng.normal(size=b) for b in widths[1:]])  # fmt: skip
    begun = time.process_time()
    found = fl.regions(net, fl.Box([-1], [1]), budget=Budget(seconds=0.2))
    assert not found.complete and time.process_time() - begun < 0.2 + MORE


def test_integers_are_the_numbers_exactly():
    rng = np.random.default_rng(0)
    near = rng.integers(-9, 9, 6) * 2.0**60
    for values in (rng.normal(size=(5, 3)), [1e300, 5e-324, -0.0, 1.0, -0.5], 3.0, [], near):
        whole, k = integers(values)
        for x, n in zip(np.ravel(values), np.ravel(whole), strict=True):
            assert type(n) is int and n / 2**k == x if abs(x) < 1e200 else n == int(x) << k
        assert k == 0 or any(n % 2 for n in np.ravel(whole))  # as small as can be
