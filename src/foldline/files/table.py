"""Tables of numbers in CSV files."""

from __future__ import annotations

import csv
import difflib
import gzip
import io
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import FileError, InputError
from ..samples import Samples
from .source import opened

Array = NDArray[np.float64]

MAX_BYTES = 2**30  # larger tables are read only with max_rows: one gigabyte of text takes about ten of memory here
LARGEST = 1e150  # its square still is a float64, so that no loss overflows
MISSING = ("", "na", "n/a", "nan", "null", "none", "?")
DELIMITERS = (";", "\t", "|", ",")
MARKS = ((b"\xff\xfe", "FF FE"), (b"\xfe\xff", "FE FF"))


def read_table(
    path: Path,
    *,
    target: str | int | None = None,
    sep: str | None = None,
    decimal: str = ".",
    max_rows: int | None = None,
    classification: bool | None = None,
    missing: str = "refuse",
) -> Samples:
    """Return a table's rows: its numeric columns are the inputs, one column is the target.

    target          name or number (from 0) of the target column; the last one if not given
    sep             what separates columns; "," (a tab for .tsv) if not given
    decimal         "." or ","
    max_rows        read no more rows; needed above MAX_BYTES
    classification  whether the target's values are classes; a target of text always is, one of numbers only if asked
    missing         "refuse" a table with empty cells, or "drop" their rows (then listed in ``meta``)
    returns         text columns other than the target are left out and listed in ``meta["ignored"]``, as are
                    constant columns, kept, in ``meta["constant"]``; rows count from 0 after the header
    raises          InputError with row, column and value of the first cell that is no usable number
    """
    sep = sep or ("\t" if ".tsv" in path.name.lower() else ",")
    rows, first_line = _rows(path, sep, max_rows)
    names, rows, first_line, classes = _header(path, rows, first_line, decimal)
    if not rows:
        raise InputError(f"{path.name}: a table needs rows of numbers; got 0 rows. Add some below the header.")
    _check_shape(path, names, rows, first_line)
    if len(names) == 1:
        _one_column(path, names[0], sep)
    at = _target(path, names, target)
    meta: dict[str, Any] = {"source": path.name, "target": names[at]}
    used = [names[at], *(name for name in names if name != names[at])]
    columns = {name: [row[i].strip() for row in rows] for i, name in enumerate(names)}
    numeric = {name for name in used if _is_numeric(path, name, columns[name], decimal)}
    inputs = [name for name in names if name in numeric and name != names[at]]
    ignored = [name for name in names if name not in numeric and name != names[at]]
    if not inputs:
        raise InputError(
            f"{path.name}: a table needs numeric columns beside the target {names[at]!r}; got none. Add one."
        )
    if ignored:
        meta["ignored"] = ignored
    kept = _kept(path, rows, {name: columns[name] for name in (*inputs, names[at])}, missing, meta)
    X = np.stack([_column(path, n, columns[n], kept, decimal, "X", first_line) for n in inputs], axis=1)
    constant = [name for name, column in zip(inputs, X.T, strict=True) if np.all(column == column[0])]
    if constant:
        meta["constant"] = constant
    if names[at] in numeric and not classification and not classes:
        y = _column(path, names[at], columns[names[at]], kept, decimal, "y", first_line)
        return Samples(X, y[:, None], "regression", tuple(inputs), meta=meta)
    if classification is False:
        row = next(i for i in kept if _number(columns[names[at]][i], decimal) is None)
        raise _not_a_number(path, "y", row, first_line, names[at], columns[names[at]][row])
    return _classification(path, X, [columns[names[at]][i] for i in kept], tuple(inputs), classes, meta)


def _classification(
    path: Path, X: Array, values: Sequence[str], names: tuple[str, ...], classes: Sequence[str], meta: dict[str, Any]
) -> Samples:
    found = sorted(set(values), key=_order)
    if len(found) < 2:
        raise InputError(
            f"{path.name}: a classification needs >= 2 classes, got {{{', '.join(found)}}}. Choose another target."
        )
    number = {value: i for i, value in enumerate(found)}
    y = np.array([[number[value]] for value in values], dtype=np.float64)
    if classes and found == [str(i) for i in range(len(classes))]:
        found = list(classes)
    return Samples(X, y, "classification", names, tuple(found), meta)


