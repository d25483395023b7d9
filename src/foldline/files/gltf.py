"""glTF 2.0 files, text and binary (Khronos specification, sections 3.5-3.7 and 4)."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, unquote_to_bytes

import numpy as np
from numpy.typing import NDArray

from ..errors import FileError, InputError
from ..text import counted, json_text
from .lines import empty
from .polygons import fans, in_float32, mesh_of, placed, point_cloud, strips
from .source import content

if TYPE_CHECKING:
    from ..mesh import Mesh

Array = NDArray[np.float64]
Index = NDArray[np.int64]

COMPONENTS = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}  # section 3.6.2.2
TOPS = {"i1": 127, "u1": 255, "i2": 32767, "u2": 65535}  # section 3.6.2.2, what normalised integers are divided by
WIDTHS = {"SCALAR": 1, "VEC3": 3}
POINTS, TRIANGLES, STRIP, FAN = 0, 4, 5, 6  # section 5.24.4, primitive.mode; those between are lines
MAX_DEPTH = 256  # of nested nodes: deeper than any real scene
MOST_NUMBERS = 4_000_000  # vertices and corners made of a file that holds fewer bytes: about 1 GB of work
FLOAT, UNSIGNED_INT = 5126, 5125  # section 3.6.2.2, component types
VERTICES, INDICES = 34962, 34963  # section 5.11.5, buffer view targets

# Extensions a file may require that change how it looks or what is said of it, and no polygon.
LOOKS = ("KHR_materials_", "KHR_texture_", "EXT_texture_", "MSFT_texture_", "KHR_lights_", "EXT_lights_")
SAYINGS = {
    *("KHR_xmp KHR_xmp_json_ld KHR_techniques_webgl KHR_animation_pointer KHR_mesh_quantization".split()),
    *("CESIUM_primitive_outline EXT_mesh_features EXT_structural_metadata EXT_instance_features".split()),
}
PLACES = {"matrix", "translation", "rotation", "scale"}
ROUNDED = 1e-3  # of a quaternion's length: what three digits leave open
DRACO = "KHR_draco_mesh_compression"
COPIES = "EXT_mesh_gpu_instancing"  # on a node: many of its mesh; to leave it out would lose polygons
VISIBILITY = "KHR_node_visibility"


def read_gltf(path: Path) -> Mesh:
    """Return the triangles of a glTF or GLB file's scene as one mesh, node transforms applied.

    A node that mirrors has its triangles turned round; without scenes, every node that no other holds is shown.  A file
    beside is read from the same folder or below it.
    raises   InputError naming the part that is missing, out of range or not supported (compressed, sparse), or a scene
             that would repeat its parts into more numbers than memory holds
    """
    data, name = content(path), path.name
    if not data:
        raise empty(name)
    try:
        document, blob = _parts(data, name)
        if not {"asset", "meshes"} & document.keys():
            raise ValueError("neither asset nor meshes")
        asset = document.get("asset", {})
        needed = str(asset.get("minVersion", asset.get("version", "2")))
        if needed.partition(".")[0] != "2":
            got = needed[:20]
            raise InputError(f"{name}: a glTF needs version 2; got {got!r}. Export it again, as a plain .glb.")
        scene = _Scene(document, blob, path)
        scene.show()
    except InputError:
        raise
    except (
        KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, RecursionError, struct.error,
    ) as error:  # fmt: skip
        raise InputError(f"{name}: not a glTF ({type(error).__name__}: {error}). Export it again.") from error
    if not scene.triangles and scene.n_points:
        raise point_cloud(name, scene.n_points)
    vertices = np.concatenate([np.empty((0, 3)), *scene.points])
    corners = np.concatenate([np.empty((0, 3), dtype=np.int64), *scene.triangles]).ravel()
    if not len(corners):
        raise empty(name)
    return mesh_of(
        name, vertices, corners, np.arange(0, len(corners) + 1, 3), mirrored=scene.mirrored, notes=scene.notes()
    )


def _parts(data: bytes, name: str) -> tuple[dict[str, Any], bytes]:
    """The JSON document and the binary chunk."""
    if data[:4] != b"glTF":
        try:
            document = json.loads(data.removeprefix(b"\xef\xbb\xbf"))
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
    return dict(json.loads(chunks[b"JSON"].rstrip(b"\0 "))), chunks.get(b"BIN\0", b"")


class _Scene:
    """Triangles gathered node by node."""

    def __init__(self, document: dict[str, Any], blob: bytes, path: Path) -> None:
        self.document, self.blob, self.path = document, blob, path
        self.points: list[Array] = []
        self.triangles: list[Index] = []
        self.n = self.mirrored = self.n_points = self.n_lines = self.n_skinned = self.n_hidden = 0
        self.buffers: dict[int, bytes] = {}
        required = [each for each in map(str, document.get("extensionsRequired", [])) if not _looks(each)]
        if required:
            raise self._refused(f"no required extensions that change polygons; got {', '.join(required)}")

    def show(self) -> None:
        """Gather the triangles of the default scene, once it is known that they fit."""
        nodes = list(self._nodes())
        self._check_size([node for node, _ in nodes])
        for node, place in nodes:
            self._node(node, place)

    def notes(self) -> list[str]:
        """What was left out or assumed, a sentence each."""
        left = (
            (self.n_lines, "primitive", "of points or lines, left out"),
            (self.n_skinned, "node", "moved by a skeleton, taken at rest"),
            (max(len(self.document.get("scenes", [])) - 1, 0), "other scene", "left out"),
            (self.n_hidden, "node", "marked as hidden, taken"),
        )
        return [counted(*each) for each in left if each[0]]

    def _nodes(self) -> Iterator[tuple[dict[str, Any], Array]]:
        """Every node of the scene with a mesh, and its transform."""
        nodes, seen = self.document.get("nodes", []), set[int]()
        stack = [(number, np.eye(4), 0) for number in reversed(self._roots(nodes))]
        if not nodes and "scenes" not in self.document:
            yield from (({"mesh": number}, np.eye(4)) for number in range(len(self.document.get("meshes", []))))
        while stack:
            number, above, depth = stack.pop()
            if number in seen:
                raise self._refused(f"a tree of nodes; got node {number} twice")
            if depth > MAX_DEPTH:
                raise self._refused(f"nodes within at most {MAX_DEPTH} others; got node {number} in more")
            seen.add(number)
            node = nodes[_index(number)]
            if COPIES in node.get("extensions", {}):
                raise self._refused(f"nodes that are there once; got {COPIES} in node {number}")
            here = above @ _transform(node) if PLACES & node.keys() else above
            if "mesh" in node:
                yield node, here
            stack += [(child, here, depth + 1) for child in reversed(node.get("children", []))]
            self.n_hidden += node.get("extensions", {}).get(VISIBILITY, {}).get("visible", True) is False

    def _roots(self, nodes: Sequence[dict[str, Any]]) -> list[int]:
        if self.document.get("scenes"):
            return list(self.document["scenes"][_index(self.document.get("scene", 0))].get("nodes", []))
        held = {child for node in nodes for child in node.get("children", [])}
        return [number for number in range(len(nodes)) if number not in held]

    def _primitives(self, node: dict[str, Any]) -> list[dict[str, Any]]:
        return list(self.document["meshes"][_index(node["mesh"])]["primitives"])

    def _check_size(self, nodes: Sequence[dict[str, Any]]) -> None:
        made, sizes = 0, dict[int, int]()
        for node in nodes:
            mesh = _index(node["mesh"])
            if mesh not in sizes:
                sizes[mesh] = sum(map(self._size, self._primitives(node)))
            made += sizes[mesh]
        most = max(MOST_NUMBERS, len(self.blob) + sum(len(self._buffer(number)) for number in self._used()))
        if made > most:
            raise self._refused(f"at most {most:,} vertices and corners; it would make {made:,}")

    def _size(self, primitive: dict[str, Any]) -> int:
        named = [primitive["attributes"].get("POSITION"), primitive.get("indices")]
        accessors = self.document["accessors"]
        return sum(_index(accessors[_index(number)]["count"]) for number in named if number is not None)

    def _used(self) -> list[int]:
        """The buffers that some view is of, other than the file's own."""
        used = {_index(view["buffer"]) for view in self.document.get("bufferViews", [])}
        return [number for number in sorted(used) if "uri" in self.document["buffers"][number]]

    def _node(self, node: dict[str, Any], place: Array) -> None:
        if "skin" in node:  # section 3.7.3.3: only the joints place it
            self.n_skinned, place = self.n_skinned + 1, np.eye(4)
        mesh = self.document["meshes"][_index(node["mesh"])]
        weights = node.get("weights", mesh.get("weights", []))
        for primitive in mesh["primitives"]:
            self._primitive(primitive, place, weights)

    def _primitive(self, primitive: dict[str, Any], place: Array, weights: Sequence[float]) -> None:
        mode = primitive.get("mode", TRIANGLES)
        if mode not in (TRIANGLES, STRIP, FAN) or "POSITION" not in primitive["attributes"]:
            self.n_lines += 1
            self.n_points += self._size(primitive) if mode == POINTS else 0
            return
        accessor = self.document["accessors"][_index(primitive["attributes"]["POSITION"])]
        if DRACO in primitive.get("extensions", {}) and "bufferView" not in accessor:
            raise self._refused(f"polygons that are not packed; got {DRACO}")
        points = self._positions(primitive, weights)
        if "indices" in primitive:
            index = self._accessor(primitive["indices"], "SCALAR").astype(np.int64)
        else:
            index = np.arange(len(points))
        if index.size and (index.max() >= len(points) or index.min() < 0):
            raise self._refused(f"faces that name its vertices; got vertex {index.max()} of {len(points)} vertices")
        moved, triangles, mirrored = placed(points, self._triangles(index, mode), place[:3])  # section 3.7.4
        self.points.append(moved)
        self.triangles.append(triangles + self.n)
        self.mirrored += mirrored
        self.n += len(points)

    def _triangles(self, index: Index, mode: int) -> Index:
        if mode != TRIANGLES:
            return (strips if mode == STRIP else fans)(index, np.array([len(index)]))
        if index.size % 3:
            raise self._refused(f"3 indices a triangle; got {index.size} indices")
        return index.reshape(-1, 3)

    def _positions(self, primitive: dict[str, Any], weights: Sequence[float]) -> Array:
        """Vertices, with the targets of their morphing at the weights the file names."""
        points = self._accessor(primitive["attributes"]["POSITION"], "VEC3").astype(np.float64)
        for weight, target in zip(map(float, weights), primitive.get("targets", []), strict=False):
            if weight and "POSITION" in target:
                with np.errstate(over="ignore", invalid="ignore"):
                    points = points + weight * self._accessor(target["POSITION"], "VEC3")
        return points

    def _accessor(self, number: int, kind: str) -> NDArray[Any]:
        """The values of an accessor; of a sparse one those it sets, else zeros or another view (section 3.6.2.3)."""
        accessor = self.document["accessors"][_index(number)]
        if accessor["type"] != kind or not ("bufferView" in accessor or "sparse" in accessor):
            raise self._refused(f"{kind} accessors with values; got accessor {number} of another kind")
        component, n = accessor["componentType"], _index(accessor["count"])
        if "bufferView" in accessor:
            values = self._viewed(accessor, component, kind, n, number)
        else:
            values = np.zeros((n, WIDTHS[kind]), COMPONENTS[component])
        if "sparse" in accessor:
            told = accessor["sparse"]
            some = _index(told["count"])
            if some > n:
                raise self._refused(f"sparse accessors of fewer values than the whole; got {some} of {n}")
            at = self._viewed(told["indices"], told["indices"]["componentType"], "SCALAR", some, number)[:, 0]
            if at.dtype.kind != "u" or (some and at.max() >= n):
                raise self._refused(f"sparse accessors that set what there is; got another index in accessor {number}")
            values = values.copy()
            values[at] = self._viewed(told["values"], component, kind, some, number)
        if kind == "SCALAR":
            return values[:, 0]
        top = TOPS.get(values.dtype.str[1:]) if accessor.get("normalized") else None
        with np.errstate(invalid="ignore"):  # a signalling NaN; refused with its vertex later
            return values.astype(np.float64) if top is None else np.maximum(values / top, -1.0)

    def _viewed(self, place: dict[str, Any], component: int, kind: str, n: int, number: int) -> NDArray[Any]:
        """The n values at a place of a view, (n, width)."""
        view = self.document["bufferViews"][_index(place["bufferView"])]
        base, width = np.dtype(COMPONENTS[component]), WIDTHS[kind]
        size = base.itemsize * width
        stride, first = _index(view.get("byteStride", 0)) or size, _index(view.get("byteOffset", 0))
        data = self._buffer(_index(view["buffer"]))[first : first + _index(view["byteLength"])]
        start = _index(place.get("byteOffset", 0))
        if n and start + (n - 1) * stride + size > len(data):
            raise self._refused(f"all its bytes; got accessor {number} past the end of its view: truncated")
        if stride < size:
            raise self._refused(f"strides of an element or more; got {stride} in accessor {number}")
        return np.ndarray((n, width), base, data, start if n else 0, (stride, base.itemsize))

    def _buffer(self, number: int) -> bytes:
        buffer = self.document["buffers"][number]
        if "uri" not in buffer:
            return self.blob
        if number not in self.buffers:
            self.buffers[number] = self._at(str(buffer["uri"]))
        return self.buffers[number]

    def _at(self, uri: str) -> bytes:
        """The bytes of an address: in the file, or in a file in its folder or below it."""
        if uri.startswith("data:"):
            kind, _, text = uri.partition(",")
            try:
                return base64.b64decode(unquote(text), validate=True) if ";base64" in kind else unquote_to_bytes(text)
            except ValueError as error:
                raise self._refused(f"base64 data; got {error}") from None
        plain = PurePosixPath(unquote(uri))
        if plain.is_absolute() or {"..", ""} & set(plain.parts) or any(c in str(plain) for c in "\\:\0"):
            raise self._refused(f"its buffers inside the file or beside it; got the address {uri[:60]!r}")
        folder = self.path.parent.resolve()
        beside = folder / plain
        if beside.resolve() != beside or not beside.is_file():  # a link may lead out of the folder
            raise self._refused(f"its buffer {uri[:60]!r} beside it; got no such file")
        try:
            return content(beside)
        except FileError as error:
            raise self._refused(f"its buffer {uri[:60]!r} beside it; got one that cannot be read ({error})") from error

    def _refused(self, what: str) -> InputError:
        return InputError(f"{self.path.name}: a glTF needs {what}. Export it again, as a plain .glb.")


