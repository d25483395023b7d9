"""Meshes in OFF, OBJ, PLY, STL and glTF files, every number checked before it is used.

The parsers are our own: the common mesh libraries give an empty scene, or drop vertices, for a broken file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..mesh import Mesh
from .gltf import gltf_triangles
from .source import content

Array = NDArray[np.float64]
Index = NDArray[np.int64]

LISTED = 20  # ignored faces named one by one in ``meta``; the count is always whole
STL_HEADER, STL_TRIANGLE = 84, 50  # bytes of a binary STL: header with the count, one triangle


def read_off(path: Path) -> Mesh:
    """Return the mesh of an OFF file, polygons kept.

    raises   InputError naming the line that is missing or wrong
    """
    lines = _lines(path)
    number, words = next(lines, (1, []))
    if not words or words[0].upper() not in ("OFF", "COFF", "NOFF", "CNOFF", "STOFF") or "BINARY" in words[1:]:
        raise _not_a(path, "OFF", number)
    if len(words) == 1:
        number, words = next(lines, (number, []))
    else:
        words = words[1:]
    n_vertices, n_faces = (_count(path, number, word) for word in (*words, "", "")[:2])
    vertices = np.empty((_bounded(path, n_vertices, "vertices"), 3))
    for i in range(n_vertices):
        number, words = _next(path, lines, f"vertex {i} of {n_vertices}")
        vertices[i] = _numbers(path, number, words)
    faces = []
    for i in range(_bounded(path, n_faces, "faces")):
        number, words = _next(path, lines, f"face {i} of {n_faces}")
        k = _count(path, number, words[0])
        faces.append([_whole(path, number, word) for word in _first(path, number, words[1:], k)])
    return checked(path.name, vertices, *_ragged(faces))


def read_obj(path: Path) -> Mesh:
    """Return the mesh of an OBJ file, polygons kept; texture, normals, groups and materials are left out.

    raises   InputError naming the line that is wrong
    """
    vertices: list[tuple[float, float, float]] = []
    faces = []
    for number, words in _lines(path):
        if words[0] == "v":
            vertices.append(_numbers(path, number, words[1:]))
        elif words[0] == "f":
            corners = [_whole(path, number, word.partition("/")[0]) for word in words[1:]]
            if 0 in corners:
                raise InputError(
                    f"{path.name} line {number}: an OBJ face needs vertex numbers from 1; got 0. Export again."
                )
            faces.append([c - 1 if c > 0 else len(vertices) + c for c in corners])
        elif words[0] not in OBJ_OTHER:
            raise _not_a(path, "OBJ", number)
    return checked(path.name, np.array(vertices, dtype=np.float64).reshape(-1, 3), *_ragged(faces))


OBJ_OTHER = {
    *("vt vn vp g o s usemtl mtllib l p mg cstype deg curv curv2 surf parm trim hole scrv sp end con".split()),
    *("bevel c_interp d_interp lod maplib usemap shadow_obj trace_obj ctech stech bmat step".split()),
}


def read_stl(path: Path) -> Mesh:
    """Return the mesh of an STL file, ASCII or binary; corners with equal coordinates become one vertex.

    raises   InputError naming the triangles the header promises and those the file holds
    """
    data = content(path)
    if not data:
        raise _empty(path.name)
    binary = len(data) >= STL_HEADER and len(data) == STL_HEADER + STL_TRIANGLE * struct.unpack("<I", data[80:84])[0]
    if not binary and data.lstrip()[:5].lower() == b"solid" and b"\0" not in data:
        triangles = _ascii_stl(path)
    else:
        triangles = _binary_stl(path, data)
    points = triangles.reshape(-1, 3) + 0.0
    first, corners = _distinct(points)
    return checked(path.name, points[first], corners, np.arange(0, corners.size + 1, 3))


def _binary_stl(path: Path, data: bytes) -> Array:
    if len(data) < STL_HEADER:
        raise _not_a(path, "STL", 1)
    (n,) = struct.unpack("<I", data[80:84])
    held = (len(data) - STL_HEADER) // STL_TRIANGLE
    if held < n:
        raise InputError(
            f"{path.name}: header says {n} faces, file holds {held}: not an STL, or truncated. Copy it again."
        )
    kind = [("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")]
    return np.frombuffer(data, kind, count=n, offset=STL_HEADER)["corners"].astype(np.float64)


def _ascii_stl(path: Path) -> Array:
    points: list[tuple[float, float, float]] = []
    words: list[str] = []
    for number, words in _lines(path, comment=None):
        key = words[0].lower()
        if key == "vertex":
            points.append(_numbers(path, number, words[1:]))
        elif key == "endfacet" and len(points) % 3:
            raise InputError(
                f"{path.name} line {number}: an STL facet needs 3 vertices; got another count. Export again."
            )
        elif key not in ("solid", "facet", "outer", "endloop", "endfacet", "endsolid"):
            raise _not_a(path, "STL", number)
    if not words or words[0].lower() != "endsolid" or len(points) % 3:
        raise InputError(f"{path.name}: an STL needs a last line 'endsolid'; the file is truncated. Copy it again.")
    return np.array(points, dtype=np.float64).reshape(-1, 3, 3)


def read_gltf(path: Path) -> Mesh:
    """Return the triangles of a glTF or GLB file's scene as one mesh, node transforms applied.

    raises   InputError naming the part of the file that is wrong or not supported
    """
    data = content(path)
    if not data:
        raise _empty(path.name)
    vertices, triangles = gltf_triangles(data, path)
    return checked(path.name, vertices, triangles.ravel(), np.arange(0, triangles.size + 1, 3))


PLY_TYPES = {
    **dict.fromkeys(("char", "int8"), "i1"),
    **dict.fromkeys(("uchar", "uint8"), "u1"),
    **dict.fromkeys(("short", "int16"), "i2"),
    **dict.fromkeys(("ushort", "uint16"), "u2"),
    **dict.fromkeys(("int", "int32"), "i4"),
    **dict.fromkeys(("uint", "uint32"), "u4"),
    **dict.fromkeys(("float", "float32"), "f4"),
    **dict.fromkeys(("double", "float64"), "f8"),
}
PLY_FORMATS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
FACE_LISTS = ("vertex_indices", "vertex_index")


def read_ply(path: Path) -> Mesh:
    """Return the mesh of a PLY file, ASCII or binary, polygons kept.

    raises   InputError naming the element where the file ends, or the header line that is wrong
    source   Turk 1994, The PLY polygon file format
    """
    data = content(path)
    if not data:
        raise _empty(path.name)
    order, elements, start = _ply_header(path, data)
    body = _PlyText(path, data[start:]) if order == "" else _PlyBytes(path, data[start:], order)
    vertices, corners, sizes = np.empty((0, 3)), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    for name, n, properties in elements:
        scalars, lists = body.element(name, n, properties)
        if name == "vertex":
            if not {"x", "y", "z"} <= scalars.keys():
                raise InputError(
                    f"{path.name}: a PLY needs vertices with x, y, z; got {', '.join(scalars)}. Export again."
                )
            vertices = np.stack([scalars[axis].astype(np.float64) for axis in "xyz"], axis=1)
        elif name == "face":
            key = next((k for k in FACE_LISTS if k in lists), None)
            if key is None:
                raise InputError(
                    f"{path.name}: a PLY needs faces with vertex_indices; got {', '.join(lists)}. Export again."
                )
            sizes, corners = lists[key]
    return checked(path.name, vertices, corners, np.concatenate([[0], np.cumsum(sizes)]))


Property = tuple[str, str, str]  # name, type, count type of a list ("" for a number)
Lists = dict[str, tuple[Index, Index]]


def _ply_header(path: Path, data: bytes) -> tuple[str, list[tuple[str, int, list[Property]]], int]:
    if data[:3] != b"ply":
        raise _not_a(path, "PLY", 1)
    at = data.find(b"end_header")
    stop = data.find(b"\n", at)
    if at < 0 or stop < 0:
        raise InputError(f"{path.name}: a PLY needs a header up to end_header; the file is truncated. Copy it again.")
    order, elements = None, list[tuple[str, int, list[Property]]]()
    for number, line in enumerate(data[:at].decode("latin-1").splitlines(), 1):
        words = line.split()
        match words:
            case ["ply"] | [] | ["comment" | "obj_info", *_]:
                continue
            case ["format", kind, _] if kind in PLY_FORMATS:
                order = PLY_FORMATS[kind]
            case ["element", name, n]:
                elements.append((name, _count(path, number, n), []))
            case ["property", "list", count, kind, name] if {count, kind} <= PLY_TYPES.keys() and elements:
                elements[-1][2].append((name, PLY_TYPES[kind], PLY_TYPES[count]))
            case ["property", kind, name] if kind in PLY_TYPES and elements:
                elements[-1][2].append((name, PLY_TYPES[kind], ""))
            case _:
                raise InputError(
                    f"{path.name} line {number}: a PLY header needs known lines; got {line[:60]!r}. Export again."
                )
    if order is None:
        raise InputError(f"{path.name}: a PLY header needs a format line; got none. Export again.")
    names = [[name for name, _, _ in properties] for _, _, properties in elements]
    if any(len(set(each)) < len(each) for each in names):
        raise InputError(f"{path.name}: a PLY header needs each property once; got one twice. Export again.")
    return order, elements, stop + 1


class _PlyText:
    """The body of an ASCII PLY."""

    def __init__(self, path: Path, data: bytes) -> None:
        self.path = path
        self.words = data.split()
        self.at = 0

    def element(self, name: str, n: int, properties: Sequence[Property]) -> tuple[dict[str, NDArray[Any]], Lists]:
        _enough(self.path, name, n, len(self.words) - self.at, len(properties), "values")
        rows: dict[str, list[float]] = {key: [] for key, _, count in properties if not count}
        lists: dict[str, list[list[int]]] = {key: [] for key, _, count in properties if count}
        for i in range(n):
            for key, _, count in properties:
                if count:
                    k = int(self._take(1, name, i, n)[0])
                    lists[key].append([int(v) for v in self._take(k, name, i, n)])
                else:
                    rows[key] += self._take(1, name, i, n)
        return {key: np.array(values) for key, values in rows.items()}, {k: _sized(v) for k, v in lists.items()}

    def _take(self, k: int, name: str, i: int, n: int) -> list[float]:
        words = self.words[self.at : self.at + k] if k >= 0 else []
        if len(words) < k or k < 0:
            raise _cut(self.path, f"{name} {i} of {n}")
        self.at += k
        try:
            values = [float(word) for word in words]
        except ValueError as error:
            raise InputError(f"{self.path.name}: {name} {i} needs numbers; got {error}. Export again.") from None
        if not all(abs(v) < 2**63 for v in values if v == v):
            raise InputError(f"{self.path.name}: {name} {i} needs finite numbers; got {values}. Export again.")
        if k and any(v != v for v in values):
            raise InputError(f"{self.path.name}: {name} {i} needs finite numbers; got NaN. Repair the mesh.")
        return values


class _PlyBytes:
    """The body of a binary PLY."""

    def __init__(self, path: Path, data: bytes, order: str) -> None:
        self.path, self.data, self.order, self.at = path, data, order, 0

    def element(self, name: str, n: int, properties: Sequence[Property]) -> tuple[dict[str, NDArray[Any]], Lists]:
        least = sum(np.dtype(count or kind).itemsize for _, kind, count in properties)
        _enough(self.path, name, n, len(self.data) - self.at, least, "bytes")
        if n == 0 or not properties:
            return {}, {key: (np.empty(0, np.int64), np.empty(0, np.int64)) for key, _, count in properties if count}
        sizes = self._sizes(properties)
        if sizes is not None:
            rows = self._equal(n, properties, sizes)
            if rows is not None:
                return self._columns(rows, properties, sizes)
        return self._one_by_one(name, n, properties)

    def _sizes(self, properties: Sequence[Property]) -> dict[str, int] | None:
        """List lengths of the first row, in the hope that all rows have the same; None where the data end."""
        sizes, at = {}, self.at
        for key, kind, count in properties:
            if not count:
                at += np.dtype(kind).itemsize
                continue
            width = np.dtype(count).itemsize
            if at + width > len(self.data):
                return None
            sizes[key] = int(np.frombuffer(self.data, self.order + count, 1, at)[0])
            at += width + sizes[key] * np.dtype(kind).itemsize
            if sizes[key] < 0 or at > len(self.data):
                return None
        return sizes

    def _equal(self, n: int, properties: Sequence[Property], sizes: dict[str, int]) -> NDArray[Any] | None:
        fields: list[Any] = []
        for key, kind, count in properties:
            fields += [(f"n {key}", self.order + count)] if count else []
            fields.append((key, self.order + kind, (sizes[key],)) if count else (key, self.order + kind))
        record = np.dtype(fields)
        if self.at + n * record.itemsize > len(self.data):
            return None
        rows = np.frombuffer(self.data, record, n, self.at)
        if any(np.any(rows[f"n {key}"] != size) for key, size in sizes.items()):
            return None
        self.at += n * record.itemsize
        return rows

    @staticmethod
    def _columns(
        rows: NDArray[Any], properties: Sequence[Property], sizes: dict[str, int]
    ) -> tuple[dict[str, NDArray[Any]], Lists]:
        scalars = {key: rows[key] for key, _, count in properties if not count}
        return scalars, {
            key: (np.full(len(rows), size, np.int64), rows[key].astype(np.int64).ravel()) for key, size in sizes.items()
        }

    def _one_by_one(self, name: str, n: int, properties: Sequence[Property]) -> tuple[dict[str, NDArray[Any]], Lists]:
        rows: dict[str, list[float]] = {key: [] for key, _, count in properties if not count}
        lists: dict[str, list[Any]] = {key: [] for key, _, count in properties if count}
        for i in range(n):
            for key, kind, count in properties:
                if count:
                    k = int(self._take(count, 1, name, i, n)[0])
                    lists[key].append(self._take(kind, k, name, i, n))
                else:
                    rows[key].append(self._take(kind, 1, name, i, n)[0])
        return {key: np.array(values) for key, values in rows.items()}, {k: _sized(v) for k, v in lists.items()}

    def _take(self, kind: str, k: int, name: str, i: int, n: int) -> tuple[Any, ...]:
        letter = STRUCT[kind]
        size = struct.calcsize(f"={letter}") * k
        if k < 0 or self.at + size > len(self.data):
            raise _cut(self.path, f"{name} {i} of {n}")
        values = struct.unpack_from(f"{self.order}{k}{letter}", self.data, self.at)
        self.at += size
        return values


STRUCT = {"i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "f4": "f", "f8": "d"}


def checked(name: str, vertices: Array, corners: Index, offsets: Index) -> Mesh:
    """Return the mesh of a file's numbers; faces without area and repeated faces are left out and listed in ``meta``.

    raises   InputError for no faces, a vertex that is not finite, or a face that names a vertex that is not there
    """
    corners, offsets = np.asarray(corners, dtype=np.int64), np.asarray(offsets, dtype=np.int64)
    if len(offsets) < 2:
        raise _empty(name)
    bad = np.flatnonzero(~np.isfinite(vertices).all(axis=1))
    if bad.size:
        raise InputError(
            f"{name}: a mesh needs finite vertices; got vertex {bad[0]} = {vertices[bad[0]].tolist()}. Repair the mesh."
        )
    bad = np.flatnonzero((corners < 0) | (corners >= len(vertices)))
    if bad.size:
        face = int(np.searchsorted(offsets, bad[0], side="right")) - 1
        raise InputError(
            f"{name}: a mesh needs faces that name its vertices; got face {face} with vertex {corners[bad[0]]} "
            f"of {len(vertices)} vertices. Export it again."
        )
    keep, ignored = _sound(vertices, corners, offsets)
    sizes = np.diff(offsets)
    if not keep.any():
        raise _empty(name)
    meta: dict[str, Any] = {"source": name}
    if ignored:
        meta["ignored"] = {what: {"count": len(at), "faces": at[:LISTED]} for what, at in ignored.items()}
    kept = corners[np.repeat(keep, sizes)]
    return Mesh(vertices, kept, np.concatenate([[0], np.cumsum(sizes[keep])]), meta=meta)


def _sound(vertices: Array, corners: Index, offsets: Index) -> tuple[NDArray[np.bool_], dict[str, list[int]]]:
    """Which faces have area and come first with their vertices; and the others, by what is wrong."""
    sizes, keep = np.diff(offsets), np.ones(len(offsets) - 1, dtype=bool)
    duplicate: list[int] = []
    flat = np.flatnonzero(sizes < 3)
    keep[flat] = False
    for k in np.unique(sizes[sizes >= 3]).tolist():
        faces = np.flatnonzero(sizes == k)
        loops = corners[offsets[faces][:, None] + np.arange(k)]
        ordered = np.sort(loops, axis=1)
        keep[faces] &= ~(np.diff(ordered, axis=1) == 0).any(axis=1) & _has_area(vertices[loops])
        first, _ = _distinct(ordered)
        again = np.setdiff1d(np.arange(len(faces)), first)
        again = again[keep[faces[again]]]
        duplicate += faces[again].tolist()
    degenerate = np.flatnonzero(~keep).tolist()
    keep[duplicate] = False
    found = {"degenerate": degenerate, "duplicate": sorted(duplicate)}
    return keep, {what: at for what, at in found.items() if at}


def _distinct(rows: NDArray[Any]) -> tuple[Index, Index]:
    """The first of each kind of row, in sorted order, and which of these each row is; np.unique takes 4x longer."""
    order = np.lexsort(rows.T[::-1])
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (rows[order[1:]] != rows[order[:-1]]).any(axis=1)
    kinds = np.empty(len(rows), dtype=np.int64)
    kinds[order] = np.cumsum(new) - 1
    return order[new], kinds


def _has_area(loops: Array) -> NDArray[np.bool_]:
    """Whether a polygon's vector area (Newell) is not exactly zero; (F, k, 3)."""
    rays = loops[:, 1:] - loops[:, :1]
    scale = np.abs(rays).max(axis=(1, 2), initial=0.0, keepdims=True)
    rays = np.divide(rays, scale, out=np.zeros_like(rays), where=scale > 0)
    return np.asarray(np.cross(rays[:, :-1], rays[:, 1:]).sum(axis=1).any(axis=1))