def _order(text: str) -> tuple[bool, float, str]:
    number = _number(text, ".")
    return (number is None, number or 0.0, text)


def _rows(path: Path, sep: str, max_rows: int | None) -> tuple[list[list[str]], int]:
    """The cells of every filled line."""
    if len(sep) != 1:
        raise InputError(f"{path.name}: a table needs one character as --sep; got {sep!r}. Give a comma or semicolon.")
    if max_rows is not None and max_rows < 1:
        raise InputError(f"{path.name}: a table needs max_rows of 1 or more; got {max_rows}. Leave it out for all.")
    text = _text(path, max_rows)
    try:
        rows, stop = [], None if max_rows is None else max_rows + 1
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=sep, strict=True):
            if any(cell.strip() for cell in row):
                rows.append(row)
            if len(rows) == stop:
                break
    except csv.Error as error:
        raise InputError(
            f"{path.name} line {len(rows) + 1}: a table needs CSV text; got {error}. Check the quotes."
        ) from None
    if not rows:
        raise InputError(f"{path.name}: a table needs rows of numbers; got 0 rows. It is empty.")
    return rows, 1


def _text(path: Path, max_rows: int | None) -> str:
    packed = path.suffix.lower() == ".gz"
    try:
        with opened(path) as raw, gzip.open(raw, "rb") if packed else raw as file:
            data = file.read(MAX_BYTES + 1)
    except FileError:
        raise
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path.name}: a .gz table needs a whole gzip file; got {error}. Copy it again.") from None
    if len(data) > MAX_BYTES:
        if max_rows is None:
            raise InputError(
                f"{path.name}: a table needs at most {MAX_BYTES} bytes; it has more. Give --max-rows to read a part."
            )
        data = data[: data.rfind(b"\n") + 1]
    for mark, shown in MARKS:
        if data.startswith(mark):
            raise InputError(
                f"{path.name}: a table needs UTF-8 text; got UTF-16: not UTF-8 (BOM {shown}). Save it as UTF-8."
            )
    if b"\0" in data:
        raise InputError(f"{path.name}: a table needs text; got a NUL byte at offset {data.index(0)}. Is it binary?")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name}: a table needs UTF-8 text; got byte {data[error.start]:02X} at offset {error.start}: "
            "not UTF-8. Save it as UTF-8."
        ) from None


def _header(
    path: Path, rows: list[list[str]], first_line: int, decimal: str
) -> tuple[list[str], list[list[str]], int, list[str]]:
    """Column names, the rows below, their first line, and the class names of scikit-learn's headers."""
    head, below = [cell.strip() for cell in rows[0]], rows[1:]
    if len(head) > 3 and head[:2] == [str(len(below)), str(len(below[0]) - 1 if below else 0)]:
        return [*(f"x{i}" for i in range(len(below[0]) - 1)), "class"], below, first_line + 1, head[2:]
    if all(_number(cell, decimal) is not None for cell in head):
        return [f"x{i}" for i in range(len(head))], rows, first_line, []
    names = [name or f"x{i}" for i, name in enumerate(head)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"{path.name}: a table needs each column name once; got {', '.join(twice)} twice. Rename them."
        )
    return names, below, first_line + 1, []


def _check_shape(path: Path, names: Sequence[str], rows: Sequence[Sequence[str]], first_line: int) -> None:
    for i, row in enumerate(rows):
        if len(row) != len(names):
            raise InputError(
                f"{path.name} line {first_line + i}: a table needs rows of one length; expected {len(names)} cells, "
                f"got {len(row)}. Check the separators."
            )


