"""The report: one page, self-contained, that really draws."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import foldline as fl
from foldline.data.distance import distance_samples
from foldline.draw.report import Report, report
from foldline.draw.report.shape import crumb_rows
from foldline.draw.solid import solid_data
from foldline.files.image import pixel_centres
from foldline.training import Training

from .browser import DRAWN, Page, browser

DATA = Path(__file__).parents[2] / "data"
NAME = "<i>tower & co</i>.off"


def tower() -> fl.Mesh:
    corners = [[x, y, z] for x in (0, 5) for y in (0, 5) for z in (0, 10)]
    sides = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    return fl.Mesh.of_polygons(corners, sides)


@pytest.fixture(scope="module")
def made() -> Report:
    mesh = tower()
    samples = distance_samples(mesh, 4000)
    network = fl.fit(samples, hidden=(24, 24), steps=600)
    return report(network, samples, source=NAME, mesh=mesh)


def test_what_was_mended_after_a_fit_is_said():
    found = Training(crumbs={"cells": 1.0, "mended": 2, "left": 0})
    assert crumb_rows(found) == [("closed parts smaller than a cell", "2 mended in the features there")]
    more = replace(found, crumbs={"cells": 2.5, "mended": 2.0, "left": 1.0})
    assert crumb_rows(more) == [("closed parts smaller than 2.5 cells", "2 mended in the features there, 1 left")]
    assert crumb_rows(replace(found, crumbs={"cells": 1.0, "mended": 0, "left": 0, "handles": 1})) == [
        ("handles smaller than a cell", "1 mended in the features there")
    ]
    assert crumb_rows(None) == crumb_rows(Training(crumbs={"cells": 1.0, "mended": 0, "left": 0})) == []


def test_the_page_fetches_nothing(made):
    assert re.findall(r"(?:src|href)\s*=\s*[\"'](?!data:)[^\"']*|https?://(?!www\.w3\.org)", made.html) == []
    assert "default-src 'none'" in made.html and "@import" not in made.html


def test_names_are_shown_as_text(made):
    assert "<i>" not in made.html.replace("<i style=", "") and "&lt;i&gt;tower &amp; co&lt;/i&gt;.off" in made.html


def test_the_surface_is_in_the_units_of_the_input(made):
    lo, hi = made.surface.bounds
    assert np.allclose(lo, 0, atol=0.8) and np.allclose(hi, [5, 5, 10], atol=0.8)


def test_the_facts_say_what_the_surface_is(made):
    facts = made.facts["surface"]
    assert facts["n_polygons"] == made.surface.n_faces
    assert facts["n_vertices"] - facts["n_edges"] + facts["n_polygons"] == facts["euler"]
    assert f"{facts['n_polygons']:,} flat polygons" in made.html


def test_the_facts_compare_with_the_input_in_the_frame_of_length_1_8(made):
    against = made.facts["against_input"]
    assert against["area"]["mesh"] == pytest.approx(2 * 0.9**2 + 4 * 0.9 * 1.8)
    assert against["volume"]["mesh"] == pytest.approx(0.9**2 * 1.8)
    assert against["chamfer"] == pytest.approx(sum(against["mean_distance"].values()) / 2)
    assert 0.9 < against["iou"] <= 1


def test_bytes_are_those_of_the_lectures_representations(made):
    sizes = made.facts["storage_bytes"]
    assert sizes["network"] == 4 * (3 * 24 + 24 * 24 + 24 + 24 + 24 + 1)
    assert sizes["mesh"] == 4 * (3 * 8 + 4 * 6) and sizes["points"] == 4 * 3 * 8
    assert [sizes[f"voxels {n}^3"] for n in (32, 64, 128)] == [4096, 32768, 262144]


def test_geometry_survives_the_way_into_the_page():
    data, mesh = solid_data(tower(), tower()), tower()

    def unpacked(name: str, kind: str) -> np.ndarray:
        planes = np.frombuffer(zlib.decompress(base64.b64decode(data[name])), np.uint8)
        return planes.reshape(4, -1).T.copy().view(kind)[:, 0]

    assert np.array_equal(np.cumsum(unpacked("corner_steps", "<i4")), mesh.corners)
    assert np.array_equal(unpacked("vertices", "<f4").reshape(-1, 3), mesh.vertices)
    assert unpacked("sizes", "<u4").tolist() == [4] * 6 and unpacked("open_edges", "<u4").size == 0


def test_the_middle_of_a_wall_is_its_centre():
    assert np.array_equal(tower().middles[0], [0, 2.5, 5])


def test_an_image_and_a_table_have_a_report_too():
    image = fl.read(DATA / "image" / "camera.png")
    page = report(fl.fit(image, hidden=(4,), steps=3), image, source="camera.png")
    assert page.surface is None and page.html.count('<img src="data:image/png;base64,') == 3
    assert ("PSNR", f"{page.facts['training']['final']['psnr']:.2f} dB") in page.rows
    table = fl.read(DATA / "table" / "iris.csv")
    page = report(fl.fit(table, hidden=(4,), steps=3), table, source="iris.csv")
    assert "setosa, versicolor, virginica" in page.html
    assert "accuracy" in page.html and page.facts["samples"]["rows"] == len(table)


# How much of the canvas has ink, and from where to where, in shares of its width and height.
INKED = """new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => {
  const c = document.getElementById("solid"), g = c.getContext("webgl2"), p = new Uint8Array(4 * c.width * c.height);
  g.readPixels(0, 0, c.width, c.height, g.RGBA, g.UNSIGNED_BYTE, p);
  let n = 0, x0 = 1, x1 = 0, y0 = 1, y1 = 0;
  for (let i = 3; i < p.length; i += 4) if (p[i]) {
    const x = ((i >> 2) % c.width + 0.5) / c.width, y = (Math.floor((i >> 2) / c.width) + 0.5) / c.height;
    n += 1; x0 = Math.min(x0, x); x1 = Math.max(x1, x); y0 = Math.min(y0, y); y1 = Math.max(y1, y);
  }
  done({share: n / (c.width * c.height), x: [x0, x1], y: [y0, y1]});
})))"""


@pytest.fixture(scope="module")
def page(made, tmp_path_factory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("page")
    (folder / "report.html").write_text(made.html)
    with browser(folder / "profile") as shown:
        shown.open(folder / "report.html")
        yield shown


def press(page: Page, selector: str, times: int = 1) -> None:
    for _ in range(times):
        page.look(f"document.querySelector({selector!r}).click()")


def strip(width: int, height: int) -> str:
    """The report of a picture, with a name and a finding that a page might take for markup."""
    given = np.resize([0.0, 1.0, 0.5], (width * height, 1))
    meta = {"width": width, "height": height, "channels": 1, "findings": ["<b>\x1b[2J"]}
    samples = fl.Samples(pixel_centres(width, height), given, "image", ("x", "y"), meta=meta)
    return report(fl.fit(samples, hidden=(2,), steps=2), samples, source="a<b>.png").html


LOADED = "new Promise(done => { if (document.readyState == 'complete') done(1); else onload = () => done(1); })"
SIZES = "[...document.querySelectorAll('.pictures img')].map(i => [i.clientWidth, i.clientHeight])"


def test_pictures_of_every_shape_are_visible_in_the_page(tmp_path):
    with browser(tmp_path / "profile") as shown:
        for width, height in ((3000, 6), (600, 100), (30, 20), (4, 900)):
            html = strip(width, height)
            assert "<b>" not in html and "&lt;b&gt;\\x1b[2J" in html and "\x1b" not in html
            (tmp_path / f"{width}.html").write_text(html)
            shown.open(tmp_path / f"{width}.html")
            shown.look(LOADED)
            seen = shown.look(SIZES)
            assert len(seen) == 3 and all(40 <= wide <= 1200 and 40 <= high <= 1600 for wide, high in seen), seen
            drawn = re.findall(r"drawn ([\d.]+) times as (high|wide)", html)
            assert bool(drawn) == (width * 4 < height or width > 16 * height)
            factor = float(drawn[0][0]) if drawn else 1.0
            stretched = seen[0][0] / seen[0][1] / width * height
            assert stretched == pytest.approx(1 / factor if width > height else factor, rel=0.03)


def test_the_view_draws_every_polygon_and_the_console_stays_empty(made, page):
    assert page.look(DRAWN) == str(made.surface.n_faces)
    assert page.told == []
    assert 0.1 < page.look(INKED)["share"] < 0.9


def test_the_shape_fills_the_window_and_stays_in_it_as_it_turns(page):
    page.look(DRAWN)
    tall = []
    for _ in range(6):
        inked = page.look(INKED)
        assert inked["x"][0] > 0.01 and inked["x"][1] < 0.99 and inked["y"][0] > 0.01 and inked["y"][1] < 0.99
        tall.append(inked["y"][1] - inked["y"][0])
        press(page, "[data-do=right]", times=3)
    press(page, "[data-do=reset]")
    assert max(tall) > 0.85


def test_a_shape_whose_height_is_z_can_be_stood_up(page):
    page.look(DRAWN)

    def slender() -> float:
        inked, aspect = page.look(INKED), page.look("document.getElementById('solid').width / solid.height")
        return (inked["y"][1] - inked["y"][0]) / (inked["x"][1] - inked["x"][0]) / aspect

    assert slender() < 1
    press(page, "input[name=up][value=z]")
    assert slender() > 1.3
    press(page, "input[name=up][value=y]")
    assert slender() < 1


def test_colours_and_edges_change_what_is_drawn_and_the_legend_goes_with_the_error(page):
    page.look(DRAWN)
    legend = "getComputedStyle(document.querySelector('[data-legend=error]')).visibility"
    pictures = [page.look(INKED) and page.look("document.getElementById('solid').toDataURL()")]
    assert page.look(legend) == "hidden"
    for selector in ("input[value=region]", "#edges", "input[value=error]"):
        press(page, selector)
        pictures.append(page.look(INKED) and page.look("document.getElementById('solid').toDataURL()"))
    assert page.look(legend) == "visible"
    assert len(set(pictures)) == 4
