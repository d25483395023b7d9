"""Nothing lost: a fit at the command line that is stopped, killed, out of room, or not alone."""

from __future__ import annotations

import errno
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import foldline as fl
from foldline import atomic, machine
from foldline.cli import app, fitting, project
from foldline.cli.project import CHECKPOINT
from foldline.fit import checkpoint, descent
from foldline.fit.checkpoint import Checkpoint
from foldline.lock import LOCK, held

RESULTS = {"network.safetensors", "network.onnx", "report.html", "report.json"}
SHORT = ["--hidden", "8,8", "--steps", "120"]


@pytest.fixture
def call(monkeypatch):
    monkeypatch.setattr(descent, "LONGEST_RUN", 20)
    runner = CliRunner()
    return lambda *arguments: runner.invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> Path:
    return write_table(tmp_path_factory.mktemp("data") / "t.csv")


def write_table(path: Path, rows: int = 100) -> Path:
    rng = np.random.default_rng(0)
    lines = [f"{a:.6f},{b:.6f},7,{a * b:.6f}" for a, b in rng.uniform(-1, 1, (rows, 2))]
    path.write_text("a,b,same,y\n" + "\n".join(lines) + "\n")
    return path


def same(a: fl.Network, b: fl.Network) -> bool:
    return all(np.array_equal(p, q) for p, q in zip((*a.weights, *a.biases), (*b.weights, *b.biases), strict=True))


@pytest.fixture(scope="module")
def whole(table, tmp_path_factory) -> fl.Network:
    out = tmp_path_factory.mktemp("whole") / "out"
    done = CliRunner().invoke(app, ["fit", str(table), "--out", str(out), *SHORT, "--quiet"])
    assert done.exit_code == 0, done.stderr
    return fl.read(out / "network.safetensors")


