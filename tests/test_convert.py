"""Representations of one solid: every pair with its distance from both sides, every file, what has no meaning."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh
from typer.testing import CliRunner

import foldline as fl
from foldline.cli import app
from foldline.cloud import Cloud
from foldline.codes import Codes
from foldline.data.families import solids
from foldline.draw.report.four import four_figure, four_report
from foldline.errors import InputError
from foldline.files.voxels import binvox_bytes, read_binvox, read_volume, volume_bytes
from foldline.forms import WAYS, compared, convert, form_at, form_bytes, four_ways, kind_of
from foldline.voxels import Sampled, Voxels

SOLID = solids(1, families=("torus",), seed=4)[0]
BOX_FACES = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
N = 16
CELL = 2 * 0.95 / (N - 2)  # of the cubes that are made round it, at most
FORMS = {to: convert(SOLID.mesh, to, n=N, points=6000) for to in WAYS}


def spread(points: int, area: float) -> float:
    """The mean distance from a surface to points spread over it: half the distance between neighbours."""
    return 0.5 * (area / points) ** 0.5


# mean distance there and back that a pair may have, and has at least, in cells: (low, high)
LIMITS = {
    ("mesh", "voxels"): (0.05, 0.5),
    ("mesh", "distances"): (1e-3, 0.1),
    ("mesh", "network"): (1e-3, 0.1),
    ("voxels", "mesh"): (0.0, 1e-9),
    ("voxels", "voxels"): (0.0, 1e-9),
    ("voxels", "distances"): (1e-3, 0.35),
    ("voxels", "network"): (1e-3, 0.35),
    ("distances", "mesh"): (0.0, 1e-9),
    ("distances", "voxels"): (0.05, 0.5),
    ("distances", "distances"): (0.0, 1e-9),
    ("distances", "network"): (0.0, 1e-9),
    ("network", "mesh"): (0.0, 1e-9),
    ("network", "voxels"): (0.05, 0.5),
    ("network", "distances"): (0.0, 1e-9),
    ("network", "network"): (0.0, 1e-9),
    ("mesh", "mesh"): (0.0, 1e-9),
}


@pytest.mark.parametrize(("source", "to"), LIMITS, ids=lambda pair: pair)
def test_surfaces_of_two_representations_are_as_far_apart_as_they_say(source: str, to: str) -> None:
    made = convert(FORMS[source], to, n=N)
    assert kind_of(made) == to
    found = compared(FORMS[source], made, places=2000)
    low, high = LIMITS[source, to]
    for mean, most in (found.there, found.back):
        assert low * CELL <= mean <= high * CELL and mean <= most <= max(2 * CELL, 1e-9)


@pytest.mark.parametrize("source", ["mesh", "voxels", "distances", "network"])
def test_points_lie_on_the_surface_and_leave_it_as_far_as_they_are_apart(source: str) -> None:
    cloud = convert(FORMS[source], "points", points=3000)
    found = compared(FORMS[source], cloud, places=2000)
    area = FORMS["mesh"].area
    assert found.back[1] < 1e-6  # every point lies on the surface
    assert 0.5 * spread(3000, area) < found.there[0] < 1.6 * spread(3000, area) * (1.5 if source == "voxels" else 1)
    assert cloud.normals is not None and len(cloud) == 3000


@pytest.mark.parametrize("to", ["mesh", "voxels", "distances", "network"])
def test_points_have_no_surface(to: str) -> None:
    with pytest.raises(InputError, match=f"needs a surface for {to}; points have no surface.*foldline fit"):
        convert(FORMS["points"], to)
    assert convert(FORMS["points"], "points") is FORMS["points"]


def test_the_field_of_sampled_distances_has_them_at_its_vertices_and_lines_between() -> None:
    sampled = FORMS["distances"]
    field = sampled.field
    axes = [np.linspace(lo, hi, N + 1) for lo, hi in zip(sampled.box.lo, sampled.box.hi, strict=True)]
    at = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    np.testing.assert_allclose(field(at)[:, 0], sampled.values.ravel(), atol=1e-12)
    assert np.abs(field(at)[:, 0] - SOLID.distance(at)).max() < 2e-3  # the mesh is a polygon's, the solid round
    surface = fl.surface(field, sampled.box)
    assert surface.certified and surface.complete and surface.closed and surface.euler == 0


def test_resolution_is_what_the_distance_is_of() -> None:
    means = [compared(SOLID.mesh, convert(SOLID.mesh, "network", n=n), places=2000).there[0] for n in (12, 24)]
    assert means[1] < means[0] / 2.5  # linear interpolation is of second order
    boxes = [compared(SOLID.mesh, convert(SOLID.mesh, "voxels", n=n), places=2000).there[0] for n in (12, 24)]
    assert means[1] < boxes[1] and 1.4 < boxes[0] / boxes[1] < 4  # voxels of first order


def test_voxels_are_filled_where_their_middle_is_inside() -> None:
    voxels = FORMS["voxels"]
    inside = SOLID.distance(voxels.centres.reshape(-1, 3)).reshape(voxels.filled.shape)
    sure = np.abs(inside) > 2e-3
    assert np.array_equal((inside < 0)[sure], voxels.filled[sure]) and voxels.filled.any()
    volume = np.prod((voxels.box.hi - voxels.box.lo) / N) * voxels.filled.sum()
    assert voxels.mesh.volume == pytest.approx(volume) and voxels.mesh.volume == pytest.approx(
        SOLID.mesh.volume, rel=0.1
    )


FILES = [("mesh", ".ply"), ("mesh", ".stl"), ("voxels", ".npz"), ("voxels", ".binvox"), ("points", ".xyz"),
         ("points", ".npy"), ("points", ".ply"), ("distances", ".npz"), ("network", ".safetensors"),
         ("network", ".npz")]  # fmt: skip


@pytest.mark.parametrize(("kind", "suffix"), FILES, ids=lambda part: part)
def test_a_file_holds_the_representation(kind: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(form_bytes(FORMS[kind], path))
    back = form_at(path)
    assert kind_of(back) == kind
    if kind == "voxels":
        assert np.array_equal(back.filled, FORMS[kind].filled) and np.allclose(back.box.hi, FORMS[kind].box.hi)
    found = compared(FORMS[kind], back, places=500)
    assert max(found.there[1], found.back[1]) < (1e-6 if suffix == ".stl" else 1e-12)


def test_others_read_our_binvox_and_we_theirs(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    cells = Voxels(rng.random((7, 7, 7)) < 0.4, fl.Box([1, 2, 3], [2, 3, 4]))
    (tmp_path / "ours.binvox").write_bytes(binvox_bytes(cells))
    theirs = trimesh.load(tmp_path / "ours.binvox")
    assert np.array_equal(theirs.matrix, cells.filled)
    (tmp_path / "theirs.binvox").write_bytes(trimesh.exchange.binvox.export_binvox(theirs))
    assert np.array_equal(read_binvox(tmp_path / "theirs.binvox").filled, cells.filled)
    long = Voxels(np.ones((9, 9, 9), dtype=bool), fl.Box([0, 0, 0], [1, 1, 1]))
    (tmp_path / "long.binvox").write_bytes(binvox_bytes(long))
    assert read_binvox(tmp_path / "long.binvox").filled.all()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "no header"),
        (b"#binvox 1\ndim 2 2\ndata\n", r"dim \[2, 2\]"),
        (b"#binvox 1\ndim 2 2 2\nscale 0\ndata\n", "scale 0.0"),
        (b"#binvox 1\ndim 2 2 2\ndata\n\x01\x07", "runs of 7 voxels"),
        (b"#binvox 1\ndim 2 2 two\ndata\n\x01\x08", "invalid literal"),
        (b"#binvox 1\ndim 99999 99999 99999\ndata\n", "dim"),
        (b"#binvox 1\ndata\n", "dim"),
        (b"#binvox 1\ndim 2 2 2\ntranslate 0 1\ndata\n\x01\x08", r"translate \[0.0, 1.0\]"),
        (b"#binvox 1\ndim 2 2 2\ntranslate 0 1 nan\ndata\n\x01\x08", "finite"),
    ],
)
def test_a_damaged_binvox_is_refused(data: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / "a.binvox").write_bytes(data)
    with pytest.raises(InputError, match=f"not a binvox file.*{told}"):
        read_binvox(tmp_path / "a.binvox")


def test_volumes_that_cannot_be_are_refused(tmp_path: Path) -> None:
    cube = fl.Box([0, 0, 0], [1, 1, 1])
    for make, told in (
        (lambda: Voxels(np.ones((2, 2)), cube), r"filled \(nx, ny, nz\)"),
        (lambda: Sampled(np.ones((2, 2, 3)), cube), r"\(n, n, n\)"),
        (lambda: Sampled(np.full((2, 2, 2), np.nan), cube), "finite"),
        (lambda: binvox_bytes(Voxels(np.ones((2, 2, 4)), cube)), "voxels that are cubes"),
        (lambda: convert(SOLID.mesh, "cloud"), "out of mesh, voxels, points, distances, network; got 'cloud'"),
        (lambda: convert(SOLID.mesh, "voxels", n=1), "2 to 1024 cells"),
        (lambda: convert("nothing.wav", "mesh"), "nothing.wav"),
        (lambda: convert(fl.Network([[[1.0]]], [[0.0]]), "mesh"), "3 inputs and 1 output"),
        (lambda: form_bytes(FORMS["voxels"], tmp_path / "a.ply"), "voxels need a name that ends in .npz, .binvox"),
    ):
        with pytest.raises((InputError, fl.FoldlineError), match=told):
            make()
    np.savez(tmp_path / "bad.npz", sdf=np.ones((2, 3, 4)))
    with pytest.raises(InputError, match=r"bad\.npz: Sampled needs"):
        read_volume(tmp_path / "bad.npz")
    assert volume_bytes(FORMS["voxels"])[:2] == b"PK"


def call(*arguments: object) -> dict:
    ran = CliRunner().invoke(app, [str(a) for a in [*arguments, "--json"]])
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)


def test_the_command_line_says_bytes_and_distances_both_ways(tmp_path: Path) -> None:
    source = SOLID.mesh.save(tmp_path / "torus.off")
    told = call("convert", source, tmp_path / "torus.binvox", "--n", 24)
    assert (told["source"], told["made"]) == ("mesh", "voxels") and 0 < told["there"][0] < told["there"][1] < 0.12
    assert told["bytes"] == [source.stat().st_size, (tmp_path / "torus.binvox").stat().st_size]
    grid = call("convert", source, tmp_path / "torus.npz", "--n", 24)
    assert grid["made"] == "distances" and grid["there"][0] < told["there"][0]
    assert call("convert", tmp_path / "torus.npz", tmp_path / "field.safetensors")["there"][1] < 1e-12
    assert (
        call("convert", tmp_path / "torus.npz", tmp_path / "points.ply", "--to", "points", "--n-points", 50)["made"]
        == "points"
    )
    ran = CliRunner().invoke(app, ["convert", str(tmp_path / "points.ply"), str(tmp_path / "b.stl")])
    assert ran.exit_code == 2 and "points have no surface" in ran.stderr
    ran = CliRunner().invoke(app, ["convert", str(source), str(tmp_path / "c.ply")])
    assert "distance from the mesh" in ran.output and "torus.off" in ran.output


def test_a_network_becomes_another_file_of_the_same_numbers(tmp_path: Path) -> None:
    told = call("convert", "tests/nets/d2_3x32.npz", tmp_path / "a.safetensors")
    assert told["made"] == "network" and told["bytes"][1] == (tmp_path / "a.safetensors").stat().st_size
    a, b = fl.read("tests/nets/d2_3x32.npz"), fl.read(tmp_path / "a.safetensors")
    assert all(np.array_equal(x, y) for x, y in zip(a.weights, b.weights, strict=True))
    call("convert", tmp_path / "a.safetensors", tmp_path / "b.onnx")
    assert np.array_equal(fl.read(tmp_path / "b.onnx").weights[1], a.weights[1])


def test_a_cloud_is_compared_by_its_points_alone() -> None:
    found = compared(Cloud([[0.0, 0, 0]]), Cloud([[0.0, 0, 1], [0.0, 0, 2]]))
    assert found.there == (1.0, 1.0) and found.back == (1.5, 2.0)


def test_an_npz_is_read_as_the_network_or_the_points_that_it_holds(tmp_path):
    network = fl.Network([[[1.0, 2.0, 3.0]]], [[0.0]])
    assert form_at(network.save(tmp_path / "line.npz")).d_in == 3
    points = np.random.default_rng(0).normal(size=(20, 3))
    np.savez(tmp_path / "points.npz", points=points)
    np.testing.assert_array_equal(form_at(tmp_path / "points.npz").points, points)


def test_points_are_not_measured_from_the_places_they_were_put_at() -> None:
    cloud = convert(SOLID.mesh, "points", points=20_000)
    mean, most = compared(SOLID.mesh, cloud).there
    assert mean > 0.3 * spread(20_000, SOLID.mesh.area) and most > 2 * mean


@pytest.fixture(scope="module")
def ways():
    return four_ways(SOLID.mesh, n=N, points=500)


def test_scans_become_ply_and_maps_are_named(tmp_path: Path) -> None:
    for name in ("a.asc", "a.pts"):
        (tmp_path / name).write_text("3\n1 2 3 9\n2 3 4 9\n3 4 5 9\n")
        done = CliRunner().invoke(app, ["convert", str(tmp_path / name), str(tmp_path / f"{name}.ply")])
        assert done.exit_code == 0, done.output
        again = form_at(tmp_path / f"{name}.ply")
        assert isinstance(again, Cloud) and again.points.tolist() == [[1, 2, 3], [2, 3, 4], [3, 4, 5]]
    (tmp_path / "hill.asc").write_text("ncols 2\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 1\n1 2 3 4\n")
    with pytest.raises(InputError, match=r"needs a shape or a network; hill\.asc holds a Samples"):
        form_at(tmp_path / "hill.asc")


def test_cells_larger_than_the_solid_and_boxes_beside_it_are_refused_with_what_helps() -> None:
    thin = fl.Mesh.of_polygons(np.indices((2, 2, 2)).reshape(3, -1).T * [1, 1, 0.09], BOX_FACES)
    beside = fl.Box([5.0] * 3, [6.0] * 3)
    for made in (convert(thin, "voxels", n=2), convert(thin, "distances", n=4, box=beside)):
        with pytest.raises(InputError, match=r"one is empty: cells are larger .*Raise n \(--n\)"):
            compared(thin, made)
    assert compared(thin, convert(thin, "voxels", n=32)).there[1] < 0.09


def test_one_shape_four_ways_is_what_convert_makes_and_measures(ways) -> None:
    assert [kind_of(way.form) for way in ways] == ["mesh", "voxels", "points", "network"]
    assert ways[0].form is SOLID.mesh and ways[0].conversion.there == (0.0, 0.0)
    for way, name in zip(ways[1:], ("a.npz", "a.ply", "a.safetensors"), strict=True):
        again = convert(SOLID.mesh, kind_of(way.form), n=N, points=500)
        told = compared(SOLID.mesh, again)
        assert (way.conversion.there, way.conversion.back) == (told.there, told.back)
        assert way.conversion.bytes[1] == len(form_bytes(again, Path(name)))
    assert four_ways(convert(SOLID.mesh, "voxels", n=8), n=8, points=50)[1].conversion.back == (0.0, 0.0)
    with pytest.raises(InputError, match="points have no surface"):
        four_ways(Cloud([[0.0, 0.0, 0.0]]))
    flat, wide = fl.Network([np.ones((1, 2))], [[0.0]]), fl.Network([np.ones((1, 5))], [[0.0]])
    with pytest.raises(InputError, match="a solid needs a network of 3 inputs and 1 output; got 2 and 1"):
        four_ways(flat)
    with pytest.raises(InputError, match="Name one: --shape NAME"):
        four_ways(replace(wide, codes=Codes([[0.0, 1.0]], ["one"])))


def test_the_page_and_the_figure_have_its_numbers(ways) -> None:
    made = four_report(ways, source="<torus>.off")
    assert made.html.count("data:image/png;base64,") == 4 and "<torus>" not in made.html
    drawn = four_figure(ways, "torus.off").texts()
    for way in ways:
        for text in (f"{way.conversion.bytes[1]:,}", f"{way.conversion.there[0]:.2g}", f"{way.conversion.back[1]:.2g}"):
            assert f"<td>{text}</td>" in made.html and text in drawn
    assert [way["bytes"] for way in made.facts["ways"]] == [way.conversion.bytes[1] for way in ways]


@pytest.mark.parametrize("suffix", [".html", ".png"])
def test_convert_writes_the_page_and_the_figure(suffix: str, tmp_path: Path) -> None:
    mesh, out = SOLID.mesh.save(tmp_path / "torus.off"), tmp_path / f"four{suffix}"
    how = [str(mesh), str(out), "--n", "8", "--n-points", "100"]
    done = CliRunner().invoke(app, ["convert", *how, "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert [way["kind"] for way in told["ways"]] == ["mesh", "voxels", "points", "network"]
    assert out.read_bytes()[:5] in (b"<!doc", b"\x89PNG\r")
    refused = CliRunner().invoke(app, ["convert", *how, "--to", "mesh", "--force"])
    assert refused.exit_code != 0 and "Leave it out" in refused.output
