"""Surface: the exact level set of a field's density, with the colour of each vertex."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..colour import as_bytes
from ..mesh import Mesh
from ..network import Network
from ..radiance import colours, degree_of, harmonics

Array = NDArray[np.float64]

LEVEL = 16.0  # a density at which a quarter of a cell of 1/32 is an eighth opaque: where the made scene's surfaces lie
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


def _normals(mesh: Mesh) -> Array:
    """The mean normal of the polygons round each vertex, by their areas."""
    owner = np.repeat(np.arange(mesh.n_faces), np.diff(mesh.offsets))
    found = np.zeros_like(mesh.vertices)
    np.add.at(found, mesh.corners, (mesh.normals * mesh.face_areas[:, None])[owner])
    length = np.linalg.norm(found, axis=1, keepdims=True)
    return np.where(length > 0, found / np.where(length > 0, length, 1.0), [0.0, 0.0, 1.0])
