"""Cells: what an answer asks of its regions, whoever holds them; the contract of ``Complex`` and of ``Polytopes``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .complex.complex import Complex
    from .start import Readings

Array = NDArray[np.float64]
Index = NDArray[np.int64]


class Cells(Protocol):
    """R convex regions in d dimensions: parts that are shared, or a list of polytopes.

    volumes, centroids   (R,) never negative, and (R, d); inside the region where it is too thin for doubles to tell
    moments              (R, d + 1): the volume, and the integral of x
    neighbours           (N, 3): pairs that share a facet and the facet's number, facets in order
    pairs                the first two columns; None for each region and the next
    folds                the chain unit of each facet, -1 - (2 axis + end) on the box
    half_spaces          rows (a, c) of a region's facets: a.x + c >= 0
    extremes             least and then largest value of each output, (2 d_out,), and where, (2 d_out, d)
    distance_to_folds    from each point to the nearest facet of its region that is not on the box
    complex              the shared parts, None for a list
    listed_sides         (sides, side_start) of a list, None for shared parts
    readings             what the chain reads on each region; None for the inputs
    """

    @property
    def volumes(self) -> Array: ...
    @property
    def centroids(self) -> Array: ...
    @property
    def moments(self) -> Array: ...
    @property
    def neighbours(self) -> Index: ...
    @property
    def pairs(self) -> Index | None: ...
    @property
    def folds(self) -> Index: ...
    def half_spaces(self, region: int) -> Array: ...
    def extremes(self, *, certify: bool) -> tuple[Array, Array]: ...
    def distance_to_folds(self, home: Index, points: Array) -> Array: ...
    @property
    def complex(self) -> Complex | None: ...
    @property
    def readings(self) -> Readings | None: ...
    @property
    def listed_sides(self) -> tuple[Index, Index] | None: ...
