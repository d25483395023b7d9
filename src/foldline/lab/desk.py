"""A desk answers the messages of one page: the newest question wins, long work tells how far it is and can be ended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

from ..errors import FoldlineError
from ..text import short

Send = Callable[[dict[str, Any]], None]
Work = Callable[[Mapping[str, Any], "Job"], dict[str, Any]]

LONGEST = 300  # characters of an error's text


class Stopped(Exception):
    """Work was ended by its page."""


class Job:
    """Work under way: it tells how far it is, and learns there that it is to end."""

    def __init__(self, number: Any, send: Send) -> None:
        self.number, self._send, self._ended = number, send, threading.Event()

    def stop(self) -> None:
        """Let the work end at its next word."""
        self._ended.set()

    @property
    def stopped(self) -> bool:
        """Whether it was told to end."""
        return self._ended.is_set()

    def tell(self, kind: str, **values: Any) -> None:
        """Send a word to the page while the work goes on; raises Stopped once it is to end."""
        if self.stopped:
            raise Stopped
        self._send({"kind": kind, "id": self.number, **values})

    def progress(self, *done: Any) -> None:
        """Be the callback of a fit or a proof: the steps done come first."""
        self.tell("progress", done=[v if isinstance(v, int | float) else None for v in done])


class Desk:
    """One thing at a time for one page, of which there is at most one more that waits: the newest.

    Every question of an open page is answered once, if only by "stopped" or "error": a page that waits for an
    answer would otherwise never ask again.

    works     what is done by the kind of a message
    send      takes each answer, on the thread that found it
    executor  where the work is done: shared, so that there is a cap on what is done at once
    """

    def __init__(self, works: Mapping[str, Work], send: Send, executor: Executor) -> None:
        self._works, self._send, self._executor = works, send, executor
        self._lock = threading.RLock()  # an executor may work at once, on the thread that asks
        self._running: Job | None = None
        self._waiting: Mapping[str, Any] | None = None
        self._closed = False

    def take(self, message: Mapping[str, Any]) -> None:
        """Answer a message, now or when what runs has ended; "stop" ends what runs."""
        with self._lock:
            if self._closed:
                return
            if message.get("kind") == "stop":
                self._end()
                return
            if self._running is None:
                self._start(message)
                return
            self._drop()
            self._waiting = message
            self._running.stop()

    def close(self) -> None:
        """End what runs, drop what waits, answer no more."""
        with self._lock:
            self._closed = True
            self._end()

    def _end(self) -> None:
        self._drop()
        if self._running is not None:
            self._running.stop()

    def _drop(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not self._closed:
            self._send({"kind": "stopped", "id": waiting.get("id")})

    def _start(self, message: Mapping[str, Any]) -> None:
        self._running = Job(message.get("id"), self._send)
        self._executor.submit(self._do, message, self._running)

    def _do(self, message: Mapping[str, Any], job: Job) -> None:
        answer = self._answer(message, job)
        try:
            if not self._closed:
                self._say(answer, job)
        finally:
            self._next()

    def _next(self) -> None:
        with self._lock:
            self._running = None
            if self._waiting is not None and not self._closed:
                waiting, self._waiting = self._waiting, None
                self._start(waiting)

    def _say(self, answer: dict[str, Any], job: Job) -> None:
        try:
            self._send(answer | {"id": job.number})
        except Exception as error:  # a value that the channel has no form for
            self._send(_broken(error) | {"id": job.number})

    def _answer(self, message: Mapping[str, Any], job: Job) -> dict[str, Any]:
        kind = message.get("kind")
        try:
            if not isinstance(kind, str) or kind not in self._works:
                return {"kind": "error", "text": f"lab knows no message {short(repr(kind), 40)}. Reload the page."}
            return self._works[kind](message, job)
        except Stopped:
            return {"kind": "stopped"}
        except FoldlineError as error:
            return {"kind": "error", "text": short(str(error), LONGEST)}
        except Exception as error:
            return _broken(error)


def _broken(error: Exception) -> dict[str, Any]:
    return {"kind": "error", "text": short(f"internal error: {type(error).__name__}: {error}", LONGEST)}


def executor(workers: int) -> ThreadPoolExecutor:
    """Return where the work of all pages is done, so many at once."""
    return ThreadPoolExecutor(workers, thread_name_prefix="foldline-lab")
