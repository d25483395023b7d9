"""Lock: one process at a time works in a folder, and the second is told who."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from .atomic import alive, explained, host
from .errors import FileError
from .text import json_text

LOCK = ".lock"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder: a file in it names this process and when it started, until it is left.

    What a killed process left behind is swept.
    raises   FileError naming who holds it, or if nothing can be written there

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with held(folder):
    ...     print([path.name for path in folder.iterdir()])
    ['.lock']
    """
    lock = folder / LOCK
    mine = {"pid": os.getpid(), "host": host(), "started": started(os.getpid()), "since": _now()}
    with _one_at_a_time(folder):
        other = _holder(lock)
        if other and _works(other):
            raise FileError(
                f"a fit needs a folder of its own; {folder} is held by process {other['pid']} on {other['host']} "
                f"since {other['since']}. Wait for it, or choose another folder."
            )
        try:
            lock.write_text(json_text(mine))
        except OSError as error:
            raise explained(error, lock, 200) from error
    try:
        yield
    finally:
        with suppress(OSError):
            if _holder(lock) == mine:
                lock.unlink()


def started(pid: int) -> int | None:
    """Return when a process started, in the system's ticks: with its number, a name it shares with no other.

    None where the system does not say.
    """
    with suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])  # proc(5), field 22
    return None


def _works(other: dict[str, Any]) -> bool:
    """Whether who wrote a lock may still be at work; of another machine that cannot be known."""
    if other["host"] != host():
        return True
    return alive(other["pid"]) and started(other["pid"]) == other["started"]


def _holder(lock: Path) -> dict[str, Any] | None:
    """What a lock says; None for none, or one that a dying process left half written."""
    try:
        found = json.loads(lock.read_text())
        return found if isinstance(found["pid"], int) and {"host", "started", "since"} <= found.keys() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Let one process look at the lock and take it; where folders cannot be locked (Windows), nearly."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system that knows no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _now() -> str:
    return datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S")
