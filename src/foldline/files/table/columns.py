"""What the columns of a table hold: a first look at every cell, before any is turned into a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from .cells import MARKS, MISSING, MISSING_TEXT, Reading, kind
from .sheet import Row

BLOCK = 2**18  # cells that are looked at together
CATEGORIES = 30  # different texts, up to which a column of text becomes a column for each
CLASSES = 1000  # different texts a target may have
PROPOSED = 10_000  # rows that a way of reading must hold for, before it is proposed
ODD = ("date", "signed", "marked", "joined")  # what is a number to somebody, and text to us

Array = NDArray[np.float64]


@dataclass
class Column:
    """What was seen in one column.

    filled    cells that are not empty; ``numbers`` of them are numbers
    kinds     the others, by ``cells.kind``; ``first`` has the first of each: row, line, cell
    texts     the different texts, None once there are more than ``most``
    empty     row and line of the first empty cell; ``none`` of the first "none", empty only among numbers
    signs     the units of the numbers (what ``strip`` takes away, days of dates), with the first cell of each
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
        """Whether every filled cell is a number."""
        return self.numbers == self.filled > 0

    @property
    def odd(self) -> tuple[int, int, str] | None:
        """The first cell that is no number in a column most of whose cells are numbers, if only read as they should."""
        alike = self.numbers + sum(self.kinds[kind] for kind in ODD)
        if self.numeric or 2 * alike <= self.filled:
            return None
        if 2 * self.numbers > self.filled:
            return min(self.first.values())
        return min(self.first[kind] for kind in ODD if kind in self.first)

    def add(self, cells: Sequence[str], row: int, lines: Sequence[int], reading: Reading) -> None:
        """Look at the cells of consecutive rows."""
        if self.texts is not None:
            self.texts.update(dict.fromkeys(c for c in dict.fromkeys(cells) if c.lower() not in MISSING_TEXT))
            self.texts = self.texts if len(self.texts) <= self.most else None
        if reading.plain and _all_numbers(cells):
            self.filled += len(cells)
            self.numbers += len(cells)
            return
        for i, cell in enumerate(cells):
            self._look(cell, (row + i, lines[i]), reading)

    def _look(self, cell: str, place: tuple[int, int], reading: Reading) -> None:
        lower = cell.lower()
        if lower in MISSING_TEXT:
            self.empty = self.empty or place
        elif lower in MISSING:
            self.nones, self.none = self.nones + 1, self.none or place
        elif reading.number(cell) is None:
            self.filled += 1
            self.kinds[kind(cell)] += 1
            self.first.setdefault(kind(cell), (*place, cell))
        else:
            self.filled += 1
            self.numbers += 1
            if not reading.plain:
                self.signs.setdefault(reading.unit(cell), cell)


def look(rows: Iterable[Row], reading: Reading, most: Sequence[int]) -> tuple[list[Column], int]:
    """Return what is in the columns, and how many rows there are; ``most`` is for each column's texts."""
    columns = [Column(limit) for limit in most]
    n = 0
    for lines, cells in blocks(rows, len(columns)):
        for column, values in zip(columns, zip(*cells, strict=True), strict=True):
            column.add(values, n, lines, reading)
        n += len(lines)
    return columns, n


def blocks(rows: Iterable[Row], width: int) -> Iterator[tuple[list[int], list[list[str]]]]:
    """Rows of so many cells, about BLOCK cells at a time: their lines and their cells."""
    rows = iter(rows)
    while some := list(islice(rows, max(1, BLOCK // width))):
        yield [line for line, _ in some], [cells for _, cells in some]


def numbers(cells: Sequence[str], reading: Reading) -> Array:
    """Return the numbers of cells, NaN for an empty one; all are known to be one of both."""
    if reading.plain:
        try:
            return np.array(list(map(float, cells)))
        except ValueError:
            pass
    values = (None if cell.lower() in MISSING else reading.number(cell) for cell in cells)
    return np.array([np.nan if value is None else value for value in values])


def readings(rows: Iterable[Row], at: int, columns: Sequence[Column], reading: Reading) -> list[Reading]:
    """Return the ways of writing numbers under which column ``at`` holds nothing else and no other column loses one."""
    like = [i for i, column in enumerate(columns) if 2 * (column.numbers + column.kinds["marked"]) > column.filled > 0]
    left = [replace(reading, decimal=mark.decimal, thousands=mark.thousands) for mark in MARKS]
    met: set[str | None] = {None}  # a mark between groups is proposed if it is there
    for _, cells in islice(rows, PROPOSED):
        for cell in (cells[i] for i in {at, *like}):
            if cell.lower() not in MISSING and (reading.number(cell) is not None or kind(cell) in ("marked", "signed")):
                met.update(cell)
                left = [one for one in left if one.number(cell) is not None]
    return [one for one in left if one.thousands in met]


def _all_numbers(cells: Sequence[str]) -> bool:
    try:
        values = np.array(list(map(float, cells)))
    except ValueError:
        return False
    return not np.isnan(values).any() and not any("_" in cell for cell in cells)
