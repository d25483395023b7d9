"""Networks that are easy and networks that are hard: the same families for every exact algorithm."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest

from foldline import Box, Network

Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]

DRAWS: dict[str, Draw] = {
    "gaussian": lambda rng, shape: rng.normal(size=shape),
    "ternary": lambda rng, shape: rng.integers(-1, 2, size=shape).astype(float),
    "integer": lambda rng, shape: rng.integers(-3, 4, size=shape).astype(float),
    "one_decimal": lambda rng, shape: rng.normal(size=shape).round(1).astype(np.float32).astype(float),
}
FAMILIES = (*DRAWS, "zero_bias", "duplicated", "thirds", "dead", "all_zero", "corners", "leaky", "absolute")


def slow_where(slow: Callable[..., bool], rows: Iterable[Any]) -> list[Any]:
    """Rows for ``parametrize``, of which those that ``slow`` picks are left to make test-slow."""
    rows = [row if isinstance(row, tuple) else (row,) for row in rows]
    return [pytest.param(*row, marks=pytest.mark.slow) if slow(*row) else pytest.param(*row) for row in rows]


def network(family: str, widths: tuple[int, ...], seed: int) -> Network:
    """Return a network of a family; ``widths`` from inputs to outputs."""
    rng = np.random.default_rng([seed, FAMILIES.index(family)])
    draw = DRAWS.get(family, DRAWS["integer"])
    shapes = list(zip(widths[1:], widths[:-1], strict=True))
    weights = [draw(rng, shape) for shape in shapes]
    biases = [draw(rng, (shape[0],)) for shape in shapes]
    change = {
        "zero_bias": _without_biases,
        "duplicated": _with_copies,
        "thirds": _with_thirds,
        "dead": _with_a_dead_layer,
        "all_zero": _all_zero,
        "corners": _through_corners,
    }.get(family)
    if change:
        change(weights, biases)
    return Network(weights, biases, {"leaky": "leaky_relu", "absolute": "abs"}.get(family, "relu"))


def _without_biases(weights: list[np.ndarray], biases: list[np.ndarray]) -> None:
    for b in biases:
        b[:] = 0


def _with_copies(weights: list[np.ndarray], biases: list[np.ndarray]) -> None:
    """Every second unit folds where its neighbour does: the same, turned round, or doubled."""
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        for j in range(1, len(b), 2):
            factor = (1.0, -1.0, 2.0)[j % 3]
            W[j], b[j] = factor * W[j - 1], factor * b[j - 1]


def _with_thirds(weights: list[np.ndarray], biases: list[np.ndarray]) -> None:
    """Nearly equal folds: a third of a unit, rounded, is not the same fold."""
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        for j in range(1, len(b), 2):
            W[j], b[j] = W[j - 1] / 3, b[j - 1] / 3


def _with_a_dead_layer(weights: list[np.ndarray], biases: list[np.ndarray]) -> None:
    weights[-2][:] = -np.abs(weights[-2])
    biases[-2][:] = 0


def _all_zero(weights: list[np.ndarray], biases: list[np.ndarray]) -> None:
    for array in (*weights, *biases):
        array[:] = 0


def _through_corners(weights: list[np.ndarray], biases: list[np.ndarray]) -> None:
    """First-layer folds pass through the corners of [-1, 1]^d, and some along its edges."""
    W, b = weights[0], biases[0]
    corner = np.where(np.arange(W.shape[1]) % 2, 1.0, -1.0)
    b[:] = -W @ corner
    W[0], b[0] = np.eye(W.shape[1])[0], 1.0


# Hard by their size or by the box they are asked about, for any number of inputs


def hundred_layers(d: int, seed: int) -> tuple[Network, Box]:
    rng = np.random.default_rng(seed)
    shapes = [(2, d), *[(2, 2)] * 99, (1, 2)]
    weights = [rng.normal(size=shape) * np.sqrt(2 / shape[1]) for shape in shapes]
    return Network(weights, [rng.normal(size=shape[0]) / 10 for shape in shapes]), cube(d)


def thousand_units(d: int, seed: int) -> tuple[Network, Box]:
    """All but every 200th unit keep their sign all over the box: without them the regions are the same."""
    rng = np.random.default_rng(seed)
    W, sign = rng.integers(-3, 4, size=(1000, d)).astype(float), rng.choice([-1.0, 1.0], size=1000)
    b = sign * (np.abs(W).sum(axis=1) + rng.integers(1, 4, size=1000))
    b[::200] = rng.integers(-1, 2, size=5)
    return Network([W, rng.integers(-1, 2, size=(1, 1000)).astype(float)], [b, [0.0]]), cube(d)


def one_region(d: int, seed: int) -> tuple[Network, Box]:
    """Folds touch the box in a corner, or miss it by the least there is."""
    rng = np.random.default_rng(seed)
    W = rng.integers(-3, 4, size=(6, d)).astype(float)
    b = -np.abs(W).sum(axis=1)
    b[::2] = np.nextafter(b[::2] - 1, -np.inf)
    first = np.vstack([W, np.eye(d)[:1]])
    return Network([first, rng.integers(-3, 4, size=(2, 7)).astype(float)], [np.append(b, 1.0), [0.0, 1.0]]), cube(d)


def far_box(d: int, seed: int) -> tuple[Network, Box]:
    return _around(d, seed, np.full(d, 1e6), np.ones(d))


def thin_box(d: int, seed: int) -> tuple[Network, Box]:
    return _around(d, seed, np.arange(d) / 2, 2.0 ** (-12.0 * np.arange(d)))


def zoomed_box(d: int, seed: int) -> tuple[Network, Box]:
    return _around(d, seed, np.arange(1.0, d + 1), np.full(d, 2.0**-40))


EXTREMES = {f.__name__: f for f in (hundred_layers, thousand_units, one_region, far_box, thin_box, zoomed_box)}


def cube(d: int) -> Box:
    return Box([-1.0] * d, [1.0] * d)


def _around(d: int, seed: int, middle: np.ndarray, half: np.ndarray) -> tuple[Network, Box]:
    """A box, and a network whose folds pass through its middle or near it."""
    rng = np.random.default_rng(seed)
    W = rng.integers(-3, 4, size=(4, d)) / half
    b = -W @ middle + rng.integers(-1, 2, size=4) / 2
    net = Network([W, rng.integers(-3, 4, size=(3, 4)) / 2, rng.normal(size=(1, 3))], [b, np.zeros(3), [0.0]])
    return net, Box(middle - half, middle + half)
