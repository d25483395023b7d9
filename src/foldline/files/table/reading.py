"""Tables in CSV files -> samples: which columns are inputs, what is left out, and the numbers of every cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...samples import Samples
from ...text import short
from .cells import MISSING_TEXT
from .columns import CATEGORIES, Column, blocks, numbers
from .looked import Part, Table, about_units, count, looked_at
from .odd import odd_cell
from .options import TableOptions, named
from .sheet import check_size, read_sheet
from .target import goal, numbered, target_of

Array = NDArray[np.float64]

WHOLE = 2.0**53  # from there on not every whole number is a float64
LARGEST = 1e150  # its square still is a float64, so that no loss overflows


def read_table(path: str | Path, **keywords: Any) -> Samples:
    """Return a table's rows: one column is the target, the others are the inputs.

    keywords  the fields of ``TableOptions``
    returns   inputs are the columns of numbers and, for each column of up to CATEGORIES texts, one column a text, 1
              where it stands and 0 elsewhere (``meta["categories"]``).  ``meta["findings"]`` says in words what was
              taken for granted: what the target is and why, what was left out (``meta["ignored"]``), encoded,
              dropped (``meta["dropped_rows"]``), or is constant (``meta["constant"]``).  Rows count from 0
    raises    InputError with row, column, line and value of the first cell that cannot be used, and the option that
              reads it if there is one
    cost      two passes over the text; memory for the text and 8 bytes a number, at most ``max_bytes`` together
    """
    options, path = TableOptions(**keywords), Path(path)
    most = options.max_bytes
    sheet = read_sheet(path, sep=options.sep, encoding=options.encoding, most=most, part=options.max_rows is not None)
    table = looked_at(sheet, options)
    at = target_of(table)
    parts, ignored = _inputs(table, at)
    aim, classes = goal(table, at)
    if options.missing == "refuse":
        _check_filled(table, parts, aim)
    check_size(sheet, most, table.n, sum(len(part.names) for part in parts) + 1)
    X, y, dropped = _arrays(table, parts, aim)
    names = tuple(name for part in parts for name in part.names)
    meta = {
        "source": table.name, "target": table.names[at], "ignored": ignored,
        "categories": {part.name: list(part.texts) for part in parts if part.texts},
        "constant": _constant(table, names, X), "dropped_rows": dropped,
    }  # fmt: skip
    if classes:
        y, classes = numbered(table, y, aim, classes)
    elif np.all(y == y[0]):
        table.found.append(f"the target {table.names[at]!r} is always {y[0, 0]:g}")
    X.setflags(write=False)
    y.setflags(write=False)
    found = {"findings": table.found, **{key: value for key, value in meta.items() if value}}
    return Samples(X, y, "classification" if classes else "regression", names, classes, found)


# What ``read_table`` takes besides the path is said once, by the fields of TableOptions.
read_table.__signature__ = signature(TableOptions).replace(  # type: ignore[attr-defined]
    parameters=[
        Parameter("path", Parameter.POSITIONAL_OR_KEYWORD),
        *(one.replace(kind=Parameter.KEYWORD_ONLY) for one in signature(TableOptions).parameters.values()),
    ]
)


def _inputs(table: Table, target: int) -> tuple[list[Part], list[str]]:
    """The columns that are used, and the names of those that are not."""
    ignored = {named(table.names, name, "ignored"): "as --ignore says" for name in table.options.ignore}
    parts: dict[int, Part] = {}
    for at, (name, column) in enumerate(zip(table.names, table.columns, strict=True)):
        if at == target or at in ignored:
            continue
        if column.filled + column.nones == 0:
            ignored[at] = "0 rows have a value in it"
        elif column.numeric:
            parts[at] = Part(at, name)
        elif column.odd:
            raise odd_cell(table, at, "X", column.odd)
        elif why := _useless(column, table.n):
            ignored[at] = why
        else:
            parts[at] = Part(at, name, tuple(sorted(column.texts or ())))
    table.found.extend(_about_inputs(table, list(parts.values()), ignored))
    if not parts:
        raise InputError(
            f"{table.name}: a table needs categories or numeric columns beside the target "
            f"{table.names[target]!r}; got none{_why(table, ignored)}. Add one."
        )
    names = [name for part in parts.values() for name in part.names]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise InputError(f"{table.name}: a table needs each column name once; got {twice[0]!r} twice. Rename one.")
    return list(parts.values()), [table.names[at] for at in sorted(ignored)]


def _useless(column: Column, n: int) -> str:
    """Why a column of text is left out, or nothing."""
    if column.texts is None:
        return f"it holds text, and more than {CATEGORIES} different ones"
    if len(column.texts) == 1:
        return f"every row says {short(next(iter(column.texts)), 30)!r}"
    return "it holds another text in every row" if len(column.texts) == n > 2 else ""


def _about_inputs(table: Table, parts: Sequence[Part], ignored: dict[int, str]) -> Iterator[str]:
    for part in parts:
        if part.texts:
            yield (
                f"column {part.name!r} holds text: one column of 0 and 1 for each of its {len(part.texts)} values "
                f"({short(', '.join(part.texts), 200)})"
            )
        else:
            yield from about_units(table, part.at)
    for at in sorted(ignored):
        yield f"column {table.names[at]!r} is left out: {ignored[at]}"


def _why(table: Table, ignored: dict[int, str]) -> str:
    return "".join(f"; {table.names[at]!r} is left out: {why}" for at, why in list(ignored.items())[:3])


def _check_filled(table: Table, parts: Sequence[Part], aim: Part) -> None:
    """Refuse the first empty cell of a column that is used."""
    for what, used in (("X", parts), ("y", [aim])):
        found = [(place, part) for part in used for place in _empty(table, part)]
        if found:
            (row, line), part = min(found, key=lambda one: one[0])
            raise InputError(
                f"{table.name}: a table needs finite numbers; {what} row {row}, column {part.name!r} is NaN "
                f"(line {line}); drop or impute: --missing drop (missing='drop') leaves out the rows with empty cells."
            )


def _empty(table: Table, part: Part) -> list[tuple[int, int]]:
    column = table.columns[part.at]
    return [place for place in (column.empty, None if part.texts else column.none) if place is not None]


def _arrays(table: Table, parts: Sequence[Part], aim: Part) -> tuple[Array, Array, list[int]]:
    """Inputs and targets of the rows that are used, and the rows that are not."""
    X, y = np.empty((table.n, sum(len(part.names) for part in parts))), np.empty((table.n, 1))
    kept, begin, dropped = 0, 0, []
    for lines, cells in blocks(table.rows(), len(table.names)):
        columns = list(zip(*cells, strict=True))
        inputs, targets = [_block(table, part, columns[part.at]) for part in parts], _codes(table, aim, columns)
        use = ~np.isnan(targets[:, 0]) & ~np.any([np.isnan(block).any(axis=1) for block in inputs], axis=0)
        dropped += (begin + np.flatnonzero(~use)).tolist()
        place = begin + np.flatnonzero(use), np.array(lines)[use]
        end, at = kept + int(use.sum()), 0
        for part, block in zip(parts, inputs, strict=True):
            X[kept:end, at : at + block.shape[1]] = _usable(table, part, "X", block[use], *place)
            at += block.shape[1]
        y[kept:end] = _usable(table, aim, "y", targets[use], *place)
        kept, begin = end, begin + len(lines)
    if not kept:
        raise InputError(f"{table.name}: a table needs rows without empty cells; got 0 rows. Fill some in.")
    if dropped:
        table.found.append(f"{count(len(dropped), 'row')} with empty cells dropped, {kept:,} left")
    return X[:kept], y[:kept], dropped


def _block(table: Table, part: Part, cells: Sequence[str]) -> Array:
    """The numbers of some cells of an input, NaN where they are empty."""
    if not part.texts:
        return numbers(cells, table.reading).reshape(-1, 1)
    codes = _texts(part, cells)
    block: Array = (codes[:, None] == np.arange(len(part.texts))).astype(np.float64)
    block[np.isnan(codes)] = np.nan
    return block


def _codes(table: Table, aim: Part, columns: Sequence[Sequence[str]]) -> Array:
    cells = columns[aim.at]
    values: Array = _texts(aim, cells) if aim.texts else numbers(cells, table.reading)
    return values.reshape(-1, 1)


def _texts(part: Part, cells: Sequence[str]) -> Array:
    """The place of each text, NaN for an empty cell."""
    place = {text: float(i) for i, text in enumerate(part.texts)}
    return np.array([np.nan if cell.lower() in MISSING_TEXT else place[cell] for cell in cells])


def _usable(
    table: Table, part: Part, what: str, values: Array, row: NDArray[np.int64], line: NDArray[np.int64]
) -> Array:
    """The values, all of a size that does not overflow."""
    bad = np.flatnonzero(~(np.abs(values).max(axis=1) <= LARGEST))
    if not len(bad):
        return values
    i, value = bad[0], float(values[bad[0]].max())
    where = f"{what} row {row[i]}, column {part.name!r} is {value:g}"
    if not np.isfinite(value):
        raise InputError(f"{table.name}: a table needs finite numbers; {where} (line {line[i]}). Correct the cell.")
    raise InputError(
        f"{table.name}: a table needs |x| <= {LARGEST:g}; {where}: would overflow. Scale the column (line {line[i]})."
    )


def _constant(table: Table, names: Sequence[str], X: Array) -> list[str]:
    """The inputs that say nothing, and a word about those that only count."""
    constant = [name for name, column in zip(names, X.T, strict=True) if np.all(column == column[0])]
    if constant:
        shown = ", ".join(f"{name!r} ({X[0, names.index(name)]:g})" for name in constant[:8])
        table.found.append(f"{count(len(constant), 'input')} constant, kept: {shown}{', ...' * (len(constant) > 8)}")
    for name, column in zip(names, X.T, strict=True):
        table.found.extend(f"column {name!r} {said}" for said in _remarks(name, column))
    return constant


def _remarks(name: str, column: Array) -> Iterator[str]:
    """What the numbers of an input may be besides measurements."""
    first = column[0]
    if len(column) > 3 and first in (0, 1) and np.array_equal(column, first + np.arange(len(column))):
        yield f"only counts the rows: --ignore {name!r} leaves it out"
    if np.abs(column).max() > WHOLE:
        yield f"has numbers above 2^53, such as {np.abs(column).max():.0f}: read to about 16 digits"
    year, month, day = column // 10_000, column // 100 % 100, column % 100
    dated = (1900 <= year) & (year <= 2100) & (1 <= month) & (month <= 12) & (1 <= day) & (day <= 31)
    if np.all(dated & (column % 1 == 0)):
        yield f"may hold dates written as numbers ({first:.0f}); they are taken as numbers"
