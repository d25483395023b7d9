"""Networks in PyTorch state_dict files."""

from __future__ import annotations

import pickle
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, NetworkError
from ..network import Network

Array = NDArray[np.float64]
ADVICE = "Save module.state_dict(), or better a .safetensors or .onnx file."


def read_torch(path: Path) -> Network:
    """Return the ReLU network of a state_dict file of linear layers; no code in the file is run.

    A state_dict does not name its activations: ReLU is taken and ``meta["assumed"]`` says so.
    raises   InputError if it holds code, a whole module, or is no torch file; NetworkError if the layers do not chain
    cost     loads torch (seconds)
    """
    if path.stat().st_size == 0:
        raise InputError(f"{path.name}: not a state_dict: the file is empty. {ADVICE}")
    state = _load(path)
    if isinstance(state, Mapping) and isinstance(state.get("state_dict"), Mapping):
        state = state["state_dict"]
    if not isinstance(state, Mapping) or not state:
        raise InputError(f"{path.name}: not a state_dict: it holds a {type(state).__name__}. {ADVICE}")
    return network_of_state({str(key): _array(str(key), t, path.name) for key, t in state.items()}, path.name)


def _load(path: Path) -> Any:
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "Unsupported" in str(error) or "GLOBAL" in str(error):
            raise InputError(f"{path.name}: not a state_dict: it holds code, which is never run. {ADVICE}") from error
        raise InputError(f"{path.name}: not a state_dict: not a torch file. {ADVICE}") from error
    except Exception as error:  # torch.load raises whatever a damaged archive makes it stumble over
        raise InputError(f"{path.name}: not a state_dict: {type(error).__name__}. {ADVICE}") from error


def _array(key: str, tensor: Any, name: str) -> Array:
    import torch

    if not isinstance(tensor, torch.Tensor):
        raise InputError(f"{name}: not a state_dict: {key!r} is a {type(tensor).__name__}. {ADVICE}")
    return np.asarray(tensor.detach().to(torch.float64).numpy())


def network_of_state(state: Mapping[str, Array], name: str) -> Network:
    """Return the network of a state_dict's arrays: matrices in order are layers, a vector alone is a PReLU's slopes.

    raises   InputError naming a parameter that is neither (batch normalisation, weight normalisation, convolution)
    """
    groups: dict[str, dict[str, Array]] = {}
    for key, array in state.items():
        prefix, _, part = key.rpartition(".")
        groups.setdefault(prefix, {})[part] = array
    weights: list[Array] = []
    biases: list[Array] = []
    slopes: dict[int, Array] = {}
    for prefix, parts in sorted(groups.items(), key=lambda item: _natural(item[0])):
        weight, bias = parts.get("weight"), parts.get("bias")
        if weight is not None and weight.ndim == 2 and parts.keys() <= {"weight", "bias"}:
            weights.append(weight)
            biases.append(np.zeros(len(weight)) if bias is None else bias)
        elif weight is not None and weight.ndim == 1 and parts.keys() == {"weight"} and weights:
            slopes[len(weights)] = np.broadcast_to(weight, (len(weights[-1]),)) if weight.size == 1 else weight
        else:
            shapes = ", ".join(f"{key} {list(a.shape)}" for key, a in parts.items())
            raise InputError(
                f"{name}: a state_dict needs linear layers (and PReLU); got {prefix or 'parameters'!r} with {shapes}. "
                "Export the module as .onnx, which says how its layers are joined."
            )
    if not weights:
        raise InputError(f"{name}: a state_dict needs linear layers; got {', '.join(state) or 'no arrays'}.")
    names = ["leaky_relu" if layer in slopes else "relu" for layer in range(1, len(weights))]
    if len(weights) in slopes:
        raise NetworkError(f"{name}: a network needs a linear output layer; got a PReLU after it. Export it as .onnx.")
    same = len(set(names)) <= 1
    meta = {"assumed": "activation " + ", ".join(dict.fromkeys(names))} if names else {}
    return Network(weights, biases, (names[0] if names else "relu") if same else names, slopes=slopes, meta=meta)


def _natural(text: str) -> list[tuple[int, int, str]]:
    """A key that sorts layer2 before layer10."""
    return [(0, int(t), "") if t.isdigit() else (1, 0, t) for t in re.split(r"(\d+)", text) if t]
