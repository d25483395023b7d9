"""The one table of what a folder may hold, for verbs that take a folder instead of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from ..errors import FileError, InputError
from .cloud import SUFFIXES as POINT_FILES
from .formats import FORMATS
from .scene import is_scene
from .scene.shots import SUFFIXES as PICTURES
from .scene.transforms import PARTS

MESHES = frozenset(row.suffix for row in FORMATS if row.kind == "mesh" and row.read is not None)
CLOUDS = frozenset(POINT_FILES) - {".npz"}  # which hold networks as well
DEEPEST = 3  # folders within folders that shapes are looked for in: class/split/name/model.obj
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
    """Return the meshes and clouds of a folder, by name; where it has none, those of its folders, else of theirs.

    What begins with a dot is none: systems leave such files beside those they copy.
    """
    for depth in range(DEEPEST + 1):
        found = sorted(path for path in folder.glob("/".join(["*"] * (depth + 1))) if _is_shape(path, folder))
        if found:
            return tuple(found)
    return ()


def _is_shape(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return path.suffix.lower() in MESHES | CLOUDS and not hidden and path.is_file()


def has_poses(folder: Path, names: frozenset[str]) -> bool:
    """Return whether a folder has the files or folders of posed pictures: its reader says what is missing."""
    return is_scene(folder) or bool(names & {"images", "sparse", "database.db", *PARTS})


SCENE = "a scene: posed pictures, with transforms.json or a COLMAP model"
FOLDERS = (
    Folder("scene", SCENE, has_poses),
    Folder(
        "shapes", f"a class of shapes: two meshes or clouds at least ({', '.join(sorted(MESHES | CLOUDS))})",
        lambda folder, names: len(shapes_in(folder)) > 1,
    ),
    Folder("scene", SCENE, lambda folder, names: sum(Path(name).suffix in PICTURES for name in names) > 1),
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
    known = "; ".join(dict.fromkeys(row.said for row in FOLDERS))
    one = shapes_in(folder)
    do = f"Fit the one shape by itself: foldline fit {quote(str(one[0]))}" if one else "Name a file, or fill it."
    raise InputError(f"a folder needs to hold {known}; got {folder} with {_listed(names)}. {do}")


def _listed(names: Iterable[str]) -> str:
    shown = sorted(names)
    more = f" and {len(shown) - TOLD} more" if len(shown) > TOLD else ""
    return (", ".join(shown[:TOLD]) or "nothing") + more
