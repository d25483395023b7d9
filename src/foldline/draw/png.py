"""Pixels -> PNG bytes, with the standard library alone."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def png_bytes(pixels: NDArray[np.uint8], clear: Sequence[int] | None = None) -> bytes:
    """Return an image as a PNG file; (height, width, 3) RGB, or (height, width, 4) with alpha, top row first.

    clear   red, green, blue of the pixels through which the page is seen; none unless given

    >>> png_bytes(np.zeros((2, 2, 3), dtype=np.uint8))[:4]
    b'\\x89PNG'
    """
    height, width, channels = pixels.shape
    rows = np.concatenate([np.zeros((height, 1), dtype=np.uint8), pixels.reshape(height, -1)], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, {3: 2, 4: 6}[channels], 0, 0, 0)
    through = [] if clear is None else [(b"tRNS", struct.pack(">HHH", *clear))]
    parts = [(b"IHDR", header), *through, (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def data_url(pixels: NDArray[np.uint8], clear: Sequence[int] | None = None) -> str:
    """Return an image as a URL that holds it; ``clear`` as ``png_bytes`` has it."""
    return "data:image/png;base64," + base64.b64encode(png_bytes(pixels, clear)).decode()


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
