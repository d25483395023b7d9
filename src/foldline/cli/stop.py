"""Stopping: what Ctrl-C, SIGTERM and SIGHUP do to a verb at work."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Stopped(KeyboardInterrupt):
    """A signal came; ``code`` is what a shell reports for it."""

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.code = 128 + number


class Stop:
    """What to ask after every step: whether a signal came. Only inside ``patiently`` is it waited for."""

    def __init__(self) -> None:
        self.number: int | None = None
        self.patient = False

    def __call__(self) -> bool:
        return self.number is not None

    @contextmanager
    def patiently(self) -> Iterator[Stop]:
        """Let the first signal wait until it is asked for; the second ends at once."""
        self.patient = True
        try:
            yield self
        finally:
            self.patient = False

    def note(self, number: int, _: FrameType | None) -> None:
        """Take a signal."""
        if not self.patient or self.number is not None:
            raise Stopped(number)
        self.number = number


@contextmanager
def stopping() -> Iterator[Stop]:
    """Take the signals that end a process while inside; one that is ignored (nohup) stays so.

    raises   Stopped where a signal comes outside ``patiently``
    """
    stop, before = Stop(), {}
    try:
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, stop.note)
    except ValueError:  # only the main thread may take signals
        pass
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
