"""What the README says is run."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def printed(comment: str) -> str:
    return re.sub(r"\s+", " ", comment.strip())


def test_python_in_the_readme_prints_what_it_says(monkeypatch):
    monkeypatch.chdir(ROOT)
    code = "".join(re.findall(r"```python\n(.*?)```", README, re.DOTALL))
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "README.md", "exec"), {})
    lines = out.getvalue().splitlines()
    claimed = [
        printed(line.split("  # ", 1)[1]) if "  # " in line else None for line in code.splitlines() if "print(" in line
    ]
    assert len(lines) == len(claimed)
    for line, claim in zip(lines, claimed, strict=True):
        if claim is not None and not claim.startswith("which"):
            assert printed(line) == claim


@pytest.mark.parametrize("page", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_to_files(page):
    text = (ROOT / page).read_text()
    missing = [to for to in re.findall(r"\]\(([^)#:]+)\)", text) if not (ROOT / to).exists()]
    assert missing == []


def test_the_readme_is_short_enough_to_read():
    assert 60 <= len(README.splitlines()) <= 150


def test_make_knows_the_readmes_targets():
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^    make (\w+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
