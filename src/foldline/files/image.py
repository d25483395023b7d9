"""Images as functions of the plane."""

from __future__ import annotations

import io
import re
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..samples import Samples
from ..text import short
from .deep import TURNS, first_of, is_deep, left_out, read_deep, without_white
from .source import content
from .tiff import BITS, CHANNELS, TURNED, first_tags, libtiff_heard
from .unpack import MAX_BYTES

if TYPE_CHECKING:
    from PIL.Image import Image

Array = NDArray[np.float64]
Check = Callable[[int, int, int], None]  # of width, height and channels: raises where these are too many

TOP_8 = 255.0
BEGINNINGS = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"RIFF": "WebP",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",  # BigTIFF
    b"MM\0+": "TIFF",
}
# Other pictures, as they begin: found under the names of those that are read.
OTHERS = {
    "a GIF": re.compile(b"GIF8"),
    "HEIC or AVIF, as phones write": re.compile(rb"....ftyp(hei|hev|mif1|msf1|avi)", re.DOTALL),
    "JPEG 2000": re.compile(rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51"),
    "JPEG XL": re.compile(rb"\xff\x0a|\0\0\0\x0cJXL "),
    "a drawing (SVG)": re.compile(rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<svg", re.DOTALL),
    "a document (PDF)": re.compile(b"%PDF"),
    "a Photoshop file": re.compile(b"8BPS"),
    "a Netpbm picture": re.compile(rb"P[1-7]\s"),
}
DAMAGED = (
    OSError, SyntaxError, ValueError, IndexError, KeyError, TypeError, struct.error, zlib.error, EOFError,
    RuntimeError, OverflowError, ZeroDivisionError, AttributeError, NotImplementedError, MemoryError, AssertionError,
)  # fmt: skip
GREY_16 = ("I;16", "I;16B", "I;16L", "I;16N")
GREY = ("1", "L", "LA", "La", "I", "F", *GREY_16)
ORIENTATIONS = range(2, 9)  # by EXIF; 1 is upright
IN_ALL = 0xB001  # a tag of the Multi-Picture Format: how many pictures there are


def read_image(path: Path, *, max_bytes: int = MAX_BYTES) -> Samples:
    """Return an image's pixels: inputs are pixel centres, targets the channels in [0, 1].

    max_bytes  the most the samples may take: 8 bytes for each of x, y and the channels of a pixel
    inputs     (height * width, 2): x to the right, y up, the longest side from -1 to 1; rows of pixels from the top
    targets    (height * width, 1 or 3): grey or red, green, blue
    meta       width, height, channels; "converted" and "findings" say what was changed on the way: turned upright,
               palette, alpha, CMYK, 16 bit, pages left out
    raises     InputError if it is no PNG, JPEG, WebP, BMP or TIFF, is truncated, its header says more than
               ``max_bytes``, or its numbers have no white: 32 bits, floating point, Lab

    A 1 x 1 image is one sample at the origin.
    """
    name, data = path.name, content(path, most=max_bytes)

    def check(width: int, height: int, channels: int) -> None:
        _check_size(name, width, height, channels, max_bytes)

    kind = _kind(name, data)
    if kind == "TIFF" and is_deep(data):
        values, notes, turned = read_deep(data, name, check)
        if turned in TURNS:
            values, notes = np.ascontiguousarray(TURNS[turned](values)), [*notes, _turned(turned)]
    else:
        values, notes = _values_by_pillow(name, kind, data, check)
    height, width, channels = values.shape
    meta: dict[str, Any] = {"source": name, "width": width, "height": height, "channels": channels}
    if notes:
        meta |= {"converted": "; ".join(notes), "findings": notes}
    centres = pixel_centres(width, height)
    for array in (centres, values):
        array.setflags(write=False)
    return Samples(centres, values.reshape(-1, channels), "image", ("x", "y"), meta=meta)


def read_pixels(path: Path, *, max_bytes: int = MAX_BYTES) -> tuple[NDArray[np.uint8], list[str]]:
    """Return an image as it is stored, not turned, and what was converted: (height, width, 3), or 4 with alpha, uint8.

    max_bytes  the most the pixels may take
    raises     InputError as ``read_image``
    """
    name, data = path.name, content(path, most=max_bytes)

    def check(width: int, height: int, channels: int) -> None:
        _check_pixels(name, width, height, max_bytes)

    kind = _kind(name, data)
    if kind == "TIFF" and is_deep(data):
        values, converted, turned = read_deep(data, name, check)
        pixels = _as_bytes(values)
    else:
        with _decoding(name, kind):
            image = _opened(name, kind, data, check)
            turned, notes = _orientation(image), first_of(_pictures(image))
            image.load()
            pixels, converted = _eight_bits(name, image, _is_deep(kind, image, data))
        converted = notes + converted
    return pixels, (["EXIF orientation not applied"] if turned in ORIENTATIONS else []) + converted


def _values_by_pillow(name: str, kind: str, data: bytes, check: Check) -> tuple[Array, list[str]]:
    with _decoding(name, kind):
        image = _opened(name, kind, data, check)
        deep = _is_deep(kind, image, data)
        image, notes = _upright(image)
        values, converted = _channels(name, image, deep)
    return values, notes + converted


@contextmanager
def _decoding(name: str, kind: str) -> Iterator[None]:
    """Make a refusal of whatever a decoder stumbles over, or says of a damaged file."""
    said: list[str] = []
    try:
        with warnings.catch_warnings(), libtiff_heard() if kind == "TIFF" else nullcontext(said) as said:
            warnings.simplefilter("ignore")  # Pillow warns of what it reads in spite of damage; errors are what matters
            yield
    except InputError:
        raise
    except DAMAGED as error:
        raise _damaged(name, OSError(said[0]) if said else error) from error
    if said:
        raise _damaged(name, OSError(said[0]))


def _eight_bits(name: str, image: Image, deep: bool) -> tuple[NDArray[np.uint8], list[str]]:
    """The pixels with 8 bits a channel, colours or colours and alpha, and what was converted."""
    mode = image.mode
    if mode in ("RGB", "RGBA") and "transparency" not in image.info:
        return np.array(image), ["16 bits a channel read as 8"] if deep else []
    if mode in ("LA", "La", "RGBa", "PA", "RGBA") or "transparency" in image.info:
        return np.array(_with_alpha(image)), [f"{mode} to RGBA"]
    values, notes = _channels(name, image, deep)
    return _as_bytes(values), notes


def _as_bytes(values: Array) -> NDArray[np.uint8]:
    return np.rint(TOP_8 * np.broadcast_to(values, (*values.shape[:2], 3))).astype(np.uint8)


def _kind(name: str, data: bytes) -> str:
    """The format of an image, by how it begins."""
    kind = next((kind for begin, kind in BEGINNINGS.items() if data.startswith(begin)), None)
    if kind is None:
        other = next((other for other, begin in OTHERS.items() if begin.match(data)), "")
        got = (
            f"it is {other}. Save the picture as .png"
            if other
            else ("it begins like none of PNG, JPEG, WebP, BMP and TIFF. Check the name of the file")
        )
        raise InputError(f"{name}: not an image that is read: {got}.")
    return kind


def _damaged(name: str, error: BaseException) -> InputError:
    return InputError(
        f"{name}: an image needs all its data; got {_told(error)}: image truncated or damaged. Copy it again."
    )


def _told(error: BaseException) -> str:
    """What a decoder says of a file, where that is of the file; what its program stumbled over tells nobody."""
    if isinstance(error.__cause__ or error, OSError | SyntaxError | ValueError):  # Pillow passes others on as its own
        return short(str(error), 200) or "a damaged header"
    return "a file that ends too early, or not as its header says"


def _check_pixels(name: str, width: int, height: int, most: int) -> None:
    if not 0 < 4 * width * height <= most:
        raise InputError(
            f"{name}: a picture needs 1 to {most // 4:,} pixels here; its header says {width} x {height}. Make the "
            "pictures smaller, or give --max-bytes if there is the memory."
        )


def pixel_centres(width: int, height: int) -> Array:
    """Return the centres (height * width, 2) of the pixels, row by row from the top; the longest side is [-1, 1].

    >>> pixel_centres(2, 1).tolist()
    [[-0.5, 0.0], [0.5, 0.0]]
    """
    longest = max(width, height)
    centres = np.empty((height, width, 2))
    centres[:, :, 0] = (2 * np.arange(width) + 1 - width) / longest
    centres[:, :, 1] = ((height - 1 - 2 * np.arange(height)) / longest)[:, None]
    return centres.reshape(-1, 2)


def _check_size(name: str, width: int, height: int, channels: int, most: int) -> None:
    """Refuse by the header alone what would take too much memory, or holds nothing."""
    if width * height == 0:
        raise InputError(f"{name}: an image needs pixels; got {width} x {height}. Export it again.")
    size = 8 * (2 + channels) * width * height
    if size > most:
        raise InputError(
            f"{name}: an image needs at most {most:,} bytes as samples; its header says {width} x {height} pixels, "
            f"which take {size:,}. Make it smaller, or give --max-bytes if there is memory for twice that."
        )


def _opened(name: str, kind: str, data: bytes, check: Check) -> Image:
    """The image with its header read; the plug-in is called directly, since ``Image.open`` tries every format."""
    from PIL import BmpImagePlugin, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

    plugins: dict[str, Any] = {
        "PNG": PngImagePlugin.PngImageFile,
        "JPEG": JpegImagePlugin.JpegImageFile,
        "WebP": WebPImagePlugin.WebPImageFile,
        "BMP": BmpImagePlugin.BmpImageFile,
        "TIFF": TiffImagePlugin.TiffImageFile,
    }
    if kind == "WebP":
        check(*_webp_size(name, data), 3)  # its decoder takes the memory when it is made
    try:
        image: Image = plugins[kind](io.BytesIO(data))
    except Exception as error:  # a plug-in raises whatever a damaged header makes it stumble over
        raise InputError(f"{name}: not an image: {_told(error)}. Export it again.") from error
    check(*image.size, 1 if image.mode in GREY else 3)
    if kind == "PNG" and data[24] in (2, 4) and isinstance(clear := image.info.get("transparency"), int):
        image.info["transparency"] = clear * 255 // (2 ** data[24] - 1)  # Pillow stretches the greys, and not this one
    return image


def _webp_size(name: str, data: bytes) -> tuple[int, int]:
    """Width and height of a WebP file, from its header.

    source   RFC 9649, sections 2.5 to 2.7
    """
    kind, body = data[12:16], data[20:30]
    if len(body) == 10 and kind == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if len(body) == 10 and kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if len(body) == 10 and kind == b"VP8 ":
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    raise InputError(f"{name}: not an image: damaged header. Export it again.")


def _upright(image: Image) -> tuple[Image, list[str]]:
    """The first page as viewers show it, and what that changed."""
    from PIL import ImageOps

    notes = first_of(_pictures(image))
    profile = image.info.get("icc_profile") or b""
    if profile and b"sRGB" not in profile and b"s\0R\0G\0B" not in profile:
        notes.append("its colour profile was not applied")
    before = _orientation(image)  # loading a TIFF turns it, loading a PNG may find its EXIF data
    image.load()
    after = _orientation(image)
    if after in ORIENTATIONS:
        image = ImageOps.exif_transpose(image)
    turned = max(before, after)
    if turned in ORIENTATIONS:
        notes.append(_turned(turned))
    return image, notes


def _pictures(image: Image) -> int:
    """How many pictures a file holds: pages, frames, or what a phone or a camera of two lenses puts behind the first.

    source   CIPA DC-007, Multi-Picture Format, section 5.2.3
    """
    behind = first_tags(image.info.get("mp") or b"") if image.format == "JPEG" else {}
    return max(int(getattr(image, "n_frames", 1)), behind.get(IN_ALL, 1))


def _turned(orientation: int) -> str:
    return f"turned upright (EXIF orientation {orientation})"


def _orientation(image: Image) -> int:
    """EXIF's number of how a picture is turned; 1, upright, where its EXIF data cannot be read."""
    try:
        found = image.getexif().get(TURNED, 1)
    except DAMAGED:
        return 1
    return found if isinstance(found, int) else 1


def _is_deep(kind: str, image: Image, data: bytes) -> bool:
    """Whether the file has 16 bits a channel."""
    return (kind == "PNG" and data[24] == 16) or (kind == "TIFF" and _bits(image) == 16)


def _bits(image: Image) -> int:
    """The bits of a TIFF's widest channel; 0 for other kinds."""
    return int(max(getattr(image, "tag_v2", {}).get(BITS, ()), default=0))


def _channels(name: str, image: Image, deep: bool) -> tuple[Array, list[str]]:
    """The values (height, width, 1 or 3) in [0, 1], and what was converted.

    deep   whether the file has 16 bits a channel
    """
    mode = image.mode
    if mode in GREY_16 or (mode == "I" and deep):
        bits = _bits(image) or 16
        values, clear = _cleared(image, _values(image, 2.0**bits - 1))
        return values, [f"{bits}-bit grey kept at full depth", *clear]
    if mode in ("I", "F", "LAB") or mode.startswith("I;"):
        what = {"I": "32-bit whole numbers", "F": "floating-point numbers", "LAB": "Lab colours"}.get(mode, mode)
        raise without_white(name, what)
    notes = ["16 bits a channel read as 8"] if deep else []
    notes += left_out(int(getattr(image, "tag_v2", {}).get(CHANNELS, 0)) - len(image.getbands()))
    if mode in ("L", "RGB") and "transparency" not in image.info:
        return _values(image, TOP_8), notes
    if mode == "1":
        values, clear = _cleared(image, _values(image.convert("L"), TOP_8))
        return values, ["black and white to grey", *clear]
    if mode in ("LA", "La", "RGBA", "RGBa", "PA") or "transparency" in image.info:
        grey = mode in ("LA", "La", "L")
        return _over_white(_with_alpha(image), grey=grey), [*notes, f"{mode}: transparency over white"]
    return _values(image.convert("RGB"), TOP_8), [*notes, f"{mode} to RGB"]


def _cleared(image: Image, values: Array) -> tuple[Array, list[str]]:
    """Grey values with the one that the file calls transparent in white; Pillow knows no alpha of such greys."""
    clear = image.info.get("transparency")
    if not isinstance(clear, int):
        return values, []
    values[np.asarray(image) == (clear > 0 if image.mode == "1" else clear)] = 1.0
    return values, ["transparency over white"]


def _with_alpha(image: Image) -> Image:
    return (image.convert("LA") if image.mode == "La" else image).convert("RGBA")  # Pillow knows no shorter way


def _values(image: Image, top: float) -> Array:
    pixels = np.asarray(image)
    values = np.empty(pixels.shape)
    np.divide(pixels, top, out=values)
    return values[:, :, None] if values.ndim == 2 else values


def _over_white(image: Image, *, grey: bool) -> Array:
    """Colours on a white ground, one channel after the other to save memory."""
    pixels = np.asarray(image)
    values = np.empty((*pixels.shape[:2], 1 if grey else 3))
    alpha = pixels[:, :, 3] / TOP_8
    for channel in range(values.shape[2]):
        values[:, :, channel] = pixels[:, :, channel] / TOP_8 * alpha + (1.0 - alpha)
    return values
