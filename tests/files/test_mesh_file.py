"""Meshes come back as they were written, and broken ones are refused with the place where they break."""

from __future__ import annotations

import base64
import json
import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foldline import Mesh, read
from foldline.errors import FileError, InputError

DATA = Path(__file__).parent.parent.parent / "data" / "mesh"

# A pyramid on a square base: polygons of 3 and 4 corners.
PYRAMID = Mesh.of_polygons(
    [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0.1, 1 / 3, 0.7]],
    [[3, 2, 1, 0], [0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4]],
    face_values={"region": np.arange(5), "gradient": np.eye(5, 3), "color": np.full((5, 3), 200)},
    vertex_values={"error": np.linspace(0, 1, 5)},
)


def mesh_of(path: Path) -> Mesh:
    value = read(path)
    assert isinstance(value, Mesh)
    return value


@pytest.mark.parametrize("suffix", ["ply", "obj", "off"])
def test_polygons_come_back_unchanged(tmp_path: Path, suffix: str) -> None:
    back = mesh_of(PYRAMID.save(tmp_path / f"a.{suffix}"))
    assert back.vertices.tolist() == PYRAMID.vertices.tolist()
    assert back.corners.tolist() == PYRAMID.corners.tolist()
    assert back.offsets.tolist() == PYRAMID.offsets.tolist()


@pytest.mark.parametrize("suffix", ["stl", "glb"])
def test_triangle_formats_hold_the_fan_of_each_polygon(tmp_path: Path, suffix: str) -> None:
    back = mesh_of(PYRAMID.save(tmp_path / f"a.{suffix}"))
    single = PYRAMID.vertices.astype(np.float32)
    assert back.n_faces == 6 and back.n_vertices == 5
    assert back.vertices[back.corners].tolist() == single[PYRAMID.triangles[0].ravel()].tolist()


@pytest.mark.parametrize("suffix", ["ply", "stl", "glb", "off", "obj"])
def test_another_library_reads_the_same_surface(tmp_path: Path, suffix: str) -> None:
    import trimesh

    other = trimesh.load_mesh(PYRAMID.save(tmp_path / f"a.{suffix}"))
    assert len(other.faces) == 6 and other.is_watertight
    assert other.volume == pytest.approx(0.7 / 3, rel=1e-6)


@pytest.mark.parametrize("suffix", ["ply", "stl", "glb", "off", "obj"])
@pytest.mark.parametrize("name", ["elephant", "boeing", "femur"])
def test_shipped_meshes_agree_with_another_library(tmp_path: Path, name: str, suffix: str) -> None:
    import trimesh

    ours = mesh_of(DATA / f"{name}.off")
    theirs = trimesh.load_mesh(DATA / f"{name}.off", process=False)
    theirs.export(tmp_path / f"a.{suffix}")
    back = mesh_of(tmp_path / f"a.{suffix}")
    np.testing.assert_allclose(ours.vertices[ours.corners], theirs.vertices[theirs.faces.ravel()])
    assert len(ours.vertices) == len(np.unique(theirs.vertices, axis=0))
    assert back.n_faces == ours.n_faces
    np.testing.assert_allclose(
        np.sort(back.vertices[back.corners], axis=0), np.sort(ours.vertices[ours.corners], axis=0), atol=2e-6
    )


def test_a_ply_carries_the_values_of_its_faces_and_vertices(tmp_path: Path) -> None:
    import trimesh

    path = PYRAMID.save(tmp_path / "a.ply")
    raw = trimesh.load_mesh(path, process=False).metadata["_ply_raw"]
    assert raw["face"]["data"]["region"].ravel().tolist() == [0, 0, 1, 2, 3, 4]
    assert raw["face"]["data"]["polygon"].ravel().tolist() == [0, 0, 1, 2, 3, 4]
    header = path.read_bytes().partition(b"end_header")[0].decode()
    for line in ("double gradient_2", "int region", "uchar red", "double error", "list uchar int vertex_indices"):
        assert f"property {line}" in header


