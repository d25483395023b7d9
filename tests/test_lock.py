"""One process a folder, and memory that is asked for before it is taken."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

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


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system does not say how a process is")
def test_a_process_that_ended_unasked_holds_nothing(tmp_path):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as other:
        mine = {"pid": other.pid, "host": host(), "started": started(other.pid), "since": "2026-01-01 00:00:00"}
        (tmp_path / LOCK).write_text(json.dumps(mine))
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and stays in the table of processes
        with held(tmp_path):
            assert json.loads((tmp_path / LOCK).read_text())["pid"] == os.getpid()


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


OLDER = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
GROUPS = {  # where, the limit, what is used, what of it is files that were read
    "a container of today": ("", "0::/\n", "memory.max", "memory.current", "inactive_file"),
    "a service of today": ("user/job", "0::/user/job\n", "memory.max", "memory.current", "inactive_file"),
    "a job inside a limited one": ("user", "0::/user/job\n", "memory.max", "memory.current", "inactive_file"),
    "an older one": ("memory/x", "3:cpu:/y\n4:memory:/x/y\n", *OLDER),
    "an older container": ("memory", "4:memory:/docker/1\n", *OLDER),
}


@pytest.mark.parametrize("name", GROUPS)
def test_the_limit_of_a_container_counts(tmp_path, monkeypatch, name):
    where, told, most, used, spare = GROUPS[name]
    group = tmp_path / "groups" / where
    group.mkdir(parents=True)
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "cgroup").write_text(told)
    monkeypatch.setattr(machine, "PROC", tmp_path)
    monkeypatch.setattr(machine, "GROUPS", tmp_path / "groups")
    free = machine.free_memory()
    (group / most).write_text("5000\n")
    (group / used).write_text("4000\n")
    assert free is None or free > 1000
    assert machine.free_memory() == 1000
    (group / "memory.stat").write_text(f"anon 3700\n{spare} 300\n")
    assert machine.free_memory() == 1300
    (group / most).write_text("max\n" if most == "memory.max" else "9223372036854771712\n")
    assert machine.free_memory() == free


QUOTAS = {  # where, the group, the files that say a quota of one core and a half
    "a container of today": ("", "0::/\n", {"cpu.max": "150000 100000\n"}),
    "a job inside a limited one": ("user", "0::/user/job\n", {"cpu.max": "150000 100000\n"}),
    "an older one": ("cpu/x", "3:cpu,cpuacct:/x\n", {"cpu.cfs_quota_us": "150000\n", "cpu.cfs_period_us": "100000\n"}),
}


@pytest.mark.parametrize("name", QUOTAS)
def test_no_more_threads_than_a_container_may_use(tmp_path, monkeypatch, name):
    where, told, files = QUOTAS[name]
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "cgroup").write_text(told)
    monkeypatch.setattr(machine, "PROC", tmp_path)
    monkeypatch.setattr(machine, "GROUPS", tmp_path / "groups")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(64), raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert machine.cores() == 64
    (tmp_path / "groups" / where).mkdir(parents=True)
    for file, text in files.items():
        (tmp_path / "groups" / where / file).write_text(text)
    assert machine.cores() == 2
    quota = next(iter(files))
    (tmp_path / "groups" / where / quota).write_text("max 100000\n" if quota == "cpu.max" else "-1\n")
    assert machine.cores() == 64


@pytest.mark.parametrize(("said", "cores"), [("3", 3), ("3,2", 3), ("", 64), ("many", 64), ("0", 1), ("100", 64)])
def test_no_more_threads_than_the_user_allows(monkeypatch, said, cores):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(64), raising=False)
    monkeypatch.setattr(machine, "_quotas", lambda: iter(()))
    monkeypatch.setenv("OMP_NUM_THREADS", said)
    assert machine.cores() == cores


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]), int(sys.argv[1])))
import numpy as np
import foldline as fl
from foldline.cli import main
rng, widths = np.random.default_rng(0), (3, 64, 64, 64, 1)
layers = [rng.normal(size=(b, a)) * (2 / a) ** 0.5 for a, b in zip(widths, widths[1:])]
fl.Network(layers, [rng.normal(size=b) * 0.3 for b in widths[1:]]).save("net.npz")
sys.argv = ["foldline", *sys.argv[2:]]
main()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited as Linux does it")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("fit table.csv --hidden 1000000000", "needs about 300 GB of memory; got .* GB free. Take narrower layers"),
        ("regions net.npz --box -3 3 --json", "the answer is incomplete, .*% of the box was explored.*free memory"),
    ],
)
def test_what_does_not_fit_a_real_limit_ends_by_itself(tmp_path, words, message):
    (tmp_path / "table.csv").write_text("a,b\n1,2\n3,4\n5,7\n")
    ran = subprocess.run(
        [sys.executable, "-c", LIMITED, str(900 * 2**20), *words.split()],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(Path(fl.__file__).parent.parent)},
    )  # fmt: skip
    assert ran.returncode == 3 and re.search(message, ran.stderr), ran.stderr[-2000:]


def test_what_needs_pytorch_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "installed", lambda name: False)
    line = "PyTorch; it is not installed. Run: pip install 'foldline\\[torch\\]'"
    with pytest.raises(MissingError, match=f"to_torch needs {line}"):
        fl.Network([[[1.0]]], [[0.0]]).to_torch()
    (tmp_path / "a.pt").write_bytes(b"PK")
    with pytest.raises(MissingError, match=f"a.pt: a state_dict needs {line}"):
        fl.read(tmp_path / "a.pt")
