"""A scene, opened: what a camera round it sees, coarse first, then finer, in closed form where that is asked."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...box import Box
from ...colour import as_bytes
from ...network import Network
from ...scenes.orbit import seated
from ...scenes.render import SAMPLES, render
from ...scenes.render import View as Seen
from ..handles import Progress
from ..wire import plain
from .handle import free
from .page import Told
from .view import State, View

STEPS = (48, 96, 192)  # pixels a side, one picture after the other; while the hand moves there is the first alone
FEW = 48  # samples a ray of that one
TURNS = Box([-180.0, -75.0], [180.0, 75.0])  # degrees round the scene, and up


class SceneView(View):
    """A field of density and colour."""

    value: Network

    @staticmethod
    def takes(network: Network) -> bool:
        """Whether a network is such a field."""
        return network.meta.get("kind") == "scene" and network.grid is not None and network.d_in == 3

    @property
    def knobs(self) -> tuple[str, ...]:
        """The fields of the state that have a knob and do something."""
        return "away", "exact"

    def seen(self, state: State, pixels: int, samples: int = SAMPLES, exact: bool = False) -> Seen:
        """Return what the camera of a state sees, so many pixels a side."""
        turn, rise = (math.radians(v) for v in state.turn)
        camera = seated(self.value, turn, height=math.sin(rise), away=state.away, size=(pixels, pixels))
        return render(self.value, camera, samples=samples, exact=exact)[0]

    def _told(self, state: State, rows: dict[str, Any], moving: bool, callback: Progress | None) -> Told:
        handles = (free("xy:turn", "view", state.turn, TURNS),)
        found = self.seen(state, STEPS[0], FEW)
        for pixels in () if moving else STEPS[1:]:
            if callback is not None:
                callback(pixels, STEPS[-1], {"picture": as_bytes(found.colours)})
            found = self.seen(state, pixels, exact=state.exact and pixels == STEPS[-1])
        return Told(plain(state), handles, {"picture": as_bytes(found.colours), "cells": None, "axes": []},
                    rows | ({} if moving else _numbers(found)), None, rough=moving)  # fmt: skip


def _numbers(found: Seen) -> dict[str, Any]:
    """What a picture tells: how it was made, how much of it is covered, and how far away its middle lies."""
    at = len(found.depth) // 2
    samples = None if found.exact else SAMPLES
    return {"pixels": len(found.depth), "samples": samples, "covered": float(np.mean(found.opacity)),
            "opacity": float(found.opacity[at, at]), "depth": float(found.depth[at, at])}  # fmt: skip
