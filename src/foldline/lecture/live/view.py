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
from ...facts.classes import facts_of
from ...mesh import Mesh
from ...network import Network
from ...samples import Samples
from ..handles import Array, Number, Numbers, Pair, Progress, Span, Triple
from ..wire import plain, state_from
from .cells import cut
from .handle import Handle, free, upright
from .page import Told, assigned, place_of
from .solids import solid

SECONDS = 20.0  # for a whole surface; what is found until then is shown, and said to be a part
PARTS = 60_000  # regions of a plane that are cut
FOLDS = 4000  # of them whose edges are drawn in space, too: more would cover what is behind
DRAWN = 5000  # rows of samples
PICKED = 2  # places on a surface, which are measured between
FULL = 99  # per cent of the errors that are told apart by colour: one spike does not wash out the rest


@dataclass(frozen=True)
class State:
    """What is looked at: a plane through a network's inputs, places on a surface, a code, a camera.

    point    on the plane; the middle of the box unless given
    axes     the two inputs that vary; reach: how far from the point
    level    of the line that is drawn, for one output
    pointer  the place whose region is told
    to       the place that the distance from there is measured to
    picks    places on the surface, in the network's frame: the last two that were picked
    code     of a class of shapes: that of its first shape unless given
    turn     of a scene's camera, in degrees: round it and up
    away     how far that camera is, beside those of the pictures
    exact    whether its picture is made in closed form, at rest
    """

    point: Numbers | None = None
    axes: tuple[Annotated[int, Span(0, 9999)], Annotated[int, Span(0, 9999)]] = (0, 1)
    reach: Annotated[float, Span(1e-6, 1e6)] = 1.0
    level: Number = 0.0
    pointer: Pair = (0.0, 0.0)
    to: Pair = (0.4, 0.3)
    picks: Annotated[tuple[Triple, ...], Span(0, PICKED)] = ()
    code: Numbers | None = None
    turn: Pair = (30.0, 15.0)
    away: Annotated[float, Span(0.3, 3.0)] = 1.0
    exact: bool = False


