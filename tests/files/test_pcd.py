"""PCD files against a writer of the test's own, and points on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import foldline as fl
from foldline.cli import app
from foldline.cloud import Cloud
from foldline.data.families import solids
from foldline.errors import InputError
from foldline.files.cloud import cloud_bytes, read_cloud
from foldline.files.lzf import unpacked
from foldline.files.pcd import DATA

RNG = np.random.default_rng(1)
POINTS = RNG.normal(size=(40, 3)).astype(np.float32)
UNITS = (lambda v: v / np.linalg.norm(v, axis=1, keepdims=True))(RNG.normal(size=(40, 3))).astype(np.float32)


def packed(data: bytes) -> bytes:
    """LZF by the test's own greedy packer: the longest run that stood before, else bytes as they are."""
    out, plain, at = bytearray(), bytearray(), 0
    while at <= len(data):
        length, back = (
            (0, 0)
            if at == len(data)
            else max(
                (
                    next(
                        (k for k in range(min(264, len(data) - at)) if data[at + k] != data[at - d + k]),
                        min(264, len(data) - at),
                    ),
                    d,
                )
                for d in [0, *range(1, min(at, 64) + 1)]
                if d
            )
            if at
            else (0, 0)
        )
        if length > 2 or at == len(data) or len(plain) == 32:
            out += bytes([len(plain) - 1]) + plain if plain else b""
            plain.clear()
        if length > 2:
            head, low, n = (back - 1) >> 8, (back - 1) & 255, length - 2
            out += bytes([n << 5 | head, low] if n < 7 else [7 << 5 | head, n - 7, low])
        elif at < len(data):
            plain.append(data[at])
        at += length if length > 2 else 1
    return bytes(out)


def pcd(points, normals=None, *, data: str = "ascii", kind: str = "<f4", more: bool = False) -> bytes:
    """A PCD file, with a field of three numbers before the points where ``more``."""
    table = points if normals is None else np.hstack([points, normals])
    names = ["x", "y", "z", "normal_x", "normal_y", "normal_z"][: table.shape[1]]
    before = ["label"] if more else []
    size, letter = np.dtype(kind).itemsize, np.dtype(kind).kind.upper()
    lines = [
        "# .PCD v0.7 - Point Cloud Data file format", "VERSION 0.7", f"FIELDS {' '.join([*before, *names])}",
        f"SIZE {' '.join(['2'] * more + [str(size)] * len(names))}",
        f"TYPE {' '.join(['U'] * more + [letter] * len(names))}",
        f"COUNT {' '.join(['3'] * more + ['1'] * len(names))}", f"WIDTH {len(table)}", "HEIGHT 1",
        "VIEWPOINT 0 0 0 1 0 0 0", f"POINTS {len(table)}", f"DATA {data}",
    ]  # fmt: skip
    head = ("\n".join(lines) + "\n").encode()
    if data == "ascii":
        rows = [" ".join([*["7"] * (3 * more), *map(repr, row)]) for row in table.tolist()]
        return head + ("\n".join(rows) + "\n").encode()
    record = np.zeros(len(table), dtype=[("l", "<u2", (3 * more,)), ("t", kind, (table.shape[1],))])
    record["t"] = table
    if data == "binary":
        return head + record.tobytes()
    columns = record["l"].tobytes() + table.astype(kind).T.tobytes()
    small = packed(columns)
    return head + len(small).to_bytes(4, "little") + len(columns).to_bytes(4, "little") + small


@pytest.mark.parametrize("more", [False, True], ids=["plain", "labels"])
@pytest.mark.parametrize("kind", ["<f4", "<f8"])
@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("normals", [None, UNITS], ids=["points", "normals"])
def test_points_of_a_pcd_are_read_with_every_number(tmp_path: Path, data, kind, more, normals) -> None:
    (tmp_path / "a.pcd").write_bytes(pcd(POINTS, normals, data=data, kind=kind, more=more))
    cloud = fl.read(tmp_path / "a.pcd")
    assert isinstance(cloud, Cloud) and np.array_equal(cloud.points, POINTS.astype(np.float64))
    assert (cloud.normals is None) == (normals is None)
    assert normals is None or np.allclose(cloud.normals, normals, atol=1e-6)


def test_points_that_a_scanner_did_not_see_are_left_out(tmp_path: Path) -> None:
    points = POINTS.copy()
    points[3] = np.nan
    for data in DATA:
        (tmp_path / "a.pcd").write_bytes(pcd(points, data=data))
        assert len(read_cloud(tmp_path / "a.pcd")) == 39


def test_a_remark_in_another_code_is_one_line(tmp_path: Path) -> None:
    """Windows writes three dots as the byte that is a new line to Unicode."""
    (tmp_path / "a.pcd").write_bytes(
        b"# scan of \x85 POINTS\n" + pcd(POINTS).replace(b"VERSION", b"# x\x85POINTS 7\nVERSION")
    )
    assert len(read_cloud(tmp_path / "a.pcd")) == 40


