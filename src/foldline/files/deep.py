"""Pictures in TIFF files that Pillow does not know or mixes up: odd bits, white first, deep channels one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..text import counted
from .tiff import APART, BITS, CHANNELS, MORE, PACKED, SAMPLE_FORMAT, SHOWN, TURNED, first_tags, n_pages, opened_tiff

Array = NDArray[np.float64]

# How numbers are shown (TIFF 6.0, section 8): how many channels they take, and how many more Pillow leaves out.
WHITE_FIRST, BLACK_FIRST, COLOURS, PALETTE = range(4)
SHOWS = {WHITE_FIRST: (1, 0), BLACK_FIRST: (1, 1), COLOURS: (3, 3), PALETTE: (1, 1), 5: (4, 2), 6: (3, 0), 8: (3, 0)}
UNPACKED = (1, 2, 3, 4, 5, 6, 7, 8, 32771, 32773, 32946, 34925, 50000)  # how Pillow's libtiff can have packed them
DEEPEST = 16  # bits of a channel whose largest number is white
MULTIPLIED, ALPHA = 1, 2  # channels beyond those shown that say what covers; of the first the others are parts
UNSIGNED = 1
KINDS = {3: "floating-point numbers", 5: "complex numbers", 6: "complex numbers"}  # the others
AXES = ("YX", "YXS", "SYX")
BRIGHTEST = 65535.0  # of a palette
TURNS: dict[int, Callable[[Array], Array]] = {  # what an orientation does to rows and columns
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a[::-1].swapaxes(0, 1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: a.swapaxes(0, 1)[::-1],
}


def is_deep(data: bytes) -> bool:
    """Return whether a TIFF's numbers are such as Pillow does not know, or gets wrong.

    It has only white-last grey of 12 (little-endian) and 16 bits, takes 16 bits with white first for white last, and of
    16-bit channels that are stored one after the other takes bytes of the first for all.
    """
    told = first_tags(data)
    if not told:
        return False
    bits, channels, shown = told.get(BITS, 1), told.get(CHANNELS, 1), told.get(SHOWN, 0)
    known, more = SHOWS.get(shown, (0, 0))
    if told.get(PACKED, 1) not in UNPACKED or told.get(SAMPLE_FORMAT, 1) != 1 or not known <= channels <= known + more:
        return True
    if bits <= 8:
        return bits not in (1, 2, 4, 8) or (bits < 8 and channels > 1)
    plain = shown == BLACK_FIRST and channels == 1
    if bits == 12:
        return not (plain and data[:2] == b"II")
    return bits != 16 or not (plain or (shown in (COLOURS, 5) and told.get(APART, 1) == 1))


def read_deep(data: bytes, name: str, check: Callable[[int, int, int], None]) -> tuple[Array, list[str], int]:
    """Return the values of such a picture as stored, (height, width, 1 or 3) in [0, 1], what was changed for that, and
    the number of its orientation.

    check    width, height and channels -> raises where these are too many
    raises   MissingError without tifffile; InputError for numbers that have no white, and for what is damaged
    """
    with opened_tiff(data, name, "such a TIFF") as file:
        page: Any = file.pages[0]
        tags: dict[int, Any] = {tag.code: tag.value for tag in page.tags.values()}
        shown, bits = int(page.photometric), _bits(name, page, tags)
        check(page.imagewidth, page.imagelength, 1 if shown in (WHITE_FIRST, BLACK_FIRST) else 3)
        stored = page.asarray()
        stored = np.moveaxis(stored, 0, -1) if page.axes == "SYX" else stored.reshape(*stored.shape[:2], -1)
        palette, pages = page.colormap, n_pages(file)
    notes = first_of(pages)
    if shown == PALETTE:
        if palette is None or stored[:, :, 0].max(initial=0) >= palette.shape[1]:
            raise InputError(f"{name}: an image needs a palette with all its numbers; got another. Export it again.")
        values, notes = (palette.T / BRIGHTEST)[stored[:, :, 0]], [*notes, "palette to RGB"]
    else:
        notes += [f"{bits} bits a channel kept at full depth"] if bits > 8 else []
        values, more = _shown(stored / (2.0**bits - 1), shown, tags)
        notes += more
    return values, notes, tags.get(TURNED, 1)


def _bits(name: str, page: Any, tags: dict[int, Any]) -> int:
    """The bits of each channel; refused where their largest number is no white."""
    shown, kind, each = int(page.photometric), page.sampleformat, np.atleast_1d(tags.get(BITS, 1))
    bits = int(each[0])
    if shown not in (WHITE_FIRST, BLACK_FIRST, COLOURS, PALETTE):
        raise without_white(name, f"colours of the kind {getattr(page.photometric, 'name', shown)}")
    if kind in KINDS:
        raise without_white(name, KINDS[kind])
    if bits > DEEPEST:
        raise without_white(name, f"{bits}-bit whole numbers")
    if kind != UNSIGNED:
        raise without_white(name, "signed numbers")
    if len({*each.tolist()}) > 1 or page.axes not in AXES or page.samplesperpixel < SHOWS[shown][0]:
        raise without_white(name, f"{page.samplesperpixel} of {each.tolist()} bits along {page.axes}")
    return bits


def without_white(name: str, got: str) -> InputError:
    """Return the refusal of a picture whose numbers do not say what is white."""
    return InputError(
        f"{name}: an image needs channels with a known white; got {got}. Convert it to 8 or 16 bits a channel."
    )


def _shown(values: Array, shown: int, tags: dict[int, Any]) -> tuple[Array, list[str]]:
    """What is seen of grey or colours, over white where they are transparent, and what is left out."""
    own = SHOWS[shown][0]
    seen, more = values[:, :, :own], values.shape[2] - own
    seen, notes = 1 - seen if shown == WHITE_FIRST else seen, []
    kind = int(np.atleast_1d(tags.get(MORE, 0))[0]) if more else 0
    if kind in (MULTIPLIED, ALPHA):
        alpha = values[:, :, own : own + 1]
        seen = np.minimum(seen * (alpha if kind == ALPHA else 1.0) + (1 - alpha), 1.0)
        notes, more = ["alpha: transparency over white"], more - 1
    return seen, notes + left_out(more)


def first_of(pictures: int) -> list[str]:
    """Return what is said of a file of so many pictures.

    >>> first_of(1), first_of(3)
    ([], ['the first of 3 pictures in it'])
    """
    return [f"the first of {pictures:,} pictures in it"] if pictures > 1 else []


def left_out(more: int) -> list[str]:
    """Return what is said of channels beside those of the picture.

    >>> left_out(2)
    ['2 more channels left out']
    """
    return [counted(more, "more channel", "left out")] if more > 0 else []
