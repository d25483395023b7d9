"""The triangles of a glTF 2.0 scene (Khronos specification, sections 3.5-3.7 and 4)."""

from __future__ import annotations

import base64
import binascii
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .source import content

Array = NDArray[np.float64]
Index = NDArray[np.int64]

COMPONENTS = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}  # section 3.6.2.2
WIDTHS = {"SCALAR": 1, "VEC3": 3}
TRIANGLES = 4  # section 5.24, primitive.mode
MAX_DEPTH = 256  # of nested nodes: deeper than any real scene, and an answer to one that contains itself


def gltf_triangles(data: bytes, path: Path) -> tuple[Array, Index]:
    """Return vertices (V, 3) and triangles (T, 3) of the default scene, node transforms applied.

    raises   InputError naming the part that is missing, out of range or not supported (compressed, sparse, lines)
    """
    try:
        document, blob = _parts(data, path.name)
        scene = _Scene(document, blob, path)
        for node in document["scenes"][document.get("scene", 0)].get("nodes", []):
            scene.walk(node, np.eye(4), 0)
    except InputError:
        raise
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, struct.error) as error:
        raise InputError(f"{path.name}: not a glTF ({type(error).__name__}: {error}). Export it again.") from error
    if not scene.points:
        return np.empty((0, 3)), np.empty((0, 3), dtype=np.int64)
    return np.concatenate(scene.points), np.concatenate(scene.triangles)


def _parts(data: bytes, name: str) -> tuple[dict[str, Any], bytes]:
    """The JSON document and the binary chunk."""
    if data[:4] != b"glTF":
        try:
            document = json.loads(data.decode("utf-8"))
        except (UnicodeDecodeError, ValueError, RecursionError) as error:
            raise InputError(f"{name}: not a glTF ({error}). Export it again.") from None
        return dict(document), b""
    version, length = struct.unpack("<II", data[4:12])
    if version != 2:
        raise InputError(f"{name}: a GLB needs version 2; got {version}. Export it again.")
    if length > len(data):
        raise InputError(f"{name}: header says {length} bytes, file holds {len(data)}: truncated. Copy it again.")
    chunks: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= length:
        size, kind = struct.unpack("<I4s", data[at : at + 8])
        if at + 8 + size > length:
            raise InputError(
                f"{name}: a GLB chunk needs {size} bytes; got {length - at - 8}: truncated. Copy it again."
            )
        chunks.setdefault(kind, data[at + 8 : at + 8 + size])
        at += 8 + size
    return dict(json.loads(chunks[b"JSON"].decode("utf-8"))), chunks.get(b"BIN\0", b"")


class _Scene:
    """Triangles gathered node by node."""

    def __init__(self, document: dict[str, Any], blob: bytes, path: Path) -> None:
        self.document, self.blob, self.path = document, blob, path
        self.points: list[Array] = []
        self.triangles: list[Index] = []
        self.n = 0
        self.visited: set[int] = set()
        required = document.get("extensionsRequired", [])
        if required:
            raise self._refused(f"no required extensions; got {', '.join(map(str, required))}")

    def walk(self, number: int, above: Array, depth: int) -> None:
        if depth > MAX_DEPTH or number in self.visited:
            raise self._refused(f"a tree of nodes; got node {number} twice")
        self.visited.add(number)
        node = self.document["nodes"][_index(number)]
        here = above @ _transform(node)
        if "mesh" in node:
            for primitive in self.document["meshes"][_index(node["mesh"])]["primitives"]:
                self._primitive(primitive, here)
        for child in node.get("children", []):
            self.walk(child, here, depth + 1)

    def _primitive(self, primitive: dict[str, Any], here: Array) -> None:
        if primitive.get("mode", TRIANGLES) != TRIANGLES:
            raise self._refused(f"triangles; got a primitive of mode {primitive['mode']}")
        points = self._accessor(primitive["attributes"]["POSITION"], "VEC3").astype(np.float64)
        if "indices" in primitive:
            index = self._accessor(primitive["indices"], "SCALAR").astype(np.int64)
        else:
            index = np.arange(len(points))
        if index.size % 3:
            raise self._refused(f"3 indices a triangle; got {index.size} indices")
        if index.size and (index.max() >= len(points) or index.min() < 0):
            raise self._refused(f"faces that name its vertices; got vertex {index.max()} of {len(points)} vertices")
        self.points.append(points @ here[:3, :3].T + here[:3, 3])
        self.triangles.append(index.reshape(-1, 3) + self.n)
        self.n += len(points)

    def _accessor(self, number: int, kind: str) -> NDArray[Any]:
        accessor = self.document["accessors"][_index(number)]
        if "sparse" in accessor or accessor["type"] != kind or "bufferView" not in accessor:
            raise self._refused(f"plain {kind} accessors; got accessor {number} of another kind")
        view = self.document["bufferViews"][_index(accessor["bufferView"])]
        item = np.dtype((COMPONENTS[accessor["componentType"]], (WIDTHS[kind],)))
        n, stride = _index(accessor["count"]), _index(view.get("byteStride", 0)) or item.itemsize
        first = _index(view.get("byteOffset", 0))
        data = self._buffer(view["buffer"])[first : first + _index(view["byteLength"])]
        start = _index(accessor.get("byteOffset", 0))
        if n and start + (n - 1) * stride + item.itemsize > len(data):
            raise self._refused(f"all its bytes; got accessor {number} past the end of its view: truncated")
        if stride < item.itemsize:
            raise self._refused(f"strides of an element or more; got {stride} in accessor {number}")
        base, width = item.subdtype or (item, (1,))
        return np.ndarray((n, *width), base, data, start, (stride, base.itemsize))[:, : WIDTHS[kind]].squeeze(
            axis=1 if kind == "SCALAR" else ()
        )

    def _buffer(self, number: int) -> bytes:
        buffer = self.document["buffers"][_index(number)]
        if "uri" not in buffer:
            return self.blob
        uri = buffer["uri"]
        if uri.startswith("data:"):
            try:
                return base64.b64decode(uri.partition(",")[2], validate=True)
            except binascii.Error as error:
                raise self._refused(f"base64 data; got {error}") from None
        if Path(uri).name != uri or "\\" in uri or ":" in uri or "%" in uri:
            raise self._refused(f"its buffers inside the file or beside it; got the address {uri[:60]!r}")
        beside = self.path.parent / uri
        if beside.is_symlink() or not beside.is_file():
            raise self._refused(f"its buffer {uri!r} beside it; got no such file")
        return content(beside)

    def _refused(self, what: str) -> InputError:
        return InputError(f"{self.path.name}: a glTF needs {what}. Export it again, as a plain .glb.")


def _index(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is not an index")
    return value


def _transform(node: dict[str, Any]) -> Array:
    """The node's matrix, or translation @ rotation @ scale (section 3.5.3)."""
    if "matrix" in node:
        return np.array(node["matrix"], dtype=np.float64).reshape(4, 4).T
    x, y, z, w = (float(v) for v in node.get("rotation", (0, 0, 0, 1)))
    out = np.eye(4)
    out[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    out[:3, :3] *= np.array(node.get("scale", (1, 1, 1)), dtype=np.float64)
    out[:3, 3] = node.get("translation", (0, 0, 0))
    return out
