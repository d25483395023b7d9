"""A surface beside what it was fitted to: the shell round a sheet, and what is bad about a fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.border import LONGEST_SIDE
from ..data.distance import HALF_SHELL
from ..mesh import Mesh
from ..text import counted
from .facts import Fact
from .values import ComparisonFacts, NearFacts, SurfaceFacts, in_file

LEAST_IOU = 0.95  # below, the two are different solids to the eye
LARGEST_SHARE = 0.05  # of the longest side: a distance above is a part lost or made up
NO_SURFACE = "the network is zero nowhere: there is no surface"
CUT_OPEN = "the surface runs out of the box that was searched and is cut open there"
N_POINTS, N_CELLS = 20_000, 40  # points on each side, and cells along each side of the box


@dataclass(frozen=True, kw_only=True)
class ShellFacts(NearFacts):
    """How well a surface meets the shell round a sheet, in one frame; lengths where the longest side is 1.8."""

    thickness: float

    def rows(self, unit: float | None = None) -> list[Fact]:
        """Return the facts in words, one row each; with lengths in a file's unit, where a length of 1 is so many."""
        thick = in_file(self.thickness, unit) + " thick" * (unit is None)
        return [("shell round the sheet", thick), *self.near_rows("shell", unit)]


def shell_facts(surface: Mesh, sheet: Mesh, half: float = HALF_SHELL) -> ShellFacts:
    """Return how well a surface meets the shell round a sheet: distances to the sheet, less half a thickness.

    cost   104,000 exact distances
    """
    there = np.abs(sheet.distances(surface.sample(N_POINTS)[0]) - half)
    back = np.abs(surface.distances(sheet.sample(N_POINTS, seed=1)[0]) - half)
    iou, union = _overlap(surface, sheet, half)
    return ShellFacts(
        thickness=2 * half,
        mean_distance=_both_ways(there.mean(), back.mean()),
        rms_distance=_both_ways(np.sqrt(np.mean(there**2)), np.sqrt(np.mean(back**2))),
        largest_distance_seen=_both_ways(there.max(), back.max()),
        chamfer=float(there.mean() + back.mean()) / 2,
        iou=iou,
        iou_error=float(np.sqrt(iou * (1 - iou) / union)),
        n_points=N_POINTS,
    )


def _overlap(surface: Mesh, sheet: Mesh, half: float) -> tuple[float, int]:
    """The volumetric overlap at the middles of equal boxes, and how many of these are inside either."""
    ends = np.stack([surface.bounds, sheet.bounds + np.array([[-half], [half]])])
    lo, hi = ends[:, 0].min(axis=0), ends[:, 1].max(axis=0)
    cells: NDArray[Any] = np.stack(np.meshgrid(*[np.arange(N_CELLS)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    points = lo + (hi - lo) * (cells + 0.5) / N_CELLS
    ours, theirs = surface.contains(points), sheet.distances(points) < half
    union = max(int(np.count_nonzero(ours | theirs)), 1)
    return np.count_nonzero(ours & theirs) / union, union


def _both_ways(there: float, back: float) -> dict[str, float]:
    return {"surface_to_mesh": float(there), "mesh_to_surface": float(back)}


def doubts(surface: SurfaceFacts, met: ComparisonFacts | ShellFacts | None, given: Mapping[str, Any]) -> list[str]:
    """Return what is bad about a fitted shape, a sentence each; what is proved of its surface is another matter.

    met     how well it meets what it was fitted to; None where there is no surface
    given   the report on the input mesh, as the samples' meta has it
    """
    if met is None:
        return [NO_SURFACE]
    found = []
    sides = 2 if isinstance(met, ShellFacts) and given["closed"] else 1  # a shell round a closed sheet has an inner one
    if surface.measures.n_components > given["n_components"] * sides:
        has = counted(surface.measures.n_components, "component")
        found.append(f"the surface has {has}, the input {given['n_components']:,}")
    if sides == 1 and surface.measures.closed and given.get("closed") and not isinstance(met, ShellFacts):
        handles = _handles(surface.measures.n_components, surface.measures.euler)
        if handles != (wanted := _handles(given["n_components"], given["euler"])):
            found.append(f"the surface has {counted(handles, 'handle')}, the input {wanted:,}")
    if surface.open_edges_on_box:
        found.append(CUT_OPEN)
    if met.iou < LEAST_IOU:
        found.append(f"the volumetric IoU, {met.iou:.3f}, is below {LEAST_IOU}")
    return found + too_far(max(met.largest_distance_seen.values()))


def _handles(n_components: int, euler: int) -> int:
    """The genus of closed surfaces together: each has the Euler number 2 - 2 genus."""
    return n_components - euler // 2


def too_far(largest: float) -> list[str]:
    """Return what is bad about the largest distance to what was fitted; nothing where it is small enough.

    >>> too_far(0.01), len(too_far(0.2))
    ([], 1)
    """
    share = largest / LONGEST_SIDE
    bad = share > LARGEST_SHARE
    return [f"the largest distance is {share:.1%} of the longest side, above {LARGEST_SHARE:.0%}"] if bad else []
