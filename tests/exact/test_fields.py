"""Exact questions about fields: every answer held against sampling, or against the same question asked another way."""

from __future__ import annotations

import numpy as np
import pytest

import foldline as fl
from foldline.errors import InputError, NetworkError

from .march.test_cover import DRAWS, field


def points_in(box: fl.Box, n: int = 400, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(box.lo, box.hi, size=(n, box.d))


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("family", DRAWS)
def test_regions_of_a_field_answer_as_those_of_a_network_do(family: str, d: int) -> None:
    f = field(family, d, 1, sizes=(1, 2))
    found = fl.regions(f, f.grid.box)
    assert found.certified and found.complete
    assert len(found) == fl.count(f, f.grid.box)
    assert np.isclose(found.volumes.sum(), f.grid.box.volume, rtol=1e-12)
    points = points_in(f.grid.box)
    homes = [r[0] for r in found.locate(points) if len(r)]
    maps = found.maps[homes]
    told = np.einsum("nij,nj->ni", maps[..., :-1], points) + maps[..., -1]
    if family != "zero":  # where all of a field is zero, regions share their patterns
        assert np.allclose(told, f(points), rtol=1e-9, atol=1e-9)
    least, _, most, _ = found.extrema()
    assert (f(points) >= least - 1e-9).all() and (f(points) <= most + 1e-9).all()
    assert np.allclose(f(found.extrema()[1]).diagonal(), least) and np.allclose(f(found.extrema()[3]).diagonal(), most)
    assert 1 <= found.n_pieces <= len(found)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_the_integral_of_a_field_is_that_of_a_fine_grid(d: int) -> None:
    f = field("gaussian", d, 4, sizes=(1, 2))
    points = points_in(f.grid.box, 200_000)
    wanted = f(points).mean(axis=0) * f.grid.box.volume
    spread = f(points).std(axis=0) * f.grid.box.volume / np.sqrt(len(points))
    assert (np.abs(fl.regions(f, f.grid.box).integral() - wanted) < 6 * spread).all()


def test_a_crop_has_the_regions_of_the_whole_within_it() -> None:
    f = field("gaussian", 2, 2, sizes=(1, 3))
    crop = fl.Box([0.0, -1.0], [2.0, 1.0])
    part = fl.regions(f, crop)
    points = points_in(crop)
    maps = part.maps[[r[0] for r in part.locate(points)]]
    assert np.allclose(np.einsum("nij,nj->ni", maps[..., :-1], points) + maps[..., -1], f(points))
    with pytest.raises(InputError, match="a field needs a box whose sides lie on its cells' sides"):
        fl.regions(f, fl.Box([0.1, -1.0], [2.0, 1.0]))


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("family", ["gaussian", "integer"])
def test_decisions_of_a_field_are_right_everywhere(family: str, d: int) -> None:
    f = field(family, d, 2, sizes=(1, 2))
    found = fl.decisions(f, f.grid.box)
    points = points_in(f.grid.box)
    scores = f(points)
    clear = np.abs(scores[:, 0] - scores[:, 1]) > 1e-9
    assert np.array_equal(found.class_of(points)[clear], scores.argmax(axis=1)[clear])
    assert np.isclose(found.volumes.sum(), f.grid.box.volume)
    edge = fl.boundary(f, f.grid.box)
    gap = f(edge.vertices)
    assert edge.complete and (np.abs(gap[:, 0] - gap[:, 1]) < 1e-9).all()


def test_what_cannot_be_asked_of_a_field_is_refused_by_name() -> None:
    f = field("gaussian", 2, 0, sizes=(1, 2))
    with pytest.raises(NetworkError, match="a slice needs a network without a grid"):
        f.on_line([0, 0], [1, 1])
    with pytest.raises(NetworkError, match="check needs"):
        fl.check(f, fl.regions(f, f.grid.box))
