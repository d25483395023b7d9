"""Question 12: what does a network do to the plane?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from typing import Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..box import Box
from ..errors import InputError
from ..exact.regions import Regions, regions
from ..fit import fit
from ..fit.start import start
from ..network import Network
from ..same import Compared
from ..samples import Samples
from .handles import Array, Matrix, Numbers, Pair, Span, Window
from .kept import network as kept_network

SEED, BIAS = 94_945, 0.4108  # of weights, and spread of biases: found by search, with the counts of the worked example
BIASES = 1  # of the two streams of random numbers, 0 being the weights
ROWS = 100_000  # points a network is asked at once
WINDOWS: dict[str, Window] = {
    "ripple": (-1.0, -1.0, 1.0, 1.0), "wide": (-6.0, -6.0, 6.0, 6.0), "controller": (-1.0, -1.0, 1.0, 1.0),
}  # fmt: skip


@dataclass(frozen=True)
class State:
    """A network and a window on its plane of inputs.

    network         a kept one: "ripple" 2-10-10-1, "wide" 2-32-32-1, a pendulum's "controller" 2-25-25-1
    weights, biases   of all its layers, where any was moved
    plane           for more than two inputs: a point and two directions, (3, inputs)
    window          left, low, right, high; the network's own unless given
    pointer         the place whose region is described
    grids           samples a side: which regions n x n of them come to know of
    chances         random samples of which the same is asked
    """

    network: Literal["ripple", "wide", "controller"] = "ripple"
    weights: Annotated[tuple[Matrix, ...], Span(1, 20)] | None = None
    biases: Annotated[tuple[Numbers, ...], Span(1, 20)] | None = None
    plane: tuple[Numbers, Numbers, Numbers] | None = None
    window: Window | None = None
    pointer: Pair = (0.5, -0.4)
    grids: Annotated[tuple[Annotated[int, Span(2, 2000)], ...], Span(0, 4)] = ()
    chances: Annotated[int, Span(0, 10_000_000)] = 0


@dataclass(frozen=True, eq=False, repr=False)
class Region(Compared):
    """The region under the pointer.

    number    in the answer's regions; map: (3,) slopes and offset of the first output
    corners   (n, 2) counter-clockwise; pattern: (units,) which are on
    """

    number: int
    map: Array
    corners: Array
    area: float
    pattern: NDArray[np.int8]


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """The plane's regions.

    home        None where the pointer is outside the window or on a fold
    seen        for each grid, (R,) whether its samples come to know of a region; by_chance: how many random ones do
    """

    state: State
    network: Network
    regions: Regions
    home: Region | None
    seen: tuple[NDArray[np.bool_], ...]
    by_chance: int | None


def ask(state: State) -> Answer:
    """Return the regions and pieces of the plane, the region under the pointer, and what samples miss.

    cost   five milliseconds for some hundred regions; the ripple is fitted when it is first asked for, 3 s
    """
    left, low, right, high = state.window or WINDOWS[state.network]
    network = network_of(state)
    found = regions(network, Box([left, low], [right, high]))
    seen = tuple(seen_by_grid(found, n) for n in state.grids)
    by_chance = int(seen_by_chance(found, state.chances).sum()) if state.chances else None
    return Answer(state, network, found, region_at(found, state.pointer), seen, by_chance)


def region_at(found: Regions, pointer: Pair) -> Region | None:
    """Return the region that holds a place, None on a fold or outside."""
    at = np.array(pointer)
    if not ((at >= found.box.lo) & (at <= found.box.hi)).all():
        return None
    homes = found.locate([pointer])[0]
    if len(homes) != 1:
        return None
    home = int(homes[0])
    return Region(home, found.maps[home, 0], found.polygon(home), float(found.volumes[home]), found.patterns[home])


def network_of(state: State) -> Network:
    """Return the network of a state, cut by its plane if it has one.

    raises   InputError if weights come without biases, or more than two inputs without a plane
    """
    if (state.weights is None) != (state.biases is None):
        given = "weights" if state.biases is None else "biases"
        raise InputError(f"regions needs weights and biases together; got {given} alone. Give both.")
    network = KEPT[state.network]() if state.weights is None else Network(state.weights, state.biases or ())
    if state.plane is not None:
        return network.on_plane(*state.plane)
    if network.d_in != 2:
        raise InputError(f"regions needs 2 inputs, or a plane; got {network.d_in} inputs. Give plane=[p, u, v].")
    return network


@cache
def ripple_network() -> Network:
    """Return a 2-10-10-1 network fitted to rings in water on a slope."""
    x = np.random.default_rng(0).uniform(-1, 1, (2000, 2))
    r = np.hypot(x[:, 0], x[:, 1])
    y = np.cos(2.2 * np.pi * r) * np.exp(-1.2 * r * r) + 0.25 * x[:, 0]
    return fit(Samples(x, y), hidden=(10, 10), steps=2000, optimiser="adam", learning_rate=0.02, device="cpu")


@cache
def wide_network() -> Network:
    """Return a 2-32-32-1 network that was never fitted: on [-6, 6]^2 it has 1,821 regions.

    A grid of 100 x 100 samples sees 694 of them and one of 1000 x 1000 sees 1,574: the worked example gives these
    counts without its weights, and this network was searched for until it had all three.

    >>> wide_network().hidden
    (32, 32)
    """
    weights, _ = start([2, 32, 32, 1], seed=SEED)
    rng = np.random.default_rng([SEED, BIASES])
    return Network(weights, [BIAS * rng.standard_normal(len(W)) for W in weights])


KEPT: dict[str, Callable[[], Network]] = {
    "ripple": ripple_network, "wide": wide_network, "controller": partial(kept_network, "controller.npz"),
}  # fmt: skip


def seen_by(found: Regions, batches: Iterable[ArrayLike]) -> NDArray[np.bool_]:
    """Return which regions the samples of the batches, each (N, d), come to know of, (R,).

    A sample tells of a region if it has its pattern.
    """
    met: set[bytes] = set()
    for points in batches:
        met.update(_names(found.network.pattern(points)))
    return np.array([name in met for name in map(bytes, np.packbits(found.patterns, axis=1))])


def seen_by_grid(found: Regions, n: int) -> NDArray[np.bool_]:
    """Return which regions of a box of two inputs an n x n grid of samples, ends included, comes to know of, (R,)."""
    x, y = (np.linspace(a, b, n) for a, b in zip(found.box.lo, found.box.hi, strict=True))
    some = np.array_split(y, max(1, n * n // ROWS))
    return seen_by(found, (np.stack(np.meshgrid(x, rows), axis=-1).reshape(-1, 2) for rows in some))


def seen_by_chance(found: Regions, n: int) -> NDArray[np.bool_]:
    """Return which regions of a box n seeded random samples come to know of, (R,)."""
    points = np.random.default_rng(1).uniform(found.box.lo, found.box.hi, (n, found.d_in))
    return seen_by(found, np.array_split(points, max(1, n // ROWS)))


def _names(patterns: NDArray[np.int8]) -> set[bytes]:
    """The different patterns, eight units a byte."""
    packed = np.packbits(patterns, axis=1)
    whole = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).ravel()
    return {bytes(name) for name in np.unique(whole)}