def _lines(path: Path, comment: str | None = "#") -> Iterator[tuple[int, list[str]]]:
    """Line number and words of every line that is not blank or a comment."""
    data = content(path)
    if not data.strip():
        raise _empty(path.name)
    if b"\0" in data:
        at = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise InputError(f"{path.name}: not an {path.suffix[1:].upper()} (line {at}): it holds binary data.")
    for number, line in enumerate(data.decode("latin-1").split("\n"), 1):
        words = (line.partition(comment)[0] if comment else line).split()
        if words:
            yield number, words


def _next(path: Path, lines: Iterator[tuple[int, list[str]]], wanted: str) -> tuple[int, list[str]]:
    try:
        return next(lines)
    except StopIteration:
        raise _cut(path, wanted) from None


def _numbers(path: Path, number: int, words: Sequence[str]) -> tuple[float, float, float]:
    try:
        x, y, z = (float(word) for word in words[:3])
    except ValueError:
        raise InputError(
            f"{path.name} line {number}: a vertex needs 3 numbers; got {' '.join(words)[:60]!r}. Export it again."
        ) from None
    return x, y, z


def _whole(path: Path, number: int, word: str) -> int:
    try:
        return max(min(int(word), 2**62), -(2**62))
    except ValueError:
        raise InputError(
            f"{path.name} line {number}: a face needs vertex numbers; got {word[:30]!r}. Export it again."
        ) from None


