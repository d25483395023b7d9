"""foldline draw and foldline extrema: what a user types, and what comes of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import foldline as fl
from foldline.cli import app
from foldline.data.gates import xor_network
from foldline.draw.view import VIEWS, matching, scene, usual_view

BOX = ["--box", "-1", "2"]


def call(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a classifier of four columns, its table, XOR, a ball and what was answered about XOR."""
    folder = tmp_path_factory.mktemp("place")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4)) * [1, 10, 1, 1]
    y = np.where(X[:, 0] + X[:, 1] / 10 > 0, "up", "down")
    lines = [",".join([*(f"{v:.4f}" for v in row), label]) for row, label in zip(X, y, strict=True)]
    (folder / "rows.csv").write_text("\n".join(["a,b,c,d,which", *lines]) + "\n")
    samples = fl.read(folder / "rows.csv")
    fl.fit(samples, hidden=(8,), steps=100).save(folder / "four.safetensors")
    xor_network().save(folder / "xor.safetensors")
    fl.regions(xor_network(), fl.Box([-1, -1], [2, 2])).save(folder / "xor.npz")
    fl.Network([np.eye(3), [[1.0] * 3]], [np.zeros(3), [-1.0]], "abs").save(folder / "ball.safetensors")
    return folder


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf", "html"])
def test_a_network_is_drawn_under_every_name(place: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"a.{suffix}"
    answer = call("draw", place / "xor.safetensors", *BOX, "--out", out, "--json")
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.stdout)["picture"] == str(out)
    assert out.read_bytes()[:9] in (b"<?xml ver", b"\x89PNG\r\n\x1a\n\x00", b"%PDF-1.4\n", b"<!doctype")


@pytest.mark.parametrize(("show", "title"), [
    ("regions", "3 linear regions"), ("field", "3 linear regions"), ("classes", "Where each of 2 classes wins"),
    ("boundary", "The boundary between 0 and 1"), ("network", "A network of 9 parameters"),
])  # fmt: skip
def test_every_view_of_a_plane_can_be_asked_for(place: Path, tmp_path: Path, show: str, title: str) -> None:
    answer = call("draw", place / "xor.safetensors", *BOX, "--show", show, "--out", tmp_path / "a.svg", "--json")
    assert json.loads(answer.stdout)["title"] == title


def test_a_table_s_rows_are_cast_onto_the_slice_along_which_they_spread(place: Path, tmp_path: Path) -> None:
    answer = call("draw", place / "four.safetensors", "--data", place / "rows.csv", "--target", "which",
                  "--out", tmp_path / "a.svg", "--json")  # fmt: skip
    assert "along the two directions that hold" in json.loads(answer.stdout)["said"]
    text = (tmp_path / "a.svg").read_text()
    points = [part for part in re.split(r'<g id="', text) if part.startswith("PathCollection")]
    assert sum(part.count("<use ") for part in points) == 60 and ">up<" in text
    assert re.search(r"first direction \(most: [abcd], [abcd]\)", text)


def test_a_saved_answer_and_a_surface_are_drawn(place: Path, tmp_path: Path) -> None:
    drawn = call("draw", place / "xor.npz", "--colour", "piece", "--out", tmp_path / "a.svg", "--json")
    assert json.loads(drawn.stdout)["title"] == "3 linear regions"
    page = tmp_path / "a.html"
    assert json.loads(call("draw", place / "ball.safetensors", "--box", "-2", "2", "--out", page, "--json").stdout)
    assert 'id="solid"' in page.read_text()
    mesh = fl.surface(fl.read_network(place / "ball.safetensors"), fl.Box([-2] * 3, [2] * 3)).mesh
    mesh.save(tmp_path / "ball.ply")
    assert call("draw", tmp_path / "ball.ply", "--out", tmp_path / "ball.png").exit_code == 0


