"""Images as functions of the plane."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..samples import Samples
from .source import content

if TYPE_CHECKING:
    from PIL.Image import Image

Array = NDArray[np.float64]

MAX_PIXELS = 2**26  # 8192 x 8192: its samples take 2.7 GB
TOP_8, TOP_16 = 255.0, 65535.0


def read_image(path: Path) -> Samples:
    """Return an image's pixels: inputs are pixel centres, targets the channels in [0, 1].

    inputs   (height * width, 2): x to the right, y up, the longest side from -1 to 1; rows of pixels from the top
    targets  (height * width, 1 or 3): grey or red, green, blue
    meta     width, height, channels; "converted" says what was changed on the way (palette, alpha, CMYK, 16 bit)
    raises   InputError if it is no PNG or JPEG, is truncated, or its header says more than MAX_PIXELS

    A 1 x 1 image is one sample at the origin.
    """
    image = _opened(path)
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise InputError(
            f"{path.name}: an image needs at most {MAX_PIXELS} pixels; header says {width} x {height}. Make it smaller."
        )
    if width * height == 0:
        raise InputError(f"{path.name}: an image needs pixels; got {width} x {height}. Export it again.")
    try:
        image.load()
        values, note = _channels(image)
    except (OSError, SyntaxError, ValueError, IndexError, struct.error, zlib.error, EOFError) as error:
        raise InputError(
            f"{path.name}: an image needs all its data; got {error}: image truncated. Copy it again."
        ) from error
    meta: dict[str, Any] = {"source": path.name, "width": width, "height": height, "channels": values.shape[2]}
    if note:
        meta["converted"] = note
    return Samples(pixel_centres(width, height), values.reshape(width * height, -1), "image", ("x", "y"), meta=meta)


def pixel_centres(width: int, height: int) -> Array:
    """Return the centres (height * width, 2) of the pixels, row by row from the top; the longest side is [-1, 1].

    >>> pixel_centres(2, 1).tolist()
    [[-0.5, 0.0], [0.5, 0.0]]
    """
    longest = max(width, height)
    x = (2 * np.arange(width) + 1 - width) / longest
    y = (height - 1 - 2 * np.arange(height)) / longest
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def _opened(path: Path) -> Image:
    """The image with its header read; the two plug-ins are called directly, since ``Image.open`` tries every format."""
    from PIL import JpegImagePlugin, PngImagePlugin

    data = content(path)
    plugins = {b"\x89PNG\r\n\x1a\n": PngImagePlugin.PngImageFile, b"\xff\xd8\xff": JpegImagePlugin.JpegImageFile}
    plugin = next((plugin for magic, plugin in plugins.items() if data.startswith(magic)), None)
    if plugin is None:
        raise InputError(f"{path.name}: not an image: it starts with neither PNG's nor JPEG's bytes. Check the name.")
    try:
        return plugin(io.BytesIO(data))
    except Exception as error:  # a plug-in raises whatever a damaged header makes it stumble over
        raise InputError(f"{path.name}: not an image: {error or 'damaged header'}. Export it again.") from error


def _channels(image: Image) -> tuple[Array, str]:
    """The values (height, width, 1 or 3) in [0, 1], and what was converted."""
    mode = image.mode
    if mode in ("L", "RGB") and "transparency" not in image.info:
        return _values(image, TOP_8), ""
    if mode in ("I;16", "I;16B", "I;16L", "I"):
        return _values(image, TOP_16), "16-bit grey kept at full depth"
    if mode == "1":
        return _values(image.convert("L"), TOP_8), "black and white to grey"
    if mode in ("LA", "RGBA", "PA") or "transparency" in image.info:
        return _over_white(
            _values(image.convert("RGBA"), TOP_8), grey=mode in ("LA", "L")
        ), f"{mode}: transparency over white"
    return _values(image.convert("RGB"), TOP_8), f"{mode} to RGB"


def _values(image: Image, top: float) -> Array:
    values = np.asarray(image).astype(np.float64) / top
    return values[:, :, None] if values.ndim == 2 else values


def _over_white(values: Array, *, grey: bool) -> Array:
    alpha = values[:, :, 3:]
    colour = values[:, :, :3] * alpha + (1.0 - alpha)
    return colour[:, :, :1] if grey else colour
