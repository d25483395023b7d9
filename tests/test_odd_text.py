"""Names that anybody can put into a file: on the terminal, in reports, tables and drawings they are only text."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from foldline.cli import app

ESC, BELL, TURN = "\x1b", "\x07", "\u202e"
NAMES = ["a[/]", f"{ESC}[2J{BELL}b", f"c{TURN}d\ne", '<script>alert("1")</script>']
CLASSES = ["=cmd|calc!A1", f"[bold]{ESC}]0;owned{BELL}", "<img src=x>"]


@pytest.fixture(scope="module")
def call() -> Callable[..., Result]:
    runner = CliRunner()
    return lambda *arguments: runner.invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    text = io.StringIO()
    rows = [[f"[/{'xy'[i % 2]}", i, i * 7 % 5, i * i % 7, CLASSES[i % 3]] for i in range(12)]
    csv.writer(text).writerows([[*NAMES, "+sum(A1)"], *rows])
    path = tmp_path_factory.mktemp("odd") / "[red]odd\n\x1b[2J.csv"
    path.write_bytes(text.getvalue().encode())
    return path


@pytest.fixture(scope="module")
def fitted(table: Path, call: Callable[..., Result]) -> tuple[Path, Result]:
    out = table.parent / "out"
    return out, call("fit", table, "--out", out, "--hidden", "3", "--steps", "3")


def only_text(result: Result) -> str:
    for stream in (result.stdout, result.stderr):
        assert stream.replace("\n", "").isprintable(), stream
    return result.stderr + result.stdout


def test_the_terminal_shows_names_and_does_not_obey_them(table: Path, call: Callable[..., Result], fitted: Any) -> None:
    out, result = fitted
    assert result.exit_code == 0, result.stderr
    assert "[bold]\\x1b]0;owned\\x07" in only_text(result).replace("\n", "")
    for arguments in (("show", table), ("show", out / "network.safetensors"), ("show", out / "network.onnx")):
        said = re.sub(r"\s+", "", only_text(call(*arguments)))
        assert "\\x1b[2J\\x07b" in said and "[/x" in said, said


def test_errors_show_names_and_do_not_obey_them(table: Path, call: Callable[..., Result]) -> None:
    for arguments in (("--target", "q"), ("--ignore", f"{ESC}[2J"), ("--missing", f"{ESC}c")):
        for debug in ((), ("--debug",)):
            result = call("show", table, *arguments, *debug)
            assert result.exit_code == 2, result.stdout
            only_text(result)
    only_text(call("show", table.parent / f"{ESC}[2J.off"))


def test_reports_show_names_as_text(fitted: Any) -> None:
    page = (fitted[0] / "report.html").read_text()
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page and "<img src=x" not in page
    assert page.replace("\n", "").isprintable()
    facts = json.loads((fitted[0] / "report.json").read_text(), parse_constant=lambda word: pytest.fail(word))
    assert facts["samples"]["classes"] == sorted(CLASSES)


def test_answers_show_names_as_text(tmp_path: Path, call: Callable[..., Result], fitted: Any) -> None:
    plane = ("--box", "-2", "2", "--plane", "0,0,0,0,0", "0,0,1,0,0", "0,0,0,1,0")
    for suffix in ("csv", "json", "svg", "geojson"):
        result = call("decisions", fitted[0] / "network.safetensors", *plane, "--out", tmp_path / f"a.{suffix}")
        assert result.exit_code == 0, result.stderr
        assert "[bold]\\x1b]0;owned\\x07" in only_text(result)
    cells = list(csv.reader(io.StringIO((tmp_path / "a.csv").read_text(), newline="")))
    names = {cell for row in cells for cell in row}
    assert {"'" + CLASSES[0], CLASSES[1]} & names and CLASSES[0] not in names
    assert not any(cell.startswith(("=", "@", "+")) or (cell[:1] == "-" and not cell[1:2].isdigit()) for cell in names)
    ET.parse(tmp_path / "a.svg")  # no byte in it that XML forbids
    for suffix in ("json", "geojson"):
        json.loads((tmp_path / f"a.{suffix}").read_text(), parse_constant=lambda word: pytest.fail(word))