@pytest.mark.parametrize(("words", "message"), [
    (("four.safetensors", "--out", "a.png"), "draw needs a slice of a network with 4 inputs; got none"),
    (("xor.safetensors", "--out", "a.png"), "this question needs --box; got none"),
    (("xor.safetensors", *BOX, "--out", "a.doc"), r"--out needs a name that ends in .svg, .png, .pdf, .html; got"),
    (("xor.safetensors", *BOX, "--show", "face", "--out", "a.png"), "draw needs a view out of regions, field"),
    (("xor.safetensors", *BOX, "--colour", "blue", "--out", "a.png"), "plot needs colour out of pattern"),
    (("xor.safetensors", *BOX, "--data", "rows.csv", "--out", "a.png"), "draw needs data with 2 inputs"),
    (("xor.safetensors", *BOX, "--show", "boundary", "--colour", "piece", "--out", "a.png"), "--colour needs regions"),
    (("rows.csv", "--out", "a.png"), "draw needs a network, an answer or a mesh; rows.csv holds samples"),
    (("xor.safetensors", *BOX, "--max-regions", "1", "--out", "a.png"), None),
])  # fmt: skip
def test_what_cannot_be_drawn_is_one_line(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], message: str | None
) -> None:
    monkeypatch.chdir(place)
    shown = [str(tmp_path / word) if word.startswith("a.") else word for word in words]
    answer = call("draw", *shown)
    if message is None:
        assert "incomplete" in answer.stdout + answer.stderr
        return
    assert answer.exit_code in (2, 4) and re.search(message, answer.stderr)
    assert answer.stderr.count("\n") == 1 and not list(tmp_path.iterdir())


def test_progress_goes_to_standard_error_and_the_answer_to_standard_output(place: Path) -> None:
    answer = call("extrema", place / "xor.safetensors", *BOX, "--json")
    assert set(json.loads(answer.stdout)) >= {"outputs", "lipschitz", "n_regions", "certified"}


def test_extrema_are_those_of_dense_samples_and_beyond(place: Path) -> None:
    told = json.loads(call("extrema", place / "xor.safetensors", *BOX, "--json").stdout)
    grid = np.stack(np.meshgrid(*(np.linspace(-1, 2, 301),) * 2), axis=-1).reshape(-1, 2)
    values = xor_network()(grid)[:, 0]
    one = told["outputs"][0]
    assert one["least"] == pytest.approx(values.min()) and one["largest"] == pytest.approx(values.max())
    for end in ("least", "largest"):
        assert xor_network()(one[f"{end}_at"])[0] == pytest.approx(one[end])
    assert told["lipschitz"] == pytest.approx(2**0.5)
    said = call("extrema", place / "xor.safetensors", *BOX).stdout
    assert "output, largest" in said and "the Lipschitz constant" in said


def test_a_saved_network_needs_no_box(place: Path) -> None:
    told = call("extrema", place / "four.safetensors", "--line", "0,0,0,0", "1,1,1,1", "--json")
    assert told.exit_code == 0 and len(json.loads(told.stdout)["outputs"]) == 2
    said = call("extrema", place / "four.safetensors").stdout
    assert "up, largest" in said and "down, least" in said


def test_classes_of_data_are_matched_by_name() -> None:
    network = fl.Network([[[1.0], [2.0], [3.0]]], [[0.0] * 3], meta={"classes": ["a", "b", "c"]})
    samples = fl.Samples([[0.0], [1.0]], [0.0, 1.0], "classification", (), ("c", "a"))
    found = matching(samples, network)
    assert found.classes == ("a", "b", "c") and found.targets.ravel().tolist() == [2.0, 0.0]
    with pytest.raises(fl.FoldlineError, match=r"data of the network's classes, a, b, c; got 'd'\."):
        matching(fl.Samples([[0.0]], [0.0], "classification", (), ("d",)), network)


@pytest.mark.parametrize(("network", "view"), [
    (fl.Network([[[1.0]]], [[0.0]]), "curve"),
    (fl.Network([[[1.0, 2.0]]], [[0.0]]), "field"),
    (fl.Network([[[1.0, 2.0]] * 2], [[0.0] * 2]), "classes"),
    (fl.Network([[[1.0, 2.0]]], [[0.0]], meta={"kind": "classification"}), "classes"),
    (fl.Network([[[1.0, 2.0]] * 2], [[0.0] * 2], meta={"kind": "regression"}), "field"),
    (fl.Network([[[1.0] * 3]], [[0.0]]), "surface"),
    (fl.Network([[[1.0, 1.0]], [[1.0]]], [[0.0], [0.0]], "tanh"), "network"),
])  # fmt: skip
def test_the_usual_view_follows_from_the_network(network: fl.Network, view: str) -> None:
    assert usual_view(network) == view and view in VIEWS


