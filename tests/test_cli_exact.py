"""The verbs that ask exact questions, as a person or a script meets them."""

from __future__ import annotations

import json
import re
import signal
from itertools import count
from pathlib import Path

import numpy as np
import pytest

import foldline as fl
from foldline.cli import asked
from foldline.files import read_regions

NETS = Path(__file__).parent / "nets"
XOR, TORUS, PLANE = NETS / "deg2_xor.npz", NETS / "sdf3_3x16.npz", NETS / "d2_2x16.npz"
REGIONS_KEYS = {
    "assumed",
    "n_regions", "n_pieces", "bound", "volume", "certified", "complete", "explored", "merged", "euler", "seconds",
    "d_in", "dead_layers",
}  # fmt: skip


@pytest.fixture
def classes(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(8, 6)), rng.normal(size=(3, 8))]
    net = fl.Network(weights, [rng.normal(size=8), rng.normal(size=3)], meta={"classes": ["ant", "bee", "cat"]})
    return net.save(tmp_path / "classes.safetensors")


def facts(answer) -> dict:
    assert answer.exit_code == 0, answer.stderr
    return json.loads(answer.stdout)


def test_regions_prints_the_keys_it_promises(call):
    found = facts(call("regions", XOR, "--box", "-1", "2", "--json"))
    assert set(found) == REGIONS_KEYS
    assert (found["n_regions"], found["n_pieces"], found["bound"], found["euler"]) == (3, 3, 4, 1)
    assert found["volume"] == pytest.approx(9.0) and found["certified"] and found["complete"]


@pytest.mark.parametrize("box", [("-6", "6"), ("-6,-6", "6,6"), ("-6", "6,6")])
def test_a_box_is_a_number_for_all_axes_or_a_list(call, box):
    assert facts(call("regions", PLANE, "--box", *box, "--json"))["n_regions"] == 548


def test_regions_answers_on_slices(call):
    plane = facts(call("regions", TORUS, "--plane", "0,0,0.5", "1,0,0", "0,1,0", "--box", "-1", "1", "--json"))
    line = facts(call("regions", TORUS, "--line", "-1,-1,-1", "1,1,1", "--json"))
    assert (plane["d_in"], line["d_in"], line["volume"]) == (2, 1, 1.0)
    net = fl.read(TORUS)
    t = np.linspace(0, 1, 4001)[:, None]
    seen = net.pattern(2 * t - 1 + np.zeros(3))
    assert line["n_regions"] >= 1 + (seen[1:] != seen[:-1]).any(axis=1).sum()


def test_regions_of_more_inputs_have_pieces_and_say_what_was_not_measured(call, classes):
    found = facts(call("regions", classes, "--box", "-1", "1", "--json"))
    exact = fl.regions(fl.read(classes), fl.Box([-1] * 6, [1] * 6))
    assert (found["n_regions"], found["n_pieces"], found["merged"]) == (len(exact), exact.n_pieces, exact.merged)
    assert found["volume"] is None and found["euler"] is None and found["d_in"] == 6
    said = call("regions", classes, "--box", "-1", "1").stdout
    assert "pieces" in said and "Euler" not in said


def test_regions_writes_a_file_that_check_accepts(call, tmp_path):
    out = tmp_path / "answer.npz"
    assert call("regions", XOR, "--box", "-1", "2", "--out", out, "--quiet").exit_code == 0
    assert call("check", XOR, out, "--quiet").exit_code == 0
    assert facts(call("check", XOR, out, "--json"))["box"] == [[-1.0, -1.0], [2.0, 2.0]]
    refused = call("regions", XOR, "--box", "-1", "2", "--out", out)
    assert refused.exit_code == 4 and "--force" in refused.stderr


def test_check_takes_the_slice_an_answer_was_found_on(call, tmp_path):
    out, line = tmp_path / "answer.npz", ["--line", "-1,-1,-1", "1,1,1"]
    assert call("regions", TORUS, *line, "--out", out, "--quiet").exit_code == 0
    assert facts(call("check", TORUS, out, *line, "--json"))["accepted"] is True
    other = call("check", TORUS, out, "--line", "-1,-1,-1", "1,1,0", "--json")
    assert other.exit_code == 2 and json.loads(other.stdout)["fault"] == "network"
    assert "got a fault, network: the answer was made for a network with other weights" in other.stderr
    whole = call("check", TORUS, out)
    assert whole.exit_code == 2 and "check needs an answer for 3 inputs; got one for 1" in whole.stderr


