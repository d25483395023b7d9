"""A shape -> samples of its signed distance, as a fit of it asks for them."""

from __future__ import annotations

from ..cloud import Cloud
from ..mesh import Mesh
from ..samples import Samples
from . import distance
from .cloud import cloud_samples
from .orient import oriented


def solid_samples(shape: Mesh | Cloud, *, seed: int = 0, folded: bool = True, sign: str = "strict") -> Samples:
    """Return samples of the signed distance to a mesh or a cloud, as many and where a kind of network learns from them.

    folded   whether it is a field, or a plain network
    sign     of a mesh, as ``distance_samples`` has it; a cloud without normals is oriented, which its findings say
    raises   as ``distance_samples`` and ``cloud_samples`` do

    >>> tetrahedron = Mesh.of_polygons([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]],
    ...                                [[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]])
    >>> len(solid_samples(tetrahedron, folded=False))
    500000
    """
    n, mixture = (distance.FIELD_SAMPLES, "near") if folded else (distance.PLAIN_SAMPLES, "broad")
    if isinstance(shape, Mesh):
        return distance.distance_samples(shape, n, seed=seed, sign=sign, mixture=mixture)
    return cloud_samples(shape if shape.normals is not None else oriented(shape), n, seed=seed, mixture=mixture)
