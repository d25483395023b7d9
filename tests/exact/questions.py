"""Questions and the comparison of their answers, bit by bit, for tests of where work runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from foldline import Box, boundary, count, decisions, regions, surface
from foldline.exact.search.polytopes import Polytopes

from ..corpus import network

Question = Callable[..., Any]


TOOK = ("seconds", "spent")


def cube(d: int) -> Box:
    return Box([-1.0] * d, [1.0] * d)


# what is asked, of which inputs and outputs
QUESTIONS: dict[str, tuple[Question, tuple[int, ...]]] = {
    "regions in the plane": (regions, (2, 48, 48, 48, 1)),
    "regions in space": (regions, (3, 16, 16, 16, 1)),
    "regions of four inputs": (regions, (4, 7, 6, 1)),
    "count in the plane": (count, (2, 48, 48, 48, 1)),
    "count of four inputs": (count, (4, 7, 6, 1)),
    "decisions": (decisions, (2, 48, 48, 48, 3)),
    "boundary": (boundary, (2, 48, 48, 48, 3)),
    "surface": (surface, (3, 16, 16, 1)),
    "surface in the plane": (surface, (2, 30, 30, 1)),
}


def ask(name: str, **how: Any) -> Any:
    question, widths = QUESTIONS[name]
    return question(network("gaussian", widths, 4), cube(widths[0]), **how)


def same(a: Any, b: Any) -> bool:
    """Whether two answers are equal in every bit but what they took."""
    if is_dataclass(a):
        names = [one.name for one in fields(a) if one.name not in TOOK]
        return type(a) is type(b) and all(same(getattr(a, name), getattr(b, name)) for name in names)
    if isinstance(a, Polytopes):
        return same(a.__reduce__(), b.__reduce__())
    if isinstance(a, np.ndarray):
        return bool(a.dtype == b.dtype and np.array_equal(a, b))
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    return bool(a == b)