def test_an_answer_over_the_budget_is_exit_code_3_and_the_part_found_is_kept(call, tmp_path):
    for name in ("regions", "decisions", "boundary", "surface"):
        out = tmp_path / f"{name}.json"
        answer = call(name, PLANE, "--box", "-6", "6", "--max-regions", "10", "--out", out, "--json")
        assert answer.exit_code == 3 and f"{name} needs a larger budget" in answer.stderr
        assert json.loads(answer.stdout)["complete"] is False
        assert re.search(r"the answer is incomplete, [0-9.]+% of the box was explored", answer.stderr)
        assert out.exists() == (f"the part found is in {out}" in answer.stderr.replace("\n", "")), answer.stderr


def test_a_part_of_the_regions_is_saved_as_such_and_no_proof_takes_it_for_the_whole(call, tmp_path):
    out = tmp_path / "part.npz"
    rng, shapes = np.random.default_rng(0), ((64, 2), (64, 64), (1, 64))
    net = fl.Network([rng.normal(size=shape) for shape in shapes], [rng.normal(size=shape[0]) for shape in shapes])
    wide = net.save(tmp_path / "wide.npz")
    answer = call("regions", wide, "--box", "-6", "6", "--max-regions", "3000", "--out", out, "--json")
    told = json.loads(answer.stdout)
    assert answer.exit_code == 3 and "the part found is in" in answer.stderr
    assert not told["complete"] and 0 < told["explored"] < 1 and 0 < told["n_regions"] <= 3000
    assert len(read_regions(out)) == told["n_regions"]
    assert json.loads(call("check", wide, out, "--json").stdout)["fault"] == "incomplete"


@pytest.mark.parametrize("limit", [("--max-regions", "5"), ("--max-seconds", "1e-9")])
def test_a_surface_over_the_budget_is_exit_code_3_and_the_part_found_is_kept(call, tmp_path, limit):
    answer = call("surface", TORUS, "--box", "-1", "1", *limit, "--out", tmp_path / "a.ply", "--json")
    assert answer.exit_code == 3 and "surface needs a larger budget" in answer.stderr
    told = json.loads(answer.stdout)
    assert told["complete"] is False and told["n_polygons"] <= 5
    assert (tmp_path / "a.ply").exists() == (told["n_polygons"] > 0)


def test_a_file_of_another_kind_is_refused_before_the_work(call, tmp_path, monkeypatch):
    for name in ("regions", "decisions", "boundary", "surface"):
        monkeypatch.setattr(f"foldline.exact.{name}.{name}", None)
    for name, net, suffix in (
        ("regions", PLANE, "vtu"), ("decisions", PLANE, "ply"), ("boundary", PLANE, "vtu"), ("boundary", TORUS, "svg"),
        ("surface", TORUS, "json"), ("surface", PLANE, "ply"),
    ):  # fmt: skip
        answer = call(name, net, "--box", "-1", "1", "--out", tmp_path / f"a.{suffix}")
        assert answer.exit_code in (2, 4) and suffix in answer.stderr and answer.stderr.count("\n") == 1


def test_decisions_says_where_each_class_wins(call, classes, tmp_path):
    plane = ["--plane", "0", "1,0,0,0,0,0", "0,1,0,0,0,0", "--box", "-1", "1"]
    found = facts(call("decisions", classes, *plane, "--json", "--out", tmp_path / "a.geojson"))
    assert [one["name"] for one in found["classes"]] == ["ant", "bee", "cat"]
    assert found["bound"] == fl.bounds(fl.read(classes).on_plane([0] * 6, np.eye(6)[0], np.eye(6)[1])).upper
    assert sum(one["share"] for one in found["classes"]) == pytest.approx(1.0)
    assert len(json.loads((tmp_path / "a.geojson").read_text())["features"]) == found["n_cells"]
    said = call("decisions", classes, *plane).stdout
    assert "class bee" in said and ("wins nowhere" in said) == bool(found["empty"])


