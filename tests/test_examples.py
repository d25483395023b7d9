"""Every example of the lecture runs, says something, and is short."""

import re
import runpy
from pathlib import Path

import pytest

from foldline.draw.lecture.figures import entry

EXAMPLES = sorted((Path(__file__).parents[1] / "examples/lecture").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_an_example_runs_and_has_fewer_than_forty_lines(path, capsys):
    runpy.run_path(str(path), run_name="__main__")
    assert capsys.readouterr().out.strip()
    assert len(path.read_text().splitlines()) < 40


def test_there_is_an_example_for_the_rows_that_need_no_page():
    assert len(EXAMPLES) >= 15


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_an_example_that_names_its_figure_names_that_of_its_row(path):
    named = re.findall(r"foldline figure ([a-z-]+)", path.read_text())
    row = int(path.stem[3:5])
    assert [entry(name).row for name in named] == [row] * len(named)
    assert named or row < 19
