"""The verbs that show the lecture: its figures, and its numbers beside the true ones."""

from __future__ import annotations

import json
import re

import pytest
from typer.testing import CliRunner

from foldline.cli import app
from foldline.lecture.printed import FACTS
from foldline.lecture.questions import QUESTIONS


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, ["figure", *words])


def test_the_list_has_every_figure_and_its_question(call):
    plain, found = call("--list"), json.loads(call("--list", "--json").stdout)["figures"]
    assert [one["name"] for one in found] == [one.slug for one in QUESTIONS]
    assert all(one.title in plain.stdout for one in QUESTIONS)


def test_a_figure_lands_in_the_folder_and_its_numbers_in_the_json(call, tmp_path):
    answer = call("shallow", "--out", "drawn/here", "--json")
    (made,) = json.loads(answer.stdout)["figures"]
    assert made["numbers"]["piece on [0, 0.3]"] == "y = 0.3 − 2 x"
    assert sorted(path.name for path in (tmp_path / "drawn/here").iterdir()) == ["shallow.png", "shallow.svg"]


def test_a_file_that_is_there_stays_unless_forced(call, tmp_path):
    (tmp_path / "shallow.png").write_text("mine")
    refused = call("shallow", "--out", ".")
    assert refused.exit_code == 4 and "shallow.png" in refused.stderr
    assert (tmp_path / "shallow.png").read_text() == "mine" and not (tmp_path / "shallow.svg").exists()
    assert call("shallow", "--out", ".", "--force", "--quiet").exit_code == 0
    assert (tmp_path / "shallow.png").read_bytes()[1:4] == b"PNG"


def test_a_file_is_no_folder(call, tmp_path):
    (tmp_path / "here").write_text("mine")
    refused = call("shallow", "--out", "here")
    assert refused.exit_code == 4 and "--out needs a folder; got the file here." in refused.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["shalow"], "Did you mean shallow?"),
        ([], "figure needs names, or --all; got neither. Try --list."),
        (["shallow", "--all"], "figure needs names, or --all; got both."),
    ],
)
def test_what_cannot_be_drawn_is_one_line_and_exit_code_2(call, words, said):
    answer = call(*words)
    assert answer.exit_code == 2 and said in answer.stderr and len(answer.stderr.strip().splitlines()) == 1


def test_the_lecture_is_said_with_its_errata_marked_and_commands_unbroken():
    said = CliRunner().invoke(app, ["lecture"]).stdout.splitlines()
    wrong = [line for line in said[:-1] if "✗" in line]
    assert len(wrong) == 4 and any("161,501  161,051" in line for line in wrong)
    commands = [line.strip() for line in said if re.match(" {4}[a-z]", line)]
    assert len(commands) == len(FACTS) and set(commands) == {fact.command for fact in FACTS}
    assert said[-1].startswith(f"{len(FACTS)} prints, 4 of them wrong")


def test_the_lecture_as_json_has_a_row_a_print_with_a_figure_there_is():
    rows = json.loads(CliRunner().invoke(app, ["lecture", "--json"]).stdout)["rows"]
    assert [row["printed"] for row in rows] == [fact.printed for fact in FACTS]
    assert {row["figure"] for row in rows} <= {one.slug for one in QUESTIONS}
    assert sum(row["erratum"] for row in rows) == 4
    assert CliRunner().invoke(app, ["lecture", "--quiet"]).stdout == ""
