"""One process a folder, and memory that is asked for before it is taken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

import pytest

import foldline as fl
from foldline import machine
from foldline.atomic import host
from foldline.errors import BudgetError, FileError, MissingError
from foldline.fit.start import start
from foldline.lock import LOCK, held, started


def test_the_second_of_two_is_told_who_holds_the_folder(tmp_path):
    with held(tmp_path), pytest.raises(FileError, match=rf"held by process {os.getpid()} on .* since 2\d{{3}}-"):
        with held(tmp_path):
            raise AssertionError
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("ended", [False, True])
def test_a_lock_holds_as_long_as_its_process_lives(tmp_path, ended):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        mine = {"pid": other.pid, "host": host(), "started": started(other.pid), "since": "2026-01-01 00:00:00"}
        (tmp_path / LOCK).write_text(json.dumps(mine))
        if ended:
            other.communicate(b"\n")
            with held(tmp_path):
                assert json.loads((tmp_path / LOCK).read_text())["pid"] == os.getpid()
        else:
            with pytest.raises(FileError, match=f"held by process {other.pid}"), held(tmp_path):
                raise AssertionError
            other.communicate(b"\n")


@pytest.mark.parametrize(
    ("lock", "stays"),
    [
        ({"pid": os.getpid(), "host": host(), "started": -1, "since": "then"}, False),  # the number is used again
        ({"pid": 1, "host": "elsewhere", "started": 1, "since": "then"}, True),  # another machine: it cannot be known
        ({"pid": "many"}, False),
        ([], False),
    ],
)
def test_a_stale_lock_is_swept(tmp_path, lock, stays):
    (tmp_path / LOCK).write_text(json.dumps(lock))
    if stays:
        with pytest.raises(FileError, match="on elsewhere"), held(tmp_path):
            raise AssertionError
        return
    with held(tmp_path):
        pass
    assert not (tmp_path / LOCK).exists()


def test_of_many_at_once_one_gets_the_folder(tmp_path):
    inside, refused = [], []
    gate = threading.Barrier(8)

    def work():
        gate.wait()
        try:
            with held(tmp_path):
                inside.append(1)
                wait.wait(10)
        except FileError:
            refused.append(1)
            if len(refused) == 7:
                wait.set()

    wait = threading.Event()
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(inside), len(refused)) == (1, 7)


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    def full(self, text):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(FileError, match=r"write needs .* free"), held(tmp_path):
        raise AssertionError


def test_a_network_that_does_not_fit_the_memory_is_refused_before_it_is_made():
    with pytest.raises(BudgetError, match=r"a fit of 1,000,000,005,000,000,001 parameters needs about 1e\+11 GB"):
        start([2, 10**9, 10**9, 1])


def test_what_a_machine_does_not_say_is_no_limit(monkeypatch):
    monkeypatch.setattr(machine, "_limits", lambda: iter(()))
    assert machine.free_memory() is None
    machine.need_memory("this", 10**30, "")


def test_the_limit_of_a_container_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "GROUP", tmp_path)
    free = machine.free_memory()
    (tmp_path / "memory.max").write_text("5000\n")
    (tmp_path / "memory.current").write_text("4000\n")
    assert free is None or free > 1000
    assert machine.free_memory() == 1000
    (tmp_path / "memory.max").write_text("max\n")
    assert machine.free_memory() != 1000


def test_what_needs_pytorch_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "installed", lambda name: False)
    line = "PyTorch; it is not installed. Run: pip install 'foldline\\[torch\\]'"
    with pytest.raises(MissingError, match=f"to_torch needs {line}"):
        fl.Network([[[1.0]]], [[0.0]]).to_torch()
    (tmp_path / "a.pt").write_bytes(b"PK")
    with pytest.raises(MissingError, match=f"a.pt: a state_dict needs {line}"):
        fl.read(tmp_path / "a.pt")
