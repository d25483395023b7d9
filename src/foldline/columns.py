"""Columns: what callers have (arrays, lists, tensors, tables of pandas or polars) as numbers, names and classes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .dates import DAYS, DAYS_UTC, LENGTH, moment_of, orders
from .errors import InputError

Array = NDArray[np.float64]

CODES = frozenset((-32768.0, -2147483648.0, 2147483647.0))  # the ends of integers, as programs write what is missing
NINES = re.compile(r"-?99+|-?999+\.[09]+")
LARGEST = 1e150  # of a number: its square still is a float64, so that no loss or deviation overflows
HUGE = 1e20  # from there on a number that is there again and again stands for none


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
    """Return values as float64, in their own shape; dates are numbers, see ``dated``.

    raises   InputError naming the first entry that is no number, or what was given instead of a table

    >>> numbers_of("fit", "X", ["1.5", 2])
    array([1.5, 2. ])
    """
    raw = plain(who, what, dated(who, what, values)[0])
    if raw.dtype.kind in "fiub":  # what nobody can write is not copied: a picture's samples may be half a gigabyte
        return raw.astype(np.float64, copy=raw.flags.writeable)
    entries = [_number(who, what, value, at, names_of(values)) for at, value in np.ndenumerate(raw)]
    return np.array(entries, dtype=np.float64).reshape(raw.shape)


def array_of(who: str, what: str, values: object) -> Array:
    """Return a new array of float64 of values in their own shape.

    raises   InputError as ``numbers_of`` does

    >>> array_of("Box", "lo", [0, 1])
    array([0., 1.])
    """
    try:
        if getattr(getattr(values, "dtype", None), "kind", "") != "c":  # the imaginary part would go with a warning
            return np.array(np.asarray(values, dtype=np.float64))  # tensors warn where they are to copy
    except (TypeError, ValueError, RuntimeError):
        pass
    return np.array(numbers_of(who, what, values))


def number_of(who: str, what: str, value: object) -> float:
    """Return a number that is none of text.

    raises   InputError

    >>> number_of("surface", "a level", 2)
    2.0
    """
    if isinstance(value, str | bytes) or getattr(value, "ndim", 0) != 0 or not hasattr(value, "__float__"):
        raise InputError(f"{who} needs {what} as a number; got {value!r:.60}. Write one number.")
    return float(value)


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

    raises   InputError for a file name, complex numbers, and what is no table
    """
    if isinstance(values, str | bytes | Path):
        shown = values.decode(errors="replace") if isinstance(values, bytes) else str(values)
        raise InputError(
            f"{who} needs {what} as numbers; got the text {shown!r}. If it names a file, read it: "
            f"foldline.read({shown!r})."
        )
    try:
        if hasattr(values, "detach"):  # a tensor that PyTorch follows
            tensor: Any = values.detach().cpu()
            values = tensor.double() if str(tensor.dtype) == "torch.bfloat16" else tensor
        raw = np.asarray(values.to_numpy() if hasattr(values, "to_numpy") else values)
    except Exception as error:  # whatever a stranger's conversion raises
        raise _no_table(who, what, values, f" ({str(error).splitlines()[0]})" if str(error) else "") from error
    if raw.dtype.kind in "US" and isinstance(values, list | tuple):
        raw = np.array(values, dtype=object)  # numbers among texts stay numbers
    if raw.ndim == 0 or raw.dtype.kind not in "fiubOSUMmc":
        raise _no_table(who, what, values, "")
    if raw.dtype.kind == "c":
        raise InputError(f"{who} needs {what} as real numbers; got complex numbers. Turn them into numbers first.")
    return raw


def dated(who: str, what: str, values: Any) -> tuple[Any, list[str]]:
    """Return values with numbers for dates and times, and in words what was read as what.

    values   anything; what holds no dates is given back as it is, a table of pandas or polars stays one
    returns  days since 1970-01-01, in UTC where there is a zone; hours since midnight of times, days of lengths
    raises   InputError where a column has dates of two kinds

    >>> dated("fit", "X", np.array([["1970-01-02T12"]], dtype="M8[h]"))
    (array([[1.5]]), ['column 0: 1970-01-02T12 is read as 1.5 days since 1970-01-01, and so on'])
    """
    names, said = names_of(values), []
    columns = _columns(values)
    for k, column in enumerate(columns):
        name = repr(names[k]) if names else str(k)
        if (found := _moments(f"{who} needs {what} of one kind; column {name}", column)) is not None:
            numbers, unit, first = found
            values = _with_column(values, k, numbers, len(columns))
            said.append(f"column {name}: {first} is read as {numbers[np.isfinite(numbers)][0]:.15g} {unit}, and so on")
    return values, said


def inputs_of(who: str, x: Any) -> Array:
    """Return inputs as float64, in their own shape: one, whose numbers and dates stand side by side, or a table.

    >>> from datetime import date
    >>> inputs_of("network", [date(1970, 1, 2), 5]), inputs_of("network", [[1, 2]])
    (array([1., 5.]), array([[1., 2.]]))
    """
    try:
        raw = np.asarray(x) if isinstance(x, list | tuple) else x
        if getattr(raw, "ndim", 0) == 1 and getattr(raw.dtype, "kind", "") == "O":
            return np.array([entry if (said := moment_of(entry)) is None else said.value for entry in raw], np.float64)
        is_plain = isinstance(raw, np.ndarray) and raw.dtype.kind in "fiub"
        if getattr(getattr(raw, "dtype", None), "kind", "") != "c":
            return np.asarray(raw if is_plain else dated(who, "inputs", raw)[0], dtype=np.float64)
    except (TypeError, ValueError, RuntimeError):
        pass
    return numbers_of(who, "inputs", x)


