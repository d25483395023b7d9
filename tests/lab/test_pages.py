"""Every page in a browser: what stands on it is what the library says, however its handles were moved."""

from __future__ import annotations

import json
import re
from pathlib import Path
from statistics import median
from typing import Any

import pytest

import foldline.lab
from foldline.lecture.live.page import tell
from foldline.lecture.questions import QUESTIONS

from .lab import library_says, page_says, told

PAGE = Path(foldline.lab.__file__).parent / "page"
SLUGS = [one.slug for one in QUESTIONS if (PAGE / "pages" / f"{one.slug}.js").exists()]
ONE = "shallow"  # the page that stays in the quick tests
EACH = [slug if slug == ONE else pytest.param(slug, marks=pytest.mark.lab) for slug in SLUGS]

MATHEMATICS = re.compile(r"Math\.(exp|log|pow|sqrt|tanh|sin|cos|random)|\*\*|relu\s*\(|sigmoid\s*\(|softmax\s*\(")


def opened(window: Any, lab: Any, slug: str, query: str = "") -> dict[str, Any]:
    window.errors.clear()
    window.goto(f"http://127.0.0.1:{lab.port}/{slug}{query}")
    return told(window)


def drag(window: Any, handle: Any, dx: int, dy: int) -> None:
    """Drag a handle by so many pixels, as a hand does."""
    handle.scroll_into_view_if_needed()
    box = handle.locator(".grip").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    window.mouse.move(x, y)
    window.mouse.down()
    for k in range(1, 6):
        window.mouse.move(x + dx * k / 5, y + dy * k / 5)
    window.mouse.up()


@pytest.mark.parametrize("slug", EACH)
def test_a_page_shows_the_librarys_numbers_after_a_drag(slug: str, lab: Any, window: Any) -> None:
    first = opened(window, lab, slug)
    assert page_says(first) == library_says(slug, first["state"])
    handles = window.locator(".handle")
    moved = first
    for k in range(handles.count()):
        for by in ((23, -17), (-31, 19), (120, 40), (-90, -40)):
            drag(window, handles.nth(k), *by)
            moved = told(window)
            if moved["state"] != first["state"]:
                break
        if moved["state"] != first["state"]:
            break
    assert not handles.count() or moved["state"] != first["state"]
    assert page_says(moved) == library_says(slug, moved["state"])
    assert window.errors == []


WATCH = """() => { window.shifts = []; new PerformanceObserver(list => window.shifts.push(...list.getEntries()
  .map(one => [one.value, ...one.sources.map(source => source.node?.nodeName)]))).observe({type: "layout-shift"}); }"""


@pytest.mark.lab
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("slug", SLUGS)
def test_nothing_else_moves_while_a_handle_is_dragged(slug: str, width: int, lab: Any, window: Any) -> None:
    window.set_viewport_size({"width": width, "height": 900})
    opened(window, lab, slug)
    for panel in window.locator(".panel:has(.handle:not(.still))").all():
        grip = panel.locator(".handle:not(.still) .grip").first
        grip.scroll_into_view_if_needed()
        box = grip.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        window.mouse.move(x, y)
        window.mouse.down()
        window.evaluate(WATCH)
        for dx, dy in ((60, -40), (-60, 40), (10, 60), (-90, -20)):
            window.mouse.move(x + dx, y + dy, steps=3)
            told(window)
        window.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        assert window.evaluate("window.shifts") == [], panel.locator("h2").inner_text()
        window.mouse.up()
        told(window)
    window.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.lab
def test_nothing_else_moves_while_a_knob_slides_and_rows_come_after(lab: Any, window: Any) -> None:
    opened(window, lab, "xor")
    slider = window.locator("input[type=range]").first
    rows = "document.querySelectorAll('.numbers tr').length"
    box, before = slider.bounding_box(), window.evaluate(rows)
    window.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    window.mouse.down()
    window.evaluate(WATCH)
    for share in (0.1, 0.3, 0.97, 0.02):
        window.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2, steps=3)
        told(window)
        assert window.evaluate(rows) == before
    assert window.evaluate("window.shifts") == []
    window.mouse.up()
    found = told(window)
    assert page_says(found) == library_says("xor", found["state"])
    assert window.evaluate(rows) == len(found["numbers"])


@pytest.mark.lab
def test_words_over_a_picture_have_the_colour_and_size_they_are_given(lab: Any, window: Any) -> None:
    opened(window, lab, "zero-gradients")
    looks = """[...document.querySelectorAll(".panel:first-of-type .marks text")].map(e => {
      const look = getComputedStyle(e); return `${look.fill} ${look.fontSize}`; })"""
    assert set(window.evaluate(looks)) == {"rgb(255, 255, 255) 11.7px", "rgb(29, 33, 39) 11.7px"}