def test_a_ply_without_values_of_polygons_is_binary_and_keeps_them(tmp_path: Path) -> None:
    ball = Mesh.of_polygons(*_fans_that_meet())
    for mesh in (ball, Mesh(PYRAMID.vertices, PYRAMID.corners, PYRAMID.offsets, vertex_values=PYRAMID.vertex_values)):
        path = mesh.save(tmp_path / "a.ply", force=True)
        head, _, body = path.read_bytes().partition(b"end_header\n")
        assert b"format binary_little_endian 1.0" in head and len(head) < 500
        assert len(body) == mesh.n_vertices * (24 + 8 * len(mesh.vertex_values)) + 13 * len(mesh.triangles[0])
        back = mesh_of(path)
        assert np.array_equal(back.vertices, mesh.vertices) and np.array_equal(back.offsets, mesh.offsets)
        for one, other in zip(_rounds(back), _rounds(mesh), strict=True):
            assert one == other


def _fans_that_meet() -> tuple[list[list[float]], list[list[int]]]:
    """Squares and triangles round one corner, each of which goes on the fan before it."""
    turn = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    ring = [[float(np.cos(t)), float(np.sin(t)), 0.0] for t in turn]
    return [[0.0, 0.0, 1.0], *ring], [[0, 1, 2], [0, 2, 3, 4], [0, 4, 5], [0, 5, 6], [0, 6, 7, 8], [0, 8, 1]]


def _rounds(mesh: Mesh) -> list[list[int]]:
    """Each polygon from its lowest corner on."""
    polygons = [p.tolist() for p in np.split(mesh.corners, mesh.offsets[1:-1])]
    return [p[(k := p.index(min(p))) :] + p[:k] for p in polygons]


def test_polygons_of_more_corners_than_a_byte_counts_come_back(tmp_path: Path) -> None:
    turn = np.linspace(0, 2 * np.pi, 300, endpoint=False)
    round_ = np.stack([np.cos(turn), np.sin(turn), 0 * turn], axis=1)
    disc = Mesh.of_polygons(round_, [range(300), [0, 100, 200]], face_values={"region": np.array([7, 8])})  # type: ignore[list-item]
    assert mesh_of(disc.save(tmp_path / "a.obj")).corners.tolist() == [*range(300), 0, 100, 200]
    path = disc.save(tmp_path / "a.ply")
    assert mesh_of(path).corners.tolist() == [*range(300), 0, 100, 200]
    rows = path.read_text().splitlines()[-299:]
    assert rows[0] == "3 0 1 2 7 0" and rows[-1] == "3 0 100 200 8 1"


def test_triangles_of_one_polygon_that_are_no_fan_stay_triangles(tmp_path: Path) -> None:
    text = PYRAMID.save(tmp_path / "a.ply").read_text().splitlines()
    rows = {row: at for at, row in enumerate(text)}
    first, second = (at for row, at in rows.items() if row.startswith(("3 3 2 1", "3 3 1 0")))
    text[first], text[second] = text[second], text[first]
    (tmp_path / "b.ply").write_text("\n".join(text))
    assert mesh_of(tmp_path / "b.ply").n_faces == 6


