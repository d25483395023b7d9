"""The space of a perceptron's weights, cut into the cells where the number of errors is constant.

Sample i changes sides where w.X_i = 0, X = (1, x): a plane through the space of weights.  On a slice of that space
these are the folds of a shallow network with one ReLU unit a sample, so that the same engine that cuts input space cuts
weight space, exactly.  On each cell the error count is constant and its gradient zero; on the folds there is none.

source   lecture 3, "Zero Gradients Problem"
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..box import Box
from ..errors import InputError
from ..exact.regions import Regions, regions
from ..losses import homogeneous
from ..network import Network
from ..same import Compared
from ..samples import Samples, need_samples

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class ErrorCells(Compared):
    """Where the error count of a perceptron is constant.

    regions   the cells as regions of a network over the slice's coordinates; unit i is on where sample i is in class 1
    errors    (cells,) how many samples are wrong on each
    origin, axes   weights of slice point s: origin + s @ axes
    """

    regions: Regions
    errors: NDArray[np.int64]
    origin: Array
    axes: Array

    def __len__(self) -> int:
        return len(self.errors)

    @property
    def least(self) -> int:
        """The least number of errors on the slice within the box."""
        return int(self.errors.min())

    def weights(self, cell: int) -> Array:
        """Return weights (b, w) strictly inside a cell."""
        return np.asarray(self.origin + self.regions.points[cell] @ self.axes)


def error_cells(samples: Samples, box: Box, *, origin: ArrayLike | None = None, axes: ArrayLike) -> ErrorCells:
    """Return the cells of a slice of weight space with the number of errors on each.

    samples   two classes; class 1 where b + w.x > 0
    box       of the slice's coordinates s
    axes      (box.d, d_in + 1) directions in the space of weights (b, w_1, ..., w_d)
    origin    the weights at s = 0, all 0 unless given
    raises    InputError if shapes do not fit or the samples do not have two classes
    cost      that of ``regions``: n samples cut a plane into at most 1 + n + n (n - 1) / 2 cells

    >>> ands = Samples([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1], "classification", (), ("0", "1"))
    >>> cells = error_cells(ands, Box([-2, -2], [2, 2]), origin=[-1, 0, 0], axes=[[0, 1, 0], [0, 0, 1]])
    >>> len(cells), cells.least
    (7, 0)
    """
    need_samples("error_cells", samples)
    if samples.kind != "classification" or samples.d_out != 2:
        raise InputError(f"error_cells needs 2 classes; got kind {samples.kind!r} with {samples.d_out} outputs.")
    A = np.atleast_2d(np.asarray(axes, dtype=np.float64))
    X = homogeneous(samples.inputs)
    at = np.zeros(X.shape[1]) if origin is None else np.asarray(origin, dtype=np.float64)
    if A.shape != (box.d, X.shape[1]) or at.shape != (X.shape[1],):
        raise InputError(
            f"error_cells needs axes of shape {(box.d, X.shape[1])} and an origin of {X.shape[1]} weights; "
            f"got {A.shape} and {at.shape}."
        )
    n = len(X)
    cut = regions(Network([X @ A.T, np.ones((1, n))], [X @ at, [0.0]]), box)
    right = samples.targets[:, 0] == 1
    return ErrorCells(cut, np.count_nonzero((cut.patterns > 0) != right, axis=1), at, A)
