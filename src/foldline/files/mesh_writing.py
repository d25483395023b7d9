"""Mesh files: PLY, OBJ and OFF keep polygons and float64; STL and GLB hold float32 triangles by definition."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..text import json_text

if TYPE_CHECKING:
    from ..mesh import Mesh

Array = NDArray[Any]
COLOUR = ("red", "green", "blue", "alpha")
FLOAT, UNSIGNED_INT = 5126, 5125  # glTF 2.0 section 3.6.2.2, component types
VERTICES, INDICES = 34962, 34963  # glTF 2.0 section 5.11.5, buffer view targets


def fan(mesh: Mesh) -> NDArray[np.int64]:
    """Return the triangles (T, 3) of the polygons, each cut from its first corner."""
    sizes = np.diff(mesh.offsets)
    n = np.maximum(sizes - 2, 0)
    first = np.repeat(mesh.offsets[:-1], n)
    step = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
    return np.stack([mesh.corners[first], mesh.corners[first + step + 1], mesh.corners[first + step + 2]], axis=1)


def ply_bytes(mesh: Mesh) -> bytes:
    """Return a binary little-endian PLY with double vertices and polygon faces."""
    vertex = {axis: mesh.vertices[:, i].astype("<f8") for i, axis in enumerate("xyz")} | _columns(mesh.vertex_values)
    face = _columns(mesh.face_values)
    sizes = np.diff(mesh.offsets)
    count = "uchar" if sizes.max(initial=0) <= np.iinfo(np.uint8).max else "uint"
    lines = ["ply", "format binary_little_endian 1.0", "comment foldline", f"element vertex {mesh.n_vertices}"]
    lines += [f"property {_ply_type(column)} {name}" for name, column in vertex.items()]
    lines += [f"element face {mesh.n_faces}", f"property list {count} int vertex_indices"]
    lines += [f"property {_ply_type(column)} {name}" for name, column in face.items()]
    header = "\n".join([*lines, "end_header", ""]).encode()
    counts = sizes.astype("u1" if count == "uchar" else "<u4")
    return header + _packed(vertex).tobytes() + _face_records(mesh, counts, _packed(face)).tobytes()


def _face_records(mesh: Mesh, counts: Array, extra: Array) -> NDArray[np.uint8]:
    """The faces as bytes: corner count, corners, then the face's values."""
    sizes = np.diff(mesh.offsets)
    lengths = counts.itemsize + 4 * sizes + extra.dtype.itemsize
    starts = np.cumsum(lengths) - lengths
    out = np.empty(int(lengths.sum()), dtype=np.uint8)
    out[starts[:, None] + np.arange(counts.itemsize)] = counts.view(np.uint8).reshape(len(counts), -1)
    within = np.arange(len(mesh.corners)) - np.repeat(mesh.offsets[:-1], sizes)
    at = np.repeat(starts + counts.itemsize, sizes) + 4 * within
    out[at[:, None] + np.arange(4)] = mesh.corners.astype("<i4").view(np.uint8).reshape(-1, 4)
    if extra.dtype.itemsize:
        ends = starts + lengths - extra.dtype.itemsize
        out[ends[:, None] + np.arange(extra.dtype.itemsize)] = extra.view(np.uint8).reshape(len(extra), -1)
    return out


def _columns(values: Mapping[str, Array]) -> dict[str, Array]:
    """One named column a number: a vector value becomes name_0, name_1, ...; a colour its channels."""
    columns: dict[str, Array] = {}
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


def _plain(column: Array) -> Array:
    """The column in a type PLY has: int where every value is one that fits, double otherwise."""
    limits = np.iinfo(np.int32)
    whole = column.dtype.kind in "iub"
    if whole and (column.size == 0 or (column.min() >= limits.min and column.max() <= limits.max)):
        return column.astype("<i4")
    return column.astype("<f8")


def _ply_type(column: Array) -> str:
    return {"f8": "double", "i4": "int", "u1": "uchar"}[column.dtype.str[1:]]


def _packed(columns: Mapping[str, Array]) -> Array:
    n = len(next(iter(columns.values()))) if columns else 0
    rows = np.empty(n, dtype=[(name, column.dtype) for name, column in columns.items()])
    for name, column in columns.items():
        rows[name] = column
    return rows


def obj_bytes(mesh: Mesh) -> bytes:
    """Return an OBJ; numbers are printed so that reading them gives the same float64."""
    lines = ["# foldline"]
    lines += [f"v {x!r} {y!r} {z!r}" for x, y, z in mesh.vertices.tolist()]
    lines += ["f " + " ".join(map(str, (face + 1).tolist())) for face in mesh.faces]
    return "\n".join([*lines, ""]).encode()


def off_bytes(mesh: Mesh) -> bytes:
    """Return an OFF; numbers are printed so that reading them gives the same float64."""
    lines = ["OFF", f"{mesh.n_vertices} {mesh.n_faces} 0"]
    lines += [f"{x!r} {y!r} {z!r}" for x, y, z in mesh.vertices.tolist()]
    lines += [f"{len(face)} " + " ".join(map(str, face.tolist())) for face in mesh.faces]
    return "\n".join([*lines, ""]).encode()


def stl_bytes(mesh: Mesh) -> bytes:
    """Return a binary STL: float32 triangles with unit normals (zero for a triangle without area)."""
    triangles = mesh.vertices[fan(mesh)]
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    rows = np.zeros(len(triangles), dtype=[("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
    rows["normal"] = np.divide(normals, length, out=np.zeros_like(normals), where=length > 0)
    rows["corners"] = triangles
    return b"foldline".ljust(80) + struct.pack("<I", len(rows)) + rows.tobytes()


def glb_bytes(mesh: Mesh) -> bytes:
    """Return a binary glTF 2.0 with one mesh of float32 triangles.

    source   Khronos glTF 2.0 specification, section 4 (GLB)
    """
    points, triangles = mesh.vertices.astype("<f4"), fan(mesh).astype("<u4")
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
