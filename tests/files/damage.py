"""How files are damaged, and what may become of them: a value that is whole, or a refusal of ours, soon."""

from __future__ import annotations

import os
import re
import signal
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np

import foldline
from foldline import Mesh, Network, Samples, read
from foldline.cloud import Cloud
from foldline.data.border import mesh_report
from foldline.errors import FoldlineError

SECONDS, BYTES = 10, 2**30
OURS = str(Path(foldline.__file__).parent)
LONGEST = 8192  # bytes that a file may grow to, beyond four times the whole one


@dataclass(frozen=True)
class Whole:
    """One file that a reader takes.

    file     its name, in a folder of its own
    make     its bytes; a part of them where ``pack`` packs them: a member of an archive, a picture's chunks
    options  of the reader
    pack     what is damaged -> the bytes of the file
    beside   puts there what is read with it
    reader   path, options -> value
    """

    file: str
    make: Callable[[], bytes]
    options: dict[str, Any] = field(default_factory=dict)
    pack: Callable[[bytes], bytes] = bytes
    beside: Callable[[Path], object] = lambda folder: None
    reader: Callable[..., object] = read

    def put(self, folder: Path, data: bytes) -> Path:
        path = folder / self.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.pack(data))
        return path


@contextmanager
def within(seconds: int, more: int) -> Iterator[None]:
    """Only so much time, and so much memory beyond what is mapped now."""
    if not sys.platform.startswith("linux"):
        yield
        return
    import resource

    def late(*_: object) -> None:
        raise AssertionError(f"took more than {seconds} s")

    lines = Path("/proc/self/status").read_text().splitlines()
    mapped = next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmSize"))
    before, handler = resource.getrlimit(resource.RLIMIT_AS), signal.signal(signal.SIGALRM, late)
    resource.setrlimit(resource.RLIMIT_AS, (mapped + more, before[1]))
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, handler)
        resource.setrlimit(resource.RLIMIT_AS, before)


@contextmanager
def silent() -> Iterator[None]:
    """Nothing may be written to the screen, by what is written in C neither."""
    with tempfile.TemporaryFile() as file:
        before = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(before, 2)
            os.close(before)
            file.seek(0)
            said = file.read(2000)
        assert not said, f"wrote to the screen: {said!r}"


def attempt(whole: Whole, folder: Path, data: bytes) -> bool:
    """Whether a damaged file is still read; anything but a refusal of ours is a failure, told with the file."""
    path = whole.put(folder, data)
    try:
        with silent(), within(SECONDS, BYTES):
            check_whole(whole.reader(path, **whole.options))
    except FoldlineError as error:
        assert "MemoryError" not in str(error) and "more memory than there is" not in str(error), data.hex()
        return False
    except BaseException as error:
        raise AssertionError(f"{type(error).__name__}: {error}; the file was {data.hex()[:20_000]}") from error
    return True


def check_whole(found: object) -> None:
    """What was read holds numbers only, and answers."""
    if isinstance(found, Cloud):
        assert np.isfinite(found.points).all() and len(found)
    elif isinstance(found, Samples):
        assert np.isfinite(found.inputs).all() and np.isfinite(found.targets).all()
    elif isinstance(found, Mesh):
        assert found.n_faces
        assert np.isfinite(list(mesh_report(found).measures.__dict__.values())).all()
    elif isinstance(found, Network):
        assert all(np.isfinite(numbers).all() for numbers in (*found.weights, *found.biases))
        assert all(isinstance(line, str) for line in found.assumed)


def flipped(data: bytes, rng: np.random.Generator) -> bytes:
    """A copy with one to four bytes replaced, and at times a piece said twice or left out."""
    copy = bytearray(data or b" ")
    for at in rng.integers(0, len(copy), rng.integers(1, 5)):
        copy[at] = rng.integers(256) if rng.random() < 0.7 else rng.choice([0, 255, 127, 128, 34, 44, 10, 59])
    if rng.random() < 0.2:
        begin, end = sorted(rng.integers(0, len(copy), 2).tolist())
        copy = copy[:begin] + copy[begin:end] * int(rng.integers(0, 3)) + copy[end:]
    return bytes(copy)


NUMBER = re.compile(rb"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?")
WORD = re.compile(rb"[A-Za-z_]{2,}|[^\sA-Za-z0-9]+")
ODD = (
    *b"0 1 -1 2 3 255 256 65535 65536 2147483647 4294967295 -2147483648 9223372036854775807".split(),
    *b"18446744073709551616 1e999 -1e308 1e-320 .5 -0 0x10 1_000 nan inf 1,5 1e5 007 +3 \xd9\xa3".split(),
)
FORMS = tuple(f"{order}{kind}" for order in "<>" for kind in "BHIQfd")
EDGES = (*range(9), 127, 128, 255, 256, 32767, 65535, 2**24, *(2**k - j for k in (31, 32, 63, 64) for j in (1, 0)))


