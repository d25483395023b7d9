"""An entry that is no number: its refusal, with the option that reads it if one does."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from ...dates import orders, why_none
from ...errors import InputError
from ...text import short
from .columns import PROPOSED, readings
from .doubts import called
from .entries import Reading, kind, signs
from .looked import Table
from .sheet import DELIMITERS

ORDER = {None: "dates", True: "day-first", False: "month-first"}


def odd_entry(table: Table, at: int, what: str, odd: tuple[int, int, str]) -> InputError:
    """The refusal of an entry, with the option that reads it if one does."""
    row, line, entry = odd
    name, shown = table.names[at], short(entry)
    advice = {"marked": _marked, "signed": _marked, "date": _dated, "joined": _joined}.get(kind(entry))
    hint = advice(table, at, entry) if advice else ""
    if not hint:
        return InputError(
            f"{table.name}: a table needs numbers; got {what} row {row}, column {name!r}: {shown!r} (line {line}). "
            f"{called(entry) or _about_row(table, row, line) or 'Correct the entry.'}"
        )
    other = "" if what == "y" or kind(entry) == "joined" else f"; --ignore {name!r} leaves the column out"
    return InputError(f"{table.name}: column {name}: {shown} not a number{hint} (line {line}){other}.")


def _about_row(table: Table, row: int, line: int) -> str:
    """What the first or the last row may be, if not data."""
    if row == 0:
        return f"If line {line} holds units or is a second line of names, remove it; else correct the entry."
    if row == table.n - 1:
        return f"If line {line} sums up the others, --max-rows {row} leaves it out; else correct the entry."
    return ""


def _marked(table: Table, at: int, entry: str) -> str:
    """The other ways to write numbers that hold for the whole table."""
    if entry.startswith("("):
        return f", in brackets; write it as -{entry.strip('()')}"
    now = table.reading
    then = replace(now, strip="".join(dict.fromkeys(now.strip + signs(entry))))
    ways: dict[float, str] = {}
    for one in readings(table.rows(), at, table.columns, then):
        number, options = one.number(entry), _options(now, one)
        if options and number is not None:
            ways.setdefault(number, options)
    said = " and ".join(f"{options} reads it as {number:.15g}" for number, options in ways.items())
    return f"; {said}" + (": say which" if len(ways) > 1 else "") if ways else ""


def _options(now: Reading, then: Reading) -> str:
    """What is given to read numbers in another way."""
    marks = [(name, getattr(now, name), getattr(then, name)) for name in ("strip", "thousands", "decimal")]
    return " ".join(
        f"--{name} {new if new in (',', '.', '%') else repr(new)}" for name, old, new in marks if new not in (old, None)
    )


def _dated(table: Table, at: int, entry: str) -> str:
    """The ways to read dates that hold for the whole column, or why one of its entries is none."""
    unread = {day_first: _unread(table, at, day_first) for day_first in orders(entry)}
    ways = [day_first for day_first, other in unread.items() if other is None]
    if not ways:
        line, bad = next((found for found in unread.values() if found), (0, entry))
        why = why_none(bad) or "it has no form that is read"
        why = "its day and month stand in another order" if orders(bad) else why
        where = f"; line {line} has {short(bad)}" if line else ""
        return f" but a date or a time{where}: {why}; {_rewritten(bad)}"
    then = [(ORDER[way], replace(table.reading, dates=True, day_first=way)) for way in ways]
    said = " and ".join(f"--{option} reads it as {reading.said(entry)}" for option, reading in then)
    kind = "date" if any(way.day for way in orders(entry).values()) else "time"
    return f" but a {kind}; {said}" + (": say which" if len(ways) > 1 else "")


def _unread(table: Table, at: int, day_first: bool | None) -> tuple[int, str] | None:
    """Line and text of the first date of a column that is not read in an order of day and month."""
    then = replace(table.reading, dates=True, day_first=day_first)
    entries = ((line, row[at]) for line, row in islice(table.rows(), PROPOSED))
    return next((one for one in entries if kind(one[1]) == "date" and then.number(one[1]) is None), None)


def _rewritten(entry: str) -> str:
    return "write a number" if ":" in entry[:4] else "write 2024-01-31, with a time 2024-01-31 12:00"


def _joined(table: Table, at: int, entry: str) -> str:
    mark = next(c for c in entry if c in DELIMITERS and c != ",")
    return table.sheet.proposal().replace(":", ";", 1) or f"; delimiter {mark!r}? use --sep {mark!r}"
