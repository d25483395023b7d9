"""Work: every question takes the same words for how, and refuses the same ones with the same sentence."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from foldline import Box, boundary, count, decisions, regions, surface
from foldline.errors import BudgetError, InputError
from foldline.exact import work as work_module
from foldline.exact.complex import kernel
from foldline.exact.work import ENGINES, Budget, Work

from ..corpus import network

QUESTIONS = {"regions": regions, "count": count, "decisions": decisions, "boundary": boundary, "surface": surface}
ASKED = [(name, d) for name in QUESTIONS for d in ((3,) if name == "surface" else (1, 2, 3))] + [
    ("regions", 4), ("count", 4), ("surface", 2),
]  # fmt: skip
NAMES = "auto, kernel, numpy, rational"


def unit_box(d: int) -> Box:
    return Box([-1.0] * d, [1.0] * d)


def ask(name: str, d: int, **how: Any) -> Any:
    question: Callable[..., Any] = QUESTIONS[name]
    return question(network("ternary", (d, 3, 1), 1), unit_box(d), **how)


@pytest.mark.parametrize(("name", "d"), ASKED)
def test_every_question_refuses_an_unknown_engine(name: str, d: int) -> None:
    with pytest.raises(InputError, match=f"{name} needs an engine out of {NAMES}; got engine = 'bogus'"):
        ask(name, d, engine="bogus")


@pytest.mark.parametrize(("name", "d"), ASKED)
def test_the_environment_names_the_engine_of_every_question(name: str, d: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLDLINE_ARITHMETIC", "decimal")
    with pytest.raises(InputError, match=f"{name} needs an engine out of {NAMES}; got FOLDLINE_ARITHMETIC = 'decimal'"):
        ask(name, d)
    assert ask(name, d, engine="numpy") is not None
    monkeypatch.setenv("FOLDLINE_ARITHMETIC", "rational")
    found = ask(name, d)
    assert name == "count" or found.engine == "rational"


@pytest.mark.parametrize(("name", "d"), ASKED)
def test_an_answer_names_the_engine_that_it_was_asked_of(name: str, d: int) -> None:
    for engine in ENGINES[1:] if kernel.compiled else ENGINES[2:]:
        found = ask(name, d, engine=engine)
        assert name == "count" or (found.engine, found.proof.engine, found.complete) == (engine, engine, True)


@pytest.mark.parametrize(("name", "d"), ASKED)
@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"workers": 0}, "a whole number of workers, 1 or more; got 0"),
        ({"workers": 1.5}, "a whole number of workers, 1 or more; got 1.5"),
        ({"executor": 2}, "a concurrent.futures.Executor; got executor = 2"),
        ({"budget": 100}, "a Budget; got budget = 100"),
    ],
)
def test_every_question_refuses_other_kinds_of_work(name: str, d: int, how: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=f"{name} needs {words}"):
        ask(name, d, **how)


def test_a_kernel_that_was_not_compiled_is_refused() -> None:
    assert Work("regions").engine_of(None) == "numpy"
    with pytest.raises(InputError, match="count needs the compiled kernel for engine 'kernel'; got an installation"):
        Work("count", engine="kernel").engine_of(None)


def test_a_step_hears_its_share_and_gets_the_seconds_that_are_left() -> None:
    heard: list[tuple[int, float]] = []
    whole = Work("regions", budget=Budget(seconds=5), callback=lambda n, share: heard.append((n, share)))
    step = whole.part(0.5, 1.0)
    step.heard(7, 0.5)
    assert heard == [(7, 0.75)] and 4 < step.limits.seconds < 5 and not step.late
    late = replace(step, begin=0.0)  # the clock began long ago
    assert late.limits.seconds == 1e-9 and late.late


@pytest.mark.parametrize("limits", [{"regions": 0}, {"seconds": -1}, {"bytes": "2 GB"}])
def test_a_budget_without_a_positive_limit_is_refused(limits: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="Budget needs a positive limit; got"):
        Budget(**limits)


def test_a_box_of_another_kind_is_refused() -> None:
    with pytest.raises(InputError, match="count needs a Box; got box"):
        count(network("ternary", (2, 3, 1), 1), ([0, 0], [1, 1]))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="regions needs a box with the network's 2 axes; got 3"):
        regions(network("ternary", (2, 3, 1), 1), Box([0] * 3, [1] * 3))


class Clock:
    """A machine on which this process has a share of a processor."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, share: float) -> None:
        self.now = 0.0
        monkeypatch.setattr(work_module.time, "perf_counter", lambda: self.now)
        monkeypatch.setattr(work_module.time, "process_time", lambda: self.now * share)


