"""Slices of a table: the plane through its middle along which its rows spread most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..box import Box
from ..errors import InputError
from ..same import Compared
from ..samples import Samples
from ..slice import slice_names
from ..tasks import MARGIN
from ..text import short

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Plane(Compared):
    """The plane point + s u + t v, and how points are cast onto it.

    point, u, v   (d,) in the units of the inputs
    weights       (2, d): s and t of a point x are weights @ (x - point), exactly for points of the plane
    share         of the rows' variance, each column in its own spread, that lies in the plane; NaN where not known
    names         what s and t are called; none where they follow from u and v
    """

    point: Array
    u: Array
    v: Array
    weights: Array
    share: float
    names: tuple[str, ...] = ()

    def onto(self, points: Array) -> Array:
        """Return s and t of points, (n, 2), cast onto the plane where they do not lie in it."""
        return np.asarray((points - self.point) @ self.weights.T)

    def cast(self, samples: Samples) -> Samples:
        """Return samples of s and t, called as the plane names them, or as the columns that they run along."""
        names = self.names or slice_names(samples.names, self.point, self.u, self.v)
        return Samples(self.onto(samples.inputs), samples.targets, samples.kind, names, samples.classes)

    def box(self, samples: Samples) -> Box:
        """Return the box of s and t round all samples, with the margin of a table."""
        return Box.around(self.onto(samples.inputs), MARGIN)


def slice_through(point: Array, u: Array, v: Array) -> Plane:
    """Return the plane through a point along two directions; points are cast onto it at right angles.

    >>> slice_through(np.zeros(3), np.array([2.0, 0, 0]), np.array([0.0, 1, 0])).onto(np.array([[1.0, 1, 7]])).tolist()
    [[0.5, 1.0]]
    """
    return Plane(point, u, v, np.linalg.pinv(np.stack([u, v], axis=1)), float("nan"))


def leading_slice(samples: Samples) -> Plane:
    """Return the plane through the mean of the inputs along their two leading directions.

    Columns count in units of their spread, so that no column leads because it is measured in small units; one step of s
    is one of them along the first direction; s and t are called by the two columns that count most along each.
    source   Pearson 1901, principal components
    raises   InputError for fewer than 2 inputs

    >>> rows = np.array([[0.0, 0, 5], [2, 0, 5], [0, 200, 5], [2, 200, 5]])
    >>> found = leading_slice(Samples(rows, np.zeros(4)))
    >>> found.point.tolist(), round(found.share, 6)
    ([1.0, 100.0, 5.0], 1.0)
    """
    if samples.d_in < 2:
        raise InputError(f"leading_slice needs samples with 2 inputs or more; got {samples.d_in}.")
    middle, spread = samples.inputs.mean(axis=0), samples.inputs.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    _, sizes, ways = np.linalg.svd((samples.inputs - middle) / spread, full_matrices=samples.d_in > len(samples))
    first = ways[:2] * np.sign(ways[[0, 1], np.abs(ways[:2]).argmax(axis=1)])[:, None]  # the largest part is positive
    variance = np.square(sizes)
    share = float(variance[:2].sum() / (variance.sum() or 1.0))
    names = tuple(_most(samples, order, way) for order, way in zip(("first", "second"), first, strict=True))
    return Plane(middle, first[0] * spread, first[1] * spread, first / spread, share, names)


def _most(samples: Samples, order: str, way: Array) -> str:
    """What a leading direction is called: by its two largest parts."""
    known = samples.names or [f"x{k + 1}" for k in range(samples.d_in)]
    largest = np.argsort(-np.abs(way), kind="stable")[:2]
    return f"{order} direction (most: {', '.join(short(str(known[k]), 24) for k in largest if way[k])})"
