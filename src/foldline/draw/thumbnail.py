"""A mesh -> a small shaded picture, by a depth buffer: fast for hundreds of thousands of polygons."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..cloud import Cloud
from ..mesh import Mesh
from .camera import DARKEST, LIGHT, Camera

Array = NDArray[np.float64]
Bytes = NDArray[np.uint8]
Index = NDArray[np.int64]

A_PIXEL = 2  # points on a mesh, about: seen where a part is too thin for a pixel's middle to lie in it
DOT = 2  # pixels along each side of a point of a cloud
AT_ONCE = 2**21  # pixels' middles that are asked of triangles together
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
        return _dots(mesh.points, mesh.normals, colour, side, reach, camera or Camera(), DOT)
    if not mesh.n_faces:
        return _dots(np.zeros((0, 3)), None, colour, side, reach, camera or Camera())
    eye, (points, faces) = camera or Camera(), mesh.sample(A_PIXEL * side * side)
    seen = mesh.normals[faces] @ eye.axes[2] >= 0
    seen |= not seen.any()
    page = _dots(points[seen], mesh.normals[faces[seen]], colour, side, reach, eye).reshape(side * side, 3)
    pixels, faces = _covered(mesh, side, reach, eye)
    page[pixels] = _shaded(mesh.normals[faces], colour, eye)
    return page.reshape(side, side, 3)


def _covered(mesh: Mesh, side: int, reach: float, eye: Camera) -> tuple[Index, Index]:
    """The pixels whose middles lie in a polygon, and the nearest such polygon of each, (n,) both."""
    corners, face = mesh.triangles
    at = mesh.vertices @ eye.axes.T
    at[:, :2] = (at[:, :2] / reach + 1) / 2 * side - 0.5  # pixels' middles are whole numbers
    parts, (a, b, c) = at[corners], at[corners].transpose(1, 0, 2)
    first = np.clip(np.ceil(parts[..., :2].min(axis=1)), 0, side).astype(np.int64)
    size = np.clip(np.floor(parts[..., :2].max(axis=1)).astype(np.int64) + 1, first, side) - first
    asked = np.cumsum(size.prod(axis=1))
    found = []
    for some in np.split(np.arange(len(asked)), np.flatnonzero(np.diff(asked // AT_ONCE)) + 1):
        which = np.repeat(some, size[some].prod(axis=1))
        k = np.arange(len(which)) - (asked - size.prod(axis=1) - asked[some[0]] + size[some[0]].prod())[which]
        pixel = first[which] + np.stack([k % size[which, 0], k // size[which, 0]], axis=1)
        whole = _turn(a[which], b[which], c[which])
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = [_turn(pixel, p[which], q[which]) / whole for p, q in ((b, c), (c, a))]
        shares.append(1 - shares[0] - shares[1])
        inside = np.all([share >= -1e-9 for share in shares], axis=0)
        depth = sum(share * p[which, 2] for share, p in zip(shares, (a, b, c), strict=True))
        found.append(np.column_stack([depth, (side - 1 - pixel[:, 1]) * side + pixel[:, 0], face[which]])[inside])
    nearest = np.concatenate(found)
    nearest = nearest[np.argsort(nearest[:, 0], kind="stable")]
    pixels, last = np.unique(nearest[::-1, 1].astype(np.int64), return_index=True)
    return pixels, nearest[::-1, 2][last].astype(np.int64)


def _turn(a: Array, b: Array, c: Array) -> Array:
    """Twice the signed area of triangles on paper."""
    return np.asarray((b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0]))


def _shaded(normals: Array, colour: Bytes, eye: Camera) -> Bytes:
    """A colour as light as normals lie to the light, (n, 3)."""
    light = np.array(LIGHT) / np.linalg.norm(LIGHT)
    shade = DARKEST + (1 - DARKEST) * np.clip((normals @ eye.axes.T) @ light, 0.0, 1.0)
    return np.asarray(np.rint(shade[:, None] * colour), dtype=np.uint8)


def _dots(
    points: Array, normals: Array | None, colour: Bytes, side: int, reach: float, eye: Camera, dot: int = 1
) -> Bytes:
    """Points as squares of some pixels, the nearest last; shaded where normals tell how they lie to the light."""
    page = np.full((side * side, 3), PAPER, dtype=np.uint8)
    at = points @ eye.axes.T
    cell = np.floor((at[:, :2] / reach + 1) / 2 * side).astype(np.int64)
    inside = ((cell >= 0) & (cell <= side - dot)).all(axis=1)
    order = np.flatnonzero(inside)[np.argsort(at[inside, 2], kind="stable")]
    seen = colour if normals is None else _shaded(normals[order], colour, eye)
    x, y = cell[order].T[:, :, None] + np.indices((dot, dot)).reshape(2, 1, -1)
    page[(side - 1 - y) * side + x] = np.broadcast_to(seen, (len(order), 3))[:, None]
    return page.reshape(side, side, 3)
