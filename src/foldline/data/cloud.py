"""Cloud -> samples of the signed distance to the surface that its points and normals are of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..cloud import Cloud
from ..errors import InputError
from ..mesh import INSIDE
from ..samples import Samples
from ..transform import Transform
from .border import LONGEST_SIDE
from .distance import MIXTURES, scattered
from .winding import Winding, spans

Array = NDArray[np.float64]

SHARP = 4.0  # how fast the say of points fades with their distance, in that of the nearest and spacings
FLAT = 3.0  # spacings from a point within which the surface counts as the plane through it
NEIGHBOURS = 8  # that tell the spacing
FEW = 2**10  # places that are asked together: where all points are about as far, a tree looks at most of them


def frame_of(bounds: Array) -> Transform:
    """Return the transform that centres bounds (2, 3) and makes the longest side 1.8.

    >>> frame_of(np.array([[0.0, 0.0, 0.0], [2.0, 1.0, 1.0]])).scale
    0.9
    """
    side = float(np.ptp(bounds, axis=0).max())
    if not side > 0:
        raise InputError("a frame needs points that are apart; got all of them in one place. Check the file.")
    return Transform(LONGEST_SIDE / side, tuple(bounds.mean(axis=0).tolist()))


def cloud_samples(
    cloud: Cloud, n: int = 50_000, *, seed: int = 0, frame: Transform | None = None, mixture: str = "broad"
) -> Samples:
    """Return signed distances to the surface that a cloud is of, as ``distance_samples`` does of a mesh.

    frame    where the points are asked; their own bounds centred, the longest side 1.8, unless given
    mixture  as of ``distance_samples``; no sample is nearer than half the points' spacing asks for
    returns  Samples of kind "distance"; ``function`` is ``CloudDistance``
    raises   InputError for a cloud without normals: its points do not say what is inside; ``oriented`` guesses them
    cost     100,000 samples a second

    >>> points = np.random.default_rng(0).normal(size=(2000, 3))
    >>> ball = Cloud(points / np.linalg.norm(points, axis=1, keepdims=True), points)
    >>> samples = cloud_samples(ball, 1000)
    >>> apart = samples.targets[:, 0] - (np.linalg.norm(samples.inputs, axis=1) - 0.9)
    >>> bool(np.abs(apart).mean() < 0.01)
    True
    """
    if cloud.normals is None:
        raise InputError(
            "a fit to a cloud needs normals, which say what is inside; got points alone. Give six columns, or take "
            "foldline.data.orient.oriented(cloud); to find the code of such points in a class of shapes: "
            "foldline complete."
        )
    there = frame or frame_of(cloud.bounds)
    moved = cloud.transformed(there)
    distance, rng = CloudDistance(moved), np.random.default_rng(seed)
    least = min(distance.spacing, MIXTURES[mixture][0][1]) / 2
    widths = tuple((share, max(width, least)) for share, width in MIXTURES[mixture])
    places = scattered(n, widths, lambda count, _: moved.points[rng.integers(0, len(moved), count)], rng)
    meta = {"signed": True} | ({"findings": list(moved.notes)} if moved.notes else {})
    return Samples(places, distance(places), "distance", ("x", "y", "z"), meta=meta, transform=there, asked=distance)


class CloudDistance:
    """A function: (n, 3) places to (n, 1) signed distances to the surface that points with normals are of.

    Within three spacings the mean of the distances to the planes through the nearest points, nearer ones counting more;
    farther away that to the nearest point, its sign by how often the points wind round the place.
    source   Kolluri 2008, "Provably good moving least squares"; Barill et al. 2018, "Fast winding numbers for soups and
             clouds"
    """

    def __init__(self, cloud: Cloud) -> None:
        from scipy.spatial import cKDTree

        assert cloud.normals is not None
        self.points, self.normals, self.tree = cloud.points, cloud.normals, cKDTree(cloud.points)
        self.k = min(NEIGHBOURS, len(cloud))
        near = np.arange(1, self.k + 1)
        out = np.concatenate([self.tree.query(self.points[part], near)[0][:, -1] for part in spans(len(cloud))])
        self.spacing = float(np.median(out)) or np.inf
        self.winding = Winding(self.points, self.normals, np.pi * out**2 / self.k)

    def __call__(self, places: Array) -> Array:
        return np.concatenate([np.empty((0, 1)), *(self._at(places[part]) for part in spans(len(places), FEW))])

    def _at(self, places: Array) -> Array:
        away, at = self.tree.query(places, np.arange(1, self.k + 1))
        planes = np.einsum("nki,nki->nk", places[:, None] - self.points[at], self.normals[at])
        nearest = away[:, :1]
        share = np.exp(-((away**2 - nearest**2) / (nearest**2 + self.spacing**2) * SHARP)) if self.k > 1 else 1.0
        near = np.asarray((share * planes).sum(axis=1) / np.broadcast_to(share, away.shape).sum(axis=1))
        far = nearest[:, 0] > FLAT * self.spacing
        near[far] = np.where(self.winding(places[far]) > INSIDE, -nearest[far, 0], nearest[far, 0])
        return near[:, None]
