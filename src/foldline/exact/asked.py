"""Asked: what the questions about a box share, refused by kind before anything is worked out."""

from __future__ import annotations

from concurrent.futures import Executor

from ..box import Box
from ..errors import InputError
from ..network import Network
from .budget import Budget

# what is asked with, how the message calls it, and what to write instead
KINDS = {
    "network": (Network, "a Network", "Read one with foldline.files(path), or write Network(weights, biases)."),
    "box": (Box, "a Box", "Write Box(lo, hi)."),
    "budget": (Budget, "a Budget", "Write Budget(regions=..., seconds=..., bytes=...)."),
    "executor": (Executor, "a concurrent.futures.Executor", "Write ThreadPoolExecutor(2), or workers=2 for threads."),
}


def check_kinds(who: str, **asked: object) -> None:
    """Refuse a network, box, budget or executor that is none; only the last two may be left out.

    who      asks, for the message
    raises   InputError

    >>> check_kinds("count", box=([0, 0], [1, 1]))
    Traceback (most recent call last):
    foldline.errors.InputError: count needs a Box; got box = ([0, 0], [1, 1]). Write Box(lo, hi).
    """
    for name, value in asked.items():
        kind, words, instead = KINDS[name]
        if not isinstance(value, kind) and not (value is None and name in ("budget", "executor")):
            raise InputError(f"{who} needs {words}; got {name} = {value!r:.60}. {instead}")
