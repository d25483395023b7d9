"""Surface: where a network equals a level, as a mesh for 3 inputs and as polylines for 2."""

from __future__ import annotations

from collections.abc import Callable

from ..box import Box
from ..mesh import Mesh
from ..network import Network
from .asked import check_kinds
from .boundary import Boundary, boundary
from .budget import Budget
from .march.polygons import check_question, surface_mesh


def surface(
    network: Network,
    box: Box,
    level: float = 0.0,
    *,
    engine: str = "auto",
    certify: bool = True,
    budget: Budget | None = None,
    callback: Callable[[int, float], object] | None = None,
) -> Mesh | Boundary:
    """Return where a network equals a level: a mesh for 3 inputs, polylines for 2.

    All as ``surface_mesh`` has it for 3 inputs.  For 2 inputs the answer is ``boundary(network, box, level=level)``,
    whose ``polylines`` have what lies below the level on their left.

    >>> diamond = Network([[[1, 0], [0, 1]], [[1, 1]]], [[0, 0], [-1]], "abs")
    >>> round(surface(diamond, Box([-2, -2], [2, 2])).size, 6)
    5.656854
    """
    check_kinds("surface", network=network, box=box, budget=budget)
    check_question(network, box, engine, inputs=(2, 3))
    if box.d == 2:
        name = None if engine == "auto" else engine
        return boundary(network, box, level=level, certify=certify, budget=budget, engine=name, callback=callback)
    return surface_mesh(network, box, level, engine=engine, certify=certify, budget=budget, callback=callback)
