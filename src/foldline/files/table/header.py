"""The first row of a table: names, or data, or a question to whoever made it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from ...errors import InputError
from ...text import short
from .columns import CATEGORIES, CLASSES, Column, look
from .entries import MISSING, Reading
from .options import TableOptions
from .sheet import MOST_COLUMNS, Record, Sheet, check_size

YEARS = range(1800, 2201)


@dataclass(frozen=True)
class Head:
    """The first row, and what it was taken for.

    names    of all columns
    is_data  whether it is a row like the others
    listed   the class names of scikit-learn's headers: rows, columns, names
    unnamed  whether the first column has no name, as the index that pandas writes
    said     what was taken for granted
    """

    names: tuple[str, ...]
    is_data: bool = False
    listed: tuple[str, ...] = ()
    said: str = ""
    unnamed: bool = False


def read_head(sheet: Sheet, options: TableOptions) -> tuple[Head, list[Column], int]:
    """Return the first row, what the columns below hold, and how many rows there are.

    raises   InputError if the rows are not of one length, there is one column, a name is there twice, or the first row
             may be names as well as data
    """
    first, width, listed = _first(sheet, alone=options.kind == "signal")
    lines = sheet.data.count(b"\n") - 1  # refused by them, before every entry is looked at
    check_size(sheet, options.max_bytes, min(lines, options.max_rows or lines), width)
    most = [CATEGORIES] * width
    most[_watched(options.target, first, width)] = CLASSES
    columns, n = look(islice(rows(sheet, width, listed, False, options), options.max_rows), options.reading, most)
    if listed and n != int(first[0]) and options.max_rows is None:
        raise InputError(
            f"{sheet.name}: a table needs the {int(first[0]):,} rows that its first line says; got {n:,}. Correct it, "
            "or write the names of the columns there."
        )
    head = _head(sheet, first, columns, n, options, listed)
    if head.is_data:
        columns, n = look(islice(rows(sheet, width, False, True, options), options.max_rows), options.reading, most)
    return head, columns, n


def rows(sheet: Sheet, width: int, listed: bool, with_first: bool, options: TableOptions) -> Iterator[Record]:
    """Yield the rows, the first only if asked for; what ``options.missing_values`` names is an empty entry.

    raises   InputError with the line of one that has another length
    """
    marks = _Marks(options)
    for i, (line, entries) in enumerate(sheet.rows()):
        if len(entries) != width and not (i == 0 and listed):
            raise _ragged(sheet, line, width, len(entries))
        if i or with_first:
            yield line, marks.taken_from(entries) if marks.texts else entries


class _Marks:
    """What is an empty entry beside the usual marks: texts, and numbers however they are written."""

    def __init__(self, options: TableOptions) -> None:
        self.reading = options.reading
        self.texts = frozenset(options.missing_values)
        self.numbers = frozenset(number for text in self.texts if (number := Reading().number(text)) is not None)

    def taken_from(self, entries: list[str]) -> list[str]:
        return ["" if self._is_one(entry) else entry for entry in entries]

    def _is_one(self, entry: str) -> bool:
        return entry in self.texts or (bool(self.numbers) and self.reading.number(entry) in self.numbers)


def _first(sheet: Sheet, *, alone: bool) -> tuple[list[str], int, bool]:
    """The first row, the columns there are, and whether it is scikit-learn's: rows, columns, class names.

    alone   whether one column will do
    """
    found = sheet.rows()
    _, first = next(found, (0, []))
    if not first:
        raise InputError(f"{sheet.name}: a table needs rows of numbers; got 0 rows. It is empty.")
    if len(first) == 1 and not alone:
        raise _one_column(sheet, first[0])
    if len(first) > MOST_COLUMNS:
        raise InputError(f"{sheet.name}: a table needs at most {MOST_COLUMNS:,} columns; got {len(first):,}. Split it.")
    second = first
    if len(first) > 3 and first[0].isdigit() and first[1].isdigit():
        _, second = next(found, (0, first))
    listed = second is not first and first[1] == str(len(second) - 1)
    return first, len(second) if listed else len(first), listed


def _watched(target: str | int | None, first: Sequence[str], width: int) -> int:
    """Where the target will be, as far as the first row tells."""
    if target in first[:width]:
        return first.index(str(target))
    numbered = re.fullmatch(r"x?(\d{1,6}|-\d{1,6})", "-1" if target is None else str(target))
    return int(numbered[1]) % width if numbered else width - 1


def _head(
    sheet: Sheet, first: list[str], columns: Sequence[Column], n: int, options: TableOptions, listed: bool
) -> Head:
    numbered = tuple(f"x{i}" for i in range(len(columns)))
    if listed:
        return Head((*numbered[:-1], "class"), listed=tuple(first[2:]))
    header = options.header
    if header is None and not (header := _is_header(sheet, first, columns, n, options.reading)):
        said = "no header: every entry of the first row is a number; the columns are called x0, x1, ..."
        return Head(numbered, is_data=True, said=said)
    if not header:
        return Head(numbered, is_data=True)
    names = tuple(name or f"x{i}" for i, name in enumerate(first))
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise InputError(
            f"{sheet.name}: a table needs each column name once; got {short(', '.join(twice))} twice. Rename them."
        )
    return Head(names, unnamed=first[0] in ("", "Unnamed: 0"))


def _is_header(sheet: Sheet, first: list[str], columns: Sequence[Column], n: int, reading: Reading) -> bool:
    """Whether a first row holds names; refused where it may as well be data."""
    numbers = [reading.number(entry) for entry in first]
    if None not in numbers and not _counts(numbers):
        return False
    if n == 0 or not any(map(_alike, first, columns, [reading] * len(first))):
        return True
    raise InputError(
        f"{sheet.name}: a table needs a header that is unlike its rows; got a first row that looks like the rows below "
        f"({short(', '.join(first))}). Give --no-header (header=False) if it is data, --header if it holds names"
        f"{sheet.proposal()}."
    )


def _counts(numbers: Sequence[float | None]) -> bool:
    """Whether a row of numbers is 0, 1, 2, ... as tables without names are often saved, or years."""
    first = numbers[0]
    if first is None or list(numbers) != [first + i for i in range(len(numbers))]:
        return False
    return first in YEARS or (first == 0 and len(numbers) > 2)


def _alike(entry: str, column: Column, reading: Reading) -> bool:
    """Whether a first entry is like those below it."""
    if entry.lower() in MISSING or column.filled == 0:
        return False
    if 2 * column.numbers > column.filled:
        return reading.number(entry) is not None
    alone = Column()
    alone.add([entry], 0, [0], reading)
    return bool(column.odd and alone.odd) or bool(column.texts and entry in column.texts)


def _ragged(sheet: Sheet, line: int, expected: int, got: int) -> InputError:
    return InputError(
        f"{sheet.name} line {line}: a table needs rows of one length; expected {expected} entries, got {got}. "
        f"{_why_ragged(sheet, line, expected, got)}."
    )


def _why_ragged(sheet: Sheet, line: int, expected: int, got: int) -> str:
    """What a row of another length may come from."""
    if proposal := sheet.proposal():
        return f"Check the separators{proposal}"
    if (told := _remark(sheet, line, got)) is not None:
        return told
    first = list(islice(sheet.rows(), 6))
    widths = {len(entries) for _, entries in first[1:]}
    data = any(Reading().number(entry) is not None for entry in first[1][1])  # else the names stand there
    if line == first[1][0] and widths == {got} == {expected + 1} and expected > 1 and data:
        return (
            f"Line {first[0][0]} has one name fewer, as R writes a table with names of its rows: write a name for the "
            "first column before the others; else check the separators"
        )
    if line == first[1][0] and widths == {got} and expected < got and len(first) > 3:
        return f"If line {first[0][0]} is a title above the names, remove it; else check the separators"
    whole = all(entry.isdigit() for _, entries in first[1:] for entry in entries)
    if sheet.sep == "," and got == 2 * expected and whole:
        return "If its commas are decimal ones too, write points, or quotes around the numbers and --decimal ,"
    return "Check the separators"


def _remark(sheet: Sheet, line: int, got: int) -> str | None:
    """What a row of one entry behind the data may be."""
    rows = list(sheet.rows())
    at = next(k for k, (other, _) in enumerate(rows) if other == line)
    if rows[at][1][0].startswith("#"):
        return f"If line {line} is a remark, remove it"
    if got == 1 and at > 1:
        named = all(Reading().number(entry) is None for entry in rows[0][1])  # else its first row may be one of data
        out = f"--max-rows {at - 1} leaves it out, and all behind it" if named else "remove it"
        return f"If line {line} is a remark below the table, {out}"
    return None


def _one_column(sheet: Sheet, name: str) -> InputError:
    remark = "add a column of inputs"
    if name.startswith("#"):
        remark = "remove the lines of remarks, which begin with #"
    elif len({len(entries) for _, entries in islice(sheet.rows(), 1, 6)} - {1}) == 1:
        remark = "if its first line is a title above the names, remove it"
    hint = sheet.proposal().removeprefix(": ") or remark
    return InputError(f"{sheet.name}: a table needs inputs and a target; found 1 column ({short(name)!r}); {hint}.")