def _one_column(path: Path, name: str, sep: str) -> None:
    other = next((d for d in DELIMITERS if d != sep and d in name), None)
    hint = f"delimiter {other!r}? use --sep {other!r}" if other else "add a column of inputs"
    raise InputError(f"{path.name}: a table needs inputs and a target; found 1 column ({name!r}); {hint}.")


def _target(path: Path, names: Sequence[str], target: str | int | None) -> int:
    if target is None:
        return len(names) - 1
    if isinstance(target, int) and -len(names) <= target < len(names):
        return target % len(names)
    if target in names:
        return list(names).index(str(target))
    close = difflib.get_close_matches(str(target), names, 1)
    hint = f"Did you mean {close[0]!r}?" if close else "Choose one of them."
    raise InputError(f"{path.name}: a table needs its target column; got {target!r}, not in {', '.join(names)}. {hint}")


def _is_numeric(path: Path, name: str, cells: Sequence[str], decimal: str) -> bool:
    """Whether most filled cells are numbers."""
    filled = [cell for cell in cells if cell.lower() not in MISSING]
    numbers = sum(_number(cell, decimal) is not None for cell in filled)
    if 2 * numbers > len(filled) or not filled:
        return True
    commas = [cell for cell in filled if _number(cell, ",") is not None]
    if decimal == "." and 2 * len(commas) > len(filled):
        with_comma = next(cell for cell in commas if "," in cell)
        raise InputError(f"{path.name}: column {name}: {with_comma} not a number; --decimal , (decimal=',') reads it.")
    return False


def _number(cell: str, decimal: str) -> float | None:
    if "_" in cell or (decimal != "." and "." in cell):
        return None
    try:
        return float(cell.replace(decimal, "."))
    except ValueError:
        return None


def _kept(
    path: Path, rows: Sequence[object], columns: dict[str, list[str]], missing: str, meta: dict[str, Any]
) -> list[int]:
    """Which rows are used."""
    if missing not in ("refuse", "drop"):
        raise InputError(f"{path.name}: a table needs missing='refuse' or 'drop'; got {missing!r}. Choose one.")
    if missing == "refuse":
        return list(range(len(rows)))
    dropped = sorted({i for cells in columns.values() for i, cell in enumerate(cells) if cell.lower() in MISSING})
    if dropped:
        meta["dropped_rows"] = dropped
    gone = set(dropped)
    kept = [i for i in range(len(rows)) if i not in gone]
    if not kept:
        raise InputError(f"{path.name}: a table needs rows without empty cells; got 0 rows. Fill some in.")
    return kept


def _column(
    path: Path, name: str, cells: Sequence[str], kept: Sequence[int], decimal: str, what: str, first_line: int
) -> Array:
    out = np.empty(len(kept))
    for at, row in enumerate(kept):
        cell = cells[row]
        value = float("nan") if cell.lower() in MISSING else _number(cell, decimal)
        if value is None:
            raise _not_a_number(path, what, row, first_line, name, cell)
        if not abs(value) <= LARGEST:
            raise _unusable(path, what, row, first_line, name, value)
        out[at] = value
    return out


def _not_a_number(path: Path, what: str, row: int, first_line: int, name: str, cell: str) -> InputError:
    return InputError(
        f"{path.name}: a table needs numbers; got {what} row {row}, column {name!r}: {cell!r} "
        f"(line {first_line + row}). Correct the cell, or the --decimal mark."
    )


def _unusable(path: Path, what: str, row: int, first_line: int, name: str, value: float) -> InputError:
    where = f"{what} row {row}, column {name!r} is"
    if not np.isfinite(value):
        shown = "NaN" if np.isnan(value) else "inf" if value > 0 else "-inf"
        return InputError(
            f"{path.name}: a table needs finite numbers; {where} {shown} (line {first_line + row}); drop or impute "
            "(missing='drop' leaves rows with empty cells out)."
        )
    return InputError(
        f"{path.name}: a table needs |x| <= {LARGEST:g}; {where} {value:g}: would overflow. Scale the column."
    )