def mutated(data: bytes, other: bytes, words: Sequence[bytes], rng: np.random.Generator) -> bytes:
    """A copy damaged by one to three of: bytes, numbers in text or binary, words, lines, a piece of another file."""
    for _ in range(rng.integers(1, 4)):
        data = CHANGES[rng.integers(len(CHANGES))](data or b" ", other or b" ", words, rng)
    return data


def _number(data: bytes, other: bytes, words: Sequence[bytes], rng: np.random.Generator) -> bytes:
    places = list(NUMBER.finditer(data))
    if not places:
        return flipped(data, rng)
    place = places[rng.integers(len(places))]
    return data[: place.start()] + ODD[rng.integers(len(ODD))] + data[place.end() :]


def _binary(data: bytes, other: bytes, words: Sequence[bytes], rng: np.random.Generator) -> bytes:
    form, edge = FORMS[rng.integers(len(FORMS))], EDGES[rng.integers(len(EDGES))]
    size = struct.calcsize(form)
    put = struct.pack(form, edge if form[1] in "fd" else edge % 256**size)
    at = int(rng.integers(len(data)))
    return data[:at] + put + data[at + size :]


def _word(data: bytes, other: bytes, words: Sequence[bytes], rng: np.random.Generator) -> bytes:
    new = words[rng.integers(len(words))] if words else b"\0"
    places = list(WORD.finditer(data))
    if places and rng.random() < 0.6:
        place = places[rng.integers(len(places))]
        return data[: place.start()] + new + data[place.end() :]
    at = int(rng.integers(len(data) + 1))
    return data[:at] + new + data[at:]


def _line(data: bytes, other: bytes, words: Sequence[bytes], rng: np.random.Generator) -> bytes:
    """One line, or item between commas, in the place of another: moved, said twice, or left out."""
    mark = (b"\n", b",", b" ")[rng.integers(3)]
    parts = data.split(mark)
    i, j = rng.integers(len(parts), size=2)
    taken = parts.pop(i) if rng.random() < 0.5 else parts[i]
    if rng.random() < 0.7:
        parts.insert(j, taken)
    return mark.join(parts)


def _spliced(data: bytes, other: bytes, words: Sequence[bytes], rng: np.random.Generator) -> bytes:
    begin, end = sorted(rng.integers(0, len(other) + 1, 2).tolist())
    at = int(rng.integers(len(data) + 1))
    return data[:at] + other[begin:end] + data[at + int(rng.integers(0, 2)) * (end - begin) :]


CHANGES = (lambda data, other, words, rng: flipped(data, rng), _number, _binary, _word, _line, _spliced)


@dataclass
class Reached:
    """Which line of ours ran after which in the same call, and the words that these functions know."""

    arcs: set[tuple[int, int, int]] = field(default_factory=set)
    codes: dict[int, CodeType] = field(default_factory=dict)

    @contextmanager
    def told(self) -> Iterator[None]:
        before = sys.gettrace()
        sys.settrace(self._call)
        try:
            yield
        finally:
            sys.settrace(before)

    def _call(self, frame: FrameType, event: str, arg: object) -> Any:
        code = frame.f_code
        if not code.co_filename.startswith(OURS):
            return None
        self.codes[id(code)] = code
        last, arcs, number = 0, self.arcs, id(code)

        def line(frame: FrameType, event: str, arg: object) -> Any:
            nonlocal last
            if event == "line":
                arcs.add((number, last, frame.f_lineno))
                last = frame.f_lineno
            return line

        return line

    @property
    def words(self) -> list[bytes]:
        """The short texts that stand in the functions."""
        known = set[bytes]()
        waiting: list[object] = [code.co_consts for code in self.codes.values()]
        while waiting:
            value = waiting.pop()
            if isinstance(value, tuple | frozenset):
                waiting.extend(value)
            elif isinstance(value, str | bytes) and 0 < len(value) <= 24:
                known.add(value.encode("utf-8", "replace") if isinstance(value, str) else value)
        return sorted(known)


def led_on(whole: Whole, folder: Path, rounds: int, seed: int) -> tuple[int, int]:
    """Damage a file so many times, going on from each copy that reaches new lines; how many do, and how many arcs."""
    data, rng = whole.make(), np.random.default_rng(seed)
    all_met = Reached()
    with all_met.told():
        assert attempt(whole, folder, data)
    words = sorted({*all_met.words, *WORD.findall(data)})
    kept = [data]
    for _ in range(rounds):
        late = rng.random() < 0.5  # what was found last leads furthest
        at = -1 - int(rng.integers(min(8, len(kept)))) if late else int(rng.integers(len(kept)))
        child = mutated(kept[at], kept[rng.integers(len(kept))], words, rng)[: 4 * len(data) + LONGEST]
        met = Reached(codes=all_met.codes)
        with met.told():
            attempt(whole, folder, child)
        if not met.arcs <= all_met.arcs:
            all_met.arcs |= met.arcs
            kept.append(child)
            words = sorted({*words, *all_met.words}) if len(kept) % 16 == 0 else words
    return len(kept), len(all_met.arcs)
