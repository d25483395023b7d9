"""Meshes -> a scene: pictures of things whose shape is known, taken by casting rays at them (libigl)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..box import Box
from ..colour import as_bytes
from ..errors import InputError
from ..mesh import Mesh
from ..scene import Camera, Picture, Scene, facing

Array = NDArray[np.float64]
Paint = Callable[[Array], Array]  # (n, 3) points of a surface to (n, 3) colours from 0 to 1

WHITE = (1.0, 1.0, 1.0)
LIGHT = np.array([0.4, 0.8, 0.45]) / np.linalg.norm([0.4, 0.8, 0.45])  # from the upper right in front
AMBIENT = 0.35  # the share of light that comes from everywhere
SHARP = 20.0  # Phong's exponent of a highlight
GOLDEN = np.pi * (3 - 5**0.5)  # from one camera round to the next: no two stand above each other
AWAY = 3.2  # from the middle to a camera
ROOM = 1.02  # between the things and the edge of a picture
TILTED = 0.25  # the height of the cameras' ring is cut off at both ends by this
ACROSS = 3  # rays across a pixel: their mean is its colour, their share that hits its alpha


@dataclass(frozen=True, eq=False)
class Thing:
    """A mesh to be photographed.

    paint   its colour: one for all of it, or a function of places
    shine   how bright its highlight is, which moves with who looks
    """

    mesh: Mesh
    paint: Paint | tuple[float, float, float] = (0.78, 0.6, 0.5)
    shine: float = 0.0

    def colour(self, points: Array) -> Array:
        """Return its colour at points."""
        return self.paint(points) if callable(self.paint) else np.tile(self.paint, (len(points), 1))


def photographed(
    things: Sequence[Thing] | Mesh, *, views: int = 24, held_out: int = 4, size: int = 100, alpha: bool = True
) -> Scene:
    """Return pictures of things under one light, from cameras on a sphere round them, looking at its middle.

    things     meshes, moved and scaled together so that their longest side is 1.8, in the middle
    views      pictures to fit to; ``held_out`` more to judge by, from places between
    size       pixels along each side
    alpha      whether pictures tell where the things are; else they stand before white
    returns    a Scene whose box is from -1 to 1, on white
    raises     InputError for no polygons or fewer than one picture
    cost       about a second for 28 pictures of 100 x 100
    source     Lambert's law, and Phong 1975 for the highlight; rays by libigl's bounding-box tree

    >>> ball = Mesh.of_grid([[[1, 1, 1], [1, 1, 1], [1, 1, 1]]] * 1 + [[[1, 1, 1], [1, -1, 1], [1, 1, 1]]] +
    ...                     [[[1, 1, 1], [1, 1, 1], [1, 1, 1]]], [-1, -1, -1], [1, 1, 1])
    >>> photographed(ball, views=3, held_out=1, size=8)
    Scene(4 pictures of 8 x 8, alpha, 1 held out)
    """
    given = [Thing(things)] if isinstance(things, Mesh) else list(things)
    if not given or any(not len(thing.mesh.corners) for thing in given):
        raise InputError(f"photographed needs meshes with polygons; got {len(given)} meshes. Give one at least.")
    if views < 1 or held_out < 0 or size < 1:
        raise InputError(f"photographed needs pictures to take; got views={views}, held_out={held_out}, size={size}.")
    studio = _Studio(given)
    turns = [*enumerate(_heights(views)), *((k + 0.5 + views, h) for k, h in enumerate(_heights(held_out)))]
    cameras = [round_about(height, turn, size, studio.radius * ROOM) for turn, height in turns]
    pictures = [studio.picture(camera, alpha) for camera in cameras]
    names = [f"train_{k:03d}" for k in range(views)] + [f"test_{k:03d}" for k in range(held_out)]
    aside = [False] * views + [True] * held_out
    return Scene(cameras, pictures, names, held_out=aside, box=Box([-1.0] * 3, [1.0] * 3), background=WHITE)


def round_about(height: float, turn: float, size: int, radius: float = 1.0) -> Camera:
    """Return a camera on a sphere round the middle that looks at it, y up.

    height   of where it stands, -1 to 1
    turn     in golden angles round the vertical
    radius   of the ball that fills its pictures

    >>> round_about(0.0, 0.0, 100).place
    array([3.2, 0. , 0. ])
    """
    round_it = (1 - height**2) ** 0.5
    place = np.array([round_it * np.cos(turn * GOLDEN), height, round_it * np.sin(turn * GOLDEN)])
    focal = size / 2 * (AWAY**2 - radius**2) ** 0.5 / radius
    return facing(np.zeros(3), AWAY * place, np.array([0.0, 1.0, 0.0]), (size, size), focal)


def _heights(n: int) -> list[float]:
    top = 1 - TILTED
    return [top * (1 - (2 * k + 1) / n) for k in range(n)]


class _Studio:
    """Things under a light, all their triangles in one tree."""

    def __init__(self, things: Sequence[Thing]) -> None:
        import igl

        corners = np.concatenate([thing.mesh.vertices[thing.mesh.corners] for thing in things])
        lo, hi = corners.min(axis=0), corners.max(axis=0)
        self.things, self.middle, self.scale = list(things), (lo + hi) / 2, 1.8 / float((hi - lo).max() or 1.0)
        parts, owners, first = [], [], 0
        for k, thing in enumerate(things):
            triangles = thing.mesh.triangles[0]
            parts.append(triangles + first)
            owners.append(np.full(len(triangles), k))
            first += len(thing.mesh.vertices)
        self.triangles = np.ascontiguousarray(np.concatenate(parts))
        points = np.concatenate([thing.mesh.vertices for thing in things])
        self.vertices = np.ascontiguousarray((points - self.middle) * self.scale)
        self.owner = np.concatenate(owners)
        self.radius = float(np.linalg.norm(self.vertices[self.triangles.ravel()], axis=1).max())
        a, b, c = self.vertices[self.triangles].transpose(1, 0, 2)
        normals = np.cross(b - a, c - a)
        self.normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-300)
        self.tree = igl.AABB()
        self.tree.init(self.vertices, self.triangles)

    def picture(self, camera: Camera, alpha: bool) -> Picture:
        """The mean over rays across each pixel of what they hit."""
        steps = (np.arange(ACROSS) + 0.5) / ACROSS - 0.5
        total = np.zeros((camera.width * camera.height, 4))
        for dy in steps:
            for dx in steps:
                total += self.seen(*camera.rays(camera.centres + np.array([dx, dy])))
        total /= ACROSS**2
        hit = total[:, 3:]
        if alpha:
            found = np.hstack([total[:, :3] / np.maximum(hit, 1e-9), hit])
        else:
            found = total[:, :3] + (1 - hit) * WHITE
        return as_bytes(found).reshape(camera.height, camera.width, -1)

    def seen(self, origins: Array, directions: Array) -> Array:
        """Red, green, blue and whether anything is hit, (n, 4); zeros where nothing is."""
        face, distance, _ = self.tree.intersect_ray_first(self.vertices, self.triangles, origins, directions)
        found = np.zeros((len(origins), 4))
        for k, thing in enumerate(self.things):
            own = np.flatnonzero((face >= 0) & (self.owner[face] == k))
            places = origins[own] + distance[own, None] * directions[own]
            normals = self.normals[face[own]]
            normals *= -np.sign(np.einsum("nd,nd->n", normals, directions[own]))[:, None]  # both sides are lit
            found[own, :3] = _lit(thing, places, normals, directions[own], self.middle, self.scale)
            found[own, 3] = 1.0
        return found


def _lit(thing: Thing, places: Array, normals: Array, directions: Array, middle: Array, scale: float) -> Array:
    toward = normals @ LIGHT
    diffuse = AMBIENT + (1 - AMBIENT) * np.maximum(toward, 0)
    mirrored = 2 * toward[:, None] * normals - LIGHT
    highlight = np.maximum(-np.einsum("nd,nd->n", mirrored, directions), 0) ** SHARP * (toward > 0)
    paint = thing.colour(places / scale + middle)
    found: Array = np.clip(paint * diffuse[:, None] + thing.shine * highlight[:, None], 0, 1)
    return found
