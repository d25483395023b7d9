"""Check: an answer proved again from the stored weights, in rational arithmetic, by none of the code that found it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...grid import Grid
from ...network import Network
from ...slice import Slice
from ..chain.form import Chain, chain_of
from .arithmetic import Rows
from .cells import CellsProof, Inside
from .complex import ComplexProof
from .verdict import Fault, Verdict, require

if TYPE_CHECKING:
    from ..regions import Regions

Array = NDArray[np.float64]

# What a stored double promises.  Both are accuracies, not decisions: which folds meet is settled without them.
VERTEX_ERROR = 2.0**-40  # of a coordinate, in units of the box's farther corner on its axis
MAP_ERROR = 2.0**-40  # of a map's entry, in units of what the absolute weights can make of it, and
MAP_SHARE = 2.0**-30  # of its size over the box, |A| |x| + |c|: no weight that cancels, or is off, makes room for more
LEAST = float(np.finfo(np.float64).tiny)  # below it a double's rounding no longer shrinks with the number


def check(network: Network, answer: Regions) -> Verdict:
    """Return whether an answer is the whole and true list of a network's regions, with the first fault by name.

    What is proved, and how: ``exact.check_complex`` for 1, 2 and 3 inputs (vertices, edges, faces, cells, patterns,
    maps), ``exact.check_cells`` for more (patterns, points, half-spaces, maps).
    faults   network, incomplete, shape, vertex, edge, loop, face, cell, orientation, pattern, side, missing, volume,
             point, map
    raises   NetworkError if a unit is not piecewise linear; InputError if the answer belongs to other inputs
    cost     rational forward passes, d + 2 a region and one a vertex; for four and more inputs a small linear program a
             region and unit

    >>> from foldline import Box
    >>> from foldline.exact.regions import regions
    >>> xor = Network([[[1, 1], [1, 1]], [[1, -2]]], [[0, -1], [0]])
    >>> check(xor, regions(xor, Box([-1, -1], [2, 2]))).accepted
    True
    """
    begin = time.perf_counter()
    chain_of(network)
    if not hasattr(answer, "chain"):
        raise InputError(f"check needs an answer of regions; got {answer!r:.60}. Ask fl.regions(network, box).")
    if sum(map(len, answer.chain.below)) > sum(map(len, chain_of(answer.network).below)):  # half-spaces are units there
        raise InputError(
            "check needs an answer about a box, and of a field one made of whole cells; got one about a part of that. "
            f"Ask about {answer.box} and check it."
        )
    if answer.box.d != network.d_in:
        raise InputError(
            f"check needs an answer for {network.d_in} inputs; got one for {answer.box.d}. "
            "Name its network or its slice."
        )
    vertex_error = map_error = 0.0
    name = detail = ""
    try:
        chain = chain_of(network)
        _check_labels(chain, answer)
        vertex_error, map_error = _prove(chain, answer)
    except Fault as fault:
        name, detail = fault.name, fault.detail
    return Verdict(not name, name, detail, len(answer), vertex_error, map_error, time.perf_counter() - begin)


def _check_labels(chain: Chain, answer: Regions) -> None:
    same = _same(chain, chain_of(answer.network)) and _same(chain, answer.chain)
    require(same, "network", "the answer was made for a network with other weights")
    require(answer.complete, "incomplete", "the answer says itself that it is not complete")
    d_out = len(chain.biases[-1])
    shape = (len(answer.bits), d_out, answer.box.d + 1)
    require(answer.maps.shape == shape and np.isfinite(answer.maps).all(), "map", "maps are not one a region, finite")


def _same(a: Chain, b: Chain) -> bool:
    def parts(chain: Chain) -> list[NDArray[np.float64] | NDArray[np.int64]]:
        return [*chain.weights, *chain.biases, *chain.below, *chain.owners]

    mine, theirs = parts(a), parts(b)
    equal = len(mine) == len(theirs) and all(np.array_equal(x, y) for x, y in zip(mine, theirs, strict=True))
    return equal and _same_grid(a.grid, b.grid)


def _same_grid(a: Grid | Slice | None, b: Grid | Slice | None) -> bool:
    if a is None or b is None:
        return a is b
    if isinstance(a, Slice) or isinstance(b, Slice):
        return isinstance(a, Slice) and isinstance(b, Slice) and _same_slice(a, b)
    if (a.sizes, a.channels) != (b.sizes, b.channels):
        return False
    ends = np.array_equal(a.box.lo, b.box.lo) and np.array_equal(a.box.hi, b.box.hi)
    return ends and all(np.array_equal(a.dense(level), b.dense(level)) for level in range(len(a.sizes)))


def _same_slice(a: Slice, b: Slice) -> bool:
    mine, theirs = ([*one.weights, *one.biases] for one in (a, b))
    equal = len(mine) == len(theirs) and all(np.array_equal(x, y) for x, y in zip(mine, theirs, strict=True))
    return equal and _same_grid(a.grid, b.grid)


def _prove(chain: Chain, answer: Regions) -> tuple[float, float]:
    """Raise the first fault; return the largest errors of coordinates and maps."""
    box, whole = answer.box, answer.complex
    unit = np.maximum(np.abs(box.lo), np.abs(box.hi))
    if whole is None:
        require(answer.sides is not None, "shape", "the answer has neither a complex nor half-spaces")
        listed = CellsProof(chain, answer, VERTEX_ERROR * unit)
        listed.run()
        return 0.0, _check_maps(chain, answer, listed.maps)
    require(np.array_equal(whole.bits, answer.bits), "pattern", "the complex has other patterns than the list")
    require(np.array_equal(whole.maps, answer.maps), "map", "the complex has other maps than the list")
    proof = ComplexProof(chain, box, whole)
    proof.run()
    vertex_error = _check_coordinates(answer, whole.vertices, proof, unit)
    _check_points(chain, answer, VERTEX_ERROR * unit, proof)
    return vertex_error, _check_maps(chain, answer, proof.maps)


def _check_coordinates(answer: Regions, vertices: Array, proof: ComplexProof, unit: Array) -> float:
    """The stored coordinates are the exact ones, rounded; on a side of the box they are the side's own number."""
    exact = np.array([at.floats() for at in proof.points if at is not None])
    error = np.abs(vertices - exact) / unit
    worst = int(error.max(axis=1).argmax())
    what = f"vertex {worst} is stored {error[worst].max():.2g} of the box from where its folds meet"
    require(error.max() <= VERTEX_ERROR, "vertex", what)
    on_side = proof.on_sides.reshape(len(exact), -1, 2).any(axis=2)
    off = np.flatnonzero((on_side & (vertices != exact)).any(axis=1)).tolist()
    require(not off, "vertex", f"vertex {off[0] if off else None} lies on a side of the box but is not stored so")
    return float(error.max())


