"""Damaged meshes of every kind: read and measured, or refused by our errors, each within ten seconds and a gigabyte."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from foldline import Mesh, read
from foldline.cloud import Cloud
from foldline.data.border import mesh_report
from foldline.errors import FoldlineError
from foldline.files.gltf import glb_bytes
from foldline.files.off import off_bytes
from foldline.files.ply import ply_bytes
from foldline.files.stl import stl_bytes

from .test_fuzz import BYTES, SECONDS, flipped, within
from .test_mesh_kinds import CUBE, FANS, OCTAHEDRON, TRIANGLES, L, binary_ply, gltf, obj, ply, prism

BLOCK = prism(L)
BOX = Mesh.of_polygons(CUBE, TRIANGLES)
CORNERS = ["vertex " + " ".join(map(str, corner)) + "\n" for corner in CUBE]
FACETS = "".join(
    "facet normal 0 0 0\nouter loop\n" + "".join(CORNERS[i] for i in triangle) + "endloop\nendfacet\n"
    for triangle in TRIANGLES
)
MIRRORED = [{"children": [1], "scale": [-1, 1, 1]}, {"mesh": 0, "rotation": [0, 0, 0.6, 0.8]}]

FILES: dict[str, Callable[[], bytes]] = {
    "concave.off": lambda: off_bytes(Mesh(*_polygons(*BLOCK))),
    "colours.off": lambda: b"COFF8 12 0\n" + b"".join(b"%d %d %d 9 9 9 1\n" % tuple(v) for v in CUBE)
    + b"".join(b"3 %d %d %d 1 0 0\n" % tuple(t) for t in TRIANGLES),
    "concave.obj": lambda: obj(*BLOCK).replace(" 2 ", " 2 \\\n").encode(),
    "marked.obj": lambda: obj(CUBE, TRIANGLES).encode("utf-16"),
    "concave.ply": lambda: ply(*BLOCK).encode(),
    "ours.ply": lambda: ply_bytes(Mesh(*_polygons(*BLOCK), face_values={"region": np.arange(10)})),
    "binary.ply": lambda: binary_ply(*BLOCK),
    "equal.ply": lambda: binary_ply(CUBE, TRIANGLES),
    "big.ply": lambda: binary_ply(CUBE, TRIANGLES, ">"),
    "fans.ply": lambda: binary_ply(OCTAHEDRON, [[*FANS[0], -1, *FANS[1]]]).replace(b"element face", b"element trifans"),
    "text.stl": lambda: f"solid a\n{FACETS}endsolid a\n".encode(),
    "binary.stl": lambda: stl_bytes(BOX),
    "tree.gltf": lambda: json.dumps(gltf(CUBE, TRIANGLES, nodes=MIRRORED)).encode(),
    "box.glb": lambda: glb_bytes(BOX),
}  # fmt: skip


def _polygons(vertices: list[list[float]], faces: list[list[int]]) -> tuple[list[list[float]], list[int], list[int]]:
    """As they are, where ``Mesh.of_polygons`` would cut the concave ones."""
    return vertices, [i for face in faces for i in face], np.cumsum([0, *map(len, faces)]).tolist()


def attempt(path: Path, data: bytes) -> None:
    """Anything but a mesh or a refusal of ours is a failure, told with the file."""
    path.write_bytes(data)
    try:
        with within(SECONDS, BYTES):
            found = read(path)
            if isinstance(found, Cloud):
                assert np.isfinite(found.points).all() and len(found)
                return
            assert isinstance(found, Mesh) and found.n_faces
            assert np.isfinite(list(mesh_report(found).measures.__dict__.values())).all()
    except FoldlineError:
        return
    except BaseException as error:
        raise AssertionError(f"{type(error).__name__}: {error}; the file was {data.hex()[:20_000]}") from error


@pytest.mark.parametrize("name", FILES)
def test_some_damaged_meshes_are_read_or_refused(tmp_path: Path, name: str) -> None:
    data, rng = FILES[name](), np.random.default_rng(zlib.crc32(name.encode()))
    assert isinstance(read(_written(tmp_path / name, data)), Mesh)
    for cut in rng.integers(0, len(data), 20).tolist():
        attempt(tmp_path / name, data[:cut])
    for _ in range(40):
        attempt(tmp_path / name, flipped(data, rng))


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.fuzz
@pytest.mark.parametrize("name", FILES)
def test_every_beginning_and_ten_thousand_damaged_meshes_are_read_or_refused(tmp_path: Path, name: str) -> None:
    data, rng = FILES[name](), np.random.default_rng(zlib.crc32(name.encode()) + 1)
    for cut in range(len(data)):
        attempt(tmp_path / name, data[:cut])
    for _ in range(10_000):
        attempt(tmp_path / name, flipped(data, rng))
