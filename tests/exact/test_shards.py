"""Shards of a search: the same answer bit by bit wherever they run, however often, whatever fails."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from foldline import Box
from foldline.errors import InputError
from foldline.exact.chain.form import chain_of
from foldline.exact.regions import regions
from foldline.exact.search import cells as door
from foldline.exact.search.cells import cells, count
from foldline.exact.shards import CUTS, Stop, gather, owns, shards, takes
from foldline.exact.work import Budget, Work

from ..corpus import FAMILIES, network
from ..executors import Here, processes
from ..interrupts import interrupted
from .questions import QUESTIONS, ask, same

ENGINES = ["kernel", "numpy", "rational"] if door._cells else ["numpy", "rational"]
ARRAYS = ("patterns", "points", "radii", "maps", "sides", "side_start")
LABELS = ("n_regions", "certified", "complete", "explored", "merged", "asked")


def cube(d: int) -> Box:
    return Box([-1.0] * d, [1.0] * d)


def assert_same(a: dict[str, Any], b: dict[str, Any]) -> None:
    for key in ARRAYS:
        np.testing.assert_array_equal(a[key], b[key])
    assert [a[key] for key in LABELS] == [b[key] for key in LABELS]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("family", ["gaussian", "ternary", "thirds", "duplicated", "zero_bias", "all_zero"])
def test_shards_find_what_one_search_finds(engine: str, family: str) -> None:
    chain = chain_of(network(family, (4, 4, 3, 1), 1))
    whole = cells(chain, cube(4), Work("test", engine=engine))
    assert_same(cells(chain, cube(4), Work("test", engine=engine, executor=Here())), whole)


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_has_the_same_answer_for_1_2_and_5_workers(name: str) -> None:
    whole = ask(name)
    for n in (1, 2, 5):
        assert same(ask(name, workers=n), whole)
        with ThreadPoolExecutor(n) as pool:
            assert same(ask(name, executor=pool), whole)


@pytest.mark.parametrize("family", FAMILIES)
def test_two_threads_give_the_same_answer_bit_by_bit(family: str) -> None:
    chain = chain_of(network(family, (5, 5, 4, 1), 2))
    with ThreadPoolExecutor(2) as pool:
        assert_same(cells(chain, cube(5), Work("test", executor=pool)), cells(chain, cube(5), Work("test")))
        assert (
            count(chain, cube(5), Work("test", executor=pool))["n_regions"]
            == count(chain, cube(5), Work("test"))["n_regions"]
        )


def test_two_processes_give_the_same_answer_bit_by_bit() -> None:
    nets = [network("gaussian", (4, 12, 10, 2), 3), network("thirds", (4, 6, 5, 1), 4)]
    with processes(2) as pool:
        for net in nets:
            found, whole = regions(net, cube(4), executor=pool), regions(net, cube(4))
            assert found.sides is not None and whole.sides is not None
            for a, b in zip(
                (found.bits, found.maps, found.points, *found.sides),
                (whole.bits, whole.maps, whole.points, *whole.sides),
                strict=True,
            ):
                np.testing.assert_array_equal(a, b)
            assert (found.certified, found.complete, found.explored) == (True, True, 1.0)


def test_a_box_too_thin_for_doubles_is_found_by_one_shard() -> None:
    thin = Box([1.0, 0.0, 0.0, 0.0], [float(np.nextafter(1.0, 2.0)), 1.0, 1.0, 1.0])
    chain = chain_of(network("ternary", (4, 3, 1), 0))
    assert_same(cells(chain, thin, Work("test", executor=Here())), cells(chain, thin, Work("test")))


def test_a_failed_shard_is_run_again() -> None:
    chain = chain_of(network("gaussian", (4, 6, 5, 1), 0))
    flaky = Here(lambda k: k % 5 == 0)
    assert_same(cells(chain, cube(4), Work("test", executor=flaky)), cells(chain, cube(4), Work("test")))
    assert flaky.calls == 2**CUTS


def test_a_shard_that_fails_twice_raises_its_error() -> None:
    def broken(task: int, stop: Stop) -> int:
        raise ValueError(f"task {task} cannot be done")

    with pytest.raises(ValueError, match="task 0 cannot be done"):
        gather(broken, [0], Here(lambda k: True), enough=lambda _: False)


def killing(task: tuple[int, int], stop: Stop) -> int:
    """Kill the process, unless it is the caller's, at every third task."""
    caller, k = task
    if k % 3 == 0 and os.getpid() != caller:
        os.kill(os.getpid(), signal.SIGKILL)
    return 10 * k


def test_a_shard_that_a_dying_worker_took_is_run_again() -> None:
    tasks = [(os.getpid(), k) for k in range(12)]
    with processes(2) as pool:
        assert gather(killing, tasks, pool, enough=lambda _: False) == list(range(0, 120, 10))
        with pytest.raises(BrokenExecutor):
            pool.submit(int)
        assert gather(killing, tasks, pool, enough=lambda _: False) == list(range(0, 120, 10))  # a dead pool


