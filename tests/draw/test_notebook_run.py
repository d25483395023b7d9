"""A notebook, executed headless: every value it shows is small, without a script, and names are text."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

import foldline as fl

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")

SOURCES = str(Path(fl.__file__).parents[1])
FIRST = """
import numpy as np
import foldline as fl
names = {"classes": ["<script>alert(1)</script>", "b", "c"], "names": ["<b>x", "y"]}
rng = np.random.default_rng(0)
weights = [rng.normal(size=(40, 2)), rng.normal(size=(3, 40))]
network = fl.Network(weights, [rng.normal(size=40), np.zeros(3)], meta=names)
box = fl.Box([-2, -2], [2, 2])
ball = fl.Network([np.eye(3), [[1.0] * 3]], [np.zeros(3), [-1.0]], "abs")
"""
SHOWN = [
    "network", "fl.regions(network, box)", "fl.decisions(network, box)", "fl.boundary(network, box)",
    "fl.explain(network, [0.1, 0.2])", "fl.surface(ball, fl.Box([-2] * 3, [2] * 3))",
    "fl.surface(ball, fl.Box([-2] * 3, [2] * 3)).mesh", "fl.Samples([[0.0, 1.0]] * 50, [0.0] * 50)",
]  # fmt: skip


@pytest.mark.slow
def test_every_value_of_an_executed_notebook_is_small_and_its_names_are_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([SOURCES, os.environ.get("PYTHONPATH", "")]))
    cells = [nbformat.v4.new_code_cell(code) for code in (FIRST, *SHOWN)]
    done = nbclient.NotebookClient(nbformat.v4.new_notebook(cells=cells), timeout=300, kernel_name="python3").execute()
    for cell, code in zip(done.cells[1:], SHOWN, strict=True):
        (shown,) = [output for output in cell.outputs if output.output_type == "execute_result"]
        html, text = shown.data["text/html"], shown.data["text/plain"]
        assert 300 < len(html.encode()) < 30_000 and "\n" not in text and len(text) < 250, code
        outside = re.sub(r'<iframe sandbox="allow-scripts" [^>]*></iframe>', "", html)  # a page of its own
        assert not re.search(r"<script|<b>x|on\w+=", outside), code
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in done.cells[3].outputs[0].data["text/html"]
