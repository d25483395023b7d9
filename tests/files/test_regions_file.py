"""Saved answers come back whole, and other tools can read what is exported for them."""

from __future__ import annotations

import csv
import json
import xml.etree.ElementTree as xml
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import foldline as fl
from foldline import Box
from foldline.errors import FileError, InputError
from foldline.exact.check.check import check
from foldline.exact.regions import Regions, regions
from foldline.exact.work import Budget
from foldline.files import read_regions
from foldline.files.answer import COMPLEX

from ..corpus import network

SHAPES = {1: (1, 6, 5, 2), 2: (2, 8, 8, 2), 3: (3, 6, 5, 2), 4: (4, 5, 3, 1)}


@lru_cache
def answer(d: int) -> Regions:
    return regions(network("one_decimal", SHAPES[d], 1), Box([-1.0] * d, [1.5] * d))


@pytest.mark.parametrize("d", SHAPES)
def test_an_archive_gives_the_answer_back_and_it_can_be_proved_again(d: int, tmp_path: Path) -> None:
    before = answer(d)
    after = read_regions(before.save(tmp_path / "answer.npz"))
    for name in ("bits", "maps", "points", "patterns"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
    for name in ("certified", "complete", "explored", "engine", "seconds"):
        assert getattr(after, name) == getattr(before, name)
    for mine, theirs in zip(after.network.weights, before.network.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    if before.complex is not None and after.complex is not None:
        for name in COMPLEX:
            np.testing.assert_array_equal(getattr(after.complex, name), getattr(before.complex, name))
        assert after.n_pieces == before.n_pieces
    assert check(before.network, after)


def test_units_skips_and_slopes_of_the_network_are_kept(tmp_path: Path) -> None:
    net = fl.Network(
        [[[1.0], [2.0]], [[1.0, 1.0, -1.0]], [[1.0]]],
        [[0.0, -1.0], [0.5], [0.0]],
        ("hard_tanh", "leaky_relu"),
        skips={2: (0,)},
        slopes={2: [0.25]},
    )
    after = read_regions(regions(net, Box([-3.0], [3.0])).save(tmp_path / "a.npz"))
    assert after.network.skips == {2: (0,)} and after.network.layer_activations == ("hard_tanh", "leaky_relu")
    assert check(net, after)


def test_an_incomplete_answer_is_saved_as_such(tmp_path: Path) -> None:
    net = network("gaussian", (4, 8, 8, 1), 0)
    cut_short = regions(net, Box([-1.0] * 4, [1.0] * 4), budget=Budget(regions=10))
    assert not read_regions(cut_short.save(tmp_path / "a.npz")).complete
    assert len((cut_short.save(tmp_path / "a.csv")).read_text().splitlines()) == 1 + len(cut_short)


@pytest.mark.parametrize("d", SHAPES)
def test_the_table_has_a_row_a_region_that_computes_the_network(d: int, tmp_path: Path) -> None:
    found = answer(d)
    with open(found.save(tmp_path / "a.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["pattern"] for row in rows] == ["".join(map(str, p)) for p in found.patterns.tolist()]
    for row in rows:
        x = np.array([float(row[f"point_{i}"]) for i in range(d)])
        value = sum(float(row[f"map_0_{i}"]) * x[i] for i in range(d)) + float(row["offset_0"])
        assert value == pytest.approx(found.network.preactivations(x)[-1][0], abs=1e-12)
    if d < 4:
        assert sum(float(row["volume"]) for row in rows) == pytest.approx(2.5**d)


@pytest.mark.parametrize("d", SHAPES)
def test_json_holds_the_regions_and_their_parts(d: int, tmp_path: Path) -> None:
    found = answer(d)
    document = json.loads(found.save(tmp_path / "a.json").read_text())
    assert (document["n_regions"], document["certified"], document["complete"]) == (len(found), True, True)
    first = document["regions"][0]
    np.testing.assert_array_equal(first["map"], found.maps[0])
    np.testing.assert_array_equal(first["point"], found.points[0])
    if found.complex is not None:
        np.testing.assert_array_equal(document["vertices"], found.complex.vertices)
        np.testing.assert_array_equal(document["fold_of"], found.fold_of_edge)
        assert sum(region["volume"] for region in document["regions"]) == pytest.approx(2.5**d)
    parts = {1: "vertices", 2: "vertices", 3: "faces"}
    assert all(len(region[parts[d]]) > 1 for region in document["regions"] if d in parts)


def test_json_names_the_sides_of_regions_of_four_inputs(tmp_path: Path) -> None:
    weights = [np.ones((2, 4)), [[1.0, 2.0], [-1.0, 1.0]], [[1.0, 1.0]]]
    late = fl.Network(weights, [[0.0, 0.5], [0.0, -1.0], [0.0]], ["identity", "relu"])
    for found in (answer(4), regions(late, Box([-1.0] * 4, [1.5] * 4))):
        document = json.loads(found.save(tmp_path / "a.json", force=True).read_text())
        listed, folds = [set(region["sides"]) for region in document["regions"]], found.fold_of_edge
        assert len(found) > 1 and len(found.neighbours)
        for r, s, facet in found.neighbours:
            assert folds[facet] in listed[r] & listed[s]
        assert all(-8 <= side < found.network.n_hidden for sides in listed for side in sides)


def test_geojson_has_closed_rings_that_turn_counter_clockwise_and_tile_the_box(tmp_path: Path) -> None:
    document = json.loads(answer(2).save(tmp_path / "a.geojson").read_text())
    assert document["bbox"] == [-1.0, -1.0, 1.5, 1.5]
    areas = []
    for feature in document["features"]:
        (ring,) = feature["geometry"]["coordinates"]
        assert ring[0] == ring[-1]
        x, y = np.array(ring).T
        areas.append(0.5 * float(x[:-1] @ y[1:] - y[:-1] @ x[1:]))
        assert areas[-1] == pytest.approx(feature["properties"]["volume"], abs=1e-12)
    assert min(areas) > 0 and sum(areas) == pytest.approx(2.5**2)


@pytest.mark.parametrize("suffix", [".ply", ".obj"])
def test_faces_come_back_as_a_mesh(suffix: str, tmp_path: Path) -> None:
    found = answer(3)
    assert found.complex is not None
    path = found.save(tmp_path / f"a{suffix}")
    mesh = fl.read(path)
    assert isinstance(mesh, fl.Mesh)
    assert mesh.n_faces == len(found.complex.folds)
    np.testing.assert_array_equal(mesh.vertices, found.complex.vertices)
    np.testing.assert_array_equal(mesh.corners, found.complex.loop_vertices)
    if suffix == ".ply":
        assert b"property int fold" in path.read_bytes()


def test_the_vtk_grid_has_closed_polyhedra_of_the_right_volume(tmp_path: Path) -> None:
    found = answer(3)
    root = xml.fromstring(found.save(tmp_path / "a.vtu").read_text())
    arrays: dict[str, Any] = {a.attrib["Name"]: np.array((a.text or "").split(), float) for a in root.iter("DataArray")}
    points, faces = arrays["points"].reshape(-1, 3), arrays["faces"].astype(int).tolist()
    corners, ends = arrays["connectivity"].astype(int).tolist(), arrays["offsets"].astype(int).tolist()
    assert set(arrays["types"]) == {42} and len(arrays["map"]) == found.maps.size
    at = 0
    for cell, (end, volume) in enumerate(zip(arrays["faceoffsets"].astype(int), arrays["volume"], strict=True)):
        mine = corners[ends[cell - 1] if cell else 0 : ends[cell]]
        middle, total, n_faces, at = points[mine].mean(axis=0), 0.0, faces[at], at + 1
        for _ in range(n_faces):
            loop = faces[at + 1 : at + 1 + faces[at]]
            at += 1 + faces[at]
            assert set(loop) <= set(mine)
            a, *others = points[loop] - middle
            total += sum(float(np.linalg.det([a, b, c])) / 6 for b, c in pairwise(others))
        assert at == end and total == pytest.approx(volume, rel=1e-9, abs=1e-12)


def test_save_refuses_formats_that_do_not_hold_the_answer(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"save needs a name that ends in .npz, .json, .*got 'a.doc'"):
        answer(2).save(tmp_path / "a.doc")
    with pytest.raises(InputError, match=r"save needs an answer for 3 inputs for a .vtu file; got 2"):
        answer(2).save(tmp_path / "a.vtu")
    with pytest.raises(InputError, match=r"save needs an answer for 1 or 2 inputs for a .svg file; got 4"):
        answer(4).save(tmp_path / "a.svg")


# Archives that are no answers


def saved(tmp_path: Path, **changes: Any) -> Path:
    """An archive of a right answer with arrays replaced, or left out where the change is None."""
    with np.load(answer(2).save(tmp_path / "right.npz")) as file:
        arrays = {key: file[key] for key in file.files} | changes
    path = tmp_path / "wrong.npz"
    np.savez(path, **{key: array for key, array in arrays.items() if array is not None})
    return path


def note(**changes: Any) -> np.ndarray:
    labels = {"schema": 1, "certified": True, "complete": True, "explored": 1.0, "engine": "numpy", "seconds": 0.0}
    return np.array(json.dumps(labels | {"asked": 0} | changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"vertices": None}, "needs all its arrays; got none named 'sides'"),
        ({"edges": None}, "needs all its arrays; got none named 'edges'"),
        (
            {"edges": np.zeros((3, 2))},
            "needs array 'edges' of 2 axes and whole numbers; got shape .3, 2., type float64",
        ),
        ({"maps": np.zeros(3)}, "needs array 'maps' of 3 axes and real numbers"),
        ({"patterns": np.zeros((3, 7), dtype=np.uint8)}, "needs patterns of 16 units, eight a byte; got shape .3, 7."),
        ({"regions": np.array("{")}, "needs its description; got JSONDecodeError"),
        ({"regions": note(schema=9)}, "needs a saved answer of schema 1 or less; got 9. Update foldline"),
        ({"regions": note(complete="yes")}, "needs complete as bool; got 'yes'"),
        ({"regions": None}, "read_regions needs a saved answer; got arrays W0"),
    ],
    ids=lambda value: None,
)
def test_a_broken_archive_is_refused_by_what_is_wrong(changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        read_regions(saved(tmp_path, **changes))


def test_a_network_is_no_answer_and_an_answer_no_network(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="read needs a network archive; got a saved answer"):
        fl.read(answer(2).save(tmp_path / "a.npz"))
    with pytest.raises(FileError, match=r"read needs a file it can open"):
        read_regions(tmp_path / "nowhere.npz")


def test_an_archive_that_was_cut_short_never_passes(tmp_path: Path) -> None:
    whole = answer(2).save(tmp_path / "a.npz").read_bytes()
    part = tmp_path / "part.npz"
    for size in np.linspace(0, len(whole) - 1, 25).astype(int):
        part.write_bytes(whole[:size])
        with pytest.raises(InputError):
            read_regions(part)


def test_an_altered_byte_in_an_archive_is_refused_or_changes_nothing(tmp_path: Path) -> None:
    whole = answer(2).save(tmp_path / "a.npz").read_bytes()
    rng, part, harmless = np.random.default_rng(0), tmp_path / "part.npz", 0
    for at in rng.integers(len(whole) // 4, len(whole) // 2, size=20):
        part.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            after = read_regions(part)
        except InputError:  # by the archive's own check sums
            continue
        harmless += 1  # a date, a file mode
        np.testing.assert_array_equal(after.maps, answer(2).maps)
        assert check(answer(2).network, after)
    assert harmless < 5
