"""Question 10: do two outputs share their joints?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..exact.regions import regions
from ..network import Network
from ..same import Compared
from .curves import UNIT_BOX, Curve, curve_of, path_of_unit
from .handles import Array, Numbers, Pair, Span, shallow_of


@dataclass(frozen=True)
class State:
    """A network 1-4-2 on [0, 1]: (offset, slope) of each unit, (offset, weight, weight, ...) of each output.

    Its units switch at 0.2, 0.45, 0.6 and 0.85, two of them on to the left.
    """

    hidden: Annotated[tuple[Pair, ...], Span(1, 64)] = ((-0.2, 1.0), (0.45, -1.0), (-1.2, 2.0), (0.85, -1.0))
    outputs: Annotated[tuple[Numbers, ...], Span(1, 6)] = (
        (0.55, -2.5, -1.0, 1.5, -0.5),
        (-0.05, 2.0, 0.5, -2.0, -0.5),
    )


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """Each unit's path, (n, 2), each output's curve, and the joints that all of them have."""

    state: State
    network: Network
    units: tuple[Array, ...]
    curves: tuple[Curve, ...]
    shared: Array


def ask(state: State) -> Answer:
    """Return the outputs' exact curves with the slopes of their pieces, and the joints they share."""
    network = shallow_of("two-outputs", state.hidden, state.outputs)
    found = regions(network, UNIT_BOX)
    curves = tuple(curve_of(found, k) for k in range(network.d_out))
    shared = curves[0].joints
    for curve in curves[1:]:
        shared = np.intersect1d(shared, curve.joints)
    units = tuple(np.column_stack(path_of_unit(*unit)) for unit in state.hidden)
    return Answer(state, network, units, curves, shared)
