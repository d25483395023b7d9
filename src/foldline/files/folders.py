"""The one table of what a folder may hold, for verbs that take a folder instead of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ..errors import FileError, InputError
from .formats import FORMATS
from .scene import is_scene
from .scene.shots import SUFFIXES
from .scene.transforms import PARTS

MESHES = frozenset(row.suffix for row in FORMATS if row.kind == "mesh" and row.read is not None)
CLOUDS = frozenset((".xyz", ".pts", ".ply"))
TOLD = 8  # names of a folder that an error lists


@dataclass(frozen=True)
class Folder:
    """One row: a kind of folder, what it is called, what is in it, and how it is known by its names.

    holds    (folder, the names of its files and folders) -> whether it is of this kind; the first row that says so wins
    """

    kind: str
    said: str
    holds: Callable[[Path, frozenset[str]], bool]


def shapes_in(folder: Path) -> tuple[Path, ...]:
    """Return the meshes and clouds of a folder, itself only, by name."""
    known = MESHES | CLOUDS
    return tuple(sorted(path for path in folder.iterdir() if path.suffix.lower() in known and path.is_file()))


def looks_like_a_scene(folder: Path, names: frozenset[str]) -> bool:
    """Return whether a folder has posed pictures, or pictures that want poses: its reader says what is missing."""
    pictures = sum(Path(name).suffix in SUFFIXES for name in names)
    return is_scene(folder) or bool(names & {"images", "sparse", "database.db", *PARTS}) or pictures > 1


FOLDERS = (
    Folder("scene", "a scene: posed pictures, with transforms.json or a COLMAP model", looks_like_a_scene),
    Folder(
        "shapes", "a class of shapes: two meshes or clouds at least",
        lambda folder, names: sum(Path(name).suffix.lower() in MESHES | CLOUDS for name in names) > 1,
    ),
)  # fmt: skip


def kind_of_folder(folder: Path) -> str:
    """Return the kind of what a folder holds, by ``FOLDERS``.

    raises   FileError if it cannot be listed, InputError naming what is there and what is known

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("a.off", "b.ply"):
    ...     _ = (folder / name).write_text("")
    >>> kind_of_folder(folder)
    'shapes'
    """
    try:
        names = frozenset(path.name for path in folder.iterdir())
    except OSError as error:
        raise FileError(f"read needs a folder it can list; got {folder} ({error.strerror}). Check the name.") from error
    for row in FOLDERS:
        if row.holds(folder, names):
            return row.kind
    known = "; ".join(row.said for row in FOLDERS)
    raise InputError(f"a folder needs to hold {known}; got {folder} with {_listed(names)}. Name a file, or fill it.")


def _listed(names: Iterable[str]) -> str:
    shown = sorted(names)
    more = f" and {len(shown) - TOLD} more" if len(shown) > TOLD else ""
    return (", ".join(shown[:TOLD]) or "nothing") + more
