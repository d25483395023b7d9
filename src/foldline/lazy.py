"""Names of a package that are loaded by their first use: what is typed often starts at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazily(package: str, places: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a package.

    places   where each of its names is, relative to the package: {"read": "formats"}

    >>> load, listed = lazily("foldline", {"Box": "box"})
    >>> load("Box").__name__, listed()
    ('Box', ['Box'])
    """

    def load(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f".{places[name]}", package), name)

    return load, lambda: sorted(places)
