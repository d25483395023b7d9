"""Network files: safetensors with JSON metadata, NumPy archives, ONNX."""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..atomic import write_bytes
from ..errors import FileError, NetworkError
from .onnx_writing import onnx_bytes

if TYPE_CHECKING:
    from ..network import Network

SCHEMA = 1  # of the description below; a reader refuses a larger one
ALIGNMENT = 8  # bytes: the safetensors header is padded with blanks to a multiple of it


def write_network(network: Network, path: str | Path, *, force: bool = False) -> Path:
    """Return the path after the network is written; .safetensors, .npz or .onnx by its name.

    The file holds every float64 number unchanged.  An ONNX file holds them as float32 where all of them are float32
    numbers already (more tools take those), as float64 otherwise.
    raises   FileError for another suffix or a path that cannot be written (see ``write_bytes``)
    """
    path = Path(path)
    formats = {".safetensors": safetensors_bytes, ".npz": npz_bytes, ".onnx": _onnx}
    if path.suffix.lower() not in formats:
        raise FileError(f"write_network needs a name that ends in {', '.join(formats)}; got {path.name!r}. Rename it.")
    return write_bytes(path, formats[path.suffix.lower()](network), force=force)


def description(network: Network) -> dict[str, str]:
    """Return what a network is beside its arrays, as text values: schema, foldline version, the rest as JSON."""
    from ..version import __version__

    structure = {
        "activation": network.activation if isinstance(network.activation, str) else list(network.activation),
        "output": network.output,
        "skips": {str(layer): list(sources) for layer, sources in network.skips.items()},
        "meta": dict(network.meta),
    }
    return {
        "format": "foldline",
        "schema": str(SCHEMA),
        "foldline": __version__,
        "network": json.dumps(structure, default=_plain, ensure_ascii=False),
    }


def safetensors_bytes(network: Network) -> bytes:
    """Return the file: 8 bytes of header length, a JSON header, the arrays; weights.0, biases.0, ..., slopes.1.

    source   https://github.com/huggingface/safetensors, "Format"
    """
    arrays = {f"weights.{i}": W for i, W in enumerate(network.weights)}
    arrays |= {f"biases.{i}": b for i, b in enumerate(network.biases)}
    arrays |= {f"slopes.{layer}": s for layer, s in network.slopes.items()}
    header: dict[str, Any] = {"__metadata__": description(network)}
    at = 0
    for name, array in arrays.items():
        header[name] = {"dtype": "F64", "shape": list(array.shape), "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    text = json.dumps(header, ensure_ascii=False).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    body = b"".join(np.ascontiguousarray(a, dtype="<f8").tobytes() for a in arrays.values())
    return struct.pack("<Q", len(text)) + text + body


def npz_bytes(network: Network) -> bytes:
    """Return the archive of ``network_arrays``."""
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **network_arrays(network))
    return file.getvalue()


def network_arrays(network: Network) -> dict[str, NDArray[Any]]:
    """Return the arrays of an archive: W0, b0, W1, b1, ..., slopes1, and the description as one text."""
    arrays: dict[str, NDArray[Any]] = {}
    for i, (W, b) in enumerate(zip(network.weights, network.biases, strict=True)):
        arrays |= {f"W{i}": W, f"b{i}": b}
    arrays |= {f"slopes{layer}": s for layer, s in network.slopes.items()}
    arrays["foldline"] = np.array(json.dumps(description(network), ensure_ascii=False))
    return arrays


def _onnx(network: Network) -> bytes:
    return onnx_bytes(network, description(network))


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "items"):
        return dict(value)
    raise NetworkError(f"save needs meta of JSON values; got a {type(value).__name__}. Turn it into numbers or text.")
