"""Small files that unpack to large ones are refused before they are unpacked: in seconds, and in a gigabyte."""

from __future__ import annotations

import gzip
import io
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from foldline.errors import InputError
from foldline.files import unpack

from .test_image import png, webp

MOST = 2**30  # what a refusal may take in memory, beyond what the interpreter and NumPy have mapped before
ALONE = """
import resource, sys
import foldline, foldline.files.image
from PIL import BmpImagePlugin, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin
mapped = next(int(line.split()[1]) << 10 for line in open("/proc/self/status") if line.startswith("VmSize"))
resource.setrlimit(resource.RLIMIT_AS, (mapped + {most}, mapped + {most}))
for path in sys.argv[1:]:
    try:
        foldline.read(path)
        print("read", path)
    except foldline.FoldlineError as error:
        print(error)
"""


def deflated(begin: bytes, block: bytes, times: int, wbits: int = 15) -> bytes:
    """A stream that unpacks to ``begin`` and so many blocks; each is packed alone, so that one is made and repeated."""
    pack = zlib.compressobj(9, zlib.DEFLATED, wbits)
    head = pack.compress(begin) + pack.flush(zlib.Z_FULL_FLUSH)
    part = pack.compress(block) + pack.flush(zlib.Z_FULL_FLUSH)
    return head + part * times + pack.flush()


def gzipped(begin: bytes, block: bytes, times: int) -> bytes:
    crc = zlib.crc32(begin)
    for _ in range(times):
        crc = zlib.crc32(block, crc)
    size = len(begin) + len(block) * times
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + deflated(begin, block, times, -15) + struct.pack("<II", crc, size)


def rows(path: Path) -> None:
    path.write_bytes(gzipped(b"a,b\n", b"1,2\n" * 2**18, 520))


def few_rows(path: Path) -> None:
    """Just below the limit as text, above it with the numbers made of it."""
    path.write_bytes(gzipped(b"a,b\n", b"1,2\n" * 2**18, 500))


def one_line(path: Path) -> None:
    path.write_bytes(gzipped(b"a,b\n", b"1" * 2**20, 100))


def columns(path: Path) -> None:
    path.write_bytes(gzipped(b"", b"1," * 2**19, 100))


def members(path: Path) -> None:
    path.write_bytes(gzip.compress(b"a,b\n") + gzip.compress(b"1,2\n" * 2**22) * 33)


def squares(path: Path) -> None:
    path.write_bytes(png(8192, 8192, deflated(b"", bytes(8193 * 64), 128)))


def animated(path: Path) -> None:
    path.write_bytes(webp(2**14, 2**14))


def text_of_a_picture(path: Path) -> None:
    """A comment that unpacks to 200 MB."""
    body = b"Comment\0\0" + deflated(b"", bytes(2**20), 200)
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    whole = png(1, 1, zlib.compress(b"\0\0"))
    path.write_bytes(whole[:33] + chunk + whole[33:])


def zeros(path: Path) -> None:
    """An archive of an array of 4 GB: what it holds is stored, then named as packed."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": (2**14, 2**15 - 1)})
    size = len(head.getvalue()) + 8 * 2**14 * (2**15 - 1)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("W0.npy", deflated(head.getvalue(), bytes(2**20), 2**12, -15))
    whole = bytearray(file.getvalue())
    central = whole.index(b"PK\1\2")
    for method, length in ((8, 22), (central + 10, central + 24)):
        struct.pack_into("<H", whole, method, zipfile.ZIP_DEFLATED)
        struct.pack_into("<I", whole, length, size)
    path.write_bytes(whole)


def lied(path: Path) -> None:
    """An array whose header says 64 GB, with nothing behind it."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": (2**16, 2**17)})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("W0.npy", head.getvalue())


