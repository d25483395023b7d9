"""Question 12, live: regions by pattern, gradient, value and height; the pointer, the folds and every weight move."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from ...box import Box
from ...colour import region_index, srgb
from ...exact.regions import Regions
from ...fit.start import start
from ...network import Network
from ..regions import KEPT, Answer, State, network_of, seen_by_grid
from .cells import cut
from .handle import Handle, free, upright
from .sampled import SAMPLES

HEIGHT = 0.45  # of the facet view, for values from the lowest to the highest
MOST = 120  # weights of a layer that have a handle each
SPREAD = 8.0  # how far weights may go


@cache
def sliced() -> dict[str, Any]:
    """Return a state with a network of four inputs, 4-12-12-1 at its start, cut by a plane."""
    weights, _ = start([4, 12, 12, 1], seed=5)
    rng = np.random.default_rng(5)
    biases = [0.3 * rng.standard_normal(len(W)) for W in weights]
    made = {"weights": [W.tolist() for W in weights], "biases": [b.tolist() for b in biases]}
    plane = [[0.0, 0.0, 0.3, -0.2], [1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]
    return made | {"plane": plane, "window": [-2.0, -2.0, 2.0, 2.0], "pointer": [0.5, -0.4]}


BEATS: tuple[dict[str, Any], ...] = (
    {}, {"pointer": (-0.3, 0.55)}, {"network": "wide"}, {"network": "controller"}, sliced(),
)  # fmt: skip
RECORDED = 5
CONTROLS = ("network", "window")


def handles(answer: Answer, panels: Collection[str] | None = None) -> tuple[Handle, ...]:
    """Return the pointer, the fold of each unit of the first layer, the plane's own coordinates, and all weights.

    panels   that are seen: the weights of others are left out
    """
    box = answer.regions.box
    made = [free("xy:pointer", "plane", answer.state.pointer, box)]
    if answer.state.plane is not None:
        made += [upright(f"y:plane.0.{k}", "slice", (k, v), (-2.0, 2.0)) for k, v in enumerate(answer.state.plane[0])]
    else:
        made += list(_folds(answer.network, box))
    return *made, *_weights(_whole(answer.state), panels)


def _folds(network: Network, box: Box) -> Iterator[Handle]:
    """The place of each first fold that is nearest to the middle of the window."""
    middle = (box.lo + box.hi) / 2
    for k, (w, b) in enumerate(zip(network.weights[0], network.biases[0], strict=True)):
        size = float(w @ w)
        at = middle - (b + w @ middle) / size * w if size else middle
        if ((at >= box.lo) & (at <= box.hi)).all() and len(network.biases[0]) <= 12:
            yield free(f"fold.{k}", "plane", at, box, series=k)


def _weights(network: Network, panels: Collection[str] | None) -> Iterator[Handle]:
    """A handle a weight, layer by layer: row after row, each row's bias last."""
    for layer, (W, b) in enumerate(zip(network.weights, network.biases, strict=True)):
        if panels is not None and f"weights{layer}" not in panels:
            continue
        places = [(f"y:weights.{layer}.{i}.{j}", W[i, j], i) for i in range(len(W)) for j in range(W.shape[1])]
        places += [(f"y:biases.{layer}.{i}", b[i], i) for i in range(len(b))]
        for x, (name, value, unit) in enumerate(places[:MOST]):
            yield upright(name, f"weights{layer}", (x, value), (-SPREAD, SPREAD), series=unit)


def _whole(state: State) -> Network:
    """The network before its plane cuts it."""
    return KEPT[state.network]() if state.weights is None else Network(state.weights, state.biases or ())


def filled(state: State) -> State:
    """Return the state with its weights written out."""
    network = _whole(state)
    weights = tuple(tuple(tuple(map(float, row)) for row in W) for W in network.weights)
    return replace(state, weights=weights, biases=tuple(tuple(map(float, b)) for b in network.biases))


