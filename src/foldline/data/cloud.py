"""Cloud -> samples of the signed distance to the surface that its points and normals are of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..cloud import Cloud
from ..errors import InputError
from ..samples import Samples
from ..transform import Transform
from .border import LONGEST_SIDE

Array = NDArray[np.float64]

MIXTURE = ((0.4, 0.05), (0.4, 0.01))  # as of a mesh: share and width of the samples round the surface
FLAT = 3.0  # spacings from a point within which the surface counts as the plane through it
NEIGHBOURS = 8  # that tell the spacing


def frame_of(bounds: Array) -> Transform:
    """Return the transform that centres bounds (2, 3) and makes the longest side 1.8.

    >>> frame_of(np.array([[0.0, 0.0, 0.0], [2.0, 1.0, 1.0]])).scale
    0.9
    """
    side = float(np.ptp(bounds, axis=0).max())
    if not side > 0:
        raise InputError("a frame needs points that are apart; got all of them in one place. Check the file.")
    return Transform(LONGEST_SIDE / side, tuple(bounds.mean(axis=0).tolist()))


def cloud_samples(cloud: Cloud, n: int = 50_000, *, seed: int = 0, frame: Transform | None = None) -> Samples:
    """Return signed distances to the surface that a cloud is of, as ``distance_samples`` does of a mesh.

    The nearest point and its normal tell: near it the distance to the plane there, farther away that to the point.
    frame    where the points are asked; their own bounds centred, the longest side 1.8, unless given
    raises   InputError for a cloud without normals: its points do not say what is inside
    cost     200,000 samples a second

    >>> points = np.random.default_rng(0).normal(size=(2000, 3))
    >>> ball = Cloud(points / np.linalg.norm(points, axis=1, keepdims=True), points)
    >>> samples = cloud_samples(ball, 1000)
    >>> apart = samples.targets[:, 0] - (np.linalg.norm(samples.inputs, axis=1) - 0.9)
    >>> bool(np.abs(apart).mean() < 0.01)
    True
    """
    from scipy.spatial import cKDTree

    if cloud.normals is None:
        raise InputError(
            "a fit to a cloud needs normals, which say what is inside; got points alone. Give six columns, or a mesh; "
            "to find the code of such points in a class of shapes: foldline complete."
        )
    there = frame or frame_of(cloud.bounds)
    moved = cloud.transformed(there)
    rng = np.random.default_rng(seed)
    counts = [round(share * n) for share, _ in MIXTURE]
    near = [
        moved.points[rng.integers(0, len(moved), count)] + rng.normal(0.0, width, (count, 3))
        for count, (_, width) in zip(counts, MIXTURE, strict=True)
    ]
    places = np.concatenate([*near, rng.uniform(-1.0, 1.0, (n - sum(counts), 3))])
    rng.shuffle(places)
    tree = cKDTree(moved.points)
    k = min(NEIGHBOURS, len(moved))
    spacing = float(np.median(np.atleast_2d(tree.query(moved.points[:2000], k)[0].T)[-1])) or np.inf
    far, at = tree.query(places)
    assert moved.normals is not None
    along = np.einsum("ij,ij->i", places - moved.points[at], moved.normals[at])
    distance = np.where(far < FLAT * spacing, along, np.where(along < 0, -far, far))
    return Samples(places, distance, "distance", ("x", "y", "z"), meta={"signed": True}, transform=there)
