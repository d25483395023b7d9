"""Checkpoint: a fit put aside, to be gone on from bit for bit. safetensors, written whole or not at all."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..atomic import write_bytes
from ..errors import FileError, InputError
from ..samples import Samples
from ..text import json_text

SCHEMA = 1  # of the file; raise it when a field changes its meaning

State = dict[str, NDArray[np.generic]]


def fingerprint(samples: Samples) -> int:
    """Return a number that tells samples from others, so that a fit does not go on with data it did not begin with.

    >>> fingerprint(Samples([[0.0]], [1.0])) == fingerprint(Samples([[0.0]], [2.0]))
    False
    """
    return zlib.crc32(samples.targets.data, zlib.crc32(samples.inputs.data))


def save_checkpoint(
    path: Path, state: Mapping[str, NDArray[np.generic]], losses: list[float], rates: list[float], seconds: float,
    settings: Mapping[str, Any],
) -> None:  # fmt: skip
    """Write what a stepper holds, the losses and rates so far, and the settings they were made with.

    raises   FileError if the path cannot be written
    """
    from safetensors.numpy import save

    kept = {f"state.{name}": np.ascontiguousarray(values) for name, values in state.items()}
    kept |= {"losses": np.array(losses), "rates": np.array(rates), "seconds": np.array([seconds])}
    about = {"schema": str(SCHEMA), "settings": json_text(dict(sorted(settings.items())))}
    write_bytes(path, save(kept, metadata=about), force=True)


def load_checkpoint(path: Path, settings: Mapping[str, Any]) -> tuple[State, list[float], list[float], float]:
    """Return the state, losses, rates and seconds of a checkpoint made with the same settings.

    raises   FileError if the file is no checkpoint; InputError naming the first setting that differs
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            about = file.metadata() or {}
            kept = {name: file.get_tensor(name) for name in file.keys()}
    except (SafetensorError, OSError) as error:
        raise FileError(
            f"fit needs a checkpoint it can read; got {path.name} ({error}). Delete it or name another."
        ) from error
    if about.get("schema") != str(SCHEMA) or not {"losses", "rates", "seconds"} <= kept.keys():
        raise FileError(f"fit needs a checkpoint of a fit; got {path.name}, which is none. Name another file.")
    before = json.loads(about["settings"])
    for name, value in settings.items():
        if before.get(name) != value:
            raise InputError(
                f"fit needs the settings of its checkpoint {path.name}; got {name} = {value!r}, there "
                f"{before.get(name)!r}. Fit with those, or name another file."
            )
    state = {name.removeprefix("state."): values for name, values in kept.items() if name.startswith("state.")}
    return state, kept["losses"].tolist(), kept["rates"].tolist(), float(kept["seconds"][0])
