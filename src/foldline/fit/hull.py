"""Hull: where a scene is, and which cells of its box can hold anything, by where its pictures are clear."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..box import Box
from ..errors import InputError
from ..scene import Camera, Scene
from ..transform import Transform

Array = NDArray[np.float64]
Occupancy = NDArray[np.bool_]

CELLS = 64  # along each axis
SHRINKS = 3  # a guessed box is fitted to the hull so many times: each sees it finer
CLEAR = 0  # alpha, of 255, up to which a pixel shows nothing
PARALLEL = 1e-3  # the least eigenvalue, of 1, for which optical axes still meet somewhere
MARGIN = 1.0  # cells left round a hull


def frame_of(scene: Scene) -> tuple[Transform, str]:
    """Return the way from a scene's units to a cube from -1 to 1, in which it is fitted, and how that was found.

    The cube is round the scene's box where it has one.  Else it is round the place where the optical axes meet, as
    large as what the cameras see there, and where there is alpha as small as the hull allows.
    raises   InputError where the axes meet nowhere in front of the cameras
    """
    if scene.box is not None:
        return _cube(scene.box), ""
    box = _seen(scene)
    if scene.alpha:
        for _ in range(SHRINKS):
            box = _fitted(scene, box)
    return _cube(box), f"no box is given: taken from {np.round(box.lo, 3).tolist()} to {np.round(box.hi, 3).tolist()}"


def hull(scene: Scene, cells: int = CELLS) -> Occupancy:
    """Return the cells of the cube from -1 to 1 that may hold something, (cells, cells, cells) bool.

    A cell is empty where one picture is clear wherever it may show the cell, or where none shows it.  Only alpha tells;
    without it every cell is kept that is seen.
    cost     0.3 s for 24 pictures and 64^3 cells
    source   Laurentini 1994, "The visual hull concept for silhouette-based image understanding"
    """
    return _hull(scene, Box([-1.0] * 3, [1.0] * 3), cells)


def covered(scene: Scene, view: int) -> NDArray[np.bool_]:
    """Return the pixels, (height, width), at which something in the hull may be seen."""
    picture, camera = scene.pictures[view], scene.cameras[view]
    if picture.shape[2] < 4:
        return np.ones(picture.shape[:2], dtype=bool)
    depth = max(float(np.linalg.norm(camera.place)) - 3**0.5, 0.5)
    return grown(picture[:, :, 3] > CLEAR, 2 * _footprint(camera, 2 / CELLS, depth))


def _hull(scene: Scene, box: Box, cells: int) -> Occupancy:
    side = (box.hi - box.lo) / cells
    axes = [lo + (np.arange(cells) + 0.5) * step for lo, step in zip(box.lo, side, strict=True)]
    left = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    number, shown = np.arange(cells**3), np.zeros(cells**3, dtype=bool)
    for camera, picture in zip(scene.cameras, scene.pictures, strict=True):
        at, depth = camera.seen(left[number])
        column, row = (np.floor(part).astype(np.int64) for part in np.clip(at, -2.0, 2.0**31).T)
        within = (depth > 0) & (column >= 0) & (row >= 0) & (column < camera.width) & (row < camera.height)
        shown[number[within]] = True
        if picture.shape[2] < 4 or not within.any():
            continue
        reach = _footprint(camera, float(side.max()), float(np.quantile(depth[within], 0.02)))
        may = grown(picture[:, :, 3] > CLEAR, reach)
        keep = ~within
        keep[within] = may[row[within], column[within]]
        number = number[keep]
    found = np.zeros(cells**3, dtype=bool)
    found[number] = shown[number]
    return found.reshape(cells, cells, cells)


def _footprint(camera: Camera, side: float, depth: float) -> int:
    """Pixels from the middle of a cell to its corner, at most."""
    return int(np.ceil(3**0.5 / 2 * side * max(camera.focal) / depth))


def grown(mask: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Return where a mask, of any dimensions, is true within so many steps along each axis."""
    from scipy.ndimage import maximum_filter

    found: NDArray[np.bool_] = maximum_filter(mask, size=2 * reach + 1)
    return found


def _cube(box: Box) -> Transform:
    middle = (box.lo + box.hi) / 2
    return Transform(2.0 / float((box.hi - box.lo).max()), tuple(middle.tolist()))


def _seen(scene: Scene) -> Box:
    """A cube round the place nearest to all optical axes, as large as what the widest picture shows there."""
    places, axes = (np.stack([getattr(c, name) for c in scene.cameras]) for name in ("place", "forward"))
    across = np.eye(3) - axes[:, :, None] * axes[:, None, :]
    total = across.mean(axis=0)
    if len(axes) < 2 or np.linalg.eigvalsh(total)[0] < PARALLEL:
        raise _nowhere("cameras that look the same way")
    middle = np.linalg.solve(total, np.einsum("nij,nj->i", across, places) / len(axes))
    depth = np.einsum("nd,nd->n", middle - places, axes)
    if np.median(depth) <= 0:
        raise _nowhere("cameras that look away from each other")
    wide = [max(c.width / c.focal[0], c.height / c.focal[1]) / 2 for c in scene.cameras]
    half = float(np.max(np.where(depth > 0, depth * wide, 0.0)))
    return Box(middle - half, middle + half)


def _nowhere(what: str) -> InputError:
    return InputError(
        f"fit needs to know where the scene is; got {what}. Say it in Python: "
        "dataclasses.replace(files.scene.read_scene(folder), box=fl.Box([-1, -1, -1], [1, 1, 1]))."
    )


def _fitted(scene: Scene, box: Box) -> Box:
    """The box of what is left of a box, with a margin."""
    kept = np.argwhere(_hull(scene, box, CELLS))
    if not len(kept):
        raise InputError("fit needs pictures that show something; got an empty hull. Check alpha and the poses.")
    side = (box.hi - box.lo) / CELLS
    lo = box.lo + (kept.min(axis=0) - MARGIN) * side
    hi = box.lo + (kept.max(axis=0) + 1 + MARGIN) * side
    return Box(np.maximum(lo, box.lo), np.minimum(hi, box.hi))
