"""An opened file, live: its exact surface, regions or decisions on any plane through any point, its training curve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any

import numpy as np

from ...box import Box
from ...colour import as_bytes, region_index
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
from ...text import short
from ..handles import Array, Number, Numbers, Pair, Progress, Span, Triple
from ..wire import plain, state_from
from .cells import cut
from .handle import Handle, free, upright
from .page import Told, assigned, place_of
from .solids import solid

SECONDS = 20.0  # for a whole surface; what is found until then is shown, and said to be a part
PARTS = 60_000  # regions of a plane that are cut: of a window that holds more, a smaller one is shown
HALVINGS = 8  # of that window, at most
FOLDS = 4000  # of them whose edges are drawn in space, too: more would cover what is behind
DRAWN = 5000  # rows of samples
NUMBERS = ("regression", "elevation")  # kinds whose regions are coloured by what they are worth
PICKED = 2  # places on a surface, which are measured between
FULL = 99  # per cent of the errors that are told apart by colour: one spike does not wash out the rest


@dataclass(frozen=True)
class State:
    """What is looked at: a plane through a network's inputs, places on a surface, a code, a camera.

    point    on the plane; the middle of the data unless given
    axes     the two inputs that vary; reach: how far from the point, in halves of the data's range
    level    of the line that is drawn, for one output
    pointer  the place whose region is told; the middle unless given
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
    pointer: Pair | None = None
    to: Pair | None = None
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
                                "knobs": self.knobs, "against": self.against is not None,
                                "folds": isinstance(self.value, Network)}  # fmt: skip
        if isinstance(self.value, Samples):
            made |= _rows(self.value)
        if isinstance(self.value, Network) and self.value.training is not None and self.value.training.curve.step:
            curve = self.value.training.curve
            made["training"] = np.array([one for one in zip(curve.step, curve.loss, strict=True) if one[1] > 0])
        return made

    @property
    def knobs(self) -> tuple[str, ...]:
        """The fields of the state that have a knob and do something."""
        if not isinstance(self.value, Network):
            return ()
        many = ("axes",) if self.value.d_in > 1 else ()
        return (*many, "reach", *(("level",) if self.value.d_in > 1 and self.value.d_out == 1 else ()))

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
        """Where a network is looked at: where its data lie, and [-1, 1] on every axis where it does not say."""
        assert isinstance(self.value, Network)
        return home(self.value)

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
        network = self.network_at(state)
        if path.startswith("point.") and network is not None and state.point is not None:
            to = to[0], _from_share(home(network), path, to[1])
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
        known = state.point is not None and len(state.point) == d
        point = state.point if known else tuple(map(float, _middle(home(network))))
        axes = state.axes if max(state.axes) < d and (d == 1 or state.axes[0] != state.axes[1]) else (0, min(1, d - 1))
        return replace(state, point=point, axes=axes)

    def _plane(self, network: Network, state: State, rows: dict[str, Any]) -> Told:
        point, names = np.array(state.point), _names(network)
        lo, hi = home(network).lo, home(network).hi
        half = state.reach * _half(home(network))
        if network.d_in == 1:
            inside = Box(np.maximum(point - half, lo), np.minimum(point + half, hi)) if network.grid else None
            return _on_line(network, state, inside or Box(point - half, point + half), names, rows)
        axes = list(state.axes)
        u, v = np.eye(network.d_in)[axes]
        base = point - point[axes[0]] * u - point[axes[1]] * v
        shown, numbers, box = _within(network.on_plane(base, u, v), Box((point - half)[axes], (point + half)[axes]),
                                      state.level)  # fmt: skip
        state = _pointed(state, box)
        others = [k for k in range(network.d_in) if k not in state.axes][:24]
        at = base + state.pointer[0] * u + state.pointer[1] * v  # type: ignore[index]  # filled
        far = float(np.hypot(*np.subtract(state.to, state.pointer)))  # type: ignore[arg-type]
        numbers |= {"pointer": state.pointer, "value": network(at)[:8], "distance": far}
        shares = (point - _middle(home(network))) / _half(home(network))
        more = {"axes": [names[k] for k in axes], "window": np.array([*box.lo, *box.hi]), "point": shares[others],
                "others": [names[k] for k in others], "measured": np.array([state.pointer, state.to]),
                "space": in_space(shown, box, base, u, v) if network.d_in == 3 else None}  # fmt: skip
        told = rows | numbers | ({"point": point} if others else {})
        return Told(plain(state), _handles(state, box, shares, others), shown | more, told, None)