def _count(path: Path, number: int, word: str) -> int:
    if not word.isascii() or not word.isdigit():
        raise InputError(f"{path.name} line {number}: a mesh file needs a count; got {word[:30]!r}. Export it again.")
    return int(word[:18])


def _first(path: Path, number: int, words: Sequence[str], k: int) -> Sequence[str]:
    if len(words) < k:
        raise InputError(f"{path.name} line {number}: a face needs {k} vertex numbers; got {len(words)}: truncated.")
    return words[:k]


def _bounded(path: Path, n: int, what: str) -> int:
    """The count, if the file is large enough to hold that many; checked before memory is taken."""
    size = path.stat().st_size
    if n > size:
        raise InputError(f"{path.name}: header says {n} {what}, the file has {size} bytes: truncated. Copy it again.")
    return n


def _enough(path: Path, name: str, n: int, held: int, least: int, unit: str) -> None:
    if n * max(least, 1) > held:
        raise InputError(
            f"{path.name}: header says {n} elements {name!r}, at least {n * least} {unit}; the file holds {held}: "
            "truncated. Copy it again."
        )


def _ragged(faces: list[list[int]]) -> tuple[Index, Index]:
    sizes, corners = _sized(faces)
    return corners, np.concatenate([[0], np.cumsum(sizes)])


def _sized(lists: Sequence[Sequence[Any]]) -> tuple[Index, Index]:
    flat = [int(v) for values in lists for v in values]
    return np.array([len(values) for values in lists], dtype=np.int64), np.array(flat, dtype=np.int64)


def _cut(path: Path, wanted: str) -> InputError:
    return InputError(
        f"{path.name}: a mesh file needs all its elements; it ends before {wanted}: truncated. Copy it again."
    )


def _not_a(path: Path, kind: str, line: int) -> InputError:
    return InputError(f"{path.name}: not an {kind} (line {line}). Check the file's name, or export it again.")


def _empty(name: str) -> InputError:
    return InputError(f"{name}: a mesh file needs at least 1 polygon with area; got no triangles. Export it again.")
