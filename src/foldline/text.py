"""Values as text that other programs read: JSON, the cells of a CSV file, a page, a line of a terminal.

Strings come from files that anybody made: what a program would take for more than text is written so that it cannot.
"""

from __future__ import annotations

import html
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # a spreadsheet runs a cell that begins so
QUOTED = frozenset(',"\r\n')  # what splits a CSV line


def json_text(value: Any, *, indent: int | None = None, ascii: bool = True, compact: bool = False) -> str:
    """Return a value as JSON; a number that is not finite becomes null, since JSON has no word for it.

    Arrays become lists, mappings objects.
    raises   TypeError for what JSON has no form for

    >>> json_text({"a": [1.5, float("nan")], 2: (True, None)})
    '{"a": [1.5, null], "2": [true, null]}'
    """
    form: dict[str, Any] = {"indent": indent, "ensure_ascii": ascii, "separators": (",", ":") if compact else None}
    try:
        return json.dumps(value, allow_nan=False, default=_plain, **form)
    except ValueError:
        return json.dumps(_finite(value), allow_nan=False, **form)


def shown(text: str) -> str:
    """Return text as one line that a terminal shows and does not obey: what is not printable is escaped.

    Control characters, line breaks, and marks that hide or turn the text around are written out.

    >>> print(shown("a\\x1b[2Jb\\n\\u202ec"))
    a\\x1b[2Jb\\n\\u202ec
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def page_text(text: str) -> str:
    """Return text as HTML and SVG show it.

    >>> page_text("<b>\\x1b")
    '&lt;b&gt;\\\\x1b'
    """
    return html.escape(shown(text))


def short(text: str, longest: int = 60) -> str:
    """Return the beginning of a text that may be very long.

    >>> short("a" * 100, 8)
    'aaaaa...'
    """
    return text if len(text) <= longest else text[: longest - 3] + "..."


def csv_text(rows: Iterable[Iterable[Any]]) -> str:
    """Return rows as CSV; text that a spreadsheet would run as a formula gets an apostrophe before it.

    Numbers, also those given as text, stay as they are.

    >>> print(csv_text([["name", "x"], ["=cmd|calc!A1", -1.5], ["-1.5", "a,b"]]), end="")
    name,x
    '=cmd|calc!A1,-1.5
    -1.5,"a,b"
    """
    return "".join(",".join(_cell(value) for value in row) + "\n" for row in rows)


def _cell(value: Any) -> str:
    text = "" if value is None else repr(value) if type(value) is float else str(value)
    if isinstance(value, str) and text.startswith(FORMULA) and not _is_number(text):
        text = "'" + text
    return '"' + text.replace('"', '""') + '"' if QUOTED.intersection(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.isprintable()


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__}, for which JSON has no form")


def _finite(value: Any) -> Any:
    """The value with None for every number that is not finite."""
    if isinstance(value, str | bool | None):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {_key(key): _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return value if isinstance(value, int) else _finite(_plain(value))


def _key(key: Any) -> Any:
    return str(key) if isinstance(key, float) and not math.isfinite(key) else key


def in_seconds(seconds: float) -> str:
    """Return a time in words, three digits of it or all of its seconds.

    >>> in_seconds(0.01234), in_seconds(62.51), in_seconds(4521.7)
    ('0.0123 s', '62.5 s', '4,522 s')
    """
    return f"{seconds:.3g} s" if seconds < 999.5 else f"{seconds:,.0f} s"


def counted(n: int, noun: str, rest: str = "") -> str:
    """Return how many of something there are, in words.

    >>> counted(1, "corner"), counted(1200, "corner", "joined")
    ('1 corner', '1,200 corners joined')
    """
    return f"{n:,} {noun}{'s' * (n != 1)} {rest}".rstrip()
