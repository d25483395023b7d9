"""Meshes as people really bring them: each kind of file that other readers, or an earlier one of ours, took wrongly."""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foldline import Mesh, read
from foldline.cloud import Cloud
from foldline.errors import InputError

CASES = Path(__file__).parent.parent / "cases" / "files"
CUBE = [[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)]
SIDES = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]]
TRIANGLES = [[side[0], *side[k : k + 2]] for side in SIDES for k in (1, 2)]


def mesh_of(path: Path) -> Mesh:
    value = read(path)
    assert isinstance(value, Mesh)
    return value


def notes(mesh: Mesh) -> list[str]:
    return list(mesh.meta.get("notes", []))


def off(vertices: Any, faces: Any, head: str = "OFF\n") -> str:
    rows = [f"{len(vertices)} {len(faces)} 0", *(" ".join(map(repr, row)) for row in vertices)]
    return head + "\n".join([*rows, *(" ".join(map(str, [len(f), *f])) for f in faces), ""])


def obj(vertices: Any, faces: Any) -> str:
    rows = [*("v " + " ".join(map(repr, row)) for row in vertices)]
    return "\n".join([*rows, *("f " + " ".join(str(i + 1) for i in face) for face in faces), ""])


def ply(vertices: Any, faces: Any) -> str:
    head = f"ply\nformat ascii 1.0\nelement vertex {len(vertices)}\nproperty double x\nproperty double y\n"
    head += f"property double z\nelement face {len(faces)}\nproperty list uchar int vertex_indices\nend_header\n"
    return head + off(vertices, faces, "").partition("\n")[2]


def binary_ply(vertices: Any, faces: Any, order: str = "<") -> bytes:
    kind = {"<": "binary_little_endian", ">": "binary_big_endian"}[order]
    head = ply(vertices, faces).partition("end_header\n")[0].replace("ascii", kind)
    rows = b"".join(struct.pack(f"{order}3d", *v) for v in vertices)
    return (
        (head + "end_header\n").encode() + rows + b"".join(struct.pack(f"{order}B{len(f)}i", len(f), *f) for f in faces)
    )


def gltf(vertices: Any, faces: Any, **changes: Any) -> dict[str, Any]:
    points, index = np.array(vertices, "<f4").tobytes(), np.array(faces, "<u4").tobytes()
    uri = "data:application/octet-stream;base64," + base64.b64encode(points + index).decode()
    return {
        "asset": {"version": "2.0"},
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": len(vertices), "type": "VEC3"},
            {"bufferView": 1, "componentType": 5125, "count": np.size(faces), "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteLength": len(points)},
            {"buffer": 0, "byteOffset": len(points), "byteLength": len(index)},
        ],
        "buffers": [{"byteLength": len(points + index), "uri": uri}],
    } | changes


