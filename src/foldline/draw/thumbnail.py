"""A mesh -> a small shaded picture, by points on it and a depth buffer: fast for hundreds of thousands of polygons."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..cloud import Cloud
from ..mesh import Mesh
from .camera import DARKEST, LIGHT, Camera

Array = NDArray[np.float64]
Bytes = NDArray[np.uint8]

A_PIXEL = 12  # points, about: so many that no pixel is left out
PAPER = (255, 255, 255)  # where nothing is; no shaded colour is as light


def thumbnail(
    mesh: Mesh | Cloud, colour: NDArray[np.uint8], *, side: int = 160, reach: float = 1.45, camera: Camera | None = None
) -> Bytes:
    """Return a picture of a mesh, or of points, (side, side, 3) sRGB, on ``PAPER``.

    reach    from the middle of the picture to its edge, in the units of the mesh
    camera   looks from above and before, z up, unless given

    >>> square = Mesh.of_polygons([[0, -1, -1], [0, 1, -1], [0, 1, 1], [0, -1, 1]], [[0, 1, 2, 3]])
    >>> seen = thumbnail(square, np.array([200, 0, 0], dtype=np.uint8), side=8, reach=2.0, camera=Camera(0, 0))
    >>> (seen[..., 1] < 255).sum().item()
    16
    """
    if isinstance(mesh, Cloud):
        return _dots(mesh.points, mesh.normals, colour, side, reach, camera or Camera())
    if not mesh.n_faces:
        return _dots(np.zeros((0, 3)), None, colour, side, reach, camera or Camera())
    points, faces = mesh.sample(A_PIXEL * side * side)
    return _dots(points, mesh.normals[faces], colour, side, reach, camera or Camera())


def _dots(points: Array, normals: Array | None, colour: Bytes, side: int, reach: float, eye: Camera) -> Bytes:
    """Points as pixels, the nearest over the others; shaded where normals tell how they lie to the light."""
    page = np.full((side * side, 3), PAPER, dtype=np.uint8)
    at = points @ eye.axes.T
    cell = np.floor((at[:, :2] / reach + 1) / 2 * side).astype(np.int64)
    inside = ((cell >= 0) & (cell < side)).all(axis=1)
    order = np.flatnonzero(inside)[np.argsort(at[inside, 2], kind="stable")]
    shade = np.ones(len(order))
    if normals is not None:
        light = np.array(LIGHT) / np.linalg.norm(LIGHT)
        shade = DARKEST + (1 - DARKEST) * np.clip((normals[order] @ eye.axes.T) @ light, 0.0, 1.0)
    page[(side - 1 - cell[order, 1]) * side + cell[order, 0]] = np.rint(shade[:, None] * colour).astype(np.uint8)
    return page.reshape(side, side, 3)