class View:
    """What is opened, and what is asked of it.

    value    a network, a mesh or samples; name: of its file, shown as text
    against  a mesh that its surface is measured against, in the units of its file
    """

    def __init__(self, value: Network | Mesh | Samples, name: str, against: Mesh | None = None) -> None:
        self.value, self.name, self.against = value, name, against
        self._far: tuple[Mesh, Array] | None = None

    @cached_property
    def fixed(self) -> dict[str, Any]:
        """What stays whatever the state: the surface or the mesh, the rows, the training curve, the knobs that do."""
        made: dict[str, Any] = {"name": self.name, "surface": self._solid, "points": None, "training": None,
                                "knobs": self.knobs, "against": self.against is not None}  # fmt: skip
        if isinstance(self.value, Samples):
            step = max(1, len(self.value) // DRAWN)
            made["points"] = self.value.inputs[::step, :2] if self.value.d_in > 1 else self._pairs()
        if isinstance(self.value, Network) and self.value.training is not None and self.value.training.curve.step:
            curve = self.value.training.curve
            made["training"] = np.column_stack([curve.step, curve.loss])
        return made

    @property
    def knobs(self) -> tuple[str, ...]:
        """The fields of the state that have a knob and do something."""
        if not isinstance(self.value, Network):
            return ()
        many = ("axes",) if self.value.d_in > 1 else ()
        return (*many, "reach", *(("level",) if self.value.d_in > 1 and self.value.d_out == 1 else ()))

    def _pairs(self) -> Any:
        assert isinstance(self.value, Samples)
        return np.column_stack([self.value.inputs[:, 0], self.value.targets[:, 0]])[:DRAWN]

    @cached_property
    def _solid(self) -> dict[str, Any] | None:
        """What is seen in space and never changes; None where there is nothing."""
        return None if self._mesh is None else self.dressed(self._mesh)

    @cached_property
    def _mesh(self) -> Mesh | None:
        if isinstance(self.value, Mesh):
            return self.value
        if not isinstance(self.value, Network) or self.value.d_in != 3 or self.value.d_out != 1:
            return None
        try:
            found = surface(self.value, self.box, budget=Budget(seconds=SECONDS)).mesh
        except FoldlineError:
            return None
        return found if found.n_faces else None

    def dressed(self, mesh: Mesh) -> dict[str, Any]:
        """Return a surface with the colours of its polygons: the way each faces, and how far its middle is off."""
        made = solid(mesh) | {"normals": normals(mesh)}
        if self.against is None or not mesh.n_faces:
            return made
        far = self.errors(mesh)
        return made | {"errors": far, "full": float(np.percentile(far, FULL)) or 1.0}

    def errors(self, mesh: Mesh) -> Array:
        """Return the exact distance from each polygon's middle to the mesh it is measured against, (F,)."""
        assert self.against is not None
        if self._far is None or self._far[0] is not mesh:
            there = self.value.transform if isinstance(self.value, Network) else None
            target = self.against if there is None else self.against.transformed(there.scale, there.shift)
            self._far = mesh, target.distances(mesh.middles)
        return self._far[1]

    @property
    def box(self) -> Box:
        """Where a network is looked at: [-1, 1] on every axis."""
        assert isinstance(self.value, Network)
        return Box([-1.0] * self.value.d_in, [1.0] * self.value.d_in)

    def tell(
        self, given: Mapping[str, Any], deed: Mapping[str, Any] | None = None, *, moving: bool = False,
        callback: Progress | None = None,
    ) -> Told:  # fmt: skip
        """Return what is shown in a state, after something was done to it.

        moving    the hand still moves: where the exact surface takes longer, a coarser one, which is said
        callback  as ``surface`` calls it
        raises    InputError for a state or a deed that is none
        """
        state: State = self._filled(state_from(State, given, "viewer"))
        if deed:
            state = self._done(state, deed)
        rows = {name: text for name, text in facts_of(self.value).rows()}
        return self._told(state, rows, moving, callback)

    def _done(self, state: State, deed: Mapping[str, Any]) -> State:
        """The state after a drag or a pick."""
        if "pick" in deed:
            return replace(state, picks=(*state.picks, *self._picked(state, deed))[-PICKED:])
        axes, _, path = str(deed.get("drag")).partition(":")
        to = place_of("viewer", deed.get("to"))
        found: State = state_from(State, assigned(plain(state), axes, path.split("."), to, "viewer"), "viewer")
        return found

    def _picked(self, state: State, deed: Mapping[str, Any]) -> tuple[Triple, ...]:
        """Where the ray of a pick first meets the surface: one place or none."""
        mesh, (begin, way) = self.mesh_at(state), (_triple(deed.get(name)) for name in ("from", "way"))
        if mesh is None or not mesh.n_faces:
            return ()
        x, y, z = mesh.first_hit([begin], [way])[0].tolist()
        return () if np.isnan(x) else ((x, y, z),)

    def _told(self, state: State, rows: dict[str, Any], moving: bool, callback: Progress | None) -> Told:
        network = self.network_at(state)
        mesh = self.mesh_at(state) if state.picks or self.against is not None else None
        rows = rows | self._measured(state) | self._off(mesh)
        space = {"picks": np.array(state.picks).ravel()}
        if network is None:
            return Told(plain(state), (), {"cells": None, "axes": []} | space, rows, None)
        found = self._plane(network, state, rows)
        return replace(found, shown=found.shown | space)

    def _measured(self, state: State) -> dict[str, Any]:
        """The distance between the two places picked, in the network's frame and, where that is known, the file's."""
        if len(state.picks) < PICKED:
            return {"picked": state.picks[0]} if state.picks else {}
        a, b = np.array(state.picks)
        apart = float(np.linalg.norm(b - a))
        there = self.value.transform if isinstance(self.value, Network) else None
        return {"picked": a, "and": b, "apart": apart} | ({} if there is None else {"units": apart / there.scale})

    def _off(self, mesh: Mesh | None) -> dict[str, Any]:
        """How far the surface is from the mesh it is measured against, at the middles of its polygons."""
        if self.against is None or mesh is None or not mesh.n_faces:
            return {}
        found = self.errors(mesh)
        mean = float(found @ mesh.face_areas / mesh.area)
        return {"off.mean": mean, "off.most": float(found.max()), "off.full": float(np.percentile(found, FULL))}

    def network_at(self, state: State) -> Network | None:
        """Return the network whose planes are shown."""
        return self.value if isinstance(self.value, Network) else None

    def mesh_at(self, state: State) -> Mesh | None:
        """Return the exact surface that is shown."""
        return self._mesh

    def _filled(self, state: State) -> State:
        network = self.network_at(state)
        if network is None:
            return state
        d = network.d_in
        point = state.point if state.point is not None and len(state.point) == d else (0.0,) * d
        axes = state.axes if max(state.axes) < d and (d == 1 or state.axes[0] != state.axes[1]) else (0, min(1, d - 1))
        return replace(state, point=point, axes=axes)

    def _plane(self, network: Network, state: State, rows: dict[str, Any]) -> Told:
        point, names = np.array(state.point), _names(network, state.axes)
        if network.d_in == 1:
            found = regions(network, Box([-state.reach], [state.reach]))
            x = np.sort(found.complex.vertices[:, 0]) if found.complex is not None else np.zeros(0)
            curve = {"curve": np.column_stack([x, network(x[:, None])[:, 0]]), "axes": names, "cells": None}
            return Told(plain(state), (), curve, rows | {"regions": len(found)}, None)
        u, v = np.eye(network.d_in)[list(state.axes)]
        middle = point[list(state.axes)]
        base = point - middle[0] * u - middle[1] * v
        cut_by, box = network.on_plane(base, u, v), Box(middle - state.reach, middle + state.reach)
        shown, numbers = _on_plane(cut_by, box, state.level)
        others = [k for k in range(network.d_in) if k not in state.axes][:24]
        at = base + state.pointer[0] * u + state.pointer[1] * v
        far = float(np.hypot(*np.subtract(state.to, state.pointer)))
        numbers |= {"pointer": state.pointer, "value": network(at)[:8], "distance": far}
        more = {"axes": names, "window": np.array([*box.lo, *box.hi]), "point": point[others], "others": others,
                "measured": np.array([state.pointer, state.to]),
                "space": in_space(shown, box, base, u, v) if network.d_in == 3 else None}  # fmt: skip
        return Told(plain(state), _handles(state, box, point, others), shown | more, rows | numbers, None)


def _triple(given: Any) -> Triple:
    good = isinstance(given, list) and len(given) == 3 and all(isinstance(v, int | float) for v in given)
    if not good or not np.isfinite(given).all():
        raise InputError(f"viewer needs a ray of places in space; got {given!r:.60}. Reload the page.")
    return float(given[0]), float(given[1]), float(given[2])


def _handles(state: State, box: Box, point: Array, others: list[int]) -> tuple[Handle, ...]:
    """The pointer and the place it is measured to, and the inputs that do not vary on the plane."""
    handles = [free("xy:pointer", "plane", state.pointer, box), free("xy:to", "plane", state.to, box, series=1)]
    handles += [upright(f"y:point.{k}", "point", (x, point[k]), (-1.0, 1.0)) for x, k in enumerate(others)]
    return tuple(handles)


def _names(network: Network, axes: tuple[int, int]) -> list[str]:
    """What the inputs that vary are called."""
    known = network.meta.get("names", ())
    return [str(known[k]) if len(known) == network.d_in else f"x{k + 1}" for k in axes]


def in_space(shown: Mapping[str, Any], box: Box, base: Array, u: Array, v: Array) -> dict[str, Any]:
    """Return a plane of space as it is drawn there: its frame, the folds and the line on it, each as pairs of ends."""
    corners = np.array([[x, y] for x, y in zip(box.lo[[0, 0]], (box.lo[1], box.hi[1]), strict=True)]
                       + [[box.hi[0], y] for y in (box.hi[1], box.lo[1])])  # fmt: skip
    pairs = [np.repeat(np.asarray(line), 2, axis=0)[1:-1] for line in shown["line"]]
    parts = {
        "frame": corners[[0, 1, 1, 2, 2, 3, 3, 0]],
        "folds": edges(shown["cells"]),
        "line": np.concatenate([np.zeros((0, 2)), *pairs]),
    }
    return {name: (base + at[:, :1] * u + at[:, 1:] * v).astype(np.float32).ravel() for name, at in parts.items()}


def edges(cells: Mapping[str, Any]) -> Array:
    """Return the edges between a plane's polygons as pairs of ends, (2 E, 2), each once; none of very many polygons."""
    loops, starts = np.asarray(cells["loops"], dtype=np.int64), np.asarray(cells["starts"], dtype=np.int64)
    if len(starts) - 1 > FOLDS:
        return np.zeros((0, 2))
    following = np.arange(1, len(loops) + 1)
    following[starts[1:] - 1] = starts[:-1]
    ends = np.sort(np.column_stack([loops, loops[following]]), axis=1)
    pairs, times = np.unique(ends, axis=0, return_counts=True)
    return np.asarray(cells["vertices"]).reshape(-1, 2)[pairs[times > 1].ravel()]


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
