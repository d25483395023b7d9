"""Pages for everybody: axe-core finds nothing serious in either theme, in any form of a page, wide or narrow."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .lab import told
from .test_pages import ONE, SLUGS

pytestmark = pytest.mark.lab
AXE = "axe-core@4.10.3"  # 550 kB, MPL-2.0: fetched for the tests, never part of foldline
RUN = """axe.run(document, {resultTypes: ["violations"]}).then(found => found.violations
  .filter(one => ["serious", "critical"].includes(one.impact))
  .map(one => [one.id, ...one.nodes.slice(0, 3).map(node => `${node.target.join(" ")} ${node.failureSummary}`)]))"""
# Text that stands over the panel it belongs to is as large as the theme says; nothing is wider than the window.
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL = """[...document.querySelectorAll("svg text, h1, h2, p, td, th, figcaption")]
  .filter(e => e.offsetParent !== null || e.ownerSVGElement).filter(e => e.textContent.trim() && !e.closest(".spoken"))
  .map(e => parseFloat(getComputedStyle(e).fontSize)).filter(size => size < 24)"""


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    npm, folder = shutil.which("npm"), tmp_path_factory.mktemp("axe")
    if npm is None:
        pytest.skip("npm, which fetches axe-core, is not installed")
    ran = subprocess.run([npm, "install", "--silent", "--no-audit", "--no-fund", AXE], cwd=folder, capture_output=True)
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if ran.returncode or not script.exists():
        pytest.skip("axe-core cannot be fetched")
    return Path(script).read_text()


@pytest.fixture(scope="module")
def reader(lab: Any, window: Any) -> Iterator[Any]:
    """A window of a reader who wants no motion."""
    page = window.context.new_page()
    page.emulate_media(reduced_motion="reduce")
    yield page
    page.close()


@pytest.mark.parametrize("slug", [*SLUGS, "", "playground", "viewer"])
def test_axe_finds_nothing_serious_in_either_theme_and_a_phone_holds_the_page(
    slug: str, axe: str, lab: Any, reader: Any
) -> None:
    reader.set_viewport_size({"width": 1280, "height": 900})
    reader.goto(f"http://127.0.0.1:{lab.port}/{slug}")
    told(reader)
    reader.evaluate(axe)
    for theme in ("light", "dark"):
        reader.emulate_media(color_scheme=theme)
        assert reader.evaluate(RUN) == [], theme
    reader.set_viewport_size({"width": 390, "height": 844})
    reader.wait_for_timeout(100)
    assert reader.evaluate(WIDE) <= 0


def test_the_lecture_halls_view_has_large_text_one_panel_and_steps_by_arrows(lab: Any, reader: Any) -> None:
    reader.set_viewport_size({"width": 1920, "height": 1080})
    reader.goto(f"http://127.0.0.1:{lab.port}/{ONE}?present")
    first = told(reader)
    assert reader.evaluate(SMALL) == []
    assert reader.locator(".panel:visible").count() == 1
    reader.keyboard.press("ArrowRight")
    assert told(reader)["state"] != first["state"]
    reader.keyboard.press("ArrowLeft")
    assert told(reader)["state"] == first["state"]


def test_an_embedded_page_has_no_tools_and_still_drags(lab: Any, reader: Any) -> None:
    reader.set_viewport_size({"width": 800, "height": 600})
    reader.goto(f"http://127.0.0.1:{lab.port}/{ONE}?embed")
    first = told(reader)
    assert reader.locator("header, .steps").count() == 0
    reader.locator(".handle").first.focus()
    reader.keyboard.press("ArrowRight")
    assert told(reader)["state"] != first["state"]
