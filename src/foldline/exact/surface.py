"""Surface: where a network equals a level, as a mesh for 3 inputs and as polylines for 2."""

from __future__ import annotations

from concurrent.futures import Executor

from ..box import Box
from ..errors import NetworkError
from ..network import Network
from ..polytope import Polytope
from .boundary import boundary_by
from .decisions import threshold_of
from .march.fields import field_polygons
from .march.level import before_output
from .march.polygons import Surface, march_polygons
from .work import Budget, Progress, Work, place_asked


def surface(
    network: Network, box: Box | Polytope | None = None, level: float = 0.0, *, engine: str = "auto",
    certify: bool = True,
    workers: int = 1, executor: Executor | None = None, budget: Budget | None = None, callback: Progress | None = None,
) -> Surface:  # fmt: skip
    """Return where a network equals a level, with its proof: a mesh for 3 inputs, polylines for 2.

    network   2 or 3 inputs, 1 output, piecewise-linear hidden units, any depth, skips; a tanh or sigmoid at the end is
              fine
    box       or a polytope: where to look; the surface ends on it; ``network.box``, where its data lie, unless given
    level     in the units of the output
    engine, certify, workers, executor, budget, callback   as ``Work`` has them; each region has one polygon
    returns   for 3 inputs as ``march_polygons`` has it; for 2 the shape of ``boundary(network, box, level=level)``,
              whose ``polylines`` have what lies below the level on their left
    raises    NetworkError for another number of inputs or outputs, or a unit that is not piecewise linear;
              InputError for a level that the output unit never takes

    >>> diamond = Network([[[1, 0], [0, 1]], [[1, 1]]], [[0, 0], [-1]], "abs")
    >>> round(surface(diamond, Box([-2, -2], [2, 2])).size, 6)
    5.656854
    """
    box = place_asked("surface", network, box)
    _check_axes(network, box)
    work = Work("surface", engine, certify, workers, executor, budget, callback)
    if box.d == 2:
        lines = boundary_by(network, box, threshold_of(network, box, level, "surface"), work)
        return Surface(lines, lines.proof, lines.max_abs_value)
    if isinstance(box, Polytope) and network.grid is None:
        sides = boundary_by(network, box, threshold_of(network, box, level, "surface"), work)
        return Surface(sides.mesh, sides.proof, sides.max_abs_value)
    before = before_output(network, level, "surface")
    if isinstance(box, Box) and network.grid is None:
        return march_polygons(network, box, before, work)
    return field_polygons(network, box, before, work)


def _check_axes(network: Network, box: Box | Polytope) -> None:
    if network.d_in not in (2, 3) or box.d != network.d_in:
        raise NetworkError(
            f"surface needs a network and a box with 2 or 3 inputs; got {network.d_in} and {box.d}. "
            "Take a slice of more, network.on_plane(p, u, v); of one input ask for the boundary."
        )
    if network.d_out != 1:
        raise NetworkError(
            f"surface needs a network with 1 output; got {network.d_out}. Keep one row of the last layer."
        )


__all__ = ["Surface", "surface"]
