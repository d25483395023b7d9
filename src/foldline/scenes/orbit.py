"""Orbit: cameras on a circle round a scene, for a turntable."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..network import Network
from ..scene import Camera, Scene, facing
from ..transform import Transform

Array = NDArray[np.float64]

MOST = 10_000  # pictures of a turn
STEEP = 0.95  # of a direction: cameras that look so nearly along "up" say nothing of it


def seat_of(scene: Scene, there: Transform) -> dict[str, object]:
    """Return from where a scene is looked at, as JSON values kept with its field: up, distance, height, angle, size.

    Up is the mean of where the pictures' upper edges point; the distance and the height above the middle are the
    cameras' means, in the scene's units.
    """
    up = np.mean([camera.pose[:, 1] for camera in scene.cameras], axis=0)
    up = up / np.linalg.norm(up) if np.linalg.norm(up) > 1e-6 else np.array([0.0, 0.0, 1.0])
    ways = np.stack([camera.place for camera in scene.cameras]) - there.shift
    first = scene.cameras[0]
    return {
        "up": up.tolist(),
        "distance": float(np.linalg.norm(ways, axis=1).mean()),
        "height": float(np.clip((ways @ up).mean() / np.linalg.norm(ways, axis=1).mean(), -STEEP, STEEP)),
        "angle": float(2 * np.arctan(first.width / 2 / first.focal[0])),
        "size": [first.width, first.height],
    }


def orbit(network: Network, n: int, *, size: tuple[int, int] | None = None) -> list[Camera]:
    """Return cameras on a circle round a field, looking at its middle: as far away as the pictures it was fitted to.

    n      of them, evenly
    size   (width, height) of their pictures; that of the scene's first unless given

    >>> from foldline.scenes.made import ball
    >>> [camera.place.round(3).tolist() for camera in orbit(ball(), 2, size=(8, 8))]
    [[3.091, 0.0, 0.828], [-3.091, 0.0, 0.828]]
    """
    if not 0 < n <= MOST:
        raise InputError(f"orbit needs 1 to {MOST:,} pictures; got {n}.")
    return [seated(network, turn, size=size) for turn in 2 * np.pi * np.arange(n) / n]


def seated(
    network: Network, turn: float, *, height: float | None = None, away: float = 1.0,
    size: tuple[int, int] | None = None,
) -> Camera:  # fmt: skip
    """Return a camera on a sphere round a field, looking at its middle.

    turn     in radians, round the axis that is up in the pictures it was fitted to
    height   of the way to the camera along that axis, above -1 and below 1; the pictures' mean unless given
    away     how far, as a share of the pictures' mean distance
    size     as ``orbit`` has it

    >>> from foldline.scenes.made import ball
    >>> seated(ball(), 0.0, height=0.0, away=2.0, size=(8, 8)).place.round(3).tolist()
    [6.4, 0.0, 0.0]
    """
    seat: dict[str, Any] = {"up": [0.0, 0.0, 1.0], "distance": 3.2, "height": 0.2588, "angle": 0.75, "size": [100, 100],
                            **dict(network.meta.get("seat") or {})}  # fmt: skip
    there = network.transform or Transform(1.0, (0.0, 0.0, 0.0))
    up: Array = np.array(seat["up"], dtype=np.float64)
    wide, tall = size or (int(seat["size"][0]), int(seat["size"][1]))
    side = np.eye(3)[int(np.argmin(np.abs(up)))]
    right = side - (side @ up) * up
    right /= np.linalg.norm(right)
    rise = seat["height"] if height is None else height
    flat = (1 - rise**2) ** 0.5
    focal = wide / 2 / np.tan(seat["angle"] / 2)
    way = flat * (np.cos(turn) * right + np.sin(turn) * np.cross(up, right)) + rise * up
    return facing(np.array(there.shift), away * seat["distance"] * way, up, (wide, tall), focal)
