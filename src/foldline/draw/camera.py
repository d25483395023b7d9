"""Polygons in space -> polygons on paper, shaded, in the order they are painted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..mesh import Mesh

Array = NDArray[np.float64]
Index = NDArray[np.int64]

DARKEST = 0.45  # of a polygon's colour that is left where the light falls along it
LIGHT = (-0.35, 0.55, 1.0)  # to the left, above and before the page: right, up, towards the eye


@dataclass(frozen=True)
class Camera:
    """An eye far away, so that lines that are parallel in space are so on paper.

    turn    degrees it stands turned round the axis that is up on the page
    tilt    degrees it stands above the ground
    up      the axis that is up: 2 for z, 1 for y
    """

    turn: float = 35.0
    tilt: float = 30.0
    up: int = 2

    @property
    def axes(self) -> Array:
        """Right, up and towards the eye, (3, 3), one a row.

        >>> Camera(0, 0).axes.round().tolist()
        [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
        """
        turn, tilt = np.deg2rad([self.turn, self.tilt])
        a, b = np.roll(np.eye(3), self.up - 2, axis=1)[:2]
        up = np.eye(3)[self.up]
        out = np.cos(turn) * a + np.sin(turn) * b
        eye = np.cos(tilt) * out + np.sin(tilt) * up
        right = np.cos(turn) * b - np.sin(turn) * a
        return np.stack([right, np.cross(eye, right), eye])

    def flat(self, points: ArrayLike) -> Array:
        """Return where points in space lie on paper, (..., 2)."""
        return np.asarray(points, dtype=np.float64) @ self.axes[:2].T


def painted(mesh: Mesh, camera: Camera, *, behind: bool = False) -> tuple[list[Array], Index, Array]:
    """Return the polygons as they are painted, the farthest first.

    behind    also those that face away: for a surface that is not closed
    returns   corners on paper, (corners, 2) each; which polygon of the mesh each is; how light it is, up to 1
    """
    normals, sizes = mesh.normals @ camera.axes.T, np.diff(mesh.offsets)
    at = mesh.vertices @ camera.axes.T
    middle = np.add.reduceat(at[mesh.corners, 2], mesh.offsets[:-1]) / sizes
    shown = np.flatnonzero(np.ones(len(sizes), dtype=bool) if behind else normals[:, 2] > 0)
    shown = shown[np.argsort(middle[shown], kind="stable")]
    corners = at[mesh.corners, :2]
    light = np.array(LIGHT) / np.linalg.norm(LIGHT)
    towards = normals[shown] * np.where(normals[shown, 2:] < 0, -1.0, 1.0)
    shade = DARKEST + (1 - DARKEST) * np.clip(towards @ light, 0.0, 1.0)
    return [corners[mesh.offsets[f] : mesh.offsets[f + 1]] for f in shown], shown, shade


def shaded(colours: NDArray[np.uint8], shade: Array) -> Array:
    """Return sRGB bytes, (n, 3), darkened by a share each, as numbers 0..1."""
    return np.asarray(colours, dtype=np.float64) / 255 * shade[:, None]
