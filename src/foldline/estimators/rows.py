"""Rows as an estimator is given them: inputs, targets and weights checked, equal rows merged."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils._missing import is_pandas_na, is_scalar_nan
from sklearn.utils.validation import _check_sample_weight

from ..errors import InputError
from ..fit.scaling import Scaling, moments

Array = NDArray[np.float64]


def used(X: Array, Y: Array, weight: Array) -> tuple[Array, Array, Array]:
    """The rows whose weight is not 0."""
    kept = weight > 0
    return X[kept], Y[kept], weight[kept]


def merged(X: Array, Y: Array, weight: Array) -> tuple[Array, Array, Array]:
    """The distinct rows in the order of their bytes, the weights of equal ones added."""
    X, Y, weight = used(X, Y, weight)
    rows = np.hstack([Y, X]) + 0.0  # -0 and 0 are equal, and must be so bit for bit
    order = np.argsort(rows.view(np.dtype((np.void, rows.itemsize * rows.shape[1]))).ravel(), kind="stable")
    rows = rows[order]
    firsts = np.flatnonzero(np.append(True, (rows[1:] != rows[:-1]).any(axis=1)))
    total: Array = np.add.reduceat(weight[order], firsts)
    rows = rows[firsts]
    return np.ascontiguousarray(rows[:, Y.shape[1] :]), np.ascontiguousarray(rows[:, : Y.shape[1]]), total


def text_entry(X: ArrayLike) -> tuple[int, str, str] | None:
    """The row, the column's name and the text of the first entry that is a text and no number."""
    table = np.asarray(X, dtype=object)
    names = [repr(str(name)) for name in X.columns] if hasattr(X, "columns") else range(table.shape[-1])
    for row, entries in enumerate(table if table.ndim == 2 else ()):
        for name, value in zip(names, entries, strict=True):
            if isinstance(value, str) and not _is_number(value):
                return row, str(name), value
    return None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def check_targets(y: ArrayLike) -> None:
    """Refuse targets with a value missing or infinite, by row."""
    targets = np.asarray(y)
    if targets.dtype.kind == "f":
        missing = np.isnan(targets)
        endless = np.argwhere(np.isinf(targets))
        if len(endless):
            raise InputError(f"y row {int(endless[0][0])} is {targets[tuple(endless[0])]}; drop the row or correct it.")
    elif targets.dtype.kind == "O" and targets.ndim:
        missing = np.array([value is None or is_pandas_na(value) or is_scalar_nan(value) for value in targets.ravel()])
        missing = missing.reshape(targets.shape)
    else:
        return
    if missing.any():
        raise InputError(f"y row {int(np.argwhere(missing)[0][0])} is missing; drop the row or impute.")


def check_no_texts(y: ArrayLike) -> None:
    """Refuse targets that are texts and no numbers, by row."""
    targets = np.asarray(y)
    for row, value in enumerate(targets if targets.dtype.kind in "OSU" and targets.ndim else ()):
        for text in np.ravel(value):
            if isinstance(text, str) and not _is_number(text):
                raise InputError(f"y row {row} is {str(text)!r}; encode it as a number, or take a classifier.")


def row_weights(sample_weight: ArrayLike | None, X: Array) -> Array:
    given = np.asarray(1.0 if sample_weight is None else sample_weight)
    if given.dtype.kind == "f" and given.ndim == 1 and not np.isfinite(given).all():
        row = int(np.argmin(np.isfinite(given)))
        raise InputError(f"sample_weight row {row} is {given[row]}; give a number of 0 or more.")
    weight: Array = _check_sample_weight(sample_weight, X, dtype=np.float64)
    if np.any(weight < 0):
        raise InputError(f"sample_weight needs weights of 0 or more; got {weight.min():g}.")
    return weight


def weighted_scaling(X: Array, Y: Array, weight: Array, *, scale_targets: bool) -> Scaling:
    """The scaling in which the weighted rows have mean 0 and variance 1."""
    x_mean, x_scale = moments(X, weight)
    if scale_targets:
        return Scaling(x_mean, x_scale, *moments(Y, weight))
    return Scaling(x_mean, x_scale, np.zeros(1), np.ones(1))
