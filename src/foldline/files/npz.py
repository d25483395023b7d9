"""Networks in NumPy archives: W0, b0, W1, b1, ..."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, NetworkError
from ..network import Network
from ..samples import Samples
from ..text import json_text
from .branches import led_to
from .description import description, more_arrays, network_of_description, refuse_choices
from .elevation import elevation_of_arrays
from .layers import Layer, arranged, network_of_layers, turned
from .npy import loading, with_texts
from .quantised import check_values
from .signal import signal_of_arrays
from .source import content
from .unpack import MAX_BYTES, zip_size

BOX = ("lo", "hi")  # arrays that foldline's own examples keep beside a network
NAMES = {
    "weight": "W|w|[Ww]eights?|WEIGHTS?|kernels?|coefs?|theta",
    "bias": "b|[Bb]ias(?:es)?|BIAS|intercepts?",
}


def read_npz(
    path: Path, *, activation: str | None = None, output: str | None = None, max_bytes: int = MAX_BYTES
) -> Network | Samples:
    """Return the network of an archive with arrays W0, b0, W1, b1, ...; ReLU unless the file or ``activation`` says.

    An archive of no network may hold an elevation map (see ``elevation_of_arrays``) or a signal (``signal_of_arrays``).

    Other common names are read too (fc1.weight, w1, dense/kernel, coefs_0, arr_0), and matrices that hold a column an
    output; of several ends ``output`` names one (see ``read_torch``); ``Network.assumed`` says what was taken.  Arrays
    beside the layers' (such as lo and hi) go to ``meta``.
    max_bytes   the most the archive may unpack to
    raises      InputError if the file is no archive, names an array twice or holds Python objects, NetworkError if the
                arrays make no network
    """
    arrays = arrays_of(content(path), path.name, max_bytes)
    try:
        return network_of_arrays(dict(arrays), path.name, activation, output)
    except (InputError, NetworkError):
        found = elevation_of_arrays(arrays, path.name) or signal_of_arrays(arrays, path.name)
        if found is None:
            raise
        return found


def network_of_arrays(
    arrays: dict[str, NDArray[Any]], name: str, activation: str | None = None, output: str | None = None
) -> Network:
    """Return the network of an archive's arrays, as ``read_npz`` does."""
    if "regions" in arrays:
        raise InputError(f"{name}: read needs a network archive; got a saved answer. Use foldline.files.read_regions.")
    note = arrays.pop("foldline", None)
    for key, array in arrays.items():
        if array.dtype.kind not in "fiub":
            raise InputError(f"{name}: array {key!r} needs real numbers; got type {array.dtype}. Convert it.")
    if note is not None:
        refuse_choices(name, activation=activation, output=output)
        return _described(note, arrays, name)
    return _named(arrays, name, activation, output)


def _named(arrays: Mapping[str, NDArray[Any]], name: str, activation: str | None, output: str | None) -> Network:
    """The network of arrays whose names alone say which is a matrix and which a bias."""
    groups: dict[str, dict[str, str]] = {}
    for key in arrays:
        group, part = _place(key)
        if part and part not in groups.setdefault(group, {}):
            groups[group][part] = key
    groups = {group: parts for group, parts in groups.items() if "weight" in parts}
    without = [f"b{g}" for g, parts in groups.items() if g.isdigit() and "bias" not in parts]
    if not groups or without:
        lacking = f" without {without[0]}" if without else ""
        raise InputError(
            f"{name}: a network archive needs arrays W0, b0, W1, b1, ...; got {', '.join(arrays) or 'none'}{lacking}. "
            "Rename the arrays; a table is read as .csv, a signal as an array beside t or fs, a map as one beside x, y."
        )
    for parts in groups.values():
        for key in parts.values():
            check_values(name, key, arrays[key].dtype.name, arrays)
    layers = [
        _layer(group, {part: arrays[key] for part, key in parts.items()}, name) for group, parts in groups.items()
    ]
    in_order = not all(layer.name.isdigit() for layer in layers)
    columns = any(re.search("kernel|coef", parts["weight"]) for parts in groups.values()) or None
    chosen: list[str] = []
    if output is None:
        layers = arranged(layers, name, in_order=in_order)
    else:
        layers, chosen = _led_to(layers, output, name, in_order=in_order)
    layers, said = turned(layers, name, columns=columns)
    said += chosen
    used = {key for parts in groups.values() for key in parts.values()}
    beside = [key for key in arrays if key not in used]
    unused = [key for key in beside if key not in BOX]
    said += [f"left out arrays that belong to no layer: {', '.join(unused)}"] if unused else []
    meta = {key: arrays[key].tolist() for key in beside}
    return network_of_layers(layers, name, activation, said, named="," in (output or ""), meta=meta)


