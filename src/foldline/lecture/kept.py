"""What was fitted or pictured once and is kept with this package: networks and an image, read when asked for."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files

from ..files import read
from ..network import Network
from ..samples import Samples


@cache
def network(name: str) -> Network:
    """Return a kept network.

    >>> network("controller.npz").widths
    (2, 25, 25, 1)
    """
    with as_file(files(__package__) / "data" / name) as path:
        found = read(path)
    if not isinstance(found, Network):
        raise AssertionError(f"{name} holds a network")
    return found


@cache
def image(name: str) -> tuple[Samples, int]:
    """Return a kept image as samples, and the bytes of its file."""
    with as_file(files(__package__) / "data" / name) as path:
        found, size = read(path), path.stat().st_size
    if not isinstance(found, Samples):
        raise AssertionError(f"{name} is an image")
    return found, size
