"""What the tests of the readers share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from foldline import FoldlineError, read


@pytest.fixture
def reader() -> Callable[[Path], object]:
    """Read a file that may be damaged: its value, or None where foldline refused it."""

    def attempt(path: Path) -> object:
        try:
            return read(path)
        except FoldlineError:
            return None

    return attempt


@pytest.fixture
def call():
    """Runs a command line, given by its words."""
    from typer.testing import CliRunner

    from foldline.cli import app

    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])
