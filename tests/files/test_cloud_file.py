"""Clouds in files: what is written comes back, and what is none is refused by its line."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import trimesh

from foldline import read
from foldline.cloud import Cloud
from foldline.data.families import solids
from foldline.errors import InputError
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
    ("text", "told"),
    [
        ("0 0 1\n0 zero 1\n", r"got \['0', 'zero', '1'\] in line 2"),
        ("0 0 1\n0 1\n", "3 numbers a line; got 2 in line 2"),
        ("0 1\n1 1\n", r"3 columns, or 6 with normals; got shape \(2, 2\)"),
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
    with pytest.raises(InputError, match=r"a file of points \(.ply, .xyz, .pcd, .npy, .npz\)"):
        read_cloud(tmp_path / "c.csv")
    (tmp_path / "none.ply").write_text("ply\nformat ascii 1.0\nend_header\n")
    with pytest.raises(InputError, match="needs vertices"):
        read_cloud(tmp_path / "none.ply")
