"""The file that is read: a path that can be opened."""

from __future__ import annotations

from pathlib import Path

from ..errors import FileError


def check_readable(path: Path) -> None:
    """Raise FileError unless a path is a file that can be opened."""
    try:
        if path.is_dir():
            raise FileError(f"read needs a file; got the folder {path}. Name a file in it.")
        with open(path, "rb"):
            pass
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"read needs a file it can open; got {path} ({error.strerror}). Check the name.") from error
