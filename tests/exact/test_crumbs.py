"""Closed parts smaller than a cell: planted beside a plane, found, and mended without a change of anything else."""

from __future__ import annotations

import numpy as np
import pytest

import foldline as fl
from foldline.exact.mend.crumbs import crumbs_of, without_crumbs
from foldline.grid import Grid

BOX = fl.Box([-1.0] * 3, [1.0] * 3)
N = 8


def field(*planted: tuple[tuple[int, int, int], float], kind: type = np.float32) -> fl.Network:
    """Below 0 where z is below 0.1 by features, but for single vertices."""
    features = np.broadcast_to(np.linspace(-1, 1, N + 1) - 0.1, (N + 1,) * 3).copy()
    for at, value in planted:
        features[at] = value
    coarse = np.zeros((8, 1), dtype=np.float32)
    grid = Grid(BOX, (1, N), [coarse, features.reshape(-1, 1).astype(kind)])
    return fl.Network([[[0.0, 0, 0, 0, 1]], [[1.0]]], [[4.0], [-4.0]], grid=grid)  # its fold is far from 0


def below(x: np.ndarray) -> np.ndarray:
    return x[:, 2:] - 0.1


VOID, SOLID = ((3, 4, 2), 0.05), ((5, 2, 7), -0.05)


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_voids_and_solids_smaller_than_a_cell_are_mended_and_nothing_else_moves(kind: type) -> None:
    bad, good = field(VOID, SOLID, kind=kind), field(kind=kind)
    found = without_crumbs(bad, BOX, below)
    assert fl.surface(bad, BOX).n_components == 3
    assert (found.mended, found.left) == (2, 0)
    left = fl.surface(found.network, BOX)
    assert left.complete and left.certified and left.n_components == 1
    assert abs(left.area - fl.surface(good, BOX).area) < 1e-12
    assert np.sign(found.network([[-0.25, 0, -0.5], [0.25, -0.5, 0.75]])).ravel().tolist() == [-1, 1]
    assert found.network.grid.features[-1].dtype == kind  # type: ignore[union-attr]


def test_a_part_that_the_function_has_is_left() -> None:
    bad = field(VOID, SOLID)
    found = without_crumbs(bad, BOX, lambda x: np.where(x[:, :1] > 0, -1.0, below(x)))
    assert (found.mended, found.left, fl.surface(found.network, BOX).n_components) == (1, 1, 2)


@pytest.mark.parametrize(("least", "mended"), [(0.0, 0), (0.05, 0), (1.0, 2), (2.0, 2)])
def test_the_least_part_is_asked_for_in_cells(least: float, mended: int) -> None:
    assert without_crumbs(field(VOID, SOLID), BOX, below, least=least).mended == mended


def test_a_search_that_is_ended_mends_nothing() -> None:
    bad = field(VOID, SOLID)
    found = without_crumbs(bad, BOX, below, callback=lambda n, share: True)
    assert found.network is bad and (found.mended, found.left, found.complete) == (0, 0, False)


def test_a_field_without_crumbs_is_returned_as_it_is() -> None:
    good = field()
    found = without_crumbs(good, BOX)
    assert found.network is good and (found.mended, found.left) == (0, 0)


def test_a_plain_network_is_returned_as_it_is() -> None:
    ball = fl.Network([np.vstack([np.eye(3), -np.eye(3)]), np.ones((1, 6))], [np.zeros(6), [-0.1]])
    found = without_crumbs(ball, BOX)
    assert found.network is ball and found.complete


def test_parts_are_small_along_every_axis_and_closed() -> None:
    mesh = fl.surface(field(VOID, SOLID), BOX).mesh
    whole, tight = np.full(3, 0.26), np.array([0.26, 0.26, 0.01])
    assert len(list(crumbs_of(mesh, whole))) == 2 and not list(crumbs_of(mesh, tight))
    assert not [one for one in crumbs_of(mesh, np.full(3, 9.0)) if not one.closed]  # the plane is open on the box


ARCH = [(x, 8, z) for x in range(6, 11) for z in range(11, 15) if x in (6, 10) or z == 14]


def cube(x: np.ndarray) -> np.ndarray:
    return np.abs(x).max(axis=1, keepdims=True) - 0.35


def arched() -> fl.Network:
    """A cube with an arch of single vertices on it."""
    places = np.stack(np.meshgrid(*[np.linspace(-1, 1, 17)] * 3, indexing="ij"), axis=-1)
    values = cube(places.reshape(-1, 3)).reshape((17,) * 3)
    for at in ARCH:
        values[at] = -0.1
    grid = Grid(BOX, (16,), [values.reshape(-1, 1).astype(np.float32)])
    return fl.Network([[[0.0, 0, 0, 1]], [[1.0]]], [[4.0], [-4.0]], grid=grid)


def test_a_handle_is_cut_where_the_function_has_none_and_no_part_goes() -> None:
    bad = arched()
    found = without_crumbs(bad, BOX, cube, least=4.0)
    before, after = fl.surface(bad, BOX), fl.surface(found.network, BOX)
    assert (found.mended, found.left, found.handles) == (0, 0, 1)
    assert (before.n_components, before.euler) == (1, 0) and (after.n_components, after.euler) == (1, 2)
    assert np.count_nonzero(found.network.grid.features[0] != bad.grid.features[0]) < 60  # type: ignore[union-attr]


@pytest.mark.parametrize(("least", "asked"), [(1.0, cube), (4.0, None), (4.0, lambda x: arched()(x))])
def test_a_handle_that_is_large_or_true_or_of_an_unknown_function_is_left(least: float, asked) -> None:  # type: ignore[no-untyped-def]
    bad = arched()
    found = without_crumbs(bad, BOX, asked, least=least)
    assert found.handles == 0 and found.network is bad