def written(path: Path, data: str | bytes | dict[str, Any]) -> Path:
    text = json.dumps(data) if isinstance(data, dict) else data
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    ("name", "volume", "components", "said"),
    [
        ("l_prism.obj", 3.0, 1, ["2 concave polygons cut into triangles at its ears"]),
        ("mirrored_pair.gltf", 2.0, 2, ["12 polygons of a mirrored node, turned round"]),
        ("split_corners.ply", 1.0, 1, ["16 corners joined with another at the same place"]),
        ("line_continuation.obj", 1.0, 1, []),
        ("tristrips.ply", -1 / 6, 1, []),
        ("needs_unlit.gltf", 1.0, 1, []),
        ("gltf_space/my part.gltf", 1.0, 1, []),
    ],
)
def test_files_that_were_taken_wrongly_are_read(name: str, volume: float, components: int, said: list[str]) -> None:
    mesh = mesh_of(CASES / name)
    assert (mesh.closed, mesh.n_components, notes(mesh)) == (True, components, said)
    assert mesh.volume == pytest.approx(volume)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "rows_longer_than_header.ply",
            "line 18: face 0 needs as many numbers as the header says; got more: a row is a",
        ),
    ],
)
def test_files_that_were_taken_wrongly_are_refused(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(CASES / name)


# Concave polygons

L = [[0, 0], [1, 0], [2, 0], [2, 1], [1, 1], [1, 2], [0, 2], [0, 1]]  # with corners on its straight sides
FORMATS = {"off": off, "obj": obj, "ply": ply}


def prism(outline: Any, lift: float = 0.0) -> tuple[list[list[float]], list[list[int]]]:
    """A block over an outline; ``lift`` moves every second corner of the top out of its plane."""
    n = len(outline)
    low = [[*map(float, p), 0.0] for p in outline]
    high = [[*map(float, p), 1.0 + lift * (i % 2)] for i, p in enumerate(outline)]
    walls = [[i, (i + 1) % n, n + (i + 1) % n, n + i] for i in range(n)]
    return low + high, [list(range(n))[::-1], list(range(n, 2 * n)), *walls]


@pytest.mark.parametrize("start", range(8))
@pytest.mark.parametrize("suffix", ["off", "obj", "ply", "binary"])
def test_nothing_lies_in_the_notch_of_a_concave_polygon(tmp_path: Path, suffix: str, start: int) -> None:
    vertices, faces = prism(L[start:] + L[:start])
    data = binary_ply(vertices, faces) if suffix == "binary" else FORMATS[suffix](vertices, faces)
    mesh = mesh_of(written(tmp_path / f"a.{'ply' if suffix == 'binary' else suffix}", data))
    assert (mesh.closed, mesh.euler, mesh.meta["repaired"]) == (True, 2, {"concave": 2})
    assert mesh.volume == pytest.approx(3)
    inside = mesh.contains([[1.5, 1.5, 0.5], [1.5, 0.5, 0.5], [0.5, 1.5, 0.5], [1.1, 1.1, 0.9]])
    assert inside.tolist() == [False, True, True, False]
    assert mesh.distances([[1.5, 1.5, 0.0]])[0] == pytest.approx(0.5)


def test_a_polygon_out_of_its_plane_is_cut_as_it_is_seen_along_its_normal(tmp_path: Path) -> None:
    mesh = mesh_of(written(tmp_path / "a.off", off(*prism(L, lift=0.05))))
    assert mesh.closed and not mesh.contains([[1.6, 1.6, 0.5]])[0]
    assert 3.0 < mesh.volume < 3.15


def test_a_polygon_with_a_hole_on_a_bridge_keeps_its_hole(tmp_path: Path) -> None:
    frame = [[0, 0, 0], [4, 0, 0], [4, 4, 0], [0, 4, 0], [1, 1, 0], [1, 3, 0], [3, 3, 0], [3, 1, 0]]
    mesh = mesh_of(written(tmp_path / "a.off", off(frame, [[0, 1, 2, 3, 0, 4, 5, 6, 7, 4]])))
    assert mesh.area == pytest.approx(12) and mesh.n_faces == 8
    assert mesh.distances([[2, 2, 0]])[0] == pytest.approx(1)


def test_concave_polygons_with_too_many_corners_are_refused_before_the_work(tmp_path: Path) -> None:
    turn = np.linspace(0, 2 * np.pi, 6000, endpoint=False)
    star = np.stack([np.cos(turn), np.sin(turn), 0 * turn], axis=1) * (1 + 0.5 * (np.arange(6000) % 2))[:, None]
    with pytest.raises(InputError, match=r"a.off: a mesh needs concave polygons of few corners; got 1 of 6000 corners"):
        read(written(tmp_path / "a.off", off(star.tolist(), [range(6000)])))


# Equal positions, corners written twice, needles

SPLIT = [CUBE[i] for side in TRIANGLES for i in side]
SPLIT_FACES = np.arange(36).reshape(-1, 3).tolist()


@pytest.mark.parametrize("suffix", ["off", "obj", "ply", "gltf"])
def test_equal_positions_are_one_corner_in_every_format(tmp_path: Path, suffix: str) -> None:
    data = gltf(SPLIT, SPLIT_FACES) if suffix == "gltf" else FORMATS[suffix](SPLIT, SPLIT_FACES)
    mesh = mesh_of(written(tmp_path / f"a.{suffix}", data))
    assert (mesh.n_vertices, mesh.closed, mesh.meta["repaired"]) == (8, True, {"joined": 28})
    assert notes(mesh) == ["28 corners joined with another at the same place"]


def test_zero_and_minus_zero_are_one_place(tmp_path: Path) -> None:
    vertices = [[-0.0 if c == 0 and i % 2 else float(c) for c in v] for i, v in enumerate(SPLIT)]
    assert mesh_of(written(tmp_path / "a.obj", obj(vertices, SPLIT_FACES))).closed


def test_a_triangle_written_as_a_quadrangle_stays(tmp_path: Path) -> None:
    faces = [[*t, t[2]] for t in TRIANGLES[:-1]] + [TRIANGLES[-1]]
    mesh = mesh_of(written(tmp_path / "a.off", off(CUBE, faces)))
    assert mesh.closed and notes(mesh) == ["11 corners written twice in a row, kept once"]


def test_a_needle_stays_where_it_closes_the_mesh_and_goes_elsewhere(tmp_path: Path) -> None:
    vertices = [*CUBE, [0.5, 0, 0]]
    needled = [[0, 2, 3, 1], *SIDES[1:2], [0, 8, 1, 5, 4], *SIDES[3:], [0, 1, 8]]
    mesh = mesh_of(written(tmp_path / "a.off", off(vertices, needled)))
    assert mesh.closed and notes(mesh) == []
    idle = mesh_of(written(tmp_path / "b.off", off(vertices, [*SIDES, [0, 8, 1]])))
    assert idle.closed and notes(idle) == ["1 polygon without area, left out"]


def test_a_second_copy_goes_and_one_that_faces_the_other_way_stays(tmp_path: Path) -> None:
    mesh = mesh_of(written(tmp_path / "a.off", off(CUBE, [*SIDES, [2, 3, 1, 0]])))
    assert mesh.closed and notes(mesh) == ["1 duplicate polygon left out"]
    wall = mesh_of(written(tmp_path / "b.off", off(CUBE, [*SIDES, SIDES[0][::-1]])))
    assert wall.n_faces == 7 and notes(wall) == []


# Text: rows, marks, endings


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("suffix", ["off", "obj", "ply", "gltf", "stl"])
def test_byte_order_marks_and_line_ends_change_nothing(tmp_path: Path, suffix: str, code: str, ending: str) -> None:
    code = "utf-8-sig" if suffix == "ply" and code != "utf-8" else code  # a PLY's header is ASCII
    facets = "".join(
        "facet normal 0 0 0\nouter loop\n" + "".join(f"vertex {x} {y} {z}\n" for x, y, z in (CUBE[i] for i in t))
        + "endloop\nendfacet\n" for t in TRIANGLES
    )  # fmt: skip
    text = {
        "stl": f"solid a\n{facets}endsolid a\n",
        "gltf": json.dumps(gltf(CUBE, TRIANGLES), indent=1),
        **{name: make(CUBE, TRIANGLES) for name, make in FORMATS.items()},
    }[suffix]
    (tmp_path / f"a.{suffix}").write_bytes(text.replace("\n", ending).encode(code))
    mesh = mesh_of(tmp_path / f"a.{suffix}")
    assert mesh.closed and mesh.volume == pytest.approx(1)


def test_text_with_half_a_character_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a.obj: a text file needs whole characters"):
        read(written(tmp_path / "a.obj", b"\xff\xfev\0 "))


@pytest.mark.parametrize(
    "head", ["OFF8 12 0\n", "OFF 8 12\n", "8 12 0\n", "off\n8 12 0\n", "# x\nSTOFF\n8 12 0\n", "COFF\n\n8 12 18\n"]
)
def test_the_counts_of_an_off_stand_where_writers_put_them(tmp_path: Path, head: str) -> None:
    rows = off(CUBE, TRIANGLES, "").partition("\n")[2]
    assert mesh_of(written(tmp_path / "a.off", head + rows)).closed


@pytest.mark.parametrize(("kind", "extra"), [("OFF", 0), ("CNOFF", 7), ("STCOFF", 6)])
def test_a_binary_off_is_the_text_one(tmp_path: Path, kind: str, extra: int) -> None:
    data = f"{kind} BINARY\n".encode() + struct.pack(">3i", len(CUBE), len(SIDES), 0)
    data += np.hstack([CUBE, np.full((len(CUBE), extra), 0.5)]).astype(">f4").tobytes()
    for k, side in enumerate(SIDES):
        data += struct.pack(f">{len(side) + 2}i", len(side), *side, 3 * (k % 2)) + struct.pack(">3f", 1, 0, 0) * (k % 2)
    found, text = mesh_of(written(tmp_path / "a.off", data)), mesh_of(written(tmp_path / "b.off", off(CUBE, SIDES)))
    np.testing.assert_array_equal(found.vertices, text.vertices)
    np.testing.assert_array_equal(found.corners, text.corners)
    assert found.closed and found.n_faces == 6


def test_colours_after_the_rows_of_an_off_are_left_out(tmp_path: Path) -> None:
    rows = "OFF\n8 6 0\n" + "".join(f"{x} {y} {z} 255 0 0 255\n" for x, y, z in CUBE)
    rows += "".join(" ".join(map(str, [4, *side, 0.5, 0.5, 0.5])) + "\n" for side in SIDES)
    assert mesh_of(written(tmp_path / "a.off", rows)).closed


def test_a_line_of_an_obj_goes_on_after_a_backslash(tmp_path: Path) -> None:
    text = obj(CUBE, SIDES).replace("v 1 0 0", "v 1 \\\n 0 \\\n0").replace("f 1 3 ", "f 1 \\\n3 \\\n")
    assert mesh_of(written(tmp_path / "a.obj", text)).closed
    assert mesh_of(written(tmp_path / "b.obj", text.rstrip() + "\\")).closed
    with pytest.raises(InputError, match="line 4: a vertex needs 3 numbers; got '1 x 0'"):
        read(written(tmp_path / "c.obj", "v 0 0 0\nv 0 0 0\nv 0 0 0\nv 1 \\\nx 0\n"))


# Strips and fans, elements by other names

OCTAHEDRON = [[1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]]
FANS = [[4, 0, 1, 2, 3, 0], [5, 0, 3, 2, 1, 0]]
STRIPS = [[4, 0, 1, 5, 2], [1, 4, 2, 3, 5], [4, 3, 0, 5]]


@pytest.mark.parametrize("element", ["tristrips", "trifans"])
@pytest.mark.parametrize("restart", [True, False])
def test_strips_and_fans_of_a_ply_are_triangles(tmp_path: Path, element: str, restart: bool) -> None:
    lists = {"tristrips": [[0, 1, 2, 3, 0, 1]], "trifans": FANS}[element]
    vertices = [[0, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0, 1]] if element == "tristrips" else OCTAHEDRON
    if restart:
        lists = [[i for one in lists for i in [*one, -1]]]
    text = ply(vertices, lists).replace("element face", f"element {element}")
    mesh = mesh_of(written(tmp_path / "a.ply", text))
    assert mesh.closed and mesh.volume == pytest.approx({"tristrips": 1 / 6, "trifans": 4 / 3}[element])
    binary = binary_ply(vertices, lists).replace(b"element face", f"element {element}".encode())
    assert mesh_of(written(tmp_path / "b.ply", binary)).corners.tolist() == mesh.corners.tolist()


@pytest.mark.parametrize(("mode", "lists"), [(5, [[0, 1, 2, 3, 0, 1]]), (6, FANS)])
def test_strips_and_fans_of_a_gltf_are_triangles(tmp_path: Path, mode: int, lists: list[list[int]]) -> None:
    vertices = [[0, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0, 1]] if mode == 5 else OCTAHEDRON
    flat = np.concatenate(lists).astype("<u4")
    document = gltf(vertices, flat)
    starts = np.cumsum([0, *map(len, lists)])
    document["accessors"] = [document["accessors"][0]] + [
        document["accessors"][1] | {"count": len(one), "byteOffset": int(4 * at)}
        for one, at in zip(lists, starts, strict=False)
    ]
    primitives = [{"attributes": {"POSITION": 0}, "indices": 1 + i, "mode": mode} for i in range(len(lists))]
    document["meshes"] = [{"primitives": primitives}]
    mesh = mesh_of(written(tmp_path / "a.gltf", document))
    assert mesh.closed and mesh.volume == pytest.approx(1 / 6 if mode == 5 else 4 / 3)


def test_a_ply_with_two_elements_of_faces_keeps_both_and_says_what_it_leaves(tmp_path: Path) -> None:
    text = ply(CUBE, SIDES).replace("element face 6\nproperty list uchar int vertex_indices\n",
        "element face 4\nproperty list uchar int vertex_indices\nelement edge 1\nproperty int a\n"
        "element face 2\nproperty list uint float vertex_index\n")  # fmt: skip
    lines = text.splitlines()
    lines.insert(-2, "7")
    mesh = mesh_of(written(tmp_path / "a.ply", "\n".join(lines)))
    assert mesh.closed and notes(mesh) == ["1 element 'edge', left out"]


# glTF


@pytest.mark.parametrize(
    "extension",
    ["KHR_materials_unlit", "KHR_materials_clearcoat", "KHR_texture_transform", "EXT_texture_webp", "KHR_xmp_json_ld"],
)
def test_an_extension_that_only_changes_looks_may_be_required(tmp_path: Path, extension: str) -> None:
    assert mesh_of(written(tmp_path / "a.gltf", gltf(CUBE, TRIANGLES, extensionsRequired=[extension]))).closed


@pytest.mark.parametrize("extension", ["KHR_draco_mesh_compression", "EXT_meshopt_compression", "ACME_anything"])
def test_another_required_extension_is_refused_by_name(tmp_path: Path, extension: str) -> None:
    with pytest.raises(InputError, match=f"no required extensions that change polygons; got {extension}"):
        read(written(tmp_path / "a.gltf", gltf(CUBE, TRIANGLES, extensionsRequired=[extension])))


def test_a_node_with_many_copies_is_refused_by_the_extension_s_name(tmp_path: Path) -> None:
    copies = gltf(CUBE, TRIANGLES, nodes=[{"mesh": 0, "extensions": {"EXT_mesh_gpu_instancing": {}}}])
    with pytest.raises(InputError, match="nodes that are there once; got EXT_mesh_gpu_instancing in node 0"):
        read(written(tmp_path / "a.gltf", copies))


@pytest.mark.parametrize(
    ("node", "turned"),
    [
        ({"scale": [-1, 1, 1]}, 12),
        ({"scale": [-1, -1, -2]}, 12),
        ({"scale": [-1, -1, 1]}, 0),
        ({"matrix": [0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]}, 12),
    ],
)
def test_a_node_that_mirrors_turns_its_polygons_round(tmp_path: Path, node: dict[str, Any], turned: int) -> None:
    mesh = mesh_of(written(tmp_path / "a.gltf", gltf(CUBE, TRIANGLES, nodes=[{"mesh": 0, **node}])))
    assert mesh.volume > 0.9 and mesh.meta.get("repaired", {}).get("mirrored", 0) == turned
    twice = gltf(CUBE, TRIANGLES, nodes=[{"children": [1], **node}, {"mesh": 0, **node}])
    assert notes(mesh_of(written(tmp_path / "b.gltf", twice))) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"nodes": [{"mesh": 0, "rotation": [0, 0, 2, 2]}]}, "a rotation of length 2.82843 instead of 1"),
        ({"nodes": [*({"children": [i + 1]} for i in range(2000)), {"mesh": 0}]}, "within at most 256 others"),
        ({"asset": {"version": "2.0", "minVersion": "3.0"}}, "needs version 2; got '3.0'"),
    ],
)  # fmt: skip
def test_a_gltf_that_says_something_else_is_refused_as_such(tmp_path: Path, changes: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(written(tmp_path / "a.gltf", gltf(CUBE, TRIANGLES, **changes)))


def test_packed_polygons_are_named_where_nothing_stands_for_them(tmp_path: Path) -> None:
    document = gltf(CUBE, TRIANGLES)
    document["meshes"][0]["primitives"][0]["extensions"] = {"KHR_draco_mesh_compression": {"bufferView": 0}}
    assert mesh_of(written(tmp_path / "a.gltf", document)).closed
    del document["accessors"][0]["bufferView"]
    with pytest.raises(InputError, match="polygons that are not packed; got KHR_draco_mesh_compression"):
        read(written(tmp_path / "a.gltf", document))


def test_a_rotation_is_one_however_it_is_rounded_and_other_scenes_are_said(tmp_path: Path) -> None:
    nodes = [{"mesh": 0, "rotation": [0, 0, 0.7072, 0.7072]}, {"mesh": 0}]
    document = gltf(CUBE, TRIANGLES, nodes=nodes, scenes=[{"nodes": [0]}, {"nodes": [1]}])
    mesh = mesh_of(written(tmp_path / "a.gltf", document))
    assert mesh.volume == pytest.approx(1, rel=1e-12) and notes(mesh) == ["1 other scene left out"]


@pytest.mark.parametrize("without", [["scenes"], ["scenes", "nodes"]])
def test_a_gltf_without_scenes_shows_all_there_is(tmp_path: Path, without: list[str]) -> None:
    document = gltf(CUBE, TRIANGLES, nodes=[{"children": [1], "translation": [1, 0, 0]}, {"mesh": 0}])
    mesh = mesh_of(written(tmp_path / "a.gltf", {k: v for k, v in document.items() if k not in without}))
    assert mesh.closed and mesh.bounds[0, 0] == (0 if "nodes" in without else 1)


@pytest.mark.parametrize("uri", ["my%20part.bin", "my part.bin", "sub/c%C3%A9.bin", "./sub/../my part.bin"])
def test_an_address_may_be_escaped_and_lie_below_the_folder(tmp_path: Path, uri: str) -> None:
    data = base64.b64decode(gltf(CUBE, TRIANGLES)["buffers"][0]["uri"].partition(",")[2])
    (tmp_path / "sub").mkdir()
    for name in ("my part.bin", "sub/cé.bin"):
        (tmp_path / name).write_bytes(data)
    path = written(tmp_path / "a.gltf", gltf(CUBE, TRIANGLES, buffers=[{"byteLength": len(data), "uri": uri}]))
    if ".." in uri:
        with pytest.raises(InputError, match="its buffers inside the file or beside it"):
            read(path)
    else:
        assert mesh_of(path).closed


@pytest.mark.parametrize(
    "uri",
    ["../out.bin", "%2e%2e/out.bin", "sub/%2e%2e/%2e%2e/out.bin", "/etc/hostname", "file:///etc/hostname", "C:/out.bin",
     "..\\out.bin", "https://example.org/out.bin", "link/out.bin", "out.bin%00", "pipe", "sub", ""],
)  # fmt: skip
def test_an_address_never_leads_out_of_the_folder(tmp_path: Path, uri: str) -> None:
    import os

    (tmp_path / "out.bin").write_bytes(bytes(240))
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / "link").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe")
    with pytest.raises(InputError, match="its buffer"):
        read(written(folder / "a.gltf", gltf(CUBE, TRIANGLES, buffers=[{"byteLength": 240, "uri": uri}])))


