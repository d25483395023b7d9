"""An entry that is no number: its refusal, with the option that reads it if one does."""

from __future__ import annotations

from dataclasses import replace

from ...errors import InputError
from ...text import short
from .columns import readings
from .entries import ISO_DATE, Reading, kind, signs
from .looked import Table
from .sheet import DELIMITERS


def odd_entry(table: Table, at: int, what: str, odd: tuple[int, int, str]) -> InputError:
    """The refusal of an entry, with the option that reads it if one does."""
    row, line, entry = odd
    name, shown = table.names[at], short(entry)
    advice = {"marked": _marked, "signed": _marked, "date": _dated, "joined": _joined}.get(kind(entry))
    hint = advice(table, at, entry) if advice else ""
    if not hint:
        return InputError(
            f"{table.name}: a table needs numbers; got {what} row {row}, column {name!r}: {shown!r} (line {line}). "
            "Correct the entry."
        )
    other = "" if what == "y" else f"; --ignore {name!r} leaves the column out"
    return InputError(f"{table.name}: column {name}: {shown} not a number{hint} (line {line}){other}.")


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
    if ISO_DATE.fullmatch(entry):
        return " but a date; --dates reads it as days since 1970-01-01"
    return " but a date or a time; write it as 2024-01-31 and give --dates, or as a number"


def _joined(table: Table, at: int, entry: str) -> str:
    mark = next(c for c in entry if c in DELIMITERS and c != ",")
    return table.sheet.proposal().replace(":", ";", 1) or f"; delimiter {mark!r}? use --sep {mark!r}"
