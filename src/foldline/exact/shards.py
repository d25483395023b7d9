"""Shards: one search as many small jobs that any executor may run, in any order, twice if need be.

A shard is a list of sides to take, off (0) or on (1), at the first cuts of a depth-first search.  It walks the way down
to its part of the tree by itself, so that shards know nothing of each other; and what is found before so many cuts
belongs to the shard whose further sides are all off.  Together they find everything once, in the order of the one search.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from itertools import product
from typing import Protocol, TypeVar

Shard = tuple[int, ...]
Result = TypeVar("Result")
Task = TypeVar("Task")

CUTS = 6  # a search is cut into 64 shards whatever the number of workers: enough to keep 16 of them evenly busy
PATIENCE = 0.05  # seconds between looks at the caller's progress and at Ctrl-C while shards run elsewhere


class Stop:
    """A flag that tells the shards of this process to end; a copy in another process is never raised."""

    raised = False


class Work(Protocol[Task, Result]):
    """What a shard runs: a function of a module and two values, so that it can be sent to another process."""

    def __call__(self, task: Task, stop: Stop, /) -> Result: ...


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
    work: Work[Task, Result],
    tasks: Sequence[Task],
    executor: Executor,
    *,
    enough: Callable[[Sequence[Result | None]], bool],
) -> list[Result | None]:
    """Return the result of each task, None for those that were not needed.

    enough   called every ``PATIENCE`` seconds, and as results come in, with those there are; ends the work if it returns
             True.  What it raises, Ctrl-C too, ends the work and goes on to the caller.
    raises   what a task raises twice: one that fails is run again, here
    """
    stop, results = Stop(), [None] * len(tasks)  # type: tuple[Stop, list[Result | None]]
    waiting: dict[Future[Result], int] = {}
    try:
        waiting = {executor.submit(work, task, stop): k for k, task in enumerate(tasks)}
        looked = 0.0
        while waiting and not enough(results):
            done, _ = wait(waiting, PATIENCE, FIRST_COMPLETED)
            for future in done:
                k = waiting.pop(future)
                failed = future.cancelled() or future.exception() is not None
                results[k] = work(tasks[k], stop) if failed else future.result()
                if time.monotonic() - looked > PATIENCE:
                    looked = time.monotonic()
                    if enough(results):
                        return results
    finally:
        stop.raised = True
        for future in waiting:
            future.cancel()
    return results
