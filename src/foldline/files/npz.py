"""Networks in NumPy archives: W0, b0, W1, b1, ..."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, NetworkError
from ..network import Network
from ..text import json_text
from .description import description, network_of_description
from .source import content
from .unpack import MAX_BYTES, zip_size


def read_npz(path: Path) -> Network:
    """Return the network of an archive with arrays W0, b0, W1, b1, ...; ReLU unless foldline wrote it.

    Arrays beside these (such as lo and hi) go to ``meta``.
    raises   InputError if the file is no archive or holds Python objects, NetworkError if the arrays make no network
    """
    return network_of_arrays(arrays_of(content(path), path.name), path.name)


def network_of_arrays(arrays: dict[str, NDArray[Any]], name: str) -> Network:
    """Return the network of an archive's arrays, as ``read_npz`` does."""
    if "regions" in arrays:
        raise InputError(f"{name}: read needs a network archive; got a saved answer. Use foldline.files.read_regions.")
    note = arrays.pop("foldline", None)
    n = sum(key[0] == "W" and key[1:].isdigit() for key in arrays)
    missing = [key for i in range(max(n, 1)) for key in (f"W{i}", f"b{i}") if key not in arrays]
    if missing:
        raise InputError(
            f"{name}: a network archive needs arrays W0, b0, W1, b1, ...; got {', '.join(arrays) or 'none'} "
            f"without {missing[0]}. Rename the arrays."
        )
    for key, array in arrays.items():
        if array.dtype.kind not in "fiub":
            raise InputError(f"{name}: array {key!r} needs real numbers; got type {array.dtype}. Convert it.")
    if note is not None:
        return _described(note, arrays, name)
    used = {f"{letter}{i}" for i in range(n) for letter in "Wb"}
    return Network(
        [arrays[f"W{i}"] for i in range(n)],
        [arrays[f"b{i}"].reshape(-1) for i in range(n)],
        meta={key: array.tolist() for key, array in arrays.items() if key not in used},
    )


def _described(note: NDArray[Any], arrays: Mapping[str, NDArray[Any]], name: str) -> Network:
    try:
        metadata = json.loads(str(note))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: a network archive needs a JSON description; got {error}. Save it again.") from error
    if not isinstance(metadata, dict):
        raise InputError(
            f"{name}: a network archive needs a JSON description; got {str(metadata)[:60]}. Save it again."
        )
    long = {"W": "weights.", "b": "biases.", "s": "slopes."}
    named = {long[key[0]] + key.lstrip("Wbslope"): a for key, a in arrays.items() if key[0] in long}
    return network_of_description(metadata, named, name)


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
    arrays["foldline"] = np.array(json_text(description(network), ascii=False))
    return arrays


def arrays_of(data: bytes, name: str) -> dict[str, NDArray[Any]]:
    """Return the arrays of an .npz archive; Python objects are refused, never loaded.

    raises   InputError if it is no archive, is damaged, holds objects or would unpack to more than MAX_BYTES
    """
    try:
        size = zip_size(io.BytesIO(data))
        if size > MAX_BYTES:
            raise InputError(
                f"{name}: a network archive needs at most {MAX_BYTES} bytes unpacked; got {size}. Split it."
            )
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            return {key: np.asarray(file[key]) for key in file.files}
    except (InputError, NetworkError):
        raise
    except ValueError as error:
        what = "Python objects, which are never loaded" if "pickle" in str(error) else str(error)
        raise InputError(f"{name}: a network archive needs plain arrays; got {what}. Save it with np.savez.") from error
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        KeyError,
        NotImplementedError,
        RuntimeError,
        MemoryError,
        SyntaxError,
        OverflowError,
        TypeError,
    ) as error:
        raise InputError(f"{name}: not an .npz archive ({error}). Save it with np.savez.") from error
