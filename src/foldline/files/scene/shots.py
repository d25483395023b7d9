"""Frames: what every reader of a scene finds for one picture, and how its files are opened."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from glob import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import FileError, InputError
from ...same import Compared
from ...scene import Camera, Picture
from ...text import short
from ..image import read_pixels

Array = NDArray[np.float64]

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".PNG", ".JPG", ".JPEG")
SAME = 0.01  # of a ratio of sides: pictures were scaled, by whole pixels


@dataclass(frozen=True)
class Lens:
    """Intrinsics in pixels, as far as they are told.

    width, height   None where a file does not say them: then the picture does
    angle           across a picture's width, instead of a focal length
    """

    width: int | None = None
    height: int | None = None
    focal: tuple[float | None, float | None] = (None, None)
    angle: tuple[float | None, float | None] = (None, None)
    centre: tuple[float | None, float | None] = (None, None)
    distortion: tuple[float, ...] = ()

    def camera(self, pose: Array, size: tuple[int, int] | None, who: str) -> tuple[Camera, str]:
        """Return the camera of a picture of a size (width, height), and what was taken for granted.

        size     of the picture; where it is another than the one told, all is scaled
        raises   InputError naming what is missing
        """
        told = (self.width, self.height)
        if size is None and (told[0] is None or told[1] is None):
            raise InputError(f"{who}: a camera needs w and h where there is no picture; got none. Add them.")
        width, height = size or (told[0] or 0, told[1] or 0)
        said = ""
        scale = (1.0, 1.0)
        if size is not None and told[0] and told[1] and told != size:
            scale = (width / told[0], height / told[1])
            if abs(scale[0] / scale[1] - 1) > SAME:
                raise InputError(
                    f"{who}: a camera needs the size of its picture; got {told[0]} x {told[1]} for one of {width} x "
                    f"{height}. Correct w and h."
                )
            said = f"cameras of {told[0]} x {told[1]} scaled to pictures of {width} x {height}"
        focal = self._focal((width, height), scale, who)
        middle = (width / 2, height / 2)
        centre = [m if c is None else c * s for c, s, m in zip(self.centre, scale, middle, strict=True)]
        try:
            return Camera(pose, width, height, focal, centre, self.distortion), said
        except InputError as error:
            raise InputError(f"{who}: {error}") from error

    def _focal(self, size: tuple[int, int], scale: tuple[float, float], who: str) -> tuple[float, float]:
        found: list[float | None] = []
        for length, angle, side, by in zip(self.focal, self.angle, size, scale, strict=True):
            if length is None and angle is not None:
                if not 0 < angle < np.pi:
                    raise InputError(f"{who}: a camera needs an angle above 0 and below pi (radians); got {angle:g}.")
                found.append(float(side / 2 / np.tan(angle / 2)))
            else:
                found.append(None if length is None else length * by)
        x = found[0] if found[0] is not None else found[1]
        y = found[1] if found[1] is not None else found[0]
        if x is None or y is None:
            raise InputError(f"{who}: a camera needs fl_x (or camera_angle_x); got neither. Add one of them.")
        return x, y


@dataclass(frozen=True, eq=False)
class Shot(Compared):
    """A picture that a file names.

    path   relative to the folder, as written
    """

    path: str
    pose: Array
    lens: Lens
    held_out: bool = False
    mask: str | None = None


@dataclass(frozen=True, eq=False)
class Loaded(Compared):
    """Frames with their pictures."""

    cameras: tuple[Camera, ...]
    pictures: tuple[Picture, ...]
    names: tuple[str, ...]
    masks: tuple[NDArray[np.bool_] | None, ...]
    findings: tuple[str, ...]


def loaded(folder: Path, shots: Iterable[Shot], max_bytes: int) -> Loaded:
    """Return the pictures of shots, each opened inside the folder.

    max_bytes  the most all of them may take, four bytes a pixel
    raises     InputError naming the shots whose pictures are missing
    """
    shots = list(shots)
    paths = [found_file(folder, shot.path) for shot in shots]
    missing = [shot.path for shot, path in zip(shots, paths, strict=True) if path is None]
    if missing:
        raise InputError(_missing(folder, missing, len(shots)))
    cameras, pictures, masks, left = [], [], [], max_bytes
    findings: dict[str, None] = {}
    for shot, path in zip(shots, paths, strict=True):
        assert path is not None
        try:
            pixels, notes = read_pixels(path, max_bytes=left)
        except InputError as error:
            if left < max_bytes:
                raise InputError(f"{error} (the pictures of a scene may take {max_bytes:,} bytes together)") from error
            raise
        left -= 4 * pixels.shape[0] * pixels.shape[1]
        camera, said = shot.lens.camera(shot.pose, (pixels.shape[1], pixels.shape[0]), short(shot.path))
        cameras.append(camera)
        pictures.append(pixels)
        masks.append(_mask(folder, shot, camera))
        findings |= dict.fromkeys([*notes, *([said] if said else [])])
    mixed = {picture.shape[2] for picture in pictures}
    if len(mixed) > 1:
        findings["some pictures have alpha and some do not: those are taken to be opaque"] = None
    names = names_of([shot.path for shot in shots])
    return Loaded(tuple(cameras), tuple(pictures), names, tuple(masks), tuple(findings))


def found_file(folder: Path, name: str) -> Path | None:
    """Return the file that a scene names, with or without its suffix; None where there is none.

    raises   FileError for a name that leads out of the folder
    """
    if not name or "\0" in name:
        raise FileError(f"read needs names of files in a scene; got {short(name)!r}. Correct its description.")
    root = os.path.realpath(folder)
    given = folder / name.replace("\\", "/")
    candidates = [given] if Path(name).suffix in SUFFIXES else [*(Path(f"{given}{end}") for end in SUFFIXES), given]
    for path in candidates:
        real = os.path.realpath(path)
        if os.path.commonpath([root, real]) != root:
            raise FileError(_outside(folder, name))
        try:
            there = os.path.isfile(real)
        except (OSError, ValueError):
            there = False
        if there:
            return path
    return None


def _outside(folder: Path, name: str) -> str:
    """Why a file elsewhere is not opened: scenes carry names of the machine that they were made on."""
    last = Path(name.replace("\\", "/")).name
    inside = os.path.join(os.path.realpath(folder), "")
    found = sorted(folder.glob(f"*/{escape(last)}")) if last not in ("", "..") else []
    here = [path for path in found if os.path.realpath(path).startswith(inside)]
    mend = (
        f"One of that name is there: write {short(here[0].relative_to(folder).as_posix())} for it, and others alike."
        if here
        else "Copy it there, and write where it lies in the folder (images/NAME) for it."
    )
    return (
        f"read needs the files of a scene inside its folder; got {short(name)!r}, which leads out of {folder.name}. "
        f"{mend}"
    )


def _missing(folder: Path, missing: list[str], n: int) -> str:
    shown = ", ".join(short(name) for name in missing[:3]) + (", ..." if len(missing) > 3 else "")
    kept = sorted({path.parent.name for end in SUFFIXES for path in list(folder.glob(f"*/*{end}"))[:3]})
    where = f"There are pictures in {', '.join(kept[:3])}." if kept else "There are no pictures in the folder."
    return (
        f"{folder.name}: a scene needs the pictures that it names; {len(missing)} of {n} are missing: {shown}. "
        f"{where} Put them there, or correct file_path."
    )


def _mask(folder: Path, shot: Shot, camera: Camera) -> NDArray[np.bool_] | None:
    """The pixels that count: where a mask is not black."""
    if shot.mask is None:
        return None
    path = found_file(folder, shot.mask)
    if path is None:
        raise InputError(f"{folder.name}: a scene needs the masks that it names; {short(shot.mask)} is missing.")
    pixels, _ = read_pixels(path)
    if pixels.shape[:2] != (camera.height, camera.width):
        raise InputError(
            f"{short(shot.mask)}: a mask needs the size of its picture, {camera.width} x {camera.height}; got "
            f"{pixels.shape[1]} x {pixels.shape[0]}."
        )
    kept: NDArray[np.bool_] = pixels[:, :, :3].max(axis=2) > 127
    return kept


def names_of(paths: list[str]) -> tuple[str, ...]:
    """The names of files without folders and suffixes, numbered where some are the same."""
    stems = [Path(path.replace("\\", "/")).name for path in paths]
    stems = [Path(stem).stem if Path(stem).suffix in SUFFIXES else stem for stem in stems]
    if len(set(stems)) == len(stems):
        return tuple(stems)
    return tuple(f"{k:04d}_{stem}" for k, stem in enumerate(stems))
