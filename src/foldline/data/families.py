"""Families of solids whose signed distance is known in closed form: boxes, ellipsoids, tori, cylinders and profiles.

Each function gives exact distances, negative inside, at points (n, 3); ``solids`` draws members of every family, each
with a mesh whose vertices lie on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from ..mesh import Mesh

Array = NDArray[np.float64]
Distance = Callable[[Array], Array]

ROUND = 96  # edges of a circle in a mesh: its polygons are within (pi / 96)^2 / 2 = 5e-4 of the radius
SURE = 1e-4  # of an ellipsoid's equation: below, what the other axes leave of 1 is mostly rounding
BISECTIONS = 60  # of an ellipsoid's nearest point: each halves the error of the last


@dataclass(frozen=True, eq=False)
class Solid:
    """A member of a family.

    distance   (n, 3) points to (n,) signed distances, exact
    mesh       its surface; flat families exactly, round ones by polygons with vertices on it
    """

    name: str
    distance: Distance
    mesh: Mesh


def box(points: Array, half: ArrayLike) -> Array:
    """Return signed distances to a box round the origin with these half sides, (n,).

    >>> box(np.array([[2.0, 0.0, 0.0], [0.0, 0.0, 0.0]]), (1, 2, 3)).tolist()
    [1.0, -1.0]
    """
    apart = np.abs(points) - np.asarray(half, dtype=np.float64)
    outside = np.linalg.norm(np.maximum(apart, 0.0), axis=1)
    return np.asarray(outside + np.minimum(apart.max(axis=1), 0.0))


def cylinder(points: Array, radius: float, half: float) -> Array:
    """Return signed distances to a cylinder along z, (n,).

    >>> cylinder(np.array([[3.0, 4.0, 0.0], [0.0, 0.0, 3.0]]), 1.0, 2.0).tolist()
    [4.0, 1.0]
    """
    return _extruded(np.hypot(points[:, 0], points[:, 1]) - radius, points[:, 2], half)


def torus(points: Array, radius: float, tube: float) -> Array:
    """Return signed distances to a torus round z, (n,).

    >>> torus(np.array([[1.0, 0.0, 0.0], [2.0, 0.0, 0.0]]), 1.0, 0.25).tolist()
    [-0.25, 0.75]
    """
    return np.asarray(np.hypot(np.hypot(points[:, 0], points[:, 1]) - radius, points[:, 2]) - tube)


def profile(points: Array, corners: Array, half: float) -> Array:
    """Return signed distances to a polygon of the x, y plane, drawn out along z, (n,).

    corners   (k, 2), counter-clockwise, of a polygon that does not cross itself

    >>> square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    >>> profile(np.array([[0.5, 0.5, 0.0], [2.0, 0.5, 0.0]]), square, 1.0).tolist()
    [-0.5, 1.0]
    """
    return _extruded(_polygon(points[:, :2], corners), points[:, 2], half)


def ellipsoid(points: Array, axes: ArrayLike) -> Array:
    """Return signed distances to an ellipsoid round the origin with these half axes, (n,).

    The nearest point x of y has x_i = a_i^2 y_i / (a_i^2 + t) for the one root t, above -min a^2, of
    sum (a_i y_i / (a_i^2 + t))^2 = 1; it is found by bisection.
    source   Eberly 2013, "Distance from a point to an ellipse, an ellipsoid, or a hyperellipsoid"

    >>> ellipsoid(np.array([[3.0, 0.0, 0.0], [0.0, 0.0, 0.0]]), (2, 1, 0.5)).round(12).tolist()
    [1.0, -0.5]
    """
    a = np.asarray(axes, dtype=np.float64)
    order = np.argsort(a)
    a, y = a[order], np.abs(points)[:, order]
    low, high = a[0] * y[:, 0], np.linalg.norm(a * y, axis=1)  # of s = t + a_0^2, from where the sum is 1 or more
    rest = a**2 - a[0] ** 2
    for _ in range(BISECTIONS):
        s = (low + high) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            above = np.nansum((a * y / (s[:, None] + rest)) ** 2, axis=1) > 1
        low, high = np.where(above, s, low), np.where(above, high, s)
    nearest = np.empty_like(y)
    nearest[:, 1:] = _shares(a[1:] ** 2 * y[:, 1:], high[:, None] + rest[1:])
    left = 1 - ((nearest[:, 1:] / a[1:]) ** 2).sum(axis=1)
    by_root, by_rest = _shares(a[0] ** 2 * y[:, 0], high), a[0] * np.sqrt(np.maximum(left, 0.0))
    nearest[:, 0] = np.where(left > SURE, by_rest, by_root)  # where y_0 is 0 inside, the root is 0 and says nothing
    inside = ((y / a) ** 2).sum(axis=1) < 1
    far = np.linalg.norm(y - nearest, axis=1)
    return np.asarray(np.where(inside, -far, far))


def _shares(above: Array, below: Array) -> Array:
    """a / b; where both are 0, 0."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def _extruded(flat: Array, z: Array, half: float) -> Array:
    """The distance to what has distance ``flat`` in the plane, drawn out along z."""
    along = np.abs(z) - half
    return np.minimum(np.maximum(flat, along), 0.0) + np.hypot(np.maximum(flat, 0.0), np.maximum(along, 0.0))


