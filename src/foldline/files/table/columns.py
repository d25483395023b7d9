"""What the columns of a table hold: a first look at every entry, before any is turned into a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from .entries import MARKS, MISSING, MISSING_TEXT, Reading, kind
from .sheet import Record

BLOCK = 2**18  # entries that are looked at together
CATEGORIES = 30  # different texts, up to which a column of text becomes a column for each
CLASSES = 1000  # different texts a target may have
PROPOSED = 10_000  # rows that a way of reading must hold for, before it is proposed
ODD = ("date", "signed", "marked", "joined")  # what is a number to somebody, and text to us

Array = NDArray[np.float64]


@dataclass
class Column:
    """What was seen in one column.

    filled    entries that are not empty; ``numbers`` of them are numbers
    kinds     the others, by ``entries.kind``; ``first`` has the first of each: row, line, entry
    texts     the different texts, None once there are more than ``most``
    empty     row and line of the first empty entry; ``none`` of the first "none", empty only among numbers
    signs     the units of the numbers (what ``strip`` takes away, days of dates), with the first entry of each
    """

    most: int = CATEGORIES
    filled: int = 0
    numbers: int = 0
    nones: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    first: dict[str, tuple[int, int, str]] = field(default_factory=dict)
    texts: dict[str, None] | None = field(default_factory=dict)
    empty: tuple[int, int] | None = None
    none: tuple[int, int] | None = None
    signs: dict[str, str] = field(default_factory=dict)

    @property
    def numeric(self) -> bool:
        """Whether every filled entry is a number."""
        return self.numbers == self.filled > 0

    @property
    def odd(self) -> tuple[int, int, str] | None:
        """The first entry that is no number in a column that mostly holds numbers, if only read as they should."""
        alike = self.numbers + sum(self.kinds[kind] for kind in ODD)
        if self.numeric or 2 * alike <= self.filled:
            return None
        if 2 * self.numbers > self.filled:
            return min(self.first.values())
        return min(self.first[kind] for kind in ODD if kind in self.first)

    def add(self, entries: Sequence[str], row: int, lines: Sequence[int], reading: Reading) -> None:
        """Look at the entries of consecutive rows."""
        if self.texts is not None:
            self.texts.update(dict.fromkeys(c for c in dict.fromkeys(entries) if c.lower() not in MISSING_TEXT))
            self.texts = self.texts if len(self.texts) <= self.most else None
        if reading.plain and _all_numbers(entries):
            self.filled += len(entries)
            self.numbers += len(entries)
            return
        for i, entry in enumerate(entries):
            self._look(entry, (row + i, lines[i]), reading)

    def _look(self, entry: str, place: tuple[int, int], reading: Reading) -> None:
        lower = entry.lower()
        if lower in MISSING_TEXT:
            self.empty = self.empty or place
        elif lower in MISSING:
            self.nones, self.none = self.nones + 1, self.none or place
        elif reading.number(entry) is None:
            self.filled += 1
            self.kinds[kind(entry)] += 1
            self.first.setdefault(kind(entry), (*place, entry))
        else:
            self.filled += 1
            self.numbers += 1
            if not reading.plain:
                self.signs.setdefault(reading.unit(entry), entry)


def look(rows: Iterable[Record], reading: Reading, most: Sequence[int]) -> tuple[list[Column], int]:
    """Return what is in the columns, and how many rows there are; ``most`` is for each column's texts."""
    columns = [Column(limit) for limit in most]
    n = 0
    for lines, entries in blocks(rows, len(columns)):
        for column, values in zip(columns, zip(*entries, strict=True), strict=True):
            column.add(values, n, lines, reading)
        n += len(lines)
    return columns, n


def blocks(rows: Iterable[Record], width: int) -> Iterator[tuple[list[int], list[list[str]]]]:
    """Rows of so many entries, about BLOCK entries at a time: their lines and their entries."""
    rows = iter(rows)
    while some := list(islice(rows, max(1, BLOCK // width))):
        yield [line for line, _ in some], [entries for _, entries in some]


def numbers(entries: Sequence[str], reading: Reading) -> Array:
    """Return the numbers of entries, NaN for an empty one; all are known to be one of both."""
    if reading.plain:
        try:
            return np.array(list(map(float, entries)))
        except ValueError:
            pass
    values = (None if entry.lower() in MISSING else reading.number(entry) for entry in entries)
    return np.array([np.nan if value is None else value for value in values])


def readings(rows: Iterable[Record], at: int, columns: Sequence[Column], reading: Reading) -> list[Reading]:
    """Return the ways of writing numbers under which column ``at`` holds nothing else and no other column loses one."""
    like = [i for i, column in enumerate(columns) if 2 * (column.numbers + column.kinds["marked"]) > column.filled > 0]
    left = [replace(reading, decimal=mark.decimal, thousands=mark.thousands) for mark in MARKS]
    met: set[str | None] = {None}  # a mark between groups is proposed if it is there
    for _, entries in islice(rows, PROPOSED):
        for entry in (entries[i] for i in {at, *like}):
            told = reading.number(entry) is not None or kind(entry) in ("marked", "signed")
            if told and entry.lower() not in MISSING:
                met.update(entry)
                left = [one for one in left if one.number(entry) is not None]
    return [one for one in left if one.thousands in met]


def _all_numbers(entries: Sequence[str]) -> bool:
    try:
        values = np.array(list(map(float, entries)))
    except ValueError:
        return False
    return not np.isnan(values).any() and not any("_" in entry for entry in entries)