@pytest.mark.parametrize("how", ["nodes", "primitives"])
def test_a_gltf_that_repeats_itself_is_refused_before_it_is_made(tmp_path: Path, how: str) -> None:
    n = 200_000
    document = gltf(CUBE, TRIANGLES)
    if how == "nodes":
        document |= {"nodes": [{"mesh": 0}] * n, "scenes": [{"nodes": list(range(n))}]}
    else:
        document["meshes"] = [{"primitives": document["meshes"][0]["primitives"] * n}]
    with pytest.raises(InputError, match=r"at most 4,000,000 vertices and corners; it would make 8,800,000"):
        read(written(tmp_path / "a.gltf", document))


def test_whole_numbers_targets_and_skeletons_place_their_vertices(tmp_path: Path) -> None:
    small = np.array(CUBE, "i1") * 127
    uri = "data:;base64," + base64.b64encode(small.tobytes() + np.array(TRIANGLES, "<u4").tobytes()).decode()
    document = gltf(CUBE, TRIANGLES, buffers=[{"uri": uri}], extensionsRequired=["KHR_mesh_quantization"])
    document["accessors"][0] |= {"componentType": 5120, "normalized": True}
    document["bufferViews"] = [{"buffer": 0, "byteLength": 24}, {"buffer": 0, "byteOffset": 24, "byteLength": 144}]
    assert mesh_of(written(tmp_path / "a.gltf", document)).volume == 1
    moved = gltf(CUBE, TRIANGLES)
    moved["meshes"][0] |= {"weights": [0.5]}
    moved["meshes"][0]["primitives"][0]["targets"] = [{"POSITION": 0}]
    assert mesh_of(written(tmp_path / "b.gltf", moved)).volume == pytest.approx(1.5**3)
    rest = gltf(CUBE, TRIANGLES, nodes=[{"mesh": 0, "skin": 0, "translation": [5, 0, 0]}])
    mesh = mesh_of(written(tmp_path / "c.gltf", rest))
    assert mesh.bounds[0].tolist() == [0, 0, 0] and notes(mesh) == ["1 node moved by a skeleton, taken at rest"]


