"""Region: one linear region, as a loop over ``Regions`` gives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .regions import Regions

Array = NDArray[np.float64]


def _row(name: str, doc: str) -> Any:
    """A region's row of an array that all regions have."""
    return property(lambda region: np.asarray(getattr(region.answer, name)[region.number]), doc=doc)


class _Rows:
    """A region's rows of what all regions have."""

    answer: Regions
    number: int
    pattern: NDArray[np.int8] = _row("patterns", "Which piece of each hidden unit is used, (n_hidden,).")
    map: Array = _row("maps", "[A | c] with outputs A x + c, before the output unit, (d_out, d_in + 1).")
    point: Array = _row("points", "A point strictly inside, (d_in,).")
    centroid: Array = _row("centroids", "Centre of mass, (d_in,).")


@dataclass(frozen=True)
class Region(_Rows):
    """One region of an answer, by its number; what is asked is worked out for all regions at once, the first time.

    >>> from foldline import Box, Network
    >>> from foldline.exact.regions import regions
    >>> xor = Network([[[1, 1], [1, 1]], [[1, -2]]], [[0, -1], [0]])
    >>> [region.pattern.tolist() for region in regions(xor, Box([0, 0], [1, 1]))]
    [[1, 1], [1, 0]]
    """

    answer: Regions
    number: int

    def __repr__(self) -> str:
        return f"Region({self.number} of {len(self.answer):,}, {self.answer.d_in} inputs)"

    @property
    def volume(self) -> float:
        """Length, area or volume."""
        return float(self.answer.volumes[self.number])

    @property
    def piece(self) -> int:
        """The piece it belongs to."""
        return int(self.answer.piece_of[self.number])

    @property
    def polygon(self) -> Array:
        """Corners in the plane, (corners, 2), counter-clockwise.

        raises   InputError for other than 2 inputs
        """
        return self.answer.polygon(self.number)

    @property
    def half_spaces(self) -> tuple[Array, Array]:
        """(A, c): the region is where A x + c >= 0, a row a facet."""
        return self.answer.half_spaces(self.number)

    @property
    def neighbours(self) -> NDArray[np.int64]:
        """Numbers of the regions it shares a facet with, rising."""
        pairs = self.answer.neighbours
        mine = (pairs[:, :2] == self.number).any(axis=1)
        return np.unique(pairs[mine, :2].sum(axis=1) - self.number)
