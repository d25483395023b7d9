"""Packed files, unpacked within a limit: what is larger is refused before it is unpacked."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from ..errors import InputError

MAX_BYTES = 2**29  # half a gigabyte: what a file holds and what is made of it then fit into one
CHUNK = 2**20
GZIP = 16 + zlib.MAX_WBITS  # zlib's way to say: with a gzip header and checksum


def gzip_size(data: bytes, most: int) -> int:
    """Return how many bytes a gzip file unpacks to, or ``most`` + 1 as soon as there are more; keeps none of them.

    raises   InputError if it is no whole gzip file
    """
    size = 0
    for part in _parts(data):
        size += len(part)
        if size > most:
            return most + 1
    return size


def gunzip(data: bytes, most: int) -> bytes:
    """Return what a gzip file holds, its first ``most`` bytes at most.

    raises   InputError if it is no whole gzip file
    """
    out = io.BytesIO()  # gives its bytes without a copy
    for part in _parts(data):
        out.write(part[: most - out.tell()])
        if out.tell() == most:
            break
    return out.getvalue()


def _parts(data: bytes) -> Iterator[bytes]:
    """The pieces a gzip file unpacks to, none of more than CHUNK bytes, all its members one after the other."""
    unpack, begun = zlib.decompressobj(GZIP), False
    for at in range(0, len(data), CHUNK):
        rest = data[at : at + CHUNK]
        while rest:
            if unpack.eof:
                unpack, begun = zlib.decompressobj(GZIP), False
            rest = rest if begun else rest.lstrip(b"\0")  # members may be padded
            begun = begun or bool(rest)
            try:
                part = unpack.decompress(rest, CHUNK)
            except zlib.error as error:
                raise InputError(f"a .gz table needs a whole gzip file; got {error}. Copy it again.") from None
            if part:
                yield part
            rest = unpack.unused_data if unpack.eof else unpack.unconsumed_tail
    while begun and not unpack.eof:
        part = unpack.decompress(b"", CHUNK)
        if not part:
            raise InputError("a .gz table needs a whole gzip file; got its beginning. Copy it again.")
        yield part


def zip_size(file: IO[bytes]) -> int:
    """Return how many bytes the members of a zip archive (.npz) say they unpack to; unpacks none.

    ``zipfile`` never gives more of a member than it says, so that this is what unpacking can take.
    raises   zipfile.BadZipFile if it is no archive
    """
    with zipfile.ZipFile(file) as archive:
        return sum(entry.file_size for entry in archive.infolist())
