"""Question 16: what does a shape cost as voxels, points or triangles, and how near is it?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Annotated

import numpy as np

from ..box import Box
from ..exact.surface import Surface, surface
from ..facts.values import NUMBER, voxel_bytes
from ..mesh import Mesh
from ..network import Network
from ..same import Compared
from ..voxels import border_mesh
from .handles import Array, Span
from .kept import network as kept_network

CUBE = Box([-1] * 3, [1] * 3)
ROWS = 1024  # points a network is asked at once: their values stay in the cache
PLACES = 20_000  # on the exact surface, from which distances are measured
# From there to the mesh that the network learned, which is not here: mean and largest seen, as a test measures them.
LEARNED = 1.222e-3, 20.1e-3


@dataclass(frozen=True)
class State:
    """An elephant; voxels a side of the grids it is made with, one by default, 32, 64 and 128 on the slides."""

    resolutions: Annotated[tuple[Annotated[int, Span(4, 256)], ...], Span(1, 5)] = (32,)


@dataclass(frozen=True, eq=False, repr=False)
class Form(Compared):
    """A shape in one representation.

    n          voxels a side of the grid it was made with
    kind       "voxels", "points" or "triangles"
    mesh       None for points
    points     (P, 3) of a point cloud, or the mesh's vertices
    size       bytes, numbers of four
    mean, most   distance from places on the exact surface to it: mean, and the largest seen
    """

    n: int
    kind: str
    mesh: Mesh | None
    points: Array
    size: int
    mean: float
    most: float

    @property
    def name(self) -> str:
        """Its resolution in words: the grid, or the number of points."""
        return f"{self.n}³" if self.mesh else f"{len(self.points):,}"


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """The shape as a network, its exact surface, and in three representations at each resolution.

    network_bytes, surface_bytes   of the network's numbers, and of the exact polygons
    forms    voxels, points and triangles of the first resolution, then of the next
    """

    state: State
    network: Network
    exact: Surface
    network_bytes: int
    surface_bytes: int
    forms: tuple[Form, ...]


def ask(state: State) -> Answer:
    """Return what the elephant costs in each representation, and how far each is from its exact surface.

    cost   half a second for 32, several for 128, once for each
    """
    network, exact = elephant()
    made = tuple(form for n in state.resolutions for form in forms(n))
    return Answer(state, network, exact, NUMBER * network.n_parameters, mesh_bytes(exact.mesh), made)


@cache
def elephant() -> tuple[Network, Surface]:
    """Return the signed distance network 3-64-64-64-64-1 of an elephant, and its exact zero set in [-1, 1]^3.

    cost   about 1.5 s: 79,750 polygons
    """
    network = kept_network("elephant.npz")
    return network, surface(network, CUBE)


@cache
def forms(n: int) -> tuple[Form, Form, Form]:
    """Return the elephant as voxels, points and triangles, made from a grid of n x n x n samples of its network.

    points   as many as the triangles have vertices, spread evenly over the exact surface
    """
    network, exact = elephant()
    values = sampled(network, exact.mesh, n)
    ends = centres(n)[[0, -1]]
    blocks, triangles = border_mesh(values < 0, CUBE), Mesh.of_grid(values, *ends)
    cloud = exact.sample(triangles.n_vertices, seed=n)[0]
    places = exact.sample(PLACES)[0]
    far = blocks.distances(places), distances_to_points(cloud, places), triangles.distances(places)
    size = (voxel_bytes(n), 3 * NUMBER * len(cloud), mesh_bytes(triangles))
    meshes, points = (blocks, None, triangles), (blocks.vertices, cloud, triangles.vertices)
    kinds = ("voxels", "points", "triangles")
    made = [Form(n, kinds[k], meshes[k], points[k], size[k], float(far[k].mean()), float(far[k].max()))
            for k in range(3)]  # fmt: skip
    return made[0], made[1], made[2]


def mesh_bytes(mesh: Mesh) -> int:
    """Return the bytes of a mesh's vertices and corners."""
    return NUMBER * (3 * mesh.n_vertices + len(mesh.corners))


def centres(n: int) -> Array:
    """Return the middles of n equal parts of [-1, 1] on all three axes, (n, 3).

    >>> centres(2)[:, 0].tolist()
    [-0.5, 0.5]
    """
    return np.repeat(((np.arange(n) + 0.5) / n * 2 - 1)[:, None], 3, axis=1)


def sampled(network: Network, exact: Mesh, n: int) -> Array:
    """Return a signed distance at the middles of n x n x n voxels of [-1, 1]^3; 1 where the surface is not near.

    The bounds of the exact surface are known, and outside of them the network is positive.
    """
    at = centres(n)
    near = [np.flatnonzero((x > lo - 2 / n) & (x < hi + 2 / n)) for x, lo, hi in zip(at.T, *exact.bounds, strict=True)]
    values = np.ones((n, n, n))
    points = np.stack(np.meshgrid(*(at[k, 0] for k in near), indexing="ij"), axis=-1).reshape(-1, 3)
    parts = np.array_split(points, max(1, len(points) // ROWS))
    values[np.ix_(*near)] = np.concatenate([network(part)[:, 0] for part in parts]).reshape([len(k) for k in near])
    return values


def distances_to_points(cloud: Array, places: Array) -> Array:
    """Return the distance of each place to the nearest point of a cloud, (n,)."""
    from scipy.spatial import cKDTree

    return np.asarray(cKDTree(cloud).query(places)[0])
