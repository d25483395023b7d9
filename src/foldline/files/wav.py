"""WAV files: chunks after a header, whole numbers or reals of every size, in either order of bytes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..text import counted

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
OTHERS = {
    2: "Microsoft ADPCM", 6: "A-law", 7: "mu-law", 0x11: "IMA ADPCM", 0x31: "GSM 6.10", 0x50: "MPEG", 0x55: "MP3",
    0x161: "Windows Media", 0x1FC: "HE-AAC",
}  # fmt: skip
ORDERS = {b"RIFF": "<", b"RIFX": ">", b"RF64": "<", b"BW64": "<"}
UNKNOWN_SIZE = 0xFFFFFFFF  # of what was written into a pipe; in RF64: told by its first chunk
GUID = bytes.fromhex("000000001000800000aa00389b71")  # of an extensible header, behind the kind of its numbers
WIDEST = {PCM: 4, FLOAT: 8}  # bytes
MOST_VALUES = 2**26  # of all channels: as rows of float64 with their times they take 1 GB


@dataclass(frozen=True, eq=False)
class Sound:
    """What a file holds: values (n, channels), whole numbers as shares of their range; bits of a number that count."""

    rate: int
    values: NDArray[np.float64]
    bits: int
    notes: tuple[str, ...] = ()


def sound_of(data: bytes, name: str) -> Sound:
    """Return what a WAV file holds.

    raises   InputError for what is none, is cut short, or holds packed numbers
    source   Multimedia Programming Interface and Data Specifications 1.0 (IBM and Microsoft 1991); Multiple Channel
             Audio Data and WAVE Files (Microsoft 2007); EBU Tech 3306 (RF64)
    """
    order = ORDERS.get(data[:4])
    if order is None or data[8:12] != b"WAVE":
        raise InputError(f"{name}: not a WAV file: it does not start with RIFF ... WAVE. Check the name.")
    form: tuple[int, int, int, int, int] | None = None
    size64: int | None = None
    for kind, size, begin in _chunks(data, order):
        if kind == b"ds64" and size >= 16:
            (size64,) = struct.unpack_from("<Q", data, begin + 8)
        elif kind == b"fmt ":
            form = _form(data[begin : begin + size], order, name)
        elif kind == b"data":
            if form is None:
                raise InputError(f"{name}: a WAV file needs its fmt chunk before its data; got none. Export it again.")
            return _sound(
                data, begin, size64 if size == UNKNOWN_SIZE and size64 is not None else size, form, order, name
            )
    raise InputError(f"{name}: a WAV file needs a data chunk; got none. Export it again.")


def _chunks(data: bytes, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Name, length and beginning of each chunk; they begin at even places."""
    at = 12
    while at + 8 <= len(data):
        kind, (size,) = data[at : at + 4], struct.unpack_from(f"{order}I", data, at + 4)
        yield kind, size, at + 8
        at += 8 + size + size % 2


def _form(chunk: bytes, order: str, name: str) -> tuple[int, int, int, int, int]:
    """Kind of numbers, channels, rate, bytes a number, bits of it that count."""
    if len(chunk) < 16:
        raise InputError(f"{name}: a WAV file needs a fmt chunk of 16 bytes; got {len(chunk)}. Export it again.")
    kind, channels, rate, _, block, bits = struct.unpack_from(f"{order}HHIIHH", chunk)
    if kind == EXTENSIBLE and len(chunk) >= 40:
        valid, _, kind = struct.unpack_from(f"{order}HIH", chunk, 18)
        bits = valid or bits
        kind = kind if chunk[26:40] == GUID else EXTENSIBLE
    if kind not in WIDEST:
        told = f"{OTHERS.get(kind, 'numbers of a kind')} ({kind:#x})"
        raise InputError(
            f"{name}: a WAV file needs PCM or float data; got {told}. Convert it, as "
            "ffmpeg -i IN.wav -c:a pcm_s16le OUT.wav does."
        )
    wide = block // channels if channels else 0
    whole = bool(channels) and block == wide * channels and bits <= 8 * wide
    usable = 1 <= wide <= WIDEST[kind] and bits >= 1 if kind == PCM else wide in (4, 8) and bits == 8 * wide
    if not (whole and usable and rate):
        told = f"{counted(channels, 'channel')} of {bits} bits in blocks of {block} bytes, at a rate of {rate}"
        raise InputError(
            f"{name}: a WAV file needs PCM of up to 32 bits or float of 32 or 64, in whole blocks, at a rate above 0; "
            f"got {told}. Export it again."
        )
    return kind, channels, rate, wide, bits


def _sound(data: bytes, begin: int, size: int, form: tuple[int, int, int, int, int], order: str, name: str) -> Sound:
    kind, channels, rate, wide, bits = form
    there, notes = len(data) - begin, []
    if size == UNKNOWN_SIZE or (size == 0 and there):
        size = there - there % (wide * channels)
        notes.append("the file does not say how long it is, as one written into a pipe or not ended: read to its end")
    if size > there:
        raise InputError(
            f"{name}: a WAV file needs all its data; got {there} bytes of {size}: truncated. Copy it again."
        )
    if size % (wide * channels):
        raise InputError(
            f"{name}: a WAV file needs data in blocks of {wide * channels} bytes; got {size}. Export it again."
        )
    if size // wide > MOST_VALUES:
        raise InputError(f"{name}: a signal needs at most {MOST_VALUES:,} values; got {size // wide:,}. Cut it.")
    if not size:
        raise InputError(f"{name}: a signal needs values; got none. Record it again.")
    raw = np.frombuffer(data, np.uint8, size, begin).reshape(-1, channels, wide)
    if kind == FLOAT:
        values: NDArray[Any] = raw.copy().view(f"{order}f{wide}")[..., 0].astype(np.float64)
    elif bits <= 8 and wide == 1:
        values = raw[..., 0] / 128.0 - 1.0
    else:  # left in 32 bits, so that a number's first bit is its sign
        left = np.zeros((*raw.shape[:2], 4), np.uint8)
        left[..., 4 - wide :] = raw if order == "<" else raw[..., ::-1]
        values = left.view("<i4")[..., 0] / 2.0**31
    return Sound(rate, values, bits, tuple(notes))