@pytest.mark.parametrize("suffix", ["stl", "glb"])
@pytest.mark.parametrize(("scale", "shift"), [(1e90, 0), (1e-50, 0), (1.0, 1e9), (1e39, 0)])
def test_coordinates_that_float32_loses_are_not_saved_in_it(
    tmp_path: Path, suffix: str, scale: float, shift: float
) -> None:
    mesh = Mesh.of_polygons(np.eye(3) * scale + shift, [[0, 1, 2]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError, match=r"coordinates that float32 keeps to 0\.0001 of .*as \.ply"):
            mesh.save(tmp_path / f"a.{suffix}")
        kept = mesh.transformed(1.0, [0, 0, 0]).save(tmp_path / "a.ply")
        near = Mesh.of_polygons(np.eye(3) * 1e30, [[0, 1, 2]]).save(tmp_path / f"a.{suffix}")
    np.testing.assert_allclose(mesh_of(kept).vertices, mesh.vertices, rtol=1e-12)
    assert mesh_of(near).vertices.max() == pytest.approx(1e30, rel=1e-6)


def test_wide_numbers_become_doubles_in_a_ply(tmp_path: Path) -> None:
    wide = Mesh.of_polygons(np.eye(3), [[0, 1, 2]], face_values={"key": np.array([2**40])})
    assert b"property double key" in wide.save(tmp_path / "a.ply").read_bytes()


def test_a_mesh_is_saved_only_under_a_known_suffix(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"a name that ends in .ply, .obj, .off, .stl, .glb; got 'a.3ds'"):
        PYRAMID.save(tmp_path / "a.3ds")


def test_ascii_and_big_endian_plys_are_read(tmp_path: Path) -> None:
    head = "ply\nformat {} 1.0\ncomment x\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n"
    head += "element face 2\nproperty uchar flag\nproperty list uchar int vertex_index\nend_header\n"
    rows = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], dtype=">f4")
    faces = struct.pack(">BBiii", 7, 3, 0, 1, 2) + struct.pack(">BBii", 7, 2, 0, 1)
    (tmp_path / "b.ply").write_bytes(head.format("binary_big_endian").encode() + rows.tobytes() + faces)
    (tmp_path / "a.ply").write_text(head.format("ascii") + "0 0 0\n1 0 0\n0 1 0\n7 3 0 1 2\n7 2 0 1\n")
    for name in ("a.ply", "b.ply"):
        mesh = mesh_of(tmp_path / name)
        assert mesh.corners.tolist() == [0, 1, 2]
        assert mesh.meta["ignored"] == {"degenerate": {"count": 1, "faces": [1]}}


def test_obj_faces_count_from_the_end_too(tmp_path: Path) -> None:
    (tmp_path / "a.obj").write_text("o x\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvn 0 0 1\nf -3/1/1 -2//1 -1\n")
    assert mesh_of(tmp_path / "a.obj").corners.tolist() == [0, 1, 2]


def test_ascii_stls_are_read(tmp_path: Path) -> None:
    corners = "".join(f"vertex {v}\n" for v in ("0 0 0", "1 0 0", "0 1 0"))
    (tmp_path / "a.stl").write_text(
        f"solid #1\nfacet normal 0 0 1\nouter loop\n{corners}endloop\nendfacet\nendsolid #1\n"
    )
    assert mesh_of(tmp_path / "a.stl").n_vertices == 3


def test_degenerate_and_repeated_faces_are_left_out_and_listed(tmp_path: Path) -> None:
    flat = "OFF\n5 5 0\n0 0 0\n1 0 0\n0 1 0\n2 0 0\n0 0 1\n3 0 1 2\n3 0 0 1\n3 0 1 3\n3 1 2 0\n3 0 2 4\n"
    (tmp_path / "a.off").write_text(flat)
    mesh = mesh_of(tmp_path / "a.off")
    assert mesh.corners.tolist() == [0, 1, 2, 0, 2, 4]
    assert mesh.meta["ignored"] == {
        "degenerate": {"count": 2, "faces": [1, 2]},
        "duplicate": {"count": 1, "faces": [3]},
    }


@pytest.mark.parametrize("scale", [1e-9, 1e9, 1e-200])
def test_size_decides_nothing_about_a_face(tmp_path: Path, scale: float) -> None:
    small = Mesh(PYRAMID.vertices * scale, PYRAMID.corners, PYRAMID.offsets)
    assert mesh_of(small.save(tmp_path / "a.ply")).n_faces == 5


def gltf(**changes: Any) -> dict[str, Any]:
    points, index = np.eye(3, dtype="<f4").tobytes(), np.arange(3, dtype="<u4").tobytes()
    uri = "data:application/octet-stream;base64," + base64.b64encode(points + index).decode()
    return {
        "scenes": [{"nodes": [0]}],
        "nodes": [{"children": [1], "translation": [1, 2, 3]}, {"mesh": 0, "scale": [2, 2, 2]}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"},
            {"bufferView": 1, "componentType": 5125, "count": 3, "type": "SCALAR"},
        ],
        "bufferViews": [{"buffer": 0, "byteLength": 36}, {"buffer": 0, "byteOffset": 36, "byteLength": 12}],
        "buffers": [{"byteLength": 48, "uri": uri}],
    } | changes


