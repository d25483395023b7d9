"""Stopping: what Ctrl-C, SIGTERM and SIGHUP do to a verb at work."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from . import clock

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Stopped(KeyboardInterrupt):
    """A signal came; ``code`` is what a shell reports for it, ``told`` what is to be said."""

    def __init__(self, number: int, told: str = "") -> None:
        super().__init__(f"signal {number}")
        self.code, self.told = 128 + number, told


class Stop:
    """What to ask after every step: whether a signal came. Only inside ``patiently`` is it waited for.

    The alarm is waited for once there was a step: before, there is nothing to be kept.  The same holds for signals that
    stop a question; its alarm ends what it does at once, since its budget has ended the search before.
    """

    def __init__(self, *, question: bool = False) -> None:
        self.question = question
        self.number: int | None = None
        self.patient = self.asked = False

    def __call__(self) -> bool:
        self.asked = True
        return self.number is not None

    @contextmanager
    def patiently(self) -> Iterator[Stop]:
        """Let the first signal wait until it is asked for; the second ends at once."""
        self.patient = True
        try:
            yield self
        finally:
            self.patient = False

    @property
    def late(self) -> bool:
        """Whether it was the alarm that came: the seconds given are over."""
        return clock.TIMED and self.number == signal.SIGALRM

    def note(self, number: int, frame: FrameType | None) -> None:
        """Take a signal, or the alarm."""
        alarm = clock.TIMED and number == signal.SIGALRM
        if self.patient and self.number is None and (self.asked or not (alarm or self.question)):
            self.number = number
        elif alarm:
            clock.late(number, frame)
        else:
            raise Stopped(number)


@contextmanager
def stopping(*, question: bool = False) -> Iterator[Stop]:
    """Take the signals that end a process while inside, and the alarm if one is set; one that is ignored (nohup) stays.

    question   what is inside asks one: the alarm stays as it is
    raises   Stopped where a signal comes outside ``patiently``, LateError for the alarm
    """
    stop, before = Stop(question=question), {}
    try:
        for number in [*SIGNALS, *([signal.SIGALRM] if clock.is_set() and not question else [])]:
            if signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, stop.note)
    except ValueError:  # only the main thread may take signals
        pass
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
