"""The one place where a file is opened for reading: a regular file, of a size that fits, or a refusal."""

from __future__ import annotations

import os
import re
import stat
from io import BufferedReader
from pathlib import Path

from ..errors import FileError, InputError

MOST_BYTES = 2**32  # 4 GiB: what is read is held whole, and a parser holds it several times
# What is found under a file's name in its place: how it begins, what it is, and what to do.
INSTEAD = (
    (re.compile(rb"version https://git-lfs\.github\.com/spec/"), "a pointer of Git LFS", "Fetch it: git lfs pull."),
    (re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype html|html)", re.IGNORECASE), "a web page",
     "Download the file that it links to; a table in it is saved as CSV."),
)  # fmt: skip
BEGINNING = 256  # bytes that tell
KINDS = (
    (stat.S_ISDIR, "the folder"),
    (stat.S_ISFIFO, "the pipe"),
    (stat.S_ISCHR, "the device"),
    (stat.S_ISBLK, "the device"),
    (stat.S_ISSOCK, "the socket"),
)
PLAIN = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # a pipe put there in between cannot stop us


def opened(path: Path) -> BufferedReader:
    """Return the file, open for reading; whoever opens it closes it.

    raises   FileError if it is not there, may not be read, or is not a regular file: a folder, or a link to a device or
             a pipe, which may never end; InputError for what only stands in its place
    """
    try:
        _check_regular(path, os.stat(path).st_mode)  # opening some devices alone does something
        file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | PLAIN))
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"read needs a file it can open; got {path} ({error.strerror}). Check the name.") from error
    try:
        _check_regular(path, os.fstat(file.fileno()).st_mode)
        begins = file.peek(BEGINNING)[:BEGINNING]
        for form, what, advice in INSTEAD:
            if form.match(begins):
                raise InputError(f"{path.name}: read needs the file itself; got {what}. {advice}")
    except (OSError, InputError):
        file.close()
        raise
    return file


def path_of(who: str, path: object) -> Path:
    """Return the path of a file's name.

    raises   InputError for what is no name

    >>> path_of("read", "a.csv").suffix
    '.csv'
    """
    try:
        return Path(path)  # type: ignore[arg-type]
    except TypeError:
        raise InputError(f"{who} needs a file's name, a text or a Path; got {path!r:.60}. Write a name.") from None


def content(path: Path, *, most: int = MOST_BYTES) -> bytes:
    """Return all bytes of a file.

    raises   as ``opened`` does; InputError for more than ``most`` bytes, of which none is read

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.txt"
    >>> path.write_bytes(b"three")
    5
    >>> content(path)
    b'three'
    """
    with opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        data = file.read(size + 1) if size <= most else b""  # one more tells whether it has grown
    size = max(size, len(data))
    if size > most:
        raise InputError(f"{path.name}: read needs at most {most:,} bytes; got {size:,}. Make it smaller.")
    return data


def _check_regular(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        what = next((what for test, what in KINDS if test(mode)), "something else,")
        raise FileError(f"read needs a file; got {what} {path}, which is not a regular file. Name a file.")


def check_readable(path: Path) -> None:
    """Raise FileError unless a path is a regular file that can be opened."""
    opened(path).close()