BOMBS: list[tuple[str, Callable[[Path], None], str]] = [
    ("rows.csv.gz", rows, "at most 536,870,912 bytes; it has more unpacked. Give --max-rows"),
    ("few.csv.gz", few_rows, "its 131,072,000 rows of 2 numbers take 2,621,440,004 with the text"),
    ("line.csv.gz", one_line, "line 2: a table needs lines of less than 4,194,304 characters"),
    ("columns.csv.gz", columns, "line 1: a table needs lines of less than 4,194,304 characters"),
    ("members.csv.gz", members, "at most 536,870,912 bytes; it has more unpacked"),
    ("squares.png", squares, "its header says 8192 x 8192 pixels"),
    ("animated.webp", animated, "its header says 16384 x 16384 pixels"),
    ("text.png", text_of_a_picture, "image"),
    ("zeros.npz", zeros, "unpacked; got 4,294,836"),
    ("lied.npz", lied, "lied.npz"),
]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited as Linux does it")
@pytest.mark.slow
def test_a_small_file_that_unpacks_to_a_large_one_is_refused_in_a_gigabyte(tmp_path: Path) -> None:
    paths = [tmp_path / name for name, _, _ in BOMBS]
    for path, (_, make, _) in zip(paths, BOMBS, strict=True):
        make(path)
        assert path.stat().st_size < 5e6
    code = ALONE.format(most=MOST)
    ran = subprocess.run([sys.executable, "-c", code, *map(str, paths)], capture_output=True, text=True, check=False)
    said = ran.stdout.splitlines()
    assert len(said) == len(BOMBS), ran.stderr[-2000:]
    for line, (name, _, message) in zip(said, BOMBS, strict=True):
        assert line.startswith(name) and message in line and "MemoryError" not in line, line


def test_a_gzip_stream_is_sized_up_to_its_limit() -> None:
    data = gzip.compress(bytes(3 * 2**20)) + gzip.compress(b"end") + b"\0" * 20
    assert unpack.gzip_size(data, 10**9) == 3 * 2**20 + 3 == len(unpack.gunzip(data, 10**9))
    assert unpack.gzip_size(data, 1000) == 1001 and unpack.gunzip(data, 1000) == bytes(1000)
    assert unpack.gunzip(data, 10**9).endswith(b"\0end")
    assert unpack.gunzip(gzip.compress(b""), 5) == b"" and unpack.gzip_size(b"", 5) == 0


@pytest.mark.parametrize("change", [lambda d: d[:-9], lambda d: d[:5], lambda d: d[:-2] + b"ab", lambda d: d + b"junk"])
def test_a_broken_gzip_stream_is_named(change: Callable[[bytes], bytes]) -> None:
    data = change(gzip.compress(np.random.default_rng(0).bytes(3 * 2**20)))
    for work in (unpack.gzip_size, unpack.gunzip):
        with pytest.raises(InputError, match="a whole gzip file"):
            work(data, 10**9)


def test_the_limit_of_what_an_archive_unpacks_to_can_be_moved(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    import foldline as fl
    from foldline.cli import app
    from foldline.files import read_regions

    net = fl.Network([[[1.0, 1.0], [1.0, 1.0]], [[1.0, -2.0]]], [[0.0, -1.0], [0.0]])
    path = net.save(tmp_path / "a.npz")
    answer = fl.regions(net, fl.Box([-1, -1], [2, 2])).save(tmp_path / "r.npz")
    limited = {"max_bytes": 100}
    for asked in (lambda: fl.read(path, **limited), lambda: read_regions(answer, **limited)):
        with pytest.raises(InputError, match=r"at most 100 bytes unpacked; .*Give --max-bytes \(max_bytes=\)"):
            asked()
    run = CliRunner().invoke
    for words in (["show", str(path)], ["check", str(path), str(answer)], ["regions", str(path), "--box", "-1", "2"]):
        assert run(app, [*words, "--max-bytes", "100"]).exit_code == 2
        assert run(app, [*words, "--max-bytes", "100000"]).exit_code == 0
