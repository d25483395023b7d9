"""What is asked of a fit, checked before anything is done: numbers and widths."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import cast

import numpy as np

from ..errors import InputError

HIGHEST = 1e38  # of any number asked for: what float32 holds
WHOLE = ("steps", "batch", "latent")


def check_numbers(who: str, seed: object, **above_0: object) -> None:
    """Raise an InputError unless numbers are above 0 where they are given, and whole where they count; likewise a seed.

    >>> check_numbers("fit", 0, steps=3, seconds=None)
    """
    for name, value in above_0.items():
        if value is not None and not (isinstance(value, Real) and 0 < float(value) < HIGHEST):
            raise InputError(f"{who} needs {name} above 0 and below {HIGHEST:g}; got {value!r}.")
        if name in WHOLE and value is not None and not _whole(value):
            raise InputError(f"{who} needs {name} as a whole number; got {value!r}.")
    if not _whole(seed) or cast(int, seed) < 0:
        raise InputError(f"{who} needs a seed of 0 or more; got {seed!r}.")


def widths_of(who: str, hidden: object) -> tuple[int, ...]:
    """Return the widths of layers that are asked for, or that of one.

    raises   InputError for anything but whole numbers above 0

    >>> widths_of("fit", 8), widths_of("fit", [8, 4])
    ((8,), (8, 4))
    """
    layers = [hidden] if isinstance(hidden, Real) else hidden
    if not isinstance(layers, Sequence | np.ndarray) or isinstance(layers, str):
        raise InputError(f"{who} needs hidden as widths, one a layer; got {hidden!r}. Write hidden=(64, 64).")
    for i, width in enumerate(layers):
        if not _whole(width) or width < 1:
            raise InputError(f"{who} needs hidden widths that are whole numbers above 0; got hidden[{i}] = {width!r}.")
    return tuple(map(int, layers))


def _whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def check_hooks(who: str, **hooks: object) -> None:
    """Raise InputError for what is to be called, and is no function."""
    for name, hook in hooks.items():
        if hook is not None and not callable(hook):
            raise InputError(f"{who} needs a function as {name}; got {hook!r:.60}. Leave it out.")