def test_boundary_prints_points_polylines_or_polygons(call, tmp_path):
    line = facts(call("boundary", TORUS, "--line", "-1,-1,-1", "1,1,1", "--json"))
    assert len(line["points"]) == line["n_facets"] == 2 and line["max_abs_value"] < 1e-15
    flat = facts(call("boundary", PLANE, "--box", "-6", "6", "--json"))
    assert (flat["n_facets"], flat["n_vertices"], flat["n_polylines"]) == (32, 33, 1)
    solid = facts(call("boundary", TORUS, "--box", "-1", "1", "--out", tmp_path / "a.ply", "--json"))
    assert solid["n_facets"] == fl.read(tmp_path / "a.ply").n_faces == 790
    assert "between           0 and 1" in call("boundary", TORUS, "--line", "-1,-1,-1", "1,1,1").stdout


def test_surface_of_a_plane_is_its_polylines(call):
    assert facts(call("surface", PLANE, "--box", "-6", "6", "--json"))["n_polylines"] == 1


def test_bounds_are_exact_whole_numbers(call, tmp_path):
    shape = [(50, 10), *[(50, 50)] * 4, (1, 50)]
    net = fl.Network([np.ones(s) for s in shape], [np.zeros(s[0]) for s in shape]).save(tmp_path / "n.npz")
    found = facts(call("bounds", net, "--json"))
    assert (found["n_parameters"], found["lower"]) == (10801, 179562019186562049740867382427559978336256)
    assert "= 1.796e+41" in call("bounds", net).stdout


def test_bounds_take_the_widths_of_a_network_that_need_not_exist(call, tmp_path, monkeypatch):
    found = facts(call("bounds", "1-10-10-10-10-10-1", "--json"))
    assert (found["n_parameters"], found["lower"]) == (471, 161_051)
    monkeypatch.chdir(tmp_path)
    fl.Network([[[1.0]]], [[0.0]]).save(tmp_path / "a.npz").rename(tmp_path / "3-4-1")
    assert "3-4-1" in call("bounds", "3-4-1").stderr  # a file of this name is a file


BAD = [
    (["bounds", "3-0-1"], "bounds needs widths of at least 1"),
    (["bounds", "3-9999-9999-1"], "at most 30,000,000 weights; got 3-9999-9999-1"),
    (["regions", PLANE], "needs --box"),
    (["regions", PLANE, "--box", "x", "1"], "--box needs numbers"),
    (["regions", TORUS, "--plane", "0", "1,0", "0,1,0", "--box", "-1", "1"], "network needs 3 inputs"),
    (["regions", TORUS, "--plane", "0", "1", "y", "--box", "-1", "1"], "--plane needs numbers"),
    (["regions", TORUS, "--plane", "0", "1", "1", "--line", "0", "1"], "--plane or --line; got both"),
    (["regions", PLANE, "--box", "-1", "1", "--max-seconds", "0"], "a number above 0"),
    (["boundary", PLANE, "--box", "-1,-1,-1", "1,1,1"], "2 axes"),
    (["decisions", NETS / "COUNTS.md", "--box", "-1", "1"], "COUNTS.md"),
]


@pytest.mark.parametrize(("arguments", "said"), BAD, ids=lambda value: None)
def test_bad_questions_are_one_line_and_exit_code_2(call, arguments, said):
    answer = call(*arguments)
    assert answer.exit_code == 2 and answer.stderr.startswith("foldline: ") and said in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_every_verb_has_help_with_an_example(call):
    for name in ("regions", "decisions", "boundary", "bounds", "check"):
        assert f"Example: foldline {name}" in call(name, "--help").stdout


def test_a_dead_layer_is_named_beside_the_regions(call, tmp_path):
    net = fl.Network([[[1, 1], [1, -1]], [[-1, -1], [-2, 0]], [[1, 1]]], [[0, 0], [-1, 0], [3]])
    ask = ["regions", net.save(tmp_path / "dead.npz"), "--box", "-1", "1"]
    assert "hidden layer 2 is dead: no unit of it is on in the box" in call(*ask).stdout
    assert facts(call(*ask, "--json"))["dead_layers"] == [2]
    assert facts(call("regions", XOR, "--box", "-1", "2", "--json"))["dead_layers"] == []


