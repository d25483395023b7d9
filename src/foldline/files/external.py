"""Numbers of an ONNX file that stand in a file beside it: a plain name in the same folder, and nothing else."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from math import prod
from pathlib import Path
from typing import Any

from ..errors import InputError
from .source import opened

MOST_BYTES = 2**29  # of all arrays together: half a gigabyte
PLAIN = re.compile(r"[^/\\:\0]{1,255}")  # no folder, drive or stream


def load_external(tensors: Iterable[Any], path: Path) -> None:
    """Put the numbers that tensors keep in other files into them.

    raises   InputError for a place that is no plain name of a regular file in the model's own folder (no link, no
             folder, nothing above), or a part that the file does not hold; such a file is not opened
    """
    total = 0
    for tensor in tensors:
        if tensor.data_location != 1 and not tensor.external_data:
            continue
        about = {entry.key: entry.value for entry in tensor.external_data}
        if any(isinstance(text, bytes) for text in (tensor.name, *about, *about.values())):
            raise InputError(f"{path.name}: external data needs its place as text; got other bytes. Export it again.")
        size = _size_of(tensor, path.name)
        total += size
        if total > MOST_BYTES:
            raise InputError(
                f"{path.name}: external data needs at most {MOST_BYTES} bytes; got {total}. Make it smaller."
            )
        file = _beside(path, about.get("location", ""), tensor.name)
        tensor.raw_data = _part(file, about, size, f"{path.name}: external data for {tensor.name!r}")
        tensor.ClearField("external_data")
        tensor.data_location = 0


def _size_of(tensor: Any, name: str) -> int:
    """The bytes that a tensor's type and shape ask for."""
    import onnx

    try:
        item: int = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
    except (KeyError, ValueError, TypeError):
        raise InputError(
            f"{name}: tensor {tensor.name!r} needs numbers of a known type; got type {tensor.data_type}. Export again."
        ) from None
    if min(tensor.dims, default=1) < 0:
        raise InputError(f"{name}: tensor {tensor.name!r} needs sides of 0 or more; got {list(tensor.dims)}.")
    return item * prod(int(side) for side in tensor.dims)


def _beside(path: Path, location: str, tensor: str) -> Path:
    """The file of this name beside the model; a link is not followed."""
    beside = path.parent / location
    plain = PLAIN.fullmatch(location) and location not in (".", "..")
    try:
        regular = bool(plain) and stat.S_ISREG(os.lstat(beside).st_mode)
    except OSError:
        regular = False
    if not regular:
        raise InputError(
            f"{path.name}: external data needs a plain file beside the model; got {location!r} for {tensor!r}. "
            "Put the file there, or save the model as one file."
        )
    return beside


def _part(file: Path, about: dict[str, str], size: int, who: str) -> bytes:
    try:
        offset, length = int(about.get("offset", "0")), int(about.get("length", str(size)))
    except ValueError:
        raise InputError(f"{who} needs a whole offset and length; got {about}.") from None
    held = file.stat().st_size
    if offset < 0 or length != size or offset + size > held:
        raise InputError(
            f"{who} needs {size} bytes; got {length} at {offset} of a file of {held}. Copy both files again."
        )
    with opened(file) as stream:
        stream.seek(offset)
        return stream.read(size)
