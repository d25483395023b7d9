"""Pruning: which units and features any output depends on, by weights that are not zero."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def kept_of(
    weights: Sequence[Array], widths: Sequence[int], sources: Callable[[int], tuple[int, ...]]
) -> list[NDArray[np.bool_]]:
    """Return which values of each layer some output depends on; all outputs, and at least one unit a hidden layer.

    weights   a layer: (out, in)
    widths    values of each layer, what the first one reads first
    sources   of a layer, counted from 1: the layers that it reads, one after another
    """
    kept = [np.full(n, layer == len(weights), dtype=np.bool_) for layer, n in enumerate(widths)]
    for layer in range(len(weights), 0, -1):
        if not kept[layer].any():
            kept[layer] = np.arange(widths[layer]) == 0
        read = np.asarray(weights[layer - 1][kept[layer]].any(axis=0))
        for source, part in _columns(layer, widths, sources):
            kept[source] |= read[part]
    return kept


def narrowed(
    weights: Sequence[Array], kept: Sequence[NDArray[np.bool_]], sources: Callable[[int], tuple[int, ...]]
) -> list[Array]:
    """Return the weights between the values that are kept alone."""
    layers = range(1, len(weights) + 1)
    return [weights[n - 1][kept[n]][:, np.concatenate([kept[source] for source in sources(n)])] for n in layers]


def _columns(
    layer: int, widths: Sequence[int], sources: Callable[[int], tuple[int, ...]]
) -> list[tuple[int, slice]]:
    """The layers that a layer reads, and the columns of its weights that do."""
    read = sources(layer)
    ends = np.cumsum([widths[source] for source in read]).tolist()
    return [(source, slice(end - widths[source], end)) for source, end in zip(read, ends, strict=True)]
