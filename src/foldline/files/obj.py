"""Wavefront OBJ files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..text import counted
from .lines import empty, lines, not_a, numbers, whole
from .polygons import mesh_of, ragged
from .source import content

if TYPE_CHECKING:
    from ..mesh import Mesh

FACES = ("f", "fo")  # fo: the same, of version 2.11
VERTEX_LENGTHS = (3, 4, 6, 7)  # a weight or a colour may follow
LEFT_OUT = {"l": "lines", "p": "points"}
FREE_FORM = ("surf", "curv", "bzp", "bsp", "cdc", "cdp", "res")
OTHER = {
    *("vt vn vp g o s usemtl mtllib l p mg cstype deg curv2 parm trim hole scrv sp end con".split()),
    *("bevel c_interp d_interp lod maplib usemap shadow_obj trace_obj ctech stech bmat step".split()),
}


def read_obj(path: Path) -> Mesh:
    """Return the mesh of an OBJ file, polygons kept; texture, normals, groups and materials are left out.

    raises   InputError naming the line that is wrong, or that holds a free-form surface
    source   Wavefront, Object files, appendix B1
    """
    name, vertices, faces, normals = path.name, list[tuple[float, float, float]](), list[list[int]](), False
    others = Counter[str]()
    for number, words in lines(content(path), name, "OBJ", comment="#", joined="\\"):
        key = words[0]
        if key == "v":
            vertices.append(_vertex(name, number, words[1:]))
        elif key in FACES:
            faces.append(_face(name, number, words[1:], len(vertices)))
        elif key in FREE_FORM:
            raise InputError(
                f"{name} line {number}: an OBJ needs polygons; got a free-form {key!r}. Export it as a mesh."
            )
        elif key not in OTHER:
            raise not_a(name, "OBJ", number, f": no statement {key[:20]!r} is known" if vertices else "")
        normals |= key == "vn"
        others.update([key] if key in LEFT_OUT else [])
    if vertices and not faces and others["l"]:
        raise empty(name, others["l"])
    notes = [
        counted(others[key], "element", f"{key!r} ({what}), left out") for key, what in LEFT_OUT.items() if others[key]
    ]
    points = np.array(vertices, dtype=np.float64).reshape(-1, 3)
    return mesh_of(name, points, *ragged(faces), normals=normals, notes=notes)


def _vertex(name: str, number: int, words: list[str]) -> tuple[float, float, float]:
    if len(words) > 3 and len(words) not in VERTEX_LENGTHS:
        raise InputError(
            f"{name} line {number}: a vertex needs 3 numbers, a weight or a colour; got {len(words)} numbers. "
            "Export it again."
        )
    return numbers(name, number, words)


def _face(name: str, number: int, words: list[str], n_vertices: int) -> list[int]:
    """Vertex numbers from 0; the file counts from 1, or back from the last vertex so far."""
    corners = [whole(name, number, word.partition("/")[0]) for word in words]
    if 0 in corners:
        raise InputError(f"{name} line {number}: an OBJ face needs vertex numbers from 1; got 0. Export again.")
    return [c - 1 if c > 0 else n_vertices + c for c in corners]


def obj_bytes(mesh: Mesh) -> bytes:
    """Return an OBJ; numbers are printed so that reading them gives the same float64."""
    out = ["# foldline"]
    out += [f"v {x!r} {y!r} {z!r}" for x, y, z in mesh.vertices.tolist()]
    out += ["f " + " ".join(map(str, (face + 1).tolist())) for face in mesh.faces]
    return "\n".join([*out, ""]).encode()
