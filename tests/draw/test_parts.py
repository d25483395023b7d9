"""The small parts of the drawings, each against another way to know it."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import foldline as fl
from foldline.box import Box
from foldline.colour import ERROR, ramp, region_index, region_palette, srgb
from foldline.draw.camera import Camera
from foldline.draw.curve import curve_svg
from foldline.draw.png import png_bytes
from foldline.draw.section import section_svg
from foldline.draw.thumbnail import PAPER, thumbnail
from foldline.facts.values import SurfaceFacts, facts_of, network_facts
from foldline.lecture.surface import section, slice_regions


def cube() -> fl.Mesh:
    corners = [[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)]
    sides = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    return fl.Mesh.of_polygons(corners, sides)


def test_pillow_reads_back_the_pixels():
    from PIL import Image

    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    with Image.open(io.BytesIO(png_bytes(pixels))) as image:
        assert np.array_equal(np.asarray(image), pixels)


def test_the_page_is_seen_where_a_thumbnail_shows_nothing() -> None:
    from PIL import Image

    square = fl.Mesh.of_polygons([[0, -1, -1], [0, 1, -1], [0, 1, 1], [0, -1, 1]], [[0, 1, 2, 3]])
    pixels = thumbnail(square, np.array([96, 138, 176], dtype=np.uint8), side=8, reach=2.0)
    with Image.open(io.BytesIO(png_bytes(pixels, PAPER))) as image:
        alpha = np.asarray(image.convert("RGBA"))[..., 3]
    assert np.array_equal(alpha == 0, (pixels == PAPER).all(axis=2)) and 0 < (alpha > 0).sum() < 64


def test_a_thumbnail_shows_nothing_through_what_stands_before() -> None:
    cube = fl.Mesh.of_polygons(
        np.indices((2, 2, 2)).reshape(3, -1).T * 1.8 - 0.9,
        [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]],
    )
    pixels = thumbnail(cube, np.array([200, 150, 100], dtype=np.uint8), side=200, reach=1.6)
    shades, counts = np.unique(pixels.reshape(-1, 3), axis=0, return_counts=True)
    area = 1.8**2 * np.abs(Camera().axes[2]).sum() / (2 * 1.6 / 200) ** 2
    assert len(shades) == 4 and counts[:3].sum() == pytest.approx(area, rel=0.02)  # three faces, and the page
    assert all(_inner_is_of_one(pixels, shade) for shade in shades)
    needle = cube.transformed(1.0, [0.0] * 3).sample(5)[0] * [1e-6, 1e-6, 1.0]
    thin = fl.Mesh.of_polygons(np.vstack([needle[:2] * [1, 1, 0] - [0, 0, 0.9], [[0, 0, 0.9]]]), [[0, 1, 2]])
    assert (thumbnail(thin, np.array([200, 0, 0], dtype=np.uint8), side=50) != PAPER).any()  # thinner than a pixel


def _inner_is_of_one(pixels: np.ndarray, shade: np.ndarray) -> bool:
    """No pixel of another colour has the shade on all four sides."""
    same = (pixels == shade).all(axis=2)
    round_it = same[:-2, 1:-1] & same[2:, 1:-1] & same[1:-1, :-2] & same[1:-1, 2:]
    return bool(same[1:-1, 1:-1][round_it].all())


def test_pure_red_in_oklch_is_red():
    assert np.abs(srgb(0.627955, 0.257683, 29.2339).astype(int) - [255, 0, 0]).max() <= 1


def test_the_error_colours_grow_darker_all_the_way():
    luminance = ramp(ERROR).astype(float) @ [0.2126, 0.7152, 0.0722]
    assert np.all(np.diff(luminance) <= 1) and luminance[0] - luminance[-1] > 100


def test_regions_spread_over_the_whole_palette():
    used = np.bincount(region_index(np.arange(6400)), minlength=64)
    assert len(region_palette()) == 64 and used.min() > 50 and used.max() < 200


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_slice_of_a_cube_is_a_square(axis):
    pieces = section(cube(), axis, 0.25)
    assert pieces.shape == (4, 2, 3)
    assert np.linalg.norm(pieces[:, 1] - pieces[:, 0], axis=1).sum() == pytest.approx(4)
    assert np.all(pieces[..., axis] == 0.25)


def test_a_slice_passes_over_polygons_without_corners():
    whole = cube()
    gaps = replace(whole, offsets=np.sort([*whole.offsets, 0, 8, 8, 24]))
    assert np.array_equal(section(gaps, 2, 0.25), section(whole, 2, 0.25))


def test_a_slice_past_the_mesh_is_empty():
    assert section(cube(), 0, 2.0).shape == (0, 2, 3)


def test_a_section_draws_one_stroke_a_piece():
    network = fl.Network([[[1.0, 0.0, 0.0]], [[1.0]]], [[0.0], [-0.5]])
    box = Box([-1, -1, -1], [1, 1, 1])
    svg = section_svg(network, section(cube(), 2, 0.5), box, 2, 0.5, slice_regions(network, box, 2, 0.5))
    (path,) = re.findall(r'class="zero" d="([^"]*)"', svg)
    assert path.count("M") == 4 and "data:image/png" in svg
    (folds,) = re.findall(r'class="folds" d="([^"]*)"', svg)
    assert re.fullmatch(r"M800 (1600l0 -1600|0l0 1600)", folds)


def test_the_regions_of_a_slice_have_the_patterns_of_the_network():
    network = fl.read(Path(__file__).parents[1] / "nets" / "sdf3_3x16.npz")
    found = slice_regions(network, Box([-1, -1, -1], [1, 1, 1]), 1, 0.25)
    places = np.insert(found.points, 1, 0.25, axis=1)
    assert len(found) > 20 and np.array_equal(network.pattern(places), found.patterns[:, 3:])


def test_a_curve_falls_from_left_to_right_with_its_loss():
    points = re.search(r'points="([^"]+)"', curve_svg([1, 50, 100], [1.0, 0.1, 0.0]))[1].split()
    x, y = zip(*(map(float, point.split(",")) for point in points), strict=True)
    assert list(x) == sorted(x) and list(y) == sorted(y)


def test_parameters_are_those_of_the_lecture():
    layers = [np.ones((10, 1)), *[np.ones((10, 10))] * 4, np.ones((1, 10))]
    facts = network_facts(fl.Network(layers, [np.zeros(len(W)) for W in layers]))
    assert (facts.parameters, facts.capacity, facts.depth) == (471, 50, "deep")
    assert facts.fully_connected
    layers[1] = np.eye(10)  # a weight of 0 is a line that is not there
    assert not network_facts(fl.Network(layers, [np.zeros(len(W)) for W in layers])).fully_connected


def test_skips_are_said_in_words():
    network = fl.Network([np.ones((2, 3)), np.ones((2, 2)), np.ones((1, 5))], [[0, 0], [0, 0], [0]], skips={3: (0,)})
    assert ("skip", "layer 3 also reads the input") in facts_of(network).rows()


def test_an_answer_cut_short_is_not_called_complete():
    said = dict(SurfaceFacts(
        measures=cube().measures, max_abs_value=0.0, certified=False, complete=False, explored=0.25, flat_regions=2,
        open_edges_on_box=3, engine="numpy", seconds=1.0,
    ).rows())  # fmt: skip
    assert said["components found"] == "maybe not all: 25.0% of the box was searched"
    assert said["decisions"] == "in floating point, not proved"
    assert said["flat regions"].startswith("2") and said["edges on the box"] == "3"


def test_of_many_decades_few_are_named() -> None:
    for losses, most in (([1e4, 1e-12], 9), ([1.0, 0.01], 3)):
        named = re.findall(r">1e(-?\d+)<", curve_svg([1, 2], losses))
        assert 3 <= len(named) <= most and len({int(b) - int(a) for a, b in pairwise(named)}) == 1
