"""Clock: --max-seconds, for every verb, counted from when it began; on the command line, from when the program did.

A question's own budget ends it in time, with the part that was found.  What does not look at the clock (reading a file,
arranging an answer, writing a report) is ended by an alarm a moment later.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from ..errors import BudgetError, InputError

LOADED = time.perf_counter()  # this file is among the first that are imported
GRACE, SHARE = 0.3, 0.05  # seconds, and share of those given, that a question has to end by itself
LONGEST = 1e8  # seconds that an alarm can be set to
TIMED = hasattr(signal, "setitimer")


class LateError(BudgetError):
    """The seconds that a verb was given are over."""


@dataclass
class _Begin:
    """When the verb began, or None: when it is called."""

    program: float | None = None
    verb: float = LOADED


_begin = _Begin()


def of_program() -> None:
    """Count from when the program was loaded: it does one verb and ends."""
    _begin.program = LOADED


def left(seconds: float) -> float:
    """Return how many of so many seconds since the verb began are left; a moment at least."""
    return max(seconds - (time.perf_counter() - _begin.verb), 1e-9)


def is_set() -> bool:
    """Whether an alarm is on its way."""
    return TIMED and signal.getitimer(signal.ITIMER_REAL)[0] > 0


def off() -> None:
    """Let there be no alarm any more: what is written is written whole."""
    if TIMED:
        signal.setitimer(signal.ITIMER_REAL, 0)


def late(number: int, frame: FrameType | None) -> None:
    """End what is done: the alarm's handler."""
    raise LateError("this needs more seconds; those it was given are over. Raise --max-seconds.")


@contextmanager
def ending(seconds: float | None) -> Iterator[None]:
    """Raise LateError in what is inside when its seconds, and a moment more, are over.

    raises   InputError if these are not above 0
    """
    _begin.verb = time.perf_counter() if _begin.program is None else _begin.program
    if seconds is not None and not seconds > 0:
        raise InputError(f"--max-seconds needs a number above 0; got {seconds:g}. Leave it out for no limit.")
    if seconds is None or not TIMED or seconds > LONGEST:
        yield
        return

    try:
        before = signal.signal(signal.SIGALRM, late)
    except ValueError:  # only the main thread may take signals
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, left(seconds) + max(GRACE, SHARE * seconds))
    try:
        yield
    finally:
        off()
        signal.signal(signal.SIGALRM, before)
