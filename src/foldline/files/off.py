"""OFF files, text and binary."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from .lines import count, cut, lines, not_a, numbers, whole
from .polygons import mesh_of, ragged
from .source import content

if TYPE_CHECKING:
    from ..mesh import Mesh

Lines = Iterator[tuple[int, list[str]]]

HEADER = re.compile(r"(ST)?C?N?OFF(?=$|[0-9])", re.IGNORECASE)  # the counts may follow without a blank
BINARY = re.compile(rb"(ST)?(C)?(N)?(4)?(n)?OFF[ \t]+BINARY[ \t]*\r?\n")
EXTRAS = 2, 4, 3  # float32 numbers of a vertex of a binary one after its place: texture, colour, normal
OTHER = re.compile(r"(ST)?C?N?4?n?OFF", re.IGNORECASE)
MOST_EXTRA = {"vertex": 9, "face": 4}  # numbers after a row's own: normal, colour and texture; colour


def read_off(path: Path) -> Mesh:
    """Return the mesh of an OFF file, polygons kept; normals, colours and texture are left out.

    raises   InputError naming the line that is missing or wrong
    source   Geomview, OFF files
    """
    data, name = content(path), path.name
    binary = BINARY.match(data)
    if binary:
        return _binary(data, binary, name)
    rows = lines(data, name, "OFF", comment="#")
    (n_vertices, n_faces), number = _header(rows, name)
    for what, n in (("vertices", n_vertices), ("faces", n_faces)):
        if n > len(data):
            raise InputError(
                f"{name}: header says {n} {what}, the file has {len(data)} bytes: truncated. Copy it again."
            )
    vertices = np.empty((n_vertices, 3))
    for i in range(n_vertices):
        number, words = _next(rows, name, f"vertex {i} of {n_vertices}")
        vertices[i] = numbers(name, number, words)
        _check_end(name, number, "vertex", len(words) - 3)
    faces = [_face(rows, name, f"face {i} of {n_faces}") for i in range(n_faces)]
    for number, _ in rows:
        raise InputError(
            f"{name} line {number}: an OFF needs as many rows as its header says ({n_vertices} vertices, {n_faces} "
            "faces); got more. Export it again."
        )
    return mesh_of(name, vertices, *ragged(faces))


def _binary(data: bytes, head: re.Match[bytes], name: str) -> Mesh:
    """Big-endian: three counts, float32 vertices, and faces, each with a count of colour numbers behind it."""
    if head[4] or head[5]:
        raise InputError(
            f"{name}: an OFF needs 3 coordinates a vertex; got "
            f"{head[0].split()[0].decode()}. Export it again."
        )
    at = head.end()
    if len(data) < at + 12:
        raise cut(name, "the counts")
    n_vertices, n_faces, _ = struct.unpack_from(">3i", data, at)
    width = 3 + sum(n for n, there in zip(EXTRAS, head.groups(), strict=False) if there)
    if n_vertices < 0 or n_faces < 0:
        raise InputError(f"{name}: an OFF needs counts from 0 on; got {n_vertices} and {n_faces}. Copy it again.")
    at += 12
    if len(data) < at + 4 * width * n_vertices + 8 * n_faces:
        raise cut(name, f"the last of {n_vertices} vertices and {n_faces} faces")
    with np.errstate(invalid="ignore"):  # a signalling NaN; refused with its vertex later
        rows = np.frombuffer(data, ">f4", width * n_vertices, at).reshape(-1, width)[:, :3].astype(np.float64)
    words = np.frombuffer(data, ">i4", (len(data) - at - 4 * width * n_vertices) // 4, at + 4 * width * n_vertices)
    return mesh_of(name, rows, *ragged(_binary_faces(words.tolist(), n_faces, name)))


def _binary_faces(words: list[int], n: int, name: str) -> list[list[int]]:
    faces, at = [], 0
    for i in range(n):
        size = words[at] if at < len(words) else -1
        end = at + 1 + size
        if size < 0 or end >= len(words) or not 0 <= words[end] <= MOST_EXTRA["face"]:
            raise cut(name, f"face {i} of {n}, or its counts are none")
        faces.append(words[at + 1 : end])
        at = end + 1 + words[end]
    if at > len(words):
        raise cut(name, f"the colour of face {n - 1}")
    return faces


def _header(rows: Lines, name: str) -> tuple[tuple[int, int], int]:
    """Vertices and faces, and the line they stand in; the word OFF may be left out."""
    number, words = _next(rows, name, "the counts")
    found = HEADER.match(words[0])
    if found is None and OTHER.match(words[0]):
        raise InputError(f"{name}: an OFF needs 3 coordinates a vertex; got {words[0][:20]}. Export it again.")
    if found:
        words = [word for word in (words[0][found.end() :], *words[1:]) if word]
    elif not all(word.isdigit() for word in words) or len(words) not in (2, 3):
        raise not_a(name, "OFF", number)
    if not words:
        number, words = next(rows, (number, []))
    n_vertices, n_faces = (count(name, number, word) for word in (*words, "", "")[:2])
    return (n_vertices, n_faces), number


def _face(rows: Lines, name: str, wanted: str) -> list[int]:
    number, words = _next(rows, name, wanted)
    k = count(name, number, words[0])
    if len(words) - 1 < k:
        raise InputError(f"{name} line {number}: a face needs {k} vertex numbers; got {len(words) - 1}: truncated.")
    _check_end(name, number, "face", len(words) - 1 - k)
    return [whole(name, number, word) for word in words[1 : k + 1]]


def _next(rows: Lines, name: str, wanted: str) -> tuple[int, list[str]]:
    found = next(rows, None)
    if found is None:
        raise cut(name, wanted)
    return found


def _check_end(name: str, number: int, what: str, extra: int) -> None:
    if extra > MOST_EXTRA[what]:
        raise InputError(
            f"{name} line {number}: a {what} needs at most {MOST_EXTRA[what]} numbers after its own; got {extra}. "
            "A row is a line: export it again."
        )


def off_bytes(mesh: Mesh) -> bytes:
    """Return an OFF; numbers are printed so that reading them gives the same float64."""
    out = ["OFF", f"{mesh.n_vertices} {mesh.n_faces} 0"]
    out += [f"{x!r} {y!r} {z!r}" for x, y, z in mesh.vertices.tolist()]
    out += [f"{len(face)} " + " ".join(map(str, face.tolist())) for face in mesh.faces]
    return "\n".join([*out, ""]).encode()
