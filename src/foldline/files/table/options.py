"""How a table is read: one value, whose fields are the keywords of ``read`` and the options of the command line."""

from __future__ import annotations

import codecs
import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from numbers import Integral
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...text import short
from ..unpack import MAX_BYTES

if TYPE_CHECKING:
    from .entries import Reading

MISSING_ROWS = ("refuse", "drop")
KINDS = ("signal", "table")
NAMED: dict[str, tuple[Any, str]] = {
    "str": (str, "a text"),
    "int": (Integral, "a whole number"),
    "bool": (object, "True or False"),
}
TYPED = re.compile(r"\\(t|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4})")  # how messages write a sign that cannot be seen


def _option(default: Any, said: str, flag: str = "") -> Any:
    """A field with the line that explains it, and the name of its option where that is not its own."""
    return field(default=default, metadata={"said": said, "flag": flag})


@dataclass(frozen=True)
class TableOptions:
    """How a table is read.

    raises   InputError naming the option that cannot be

    >>> TableOptions(decimal=",").reading.number("1,5")
    1.5
    """

    target: str | int | None = _option(None, "The column to predict, by name or number from 0; the last unless given.")
    ignore: tuple[str, ...] = _option((), "A column to leave out; may be given again.")
    classification: bool | None = _option(
        None, "Take the target's values as classes, or as numbers; by what they are unless given.",
        "--classification/--regression",
    )  # fmt: skip
    kind: str | None = _option(None, "signal or table; a table whose first column is t or time and rises is a signal.")
    header: bool | None = _option(None, "Whether the first row holds names; looked at unless given.")
    missing: str = _option("refuse", "Empty entries: refuse, or drop their rows.")
    missing_values: tuple[str, ...] = _option((), "What else is an empty entry, such as -999; may be given again.")
    sep: str | None = _option(None, "What separates the columns, tab for a tab; a comma unless given, a tab for .tsv.")
    decimal: str = _option(".", "Decimal mark, a point or a comma.")
    thousands: str | None = _option(None, "What stands between groups of three digits; nothing unless given.")
    strip: str = _option("", "Signs to take away around numbers, such as '$' or '%'.")
    dates: bool = _option(False, "Read 2024-01-31 (and a time), 5 May 2024 as days since 1970-01-01.", "--dates")
    day_first: bool | None = _option(
        None, "Read dates such as 1/5/2024, too: as 1 May, or as January 5.", "--day-first/--month-first"
    )
    encoding: str = _option("utf-8", "How the bytes are text, such as cp1252 or utf-16.")
    max_rows: int | None = _option(None, "Read no more rows.")
    max_bytes: int = _option(MAX_BYTES, "The most bytes the file may take unpacked, with the numbers made of it.")

    def __post_init__(self) -> None:
        alone: Any = self.ignore
        object.__setattr__(self, "ignore", (alone,) if isinstance(alone, str | int) else tuple(alone))
        _check_kinds(self)
        marks: Any = self.missing_values
        marks = (marks,) if isinstance(marks, str | int | float) else tuple(marks)
        object.__setattr__(self, "missing_values", tuple(map(str, marks)))
        object.__setattr__(self, "sep", "\t" if self.sep == "tab" else _sign(self.sep))
        object.__setattr__(self, "thousands", _sign(self.thousands))
        mark = self.thousands
        needs(self.sep is None or _one_sign(self.sep), "one character as --sep", self.sep, "Give a comma or semicolon.")
        needs(self.decimal in (".", ","), "--decimal . or ,", self.decimal, "Choose one.")
        needs(
            mark is None or (_one_sign(mark) and mark not in (self.decimal, *"+-0123456789")),
            f"one character as --thousands, other than its --decimal {self.decimal}", mark, "Give , or . or a space.",
        )  # fmt: skip
        needs(
            not any(c.isdigit() or c in "+-.,()" for c in self.strip),
            "signs other than digits, + - . , and brackets to --strip", self.strip, "Try '$' or '%'.",
        )  # fmt: skip
        needs(self.kind in (None, *KINDS), "--kind signal or table", self.kind, "Choose one, or leave it out.")
        needs(self.missing in MISSING_ROWS, "missing='refuse' or 'drop'", self.missing, "Choose one.")
        needs(self.max_rows is None or self.max_rows > 0, "max_rows of 1 or more", self.max_rows, "Leave it out.")
        needs(self.max_bytes > 0, "max_bytes of 1 or more", self.max_bytes, "Leave it out.")
        needs(_is_encoding(self.encoding), "an --encoding that Python knows", self.encoding, "Try utf-8 or cp1252.")

    @property
    def reading(self) -> Reading:
        """How an entry becomes a number."""
        from .entries import Reading  # its patterns are compiled once a table is read, not for ``--help``

        dates = self.dates or self.day_first is not None
        return Reading(self.decimal, self.thousands, self.strip, dates, self.day_first)


def _check_kinds(options: TableOptions) -> None:
    """Refuse a value of another kind than its field's: a text for a number, a number for a text."""
    for one in fields(options):
        kinds, value = str(one.type).split(" | "), getattr(options, one.name)
        if kinds[0].startswith("tuple") or (value is None and "None" in kinds):
            continue
        known = [kind for kind in kinds if kind in NAMED]
        truth = type(value).__name__ in ("bool", "bool_")  # Python's or NumPy's, which is not loaded for this
        right = any(isinstance(value, NAMED[kind][0]) and truth == (kind == "bool") for kind in known)
        needs(right, f"{one.name} as {' or '.join(NAMED[kind][1] for kind in known)}", value, "Leave it out.")


def needs(true: bool, what: str, got: object, advice: str) -> None:
    """Raise InputError unless an option is what a table needs."""
    if not true:
        raise InputError(f"a table needs {what}; got {got!r}. {advice}")


def named(names: Sequence[str], wanted: str | int, what: str) -> int:
    """Return the place of a column by its name, or if none has that name by its number; below 0 from the last.

    raises   InputError with all names and the nearest
    """
    text = str(wanted)
    if text in names:
        return list(names).index(text)
    if text.removeprefix("-").isdecimal() and -len(names) <= int(text) < len(names):
        return int(text) % len(names)
    close = [name for name in names if name.casefold() == text.casefold()] or difflib.get_close_matches(text, names, 1)
    hint = f"Did you mean {close[0]!r}?" if close else "Choose one of them."
    raise InputError(f"a table needs its {what} column; got {wanted!r}, not in {short(', '.join(names), 300)}. {hint}")


def _sign(typed: str | None) -> str | None:
    """The sign that was typed, by a shell that does not know it, as messages write it: a tab, a narrow space."""
    escaped = TYPED.fullmatch(typed or "")
    return typed if escaped is None else "\t" if escaped[1] == "t" else chr(int(escaped[1][1:], 16))


def _one_sign(text: str) -> bool:
    return len(text) == 1 and text not in '"\r\n'


def _is_encoding(name: str) -> bool:
    """Whether Python decodes text by this name; its codecs that turn bytes into bytes are none."""
    try:
        return bool(codecs.lookup(name)._is_text_encoding) and name.lower() != "undefined"
    except (LookupError, ValueError):
        return False
