"""Mesh: polygons in space, and everything that can be measured on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import InputError

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Mesh:
    """A surface of convex polygons that share vertices.

    vertices      (V, 3) float64, finite
    corners       (C,) vertex numbers of all polygons, one after another, counter-clockwise seen from outside
    offsets       (F + 1,) where each polygon starts in ``corners``
    face_values   {name: (F, ...)} one value a polygon, such as "gradient" or "region"
    vertex_values {name: (V, ...)} one value a vertex
    meta          JSON values: certified, complete, engine, seconds, what was repaired, ...
    raises        InputError naming the vertex or face that cannot be

    >>> Mesh.of_polygons([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], [[0, 1, 2, 3]]).area
    1.0
    """

    vertices: Array
    corners: Index
    offsets: Index
    face_values: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    vertex_values: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        put = object.__setattr__
        vertices = np.array(self.vertices, dtype=np.float64).reshape(-1, 3)
        corners = np.array(self.corners, dtype=np.int64).ravel()
        offsets = np.array(self.offsets, dtype=np.int64).ravel()
        bad = np.flatnonzero(~np.isfinite(vertices).all(axis=1))
        if bad.size:
            raise InputError(f"Mesh needs finite vertices; got vertex {bad[0]} = {vertices[bad[0]].tolist()}.")
        if offsets.size == 0 or offsets[0] != 0 or offsets[-1] != corners.size or np.any(np.diff(offsets) < 0):
            raise InputError(f"Mesh needs offsets that run from 0 to {corners.size} corners; got {offsets[:3]}...")
        bad = np.flatnonzero((corners < 0) | (corners >= len(vertices)))
        if bad.size:
            face = int(np.searchsorted(offsets, bad[0], side="right")) - 1
            raise InputError(
                f"Mesh needs faces that name its vertices; got face {face} with vertex {corners[bad[0]]} "
                f"of {len(vertices)} vertices."
            )
        for array in (vertices, corners, offsets):
            array.setflags(write=False)
        put(self, "vertices", vertices)
        put(self, "corners", corners)
        put(self, "offsets", offsets)

    @classmethod
    def of_polygons(cls, vertices: ArrayLike, faces: Sequence[ArrayLike], **values: Any) -> Mesh:
        """Return the mesh of a list of polygons, or of an (F, k) array of triangles or quadrangles."""
        lists = [np.asarray(face, dtype=np.int64).ravel() for face in faces]
        sizes = [len(face) for face in lists]
        corners = np.concatenate(lists) if lists else np.zeros(0, dtype=np.int64)
        return cls(np.asarray(vertices, dtype=np.float64), corners, np.concatenate([[0], np.cumsum(sizes)]), **values)

    @property
    def n_vertices(self) -> int:
        return len(self.vertices)

    @property
    def n_faces(self) -> int:
        return len(self.offsets) - 1

    @cached_property
    def faces(self) -> tuple[Index, ...]:
        """The vertex numbers of each polygon."""
        return tuple(np.split(self.corners, self.offsets[1:-1])) if self.n_faces else ()

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Write the mesh; the format follows the name: .ply, .obj, .stl, .off or .glb.

        raises   FileError if the path is a folder, cannot be written, or exists and ``force`` is off
        """
        from .write import write_mesh

        return write_mesh(self, Path(path), force=force)
