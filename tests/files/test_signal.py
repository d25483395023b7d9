"""Signals: WAV files of every kind of number, NumPy arrays, and what is no signal."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from foldline import Samples, read
from foldline.errors import InputError
from foldline.files import wav as wav_file
from foldline.forms import form_at


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
        ("d.npy", (5, 0), r"of numbers; got \(5, 0\)"),
        ("c.npy", "objects", "Python objects, which are never loaded"),
    ],
)
def test_what_is_no_signal_is_refused(name: str, data: object, message: str, tmp_path: Path) -> None:
    if isinstance(data, bytes):
        (tmp_path / name).write_bytes(data)
    else:
        np.save(tmp_path / name, np.array([{}], dtype=object) if data == "objects" else np.zeros(data or (2, 2, 2)))
    with pytest.raises(InputError, match=message):
        read(tmp_path / name)


def wav(numbers: bytes, kind: int, channels: int, wide: int, bits: int, *, valid: int = 0, order: str = "<") -> bytes:
    """A file of a writer of its own; an extensible header where some bits are valid."""
    form = struct.pack(f"{order}HHIIHH", 0xFFFE if valid else kind, channels, 8000, 8000, wide * channels, bits)
    form += struct.pack(f"{order}HHIH", 22, valid, 4, kind) + wav_file.GUID if valid else b""
    chunks = b"WAVEJUNK" + struct.pack(f"{order}I", 3) + b"odd\0"
    chunks += (
        b"fmt "
        + struct.pack(f"{order}I", len(form))
        + form
        + b"data"
        + struct.pack(f"{order}I", len(numbers))
        + numbers
    )
    return (b"RIFF" if order == "<" else b"RIFX") + struct.pack(f"{order}I", len(chunks)) + chunks


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("wide", "bits", "valid"), [(2, 16, 0), (2, 12, 0), (3, 24, 0), (3, 24, 24), (4, 32, 24), (4, 32, 0)]
)
def test_whole_numbers_of_any_width_are_shares_of_their_range(wide, bits, valid, order, tmp_path: Path) -> None:
    left = [-(2**31), 0, 2**30, -(2**20), 2**31 - 2**20, 2**20]
    numbers = b"".join(
        struct.pack(f"{order}i", n)[slice(0, wide) if order == ">" else slice(4 - wide, 4)] for n in left
    )
    (tmp_path / "a.wav").write_bytes(wav(numbers, 1, 2, wide, bits, valid=valid, order=order))
    found = read(tmp_path / "a.wav")
    assert found.targets.ravel().tolist() == [n / 2**31 for n in left]
    assert found.meta["bits"] == (valid or bits) and found.meta["channels"] == 2


def test_sizes_above_four_gigabytes_and_unknown_ones_are_followed(tmp_path: Path) -> None:
    plain = wav(struct.pack("<4h", 1, 2, 3, 4), 1, 1, 2, 16)
    piped = plain.replace(b"data" + struct.pack("<I", 8), b"data" + b"\xff" * 4)
    sizes = b"ds64" + struct.pack("<IQQQI", 28, 0, 8, 4, 0)
    (tmp_path / "pipe.wav").write_bytes(piped)
    (tmp_path / "long.wav").write_bytes(b"RF64" + piped[4:12] + sizes + piped[12:] + b"junk")
    told = [read(tmp_path / name) for name in ("pipe.wav", "long.wav")]
    assert [one.targets.ravel().tolist() for one in told] == [[k / 2**15 for k in (1, 2, 3, 4)]] * 2
    assert "read to its end" in told[0].meta["findings"][0] and "findings" not in told[1].meta


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"kind": 7}, r"got mu-law \(0x7\). Convert it, as ffmpeg"),
        ({"kind": 0x5000}, r"numbers of a kind \(0x5000\)"),
        ({"channels": 0}, "got 0 channels of 16 bits in blocks of 0 bytes"),
        ({"bits": 24}, "24 bits in blocks of 2 bytes"),
        ({"wide": 5, "bits": 40}, "PCM of up to 32 bits"),
        ({"kind": 3}, "float of 32 or 64"),
        ({"wide": 4, "bits": 32}, "in blocks of 4 bytes; got 6"),
        ({"numbers": b""}, "a signal needs values; got none"),
    ],
)  # fmt: skip
def test_a_sound_in_another_form_is_refused_by_name(form, told: str, tmp_path: Path) -> None:
    plain = {"numbers": bytes(6), "kind": 1, "channels": 1, "wide": 2, "bits": 16}
    (tmp_path / "a.wav").write_bytes(wav(**(plain | form)))
    with pytest.raises(InputError, match=told):
        read(tmp_path / "a.wav")


def test_what_is_not_whole_is_refused(tmp_path: Path, monkeypatch) -> None:
    plain = wav(bytes(60), 1, 1, 2, 16)
    for data, told in [(plain[:-2], "58 bytes of 60: truncated"), (plain.replace(b"fmt ", b"fmt_"), "fmt chunk before"),
                       (plain[: plain.index(b"data")], "needs a data chunk"),
                       (b"RIFF\0\0\0\0WAVEfmt \2\0\0\0ab", "fmt chunk of 16 bytes")]:  # fmt: skip
        (tmp_path / "a.wav").write_bytes(data)
        with pytest.raises(InputError, match=told):
            read(tmp_path / "a.wav")
    monkeypatch.setattr(wav_file, "MOST_VALUES", 29)
    (tmp_path / "a.wav").write_bytes(plain)
    with pytest.raises(InputError, match="at most 29 values; got 30"):
        read(tmp_path / "a.wav")


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


WORDS, IMAGINARY, DAYS = np.array(list("abc")), np.arange(3) * 1j, np.arange(3).astype("M8[D]")
GRIDS = {"topo": np.ones((3, 4)), "x": np.arange(4.0), "y": np.arange(3.0)}
ENDS = {"topo": np.ones((3, 4)), "xmin": 0.0, "xmax": 1.0, "ymin": 0.0, "ymax": 1.0}


@pytest.mark.parametrize("strange", [WORDS, IMAGINARY, DAYS, np.array("a"), np.array(["a"]), np.zeros((2, 2))], ids=str)
@pytest.mark.parametrize(
    ("arrays", "key"),
    [({"ecg": np.arange(3.0)}, "t"), ({"ecg": np.arange(3.0)}, "fs"), (GRIDS, "y"), (ENDS, "xmin"),
     ({"voxels": np.ones((2, 2, 2))}, "lo"), ({"sdf": np.ones((2, 2, 2))}, "hi")],
)  # fmt: skip
def test_parts_of_an_archive_that_are_no_numbers_are_refused(arrays, key: str, strange, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **(arrays | {key: strange}))
    with pytest.raises(InputError):
        form_at(tmp_path / "a.npz") if key in ("lo", "hi") else read(tmp_path / "a.npz")


@pytest.mark.parametrize("rate", [0.0, -1.0, np.nan, np.inf])
def test_a_rate_that_is_none_makes_no_signal(rate: float, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", ecg=np.arange(3.0), fs=rate)
    with pytest.raises(InputError):
        read(tmp_path / "a.npz")


def test_a_sound_whose_writer_did_not_end_is_read_to_its_end(tmp_path: Path) -> None:
    wavfile.write(tmp_path / "a.wav", 8000, tone().astype(np.float32))
    data = bytearray((tmp_path / "a.wav").read_bytes())
    at = data.index(b"data") + 4
    for size in (0, 2**32 - 1):
        data[at : at + 4] = struct.pack("<I", size)
        (tmp_path / "b.wav").write_bytes(data)
        found = read(tmp_path / "b.wav")
        assert np.array_equal(found.targets, read(tmp_path / "a.wav").targets)
        assert "does not say how long it is" in found.meta["findings"][0]
    (tmp_path / "b.wav").write_bytes(data[: at + 4])
    with pytest.raises(InputError, match="a signal needs values; got none"):
        read(tmp_path / "b.wav")


def test_silence_is_said(tmp_path: Path) -> None:
    wavfile.write(tmp_path / "a.wav", 8000, np.full(50, 64, dtype=np.uint8))
    assert read(tmp_path / "a.wav").meta["findings"] == ["silence: every value is -0.5"]
    wavfile.write(tmp_path / "a.wav", 8000, tone().astype(np.float32))
    assert "findings" not in read(tmp_path / "a.wav").meta


def test_values_that_are_no_numbers_are_refused_by_file_and_time(tmp_path: Path) -> None:
    values = tone(channels=2)
    values[3:, 1] = np.inf
    told = r"needs finite values; got inf at time 0.000375 \(value 3; 197 of 200 are none\)"
    wavfile.write(tmp_path / "a.wav", 8000, values)
    np.savez(tmp_path / "a.npz", y=values, fs=8000)
    for name in ("a.wav", "a.npz"):
        with pytest.raises(InputError, match=rf"{name}: a signal {told}"):
            read(tmp_path / name)


@pytest.mark.parametrize(
    ("shape", "told"),
    [((50, 3), "the places of points, --points reads them"), ((20, 30), "a picture, save it as .png"), ((50, 2), None)],
)
def test_a_table_without_times_that_may_be_something_else_is_said(shape, told, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.random.default_rng(1).normal(size=shape))
    said = read(tmp_path / "a.npy").meta.get("findings", [])
    assert (said == []) if told is None else (told in said[0] and f"{shape[0]} rows taken for" in said[0])
    np.savez(tmp_path / "a.npz", y=np.load(tmp_path / "a.npy"), fs=100)
    assert "findings" not in read(tmp_path / "a.npz").meta


@pytest.mark.parametrize("name", ["Time (s)", "t[ms]", "TIME"])
def test_a_column_of_times_may_have_its_unit_in_its_name(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"{name},Voltage (V)\n0,1\n0.5,3\n1,2\n")
    found = read(tmp_path / "a.csv")
    assert isinstance(found, Samples) and found.kind == "signal" and found.names == (name,)
    assert read(tmp_path / "a.csv", kind="table").kind == "regression"