GOOD = pcd(POINTS[:4]).decode()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        (GOOD.replace("DATA ascii", "DATA zipped"), "DATA ascii, binary, binary_compressed; got 'zipped'"),
        (GOOD.replace("DATA", "DATUM"), "a header up to a line DATA"),
        (GOOD.replace("POINTS 4", "POINTS 5"), "the header says 5 points; the file holds 4"),
        (GOOD.replace("POINTS 4", "POINTS many"), "a line POINTS with a number above 0"),
        (GOOD.replace("FIELDS x", "FIELDS w"), "fields x, y, z once; got w y z"),
        (GOOD.replace("SIZE 4", "SIZE 3"), "fields of known types; got x F 3 1"),
        (GOOD.replace("TYPE F", "TYPE F F"), "FIELDS, SIZE, TYPE, COUNT of equal length"),
        (GOOD.replace("WIDTH", "POINTS 4\nWIDTH"), "needs 'POINTS' once"),
        (GOOD + "1 2\n", "the header says 4 points; the file holds 5"),
        (GOOD.rstrip("\n").rpartition(" ")[0] + "\n", "line 15: a point needs 3 numbers; got 2"),
        (GOOD.rstrip("\n").rpartition(" ")[0] + " much\n", "line 15: a point needs numbers; got 'much'"),
        (GOOD.replace("ascii", "binary").replace("POINTS 4", "POINTS 99"), "1188 bytes; the file holds .*truncated"),
    ],
)
def test_what_is_no_pcd_is_refused_by_its_line(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "a.pcd").write_text(text)
    with pytest.raises(InputError, match=told):
        fl.read(tmp_path / "a.pcd")


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda file: file[:-9], "Copy it again, or convert it to binary"),
        (lambda file: file.partition(b"compressed\n")[0] + b"compressed\nabc", "its two lengths"),
        (lambda file: file.replace(b"POINTS 40", b"POINTS 41"), "needs 492 bytes of points"),
        (lambda file: file.replace(b"POINTS 40", b"POINTS 99999999999"), "536,870,912 at most"),
        (lambda file: file[: file.index(b"compressed\n") + 19] + b"\xff" * 99 + bytes(500), "needs whole data"),
    ],
)
def test_packed_points_are_whole_or_refused(tmp_path: Path, damage: Callable[[bytes], bytes], told: str) -> None:
    (tmp_path / "a.pcd").write_bytes(damage(pcd(POINTS, data="binary_compressed")))
    with pytest.raises(InputError, match=told):
        fl.read(tmp_path / "a.pcd")


@pytest.mark.parametrize("data", [b"\x05ab", b"\xe0\x01", b"\x20\x05", b"\x00a\x20\x00", b"\x01ab"])
def test_runs_that_are_not_there_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"ends within|not there|promised"):
        unpacked(data, 9)


@pytest.mark.parametrize("known", [True, False], ids=["normals", "points"])
def test_points_of_a_solid_give_its_surface_on_the_command_line(tmp_path: Path, monkeypatch, known: bool) -> None:
    from foldline.data import distance
    from foldline.fit import fields

    monkeypatch.setattr(distance, "FIELD_SAMPLES", 30_000)
    monkeypatch.setitem(fields.PRESETS, "distance", {"fast": fields.Field((4, 8), 2, (8, 8), 400, 512, 2e-3, 3.0)})
    mesh = solids(1)[0].mesh
    points, faces = mesh.sample(6000)
    path = tmp_path / "scan.xyz"
    path.write_bytes(cloud_bytes(Cloud(points, mesh.normals[faces] if known else None), ".xyz"))
    done = CliRunner().invoke(app, ["fit", str(path), "--preset", "fast", "--out", str(tmp_path / "o")])
    assert done.exit_code == 0, done.output
    assert ("the points have no normals" in " ".join(done.output.split())) == (not known)
    told = json.loads((tmp_path / "o" / "report.json").read_text())
    assert told["surface"]["certified"] and told["surface"]["complete"]
    longest = float(np.ptp(mesh.bounds, axis=0).max())
    surface = fl.read(tmp_path / "o" / "surface.ply")
    assert surface.distance_to(mesh, n=4000).chamfer < 0.02 * longest


def test_an_array_is_a_cloud_where_three_columns_are_normals_or_it_is_said(tmp_path: Path) -> None:
    np.save(tmp_path / "six.npy", np.hstack([POINTS, UNITS]))
    np.save(tmp_path / "three.npy", POINTS)
    np.savez(tmp_path / "both.npz", points=POINTS, normals=UNITS)
    np.savez(tmp_path / "none.npz", dots=POINTS)
    assert isinstance(fl.read(tmp_path / "six.npy"), Cloud)
    assert fl.read(tmp_path / "three.npy").kind == "signal" and len(read_cloud(tmp_path / "three.npy")) == 40
    assert read_cloud(tmp_path / "both.npz").normals is not None
    with pytest.raises(InputError, match="arrays points, and normals, of numbers; got dots"):
        read_cloud(tmp_path / "none.npz")
