"""Damaged files of every kind of samples: only our errors, each within ten seconds and a gigabyte."""

from __future__ import annotations

import gzip
import io
import signal
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foldline import read
from foldline.cloud import Cloud
from foldline.errors import FoldlineError

SECONDS, BYTES = 10, 2**30
ROWS = 'id,colour,"a ""b""",when,p,y\n'
for i in range(9):
    ROWS += f'{i},{("red", "blue")[i % 2]},"{i / 7:.3f}",2024-01-{i + 1:02d},{i}%,{"uv"[i % 3 == 0]}\n'
ROWS += '9,red,"1.5\n",2024-01-31,9%,u\n,,,,,\n'
MARKED = "a;b;c\n" + "".join(f"1.23{i},5;{i};{i % 2}\n" for i in range(9))


def picture(mode: str, kind: str, size: int = 9, **options: Any) -> bytes:
    from PIL import Image

    pixels = np.random.default_rng(1).integers(0, 255, (size, size, 3), dtype=np.uint8)
    image = Image.fromarray(pixels if mode != "I;16" else pixels[:, :, 0].astype(np.uint16) * 257)
    file = io.BytesIO()
    (image if mode == "I;16" else image.convert(mode)).save(file, kind, **options)
    return file.getvalue()


def turned(orientation: int) -> bytes:
    from PIL import Image

    exif = Image.Exif()
    exif[274] = orientation
    return exif.tobytes()


GRID = "ncols 3\nnrows 2\nxllcorner 10\nyllcenter 2e1\ncellsize 2\nNODATA_value -1\n1 2 3\n4 -1 6.5\n"
FILES: dict[str, tuple[str, Callable[[], bytes], dict[str, Any]]] = {
    "table": ("a.csv", ROWS.encode, {"missing": "drop", "strip": "%", "dates": True}),
    "table refused": ("a.csv", ROWS.encode, {}),
    "table of marks": ("a.csv", MARKED.encode, {"sep": ";", "decimal": ",", "thousands": "."}),
    "table, marks unsaid": ("a.csv", MARKED.encode, {"sep": ";"}),
    "table utf-16": ("a.csv", lambda: MARKED.encode("utf-16"), {"encoding": "utf-16", "sep": ";", "max_rows": 5}),
    "table tsv": ("a.tsv", lambda: ROWS.replace(",", "\t").encode("cp1252"), {"encoding": "cp1252", "header": False}),
    "table gz": ("a.csv.gz", lambda: gzip.compress(ROWS.encode()), {"missing": "drop"}),
    "ascii grid": ("a.asc", GRID.encode, {}),
    "png": ("a.png", lambda: picture("RGB", "PNG"), {}),
    "png palette": ("a.png", lambda: picture("P", "PNG", transparency=3), {}),
    "png alpha": ("a.png", lambda: picture("RGBA", "PNG", exif=turned(6)), {}),
    "png 16": ("a.png", lambda: picture("I;16", "PNG"), {}),
    "jpg": ("a.jpg", lambda: picture("RGB", "JPEG", 17, exif=turned(8)), {}),
    "jpg cmyk": ("a.jpeg", lambda: picture("CMYK", "JPEG", progressive=True), {}),
    "webp": ("a.webp", lambda: picture("RGBA", "WEBP"), {}),
    "webp lossless": ("a.webp", lambda: picture("RGB", "WEBP", lossless=True, exif=turned(3)), {}),
    "bmp": ("a.bmp", lambda: picture("RGB", "BMP"), {}),
    "bmp palette": ("a.bmp", lambda: picture("P", "BMP"), {}),
    "tif": ("a.tif", lambda: picture("RGB", "TIFF"), {}),
    "tif lzw": ("a.tif", lambda: picture("L", "TIFF", compression="tiff_lzw"), {}),
    "tif jpeg": ("a.tiff", lambda: picture("RGB", "TIFF", compression="jpeg"), {}),
    "tif deflate": ("a.tif", lambda: picture("I;16", "TIFF", compression="tiff_deflate"), {}),
}


@contextmanager
def within(seconds: int, more: int) -> Iterator[None]:
    """Only so much time, and so much memory beyond what is mapped now."""
    if not sys.platform.startswith("linux"):
        yield
        return
    import resource

    def late(*_: object) -> None:
        raise AssertionError(f"took more than {seconds} s")

    lines = Path("/proc/self/status").read_text().splitlines()
    mapped = next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmSize"))
    before, handler = resource.getrlimit(resource.RLIMIT_AS), signal.signal(signal.SIGALRM, late)
    resource.setrlimit(resource.RLIMIT_AS, (mapped + more, before[1]))
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, handler)
        resource.setrlimit(resource.RLIMIT_AS, before)


def attempt(path: Path, data: bytes, options: dict[str, Any]) -> bool:
    """Whether a damaged file is still read; anything but a refusal of ours is a failure, told with the file."""
    path.write_bytes(data)
    try:
        with within(SECONDS, BYTES):
            found: Any = read(path, **options)
            if isinstance(found, Cloud):  # what is left of an ASCII grid may be a scan in text
                assert np.isfinite(found.points).all()
                return True
            assert np.isfinite(found.inputs).all() and np.isfinite(found.targets).all()
    except FoldlineError as error:
        assert "MemoryError" not in str(error), data
        return False
    except BaseException as error:
        raise AssertionError(f"{type(error).__name__}: {error}; the file was {data.hex()[:20_000]}") from error
    return True


def flipped(data: bytes, rng: np.random.Generator) -> bytes:
    copy = bytearray(data)
    for at in rng.integers(0, len(data), rng.integers(1, 5)):
        copy[at] = rng.integers(256) if rng.random() < 0.7 else rng.choice([0, 255, 127, 128, 34, 44, 10, 59])
    if rng.random() < 0.2:  # a piece said twice or left out
        begin, end = sorted(rng.integers(0, len(data), 2).tolist())
        copy = copy[:begin] + copy[begin:end] * int(rng.integers(0, 3)) + copy[end:]
    return bytes(copy)


@pytest.mark.parametrize("name", FILES)
def test_some_damaged_files_are_read_or_refused(tmp_path: Path, name: str) -> None:
    file, make, options = FILES[name]
    data, rng = make(), np.random.default_rng(zlib.crc32(name.encode()))
    for cut in rng.integers(0, len(data), 20).tolist():
        attempt(tmp_path / file, data[:cut], options)
    for _ in range(40):
        attempt(tmp_path / file, flipped(data, rng), options)


@pytest.mark.fuzz
@pytest.mark.parametrize("name", FILES)
def test_every_beginning_and_ten_thousand_damaged_files_are_read_or_refused(tmp_path: Path, name: str) -> None:
    file, make, options = FILES[name]
    data, rng = make(), np.random.default_rng(zlib.crc32(name.encode()) + 1)
    for cut in range(len(data)):
        attempt(tmp_path / file, data[:cut], options)
    for _ in range(10_000):
        attempt(tmp_path / file, flipped(data, rng), options)
