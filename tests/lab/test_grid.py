"""What a grid of samples would have told: on every page where that has a meaning, and why not where it has none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from foldline.lecture.live.page import live, tell
from foldline.lecture.questions import QUESTIONS, question
from foldline.lecture.wire import plain

from .lab import DRAWN, library_says, page_says, shown, told
from .test_pages import SLUGS, opened

GRIDDED = [one.slug for one in QUESTIONS if hasattr(live(one), "overlay")]


@pytest.mark.lab
@pytest.mark.parametrize("slug", SLUGS)
def test_a_page_compares_with_a_grid_or_says_why_not(slug: str, lab: Any, window: Any) -> None:
    opened(window, lab, slug)
    box = window.locator(".overlay input")
    if slug not in GRIDDED:
        assert box.count() == 0 and "There is no grid to " in window.locator(".help").inner_text()
        return
    alone = window.evaluate(DRAWN)
    box.check()
    found = told(window)
    more = tell(slug, found["state"], overlay=True).overlay or {}
    seen = {name: shown(plain(value)) for name, value in more.get("numbers", {}).items()}
    assert page_says(found) == library_says(slug, found["state"]) | seen
    assert window.evaluate(DRAWN) != alone
    box.uncheck()
    assert page_says(told(window)) == library_says(slug, found["state"])
    assert window.evaluate(DRAWN) == alone
    assert window.errors == []


def numbers(slug: str, **state: Any) -> tuple[dict[str, Any], Any]:
    """What the grid says of a state, and the exact answer."""
    found = tell(slug, state, overlay=True)
    assert found.overlay is not None
    return found.overlay["numbers"], question(slug).ask(question(slug).state(found.state))


def test_no_line_of_the_grid_is_better_than_the_exact_one() -> None:
    seen, exact = numbers("line")
    assert exact.fit.loss < seen["grid.least"] < exact.fit.loss + 0.01
    seen, exact = numbers("fish", overlap=0.5)
    assert seen["grid.errors"] == 0 and 0.9 < seen["grid.margin"] / float(exact.separation.margin) < 1
    seen, exact = numbers("fish", overlap=1.6)
    assert seen["grid.errors"] >= exact.fewest.count > 0 and "grid.margin" not in seen


def test_a_grid_counts_areas_and_regions_as_far_as_it_can() -> None:
    seen, exact = numbers("argmax")
    assert seen["grid.areas"] == pytest.approx(exact.cells.volume_of_class, abs=0.5)
    assert seen["grid.empty"] == list(exact.cells.empty)
    seen, exact = numbers("bounds")
    assert seen["grid.most"] == 10_000 and seen["grid.folded"] < 10_000 < exact.folded[-1] == 161_051
    assert "grid.folded" not in numbers("bounds", inputs=2)[0]


def test_samples_of_a_curve_miss_its_extremes() -> None:
    seen, exact = numbers("relaxation", band=1.0)
    assert (np.array(seen["grid.farthest"]) < exact.farthest).all()
    seen, exact = numbers("cross-entropy")
    assert 0 < seen["grid.least"] - exact.entropy < 1e-3
    assert np.abs(seen["grid.crossings"] - exact.book.crossings.ravel()).max() < 0.5 / 99
    steep, _ = numbers("units", w=3.0)
    assert steep["grid.step"] == pytest.approx(99 / 8) and steep["grid.relu"] == pytest.approx(3)
    seen, _ = numbers("quadratic")
    assert seen["grid.least"] == pytest.approx(1.4355, abs=1e-4) and seen["grid.place"][1] == 7
