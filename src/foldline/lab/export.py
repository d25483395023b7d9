"""The lab as files: a page a question that opens from a folder or any web server, with recorded answers in it.

Recorded, with what a grid would have told, are the page's beats and, around each, some places of its handles; what
was not recorded is told as the nearest that was, and the page says that the live one would know.
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
from .frames import parted
from .shell import PAGE, data, shell

ALONG, SQUARE = 7, 4  # places of a handle that goes one way, and per side of one that goes anywhere
HANDLES = 8  # of a beat that are recorded: as many of each kind as of the others
DRAWN = 64  # numbers from which an array is only drawn
BOOT = "core/recorded.js"
FEW = 3  # places of one handle alone, on a page whose answers take seconds


@dataclass
class Record:
    """Answers of one page, and where each is found.

    parts    bytes -> their number: texts of messages, and arrays, each once however many answers show it
    frames   of an answer: the part that is its text, and those that are its arrays
    states   state as JSON text -> number of its frame; moves: [number of the state before, handle, x, y, number]
    """

    parts: dict[bytes, int] = field(default_factory=dict)
    frames: list[list[int]] = field(default_factory=list)
    states: dict[str, int] = field(default_factory=dict)
    moves: list[list[Any]] = field(default_factory=list)

    def add(self, message: dict[str, Any]) -> int:
        """Return the number of an answer, kept once a state."""
        key = _key(message["state"])
        if key not in self.states:
            self.states[key] = self.keep(message)
        return self.states[key]

    def keep(self, message: dict[str, Any]) -> int:
        """Return the number of a new frame."""
        values, arrays = parted(message, DRAWN)
        text = json_text(values, ascii=False, compact=True).encode()
        self.frames.append([self.parts.setdefault(part, len(self.parts)) for part in (text, *arrays)])
        return len(self.frames) - 1

    def packed(self) -> dict[str, Any]:
        """Return JSON values: lengths of the parts, and all of them deflated, in base64."""
        whole = base64.b64encode(zlib.compress(b"".join(self.parts), 9)).decode()
        return {"lengths": [len(one) for one in self.parts], "frames": self.frames, "states": self.states,
                "moves": self.moves, "bytes": whole}  # fmt: skip


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
        made.keep({"kind": "fixed", "id": "fixed", "shown": page.fixed()})
    slow = hasattr(page, "rough") or asked.slug == "random-labels"
    first = plain(asked.state(page.BEATS[0]))
    for beat in page.BEATS:
        begin = tell(asked.slug, first | plain(beat), overlay=True)
        before = made.add(told(begin))
        for handle in chosen(begin.handles, 1 if slow else getattr(page, "RECORDED", HANDLES)):
            for to in places(handle, FEW if slow else ALONG, SQUARE):
                found = told(tell(asked.slug, begin.state, {"drag": handle.name, "to": to}, overlay=True))
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


def common() -> dict[str, str]:
    """Return what all exported pages share, by the names of the files: style, and all modules as one script."""
    script = bundle(*(f"pages/{name}.js" for name in ("index", *(one.slug for one in QUESTIONS))), BOOT)
    return {"lab.css": PAGE.joinpath("lab.css").read_text(), "lab.js": script}


def exported(slug: str, recorded: Record | None) -> str:
    """Return the HTML of an exported page: its answers, beside the files of ``common``."""
    begin = f"{named(BOOT)}.begin({named(f'pages/{slug}.js')}.render);"
    head = '<link rel="stylesheet" href="lab.css"><script src="lab.js"></script>'
    answers = data("recorded", recorded.packed()) if recorded else ""
    return shell(slug, head=head, exported=True, more=f'{answers}<script type="module">{begin}</script>')


def export(folder: str | Path, *, force: bool = False, done: Callable[[str], object] | None = None) -> list[Path]:
    """Write every page of the lecture and the list of them into a folder that appears whole or not at all.

    done      called with the name of each page that is made
    returns   the paths of the pages
    raises    FileError if the folder is there and ``force`` is off
    cost      two minutes, 30 MB
    """
    with result_folder(folder, force=force) as part:
        for name, text in common().items():
            (part / name).write_text(text)
        (part / "index.html").write_text(exported("index", None))
        for asked in QUESTIONS:
            (part / f"{asked.slug}.html").write_text(exported(asked.slug, record(asked)))
            if done:
                done(asked.slug)
    return [Path(folder) / f"{name}.html" for name in ("index", *(one.slug for one in QUESTIONS))]