def test_data_in_the_address_may_be_base64_or_escaped_bytes(tmp_path: Path) -> None:
    uri = gltf(CUBE, TRIANGLES)["buffers"][0]["uri"]
    data = base64.b64decode(uri.partition(",")[2])
    plain = "data:application/octet-stream," + "".join(f"%{byte:02x}" for byte in data)
    for address in (plain, uri.replace("=", "%3D")):
        assert mesh_of(written(tmp_path / "a.gltf", gltf(CUBE, TRIANGLES, buffers=[{"uri": address}]))).closed


@pytest.mark.parametrize("pad", [b" ", b"\0"])
def test_the_text_of_a_glb_may_be_padded_either_way(tmp_path: Path, pad: bytes) -> None:
    text = json.dumps(gltf(CUBE, TRIANGLES)).encode()
    text += pad * (8 - len(text) % 4)
    head = struct.pack("<4sIII4s", b"glTF", 2, 20 + len(text), len(text), b"JSON")
    assert mesh_of(written(tmp_path / "a.glb", head + text)).closed


def test_lines_beside_triangles_are_left_out_and_said(tmp_path: Path) -> None:
    document = gltf(CUBE, TRIANGLES)
    document["meshes"][0]["primitives"].append({"attributes": {"POSITION": 0}, "mode": 1})
    assert notes(mesh_of(written(tmp_path / "a.gltf", document))) == ["1 primitive of points or lines, left out"]


