"""Every example of the lecture runs, says something, and is short."""

import re
import runpy
from pathlib import Path

import pytest

from foldline.lecture.questions import QUESTIONS

EXAMPLES = sorted((Path(__file__).parents[1] / "examples/lecture").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_an_example_runs_and_has_fewer_than_forty_lines(path, capsys):
    runpy.run_path(str(path), run_name="__main__")
    assert capsys.readouterr().out.strip()
    assert len(path.read_text().splitlines()) < 40


def test_every_figure_of_the_lecture_has_an_example_that_names_it():
    named = {int(path.name[3:5]): re.search(r"`foldline figure ([a-z-]+)`", path.read_text())[1] for path in EXAMPLES}
    assert named == {one.number: one.slug for one in QUESTIONS}
