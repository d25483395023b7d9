"""Images become functions of the plane."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foldline import Samples, read
from foldline.errors import InputError
from foldline.files import image

from .test_network_files import damages

DATA = Path(__file__).parent.parent.parent / "data" / "image"


def saved(path: Path, array: Any, mode: str | None = None) -> Samples:
    from PIL import Image

    picture = Image.fromarray(array)
    (picture.convert(mode) if mode else picture).save(path)
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


@pytest.mark.parametrize(("name", "n"), [("chelsea", 300 * 451), ("camera", 512 * 512), ("astronaut", 512 * 512)])
def test_shipped_images_are_read(name: str, n: int) -> None:
    found = read(DATA / f"{name}.png")
    assert isinstance(found, Samples) and len(found) == n and 0 <= found.targets.min() < found.targets.max() <= 1


def png(width: int, height: int, body: bytes = b"") -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


BAD_IMAGES: list[tuple[int, bytes, str]] = [
    (21, png(60000, 60000), "header says 60000 x 60000"),
    (22, png(10, 10, zlib.compress(b"\0" * 20)), "image truncated"),
    (22, (DATA / "chelsea.png").read_bytes()[:20000], "image truncated"),
    (23, b"just some text", "not an image"),
    (23, b"", "not an image"),
    (23, b"\x89PNG\r\n\x1a\n" + bytes(30), "not an image"),
    (23, b"\xff\xd8\xff\xe0" + bytes(30), "not an image"),
]


@pytest.mark.parametrize(("row", "data", "message"), BAD_IMAGES)
def test_a_bad_image_is_refused_by_name(tmp_path: Path, row: int, data: bytes, message: str) -> None:
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(InputError, match=message):
        read(tmp_path / "a.png")


def test_an_image_without_pixels_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(0, 3))
    with pytest.raises(InputError, match=r"needs pixels; got 0 x 3|not an image"):
        read(tmp_path / "a.png")


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_damaged_images_raise_only_our_errors(
    tmp_path: Path, name: str, reader: Callable[[Path], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image, "MAX_PIXELS", 10_000)
    saved(tmp_path / name, np.random.default_rng(0).integers(0, 255, (8, 8, 3), dtype=np.uint8))
    refused = 0
    for bad in damages((tmp_path / name).read_bytes(), 200, seed=4):
        (tmp_path / name).write_bytes(bad)
        refused += reader(tmp_path / name) is None
    assert refused > 100
