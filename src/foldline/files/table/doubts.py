"""What a table's entries may be besides what they are taken for: said, never changed, with what to do about it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ...columns import stands_for_none
from ...text import short
from .columns import PROPOSED, Column
from .entries import SPACES, signs
from .looked import Table

NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?"


SUMS = frozenset("total totals sum mean average gesamt summe somme suma totale".split()) | {"grand total"}
PADDED = re.compile(r"0\d+")


def _named(words: str) -> re.Pattern[str]:
    """What a column is called that may hold dates: such a word, alone or one of its name's."""
    return re.compile(rf"(?:^|[\W_]|(?<=[a-z])(?=[A-Z]))(?i:{words})(?:$|[\W_\d])")


EPOCH = datetime(1970, 1, 1)
DATES = "dates?|datum|fecha|day|when|datetime|timestamp"
# How programs count moments: from when, in what, and the least and largest number of 1954 to 2064.
COUNTED = (
    (_named(DATES), "in days, as a spreadsheet counts them", datetime(1899, 12, 30), timedelta(days=1), 2e4, 6e4),
    (_named(f"{DATES}|time"), "in seconds since 1970", EPOCH, timedelta(seconds=1), 1e8, 3e9),
    (_named(f"{DATES}|time"), "in milliseconds since 1970", EPOCH, timedelta(milliseconds=1), 1e11, 3e12),
)  # fmt: skip


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


# Texts that are numbers to people: their form, what they are called, and what makes a number of them.
ALMOST = {
    "quoted": (_form(rf"'{NUMBER}'"), "a number in single quotes", "--strip \"'\" reads it"),
    "base": (_form("[+-]?0x[0-9a-f]+"), "a number in base 16", "write it in base 10"),
    "bound": (_form(rf"[<>≤≥]=?\s*{NUMBER}"), "a bound, as below a limit of detection",
              "write the limit, half of it or nothing"),
    "spread": (_form(rf"{NUMBER}\s*(?:±|\+/-|\+-)\s*{NUMBER}"), "a number with its uncertainty", "write two columns"),
    "fraction": (_form(r"[+-]?\d+ */ *\d+"), "a fraction", "write a decimal number if it is one"),
    "range": (_form(rf"{NUMBER} *(?:-|–|to) *{NUMBER}"), "a range",
              "write its ends as two columns, or its middle, if it is one"),
    "mixed": (_form(r"[+-]?\d+ +\d+ */ *\d+"), "a mixed fraction", "write a decimal number if it is one"),
    "fortran": (_form(r"[+-]?(?:\d+\.?\d*|\.\d+)d[+-]?\d+"), "a number as Fortran writes it", "write e for its d"),
    "power": (_form(rf"{NUMBER} ?[x×·*] ?10(?:\^?[+-]?\d+|[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)"), "a number times a power of ten",
              "write it as 1.5e3"),
    "behind": (_form(r"(?:\d+\.?\d*|\.\d+)[-−]"), "a number with its sign behind", "write the sign before it"),
    "joined": (_form(r"[+-]?\d+(?:_\d+)+"), "a number with _ between its digits", "write it without"),
    "groups": (_form(r"[+-]?\d{1,3}(?:,\d\d)+,\d{3}(?:\.\d+)?"), "a number in groups of two digits",
               "write it without commas"),
    "marked": (_form(rf"[^\w\s.+-]{{1,3}} ?{NUMBER}|{NUMBER} ?(?:\[\w{{1,3}}\]|[^\w\s.]{{1,3}})"),
               "a number with a mark", "write the number alone"),
    "unit": (_form(rf"{NUMBER}[{SPACES}]*[^\W\d_][^\s\d]{{0,7}}"), "a number with a unit", "write the number alone"),
}  # fmt: skip


def almost(table: Table, at: int) -> str:
    """Return what the texts of a column are to people, if nearly all of them are numbers of one kind, or nothing.

    A fifth of the entries may be others, or plain numbers.
    """
    entries = list(_some(table, at))
    for name, (pattern, what, advice) in ALMOST.items():
        found = [entry for entry in entries if pattern.fullmatch(entry)]
        if found and 5 * len(found) >= 4 * sum(table.reading.number(entry) is None for entry in entries):
            way = _unit(table, found) if name == "unit" else advice
            return f"; {short(found[0])!r} may be {what}: {way}"
    return ""


