"""Messages <-> bytes: JSON values with the arrays beside them, and both as one frame of a binary channel."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..lecture.wire import plain
from ..text import json_text

MANY = 20_000  # numbers from which an array is only drawn, so that it travels as float32
LARGE = 1e38  # what float32 holds
ALIGN = 8
HEAD = struct.Struct("<II")  # bytes of the header, number of arrays


def parted(message: Any, many: int = MANY) -> tuple[Any, list[bytes]]:
    """Return a message as JSON values with references in the places of its arrays, and the arrays' bytes.

    many   numbers from which an array travels as float32

    >>> parted({"x": np.array([0.5])})[0]
    {'x': {'$array': 0, 'dtype': 'float64', 'shape': [1]}}
    """
    buffers: list[bytes] = []

    def write(values: NDArray[Any]) -> Any:
        if values.dtype == object or values.dtype.kind in "US":
            return plain(values.tolist())
        sent = _narrow(values, many)
        buffers.append(sent.tobytes())
        return {"$array": len(buffers) - 1, "dtype": sent.dtype.name, "shape": list(sent.shape)}

    return plain(message, write), buffers


def _narrow(values: NDArray[Any], many: int) -> NDArray[Any]:
    """The array in a type that a browser has: bytes, 32-bit whole numbers, float64 or, where many, float32."""
    if values.dtype == np.bool_ or values.dtype == np.uint8:
        return np.ascontiguousarray(values, dtype=np.uint8)
    if values.dtype == np.int8:
        return np.ascontiguousarray(values)
    if values.dtype.kind in "iu" and (not values.size or np.abs(values).max() < 2**31):
        return np.ascontiguousarray(values, dtype=np.int32)
    single = values.size > many and float(np.abs(values).max()) < LARGE
    return np.ascontiguousarray(values, dtype=np.float32 if single else np.float64)


def packed(message: Any, many: int = MANY) -> bytes:
    """Return a message as one frame: lengths, header, and the arrays, each on a multiple of eight bytes.

    >>> unpacked(packed({"id": 3}))
    {'id': 3}
    """
    header, buffers = parted(message, many)
    text = json_text(header, ascii=False, compact=True).encode()
    lengths = struct.pack(f"<{len(buffers)}I", *map(len, buffers))
    front = HEAD.pack(len(text), len(buffers)) + lengths + text
    return b"".join(part + bytes(-len(part) % ALIGN) for part in [front, *buffers])


def unpacked(frame: bytes) -> dict[str, Any]:
    """Return the message of a frame that holds no arrays: what pages send.

    raises   InputError if it is none
    """
    try:
        size, arrays = HEAD.unpack_from(frame)
        message = json.loads(frame[HEAD.size : HEAD.size + size].decode())
    except (struct.error, ValueError, RecursionError) as error:
        raise InputError(f"lab needs a frame of JSON; got {len(frame)} bytes: {error}. Reload the page.") from None
    if arrays or not isinstance(message, dict):
        raise InputError("lab needs a JSON object without arrays; got something else. Reload the page.")
    return message


def joined(parts: Sequence[bytes]) -> bytes:
    """Return a message of JSON bytes as the frame a page would send; tests ask with it."""
    text = b"".join(parts)
    return HEAD.pack(len(text), 0) + text
