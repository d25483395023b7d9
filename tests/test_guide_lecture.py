"""The code of the lecture's guide page runs, and its own assertions hold."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs/guide/lecture.md"


def test_the_code_of_the_page_runs():
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    assert len(blocks) == 4
    exec(compile("\n".join(blocks), str(PAGE), "exec"), {})
