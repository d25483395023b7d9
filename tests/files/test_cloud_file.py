"""Clouds in files: what is written comes back, and what is none is refused by its line."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import trimesh

import foldline as fl
from foldline import read
from foldline.cloud import Cloud
from foldline.data.cloud import cloud_samples
from foldline.data.families import solids
from foldline.data.orient import ORIENTED, oriented
from foldline.errors import InputError
from foldline.facts.clouds import cloud_comparison_facts, cloud_doubts
from foldline.facts.values import facts_of, surface_facts
from foldline.files.cloud import WRITTEN, cloud_bytes, read_cloud
from foldline.files.ply import has_faces
from foldline.transform import Transform

RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(50, 3))


@pytest.mark.parametrize("suffix", WRITTEN)
@pytest.mark.parametrize("normals", [None, RNG.normal(size=(50, 3))], ids=["points", "normals"])
def test_a_cloud_comes_back_with_every_number(suffix: str, normals, tmp_path: Path) -> None:
    cloud = Cloud(POINTS, normals)
    path = tmp_path / f"cloud{suffix}"
    path.write_bytes(cloud_bytes(cloud, suffix))
    back = read_cloud(path)
    assert np.array_equal(back.points, cloud.points) and (back.normals is None) == (normals is None)
    assert normals is None or np.allclose(back.normals, cloud.normals, rtol=1e-15, atol=1e-16)


def test_others_read_our_points_and_we_the_vertices_of_meshes(tmp_path: Path) -> None:
    (tmp_path / "cloud.ply").write_bytes(cloud_bytes(Cloud(POINTS), ".ply"))
    theirs = trimesh.load(tmp_path / "cloud.ply")
    np.testing.assert_allclose(theirs.vertices, POINTS, rtol=1e-6)
    mesh = solids(1)[0].mesh
    path = mesh.save(tmp_path / "mesh.ply")
    assert has_faces(path) and not has_faces(tmp_path / "cloud.ply")
    assert np.array_equal(read_cloud(path).points, read(path).vertices)


def test_points_go_where_a_transform_says_and_parts_keep_their_normals() -> None:
    cloud = Cloud(POINTS, POINTS)
    moved = cloud.transformed(Transform(2.0, (1.0, 0.0, 0.0)))
    np.testing.assert_allclose(moved.points, (POINTS - [1, 0, 0]) * 2)
    assert len(cloud.part(POINTS[:, 0] > 0)) == (POINTS[:, 0] > 0).sum() and cloud.part(np.arange(3)).normals.shape == (
        3,
        3,
    )


@pytest.mark.parametrize(
    ("names", "normals", "left"),
    [
        ("//X Y Z Rf Gf Bf", None, "columns 4, 5 and 6 left out"),  # what CloudCompare writes; colours of length 1
        ("# x y z nx ny nz", [1, 0, 0], ""),
        ("x,y,z,normal_x,normal_y,normal_z", [1, 0, 0], ""),
        ("//Nx Ny Nz X Y Z", [5, 6, 7], ""),
        ("# made by hand\n#id a b x(m) y(m) z(m)", None, "columns 1, 2 and 3 left out"),
        ("# x y z and more", [1, 0, 0], ""),  # does not name as many columns
        ("", [1, 0, 0], ""),
    ],
)
def test_columns_are_what_the_first_lines_call_them(names: str, normals, left: str, tmp_path: Path) -> None:
    (tmp_path / "a.xyz").write_text(f"{names}\n5 6 7 1 0 0\n8 9 7 1 0 0\n")
    found = read(tmp_path / "a.xyz")
    behind = "X" in names[8:] or "id" in names
    assert found.points.tolist() == ([[1, 0, 0]] * 2 if behind else [[5, 6, 7], [8, 9, 7]])
    assert (found.normals is None) == (normals is None) and left in str(found.notes)
    if normals is not None:
        np.testing.assert_allclose(found.normals[0], np.array(normals) / np.linalg.norm(normals))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("0 0 1\n0 zero 1\n", r"got \['0', 'zero', '1'\] in line 2"),
        ("0 0 1\n0 1\n", "3 numbers a line; got 2 in line 2"),
        ("0 1\n1 1\n", r"columns x, y, z; got shape \(2, 2\)"),
        ("0 0 nan\n", "finite points; got row 0"),
        ("0 0 1 0 0 0\n", "length 0 in row 0"),
        ("", "a.xyz: a cloud needs points; got an empty file"),
    ],
)
def test_text_that_is_no_cloud_is_refused_by_its_line(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "a.xyz"
    path.write_text(text)
    with pytest.raises(InputError, match=told):
        read_cloud(path)


def test_arrays_that_are_no_cloud_are_refused(tmp_path: Path) -> None:
    file = io.BytesIO()
    np.save(file, np.array([object()]), allow_pickle=True)
    for data, told in ((file.getvalue(), "not a .npy array of plain numbers"), (b"no array", "not a .npy array")):
        (tmp_path / "a.npy").write_bytes(data)
        with pytest.raises(InputError, match=told):
            read_cloud(tmp_path / "a.npy")
    np.save(tmp_path / "b.npy", np.array(["a"]))
    with pytest.raises(InputError, match="an array of numbers"):
        read_cloud(tmp_path / "b.npy")
    with pytest.raises(InputError, match=r"a file of points \(.ply, .xyz, .pts, .asc, .pcd, .npy, .npz\)"):
        read_cloud(tmp_path / "c.csv")
    (tmp_path / "none.ply").write_text("ply\nformat ascii 1.0\nend_header\n")
    with pytest.raises(InputError, match="needs vertices"):
        read_cloud(tmp_path / "none.ply")


def xyz(tmp_path: Path, text: str) -> Cloud:
    path = tmp_path / "scan.xyz"
    path.write_text(text)
    return read_cloud(path)


def test_colours_beside_points_are_not_taken_for_normals(tmp_path: Path) -> None:
    for colour in ("255 0 7", "0.9 0.5 0.25"):
        found = xyz(tmp_path, f"// X Y Z R G B\n0 0 1 {colour}\n1 0 0 10 10 10\n")
        assert found.normals is None and len(found) == 2
        assert [note.split(":")[0] for note in found.notes] == ["columns 4, 5 and 6 left out"]
    kept = xyz(tmp_path, "0 0 1 0 0 2\n1 0 0 -1 0 0\n")
    assert kept.normals is not None and kept.normals.tolist() == [[0, 0, 1], [-1, 0, 0]] and kept.notes == ()


@pytest.mark.parametrize(
    ("between", "behind", "told"),
    [
        ("200 100 0 ", "", ["columns 4, 5 and 6 left out"]),
        ("", " 200 100 0", ["columns 7, 8 and 9 left out"]),
        ("0.5 ", " 7", ["columns 4 and 8 left out"]),
        ("", "", []),
    ],
)
def test_normals_are_found_wherever_they_stand(between: str, behind: str, told: list[str], tmp_path: Path) -> None:
    rows = [f"{k} 5 2 {between}{normal}{behind}" for k, normal in enumerate(["0 0 1", "0.6 -0.8 0", "-1 0 0"])]
    found = xyz(tmp_path, "\n".join(rows))
    assert found.normals is not None and np.allclose(found.normals, [[0, 0, 1], [0.6, -0.8, 0], [-1, 0, 0]])
    assert found.points.tolist() == [[0, 5, 2], [1, 5, 2], [2, 5, 2]]
    assert [note.split(":")[0] for note in found.notes] == told


@pytest.mark.parametrize("more", [" 12", " 117.0 73.0 49.0 255.0"])
def test_what_a_scanner_adds_is_left_out_and_said(more: str, tmp_path: Path) -> None:
    found = xyz(tmp_path, f"0 0 1{more}\n1 2 3{more}\n")
    assert found.normals is None and found.points.tolist() == [[0, 0, 1], [1, 2, 3]]
    assert found.notes and "left out" in found.notes[0]


@pytest.mark.parametrize("suffix", [".pts", ".asc", ".xyz"])
def test_text_may_begin_with_the_number_of_points(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"a{suffix}").write_text("2\n0 0 1\n1 2 3\n")
    found = fl.read(tmp_path / f"a{suffix}")
    assert isinstance(found, Cloud) and found.points.tolist() == [[0, 0, 1], [1, 2, 3]]


@pytest.mark.parametrize("first", [1, 3, 2.5])
def test_a_cloud_of_another_number_of_points_than_it_says_is_refused(first: float, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"its first line says {first} points; it holds 2. Copy it again"):
        xyz(tmp_path, f"{first}\n0 0 1\n1 2 3\n")


def test_labels_in_zeros_and_ones_are_no_normals_beside_other_columns(tmp_path: Path) -> None:
    found = xyz(tmp_path, "1 2 3 9 1 0 0\n2 3 4 9 0 1 0\n3 4 5 9 0 0 1\n")
    assert found.normals is None and found.notes[0].startswith("columns 4, 5, 6 and 7 left out")
    alone = xyz(tmp_path, "1 2 0 0 0 1\n2 3 0 0 0 1\n")  # a plane's
    assert alone.normals is not None and alone.normals.tolist() == [[0, 0, 1], [0, 0, 1]]


@pytest.mark.parametrize("text", ["0,0,1\n1,2,3\n", "0; 0; 1\n1;2;3\n", "0, 0, 1\n1 , 2 , 3\n", "0 0 1\n1 2 3\n"])
def test_numbers_may_stand_between_commas_and_semicolons(tmp_path: Path, text: str) -> None:
    assert xyz(tmp_path, text).points.tolist() == [[0, 0, 1], [1, 2, 3]]


@pytest.mark.parametrize("text", ["0,5 1,5 2,5\n", "0,5;1,5;2,5\n"])
def test_decimal_commas_are_refused_and_not_taken_for_more_numbers(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match="a cloud needs numbers"):
        xyz(tmp_path, text)


def test_what_a_cloud_left_out_goes_with_it_to_its_samples(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    ball = rng.normal(size=(400, 3))
    ball /= np.linalg.norm(ball, axis=1, keepdims=True)
    rows = ["nan nan nan" if k < 5 else " ".join(map(str, p)) for k, p in enumerate(ball.tolist())]
    head = ("# .PCD v.7\nVERSION .7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\nWIDTH 400\nHEIGHT 1\n"
            "POINTS 400\nDATA ascii\n")  # fmt: skip
    (tmp_path / "a.pcd").write_text(head + "\n".join(rows) + "\n")
    cloud = read_cloud(tmp_path / "a.pcd")
    assert cloud.notes == ("5 points that are not numbers, left out",)
    assert dict(facts_of(cloud).rows())["note"] == cloud.notes[0]
    findings = cloud_samples(oriented(cloud), 100).meta["findings"]
    assert findings == [cloud.notes[0], ORIENTED]


def test_a_bad_fit_to_points_is_called_one() -> None:
    ball = fl.Network([np.vstack([np.eye(3), -np.eye(3)]), np.ones((1, 6))], [np.zeros(6), [-0.9]])
    surface = fl.surface(ball, fl.Box([-1] * 3, [1] * 3))
    near, far = (Cloud(np.array([[x, 0.0, 0.0]])) for x in (0.9, 0.5))
    told = [cloud_doubts(surface_facts(surface), cloud_comparison_facts(surface.mesh, each)) for each in (near, far)]
    assert told[0] == [] and "the largest distance is" in told[1][0]
    open_there = fl.surface(ball, fl.Box([-0.5] * 3, [1] * 3))
    assert "cut open" in cloud_doubts(surface_facts(open_there), cloud_comparison_facts(open_there.mesh, near))[0]
    assert cloud_doubts(surface_facts(surface), None) == ["the network is zero nowhere: there is no surface"]


@pytest.mark.parametrize("names", ["x y z", "X,Y,Z,Intensity", '"x" "y" "z"'])
def test_a_line_that_names_the_columns_is_no_point(tmp_path: Path, names: str) -> None:
    found = xyz(tmp_path, f"{names}\n0 1 2\n3 4 5\n")
    assert found.points.tolist() == [[0, 1, 2], [3, 4, 5]]
    with pytest.raises(InputError, match="needs numbers"):
        xyz(tmp_path, "y x z\n0 1 2\n3 4 5\n")
    with pytest.raises(InputError, match="needs numbers"):
        xyz(tmp_path, "0 1 2\nx y z\n3 4 5\n")
