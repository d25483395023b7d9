"""The cells of a field that a level set may pass: none is missing, and few are too many."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from foldline import Box, Network
from foldline.exact.march.cover import cover
from foldline.grid import Grid

DRAWS = {
    "gaussian": lambda rng, shape: rng.normal(size=shape),
    "integer": lambda rng, shape: rng.integers(-2, 3, size=shape).astype(float),
    "zero": lambda rng, shape: np.zeros(shape),
}
MORE_DRAWS = DRAWS | {
    "dyadic": lambda rng, shape: rng.integers(-8, 9, size=shape) / 8,
    "tied": lambda rng, shape: np.full(shape, rng.choice([-1.0, 0.5, 1.0])),
}


def field(
    family: str, d: int, seed: int, sizes: tuple[int, ...] = (1, 2, 6), activation: str = "relu", **more
) -> Network:
    rng = np.random.default_rng([seed, d])
    draw = MORE_DRAWS[family]
    grid = Grid(
        Box([-1.0] * d, [2.0] * d),
        sizes,
        [draw(rng, ((n + 1) ** d, 2)).astype(np.float32) / (1 + k) for k, n in enumerate(sizes)],
    )
    widths = (grid.d_out, 6, 5, 2)
    weights = [draw(rng, (b, a)) for a, b in pairwise(widths)]
    return Network(weights, [draw(rng, (b,)) for b in widths[1:]], activation, grid=grid, **more)


def met(f: Network, level: float) -> set[tuple[int, ...]]:
    """The finest cells in which samples lie on both sides of the level, or on it."""
    n, d = f.grid.sizes[-1], f.d_in
    steps = np.stack(np.meshgrid(*[np.linspace(0, 1, 5)] * d, indexing="ij"), axis=-1).reshape(-1, d)
    found = set()
    for cell in np.ndindex(*[n] * d):
        values = f(f.grid.places(len(f.grid.sizes) - 1, np.array(cell) + steps))[:, 0] - level
        if values.min() <= 0 <= values.max():
            found.add(cell)
    return found


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "abs"])
@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("family", DRAWS)
def test_no_cell_that_the_level_passes_is_missing(family: str, d: int, activation: str) -> None:
    for seed in range(4):
        f = field(family, d, seed, activation=activation)
        level = float(f(f.grid.box.lo + 0.7)[0])
        assert met(f, level) <= {tuple(c) for c in cover(f, level).tolist()}


def test_steeper_slopes_below_zero_are_bounded_too() -> None:
    for seed in range(8):
        rng = np.random.default_rng(seed)
        slopes = {1: rng.uniform(-2, 3, 6), 2: rng.uniform(-2, 3, 5)}
        f = field("gaussian", 2, seed, activation="leaky_relu", slopes=slopes)
        level = float(f(f.grid.box.lo + 0.7)[0])
        assert met(f, level) <= {tuple(c) for c in cover(f, level).tolist()}


def test_a_distance_on_a_grid_is_covered_by_little_more_than_what_it_meets() -> None:
    sizes = (4, 8, 16)
    axes = np.stack(np.meshgrid(*[np.linspace(-1, 1, 17)] * 3, indexing="ij"), axis=-1)
    sphere = (np.linalg.norm(axes, axis=-1) - 0.6).reshape(-1, 1).astype(np.float32)
    empty = [np.zeros(((n + 1) ** 3, 1), np.float32) for n in sizes[:2]]
    grid = Grid(Box([-1.0] * 3, [1.0] * 3), sizes, [*empty, sphere])
    carry = np.zeros((2, 6))
    carry[:, -1] = 1.0, -1.0
    f = Network([carry, [[1.0, -1.0]]], [np.zeros(2), [0.0]], grid=grid)
    found = cover(f)
    corners = f(grid.places(2, found[:, None] + np.stack(np.meshgrid(*[[0, 1]] * 3, indexing="ij"), -1).reshape(-1, 3)))
    crossed = (corners.min(axis=1) <= 0) & (corners.max(axis=1) >= 0)
    assert crossed.mean() > 0.8 and 0.1 * 16**3 < len(found) < 0.4 * 16**3
