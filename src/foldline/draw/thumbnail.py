"""A mesh -> a small shaded picture, by points on it and a depth buffer: fast for hundreds of thousands of polygons."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..mesh import Mesh
from .camera import DARKEST, LIGHT, Camera

Bytes = NDArray[np.uint8]

A_PIXEL = 12  # points, about: so many that no pixel is left out
PAPER = (255, 255, 255)


def thumbnail(
    mesh: Mesh, colour: NDArray[np.uint8], *, side: int = 160, reach: float = 1.45, camera: Camera | None = None
) -> Bytes:
    """Return a picture of a mesh, (side, side, 3) sRGB, on white.

    reach    from the middle of the picture to its edge, in the units of the mesh
    camera   looks from above and before, z up, unless given

    >>> square = Mesh.of_polygons([[0, -1, -1], [0, 1, -1], [0, 1, 1], [0, -1, 1]], [[0, 1, 2, 3]])
    >>> seen = thumbnail(square, np.array([200, 0, 0], dtype=np.uint8), side=8, reach=2.0, camera=Camera(0, 0))
    >>> (seen[..., 1] < 255).sum().item()
    16
    """
    page = np.full((side * side, 3), PAPER, dtype=np.uint8)
    if mesh.n_faces:
        eye = camera or Camera()
        points, faces = mesh.sample(A_PIXEL * side * side)
        at, normal = points @ eye.axes.T, mesh.normals[faces] @ eye.axes.T
        cell = np.floor((at[:, :2] / reach + 1) / 2 * side).astype(np.int64)
        inside = ((cell >= 0) & (cell < side)).all(axis=1)
        order = np.flatnonzero(inside)[np.argsort(at[inside, 2], kind="stable")]  # the nearest last, over the others
        light = np.array(LIGHT) / np.linalg.norm(LIGHT)
        shade = DARKEST + (1 - DARKEST) * np.clip(normal[order] @ light, 0.0, 1.0)
        pixel = (side - 1 - cell[order, 1]) * side + cell[order, 0]
        page[pixel] = np.rint(shade[:, None] * colour).astype(np.uint8)
    return page.reshape(side, side, 3)
