"""A class of shapes, opened: its codes as places to drag between, and the exact surface at any of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from ...box import Box
from ...classes.finding import BOX
from ...codes import Codes
from ...exact.surface import surface
from ...fit.codes import directions
from ...mesh import Mesh
from ...network import Network
from ..handles import Array, Progress, Untold
from .handle import Handle, free
from .page import Told, place_of
from .sampled import blocks
from .view import State, View

COARSE = 26  # samples a side of the surface that is shown while the hand moves
ROOM = 0.25  # round the codes, as a share of their spread: how far between and beyond them the handle goes
KEPT = 8  # surfaces that are not found again
RADIUS = 1.6  # of the ball that is looked at: the same for all shapes


class ClassView(View):
    """A network with codes of shapes in space."""

    value: Network

    @staticmethod
    def takes(network: Network) -> bool:
        """Whether a network is such a class."""
        return network.codes is not None and network.d_in - network.codes.d == 3 and network.d_out == 1

    def __init__(self, value: Network, name: str, against: Mesh | None = None) -> None:
        super().__init__(value, name, against)
        self.shares, self.ways, self.places = directions(self.codes)
        self._exact = lru_cache(maxsize=KEPT)(self._surface)

    @property
    def codes(self) -> Codes:
        """The codes of its shapes."""
        assert self.value.codes is not None
        return self.value.codes

    @property
    def _mesh(self) -> Mesh | None:  # it changes with the code
        return None

    @property
    def map(self) -> Box:
        """Where the code is dragged: round the codes along the two directions in which they spread most."""
        lo, hi = self.places.min(axis=0), self.places.max(axis=0)
        pad = ROOM * float((hi - lo).max() or 1.0)
        return Box(lo - pad, hi + pad)

    def network_at(self, state: State) -> Network:
        """Return the network of the shape at a state's code."""
        return self.value.fixed(self._code(state))

    def mesh_at(self, state: State) -> Mesh | None:
        """Return the exact surface at a state's code."""
        return self._exact(tuple(self._code(state)), Untold(None))

    def _code(self, state: State) -> Array:
        known = state.code is not None and len(state.code) == self.codes.d
        return np.array(state.code) if known else self.codes.values[0]

    def _filled(self, state: State) -> State:
        return super()._filled(replace(state, code=tuple(map(float, self._code(state)))))

    def _surface(self, code: tuple[float, ...], untold: Untold) -> Mesh:
        def tell(regions: int, share: float) -> None:
            if untold.callback is not None:
                untold.callback(share, 1)

        return surface(self.value.fixed(np.array(code)), BOX, callback=tell).mesh

    def _done(self, state: State, deed: Mapping[str, Any]) -> State:
        """The state after the code was dragged over the map, a shape was pressed, or as any other has it."""
        if str(deed.get("press", "")).startswith("shape."):
            k = int(str(deed["press"]).removeprefix("shape."))
            return replace(state, code=tuple(map(float, self.codes.values[k % len(self.codes)])), picks=())
        if deed.get("drag") != "code":
            return super()._done(state, deed)
        code = self._code(state)
        step = np.array(place_of("viewer", deed.get("to"))) - self._on_map(code)
        return replace(state, code=tuple(map(float, code + step @ self.ways)), picks=())

    def _on_map(self, code: Array) -> Array:
        return np.asarray((code - self.codes.values.mean(axis=0)) @ self.ways.T)

    def _told(self, state: State, rows: dict[str, Any], moving: bool, callback: Progress | None) -> Told:
        code, network = self._code(state), self.network_at(state)
        mesh = coarse(network) if moving else self._exact(tuple(code), Untold(callback))
        found = super()._told(state, rows, moving, callback)
        drawn = self.dressed(mesh) | {"centre": np.zeros(3), "radius": RADIUS, "key": f"{moving} {code.tolist()}"}
        name, far = self._nearest(code)
        told = {"shape": name, "far": far, "code": code}
        if not moving:
            told |= {"polygons": mesh.n_faces, "closed": mesh.closed, "components": mesh.n_components}
        handles = (free("code", "codes", self._on_map(code), self.map, series=1), *self._shapes(), *found.handles)
        shown = found.shown | {"surface": drawn, "map": np.array([*self.map.lo, *self.map.hi]), "coarse": moving,
                               "codes": self.places, "names": self.codes.names}  # fmt: skip
        return Told(found.state, handles, shown, found.numbers | told, None, rough=moving)

    def _shapes(self) -> tuple[Handle, ...]:
        return tuple(
            Handle(f"shape.{k}", "codes", (float(x), float(y)), (float(x), float(y)), (float(x), float(y)), ("press",))
            for k, (x, y) in enumerate(self.places)
        )

    def _nearest(self, code: Array) -> tuple[str, float]:
        far = np.linalg.norm(self.codes.values - code, axis=1)
        return self.codes.names[int(far.argmin())], float(far.min())


def coarse(network: Network) -> Mesh:
    """Return a network's zero set as a grid of samples has it, to be looked at while the exact one would take long."""
    values, lo, hi = blocks(network, BOX, COARSE)
    return Mesh.of_grid(values, lo, hi)
