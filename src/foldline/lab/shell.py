"""The HTML around a page: one shell, with what the page needs to know of its question as data in it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from ..colour import ERROR, hexes, ramp, region_palette, series
from ..lecture.live.page import live
from ..lecture.questions import QUESTIONS, Question
from ..lecture.wire import plain
from ..text import json_text, page_text
from .knobs import knobs
from .viewer import facts as viewer_facts

PAGE = files(__package__) / "page"
SOLID = files("foldline.draw") / "page" / "solid.js"
SHADES = 64
RAMPS = {
    "error": ERROR,
    "level": ((0.55, 0.11, 255), (0.96, 0.01, 255), (0.97, 0.01, 75), (0.72, 0.15, 55)),  # blue below, orange above
}
OTHERS = {"index": "The lecture, live", "playground": "What does it learn of your own data?",
          "viewer": "What is in this file, exactly?"}  # fmt: skip


def facts(slug: str) -> dict[str, Any]:
    """Return what a page knows before it asks: its question, beats, knobs, colours, and the other pages."""
    asked = next((one for one in QUESTIONS if one.slug == slug), None)
    pages = [_entry(one) for one in QUESTIONS]
    known = {"slug": slug, "pages": pages, "colours": colours()}
    if asked:
        return known | _of_question(asked)
    return known | {"title": OTHERS[slug]} | (viewer_facts() if slug == "viewer" else {})


def _entry(one: Question) -> dict[str, Any]:
    return {"number": one.number, "slug": one.slug, "title": one.title}


def _of_question(asked: Question) -> dict[str, Any]:
    page = live(asked)
    beats = [plain(beat) for beat in page.BEATS]
    return {"title": asked.title, "slide": asked.slide, "number": asked.number, "long": asked.long, "beats": beats,
            "state": plain(asked.state(beats[0])), "knobs": knobs(asked, getattr(page, "CONTROLS", ())),
            "overlay": hasattr(page, "overlay"), "adds": hasattr(page, "added"),
            "fixed": hasattr(page, "fixed")}  # fmt: skip


@cache
def colours() -> dict[str, Any]:
    """Return the colours of series on light and on dark, pale ones for areas, those of regions, and ramps of bytes."""
    ramps = {name: ramp(stops, SHADES).ravel().tolist() for name, stops in RAMPS.items()}
    return {
        "ramps": ramps,
        "light": series(),
        "dark": series(0.35),
        "pale": series(0.6),
        "regions": hexes(region_palette()),
    }


def shell(slug: str, *, head: str, more: str = "", exported: bool = False) -> str:
    """Return a page's HTML.

    head   what loads style and script; more: further data; exported: links lead to files
    """
    known = facts(slug) | ({"exported": True} if exported else {})
    title = page_text(known["title"])
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{title} · foldline lab</title>{head}</head>\n<body><div id="page"></div>'
        f"{data('facts', known)}{more}</body></html>\n"
    )


def data(name: str, value: Any) -> str:
    """Return a value as data of a page, which no character in it can end."""
    text = json_text(value, compact=True).replace("<", "\\u003c")
    return f'<script type="application/json" id="{name}">{text}</script>'
