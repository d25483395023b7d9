"""Every figure of the lecture: it draws, says its numbers, has nothing on top of anything else, and is reproducible."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

import foldline as fl
from foldline.colour import contrast, rgb, series, turned_over
from foldline.draw.diagram import HIDDEN
from foldline.draw.lecture.figures import FIGURES, draw
from foldline.draw.lecture.gates import SHADES
from foldline.draw.paper import BANDS, INK, NODE, PAPER, SLIDE_DOTS, SOFT, WORDS, Sheet, _texts, look, number, sheet
from foldline.lecture.questions import QUESTIONS

from ..corpus import slow_where
from .drawn import drawn

NAMES = [one.slug for one in QUESTIONS]
QUICK = {"multiclass", "network", "shallow", "surface"}  # all kinds of panels; the others are slow
EACH = slow_where(lambda name: name not in QUICK, NAMES)
GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "figures.md"
SVG = "{http://www.w3.org/2000/svg}"
TOUCH = 1.5  # points by which the boxes of two texts may meet: a box has air above and below its letters


@pytest.fixture
def page(request: pytest.FixtureRequest) -> Sheet:
    return drawn(request.param)


@cache
def as_svg(page: Sheet) -> bytes:
    """A figure as it is saved, encoded once for all tests of it."""
    return page.encode("svg")


every = pytest.mark.parametrize("page", EACH, indirect=True)


def boxes(page: Figure, monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    """The rectangle of each text that is drawn, in points."""
    from matplotlib.text import Text

    drawn, plain = {}, Text.draw

    def draw(text, renderer):
        drawn[id(text)] = text
        plain(text, renderer)

    monkeypatch.setattr(Text, "draw", draw)
    page.canvas.draw()
    scale = 72 / page.dpi
    shown = [text for text in drawn.values() if text.get_visible() and text.get_text().strip()]
    return {f"{k} {text.get_text()}": scale * text.get_window_extent().get_points() for k, text in enumerate(shown)}


@every
def test_a_figure_is_svg_with_its_question_and_every_number_as_text(page):
    root = ElementTree.fromstring(as_svg(page))
    said = " ".join("".join(text.itertext()) for text in root.iter(f"{SVG}text"))
    assert root.tag == f"{SVG}svg" and page.numbers and len(dict(page.numbers)) == len(page.numbers)
    title = root.findtext(f"{SVG}title")
    assert title in said and title in {one.title for one in QUESTIONS}
    for name, value in page.numbers:
        assert name in said and value in said


@every
def test_a_figure_is_the_same_bytes_when_it_is_saved_again(page):
    assert as_svg(page) == page.encode("svg")


@every
def test_no_text_lies_on_another_or_leaves_the_sheet(page, monkeypatch):
    assert laid_badly(page.figure, monkeypatch) == ([], [])


@pytest.mark.parametrize("name", EACH)
def test_no_text_of_a_slide_lies_on_another_or_leaves_it(name, monkeypatch):
    for k, page in enumerate(on_slides(name).pages):
        assert laid_badly(page, monkeypatch) == ([], []), f"page {k + 1}"


def laid_badly(page: Figure, monkeypatch: pytest.MonkeyPatch) -> tuple[list[tuple[str, str]], list[str]]:
    """The texts that lie on each other, and those that leave the page."""
    found = boxes(page, monkeypatch)
    wide, tall = 72 * page.get_size_inches()
    over = [
        (a, b)
        for (a, p), (b, q) in combinations(found.items(), 2)
        if (np.minimum(p[1], q[1]) - np.maximum(p[0], q[0]) > TOUCH).all()
    ]
    return over, [a for a, p in found.items() if p[0].min() < 0 or p[1][0] > wide or p[1][1] > tall]


@every
def test_every_panel_holds_something(page):
    empty = [name for name, ax in page.panels.items() if not (ax.has_data() or ax.texts or ax.patches or ax.tables)]
    assert empty == []


def test_every_question_has_its_figure():
    assert list(FIGURES) == NAMES


def test_drawing_again_from_the_start_gives_the_same_bytes():
    first, second = drawn("shallow"), draw("shallow")
    assert first.encode("svg") == second.encode("svg") and first.encode("png") == second.encode("png")


def test_the_users_own_settings_do_not_change_a_figure_and_stay():
    from matplotlib import rcParams

    plain = drawn("shallow").encode("svg")
    before = rcParams["lines.linewidth"]
    try:
        rcParams["lines.linewidth"] = 9.0
        assert draw("shallow").encode("svg") == plain and rcParams["lines.linewidth"] == 9.0
    finally:
        rcParams["lines.linewidth"] = before


def test_a_figure_is_saved_under_both_names_and_not_over_a_file(tmp_path):
    page = drawn("shallow")
    svg, png = page.save(tmp_path, "shallow")
    assert svg.read_bytes()[:5] == b"<?xml" and png.read_bytes()[1:4] == b"PNG"
    with pytest.raises(fl.FoldlineError, match=r"shallow\.svg"):
        page.save(tmp_path, "shallow")


def test_an_unknown_name_is_told_with_the_nearest():
    with pytest.raises(fl.FoldlineError, match=r"got 'shalow'\. Did you mean shallow\?"):
        draw("shalow")
    with pytest.raises(fl.FoldlineError, match=r"got 'q'\. Try foldline figure --list"):
        draw("q")


def test_a_sheet_says_its_numbers_below_its_panels():
    with look():
        page = sheet("A", [("joints", "3"), ("slope", number(-2.5))])
    assert page.texts()[-4:] == ["joints", "3", "slope", "−2.5"]


def test_the_code_of_the_guide_runs():
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert len(blocks) == 3
    exec("\n".join(blocks), {})


def on_slides(name: str) -> Sheet:
    return drawn(name, slides=True)


@pytest.mark.parametrize("name", EACH)
def test_a_slide_has_one_panel_and_text_for_the_last_row(name):
    page = on_slides(name)
    assert len(page.pages) == len(page.panels) and page.slides
    for k, figure in enumerate(page.pages):
        assert tuple(np.round(figure.get_size_inches() * SLIDE_DOTS)) == (1920, 1080)
        sizes = [text.get_fontsize() * SLIDE_DOTS / 72 for text in _texts(figure)]
        assert min(sizes) >= 24, f"page {k + 1}"


def test_slides_are_numbered_and_bound_in_one_pdf(tmp_path):
    page = on_slides("line")
    files = [file.name for file in page.save(tmp_path, "line", kinds=("svg", "png", "pdf"))]
    assert files == ["line-1.svg", "line-1.png", "line.pdf", "line-2.svg", "line-2.png", "line-3.svg", "line-3.png"]
    assert (tmp_path / "line.pdf").read_bytes().count(b"/Type /Page ") == 3
    assert page.encode("pdf") == page.encode("pdf")


@pytest.mark.parametrize("name", ["xor", *slow_where(bool, ["relaxation", "argmax"])])
def test_a_dark_figure_is_light_on_dark_to_the_last_text(name):
    page = drawn(name, dark=True)
    assert max(page.figure.get_facecolor()[:3]) < 0.1
    for text in _texts(page.figure):
        assert (max(to_rgba(text.get_color())[:3]) > 0.5) != (text.get_gid() == NODE), text.get_text()


GROUNDS = (PAPER, *BANDS)
ON = [*((word, GROUNDS) for word in (INK, SOFT, *WORDS.values())), (INK, SHADES), (PAPER, (*WORDS.values(), HIDDEN))]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_words_stand_out_from_what_they_are_written_on(dark):
    for word, grounds in ON:
        told, under = rgb([word]) / 255, rgb(grounds) / 255
        if dark:
            told, under = turned_over(told), turned_over(under)
        assert contrast(told, under).min() >= 4.5, (word, grounds)


def least_contrasts(figure: Figure) -> list[tuple[float, str]]:
    """How far each text stands out from three quarters of what it lies on: drawn without texts, and looked at there."""
    figure.canvas.draw()
    texts = [text for text in _texts(figure) if text.get_visible() and text.get_text().strip()]
    extents = [text.get_window_extent().extents for text in texts]
    for text in texts:
        text.set_visible(False)
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[::-1, :, :3] / 255
    found = []
    for text, (x0, y0, x1, y1) in zip(texts, extents, strict=True):
        text.set_visible(True)
        under = pixels[max(0, int(y0)) : int(y1) + 1, max(0, int(x0)) : int(x1) + 1].reshape(-1, 3)
        if text.get_bbox_patch() is not None:
            under = np.array([to_rgba(text.get_bbox_patch().get_facecolor())[:3]])
        if not len(under):
            continue
        *ink, share = to_rgba(text.get_color(), text.get_alpha())
        told = share * np.array([ink]) + (1 - share) * np.median(under, axis=0)
        found.append((float(np.quantile(contrast(np.repeat(told, len(under), axis=0), under), 0.25)), text.get_text()))
    return found


@every
def test_words_stand_out_from_what_lies_under_them(page):
    # On one shade of orange neither ink nor paper reaches 4.5.
    assert [one for one in least_contrasts(page.figure) if one[0] < (4.3 if one[1].isdigit() else 4.5)] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_words_stand_out_in_the_dark_too(name):
    found = least_contrasts(drawn(name, dark=True).figure)
    assert [one for one in found if one[0] < (4.3 if one[1].isdigit() else 4.5)] == []


def test_what_a_figure_writes_in_a_colour_is_dark_enough_to_be_read():
    written = {text.get_color() for text in _texts(drawn("unit").figure) if isinstance(text.get_color(), str)}
    assert not written & (set(WORDS) - set(WORDS.values())) and written & set(WORDS.values())


def test_the_colour_of_a_class_keeps_its_hue_on_a_dark_page():
    orange, dark = to_rgba(series()[1])[:3], turned_over(np.array([to_rgba(series()[1])[:3]]))[0]
    np.testing.assert_allclose(dark, orange, atol=0.02)


@pytest.mark.parametrize("name", ["two-outputs", *slow_where(bool, ["units", "shallow"])])
def test_a_panel_that_stands_alone_names_its_own_axes(name):
    for page in draw(name, slides=True).pages:
        for ax in page.axes:
            plotted = [line for line in ax.lines if len(line.get_xdata()) > 2]
            if plotted:
                assert ax.get_title(loc="left") and any(tick.get_text() for tick in ax.get_yticklabels()), name
                assert ax.get_xlabel() or ax.get_ylabel(), name


def faces(page: Sheet, letters: str) -> list[np.ndarray]:
    """The colours of the polygons on some panels."""
    return [each.get_facecolor() for letter in letters for each in page.panels[letter].collections]


def test_a_photograph_a_solid_and_what_is_written_on_a_plate_can_be_seen_in_the_dark():
    light, dark = (faces(drawn("image", dark=dark), "EF") for dark in (False, True))
    assert len(light) == 2 and all(np.array_equal(a, b) for a, b in zip(light, dark, strict=True))
    plated = [text for text in _texts(drawn("xor", dark=True).figure) if text.get_bbox_patch() is not None]
    assert plated and all(max(text.get_bbox_patch().get_facecolor()[:3]) < 0.2 for text in plated)


@pytest.mark.parametrize(("name", "letter"), [("zero-gradients", "B"), ("quadratic", "C")])
def test_lines_and_words_over_a_scale_of_colours_keep_theirs_in_the_dark(name, letter):
    light, dark = (drawn(name, dark=dark).panels[letter] for dark in (False, True))
    for kind in ("lines", "texts"):
        seen = [[to_rgba(one.get_color()) for one in getattr(ax, kind)] for ax in (light, dark)]
        assert seen[0] and seen[0] == seen[1]
    assert to_rgba(light.title.get_color()) != to_rgba(dark.title.get_color())
