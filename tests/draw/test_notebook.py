"""What a notebook shows of a value: one line of text, a small piece of HTML, names as text."""

from __future__ import annotations

from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest

import foldline as fl
from foldline.data.gates import xor_network
from foldline.data.toys import blobs
from foldline.exact.explain import explain
from foldline.scene import Camera, Scene
from foldline.voxels import Sampled, Voxels

SQUARE = fl.Box([-1, -1], [2, 2])
CUBE = fl.Box([-2] * 3, [2] * 3)
BAD = "<script>alert(1)</script>"


def random(widths, seed=0, **more):
    rng = np.random.default_rng(seed)
    pairs = list(pairwise(widths))
    return fl.Network([rng.normal(size=(b, a)) for a, b in pairs], [rng.normal(size=b) for _, b in pairs], **more)


def scene():
    at = Camera(np.eye(3, 4), 8, 6, (5.0, 5.0), (4.0, 3.0))
    pictures = [np.zeros((6, 8, 3), dtype=np.uint8)] * 20
    return Scene([at] * 20, pictures, [BAD] * 20, held_out=[k < 2 for k in range(20)], findings=[BAD])


def octahedron():
    return fl.surface(fl.Network([np.eye(3), [[1.0] * 3]], [np.zeros(3), [-1.0]], "abs"), CUBE)


def values():
    named = random((2, 6, 3), meta={"classes": [BAD, "b", "c"]})
    samples = fl.Samples([[0.0, 1.0]] * 12, [0.0] * 12, "classification", (BAD, "y"), (BAD, "b"))
    yield named, "Network(2-6-3, relu, 39 parameters)"
    yield random((3, 500, 500, 1)), "Network(3-500-500-1, relu, 253,001 parameters)"
    yield samples, "Samples(12 rows of 2 inputs, classification, 2 classes)"
    yield fl.Samples(np.ones((3, 40)), np.ones(3)), "Samples(3 rows of 40 inputs, regression)"
    yield fl.regions(xor_network(), SQUARE), "Regions(3 in "
    yield fl.regions(random((2, 60, 60, 1)), SQUARE), "Regions("
    yield fl.regions(random((1, 5, 1)), fl.Box([-1], [1])), "Regions("
    yield fl.regions(random((4, 3, 1)), fl.Box([-1] * 4, [1] * 4)), "Regions("
    yield fl.decisions(named, SQUARE), "Decisions("
    yield fl.decisions(random((3, 4, 2)), CUBE), "Decisions("
    yield explain(named, [0.5, 0.5]), "Explanation(2 coefficients, "
    yield explain(random((40, 9, 12)), np.ones(40)), "Explanation(40 coefficients, "
    yield fl.boundary(named, SQUARE), "Boundary("
    yield fl.boundary(random((1, 4, 2)), fl.Box([-1], [1])), "Boundary("
    yield fl.boundary(random((3, 4, 2)), CUBE), "Boundary("
    yield fl.contours(xor_network(), [0.25, 0.5], SQUARE), "Contours("
    yield fl.contours(xor_network(), [99.0], SQUARE), "Contours(0 polylines"
    yield fl.slopes(xor_network(), SQUARE), "Slopes("
    yield octahedron(), "Surface(Mesh("
    yield octahedron().mesh, "Mesh(8 polygons, 6 vertices)"
    yield fl.surface(xor_network(), SQUARE, 0.5), "Surface(Boundary("
    yield fl.Mesh.of_polygons(np.zeros((0, 3)), []), "Mesh(0 polygons, 0 vertices)"
    yield fl.bounds(random((2, 60, 60, 1))), "Bounds("
    yield fl.bounds(random((2, 20_000, 1))), "Bounds("
    yield fl.Cloud(np.ones((9, 3)), notes=(BAD,)), "Cloud(9 points)"
    yield fl.Polytope(np.vstack([np.eye(40), -np.eye(40)]), np.ones(80)), "Polytope(80 half-spaces"
    yield Voxels(np.ones((9, 9, 9), dtype=bool), CUBE), "Voxels(9 x 9 x 9, 729 filled)"
    yield Sampled(np.zeros((3, 3, 3)), CUBE), "Sampled(3 x 3 x 3 signed distances)"
    yield scene(), "Scene(20 pictures of 8 x 6, 2 held out)"


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.open, self.seen = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        if tag not in ("img", "path", "circle", "polygon", "rect", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in ("path", "circle", "polygon", "rect", "br"):
            assert self.open.pop() == tag


@pytest.mark.parametrize(("value", "line"), list(values()), ids=lambda one: one if isinstance(one, str) else "")
def test_a_value_is_one_line_and_a_small_piece_of_html_without_scripts(value, line):
    assert repr(value).startswith(line) and "\n" not in repr(value) and len(repr(value)) < 250
    html = value._repr_html_()
    page = Tags(html)
    assert page.open == [] and "script" not in page.seen and len(html.encode()) < 30_000


def test_a_name_is_shown_as_text():
    html = fl.decisions(random((2, 6, 2), meta={"classes": [BAD, "b"]}), SQUARE)._repr_html_()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_a_network_shows_its_layers_and_what_was_assumed():
    html = fl.Network([np.ones((3, 2)), np.ones((1, 3))], [np.zeros(3), [0]], "tanh", assumed=("tanh was taken",))
    html = html._repr_html_()
    assert html.count("<circle") == 6 and "<td>tanh</td>" in html and "tanh was taken" in html


def test_few_regions_are_polygons_and_many_are_pixels():
    few, many = (fl.regions(network, SQUARE)._repr_html_() for network in (xor_network(), random((2, 60, 60, 1))))
    assert few.count("<polygon") == 3 and "data:image/png" not in few
    assert "data:image/png" in many and "<polygon" not in many


def test_a_table_says_that_columns_are_left_out():
    html = fl.Samples(np.ones((3, 40)), np.ones(3))._repr_html_()
    assert "…" in html and "x8" in html and "x9" not in html


def test_samples_of_classes_show_the_names_of_their_targets():
    html = blobs(9)._repr_html_()
    assert html.count("<tr>") >= 9 and "<td>0</td>" in html
