"""The numbers of a table's entries, block by block."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...columns import LARGEST
from ...errors import InputError
from .columns import blocks, numbers
from .entries import MISSING_TEXT
from .looked import Part, Table, count

Array = NDArray[np.float64]



def check_filled(table: Table, parts: Sequence[Part], aim: Part) -> None:
    """Refuse the first empty entry of a column that is used."""
    for what, used in (("X", parts), ("y", [aim])):
        found = [(place, part) for part in used for place in _empty(table, part)]
        if found:
            (row, line), part = min(found, key=lambda one: one[0])
            raise InputError(
                f"{table.name}: a table needs finite numbers; {what} row {row}, column {part.name!r} is NaN "
                f"(line {line}); drop or impute: --missing drop (missing='drop') leaves out rows with empty entries."
            )


def _empty(table: Table, part: Part) -> list[tuple[int, int]]:
    column = table.columns[part.at]
    return [place for place in (column.empty, None if part.texts else column.none) if place is not None]


def arrays(table: Table, parts: Sequence[Part], aim: Part) -> tuple[Array, Array, list[int]]:
    """Return inputs and targets of the rows that are used, and the rows that are not."""
    X, y = np.empty((table.n, sum(len(part.names) for part in parts))), np.empty((table.n, 1))
    kept, begin, dropped = 0, 0, []
    for lines, entries in blocks(table.rows(), len(table.names)):
        columns = list(zip(*entries, strict=True))
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
        raise InputError(f"{table.name}: a table needs rows without empty entries; got 0 rows. Fill some in.")
    if dropped:
        table.found.append(f"{count(len(dropped), 'row')} with empty entries dropped, {kept:,} left")
    return X[:kept], y[:kept], dropped


def _block(table: Table, part: Part, entries: Sequence[str]) -> Array:
    """The numbers of some entries of an input, NaN where they are empty."""
    if not part.texts:
        return numbers(entries, table.reading).reshape(-1, 1)
    codes = _texts(part, entries)
    block: Array = (codes[:, None] == np.arange(len(part.texts))).astype(np.float64)
    block[np.isnan(codes)] = np.nan
    return block


def _codes(table: Table, aim: Part, columns: Sequence[Sequence[str]]) -> Array:
    entries = columns[aim.at]
    values: Array = _texts(aim, entries) if aim.texts else numbers(entries, table.reading)
    return values.reshape(-1, 1)


def _texts(part: Part, entries: Sequence[str]) -> Array:
    """The place of each text, NaN for an empty entry."""
    place = {text: float(i) for i, text in enumerate(part.texts)}
    return np.array([np.nan if entry.lower() in MISSING_TEXT else place[entry] for entry in entries])


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
        raise InputError(f"{table.name}: a table needs finite numbers; {where} (line {line[i]}). Correct the entry.")
    raise InputError(
        f"{table.name}: a table needs |x| <= {LARGEST:g}; {where}: would overflow. Scale the column (line {line[i]})."
    )
