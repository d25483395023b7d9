"""What ``foldline fit FOLDER`` does, by what the folder holds: a row a kind, as ``files.folders`` tells them apart."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from ..errors import InputError
from .app import Writing
from .project import Asked
from .stop import Stop

# The function that fits a kind of folder: (folder, out, options given, how) -> None; found late, as verbs are.
FITS = {"scene": "scenes.fit", "shapes": "shapes.fit_folder"}
# The function that goes on with a fit of a kind of folder: (what was asked, its folder, stop, how) -> None.
RESUMES: dict[str, str] = {"scene": "scenes.go_on"}


def fit_folder(folder: Path, out: Path | None, given: dict[str, Any], how: Writing) -> None:
    """Fit what a folder holds, and write it to ``out``.

    given    the options of ``fit`` that were asked for, by name; each kind refuses those it does not know
    """
    from ..files.folders import kind_of_folder

    kind = kind_of_folder(folder)
    if kind not in FITS:
        raise InputError(f"fit needs a file here; got the folder {folder} of {kind}. Name one of its files.")
    _found(FITS[kind])(folder, out or Path("out") / folder.resolve().name, given, how)


def resume_folder(asked: Asked, folder: Path, stop: Stop, how: Writing) -> None:
    """Go on with the fit of a folder that was stopped."""
    from ..files.folders import kind_of_folder

    kind = kind_of_folder(Path(asked.input))
    if kind not in RESUMES:
        raise InputError(f"resume needs a fit of a kind that goes on; got one of {kind}. Fit it anew.")
    _found(RESUMES[kind])(asked, folder, stop, how)


def _found(name: str) -> Callable[..., None]:
    module, _, function = name.partition(".")
    found: Callable[..., None] = getattr(import_module(f".{module}", __package__), function)
    return found


def only(kind: str, given: dict[str, Any], known: tuple[str, ...]) -> dict[str, Any]:
    """Return the options that were given.

    raises   InputError for one that a kind of folder does not know
    """
    for name in given:
        if name not in known:
            flags = ", ".join(f"--{option.replace('_', '-')}" for option in known)
            raise InputError(
                f"fit needs options of {kind} for this folder ({flags}); got --{name.replace('_', '-')}. Leave it out."
            )
    return given
