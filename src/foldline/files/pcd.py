"""PCD files of the Point Cloud Library: points as text, as bytes, or packed."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .lzf import unpacked
from .source import content
from .unpack import MAX_BYTES

Array = NDArray[np.float64]

KINDS = {("F", 4): "<f4", ("F", 8): "<f8", **{(k, n): f"<{k.lower()}{n}" for k in "IU" for n in (1, 2, 4, 8)}}
AXES, NORMALS = ("x", "y", "z"), ("normal_x", "normal_y", "normal_z")
LARGEST_COUNT = 2**16  # numbers of one field of a point
DATA = ("ascii", "binary", "binary_compressed")
LISTS = ("FIELDS", "SIZE", "TYPE", "COUNT")


def read_pcd(path: Path) -> tuple[Array, Array | None]:
    """Return the points of a PCD file, (n, 3), and their normals where it has them; rows that are not numbers are kept.

    raises   InputError naming the header line, the row or the byte that is wrong
    source   Point Cloud Library, "The PCD file format", version 0.7
    """
    data, name = content(path), path.name
    if not data.strip():
        raise InputError(f"{name}: a cloud needs points; got an empty file. Export it again.")
    stop = re.search(rb"^DATA[ \t]+(\w+)[ \t]*\r?\n", data, re.MULTILINE)
    if stop is None:
        raise InputError(f"{name}: a PCD needs a header up to a line DATA; got none. Export it again.")
    head, kind = _header(name, data[: stop.start()]), stop[1].decode("latin-1")
    columns, n = _columns(name, head), _whole(name, head, "POINTS")
    body = data[stop.end() :]
    if kind == "ascii":
        table = _text(name, body, columns, n, data[: stop.end()].count(b"\n"))
    elif kind == "binary":
        table = _bytes(name, body, columns, n)
    elif kind == "binary_compressed":
        table = _packed(name, body, columns, n)
    else:
        raise InputError(f"{name}: a PCD needs DATA {', '.join(DATA)}; got {kind[:40]!r}. Export it again.")
    normals = np.stack([table[axis] for axis in NORMALS], axis=1) if set(NORMALS) <= table.keys() else None
    return np.stack([table[axis] for axis in AXES], axis=1), normals


def _header(name: str, data: bytes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for number, line in enumerate(data.splitlines(), 1):
        words = line.partition(b"#")[0].decode("latin-1").split()
        if not words:
            continue
        if words[0] in found:
            raise InputError(f"{name} line {number}: a PCD header needs {words[0][:40]!r} once; got it twice. Fix it.")
        found[words[0]] = words[1:]
    return found


def _columns(name: str, head: dict[str, list[str]]) -> list[tuple[str, str, int]]:
    """Each field: its name, type and how many numbers it has."""
    fields = head.get("FIELDS", [])
    rows = [head.get(key, ["1"] * len(fields) if key == "COUNT" else []) for key in LISTS]
    if not fields or any(len(row) != len(fields) for row in rows):
        raise InputError(f"{name}: a PCD needs FIELDS, SIZE, TYPE, COUNT of equal length; got others. Export it again.")
    if not set(AXES) <= set(fields) or any(fields.count(axis) > 1 for axis in (*AXES, *NORMALS)):
        raise InputError(f"{name}: a PCD needs fields x, y, z once; got {' '.join(fields)[:60]}. Export it again.")
    found = []
    for field, size, kind, count in zip(*rows, strict=True):
        known = KINDS.get((kind, int(size))) if size.isascii() and size.isdigit() and len(size) < 3 else None
        many = int(count) if count.isascii() and count.isdigit() and len(count) < 6 else 0
        if known is None or not 0 < many <= LARGEST_COUNT or (field in (*AXES, *NORMALS) and many != 1):
            got = f"{field[:20]} {kind[:9]} {size[:9]} {count[:9]}"
            raise InputError(f"{name}: a PCD needs fields of known types; got {got}. Export it again.")
        found.append((field, known, many))
    return found


def _whole(name: str, head: dict[str, list[str]], key: str) -> int:
    words = head.get(key, [])
    if len(words) != 1 or not (words[0].isascii() and words[0].isdigit()) or len(words[0]) > 18 or int(words[0]) < 1:
        raise InputError(f"{name}: a PCD needs a line {key} with a number above 0; got {words[:3]}. Export it again.")
    return int(words[0])


def _text(name: str, body: bytes, columns: list[tuple[str, str, int]], n: int, head: int) -> dict[str, Array]:
    rows = [(number, line.split()) for number, line in enumerate(body.splitlines(), head + 1) if line.strip()]
    if len(rows) != n:
        raise InputError(f"{name}: the header says {n} points; the file holds {len(rows)}. Copy it again.")
    width = sum(many for _, _, many in columns)
    for number, words in rows:
        if len(words) != width:
            raise InputError(f"{name} line {number}: a point needs {width} numbers; got {len(words)}. Export it again.")
    ends = np.cumsum([many for _, _, many in columns]).tolist()
    first = {field: end - many for (field, _, many), end in zip(columns, ends, strict=True)}
    return {field: _numbers(name, rows, at) for field, at in first.items() if field in (*AXES, *NORMALS)}


def _numbers(name: str, rows: list[tuple[int, list[bytes]]], at: int) -> Array:
    values = np.empty(len(rows))
    for k, (number, words) in enumerate(rows):
        try:
            values[k] = float(words[at].replace(b"_", b"?"))
        except ValueError:
            got = words[at][:20].decode("latin-1")
            raise InputError(f"{name} line {number}: a point needs numbers; got {got!r}. Export it again.") from None
    return values


def _packed(name: str, body: bytes, columns: list[tuple[str, str, int]], n: int) -> dict[str, Array]:
    """The fields one after the other, each of all points, packed together behind two lengths."""
    sizes = [n * many * np.dtype(kind).itemsize for _, kind, many in columns]
    if len(body) < 8:
        raise InputError(f"{name}: a packed PCD needs its two lengths; the file ends before: truncated. Copy it again.")
    packed, size = struct.unpack_from("<II", body)
    if packed > len(body) - 8 or size != sum(sizes) or size > MAX_BYTES:
        wanted, got = f"{sum(sizes):,} bytes of points, {MAX_BYTES:,} at most", f"{size:,}, packed as {packed:,}"
        raise InputError(
            f"{name}: a packed PCD needs {wanted}; got {got} of {len(body) - 8:,} in the file. Copy it again, or "
            "convert it to binary."
        )
    try:
        data = unpacked(body[8 : 8 + packed], size)
    except ValueError as error:
        raise InputError(f"{name}: a packed PCD needs whole data; {error}. Copy it again.") from None
    starts = np.cumsum([0, *sizes]).tolist()
    return {
        field: _floats(np.frombuffer(data, kind, n * many, start))
        for (field, kind, many), start in zip(columns, starts, strict=False)
        if field in (*AXES, *NORMALS)
    }


def _floats(values: NDArray[Any]) -> Array:
    with np.errstate(invalid="ignore"):  # a signalling NaN; refused with its point later
        return values.astype(np.float64)


def _bytes(name: str, body: bytes, columns: list[tuple[str, str, int]], n: int) -> dict[str, Array]:
    fields: list[Any] = [(f"{k}", kind, (many,)) for k, (_, kind, many) in enumerate(columns)]
    record = np.dtype(fields)
    if n * record.itemsize > len(body):
        raise InputError(
            f"{name}: the header says {n} points, {n * record.itemsize} bytes; the file holds {len(body)}: truncated. "
            "Copy it again."
        )
    rows = np.frombuffer(body, record, n)
    return {
        field: _floats(rows[f"{k}"][:, 0]) for k, (field, _, _) in enumerate(columns) if field in (*AXES, *NORMALS)
    }
