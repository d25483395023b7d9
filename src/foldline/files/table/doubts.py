"""What a table's entries may be besides what they are taken for: said, never changed, with what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ...text import short
from .columns import PROPOSED, Column
from .entries import SPACES, signs
from .looked import Table

NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?"
# Texts that are numbers to people: what they are called, and what makes a number of them.
ALMOST = {
    "base": (re.compile(r"[+-]?0x[0-9a-f]+", re.IGNORECASE), "a number in base 16", "write it in base 10"),
    "bound": (
        re.compile(rf"[<>≤≥]=?\s*{NUMBER}", re.IGNORECASE),
        "a bound, as below a limit of detection",
        "write the limit, half of it or nothing",
    ),
    "spread": (
        re.compile(rf"{NUMBER}\s*(?:±|\+/-|\+-)\s*{NUMBER}", re.IGNORECASE),
        "a number with its uncertainty",
        "write two columns",
    ),
    "fraction": (re.compile(r"[+-]?\d+ */ *\d+"), "a fraction", "write a decimal number if it is one"),
    "range": (
        re.compile(rf"{NUMBER} *(?:-|–|to) *{NUMBER}", re.IGNORECASE),
        "a range",
        "write its ends as two columns, or its middle, if it is one",
    ),
    "unit": (
        re.compile(rf"{NUMBER}[{SPACES}]*[^\W\d_][^\s\d]{{0,7}}", re.IGNORECASE),
        "a number with a unit",
        "write the number alone",
    ),
}
CODES = frozenset((-32768.0, -2147483648.0, 2147483647.0))  # the ends of integers, as programs write what is missing
NINES = re.compile(r"-?99+|-?999+\.[09]+")
HUGE = 1e20  # from there on a number that is there again and again stands for none


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


def stands_for_none(column: NDArray[np.float64]) -> tuple[float, int] | None:
    """Return a value that may mean that none was measured, and how often it is there; None where there is none.

    It is there twice or more, is made of nines, the end of an integer's range or beyond HUGE, and lies farther from all
    other values than they lie from each other.

    >>> stands_for_none(np.array([1.0, -999, 3, -999])), stands_for_none(np.array([99.0, 99, 98]))
    ((-999.0, 2), None)
    """
    for end in (float(column.min()), float(column.max())):
        others = column[column != end]
        n = len(column) - len(others)
        if n < 2 or not len(others) or not _is_code(end):
            continue
        low, high = float(others.min()), float(others.max())
        if (low - end if end < low else end - high) > max(high - low, abs(end) / 2):
            return end, n
    return None


def _is_code(value: float) -> bool:
    return value in CODES or abs(value) >= HUGE or bool(NINES.fullmatch(f"{value:.15g}"))


def about_codes(name: str, column: NDArray[np.float64]) -> Iterator[str]:
    """Say which value of a column may mean that none was measured."""
    found = stands_for_none(column)
    if found is not None:
        value, n = found
        others = column[column != value]
        yield (
            f"column {name!r} has {value:.15g} in {n:,} rows, far from its other values ({others.min():g} to "
            f"{others.max():g}): if it means that there is none, --missing-values {value:.15g} --missing drop leaves "
            "those rows out"
        )


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
