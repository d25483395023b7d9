"""Classes of shapes from folders to surfaces, in Python and at the command line."""

from __future__ import annotations

import json
import math
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import foldline as fl
from foldline.classes import fitting
from foldline.classes.finding import blend, chamfer_of, complete, reconstruct
from foldline.classes.fitting import fit_shapes, sources_of
from foldline.cli import app, project
from foldline.cloud import Cloud
from foldline.data.cloud import cloud_samples
from foldline.data.families import solids
from foldline.errors import InputError
from foldline.files.cloud import cloud_bytes, read_cloud
from foldline.fit import descent
from foldline.transform import Transform

BOXES = solids(5, families=("box",), seed=2)
ROWS = 8000  # samples a shape: enough here, and a sixth of the time


@pytest.fixture(scope="module", autouse=True)
def few_samples() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "rows_each", lambda shapes: ROWS)
        yield


SMALL = {"hidden": (24, 24), "latent": 4, "steps": 500}
SHIFTS = np.random.default_rng(0).uniform(-5, 5, (5, 3))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five boxes, each in a place of its own, three times as large as they are fitted."""
    path = tmp_path_factory.mktemp("boxes")
    for solid, shift in zip(BOXES, SHIFTS, strict=True):
        solid.mesh.transformed(3.0, -shift / 3).save(path / f"{solid.name}.off")
    return path


@pytest.fixture(scope="module")
def boxes(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[fl.Network, Path]:
    """The class of the folder, by the command line, and where it is."""
    out = tmp_path_factory.mktemp("out") / "boxes"
    options = ["--hidden", "32,32", "--latent", "4", "--steps", "1500", "--holdout", "0.2", "--quiet"]
    ran = CliRunner().invoke(app, ["fit", str(folder), "--out", str(out), *options])
    assert ran.exit_code == 0, ran.output
    return fl.read(out / "network.safetensors"), out


def call(*arguments: object) -> dict:
    ran = CliRunner().invoke(app, [str(a) for a in [*arguments, "--json"]])
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)


def test_a_folder_becomes_one_network_with_a_code_and_a_transform_a_shape(boxes, folder: Path) -> None:
    network, out = boxes
    assert len(network.codes) == 4 and network.codes.d == 4 and dict(network.skips) == {2: (0,)}
    for name, there in zip(network.codes.names, network.codes.transforms, strict=True):
        mesh = fl.read(folder / f"{name}.off")
        assert there.scale == pytest.approx(1.8 / np.ptp(mesh.bounds, axis=0).max())
        assert np.allclose(there.shift, mesh.bounds.mean(axis=0))
    told = json.loads((out / "report.json").read_text())
    assert set(told["class"]["codes"]) == set(network.codes.names) and told["training"]["held_out"]["rows"] == 1
    assert network.training.held_out["mean_chamfer"] > 0 and len(network.meta["chamfer"]["held_out"]) == 1
    page = (out / "report.html").read_text()
    assert "Map of 4 codes" in page and "not fitted to" in page and page.count("data:image/png") >= 9


def test_every_surface_of_the_class_is_exact_and_nearer_its_own_shape_than_others(boxes) -> None:
    network, _ = boxes
    own = {solid.name: solid.mesh for solid in BOXES if solid.name in network.codes.names}
    for name, mesh in own.items():
        found = fl.surface(network.fixed(name), fl.Box([-1] * 3, [1] * 3))
        assert found.certified and found.complete and found.closed
        assert chamfer_of(network.fixed(name), mesh.transformed(3.0, -np.zeros(3)), "strict") >= 0
    distances = np.array([[_apart(network, a, mesh) for mesh in own.values()] for a in own])
    assert (distances.argmin(axis=1) == np.arange(len(own))).all() and np.diag(distances).max() < 0.03


def _apart(network: fl.Network, name: str, mesh: fl.Mesh) -> float:
    """Between the surface of a shape and a mesh, both centred and as large."""
    scale = 1.8 / np.ptp(mesh.bounds, axis=0).max()
    found = fl.surface(network.fixed(name), fl.Box([-1] * 3, [1] * 3)).mesh
    return found.distance_to(mesh.transformed(scale, mesh.bounds.mean(axis=0)), n=3000).chamfer


def test_surface_of_a_shape_is_in_the_units_of_its_file(boxes, folder: Path, tmp_path: Path) -> None:
    network, out = boxes
    name = network.codes.names[1]
    told = call(
        "surface", out / "network.safetensors", "--shape", name, "--units", "input", "--out", tmp_path / "s.ply"
    )
    given, made = fl.read(folder / f"{name}.off"), fl.read(tmp_path / "s.ply")
    assert told["closed"] and np.abs(made.bounds - given.bounds).max() < 0.05 * np.ptp(given.bounds)
    ran = CliRunner().invoke(app, ["surface", str(out / "network.safetensors"), "--box", "-1", "1"])
    assert ran.exit_code == 2 and "--shape" in ran.stderr


@pytest.mark.slow
def test_a_shape_that_was_not_fitted_to_is_reconstructed_from_mesh_and_from_cloud(boxes, folder, tmp_path) -> None:
    network, out = boxes
    (name,) = {solid.name for solid in BOXES} - set(network.codes.names)
    told = call("reconstruct", out / "network.safetensors", folder / f"{name}.off", "--out", tmp_path / "m.ply")
    assert told["distance"]["chamfer"] < 0.1 and told["surface"]["certified"] and told["nearest"] in network.codes.names
    given, made = fl.read(folder / f"{name}.off"), fl.read(tmp_path / "m.ply")
    assert np.abs(made.bounds - given.bounds).max() < 0.2 * np.ptp(given.bounds)
    points, faces = given.sample(2000)
    (tmp_path / "c.xyz").write_bytes(cloud_bytes(Cloud(points, given.normals[faces]), ".xyz"))
    (tmp_path / "p.npy").write_bytes(cloud_bytes(Cloud(points), ".npy"))
    for cloud, out_name in (("c.xyz", "c.ply"), ("p.npy", "p.ply")):
        of_points = call("reconstruct", out / "network.safetensors", tmp_path / cloud, "--out", tmp_path / out_name)
        assert of_points["distance"]["shape_to_surface"] < 0.1 and set(of_points["distance"]) == {"shape_to_surface"}


def test_a_known_shape_is_found_again_from_half_of_it(boxes, folder: Path, tmp_path: Path) -> None:
    network, out = boxes
    name = network.codes.names[0]
    mesh = fl.read(folder / f"{name}.off")
    points, faces = mesh.sample(3000)
    half = points[:, 0] > np.median(points[:, 0])
    (tmp_path / "half.ply").write_bytes(cloud_bytes(Cloud(points[half], mesh.normals[faces][half]), ".ply"))
    arguments = [out / "network.safetensors", tmp_path / "half.ply", "--out", tmp_path / "whole.ply"]
    told = call("complete", *arguments, "--like", name)
    assert told["assumed"] == [] and told["distance"]["shape_to_surface"] < 0.05
    made = fl.read(tmp_path / "whole.ply")
    assert made.distance_to(mesh, n=3000).chamfer < 0.03 * np.ptp(mesh.bounds)
    again = call("complete", *arguments, "--force")
    assert "the bounds of the points" in again["assumed"][0]


def test_a_frame_that_fits_badly_is_called_doubtful_with_what_helps(boxes, tmp_path: Path) -> None:
    network, out = boxes
    own = network.training.final["clamped_error"]
    box = next(solid for solid in BOXES if solid.name in network.codes.names)
    for solid, doubtful in ((box, False), (solids(1, families=("torus",), seed=4)[0], True)):
        mesh, family = solid.mesh, solid.name
        points, faces = mesh.sample(1200)
        half = points[:, 0] > np.median(points[:, 0])
        (tmp_path / f"{family}.ply").write_bytes(cloud_bytes(Cloud(points[half], mesh.normals[faces][half]), ".ply"))
        arguments = [out / "network.safetensors", tmp_path / f"{family}.ply", "--frame", "fit", "--steps", 150]
        told = call("complete", *arguments, "--out", tmp_path / f"{family}-whole.ply")
        said = [text for text in told["assumed"] if "the frame is doubtful" in text]
        assert bool(said) == doubtful == (told["error"] > 2 * own)
    assert "(--like NAME)" in said[0] and "leave --frame out" in said[0]


def test_a_series_of_blends_goes_from_one_shape_to_the_other(boxes, tmp_path: Path) -> None:
    network, out = boxes
    a, b = network.codes.names[:2]
    told = call("blend", out / "network.safetensors", a, b, "--series", 3, "--out", tmp_path / "blend.ply")
    assert all(one["closed"] and one["certified"] for one in told["shapes"])
    assert [Path(one["file"]).name for one in told["shapes"]] == ["blend-0.ply", "blend-1.ply", "blend-2.ply"]
    volumes = [fl.read(tmp_path / f"blend-{k}.ply").volume for k in range(3)]
    assert min(volumes[0], volumes[2]) * 0.7 < volumes[1] < max(volumes[0], volumes[2]) * 1.4
    assert blend(network, a, b, 0.0)([[0.1, 0.2, 0.3]]) == network.fixed(a)([[0.1, 0.2, 0.3]])
    middle = blend(network, a, b, 0.5).transform
    ends = [network.codes.transforms[k] for k in (0, 1)]
    assert middle.scale == pytest.approx(math.sqrt(ends[0].scale * ends[1].scale))


def test_show_says_the_shapes_and_their_directions(boxes) -> None:
    _, out = boxes
    told = call("show", out / "network.safetensors")
    assert told["class"]["shapes"] == 4 and 0.3 < sum(told["class"]["shares"]) <= 1 + 1e-9
    ran = CliRunner().invoke(app, ["show", str(out / "network.safetensors")])
    assert "4 shapes, 4 numbers each" in ran.output and "one it was not fitted to" in ran.output


def test_one_frame_for_all_keeps_sizes_and_places() -> None:
    meshes = {str(k): BOXES[0].mesh.transformed(1.0 / (k + 1), np.array([-k, 0.0, 0.0])) for k in range(2)}
    network = fit_shapes(meshes, frame="common", **SMALL | {"steps": 5})
    assert network.codes.shared is not None
    both = np.concatenate([mesh.vertices for mesh in meshes.values()])
    moved = (both - network.codes.shared.shift) * network.codes.shared.scale
    assert np.abs(moved).max() == pytest.approx(0.9)


def ellipsoids() -> dict[str, Cloud]:
    """Ellipsoids of revolution, all sizes of their short axis."""
    rng = np.random.default_rng(0)
    table = {}
    for short in (0.3, 0.45, 0.6, 0.75, 0.9):
        unit = rng.normal(size=(4000, 3))
        unit /= np.linalg.norm(unit, axis=1, keepdims=True)
        table[f"e{short}"] = Cloud(unit * [short, short, 0.9], unit / [short, short, 0.9])
    return table


@pytest.fixture(scope="module")
def balls() -> fl.Network:
    return fit_shapes(ellipsoids(), hidden=(32, 32), latent=3, steps=1500)


@pytest.mark.slow
@pytest.mark.parametrize("normals", [True, False])
def test_the_frame_of_a_part_is_found_with_its_code(balls: fl.Network, normals: bool) -> None:
    rng = np.random.default_rng(1)
    unit = rng.normal(size=(4000, 3))
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    sides, middle = np.array([0.52, 0.52, 0.9]), np.array([5.0, -2.0, 1.0])
    seen = unit @ [1.0, 0.3, 0.8] > -0.1  # a little more than half, cut across
    whole = Cloud(3 * unit * sides + middle, unit / sides)
    part = Cloud(whole.points[seen], whole.normals[seen] if normals else None)
    found, bounds = complete(balls, part, frame="fit"), complete(balls, part)
    there = found.network.transform
    assert there.scale == pytest.approx(1 / 3, rel=0.05) and np.abs(there.shift - middle).max() < 0.2
    off, other = (np.abs(net(whole.transformed(net.transform).points)).mean() / net.transform.scale
                  for net in (found.network, bounds.network))  # fmt: skip
    assert off < 0.04 and 3 * off < other
    assert "found with the code: a whole of 5." in found.assumed[0] and "--frame fit" in bounds.assumed[0]


def test_a_frame_that_is_no_frame_is_refused() -> None:
    balls = fit_shapes(ellipsoids(), hidden=(4, 4), latent=3, steps=1)
    part = Cloud(np.random.default_rng(0).normal(size=(50, 3)))
    with pytest.raises(InputError, match="a frame as a Transform, or 'fit'; got 'best'"):
        complete(balls, part, frame="best")
    with pytest.raises(InputError, match="got both"):
        complete(balls, part, frame="fit", like="e0.3")
    for ask in (complete, reconstruct):
        with pytest.raises(InputError, match="needs steps above 0"):
            ask(balls, part, steps=0)


def test_shapes_may_be_made_when_they_are_needed() -> None:
    asked: list[int] = []

    def made(k: int) -> fl.Samples:
        asked.append(k)
        places = np.random.default_rng(k).uniform(-1, 1, (500, 3))
        return fl.Samples(places, BOXES[k].distance(places), "distance")

    network = fit_shapes({f"b{k}": lambda k=k: made(k) for k in range(3)}, **{**SMALL, "steps": 5})
    same = fit_shapes({f"b{k}": made(k) for k in range(3)}, **{**SMALL, "steps": 5})
    assert asked[:3] == [0, 1, 2] and np.array_equal(network.codes.values, same.codes.values)
    with pytest.raises(InputError, match=r"meshes, clouds or samples, .*; got c, a int"):
        fit_shapes({"b": lambda: made(0), "c": lambda: 5}, **SMALL)


def test_a_class_is_fitted_to_points_alone_and_says_how_their_sides_were_found() -> None:
    clouds = {}
    for k, solid in enumerate(solids(3, families=("ellipsoid",))):
        points, faces = solid.mesh.sample(3000, seed=k)
        clouds[f"e{k}"] = Cloud(points, solid.mesh.normals[faces] if k == 0 else None)
    network = fit_shapes(clouds, **{**SMALL, "steps": 800})
    [said] = [sentence for sentence in network.assumed if "no normals" in sentence]
    assert said.startswith("e1, e2: the points have no normals: planes through")
    assert all(chamfer_of(network.fixed(name), cloud) < 0.04 for name, cloud in clouds.items())
    inside = network.fixed("e1")([[0.0, 0.0, 0.0]])[0, 0]
    assert inside < 0 < network.fixed("e1")([[1.1, 1.1, 1.1]])[0, 0]


def test_a_class_can_be_fitted_to_clouds_with_normals(tmp_path: Path) -> None:
    for k, solid in enumerate(solids(3, families=("ellipsoid",))):
        points, faces = solid.mesh.sample(3000, seed=k)
        cloud = Cloud(points, solid.mesh.normals[faces])
        (tmp_path / f"{k}.xyz").write_bytes(cloud_bytes(cloud, ".xyz"))
        samples = cloud_samples(cloud, 3000, frame=Transform(1.0, (0.0, 0.0, 0.0)))
        assert np.abs(samples.targets[:, 0] - solid.distance(samples.inputs)).mean() < 0.004
    network = fl.fit_shapes(tmp_path, **SMALL)
    assert network.codes.names == ("0", "1", "2")
    assert chamfer_of(network.fixed("1"), read_cloud(tmp_path / "1.xyz")) < 0.04


def test_a_tree_of_folders_is_named_by_what_differs_and_all_its_faults_are_told_at_once(tmp_path: Path) -> None:
    for solid in BOXES[:3]:
        (tmp_path / solid.name / "models").mkdir(parents=True)
        solid.mesh.save(tmp_path / solid.name / "models/model.off")
    assert [source.name for source in sources_of(tmp_path)] == ["box-0", "box-1", "box-2"]
    network = fit_shapes(tmp_path, **SMALL | {"steps": 2})
    assert network.codes.names == ("box-0", "box-1", "box-2")
    for name in ("box-1", "box-2"):
        (tmp_path / name / "models/model.off").write_text("OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n")
    told = r"box-1: .*3 boundary edges.* \(--unsigned\)\. Nor can box-2 be taken\."
    with pytest.raises(InputError, match=told):
        fit_shapes(tmp_path, **SMALL)
    apart = {str(k): BOXES[k].mesh for k in range(5)} | {"open": fl.read(tmp_path / "box-1/models/model.off")}
    aside = next(seed for seed in range(99) if fitting.split(sources_of(apart), 0.2, seed)[1][0].name == "open")
    with pytest.raises(InputError, match=r"open: .*3 boundary edges"):  # before it fits for hours to the others
        fit_shapes(apart, holdout=0.2, seed=aside, callback=lambda *_: pytest.fail("fitted"), **SMALL)


def test_samples_and_named_meshes_are_shapes_too() -> None:
    assert [source.name for source in sources_of([BOXES[0].mesh, BOXES[1].mesh])] == ["shape-0", "shape-1"]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: fit_shapes({"a": 3, "b": 4}), "got a, a int"),
        (lambda: fit_shapes([s.mesh for s in BOXES], steps=0), "fit_shapes needs steps above 0"),
        (lambda: fit_shapes([s.mesh for s in BOXES], latent=1.5), "fit_shapes needs latent as a whole number"),
        (lambda: fit_shapes([s.mesh for s in BOXES], seed=-1), "fit_shapes needs a seed of 0 or more"),
        (lambda: fit_shapes([s.mesh for s in BOXES], hidden=(8, 0)), r"widths that are whole .* hidden\[1\] = 0"),
        (lambda: fit_shapes({"a": lambda place: place, "b": BOXES[0].mesh}), "got a, a function"),
        (lambda: fit_shapes([BOXES[0].mesh]), "2 shapes at least"),
        (lambda: fit_shapes([s.mesh for s in BOXES], holdout=1.0), "holdout from 0 to below 1"),
        (lambda: fit_shapes([s.mesh for s in BOXES], frame="own"), "frame out of each, common"),
        (lambda: fit_shapes("nowhere"), "needs a folder; got nowhere"),
        (lambda: fit_shapes([Cloud([[0.0, 0, 0], [1, 1, 1]])] * 2), "shape-0: orienting needs at least 4 points"),
        (lambda: reconstruct(fl.Network([np.ones((1, 3))], [[0.0]]), BOXES[0].mesh), "network with codes of shapes"),
        (
            lambda: complete(fl.Network([np.ones((1, 3))], [[0.0]]), Cloud([[0.0, 0, 0]])),
            "network with codes of shapes",
        ),
    ],
)
def test_what_is_no_class_is_refused(call, told: str) -> None:
    with pytest.raises(InputError, match=told):
        call()


def test_an_option_of_another_kind_of_folder_is_named(folder: Path) -> None:
    ran = CliRunner().invoke(app, ["fit", str(folder), "--until", "psnr=30"])
    assert ran.exit_code == 2 and "options of a class of shapes" in ran.stderr and "--until" in ran.stderr


@pytest.mark.slow
def test_a_fit_of_a_folder_that_was_stopped_is_gone_on_with(folder: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(descent, "RUN_SECONDS", 0.0)  # looked at after every step, however fast the machine
    options = ["--hidden", "8,8", "--latent", "3", "--steps", "60", "--quiet"]
    runner, told, looks = CliRunner(), project.progress_of, iter(range(1000))
    assert runner.invoke(app, ["fit", str(folder), "--out", str(tmp_path / "whole"), *options]).exit_code == 0

    @contextmanager
    def stopped(say, what, *above):
        with told(say, what, *above) as tell:
            yield lambda *values: signal.raise_signal(signal.SIGTERM) if next(looks) == 20 else tell(*values)

    with monkeypatch.context() as patch:
        patch.setattr(project, "progress_of", stopped)
        ran = runner.invoke(app, ["fit", str(folder), "--out", str(tmp_path / "parts"), *options])
    assert ran.exit_code == 143 and not (tmp_path / "parts/report.json").exists()
    ran = runner.invoke(app, ["resume", str(tmp_path / "parts"), "--quiet"])
    assert ran.exit_code == 0, ran.output
    whole, parts = (fl.read(tmp_path / name / "network.safetensors") for name in ("whole", "parts"))
    assert np.array_equal(whole.codes.values, parts.codes.values) and (tmp_path / "parts/report.html").exists()
