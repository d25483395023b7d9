"""Executors for tests: here and now, some of whose tasks fail, and processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any


class Here(Executor):
    """Runs each task at once; ``fails`` says which calls come back failed, and from ``dies`` on it takes none."""

    def __init__(self, fails: Callable[[int], bool] = lambda call: False, dies: int | None = None) -> None:
        self.fails, self.dies, self.calls = fails, dies, 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.calls += 1
        if self.dies is not None and self.calls >= self.dies:
            raise BrokenProcessPool("a child process terminated abruptly")
        future: Future[Any] = Future()
        if self.fails(self.calls):
            future.set_exception(ConnectionError("a worker went away"))
        else:
            future.set_result(fn(*args, **kwargs))
        return future


@contextmanager
def processes(n: int) -> Iterator[Executor]:
    with ProcessPoolExecutor(n, mp_context=get_context("spawn")) as pool:
        yield pool
