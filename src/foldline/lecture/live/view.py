"""An opened file, live: its exact surface, regions or decisions on any plane through any point, its training curve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any

import numpy as np

from ...box import Box
from ...colour import region_index
from ...errors import FoldlineError, InputError
from ...exact.boundary import boundary
from ...exact.decisions import decisions
from ...exact.regions import regions
from ...exact.surface import surface
from ...exact.work import Budget
from ...facts.values import facts_of
from ...mesh import Mesh
from ...network import Network
from ...samples import Samples
from ..handles import Number, Numbers, Pair, Span
from ..wire import plain, state_from
from .cells import cut
from .handle import free, upright
from .page import Told, assigned, place_of
from .solids import solid

SECONDS = 20.0  # for a whole surface; what is found until then is shown, and said to be a part
PARTS = 60_000  # regions of a plane that are cut
DRAWN = 5000  # rows of samples


@dataclass(frozen=True)
class State:
    """A plane through a network's inputs.

    point    on the plane; the middle of the box unless given
    axes     the two inputs that vary; reach: how far from the point
    level    of the line that is drawn, for one output
    pointer  the place whose region is told
    to       the place that the distance from there is measured to
    """

    point: Numbers | None = None
    axes: tuple[Annotated[int, Span(0, 9999)], Annotated[int, Span(0, 9999)]] = (0, 1)
    reach: Annotated[float, Span(1e-6, 1e6)] = 1.0
    level: Number = 0.0
    pointer: Pair = (0.0, 0.0)
    to: Pair = (0.4, 0.3)


class View:
    """What is opened, and what is asked of it.

    value   a network, a mesh or samples; name: of its file, shown as text
    """

    def __init__(self, value: Network | Mesh | Samples, name: str) -> None:
        self.value, self.name = value, name

    @cached_property
    def fixed(self) -> dict[str, Any]:
        """What stays whatever the plane: the surface or the mesh, the rows, the training curve."""
        made: dict[str, Any] = {"name": self.name, "surface": self._solid, "points": None, "training": None}
        if isinstance(self.value, Samples):
            step = max(1, len(self.value) // DRAWN)
            made["points"] = self.value.inputs[::step, :2] if self.value.d_in > 1 else self._pairs()
        if isinstance(self.value, Network) and self.value.training is not None and self.value.training.curve.step:
            curve = self.value.training.curve
            made["training"] = np.column_stack([curve.step, curve.loss])
        return made

    def _pairs(self) -> Any:
        assert isinstance(self.value, Samples)
        return np.column_stack([self.value.inputs[:, 0], self.value.targets[:, 0]])[:DRAWN]

    @cached_property
    def _solid(self) -> dict[str, Any] | None:
        """What is seen in space; None where there is nothing."""
        if isinstance(self.value, Mesh):
            return solid(self.value) | {"normals": normals(self.value)}
        if not isinstance(self.value, Network) or self.value.d_in != 3 or self.value.d_out != 1:
            return None
        try:
            found = surface(self.value, self.box, budget=Budget(seconds=SECONDS)).mesh
        except FoldlineError:
            return None
        return solid(found) | {"normals": normals(found)} if found.n_faces else None

    @property
    def box(self) -> Box:
        """Where a network is looked at: [-1, 1] on every axis."""
        assert isinstance(self.value, Network)
        return Box([-1.0] * self.value.d_in, [1.0] * self.value.d_in)

    def tell(self, given: Mapping[str, Any], deed: Mapping[str, Any] | None = None) -> Told:
        """Return what is shown on a plane, after something was done to it.

        raises   InputError for a plane that is none
        """
        state: State = state_from(State, given, "viewer")
        rows = {name: text for name, text in facts_of(self.value).rows()}
        if not isinstance(self.value, Network):
            return Told(plain(state), (), {"cells": None, "axes": []}, rows, None)
        state = self._filled(state)
        if deed and "drag" in deed:
            axes, _, path = str(deed["drag"]).partition(":")
            to = place_of("viewer", deed.get("to"))
            state = state_from(State, assigned(plain(state), axes, path.split("."), to, "viewer"), "viewer")
        return self._plane(self.value, state, rows)

    def _filled(self, state: State) -> State:
        assert isinstance(self.value, Network)
        d = self.value.d_in
        point = state.point if state.point is not None and len(state.point) == d else (0.0,) * d
        axes = state.axes if max(state.axes) < d and (d == 1 or state.axes[0] != state.axes[1]) else (0, min(1, d - 1))
        return replace(state, point=point, axes=axes)

    def _plane(self, network: Network, state: State, rows: dict[str, Any]) -> Told:
        point, names = np.array(state.point), [f"x{k + 1}" for k in state.axes]
        if network.d_in == 1:
            found = regions(network, Box([-state.reach], [state.reach]))
            x = np.sort(found.complex.vertices[:, 0]) if found.complex is not None else np.zeros(0)
            shown = {"curve": np.column_stack([x, network(x[:, None])[:, 0]]), "axes": names, "cells": None}
            return Told(plain(state), (), shown, rows | {"regions": len(found)}, None)
        u, v = np.eye(network.d_in)[list(state.axes)]
        middle = point[list(state.axes)]
        base = point - middle[0] * u - middle[1] * v
        cut_by, box = network.on_plane(base, u, v), Box(middle - state.reach, middle + state.reach)
        shown, numbers = _on_plane(cut_by, box, state.level)
        handles = [free("xy:pointer", "plane", state.pointer, box), free("xy:to", "plane", state.to, box, series=1)]
        others = [k for k in range(network.d_in) if k not in state.axes][:24]
        handles += [upright(f"y:point.{k}", "point", (x, point[k]), (-1.0, 1.0)) for x, k in enumerate(others)]
        at = base + state.pointer[0] * u + state.pointer[1] * v
        far = float(np.hypot(*np.subtract(state.to, state.pointer)))
        numbers |= {"pointer": state.pointer, "value": network(at)[:8], "distance": far}
        more = {"axes": names, "window": np.array([*box.lo, *box.hi]), "point": point[others], "others": others,
                "measured": np.array([state.pointer, state.to])}  # fmt: skip
        return Told(plain(state), tuple(handles), shown | more, rows | numbers, None)


def _on_plane(network: Network, box: Box, level: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """The regions of a plane, or for classes their cells, with the line between."""
    budget = Budget(regions=PARTS)
    if network.d_out > 1:
        cells = decisions(network, box, budget=budget)
        counts = {"cells": len(cells.classes), "certified": cells.certified, "complete": cells.complete}
        return {"cells": cut(cells), "classes": cells.classes, "line": []}, counts
    found = regions(network, box, budget=budget)
    names = found.patterns.astype(np.uint64) @ np.arange(1, found.patterns.shape[1] + 1, dtype=np.uint64)
    line = boundary(network, box, level=level)
    told: dict[str, Any] = {
        "regions": len(found),
        "certified": found.certified,
        "complete": found.complete,
        "length": line.size,
    }
    return {"cells": cut(found), "colours": region_index(names), "line": list(line.polylines)}, told


def normals(mesh: Mesh) -> Any:
    """Return a colour a polygon that says which way it faces: its normal as bytes, (F, 3)."""
    return np.rint(127.5 + 127.5 * mesh.normals).astype(np.uint8)


def opened(value: Any, name: str) -> View:
    """Return the view of what a file held.

    raises   InputError for anything but a network, a mesh or samples
    """
    if not isinstance(value, Network | Mesh | Samples):
        raise InputError(
            f"viewer needs a network, a mesh or samples; {name} holds a {type(value).__name__}. Open another."
        )
    return View(value, name)
