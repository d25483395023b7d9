"""The lab as files: pages that open from a folder without a server, and what they say of what they do not know."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foldline.errors import FileError
from foldline.lab.export import Record, common, export, exported, places, record
from foldline.lecture.live.handle import across
from foldline.lecture.questions import QUESTIONS, question

from .lab import DRAWN, library_says, page_says, told
from .test_pages import ONE, drag

SLUGS = [one.slug for one in QUESTIONS]
EACH = [slug if slug == ONE else pytest.param(slug, marks=pytest.mark.lab) for slug in SLUGS]


@pytest.fixture(scope="module")
def offline(chromium: Any) -> Iterator[Any]:
    """A window that reaches nothing but files."""
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.route("**/*", lambda route: route.continue_() if route.request.url.startswith("file:") else route.abort())
    yield page
    page.close()


@pytest.mark.parametrize("slug", EACH)
def test_an_exported_page_drags_and_shows_the_librarys_numbers(slug: str, offline: Any, tmp_path: Path) -> None:
    path = tmp_path / f"{slug}.html"
    path.write_text(exported(slug, record(question(slug))))
    for name, text in common().items():
        (tmp_path / name).write_text(text)
    offline.errors.clear()
    offline.goto(path.as_uri())
    first = told(offline)
    assert page_says(first) == library_says(slug, first["state"])
    compare, alone = offline.locator(".overlay input"), offline.evaluate(DRAWN)
    if compare.count():
        compare.check()
        assert told(offline)["warning"] == "" and offline.evaluate(DRAWN) != alone
        compare.uncheck()
    for step in offline.locator(".step").all():
        step.click()
        found = told(offline)
        assert page_says(found) == library_says(slug, found["state"]) and found["warning"] == ""
    offline.locator("button[aria-label='Back to the slide']").click()
    told(offline)
    handles = offline.locator(".handle:not(.still)")
    moved = first
    for k in range(min(handles.count(), 8)):
        for by in ((120, -60), (-120, 60)):
            drag(offline, handles.nth(k), *by)
            moved = told(offline)
            if moved["state"] != first["state"]:
                break
        if moved["state"] != first["state"]:
            break
    if handles.count():
        assert moved["state"] != first["state"] and "foldline lab" in moved["warning"]
    assert page_says(moved) == library_says(slug, moved["state"])
    assert offline.errors == []


def test_a_handle_that_goes_one_way_is_recorded_along_it() -> None:
    assert list(places(across("x:x", "plane", (0.0, 2.0), (0, 1)), 3, 9)) == [[0, 2], [0.5, 2], [1, 2]]


def test_states_that_a_browser_takes_for_equal_are_kept_once() -> None:
    made = Record()
    numbers = [made.add({"state": {"x": value}}) for value in (0.0, -0.0, 0, 1, 1.0, 0.1)]
    assert numbers == [0, 0, 0, 1, 1, 2] and list(made.states) == ['{"x":0.0}', '{"x":1.0}', '{"x":0.1}']


def test_an_array_of_many_answers_is_kept_once_and_an_exported_page_is_light() -> None:
    made, same = Record(), np.arange(100.0)
    for k in range(3):
        made.add({"state": {"x": k}, "shown": {"same": same, "other": np.array([k])}})
    assert len(made.parts) == 3 + 1 + 3 and [frame[1] for frame in made.frames] == [1, 1, 1]
    shared = sum(len(text.encode()) for text in common().values())
    each = [len(exported(slug, None).encode()) for slug in SLUGS]
    assert shared + max(each) <= 300_000 and shared + sum(each) <= 1_500_000


@pytest.mark.lab
def test_the_folder_has_every_page_and_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("foldline.lab.export.QUESTIONS", QUESTIONS[2:4])
    made = export(tmp_path / "lab")
    assert {path.name for path in (tmp_path / "lab").iterdir()} == {"lab.css", "lab.js", *(one.name for one in made)}
    assert [path.name for path in made] == ["index.html", "units.html", "unit.html"] and all(p.exists() for p in made)
    with pytest.raises(FileError):
        export(tmp_path / "lab")
