"""The guide to regions, decisions and boundaries runs and prints what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "regions.md"


def test_the_code_of_the_guide_to_regions_runs(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert len(blocks) == 5
    exec("\n".join(blocks), {})
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "2 2 True" and said[2] == "[0.25, 0.75]" and said[3] == "[0, 1]"
    assert sorted(said[4:6]) == ["[[0.5, 0.0], [0.0, 0.5]]", "[[0.5, 1.0], [1.0, 0.5]]"]
    assert said[7] == "True"
    n, share = re.fullmatch(r"True (\d+) False (0\.\d+)", said[-1]).groups()
    assert int(n) == 1000 and 0 < float(share) < 1
