"""An answer as one picture: its own vertices to the digits written, with axes, ticks, legend and points."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree as xml

import numpy as np
import pytest

import foldline as fl
from foldline.colour import QUIET, rgb, series
from foldline.data.book import problem, solution
from foldline.data.gates import xor_network
from foldline.data.toys import blobs
from foldline.draw.picture import picture
from foldline.fit.linear import descend

SQUARE = fl.Box([-1, -1], [2, 2])
SPACE = "{http://www.w3.org/2000/svg}"
BALL = fl.Network([np.eye(3), [[1.0] * 3]], [np.zeros(3), [-1.0]], "abs")
DIGITS = 2e-6  # points: six digits behind the point are written
BAD = "$<script>\x1b_"


def random(widths, seed=0, **more):
    rng = np.random.default_rng(seed)
    pairs = list(pairwise(widths))
    return fl.Network([rng.normal(size=(b, a)) for a, b in pairs], [rng.normal(size=b) for _, b in pairs], **more)


def drawn(made, kind):
    """The outlines of a collection in the SVG, in points from its lower left corner."""
    root = xml.fromstring(made.encode("svg"))
    height = 72 * made.figure.get_size_inches()[1]
    (group,) = [one for one in root.iter(f"{SPACE}g") if one.get("id", "").startswith(kind)]
    shapes = {path.get("id"): path.get("d") for path in group.iter(f"{SPACE}path") if path.get("id")}
    used = [(use.get("{http://www.w3.org/1999/xlink}href")[1:], use) for use in group.iter(f"{SPACE}use")]
    outlines = [(shapes[name], float(use.get("x", 0)), float(use.get("y", 0))) for name, use in used]
    outlines += [(path.get("d"), 0.0, 0.0) for path in group.iter(f"{SPACE}path") if not path.get("id")]
    for text, x, y in outlines:
        at = np.array(re.findall(r"-?[\d.]+(?:e-?\d+)?", text), dtype=float).reshape(-1, 2)
        yield np.column_stack([at[:, 0] + x, height - at[:, 1] - y])


def in_points(made, corners):
    """Where matplotlib's axes put the corners, in points."""
    made.figure.set_dpi(72)
    made.figure.draw_without_rendering()
    return made.figure.axes[0].transData.transform(corners)


@pytest.mark.parametrize("found", [fl.regions(random((2, 9, 5, 1)), SQUARE), fl.decisions(random((2, 9, 3)), SQUARE)],
                         ids=["regions", "decisions"])  # fmt: skip
def test_vertices_in_the_svg_are_the_answer_s_to_the_digits_written(found):
    made = picture(found)
    for outline, corners in zip(drawn(made, "PolyCollection"), found.polygons(), strict=True):
        np.testing.assert_allclose(outline[: len(corners)], in_points(made, corners), atol=DIGITS)


def test_so_are_a_boundary_s():
    found = fl.boundary(xor_network(), SQUARE, level=0.5)
    made = picture(found)
    for line, ends in zip(drawn(made, "LineCollection"), found.vertices[found.edges], strict=True):
        np.testing.assert_allclose(line, in_points(made, ends), atol=DIGITS)


@pytest.mark.parametrize("found", [fl.contours(xor_network(), [0.25, 0.5], SQUARE), fl.slopes(xor_network(), SQUARE)])
@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_lines_and_slopes_of_a_map_are_pictures_too(found, kind, tmp_path):
    data = found.save(tmp_path / f"a.{kind}").read_bytes()
    assert {"svg": b"every decision proved" in data, "png": data[1:4] == b"PNG", "pdf": data[:4] == b"%PDF"}[kind]


def test_a_wide_box_leaves_no_empty_bands():
    flat, square = (picture(fl.regions(xor_network(), box)) for box in (fl.Box([0, 0], [2, 1]), SQUARE))
    assert flat.figure.get_figheight() < 0.8 * square.figure.get_figheight()


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_a_file_is_written_under_each_name_and_twice_the_same(kind, tmp_path):
    found = fl.regions(xor_network(), SQUARE)
    data = found.save(tmp_path / f"a.{kind}").read_bytes()
    assert data == found.save(tmp_path / f"b.{kind}").read_bytes()
    assert data[:5] in (b"<?xml", b"\x89PNG\r", b"%PDF-")


def test_axes_ticks_legend_and_points_are_there():
    samples = blobs(60, n_classes=3)
    found = fl.decisions(descend(samples, "cross_entropy", steps=100).network, fl.Box([-3, -3], [3, 3]))
    made = picture(found, samples, note="read from a file")
    root = xml.fromstring(made.encode("svg"))
    texts = ["".join(one.itertext()).strip() for one in root.iter(f"{SPACE}text")]
    assert {"x1", "x2", "0", "1", "2", "Where each of 3 classes wins"} <= set(texts)
    assert "every decision proved · read from a file" in texts
    points = [one for one in root.iter(f"{SPACE}g") if one.get("id", "").startswith("PathCollection")]
    assert sum(len(list(one.iter(f"{SPACE}use"))) for one in points) == 60


@pytest.mark.parametrize("made", [
    lambda: picture(fl.regions(solution("3.1"), fl.Box([0], [1])), problem("3.1")),
    lambda: picture(fl.decisions(solution("5.2"), fl.Box([0], [1])), problem("5.2")),
    lambda: picture(random((13, 30, 3))),
    lambda: picture(fl.surface(BALL, fl.Box([-2] * 3, [2] * 3))),
    lambda: picture(fl.regions(fl.Network([[[0.0, 0.0]]], [[1.0]]), SQUARE), colour="field", legend=True),
], ids=["curve", "line", "diagram", "surface", "constant"])  # fmt: skip
def test_other_values_are_drawn_too(made):
    assert made().encode("png")[1:4] == b"PNG"