def test_gltf_nodes_move_what_they_hold(tmp_path: Path) -> None:
    (tmp_path / "a.gltf").write_text(json.dumps(gltf()))
    assert mesh_of(tmp_path / "a.gltf").vertices.tolist() == [[3, 2, 3], [1, 4, 3], [1, 2, 5]]
    turned = gltf(nodes=[{"mesh": 0, "rotation": [0, 0, 0.5**0.5, 0.5**0.5]}])
    (tmp_path / "b.gltf").write_text(json.dumps(turned))
    np.testing.assert_allclose(mesh_of(tmp_path / "b.gltf").vertices, [[0, 1, 0], [-1, 0, 0], [0, 0, 1]], atol=1e-15)
    moved = gltf(nodes=[{"mesh": 0, "matrix": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 5, 6, 7, 1]}])
    (tmp_path / "c.gltf").write_text(json.dumps(moved))
    assert mesh_of(tmp_path / "c.gltf").vertices[0].tolist() == [6, 6, 7]


def test_a_gltf_reads_a_buffer_beside_it_and_no_other(tmp_path: Path) -> None:
    data = np.eye(3, dtype="<f4").tobytes() + np.arange(3, dtype="<u4").tobytes()
    (tmp_path / "a.bin").write_bytes(data)
    (tmp_path / "link.bin").symlink_to(tmp_path / "a.bin")
    (tmp_path / "in").mkdir()
    (tmp_path / "a.gltf").write_text(json.dumps(gltf(buffers=[{"uri": "a.bin", "byteLength": 48}])))
    assert mesh_of(tmp_path / "a.gltf").n_faces == 1
    for folder, uri in (("in", "../a.bin"), (".", str(tmp_path / "a.bin")), (".", "link.bin"), (".", "none.bin")):
        bad = tmp_path / folder / "bad.gltf"
        bad.write_text(json.dumps(gltf(buffers=[{"uri": uri, "byteLength": 48}])))
        with pytest.raises(InputError, match="its buffer"):
            read(bad)


def accessor(at: int, **changes: Any) -> dict[str, Any]:
    document = gltf()
    document["accessors"][at] |= changes
    return document


def sparse(at: list[int], zeros: bool = False, **changes: Any) -> dict[str, Any]:
    """A triangle some of whose corners are set to (7, 8, 9), (7, 8, 10), ..., of the others or of zeros."""
    document, n = gltf(), len(at)
    data = np.array(at, "<u2").tobytes() + np.array([[7, 8, 9 + k] for k in range(n)], "<f4").tobytes()
    document["buffers"].append({"byteLength": len(data), "uri": "data:;base64," + base64.b64encode(data).decode()})
    document["bufferViews"] += [
        {"buffer": 1, "byteLength": 2 * n},
        {"buffer": 1, "byteOffset": 2 * n, "byteLength": 12 * n},
    ]
    indices, values = {"bufferView": 2, "componentType": 5123}, {"bufferView": 3}
    document["accessors"][0]["sparse"] = {"count": n, "indices": indices, "values": values, **changes}
    if zeros:
        del document["accessors"][0]["bufferView"]
    return document


@pytest.mark.parametrize("zeros", [False, True])
def test_a_gltf_whose_accessor_is_sparse_sets_some_values_of_others_or_of_zeros(tmp_path: Path, zeros: bool) -> None:
    (tmp_path / "a.gltf").write_text(json.dumps(sparse([2, 1], zeros)))
    mesh = read(tmp_path / "a.gltf")
    assert isinstance(mesh, Mesh)
    first = [0.0, 0.0, 0.0] if zeros else [1.0, 0.0, 0.0]
    placed = 2 * np.array([first, [7, 8, 9], [7, 8, 10]]) + [1, 2, 3]
    assert {tuple(at) for at in mesh.vertices.tolist()} == {tuple(at) for at in placed.tolist()}


