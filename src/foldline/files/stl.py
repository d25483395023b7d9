"""STL files, text and binary."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .lines import MARKS, empty, lines, not_a, numbers
from .polygons import in_float32, mesh_of
from .source import content

if TYPE_CHECKING:
    from ..mesh import Mesh

Array = NDArray[np.float64]

HEADER, TRIANGLE = 84, 50  # bytes of a binary STL: header with the count, one triangle
ROW = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])


def read_stl(path: Path) -> Mesh:
    """Return the mesh of an STL file, text or binary; corners with equal coordinates become one vertex.

    raises   InputError naming the triangles the header promises and those the file holds
    """
    data, name = content(path), path.name
    if not data:
        raise empty(name)
    mark = next((mark for mark, _ in MARKS if data.startswith(mark)), b"")
    exact = len(data) >= HEADER and len(data) == HEADER + TRIANGLE * struct.unpack("<I", data[80:84])[0]
    text = data[len(mark) :].lstrip().replace(b"\0", b"")[:5].lower() == b"solid" and (mark or b"\0" not in data)
    triangles, notes = (_text(data, name), []) if text and not exact else _binary(data, name)
    return mesh_of(
        name, triangles.reshape(-1, 3), np.arange(triangles.size // 3), np.arange(0, triangles.size // 3 + 1, 3),
        notes=notes,
    )  # fmt: skip


def _binary(data: bytes, name: str) -> tuple[Array, list[str]]:
    if len(data) < HEADER:
        raise not_a(name, "STL", 1)
    (n,) = struct.unpack("<I", data[80:84])
    held = (len(data) - HEADER) // TRIANGLE
    if held < n:
        raise InputError(f"{name}: header says {n} faces, file holds {held}: not an STL, or truncated. Copy it again.")
    if held and not n:
        told = f"header says 0 faces, the file has room for {held}: its writer did not end"
        raise InputError(f"{name}: {told}. Export it again.")
    more = len(data) - HEADER - TRIANGLE * n
    notes = [f"{more:,} bytes after the {n:,} triangles of the header, left out"] if more else []
    with np.errstate(invalid="ignore"):  # a signalling NaN; refused with its vertex later
        return np.frombuffer(data, ROW, count=n, offset=HEADER)["corners"].astype(np.float64), notes


def _text(data: bytes, name: str) -> Array:
    points: list[tuple[float, float, float]] = []
    words: list[str] = []
    for number, words in lines(data, name, "STL"):
        key = words[0].lower()
        if key == "vertex":
            points.append(numbers(name, number, words[1:] if len(words) == 4 else []))
        elif key == "endfacet" and len(points) % 3:
            raise InputError(f"{name} line {number}: an STL facet needs 3 vertices; got another count. Export again.")
        elif key not in ("solid", "facet", "outer", "endloop", "endfacet", "endsolid"):
            raise not_a(name, "STL", number)
    if not words or words[0].lower() != "endsolid" or len(points) % 3:
        raise InputError(f"{name}: an STL needs a last line 'endsolid'; the file is truncated. Copy it again.")
    return np.array(points, dtype=np.float64).reshape(-1, 3, 3)


def stl_bytes(mesh: Mesh) -> bytes:
    """Return a binary STL: float32 triangles with unit normals (zero for a triangle without area).

    raises   InputError as ``in_float32`` does
    """
    rounded = in_float32(mesh, "an STL")
    triangles = mesh.vertices[mesh.triangles[0]]
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    rows = np.zeros(len(triangles), dtype=ROW)
    rows["normal"] = np.divide(normals, length, out=np.zeros_like(normals), where=length > 0)
    rows["corners"] = rounded[mesh.triangles[0]]
    return b"foldline".ljust(80) + struct.pack("<I", len(rows)) + rows.tobytes()
