"""A lab that runs in this process, a browser that opens its pages, and the other way to know what they show."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from foldline.lab.server import Lab, listening, serve
from foldline.lecture.live.page import tell
from foldline.lecture.wire import plain

SECONDS = 60  # until a page that never gets ready is given up
# What a page has drawn, as text.
DRAWN = """[...document.querySelectorAll(".panel")].map(e => (e.querySelector(".marks")?.innerHTML ?? "")
  + (e.querySelector(".stage > canvas")?.toDataURL() ?? "")).join("")"""


@contextmanager
def running(**works: Any) -> Iterator[Lab]:
    """Give a lab that is being served, and end it after."""
    at = listening(0)
    lab = Lab(at.getsockname()[1], **works)
    server = serve(lab, at)
    thread = threading.Thread(target=server.run, args=([at],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield lab
    finally:
        server.should_exit = True
        thread.join(10)


def told(page: Any) -> dict[str, Any]:
    """Return what an open page says of itself once it has nothing more to ask."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        found = page.evaluate("window.foldline && JSON.parse(JSON.stringify(window.foldline))")
        if found and not found["busy"] and found["numbers"]:
            return found
        page.wait_for_timeout(15)
    raise AssertionError(f"the page does not come to rest: {page.evaluate('JSON.stringify(window.foldline)')}")


def until(page: Any, true: str) -> None:
    """Wait until something is true on a page, whose policy lets no text be run inside it."""
    end = time.monotonic() + SECONDS
    while not page.evaluate(true):
        assert time.monotonic() < end, f"it does not come to pass: {true}"
        page.wait_for_timeout(15)


def shown(value: Any) -> str:
    """Return a number as a page writes it: the twin of core/format.js, which must agree to the last digit."""
    if value is None:
        return "—"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, str):
        return f"{int(value):,}" if value.lstrip("-").isdigit() and len(value.lstrip("-")) >= 5 else value
    if isinstance(value, list | tuple):
        more = f", … {len(value)} in all" if len(value) > 12 else ""
        return f"({', '.join(map(shown, value[:12]))}{more})"
    return _number(float(value)).replace("-", "−")


def _number(value: float) -> str:
    if not np.isfinite(value):
        return "∞"
    if value == int(value) and abs(value) < 1e21:
        return f"{int(value):,}"
    exponent = int(f"{value:.5e}".partition("e")[2])
    if -7 <= exponent < 6:
        text = f"{value:.{5 - exponent}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    mantissa, _, power = f"{value:.5e}".partition("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(power)}"


def library_says(slug: str, state: dict[str, Any]) -> dict[str, str]:
    """Return the numbers of a page's state as the library gives them when it is asked directly."""
    return _library_says(slug, json.dumps(state))


@cache
def _library_says(slug: str, state: str) -> dict[str, str]:
    """The same, asked once a process: many tests begin with the same states, and some answers take seconds."""
    numbers = tell(slug, json.loads(state)).numbers
    return {name: shown(plain(Fraction(v) if isinstance(v, Fraction) else v)) for name, v in numbers.items()}


def page_says(found: dict[str, Any]) -> dict[str, str]:
    """Return the numbers that stand on a page."""
    return {one["name"]: one["shown"] for one in found["numbers"]}
