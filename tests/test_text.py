"""Text from files reaches a terminal, a page, a spreadsheet and JSON as text."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

import foldline
from foldline.cli.app import How, console, print_facts
from foldline.errors import NetworkError
from foldline.text import csv_text, json_text, page_text, short, shown

ODD = "a[/]b\x1b[2J\nc\u202ed\u2066\x9b31m<script>\ud800\x00"


def test_json_never_holds_what_is_no_json() -> None:
    value = {"a": [1.5, math.inf, -math.inf, {"b": np.float64("nan")}], math.nan: (np.array([1.0, math.nan]),)}
    found = json.loads(json_text(value), parse_constant=lambda name: pytest.fail(name))
    assert found == {"a": [1.5, None, None, {"b": None}], "nan": [[1.0, None]]}


def test_json_keeps_every_finite_number() -> None:
    numbers = [0.1, -0.0, 5e-324, 1.7976931348623157e308, 2**70, True, None, "x\u202e"]
    assert json.loads(json_text(numbers)) == numbers and json_text(numbers).isascii()
    assert json_text({"a": 1}, compact=True) == '{"a":1}' and json_text([1], indent=1) == "[\n 1\n]"


def test_json_refuses_what_it_has_no_form_for() -> None:
    with pytest.raises(TypeError, match="a set, for which JSON has no form"):
        json_text({1})
    net = foldline.Network([[[1.0]]], [[0.0]], meta={"a": {1}})
    with pytest.raises(NetworkError, match="JSON values; got a set"):
        foldline.files.npz.npz_bytes(net)


def test_json_is_written_in_one_place() -> None:
    root = Path(foldline.__file__).parent
    assert [p.name for p in root.rglob("*.py") if re.search(r"json\.dumps?\(", p.read_text())] == ["text.py"]


def test_tables_are_written_in_one_place() -> None:
    root = Path(foldline.__file__).parent
    assert [p.name for p in root.rglob("*.py") if re.search(r"csv\.(Dict)?[wW]riter", p.read_text())] == []
    rows = [["a,b", 'c"d', "e\nf\rg", "", "h"], [1, 0.1, 1e300, None, "日"]]
    back = list(csv.reader(io.StringIO(csv_text(rows), newline="")))
    assert back == [rows[0], ["1", "0.1", "1e+300", "", "日"]]


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "@SUM("])
def test_a_spreadsheet_runs_no_cell(begin: str) -> None:
    read = next(csv.reader(io.StringIO(csv_text([[begin + "cmd|calc!A1"]]), newline="")))
    assert read == ["'" + begin + "cmd|calc!A1"]


def test_numbers_in_a_table_stay_numbers() -> None:
    assert csv_text([[-1.5, "-1.5", "+2", -3, "1e-5", "-inf", "a-b", ""]]) == "-1.5,-1.5,+2,-3,1e-5,-inf,a-b,\n"
    assert csv_text([["-1.5\t", "+1 555"]]).startswith("'-1.5")


def test_what_is_shown_is_one_printable_line() -> None:
    assert shown(ODD).isprintable() and shown("grün 日本 ═▶") == "grün 日本 ═▶"
    assert page_text(ODD).isprintable() and "<" not in page_text(ODD)
    assert short("abc") == "abc" and len(short("a" * 1000)) == 60


def test_the_terminal_shows_text_from_files_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    say = console(False)
    say.print(f"note    {ODD}")
    print_facts({}, [(ODD, ODD)], How())
    out = capsys.readouterr().out
    assert out.replace("\n", "").isprintable() and out.count("a[/]b\\x1b[2J\\nc\\u202ed") == 3