@pytest.mark.parametrize(("share", "ends"), [(1.0, 8.0), (2.0, 8.0), (0.5, 20 / 3)])
def test_seconds_are_kept_for_arranging_as_the_machine_is_busy(
    share: float, ends: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch, share)
    told = Work("regions", budget=Budget(seconds=10.0)).in_time(0.25e-3)
    assert told is not None
    for tenth in range(1, 101):
        clock.now = tenth / 10
        if told(tenth * 100, 0.0):  # a thousand regions a second
            break
    assert clock.now == pytest.approx(ends, abs=0.11)


def test_without_seconds_the_callback_alone_ends_the_work_and_hears_a_rising_number() -> None:
    heard: list[int] = []
    told = Work("regions", callback=lambda n, share: heard.append(n) or n > 5).in_time(1.0)
    assert told is not None and [told(3, 0.0), told(1, 0.1), told(9, 0.2)] == [False, False, True]
    assert heard == [3, 3, 9] and Work("regions").in_time(1.0) is None


def test_first_cells_are_no_regions_to_be_arranged_before_some_are_done() -> None:
    told = Work("regions", budget=Budget(seconds=10.0)).in_time(1e-3, first=10**6)
    assert told is not None and not told(10**6, 0.0) and told(10**6, 0.5)
    assert Work("regions").in_time(1.0) is None


@pytest.mark.parametrize(("name", "d"), [("regions", 2), ("regions", 3), ("count", 3), ("decisions", 2)])
def test_what_does_not_fit_the_free_memory_ends_as_a_budget(name: str, d: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_module, "_free", lambda second: 20_000)
    net = network("gaussian", (d, 12, 12, 1), 0)
    try:
        assert not QUESTIONS[name](net, unit_box(d)).complete
    except BudgetError as error:
        assert "budget" in str(error)
    monkeypatch.undo()
    assert getattr(QUESTIONS[name](net, unit_box(d)), "complete", True)


@pytest.mark.parametrize("widths", [(1, 1000, 1000, 1), (1, 3000, 1500, 1)])
def test_wide_layers_of_one_input_end_with_the_seconds(widths: tuple[int, ...]) -> None:
    """Weights are measured and rows multiplied a part at a time: each is asked whether the time is over."""
    net = network("gaussian", widths, 0)
    found = regions(net, Box([-1.0], [1.0]), budget=Budget(seconds=1e-3))
    assert not found.complete and len(found) == 0 and found.explored == 0


WIDE = """
import resource, sys
import numpy as np
from foldline import Box, Network, regions
from foldline.exact.work import Budget
rng = np.random.default_rng(0)
net = Network([rng.normal(size=(12_000, 2)), np.ones((1, 12_000))], [rng.normal(size=12_000), [0.0]])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = regions(net, Box([-1, -1], [1, 1]), budget=Budget(bytes=1e8))
print(found.complete, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_the_rows_of_wide_layers_are_within_the_budget_too() -> None:
    """A vertex holds a number a unit: 12,000 of them, for all vertices of the beginning, were more than 1.5 GB."""
    pytest.importorskip("resource")
    done = subprocess.run([sys.executable, "-c", WIDE], capture_output=True, text=True, check=True)
    complete, kilobytes = done.stdout.split()
    assert complete == "False" and int(kilobytes) < 300_000