def _looks(extension: str) -> bool:
    return extension.startswith(LOOKS) or extension in SAYINGS


def _index(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is not an index")
    return value


def _transform(node: dict[str, Any]) -> Array:
    """The node's matrix, or translation @ rotation @ scale (section 3.5.3)."""
    if "matrix" in node:
        return np.array(node["matrix"], dtype=np.float64).reshape(4, 4).T
    turn = np.array([float(v) for v in node.get("rotation", (0, 0, 0, 1))])
    if abs(np.linalg.norm(turn) - 1) > ROUNDED:
        raise ValueError(f"a rotation of length {np.linalg.norm(turn):g} instead of 1")
    x, y, z, w = turn / np.linalg.norm(turn)
    out = np.eye(4)
    out[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    out[:3, :3] *= np.array(node.get("scale", (1, 1, 1)), dtype=np.float64)
    out[:3, 3] = node.get("translation", (0, 0, 0))
    return out


def glb_bytes(mesh: Mesh) -> bytes:
    """Return a binary glTF 2.0 with one mesh of float32 triangles.

    raises   InputError as ``in_float32`` does
    source   Khronos glTF 2.0 specification, section 4 (GLB)
    """
    points, triangles = in_float32(mesh, "a GLB"), mesh.triangles[0].astype("<u4")
    views = [(points.tobytes(), VERTICES), (triangles.tobytes(), INDICES)]
    document = {
        "asset": {"version": "2.0", "generator": "foldline"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "accessors": [
            {
                "bufferView": 0,
                "componentType": FLOAT,
                "count": len(points),
                "type": "VEC3",
                "min": points.min(axis=0, initial=np.inf).tolist() if len(points) else [0, 0, 0],
                "max": points.max(axis=0, initial=-np.inf).tolist() if len(points) else [0, 0, 0],
            },
            {"bufferView": 1, "componentType": UNSIGNED_INT, "count": triangles.size, "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": offset, "byteLength": len(data), "target": target}
            for offset, (data, target) in zip((0, len(views[0][0])), views, strict=True)
        ],
        "buffers": [{"byteLength": sum(len(data) for data, _ in views)}],
    }
    text = json_text(document, compact=True).encode()
    text += b" " * (-len(text) % 4)
    body = b"".join(data for data, _ in views)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(body), b"BIN\0") + body
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks
