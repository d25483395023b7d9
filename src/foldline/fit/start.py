"""Where descent starts: random weights after He, and biases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

Array = NDArray[np.float64]

STARTS = ("he_normal", "he_uniform")


def start(
    widths: Sequence[int], *, seed: int = 0, kind: str = "he_normal", skips: Mapping[int, Sequence[int]] | None = None
) -> tuple[list[Array], list[Array]]:
    """Return random weights, one (width, fan_in) matrix a layer, and zero biases.

    widths   inputs, hidden layers, outputs
    kind     "he_normal": standard deviation sqrt(2 / fan_in); "he_uniform": within sqrt(6 / fan_in)
    skips    as in ``Network``: they widen the fan-in of the layer that reads them
    source   He et al. 2015, Delving deep into rectifiers, equation 10: the variance of the values is kept by ReLU

    >>> [W.shape for W in start([3, 8, 8, 1], skips={2: (0,)})[0]]
    [(8, 3), (8, 11), (1, 8)]
    """
    if kind not in STARTS:
        raise InputError(f"start needs kind out of {', '.join(STARTS)}; got {kind!r}.")
    if min(widths) < 1:
        raise InputError(f"start needs widths of at least 1; got {list(widths)}.")
    rng = np.random.default_rng(seed)
    weights = []
    for layer in range(1, len(widths)):
        fan_in = widths[layer - 1] + sum(widths[source] for source in (skips or {}).get(layer, ()))
        shape = (widths[layer], fan_in)
        if kind == "he_normal":
            weights.append(rng.normal(0.0, np.sqrt(2 / fan_in), shape))
        else:
            bound = np.sqrt(6 / fan_in)
            weights.append(rng.uniform(-bound, bound, shape))
    return weights, [np.zeros(width) for width in widths[1:]]
