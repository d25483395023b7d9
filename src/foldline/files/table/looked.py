"""A table after one pass over its entries, before they become numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from ...errors import InputError
from .columns import Column
from .entries import Reading
from .header import Head, read_head, rows
from .options import TableOptions
from .sheet import Record, Sheet


@dataclass(frozen=True)
class Part:
    """A column that is used: its place, and the texts that become a column each; none for a column of numbers."""

    at: int
    name: str
    texts: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{self.name}={text}" for text in self.texts) or (self.name,)


@dataclass(frozen=True)
class Table:
    """A table after one pass over its entries, before they become numbers; ``found`` is what will be said about it."""

    sheet: Sheet
    options: TableOptions
    head: Head
    columns: list[Column]
    n: int
    found: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.sheet.name

    @property
    def names(self) -> tuple[str, ...]:
        return self.head.names

    @property
    def reading(self) -> Reading:
        return self.options.reading

    def rows(self) -> Iterator[Record]:
        """The rows that are data."""
        head = self.head
        return islice(rows(self.sheet, len(self.names), bool(head.listed), head.is_data, self.options), self.n)


def looked_at(sheet: Sheet, options: TableOptions) -> Table:
    head, columns, n = read_head(sheet, options)
    if n == 0:
        raise InputError(f"{sheet.name}: a table needs rows of numbers; got 0 rows. Add some below the header.")
    if sheet.cut and n != options.max_rows:
        raise InputError(
            f"{sheet.name}: a table needs at most {options.max_bytes:,} bytes; its first ones hold {n:,} of "
            f"{options.max_rows:,} rows. Give fewer --max-rows, or more --max-bytes."
        )
    table = Table(sheet, options, head, columns, n, [head.said] if head.said else [])
    if sheet.blank:
        lines = ", ".join(map(str, sheet.blank[:5])) + (", ..." if len(sheet.blank) > 5 else "")
        table.found.append(f"{count(len(sheet.blank), 'row')} of empty entries alone skipped (line {lines})")
    if options.max_rows == n:
        table.found.append(f"only the first {count(n, 'row')} read, as --max-rows says")
    return table


def about_units(table: Table, at: int) -> Iterator[str]:
    """Say how the first number of a column with a unit is read; refused if it has not the same everywhere."""
    column, name = table.columns[at], table.names[at]
    if len(column.signs) > 1:
        one, other = [repr(entry) for entry in column.signs.values()][:2]
        raise InputError(
            f"{table.name}: a column needs one unit; got column {name!r} with {one} and {other}. Write one of them."
        )
    for unit, entry in column.signs.items():
        if unit:
            yield f"column {name!r}: {entry} is read as {table.reading.said(entry)}, and so on"


def count(n: int, what: str) -> str:
    return f"{n:,} {what}" + ("" if n == 1 else "es" if what.endswith("s") else "s")