def home(network: Network) -> Box:
    """Return where a network's data lie; [-1, 1] on every axis where it does not say."""
    found = network.box
    return Box([-1.0] * network.d_in, [1.0] * network.d_in) if found is None or found.d != network.d_in else found


def _middle(box: Box) -> Array:
    return np.asarray(box.lo + (box.hi - box.lo) / 2)


def _half(box: Box) -> Array:
    """Half of what a box spans; 1 along a column of one number."""
    return np.where(box.hi > box.lo, (box.hi - box.lo) / 2, 1.0)


def _from_share(box: Box, path: str, share: float) -> float:
    """The number of an input that is dragged as a share of its range."""
    k = int(path.removeprefix("point.")) if path.removeprefix("point.").isdigit() else -1
    if not 0 <= k < box.d:
        raise InputError(f"viewer needs one of {box.d} inputs; got {path:.60}. Reload the page.")
    return float(_middle(box)[k] + share * _half(box)[k])


def _pointed(state: State, box: Box) -> State:
    """The state with both places on the plane: where they were, as far as that lies in the window."""
    middle = _middle(box)
    places = (state.pointer or middle, state.to or middle + np.array([0.4, 0.3]) * _half(box))
    (a, b), (c, d) = (np.clip(place, box.lo, box.hi).tolist() for place in places)
    return replace(state, pointer=(a, b), to=(c, d))


def _within(network: Network, box: Box, level: float) -> tuple[dict[str, Any], dict[str, Any], Box]:
    """What is on a plane, in a window or, where that holds too many regions, in one round the same middle."""
    shown, numbers = _on_plane(network, box, level)
    k = 0 if numbers["complete"] else _fitting(network, box, level)
    while not numbers["complete"] and k <= HALVINGS:
        window = _shrunk(box, k)
        shown, numbers = _on_plane(network, window, level)
        numbers |= {"part": f"1/{2**k} each way: more than {PARTS:,} regions"}
        k += 1
    return shown, numbers, window if "part" in numbers else box


def _fitting(network: Network, box: Box, level: float) -> int:
    """How often a window is to be halved, guessed from what a small one holds."""
    small = HALVINGS // 2
    numbers = _on_plane(network, _shrunk(box, small), level)[1]
    held = max(1, numbers.get("regions", 0) or numbers.get("cells", 0))
    return max(1, small - int(np.log2(PARTS / held) / 2)) if numbers["complete"] else small + 1


def _shrunk(box: Box, k: int) -> Box:
    return Box(_middle(box) - _half(box) / 2**k, _middle(box) + _half(box) / 2**k)


def _on_line(network: Network, state: State, box: Box, names: list[str], rows: dict[str, Any]) -> Told:
    found = regions(network, box)
    x = np.sort(found.complex.vertices[:, 0]) if found.complex is not None else np.zeros(0)
    curve = {"curve": np.column_stack([x, network(x[:, None])[:, 0]]), "axes": names, "cells": None}
    return Told(plain(state), (), curve, rows | {"regions": len(found)}, None)


def _turned(values: Array, step: tuple[float, float]) -> Array:
    """A table of pixels with its first row on top and its first column left."""
    return np.ascontiguousarray(values[:: -1 if step[1] > 0 else 1, :: -1 if step[0] < 0 else 1])


def _extent(samples: Samples) -> dict[str, Any]:
    low, high = samples.inputs.min(axis=0), samples.inputs.max(axis=0)
    heights = samples.targets
    return {"over": [*low.tolist(), *high.tolist()], "range": [float(heights.min()), float(heights.max())]}


