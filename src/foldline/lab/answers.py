"""What the lab answers to each kind of message: a question of the lecture with something done to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InputError
from ..lecture.live.page import Told, live, tell
from ..lecture.questions import question
from .desk import Job


def ask(message: Mapping[str, Any], job: Job) -> dict[str, Any]:
    """Return what a page shows of its question."""
    slug, state, deed, panels = (message.get(name) for name in ("slug", "state", "deed", "panels"))
    if not isinstance(slug, str) or not isinstance(deed, Mapping | None):
        raise InputError("lab needs the name of a question and what was done; got neither. Reload the page.")
    how = {name: bool(message.get(name)) for name in ("overlay", "moving")}
    seen = [str(name) for name in panels] if isinstance(panels, list) else None
    return told(tell(slug, {} if state is None else state, deed, panels=seen, callback=job.progress, **how), seen)


def told(found: Told, seen: list[str] | None = None) -> dict[str, Any]:
    """Return what was told as a message.

    seen   panels: handles of others are left out; all unless given
    """
    handles = [vars(one) for one in found.handles if seen is None or one.panel in seen]
    return {"kind": "told", "state": found.state, "handles": handles, "shown": found.shown, "numbers": found.numbers,
            "overlay": found.overlay, "rough": found.rough}  # fmt: skip


def fixed(message: Mapping[str, Any], job: Job) -> dict[str, Any]:
    """Return what a page shows whatever its state: sent once."""
    asked = question(str(message.get("slug")))
    page = live(asked)
    return {"kind": "fixed", "shown": page.fixed() if hasattr(page, "fixed") else {}}


WORKS = {"ask": ask, "fixed": fixed}
