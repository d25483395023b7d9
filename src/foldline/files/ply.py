"""PLY files.

What is written is triangles, because that is what every reader tried takes: trimesh stops at binary lists of mixed
lengths and at colours of polygons, meshio at binary numbers beside a list and at a third element, Open3D at squares
that are polygons, MeshLab at counts of another type than uchar, Blender at more than 255 corners.  Where polygons have
values it is text, and triangles name the polygon they are of; else it is binary, and a triangle that goes on the fan
before it is of the same polygon.  Reading it puts the polygons together again, with the same float64.
"""

from __future__ import annotations

import codecs
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..cloud import Cloud
from ..errors import InputError
from ..text import counted
from .lines import cut, empty, not_a, real
from .polygons import fans, mesh_of, strips
from .source import content

if TYPE_CHECKING:
    from ..mesh import Mesh

Array = NDArray[np.float64]
Index = NDArray[np.int64]

Property = tuple[str, str, str]  # name, type, count type of a list ("" for a number)
Element = tuple[str, int, list[Property]]
Lists = dict[str, tuple[Index, Index]]  # lengths, values
Values = tuple[dict[str, NDArray[Any]], Lists]

TYPES = {
    **dict.fromkeys(("char", "int8"), "i1"),
    **dict.fromkeys(("uchar", "uint8"), "u1"),
    **dict.fromkeys(("short", "int16"), "i2"),
    **dict.fromkeys(("ushort", "uint16"), "u2"),
    **dict.fromkeys(("int", "int32"), "i4"),
    **dict.fromkeys(("uint", "uint32"), "u4"),
    **dict.fromkeys(("float", "float32"), "f4"),
    **dict.fromkeys(("double", "float64"), "f8"),
}
COUNTS = {name: kind for name, kind in TYPES.items() if kind[0] != "f"}
STRUCT = {"i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "f4": "f", "f8": "d"}
FORMATS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
LISTS = ("vertex_indices", "vertex_index")
STRIPS, FANS = ("tristrips", "tristrip", "triangle_strips"), ("trifans", "trifan", "triangle_fans")
ROWS_AT_ONCE = 2**16  # of text: a word in memory takes twenty times its place in the file
LARGEST_WHOLE = 2.0**53

POLYGON = "polygon"
NORMALS = ("nx", "ny", "nz")
SOME_NORMALS = "normals left out: not every point has one"
LEFT_OUT = ("pattern",)
TOLD = ("pattern", "gradient", "region")  # values that the network tells of a polygon of its surface
TOGETHER = "foldline: the triangles of a polygon are its fan and stand together"
GOES_ON = "foldline: triangles that go on a fan are of one polygon"
TURNS = 64  # of polygons that would go on the fan before them, until none does
COLOUR = ("red", "green", "blue", "alpha")


def read_ply(path: Path) -> Mesh:
    """Return the mesh of a PLY file, text or binary; polygons kept, strips and fans as their triangles.

    raises   InputError naming the header line, the row or the element that is wrong, or where the file ends
    source   Turk 1994, The PLY polygon file format
    """
    name, (head, elements, body) = path.name, _opened(path)
    vertices, faces, normals, notes = np.empty((0, 3)), list[tuple[Index, Index]](), False, list[str]()
    for element, n, properties in elements:
        scalars, lists = body.element(element, n, properties)
        if element == "vertex":
            vertices, normals = _vertices(name, scalars), set(NORMALS) <= scalars.keys()
        elif element == "face" or element in STRIPS or element in FANS:
            found = _faces(name, element, lists)
            named = element == "face" and POLYGON in scalars and TOGETHER.encode() in head
            fans_alone = element == "face" and GOES_ON.encode() in head
            faces.append(_together(*found, scalars[POLYGON] if named else None) if named or fans_alone else found)
        elif n:
            notes.append(counted(n, "element", f"{element[:40]!r}, left out"))
    body.end()
    sizes = np.concatenate([np.empty(0, np.int64), *(sizes for sizes, _ in faces)])
    corners = np.concatenate([np.empty(0, np.int64), *(corners for _, corners in faces)])
    return mesh_of(name, vertices, corners, np.concatenate([[0], np.cumsum(sizes)]), normals=normals, notes=notes)


def read_ply_points(path: Path) -> Cloud:
    """Return the vertices of a PLY file, with their normals where it has nx, ny, nz for all of them; faces or not.

    raises   InputError as ``read_ply``, or for a file without vertices
    """
    name, (_, elements, body) = path.name, _opened(path)
    for element, n, properties in elements:
        scalars, _ = body.element(element, n, properties)
        if element == "vertex" and n:
            normals = [scalars[axis].astype(np.float64) for axis in NORMALS if axis in scalars]
            turned = np.stack(normals, axis=1) if len(normals) == 3 else None
            told = turned is not None and turned.any(axis=1).all()
            notes = [] if told or turned is None else [SOME_NORMALS]
            beside = [(other, k) for other, k, _ in elements if k and other not in ("vertex", "face", *STRIPS, *FANS)]
            notes += [counted(k, "element", f"{other[:40]!r}, left out") for other, k in beside]
            return Cloud(_vertices(name, scalars), turned if told else None, notes)
    raise InputError(f"{name}: a cloud needs vertices; got a PLY without. Export again.")


def has_faces(path: Path) -> bool:
    """Return whether a PLY file has any, by its header: also lists of vertices under a name that no reader knows."""
    data = content(path)
    if not data:
        raise empty(path.name)
    known = ("face", *STRIPS, *FANS)
    return any(
        n and (element in known or any(key in LISTS for key, *_ in properties))
        for element, n, properties in _header(path.name, data)[1]
    )


def ply_points_bytes(cloud: Cloud) -> bytes:
    """Return a cloud as a binary PLY without faces: x, y, z and, where they are known, nx, ny, nz, float64."""
    names = ("x", "y", "z") + (NORMALS if cloud.normals is not None else ())
    table = cloud.points if cloud.normals is None else np.hstack([cloud.points, cloud.normals])
    lines = ["ply", "format binary_little_endian 1.0", f"element vertex {len(cloud)}"]
    lines += [*(f"property double {name}" for name in names), "end_header\n"]
    return "\n".join(lines).encode() + table.astype("<f8").tobytes()


def _vertices(name: str, scalars: Mapping[str, NDArray[Any]]) -> Array:
    if not {"x", "y", "z"} <= scalars.keys():
        got = ", ".join(scalars) or "none"
        raise InputError(f"{name}: a PLY needs vertices with x, y, z; got {got}. Export again.")
    with np.errstate(invalid="ignore"):  # a signalling NaN; refused with its vertex later
        return np.stack([scalars[axis].astype(np.float64) for axis in "xyz"], axis=1)


def _faces(name: str, element: str, lists: Lists) -> tuple[Index, Index]:
    key = next((k for k in LISTS if k in lists), None)
    if key is None:
        raise InputError(f"{name}: a PLY needs faces with vertex_indices; got {', '.join(lists)}. Export again.")
    sizes, corners = lists[key]
    if element == "face":
        return sizes, corners
    triangles = (strips if element in STRIPS else fans)(corners, sizes)
    return np.full(len(triangles), 3), triangles.ravel()


def _together(sizes: Index, corners: Index, polygon: NDArray[Any] | None) -> tuple[Index, Index]:
    """Fans of triangles that name the same polygon, if they name any, as that polygon; others as they are."""
    if len(sizes) < 2 or (sizes != 3).any():
        return sizes, corners
    goes_on = _goes_on(corners.reshape(-1, 3))
    if polygon is not None:
        goes_on &= polygon[1:] == polygon[:-1]
    first = np.concatenate([[True], ~goes_on])
    keep = np.stack([first, first, np.ones(len(first), dtype=bool)], axis=1).ravel()
    return np.bincount(np.cumsum(first) - 1) + 2, corners[keep]


def _goes_on(triangles: Index) -> NDArray[np.bool_]:
    """Which triangles, from the second on, go on the fan before them."""
    a, b, c = triangles.T
    return np.asarray((a[1:] == a[:-1]) & (b[1:] == c[:-1]))


def _opened(path: Path) -> tuple[bytes, list[Element], _Text | _Bytes]:
    """The header of a file, the elements it tells of, and what reads them."""
    data, name = content(path), path.name
    if not data:
        raise empty(name)
    order, elements, start = _header(name, data)
    lines = data[:start].replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n")
    body = _Text(name, data[start:], lines) if order == "" else _Bytes(name, data[start:], order)
    return data[:start], elements, body


def _header(name: str, data: bytes) -> tuple[str, list[Element], int]:
    begin = re.match(rb"(?:\xef\xbb\xbf)?ply[ \t]*(\r\n|\n|\r)", data)
    if begin is None:
        raise not_a(name, "PLY", 1)
    ending = begin[1]  # a binary body may begin with the byte of another
    stop = re.search(ending + rb"end_header[ \t]*" + ending, data[begin.end() - len(ending) :])
    if stop is None:
        raise InputError(f"{name}: a PLY needs a header up to end_header; the file is truncated. Copy it again.")
    end = begin.end() - len(ending) + stop.end()
    order, elements = None, list[Element]()
    text = data[:end].removeprefix(codecs.BOM_UTF8).decode("latin-1")
    for number, line in enumerate(text.split(ending.decode()), 1):
        words = line.split()
        match words:
            case ["ply"] | [] | ["end_header"] | ["comment" | "obj_info", *_]:
                continue
            case ["format", kind, _] if kind in FORMATS:
                order = FORMATS[kind]
            case ["element", element, n] if n.isascii() and n.isdigit():
                elements.append((element, int(n[:18]), []))
            case ["property", "list", count, kind, key] if count in COUNTS and kind in TYPES and elements:
                elements[-1][2].append((key, TYPES[kind], TYPES[count]))
            case ["property", kind, key] if kind in TYPES and elements:
                elements[-1][2].append((key, TYPES[kind], ""))
            case _:
                raise InputError(
                    f"{name} line {number}: a PLY header needs known lines; got {line[:60]!r}. Export again."
                )
    if order is None:
        raise InputError(f"{name}: a PLY header needs a format line; got none. Export again.")
    _check_names(name, elements)
    return order, elements, end


def _check_names(name: str, elements: Sequence[Element]) -> None:
    keys = [[key for key, _, _ in properties] for _, _, properties in elements]
    if any(len(set(each)) < len(each) for each in keys):
        raise InputError(f"{name}: a PLY header needs each property once; got one twice. Export again.")
    if [element for element, _, _ in elements].count("vertex") > 1:
        raise InputError(f"{name}: a PLY header needs one element vertex; got more. Export again.")


class _Text:
    """The body of a text PLY: a row is a line."""

    def __init__(self, name: str, data: bytes, head: int) -> None:
        self.name, self.at = name, 0
        self.number: Callable[[bytes], float] = float if b"_" not in data else _real
        self.rows = [(number, line) for number, line in enumerate(data.splitlines(), head + 1) if line.strip()]

    def element(self, element: str, n: int, properties: Sequence[Property]) -> Values:
        if not properties:
            return {}, {}
        if n > len(self.rows) - self.at:
            held = len(self.rows) - self.at
            raise InputError(
                f"{self.name}: header says {n} elements {element!r}; the file holds {held} more rows: truncated. "
                "Copy it again."
            )
        parts = [self._part(element, first, min(first + ROWS_AT_ONCE, n), properties) for first in _firsts(n)]
        self.at += n
        scalars = {key: np.concatenate([part[0][key] for part in parts]) for key in parts[0][0]}
        lists = {key: [np.concatenate([part[1][key][i] for part in parts]) for i in (0, 1)] for key in parts[0][1]}
        return scalars, {key: (lengths, values) for key, (lengths, values) in lists.items()}

    def _part(self, element: str, first: int, last: int, properties: Sequence[Property]) -> Values:
        """The values of some rows, property by property: ``at`` is where each row has come to."""
        rows = [line.split() for _, line in self.rows[self.at + first : self.at + last]]
        flat = self._numbers(element, first, rows)
        sizes = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
        ends = np.cumsum(sizes)
        at = ends - sizes
        scalars, lists = dict[str, NDArray[Any]](), Lists()
        for key, _, count in properties:
            self._need(element, first, at < ends, "all its numbers", "fewer")
            head = flat[np.minimum(at, len(flat) - 1)] if len(flat) else np.empty(0)
            at = at + 1
            if not count:
                scalars[key] = head
                continue
            self._need(element, first, (head >= 0) & (head == np.floor(head)), "whole counts", "another number")
            self._need(element, first, head <= ends - at, "all its numbers", "fewer")
            lengths = head.astype(np.int64)
            values = flat[np.repeat(at - (np.cumsum(lengths) - lengths), lengths) + np.arange(lengths.sum())]
            whole = (values == np.floor(values)) & (np.abs(values) < LARGEST_WHOLE)
            self._need(element, first, _each(whole, lengths) if key in LISTS else True, "vertex numbers", "others")
            lists[key] = lengths, values.astype(np.int64) if key in LISTS else np.empty(0, np.int64)
            at = at + lengths
        self._need(element, first, at == ends, "as many numbers as the header says", "more: a row is a line")
        return scalars, lists

    def _numbers(self, element: str, first: int, rows: Sequence[Sequence[bytes]]) -> Array:
        try:
            return np.array(list(map(self.number, chain.from_iterable(rows))), dtype=np.float64)
        except ValueError:
            for i, words in enumerate(rows):
                try:
                    _ = list(map(self.number, words))
                except ValueError:
                    got = repr(b" ".join(words)[:60].decode("latin-1"))
                    self._need(element, first + i, np.array([False]), "numbers", got)
            raise

    def _need(self, element: str, first: int, right: NDArray[np.bool_] | bool, needs: str, got: str) -> None:
        wrong = np.flatnonzero(~np.asarray(right))
        if wrong.size:
            i = first + int(wrong[0])
            raise InputError(
                f"{self.name} line {self.rows[self.at + i][0]}: {element} {i} needs {needs}; got {got}. Export again."
            )

    def end(self) -> None:
        """Raise InputError if there are more rows than the header says."""
        if self.at < len(self.rows):
            raise InputError(
                f"{self.name} line {self.rows[self.at][0]}: a PLY needs as many rows as its header says; got more. "
                "Export it again."
            )


def _firsts(n: int) -> range:
    return range(0, max(n, 1), ROWS_AT_ONCE)


def _each(right: NDArray[np.bool_], lengths: Index) -> NDArray[np.bool_]:
    """Whether all values of each list are right."""
    return np.asarray(np.bincount(np.repeat(np.arange(len(lengths)), lengths), ~right, len(lengths)) == 0)


def _real(word: bytes) -> float:
    return real(word.decode("latin-1"))


class _Bytes:
    """The body of a binary PLY."""

    def __init__(self, name: str, data: bytes, order: str) -> None:
        self.name, self.data, self.order, self.at = name, data, order, 0

    def element(self, element: str, n: int, properties: Sequence[Property]) -> Values:
        least, held = sum(np.dtype(count or kind).itemsize for _, kind, count in properties), len(self.data) - self.at
        if n * least > held:
            raise InputError(
                f"{self.name}: header says {n} elements {element!r}, at least {n * least} bytes; the file holds "
                f"{held}: truncated. Copy it again."
            )
        if n == 0 or not properties:
            return {key: np.empty(0) for key, _, count in properties if not count}, {
                key: (np.empty(0, np.int64), np.empty(0, np.int64)) for key, _, count in properties if count
            }
        sizes = self._sizes(properties)
        if sizes is not None:
            rows = self._equal(n, properties, sizes)
            if rows is not None:
                return self._columns(element, rows, properties, sizes)
        return self._one_by_one(element, n, properties)

    def end(self) -> None:
        """Raise InputError if there are more bytes than the header says."""
        more = self.data[self.at :]
        if more.strip(b"\r\n\0 "):
            raise InputError(
                f"{self.name}: a PLY needs as many bytes as its header says; got {len(more)} more. Export it again."
            )

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
        for i, (key, kind, count) in enumerate(properties):
            fields += [(f"n {i}", self.order + count)] if count else []
            fields.append((f"v {i}", self.order + kind, (sizes[key],)) if count else (f"v {i}", self.order + kind))
        record = np.dtype(fields)
        if self.at + n * record.itemsize > len(self.data):
            return None
        rows = np.frombuffer(self.data, record, n, self.at)
        if any(np.any(rows[f"n {i}"] != sizes[key]) for i, (key, _, count) in enumerate(properties) if count):
            return None
        self.at += n * record.itemsize
        return rows

    def _columns(
        self, element: str, rows: NDArray[Any], properties: Sequence[Property], sizes: dict[str, int]
    ) -> Values:
        scalars, lists = dict[str, NDArray[Any]](), Lists()
        for i, (key, _, count) in enumerate(properties):
            if count:
                lengths = np.full(len(rows), sizes[key], np.int64)
                lists[key] = lengths, self._whole(element, key, rows[f"v {i}"].ravel(), lengths)
            else:
                scalars[key] = rows[f"v {i}"]
        return scalars, lists

    def _one_by_one(self, element: str, n: int, properties: Sequence[Property]) -> Values:
        rows: dict[str, list[float]] = {key: [] for key, _, count in properties if not count}
        lists: dict[str, tuple[list[int], list[Any]]] = {key: ([], []) for key, _, count in properties if count}
        for i in range(n):
            for key, kind, count in properties:
                if count:
                    k = int(self._take(count, 1, element, i, n)[0])
                    lists[key][0].append(k)
                    lists[key][1].extend(self._take(kind, k, element, i, n))
                else:
                    rows[key].append(self._take(kind, 1, element, i, n)[0])
        found = {key: (np.array(sizes, dtype=np.int64), np.array(values)) for key, (sizes, values) in lists.items()}
        return {key: np.array(values) for key, values in rows.items()}, {
            key: (sizes, self._whole(element, key, values, sizes)) for key, (sizes, values) in found.items()
        }

    def _whole(self, element: str, key: str, values: NDArray[Any], lengths: Index) -> Index:
        """The vertex numbers of a list; of another list nothing, as nothing is asked of it."""
        if key not in LISTS:
            return np.empty(0, np.int64)
        if values.dtype.kind == "f":
            right = (values == np.floor(values)) & (np.abs(values) < LARGEST_WHOLE)
            if not right.all():
                i = int(np.flatnonzero(~_each(right, lengths))[0])
                raise InputError(f"{self.name}: {element} {i} needs vertex numbers; got others. Export again.")
        return values.astype(np.int64)

    def _take(self, kind: str, k: int, element: str, i: int, n: int) -> tuple[Any, ...]:
        letter = STRUCT[kind]
        size = struct.calcsize(f"={letter}") * k
        if k < 0 or self.at + size > len(self.data):
            raise cut(self.name, f"{element} {i} of {n}")
        values = struct.unpack_from(f"{self.order}{k}{letter}", self.data, self.at)
        self.at += size
        return values


def ply_bytes(mesh: Mesh) -> bytes:
    """Return a PLY: the vertices in full, the polygons as triangles; text where these have values, else binary.

    The triangles of a text PLY have the values and number ("polygon") of theirs.

    "color" (n, 3 or 4) in 0..255 becomes red, green, blue, alpha; every other value numbers named after it.  Patterns
    are left out: they would be most of the file, and the network tells them.
    """
    values = {name: value for name, value in mesh.face_values.items() if name not in LEFT_OUT}
    found = None if values else _binary(mesh)
    return found if found is not None else _text(mesh, values)


def without_values(mesh: Mesh) -> Mesh:
    """Return a surface without what its network tells of each polygon, so that its file is small and binary."""
    return replace(mesh, face_values={name: v for name, v in mesh.face_values.items() if name not in TOLD})


def _binary(mesh: Mesh) -> bytes | None:
    """The mesh without values of its polygons; None where their fans cannot be told apart."""
    triangles = _fans(mesh)
    if triangles is None:
        return None
    vertex = {axis: mesh.vertices[:, i] for i, axis in enumerate("xyz")} | _columns(mesh.vertex_values)
    kinds = [(name, column.dtype.newbyteorder("<")) for name, column in vertex.items()]
    points = np.empty(mesh.n_vertices, dtype=kinds)
    for name, column in vertex.items():
        points[name] = column
    faces = np.empty(len(triangles), dtype=[("n", "u1"), ("corners", "<i4", 3)])
    faces["n"], faces["corners"] = 3, triangles
    head = ["ply", "format binary_little_endian 1.0", "comment foldline", f"comment {GOES_ON}"]
    head += [f"element vertex {mesh.n_vertices}"]
    head += [f"property {_type(column)} {name}" for name, column in vertex.items()]
    head += [f"element face {len(triangles)}", "property list uchar int vertex_indices", "end_header", ""]
    return "\n".join(head).encode() + points.tobytes() + faces.tobytes()


def _fans(mesh: Mesh) -> Index | None:
    """The polygons' triangles, polygons turned where they would go on the fan before them; None if no turn helps."""
    sizes, corners = np.diff(mesh.offsets), mesh.corners
    within = np.arange(len(corners)) - np.repeat(mesh.offsets[:-1], sizes)
    turn = np.zeros(mesh.n_faces, dtype=np.int64)
    for _ in range(TURNS):
        at = np.repeat(mesh.offsets[:-1], sizes) + (within + np.repeat(turn, sizes)) % np.repeat(sizes, sizes)
        triangles, owner = replace(mesh, corners=corners[at], face_values={}).triangles
        mixed = owner[1:][_goes_on(triangles) & (owner[1:] != owner[:-1])]
        if not len(mixed):
            return triangles
        turn[mixed] += 1
    return None


def _text(mesh: Mesh, values: dict[str, NDArray[Any]]) -> bytes:
    triangles, owner = mesh.triangles
    head = ["ply", "format ascii 1.0", "comment foldline"]
    if len(triangles) > mesh.n_faces and POLYGON not in values:
        values, head = {**values, POLYGON: np.arange(mesh.n_faces)}, [*head, f"comment {TOGETHER}"]
    vertex = {axis: mesh.vertices[:, i] for i, axis in enumerate("xyz")} | _columns(mesh.vertex_values)
    face = _columns(values)
    head += [f"element vertex {mesh.n_vertices}"]
    head += [f"property {_type(column)} {name}" for name, column in vertex.items()]
    head += [f"element face {len(triangles)}", "property list uchar int vertex_indices"]
    head += [f"property {_type(column)} {name}" for name, column in face.items()]
    told = _rows(face, mesh.n_faces)
    rows = [f"3 {a} {b} {c} {told[k]}".rstrip() for (a, b, c), k in zip(triangles.tolist(), owner, strict=True)]
    return "\n".join([*head, "end_header", *_rows(vertex, mesh.n_vertices), *rows, ""]).encode()


def _rows(columns: Mapping[str, NDArray[Any]], n: int) -> list[str]:
    """The numbers of each row in a line, printed so that reading them gives the same float64."""
    printed = [map(repr, column.tolist()) for column in columns.values()]
    return [" ".join(words) for words in zip(*printed, strict=True)] if printed else [""] * n


def _columns(values: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """One named column a number: a vector value becomes name_0, name_1, ...; a colour its channels."""
    columns: dict[str, NDArray[Any]] = {}
    for name, value in values.items():
        array = np.asarray(value)
        if name == "color":
            columns |= {c: array[:, i].astype("u1") for i, c in enumerate(COLOUR[: array.shape[1]])}
        elif array.ndim == 1:
            columns[name] = _plain(array)
        else:
            flat = array.reshape(len(array), -1)
            columns |= {f"{name}_{i}": _plain(flat[:, i]) for i in range(flat.shape[1])}
    return columns


def _plain(column: NDArray[Any]) -> NDArray[Any]:
    """The column in a type PLY has: int where every value is one that fits, double otherwise."""
    limits = np.iinfo(np.int32)
    whole = column.dtype.kind in "iub"
    if whole and (column.size == 0 or (column.min() >= limits.min and column.max() <= limits.max)):
        return column.astype("<i4")
    return column.astype("<f8")


def _type(column: NDArray[Any]) -> str:
    return {"f8": "double", "i4": "int", "u1": "uchar"}[column.dtype.str[1:]]
