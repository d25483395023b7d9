"""Folders of posed pictures: which description they have, and what is wrong where they have none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from ...errors import FileError, InputError
from ...scene import Camera, Scene
from ..image import read_pixels
from ..unpack import MAX_BYTES
from . import colmap, transforms
from .shots import SUFFIXES, Shot, found_file, loaded, names_of

PICTURES = ("images", "images_2", "images_4", "images_8", "input", "rgb", "train", ".")  # where COLMAP's names lie
WANTED = "transforms.json, transforms_train.json, or a COLMAP model (sparse/0/cameras.bin and images.bin, or .txt)"


def is_scene(folder: Path) -> bool:
    """Return whether a folder has posed pictures: a description that foldline reads."""
    names = (transforms.SINGLE, *transforms.PARTS)
    return any((folder / name).is_file() for name in names) or colmap.model_in(folder) is not None


def read_scene(path: str | Path, *, max_bytes: int = MAX_BYTES) -> Scene:
    """Return the scene of a folder, or of a transforms.json in one.

    path       a folder of nerfstudio or instant-ngp (transforms.json), of NeRF's Blender scenes (transforms_train.json,
               ...), or with a COLMAP model; the last is in the order of its pictures' names
    max_bytes  the most the pictures may take, four bytes a pixel
    returns    held out are test and validation pictures, where the files say which these are
    raises     FileError for a folder that is none, or a file that leads out of it; InputError that says what is
               missing or cannot be, by its file, frame and number
    """
    folder, single = _folder(Path(path))
    shots, rest = _shots(folder, single)
    found = loaded(folder, shots, max_bytes)
    scene = Scene(
        found.cameras, found.pictures, found.names, held_out=_held_out(shots), masks=found.masks, box=rest.get("box"),
        background=rest.get("background"), findings=found.findings,
    )  # fmt: skip
    within = rest.get("within")
    return replace(scene, box=within) if within is not None and not scene.alpha else scene


def read_cameras(path: str | Path) -> tuple[list[Camera], list[str]]:
    """Return the cameras of a scene and their names, for pictures to be made; no picture is opened where w and h are
    told.

    raises   as ``read_scene``
    """
    folder, single = _folder(Path(path))
    cameras = []
    shots, _ = _shots(folder, single)
    for shot in shots:
        size = None
        if shot.lens.width is None or shot.lens.height is None:
            file = found_file(folder, shot.path)
            if file is None:
                raise InputError(f"{shot.path}: a camera needs w and h where there is no picture; got neither.")
            pixels, _ = read_pixels(file)
            size = (pixels.shape[1], pixels.shape[0])
        cameras.append(shot.lens.camera(shot.pose, size, shot.path)[0])
    return cameras, list(names_of([shot.path for shot in shots]))


def _held_out(shots: list[Shot]) -> list[bool]:
    """Which shots are to judge by; none where that would be all of them."""
    aside = [shot.held_out for shot in shots]
    return [False] * len(aside) if all(aside) else aside


def _folder(path: Path) -> tuple[Path, str | None]:
    """The folder of a scene, and the one description in it that was named."""
    if path.is_dir():
        return path, None
    if path.is_file() and path.suffix == ".json":
        return path.parent, path.name
    what = "a file" if path.exists() else "nothing"
    raise FileError(f"read needs the folder of a scene, or its transforms.json; got {what} at {path}. Check the name.")


def _shots(folder: Path, single: str | None) -> tuple[list[Shot], dict[str, Any]]:
    if single is not None:
        return transforms.shots_of(folder / single)
    if (folder / transforms.SINGLE).is_file():
        return transforms.shots_of(folder / transforms.SINGLE)
    parts = {name: apart for name, apart in transforms.PARTS.items() if (folder / name).is_file()}
    if "transforms_train.json" in parts:
        return _parts(folder, parts)
    model = colmap.model_in(folder)
    if model is not None:
        shots, box = colmap.shots_in(model, _pictures(folder, model))
        return shots, {} if box is None else {"box": box}
    raise InputError(_why_none(folder, list(parts)))


def _parts(folder: Path, parts: dict[str, bool]) -> tuple[list[Shot], dict[str, Any]]:
    """Blender's descriptions: training pictures, and those of one other part to judge by, the test before the rest."""
    shots, rest = transforms.shots_of(folder / "transforms_train.json")
    other = next((name for name, apart in parts.items() if apart), None)
    if other is not None:
        shots += transforms.shots_of(folder / other, held_out=True)[0]
    return shots, rest


def _pictures(folder: Path, model: Path) -> str:
    """The first folder that has pictures."""
    for name in PICTURES:
        if (folder / name).is_dir() and any((folder / name).rglob(f"*{end}") for end in SUFFIXES[:1]):
            if any(next((folder / name).glob(f"*{end}"), None) for end in SUFFIXES):
                return name
    if any(next(folder.glob(f"images/**/*{end}"), None) for end in SUFFIXES):
        return "images"
    raise InputError(
        f"{folder.name}: a scene needs its pictures beside {model.relative_to(folder)}; got none in "
        f"{', '.join(PICTURES[:-1])}. Put them into {folder.name}/images."
    )


def _why_none(folder: Path, parts: list[str]) -> str:
    """What a folder has instead of a scene, and what to do about it."""
    pictures = sum(1 for end in SUFFIXES for _ in list(folder.glob(f"*{end}")) + list(folder.glob(f"images/*{end}")))
    if parts:
        what, todo = f"{parts[0]} alone", "Add transforms_train.json, or name the file itself."
    elif (folder / "database.db").is_file() or any(folder.glob("**/project.ini")):
        what = "a COLMAP project that is not reconstructed"
        todo = "Run colmap mapper; it writes sparse/0."
    elif pictures:
        what = f"{pictures} pictures without poses"
        todo = "Find their poses first: colmap automatic_reconstructor, or ns-process-data images."
    else:
        what, todo = "neither poses nor pictures", "Check the name of the folder."
    return f"{folder.name}: a scene needs {WANTED}; got {what}. {todo}"
