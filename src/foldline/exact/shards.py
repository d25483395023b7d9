"""Shards: one search as many small jobs that any executor may run, in any order, twice if need be.

A shard is a list of sides to take, off (0) or on (1), at the first cuts of a depth-first search.  It walks the way
down to its part of the tree by itself, so that shards know nothing of each other; and what is found before so many cuts
belongs to the shard whose further sides are all off.  Together they find everything once, in the search's own order.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from itertools import product
from typing import Generic, TypeVar

from ..errors import InputError

Shard = tuple[int, ...]
Result = TypeVar("Result")
Task = TypeVar("Task")

# A search is cut into 64 shards whatever the number of workers.  At 4-32-32-1 the largest holds 15 % of the work: 2
# workers can be 1.9 and 8 workers 5.9 times as fast as one; with 256 shards 2.0 and 6.9 times, for 6 % more work.
CUTS = 6
PATIENCE = 0.05  # seconds between looks at the caller's progress and at Ctrl-C while shards run elsewhere
QUIET = 1.0  # seconds without a result, after which a cluster is asked whether it has workers
HAND_IN = 1.0  # seconds that what runs at the end of a budget has to hand in what it found
GRACE = 15.0  # seconds without workers, after which none is waited for: a cluster that restarts one takes a few


class Stop:
    """A flag that tells the shards of this process to end; a copy in another process is never raised.

    found   how much each shard has found so far, as far as it is told: those of this process
    """

    def __init__(self) -> None:
        self.raised = False
        self.found: dict[Shard, int] = {}

    def told(self, shard: Shard, n: int) -> bool:
        """Take note of what a shard has found so far; return whether it is to end."""
        self.found[shard] = n
        return self.raised


def shards() -> list[Shard]:
    """Return all shards of a search, in the order in which it comes by them."""
    return list(product((0, 1), repeat=CUTS))


def takes(shard: Shard, cuts: int, bit: int) -> bool:
    """Whether a shard goes into the off (0) or on (1) part after so many cuts."""
    return cuts >= len(shard) or shard[cuts] == bit


def owns(shard: Shard, cuts: int) -> bool:
    """Whether what is found after so many cuts belongs to a shard."""
    return not any(shard[cuts:])


def gather(
    work: Callable[[Task, Stop], Result],
    tasks: Sequence[Task],
    executor: Executor,
    *,
    enough: Callable[[Sequence[Result | None]], bool],
    stop: Stop | None = None,
) -> list[Result | None]:
    """Return the result of each task, None for those that were not needed.

    work     a function of a module, so that it can be sent to another process
    enough   called every ``PATIENCE`` seconds with the results there are; ends the work if it returns True: what waits
             is cancelled, what runs has a moment, HAND_IN, to hand in what it has.  What it raises, Ctrl-C too, ends
             the work as well and goes on to the caller.
    stop     where shards of this process tell how far they are
    raises   InputError if the executor takes no work; what a task raises twice: one that fails, or whose worker or
             whole pool dies, is run again, here; so is what waits for a cluster that has had no worker for GRACE
    """
    run = _Run(work, tasks, executor, stop or Stop())
    try:
        run.hand_out()
        while run.left and not enough(run.results):
            run.go_on()
        run.end(HAND_IN)
    except BaseException:
        run.end(PATIENCE)
        raise
    return run.results


class _Run(Generic[Task, Result]):
    """Tasks on their way: those an executor has, and those that came back undone."""

    def __init__(
        self, work: Callable[[Task, Stop], Result], tasks: Sequence[Task], executor: Executor, stop: Stop
    ) -> None:
        self.work, self.tasks, self.executor, self.stop = work, tasks, executor, stop
        self.results: list[Result | None] = [None] * len(tasks)
        self.away: dict[Future[Result], int] = {}
        self.undone: list[int] = []
        self.heard = time.monotonic()  # when a result last came, or workers were last there to make one

    @property
    def left(self) -> int:
        return len(self.away) + len(self.undone)

    def hand_out(self) -> None:
        """Give the executor every task; one that is dead by name, a broken pool, has the rest done here."""
        for k, task in enumerate(self.tasks):
            try:
                self.away[self.executor.submit(self.work, task, self.stop)] = k
            except BrokenExecutor:
                self.undone += range(k, len(self.tasks))
                return
            except RuntimeError as error:
                if self.away:
                    self.undone += range(k, len(self.tasks))
                    return
                raise InputError(
                    f"shards need an executor that takes work; got {type(self.executor).__name__}: {error}. "
                    "Ask while it is open."
                ) from error

    def go_on(self) -> None:
        """Do one task that came back undone, or wait a moment for those that are away."""
        if self.undone:
            k = self.undone.pop(0)
            self.results[k] = self.work(self.tasks[k], self.stop)
        sleeps = time.monotonic() + PATIENCE * (not self.undone)
        while self.away:
            for future in wait(self.away, max(sleeps - time.monotonic(), 0.0), FIRST_COMPLETED).done:
                self._take(future)
            if time.monotonic() >= sleeps:
                break
        self._give_up()

    def _give_up(self) -> None:
        """Do the rest here if a cluster has had no workers for long."""
        silent = time.monotonic() - self.heard
        if not self.away or silent < QUIET or workers_of(self.executor) != 0:
            self.heard = self.heard if silent < QUIET else time.monotonic()
        elif silent > GRACE:
            for future in self.away:
                future.cancel()
            self.undone += self.away.values()
            self.away.clear()

    def end(self, seconds: float) -> None:
        """Tell all that is away to end; what runs has so many seconds to hand in what it has."""
        self.stop.raised = True
        running = [future for future in self.away if not future.cancel()]
        for future in wait(running, seconds).done:
            self._take(future)

    def _take(self, future: Future[Result]) -> None:
        k, self.heard = self.away.pop(future), time.monotonic()
        if future.cancelled() or future.exception() is not None:
            self.undone.append(k)
        else:
            self.results[k] = future.result()


def workers_of(executor: Executor) -> int | None:
    """Return how many workers a Dask cluster has, through its executor; None for executors that do not tell.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> workers_of(ThreadPoolExecutor(2)) is None
    True
    """
    count = getattr(getattr(executor, "_client", None), "nthreads", None)
    if count is None:
        return None
    try:
        return len(count())
    except (OSError, RuntimeError, TimeoutError):  # its scheduler is gone, too
        return 0
