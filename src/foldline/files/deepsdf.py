"""DeepSDF experiments: specs.json, the decoder's state_dict, and latent vectors, as Park et al.'s code and its heirs
write them: FOLDER/specs.json, FOLDER/ModelParameters/NAME.pth, FOLDER/LatentCodes/NAME.pth (or .safetensors).

source   https://github.com/facebookresearch/DeepSDF (networks/deep_sdf_decoder.py); the package DeepSDFStruct
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..codes import Codes
from ..errors import InputError, NetworkError
from ..machine import TORCH, need_package
from ..network import Network
from .layers import Layer, layers_of
from .safetensors import tensors_of
from .source import content
from .torch_state import arrays_in, loaded

Array = NDArray[np.float64]

SPECS = "specs.json"
MODELS, LATENTS = "ModelParameters", "LatentCodes"
LATEST = "latest"
SUFFIXES = (".pth", ".pt", ".safetensors")
MOST_BYTES = 2**20  # of specs.json
DECODERS = ("deep_sdf_decoder",)
LINEAR = re.compile(r"(?:module\.)?lin(\d+)\.(.+)")


def experiment_of(path: Path) -> Path | None:
    """Return the folder of the experiment that a path is of: the folder itself, its specs.json, or a decoder in it."""
    held = path.parent.parent if path.parent.name == MODELS and path.suffix in SUFFIXES else path
    folder = path.parent if path.name == SPECS else held
    return folder if (folder / SPECS).is_file() else None


def read_deepsdf(path: Path, *, checkpoint: str | None = None) -> Network:
    """Return the decoder of a DeepSDF experiment with its latent vectors as codes, named by their numbers.

    path         the folder, its specs.json, or a state_dict in it
    checkpoint   of which models there may be several: "latest" unless given, or the file that ``path`` names
    raises       InputError for specs without a decoder that is known, layer normalisation, or arrays that do not fit
                 them; MissingError for .pth files without PyTorch

    Weight normalisation is multiplied out; dropout does nothing at inference.  ``Network.assumed`` says what was taken.
    """
    folder = experiment_of(path)
    if folder is None:
        raise InputError(f"a DeepSDF experiment needs a {SPECS}; got {path}. Name the folder that has one.")
    specs = _specs(folder / SPECS)
    named = path.suffix in SUFFIXES and path.is_file()
    model = path if named else _file(folder / MODELS, checkpoint or LATEST)
    state, said = _state(model)
    layers, left = _layers(state, model.name)
    arrays = _arguments(layers, specs, model.name)
    latents = _file(folder / LATENTS, model.stem, missing=True)
    codes = None if latents is None else _codes(latents, _number(specs, "CodeLength"))
    sentences = [
        *said,
        *_said(specs, left),
        *([] if codes else [f"no latent vectors: {folder.name}/{LATENTS} has none"]),
    ]
    return Network(**arrays, codes=codes, assumed=sentences, meta={"kind": "distance"})


def _specs(path: Path) -> dict[str, Any]:
    try:
        specs = json.loads(content(path, most=MOST_BYTES).decode())
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path.name}: a DeepSDF experiment needs JSON; got {error}. Save it again.") from error
    if not isinstance(specs, dict) or not isinstance(specs.get("NetworkSpecs"), dict):
        raise InputError(f"{path.name}: a DeepSDF experiment needs NetworkSpecs; got none. Name a DeepSDF experiment.")
    return specs


def _number(specs: Mapping[str, Any], name: str, default: int | None = None) -> int:
    value = specs.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**20:
        raise InputError(f"{SPECS}: {name} needs a whole number above 0; got {value!r}.")
    return value


def _file(folder: Path, name: str, missing: bool = False) -> Any:
    """The file of a checkpoint; None where it may be missing."""
    found = next((folder / f"{name}{end}" for end in SUFFIXES if (folder / f"{name}{end}").is_file()), None)
    if found is None and not missing:
        raise InputError(
            f"a DeepSDF experiment needs {folder.name}/{name}.pth; got none in {folder.parent}. Name another."
        )
    return found


def _state(path: Path) -> tuple[dict[str, Array], list[str]]:
    if path.suffix == ".safetensors":
        return tensors_of(content(path), path.name)[0], []
    need_package(f"{path.name}: a state_dict", *TORCH)
    return arrays_in(loaded(path), path.name)


def _layers(state: Mapping[str, Array], file: str) -> tuple[list[Layer], list[str]]:
    """The layers lin0, lin1, ... in their order, and what else is in the file."""
    parts = {key: LINEAR.fullmatch(key) for key in state}
    linear = {f"lin{m[1]}.{m[2]}": state[key] for key, m in parts.items() if m}
    ordered = dict(sorted(linear.items(), key=lambda item: int(item[0][3:].partition(".")[0])))
    if not ordered:
        raise InputError(f"{file}: a DeepSDF decoder needs layers lin0, lin1, ...; got {', '.join(list(state)[:4])}.")
    norms = sorted(key for key in state if re.match(r"(?:module\.)?bn\d+\.", key))
    if norms:
        raise NetworkError(
            f"{file}: a network needs units that are known; got layer normalisation ({norms[0]}), which is none. "
            "Train with weight_norm, or without either."
        )
    layers, _ = layers_of(ordered, file)
    return layers, [key for key, m in parts.items() if not m]


def _arguments(layers: list[Layer], specs: Mapping[str, Any], file: str) -> dict[str, Any]:
    """The arguments of the network: what each layer reads is as the specs say, and its shape shows it."""
    network = specs["NetworkSpecs"]
    d = _number(network, "geom_dimension", 3)
    inputs, k = _number(specs, "CodeLength") + d, _number(specs, "CodeLength")
    again = [int(layer) for layer in network.get("latent_in") or ()]
    everywhere = bool(network.get("xyz_in_all"))
    weights: list[Array] = []
    skips: dict[int, tuple[int, ...]] = {}
    width = inputs
    for number, layer in enumerate(layers):
        W, beside = layer.weight, 0
        if number and number in again:
            beside = inputs
        elif number and everywhere:
            W, beside = _with_code_unread(W, width, k, d), inputs
        if W.shape[1] != width + beside:
            raise NetworkError(
                f"{file}: lin{number} needs {width + beside} columns by {SPECS}; got {W.shape[1]}. Is it of this file?"
            )
        weights.append(W)
        skips |= {number + 1: (0,)} if beside else {}
        width = layer.d_out
    biases = [np.zeros(layer.d_out) if layer.bias is None else layer.bias for layer in layers]
    return {"weights": weights, "biases": biases, "skips": skips,
            "output": "tanh" if network.get("use_tanh") or "geom_dimension" not in network else "identity"}  # fmt: skip


def _with_code_unread(W: Array, width: int, k: int, d: int) -> Array:
    """A layer that reads the point again without the code: zeros for the code's columns."""
    return np.hstack([W[:, :width], np.zeros((len(W), k)), W[:, width : width + d]]) if W.shape[1] == width + d else W