def test_a_ply_of_points_is_points_with_normals_where_it_has_them(tmp_path: Path) -> None:
    bare = read(CASES / "points_only.ply")
    assert isinstance(bare, Cloud) and len(bare) == 3 and bare.normals is None
    normals = "property float nx\nproperty float ny\nproperty float nz\nend_header\n0 0 0 0 0 2\n"
    found = read(written(tmp_path / "a.ply", ONE + normals))
    assert isinstance(found, Cloud) and found.normals is not None and found.normals.tolist() == [[0, 0, 1]]


def test_faces_under_another_name_are_not_taken_for_points(tmp_path: Path) -> None:
    header = ONE + "element facet 1\nproperty list uchar int vertex_indices\nend_header\n0 0 0\n3 0 0 0\n"
    with pytest.raises(InputError, match=r"a point cloud of 1 points"):
        read(written(tmp_path / "a.ply", header))


@pytest.mark.parametrize(
    ("name", "text"), [("a.obj", obj(CUBE, []) + "l 1 2 3\nl 4 5\n"), ("a.off", off(CUBE, [[0, 1], [1, 2]]))]
)
def test_lines_without_faces_are_called_lines(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(InputError, match="got 2 lines between vertices, which bound no solid"):
        read(written(tmp_path / name, text))


def test_what_stands_beside_faces_or_points_is_left_out_and_said(tmp_path: Path) -> None:
    found = read(written(tmp_path / "a.obj", obj(CUBE, TRIANGLES) + "l 1 2\nl 2 3\np 3\n"))
    assert isinstance(found, Mesh)
    assert found.meta["notes"] == ["2 elements 'l' (lines), left out", "1 element 'p' (points), left out"]
    edges = "element edge 1\nproperty int vertex1\nproperty int vertex2\nend_header\n0 0 0\n0 0\n"
    cloud = read(written(tmp_path / "a.ply", ONE + edges))
    assert isinstance(cloud, Cloud) and cloud.notes == ("1 element 'edge', left out",)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.obj", "v 0,5 0 0\n"),
        ("a.xyz", "0,5 0 1,25\n"),
        ("a.stl", "solid a\nfacet normal 0 0 1\nouter loop\nvertex 0,5 0,0 -1,5e-3\n"),
    ],
)
def test_decimal_commas_are_named(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(InputError, match=r"It has decimal commas: write points"):
        read(written(tmp_path / name, text))


# Points, sizes, rows

ONE = "ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\n"
REFUSED: list[tuple[str, str | bytes | dict[str, Any], str]] = [
    ("a.off", off(CUBE, []), r"a point cloud of 8 points\. .* or fit the points themselves: save them as \.xyz"),
    ("a.obj", obj(CUBE, []) + "p 1 2 3\n", "a point cloud of 8 points. "),
    ("a.obj", "v 0 0 0\nvn 0 0 1\n",
     r"a point cloud of 1 points with normals. Make a surface of it first \(in MeshLab: S"),
    ("a.gltf", gltf(CUBE, []) | {"meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "mode": 0}]}]},
     "a point cloud of 8 points"),
    ("a.off", off([[0, 0, 0], [1e300, 0, 0], [0, 1, 0]], [[0, 1, 2]]), r"of at most 1e\+100; got vertex 1 ="),
    ("a.gltf", gltf(CUBE, TRIANGLES, nodes=[{"mesh": 0, "scale": [1e308, 1, 1], "translation": [1e308, 0, 0]}]),
     "needs finite vertices"),
    ("a.gltf", gltf(CUBE, TRIANGLES, nodes=[{"mesh": 0, "scale": [1e200, 1, 1]}]), r"of at most 1e\+100"),
    ("a.off", off(CUBE, TRIANGLES) + "3 0 1 2\n", "line 23: an OFF needs as many rows as its header says"),
    ("a.off", "OFF\n3 1 0\n0 0 0 1 2 3 4 5 6 7 8 9 10\n",
     "line 3: a vertex needs at most 9 numbers after its own; got 10"),
    ("a.off", off(CUBE, TRIANGLES).replace("3 0 2 3\n", "3 0 2 3 1 1 1 1 1\n"),
     "line 11: a face needs at most 4 numbers"),
    ("a.off", "4OFF\n1 1 0\n", "3 coordinates a vertex; got 4OFF"),
    ("a.off", "OFF BINARY\n", "it ends before the counts"),
    ("a.off", "4OFF BINARY\n", "3 coordinates a vertex; got 4OFF"),
    ("a.off", b"OFF BINARY\n" + struct.pack(">3i", -1, 1, 0), "counts from 0 on; got -1 and 1"),
    ("a.off", b"OFF BINARY\n" + struct.pack(">3i", 9, 1, 0), "it ends before the last of 9 vertices"),
    ("a.off", b"OFF BINARY\n" + struct.pack(">3i5i", 0, 1, 0, 9, 0, 0, 0, 0), "it ends before face 0 of 1"),
    ("a.off", b"OFF BINARY\n" + struct.pack(">3i5i", 0, 1, 0, 3, 0, 0, 0, 2), "it ends before the colour of face 0"),
    ("a.ply", ply(CUBE, TRIANGLES) + "3 0 1 2\n", "line 30: a PLY needs as many rows as its header says"),
    ("a.ply", binary_ply(CUBE, TRIANGLES) + b"1234", "as many bytes as its header says; got 4 more"),
    ("a.ply", ply(CUBE, [[0, 1, 2.5]]), "line 18: face 0 needs vertex numbers; got others"),
    ("a.ply", ply(CUBE, [[0, 1, 2]]).replace("3 0 1 2", "x 0 1 2"), "line 18: face 0 needs numbers; got 'x 0 1 2'"),
    ("a.ply", ply(CUBE, [[0, 1, 2]]).replace("3 0 1 2", "1_0 0 1 2"), "line 18: face 0 needs numbers; got '1_0 0"),
    ("a.ply", ply(CUBE, [[0, 1, 2]]).replace("3 0 1 2", "2.5 0 1 2"), "line 18: face 0 needs whole counts"),
    ("a.ply", ONE + "element vertex 1\nproperty float x\nend_header\n", "one element vertex; got more"),
    ("a.ply", ONE + "element face 1\nproperty list float int vertex_indices\nend_header\n",
     "line 8: a PLY header needs"),
    ("a.ply", binary_ply(CUBE, []).replace(b"face 0", b"face 1").replace(b"uchar int", b"uchar float")
     + struct.pack("<B3f", 3, 0, 1, float("nan")), "face 0 needs vertex numbers; got others"),
    ("a.obj", obj(CUBE, TRIANGLES) + "v 1 2 3 4 5\n",
     "line 21: a vertex needs 3 numbers, a weight or a colour; got 5"),
    ("a.obj", obj(CUBE, TRIANGLES) + "surf 0 1 0 1 1 2 3\n",
     "line 21: an OBJ needs polygons; got a free-form 'surf'"),
    ("a.obj", obj(CUBE, TRIANGLES) + "strip 1 2 3\n", r"not an OBJ \(line 21\): no statement 'strip' is known"),
    ("a.obj", "v 1 2_0 3\n", "a vertex needs 3 numbers"),
    ("a.gltf", {"asset": {}}, "no triangles"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "message"), REFUSED)
def test_what_cannot_be_meant_is_refused_with_its_place(
    tmp_path: Path, name: str, data: str | bytes | dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read(written(tmp_path / name, data))


def test_more_bytes_than_an_stl_s_header_says_are_left_out_and_said(tmp_path: Path) -> None:
    data = Mesh.of_polygons(CUBE, TRIANGLES).save(tmp_path / "a.stl").read_bytes()
    mesh = mesh_of(written(tmp_path / "b.stl", data + bytes(50)))
    assert mesh.closed and notes(mesh)[0] == "50 bytes after the 12 triangles of the header, left out"


def test_hidden_nodes_are_taken_and_said(tmp_path: Path) -> None:
    hidden = {"mesh": 0, "extensions": {"KHR_node_visibility": {"visible": False}}}
    mesh = mesh_of(written(tmp_path / "a.gltf", gltf(CUBE, TRIANGLES, nodes=[hidden, {"translation": [9, 0, 0]}])))
    assert mesh.volume == 1 and notes(mesh) == ["1 node marked as hidden, taken"]