# Stopped by a signal


def six_inputs(path: Path, n: int) -> Path:
    """Six inputs: its search is depth first, and has a part of its answer at any time."""
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(n, 6)), rng.normal(size=(n, n)), rng.normal(size=(2, n))]
    biases = [rng.normal(size=n) / 3, rng.normal(size=n) / 3, [0, 0]]
    return fl.Network(weights, biases).save(path)


@pytest.fixture
def six(tmp_path: Path) -> Path:
    return six_inputs(tmp_path / "a.safetensors", 9)


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """No machine is done with its regions before the search has told a few times how far it is."""
    return six_inputs(tmp_path / "endless.safetensors", 30)


def signalled(monkeypatch, name: str, after: int = 2) -> None:
    """A signal comes as the search tells how far it is."""
    plain = asked.teller

    def telling(status, doing, stop, **how):
        tell, told = plain(status, doing, stop, **how), count(1)

        def raising(n: int, share: float) -> bool:
            if next(told) == after:
                signal.raise_signal(getattr(signal, name))
            return tell(n, share)

        return raising

    monkeypatch.setattr(asked, "teller", telling)


@pytest.mark.parametrize("verb", ["regions", "extrema"])
def test_long_work_says_once_how_it_can_be_ended(call, six, monkeypatch, verb):
    monkeypatch.setattr(asked, "LONG", 0.0)
    words = [verb, six, "--box", "-1", "1", "--json", "--max-regions", "20000"]
    answer = call(*words)
    assert answer.stderr.count("--max-seconds N") == 1 and "note" in answer.stderr and json.loads(answer.stdout)
    for more in (["--max-seconds", "100"], ["--quiet"]):
        assert "--max-seconds N" not in call(*words, *more).stderr


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
@pytest.mark.parametrize("verb", ["regions", "extrema"])
def test_a_signal_ends_a_question_with_what_was_found(call, endless, tmp_path, monkeypatch, verb, name, code):
    signalled(monkeypatch, name)
    out = tmp_path / "part.npz"
    words = ["--out", out] if verb == "regions" else []
    answer = call(verb, endless, "--box", "-1", "1", "--json", *words)
    told = json.loads(answer.stdout)
    assert answer.exit_code == code and not told["complete"] and 0 <= told["explored"] < 1
    assert f"foldline: {verb} was stopped; {told['explored']:.1%} of the box was explored" in answer.stderr
    if verb == "regions":
        part = read_regions(out)
        assert 0 < len(part) == told["n_regions"] and not part.complete and str(out) in answer.stderr
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_signal_before_anything_is_found_ends_at_once(call, six, monkeypatch):
    monkeypatch.setattr("foldline.exact.regions.regions", lambda *_, **__: signal.raise_signal(signal.SIGTERM))
    answer = call("regions", six, "--box", "-1", "1")
    assert answer.exit_code == 143 and not answer.stdout


def test_a_second_signal_ends_a_question_at_once(call, six, monkeypatch):
    def stubborn(*_, callback, **__):
        assert not callback(1, 0.1)
        signal.raise_signal(signal.SIGINT)
        assert callback(2, 0.2)
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr("foldline.exact.regions.regions", stubborn)
    assert call("regions", six, "--box", "-1", "1").exit_code == 143


def test_a_signal_while_regions_are_measured_keeps_them(call, tmp_path, monkeypatch):
    from foldline.exact.regions import Regions

    monkeypatch.setattr(Regions, "n_pieces", property(lambda _: signal.raise_signal(signal.SIGINT)))
    out = tmp_path / "all.npz"
    answer = call("regions", PLANE, "--box", "-6", "6", "--out", out, "--json")
    assert answer.exit_code == 130 and json.loads(answer.stdout)["n_regions"] == len(read_regions(out)) == 548
    assert "stopped; 100.0% of the box was explored, and not measured; the part found is in" in answer.stderr
