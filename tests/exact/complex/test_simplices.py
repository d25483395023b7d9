"""The simplices of a grid: a complex that fills its cells."""

from __future__ import annotations

from itertools import product
from math import factorial

import numpy as np
import pytest

from foldline import Box
from foldline.exact.complex.simplices import simplices_of
from foldline.grid import Grid


def grid(d: int, n: int) -> Grid:
    return Grid(Box([-1.0] * d, [1.0] * d), (n,), [np.zeros(((n + 1) ** d, 1), dtype=np.float32)])


def cells(d: int, n: int) -> np.ndarray:
    return np.array(list(product(range(n), repeat=d)))


@pytest.mark.parametrize(("d", "n"), [(1, 5), (2, 1), (2, 4), (3, 1), (3, 3)])
def test_the_faces_of_all_cells_have_the_euler_number_of_a_ball(d: int, n: int) -> None:
    s = simplices_of(grid(d, n), cells(d, n))
    assert len(s.faces[-1]) == factorial(d) * n**d
    assert len(s.vertices) + sum((-1) ** k * len(f) for k, f in enumerate(s.faces, 1)) == 1


@pytest.mark.parametrize(("d", "n"), [(1, 5), (2, 3), (3, 2)])
def test_simplices_fill_the_box(d: int, n: int) -> None:
    s = simplices_of(grid(d, n), cells(d, n))
    edges = np.diff(s.indices[s.faces[-1]], axis=1)
    assert np.isclose(np.abs(np.linalg.det(edges)).sum() / factorial(d), n**d)


@pytest.mark.parametrize(("d", "n"), [(2, 3), (3, 2)])
def test_a_facet_has_two_simplices_or_lies_on_a_side_of_the_box(d: int, n: int) -> None:
    s = simplices_of(grid(d, n), cells(d, n))
    uses = np.bincount(s.sides[-1].ravel(), minlength=len(s.walls))
    assert np.array_equal(uses == 1, s.walls > -1 - 2 * d) and uses.max() == 2
    counts = np.unique(s.walls[s.walls > -1 - 2 * d], return_counts=True)[1]
    assert counts.tolist() == [factorial(d - 1) * n ** (d - 1)] * (2 * d)


@pytest.mark.parametrize("d", [2, 3])
def test_side_i_of_a_face_lies_opposite_its_corner_i(d: int) -> None:
    s = simplices_of(grid(d, 2), cells(d, 2))
    for k in range(2, d + 1):
        faces, lower, around = s.faces[k - 1], s.faces[k - 2], s.sides[k - 2]
        for i in range(k + 1):
            assert np.array_equal(lower[around[:, i]], np.delete(faces, i, axis=1))


def test_some_cells_share_what_they_touch() -> None:
    s = simplices_of(grid(3, 4), np.array([[0, 0, 0], [1, 0, 0]]))
    assert (len(s.vertices), len(s.faces[-1])) == (12, 12)
    assert len(s.vertices) - len(s.faces[0]) + len(s.faces[1]) - len(s.faces[2]) == 1
