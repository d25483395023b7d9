"""A surface beside the points it was fitted to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..cloud import Cloud
from ..mesh import Mesh
from .facts import Fact, Facts
from .shapes import CUT_OPEN, NO_SURFACE, too_far
from .values import SurfaceFacts, in_file

MOST = 100_000  # points whose distance is told


@dataclass(frozen=True, kw_only=True)
class CloudComparisonFacts(Facts):
    """How well a surface meets points, in one frame; lengths where the longest side is 1.8."""

    mean_distance: float
    rms_distance: float
    largest_distance: float
    n_points: int

    def rows(self, unit: float | None = None) -> list[Fact]:
        """Return the facts in words, one row each; with lengths in a file's unit, where a length of 1 is so many."""
        return [
            ("points compared", f"{self.n_points:,}"),
            ("mean distance of points", in_file(self.mean_distance, unit)),
            ("root mean square", in_file(self.rms_distance, unit)),
            ("largest", in_file(self.largest_distance, unit)),
        ]


def cloud_doubts(surface: SurfaceFacts, met: CloudComparisonFacts | None) -> list[str]:
    """Return what is bad about a shape fitted to points, a sentence each; how many parts there are is not known."""
    if met is None:
        return [NO_SURFACE]
    return [*([CUT_OPEN] if surface.open_edges_on_box else []), *too_far(met.largest_distance)]


def cloud_comparison_facts(surface: Mesh, cloud: Cloud) -> CloudComparisonFacts:
    """Return how far points are from a surface, exactly; 100,000 of them at most, evenly chosen.

    >>> square = Mesh.of_polygons([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], [[0, 1, 2, 3]])
    >>> cloud_comparison_facts(square, Cloud([[0.5, 0.5, 0.25]])).mean_distance
    0.25
    """
    apart = surface.distances(cloud.points[:: -(-len(cloud) // MOST)])
    return CloudComparisonFacts(
        mean_distance=float(apart.mean()), rms_distance=float(np.sqrt(np.mean(apart**2))),
        largest_distance=float(apart.max()), n_points=len(apart),
    )  # fmt: skip
