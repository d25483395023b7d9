"""Work: how a question is worked on (engine, workers, budget, progress), as one value that every question takes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import inf
from numbers import Integral, Real
from typing import Any

import numpy as np

from ..box import Box
from ..errors import InputError
from ..machine import free_memory
from ..network import Network
from ..polytope import Polytope

Progress = Callable[[int, float], object]

ENGINES = ("auto", "kernel", "numpy", "rational")
ARITHMETIC = "FOLDLINE_ARITHMETIC"  # the environment's word for the engine that "auto" is
SPENT = 1e-9  # seconds: a budget's limits are positive
TICK = 0.01  # seconds: less of a processor's time is not told
MOST_SHARED = 8.0  # times longer than on a machine of one's own: an executor's processes are not counted at all
MEMORY_SHARE = 0.22  # of what is free, for the answer's arrays: making and measuring them takes thrice as much


@dataclass(frozen=True)
class Budget:
    """Limits of one answer; whichever is reached first ends it.

    regions   the most regions to find
    seconds   the most wall time, arranging what was found included, as well as it can be told beforehand
    bytes     the most memory the answer's arrays may take; never more than a part of what is free
    raises    InputError if a limit is no positive number

    >>> Budget(seconds=2.5).regions
    10000000
    """

    regions: int = 10_000_000
    seconds: float = inf
    bytes: float = inf

    def __post_init__(self) -> None:
        for name in ("regions", "seconds", "bytes"):
            limit = getattr(self, name)
            if not (isinstance(limit, Real) and float(limit) > 0):
                raise InputError(f"Budget needs a positive limit; got {name} = {limit!r}. Leave it out for no limit.")

    def most_regions(self, bytes_a_region: int) -> int:
        """How many regions the first and the last limit allow together."""
        return int(max(1, min(self.regions, self.bytes / bytes_a_region)))


# what is asked with, how the message calls it, and what to write instead
KINDS = {
    "network": (Network, "a Network", "Read one with foldline.read(path), or write Network(weights, biases)."),
    "box": (Box, "a Box", "Write Box(lo, hi)."),
    "place": (Box | Polytope, "a Box", "Write Box(lo, hi), or Polytope(A, b)."),
    "budget": (Budget | None, "a Budget", "Write Budget(regions=..., seconds=..., bytes=...)."),
    "executor": (
        Executor | None,
        "a concurrent.futures.Executor",
        "Write ThreadPoolExecutor(2), or workers=2 for threads.",
    ),
}


@dataclass(frozen=True)
class Work:
    """How a question is worked on; its answer depends on the engine and on ``certify`` alone.

    who       asks, for messages
    engine    "kernel" (compiled), "numpy" or "rational" (every decision in rational arithmetic); "auto" is what the
              environment's FOLDLINE_ARITHMETIC names, else the kernel, or NumPy where none was compiled
    certify   decide in rational arithmetic what floats cannot tell; without, take the float's word for it
    workers   threads of this process
    executor  where shards of the work run instead: threads, processes or machines
    budget    where to stop; None for the limits of ``Budget()``
    callback  called now and then with (regions so far, share of the work done); ends the work if it returns True
    begin     when the question was asked, in ``time.perf_counter()``: the budget's seconds are counted from there
    raises    InputError for an unknown engine, workers that are no whole number above 0, or another kind of value

    >>> Work("regions", engine="numpy").engine_of(None)
    'numpy'
    """

    who: str
    engine: str = "auto"
    certify: bool = True
    workers: int = 1
    executor: Executor | None = None
    budget: Budget | None = None
    callback: Progress | None = None
    begin: float = field(default_factory=lambda: time.perf_counter(), compare=False)

    def __post_init__(self) -> None:
        check_kinds(self.who, budget=self.budget, executor=self.executor)
        source, name = "engine", self.engine or "auto"
        if name == "auto" and os.environ.get(ARITHMETIC):
            source, name = ARITHMETIC, os.environ[ARITHMETIC]
        if name not in ENGINES:
            raise InputError(
                f"{self.who} needs an engine out of {', '.join(ENGINES)}; got {source} = {name!r}. "
                "Leave it out for the fastest there is."
            )
        object.__setattr__(self, "engine", name)
        if not isinstance(self.certify, bool | np.bool_):
            raise InputError(f"{self.who} needs certify as True or False; got {self.certify!r}.")
        if self.callback is not None and not callable(self.callback):
            raise InputError(f"{self.who} needs a function as callback; got {self.callback!r}.")
        if not isinstance(self.workers, Integral) or self.workers < 1:
            raise InputError(f"{self.who} needs a whole number of workers, 1 or more; got {self.workers!r}.")

    def engine_of(self, compiled: object) -> str:
        """Return the engine that works: "kernel", "numpy" or "rational".

        compiled   the question's compiled module, None where there is none
        raises     InputError if the kernel is asked for and was not compiled
        """
        if self.engine == "kernel" and compiled is None:
            raise InputError(
                f"{self.who} needs the compiled kernel for engine 'kernel'; got an installation without it. "
                "Use engine='auto'."
            )
        return self.engine if self.engine != "auto" else "numpy" if compiled is None else "kernel"

    @property
    def limits(self) -> Budget:
        """What is left of the budget, or of the default one: of its seconds, and within the memory that is free."""
        budget, free = self.budget or Budget(), _free(int(time.monotonic()))
        left = max(budget.seconds - (time.perf_counter() - self.begin), SPENT)
        room = budget.bytes if free is None else max(min(budget.bytes, MEMORY_SHARE * free), 1.0)
        return replace(budget, seconds=left, bytes=room)

    @property
    def unlimited(self) -> bool:
        """Whether nobody named a limit: a question that is far too large is then refused, not answered in part."""
        return self.budget in (None, Budget())

    @property
    def late(self) -> bool:
        """Whether the budget's seconds are over."""
        return self.budget is not None and time.perf_counter() - self.begin > self.budget.seconds

    def heard(self, n: int, share: float) -> bool:
        """Tell the callback how far the work is; return whether it wants the work to end."""
        return self.callback is not None and self.callback(n, share) is True

    @property
    def rising(self) -> Progress | None:
        """The callback, told the most regions so far: what there is before blocks is more than the first ones hold."""
        whole, most = self.callback, 0
        if whole is None:
            return None

        def told(n: int, share: float) -> bool:
            nonlocal most
            most = max(most, n)
            return whole(most, share) is True

        return told

    def in_time(self, arranging: float, first: int = 0) -> Progress | None:
        """Return the callback, which also ends the work when what is left of the seconds is what arranging will take.

        arranging   processor seconds a region; a machine that is shared takes longer, as the work itself shows
        first       cells that the work begins with: they are none of its regions yet
        """
        seconds, wall, processor = self.limits.seconds, time.perf_counter(), time.process_time()
        heard = self.rising
        if seconds == inf:
            return heard

        def told(n: int, share: float) -> bool:
            spent, own = time.perf_counter() - wall, time.process_time() - processor
            shared = min(max(spent / max(own, TICK), 1.0), MOST_SHARED)
            found = n if share else max(n - first, 0)
            return (heard is not None and heard(n, share) is True) or spent + found * arranging * shared > seconds

        return told

    def part(self, first: float, last: float, before: int = 0) -> Work:
        """Return the work of one of several steps, whose callback hears the whole work's share.

        first, last   the shares of the whole work at which the step begins and ends
        before        regions that the steps before found: those of this one are told with them
        """
        whole = self.callback
        if whole is None:
            return self
        return replace(self, callback=lambda n, share: whole(before + n, first + share * (last - first)))

    @contextmanager
    def pool(self, engine: str) -> Iterator[Executor | None]:
        """The executor that shards go to: the caller's, threads for several workers of a kernel, or none for one."""
        if self.executor is not None or self.workers == 1 or engine != "kernel":
            yield self.executor
        else:
            threads = ThreadPoolExecutor(int(self.workers))
            try:
                yield threads
            finally:  # not waited for: a signal that came meanwhile would have Python 3.11 take them for ended
                threads.shutdown(wait=False, cancel_futures=True)