def _columns(values: Any) -> list[Any]:
    """The columns that may hold dates, or nothing."""
    if hasattr(values, "iloc") and getattr(values, "ndim", 0) == 2:
        return [values.iloc[:, k] for k in range(values.shape[1])]
    if hasattr(values, "get_columns"):
        return list(values.get_columns())
    if isinstance(values, str | bytes | Path) or hasattr(values, "detach"):
        return []
    try:
        raw = values if hasattr(values, "dtype") else np.asarray(values)
    except Exception:  # whatever a stranger's conversion raises: it is told where numbers are asked for
        return []
    if getattr(raw, "ndim", 1) == 2 and getattr(raw.dtype, "kind", "") in "MmO":
        return list(raw.T)
    return [raw] if getattr(raw, "ndim", 1) == 1 else []


def _moments(who: str, column: Any) -> tuple[Array, str, object] | None:
    """The numbers of a column of dates or times, their unit and the first of them; None where it holds none."""
    if getattr(column.dtype, "kind", "M") not in "MmO":
        return None
    raw = np.asarray(column)
    if raw.dtype.kind not in "MmO" or raw.ndim != 1:
        return None
    if raw.dtype.kind == "O":
        first = next((value for value in raw if not _is_missing(value)), None)
        return None if moment_of(first) is None else _objects(who, raw)
    there = raw[~np.isnat(raw)]
    if not len(there):
        return None
    zone = getattr(column.dtype, "time_zone", None)
    if raw.dtype.kind == "m":
        return raw / np.timedelta64(1, "D"), LENGTH, there[0]
    whole = raw.astype("M8[D]")
    days = (whole - np.datetime64(0, "D")) / np.timedelta64(1, "D") + (raw - whole) / np.timedelta64(1, "D")
    return days, DAYS_UTC if zone else DAYS, there[0]


def _objects(who: str, raw: NDArray[Any]) -> tuple[Array, str, object]:
    """The numbers of dates or times that are objects."""
    found = [None if _is_missing(value) else moment_of(value) for value in raw]
    kept = [(value, moment) for value, moment in zip(raw, found, strict=True) if not _is_missing(value)]
    first, unit = kept[0][0], kept[0][1].unit if kept[0][1] else ""
    for value, moment in kept:
        if moment is None or moment.unit != unit:
            raise InputError(f"{who} has {first!s} and {value!s}. Make them one kind.")
    return np.array([np.nan if moment is None else moment.value for moment in found]), unit, first


def for_text(text: str) -> str:
    """Return what is to be done with a text among numbers."""
    return "make a date of it, as pandas.to_datetime does, or a number" if orders(text) else "encode it as a number"


def _is_missing(value: Any) -> bool:
    return value is None or str(value) in ("NaT", "<NA>", "nan")


def _with_column(values: Any, k: int, numbers: Array, n: int) -> Any:
    """A copy of a table with other numbers in one column."""
    if hasattr(values, "isetitem"):
        values = values.copy()
        values.isetitem(k, numbers)
        return values
    if hasattr(values, "replace_column"):
        column = values.get_columns()[k]
        return values.clone().replace_column(k, type(column)(column.name, numbers))
    if n == 1 and np.ndim(values) == 1:
        return numbers
    table = np.array(values, dtype=object)
    if table.shape[1] == 1:
        return numbers[:, None]
    table[:, k] = numbers
    return table


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
        does = "missing; drop or impute" if _is_missing(value) else f"{value!r}; encode it as a number"
        does = f"{value!r}; {for_text(value)}" if isinstance(value, str) else does
        raise InputError(f"{who} needs numbers; {what} row {at[0]}, column {name} is {does}.") from None


def _no_table(who: str, what: str, values: object, more: str) -> InputError:
    return InputError(
        f"{who} needs {what} as a table of numbers; got a {type(values).__name__}{more}. Give an array, or rows of one "
        "length."
    )


def stands_for_none(column: Array) -> tuple[float, str] | None:
    """Return a value that may mean that none was measured, and what is said of it; None where there is none.

    It is there twice or more, is made of nines, the end of an integer's range or beyond HUGE, and lies farther from all
    other values than they lie from each other.

    >>> stands_for_none(np.array([1.0, -999, 3, -999]))[0], stands_for_none(np.array([99.0, 99, 98]))
    (-999.0, None)
    """
    for end in (float(column.min()), float(column.max())) if len(column) else ():
        if not _is_code(end):
            continue
        others = column[column != end]
        n = len(column) - len(others)
        if n < 2 or not len(others):
            continue
        low, high = float(others.min()), float(others.max())
        if (low - end if end < low else end - high) > max(high - low, abs(end) / 2):
            far = f"far from its other values ({low:g} to {high:g})"
            return end, f"{end:.15g} in {n:,} rows, {far}: if it means that there is none"
    return None


def _is_code(value: float) -> bool:
    return value in CODES or abs(value) >= HUGE or bool(NINES.fullmatch(f"{value:.15g}"))