def _led_to(layers: list[Layer], output: str, name: str, *, in_order: bool) -> tuple[list[Layer], list[str]]:
    """The layers up to an output, whichever way the file holds its matrices: the longer chain of the two."""
    turned_round = [replace(layer, weight=layer.weight.T) for layer in layers]
    sides = [side for side in (layers, turned_round) if all(layer.fits for layer in side)] or [layers]
    found, refused = [], []
    for side in sides:
        try:
            found.append(led_to(side, output, name, in_order=in_order))
        except NetworkError as error:
            refused.append(error)
    if not found:
        raise refused[0]
    chain, said = max(found, key=lambda one: len(one[0]))
    held = {layer.name: layer for layer in layers}
    return [held[layer.name] for layer in chain], said


def _place(key: str) -> tuple[str, str]:
    """The layer that an array's name speaks of and its part, "weight", "bias" or "" for neither.

    >>> _place("W10"), _place("fc1.bias"), _place("dense_1/kernel:0"), _place("coefs_0"), _place("lo")
    (('10', 'weight'), ('fc1', 'bias'), ('dense_1', 'weight'), ('0', 'weight'), ('lo', ''))
    """
    key = key.removesuffix(":0")
    if re.fullmatch(r"arr_\d+", key):
        number = int(key[4:])
        return str(number // 2), ("weight", "bias")[number % 2]
    for part, words in NAMES.items():
        found = re.fullmatch(rf"(?:(.+?)[._/-])?(?:{words})_?[._/-]?(\d*)", key) or re.fullmatch(
            rf"(?:{words})[._/-](.+?)(\d*)", key
        )
        if found:
            return (found[1] or "") + found[2], part
    return key, ""


def _layer(group: str, parts: Mapping[str, NDArray[Any]], name: str) -> Layer:
    weight, bias = (None if part not in parts else parts[part].astype(np.float64) for part in ("weight", "bias"))
    if weight is None or weight.ndim != 2 or (bias is not None and bias.size != max(bias.shape, default=1)):
        shapes = ", ".join(f"{part} {list(array.shape)}" for part, array in parts.items())
        raise NetworkError(f"{name}: layer {group} needs a matrix and a vector; got {shapes}. Save it as .onnx.")
    return Layer(group, weight, None if bias is None else bias.reshape(-1))


def _described(note: NDArray[Any], arrays: Mapping[str, NDArray[Any]], name: str) -> Network:
    try:
        metadata = json.loads(str(note))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: a network archive needs a JSON description; got {error}. Save it again.") from error
    if not isinstance(metadata, dict):
        raise InputError(
            f"{name}: a network archive needs a JSON description; got {str(metadata)[:60]}. Save it again."
        )
    long = {name: name for name in ("slopes", "features", "rows", "slice_weights", "slice_biases")}
    long |= {"W": "weights", "b": "biases"}
    parts = {key: key.rstrip("0123456789") for key in arrays}
    named = {f"{long[stem]}.{key[len(stem) :]}": arrays[key] for key, stem in parts.items() if stem in long}
    named |= {key: arrays[key] for key in ("codes",) if key in arrays}
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
    arrays |= {name.replace(".", ""): array for name, array in more_arrays(network).items()}
    arrays["foldline"] = np.array(json_text(description(network), ascii=False))
    return arrays


def arrays_of(data: bytes, name: str, most: int = MAX_BYTES) -> dict[str, NDArray[Any]]:
    """Return the arrays of an .npz archive; Python objects are refused, never loaded.

    raises   InputError if it is no archive, is damaged, names an array twice, holds objects or would unpack to more
             than ``most`` bytes
    """
    with loading(lambda what: f"{name}: not an .npz archive of plain arrays ({what}). Save it with np.savez."):
        size = zip_size(io.BytesIO(data))
        if size > most:
            raise InputError(
                f"{name}: an archive needs at most {most:,} bytes unpacked; got {size:,}. "
                "Give --max-bytes (max_bytes=) if there is memory for more."
            )
        _check_names(data, name)
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            return {key: np.asarray(with_texts(file[key])) for key in file.files}


def _check_names(data: bytes, name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        keys = Counter(entry.filename.removesuffix(".npy") for entry in archive.infolist())
    twice = [key for key, n in keys.items() if n > 1]
    if twice:
        raise InputError(f"{name}: an archive needs each name once; got {twice[0]!r} twice. Save it again.")
