"""Surface: the exact level set of a field's density, with the colour of each vertex."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..colour import as_bytes
from ..mesh import Mesh
from ..network import Network
from ..radiance import colours, degree_of, harmonics
from ..scene import Camera
from ..transform import Transform
from .exact import through, walked
from .space import Occupancy, filled

Array = NDArray[np.float64]

LEVEL = 16.0  # a density at which a quarter of a cell of 1/32 is an eighth opaque: where the made scene's surfaces lie
LIGHT = (-0.35, 0.55, 1.0)  # right, up, towards the eye
AT_ONCE = 2**9  # rays
APART = 1e-3  # from a vertex to where its gradient is asked for, in cells: on a vertex several pieces meet


def density_of(network: Network) -> Network:
    """Return the field of the density alone, negated: below minus a level is inside, as a signed distance has it.

    raises   InputError for a network that is no field of radiance

    >>> from foldline.scenes.made import ball
    >>> density_of(ball(4, density=8.0))([[0.0, 0.0, 0.0]])
    array([[-8.]])
    """
    degree_of(network)
    weights = [*network.weights[:-1], -network.weights[-1][:1]]
    biases = [*network.biases[:-1], -network.biases[-1][:1]]
    meta = {name: value for name, value in network.meta.items() if name in ("names",)}
    return replace(network, weights=tuple(weights), biases=tuple(biases), meta=meta)


def coloured(mesh: Mesh, network: Network) -> Mesh:
    """Return a density's surface with red, green and blue a vertex, 0 to 255: as who looks at it straight sees it.

    mesh   in the field's frame
    """
    if not len(mesh.vertices):
        return mesh
    normals = _normals(mesh)
    basis = harmonics(-normals, degree_of(network))
    seen = colours(network(mesh.vertices), basis)
    return replace(mesh, vertex_values={**mesh.vertex_values, "color": as_bytes(seen)})


def lit(network: Network, camera: Camera, level: float = LEVEL) -> tuple[Array, NDArray[np.bool_]]:
    """Return how brightly a density's surface is lit where each pixel's ray first meets it, and which rays do.

    camera    in the units of the scene; the light comes from above and to the left of it
    returns   (height, width) from 0 to 1, and (height, width) bool; the places are exact, as joints of rays are
    """
    there = network.transform or Transform(1.0, (0.0, 0.0, 0.0))
    eye = camera.moved(there)
    origins, directions = eye.rays()
    cells = filled(network)
    way = np.concatenate([
        struck(network, origins[k : k + AT_ONCE], directions[k : k + AT_ONCE], cells, level)
        for k in range(0, len(origins), AT_ONCE)
    ])  # fmt: skip
    met = np.isfinite(way)
    aside = way[met] + APART / (network.grid.sizes[-1] if network.grid else 1)
    slopes = network.affine_map(origins[met] + aside[:, None] * directions[met])[:, 0, :3]
    normals = -slopes / np.maximum(np.linalg.norm(slopes, axis=1, keepdims=True), np.finfo(float).tiny)
    light = eye.pose[:, :3] @ LIGHT / np.linalg.norm(LIGHT)
    found = np.zeros(len(way))
    found[met] = np.clip(normals @ light, 0.0, 1.0)
    size = camera.height, camera.width
    return found.reshape(size), met.reshape(size)


def struck(network: Network, origins: Array, directions: Array, cells: Occupancy, level: float) -> Array:
    """Return how far along rays the density first is a level or more, (n,), infinite where it nowhere is.

    origins, directions, cells   as ``seen_exactly`` has them

    >>> from foldline.scenes.made import ball
    >>> struck(ball(), np.array([[-3.0, 0.0, 0.0]]), np.array([[1.0, 0.0, 0.0]]), filled(ball()), 10.0).round(6)
    array([2.6])
    """
    joints = through(network, walked(network, origins, directions, cells))
    found = np.full(len(origins), np.inf)
    value = joints.values[:, 0]
    first = np.flatnonzero(joints.on[:-1] & (np.maximum(value[:-1], value[1:]) >= level))
    first = first[np.unique(joints.rays[first], return_index=True)[1]]
    a, b = value[first], value[first + 1]
    rises = a < level
    share = np.where(rises, (level - a) / np.where(rises, b - a, 1.0), 0.0)
    found[joints.rays[first]] = joints.way[first] * (1 - share) + joints.way[first + 1] * share
    return found


def _normals(mesh: Mesh) -> Array:
    """The mean normal of the polygons round each vertex, by their areas."""
    owner = np.repeat(np.arange(mesh.n_faces), np.diff(mesh.offsets))
    found = np.zeros_like(mesh.vertices)
    np.add.at(found, mesh.corners, (mesh.normals * mesh.face_areas[:, None])[owner])
    length = np.linalg.norm(found, axis=1, keepdims=True)
    return np.where(length > 0, found / np.where(length > 0, length, 1.0), [0.0, 0.0, 1.0])
