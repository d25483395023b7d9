"""Same: values get their fields once, at birth, and are equal where their numbers are, whichever arrays hold them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

LINE, PART = 160, 40  # characters of a value's one line, and of a field in it
FEW = 3  # entries up to which a list is said itself


class Compared:
    """A frozen dataclass (with ``eq=False``) that equals another of its kind with the same numbers.

    Arrays are compared number by number, NaN equal to NaN; fields declared with ``compare=False`` are left out.
    With ``repr=False`` it is told in one line, arrays by their shapes.

    >>> from foldline import Box
    >>> Box([0], [1]) == Box([0.0], [1.0]), Box([0], [1]) == Box([0], [2]), Box([0], [1]) == 1
    (True, False, False)
    """

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return type(self) is type(other) and all(
            alike(getattr(self, one.name), getattr(other, one.name))
            for one in fields(self)  # type: ignore[arg-type]  # of a dataclass
            if one.compare
        )

    def __hash__(self) -> int:
        values = (getattr(self, one.name) for one in fields(self) if one.compare)  # type: ignore[arg-type]
        return hash((type(self).__name__, *map(_sizes, values)))

    def __repr__(self) -> str:
        told = [f"{one.name}={_told(getattr(self, one.name))}" for one in fields(self)]  # type: ignore[arg-type]
        return f"{type(self).__name__}({_cut(', '.join(told), LINE)})"


def put(value: object, **fields: Any) -> None:
    """Give a frozen value its fields, at its birth; arrays can then no longer be written to."""
    for name, field in fields.items():
        if isinstance(field, np.ndarray):
            field.setflags(write=False)
        object.__setattr__(value, name, field)


def _sizes(value: Any) -> Any:
    """What equal values have in common and others seldom: the sizes of arrays."""
    if isinstance(value, np.ndarray):
        return value.shape
    return tuple(map(_sizes, value)) if isinstance(value, tuple) else None


def _told(value: Any) -> str:
    """A field in a few words: an array or a long list by its size."""
    if isinstance(value, np.ndarray):
        return f"array{value.shape}"
    if isinstance(value, list | tuple | Mapping) and (len(value) > FEW or len(repr(value)) > PART):
        return f"{type(value).__name__} of {len(value):,}"
    return _cut(" ".join(repr(value).split()), PART)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def alike(a: Any, b: Any) -> bool:
    """Return whether two values hold the same numbers.

    >>> alike({"x": (np.zeros(2), 1)}, {"x": (np.zeros(2), 1)}), alike([np.nan, np.zeros(2)], [np.nan, np.zeros(3)])
    (True, False)
    """
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return type(a) is type(b) and np.array_equal(a, b, equal_nan=a.dtype.kind == "f" and b.dtype.kind == "f")
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(alike(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(alike, a, b))
    return a is b or bool(a == b)
