"""The bytes of a CSV file -> its rows of entries, each with the line it begins on."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import InputError
from ..source import opened
from ..unpack import gunzip, gzip_size

LONGEST_LINE = 2**22  # characters: ten times the widest table of real measurements
MOST_COLUMNS = 2**16
DELIMITERS = (";", "\t", "|", ",", " ")
MARKS = (
    (codecs.BOM_UTF32_LE, "FF FE 00 00", "utf-32"),
    (codecs.BOM_UTF16_LE, "FF FE", "utf-16"),
    (codecs.BOM_UTF16_BE, "FE FF", "utf-16"),
)
CHUNK = 2**20
START = 1000  # bytes that tell what a file is
PACKED = {  # how files begin that were only renamed; in more than letters, of which a name of a column may be made
    rb"PK\x03\x04": "a ZIP archive, as spreadsheets (.xlsx, .ods) are",
    rb"\xd0\xcf\x11\xe0": "an old spreadsheet (.xls)",
    rb"PAR1\x15": "a Parquet file",
    rb"\x1f\x8b": "a gzip archive: its name ends in .csv.gz",
    rb"\xfd7zXZ": "an xz archive: unpack it",
    rb"BZh[1-9]1AY&SY": "a bzip2 archive: unpack it",
    rb"\x28\xb5\x2f\xfd": "a Zstandard archive: unpack it",
    rb"\x89HDF": "an HDF5 file",
    rb"%PDF-\d": "a PDF file",
    rb"\s*(\[\s*)?\{\s*\"[^\"]*\"\s*:": "JSON",
}
SAID = re.compile(r"\"?sep=([;,|\t])\"?\r?\n", re.IGNORECASE)  # how spreadsheets name the separator to each other
DECIMAL_COMMA = re.compile(r"(?<![\d,])\d+,\d+(?![\d,])")

Record = tuple[int, list[str]]  # the line it begins on, and its entries without the spaces around them


@dataclass(frozen=True)
class Sheet:
    """A file's text in memory.

    begin  lines to leave out at the beginning: the one that names the separator to a spreadsheet, "sep=;"
    cut    whether the file goes on after ``data``
    blank  what ``rows`` has skipped: rows of separators alone, by line
    """

    name: str
    data: bytes
    sep: str
    encoding: str = "utf-8-sig"
    begin: int = 0
    cut: bool = False
    blank: list[int] = field(default_factory=list)

    def rows(self) -> Iterator[Record]:
        """The rows that hold something; an empty line is none.

        raises   InputError with the line of a row that is longer or shorter than the second, or no CSV text
        """
        self.blank.clear()
        reader = _reader(self._lines(), self.sep, strict=True)
        line, done = 1, self.begin
        try:
            for row in reader:
                line, done = done + 1, self.begin + reader.line_num
                entries = [entry.strip() for entry in row]
                if any(entries):
                    yield line, entries
                elif row:
                    self.blank.append(line)
        except csv.Error as error:
            said = f"an entry of over {csv.field_size_limit():,} characters" if "limit" in str(error) else error
            raise InputError(
                f"{self.name} line {done + 1}: a table needs CSV text; got {said}. Check the quotes there"
                f"{self.proposal()}."
            ) from None

    def _lines(self) -> Iterator[str]:
        text = io.TextIOWrapper(io.BytesIO(self.data), self.encoding, newline="")
        number = 0
        while line := text.readline(LONGEST_LINE):
            number += 1
            if number <= self.begin:
                continue
            if len(line) == LONGEST_LINE:
                raise InputError(
                    f"{self.name} line {number}: a table needs lines of less than {LONGEST_LINE:,} characters; "
                    "got a longer one. Is it a table?"
                )
            yield line

    def other_separator(self) -> tuple[str | None, bool]:
        """Return what separates the first lines into rows of one length instead of ``sep``, if anything does.

        Also whether numbers with a decimal comma then stand between.
        """
        lines = [line for _, line in zip(range(6), self._lines(), strict=False) if line.strip()]
        for mark in DELIMITERS:
            try:
                widths = [len(row) for row in _reader(lines, mark, strict=False)]
            except csv.Error:
                continue
            some = set(widths[1:] if len(widths) > 2 else widths)  # there may be a title above the names
            spaces = mark == " " and any(self.sep in line for line in lines)
            if mark != self.sep and (self.sep, mark) != (" ", "\t") and len(some) == 1 and some != {1} and not spaces:
                return mark, mark != "," and any(DECIMAL_COMMA.search(line) for line in lines)
        return None, False

    def proposal(self) -> str:
        """What is proposed where another separator stands in every line, and a comma between digits."""
        mark, comma = self.other_separator()
        if mark is None:
            return ""
        return f": delimiter {mark!r}? use --sep {mark!r}" + (" --decimal ," if comma else "")


def _reader(lines: Iterable[str], sep: str, *, strict: bool) -> Any:
    """A csv.reader; where spaces separate, any number of them and of tabs separates once."""
    if sep != " ":
        return csv.reader(lines, delimiter=sep, strict=strict)
    plain = (line.replace("\t", " ").strip() + "\n" for line in lines)
    return csv.reader(plain, delimiter=sep, strict=strict, skipinitialspace=True)


def read_sheet(path: Path, *, sep: str | None, encoding: str, most: int, part: bool) -> Sheet:
    """Return the text of a file, packed by gzip or not.

    sep       "," if not given, a tab for .tsv
    most      bytes, unpacked
    part      take the first ``most`` bytes of a larger file, up to the end of a line
    raises    InputError for a larger file, before it is unpacked; for bytes that are no text in this encoding
    """
    name = path.name
    data, cut = _bytes(path, most, part)
    codec = _codec(data, encoding)
    said = SAID.match(data[:20].decode(codec, "ignore"))
    usual = said[1] if said else "\t" if ".tsv" in name.lower() else ","
    sheet = Sheet(name, data, sep or usual, codec, int(said is not None), cut)
    _check_text(sheet)
    return sheet


def check_size(sheet: Sheet, most: int, n: int, width: int) -> None:
    """Refuse rows whose numbers take more bytes, with the text, than ``most``."""
    size = (0 if sheet.cut else len(sheet.data)) + 8 * n * width
    if size > most:
        raise InputError(
            f"{sheet.name}: a table needs at most {most:,} bytes; its {n:,} rows of {width:,} numbers take {size:,} "
            "with the text. Give --max-rows to read a part, or --max-bytes if there is memory for more."
        )


def _bytes(path: Path, most: int, part: bool) -> tuple[bytes, bool]:
    with opened(path) as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        data = file.read(min(size, most) + 1)
    packed = path.suffix.lower() == ".gz"
    try:
        size = gzip_size(data, most) if packed and len(data) <= most else max(size, len(data))
        cut = size > most
        if not cut or part:
            data = gunzip(data, most) if packed else data[:most]
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None
    if cut and not part:
        raise InputError(
            f"{path.name}: a table needs at most {most:,} bytes; it has more{' unpacked' * packed}. Give --max-rows to "
            "read a part, or --max-bytes if there is memory for more."
        )
    return (data[: data.rfind(b"\n") + 1] if cut else data), cut


def _codec(data: bytes, encoding: str) -> str:
    return "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding


def _check_text(sheet: Sheet) -> None:
    """Refuse bytes that are no text, by their place in the file."""
    for begin, what in PACKED.items():
        if re.match(begin, sheet.data[:START]):
            raise InputError(f"{sheet.name}: a table needs text; got {what}. Save it as CSV under another name.")
    utf8 = sheet.encoding == "utf-8-sig"
    for mark, shown, encoding in MARKS if utf8 else ():
        if sheet.data.startswith(mark):
            raise InputError(
                f"{sheet.name}: a table needs UTF-8 text; got {encoding.upper()}: not UTF-8 (BOM {shown}). "
                f"Give --encoding {encoding}."
            )
    decoder = codecs.getincrementaldecoder(sheet.encoding)()
    for at in range(0, max(len(sheet.data), 1), CHUNK):
        pending = decoder.getstate()[0]
        try:
            text = decoder.decode(sheet.data[at : at + CHUNK], at + CHUNK >= len(sheet.data))
        except UnicodeError as error:
            start = getattr(error, "start", 0)
            bad = (pending + sheet.data[at : at + CHUNK])[start : start + 1].hex().upper()
            hint = "cp1252 reads what older Windows programs write" if utf8 else "utf-8 is the usual one"
            raise InputError(
                f"{sheet.name}: a table needs {'UTF-8' if utf8 else sheet.encoding} text; got byte {bad or 'none'} at "
                f"offset {at - len(pending) + start}: not {'UTF-8' if utf8 else sheet.encoding}. "
                f"Save it as UTF-8, or give its --encoding ({hint})."
            ) from None
        if "\0" in text:
            _nul(sheet, at)


def _nul(sheet: Sheet, at: int) -> None:
    offset = sheet.data.find(b"\0", at)
    zeros = Counter(i % 2 for i, byte in enumerate(sheet.data[:200]) if byte == 0)
    hint = "Is it binary?"
    if len(zeros) == 1 and sum(zeros.values()) > 20:
        hint = f"If it is UTF-16, give --encoding utf-16-{'le' if 1 in zeros else 'be'}."
    raise InputError(f"{sheet.name}: a table needs text; got a NUL byte at offset {offset}. {hint}")