@pytest.mark.parametrize("call", [1, 3, 12])
def test_a_pool_that_dies_while_shards_are_submitted_has_the_rest_done_here(call: int) -> None:
    tasks = [(os.getpid(), k) for k in range(12)]
    found = gather(killing, tasks, Here(fails=lambda k: k == 2, dies=call), enough=lambda _: False)
    assert found == list(range(0, 120, 10))


def test_a_pool_that_is_closed_is_refused_by_name() -> None:
    with ThreadPoolExecutor(1) as pool:
        pass
    with pytest.raises(InputError, match="shards need an executor that takes work; got ThreadPoolExecutor: cannot"):
        regions(network("gaussian", (4, 6, 5, 1), 0), cube(4), executor=pool)


def test_a_pool_that_is_closed_while_shards_are_submitted_has_the_rest_done_here() -> None:
    class Closes(Here):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            if self.calls == 4:
                raise RuntimeError("cannot schedule new futures after shutdown")
            return super().submit(fn, *args, **kwargs)

    assert gather(killing, [(os.getpid(), k) for k in range(9)], Closes(), enough=lambda _: False) == list(
        range(0, 90, 10)
    )


def test_a_future_that_is_cancelled_elsewhere_is_run_again() -> None:
    class Cancels(Here):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            future = super().submit(fn, *args, **kwargs)
            if self.calls % 2:
                future = Future()
                future.cancel()
                future.set_running_or_notify_cancel()
            return future

    tasks = [(os.getpid(), k) for k in range(9)]
    assert gather(killing, tasks, Cancels(), enough=lambda _: False) == list(range(0, 90, 10))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("limit", [5, 40, 80])
def test_a_budget_of_regions_ends_at_the_same_region(engine: str, limit: int) -> None:
    chain = chain_of(network("gaussian", (4, 6, 4, 1), 5))
    whole = cells(chain, cube(4), Work("test", engine=engine, budget=Budget(regions=limit)))
    part = cells(chain, cube(4), Work("test", engine=engine, budget=Budget(regions=limit), executor=Here()))
    assert not whole["complete"] and whole["n_regions"] == limit
    assert_same({**part, "asked": 0, "merged": 0}, {**whole, "asked": 0, "merged": 0})


def test_a_budget_that_holds_exactly_all_is_complete() -> None:
    chain = chain_of(network("gaussian", (4, 6, 4, 1), 5))
    n = count(chain, cube(4), Work("test"))["n_regions"]
    assert cells(chain, cube(4), Work("test", budget=Budget(regions=n), executor=Here()))["complete"]
    assert not cells(chain, cube(4), Work("test", budget=Budget(regions=n - 1), executor=Here()))["complete"]


def test_budgets_of_seconds_and_bytes_give_labelled_incomplete_answers() -> None:
    chain = chain_of(network("gaussian", (8, 16, 16, 1), 0))
    with ThreadPoolExecutor(2) as pool:
        for budget in (Budget(seconds=0.01), Budget(bytes=20_000_000)):
            answer = cells(chain, cube(8), Work("test", budget=budget, executor=pool))
            assert not answer["complete"] and 0.0 <= answer["explored"] < 1.0
            assert answer["n_regions"] == len(answer["patterns"])


def test_the_callback_sees_progress_and_stops_the_shards() -> None:
    chain = chain_of(network("gaussian", (8, 16, 16, 1), 0))
    calls: list[tuple[int, float]] = []

    def stop(n: int, share: float) -> bool:
        calls.append((n, share))
        return len(calls) == 3

    with ThreadPoolExecutor(2) as pool:
        answer = cells(chain, cube(8), Work("test", callback=stop, executor=pool))
    assert len(calls) == 3 and calls == sorted(calls)
    assert not answer["complete"] and answer["n_regions"] == len(answer["patterns"])


@pytest.mark.parametrize("threads", [0, 2])
def test_an_interrupt_reaches_the_caller_and_ends_the_shards(threads: int) -> None:
    chain = chain_of(network("gaussian", (8, 16, 16, 1), 0))
    with interrupted(0.1):
        if threads:
            with ThreadPoolExecutor(threads) as pool:
                count(chain, cube(8), Work("test", executor=pool))
        else:
            count(chain, cube(8), Work("test"))


def test_every_way_down_belongs_to_one_shard() -> None:
    for cuts in range(CUTS + 2):
        for way in {shard[:cuts] for shard in shards()}:
            here = [s for s in shards() if all(takes(s, k, bit) for k, bit in enumerate(way)) and owns(s, cuts)]
            assert len(here) == (1 if cuts <= CUTS else len(here))
