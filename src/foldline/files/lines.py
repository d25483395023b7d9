"""The lines of a text mesh file, numbered, and the numbers in them."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence

from ..errors import InputError
from ..text import counted

# Longest first: UTF-32's mark begins with UTF-16's.
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
NUMBER = re.compile(r"[+-]?\d+(,\d+)?(e[+-]?\d+)?", re.IGNORECASE)
LARGEST_INDEX = 2**62  # larger ones name no vertex either, and fit no array


def text_of(data: bytes, name: str) -> str:
    """Return a file's text, by its byte-order mark; without one every byte is a character, as names may be in any code.

    >>> text_of("f 1".encode("utf-16"), "a.obj")
    'f 1'
    """
    for mark, code in MARKS:
        if data.startswith(mark):
            try:
                return data.decode(code)
            except UnicodeDecodeError as error:
                raise InputError(f"{name}: a text file needs whole characters; got {error}. Copy it again.") from None
    return data.decode("latin-1")


def lines(data: bytes, name: str, kind: str, *, comment: str = "", joined: str = "") -> Iterator[tuple[int, list[str]]]:
    """Give the number and the words of every line that is not blank.

    comment   what begins one
    joined    at a line's end, goes on with the next line; the number is that of the first
    raises    InputError for a file with no text, or with NUL bytes
    """
    text = text_of(data, name)
    if not text.strip():
        raise empty(name)
    if "\0" in text:
        at = text.count("\n", 0, text.index("\0")) + 1
        raise InputError(f"{name}: not {_a(kind)} (line {at}): it holds binary data. Check the file's name.")
    number, before = 0, ""
    for at, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        bare = line.partition(comment)[0] if comment else line
        if joined and bare.rstrip().endswith(joined):
            number, before = number or at, before + bare.rstrip()[: -len(joined)] + " "
            continue
        words = (before + bare).split()
        if words:
            yield number or at, words
        number, before = 0, ""
    if before.split():
        yield number, before.split()


def numbers(name: str, number: int, words: Sequence[str], what: str = "vertex") -> tuple[float, float, float]:
    """Return the first three of a line's words as numbers."""
    try:
        x, y, z = map(real, words[:3])
    except ValueError:
        raise InputError(
            f"{name} line {number}: a {what} needs 3 numbers; got {' '.join(words)[:60]!r}. {about_commas(words)}"
        ) from None
    return x, y, z


def real(word: str) -> float:
    """Return a word as a number; Python's own underscores are none."""
    if "_" in word:
        raise ValueError(word)
    return float(word)


def about_commas(words: Sequence[str], advice: str = "Export it again.") -> str:
    """Return what is to be done with words that are no numbers: decimal commas are named.

    >>> about_commas(["0,5", "1,25", "3"])
    'It has decimal commas: write points, 1.5 and not 1,5.'
    """
    comma = bool(words) and all(NUMBER.fullmatch(word) for word in words) and any("," in word for word in words)
    return "It has decimal commas: write points, 1.5 and not 1,5." if comma else advice


def whole(name: str, number: int, word: str) -> int:
    """Return a word as a vertex number."""
    try:
        return max(min(int(word.replace("_", "?")), LARGEST_INDEX), -LARGEST_INDEX)
    except ValueError:
        raise InputError(
            f"{name} line {number}: a face needs vertex numbers; got {word[:30]!r}. Export it again."
        ) from None


def count(name: str, number: int, word: str) -> int:
    """Return a word as a count."""
    if not word.isascii() or not word.isdigit():
        raise InputError(f"{name} line {number}: a mesh file needs a count; got {word[:30]!r}. Export it again.")
    return int(word[:18])


def not_a(name: str, kind: str, line: int, why: str = "") -> InputError:
    """Return the error for a file that is not what its name says."""
    return InputError(f"{name}: not {_a(kind)} (line {line}){why}. Check the file's name, or export it again.")


def cut(name: str, wanted: str) -> InputError:
    """Return the error for a file that ends too early."""
    return InputError(f"{name}: a mesh file needs all its elements; it ends before {wanted}: truncated. Copy it again.")


def empty(name: str, n_lines: int = 0) -> InputError:
    """Return the error for a file without polygons, which may hold lines between its vertices."""
    what = f"{counted(n_lines, 'line')} between vertices, which bound no solid" if n_lines else "no triangles"
    return InputError(f"{name}: a mesh file needs at least 1 polygon with area; got {what}. Export it again.")


def _a(kind: str) -> str:
    return f"{'a' if kind in ('PLY', 'PCD') else 'an'} {kind}"
