"""Columns: what callers have (arrays, lists, tensors, tables of pandas or polars) as numbers, names and classes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import InputError

Array = NDArray[np.float64]


def table_of(who: str, what: str, values: object) -> tuple[Array, tuple[str, ...]]:
    """Return values as (n, d) numbers, and the names of the columns where they have some.

    who, what   ask, and for what, for messages
    raises      InputError naming the first entry that is no number, or what was given instead of a table

    >>> table_of("fit", "X", [[1, 2], [3, 4]])[0].shape
    (2, 2)
    """
    raw = numbers_of(who, what, values)
    table = raw[:, None] if raw.ndim == 1 else raw
    if table.ndim != 2:
        raise InputError(f"{who} needs {what} as a table, (rows, columns); got shape {raw.shape}. Give rows.")
    return table, names_of(values)


def numbers_of(who: str, what: str, values: object) -> Array:
    """Return values as float64, in their own shape.

    raises   InputError naming the first entry that is no number, or what was given instead of a table

    >>> numbers_of("fit", "X", ["1.5", 2])
    array([1.5, 2. ])
    """
    raw = plain(who, what, values)
    if raw.dtype.kind in "fiub":  # what nobody can write is not copied: a picture's samples may be half a gigabyte
        return raw.astype(np.float64, copy=raw.flags.writeable)
    entries = [_number(who, what, value, at, names_of(values)) for at, value in np.ndenumerate(raw)]
    return np.array(entries, dtype=np.float64).reshape(raw.shape)


def classes_of(who: str, y: object) -> tuple[NDArray[np.intp], tuple[str, ...]] | None:
    """Return class numbers and class names where targets are texts or truth values; None where they are numbers.

    >>> classes_of("fit", ["red", "blue", "red"])
    (array([1, 0, 1]), ('blue', 'red'))
    """
    raw = plain(who, "y", y)
    raw = raw[:, 0] if raw.ndim == 2 and raw.shape[1] == 1 else raw
    if raw.ndim != 1 or raw.dtype.kind not in "bOSU":
        return None
    missing = [row for row, value in enumerate(raw.tolist()) if value is None or value != value]
    texts = [isinstance(value, str | bytes | bool | np.bool_) for value in raw.tolist()]
    if not any(texts):
        return None
    if missing:
        raise InputError(f"{who} needs a target in every row; y row {missing[0]} is missing. Drop the row or impute.")
    if not all(texts):
        row = texts.index(False)
        raise InputError(f"{who} needs targets of one kind; y row {row} is {raw[row]!r} among texts. Correct it.")
    return numbered([str(value) for value in raw.tolist()])


def numbered(labels: Sequence[str]) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Return the number of each label among the sorted ones, and those."""
    names, numbers = np.unique(np.array(labels, dtype=str), return_inverse=True)
    return numbers.reshape(-1), tuple(names.tolist())


def numbered_values(values: Array) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Return the number of each value among the sorted ones, and those as names.

    >>> numbered_values(np.array([2.0, -1.0, 2.0]))
    (array([1, 0, 1]), ('-1', '2'))
    """
    found, numbers = np.unique(values, return_inverse=True)
    return numbers.reshape(-1), tuple(f"{value:.17g}" for value in found.tolist())


def plain(who: str, what: str, values: object) -> NDArray[Any]:
    """Return values as an array of whatever they hold.

    raises   InputError for a file name, dates, complex numbers, and what is no table
    """
    if isinstance(values, str | bytes | Path):
        shown = values.decode(errors="replace") if isinstance(values, bytes) else str(values)
        raise InputError(
            f"{who} needs {what} as numbers; got the text {shown!r}. If it names a file, read it: "
            f"foldline.read({shown!r})."
        )
    try:
        if hasattr(values, "detach"):  # a tensor that PyTorch follows
            values = values.detach()
        raw = np.asarray(values.to_numpy() if hasattr(values, "to_numpy") else values)
    except Exception as error:  # whatever a stranger's conversion raises
        raise _no_table(who, what, values, f" ({str(error).splitlines()[0]})" if str(error) else "") from error
    if raw.dtype.kind in "US" and isinstance(values, list | tuple):
        raw = np.array(values, dtype=object)  # numbers among texts stay numbers
    if raw.ndim == 0 or raw.dtype.kind not in "fiubOSUMmc":
        raise _no_table(who, what, values, "")
    if raw.dtype.kind in "Mmc":
        kind = "complex numbers" if raw.dtype.kind == "c" else "dates"
        raise InputError(f"{who} needs {what} as real numbers; got {kind}. Turn them into numbers first.")
    return raw


def names_of(values: object) -> tuple[str, ...]:
    """Return the names of a table's columns; empty where they are numbers or there are none."""
    names = getattr(values, "columns", None)
    if names is None or callable(names):
        return ()
    names = list(names)
    return tuple(names) if all(isinstance(name, str) for name in names) else ()


def _number(who: str, what: str, value: object, at: tuple[int, ...], names: Sequence[str]) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        column = at[1] if len(at) > 1 else 0
        name = repr(names[column]) if names else str(column)
        missing = value is None or str(value) in ("<NA>", "NaT")
        does = "missing; drop or impute" if missing else f"{value!r}; encode it as a number"
        raise InputError(f"{who} needs numbers; {what} row {at[0]}, column {name} is {does}.") from None


def _no_table(who: str, what: str, values: object, more: str) -> InputError:
    return InputError(
        f"{who} needs {what} as a table of numbers; got a {type(values).__name__}{more}. Give an array, or rows of one "
        "length."
    )
