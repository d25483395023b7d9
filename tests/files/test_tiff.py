"""TIFF files: every depth, order and arrangement of the numbers of a picture, and what libtiff has to say of damage."""

from __future__ import annotations

import io
import os
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foldline import read
from foldline.errors import InputError, MissingError
from foldline.files.deep import TURNS
from foldline.files.image import read_pixels
from foldline.files.tiff import first_tags, libtiff_heard

tifffile = pytest.importorskip("tifffile")
RNG = np.random.default_rng(7)
SHAPE = (3, 5)
FORMS = {3: "H", 4: "I"}  # TIFF's kinds of numbers
GREYS = {0: "white first", 1: "black first"}


def tiff(strips: list[bytes], order: str = "<", size: tuple[int, int] = SHAPE, **more: Any) -> bytes:
    """A TIFF of these strips; ``more`` are tags as in t258=[12]."""
    rows = size[0]
    tags = {256: [size[1]], 257: [rows], 259: [1], 273: [0] * len(strips), 278: [rows], 279: [*map(len, strips)]}
    tags |= {int(key[1:]): value for key, value in more.items()}
    kinds = {tag: 4 if tag in (273, 279) else 3 for tag in tags}
    where = 8 + 2 + 12 * len(tags) + 4
    beyond = sum(size for tag in tags if (size := struct.calcsize(FORMS[kinds[tag]]) * len(tags[tag])) > 4)
    tags[273] = [where + beyond + sum(map(len, strips[:i])) for i in range(len(strips))]
    entries, held = b"", b""
    for tag in sorted(tags):
        body = struct.pack(f"{order}{len(tags[tag])}{FORMS[kinds[tag]]}", *tags[tag])
        place = struct.pack(f"{order}I", where + len(held)) if len(body) > 4 else body.ljust(4, b"\0")
        held += body if len(body) > 4 else b""
        entries += struct.pack(f"{order}HHI", tag, kinds[tag], len(tags[tag])) + place
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, len(tags))
    return head + entries + bytes(4) + held + b"".join(strips)


def packed(values: Any, bits: int, order: str = "<") -> bytes:
    """Rows of whole numbers, each so many bits, the first bit first; each row begins with a byte."""
    if bits == 16:
        return np.asarray(values).astype(f"{order}u2").tobytes()
    rows = np.asarray(values).reshape(len(values), -1, 1) >> np.arange(bits)[::-1] & 1
    return np.packbits(rows.reshape(len(rows), -1).astype(np.uint8), axis=1).tobytes()


def numbers(bits: int, *more: int) -> Any:
    """Random ones, with the least and the largest that there are."""
    found = RNG.integers(0, 2**bits, (*SHAPE, *more))
    found[0, :2] = np.reshape([0, 2**bits - 1], (2, *[1] * len(more)))
    return found


def read_bytes(folder: Path, data: bytes) -> Any:
    (folder / "a.tif").write_bytes(data)
    return read(folder / "a.tif")


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("shown", GREYS, ids=GREYS.get)
@pytest.mark.parametrize("bits", [1, 2, 3, 4, 6, 8, 10, 12, 14, 16])
def test_grey_of_any_depth_is_a_share_of_its_white(tmp_path: Path, bits: int, shown: int, order: str) -> None:
    if bits not in (1, 2, 4, 8, 16):
        pytest.importorskip("imagecodecs")
    stored = numbers(bits)
    found = read_bytes(tmp_path, tiff([packed(stored, bits, order)], order, t258=[bits], t262=[shown], t277=[1]))
    want = stored / (2**bits - 1)
    np.testing.assert_allclose(found.targets, (want if shown else 1 - want).reshape(-1, 1), rtol=0, atol=1e-15)
    assert bits <= 8 or f"{bits}-bit grey kept" in str(found.meta) or f"{bits} bits a channel kept" in str(found.meta)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("apart", [False, True], ids=["together", "apart"])
@pytest.mark.parametrize("bits", [4, 8, 10, 12, 16])
def test_colours_of_any_depth_are_read_together_or_apart(tmp_path: Path, bits: int, apart: bool, order: str) -> None:
    if bits not in (8, 16):
        pytest.importorskip("imagecodecs")
    stored = numbers(bits, 3)
    strips = [packed(stored[:, :, i], bits, order) for i in range(3)] if apart else [packed(stored, bits, order)]
    data = tiff(strips, order, t258=[bits] * 3, t262=[2], t277=[3], t284=[2 if apart else 1])
    found = read_bytes(tmp_path, data)
    rounded = "16 bits a channel read as 8" in str(found.meta)
    assert rounded == (bits == 16 and not apart)
    want = stored.reshape(-1, 3) / (2**bits - 1)
    np.testing.assert_allclose(found.targets, want, rtol=0, atol=1 / 255 if rounded else 1e-15)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("bits", [1, 4, 8, 16])
