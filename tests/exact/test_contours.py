"""Contour lines and slopes: held against sampling, closed forms, and the boundary question."""

from __future__ import annotations

import json

import numpy as np
import pytest

import foldline as fl
from foldline.errors import InputError, NetworkError
from foldline.exact.terrain.contours import length_of
from foldline.grid import Grid

from .march.test_cover import DRAWS, field


def one_output(f: fl.Network) -> fl.Network:
    return fl.Network([*f.weights[:-1], f.weights[-1][:1]], [*f.biases[:-1], f.biases[-1][:1]], grid=f.grid)


def hill(n: int = 8) -> fl.Network:
    """The L1 distance from the middle of a 100 x 100 map, taken from 100."""
    axis = np.linspace(0, 100, n + 1)
    values = 100 - np.abs(axis - 50)[:, None] - np.abs(axis - 50)[None, :]
    grid = Grid(fl.Box([0.0, 0.0], [100.0, 100.0]), (n,), [values.reshape(-1, 1).astype(np.float32)])
    return fl.Network([[[0.0, 0.0, 1.0]]], [[0.0]], grid=grid, meta={"units": ["m", "m"], "source": "hill.tif"})


def winding(line: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Whether points are inside a closed polyline, by counting crossings."""
    a, b = line[:-1], line[1:]
    (x, y), inside = points.T, np.zeros(len(points), dtype=bool)
    for (x0, y0), (x1, y1) in zip(a, b, strict=True):
        crosses = (y0 > y) != (y1 > y)
        inside ^= crosses & (x < (x1 - x0) * (y - y0) / np.where(y1 != y0, y1 - y0, 1.0) + x0)
    return inside


@pytest.mark.parametrize("family", DRAWS)
def test_the_lines_of_a_field_are_those_of_its_boundary(family: str) -> None:
    f = one_output(field(family, 2, 3, sizes=(2, 4)))
    values = f(np.random.default_rng(0).uniform(f.grid.box.lo, f.grid.box.hi, size=(500, 2)))[:, 0]
    levels = np.quantile(values, [0.2, 0.5, 0.8]) + 0.001
    found = fl.contours(f, levels)
    assert found.certified and found.complete and found.max_abs_value < 1e-9
    for level, length in zip(found.levels, found.lengths, strict=True):
        assert np.isclose(length, fl.boundary(f, f.grid.box, level=float(level)).size, rtol=1e-9)


def test_the_lines_of_a_plain_network_are_those_of_its_boundary() -> None:
    network = fl.Network([np.random.default_rng(k).normal(size=s) for k, s in enumerate([(8, 2), (8, 8), (1, 8)])],
                         [np.random.default_rng(9).normal(size=n) for n in (8, 8, 1)])  # fmt: skip
    box = fl.Box([-1, -1], [1, 1])
    found = fl.contours(network, [0.0, 0.5], box)
    for level, length in zip(found.levels, found.lengths, strict=True):
        assert np.isclose(length, fl.boundary(network, box, level=float(level)).size)


def test_a_closed_line_has_what_is_higher_on_its_right_and_parts_the_map() -> None:
    f, points = hill(), np.random.default_rng(1).uniform(0, 100, size=(2000, 2))
    (line,) = fl.contours(f, [75.0]).lines[0]
    assert np.array_equal(line[0], line[-1])
    x, y = line[:-1].T
    area = 0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)
    assert np.isclose(area, -2 * 25**2)  # clockwise: the top is inside, on the right
    assert np.array_equal(winding(line, points), f(points)[:, 0] > 75.0)


def test_a_step_finds_the_multiples_that_are_reached() -> None:
    found = fl.contours(hill(), every=30.0)
    assert found.levels.tolist() == [30.0, 60.0, 90.0] and len(found) == 4 + 1 + 1
    assert all(f.size for lines in found.lines for f in lines)


def test_a_crop_has_the_part_of_the_lines_in_it() -> None:
    f, crop = hill(), fl.Box([0.0, 0.0], [50.0, 50.0])
    part, whole = fl.contours(f, [60.0], crop), fl.contours(f, [60.0])
    assert np.isclose(part.lengths[0], whole.lengths[0] / 4)
    assert all((line >= crop.lo).all() and (line <= crop.hi).all() for line in part.lines[0])


def test_many_levels_at_once_are_each_alone() -> None:
    f = one_output(field("gaussian", 2, 5, sizes=(4, 16)))
    low, high = np.quantile(f.grid.features[-1], [0.1, 0.9])
    levels = np.linspace(low, high, 11)
    together = fl.contours(f, levels)
    for level, lines in zip(levels, together.lines, strict=True):
        (alone,) = fl.contours(f, [level]).lines
        assert len(lines) == len(alone) and sum(map(len, lines)) == sum(map(len, alone))
        assert np.isclose(sum(map(length_of, lines)), sum(map(length_of, alone)), rtol=1e-12, atol=0)


def test_a_plateau_at_a_level_has_the_line_round_what_is_higher() -> None:
    values = np.zeros((25, 1), np.float32)
    values[12] = 1
    f = fl.Network([[[0.0, 0.0, 1.0]]], [[0.0]], grid=Grid(fl.Box([0, 0], [4, 4]), (4,), [values]))
    found = fl.contours(f, [0.0])
    (line,) = found.lines[0]
    assert np.array_equal(line[0], line[-1]) and found.complete
    inside = np.random.default_rng(0).uniform(0, 4, size=(1000, 2))
    assert np.array_equal(winding(line, inside), f(inside)[:, 0] > 0)


def test_a_budget_that_ends_says_which_levels_are_whole(tmp_path) -> None:
    f = one_output(field("gaussian", 2, 3, sizes=(4, 16)))
    middle = float(np.median(f.grid.features[-1]))
    found = fl.contours(f, [middle, middle + 0.1], budget=fl.Budget(regions=3))
    assert not found.complete and found.explored < 1 and not found.whole.all()
    told = json.loads(found.save(tmp_path / "a.geojson").read_text())
    assert told["foldline"]["complete"] is False and told["foldline"]["complete_levels"] == []


def test_geojson_holds_lines_in_the_maps_coordinates_and_how_sure_they_are(tmp_path) -> None:
    found = fl.contours(hill(), [75.0, 20.0])
    told = json.loads(found.save(tmp_path / "a.geojson").read_text())
    about, features = told["foldline"], told["features"]
    assert told["type"] == "FeatureCollection" and about["certified"] and about["complete"]
    assert about["units"] == ["m", "m"] and about["source"] == "hill.tif" and about["levels"] == [20.0, 75.0]
    top = [part for part in features if part["properties"]["level"] == 75.0]
    assert len(top) == 1 and top[0]["properties"]["closed"] and np.isclose(top[0]["properties"]["length"], 100 * 2**0.5)
    assert np.allclose(top[0]["geometry"]["coordinates"], found.lines[1][0])
    assert found.save(tmp_path / "a.csv").read_text().count("\n") == 1 + sum(len(c) for k in found.lines for c in k)


def test_slopes_are_those_of_the_planes(tmp_path) -> None:
    found = fl.slopes(hill())
    assert found.certified and found.complete and np.allclose(found.steepness, 2**0.5)
    centres = found.regions.centroids
    wanted = np.degrees(np.arctan2(np.sign(centres[:, 0] - 50), np.sign(centres[:, 1] - 50))) % 360
    assert np.allclose(found.aspect, wanted)  # a hill falls away from its top
    told = json.loads(found.save(tmp_path / "s.geojson").read_text())
    ring = np.array(told["features"][0]["geometry"]["coordinates"][0])
    assert np.array_equal(ring[0], ring[-1]) and np.isclose(told["features"][0]["properties"]["slope"], 2**0.5)
    assert len(found.save(tmp_path / "s.csv").read_text().splitlines()) == 1 + len(found)


def test_flat_parts_have_no_aspect(tmp_path) -> None:
    flat = fl.Network([[[0.0, 0.0, 1.0]]], [[0.0]], grid=Grid(fl.Box([0, 0], [1, 1]), (1,), [np.ones((4, 1), "f4")]))
    found = fl.slopes(flat)
    assert np.isnan(found.aspect).all() and found.mean == 0
    assert json.loads(found.save(tmp_path / "s.geojson").read_text())["features"][0]["properties"]["aspect"] is None


def test_lengths_of_degrees_are_metres_unless_others_are_given() -> None:
    f = hill()
    there = fl.Network(f.weights, f.biases, grid=f.grid, meta={"units": ["degree", "degree"]})
    crop = fl.Box([0.0, 50.0], [25.0, 75.0])
    found = fl.slopes(there, crop)
    assert np.isclose(found.per_unit[0], 111_319.49 * np.cos(np.radians(62.5))) and "degrees" in found.meta["lengths"]
    half = fl.slopes(there, crop, per_unit=(2.0, 2.0))
    assert np.allclose(half.steepness, 2**0.5 / 2)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda f: fl.contours(f, []), "contours needs 1 to 10000 levels that are numbers"),
        (lambda f: fl.contours(f, ["high"]), "levels that are numbers"),
        (lambda f: fl.contours(f), "levels that are numbers; got None"),
        (lambda f: fl.contours(f, [1.0], every=2.0), "levels or a step between them; got both"),
        (lambda f: fl.contours(f, every=0.0), "a step above 0"),
        (lambda f: fl.contours(f, every=1e-9), "at most 10000 levels"),
        (lambda f: fl.slopes(f, per_unit=(0.0, 1.0)), "two lengths above 0"),
    ],
)
def test_what_cannot_be_asked_is_refused(ask, message: str) -> None:
    with pytest.raises(InputError, match=message):
        ask(hill())


def test_other_networks_are_refused() -> None:
    three = field("gaussian", 3, 0, sizes=(1, 2))
    with pytest.raises(NetworkError, match="contours needs a network with 2 inputs and 1 output; got 3 and 2"):
        fl.contours(three, [0.0])
    with pytest.raises(NetworkError, match="slopes needs a network with 2 inputs, 1 output"):
        fl.slopes(three)


def test_lines_of_a_field_do_without_the_maps_of_its_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fifth of the time that contour lines take, were they made."""
    f = one_output(field("gaussian", 2, 3, sizes=(2, 4)))
    wanted = fl.contours(f, [0.0, 0.5])
    monkeypatch.setattr("foldline.exact.complex.cut.maps_of", None)
    found = fl.contours(f, [0.0, 0.5])
    assert [line.tolist() for lines in found.lines for line in lines] == [
        line.tolist() for lines in wanted.lines for line in lines
    ]
