"""The figures of the lecture, each drawn once for all tests that only look at it."""

from __future__ import annotations

from functools import cache

from foldline.draw.lecture.figures import draw
from foldline.draw.paper import Sheet


@cache
def drawn(name: str) -> Sheet:
    """Return a figure as a sheet that no test changes."""
    return draw(name)
