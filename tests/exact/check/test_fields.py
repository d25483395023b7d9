"""The check of fields: true answers are proved, damaged ones are not."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import foldline as fl
from foldline.errors import InputError
from foldline.exact.check.simplices import Simplices
from foldline.exact.rational.grid import grid_values
from foldline.grid import Grid

from ..march.test_cover import DRAWS, field


@pytest.mark.parametrize(("d", "sizes"), [(1, (2, 4)), (2, (1, 3)), (3, (1,))])
@pytest.mark.parametrize("family", DRAWS)
def test_the_regions_of_a_field_are_proved(family: str, d: int, sizes: tuple[int, ...]) -> None:
    f = field(family, d, 1, sizes=sizes)
    verdict = fl.check(f, fl.regions(f, f.grid.box))
    assert verdict.accepted, verdict


def test_a_crop_of_whole_cells_is_proved_and_another_is_refused() -> None:
    f = field("gaussian", 2, 1, sizes=(1, 3))
    assert fl.check(f, fl.regions(f, fl.Box([0.0, -1.0], [2.0, 1.0]))).accepted
    with pytest.raises(InputError, match="check needs an answer about a box, and of a field one made of whole cells"):
        fl.check(f, fl.regions(f, fl.Box([0.1, -1.0], [2.0, 1.0])))


def test_a_saved_answer_is_proved_and_located_again(tmp_path: Path) -> None:
    f = field("gaussian", 2, 1, sizes=(1, 3))
    found = fl.regions(f, fl.Box([0.0, -1.0], [2.0, 1.0]))
    again = fl.read_regions(found.save(tmp_path / "field.npz"))
    points = np.random.default_rng(0).uniform(again.box.lo, again.box.hi, size=(50, 2))
    assert fl.check(f, again).accepted
    assert [a.tolist() for a in again.locate(points)] == [a.tolist() for a in found.locate(points)]
    with pytest.raises(InputError, match="an archive needs an answer about a box"):
        fl.regions(f, fl.Box([0.1, -1.0], [2.0, 1.0])).save(tmp_path / "part.npz")


@pytest.mark.parametrize("what", ["features", "bits", "maps", "vertices", "folds", "missing"])
def test_a_damaged_answer_is_rejected(what: str) -> None:
    f = field("gaussian", 2, 1, sizes=(1, 2))
    found = fl.regions(f, f.grid.box)
    whole, other = found.complex, f
    assert whole is not None
    if what == "features":
        features = [values.copy() for values in f.grid.features]
        features[1][0, 0] += 1
        other = fl.Network(f.weights, f.biases, grid=Grid(f.grid.box, f.grid.sizes, features))
    elif what == "bits":
        bits = whole.bits.copy()
        bits[0, 0] ^= 1
        found = replace(found, bits=bits, cells=replace(whole, bits=bits))
    elif what == "maps":
        maps = whole.maps + np.float64(1e-6)
        found = replace(found, maps=maps, cells=replace(whole, maps=maps))
    elif what == "vertices":
        vertices = whole.vertices.copy()
        vertices[-1] += 1e-6
        found = replace(found, cells=replace(whole, vertices=vertices))
    elif what == "folds":
        folds = whole.folds.copy()
        wall, unit = (np.flatnonzero(mask)[0] for mask in (folds == -5, folds >= 0))
        folds[wall], folds[unit] = folds[unit], folds[wall]
        found = replace(found, cells=replace(whole, folds=folds))
    else:
        found = replace(found, proof=replace(found.proof, complete=False))
    verdict = fl.check(other, found)
    assert not verdict.accepted and verdict.fault


@pytest.mark.parametrize("sizes", [(2, 4), (1, 3)])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_both_rational_readings_of_a_grid_agree(d: int, sizes: tuple[int, ...]) -> None:
    f = field("gaussian", d, 2, sizes=sizes)
    mine = Simplices(f.grid)
    for x in np.random.default_rng(d).uniform(-1, 2, size=(20, d)):
        place = [Fraction(v) for v in x.tolist()]
        values = mine.read(place)
        assert values == grid_values(f.grid, place)
        home = mine.home(x)
        rows, w = mine.map(home)
        assert values == [
            (sum(k * v for k, v in zip(row, place, strict=False)) + row[-1]) / Fraction(w) for row in rows
        ]
        assert all(sum(k * v for k, v in zip(row, place, strict=False)) + row[-1] >= 0 for row in mine.walls(home))