def primitive(**changes: Any) -> dict[str, Any]:
    return gltf(meshes=[{"primitives": [{"attributes": {"POSITION": 0}, **changes}]}])


PLY = "ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\n"
FACE = "element face 1\nproperty list uchar int vertex_indices\nend_header\n"
STL = bytes(80)

BAD_FILES: list[tuple[int, str, bytes | str | dict[str, Any], str]] = [
    *((26, f"a.{suffix}", "", "no triangles") for suffix in ("off", "obj", "ply", "stl", "glb", "gltf")),
    (26, "a.off", "OFF\n0 0 0\n", "no triangles"),
    (26, "a.off", "OFF\n3 1 0\n0 0 0\n1 0 0\n2 0 0\n3 0 1 2\n", "no triangles"),
    (26, "a.obj", "# nothing\n", "no triangles"),
    (26, "a.gltf", gltf(nodes=[{}, {}]), "no triangles"),
    (27, "a.obj", bytes(range(256)), r"not an OBJ \(line 1\)"),
    (27, "a.obj", "hello\nv 0 0 0\n", r"not an OBJ \(line 1\)"),
    (27, "a.off", "hello\n", r"not an OFF \(line 1\)"),
    (27, "a.ply", "hello\n", r"not a PLY \(line 1\)"),
    (27, "a.stl", "hello\n", r"not an STL \(line 1\)"),
    (27, "a.stl", "solid x\nhello\n", r"not an STL \(line 2\)"),
    (27, "a.gltf", "hello", "not a glTF"),
    (27, "a.gltf", "{}", "not a glTF"),
    (28, "a.off", "OFF\n3 2 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n3 0 1 7\n", "face 1 with vertex 7 of 3 vertices"),
    (28, "a.off", "OFF\n1 1 0\n0 0 0\n3 0 0 -1\n", "face 0 with vertex -1 of 1"),
    (28, "a.obj", "v 0 0 0\nf 1 2 3\n", "face 0 with vertex 1 of 1"),
    (28, "a.obj", "v 0 0 0\nf 0 1 1\n", "line 2: an OBJ face needs vertex numbers from 1; got 0"),
    (28, "a.obj", "v 0 0 0\nf a b c\n", "line 2: a face needs vertex numbers; got 'a'"),
    (28, "a.gltf", accessor(0, count=2), "got vertex 2 of 2 vertices"),
    (28, "a.gltf", accessor(1, count=2), "3 indices a triangle; got 2"),
    (29, "a.off", "OFF\n3 1 0\n0 0 0\n1 nan 0\n0 1 0\n3 0 1 2\n", "vertex 1 ="),
    (29, "a.obj", "v 0 0 1e999\nf 1 1 1\n", "vertex 0 ="),
    (29, "a.ply", PLY + FACE + "nan 0 0\n3 0 0 0\n", "vertex 0 ="),
    (29, "a.ply", PLY + FACE + "inf 0 0\n3 0 0 0\n", "vertex 0 ="),
    (31, "a.stl", STL + struct.pack("<I", 2**31 - 1) + bytes(50), "header says 2147483647 faces, file holds 1"),
    (31, "a.off", "OFF\n2147483647 1 0\n", "header says 2147483647 vertices, the file has 19 bytes"),
    (31, "a.ply", PLY.replace("vertex 1", "vertex 2147483647") + FACE, "header says 2147483647 elements 'vertex'"),
    (32, "a.stl", STL + struct.pack("<I", 2) + bytes(70), "header says 2 faces, file holds 1"),
    (32, "a.stl", "solid\nfacet\nouter loop\nvertex 0 0 0\n", "truncated"),
    (32, "a.stl", "solid\nfacet\nvertex 0 0 0\nendfacet\nendsolid\n", "line 4: an STL facet needs 3 vertices"),
    (32, "a.off", "OFF\n3 1 0\n0 0 0\n1 0 0\n", "ends before vertex 2 of 3"),
    (32, "a.off", "OFF\n1 2 0\n0 0 0\n3 0 0 0\n", "ends before face 1 of 2"),
    (32, "a.off", "OFF\n1 1 0\n0 0 0\n3 0 0\n", "line 4: a face needs 3 vertex numbers; got 2"),
    (32, "a.off", "OFF\n1 1 0\n0 0\n3 0 0 0\n", "line 3: a vertex needs 3 numbers"),
    (32, "a.off", "OFF\n", "a count; got ''"),
    (32, "a.ply", PLY + FACE + "0 0 0\n3 0 0\n", "line 11: face 0 needs all its numbers; got fewer"),
    (32, "a.ply", PLY + FACE + "0 0 0\n", "header says 1 elements 'face'; the file holds 0 more rows"),
    (32, "a.ply", PLY + FACE + "0 0 x\n3 0 0 0\n", "vertex 0 needs numbers"),
    (32, "a.ply", PLY.replace("ascii", "binary_little_endian") + FACE + " " * 14, "ends before face 0 of 1"),
    (32, "a.ply", PLY, "a header up to end_header"),
    (
        32,
        "a.ply",
        PLY.replace("float z", "half z") + FACE,
        "line 6: a PLY header needs known lines; got 'property half z'",
    ),
    (32, "a.ply", "ply\nend_header\n", "a format line"),
    (32, "a.ply", PLY.replace("float z", "float x") + FACE, "each property once"),
    (32, "a.ply", PLY.replace("float z", "float w") + FACE + "0 0 0\n3 0 0 0\n", "vertices with x, y, z; got x, y, w"),
    (
        32,
        "a.ply",
        PLY + FACE.replace("vertex_indices", "other") + "0 0 0\n3 0 0 0\n",
        "faces with vertex_indices; got other",
    ),
    (32, "a.glb", struct.pack("<4sII", b"glTF", 2, 99), "header says 99 bytes, file holds 12"),
    (32, "a.glb", struct.pack("<4sII", b"glTF", 1, 12), "version 2; got 1"),
    (32, "a.glb", struct.pack("<4sIII4s", b"glTF", 2, 20, 9, b"JSON"), "chunk needs 9 bytes; got 0"),
    (32, "a.gltf", accessor(0, count=4), "accessor 0 past the end of its view"),
    (32, "a.gltf", accessor(0, type="VEC4"), "VEC3 accessors with values; got accessor 0 of another kind"),
    (32, "a.gltf", sparse([1], count=4), "fewer values than the whole; got 4 of 3"),
    (32, "a.gltf", sparse([3]), "sparse accessors that set what there is"),
    (32, "a.gltf", sparse([0] * 2, count=3), "accessor 0 past the end of its view"),
    (32, "a.gltf", gltf(bufferViews=[{"buffer": 0, "byteLength": 48, "byteStride": 4}] * 2), "strides of an element"),
    (
        32,
        "a.gltf",
        gltf(extensionsRequired=["KHR_draco_mesh_compression"]),
        "no required extensions that change polygons; got KHR_draco",
    ),
    (32, "a.gltf", gltf(nodes=[{"children": [0]}]), "got node 0 twice"),
    (32, "a.off", "# a remark alone\n", "the counts"),
    (32, "a.gltf", gltf(asset={"version": "1.0"}), "a glTF needs version 2; got '1.0'"),
    (32, "a.stl", bytes(84 + 150), "header says 0 faces, the file has room for 3: its writer did not end"),
    (32, "a.gltf", primitive(mode=1), "no triangles"),
    (32, "a.gltf", gltf(buffers=[{"uri": "data:;base64,@"}]), "base64 data"),
]


@pytest.mark.parametrize(("row", "name", "data", "message"), BAD_FILES)
def test_a_bad_mesh_file_is_refused_with_the_place(
    tmp_path: Path, row: int, name: str, data: bytes | str | dict[str, Any], message: str
) -> None:
    text = json.dumps(data) if isinstance(data, dict) else data
    (tmp_path / name).write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(InputError, match=message) as caught:
        read(tmp_path / name)
    assert caught.value.exit_code == 2
