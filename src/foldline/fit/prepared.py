"""Prepared: a fit that has not begun."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..network import Network
from ..training import Training
from .scaling import Scaling
from .step.stepper import NetworkStepper

if TYPE_CHECKING:
    from ..exact.mend.crumbs import Swept

Sweep = Callable[[Network, Callable[[], bool] | None], "Swept"]


@dataclass(frozen=True)
class Prepared:
    """What descent drives, and how to make a network of it.

    asked     the settings, for the record
    steps     to do unless something else is asked for
    network   the network as it is now, on raw inputs
    scaling   between raw inputs and targets and those of the stepper
    finished  what is done once, to the last network
    sweep     of a field of a shape: what is done after all steps, given the network and what to ask whether to stop
    """

    stepper: NetworkStepper
    asked: Training
    steps: int
    network: Callable[[], Network]
    scaling: Scaling
    finished: Callable[[Network], Network] = lambda network: network
    sweep: Sweep | None = None
