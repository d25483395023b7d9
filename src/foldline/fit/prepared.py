"""Prepared: a fit that has not begun."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..network import Network
from ..training import Training
from .scaling import Scaling
from .step.stepper import NetworkStepper


@dataclass(frozen=True)
class Prepared:
    """What descent drives, and how to make a network of it.

    asked     the settings, for the record
    steps     to do unless something else is asked for
    network   the network as it is now, on raw inputs
    scaling   between raw inputs and targets and those of the stepper
    finished  what is done once, to the last network
    """

    stepper: NetworkStepper
    asked: Training
    steps: int
    network: Callable[[], Network]
    scaling: Scaling
    finished: Callable[[Network], Network] = lambda network: network
