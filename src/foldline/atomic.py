"""Atomic writing: under its final name a file is either the old one or the new one, never a part of either.

The bytes go to a temporary file in the same folder, are flushed to the disk, and take the final name in one step
(os.replace); then the folder is flushed.  A killed process leaves only a temporary file, which the next write sweeps.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import FileError

PART = ".part"
NAME_LENGTH = 80  # of the final name inside the temporary one, so that both stay below the 255 bytes file systems allow
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_bytes(path: str | Path, data: bytes | bytearray | memoryview, *, force: bool = False) -> Path:
    """Return the path after its file holds exactly these bytes.

    force    replace a file that is there
    raises   FileError if the path is a folder, is not a plain file, exists and ``force`` is off, cannot be written,
             or the disk is full; the old file is then as it was

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_bytes(folder / "a.txt", b"one").read_bytes()
    b'one'
    """
    given, path = Path(path), Path(os.path.realpath(path))
    check_free(path, force=force)
    sweep(path)
    part = _part_of(path)
    try:
        _fill(part, data)
        os.replace(part, path)
        _flush_folder(path.parent)
    except OSError as error:
        raise explained(error, given, len(data)) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return given


def check_free(path: Path, *, force: bool) -> None:
    """Raise FileError unless a file may be written under this name."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if not path.parent.is_dir():
            raise FileError(f"write needs a folder that exists; got {path.parent}. Create it first.") from None
        return
    except OSError as error:
        raise FileError(f"write needs a path it can reach; got {path} ({error.strerror}). Choose another.") from error
    if stat.S_ISDIR(mode):
        raise FileError(f"write needs a file name; got the folder {path}. Add a name to it.")
    if not stat.S_ISREG(mode):
        raise FileError(f"write needs a plain file; got the device or pipe {path}. Choose another name.")
    if not force:
        raise FileError(f"write needs a new name; {path} exists. Use --force (force=True) to replace it.")


def sweep(path: Path) -> None:
    """Remove what killed processes of this machine left behind for the same name."""
    for part in path.parent.glob(f".{_escaped(path.name[:NAME_LENGTH])}.*{PART}"):
        owner = part.name.removesuffix(PART).rsplit(".", 3)[1:]
        if len(owner) == 3 and owner[0] == host() and owner[1].isdigit() and not alive(int(owner[1])):
            with suppress(OSError):
                shutil.rmtree(part) if part.is_dir() else part.unlink()


@contextmanager
def result_folder(path: str | Path, *, force: bool = False) -> Iterator[Path]:
    """Give a temporary folder to fill; on leaving without an error its files appear in ``path``.

    A new folder appears whole, in one step.  In a folder that is there already each file is replaced in one step, and
    ``force`` must be on if one of the names is taken.  After an error nothing has changed.
    raises   FileError as ``write_bytes`` does
    """
    final = Path(os.path.realpath(path))
    if final.exists() and not final.is_dir():
        raise FileError(f"write needs a folder for the results; got the file {final}. Choose another name.")
    if not final.parent.is_dir():
        raise FileError(f"write needs a folder that exists; got {final.parent}. Create it first.")
    sweep(final)
    part = _part_of(final)
    try:
        part.mkdir()
        yield part
        _publish(part, final, force=force)
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise explained(error, final, sum(f.stat().st_size for f in part.rglob("*") if f.is_file())) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _publish(part: Path, final: Path, *, force: bool) -> None:
    names = sorted(f.relative_to(part) for f in part.rglob("*") if f.is_file())
    if final.is_dir():
        for name in names:
            if (final / name).exists():
                check_free(final / name, force=force)
    for name in names:
        _flush_file(part / name)
    if not final.exists():
        os.replace(part, final)
    else:
        for name in names:
            (final / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(part / name, final / name)
        _flush_folder(final)
    _flush_folder(final.parent)


def _part_of(path: Path) -> Path:
    return path.parent / f".{path.name[:NAME_LENGTH]}.{host()}.{os.getpid()}.{secrets.token_hex(4)}{PART}"


def _fill(part: Path, data: bytes | bytearray | memoryview) -> None:
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _flush_file(path: Path) -> None:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def explained(error: OSError, path: Path, size: int) -> FileError:
    if error.errno in FULL:
        free = shutil.disk_usage(path.parent).free
        return FileError(
            f"write needs {_amount(size)} for {path}; got {_amount(free)} free. "
            "Make room or choose another disk; the old file is as it was."
        )
    return FileError(f"write needs a path it can write; got {path} ({error.strerror}). Choose another or allow it.")


def _amount(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:.3g} MB"


def alive(pid: int) -> bool:
    """Whether a process may still run; where that cannot be asked without harm (Windows), the answer is yes."""
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return not _has_ended(pid)


def _has_ended(pid: int) -> bool:
    """Whether a process has ended, and only its parent has not asked after it, as in containers without an init."""
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"  # proc(5), field 3
    return False


def host() -> str:
    return socket.gethostname().replace(".", "-").replace("/", "-")[:40]


def _escaped(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)
