"""The lab as files: a page a question that opens from a folder or any web server, with recorded answers in it.

Recorded are the page's beats and, around each, a grid of the places its handles may go; what was not recorded is told
as the nearest that was, and the page says that the live one would know.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..atomic import result_folder
from ..lecture.live.handle import Handle
from ..lecture.live.page import live, tell
from ..lecture.questions import QUESTIONS, Question
from ..lecture.wire import plain
from ..text import json_text
from .answers import told
from .bundle import bundle, named
from .frames import packed
from .shell import PAGE, data, shell

ALONG, SQUARE = 7, 4  # places of a handle that goes one way, and per side of one that goes anywhere
HANDLES = 8  # of a beat that are recorded: as many of each kind as of the others
DRAWN = 64  # numbers from which an array is only drawn
FEW = 3  # places of one handle alone, on a page whose answers take seconds


@dataclass
class Record:
    """Answers of one page as frames, and where each is found.

    states   state as JSON text -> number of its frame; moves: [number of the state before, handle, x, y, number]
    """

    frames: list[bytes] = field(default_factory=list)
    states: dict[str, int] = field(default_factory=dict)
    moves: list[list[Any]] = field(default_factory=list)

    def add(self, message: dict[str, Any]) -> int:
        """Return the number of an answer, kept once a state."""
        key = _key(message["state"])
        if key not in self.states:
            self.states[key] = len(self.frames)
            self.frames.append(packed(message, DRAWN))
        return self.states[key]

    def packed(self) -> dict[str, Any]:
        """Return JSON values: lengths of the frames, and all of them deflated, in base64."""
        whole = base64.b64encode(zlib.compress(b"".join(self.frames), 9)).decode()
        return {
            "lengths": [len(one) for one in self.frames],
            "states": self.states,
            "moves": self.moves,
            "bytes": whole,
        }


def _key(state: dict[str, Any]) -> str:
    """A state's text, one for all that a browser, whose only numbers are doubles and whose -0 is 0, takes for equal."""
    texts = json_text(state, compact=True)
    return json_text(json.loads(texts, parse_float=lambda text: float(text) + 0.0, parse_int=float), compact=True)


def record(asked: Question) -> Record:
    """Return the answers of a page's beats and of its handles' places.

    cost   seconds: some hundred answers
    """
    page, made = live(asked), Record()
    if hasattr(page, "fixed"):
        made.frames.append(packed({"kind": "fixed", "id": "fixed", "shown": page.fixed()}))
    slow = hasattr(page, "rough") or asked.slug == "random-labels"
    first = plain(asked.state(page.BEATS[0]))
    for beat in page.BEATS:
        begin = tell(asked.slug, first | plain(beat))
        before = made.add(told(begin))
        for handle in chosen(begin.handles, 1 if slow else HANDLES):
            for to in places(handle, FEW if slow else ALONG, SQUARE):
                found = told(tell(asked.slug, begin.state, {"drag": handle.name, "to": to}))
                made.moves.append([before, handle.name, *to, made.add(found)])
        if slow:
            slow = asked.slug != "surface"
    return made


def chosen(handles: tuple[Handle, ...], most: int) -> list[Handle]:
    """Return up to so many handles, one of each kind before a second of any."""
    kinds: dict[str, list[Handle]] = {}
    for one in handles:
        if one.lo != one.hi:
            kinds.setdefault(one.name.split(".")[0], []).append(one)
    rounds = (
        same[k] for k in range(max(map(len, kinds.values()), default=0)) for same in kinds.values() if k < len(same)
    )
    return [one for one, _ in zip(rounds, range(most), strict=False)]


def places(handle: Handle, along: int, square: int) -> Iterator[list[float]]:
    """Return a grid over where a handle may go."""
    sides = [
        np.linspace(lo, hi, along if handle.lo[1 - k] == handle.hi[1 - k] else square) if lo < hi else np.array([lo])
        for k, (lo, hi) in enumerate(zip(handle.lo, handle.hi, strict=True))
    ]
    yield from ([float(x), float(y)] for x in sides[0] for y in sides[1])


def exported(slug: str, recorded: Record | None) -> str:
    """Return the HTML of an exported page: style, script and answers in it."""
    entry = f"pages/{slug}.js"
    boot = "core/recorded.js"
    script = bundle(entry, boot)
    return shell(slug, head=f"<style>{PAGE.joinpath('lab.css').read_text()}</style>", exported=True, more=(
        (data("recorded", recorded.packed()) if recorded else "")
        + f'<script type="module">{script}\n{named(boot)}.begin({named(entry)}.render);</script>'
    ))  # fmt: skip


def export(folder: str | Path, *, force: bool = False, done: Callable[[str], object] | None = None) -> list[Path]:
    """Write every page of the lecture and the list of them into a folder that appears whole or not at all.

    done      called with the name of each page that is made
    returns   the paths of the pages
    raises    FileError if the folder is there and ``force`` is off
    cost      a minute
    """
    with result_folder(folder, force=force) as part:
        (part / "index.html").write_text(exported("index", None))
        for asked in QUESTIONS:
            (part / f"{asked.slug}.html").write_text(exported(asked.slug, record(asked)))
            if done:
                done(asked.slug)
    return [Path(folder) / f"{name}.html" for name in ("index", *(one.slug for one in QUESTIONS))]
