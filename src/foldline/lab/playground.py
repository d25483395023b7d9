"""The playground's messages: data in, training that streams its looks, back, compared, saved; no path ever comes in."""

from __future__ import annotations

import base64
import binascii
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..files import read
from ..lecture.live.play import Look, Session, made, scene_of, typed, usable
from ..network import Network
from ..samples import Samples
from .desk import Job

FRAME = 1 / 60  # seconds between two looks that are sent
LONGEST = 10_000_000  # steps of one run
SAVED = ("safetensors", "onnx", "npz")
OPENED = (*SAVED, "nnet")


class Playground:
    """One page's data and training; each page has its own."""

    def __init__(self) -> None:
        self.session: Session | None = None
        self.works = {"play": self.play, "train": self.train, "rewind": self.rewind, "keep": self.keep,
                      "load": self.load, "save": self.save}  # fmt: skip

    def play(self, message: Mapping[str, Any], job: Job) -> dict[str, Any]:
        """Begin with data and a setup: from step 0."""
        samples = usable(samples_of(message.get("data") or {}))
        self.session = Session(samples, message.get("setup") or {})
        return {"kind": "scene", **scene_of(self.session), "look": told(self.session.look())}

    def train(self, message: Mapping[str, Any], job: Job) -> dict[str, Any]:
        """Train on, with a look every so many steps, until told to stop or so many steps are done."""
        session, every = self._begun(), _whole(message.get("every", 1), 1, 1000)
        steps, sent = _whole(message.get("steps", LONGEST), 1, LONGEST), 0.0
        while steps > 0 and not job.stopped:
            look = session.advance(min(every, steps))
            steps -= every
            if (now := time.monotonic()) - sent >= FRAME:
                job.tell("look", look=told(look))
                sent = now
        return {"kind": "rest", "look": told(session.look())}

    def rewind(self, message: Mapping[str, Any], job: Job) -> dict[str, Any]:
        """Go back, or on, to the kept step nearest to one."""
        return {"kind": "rest", "look": told(self._begun().rewind(_whole(message.get("step", 0), 0, LONGEST)))}

    def keep(self, message: Mapping[str, Any], job: Job) -> dict[str, Any]:
        """Keep the network as it is, to be compared with what it becomes."""
        session = self._begun()
        session.other = session.network
        return {"kind": "rest", "look": told(session.look())}

    def load(self, message: Mapping[str, Any], job: Job) -> dict[str, Any]:
        """Take a network file, whose bytes come in the message, to compare with."""
        session = self._begun()
        network = opened(str(message.get("suffix")), message.get("bytes"), OPENED)
        if not isinstance(network, Network):
            raise InputError("playground needs a network here; got another file. Open data under Data.")
        session.other = network
        return {"kind": "rest", "look": told(session.look())}

    def save(self, message: Mapping[str, Any], job: Job) -> dict[str, Any]:
        """Return the network as the bytes of a file."""
        session, kind = self._begun(), str(message.get("suffix"))
        if kind not in SAVED:
            raise InputError(f"playground saves {', '.join(SAVED)}; got {kind!r:.20}. Take one.")
        with tempfile.TemporaryDirectory(prefix="foldline-") as folder:
            content = session.network.save(Path(folder) / f"network.{kind}").read_bytes()
        return {"kind": "file", "name": f"network.{kind}", "bytes": np.frombuffer(content, dtype=np.uint8)}

    def _begun(self) -> Session:
        if self.session is None:
            raise InputError("playground needs data first; got none. Choose some under Data.")
        return self.session


def samples_of(data: Mapping[str, Any]) -> Samples:
    """Return the samples that a page names, types, draws or pastes.

    raises   InputError for what cannot be used
    """
    kind = data.get("kind")
    if kind == "made":
        return made(str(data.get("name")), _whole(data.get("n", 300), 2, 20_000), _whole(data.get("seed", 0), 0, 2**31))
    if kind == "formula":
        lo, hi = data.get("lo", -1), data.get("hi", 1)
        if not all(isinstance(v, int | float) for v in (lo, hi)):
            raise InputError("playground needs two numbers for the interval; got others. Give them.")
        return typed(str(data.get("text")), float(lo), float(hi), _whole(data.get("inputs", 1), 1, 2))
    if kind == "drawn":
        return _drawn(data.get("rows"))
    if kind == "csv":
        return _pasted(str(data.get("text")), data.get("target"))
    raise InputError(f"playground needs made, formula, drawn or csv data; got {kind!r:.20}. Choose one.")


def _drawn(rows: Any) -> Samples:
    table = np.array(rows, dtype=np.float64) if isinstance(rows, list) and rows else np.zeros((0, 3))
    if table.ndim != 2 or table.shape[1] != 3 or len({*table[:, 2].tolist()}) < 2:
        raise InputError(f"playground needs points of two classes; got {len(table)} points. Draw more.")
    labels = table[:, 2].astype(int)
    return Samples(table[:, :2], labels, "classification", ("x1", "x2"), tuple(map(str, range(labels.max() + 1))))


def _pasted(text: str, target: Any) -> Samples:
    options = {"target": target} if isinstance(target, str) and target else {}
    with tempfile.TemporaryDirectory(prefix="foldline-") as folder:
        path = Path(folder) / "pasted.csv"
        path.write_text(text)
        found = read(path, **options)
    if not isinstance(found, Samples):
        raise InputError("playground needs a table; got another text. Paste rows with commas between.")
    return found


def opened(suffix: str, text: Any, known: tuple[str, ...]) -> Any:
    """Return what bytes in base64 hold, read as a file with a suffix; formats that can hold code are not taken.

    raises   InputError as ``read`` does
    """
    if suffix not in known:
        raise InputError(f"lab opens {', '.join(known)}; got {suffix!r:.20}. Save it as one of these.")
    try:
        content = base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise InputError("lab needs the bytes of a file; got something else. Reload the page.") from None
    with tempfile.TemporaryDirectory(prefix="foldline-") as folder:
        path = Path(folder) / f"opened.{suffix}"
        path.write_bytes(content)
        return read(path)


def told(look: Look) -> dict[str, Any]:
    """Return a look as a message."""
    return {"step": look.step, "shown": look.shown, "numbers": look.numbers}


def _whole(value: Any, lo: int, hi: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not lo <= value <= hi:
        raise InputError(f"playground needs a whole number from {lo} to {hi}; got {value!r:.20}. Take one between.")
    return value
