"""transforms.json: posed pictures as nerfstudio, instant-ngp and NeRF's Blender scenes write them.

source   docs.nerf.studio, "Data conventions"; instant-ngp, docs/nerf_dataset_tips.md; Mildenhall et al. 2020 (Blender)
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...box import Box
from ...errors import InputError
from ...text import short
from ..source import content
from .shots import Lens, Shot

MOST_BYTES = 2**26  # of a description: a hundred thousand frames
SINGLE = "transforms.json"
PARTS = {"transforms_train.json": False, "transforms_test.json": True, "transforms_val.json": True}
PINHOLES = ("OPENCV", "PINHOLE", "SIMPLE_PINHOLE", "SIMPLE_RADIAL", "RADIAL", "PERSPECTIVE")
COEFFICIENTS = ("k1", "k2", "p1", "p2", "k3")
MORE_COEFFICIENTS = ("k4", "k5", "k6")  # of other lenses
INTRINSICS = ("w", "h", "fl_x", "fl_y", "cx", "cy", "camera_angle_x", "camera_angle_y", *COEFFICIENTS)
TEST = ("test_filenames", "val_filenames")


def shots_of(path: Path, *, held_out: bool = False) -> tuple[list[Shot], dict[str, Any]]:
    """Return the shots that a description names, and what else of it counts: "box" and "background".

    raises   InputError naming the frame and what is wrong with it
    """
    told = _json(path)
    given = told.get("frames")
    if not isinstance(given, list) or not given:
        raise InputError(f"{path.name}: a scene needs a list of frames; got {short(repr(given))}. Export it again.")
    aside = {Path(str(name)).as_posix() for key in TEST for name in _list(path, told, key)}
    shots = []
    for k, entry in enumerate(given):
        who = f"{path.name}: frame {k}"
        if not isinstance(entry, Mapping):
            raise InputError(f"{who} needs file_path and transform_matrix; got {short(repr(entry))}.")
        shots.append(_shot(who, entry, told, aside, held_out))
    return shots, _rest(path, told)


def _shot(who: str, entry: Mapping[str, Any], shared: Mapping[str, Any], aside: set[str], held_out: bool) -> Shot:
    name = entry.get("file_path")
    if not isinstance(name, str) or not name:
        raise InputError(f"{who} needs a file_path; got {short(repr(name))}. Name its picture.")
    _check_lens(who, {**shared, **entry})
    mask = entry.get("mask_path")
    if mask is not None and not isinstance(mask, str):
        raise InputError(f"{who} needs mask_path as a name; got {short(repr(mask))}.")
    apart = held_out or Path(name).as_posix() in aside
    return Shot(name, _pose(who, entry.get("transform_matrix")), _lens(who, entry, shared), apart, mask)


def _lens(who: str, entry: Mapping[str, Any], shared: Mapping[str, Any]) -> Lens:
    """Intrinsics of a shot: its own numbers before the shared ones."""
    own = any(key in entry for key in INTRINSICS)
    told = {**shared, **entry} if own else shared
    number = {key: _number(who, key, told.get(key)) for key in INTRINSICS}
    width, height = (None if number[key] is None else int(number[key] or 0) for key in ("w", "h"))
    for key, value in (("w", width), ("h", height)):
        if value is not None and value < 1:
            raise InputError(f"{who} needs {key} of 1 pixel at least; got {value}.")
    return Lens(
        width, height, (number["fl_x"], number["fl_y"]), (number["camera_angle_x"], number["camera_angle_y"]),
        (number["cx"], number["cy"]), tuple(number[key] or 0.0 for key in COEFFICIENTS),
    )  # fmt: skip


def _check_lens(who: str, told: Mapping[str, Any]) -> None:
    """Refuse lenses that are no pinholes with a distortion of OpenCV's, by name."""
    model = told.get("camera_model", "OPENCV")
    fisheye = told.get("is_fisheye", False)
    extra = [key for key in MORE_COEFFICIENTS if told.get(key)]
    if model not in PINHOLES or fisheye or extra:
        got = "is_fisheye" if fisheye else f"camera_model {short(repr(model))}" if model not in PINHOLES else extra[0]
        raise InputError(
            f"{who} needs a pinhole camera, with a distortion of {', '.join(COEFFICIENTS)} at most; got {got}. "
            "Undistort the pictures first (colmap image_undistorter)."
        )


def _pose(who: str, given: object) -> Any:
    try:
        pose = np.array(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        pose = np.zeros(0)
    if pose.shape not in ((4, 4), (3, 4)):
        raise InputError(f"{who} needs a transform_matrix of 4 rows of 4 numbers; got {short(repr(given))}.")
    return pose[:3]


def _number(who: str, key: str, value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 2**53:
        raise InputError(f"{who} needs {key} as a number; got {short(repr(value))}.")
    if not math.isfinite(value):
        raise InputError(f"{who} needs {key} as a finite number; got {value}.")
    return float(value)


def _list(path: Path, told: Mapping[str, Any], key: str) -> list[Any]:
    value = told.get(key, [])
    if not isinstance(value, list):
        raise InputError(f"{path.name}: {key} needs a list of names; got {short(repr(value))}.")
    return value


def _rest(path: Path, told: Mapping[str, Any]) -> dict[str, Any]:
    """The box and the background of a description: "box" and "background" are foldline's own words."""
    found: dict[str, Any] = {}
    try:
        if "box" in told:
            found["box"] = Box(*told["box"])
        elif "aabb_scale" in told:
            found["within"] = _cube(told)
        if "background" in told:
            colour = [float(value) for value in told["background"]]
            if len(colour) != 3 or not all(0 <= value <= 1 for value in colour):
                raise ValueError
            found["background"] = colour
    except (TypeError, ValueError, OverflowError, ZeroDivisionError) as error:
        raise InputError(
            f"{path.name}: a scene needs box as two corners, background as three numbers from 0 to 1, aabb_scale, "
            f"scale and offset as numbers; got others ({short(str(error))}). Correct or remove them."
        ) from error
    return found


def _cube(told: Mapping[str, Any]) -> Box:
    """The cube of instant-ngp: places p of the file are p scale + offset there, and it lies round a half.

    source   instant-ngp, include/neural-graphics-primitives/nerf_loader.h: scale 0.33, offset 0.5 unless given
    """
    scale, offset = float(told.get("scale", 0.33)), np.array(told.get("offset", [0.5] * 3), dtype=np.float64)
    half = float(told["aabb_scale"]) / 2 / scale
    middle = (0.5 - offset) / scale
    return Box(middle - half, middle + half)


def _json(path: Path) -> Mapping[str, Any]:
    data = content(path, most=MOST_BYTES)
    try:
        told = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path.name}: not JSON ({short(str(error))}). Export it again.") from error
    if not isinstance(told, Mapping):
        raise InputError(f"{path.name}: a scene needs an object with frames; got {short(repr(told))}.")
    return told