def _said(specs: Mapping[str, Any], left: list[str]) -> list[str]:
    network, architecture = specs["NetworkSpecs"], str(specs.get("NetworkArch", "?"))
    said = []
    if architecture not in DECODERS:
        said.append(
            f"{SPECS} names the architecture {architecture!r}, which may compute something else than the stored "
            "layers: these are the layers, as a DeepSDF decoder has them"
        )
    if "geom_dimension" not in network:
        twice = " (there: twice; once here, which has the same surface)" if network.get("use_tanh") else ""
        said.append(f"assumed the tanh at the end that Park et al.'s decoder has{twice}")
    if network.get("weight_norm"):
        said.append("weight normalisation is multiplied out: g v / |v|, each the nearest float64")
    return said + ([f"left out what is no layer of the decoder: {', '.join(left)[:200]}"] if left else [])


def _codes(path: Path, length: int) -> Codes:
    """The latent vectors of a file: a table under latent_codes, or in a dict there (weight, t)."""
    if path.suffix == ".safetensors":
        arrays = tensors_of(content(path), path.name)[0]
    else:
        need_package(f"{path.name}: latent vectors", *TORCH)
        arrays = arrays_in(_vectors(loaded(path), path.name), path.name)[0]
    tables = {
        key: a.reshape(len(a), -1) for key, a in arrays.items() if a.ndim in (2, 3) and a.size // len(a) == length
    }
    if len(tables) != 1:
        shapes = ", ".join(f"{key} {list(a.shape)}" for key, a in arrays.items())
        raise InputError(f"{path.name}: latent vectors need one table of {length} columns; got {shapes or 'none'}.")
    (table,) = tables.values()
    return Codes(table, [str(k) for k in range(len(table))])


def _vectors(found: Any, name: str) -> Any:
    import torch

    vectors = found.get("latent_codes", found) if isinstance(found, Mapping) else found
    return {"latent_codes": vectors} if isinstance(vectors, torch.Tensor) else vectors
