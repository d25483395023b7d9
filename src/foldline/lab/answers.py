"""What the lab answers to each kind of message: a question of the lecture with something done to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ..errors import InputError
from ..lecture.live.page import Told, live, tell
from ..lecture.questions import question
from .desk import Job


def ask(message: Mapping[str, Any], job: Job) -> dict[str, Any]:
    """Return what a page shows of its question."""
    slug, state, deed = message.get("slug"), message.get("state", {}), message.get("deed")
    if not isinstance(slug, str) or not isinstance(deed, Mapping | None):
        raise InputError("lab needs the name of a question and what was done; got neither. Reload the page.")
    return told(
        tell(
            slug,
            state,
            deed,
            overlay=bool(message.get("overlay")),
            moving=bool(message.get("moving")),
            callback=job.progress,
        )
    )


def told(found: Told) -> dict[str, Any]:
    """Return what was told as a message."""
    return {"kind": "told", "state": found.state, "handles": [asdict(one) for one in found.handles],
            "shown": found.shown, "numbers": found.numbers, "overlay": found.overlay, "rough": found.rough}  # fmt: skip


def fixed(message: Mapping[str, Any], job: Job) -> dict[str, Any]:
    """Return what a page shows whatever its state: sent once."""
    asked = question(str(message.get("slug")))
    page = live(asked)
    return {"kind": "fixed", "shown": page.fixed() if hasattr(page, "fixed") else {}}


WORKS = {"ask": ask, "fixed": fixed}
