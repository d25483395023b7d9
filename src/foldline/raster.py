"""Raster: values on a lattice, and the function between them that samples of an image, a map or a signal stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Function = Callable[[Array], Array]  # (n, d_in) places to (n, d_out) values


def of_image(inputs: Array, targets: Array, meta: Mapping[str, Any]) -> Function | None:
    """Return the bicubic function through an image's pixels; None where the samples are not all of its pixels.

    meta     width and height, as ``read_image`` tells them
    source   Keys 1981, "Cubic convolution interpolation", by SciPy's cubic splines

    >>> square = np.array([[-0.5, 0.5], [0.5, 0.5], [-0.5, -0.5], [0.5, -0.5]])
    >>> grey = of_image(square, np.array([[0.0], [1.0], [0.0], [1.0]]), {"width": 2, "height": 2})
    >>> grey(square).ravel().round(6) + 0.0
    array([0., 1., 0., 1.])
    """
    width, height = int(meta.get("width", 0)), int(meta.get("height", 0))
    if width * height != len(inputs) or not len(inputs):
        return None
    table, longest = targets.reshape(height, width, -1), max(width, height)

    def values(places: Array) -> Array:
        column = (places[:, 0] * longest + width - 1) / 2
        row = (height - 1 - places[:, 1] * longest) / 2
        return _spline(table, row, column, order=3)

    return values


def of_map(inputs: Array, targets: Array, meta: Mapping[str, Any]) -> Function | None:
    """Return the bilinear function through a map's cells; a gap takes the value of the cell nearest to it."""
    rows, columns = int(meta.get("rows", 0)), int(meta.get("columns", 0))
    if rows * columns < len(inputs) or min(rows, columns) < 2 or not {"x", "y"} <= set(meta):
        return None
    (x0, x1), (y0, y1) = meta["x"], meta["y"]

    def place(points: Array) -> tuple[Array, Array]:
        return (points[:, 1] - y0) / (y1 - y0) * (rows - 1), (points[:, 0] - x0) / (x1 - x0) * (columns - 1)

    table = np.full((rows, columns, targets.shape[1]), np.nan)
    at = tuple(np.rint(part).astype(np.int64) for part in place(inputs))
    table[at] = targets
    filled = _filled(table)
    return lambda points: _spline(filled, *place(points), order=1)


def of_series(inputs: Array, targets: Array, meta: Mapping[str, Any]) -> Function | None:
    """Return the function that joins a signal's values by straight lines.

    >>> of_series(np.array([[0.0], [2.0]]), np.array([[1.0], [3.0]]), {})(np.array([[1.0]]))
    array([[2.]])
    """
    order = np.argsort(inputs[:, 0], kind="stable")
    times, values = inputs[order, 0], targets[order]
    return lambda points: np.stack([np.interp(points[:, 0], times, column) for column in values.T], axis=1)


def _spline(table: Array, row: Array, column: Array, *, order: int) -> Array:
    from scipy.ndimage import map_coordinates

    channels = [
        map_coordinates(table[..., c], [row, column], order=order, mode="nearest") for c in range(table.shape[2])
    ]
    return np.stack(channels, axis=1)


def _filled(table: Array) -> Array:
    from scipy.ndimage import distance_transform_edt

    gaps = np.isnan(table).any(axis=2)
    if not gaps.any():
        return table
    nearest = distance_transform_edt(gaps, return_distances=False, return_indices=True)
    filled: Array = table[tuple(nearest)]
    return filled
