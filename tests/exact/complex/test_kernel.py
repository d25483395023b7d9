"""The kernel's work in shards, and how long work is watched and ended."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest

from foldline import Box
from foldline.exact.chain.form import Chain, chain_of
from foldline.exact.complex import kernel
from foldline.exact.complex.complex import Complex
from foldline.exact.complex.cut import complex_of
from foldline.exact.regions import regions
from foldline.exact.work import Budget, Work

from ...corpus import FAMILIES, network
from ...executors import Here
from ...interrupts import interrupted

pytestmark = pytest.mark.skipif(not kernel.compiled, reason="installed without a compiler: there are no shards")
ARRAYS = ("vertices", "edges", "folds", "loop_vertices", "loop_edges", "loop_start", "cell_faces", "bits", "maps")


def unit_box(d: int) -> Box:
    return Box([-1.0] * d, [1.0] * d)


def same(a: Complex, b: Complex) -> None:
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("d", [2, 3])
def test_shards_give_the_same_complex_bit_by_bit(family: str, d: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "ROWS", 3)
    chain = chain_of(network(family, {2: (2, 6, 5, 4, 1), 3: (3, 5, 4, 1)}[d], 3))
    same(complex_of(chain, unit_box(d), Work("test", executor=Here())), complex_of(chain, unit_box(d), Work("test")))


@pytest.fixture(scope="module")
def chain() -> Chain:
    return chain_of(network("gaussian", (2, 48, 48, 48, 1), 0))


def test_threads_and_processes_give_the_same_complex_bit_by_bit(chain: Chain) -> None:
    whole = complex_of(chain, unit_box(2), Work("test"))
    with ThreadPoolExecutor(2) as threads, ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        for executor in (threads, processes):
            found = complex_of(chain, unit_box(2), Work("test", executor=executor))
            assert found.complete and found.certified
            same(found, whole)


def test_a_shard_that_fails_runs_once_more(chain: Chain) -> None:
    executor = Here(fails=lambda call: call in (2, 5))
    same(complex_of(chain, unit_box(2), Work("test", executor=executor)), complex_of(chain, unit_box(2), Work("test")))
    same(
        complex_of(chain, unit_box(2), Work("test", executor=Here(fails=lambda call: True))),
        complex_of(chain, unit_box(2), Work("test")),
    )


@pytest.mark.parametrize("executor", [None, Here()], ids=["threads", "executor"])
def test_a_callback_hears_of_the_progress_and_can_end_the_work(executor: Executor | None, chain: Chain) -> None:
    heard: list[tuple[int, float]] = []
    wide = chain if executor else chain_of(network("gaussian", (2, 400, 400, 400, 1), 0))  # looked at every 50 ms
    whole = complex_of(
        wide, unit_box(2), Work("test", callback=lambda n, share: heard.append((n, share)), executor=executor)
    )
    assert whole.complete and heard
    assert all(0 <= share <= 1 for _, share in heard)
    assert [n for n, _ in heard] == sorted(n for n, _ in heard)
    stopped = complex_of(wide, unit_box(2), Work("test", callback=lambda n, share: share > 0.2, executor=executor))
    assert not stopped.complete and stopped.n_regions == len(stopped.bits)
    assert executor or 0 < stopped.n_regions < whole.n_regions


def test_an_interrupt_reaches_the_caller() -> None:
    wide = chain_of(network("gaussian", (2, 200, 200, 200, 1), 0))

    def interrupt(n: int, share: float) -> None:
        raise KeyboardInterrupt

    for workers in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            complex_of(wide, unit_box(2), Work("test", callback=interrupt, workers=workers))
    with interrupted(0.05):
        for _ in range(100):
            complex_of(wide, unit_box(2), Work("test"))


def test_a_budget_of_bytes_ends_the_work_early() -> None:
    net = network("gaussian", (2, 64, 64, 64, 1), 0)
    whole = regions(net, unit_box(2))
    some = regions(net, unit_box(2), budget=Budget(bytes=len(whole) * kernel.bytes_a_region(whole.chain) / 2))
    assert whole.complete and not some.complete and 0 < len(some) < len(whole)


@pytest.mark.parametrize("shape", [(1, 30, 30, 30, 1), (2, 32, 32, 32, 1), (3, 16, 16, 16, 1)])
def test_the_bytes_of_a_region_are_foretold(shape: tuple[int, ...]) -> None:
    chain = chain_of(network("gaussian", shape, 0))
    found = complex_of(chain, unit_box(shape[0]), Work("test"))
    bytes_used = sum(getattr(found, name).nbytes for name in ARRAYS)
    assert bytes_used <= found.n_regions * kernel.bytes_a_region(chain) <= 2 * bytes_used


def test_a_budget_of_regions_is_never_passed_by_shards_or_threads(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "ROWS", 2000)
    everything = {row.tobytes() for row in complex_of(chain, unit_box(2), Work("test")).bits}
    for most in (40, len(everything) // 2, len(everything) - 1):
        for how in ({"executor": Here()}, {"workers": 2}):
            found = complex_of(chain, unit_box(2), Work("test", budget=Budget(regions=most), **how))
            assert not found.complete and found.n_regions <= most
            assert len({row.tobytes() for row in found.bits} & everything) == found.n_regions


def test_shards_that_found_everything_are_complete_however_long_it_took(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "ROWS", 2000)

    class Slow(Here):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            done = super().submit(fn, *args, **kwargs)
            monkeypatch.setattr(kernel.time, "monotonic", lambda: 1e12)
            return done

    found = complex_of(chain, unit_box(2), Work("test", executor=Slow(), budget=Budget(seconds=60)))
    monkeypatch.undo()
    assert found.complete


@pytest.mark.parametrize("shape", [(1, 1), (3, 70), (70, 3), (64, 64), (130, 65)])
@pytest.mark.parametrize("size", [1.0, 1e-200, 1e200])
def test_the_spectral_norm_is_bounded_alike_by_the_kernel_and_numpy(shape: tuple[int, int], size: float) -> None:
    W = np.random.default_rng(7).normal(size=shape) * size
    bound, least = kernel.spectral_norm(W), float(np.linalg.norm(W / size, 2)) * size
    assert least <= bound <= least * min(shape) ** (1 / 16) * (1 + 1e-5)
    assert bound == pytest.approx(kernel.spectral_norm_by_numpy(W), rel=1e-12)


def test_the_spectral_norm_of_zeros_is_zero() -> None:
    assert kernel.spectral_norm(np.zeros((5, 3))) == 0.0


def test_an_answer_keeps_its_numbers_while_others_come_and_go() -> None:
    chains = [chain_of(network("gaussian", (2, 30, 30, 1), seed)) for seed in range(3)]
    first = complex_of(chains[0], unit_box(2), Work("test"))
    kept = {name: np.array(getattr(first, name)) for name in ARRAYS}
    for chain in chains[1:] * 2:
        complex_of(chain, unit_box(2), Work("test"))  # its memory is free again at once
    for name, values in kept.items():
        np.testing.assert_array_equal(getattr(first, name), values)
    same(first, complex_of(chains[0], unit_box(2), Work("test")))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("widths", [(1, 6, 5, 2), (2, 6, 5, 1), (3, 4, 3, 1)])
def test_floats_decide_as_rational_arithmetic_does(family: str, widths: tuple[int, ...]) -> None:
    chain, box = chain_of(network(family, widths, 5)), unit_box(widths[0])
    mine, asked = (kernel.Job(chain, box, True, Budget(), rational=rational).run() for rational in (False, True))
    assert asked["asked_signs"] > 0 and asked["settled"] == 0
    for name in ("edges", "loop_vertices", "loop_edges", "cell_faces", "words"):
        for ours, theirs in zip(mine.get(name, []), asked.get(name, []), strict=True):
            np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_allclose(mine["vertices"], asked["vertices"], rtol=0, atol=2.0**-44)
