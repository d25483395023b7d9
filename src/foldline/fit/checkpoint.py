"""Checkpoint: a fit put aside, to be gone on from bit for bit. safetensors, written whole or not at all."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..atomic import write_bytes
from ..errors import FileError, InputError
from ..samples import Samples
from ..text import json_text

SCHEMA = 1  # of the file; raise it when a field changes its meaning
OF_DATA = ("data", "n_samples")  # settings that tell the rows
SAVE_SECONDS = 30.0  # between two savings: half a minute of work is lost at most, and a large network is seldom written

State = dict[str, NDArray[np.generic]]


def fingerprint(samples: Samples) -> int:
    """Return a number that tells samples from others, so that a fit does not go on with data it did not begin with.

    >>> fingerprint(Samples([[0.0]], [1.0])) == fingerprint(Samples([[0.0]], [2.0]))
    False
    """
    return zlib.crc32(samples.targets.data, zlib.crc32(samples.inputs.data))


@dataclass
class Checkpoint:
    """The file a fit is put aside in.

    path       is written every ``seconds`` and at the end, and gone on from where it exists
    about      JSON values that whoever asked for the fit wants kept with it; ``about_of`` reads them
    settings   of the fit: one that goes on must have the same
    lost       why the last saving failed; None while the file is as it should be
    """

    path: Path
    about: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = field(default_factory=lambda: SAVE_SECONDS)
    settings: Mapping[str, Any] = field(default_factory=dict)
    lost: FileError | None = None

    def save(self, state: Mapping[str, NDArray[np.generic]], losses: list[float], rates: list[float],
             seconds: float) -> None:  # fmt: skip
        """Write what a stepper holds, and the losses and rates so far; a failure is kept in ``lost``."""
        from safetensors.numpy import save

        kept = {f"state.{name}": np.ascontiguousarray(values) for name, values in state.items()}
        kept |= {"losses": np.array(losses), "rates": np.array(rates), "seconds": np.array([seconds])}
        texts = {"schema": str(SCHEMA), "settings": _json(self.settings), "about": _json(self.about)}
        try:
            write_bytes(self.path, save(kept, metadata=texts | {"sum": _sum(texts, kept)}), force=True)
            self.lost = None
        except FileError as error:
            self.lost = error

    def load(self) -> tuple[State, list[float], list[float], float] | None:
        """Return the state, losses, rates and seconds that were saved; None where there is no file.

        raises   FileError if the file is no checkpoint; InputError naming the first setting that differs
        """
        if not self.path.exists():
            return None
        texts, kept = _opened(self.path)
        before = json.loads(texts["settings"])
        for name, value in sorted(self.settings.items(), key=lambda setting: setting[0] not in OF_DATA):
            if before.get(name) != value and name in OF_DATA:
                raise InputError(
                    f"fit needs the data that it began with; got others than {self.path.name} was saved with: the file "
                    "was changed since. Put the old one back, or begin anew in another folder."
                )
            if before.get(name) != value:
                raise InputError(
                    f"fit needs the settings of its checkpoint {self.path.name}; got {name} = {value!r}, there "
                    f"{before.get(name)!r}. Fit with those, or name another file."
                )
        state = {name.removeprefix("state."): values for name, values in kept.items() if name.startswith("state.")}
        return state, kept["losses"].tolist(), kept["rates"].tolist(), float(kept["seconds"][0])


def about_of(path: Path) -> dict[str, Any]:
    """Return what whoever asked for a fit kept with its checkpoint.

    raises   FileError if the file is no checkpoint
    """
    found = json.loads(_opened(path)[0].get("about", "{}"))
    return found if isinstance(found, dict) else {}


def _opened(path: Path) -> tuple[dict[str, str], dict[str, NDArray[Any]]]:
    """The texts and the arrays of a checkpoint."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            texts = file.metadata() or {}
            kept = {name: file.get_tensor(name) for name in file.keys()}
    except (SafetensorError, OSError) as error:
        raise FileError(
            f"fit needs a checkpoint it can read; got {path.name} ({error}). Delete it or name another."
        ) from error
    if texts.get("schema") != str(SCHEMA) or not {"losses", "rates", "seconds"} <= kept.keys():
        raise FileError(f"fit needs a checkpoint of a fit; got {path.name}, which is none. Name another file.")
    if texts.pop("sum", None) != _sum(texts, kept):
        raise FileError(
            f"fit needs a checkpoint as it was saved; got {path.name}, which is damaged. Delete it and begin anew."
        )
    return texts, kept


def _sum(texts: Mapping[str, str], arrays: Mapping[str, NDArray[Any]]) -> str:
    """What tells a file that was changed since it was saved: a fit would go on with it to other numbers."""
    found = zlib.crc32(json_text(dict(sorted(texts.items()))).encode())
    for name, array in sorted(arrays.items()):
        found = zlib.crc32(
            np.ascontiguousarray(array).tobytes(), zlib.crc32(f"{name} {array.dtype.str} {array.shape}".encode(), found)
        )
    return str(found)


def _json(values: Mapping[str, Any]) -> str:
    return json_text(dict(sorted(values.items())))
