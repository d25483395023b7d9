"""What tests share: a reader, the command line, one browser a process."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-dev-shm-usage"]


@pytest.fixture(autouse=True)
def no_figures_left() -> Iterator[None]:
    """Close what an example drew before a test and what the test drew: matplotlib warns of twenty open figures."""
    for moment in range(2):
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")
        if moment == 0:
            yield


@pytest.fixture
def few_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a mesh or a cloud fitted at the command line 5000 points are drawn, a hundredth: enough for a small one."""
    for name in ("FIELD_SAMPLES", "PLAIN_SAMPLES"):
        monkeypatch.setattr(f"foldline.data.distance.{name}", 5000)


@pytest.fixture
def call():
    """Runs a command line, given by its words."""
    from typer.testing import CliRunner

    from foldline.cli import app

    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for all tests of a process; skipped where there is no Chromium or no playwright."""
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed (.ci/run installs it)")
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
