"""Only a regular file is read, whatever its name says, and none that is too large."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from foldline import read
from foldline.errors import FileError, InputError, NetworkError
from foldline.files.formats import FORMATS, VALUES
from foldline.files.source import content, opened

SUFFIXES = [row.suffix for row in FORMATS if row.kind in VALUES and row.read]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_may_never_end_is_not_opened(tmp_path: Path, suffix: str) -> None:
    link, pipe, folder = (tmp_path / f"{name}{suffix}" for name in ("link", "pipe", "folder"))
    link.symlink_to("/dev/zero")
    os.mkfifo(pipe)
    folder.mkdir()
    for path, what in ((link, "the device"), (pipe, "the pipe"), (folder, "the folder")):
        with pytest.raises(FileError, match=rf"got {what} .*{path.name}, which is not a regular file. Name a file"):
            read(path)


def test_a_socket_and_a_file_that_is_not_there_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the address of a socket is short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("a")
        with pytest.raises(FileError, match="got the socket a, which is not"):
            opened(Path("a"))
    with pytest.raises(FileError, match=r"a file it can open; got none \(No such file"):
        opened(Path("none"))


def test_a_pipe_put_there_between_the_look_and_the_opening_does_not_stop_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, pipe = tmp_path / "plain", tmp_path / "pipe"
    plain.write_bytes(b"")
    os.mkfifo(pipe)
    look = os.stat
    monkeypatch.setattr(os, "stat", lambda path: look(plain if path == pipe else path))
    with pytest.raises(FileError, match="got the pipe"):
        opened(pipe)


def test_a_file_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    os.truncate(tmp_path / "a", 2**40)  # takes no room on the disk
    with pytest.raises(InputError, match=r"a: read needs at most 4,294,967,296 bytes; got 1,099,511,627,776"):
        content(tmp_path / "a")


@pytest.mark.parametrize("suffix", [".safetensors", ".npy", ".npz"])
def test_a_nan_that_signals_is_refused_by_its_place_and_nothing_else_is_said(tmp_path: Path, suffix: str) -> None:
    W, b = np.frombuffer(b"\1\0\x80\x7f" * 6, np.float32).reshape(3, 2), np.zeros(3, np.float32)
    path = tmp_path / f"a{suffix}"
    if suffix == ".npy":
        np.save(path, W)
    elif suffix == ".npz":
        np.savez(path, W0=W, b0=b)
    else:
        save_file({"0.weight": W, "0.bias": b}, path)
    with pytest.raises((InputError, NetworkError), match=r"NaN|nan"):
        read(path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "a pointer of Git LFS. Fetch it"),
        ("\n<!DOCTYPE html>\n<html><body>404</body></html>", "a web page. Download the file that it links to"),
        ("\ufeff<HTML><table>", "a web page. Download"),
    ],
)
def test_what_stands_in_a_files_place_is_called_so(tmp_path: Path, text: str, told: str) -> None:
    for suffix in SUFFIXES:
        path = tmp_path / f"a{suffix}"
        path.write_text(text)
        with pytest.raises(InputError, match=f"needs the file itself; got {told}"):
            read(path)