@lru_cache(maxsize=1)
def _free(second: int) -> int | None:
    """What is free, asked once a second: reading it takes as long as a small answer."""
    return free_memory()


def check_kinds(who: str, **asked: Any) -> None:
    """Refuse a network, box, budget or executor that is none.

    who      asks, for the message
    raises   InputError

    >>> check_kinds("count", box=([0, 0], [1, 1]))
    Traceback (most recent call last):
    foldline.errors.InputError: count needs a Box; got box = ([0, 0], [1, 1]). Write Box(lo, hi).
    """
    for name, value in asked.items():
        kind, words, instead = KINDS[name]
        if not isinstance(value, kind):
            given = "box" if name == "place" else name
            raise InputError(f"{who} needs {words}; got {given} = {value!r:.60}. {instead}")


def box_asked(who: str, network: Network, box: Box | None) -> Box:
    """Return the box a question is about: the one given, else where the network's data lie.

    raises   InputError where neither is known, or what is given is no network or no box
    """
    check_kinds(who, network=network)
    asked = place_asked(who, network, box)
    check_kinds(who, box=asked)
    assert isinstance(asked, Box)
    return asked


def place_asked(who: str, network: Network, box: Box | Polytope | None) -> Box | Polytope:
    """Return the box or polytope a question is about, as ``box_asked`` does."""
    check_kinds(who, network=network)
    if box is None and network.box is None:
        raise InputError(
            f"{who} needs a box; got none, and the network does not say where its data lie. Write Box(lo, hi)."
        )
    asked = network.box if box is None else box
    check_kinds(who, place=asked)
    assert asked is not None
    return asked


def check_asked(who: str, network: Network, box: Box | Polytope) -> None:
    """Refuse what is no network on a box with its axes."""
    check_kinds(who, network=network, place=box)
    if box.d != network.d_in:
        raise InputError(f"{who} needs a box with the network's {network.d_in} axes; got {box.d} ({box}).")
