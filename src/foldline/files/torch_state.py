"""Networks in PyTorch state_dict files, and in the checkpoints that hold one."""

from __future__ import annotations

import pickle
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..machine import TORCH, need_package
from ..network import Network
from .layers import network_of_state
from .quantised import check_values
from .source import content

Array = NDArray[np.float64]
ADVICE = "Save module.state_dict(), or better a .safetensors or .onnx file."
PLACES = ("model_state_dict", "state_dict", "model", "net")  # where a checkpoint keeps the network's arrays


def read_torch(path: Path, *, activation: str | None = None, output: str | None = None) -> Network:
    """Return the network of a state_dict file of linear layers, or of a checkpoint with one; no code in it is run.

    Layers run in the order of the file, never of their names.  The file names no units: ReLU unless ``activation`` says
    otherwise.  Weight normalisation is multiplied out.  Of several ends, ``output`` names one: its layer or part, or
    all layers that run with commas between.  ``Network.assumed`` says what was taken.
    raises   InputError if it holds code, a whole module, quantised weights, or is no torch file; NetworkError if the
             layers do not chain, or a branch is as likely; MissingError without PyTorch
    cost     loads torch (seconds)
    """
    if not content(path):
        raise InputError(f"{path.name}: not a state_dict: the file is empty. {ADVICE}")
    need_package(f"{path.name}: a state_dict", *TORCH)
    found, chosen, output = _one_of(loaded(path), output)
    state, said = arrays_in(found, path.name)
    return network_of_state(state, path.name, activation, [*chosen, *said], in_order=True, output=output)


def _one_of(found: Any, output: str | None) -> tuple[Any, list[str], str | None]:
    """Of a checkpoint with several networks the one that an output begins with, what is said, and the output in it."""
    place, _, rest = (output or "").partition(".")
    if isinstance(found, Mapping) and not set(PLACES) & set(map(str, found)) and _holds_arrays(found.get(place)):
        return found[place], [f"the state_dict under {place!r} of a checkpoint"], rest or None
    return found, [], output


def arrays_in(found: Any, name: str) -> tuple[dict[str, Array], list[str]]:
    """Return the arrays of a state_dict, or of the one that a checkpoint holds, and what is to be said of it."""
    import torch

    if not isinstance(found, Mapping) or not found:
        raise InputError(f"{name}: not a state_dict: it holds a {type(found).__name__}. {ADVICE}")
    tensors = {str(key): value for key, value in found.items() if isinstance(value, torch.Tensor)}
    for key, value in tensors.items():
        check_values(name, key, str(value.dtype).removeprefix("torch."), map(str, found))
    places = {str(key): value for key, value in found.items() if _holds_arrays(value)}
    if tensors and not (places and all(value.ndim < 2 for value in tensors.values())):  # a loss may stand beside
        others = [str(key) for key in found if str(key) not in tensors]
        said = [f"left out what is no array: {', '.join(others)}"] if others else []
        return {key: _array(value) for key, value in tensors.items()}, said
    place = next((key for key in PLACES if key in places), next(iter(places), None))
    if place is None or (place not in PLACES and len(places) > 1):
        kinds = ", ".join(f"{key!r} ({type(value).__name__})" for key, value in found.items())
        one = f" Or take one of its networks: --output {place}." if place else ""
        raise InputError(f"{name}: not a state_dict: it holds {kinds[:300]}. {ADVICE}{one}")
    state, said = arrays_in(places[place], name)
    others = [str(key) for key in (*places, *tensors) if key != place]
    beside = f", beside {', '.join(others)}" if others else ""
    return state, [f"the state_dict under {place!r} of a checkpoint{beside}", *said]


def _holds_arrays(value: Any, depth: int = 3) -> bool:
    """Whether a value is a dict of arrays by text keys, or holds one."""
    import torch

    if not isinstance(value, Mapping) or depth == 0:
        return False
    return any(isinstance(k, str) and isinstance(v, torch.Tensor) for k, v in value.items()) or any(
        isinstance(k, str) and _holds_arrays(v, depth - 1) for k, v in value.items()
    )


def loaded(path: Path) -> Any:
    """Return what a torch file holds: tensors, numbers, texts, lists and dicts; no code in it is run.

    raises   InputError for anything else
    """
    import torch

    if _is_script(path):
        raise InputError(
            f"{path.name}: not a state_dict: it is TorchScript, code that is never run. Where you trust it, save "
            f"torch.jit.load({path.name!r}).state_dict() by torch.save, or better export .onnx."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "Unsupported" in str(error) or "GLOBAL" in str(error):
            raise InputError(f"{path.name}: not a state_dict: it holds code, which is never run. {ADVICE}") from error
        raise InputError(f"{path.name}: not a state_dict: not a torch file. {ADVICE}") from error
    except Exception as error:  # torch.load raises whatever a damaged archive makes it stumble over
        kind = type(error).__name__
        raise InputError(f"{path.name}: not a state_dict: PyTorch cannot load it, {kind}. {ADVICE}") from error


def _is_script(path: Path) -> bool:
    """Whether a file is an archive with a module's code, as torch.jit.save writes it."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any("/code/" in f"/{name}" for name in archive.namelist())
    except (OSError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile):
        return False


def _array(tensor: Any) -> Array:
    import torch

    return np.asarray(tensor.detach().to_dense().to(torch.float64).numpy())
