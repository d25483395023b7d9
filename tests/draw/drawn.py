"""The figures of the lecture, each drawn once for all tests that only look at it."""

from __future__ import annotations

from functools import cache
from typing import Any

from foldline.draw.lecture.figures import answers_of
from foldline.draw.lecture.figures import drawn as drawn_of
from foldline.draw.paper import Sheet
from foldline.lecture.questions import question


@cache
def answers(name: str) -> tuple[Any, ...]:
    """Return what a figure is drawn of, asked once."""
    return answers_of(question(name))


@cache
def drawn(name: str, *, slides: bool = False, dark: bool = False) -> Sheet:
    """Return a figure as a sheet that no test changes."""
    return drawn_of(question(name), answers(name), slides=slides, dark=dark)