def _rows(samples: Samples) -> dict[str, Any]:
    """A table's rows by their first two inputs, or its one input and target, with classes; an image as it is."""
    names = [*(str(name) for name in samples.names), *(f"x{k + 1}" for k in range(len(samples.names), samples.d_in))]
    if samples.kind == "image" and samples.lattice is not None:
        shape = samples.lattice.shape
        pixels = as_bytes(samples.targets.reshape(*shape, -1))
        return {"image": np.broadcast_to(pixels, (*shape, 3)) if pixels.shape[-1] == 1 else pixels[..., :3]}
    if samples.kind == "elevation" and samples.lattice is not None:
        table = samples.lattice.table(samples.inputs, samples.targets)
        if table is not None:
            return {"heights": _turned(table[..., 0], samples.lattice.step), "axes": names} | _extent(samples)
    step = max(1, len(samples) // DRAWN)
    flat = samples.inputs[:, :2] if samples.d_in > 1 else np.column_stack([samples.inputs[:, 0], samples.targets[:, 0]])
    labels = samples.targets[::step, 0].astype(np.int32) if samples.kind == "classification" else None
    return {"points": flat[::step], "labels": labels, "classes": [short(str(one), 40) for one in samples.classes],
            "axes": names[:2] if samples.d_in > 1 else [names[0], "target"]}  # fmt: skip


def _triple(given: Any) -> Triple:
    good = isinstance(given, list) and len(given) == 3 and all(isinstance(v, int | float) for v in given)
    if not good or not np.isfinite(given).all():
        raise InputError(f"viewer needs a ray of places in space; got {given!r:.60}. Reload the page.")
    return float(given[0]), float(given[1]), float(given[2])


def _handles(state: State, box: Box, shares: Array, others: list[int]) -> tuple[Handle, ...]:
    """The pointer and the place it is measured to, and the inputs that do not vary on the plane, in their ranges."""
    assert state.pointer is not None and state.to is not None
    handles = [free("xy:pointer", "plane", state.pointer, box), free("xy:to", "plane", state.to, box, series=1)]
    handles += [upright(f"y:point.{k}", "point", (x, shares[k]), (-1.0, 1.0)) for x, k in enumerate(others)]
    return tuple(handles)


def _names(network: Network) -> list[str]:
    """What the inputs are called."""
    known = network.meta.get("names", ())
    return [str(known[k]) if len(known) == network.d_in else f"x{k + 1}" for k in range(network.d_in)]


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
    budget, kind = Budget(regions=PARTS), network.meta.get("kind")
    if network.d_out > 1 and kind in (None, "classification"):
        cells = decisions(network, box, budget=budget)
        counts = {"cells": len(cells.classes), "certified": cells.certified, "complete": cells.complete}
        return {"cells": cut(cells), "classes": cells.classes, "line": []}, counts
    found = regions(network, box, budget=budget)
    names = found.patterns.astype(np.uint64) @ np.arange(1, found.patterns.shape[1] + 1, dtype=np.uint64)
    told: dict[str, Any] = {"regions": len(found), "certified": found.certified, "complete": found.complete}
    shown: dict[str, Any] = {"cells": cut(found), "colours": region_index(names), "line": []}
    if kind == "image":
        shown["tints"] = np.broadcast_to(as_bytes(network(found.centroids)), (len(found), 3))
    elif kind in NUMBERS and network.d_out == 1 and len(found):
        shown["values"] = network(found.centroids)[:, 0]
        told["spread"] = [float(shown["values"].min()), float(shown["values"].max())]
    if network.d_out == 1 and found.complete and kind != "image":
        line = boundary(network, box, level=level)
        shown, told = shown | {"line": list(line.polylines)}, told | {"length": line.size}
    return shown, told


def normals(mesh: Mesh) -> Any:
    """Return a colour a polygon that says which way it faces: its normal as bytes, (F, 3)."""
    return np.rint(127.5 + 127.5 * mesh.normals).astype(np.uint8)