def _check_points(chain: Chain, answer: Regions, reach: Array, proof: ComplexProof) -> None:
    """The stored points lie strictly inside their regions, or as near as doubles come."""
    require(answer.points.shape == (len(answer.bits), answer.box.d), "shape", "points are not one a region")
    inside = Inside(chain, answer, reach, proof.simplices, proof.homes)
    for r in range(len(answer.bits)):
        if not inside.holds(r):
            inside.witness(r, inside.rows(r, inside.affine(r)))


def _check_maps(chain: Chain, answer: Regions, maps: Sequence[Rows]) -> float:
    """The stored maps are the exact ones, rounded: in the unit of the weights, and in that of the map itself."""
    reach = np.append(np.maximum(np.abs(answer.box.lo), np.abs(answer.box.hi)), 1.0)
    with np.errstate(over="ignore", under="ignore"):
        exact = np.array([[[_nearest(v, w) for v in row] for row in rows] for rows, w in maps])
        error = np.abs(answer.maps - exact)
        share = error / _weights_size(chain)
        own = error @ reach <= MAP_SHARE * (np.abs(exact) @ reach) + LEAST * reach.sum()
    bad = ((share > MAP_ERROR).any(axis=2) | ~own).any(axis=1)
    require(not bad.any(), "map", f"region {int(bad.argmax())} has another affine map than the one stored")
    return float(share.max())


def _nearest(v: int, w: int) -> float:
    try:
        return v / w
    except OverflowError:
        return inf if v > 0 else -inf


def _weights_size(chain: Chain) -> Array:
    """What the absolute weights can make of each entry of a map."""
    size = np.abs(np.eye(chain.d_in, chain.d_in + 1))
    if chain.grid is not None:
        size = np.concatenate([size, _read_sizes(chain.grid)])
    for W, b, below in zip(chain.weights, chain.biases, (*chain.below, None), strict=True):
        size = np.abs(W) @ size
        size[:, -1] += np.abs(b)
        size = np.maximum(size, LEAST)
        if below is not None:
            size = size * np.maximum(1.0, np.abs(below))[:, None]
    return size


def _read_sizes(grid: Grid | Slice) -> Array:
    """What there is beside the inputs among what is read: of a slice, what the absolute numbers make of a place."""
    if isinstance(grid, Grid):
        return np.concatenate(_feature_sizes(grid))
    front = np.eye(grid.d, grid.d + 1)
    for W, b in zip(grid.weights, grid.biases, strict=True):
        front = np.abs(W) @ front
        front[:, -1] += np.abs(b)
    behind = np.concatenate(_feature_sizes(grid.grid))
    pulled = behind[:, :-1] @ front
    pulled[:, -1] += behind[:, -1]
    return np.concatenate([np.maximum(front, np.append(np.zeros(grid.d), 1.0) * _reach(grid)[:, None]), pulled])


def _reach(grid: Slice) -> Array:
    return np.maximum(np.abs(grid.box.lo), np.abs(grid.box.hi))


def _feature_sizes(grid: Grid) -> list[Array]:
    """What the largest features can make of each entry of the map of what is read, level by level."""
    sizes = []
    reach = np.maximum(np.abs(grid.box.lo), np.abs(grid.box.hi))
    for n, features in zip(grid.sizes, grid.features, strict=True):
        largest = np.abs(features).max(axis=0, initial=0.0).astype(np.float64)[:, None]
        slopes = 2 * largest * n / (grid.box.hi - grid.box.lo)
        sizes.append(np.concatenate([slopes, largest + slopes @ reach[:, None]], axis=1))
    return sizes


__all__ = ["MAP_ERROR", "VERTEX_ERROR", "Verdict", "check"]