def test_a_field_is_in_bands_between_its_exact_level_lines():
    """Every corner of a band's outline has one of the levels, or lies on the box."""
    network = random((2, 9, 5, 1))
    made = picture(fl.regions(network, SQUARE), colour="field")
    (bands,) = [one for one in made.figure.axes[0].collections if type(one).__name__ == "TriContourSet"]
    corners = np.concatenate([path.vertices for path in bands.get_paths() if len(path.vertices)])
    off = np.abs(network(corners)[:, 0, None] - bands.levels).min(axis=1)
    inside = ((corners > SQUARE.lo + 1e-9) & (corners < SQUARE.hi - 1e-9)).all(axis=1)
    assert inside.sum() > 20 and off[inside].max() < 1e-9


def test_equal_numbers_have_equal_colours_in_the_field_and_its_points():
    network = fl.Network([[[1.0, 0.0]]], [[0.0]])
    samples = fl.Samples([[0.0, 0.0], [1.5, 0.0]], [0.0, 5.0])
    ax = picture(fl.regions(network, SQUARE), samples, colour="value").figure.axes[0]
    dots = ax.collections[-1].get_facecolor()
    alone = picture(fl.regions(fl.Network([[[0.0, 0.0]]], [[5.0]]), SQUARE), samples, colour="value").figure.axes[0]
    np.testing.assert_array_equal(alone.collections[0].get_facecolor()[0], dots[1])


def test_names_are_text_whatever_they_are():
    network = random((2, 6, 2), meta={"classes": [BAD, "_b$"], "names": ["$x", "y$"]})
    for kind in ("png", "svg"):
        data = picture(fl.decisions(network, SQUARE)).encode(kind)
    assert b"$&lt;script&gt;\\x1b_" in data and b"<script>" not in data


def test_very_many_polygons_are_one_path_a_colour_and_pixels_in_an_svg(monkeypatch):
    found = fl.regions(random((2, 9, 5, 1)), SQUARE)
    monkeypatch.setattr("foldline.draw.plots.FINE", 5)
    made = picture(found)
    (paths,) = made.figure.axes[0].collections
    corners = sum(len(path.vertices) for path in paths.get_paths())
    assert corners == sum(len(one) + 1 for one in found.polygons()) and len(paths.get_paths()) <= 64
    assert b"<image" in made.encode("svg")
    whole = np.concatenate([path.vertices for path in paths.get_paths()])
    assert {tuple(at) for at in whole} == {tuple(at) for one in found.polygons() for at in one}


# Machado, Oliveira and Fernandes 2009, "A physiologically-based model for simulation of color vision deficiency",
# severity 1; of linear RGB
BLIND = {
    "protanope": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranope": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanope": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


@pytest.mark.parametrize("eye", BLIND)
@pytest.mark.parametrize("paler", [0.0, QUIET], ids=["lines", "areas"])
def test_the_first_classes_are_told_apart_by_colour_blind_readers(eye, paler):
    """The colours' distance in CIELAB, as these eyes see them: 2.3 is just noticeable."""
    seen = linear(rgb(series(paler))[:4]) @ np.array(BLIND[eye]).T
    lab = cielab(np.clip(seen, 0, 1))
    apart = np.linalg.norm(lab[:, None] - lab[None], axis=2)[np.triu_indices(4, 1)]
    assert apart.min() > (10 if paler == 0 else 4)


def linear(colours):
    share = colours / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def cielab(rgb_linear):
    xyz = rgb_linear @ np.array([[0.4124, 0.2126, 0.0193], [0.3576, 0.7152, 0.1192], [0.1805, 0.0722, 0.9505]])
    f = np.cbrt(xyz / [0.9505, 1.0, 1.089])
    return np.column_stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])])


@pytest.mark.parametrize("sides", [(1.0, 1.0), (1.0, 2.0), (2.0, 1.0)])
def test_the_bar_of_colours_stands_beside_the_axes_as_high_as_they_are(sides) -> None:
    found = fl.regions(fl.Network([[[1.0, 2.0]], [[1.0]]], [[0.1], [0.0]]), fl.Box([0, 0], list(sides)))
    figure = picture(found, colour="field").figure
    ax, (bar,) = figure.axes[0], figure.axes[0].child_axes
    figure.draw_without_rendering()
    place, beside = ax.get_window_extent(), bar.get_window_extent()
    assert 0 < beside.x0 - place.x1 < 0.04 * figure.bbox.width and beside.x1 < figure.bbox.x1
    assert abs(beside.y0 - place.y0) < 1 and abs(beside.y1 - place.y1) < 1


def test_what_stands_on_pixels_keeps_its_colours_on_a_dark_page_and_so_does_their_legend(monkeypatch) -> None:
    def colours(made):
        (ax,) = made.figure.axes
        marks = [*ax.lines, *ax.collections, *ax.get_legend().legend_handles]
        return [str(one.get_color() if hasattr(one, "get_markerfacecolor") else one.get_edgecolor()) for one in marks]

    network = random((2, 6, 3))
    samples = fl.Samples([[0, 0], [1, 1.0]], [0, 1.0], "classification", (), ("a", "b", "c"))
    for many, same in ((0, True), (10**9, False)):
        monkeypatch.setattr("foldline.draw.plots.FINE", many)
        made = picture(fl.decisions(network, SQUARE), samples)
        said = made.figure.axes[0].get_legend().get_texts()
        before, words = colours(made), [str(text.get_color()) for text in said]
        made.on_both()
        assert (colours(made) == before) == same
        assert [str(text.get_color()) for text in said] != words
