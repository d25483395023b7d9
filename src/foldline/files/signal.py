"""Signals as functions of time: WAV files, and NumPy arrays of one value after the other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..samples import Samples
from .npy import array_of
from .source import content
from .wav import sound_of

Array = NDArray[np.float64]

TIMES = ("t", "time", "times", "x")
MANY = 8  # channels from which on a table may well be a picture
RATES = ("rate", "fs", "sampling_rate")


def read_wav(path: Path) -> Samples:
    """Return a sound as a function of time: inputs are seconds, targets the channels in [-1, 1].

    meta     rate in samples a second, channels, bits; whole numbers are divided by their largest power of two
    raises   InputError if it is no WAV file of PCM or float numbers, or is cut short (see ``wav.sound_of``)
    """
    sound = sound_of(content(path), path.name)
    notes = [*sound.notes, *([] if np.ptp(sound.values) else [f"silence: every value is {sound.values.flat[0]:g}"])]
    times = np.arange(len(sound.values)) / sound.rate
    meta: dict[str, Any] = {"source": path.name, "rate": sound.rate, "channels": sound.values.shape[1]}
    meta |= {"bits": sound.bits, "units": ["s"]} | ({"findings": notes} if notes else {})
    return signal_of(times, sound.values, meta, path.name)


def signal_of(times: Array, values: Array, meta: dict[str, Any], name: str) -> Samples:
    """Return values (n,) or (n, channels) at times (n,) as samples of a signal.

    raises   InputError unless the times rise, there are two at least, and all values are numbers

    >>> signal_of(np.arange(3.0), np.zeros(3), {}, "flat").d_out
    1
    """
    if len(times) < 2 or np.any(np.diff(times) <= 0):
        raise InputError(f"{name}: a signal needs 2 or more times that rise; got {np.asarray(times)[:3]} ... Sort it.")
    table = values.reshape(len(values), -1)
    if not (finite := np.isfinite(table).all(axis=1)).all():
        at = int(np.argmin(finite))
        raise InputError(
            f"{name}: a signal needs finite values; got {table[at][~np.isfinite(table[at])][0]} at time {times[at]:g} "
            f"(value {at}; {int((~finite).sum()):,} of {len(table):,} are none). Cut them out, or fill them in."
        )
    return Samples(np.asarray(times, dtype=np.float64)[:, None], values, "signal", ("t",), meta=meta)


def signal_of_arrays(arrays: Mapping[str, NDArray[Any]], name: str) -> Samples | None:
    """Return the signal in an archive, or None if its arrays are none.

    One array holds the values, (n,) or (n, channels); times are an array named t, time, times or x beside it, a rate in
    samples a second one named rate, fs or sampling_rate; else times count the values from 0.
    """
    named = {key.lower(): array for key, array in arrays.items()}
    numbers = {key: array for key, array in named.items() if array.dtype.kind in "fiu" and array.size}
    times = next((numbers.pop(key) for key in TIMES if key in numbers and named.pop(key) is not None), None)
    rate = next((float(named.pop(key).item()) for key in RATES if key in numbers and named[key].size == 1), None)
    tables = [array for array in numbers.values() if array.ndim in (1, 2) and len(array) > 1]
    if len(tables) != 1 or len(named) != 1 or not (rate is None or 0 < rate < np.inf):
        return None
    values = tables[0]
    found = _like_times(values) or ([] if times is not None or rate else _like_another(values))
    if times is None:
        times = np.arange(len(values)) / (rate or 1.0)
    if times.shape != (len(values),):
        return None
    meta: dict[str, Any] = {"source": name, "channels": 1 if values.ndim == 1 else values.shape[1]}
    meta |= ({"rate": rate} if rate else {}) | ({"findings": found} if found else {})
    return signal_of(times, values.astype(np.float64), meta, name)


def _like_times(values: NDArray[Any]) -> list[str]:
    """What is said of a first channel that only rises: it may be the times, or the years, of the others."""
    if values.ndim == 1 or values.shape[1] == 1:
        return []
    steps = np.diff(values[:, 0].astype(np.float64))
    if not ((steps >= 0).all() and (steps > 0).any()):
        return []
    aside = "t=data[:, 0], data=data[:, 1:]" if (steps > 0).all() else "data=data[:, 1:]"
    return [
        f"the first of {values.shape[1]} channels never falls, from {values[0, 0]:g} to {values[-1, 0]:g}; if it tells "
        f"the time, save it apart: np.savez('signal.npz', {aside})"
    ]


def _like_another(values: NDArray[Any]) -> list[str]:
    """What is said of a table without times that has as many columns as points have, or pictures."""
    channels = values.shape[1] if values.ndim == 2 else 1
    if channels == 3:
        other = "its rows are the places of points, --points reads them"
    elif channels >= MANY:
        other = "it is a picture, save it as .png, a map of heights as .npz beside x and y"
    else:
        return []
    return [f"{len(values):,} rows taken for times 0, 1, 2, ..., {channels} columns for channels; if {other}"]


def read_npy(path: Path) -> Samples:
    """Return the signal in a NumPy file: values (n,) or (n, channels), at times 0, 1, 2, ...

    raises   InputError if it holds objects, another shape, or no NumPy array
    """
    values = array_of(
        content(path), lambda what: f"{path.name}: a .npy file needs one plain array; got {what}. Save it with np.save."
    )
    found = signal_of_arrays({"data": values}, path.name) if isinstance(values, np.ndarray) else None
    if found is None:
        shape = getattr(values, "shape", type(values).__name__)
        raise InputError(
            f"{path.name}: a signal needs values (n,) or (n, channels) of numbers; got {shape}. Reshape it."
        )
    return found
