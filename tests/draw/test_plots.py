"""What answers and networks draw on matplotlib's axes: their own vertices, an Axes in and the same Axes out."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.collections import LineCollection, PolyCollection

import foldline as fl
from foldline.data.book import problem, solution
from foldline.data.gates import xor_network
from foldline.data.toys import blobs, curve
from foldline.fit.linear import descend

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "plots.md"
SQUARE = fl.Box([-1, -1], [2, 2])
LINE = fl.Box([0], [1])


@pytest.fixture(autouse=True)
def closed():
    matplotlib.use("Agg")
    yield
    pyplot.close("all")


@pytest.fixture
def ax():
    return pyplot.subplots()[1]


def collection(ax, kind):
    return [one for one in ax.collections if type(one) is kind]


@pytest.fixture(scope="module")
def classes():
    samples = blobs(60, n_classes=3)
    return samples, fl.decisions(descend(samples, "cross_entropy", steps=100).network, fl.Box([-3, -3], [3, 3]))


@pytest.mark.parametrize("colour", ["pattern", "gradient", "value", "piece", "class"])
def test_the_polygons_drawn_are_those_of_the_answer(ax, colour):
    found = fl.regions(xor_network(), SQUARE)
    assert found.plot(ax, colour=colour) is ax
    wanted = fl.decisions(xor_network(), SQUARE).polygons() if colour == "class" else found.polygons()
    (drawn,) = collection(ax, PolyCollection)
    for path, corners in zip(drawn.get_paths(), wanted, strict=True):
        assert np.array_equal(path.vertices[:-1], corners)
    assert ax.get_xlim() == (-1, 2) and ax.get_ylim() == (-1, 2)


def test_equal_pieces_have_equal_colours_and_equal_slopes_too(ax):
    network = fl.Network([[[1, 0], [1, 0]], [[1, -1]]], [[0, 0], [0]])  # one fold twice: two regions, one piece
    found = fl.regions(network, SQUARE)
    for colour in ("piece", "gradient"):
        found.plot(ax, colour=colour)
    for drawn in collection(ax, PolyCollection):
        assert len(found) == 2 and found.n_pieces == 1 and len(np.unique(drawn.get_facecolor(), axis=0)) == 1


def test_artist_words_are_passed_on(ax):
    fl.regions(xor_network(), SQUARE).plot(ax, edgecolors="red", alpha=0.5, zorder=7)
    (drawn,) = collection(ax, PolyCollection)
    assert drawn.get_alpha() == 0.5 and drawn.get_zorder() == 7
    assert np.array_equal(drawn.get_edgecolor()[0], [1, 0, 0, 0.5])


def test_without_axes_new_ones_come_and_nothing_is_shown(monkeypatch):
    monkeypatch.setattr(pyplot, "show", lambda *rest: pytest.fail("shown"))
    assert fl.regions(xor_network(), SQUARE).plot() is pyplot.gca()


def test_a_curve_is_drawn_through_its_joints_one_line_an_output(ax):
    found = fl.regions(solution("5.3"), LINE)
    found.plot(ax, lw=3)
    lines = ax.lines[::2]
    assert [line.get_label() for line in lines] == ["output 1", "output 2", "output 3"]
    x = lines[0].get_xdata()
    assert np.array_equal(x, np.sort(found.complex.vertices[:, 0])) and lines[0].get_linewidth() == 3
    assert lines[1].get_ydata() == pytest.approx(solution("5.3")(x[:, None])[:, 1])


def test_samples_lie_where_they_are(ax):
    fl.regions(solution("3.1"), LINE).plot(ax, samples=problem("3.1"))
    dots = ax.lines[-1]
    assert np.array_equal(dots.get_xydata(), np.hstack([problem("3.1").inputs, problem("3.1").targets]))
    assert ax.get_xlabel() == "x"


def test_samples_of_numbers_over_the_plane_are_coloured_by_them(ax):
    samples = fl.Samples([[0, 0], [1, 1], [0, 1]], [0.0, 1.0, 0.0])
    fl.regions(xor_network(), SQUARE).plot(ax, samples=samples)
    dots = ax.collections[-1]
    colours = dots.to_rgba(dots.get_array())
    assert np.array_equal(colours[0], colours[2]) and not np.array_equal(colours[0], colours[1])


def test_a_class_has_one_colour_and_the_legend_names_it(ax, classes):
    samples, found = classes
    found.plot(ax, samples=samples)
    (drawn,) = collection(ax, PolyCollection)
    for k in range(3):
        assert len(np.unique(drawn.get_facecolor()[found.classes == k], axis=0)) == 1
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(found.names)
    (lines,) = collection(ax, LineCollection)
    border = fl.boundary(found.network, found.box)
    assert sum(np.linalg.norm(b - a) for a, b in lines.get_segments()) == pytest.approx(border.size)


def test_a_class_that_wins_nowhere_is_named_so(ax):
    network = fl.Network([[[1, 0], [-1, 0], [0, 0]]], [[0, 0, -1]])
    fl.decisions(network, SQUARE).plot(ax)
    assert ax.get_legend().get_texts()[2].get_text() == "2 (wins nowhere)"
    assert fl.decisions(network, SQUARE).plot(legend=False).get_legend() is None


def test_classes_on_a_line_are_stretches_and_their_boundary_is_upright(ax):
    found = fl.decisions(solution("5.2"), LINE)
    found.plot(ax, samples=problem("5.2"))
    ends = sorted(patch.get_x() for patch in ax.patches)
    assert ends == pytest.approx(sorted(found.complex.vertices[found.complex.edges, 0].min(axis=1)))
    (lines,) = collection(ax, LineCollection)
    assert sorted(line[0, 0] for line in lines.get_segments()) == pytest.approx(
        fl.boundary(solution("5.2"), LINE).points
    )


def test_a_boundary_is_its_edges_in_the_style_asked_for(ax):
    found = fl.boundary(xor_network(), SQUARE, level=0.5)
    assert found.plot(ax, linestyles="--", colors="C3") is ax
    (lines,) = collection(ax, LineCollection)
    assert np.array_equal(lines.get_segments(), found.vertices[found.edges])


def octahedron():
    return fl.surface(fl.Network([np.vstack([np.eye(3), -np.eye(3)]), [[1.0] * 6]], [np.zeros(6), [-1.0]]),
                      fl.Box([-2] * 3, [2] * 3))  # fmt: skip


def test_a_surface_is_drawn_in_space_face_by_face():
    found = octahedron()
    ax = found.plot(colour="region", alpha=0.9)
    assert ax.name == "3d" and len(ax.collections[0]._faces) == found.n_faces
    assert ax.get_zlim() == (-1, 1)
    ax.figure.canvas.draw()


def test_a_mesh_on_axes_of_a_plane_shows_the_faces_towards_the_eye(ax):
    octahedron().mesh.plot(ax)
    assert 0 < len(collection(ax, PolyCollection)[0].get_paths()) < octahedron().n_faces


def test_a_boundary_in_space_is_a_mesh():
    network = fl.Network([[[1, 0, 0]]], [[0.0]])
    assert fl.boundary(network, fl.Box([-1] * 3, [1] * 3), level=0.0).plot().name == "3d"


def test_a_diagram_has_a_circle_a_value_and_a_line_a_weight_that_is_not_0(ax):
    network = fl.Network([[[1, 0], [2, -3]], [[4, 5]]], [[0.5, 0], [-1]])
    network.plot(ax)
    said = [text.get_text() for text in ax.texts]
    assert {"1", "2", "−3", "4", "5", "+0.5", "−1"} <= set(said) and len(ax.patches) == 5
    lines = [line for one in collection(ax, LineCollection) for line in one.get_segments()]
    assert len(lines) == 5


def test_a_wide_layer_shows_its_first_and_last_units(ax):
    fl.Network([np.ones((64, 2)), np.ones((1, 64))], [np.zeros(64), [0]]).plot(ax)
    said = [text.get_text() for text in ax.texts]
    assert "⋮" in said and "$h_{64}$" in said and "$h_{30}$" not in said and "1" not in said


def test_a_skip_is_drawn_from_where_it_reads(ax):
    network = fl.Network([np.ones((2, 3)), np.ones((2, 2)), np.ones((1, 5))], [[0, 0], [0, 0], [0]], skips={3: (0,)})
    network.plot(ax, linewidths=1.0)
    counts = [len(one.get_segments()) for one in collection(ax, LineCollection)]
    assert counts == [6, 4, 2, 3]


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda: fl.regions(fl.Network([np.eye(3), [[1] * 3]], [[0] * 3, [0]]), fl.Box([-1] * 3, [1] * 3)).plot(),
         r"plot needs regions of 1 or 2 inputs; got 3\. Ask on a slice"),
        (lambda: fl.decisions(fl.Network([np.eye(3)], [[0] * 3]), fl.Box([-1] * 3, [1] * 3)).plot(),
         r"plot needs decisions of 1 or 2 inputs; got 3\."),
        (lambda: fl.regions(xor_network(), SQUARE).plot(colour="blue"),
         r"plot needs colour out of pattern, gradient, value, piece, class, field, image; got 'blue'\. Take one"),
        (lambda: fl.regions(xor_network(), SQUARE).plot(samples=curve(np.sin)),
         r"plot needs samples with 2 inputs; got 1\. Give those of the slice\."),
        (lambda: octahedron().plot(colour="error"), r"plot needs colour out of shape, region; got 'error'"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_says_what_can(draw, said):
    with pytest.raises(fl.FoldlineError, match=said):
        draw()


def test_a_dead_network_is_one_region_of_one_colour(ax):
    dead = fl.Network([np.zeros((3, 2)), np.zeros((1, 3))], [[-1] * 3, [0]])
    for colour in ("pattern", "gradient", "value", "piece"):
        fl.regions(dead, SQUARE).plot(ax, colour=colour)
    assert [len(one.get_paths()) for one in collection(ax, PolyCollection)] == [1] * 4


def test_the_code_of_the_guide_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert len(blocks) >= 4
    exec("\n".join(blocks), {})
    assert (tmp_path / "classes.svg").exists()


@pytest.mark.parametrize("colour", ["degrees", "aspect"])
def test_slopes_are_drawn_region_by_region_in_equal_colours_where_they_are_equal(ax, colour):
    found = fl.slopes(xor_network(), SQUARE)
    assert found.plot(ax, colour=colour, legend=True) is ax
    (drawn,) = ax.collections
    for path, corners in zip(drawn.get_paths(), found.regions.polygons(), strict=True):
        np.testing.assert_array_equal(path.vertices[:-1], corners)
    shades, values = drawn.get_facecolor(), np.nan_to_num(getattr(found, colour), nan=-1).round(9)
    assert len(np.unique(shades, axis=0)) == len(np.unique(values)) > 1


def test_contours_are_drawn_at_their_own_corners_in_the_colours_of_their_levels(ax):
    diamond = fl.Network([[[1, 0], [0, 1]], [[1, 1]]], [[0, 0], [0]], "abs")
    found = fl.contours(diamond, [0.5, 1.0], fl.Box([-2, -2], [2, 2]))
    assert found.plot(ax) is ax
    (drawn,) = ax.collections
    assert drawn.get_array().tolist() == [0.5, 1.0]
    for path, lines in zip(drawn.get_paths(), found.lines, strict=True):
        np.testing.assert_array_equal(path.vertices, lines[0])
    assert found.plot(ax, colors="w").collections[-1].get_array() is None


def test_points_without_names_leave_the_network_s_on_the_axes():
    names = ["length", "width"]
    network = fl.Network([[[1.0, 0.0], [0.0, 1.0]]], [[0.0, 0.0]], meta={"names": names})
    cells = fl.decisions(network, fl.Box([-1, -1], [1, 1]))
    for given, said in ((), names), (("a", "b"), ["a", "b"]):
        ax = cells.plot(samples=fl.Samples([[0, 0], [1, 0.5]], [0, 1.0], "classification", given, ("one", "two")))
        assert [ax.get_xlabel(), ax.get_ylabel()] == said
