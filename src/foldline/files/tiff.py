"""TIFF files: what their first tags say, tifffile's way to their pages, and what libtiff writes to the screen."""

from __future__ import annotations

import io
import logging
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import Any, Literal

from ..errors import InputError, MissingError
from ..text import short

BITS, PACKED, SHOWN, TURNED, CHANNELS, APART, MORE, SAMPLE_FORMAT = 258, 259, 262, 274, 277, 284, 338, 339  # TIFF 6.0
WIDTHS = {1: 1, 3: 2, 4: 4, 16: 8}  # bytes of the kinds of whole numbers
SCREEN = Lock()  # a program has one
SAID = re.compile(r"[\w().-]+: (?!Warning).*\.")  # libtiff's way to tell an error: who found it, and what, a full stop
OF_TAGS = re.compile(r"_?TIFF(Fetch|VSetField|SetField|ReadDirectory|ReadCustom)")  # such as an orientation 0: harmless
LONGEST = 2**16  # bytes of what it says that are kept


@contextmanager
def libtiff_heard() -> Iterator[list[str]]:
    """Keep from the screen, and give, the errors that libtiff writes there; what others write comes afterwards.

    Those of tags that it does not know or like go nowhere: the pixels are none the worse.  It decodes fax pages on
    behind what it cannot read, so that these words alone tell of the damage.
    """
    said: list[str] = []
    with SCREEN, tempfile.TemporaryFile() as file:
        try:
            screen = os.dup(2)
        except OSError:  # there is none
            yield said
            return
        os.dup2(file.fileno(), 2)
        try:
            yield said
        finally:
            os.dup2(screen, 2)
            os.close(screen)
            file.seek(0)
            for line in file.read(LONGEST).splitlines(keepends=True):
                text = line.decode("utf-8", "replace").strip()
                if SAID.fullmatch(text):
                    said += [] if OF_TAGS.match(text) else [text]
                else:
                    os.write(2, line)


def first_tags(data: bytes) -> dict[int, int]:
    """Return the tags of a TIFF's first page, each with its first whole number; none of what is no TIFF.

    source   TIFF 6.0, section 2; BigTIFF (2007), whose counts and offsets have eight bytes

    >>> first_tags(b"II*")
    {}
    """
    orders: dict[bytes, Literal["little", "big"]] = {b"II": "little", b"MM": "big"}
    order = orders.get(data[:2], "little")
    number = partial(int.from_bytes, byteorder=order)
    big = number(data[2:4]) == 43
    if data[:2] not in orders or len(data) < 8 or number(data[2:4]) not in (42, 43):
        return {}
    wide, begins = (8, data[8:16]) if big else (4, data[4:8])  # bytes of an offset
    first, size, head = number(begins), 4 + 2 * wide, 8 if big else 2
    count = number(data[first : first + head])
    told = {}
    for at in range(first + head, min(first + head + size * count, len(data) - size + 1), size):
        one = WIDTHS.get(number(data[at + 2 : at + 4]), 2)
        many = one * number(data[at + 4 : at + 4 + wide]) > wide  # the numbers stand elsewhere
        place = number(data[at + 4 + wide : at + size]) if many else at + 4 + wide
        told[number(data[at : at + 2])] = number(data[place : place + one])
    return told


@contextmanager
def opened_tiff(data: bytes, name: str, what: str) -> Iterator[Any]:
    """Give a TIFF as tifffile opens it.

    raises   MissingError without tifffile, or imagecodecs where that unpacks it; InputError for what is damaged
    """
    try:
        import tifffile
    except ImportError:
        raise _missing(name, what, "tifffile") from None
    try:
        with _told_of_losses(name), tifffile.TiffFile(io.BytesIO(data)) as file:
            yield file
    except InputError:
        raise
    except Exception as error:  # a damaged file makes tifffile stumble anywhere
        if "'imagecodecs' package" in str(error):
            raise _missing(name, f"{what}, packed as it is,", "imagecodecs") from None
        raise InputError(f"{name}: a TIFF needs whole data; got {short(str(error), 200)}. Copy it again.") from error


def _missing(name: str, what: str, package: str) -> MissingError:
    return MissingError(f"{name}: {what} needs {package}; got an installation without it. pip install 'foldline[geo]'.")


def n_pages(file: Any) -> int:
    """Return how many pages a file has, smaller copies and masks left out."""
    return sum(not (page.is_reduced or page.is_mask) for page in file.pages)


@contextmanager
def _told_of_losses(name: str) -> Iterator[None]:
    """Refuse what tifffile only writes to its log: a tag that it leaves out may be the one with the coordinates."""
    losses: list[str] = []
    logger, handler = logging.getLogger("tifffile"), logging.Handler(logging.WARNING)
    handler.emit = lambda record: losses.append(record.getMessage())  # type: ignore[method-assign]
    handler.addFilter(lambda record: "GDAL_NODATA" not in record.getMessage())  # kept as the text that it is
    spread, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = spread
    if losses:
        raise InputError(f"{name}: a TIFF needs all its tags; got {losses[0][:120]}. Copy it again.")
