"""The guide to exact surfaces runs and prints what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "surface.md"


def test_the_code_of_the_guide_to_surfaces_prints_its_comments(capsys: pytest.CaptureFixture[str]) -> None:
    code = "\n".join(re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL))
    exec(code, {})
    assert capsys.readouterr().out.splitlines() == re.findall(r"^print.*?# (.+)$", code, re.MULTILINE)
