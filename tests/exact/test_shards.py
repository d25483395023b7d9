"""Shards of a search: the same answer bit by bit wherever they run, however often, whatever fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest

from foldline import Box
from foldline.exact.chain import chain_of
from foldline.exact.regions import regions
from foldline.exact.search import cells as door
from foldline.exact.search.cells import cells, count
from foldline.exact.shards import CUTS, Stop, gather, owns, shards, takes
from foldline.exact.work import Budget, Work

from ..corpus import FAMILIES, network
from ..interrupts import interrupted

ENGINES = ["kernel", "numpy", "rational"] if door._cells else ["numpy", "rational"]
ARRAYS = ("patterns", "points", "radii", "maps", "sides", "side_start")
LABELS = ("n_regions", "certified", "complete", "explored", "merged", "asked")


def cube(d: int) -> Box:
    return Box([-1.0] * d, [1.0] * d)


def assert_same(a: dict[str, Any], b: dict[str, Any]) -> None:
    for key in ARRAYS:
        np.testing.assert_array_equal(a[key], b[key])
    assert [a[key] for key in LABELS] == [b[key] for key in LABELS]


class Here(Executor):
    """Runs each task at once; some fail, and come back failed."""

    def __init__(self, fails: Callable[[int], bool] = lambda k: False) -> None:
        self.fails, self.n = fails, 0

    def submit(self, work: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.n += 1
        if self.fails(self.n):
            future.set_exception(OSError("the machine went away"))
        else:
            future.set_result(work(*arguments, **named))
        return future


@contextmanager
def processes(n: int) -> Iterator[Executor]:
    with ProcessPoolExecutor(n, mp_context=get_context("spawn")) as pool:
        yield pool


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("family", ["gaussian", "ternary", "thirds", "duplicated", "zero_bias", "all_zero"])
def test_shards_find_what_one_search_finds(engine: str, family: str) -> None:
    chain = chain_of(network(family, (4, 4, 3, 1), 1))
    whole = cells(chain, cube(4), Work("test", engine=engine))
    assert_same(cells(chain, cube(4), Work("test", engine=engine, executor=Here())), whole)


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
    assert flaky.n == 2**CUTS


def test_a_shard_that_fails_twice_raises_its_error() -> None:
    def broken(task: int, stop: Stop) -> int:
        raise ValueError(f"task {task} cannot be done")

    with pytest.raises(ValueError, match="task 0 cannot be done"):
        gather(broken, [0], Here(lambda k: True), enough=lambda _: False)


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
        for budget in (Budget(seconds=0.01), Budget(bytes=10_000_000)):
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
