"""Everything the README and the guides tell a reader to type is typed here, page by page, in its order."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from foldline.cli import app

from .corpus import slow_where

ROOT = Path(__file__).parents[1]
GUIDES = [page for room in ("guide", "howto") for page in sorted(ROOT.glob(f"docs/{room}/*.md"))]
PAGES = ["README.md", *(str(page.relative_to(ROOT)) for page in GUIDES)]
LONG = {f"docs/guide/{name}.md" for name in ("fields", "classes", "surface")}  # they fit shapes; the other guides stay
TYPED = re.compile(r"```python\n(?P<code>[\s\S]*?)```|^    (?P<command>foldline .*)$", re.MULTILINE)
ELSEWHERE = {"docs/guide/scale.md"}  # its code starts a cluster, which tests/exact/test_cluster.py does and then breaks


def typed(page: str) -> Iterator[tuple[str, str]]:
    """The blocks of code and the commands of a page, in their order."""
    for part in TYPED.finditer((ROOT / page).read_text()):
        yield from ((kind, text) for kind, text in part.groupdict().items() if text is not None)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of results, which all pages share, as a reader's would be."""
    return tmp_path_factory.mktemp("out")


DONE: set[str] = set()  # typed before, and wrote into ``out`` or nothing: a reader does not type it again


@pytest.mark.parametrize("page", slow_where(LONG.__contains__, [page for page in PAGES if page not in ELSEWHERE]))
def test_what_a_page_tells_to_type_works(page: str, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("data", "tests", "examples", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "out").symlink_to(out)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for kind, text in typed(page):
        if kind == "code":
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(text, page, "exec"), names)
        elif text not in DONE:
            ran = CliRunner().invoke(app, shlex.split(text, comments=True)[1:])
            assert ran.exit_code == 0, f"{text}: {ran.output[-600:]}"
            DONE.update([text] if " out/" in text or "--out" not in text else [])


def test_the_pages_have_something_to_type() -> None:
    kinds = [kind for page in PAGES for kind, _ in typed(page)]
    assert kinds.count("command") >= 20 and kinds.count("code") >= 30
    assert all(any(typed(page)) for page in PAGES)