@pytest.mark.lab
def test_a_page_whose_channel_breaks_asks_once_more(lab: Any, window: Any) -> None:
    state = opened(window, lab, ONE)["state"] | {"x": 0.125}
    window.evaluate("state => { foldlinePage.put(state); foldlinePage.model.close(); }", state)
    found = told(window)
    assert found["state"]["x"] == 0.125 and found["warning"] == ""
    assert page_says(found) == library_says(ONE, found["state"])


@pytest.mark.lab
def test_of_presses_in_quick_succession_none_is_lost(lab: Any, window: Any) -> None:
    first = opened(window, lab, "argmax")
    pressed = [one["name"] for one in first["handles"] if "press" in one["acts"]][:3]
    window.evaluate("names => names.forEach(name => foldlinePage.press({name}, 'press'))", pressed)
    state = first["state"]
    for name in pressed:
        state = tell("argmax", state, {"press": name, "act": "press"}).state
    found = told(window)
    assert found["state"] == json.loads(json.dumps(state)) and found["state"] != first["state"]
    assert page_says(found) == library_says("argmax", found["state"])


@pytest.mark.lab
@pytest.mark.parametrize("slug", SLUGS)
def test_every_handle_is_reached_and_moved_by_keys_and_announced(slug: str, lab: Any, window: Any) -> None:
    first = opened(window, lab, slug)
    for panel in window.locator(".panel").all():
        handles = panel.locator(".handle")
        if not handles.count():
            continue
        assert panel.locator(".handle[tabindex='0']").count() == 1
        panel.locator(".handle[tabindex='0']").focus()
        for k in range(min(handles.count(), 3)):
            if window.evaluate("document.activeElement.getAttribute('role')") == "button":
                before = told(window)["state"]
                window.keyboard.press("Enter")
                assert told(window)["state"] != before
                window.keyboard.press("PageDown")
                continue
            before = handles.nth(k).get_attribute("transform")
            for key in ("ArrowUp", "ArrowLeft"):
                window.keyboard.press(key)
            if told(window)["warning"] or handles.nth(k).get_attribute("transform") == before:
                for key in ("ArrowDown", "ArrowRight", "ArrowRight"):
                    window.keyboard.press(key)
            found = told(window)
            label = window.evaluate("document.activeElement.getAttribute('aria-label')")
            assert label and found["said"].startswith(label)
            assert window.evaluate("document.activeElement.getAttribute('aria-valuetext')")
            window.keyboard.press("PageDown")
    last = told(window)
    assert not last["handles"] or last["state"] != first["state"]
    assert page_says(last) == library_says(slug, last["state"])
    assert window.errors == []


@pytest.mark.lab
@pytest.mark.parametrize("slug", SLUGS)
def test_every_beat_of_a_page_shows_the_librarys_numbers(slug: str, lab: Any, window: Any) -> None:
    opened(window, lab, slug)
    for step in window.locator(".step").all():
        step.click()
        found = told(window)
        assert page_says(found) == library_says(slug, found["state"])
        assert window.locator(".beat").inner_text().endswith((".", "!", "?", ":"))
    assert window.errors == []


@pytest.mark.lab
def test_a_page_undoes_and_its_address_holds_the_state(lab: Any, window: Any) -> None:
    first = opened(window, lab, ONE)
    drag(window, window.locator(".handle").first, 40, -40)
    moved = told(window)
    window.reload()
    assert told(window)["state"] == moved["state"] != first["state"]
    drag(window, window.locator(".handle").first, -10, -30)
    told(window)
    window.locator("button[aria-label='Undo']").click()
    assert told(window)["state"] == moved["state"]
    window.locator("button[aria-label='Redo']").click()
    assert told(window)["state"] != moved["state"]
    window.locator("button[aria-label='Back to the slide']").click()
    assert told(window)["state"] == first["state"]


def test_pages_hold_no_mathematics_and_are_short() -> None:
    lengths = []
    for path in sorted((PAGE / "pages").glob("*.js")):
        text = path.read_text()
        assert not MATHEMATICS.findall(text), path.name
        lengths.append(len(text.splitlines()))
    assert median(lengths) <= 150 and max(lengths) <= 400


def test_the_lab_is_light() -> None:
    sizes = {path: path.stat().st_size for path in PAGE.rglob("*") if path.is_file()}
    common = sum(size for path, size in sizes.items() if path.parent.name != "pages")
    assert sum(sizes.values()) <= 1_500_000
    assert all(common + size <= 300_000 for path, size in sizes.items() if path.parent.name == "pages")
