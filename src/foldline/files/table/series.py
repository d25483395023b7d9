"""Tables of one input that rises: signals, a channel a column."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...samples import Samples
from .arrays import arrays, check_filled
from .doubts import about_dates
from .looked import Part, Table, about_units
from .odd import odd_entry
from .options import named

TIMES = ("t", "time", "times", "seconds")  # a first column of this name that rises makes a table a signal
UNIT = re.compile(r"\s*[(\[].*")  # behind a name


def series_of(table: Table) -> Samples | None:
    """Return the signal a table holds; None if it is to be read as a table.

    It is one if ``kind`` says "signal", or if that is not said, the first column is called t, time, times or seconds
    (a unit may follow in brackets) and rises, all others hold numbers, and no target is named.  Times are the column of
    such a name, else the first; of one column alone, they count its values from 0.
    raises   InputError, where a signal is asked for, for entries that are no numbers or times that do not rise
    """
    options = table.options
    asked = options.kind == "signal"
    if options.kind == "table" or not (asked or _looks_like_one(table)):
        return None
    left_out = {named(table.names, name, "ignored") for name in options.ignore}
    used = [at for at, column in enumerate(table.columns) if at not in left_out and column.filled + column.nones]
    time = next((at for at in used if _tells_time(table.names[at])), used[0] if len(used) > 1 else None)
    channels = [at for at in used if at != time] if options.target is None else [named(table.names, options.target,
                                                                                        "target")]  # fmt: skip
    if not channels or time in channels:
        raise InputError(f"{table.name}: a signal needs a channel beside its times; got none. Name it by --target.")
    told = len(table.found)
    parts = [_part(table, at) for at in ([] if time is None else [time]) + channels]
    if options.missing == "refuse":
        check_filled(table, parts[:-1], parts[-1])
    X, last, dropped = arrays(table, parts[:-1], parts[-1])
    values = np.concatenate([X, last], axis=1)
    times, values = (
        (np.arange(len(values), dtype=np.float64), values) if time is None else (values[:, 0], values[:, 1:])
    )
    if len(times) < 2 or not (np.diff(times) > 0).all():
        del table.found[told:]
        _check_asked(table, times, asked)
        at = int(np.argmin(np.diff(times) > 0)) + 1 if len(times) > 1 else 0
        table.found.append(
            f"a table, and no signal: column {table.names[0]!r} does not rise at row {at} ({times[at]:.15g}); sort its "
            "rows, each time once, for a signal"
        )
        return None
    names = [part.name for part in parts[-len(channels) :]]
    table.found.append(_said(table, time, names, asked))
    meta = {"source": table.name, "channels": len(channels), "channel_names": names, "findings": table.found}
    if dropped:
        meta["dropped_rows"] = dropped
    name = "t" if time is None else table.names[time]
    table.found.extend(about_dates(table, name, times) if time is not None else ())
    return Samples(np.ascontiguousarray(times[:, None]), values, "signal", (name,), meta=meta)


def _looks_like_one(table: Table) -> bool:
    options, columns = table.options, table.columns
    plain = options.target is None and options.classification is None and not table.head.listed
    return plain and len(columns) > 1 and _tells_time(table.names[0]) and all(column.numeric for column in columns)


def _tells_time(name: str) -> bool:
    """Whether a column of this name holds times.

    >>> _tells_time("Time (s)"), _tells_time("t[ms]"), _tells_time("timely")
    (True, True, False)
    """
    return UNIT.sub("", name.lower()) in TIMES


def _part(table: Table, at: int) -> Part:
    column, name = table.columns[at], table.names[at]
    if not column.numeric:
        raise odd_entry(table, at, "y", column.odd or min(column.first.values()))
    table.found.extend(about_units(table, at))
    return Part(at, name)


def _said(table: Table, time: int | None, names: list[str], asked: bool) -> str:
    of = "counted from 0" if time is None else f"column {table.names[time]!r}"
    why = "as --kind says" if asked else "its first column rises and all hold numbers; --kind table reads it as a table"
    return f"a signal ({why}): times {of}, {len(names)} channel{'s' * (len(names) > 1)}: {', '.join(names)[:200]}"


def _check_asked(table: Table, times: NDArray[np.float64], asked: bool) -> None:
    """Refuse times that do not rise, where a signal was asked for."""
    if asked:
        raise InputError(
            f"{table.name}: a signal needs 2 or more times that rise; got {times[:3]} ... Sort its rows, or name the "
            "column of times t."
        )
