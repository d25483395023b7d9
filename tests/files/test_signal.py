"""Signals: WAV files of every kind of number, NumPy arrays, and what is no signal."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from foldline import Samples, read
from foldline.errors import FoldlineError, InputError


def tone(n: int = 200, channels: int = 1) -> np.ndarray:
    times = np.arange(n) / 8000
    wave = np.sin(2 * np.pi * 440 * times[:, None] * (1 + np.arange(channels)))
    return wave[:, 0] if channels == 1 else wave


@pytest.mark.parametrize(
    ("dtype", "scale", "middle"),
    [(np.uint8, 127, 128), (np.int16, 32767, 0), (np.int32, 2147483647, 0), (np.float32, 1, 0), (np.float64, 1, 0)],
)
@pytest.mark.parametrize("channels", [1, 2])
def test_a_sound_is_a_function_of_seconds_between_minus_one_and_one(
    dtype, scale, middle, channels, tmp_path: Path
) -> None:
    wave = tone(channels=channels)
    wavfile.write(tmp_path / "a.wav", 8000, (wave * scale + middle).astype(dtype))
    found = read(tmp_path / "a.wav")
    assert isinstance(found, Samples) and found.kind == "signal"
    assert np.allclose(found.inputs[:, 0], np.arange(200) / 8000)
    assert np.abs(found.targets - wave.reshape(200, -1)).max() < 2.1 / 127
    assert found.meta["rate"] == 8000 and found.meta["channels"] == channels


def test_an_extra_chunk_changes_nothing(tmp_path: Path) -> None:
    wavfile.write(tmp_path / "a.wav", 8000, tone().astype(np.float32))
    data = (tmp_path / "a.wav").read_bytes()
    more = data + b"LIST" + struct.pack("<I", 4) + b"INFO"
    (tmp_path / "b.wav").write_bytes(more[:4] + struct.pack("<I", len(more) - 8) + more[8:])
    assert np.array_equal(read(tmp_path / "a.wav").targets, read(tmp_path / "b.wav").targets)


@pytest.mark.parametrize(
    ("arrays", "times"),
    [
        ({"data": tone()}, np.arange(200.0)),
        ({"y": tone(), "t": np.arange(200) * 0.5}, np.arange(200) * 0.5),
        ({"ecg": tone(), "fs": np.array(100.0)}, np.arange(200) / 100),
    ],
)
def test_an_archive_of_values_and_times_is_a_signal(arrays, times, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **arrays)
    found = read(tmp_path / "a.npz")
    assert found.kind == "signal" and np.allclose(found.inputs[:, 0], times)


@pytest.mark.parametrize("repeats", [1, 12])
def test_a_channel_that_only_rises_is_said_to_be_like_times(repeats: int, tmp_path: Path, monkeypatch) -> None:
    data = np.column_stack([1950 + np.arange(200) // repeats, *tone(channels=2).T])
    np.save(tmp_path / "a.npy", data)
    (said,) = read(tmp_path / "a.npy").meta["findings"]
    assert said.startswith("the first of 3 channels never falls, from 1950 to ")
    monkeypatch.chdir(tmp_path)
    exec(said[said.index("np.savez") :], {"np": np, "data": data})  # the advice works as typed
    found = read(tmp_path / "signal.npz")
    assert found.targets.shape == (200, 2) and "findings" not in found.meta
    assert found.inputs[0, 0] == (1950 if repeats == 1 else 0)


def test_a_numpy_file_of_several_channels_is_a_signal(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", tone(channels=3))
    assert read(tmp_path / "a.npy").targets.shape == (200, 3)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.wav", b"not a sound", "not a WAV file"),
        ("a.wav", b"RIFF\x04\0\0\0WAVE", "data"),
        ("a.npy", b"\x93NUMPY", r"a \.npy file needs one plain array"),
        ("b.npy", None, r"a signal needs values \(n,\) or \(n, channels\) of numbers; got \(2, 2, 2\)"),
        ("c.npy", "objects", "Python objects, which are never loaded"),
    ],
)
def test_what_is_no_signal_is_refused(name: str, data: object, message: str, tmp_path: Path) -> None:
    if isinstance(data, bytes):
        (tmp_path / name).write_bytes(data)
    else:
        np.save(tmp_path / name, np.zeros((2, 2, 2)) if data is None else np.array([{}], dtype=object))
    with pytest.raises(InputError, match=message):
        read(tmp_path / name)


def test_damaged_sounds_raise_only_our_errors(tmp_path: Path) -> None:
    wavfile.write(tmp_path / "a.wav", 8000, tone(60).astype(np.int16))
    data = (tmp_path / "a.wav").read_bytes()
    rng = np.random.default_rng(0)
    bad = [data[:n] for n in range(0, len(data), 3)]
    for _ in range(400):
        flipped = bytearray(data)
        flipped[rng.integers(60)] = rng.integers(256)
        bad.append(bytes(flipped))
    for content in bad:
        (tmp_path / "b.wav").write_bytes(content)
        try:
            read(tmp_path / "b.wav")
        except FoldlineError:
            pass


def csv(folder: Path, text: str) -> Path:
    (folder / "a.csv").write_text(text)
    return folder / "a.csv"


RISING = "t,left,right\n0,1,5\n0.5,2,4\n2,3,6\n"


def test_a_table_of_times_that_rise_is_a_signal_of_its_other_columns(tmp_path: Path) -> None:
    found = read(csv(tmp_path, RISING))
    assert found.kind == "signal" and found.inputs.ravel().tolist() == [0.0, 0.5, 2.0]
    assert found.targets.tolist() == [[1.0, 5.0], [2.0, 4.0], [3.0, 6.0]] and found.names == ("t",)
    assert any("--kind table" in finding for finding in found.meta["findings"])


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (RISING, {"kind": "table"}),
        (RISING, {"target": "right"}),
        (RISING.replace("t,", "speed,"), {}),
        (RISING.replace("2,3", "0.2,3"), {}),
        ("t,left,who\n0,1,a\n1,2,b\n2,4,a\n3,1,b\n", {}),
    ],
)
def test_other_tables_stay_tables(text: str, options: dict[str, str], tmp_path: Path) -> None:
    assert read(csv(tmp_path, text), **options).kind in ("regression", "classification")


@pytest.mark.parametrize(
    ("text", "options", "times", "channels"),
    [
        (RISING.replace("t,", "speed,"), {}, [0, 0.5, 2], 2),
        (RISING, {"target": "left"}, [0, 0.5, 2], 1),
        (RISING, {"ignore": "left"}, [0, 0.5, 2], 1),
        ("left,Time\n3,0\n4,1\n", {}, [0, 1], 1),
        ("value\n3\n4\n5\n", {}, [0, 1, 2], 1),
        ("t,a\n0,1\n1,\n2,5\n", {"missing": "drop"}, [0, 2], 1),
    ],
)
def test_a_table_is_a_signal_where_it_is_asked_for(text, options, times, channels, tmp_path: Path) -> None:
    found = read(csv(tmp_path, text), kind="signal", **options)
    assert found.kind == "signal" and found.inputs.ravel().tolist() == times and found.d_out == channels


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (RISING.replace("2,3", "0.2,3"), {"kind": "signal"}, "a signal needs 2 or more times that rise"),
        (RISING, {"kind": "song"}, "--kind signal or table; got 'song'"),
        (RISING, {"kind": "signal", "target": "t"}, "a channel beside its times"),
        ("t,a\n0,1\n1,\n2,5\n", {"kind": "signal"}, "column 'a' is NaN"),
        ("t,a\n0,1\n1,x\n2,5\n", {"kind": "signal"}, "'x'"),
    ],
)
def test_a_table_that_is_no_signal_is_refused(text, options, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        read(csv(tmp_path, text), **options)
