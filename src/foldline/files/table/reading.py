"""Tables in CSV files -> samples: which columns are inputs, what is left out, and the numbers of every entry."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...samples import Samples
from ...text import short
from .arrays import arrays, check_filled
from .columns import CATEGORIES, Column
from .doubts import about_codes, about_dates, about_last, alike, almost, is_index, padded
from .looked import Part, Table, about_units, count, looked_at
from .odd import odd_entry
from .options import TableOptions, named
from .series import series_of
from .sheet import check_size, read_sheet
from .target import goal, numbered, target_of

Array = NDArray[np.float64]

WHOLE = 2.0**53  # from there on not every whole number is a float64
NAMES_ROWS = re.compile(r"^(index|row|nr|no|key|uuid|i?id)$|[_ .-]id$|^id[_ .-]|[a-z](?-i:I[dD])$", re.IGNORECASE)


def read_table(path: str | Path, **keywords: Any) -> Samples:
    """Return a table's rows: one column is the target, the others are the inputs.

    keywords  the fields of ``TableOptions``
    returns   inputs are the columns of numbers and, for each column of up to CATEGORIES texts, one column a text, 1
              where it stands and 0 elsewhere (``meta["categories"]``).  ``meta["findings"]`` says in words what was
              taken for granted: what the target is and why, what was left out (``meta["ignored"]``), encoded,
              dropped (``meta["dropped_rows"]``), or is constant (``meta["constant"]``).  Rows count from 0.
              A table of one input that rises may be a signal: see ``series_of``
    raises    InputError with row, column, line and value of the first entry that cannot be used, and the option that
              reads it if there is one
    cost      two passes over the text; memory for the text and 8 bytes a number, at most ``max_bytes`` together
    """
    options, path = TableOptions(**keywords), Path(path)
    most = options.max_bytes
    sheet = read_sheet(path, sep=options.sep, encoding=options.encoding, most=most, part=options.max_rows is not None)
    table = looked_at(sheet, options)
    signal = series_of(table)
    if signal is not None:
        return signal
    at = target_of(table)
    parts, ignored = _inputs(table, at)
    aim, classes = goal(table, at)
    if options.missing == "refuse":
        check_filled(table, parts, aim)
    check_size(sheet, most, table.n, sum(len(part.names) for part in parts) + 1)
    X, y, dropped = arrays(table, parts, aim)
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
    else:
        table.found.extend(about_codes(table.names[at], y[:, 0]))
        table.found.extend(about_dates(table, table.names[at], y[:, 0]))
        table.found.extend(f"the target {table.names[at]!r} {said}" for said in _wide(y[:, 0]))
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
    if target != 0 and 0 not in ignored and is_index(table, 0) and _others(table, {0, target, *ignored}):
        ignored[0] = "it has no name and numbers the rows, as pandas writes its index; name it in the file to keep it"
    for at, (name, column) in enumerate(zip(table.names, table.columns, strict=True)):
        if at == target or at in ignored:
            continue
        if column.filled + column.nones == 0:
            ignored[at] = "0 rows have a value in it"
        elif column.numeric:
            parts[at] = Part(at, name)
        elif column.odd:
            raise odd_entry(table, at, "X", column.odd)
        elif why := _useless(column, table.n):
            ignored[at] = why + almost(table, at)
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


def _others(table: Table, but: set[int]) -> bool:
    """Whether a column of numbers is there beside these."""
    return any(column.numeric for at, column in enumerate(table.columns) if at not in but)


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
                f"({short(', '.join(part.texts), 200)}){almost(table, part.at)}{alike(part.texts)}"
            )
        else:
            yield from about_units(table, part.at)
    yield from about_last(table)
    yield from padded(table, [part.at for part in parts if not part.texts])
    for at in sorted(ignored):
        yield f"column {table.names[at]!r} is left out: {ignored[at]}"


def _why(table: Table, ignored: dict[int, str]) -> str:
    return "".join(f"; {table.names[at]!r} is left out: {why}" for at, why in list(ignored.items())[:3])


def _constant(table: Table, names: Sequence[str], X: Array) -> list[str]:
    """The inputs that say nothing, and a word about those that only count."""
    constant = [name for name, column in zip(names, X.T, strict=True) if np.all(column == column[0])]
    if constant:
        shown = ", ".join(f"{name!r} ({X[0, names.index(name)]:g})" for name in constant[:8])
        table.found.append(f"{count(len(constant), 'input')} constant, kept: {shown}{', ...' * (len(constant) > 8)}")
    for name, column in zip(names, X.T, strict=True):
        table.found.extend(f"column {name!r} {said}" for said in _remarks(name, column))
        table.found.extend([*about_dates(table, name, column), *about_codes(name, column)])
    return constant


def _remarks(name: str, column: Array) -> Iterator[str]:
    """What the numbers of an input may be besides measurements."""
    first = column[0]
    if len(column) > 3 and first in (0, 1) and np.array_equal(column, first + np.arange(len(column))):
        yield f"only counts the rows: --ignore {name!r} leaves it out"
    elif len(column) > 3 and NAMES_ROWS.search(name) and _all_differ(column):
        yield f"names each row by a number of its own: --ignore {name!r} leaves it out"
    yield from _wide(column)


def _all_differ(column: Array) -> bool:
    """Whether a column has a whole number of its own in each row."""
    return bool(np.all(column % 1 == 0)) and len(np.unique(column)) == len(column)


def _wide(column: Array) -> Iterator[str]:
    """A word about whole numbers that have no float64 of their own."""
    if np.abs(column).max() > WHOLE:
        yield f"has numbers above 2^53, such as {np.abs(column).max():.0f}: read to about 16 digits"
