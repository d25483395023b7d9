"""Where descent starts: random weights after He, and biases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..machine import need_memory

Array = NDArray[np.float64]

BYTES_A_PARAMETER = 100  # while it is fitted: start, kernel, gradients, two states to go back to, what is returned
STARTS = ("he_normal", "he_uniform")


def start(
    widths: Sequence[int], *, seed: int = 0, kind: str = "he_normal", skips: Mapping[int, Sequence[int]] | None = None
) -> tuple[list[Array], list[Array]]:
    """Return random weights, one (width, fan_in) matrix a layer, and zero biases.

    widths   inputs, hidden layers, outputs
    kind     "he_normal": standard deviation sqrt(2 / fan_in); "he_uniform": within sqrt(6 / fan_in)
    skips    as in ``Network``: they widen the fan-in of the layer that reads them
    raises   BudgetError where such a network and its training would not fit the memory
    source   He et al. 2015, Delving deep into rectifiers, equation 10: the variance of the values is kept by ReLU

    >>> [W.shape for W in start([3, 8, 8, 1], skips={2: (0,)})[0]]
    [(8, 3), (8, 11), (1, 8)]
    """
    if kind not in STARTS:
        raise InputError(f"start needs kind out of {', '.join(STARTS)}; got {kind!r}.")
    if min(widths) < 1:
        raise InputError(f"start needs widths of at least 1; got {list(widths)}.")
    shapes = shapes_of(widths, skips)
    need_memory_for(shapes)
    rng = np.random.default_rng(seed)
    weights = []
    for shape in shapes:
        fan_in = shape[1]
        if kind == "he_normal":
            weights.append(rng.normal(0.0, np.sqrt(2 / fan_in), shape))
        else:
            bound = np.sqrt(6 / fan_in)
            weights.append(rng.uniform(-bound, bound, shape))
    return weights, [np.zeros(width) for width in widths[1:]]


def shapes_of(widths: Sequence[int], skips: Mapping[int, Sequence[int]] | None = None) -> list[tuple[int, int]]:
    """Return the shape of each layer's weights.

    >>> shapes_of([3, 8, 1])
    [(8, 3), (1, 8)]
    """
    reads = [(layer - 1, *(skips or {}).get(layer, ())) for layer in range(1, len(widths))]
    return [(int(widths[k]), sum(int(widths[source]) for source in sources)) for k, sources in enumerate(reads, 1)]


def n_parameters(shapes: Sequence[tuple[int, int]]) -> int:
    """Return how many numbers layers of these shapes hold, biases included.

    >>> n_parameters([(8, 3), (1, 8)])
    41
    """
    return sum(width * (fan_in + 1) for width, fan_in in shapes)


def need_memory_for(shapes: Sequence[tuple[int, int]]) -> None:
    """Refuse a network that would not fit the memory while it is fitted.

    raises   BudgetError
    """
    count = n_parameters(shapes)
    need_memory(f"a fit of {count:,} parameters", BYTES_A_PARAMETER * count, "Take narrower layers, or fewer.")
