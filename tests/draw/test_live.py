"""A mesh in a notebook: a still; a click turns it into the 3-D view, in a frame that may do nothing but draw."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import foldline as fl
from foldline.draw.live import live
from foldline.draw.thin import shrunk, thinned

from ..corpus import slow_where
from .test_report import tower

DATA = Path(__file__).parents[2] / "data"
ROOM = 27_500
# The colours that a canvas has, and of how many pixels it is drawn.
INKED = """() => {
  const canvas = document.querySelector("canvas"), {width, height} = canvas;
  const copy = Object.assign(document.createElement("canvas"), {width, height}), brush = copy.getContext("2d");
  brush.drawImage(canvas, 0, 0);
  const {data} = brush.getImageData(0, 0, copy.width, copy.height), seen = new Set();
  let inked = 0;
  for (let i = 0; i < data.length; i += 4)
    if (data[i + 3]) { inked++; seen.add(data.slice(i, i + 3).join()); }
  return [inked / data.length * 4, seen.size];
}"""


def ball(n: int) -> fl.Mesh:
    """A sphere as a grid of n samples a side has it."""
    axis = np.linspace(-1.2, 1.2, n)
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    return fl.Mesh.of_grid(np.sqrt(x * x + y * y + z * z) - 1, [-1.2] * 3, [1.2] * 3)


@pytest.fixture
def cell(chromium: Any, tmp_path: Path) -> Any:
    """Shows values one below another, as a notebook does; what leaves the page and what fails is kept."""
    page = chromium.new_page(viewport={"width": 900, "height": 700})
    page.asked, page.failed = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.failed.append(str(error)))
    page.on("console", lambda said: page.failed.append(said.text) if said.type in ("error", "warning") else None)

    def show(*values: object) -> Any:
        file = tmp_path / "cell.html"
        file.write_text("<!doctype html><meta charset=utf-8>" + "<hr>".join(value._repr_html_() for value in values))
        page.goto(file.as_uri())
        return page

    yield show
    page.close()


def click(page: Any, nth: int) -> Any:
    """The frame of a mesh, once its first picture is there."""
    page.locator("summary").nth(nth).click()
    frame = page.frames[1 + nth]
    frame.wait_for_selector("canvas[data-drawn]")
    return frame


def test_a_click_turns_the_still_into_the_view_and_only_that_one(cell):
    page = cell(tower(), ball(24))
    frame = click(page, 0)
    assert frame.evaluate("document.querySelector('canvas').dataset.drawn") == str(tower().n_faces)
    share, colours = frame.evaluate(INKED)
    assert share > 0.1 and colours > 3
    assert page.frames[2].evaluate("document.querySelectorAll('script[type=module]').length") == 0
    assert [page.locator("summary img").nth(k).is_visible() for k in (0, 1)] == [False, True]
    assert len(page.asked) == 1 and page.failed == []


def test_keys_turn_the_view(cell):
    frame = click(cell(tower()), 0)
    before = frame.evaluate("document.querySelector('canvas').toDataURL()")
    frame.locator("canvas").press("ArrowLeft")
    frame.evaluate("() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    assert frame.evaluate("document.querySelector('canvas').toDataURL()") != before


def test_the_frame_reaches_neither_the_page_nor_the_network(cell):
    page = cell(tower())
    frame = click(page, 0)
    for forbidden in ("parent.document.title", "localStorage.length"):
        attempt = f"(() => {{ try {{ return {forbidden}; }} catch (error) {{ return error.name; }} }})()"
        assert frame.evaluate(attempt) == "SecurityError"
    assert frame.evaluate("fetch('http://127.0.0.1:9/').then(() => 'went', error => error.name)") == "TypeError"
    assert len(page.asked) == 1  # the policy stops it before it is asked for
    assert page.locator("iframe").get_attribute("sandbox") == "allow-scripts"


def test_a_large_mesh_is_thinned_and_says_so(cell):
    mesh = ball(60)
    page = cell(mesh)
    frame = click(page, 0)
    drawn = int(frame.evaluate("document.querySelector('canvas').dataset.drawn"))
    assert 1_000 < drawn < mesh.n_faces
    said = frame.inner_text("p")
    assert f"A copy of {drawn:,} triangles" in said and f"{mesh.n_faces:,} polygons" in said


@pytest.mark.parametrize("name", ["knot1", *slow_where(bool, ["boeing", "elephant-with-holes", "fandisk"])])
def test_every_mesh_stays_in_its_room_and_looks_alike_when_thinned(name):
    mesh = shrunk(fl.read_mesh(DATA / "mesh" / f"{name}.off"))
    assert len(live(mesh, ROOM).encode()) <= ROOM
    few = thinned(mesh, 28)
    assert few.n_faces < mesh.n_faces
    assert few.distance_to(mesh, n=4000).mean[0] < 0.02  # of a ball of radius 1: under a third of a cell


def test_the_edges_of_a_thinned_box_stay_sharp():
    x = np.abs(np.linspace(-1.3, 1.3, 60))
    inside = np.maximum(np.maximum(x[:, None, None], x[:, None]), x) - 1
    cube = fl.Mesh.of_grid(inside, [-1.3] * 3, [1.3] * 3)
    few = thinned(cube, 9)
    assert few.n_faces < cube.n_faces / 20 and few.euler == 2 and few.closed
    assert few.distance_to(cube, n=4000).max[0] < 0.02


def test_no_mesh_is_too_large_too_flat_or_too_small_to_be_shown():
    triangle, far = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], dtype=float), np.eye(3) * 1e150
    for vertices in (triangle * 1e-300, far, far - 5e149, triangle + 1e9, triangle @ np.diag([1, 0, 1])):
        html = fl.Mesh.of_polygons(vertices, [[0, 1, 2]])._repr_html_()
        assert len(html.encode()) < 30_000


@pytest.mark.slow
def test_a_mesh_of_sixty_thousand_parts_is_not_too_large_to_be_shown():
    many = fl.Mesh.of_polygons(np.random.default_rng(0).normal(size=(60_000, 3)), np.arange(60_000).reshape(-1, 3))
    assert len(many._repr_html_().encode()) < 30_000


def test_a_mesh_without_area_has_its_counts_alone():
    assert "<iframe" not in fl.Mesh.of_polygons(np.zeros((3, 3)), [[0, 1, 2]])._repr_html_()


def test_nothing_in_the_frame_ends_the_attribute_that_holds_it():
    html = tower()._repr_html_()
    (inside,) = re.findall(r'srcdoc="([^"]*)"', html)
    assert unescape(inside).startswith("<!doctype html>") and "<" not in inside