def _polygon(points: Array, corners: Array) -> Array:
    """Signed distances to a polygon: the nearest side, and how often a ray to the right crosses it."""
    nearest, crossings = np.full(len(points), np.inf), np.zeros(len(points), dtype=np.int64)
    for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        along, there = b - a, points - a
        t = np.clip(there @ along / (along @ along), 0.0, 1.0)
        nearest = np.minimum(nearest, np.linalg.norm(there - t[:, None] * along, axis=1))
        rises = (points[:, 1] >= a[1]) != (points[:, 1] >= b[1])
        side = along[0] * there[:, 1] - along[1] * there[:, 0]
        crossings += rises & ((side > 0) == (b[1] > a[1]))
    return np.where(crossings % 2 == 1, -nearest, nearest)


# Members, with their meshes


def _boxed(rng: np.random.Generator) -> tuple[Distance, Mesh]:
    half = rng.uniform(0.25, 0.9, 3)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half[:2]
    return lambda points: box(points, half), _drawn_out(corners, half[2])


def _ellipsoid(rng: np.random.Generator) -> tuple[Distance, Mesh]:
    axes = rng.uniform(0.3, 0.9, 3)
    angle = np.linspace(0, np.pi, ROUND // 2 + 1)
    ball = _revolved(np.sin(angle), -np.cos(angle))
    return lambda points: ellipsoid(points, axes), Mesh(ball.vertices * axes, ball.corners, ball.offsets)


def _torus(rng: np.random.Generator) -> tuple[Distance, Mesh]:
    radius, tube = rng.uniform(0.45, 0.65), rng.uniform(0.12, 0.28)
    angle = np.linspace(0, 2 * np.pi, ROUND, endpoint=False)
    mesh = _revolved(radius + tube * np.cos(angle), tube * np.sin(angle), ring=True)
    return lambda points: torus(points, radius, tube), mesh


def _cylinder(rng: np.random.Generator) -> tuple[Distance, Mesh]:
    radius, half = rng.uniform(0.2, 0.7), rng.uniform(0.3, 0.9)
    return lambda points: cylinder(points, radius, half), _revolved(
        np.array([0.0, radius, radius, 0.0]), np.array([-half, -half, half, half])
    )


def _profile(rng: np.random.Generator) -> tuple[Distance, Mesh]:
    """An L, its corner low on the left."""
    w, h, half = rng.uniform(0.5, 0.9, 3)
    s, t = rng.uniform(0.3, 0.6, 2) * (w, h)
    corners = np.array([[-w, -h], [w, -h], [w, 2 * t - h], [2 * s - w, 2 * t - h], [2 * s - w, h], [-w, h]])
    return lambda points: profile(points, corners, half), _drawn_out(corners, half)


FAMILIES: dict[str, Callable[[np.random.Generator], tuple[Distance, Mesh]]] = {
    "box": _boxed,
    "ellipsoid": _ellipsoid,
    "torus": _torus,
    "cylinder": _cylinder,
    "profile": _profile,
}


def solids(each: int = 6, *, families: Sequence[str] = tuple(FAMILIES), seed: int = 0) -> tuple[Solid, ...]:
    """Return members of families of solids, ``each`` of every one, within [-0.95, 0.95]^3.

    seed     draws their sizes; a member depends on it, its family and its number alone
    raises   InputError for a family that is not there

    >>> [solid.name for solid in solids(2, families=("box", "torus"))]
    ['box-0', 'box-1', 'torus-0', 'torus-1']
    """
    for name in families:
        if name not in FAMILIES:
            raise InputError(f"solids needs families out of {', '.join(FAMILIES)}; got {name!r}.")
    numbers = {name: k for k, name in enumerate(FAMILIES)}
    return tuple(
        Solid(f"{name}-{k}", *FAMILIES[name](np.random.default_rng([seed, numbers[name], k])))
        for name in families
        for k in range(each)
    )


def _drawn_out(corners: Array, half: float) -> Mesh:
    """A polygon of the plane, drawn out along z both ways."""
    k = len(corners)
    ends = [np.column_stack([corners, np.full(k, z)]) for z in (-half, half)]
    sides = [[i, (i + 1) % k, k + (i + 1) % k, k + i] for i in range(k)]
    return Mesh.of_polygons(np.concatenate(ends), [list(range(k))[::-1], list(range(k, 2 * k)), *sides])


def _revolved(radii: Array, heights: Array, *, ring: bool = False) -> Mesh:
    """A profile revolved round z, from below upward with the solid on its left; ``ring``: it closes on itself."""
    angle = np.linspace(0, 2 * np.pi, ROUND, endpoint=False)
    n = len(radii)
    x, y = (np.outer(radii, f(angle)) for f in (np.cos, np.sin))
    vertices = np.stack([x, y, np.broadcast_to(heights[:, None], x.shape)], axis=-1).reshape(-1, 3)
    names = np.arange(n * ROUND).reshape(n, ROUND)
    if not ring:
        names[0], names[-1] = names[0, 0], names[-1, 0]  # the poles
    low, high = (names, np.roll(names, -1, axis=0)) if ring else (names[:-1], names[1:])
    loops = np.stack([low, np.roll(low, -1, axis=1), np.roll(high, -1, axis=1), high], axis=-1).reshape(-1, 4)
    kept = loops != np.roll(loops, -1, axis=1)  # at a pole two corners are one
    used, corners = np.unique(loops[kept], return_inverse=True)
    return Mesh(vertices[used], corners, np.cumsum([0, *kept.sum(axis=1)]))
