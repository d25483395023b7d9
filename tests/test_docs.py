"""The documentation is whole: every public name, every page reached, every notebook run, and its own tools right."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import re
import sys
from pathlib import Path
from types import ModuleType

import matplotlib
import pytest

import foldline as fl

from .corpus import slow_where

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
REFERENCE = "".join(path.read_text() for path in (DOCS / "reference").glob("*.md"))
NAMED = re.findall(r"^\.\. auto(class|function|module|exception):: ([\w.]+)$", REFERENCE, re.MULTILINE)
PUBLIC = [name for name in dir(fl) if not name.startswith("_") and not isinstance(getattr(fl, name), ModuleType)]


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_in_the_reference(name: str) -> None:
    value = getattr(fl, name)
    asked = {f"foldline.{name}", value.__module__, f"{value.__module__}.{name}"}
    assert asked & {place for _, place in NAMED}


@pytest.mark.parametrize(("kind", "place"), NAMED)
def test_the_reference_names_what_exists(kind: str, place: str) -> None:
    if kind == "module":
        assert importlib.import_module(place).__doc__
        return
    module, _, name = place.rpartition(".")
    assert getattr(importlib.import_module(module), name).__doc__


def test_every_page_is_reached_from_the_index() -> None:
    index = (DOCS / "index.md").read_text()
    pages = {path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.glob("*/*.md")}
    notebooks = {f"tutorials/{path.stem}" for path in (ROOT / "examples/notebooks").glob("*.ipynb")}
    listed = set(re.findall(r"^([\w/-]+)$", index, re.MULTILINE))
    globbed = ("guide/", "_build/", "gallery/", "fields/")
    assert {page for page in pages | notebooks if not page.startswith(globbed)} <= listed


NOTEBOOKS = sorted((ROOT / "examples/notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", slow_where(lambda path: path.stem == "shape", NOTEBOOKS), ids=lambda path: path.stem)
def test_a_notebook_runs_and_is_kept_without_its_outputs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    cells = json.loads(path.read_text())["cells"]
    names: dict[str, object] = {}
    with contextlib.redirect_stdout(io.StringIO()), matplotlib.rc_context({"figure.max_open_warning": 0}):
        for cell in cells:
            if cell["cell_type"] == "code":
                assert cell["outputs"] == [] and cell["execution_count"] is None
                exec(compile("".join(cell["source"]), path.name, "exec"), names)
    assert len(names) > 3


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.syspath_prepend(str(DOCS))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return "links"


def test_a_dead_link_and_a_page_that_fetches_are_found(tools: str, tmp_path: Path) -> None:
    links = importlib.import_module(tools)
    (tmp_path / "good.html").write_text('<h1 id="top">x</h1><a href="#top">up</a>')
    assert links.faults(tmp_path) == []
    (tmp_path / "bad.html").write_text(
        '<a href="none.html">a</a><a href="good.html#no">b</a><a href="https://example.org">c</a>'
        '<script src="https://example.org/x.js"></script>'
    )
    assert links.faults(tmp_path) == [
        "bad.html: fetches https://example.org/x.js",
        "bad.html: none.html leads nowhere",
        "bad.html: good.html#no has no such place",
    ]
