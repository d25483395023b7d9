"""Which function draws which value on matplotlib's axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..exact.boundary import Boundary
from ..exact.decisions import Decisions
from ..exact.regions import Regions
from ..exact.terrain.contours import Contours
from ..exact.terrain.slopes import Slopes
from ..files.told import Told
from ..mesh import Mesh
from ..network import Network
from .bodies import plot_mesh
from .diagram import plot_network
from .plots import plot_boundary, plot_contours, plot_decisions, plot_regions, plot_slopes, plot_told

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ARTISTS: dict[type, Callable[..., Axes]] = {
    Regions: plot_regions,
    Decisions: plot_decisions,
    Boundary: plot_boundary,
    Contours: plot_contours,
    Slopes: plot_slopes,
    Told: plot_told,
    Mesh: plot_mesh,
    Network: plot_network,
}


def artist_of(value: object) -> Callable[..., Axes]:
    """Return the function that draws a value: (value, axes or None, words of its own) -> axes."""
    return next(draw for kind, draw in ARTISTS.items() if isinstance(value, kind))
