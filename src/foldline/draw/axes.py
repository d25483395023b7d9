"""Axes to draw on, and words that are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def axes_of(ax: Axes | None, *, solid: bool = False) -> tuple[Any, bool]:
    """Axes to draw on, new ones unless given, and whether nothing is on them yet."""
    if ax is not None:
        if not hasattr(ax, "has_data"):
            raise InputError(f"plot needs axes of matplotlib as ax; got a {type(ax).__name__}. Write plot(ax=axes).")
        return ax, not ax.has_data()
    from matplotlib import pyplot

    return pyplot.subplots(subplot_kw={"projection": "3d"} if solid else {})[1], True


def among(name: str, given: str, known: Sequence[str]) -> None:
    """Refuse a word that is none of those known.

    raises   InputError
    """
    if given not in known:
        raise InputError(f"plot needs {name} out of {', '.join(known)}; got {given!r}. Take one of them.")
