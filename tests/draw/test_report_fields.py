"""The reports of images, maps and signals: what they claim is so, and they really draw."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import foldline as fl
from foldline.draw.relief import relief
from foldline.draw.report import Report, report
from foldline.draw.report.shape import _slices_of_field
from foldline.draw.series import LEFT, RIGHT, WIDTH, series_svg
from foldline.facts.rasters import raster_facts
from foldline.files.image import pixel_centres
from foldline.fit.fields import untrained
from foldline.raster import Lattice

from ..exact.test_fields import ball
from .browser import browser

LOADED = "new Promise(d => document.readyState == 'complete' ? d(1) : addEventListener('load', () => d(1)))"
NAME = "<i>cat & co</i>"


def image(width: int = 40, height: int = 30) -> fl.Samples:
    at = pixel_centres(width, height)
    values = 0.5 + 0.4 * np.stack([np.sin(5 * at[:, 0]), np.cos(6 * at[:, 1]), np.sin(4 * at.sum(axis=1))], axis=1)
    return fl.Samples(at, values, "image", ("x", "y"), meta={"width": width, "height": height, "channels": 3})


def hills(gap: bool = False) -> fl.Samples:
    lattice = Lattice((30, 36), (500.0, 100.0), (2.0, -2.0))
    x, y = (lattice.centres - [530.0, 70.0]).T / 10
    told = {"rows": 30, "columns": 36, "x": [500.0, 570.0], "y": [100.0, 42.0], "units": ["m", "m"]}
    kept = np.ones(1080, dtype=bool)
    kept[200:210] = not gap
    return fl.Samples(lattice.centres[kept], (50 * np.sin(x) * np.cos(y))[kept], "elevation", ("x", "y"), meta=told)


def wave() -> fl.Samples:
    times = np.linspace(0, 3, 200)[:, None]
    return fl.Samples(times, np.hstack([np.sin(9 * times), times**2]), "signal", ("t",))


MADE = {
    "image": lambda: (image(), {}),
    "elevation": lambda: (hills(gap=True), {"holdout": 0.05}),
    "signal": lambda: (wave(), {"holdout": 0.1}),
}


@pytest.fixture(scope="module")
def reports() -> dict[str, tuple[fl.Network, fl.Samples, Report]]:
    made = {}
    for kind, of in MADE.items():
        samples, how = of()
        network = fl.fit(samples, steps=400, **how)
        made[kind] = network, samples, report(network, samples, source=NAME)
    return made


@pytest.mark.parametrize("kind", MADE)
def test_a_page_fetches_nothing_and_shows_names_as_text(reports, kind: str) -> None:
    html = reports[kind][2].html
    assert re.findall(r"(?:src|href)\s*=\s*[\"'](?!data:)[^\"']*|https?://(?!www\.w3\.org)", html) == []
    assert "<i>cat" not in html and "&lt;i&gt;cat &amp; co&lt;/i&gt;" in html


@pytest.mark.parametrize("kind", MADE)
def test_a_fit_stands_beside_no_training_and_plain_interpolation(reports, kind: str) -> None:
    network, samples, made = reports[kind]
    ways = {way["name"]: way for way in made.facts["beside"]["ways"]}
    measure = made.facts["beside"]["measure"]
    bare = untrained(network, samples)
    assert np.isclose(ways["no training"]["on"], samples.task.score(bare(samples.inputs), samples.targets)[measure])
    assert np.isclose(ways["the fit"]["on"], samples.task.score(network(samples.inputs), samples.targets)[measure])
    assert any(way["on"] is None for way in ways.values()) and "nothing is compressed" in made.html
    assert made.facts["beside"]["network_bytes"] == 4 * network.n_parameters
    assert all(f"{name} " in f"{row} " for name, row in zip(list(ways)[1:], [r[0] for r in raster_facts(
        network, samples).rows()], strict=False))  # fmt: skip


@pytest.mark.parametrize("kind", MADE)
def test_a_fit_that_gains_nothing_is_said_to_before_anything_else(reports, kind: str) -> None:
    good, samples, made = reports[kind]
    assert raster_facts(good, samples).doubts == () and "Not a good fit" not in made.html
    bad = fl.Network(good.weights, [*good.biases[:-1], good.biases[-1] + 0.3], good.layer_activations, grid=good.grid)
    page = report(bad, samples, source=NAME)
    (said,) = raster_facts(bad, samples).doubts
    assert "no better than: no training, " in said and ("not good", said) in page.rows
    assert page.facts["beside"]["doubts"] == [said] and made.facts["beside"]["doubts"] == []
    assert page.html.index("Not a good fit") < page.html.index("<figure")


def test_no_training_is_the_function_at_the_vertices(reports) -> None:
    network, samples, _ = reports["image"]
    bare, n = untrained(network, samples), network.grid.sizes[-1]
    at = bare.grid.places(len(bare.grid.sizes) - 1, np.random.default_rng(0).integers(0, n + 1, size=(50, 2)))
    assert np.abs(bare(at) - samples.function(at)).max() < 1e-5
    assert untrained(fl.Network([[[1.0, 1.0]]], [[0.0]]), samples) is None


def test_the_regions_of_a_crop_are_those_of_the_network(reports) -> None:
    for kind in ("image", "elevation"):
        network, _, made = reports[kind]
        told = made.facts["crop"]
        box = fl.Box(*told["box"])
        assert told["n_regions"] == fl.count(network, box) and told["certified"] and told["complete"]
        assert f"{told['n_regions']:,} regions in a crop" in made.html


def test_contour_lines_of_a_map_are_drawn_and_told(reports) -> None:
    network, _, made = reports["elevation"]
    told = made.facts["contours"]
    assert told["n_lines"] == len(fl.contours(network, told["levels"])) and told["complete"]
    assert made.html.count('class="levels') == len(told["levels"])
    assert re.search("; mean of 4 neighbours: [0-9.e-]+, (no )?worse", made.html)


def test_joints_of_a_signal_are_counted_exactly(reports) -> None:
    network, _, made = reports["signal"]
    found = fl.regions(network, network.box)
    slopes = found.maps[np.argsort(found.points[:, 0])][:, :, 0]
    bends = int((np.abs(np.diff(slopes, axis=0)) > 0).any(axis=1).sum())
    assert made.facts["joints"]["n_joints"] == bends and f"{bends:,} joints, counted exactly" in made.html
    assert re.search("linear interpolation: [0-9.e-]+, (no )?worse", made.html)
    assert made.html.count('class="series"') == 4
    paths = re.findall('<svg class="series".*?<polyline class="line" points="([^"]+)"', made.html)
    for path in paths:  # from edge to edge of its window
        across = [float(corner.partition(",")[0]) for corner in path.split()]
        assert (across[0], across[-1]) == (LEFT, WIDTH - RIGHT) and sorted(across) == across
    assert len(paths) == 4


def test_contour_lines_that_time_ended_are_said_first(reports, monkeypatch: pytest.MonkeyPatch) -> None:
    network, samples, whole = reports["elevation"]
    monkeypatch.setattr("foldline.draw.report.elevation.BUDGET", fl.Budget(seconds=1e-6))
    made = report(network, samples, source="hills.npz")
    told = "contour lines are not all here"
    assert not made.facts["contours"]["complete"] and told not in whole.html
    assert made.html.index(told) < made.html.index("The map")


def test_land_is_lit_from_the_north_west_with_north_up() -> None:
    lattice = Lattice((20, 20), (0.0, 0.0), (1.0, 1.0))  # y rises with the rows
    x, y = lattice.centres.T
    cone = 10 - np.hypot(x - 9.5, y - 9.5).reshape(20, 20)
    cone[0, 0] = np.nan
    drawn = relief(cone, lattice).astype(float).sum(axis=2)
    assert drawn[7, 7] > drawn[12, 12] and tuple(relief(cone, lattice)[19, 0]) == (200, 200, 200)


@pytest.mark.parametrize("n", [3, 5_000])
def test_a_signal_of_any_length_is_drawn(n: int) -> None:
    times = np.linspace(0, 1, n)
    drawn = series_svg(times, np.sin(times), times, np.sin(times), dots=False, name="wave")
    assert drawn.count("<circle") == (n if n < 1_500 else 0) and 0 < len(drawn) < 120_000
    assert "nan" not in drawn


WIDTHS = "[1e9, ...[...document.querySelectorAll('.series, .drawing svg')].map(one => one.clientWidth)]"


def test_the_pages_open_in_a_browser_without_a_word(reports, tmp_path: Path) -> None:
    with browser(tmp_path / "profile") as page:
        for kind, (_, _, made) in reports.items():
            path = tmp_path / f"{kind}.html"
            path.write_text(made.html)
            page.open(path, width=390)
            page.look(LOADED)
            assert page.look("document.images.length + document.querySelectorAll('svg').length") >= 2
            assert page.look("document.documentElement.scrollWidth <= innerWidth"), kind
            assert page.look(f"Math.min(...{WIDTHS})") >= 560, kind  # they scroll in a box of their own
        assert page.told == []


def test_planes_through_a_shape_show_exact_regions_at_its_surface() -> None:
    f = ball(8)
    told = _slices_of_field(f, fl.surface(f).mesh)
    assert told.count('class="section crop"') == 3 and told.count('class="zero"') == 6
    counts = [int(n.replace(",", "")) for n in re.findall(r"([\d,]+) linear regions in 6 × 6 cells", told)]
    assert len(counts) == 3 and min(counts) > 2 * 36  # a cell has two triangles at least, each with regions of its own