def raising(number: int, at: int):
    """A progress bar at whose ``at``-th step a signal comes."""
    told = project.progress_of
    count = iter(range(1000))

    def progress(say, what, *above):
        from contextlib import contextmanager

        @contextmanager
        def bar():
            with told(say, what, *above) as tell:
                yield lambda *values: signal.raise_signal(number) if next(count) == at else tell(*values)

        return bar()

    return progress


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_saves_and_resume_gives_the_network_of_an_uninterrupted_fit(
    call, table, whole, tmp_path, monkeypatch, name, code
):
    out = tmp_path / "out"
    monkeypatch.setattr(descent, "RUN_SECONDS", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(project, "progress_of", raising(getattr(signal, name), 2))
        stopped = call("fit", table, "--out", out, *SHORT)
    assert stopped.exit_code == code
    assert f"foldline: fit was stopped; the network so far is in {out}" in stopped.stderr and not stopped.stdout
    assert f"foldline resume {out}" in stopped.stderr and "Traceback" not in stopped.output
    assert {path.name for path in out.iterdir()} == {CHECKPOINT, "network.safetensors"}
    part = fl.read(out / "network.safetensors").training
    assert not part.complete and 0 < part.steps < 120
    again = call("resume", out, "--json")
    assert again.exit_code == 0, again.stderr
    assert {path.name for path in out.iterdir()} == RESULTS
    assert same(fl.read(out / "network.safetensors"), whole)
    assert json.loads(again.stdout)["training"]["steps"] == 120


def test_a_signal_before_the_work_leaves_nothing(call, table, tmp_path, monkeypatch):
    monkeypatch.setattr(fitting, "_samples", lambda *_: signal.raise_signal(signal.SIGTERM))
    stopped = call("fit", table, "--out", tmp_path / "new" / "out", *SHORT)
    assert stopped.exit_code == 143 and not (tmp_path / "new").exists()
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_second_signal_ends_at_once(call, table, tmp_path, monkeypatch):
    def stubborn(*_, stop, **__):
        signal.raise_signal(signal.SIGINT)
        assert stop()
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(sys.modules["foldline.fit"], "fit", stubborn)
    assert call("fit", table, "--out", tmp_path / "out", *SHORT).exit_code == 143


def test_an_ignored_signal_stays_ignored(call, table, tmp_path):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        seen = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(fitting, "_samples", lambda *_: seen.append(signal.getsignal(signal.SIGHUP)) or 1 / 0)
            call("fit", table, "--out", tmp_path / "out", *SHORT)
        assert seen == [signal.SIG_IGN]
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_fit_that_was_stopped_is_not_begun_anew_by_mistake(call, table, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / CHECKPOINT).write_bytes(b"")
    answer = call("fit", table, "--out", out, *SHORT)
    assert answer.exit_code == 4 and f"foldline resume {out}, or begin anew with --force" in answer.stderr
    assert call("fit", table, "--out", out, *SHORT, "--force", "--quiet").exit_code == 0


@pytest.mark.parametrize("missing", [True, False])
def test_resume_needs_a_fit_that_was_stopped(call, tmp_path, missing):
    out = tmp_path / "out"
    if not missing:
        out.mkdir()
    answer = call("resume", out)
    assert answer.exit_code == 4 and f"got {out} without {CHECKPOINT}" in answer.stderr
    assert out.exists() != missing


def test_resume_goes_on_with_what_foldline_fit_began_only(call, tmp_path):
    samples = fl.Samples(np.zeros((5, 1)), np.arange(5.0))
    fl.fit(samples, hidden=(2,), steps=2, checkpoint=tmp_path / CHECKPOINT)
    answer = call("resume", tmp_path)
    assert answer.exit_code == 2 and "resume needs a checkpoint of foldline fit" in answer.stderr


def test_a_fit_does_not_go_on_with_other_data(call, tmp_path, monkeypatch):
    data, out = write_table(tmp_path / "t.csv"), tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(descent, "RUN_SECONDS", 0.0)
        patch.setattr(project, "progress_of", raising(signal.SIGTERM, 2))
        call("fit", data, "--out", out, *SHORT)
    write_table(data, rows=101)
    assert "needs the data that it began with" in call("resume", out).stderr
    data.unlink()
    answer = call("resume", out)
    assert answer.exit_code == 4 and "t.csv" in answer.stderr and (out / CHECKPOINT).exists()


def test_the_second_of_two_fits_is_told_who_has_the_folder(call, table, tmp_path):
    (tmp_path / "out").mkdir()
    with held(tmp_path / "out"):
        answer = call("fit", table, "--out", tmp_path / "out", *SHORT, "--force")
    assert answer.exit_code == 4 and f"is held by process {os.getpid()}" in answer.stderr


@pytest.mark.parametrize("what", ["file", "below a file", "not allowed"])
def test_a_folder_that_cannot_be_is_named_before_the_work(call, table, tmp_path, monkeypatch, what):
    (tmp_path / "file").write_text("mine")
    out = {"file": tmp_path / "file", "below a file": tmp_path / "file" / "out", "not allowed": tmp_path / "out"}[what]
    if what == "not allowed":
        refuse = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        monkeypatch.setattr(Path, "mkdir", lambda *_, **__: (_ for _ in ()).throw(refuse))
    answer = call("fit", table, "--out", out, *SHORT)
    assert answer.exit_code == 4 and " needs " in answer.stderr and str(out) in answer.stderr
    assert (tmp_path / "file").read_text() == "mine" and [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("hidden", ["0", "-5", "1.5", "many", ""])
def test_layers_that_cannot_be_are_refused(call, table, tmp_path, hidden):
    answer = call("fit", table, "--out", tmp_path / "out", f"--hidden={hidden}")
    assert answer.exit_code == 2 and "needs" in answer.stderr and not (tmp_path / "out").exists()


def test_a_disk_that_would_be_full_is_refused_before_the_work(call, table, tmp_path, monkeypatch):
    monkeypatch.setattr("foldline.cli.project.shutil.disk_usage", lambda path: type("Usage", (), {"free": 1000}))
    answer = call("fit", table, "--out", tmp_path / "out", *SHORT)
    assert answer.exit_code == 4 and "got 0.001 MB free" in answer.stderr and not (tmp_path / "out").exists()


def test_a_network_too_large_for_the_memory_is_refused_before_the_work(call, table, tmp_path):
    answer = call("fit", table, "--out", tmp_path / "out", "--hidden", "1000000000")
    assert answer.exit_code == 3 and "GB of memory" in answer.stderr and not (tmp_path / "out").exists()


class Disk:
    """A disk that is full from one write on, or at one write only; others have room."""

    def __init__(self, root: Path, at: int, *, forever: bool) -> None:
        self.root, self.at, self.forever, self.writes, self.fill = root, at, forever, 0, atomic._fill

    def __call__(self, part: Path, data: bytes) -> None:
        if part.is_relative_to(self.root):
            self.writes += 1
            if self.writes == self.at or (self.forever and self.writes > self.at):
                part.write_bytes(bytes(data[:10]))
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.fill(part, data)


@pytest.fixture
def reported_once(monkeypatch):
    """The report of one fit is made once, however often it is written."""
    room, made = importlib.import_module("foldline.draw.report"), []
    report_of = room.report

    def report(*given, **how):
        made.extend([] if made else [report_of(*given, **how)])
        return made[0]

    monkeypatch.setattr(room, "report", report)


@pytest.mark.usefixtures("reported_once")
@pytest.mark.parametrize("forever", [pytest.param(True, marks=pytest.mark.slow), False])
def test_a_disk_full_at_any_write_loses_no_network_and_leaves_no_half_file(
    call, table, whole, tmp_path, monkeypatch, forever
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(checkpoint, "SAVE_SECONDS", 0.0)
    codes = []
    for at in range(1, 100):
        root = tmp_path / f"disk{at}"
        root.mkdir()
        disk, out = Disk(root, at, forever=forever), root / "out"
        with monkeypatch.context() as patch:
            patch.setattr(atomic, "_fill", disk)
            answer = call("fit", table, "--out", out, *SHORT)
        codes.append(answer.exit_code)
        if disk.writes < at:
            break
        assert not [path for path in root.rglob("*") if path.name.endswith(".part")]
        if at == 1:
            assert answer.exit_code == 4 and not out.exists()  # the folder is tried before the work
        elif answer.exit_code == 4:
            kept = Path(answer.stderr.split("The network is in ")[1].split(".safetensors")[0] + ".safetensors")
            said = [line for line in answer.stderr.splitlines() if not line.startswith("note ")]
            assert same(fl.read(kept), whole) and len(said) == 1
            assert call("resume", out, "--quiet").exit_code == 0
        assert answer.exit_code == 4 or {path.name for path in out.iterdir()} == RESULTS
        if (out / "network.safetensors").exists():
            assert same(fl.read(out / "network.safetensors"), whole)
    assert codes[-1] == 0 and codes.count(4) >= 5


def test_a_report_that_fails_keeps_the_network_and_says_where(call, table, whole, tmp_path, monkeypatch):
    def broken(*_, **__):
        raise MemoryError("no room")

    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr("foldline.draw.report.report", broken)
        answer = call("fit", table, "--out", out, *SHORT)
    assert answer.exit_code == 4 and f"The network is in {out / 'network.safetensors'}" in answer.stderr
    assert f"foldline resume {out}" in answer.stderr and same(fl.read(out / "network.safetensors"), whole)
    assert call("resume", out, "--quiet").exit_code == 0
    assert {path.name for path in out.iterdir()} == RESULTS


def test_a_checkpoint_that_cannot_be_saved_does_not_end_the_fit(tmp_path, monkeypatch):
    samples = fl.Samples(np.linspace(0, 1, 30)[:, None], np.linspace(0, 1, 30))
    aside = Checkpoint(tmp_path / "fit.ckpt", seconds=0.0)
    monkeypatch.setattr(atomic, "_fill", Disk(tmp_path, 2, forever=True))
    network = fl.fit(samples, hidden=(4,), steps=50, checkpoint=aside)
    assert network.training.complete and "MB free" in str(aside.lost)
    monkeypatch.setattr(atomic, "_fill", Disk(tmp_path, 1, forever=True))
    with pytest.raises(fl.FoldlineError, match="free"):
        fl.fit(samples, hidden=(4,), steps=50, checkpoint=tmp_path / "other.ckpt")


def test_a_table_is_judged_by_rows_kept_aside(call, table, tmp_path):
    out = tmp_path / "out"
    answer = call("fit", table, "--out", out, *SHORT)
    assert "kept aside" in answer.stdout and "20 rows, not fitted to" in answer.stdout
    assert "1 input constant, kept: 'same' (7)" in answer.stderr
    training = json.loads((out / "report.json").read_text())["training"]
    assert training["n_samples"] == 80 and training["held_out"]["rows"] == 20 and training["held_out"]["rms_error"] > 0
    assert "20 were kept aside" in (out / "report.html").read_text()
    every = call("fit", table, "--out", tmp_path / "every", *SHORT, "--holdout", "0", "--json")
    assert json.loads(every.stdout)["training"]["n_samples"] == 100
    wrong = call("fit", table, "--out", tmp_path / "wrong", *SHORT, "--holdout", "1")
    assert wrong.exit_code == 2 and "a share from 0 to below 1; got 1.0" in wrong.stderr


# Killed at any moment, by another process: the children of one script, so that nothing is imported fifty times.
KILLED = """
import os, random, signal, sys, time
from pathlib import Path
from foldline.cli import main
from foldline.fit import checkpoint, descent
import foldline.draw.report, foldline.files.table

checkpoint.SAVE_SECONDS, descent.LONGEST_RUN = 0.0, 8
table, root, trials, rng = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), random.Random(int(sys.argv[4]))


def child(arguments, seconds):
    number = os.fork()
    if not number:
        sys.argv = ["foldline", *arguments]
        try:
            main()
        except SystemExit as end:
            os._exit(end.code or 0)
        os._exit(0)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(number, signal.SIGKILL)
    return os.waitpid(number, 0)[1]


def bits(out):
    import numpy as np, foldline as fl
    network = fl.read(out / "network.safetensors")
    return b"".join(np.asarray(a).tobytes() for a in (*network.weights, *network.biases))


fit = lambda out: ["fit", table, "--out", str(out), "--hidden", "8,8", "--steps", "400", "--quiet"]
begun = time.perf_counter()
assert child(fit(root / "whole"), None) == 0
length, equal, resumed = time.perf_counter() - begun, 0, 0
for trial in range(trials):
    out = root / str(trial)
    child(fit(out), rng.uniform(0, length))
    while not (out / "report.json").exists() or (out / "checkpoint.safetensors").exists():
        there = (out / "checkpoint.safetensors").exists()
        resumed += there
        again = ["resume", str(out), "--quiet"] if there else [*fit(out), "--force"]
        child(again, rng.choice([None, None, rng.uniform(0, length)]))
    assert sorted(path.name for path in out.iterdir() if path.name != ".lock") == [
        "network.onnx", "network.safetensors", "report.html", "report.json"], list(out.iterdir())
    equal += bits(out) == bits(root / "whole")
print(equal, resumed)
"""


@pytest.mark.parametrize("trials", [pytest.param(4, marks=pytest.mark.slow), pytest.param(50, marks=pytest.mark.fuzz)])
def test_a_fit_killed_at_any_moment_goes_on_to_the_same_bits(table, tmp_path, trials):
    command = [sys.executable, "-c", KILLED, str(table), str(tmp_path), str(trials), "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    equal, _ = map(int, done.stdout.split())
    assert equal == trials


def test_nothing_of_a_lock_is_left(call, table, tmp_path):
    call("fit", table, "--out", tmp_path / "out", *SHORT, "--quiet")
    assert not (tmp_path / "out" / LOCK).exists() and machine.free_memory() != 0
