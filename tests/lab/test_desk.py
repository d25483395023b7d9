"""A desk does one thing at a time for a page; the newest question wins, and a page that closes stops its work."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any

import httpx
import numpy as np

from foldline.lab.desk import Desk, Job, executor
from foldline.lab.frames import packed, parted, unpacked
from foldline.lab.widget import Here


class Slow:
    """Work that waits to be let go, and says what it was asked."""

    def __init__(self) -> None:
        self.begun, self.go, self.asked = threading.Semaphore(0), threading.Semaphore(0), []

    def work(self, message: Mapping[str, Any], job: Job) -> dict[str, Any]:
        self.asked.append(message["id"])
        self.begun.release()
        assert self.go.acquire(timeout=20)
        job.tell("progress", done=[1])
        return {"kind": "told"}


def test_of_many_questions_the_first_and_the_newest_are_done() -> None:
    slow, heard, done = Slow(), [], threading.Event()
    with executor(2) as pool:
        desk = Desk({"ask": slow.work}, lambda one: (heard.append(one), one.get("id") == 9 and done.set()), pool)
        desk.take({"kind": "ask", "id": 0})
        assert slow.begun.acquire(timeout=20)
        for k in range(1, 10):
            desk.take({"kind": "ask", "id": k})
        slow.go.release()
        slow.go.release()
        assert done.wait(20)
    assert slow.asked == [0, 9]
    assert [(one["kind"], one["id"]) for one in heard] == [
        *[("stopped", k) for k in (*range(1, 9), 0)], ("progress", 9), ("told", 9)
    ]  # fmt: skip


def test_a_question_that_waits_when_all_is_stopped_is_answered_too() -> None:
    slow, heard = Slow(), []
    with executor(1) as pool:
        desk = Desk({"ask": slow.work}, heard.append, pool)
        desk.take({"kind": "ask", "id": 0})
        assert slow.begun.acquire(timeout=20)
        desk.take({"kind": "ask", "id": 1})
        desk.take({"kind": "stop"})
        slow.go.release()
    assert slow.asked == [0]
    assert heard == [{"kind": "stopped", "id": 1}, {"kind": "stopped", "id": 0}]


def test_an_answer_that_the_channel_has_no_form_for_is_told_as_an_error() -> None:
    heard: list[bytes] = []
    works = {"ask": lambda message, job: {"kind": "told", "odd": object()}}
    desk = Desk(works, lambda answer: heard.append(packed(answer)), Here())
    for k in range(2):
        desk.take({"kind": "ask", "id": k})
    assert [unpacked(one)["kind"] for one in heard] == ["error", "error"]


def test_a_page_that_closes_ends_its_work_and_hears_no_more() -> None:
    slow, heard = Slow(), []
    with executor(1) as pool:
        desk = Desk({"ask": slow.work}, heard.append, pool)
        desk.take({"kind": "ask", "id": 0})
        assert slow.begun.acquire(timeout=20)
        desk.take({"kind": "ask", "id": 1})
        desk.close()
        desk.take({"kind": "ask", "id": 2})
        slow.go.release()
    assert slow.asked == [0] and heard == []


def test_the_work_of_all_pages_together_is_capped() -> None:
    slow = Slow()
    with executor(2) as pool:
        for page in range(5):
            Desk({"ask": slow.work}, lambda message: None, pool).take({"kind": "ask", "id": page})
        for _ in range(2):
            assert slow.begun.acquire(timeout=20)
        assert not slow.begun.acquire(timeout=0.2) and len(slow.asked) == 2
        for _ in range(5):
            slow.go.release()
    assert sorted(slow.asked) == [0, 1, 2, 3, 4]


def test_work_that_fails_is_told_and_the_next_is_done() -> None:
    def broken(message: Mapping[str, Any], job: Job) -> dict[str, Any]:
        raise ZeroDivisionError("oh")

    heard: list[dict[str, Any]] = []
    with executor(1) as pool:
        desk = Desk({"ask": broken}, heard.append, pool)
        desk.take({"kind": "ask", "id": 0})
    assert heard == [{"kind": "error", "text": "internal error: ZeroDivisionError: oh", "id": 0}]


def test_a_frame_keeps_its_arrays_beside_the_json() -> None:
    values, buffers = parted({"a": np.arange(3), "b": [np.array([[0.5, 1.5]]), None], "c": np.zeros(30_000)})
    assert [values["a"]["dtype"], values["b"][0]["shape"], values["c"]["dtype"]] == ["int32", [1, 2], "float32"]
    assert np.frombuffer(buffers[1]).tolist() == [0.5, 1.5]
    assert len(packed({"x": np.zeros(5)})) % 8 == 0 and unpacked(packed({"kind": "ask"})) == {"kind": "ask"}


def test_the_command_prints_one_address_serves_and_ends_with_ctrl_c() -> None:
    command = [sys.executable, "-m", "foldline", "lab", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = line.split(" at ")[1].split("#")[0].strip()
        assert line.startswith("foldline lab at http://127.0.0.1:") and "#token=" in line
        assert httpx.get(address).status_code == 200
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=30)
    assert rest == "" and "Traceback" not in errors and process.returncode in (0, 130)
