"""The code of docs/guide/fit.md runs."""

from __future__ import annotations

import re
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "fit.md"


def test_the_code_of_the_guide_runs_and_learns(capsys):
    names: dict[str, object] = {}
    for code in re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL):
        exec(code, names)
    assert names["network"].training.final["rms_error"] < 0.1
    assert names["classifier"].training.final["accuracy"] > 0.9
    assert 0.003 < names["apart"].chamfer < 0.004
    assert capsys.readouterr().out.startswith("()\n")
