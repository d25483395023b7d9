"""Networks in safetensors files, header parsed and checked here."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..network import Network
from ..text import json_text
from .description import description, more_arrays, network_of_description, refuse_choices
from .layers import network_of_state
from .quantised import check_values
from .source import content

Array = NDArray[np.float64]

STORED = {"float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64"}
ALIGNMENT = 8  # bytes: the header is padded with blanks to a multiple of it
MAX_HEADER = 10_000_000  # bytes: a hundred thousand arrays; parsed it takes ten times as much
MAX_SIDE = 2**31  # of an array: no file holds more, unless another side is 0
LARGEST_EXACT_INTEGER = 2**53  # every integer up to it is a float64
SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1} | {
    f"{sign}{8 * size}": size for sign in "IU" for size in (1, 2, 4, 8)
}


def read_safetensors(path: Path, *, activation: str | None = None, output: str | None = None) -> Network:
    """Return the network of a safetensors file: ours, or a torch state_dict of linear layers.

    What a state_dict does not say is taken as ``read_torch`` does; files that list their arrays by name have lost the
    order, which is then taken from numbers and shapes.  Every number keeps its value: float16, bfloat16, float8 and
    integer weights are float64 numbers already; integers of 8 and 16 bits are refused, see ``check_values``.
    raises   InputError naming what is wrong with the header, NetworkError if the arrays make no network
    source   https://github.com/huggingface/safetensors, "Format"
    """
    tensors, metadata = tensors_of(content(path), path.name)
    if metadata.get("format") == "foldline":
        refuse_choices(path.name, activation=activation, output=output)
        return network_of_description(metadata, tensors, path.name)
    in_order = len(tensors) < 2 or list(tensors) != sorted(tensors)
    return network_of_state(tensors, path.name, activation, in_order=in_order, output=output)


def safetensors_bytes(network: Network) -> bytes:
    """Return the file: 8 bytes of header length, a JSON header, the arrays; weights.0, biases.0, ..., slopes.1.

    A grid keeps its features in float32 or float16: features.0, ..., and rows.0, ... where some vertices have none.
    Codes of a class of shapes are one table, codes.
    source   https://github.com/huggingface/safetensors, "Format"
    """
    arrays: dict[str, NDArray[Any]] = {f"weights.{i}": W for i, W in enumerate(network.weights)}
    arrays |= {f"biases.{i}": b for i, b in enumerate(network.biases)}
    arrays |= {f"slopes.{layer}": s for layer, s in network.slopes.items()}
    arrays |= more_arrays(network)
    header: dict[str, Any] = {"__metadata__": description(network)}
    at = 0
    for name, array in arrays.items():
        header[name] = {
            "dtype": STORED[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [at, at + array.nbytes],
        }
        at += array.nbytes
    text = json_text(header, ascii=False).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    body = b"".join(a.astype(a.dtype.newbyteorder("<")).tobytes() for a in arrays.values())
    return struct.pack("<Q", len(text)) + text + body


def tensors_of(data: bytes, name: str) -> tuple[dict[str, Array], dict[str, str]]:
    """Return the arrays (float64, same values) and the metadata of a safetensors file.

    raises   InputError for a header that is too large, cut short, no JSON or names a key twice; for arrays that
             overlap, leave a hole, leave bytes over or run past the end; for a number type without an exact float64;
             for integers of 8 and 16 bits, see ``check_values``
    """
    header, body = _header(data, name)
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise InputError(f"{name}: a safetensors file needs text metadata; got {str(metadata)[:60]}. Save it again.")
    at, tensors = 0, {}
    for key, entry in sorted(header.items(), key=lambda item: _begin(item[1], item[0], name)):
        kind, shape, begin, end = _entry(entry, key, name)
        check_values(name, key, kind, header)
        if begin != at:
            what = "a hole" if begin > at else "an overlap"
            raise InputError(
                f"{name}: a safetensors file needs arrays end to end; got {what} before {key!r} "
                f"(byte {begin}, not {at}). Save it again."
            )
        if end > len(body):
            raise InputError(
                f"{name}: a safetensors file needs all its bytes; got {key!r} up to byte {end} of {len(body)}: "
                "truncated. Copy it again."
            )
        tensors[key] = _array(body[begin:end], kind, shape, key, name)
        at = end
    if at != len(body):
        raise InputError(
            f"{name}: a safetensors file needs no bytes over; got {len(body) - at} trailing. Save it again."
        )
    return {key: tensors[key] for key in header}, metadata


def _header(data: bytes, name: str) -> tuple[dict[str, Any], bytes]:
    if len(data) < 8:
        raise InputError(f"{name}: a safetensors file needs an 8-byte header length; got {len(data)} bytes: truncated.")
    (length,) = struct.unpack("<Q", data[:8])
    if length > MAX_HEADER:
        raise InputError(
            f"{name}: a safetensors header needs at most {MAX_HEADER} bytes; got {length}: header too large."
        )
    if length > len(data) - 8:
        raise InputError(f"{name}: a safetensors file needs {length} header bytes; got {len(data) - 8}: truncated.")
    try:
        header = json.loads(data[8 : 8 + length].decode("utf-8"), object_pairs_hook=_once)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise InputError(
            f"{name}: a safetensors header needs JSON; got {error}. It is not a safetensors file."
        ) from None
    except _TwiceError as error:
        raise InputError(
            f"{name}: a safetensors header needs each key once; got {error} twice. Save it again."
        ) from None
    except ValueError as error:  # an integer of more digits than Python converts
        raise InputError(f"{name}: a safetensors header needs usable numbers; got {error}. Save it again.") from None
    if not isinstance(header, dict):
        raise InputError(
            f"{name}: a safetensors header needs a JSON object; got {type(header).__name__}. Save it again."
        )
    return header, data[8 + length :]


class _TwiceError(Exception):
    pass


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys: dict[str, Any] = {}
    for key, value in pairs:
        if key in keys:
            raise _TwiceError(repr(key))
        keys[key] = value
    return keys


def _begin(entry: Any, key: str, name: str) -> tuple[int, int]:
    _, _, begin, end = _entry(entry, key, name)
    return begin, end


def _entry(entry: Any, key: str, name: str) -> tuple[str, tuple[int, ...], int, int]:
    """Check one header entry against its own numbers; Python integers cannot overflow."""
    try:
        kind, shape, (begin, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
        whole = all(type(v) is int and v >= 0 for v in (*shape, begin, end))
    except (TypeError, KeyError, ValueError):
        whole = False
    if not whole:
        raise InputError(
            f"{name}: tensor {key!r} needs dtype, shape and data_offsets; got {str(entry)[:80]}. Save it again."
        )
    if kind not in SIZES:
        raise InputError(
            f"{name}: tensor {key!r} needs one of {', '.join(SIZES)}; got {kind!r}, which has no exact "
            "float64. Convert it."
        )
    size = SIZES[kind]
    for side in shape:
        size *= side
    if end - begin != size:
        raise InputError(
            f"{name}: tensor {key!r} of shape {list(shape)} and {kind} needs {size} bytes; got {end - begin}. "
            "Save it again."
        )
    if max(shape, default=0) > MAX_SIDE:
        raise InputError(
            f"{name}: tensor {key!r} needs sides of at most {MAX_SIDE}; got shape {list(shape)}. Save it again."
        )
    return kind, shape, begin, end


def _array(data: bytes, kind: str, shape: tuple[int, ...], key: str, name: str) -> Array:
    if kind == "BF16":
        flat = (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4").astype(np.float64)
    elif kind == "F8_E5M2":
        flat = (np.frombuffer(data, "u1").astype("<u2") << 8).view("<f2").astype(np.float64)
    elif kind == "F8_E4M3":
        flat = _e4m3(np.frombuffer(data, "u1"))
    else:
        values = np.frombuffer(data, f"<{kind[0].lower()}{SIZES[kind]}")
        wide = kind in ("I64", "U64")
        big = (
            np.flatnonzero((values > LARGEST_EXACT_INTEGER) | (values < -LARGEST_EXACT_INTEGER)) if wide else values[:0]
        )
        if len(big):
            raise InputError(
                f"{name}: tensor {key!r} needs integers up to 2^53; got {values[big[0]]}, which may have no exact "
                "float64. Convert it to F64."
            )
        flat = values.astype(np.float64)
    return flat.reshape(shape)


def _e4m3(codes: NDArray[np.uint8]) -> Array:
    """The value of each code: sign, 4 exponent bits of bias 7, 3 mantissa bits; no infinities, S.1111.111 is NaN.

    source   Micikevicius et al. 2022, FP8 formats for deep learning, table 1
    """
    exponent, mantissa = (codes >> 3 & 15).astype(np.int64), (codes & 7).astype(np.float64)
    value = np.where(exponent > 0, np.ldexp(1 + mantissa / 8, exponent - 7), np.ldexp(mantissa / 8, -6))
    value[codes & 127 == 127] = np.nan
    return np.where(codes >> 7, -value, value)