def test_a_slice_shows_the_network_s_own_values() -> None:
    rng = np.random.default_rng(0)
    network = fl.Network([rng.normal(size=(6, 5)), rng.normal(size=(1, 6))], [rng.normal(size=6), [0.0]])
    samples = fl.Samples(rng.normal(size=(40, 5)) * [1, 50, 1, 0, 1], rng.normal(size=40))
    at = scene(network, samples, None)
    (s, t), inputs = at.samples.inputs[0], samples.inputs
    flat = np.array([[0.0, 0.0], [s, t]])
    middle = inputs.mean(axis=0)
    assert at.network(flat)[0] == pytest.approx(network(middle)) and at.box.d == 2
    spread = np.where(inputs.std(axis=0) > 0, inputs.std(axis=0), 1)
    _, _, ways = np.linalg.svd((inputs - middle) / spread)
    cast = ((inputs - middle) / spread) @ ways[:2].T
    np.testing.assert_allclose(np.abs(at.samples.inputs), np.abs(cast), atol=1e-9)


@pytest.mark.parametrize("suffix", ["csv", "geojson"])
@pytest.mark.parametrize("verb", ["regions", "decisions", "boundary"])
def test_an_answer_without_its_shapes_names_the_file_that_keeps_them(
    place: Path, tmp_path: Path, verb: str, suffix: str
) -> None:
    answer, network = tmp_path / f"a.{suffix}", place / "xor.safetensors"
    assert call(verb, network, *BOX, "--out", answer).exit_code == 0
    refused = call("draw", answer, "--out", tmp_path / "a.svg")
    said = " ".join(refused.output.split())
    assert refused.exit_code == 2 and f"a.{suffix} holds an answer of" in said and verb in said
    kept, drawn = (tmp_path / re.findall(r"NAME(\.\w+)", said)[k].replace(".", "b.") for k in (0, 1))
    assert all(call(verb, network, *BOX, "--out", out).exit_code == 0 for out in (kept, drawn))
    assert call("draw", kept, "--out", tmp_path / "a.svg").exit_code == 0
    assert (tmp_path / "a.svg").read_bytes() == drawn.read_bytes()


@pytest.mark.parametrize(("words", "message"), [
    (("--colour", "piece"), "--colour needs regions; got decisions"),
    (("--show", "regions"), "--show needs a network; got an answer"),
    (("--level", "1"), "--level needs a network; got an answer"),
    (("--box", "0", "1"), "--box needs a network; got an answer"),
])  # fmt: skip
def test_what_was_asked_already_is_not_asked_again(
    place: Path, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    call("decisions", place / "xor.safetensors", *BOX, "--out", tmp_path / "a.json")
    refused = call("draw", tmp_path / "a.json", *words, "--out", tmp_path / "a.png")
    assert refused.exit_code == 2 and message in refused.output


def test_rows_are_drawn_over_decisions_told(place: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("x,y,which\n0,0,1\n1,0,0\n1,1,1\n0.5,0,0\n")
    call("decisions", place / "xor.safetensors", *BOX, "--out", tmp_path / "a.json")
    drawn = call("draw", tmp_path / "a.json", "--data", tmp_path / "rows.csv", "--out", tmp_path / "a.svg")
    assert drawn.exit_code == 0, drawn.output
    text = (tmp_path / "a.svg").read_text()
    points = [part for part in re.split(r'<g id="', text) if part.startswith("PathCollection")]
    assert sum(part.count("<use ") for part in points) == 4


def test_a_view_may_be_called_by_the_verb_that_finds_it(place: Path, tmp_path: Path) -> None:
    found = call("draw", place / "xor.safetensors", *BOX, "--show", "decisions", "--out", tmp_path / "a.svg", "--json")
    assert json.loads(found.stdout)["title"] == "Where each of 2 classes wins"