def moved(state: State, name: str, to: tuple[float, float]) -> State:
    """Return the state with one unit of the first layer that folds at another place, its direction kept."""
    k, full, network = int(name.removeprefix("fold.")), filled(state), network_of(state)
    biases = [list(row) for row in full.biases or ()]
    biases[0][k] = -float(network.weights[0][k] @ np.array(to))
    return replace(full, biases=tuple(tuple(row) for row in biases))


def shown(answer: Answer) -> dict[str, Any]:
    """Return the polygons with their names, gradients and values, the graph over them, and the region held."""
    found, home = answer.regions, answer.home
    whole = found.complex
    if whole is None:
        raise AssertionError("a plane's regions are polygons")
    share = _share(found)
    middle, side = (found.box.lo + found.box.hi) / 2, float((found.box.hi - found.box.lo).max()) / 2
    flat = (whole.vertices - middle) / side
    network = _whole(answer.state)
    return {
        "cells": cut(found), "window": np.array([*found.box.lo, *found.box.hi]), "colours": region_index(_names(found)),
        "slopes": _slopes(found).ravel(),
        "share": np.add.reduceat(share[whole.loop_vertices], whole.loop_start[:-1]) / np.diff(whole.loop_start),
        "graph": np.column_stack([flat, HEIGHT * (2 * share - 1)]).ravel(),
        "home": None if home is None else home.corners,
        "weights": [[*W.ravel()[:MOST], *b][:MOST] for W, b in zip(network.weights, network.biases, strict=True)],
        "plane": None if answer.state.plane is None else answer.state.plane[0],
    }  # fmt: skip


def _slopes(found: Regions) -> Any:
    """A colour a region, (R, 3) bytes: its hue says which way the network rises, its strength how steeply."""
    slopes = found.maps[:, 0, :2]
    steep = np.linalg.norm(slopes, axis=1)
    share = np.minimum(1.0, steep / (float(np.quantile(steep, 0.95)) or 1.0))
    return srgb(0.93 - 0.3 * share, 0.13 * share, np.rad2deg(np.arctan2(slopes[:, 1], slopes[:, 0])))


def _share(found: Regions) -> Any:
    """How high each vertex lies from the lowest to the highest, (V,): by the map of a region it is a corner of."""
    whole = found.complex
    assert whole is not None
    owner = np.empty(len(whole.vertices), dtype=np.int64)
    owner[whole.loop_vertices] = np.repeat(np.arange(len(found)), np.diff(whole.loop_start))
    maps = found.maps[owner, 0]
    values = (maps[:, :2] * whole.vertices).sum(axis=1) + maps[:, 2]
    low, high = float(values.min()), float(values.max())
    return (values - low) / ((high - low) or 1.0)


def _names(found: Regions) -> Any:
    """A number a region that follows from its pattern, so that a region keeps its colour while others move."""
    bits = found.patterns.astype(np.uint64)
    weights = np.random.default_rng(0).integers(1, 2**62, bits.shape[1], dtype=np.uint64)
    return bits @ weights


def numbers(answer: Answer) -> dict[str, Any]:
    """Return regions and pieces, and of the region under the pointer its map, corners, area and pattern."""
    found, home = answer.regions, answer.home
    made: dict[str, Any] = {"regions": len(found), "pieces": found.n_pieces, "certified": found.certified}
    if home is not None:
        pattern = "".join(map(str, home.pattern))
        layers = " ".join(pattern[a:b] for a, b in pairwise(np.cumsum([0, *answer.network.hidden])))
        made |= {"map": home.map, "corners": home.corners.ravel(), "area": home.area, "pattern": f"[{layers}]"}
    return made


def overlay(answer: Answer) -> dict[str, Any]:
    """Return which regions a grid of 100 x 100 samples comes to know of."""
    return {"seen": seen_by_grid(answer.regions, SAMPLES)}
