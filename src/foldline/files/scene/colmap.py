"""COLMAP: cameras and images of a sparse model, as text or binary.

source   colmap.github.io, "Output format"; the models in src/colmap/sensor/models.h
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...box import Box
from ...errors import InputError
from ...text import short
from ..source import content
from .shots import Lens, Shot

Array = NDArray[np.float64]

MOST_BYTES = 2**30  # of one file: its points, which are passed over, can be many
MODELS = (
    ("SIMPLE_PINHOLE", 3), ("PINHOLE", 4), ("SIMPLE_RADIAL", 4), ("RADIAL", 5), ("OPENCV", 8), ("OPENCV_FISHEYE", 8),
    ("FULL_OPENCV", 12), ("FOV", 5), ("SIMPLE_RADIAL_FISHEYE", 4), ("RADIAL_FISHEYE", 5), ("THIN_PRISM_FISHEYE", 12),
)  # fmt: skip
TAKEN = ("SIMPLE_PINHOLE", "PINHOLE", "SIMPLE_RADIAL", "RADIAL", "OPENCV")
OPENGL = np.array([1.0, -1.0, -1.0])  # COLMAP's axes point right, down and forwards
OUTSIDE = 0.01  # of the points, at each end of an axis: strays
MARGIN = 0.05  # of the box of the points, on each side
HELD = ("cameras", "images")


@dataclass(frozen=True)
class Pose:
    """An image's line: quaternion (w, x, y, z) and translation from world to camera, its camera and its name."""

    turn: tuple[float, ...]
    move: tuple[float, ...]
    camera: int
    name: str


def model_in(folder: Path) -> Path | None:
    """Return where the cameras and images of a sparse model lie in a folder; None where there are none."""
    for part in ("sparse/0", "sparse", "colmap/sparse/0", "colmap/sparse", "."):
        if all(_file(folder / part, name) for name in HELD):
            return folder / part
    return None


def shots_in(model: Path, pictures: str) -> tuple[list[Shot], Box | None]:
    """Return the shots of a sparse model, in the order of their names, and the box of its points where it has some.

    pictures   the folder that the names are in, relative to the scene's
    raises     InputError naming the model of a camera that is no pinhole, or the byte or line that cannot be
    """
    cameras, images, points = (_file(model, name) for name in (*HELD, "points3D"))
    assert cameras is not None and images is not None
    lenses = dict(_binary_cameras(cameras) if cameras.suffix == ".bin" else _text_cameras(cameras))
    poses = list(_binary_images(images) if images.suffix == ".bin" else _text_images(images))
    if not poses:
        raise InputError(f"{images.name}: a scene needs images; got none. Run the reconstruction again.")
    shots = []
    for pose in sorted(poses, key=lambda pose: pose.name):
        if pose.camera not in lenses:
            raise InputError(f"{images.name}: image {short(pose.name)} needs a camera; {pose.camera} is none of them.")
        shots.append(Shot(f"{pictures}/{pose.name}", _pose(images.name, pose), lenses[pose.camera]))
    return shots, None if points is None else _box(points)


def _pose(who: str, pose: Pose) -> Array:
    w, x, y, z = pose.turn
    size = w * w + x * x + y * y + z * z
    if not 1e-6 < size < 1e6 or not all(abs(value) < 1e9 for value in pose.move):
        raise InputError(f"{who}: image {short(pose.name)} needs a rotation and a place; got {pose.turn}, {pose.move}.")
    s = 2 / size
    turn = np.array(
        [
            [1 - s * (y * y + z * z), s * (x * y - w * z), s * (x * z + w * y)],
            [s * (x * y + w * z), 1 - s * (x * x + z * z), s * (y * z - w * x)],
            [s * (x * z - w * y), s * (y * z + w * x), 1 - s * (x * x + y * y)],
        ]
    )
    return np.column_stack([turn.T * OPENGL, -turn.T @ np.array(pose.move)])


def _lens(who: str, model: str, width: int, height: int, numbers: tuple[float, ...]) -> Lens:
    if model not in TAKEN:
        raise InputError(
            f"{who} needs a camera model out of {', '.join(TAKEN)}; got {short(model)}. Undistort the pictures first "
            "(colmap image_undistorter)."
        )
    if not (0 < width < 2**20 and 0 < height < 2**20):
        raise InputError(f"{who} needs pictures of 1 pixel at least; got {width} x {height}.")
    if len(numbers) != dict(MODELS)[model]:
        raise InputError(f"{who} needs {dict(MODELS)[model]} numbers for {model}; got {len(numbers)}.")
    same = model in ("SIMPLE_PINHOLE", "SIMPLE_RADIAL", "RADIAL")
    fx, fy = (numbers[0], numbers[0]) if same else numbers[:2]
    cx, cy, *distortion = numbers[1 if same else 2 :]
    return Lens(width, height, (fx, fy), (None, None), (cx, cy), tuple(distortion))


