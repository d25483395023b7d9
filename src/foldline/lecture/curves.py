"""The exact curve of a network of one input: joints, the units that make them, slope and offset of each piece."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..box import Box
from ..exact.regions import Regions, regions
from ..network import Network
from ..same import Compared
from .handles import Array, Index

UNIT_BOX = Box([0], [1])


@dataclass(frozen=True, eq=False, repr=False)
class Curve(Compared):
    """One output of a network over an interval.

    x, y             (n + 1,) the corners of its path, rising: both ends, and between them the joints
    slopes, offsets  (n,) of the pieces between
    units            (n - 1,) the hidden unit, counted from 0 through the layers, that makes each joint
    """

    x: Array
    y: Array
    slopes: Array
    offsets: Array
    units: Index

    @property
    def joints(self) -> Array:
        """Where the curve may bend, rising."""
        return self.x[1:-1]


def knots(found: Regions, output: int = 0) -> tuple[Array, Array]:
    """Return the exact curve of a network with one input as the corners of a path: x and y, joints and ends, rising."""
    if found.complex is None or found.d_in != 1:
        raise AssertionError("a curve is drawn of one input")
    x = np.sort(found.complex.vertices[:, 0])
    return x, np.asarray(found.network.preactivations(x[:, None])[-1][:, output])


def curve_of(found: Regions, output: int = 0) -> Curve:
    """Return the path of one output with its pieces and joints."""
    x, y = knots(found, output)
    maps = found.maps[found.points[:, 0].argsort(), output]
    order = np.argsort(found.complex.vertices[:, 0]) if found.complex is not None else np.zeros(0, dtype=np.int64)
    return Curve(x, y, maps[:, 0], maps[:, 1], np.asarray(found.fold_of_edge[order[1:-1]]))


def path_of_unit(offset: float, slope: float, weight: float = 1.0, box: Box = UNIT_BOX) -> tuple[Array, Array]:
    """Return weight * ReLU(offset + slope x) over an interval as the corners of its path."""
    return knots(regions(Network([[[slope]], [[weight]]], [[offset], [0.0]]), box))
