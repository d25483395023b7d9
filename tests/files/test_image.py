"""Images become functions of the plane."""

from __future__ import annotations

import io
import re
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foldline import Samples, read
from foldline.errors import BudgetError, InputError
from foldline.files.image import read_pixels

DATA = Path(__file__).parent.parent.parent / "data" / "image"


def saved(path: Path, array: Any, mode: str | None = None, **options: Any) -> Samples:
    from PIL import Image

    picture = Image.fromarray(array)
    (picture.convert(mode) if mode else picture).save(path, **options)
    value = read(path)
    assert isinstance(value, Samples)
    return value


def test_pixels_are_samples_at_their_centres(tmp_path: Path) -> None:
    found = saved(tmp_path / "a.png", np.array([[[255, 0, 51], [0, 0, 0]]], dtype=np.uint8))
    assert found.inputs.tolist() == [[-0.5, 0], [0.5, 0]]
    assert found.targets.tolist() == [[1, 0, 0.2], [0, 0, 0]]
    assert (found.kind, found.meta["width"], found.meta["height"], found.meta["channels"]) == ("image", 2, 1, 3)


def test_the_first_row_is_the_top_and_the_longest_side_is_two(tmp_path: Path) -> None:
    found = saved(tmp_path / "a.png", np.zeros((4, 2), dtype=np.uint8))
    assert found.inputs[0].tolist() == [-0.25, 0.75] and found.inputs[-1].tolist() == [0.25, -0.75]


def test_one_pixel_is_one_sample(tmp_path: Path) -> None:
    assert saved(tmp_path / "a.png", np.full((1, 1), 255, dtype=np.uint8)).targets.tolist() == [[1]]


def test_sixteen_bits_are_kept_and_named(tmp_path: Path) -> None:
    found = saved(tmp_path / "a.png", np.array([[0, 1, 65535]], dtype=np.uint16))
    assert found.targets.ravel().tolist() == [0, 1 / 65535, 1] and "16-bit" in found.meta["converted"]


@pytest.mark.parametrize(
    ("name", "mode", "channels", "note"),
    [
        ("a.png", "P", 3, "P to RGB"),
        ("a.png", "1", 1, "black and white"),
        ("a.png", "RGBA", 3, "transparency over white"),
        ("a.png", "LA", 1, "transparency over white"),
        ("a.jpg", "CMYK", 3, "CMYK to RGB"),
    ],
)
def test_other_kinds_of_image_are_converted_and_it_is_said(
    tmp_path: Path, name: str, mode: str, channels: int, note: str
) -> None:
    found = saved(tmp_path / name, np.zeros((2, 2, 3), dtype=np.uint8), mode)
    assert found.targets.shape == (4, channels) and note in found.meta["converted"]
    np.testing.assert_allclose(found.targets, 0, atol=0.02)


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    found = saved(tmp_path / "a.png", np.array([[[0, 0, 0, 0], [0, 0, 0, 255]]], dtype=np.uint8))
    assert found.targets.tolist() == [[1, 1, 1], [0, 0, 0]]


