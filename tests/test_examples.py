"""Every example of the lecture runs, says something, and is short."""

import re
import runpy
from pathlib import Path

import pytest

from foldline.lecture.questions import QUESTIONS

from .corpus import slow_where

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples/lecture").glob("*.py"))
FIELDS = sorted((ROOT / "examples/fields").glob("*.py"))


def takes_seconds(path: Path) -> bool:
    return path.stem in ("heights", "row09_approximation")


@pytest.mark.parametrize("path", slow_where(takes_seconds, EXAMPLES), ids=lambda p: p.stem)
def test_an_example_runs_and_has_fewer_than_forty_lines(path, capsys):
    runpy.run_path(str(path), run_name="__main__")
    assert capsys.readouterr().out.strip()
    assert len(path.read_text().splitlines()) < 40


def test_every_figure_of_the_lecture_has_an_example_that_names_it():
    named = {int(path.name[3:5]): re.search(r"`foldline figure ([a-z-]+)`", path.read_text())[1] for path in EXAMPLES}
    assert named == {one.number: one.slug for one in QUESTIONS}


@pytest.mark.parametrize("path", slow_where(takes_seconds, FIELDS), ids=lambda path: path.stem)
def test_an_example_of_a_field_runs_in_its_folder_and_draws(path, capsys, monkeypatch):
    from matplotlib import pyplot as plt

    monkeypatch.chdir(path.parent)
    plt.switch_backend("agg")
    plt.close("all")
    try:
        runpy.run_path(str(path), run_name="__main__")
        assert len(plt.get_fignums()) == 1 and "certified True" in capsys.readouterr().out
    finally:
        plt.close("all")
