"""One lab and one window for all tests of a process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .lab import running


@pytest.fixture(scope="session")
def lab() -> Iterator[Any]:
    with running() as made:
        yield made


@pytest.fixture(scope="session")
def window(chromium: Any, lab: Any) -> Iterator[Any]:
    """A window that has entered the lab; it reaches nothing but this machine, and its errors are kept in ``told``."""
    page = chromium.new_context(viewport={"width": 1280, "height": 900}).new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.route("**/*", lambda route: route.continue_() if "//127.0.0.1" in route.request.url else route.abort())
    page.errors = errors
    page.goto(lab.url)
    while page.evaluate("location.hash.includes('token')"):
        page.wait_for_timeout(10)
    yield page
    page.close()