def test_a_palette_gives_its_colours(tmp_path: Path, bits: int, order: str) -> None:
    stored, palette = numbers(bits), RNG.integers(0, 256, (3, 2**bits))
    shades = (257 * palette).ravel().tolist()
    strips = [packed(stored, bits, order)]
    found = read_bytes(tmp_path, tiff(strips, order, t258=[bits], t262=[3], t277=[1], t320=shades))
    np.testing.assert_allclose(found.targets, (palette.T / 255)[stored].reshape(-1, 3), rtol=0, atol=1e-15)
    assert "to RGB" in found.meta["converted"]


@pytest.mark.parametrize(
    ("kind", "want", "said"),
    [
        (0, lambda grey, alpha: grey, "1 more channel left out"),
        (1, lambda grey, alpha: grey + 1 - alpha, "transparency over white"),
        (2, lambda grey, alpha: grey * alpha + 1 - alpha, "transparency over white"),
    ],
    ids=["other", "multiplied", "alpha"],
)
@pytest.mark.parametrize("bits", [8, 16])
def test_a_channel_more_covers_or_is_left_out(tmp_path: Path, bits: int, kind: int, want: Any, said: str) -> None:
    alpha = numbers(bits)
    stored = np.stack([alpha // 2, alpha], axis=2)
    data = tiff([packed(stored, bits)], t258=[bits] * 2, t262=[1], t277=[2], t338=[kind])
    found = read_bytes(tmp_path, data)
    top = 2**bits - 1
    expected = want(stored[:, :, 0] / top, stored[:, :, 1] / top).reshape(-1, 1)
    np.testing.assert_allclose(found.targets, expected, rtol=0, atol=1 / 255 if kind == 1 and bits == 8 else 1e-15)
    assert said in found.meta["converted"]


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("tile", [None, (16, 16)], ids=["strips", "tiles"])
@pytest.mark.parametrize("predictor", [None, 2])
@pytest.mark.parametrize("compression", ["lzw", "zlib"])
@pytest.mark.parametrize("shown", ["minisblack", "miniswhite", "rgb"])
def test_packed_numbers_are_those_that_were_packed(
    tmp_path: Path, shown: str, compression: str, predictor: int | None, tile: Any, order: str
) -> None:
    pytest.importorskip("imagecodecs")
    stored = RNG.integers(0, 65536, (3, 20, 37) if shown == "rgb" else (20, 37)).astype(np.uint16)
    told = {"planarconfig": "separate"} if shown == "rgb" else {}
    tifffile.imwrite(
        tmp_path / "a.tif", stored, photometric=shown, compression=compression, predictor=predictor, tile=tile,
        byteorder=order, **told,
    )  # fmt: skip
    want = np.atleast_3d(np.moveaxis(stored, 0, -1) if shown == "rgb" else stored) / 65535
    want = 1 - want if shown == "miniswhite" else want
    np.testing.assert_allclose(read(tmp_path / "a.tif").targets, want.reshape(-1, want.shape[2]), rtol=0, atol=1e-15)


@pytest.mark.parametrize("orientation", TURNS)
def test_a_deep_picture_is_upright_as_pillow_turns_a_flat_one(tmp_path: Path, orientation: int) -> None:
    stored = numbers(8)
    flat, deep = (
        read_bytes(tmp_path, tiff([packed(values, bits)], t258=[bits], t262=[0], t277=[1], t274=[orientation]))
        for bits, values in ((8, stored), (16, 257 * stored))
    )
    np.testing.assert_allclose(deep.targets, flat.targets, rtol=0, atol=1e-15)
    assert (deep.meta["height"], deep.meta["width"]) == (flat.meta["height"], flat.meta["width"])
    said = f"turned upright (EXIF orientation {orientation})"
    assert said in flat.meta["findings"] and said in deep.meta["findings"]


def test_a_deep_picture_of_a_scene_is_rounded_to_bytes_and_not_turned(tmp_path: Path) -> None:
    stored = numbers(8)
    (tmp_path / "a.tif").write_bytes(tiff([packed(257 * stored, 16)], t258=[16], t262=[0], t277=[1], t274=[6]))
    pixels, notes = read_pixels(tmp_path / "a.tif")
    assert np.array_equal(pixels, np.repeat(255 - stored[:, :, None], 3, axis=2))
    assert "EXIF orientation not applied" in notes


def test_pages_after_the_first_are_said_of_deep_pictures_too(tmp_path: Path) -> None:
    stored = numbers(16).astype(np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", np.stack([stored, stored]), photometric="miniswhite")
    assert "the first of 2 pictures in it" in read(tmp_path / "a.tif").meta["findings"]


@pytest.mark.parametrize(
    ("tags", "got"),
    [
        ({"t258": [24], "t262": [1], "t277": [1]}, "24-bit whole numbers"),
        ({"t258": [32], "t262": [0], "t277": [1]}, "32-bit whole numbers"),
        ({"t258": [64], "t262": [1], "t277": [1], "t339": [6]}, "complex numbers"),
        ({"t258": [16], "t262": [34892], "t277": [1]}, "colours of the kind LINEAR_RAW"),
        ({"t258": [16], "t262": [2], "t277": [2], "t338": [0]}, r"2 of \[16\] bits along YXS"),
    ],
)
def test_numbers_without_a_white_are_refused_by_what_they_are(tmp_path: Path, tags: dict[str, Any], got: str) -> None:
    with pytest.raises(InputError, match=f"channels with a known white; got {got}"):
        read_bytes(tmp_path, tiff([bytes(200)], **tags))


def test_a_palette_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for tags in ({}, {"t320": [7] * 3}):
        with pytest.raises(InputError, match=r"a palette with all its numbers|needs whole data"):
            read_bytes(tmp_path, tiff([packed(numbers(16), 16)], t258=[16], t262=[3], t277=[1], **tags))


def test_a_deep_picture_may_not_take_more_than_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(tiff([packed(numbers(16), 16)], t258=[16], t262=[0], t277=[1]))
    with pytest.raises(InputError, match="at most 300 bytes as samples; its header says 5 x 3 pixels, which take 360"):
        read(tmp_path / "a.tif", max_bytes=300)


WHITE_FIRST = tiff([bytes(30)], t258=[16], t262=[0], t277=[1])


def test_what_is_missing_to_read_one_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unpacked(self: object) -> None:
        raise ValueError("<COMPRESSION.LZW: 5> requires the 'imagecodecs' package")

    with monkeypatch.context() as patch:
        patch.setattr("tifffile.TiffPage.asarray", unpacked)
        with pytest.raises(MissingError, match=r"packed as it is, needs imagecodecs; .* pip install 'foldline\[geo\]'"):
            read_bytes(tmp_path, WHITE_FIRST)
    monkeypatch.setitem(sys.modules, "tifffile", None)
    with pytest.raises(MissingError, match=r"such a TIFF needs tifffile"):
        read_bytes(tmp_path, WHITE_FIRST)


def test_numbers_of_four_bytes_are_told_from_those_of_two() -> None:
    data = tiff([bytes(30)], ">", t258=[16], t262=[0])
    strips = struct.pack(">HHI", 279, 4, 1)
    assert first_tags(data)[279] == 30 and strips in data


# What libtiff writes to the screen


def fax() -> bytes:
    from PIL import Image

    file, dots = io.BytesIO(), np.random.default_rng(0).integers(0, 2, (40, 40)).astype(bool)
    Image.fromarray(dots).save(file, "TIFF", compression="group4")
    return file.getvalue()


def test_a_fax_is_refused_in_the_words_of_libtiff_which_writes_none(tmp_path: Path, capfd: Any) -> None:
    """It goes on behind a word that it does not know, and says so on the screen alone."""
    whole = fax()
    at = first_tags(whole)[273]
    damaged = whole[: at + 9] + bytes(4) + whole[at + 13 :]
    (tmp_path / "a.tif").write_bytes(damaged)
    for reader in (read, read_pixels):
        with pytest.raises(InputError, match=r"needs all its data; got Fax4Decode: .*: image truncated or damaged"):
            reader(tmp_path / "a.tif")
    assert capfd.readouterr().err == ""
    assert len(read_bytes(tmp_path, whole)) == 1600


@pytest.mark.parametrize("orientation", [0, 16])
def test_tags_that_libtiff_does_not_like_change_nothing(tmp_path: Path, capfd: Any, orientation: int) -> None:
    tag = [(274, "H", 1, orientation, True)]
    stored = numbers(8).astype(np.uint8)
    for compression in (None, "zlib"):
        told = {"photometric": "minisblack", "compression": compression, "extratags": tag}
        tifffile.imwrite(tmp_path / "a.tif", stored, **told)
        found = read(tmp_path / "a.tif")
        assert np.array_equal(found.targets.reshape(SHAPE), stored / 255) and "findings" not in found.meta
    assert capfd.readouterr().err == ""


def test_what_others_write_meanwhile_is_written_afterwards(capfd: Any) -> None:
    with libtiff_heard() as said:
        os.write(2, b"INFO: a request\nFax4Decode: Bad code word.\nTIFFRead: Warning, none.\n")
        assert said == []
    assert said == ["Fax4Decode: Bad code word."]
    assert capfd.readouterr().err == "INFO: a request\nTIFFRead: Warning, none.\n"


def test_where_there_is_no_screen_pictures_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(number: int) -> int:
        raise OSError("Bad file descriptor")

    monkeypatch.setattr(os, "dup", closed)
    assert len(read_bytes(tmp_path, fax())) == 1600