def _text_cameras(path: Path) -> Iterator[tuple[int, Lens]]:
    for number, words in _lines(path):
        who = f"{path.name}, line {number}: a camera"
        try:
            name, model, width, height, *numbers = words
            yield int(name), _lens(who, model, int(width), int(height), tuple(map(float, numbers)))
        except InputError:
            raise
        except ValueError as error:
            got = short(" ".join(words))
            raise InputError(f"{who} needs CAMERA_ID MODEL WIDTH HEIGHT PARAMS; got {got}.") from error


def _text_images(path: Path) -> Iterator[Pose]:
    """Every other line: the one after an image's has its points, and may be empty."""
    for number, words in list(_lines(path, empty=True))[::2]:
        if not words:
            continue
        try:
            _, *turn_move, camera, name = [*words[:9], " ".join(words[9:])]
            numbers = tuple(map(float, turn_move))
            if len(numbers) != 7 or not name:
                raise ValueError
            yield Pose(numbers[:4], numbers[4:], int(camera), name)
        except ValueError as error:
            raise InputError(
                f"{path.name}, line {number}: an image needs IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME; got "
                f"{short(' '.join(words))}."
            ) from error


def _lines(path: Path, *, empty: bool = False) -> Iterator[tuple[int, list[str]]]:
    try:
        text = content(path, most=MOST_BYTES).decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name}: not UTF-8 text at byte {error.start}. Export the model again.") from error
    for number, line in enumerate(text.split("\n"), 1):
        if not line.startswith("#") and (empty or line.strip()):
            yield number, line.split()


class _Bytes:
    """A binary file, read from its beginning."""

    def __init__(self, path: Path) -> None:
        self.name, self.data, self.at = path.name, content(path, most=MOST_BYTES), 0

    def take(self, form: str) -> tuple[float, ...]:
        size = struct.calcsize("<" + form)
        if self.at + size > len(self.data):
            raise InputError(f"{self.name}: ends at byte {len(self.data):,} in the middle of a record. Copy it again.")
        found = struct.unpack_from("<" + form, self.data, self.at)
        self.at += size
        return found

    def text(self) -> str:
        end = self.data.find(b"\0", self.at, self.at + 4096)
        if end < 0:
            raise InputError(f"{self.name}: a name at byte {self.at:,} does not end. Copy the file again.")
        name = self.data[self.at : end].decode(errors="replace")
        self.at = end + 1
        return name

    def skip(self, n: float, size: int) -> None:
        if not 0 <= n * size <= len(self.data) - self.at:
            raise InputError(f"{self.name}: says {n:.0f} records at byte {self.at:,}, more than it holds.")
        self.at += int(n) * size

    def count(self, least: int) -> int:
        """A number of records of so many bytes at least."""
        n = int(self.take("Q")[0])
        if n * least > len(self.data) - self.at:
            raise InputError(f"{self.name}: says {n} records at byte {self.at:,}, more than it holds. Copy it again.")
        return n


def _binary_cameras(path: Path) -> Iterator[tuple[int, Lens]]:
    file = _Bytes(path)
    for _ in range(file.count(24)):
        name, model, width, height = map(int, file.take("iiQQ"))
        who = f"{path.name}: camera {name}"
        if not 0 <= model < len(MODELS):
            raise InputError(f"{who} needs a camera model out of {', '.join(TAKEN)}; got number {model}.")
        yield name, _lens(who, MODELS[model][0], width, height, file.take("d" * MODELS[model][1]))


def _binary_images(path: Path) -> Iterator[Pose]:
    file = _Bytes(path)
    for _ in range(file.count(73)):
        _, *numbers, camera = file.take("i7di")
        name = file.text()
        file.skip(file.take("Q")[0], 24)
        yield Pose(tuple(numbers[:4]), tuple(numbers[4:]), int(camera), name)


def _box(path: Path) -> Box | None:
    """The box of most of the points, with a margin; None where there are too few."""
    if path.suffix == ".bin":
        places = list(_binary_points(path))
    else:
        try:
            places = [tuple(map(float, words[1:4])) for _, words in _lines(path)]
        except ValueError as error:
            raise InputError(f"{path.name}: a point needs POINT3D_ID X Y Z; got none ({short(str(error))}).") from error
    points = np.array([place for place in places if len(place) == 3 and all(abs(v) < 1e9 for v in place)])
    if len(points) < 2:
        return None
    lo, hi = np.quantile(points, [OUTSIDE, 1 - OUTSIDE], axis=0)
    return Box.around(np.stack([lo, hi]), MARGIN)


def _binary_points(path: Path) -> Iterator[tuple[float, ...]]:
    file = _Bytes(path)
    for _ in range(file.count(51)):
        _, x, y, z, *_ = file.take("Q3d3Bd")
        file.skip(file.take("Q")[0], 8)
        yield x, y, z


def _file(folder: Path, name: str) -> Path | None:
    """A model's file, binary before text."""
    return next((path for end in (".bin", ".txt") if (path := folder / f"{name}{end}").is_file()), None)
