"""Scene -> the files of a folder that nerfstudio, instant-ngp and foldline read."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...atomic import result_folder, write_bytes
from ...colour import as_bytes
from ...errors import InputError
from ...scene import COEFFICIENTS, Camera, Scene
from ...text import json_text

DEEP = 65535  # of a picture of depths: the farthest


def scene_files(scene: Scene) -> dict[str, bytes]:
    """Return the files of a scene by their names: transforms.json and a PNG a picture; masks beside them.

    >>> grey = np.zeros((1, 1, 3), np.uint8)
    >>> sorted(scene_files(Scene([Camera(np.eye(3, 4), 1, 1, (1.0, 1.0), (0.5, 0.5))], [grey], ["a"])))
    ['images/a.png', 'transforms.json']
    """
    for name in scene.names:
        if not name or name.startswith(".") or any(c in name for c in '/\\:*?"<>|\0') or not name.isprintable():
            raise InputError(f"save needs names of pictures that are names of files; got {name!r}. Rename it.")
    files: dict[str, bytes] = {}
    frames = []
    for camera, picture, name, mask in zip(scene.cameras, scene.pictures, scene.names, scene.masks, strict=True):
        frame: dict[str, Any] = {"file_path": f"images/{name}.png", **_told(camera)}
        files[frame["file_path"]] = png(picture)
        if mask is not None:
            frame["mask_path"] = f"masks/{name}.png"
            files[frame["mask_path"]] = png(255 * mask.astype(np.uint8))
        frames.append(frame)
    told: dict[str, Any] = {"camera_model": "OPENCV"}
    if any(scene.held_out):
        for key, apart in (("train_filenames", False), ("test_filenames", True)):
            told[key] = [f["file_path"] for f, aside in zip(frames, scene.held_out, strict=True) if aside == apart]
    if scene.box is not None:
        told["box"] = [scene.box.lo.tolist(), scene.box.hi.tolist()]
    if scene.background is not None:
        told["background"] = list(scene.background)
    files["transforms.json"] = (json_text({**told, "frames": frames}, indent=1) + "\n").encode()
    return files


def save_scene(scene: Scene, folder: str | Path, *, force: bool = False) -> Path:
    """Write a scene as a folder, all of it or nothing, and return its path; nerfstudio and instant-ngp read it, too.

    raises   FileError if there are files and ``force`` is off
    """
    with result_folder(folder, force=force) as part:
        for name, data in scene_files(scene).items():
            (part / name).parent.mkdir(exist_ok=True)
            write_bytes(part / name, data)
    return Path(folder)


def png(pixels: NDArray[Any], texts: dict[str, str] | None = None) -> bytes:
    """Return pixels as a PNG file: uint8 grey, colours or colours and alpha, or uint16 grey.

    texts   kept in the file, by their names
    """
    from PIL import Image, PngImagePlugin

    info = PngImagePlugin.PngInfo()
    for name, text in (texts or {}).items():
        info.add_text(name, text)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", pnginfo=info)
    return out.getvalue()


def view_files(name: str, colours: Any, opacity: Any, depth: Any) -> dict[str, bytes]:
    """Return the files of a view: NAME.png, and NAME.opacity.png and NAME.depth.png beside it, 16-bit grey.

    colours   (height, width, 3), opacity and depth (height, width); the deepest is white, how far it is stands in
              the PNG's text "depth of 65535"
    """
    farthest = float(depth.max()) or 1.0
    return {
        f"{name}.png": png(as_bytes(colours)),
        f"{name}.opacity.png": png(np.rint(DEEP * opacity).astype(np.uint16)),
        f"{name}.depth.png": png(
            np.rint(DEEP / farthest * depth).astype(np.uint16), {"depth of 65535": json_text(farthest)}
        ),
    }


def turntable(pictures: list[NDArray[np.uint8]], suffix: str, *, milliseconds: int = 60) -> bytes:
    """Return pictures one after the other as an endless film: ".gif" or ".webp"."""
    from PIL import Image

    pictured = [Image.fromarray(picture) for picture in pictures]
    out = io.BytesIO()
    how: dict[str, Any] = {"save_all": True, "append_images": pictured[1:], "duration": milliseconds, "loop": 0}
    pictured[0].save(out, {".gif": "GIF", ".webp": "WebP"}[suffix], **how)
    return out.getvalue()


def _told(camera: Camera) -> dict[str, Any]:
    """A camera's numbers in nerfstudio's words."""
    pose = [*camera.pose.tolist(), [0.0, 0.0, 0.0, 1.0]]
    lens = {key: value for key, value in zip(COEFFICIENTS, camera.lens.tolist(), strict=True) if value}
    return {
        "w": camera.width, "h": camera.height, "fl_x": camera.focal[0], "fl_y": camera.focal[1],
        "cx": camera.centre[0], "cy": camera.centre[1], **lens, "transform_matrix": pose,
    }  # fmt: skip
