"""The command line, as a person or a script meets it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import foldline as fl
from foldline.cli import app
from foldline.cli.app import PANELS

from .files.test_mesh_file import BAD_FILES as BAD_MESHES
from .files.test_network_files import BAD_FILES as BAD_NETWORKS

NETS = Path(__file__).parent / "nets"
DATA = Path(__file__).parents[1] / "data"
TORUS = str(NETS / "sdf3_3x16.npz")


@pytest.fixture
def cube(tmp_path: Path) -> Path:
    corners = [[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)]
    sides = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    return fl.Mesh.of_polygons(corners, sides).save(tmp_path / "cube.off")


def test_surface_prints_its_measures_as_json(call):
    answer = call("surface", TORUS, "--box", "-1", "1", "--json")
    facts = json.loads(answer.stdout)
    assert answer.exit_code == 0
    assert (facts["n_polygons"], facts["n_vertices"], facts["n_edges"], facts["euler"]) == (790, 790, 1580, 0)
    assert facts["closed"] is True and facts["max_abs_value"] < 1e-12
    assert {"area", "volume", "complete", "certified", "seconds"} <= set(facts)


def test_surface_writes_the_mesh_it_describes(call, tmp_path):
    answer = call("surface", TORUS, "--box", "-1,-1,-1", "1,1,1", "--out", tmp_path / "a.ply", "--quiet")
    assert (answer.exit_code, answer.stdout) == (0, "")
    assert fl.read(tmp_path / "a.ply").n_faces == 790


def moved(tmp_path: Path) -> Path:
    """A network zero on |x| + |y| + |z| = 0.9, fitted to something 100 long around (10, 20, 30)."""
    corners = np.vstack([np.eye(3), -np.eye(3)])
    there = fl.transform.Transform(0.018, (10.0, 20.0, 30.0))
    net = fl.Network([corners, np.ones((1, 6))], [np.zeros(6), [-0.9]], transform=there)
    return net.save(tmp_path / "net.safetensors")


@pytest.mark.parametrize(
    ("options", "lo", "hi", "units"),
    [
        ([], [-0.9] * 3, [0.9] * 3, "network"),
        (["--units", "input"], [-40, -30, -20], [60, 70, 80], "input"),
        (["--longest", "3"], [-1.5] * 3, [1.5] * 3, "network, scaled"),
        (["--units", "input", "--longest", "10"], [-4, -3, -2], [6, 7, 8], "input, scaled"),
    ],
)
def test_a_fitted_surface_comes_in_the_units_asked_for(call, tmp_path, options, lo, hi, units):
    answer = call("surface", moved(tmp_path), *options, "--out", tmp_path / "a.stl", "--json")
    facts, mesh = json.loads(answer.stdout), fl.read(tmp_path / "a.stl")
    assert np.allclose(mesh.bounds, [lo, hi], rtol=1e-6)
    assert facts["units"] == units and facts["longest_side"] == pytest.approx(hi[0] - lo[0])
    assert facts["volume"] == pytest.approx(4 / 3 * ((hi[0] - lo[0]) / 2) ** 3)


@pytest.mark.parametrize(
    ("network", "options", "message"),
    [
        (TORUS, ["--units", "input"], "needs a network that foldline fit to a shape"),
        (TORUS, ["--units", "mm"], "--units needs network or input; got 'mm'"),
        (TORUS, ["--longest", "0"], "--longest needs a length above 0; got 0"),
        (str(NETS / "d2_2x16.npz"), ["--longest", "1"], "need a network with 3 inputs; got 2"),
    ],
)
def test_units_that_cannot_be_are_refused(call, network, options, message):
    answer = call("surface", network, "--box", "-1", "1", *options)
    assert answer.exit_code == 2 and message in answer.stderr


def test_surface_writes_a_small_file_or_text_with_gradients(call, tmp_path):
    small, told = tmp_path / "a.ply", tmp_path / "b.ply"
    for out, more in ((small, []), (told, ["--text"])):
        assert call("surface", TORUS, "--box", "-1", "1", "--out", out, "--quiet", *more).exit_code == 0
    assert b"format binary_little_endian" in small.read_bytes()[:40] and not fl.read(small).face_values
    exact = fl.surface(fl.read(TORUS), fl.Box([-1] * 3, [1] * 3)).mesh
    assert b"format ascii" in told.read_bytes()[:40]
    assert fl.read(told).n_faces == fl.read(small).n_faces == exact.n_faces
    np.testing.assert_array_equal(fl.read(told).vertices, fl.read(small).vertices)
    rows = np.loadtxt(told.read_text().splitlines()[-exact.triangles[0].shape[0] :])
    head = told.read_text().partition("end_header")[0]
    names = head[head.index("vertex_indices") :].split()[1:]
    first = 4 + [name for name in names if name not in ("property", "double", "int", "comment")].index("gradient_0")
    np.testing.assert_array_equal(rows[:, first : first + 3], exact.face_values["gradient"][exact.triangles[1]])


@pytest.mark.parametrize(("out", "got"), [("a.obj", "a.obj"), (None, "no --out")])
def test_surface_has_text_for_ply_alone(call, tmp_path, out, got):
    named = ["--out", tmp_path / out] if out else []
    refused = call("surface", TORUS, "--box", "-1", "1", "--text", *named)
    assert refused.exit_code == 2 and f"ends in .ply; got {got}. Leave it out." in refused.output.replace("\n", " ")


def test_surface_refuses_to_replace_a_file_and_then_does_with_force(call, tmp_path):
    out = tmp_path / "a.ply"
    out.write_text("mine")
    refused = call("surface", TORUS, "--box", "-1", "1", "--out", out)
    assert refused.exit_code == 4 and "--force" in refused.stderr and out.read_text() == "mine"
    assert call("surface", TORUS, "--box", "-1", "1", "--out", out, "--force", "--quiet").exit_code == 0


def test_show_says_a_network_in_the_lectures_terms(call):
    answer = call("show", TORUS)
    assert answer.exit_code == 0
    for said in (
        "3 inputs ═▶ (16) ═▶ (16) ═▶ (16) ═▶ 1 output",
        "deep, feedforward, fully connected, relu",
        "625",
        "48 hidden units",
    ):
        assert said in answer.stdout


def test_show_says_what_is_wrong_with_a_mesh(call):
    facts = json.loads(call("show", DATA / "mesh" / "elephant-with-holes.off", "--json").stdout)
    assert facts["closed"] is False and any("holes" in finding for finding in facts["findings"])


BAD = [
    (["show", "nowhere.off"], 4, "nowhere.off"),
    (["show", "song.mp3"], 2, "song.mp3"),
    (["surface", str(NETS / "d2_2x16.npz"), "--box", "-1,-1,-1", "1,1,1"], 2, "3 inputs"),
    (["surface", TORUS, "--box", "1", "-1"], 2, "lo < hi"),
    (["surface", TORUS, "--box", "a", "1"], 2, "--box needs numbers"),
    (["surface", str(DATA / "mesh" / "elephant.off"), "--box", "-1", "1"], 2, "holds a Mesh"),
    (["fit", TORUS, "--out", "nowhere"], 2, "holds a network"),
    (["fit", str(DATA / "mesh" / "elephant.off"), "--hidden", "a,b"], 2, "--hidden needs whole numbers"),
    (["fit", str(DATA / "mesh" / "elephant-with-holes.off"), "--out", "nowhere"], 2, "--winding"),
]


@pytest.mark.parametrize(("arguments", "code", "said"), BAD, ids=lambda value: None)
def test_bad_input_is_one_line_and_an_exit_code(call, arguments, code, said):
    answer = call(*arguments)
    assert answer.exit_code == code
    assert answer.stderr.startswith("foldline: ") and said in answer.stderr
    assert answer.stderr.count("\n") == 1 and "Traceback" not in answer.stderr
    assert not Path("nowhere").exists()


def test_debug_shows_the_traceback(call):
    assert "Traceback" in call("show", "nowhere.off", "--debug").stderr


def test_an_unforeseen_error_is_one_line_too(call, monkeypatch):
    monkeypatch.setattr("foldline.facts.values.facts_of", lambda value: 1 / 0)
    answer = call("show", TORUS)
    assert answer.exit_code == 1 and "internal error: ZeroDivisionError" in answer.stderr


def test_memory_that_runs_out_ends_like_a_budget(call, monkeypatch):
    def ran_out(value):
        try:
            raise MemoryError("no more")
        finally:
            raise ValueError("a closed file")  # as an archive that is being written makes of it

    monkeypatch.setattr("foldline.facts.values.facts_of", ran_out)
    answer = call("show", TORUS)
    assert answer.exit_code == 3 and "needs more memory than there is" in answer.stderr


def test_ctrl_c_is_130_and_said(call, monkeypatch):
    def interrupted(value):
        raise KeyboardInterrupt

    monkeypatch.setattr("foldline.facts.values.facts_of", interrupted)
    answer = call("show", TORUS)
    assert answer.exit_code == 130 and answer.stderr == "foldline: show was stopped.\n"


def test_fit_writes_the_results_of_a_shape(call, cube, few_points, tmp_path):
    out = tmp_path / "new" / "cube"
    answer = call("fit", cube, "--out", out, "--hidden", "8,8", "--steps", "60", "--json")
    assert answer.exit_code == 0, answer.stderr
    names = {"network.safetensors", "network.onnx", "surface.ply", "report.html", "report.json"}
    assert {path.name for path in out.iterdir()} == names
    facts = json.loads(answer.stdout)
    assert facts == json.loads((out / "report.json").read_text()) | {"assumed": []}
    points = np.random.default_rng(0).uniform(-1, 1, (50, 3))
    network = fl.read(out / "network.safetensors")
    assert np.array_equal(network(points), fl.read(out / "network.onnx")(points))
    assert fl.read(out / "surface.ply").n_faces == facts["surface"]["n_polygons"]


def test_fit_keeps_a_folder_that_has_files_unless_forced(call, cube, few_points, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years")
    answer = call("fit", cube, "--out", tmp_path / "mine", "--steps", "5")
    assert answer.exit_code == 4 and "--force" in answer.stderr
    forced = call("fit", cube, "--out", tmp_path / "mine", "--steps", "5", "--hidden", "4", "--force", "--quiet")
    assert forced.exit_code == 0 and (tmp_path / "mine" / "thesis.txt").read_text() == "years"


def test_fit_refuses_a_file_where_the_folder_should_go(call, cube, tmp_path):
    (tmp_path / "taken").write_text("")
    answer = call("fit", cube, "--out", tmp_path / "taken")
    assert answer.exit_code == 4 and "--out needs a folder" in answer.stderr


def test_a_diverged_fit_leaves_its_last_good_weights_on_disk(call, cube, few_points, tmp_path):
    out = tmp_path / "wild"
    answer = call("fit", cube, "--out", out, "--hidden", "8", "--steps", "200", "--learning-rate", "1e30")
    assert answer.exit_code == 2 and "step" in answer.stderr and "network.safetensors" in answer.stderr
    assert fl.read(out / "network.safetensors").hidden == (8,)


def test_fit_reports_a_table_and_an_image(call, tmp_path):
    for source in (DATA / "table" / "iris.csv", DATA / "image" / "camera.png"):
        out = tmp_path / source.stem
        answer = call("fit", source, "--out", out, "--hidden", "8", "--steps", "20", "--quiet")
        assert answer.exit_code == 0, answer.stderr
        assert json.loads((out / "report.json").read_text())["training"]["steps"] == 20
        assert not (out / "surface.ply").exists()


def test_every_verb_has_help_with_an_example(call):
    for name in ("fit", "surface", "show"):
        assert f"Example: foldline {name}" in call(name, "--help").stdout


def test_the_version_is_the_packages(call):
    assert call("--version").stdout.strip() == f"foldline {fl.__version__}"


@pytest.mark.parametrize(("row", "name", "data", "message"), [*BAD_MESHES, *BAD_NETWORKS])
def test_a_bad_file_ends_the_command_with_one_line_and_code_2(tmp_path, row, name, data, message):
    text = json.dumps(data) if isinstance(data, dict) else data
    (tmp_path / name).write_bytes(text.encode() if isinstance(text, str) else text)
    done = CliRunner().invoke(app, ["show", str(tmp_path / name)])
    assert done.exit_code == 2
    assert re.search(message, re.sub(r"\s+", " ", done.stderr)), done.stderr
    assert "Traceback" not in done.output


def test_points_are_shown_with_their_box(tmp_path):
    (tmp_path / "p.xyz").write_text("0 0 0\n1 0 0\n0 2 0\n0 0 3\n")
    shown = CliRunner().invoke(app, ["show", str(tmp_path / "p.xyz")])
    assert shown.exit_code == 0 and "4, without normals" in shown.stdout and "(0, 0, 0) to (1, 2, 3)" in shown.stdout


def test_the_verbs_are_listed_by_what_they_are_for(call):
    told = call("--help").output
    places = [told.index(f" {panel} ") for panel in PANELS]
    assert places == sorted(places) and told.index(" fit ") < told.index(" regions ") < told.index(" draw ")
