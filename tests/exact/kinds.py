"""Kinds of networks that exact answers must be right about, or refuse: rows of one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from foldline import Box, Network

Arrays = list[np.ndarray]
LEAST = 5e-324


@dataclass(frozen=True)
class Kind:
    """How the numbers are drawn, and what is done to the layers then.

    refusable   whether values may leave the doubles, so that a question may be refused
    """

    draw: Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
    change: Callable[[np.random.Generator, Arrays, Arrays], None] | None = None
    units: tuple[str, ...] = ("relu",)
    refusable: bool = False


def integers(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.integers(-3, 4, size=shape).astype(float)


def gaussian(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.normal(size=shape)


def spread(decades: float) -> Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]:
    """Sizes of all orders up to so many decades."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return rng.normal(size=shape) * 10.0 ** rng.uniform(-decades, decades, size=shape)

    return draw


def without_biases(rng: np.random.Generator, weights: Arrays, biases: Arrays) -> None:
    for b in biases:
        b[:] = 0


def duplicated(rng: np.random.Generator, weights: Arrays, biases: Arrays) -> None:
    """Every second unit folds where its neighbour does."""
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        for j in range(1, len(b), 2):
            factor = rng.choice([1.0, -1.0, 2.0, -0.5])
            W[j], b[j] = factor * W[j - 1], factor * b[j - 1]


def dead(rng: np.random.Generator, weights: Arrays, biases: Arrays) -> None:
    """A layer that is never on, or always."""
    layer = rng.integers(len(biases) - 1)
    biases[layer][:] = rng.choice([-1.0, 1.0]) * 1000


def symmetric(rng: np.random.Generator, weights: Arrays, biases: Arrays) -> None:
    """Mirror images: x and -x are treated alike, and inputs may be exchanged."""
    W, b = weights[0], biases[0]
    for j in range(1, len(b), 2):
        W[j], b[j] = -W[j - 1], b[j - 1]
    for W in weights[1:-1]:
        for j in range(1, len(W), 2):
            W[j] = W[j - 1][::-1]


def near_coincident(rng: np.random.Generator, weights: Arrays, biases: Arrays) -> None:
    """Every second fold lies a rounding or two beside its neighbour's."""
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        for j in range(1, len(b), 2):
            W[j], b[j] = W[j - 1], b[j - 1]
            at = rng.integers(W.shape[1] + 1)
            if at < W.shape[1]:
                W[j, at] = np.nextafter(W[j, at], np.inf)
            else:
                b[j] = np.nextafter(b[j], np.inf)


def thirds(rng: np.random.Generator, weights: Arrays, biases: Arrays) -> None:
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        W[1::2], b[1::2] = W[: len(W[1::2]) * 2 : 2] / 3, b[: len(W[1::2]) * 2 : 2] / 3


def powers(rng: np.random.Generator, weights: Arrays, biases: Arrays) -> None:
    """Each unit in another unit, 2^-100 to 2^100."""
    for W, b in zip(weights, biases, strict=True):
        scale = 2.0 ** rng.integers(-100, 101, size=len(b))
        W *= scale[:, None]
        b *= scale


def through_corners(rng: np.random.Generator, weights: Arrays, biases: Arrays) -> None:
    """First-layer folds pass through corners of [-1, 1]^d."""
    W, b = weights[0], biases[0]
    b[:] = -W @ rng.choice([-1.0, 1.0], size=W.shape[1])


def one_huge(rng: np.random.Generator, weights: Arrays, biases: Arrays) -> None:
    """A few numbers at the end of float32."""
    for array in (*weights, *biases):
        if rng.uniform() < 0.3:
            array.flat[rng.integers(array.size)] = float(np.finfo(np.float32).max) * rng.choice([-1.0, 1.0])


KINDS: dict[str, Kind] = {
    "gaussian": Kind(gaussian),
    "integer": Kind(integers),
    "ternary": Kind(lambda rng, shape: rng.integers(-1, 2, size=shape).astype(float)),
    "one decimal": Kind(lambda rng, shape: rng.normal(size=shape).round(1)),
    "zero bias": Kind(integers, without_biases),
    "duplicated": Kind(gaussian, duplicated),
    "dead": Kind(gaussian, dead),
    "symmetric": Kind(integers, symmetric),
    "near-coincident": Kind(gaussian, near_coincident),
    "thirds": Kind(integers, thirds),
    "through corners": Kind(integers, through_corners),
    "other units": Kind(gaussian, None, ("leaky_relu", "abs", "hard_tanh", "relu6", "relu", "identity")),
    "2^+-100": Kind(gaussian, powers),
    "1e+-10": Kind(spread(10)),
    "end of float32": Kind(gaussian, one_huge),
    "1e+-150": Kind(spread(150), refusable=True),
    "1e+-300": Kind(spread(300), refusable=True),
    "denormal": Kind(lambda rng, shape: LEAST * rng.integers(-9, 10, size=shape), refusable=True),
}
HIDDEN = {1: (6, 5, 4), 2: (5, 4, 3), 3: (4, 3, 3), 4: (4, 3, 2)}


def question(kind: str, seed: int) -> tuple[Network, Box]:
    """A network of a kind with 1 to 4 inputs, and a box."""
    row = KINDS[kind]
    rng = np.random.default_rng([seed, list(KINDS).index(kind)])
    d = 1 + seed % 4
    hidden = HIDDEN[d][: rng.integers(1, 4)]
    widths = (d, *(int(rng.integers(2, n + 1)) for n in hidden), int(rng.integers(1, 4)))
    shapes = list(zip(widths[1:], widths[:-1], strict=True))
    weights = [row.draw(rng, shape) for shape in shapes]
    biases = [row.draw(rng, (shape[0],)) for shape in shapes]
    if row.change:
        row.change(rng, weights, biases)
    units = [str(rng.choice(row.units)) for _ in hidden]
    boxes = (
        Box([-1.0] * d, [1.0] * d),
        Box([-1.25] * d, [2.0] * d),
        Box([0.0] * d, [1.0] * d),
        Box(np.arange(d) - 0.75, np.arange(d) + 2.0 ** -(4.0 * np.arange(d))),
    )
    return Network(weights, biases, units), boxes[rng.integers(len(boxes))]
