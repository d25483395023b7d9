"""The report of a table: exact pictures, confusions or residuals, rows kept aside, and nothing that confuses."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as xml

import numpy as np
import pytest

import foldline as fl
from foldline.data.toys import blobs
from foldline.draw.report import report

BAD = "<script>$"


def columns(d: int, n: int = 60) -> np.ndarray:
    return np.random.default_rng(d).uniform(-1, 1, (n, d))


def pictures(html: str) -> list[xml.Element]:
    return [
        xml.fromstring(text) for text in re.findall(r'<figure class="drawing">(<svg.*?</svg>)</figure>', html, re.S)
    ]


def texts(drawn: xml.Element) -> list[str]:
    return ["".join(one.itertext()).strip() for one in drawn.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("d", [1, 2, 3, 5])
@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_every_table_is_shown_with_its_points(d: int, kind: str) -> None:
    X = columns(d)
    y = (X.sum(axis=1) > 0) * 1.0 if kind == "classification" else np.abs(X[:, 0])
    samples = fl.Samples(X, y, kind, tuple(f"a{k}" for k in range(d)), ("lo", "hi") if kind == "classification" else ())
    made = report(fl.fit(samples, hidden=(6,), steps=40, holdout=0.2), samples, source="a.csv")
    first, *rest = pictures(made.html)
    said = texts(first)
    assert any(text == "a0" or text.startswith("first direction (most: a") for text in said)
    assert ("hi" in said) == (kind == "classification")
    assert any("along the two directions that hold" in text for text in said) == (d > 2)
    assert len(rest) == (kind == "regression") and ("Which class is taken for which" in made.html) != bool(rest)
    assert "48 rows fitted to" in made.html and "12 rows kept aside" in made.html
    assert "http:" not in re.sub(r"http://(www\.w3\.org|purl\.org|creativecommons\.org)", "", made.html)


def test_confusions_in_the_page_are_the_facts(tmp_path) -> None:
    samples = blobs(90, n_classes=3)
    made = report(fl.fit(samples, hidden=(4,), steps=30, holdout=0.2), samples, source="a.csv")
    counts = [int(n) for n in re.findall(r'<td class="(?:right|wrong)"[^>]*>([\d,]+)</td>', made.html)]
    told = made.facts["table"]["confusion"]
    assert counts == [n for part in ("fitted", "kept_aside") for row in told[part] for n in row]


def test_of_many_classes_the_commonest_confusions_are_told() -> None:
    rng = np.random.default_rng(0)
    names = tuple(f"c{k}" for k in range(15))
    samples = fl.Samples(rng.normal(size=(150, 2)), np.arange(150) % 15, "classification", (), names)
    made = report(fl.fit(samples, hidden=(4,), steps=20), samples, source="a.csv")
    assert re.search(r"c\d+ taken for c\d+", made.html) and '<table class="matrix">' not in made.html


def test_names_are_text_and_no_row_confuses() -> None:
    X = columns(2)
    samples = fl.Samples(X, X[:, 0] > 0, "classification", (BAD, "b"), (BAD, "_"))
    made = report(fl.fit(samples, hidden=(4,), steps=7), samples, source=BAD)
    assert "<script>$" not in made.html and "&lt;script&gt;$" in made.html
    assert dict(made.rows)["steps"] == "7, each over 60 of 60 rows"


def test_curved_units_are_said_to_have_no_regions() -> None:
    samples = fl.Samples(columns(2), np.zeros(60))
    network = fl.Network([np.ones((3, 2)), np.ones((1, 3))], [np.zeros(3), [0.0]], "tanh")
    assert "no linear regions to draw" in report(network, samples, source="a.csv").html


def test_a_bad_fit_is_said_before_anything_else() -> None:
    samples = fl.Samples(columns(2), columns(1)[:, 0] > 0, "classification", (), ("no", "yes"))
    made = report(fl.fit(samples, hidden=(64, 64), steps=400, holdout=0.25), samples, source="a.csv")
    assert made.html.index("Not a good fit") < made.html.index("What it learned")
    assert ("not good", made.facts["table"]["doubts"][0]) in made.rows


SEEN = """() => {
  const svg = document.querySelector(".drawing svg"), paper = svg.querySelector("path");
  const colour = (of, what) => getComputedStyle(of)[what].match(/\\d+/g).slice(0, 3).map(Number);
  return [colour(document.body, "backgroundColor"), colour(paper, "fill"), colour(svg.querySelector("text"), "fill")];
}"""


def test_drawings_follow_the_page_from_light_to_dark_and_onto_paper(chromium, tmp_path) -> None:
    samples = blobs(60, n_classes=3)
    file = tmp_path / "report.html"
    file.write_text(report(fl.fit(samples, hidden=(4,), steps=10, holdout=0.2), samples, source="a.csv").html)
    page = chromium.new_page(color_scheme="dark")
    try:
        page.goto(file.as_uri())
        looks = [page.evaluate(SEEN)]
        for choice in ("light", "dark"):
            page.get_by_label(choice, exact=True).check()
            looks.append(page.evaluate(SEEN))
        page.emulate_media(media="print", color_scheme="dark")
        looks.append(page.evaluate(SEEN))
    finally:
        page.close()
    night, day, again, printed = ([sum(colour) / 3 for colour in look] for look in looks)
    assert again == night and printed[1:] == day[1:]
    for (ground, paper, ink), dark in ((night, True), (day, False), (printed, False)):
        assert (ground < 60) == (paper < 60) == (ink > 120) == dark


@pytest.mark.parametrize("d", [1, 3])
def test_drawings_are_large_enough_to_read_on_a_telephone_and_scroll_in_their_own_box(d, chromium, tmp_path) -> None:
    samples = fl.Samples(columns(d), columns(d)[:, 0])
    file = tmp_path / "report.html"
    file.write_text(report(fl.fit(samples, hidden=(4,), steps=10, holdout=0.2), samples, source="a.csv").html)
    page = chromium.new_page(viewport={"width": 390, "height": 844})
    try:
        page.goto(file.as_uri())
        widths = page.evaluate("[...document.querySelectorAll('.drawing svg')].map(one => one.clientWidth)")
        page_width = page.evaluate("document.documentElement.scrollWidth")
    finally:
        page.close()
    assert len(widths) == 2 and min(widths) >= 560 and page_width == 390


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_every_colour_of_a_drawing_has_one_for_dark_pages(d: int, kind: str) -> None:
    X = columns(d)
    y = (X.sum(axis=1) > 0) * 1.0 if kind == "classification" else np.abs(X[:, 0])
    samples = fl.Samples(X, y, kind, (), ("lo", "hi") if kind == "classification" else ())
    html = report(fl.fit(samples, hidden=(6,), steps=40, holdout=0.2), samples, source="a.csv").html
    for drawing in re.findall(r'<figure class="drawing">(<svg.*?</svg>)</figure>', html, re.S):
        style, rest = re.search(r"<style>(.*?)</style>", drawing)[1], re.sub(r"<style>.*?</style>", "", drawing)
        assert not re.search(r": #[0-9a-f]{6}", rest)
        assert {*re.findall(r"var\((--\w+)\)", rest)} == {*re.findall(r"(--\w+):light-dark", style)}


def test_classes_over_one_input_stand_on_lines_of_their_own() -> None:
    X = columns(1)
    samples = fl.Samples(X, (X[:, 0] > 0) * 1.0, "classification", ("dose",), ("lo", "hi"))
    ax = fl.decisions(fl.fit(samples, hidden=(4,), steps=10), fl.Box([-1], [1])).plot(samples=samples)
    heights = [np.unique(np.asarray(dots.get_offsets())[:, 1]).round(3).tolist() for dots in ax.collections[-2:]]
    assert heights == [[0.333], [0.667]] and ax.get_ylim() == (0, 1)


def test_the_rows_met_worst_are_named_by_their_numbers_and_the_categories_that_hold(tmp_path) -> None:
    file = tmp_path / "a.csv"
    rows = [f"{'abc'[k % 3]},{k},{'north south'.split()[k % 2]},{k % 7}" for k in range(40)]
    file.write_text("\n".join(["kind,size,side,y", *rows]))
    samples = fl.read(file, target="y")
    network = fl.fit(samples, hidden=(4,), steps=10, holdout=0.25)
    html = report(network, samples, source="a.csv").html
    aside = samples.aside(0.25)
    row, met = r"size (\d+), kind (\w), side (\w+)", r"(\d); it says \S+; ([^<]+)"
    listed = re.findall(f'<th scope="row">{row}</th><td>{met}</td>', html)
    assert len(listed) == 5
    for size, kind, side, y, part in listed:
        k = int(size)
        assert (kind, side, int(y)) == ("abc"[k % 3], ("north", "south")[k % 2], k % 7)
        assert part == ("kept aside" if aside[k] else "fitted to")
    assert {part for *_, part in listed} == {"kept aside", "fitted to"}


def test_of_many_columns_a_row_names_twelve_and_of_many_outputs_the_worst() -> None:
    samples = fl.Samples(columns(15), np.column_stack([np.zeros(60), 1e3 * columns(1)[:, 0]]))
    html = report(fl.fit(samples, hidden=(4,), steps=2), samples, source="a.csv").html
    assert re.search(r"x12 \S+, and 3 more columns</th><td>output 2: \S+; it says \S+</td>", html)
    assert html.count("output 2: ") == 5 and "kept aside</td>" not in html


@pytest.mark.parametrize(("meta", "said"), [({"target": "mass_g"}, " (mass_g)"), ({"target": "3"}, ""), ({}, "")])
def test_errors_are_told_in_the_column_they_are_counted_in(meta: dict, said: str) -> None:
    samples = replace(fl.Samples(columns(2, 20), columns(2, 20)[:, 0]), meta=meta)
    made = report(fl.fit(samples, hidden=(3,), steps=5, holdout=0.2), samples, source="a.csv")
    told = {name: text for name, text in made.rows if "error" in name}
    assert len(told) == 4 and all(re.fullmatch(rf"[\d.e-]+{re.escape(said)}", text) for text in told.values())
    assert f"{told['rms error']}</td>" in made.html