@pytest.mark.parametrize("name", ["a.webp", "a.bmp", "a.tif", "a.tiff"])
def test_other_formats_hold_the_same_pixels(tmp_path: Path, name: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (5, 7, 3), dtype=np.uint8)
    options = {"lossless": True} if name == "a.webp" else {}
    found = saved(tmp_path / name, pixels, **options)
    assert np.array_equal(found.targets, pixels.reshape(-1, 3) / 255) and "findings" not in found.meta


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif"])
def test_a_picture_is_upright_as_its_exif_data_say(tmp_path: Path, name: str, orientation: int) -> None:
    """Held against numpy: what each orientation does to the rows and columns of the stored pixels."""
    from PIL import Image

    stored = np.kron(np.array([[0, 80], [160, 250], [30, 200]], dtype=np.uint8), np.ones((8, 8), dtype=np.uint8))
    upright = {
        1: stored, 2: stored[:, ::-1], 3: stored[::-1, ::-1], 4: stored[::-1], 5: stored.T, 6: stored[::-1].T,
        7: stored[::-1, ::-1].T, 8: stored.T[::-1],
    }[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[274] = orientation
    found = saved(tmp_path / name, np.repeat(stored[:, :, None], 3, axis=2), exif=exif, quality=100)
    assert (found.meta["height"], found.meta["width"]) == upright.shape
    np.testing.assert_allclose(found.targets[:, 0].reshape(upright.shape), upright / 255, atol=0.05)
    assert ("turned upright" in found.meta.get("converted", "")) == (orientation > 1)


def test_exif_data_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    found = saved(tmp_path / "a.jpg", np.zeros((8, 8, 3), dtype=np.uint8), exif=b"Exif\0\0MM\0*\0\0\xff\xff\xff\xff")
    assert len(found) == 64 and ("EXIF" in found.meta.get("converted", "EXIF"))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.tif", {}),
        ("a.png", {}),
        ("a.png", {"default_image": True}),
        ("a.webp", {"lossless": True}),
        ("a.jpg", {"format": "MPO", "quality": 100}),
    ],
    ids=["pages", "frames", "frames behind a picture", "frames of WebP", "two lenses"],
)
def test_of_several_pictures_the_first_is_taken_and_said(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    from PIL import Image

    pictures = [Image.fromarray(np.full((16, 16, 3), grey, dtype=np.uint8)) for grey in (51, 102, 204)]
    pictures[0].save(tmp_path / name, save_all=True, append_images=pictures[1:], **options)
    found = read(tmp_path / name)
    assert isinstance(found, Samples) and found.meta["findings"] == ["the first of 3 pictures in it"]
    np.testing.assert_allclose(found.targets, 0.2, rtol=0, atol=1e-9)
    assert "the first of 3 pictures in it" in read_pixels(tmp_path / name)[1]


def test_colour_profiles_are_said(tmp_path: Path) -> None:
    from PIL import Image

    page = Image.fromarray(np.zeros((2, 2, 3), dtype=np.uint8))
    page.save(tmp_path / "a.png", icc_profile=b"Display P3")
    page.save(tmp_path / "b.png", icc_profile=b"sRGB IEC61966-2.1")
    assert "its colour profile was not applied" in read(tmp_path / "a.png").meta["converted"]
    assert "converted" not in read(tmp_path / "b.png").meta


def test_sixteen_bits_of_colour_are_read_as_eight_and_it_is_said(tmp_path: Path) -> None:
    body = zlib.compress(b"\0" + struct.pack(">6H", 0, 0x80FF, 0xFFFF, 1, 2, 3))
    (tmp_path / "a.png").write_bytes(png(2, 1, body, depth=16, colour=2))
    found = read(tmp_path / "a.png")
    assert isinstance(found, Samples) and "16 bits a channel read as 8" in found.meta["converted"]
    np.testing.assert_allclose(found.targets[0], [0, 0x80 / 255, 1], atol=1 / 255)


@pytest.mark.parametrize(("name", "n"), [("chelsea", 300 * 451), ("camera", 512 * 512), ("astronaut", 512 * 512)])
def test_shipped_images_are_read(name: str, n: int) -> None:
    found = read(DATA / f"{name}.png")
    assert isinstance(found, Samples) and len(found) == n and 0 <= found.targets.min() < found.targets.max() <= 1


def png(
    width: int, height: int, body: bytes = b"", *, depth: int = 8, colour: int = 0, clear: int | None = None
) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    less = b"" if clear is None else chunk(b"tRNS", struct.pack(">H", clear))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + less + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def made(kind: str, mode: str = "RGB", size: tuple[int, int] = (20, 20)) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.effect_noise(size, 80).convert(mode).save(file, kind)
    return file.getvalue()


def webp(width: int, height: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", 100) + b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + size + bytes(80)


BAD_IMAGES: list[tuple[int, bytes, str]] = [
    (21, png(60000, 60000), "header says 60000 x 60000"),
    (21, png(8192, 8192), "at most 536,870,912 bytes as samples; its header says 8192 x 8192 .*--max-bytes"),
    (21, webp(2**24, 2**24), "header says 16777216 x 16777216"),
    (21, made("BMP")[:18] + struct.pack("<ii", 60000, 60000) + made("BMP")[26:], "header says 60000 x 60000"),
    (22, png(10, 10, zlib.compress(b"\0" * 20)), "image truncated"),
    (22, (DATA / "chelsea.png").read_bytes()[:20000], "image truncated"),
    *((22, made(kind)[: len(made(kind)) // 2], "truncated|not an image") for kind in ("JPEG", "WEBP", "BMP", "TIFF")),
    (23, b"just some text", "not an image that is read: it begins like none of PNG"),
    (23, b"", "not an image"),
    (23, b"\x89PNG\r\n\x1a\n" + bytes(30), "not an image"),
    (23, b"\xff\xd8\xff\xe0" + bytes(30), "not an image"),
    (23, b"RIFF" + bytes(30), "not an image: damaged header"),
    (23, b"BM" + bytes(60), "not an image"),
    (23, b"II*\0" + bytes(60), "not an image"),
    (24, made("TIFF", "F"), "channels with a known white; got floating-point numbers"),
    (24, made("TIFF", "I"), "channels with a known white; got 32-bit whole numbers"),
    (24, made("TIFF", "LAB"), "channels with a known white; got Lab colours"),
]


@pytest.mark.parametrize(("row", "data", "message"), BAD_IMAGES)
def test_a_bad_image_is_refused_by_name(tmp_path: Path, row: int, data: bytes, message: str) -> None:
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(InputError, match=message):
        read(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"GIF89a" + bytes(9), "it is a GIF"),
        (b"\0\0\0\x18ftypheic" + bytes(9), "it is HEIC or AVIF, as phones write"),
        (b"\0\0\0\x1cftypavif" + bytes(9), "it is HEIC or AVIF, as phones write"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "it is JPEG 2000"),
        (b"\xff\x0a\xfa", "it is JPEG XL"),
        (b"<?xml version='1.0'?>\n<svg>", r"it is a drawing .SVG."),
        (b"%PDF-1.7", r"it is a document .PDF."),
        (b"8BPS\0\1", "it is a Photoshop file"),
        (b"P6 3 2 255 ", "it is a Netpbm picture"),
    ],
)
def test_other_pictures_under_the_name_of_one_are_named(tmp_path: Path, data: bytes, told: str) -> None:
    (tmp_path / "a.jpg").write_bytes(data)
    with pytest.raises(InputError, match=rf"not an image that is read: {told}. Save the picture as .png"):
        read(tmp_path / "a.jpg")


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_the_grey_that_is_transparent_is_white(tmp_path: Path, bits: int) -> None:
    """PNG's way without an alpha channel: one grey is none."""
    clear, other = (2**bits - 1) // 3, 2**bits - 1
    row = sum(value << (bits * (7 - i)) for i, value in enumerate([clear, other] * 4)).to_bytes(bits, "big")
    (tmp_path / "a.png").write_bytes(png(8, 1, zlib.compress(b"\0" + row), depth=bits, clear=clear))
    found = read(tmp_path / "a.png")
    assert isinstance(found, Samples) and found.targets.ravel().tolist() == [1.0] * 8
    assert "transparency over white" in found.meta["converted"]
    (tmp_path / "a.png").write_bytes(png(8, 1, zlib.compress(b"\0" + row), depth=bits))
    assert read(tmp_path / "a.png").targets.ravel().tolist() == [clear / other, 1.0] * 4


def test_an_image_without_pixels_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(0, 3))
    with pytest.raises(InputError, match=r"needs pixels; got 0 x 3|not an image"):
        read(tmp_path / "a.png")


def test_sixteen_bits_of_colour_in_a_tiff_are_said_too(tmp_path: Path) -> None:
    tags = {256: 2, 257: 1, 259: 1, 262: 2, 273: 122, 277: 3, 278: 1, 279: 12}  # width, height, ..., bytes
    entries = {tag: struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items()}
    entries[258] = struct.pack("<HHII", 258, 3, 3, 134)  # three numbers of bits, behind the pixels
    body = struct.pack("<6H", 0, 0x80FF, 0xFFFF, 1, 2, 3) + struct.pack("<3H", 16, 16, 16)
    head = b"II*\0\x08\0\0\0" + struct.pack("<H", 9) + b"".join(entries[tag] for tag in sorted(entries))
    (tmp_path / "a.tif").write_bytes(head + bytes(4) + body)
    found = read(tmp_path / "a.tif")
    assert isinstance(found, Samples) and "16 bits a channel read as 8" in found.meta["converted"]
    np.testing.assert_allclose(found.targets[0], [0, 0x80 / 255, 1], atol=1 / 255)


def test_what_does_not_fit_into_memory_is_a_spent_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(width: int, height: int) -> None:
        raise MemoryError("Unable to allocate 9 GiB")

    monkeypatch.setattr("foldline.files.image.pixel_centres", full)
    with pytest.raises(BudgetError, match=r"a.png: read needs more memory than there is .Unable to allocate 9 GiB."):
        saved(tmp_path / "a.png", np.zeros((2, 2), dtype=np.uint8))


def test_samples_freeze_no_array_of_the_caller_and_copy_none_that_is_frozen() -> None:
    mine, frozen = np.ones((2, 1)), np.ones((2, 1))
    frozen.setflags(write=False)
    found = Samples(mine, frozen)
    mine[0] = 7.0
    assert found.inputs.tolist() == [[1], [1]] and np.shares_memory(found.targets, frozen)


def test_more_bytes_are_read_when_asked(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(3, 1, zlib.compress(b"\0abc")))
    with pytest.raises(InputError, match=r"at most 71 bytes as samples; .* which take 72"):
        read(tmp_path / "a.png", max_bytes=71)
    assert len(read(tmp_path / "a.png", max_bytes=72)) == 3  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"needs target only for .csv.*; got it for a.png"):
        read(tmp_path / "a.png", target="x")


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.bmp", "a.tif"])
def test_images_that_end_too_early_are_refused_in_words(tmp_path: Path, name: str) -> None:
    saved(tmp_path / name, np.zeros((4, 4, 3), dtype=np.uint8))
    whole = (tmp_path / name).read_bytes()
    told = []
    for length in range(9, len(whole) - 20, max(1, len(whole) // 60)):
        (tmp_path / name).write_bytes(whole[:length])
        for reader in (read, read_pixels):
            try:
                reader(tmp_path / name)
            except InputError as error:
                told.append(str(error))
    assert len(told) > 20
    assert not [text for text in told if re.search("unpack|buffer|index out|subscript|NoneType|attribute", text)]