def called(entry: str) -> str:
    """Return what one text among numbers is to people, and what makes a number of it, or nothing.

    >>> called("<0.1"), called("high")
    ('It may be a bound, as below a limit of detection: write the limit, half of it or nothing.', '')
    """
    found = (f"It may be {what}: {advice}." for pattern, what, advice in ALMOST.values() if pattern.fullmatch(entry))
    return next(found, "")


def alike(texts: Sequence[str]) -> str:
    """Say which of the texts differ in small and capital letters alone.

    >>> alike(["No", "Yes", "yes"]), alike(["No", "Yes"])
    ("; 'Yes' and 'yes' differ in small and capital letters alone", '')
    """
    met: dict[str, list[str]] = {}
    for text in texts:
        met.setdefault(text.casefold(), []).append(text)
    pair = next((same for same in met.values() if len(same) > 1), [])
    shown = " and ".join(repr(short(text, 30)) for text in pair)
    return f"; {shown} differ in small and capital letters alone" if pair else ""


def padded(table: Table, places: Sequence[int]) -> Iterator[str]:
    """Say which columns of numbers have entries like 01234: codes whose zeros are lost."""
    met: dict[int, str] = {}
    for _, entries in islice(table.rows(), PROPOSED):
        met |= {at: entries[at] for at in places if at not in met and PADDED.fullmatch(entries[at])}
    for at, entry in sorted(met.items()):
        yield (
            f"column {table.names[at]!r} has entries that begin with 0, such as {short(entry)}, as codes do: taken for "
            f"numbers; --ignore {table.names[at]!r} leaves it out"
        )


def _some(table: Table, at: int) -> Iterator[str]:
    """The first entries of a column that are not empty."""
    return (entry for _, entries in islice(table.rows(), PROPOSED) if (entry := entries[at]))


def _unit(table: Table, found: list[str]) -> str:
    """How numbers with a unit are read."""
    strip = signs(found[0])
    then = replace(table.reading, strip="".join(dict.fromkeys(table.reading.strip + strip)))
    number = then.number(found[0])
    if number is None or any(c in "+-.,()" for c in strip) or any(then.number(entry) is None for entry in found):
        return ALMOST["unit"][2]
    return f"--strip {then.strip!r} reads it as {number:.15g}"


def about_codes(name: str, column: NDArray[np.float64]) -> Iterator[str]:
    """Say which value of a column may mean that none was measured."""
    if (found := stands_for_none(column)) is not None:
        value, said = found
        yield f"column {name!r} has {said}, --missing-values {value:.15g} --missing drop leaves those rows out"


def about_last(table: Table) -> Iterator[str]:
    """Say whether the last row of a table of few rows may sum up the others, as a word in it says."""
    if 2 < table.n <= PROPOSED:
        ((_, entries),) = deque(table.rows(), maxlen=1)
        if word := next((entry for entry in entries if entry.lower().rstrip(" :") in SUMS), ""):
            yield f"the last row says {word}: if it sums up the others, --max-rows {table.n - 1} leaves it out"


def about_dates(table: Table, name: str, column: NDArray[np.float64]) -> Iterator[str]:
    """Say of a column of plain numbers that they may be dates: 20240131, or moments as programs count them."""
    if name in table.names and any(table.columns[table.names.index(name)].signs):
        return
    year, month, day = column // 10_000, column // 100 % 100, column % 100
    dated = (1900 <= year) & (year <= 2100) & (1 <= month) & (month <= 12) & (1 <= day) & (day <= 31)
    written = np.all(dated & (column % 1 == 0))
    how = f"written as numbers ({column[0]:.0f})" if written else _counted(name, column)
    if how:
        yield f"column {name!r} may hold dates {how}; they are taken as numbers"


def _counted(name: str, column: NDArray[np.float64]) -> str:
    """How numbers may count moments, with the first one's, or nothing."""
    for called, how, begin, step, least, most in COUNTED:
        if called.search(name) and least <= column.min() and column.max() <= most:
            return f"{how} ({column[0]:.15g} is {begin + float(column[0]) * step:%Y-%m-%d %H:%M})"
    return ""


def is_index(table: Table, at: int) -> bool:
    """Whether a column is the index that pandas writes: first, without a name, whole numbers that differ."""
    column: Column = table.columns[at]
    if at != 0 or not table.head.unnamed or not column.numeric or column.filled < table.n:
        return False
    seen: set[str] = set()
    for _, entries in table.rows():
        if not entries[0].isdecimal():
            return False
        seen.add(entries[0])
    return len(seen) == table.n
