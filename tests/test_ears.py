"""Ear clipping: every triangle inside, none over another, decided by exact signs."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from foldline.ears import convex_polygons, ears, orientation

RNG = np.random.default_rng(5)


def triples(kind: str, n: int = 2000) -> Any:
    if kind == "random":
        return RNG.normal(size=(3, n, 2))
    if kind == "whole":
        return RNG.integers(-3, 4, size=(3, n, 2)).astype(np.float64)
    if kind == "decimal":
        return RNG.integers(-9, 10, size=(3, n, 2)) * 0.1
    if kind == "on a line":
        a, d = RNG.normal(size=(2, n, 2))
        return np.stack([a, a + d * RNG.random((n, 1)), a + d * RNG.random((n, 1))])
    return RNG.normal(size=(3, n, 2)) * 10.0 ** RNG.integers(-200, 1, size=(3, n, 1))


@pytest.mark.parametrize("kind", ["random", "whole", "decimal", "on a line", "many sizes"])
def test_orientation_is_that_of_rational_numbers(kind: str) -> None:
    a, b, c = triples(kind)
    for sign, *points in zip(orientation(a, b, c), a.tolist(), b.tolist(), c.tolist(), strict=True):
        (ax, ay), (bx, by), (cx, cy) = ([Fraction(v) for v in point] for point in points)
        twice = (ax - cx) * (by - cy) - (ay - cy) * (bx - cx)
        assert sign == (twice > 0) - (twice < 0)


def area(points: Any) -> Any:
    after = np.roll(points, -1, axis=-2)
    return (points[..., 0] * after[..., 1] - points[..., 1] * after[..., 0]).sum(axis=-1) / 2


def star(k: int) -> Any:
    """A polygon round the origin, its corners near and far."""
    turn = (np.arange(k) + 0.9 * RNG.random(k)) * 2 * np.pi / k
    return np.stack([np.cos(turn), np.sin(turn)], axis=1) * RNG.uniform(0.1, 1, (k, 1))


def spiral(k: int = 100) -> Any:
    turn = np.linspace(0, 12 * np.pi, k)
    way = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return np.concatenate([(way * turn[:, None])[::-1], way * (turn[:, None] + 2)])[::-1] / 100


@pytest.mark.parametrize(
    "polygons",
    [
        *(np.stack([star(k) for _ in range(40)]) for k in (5, 6, 9, 30)),
        spiral()[:: 1 if area(spiral()) > 0 else -1][None],
        np.array([[[0, 0], [1, 0], [2, 0], [2, 1], [1, 1], [1, 2], [0, 2], [0, 1]]]) / 8,
        np.array([[[0, 0], [4, 0], [4, 4], [0, 4], [0, 0], [1, 1], [1, 3], [3, 3], [3, 1], [1, 1]]]) / 8,
    ],
    ids=["5", "6", "9", "30", "spiral", "straight sides", "hole on a bridge"],
)
def test_the_ears_fill_a_polygon_once(polygons: Any) -> None:
    cut = ears(polygons)
    parts = area(polygons[np.arange(len(polygons))[:, None, None], cut])
    assert (parts > 0).all()
    np.testing.assert_allclose(parts.sum(axis=1), area(polygons), rtol=1e-12)


def test_a_polygon_that_crosses_itself_is_cut_along_its_border() -> None:
    triangles = ears(np.array([[[0, 0], [2, 2], [2, 0], [0, 2], [1, 3]]]) / 4)[0]
    edges = [(a, b) for t in triangles.tolist() for a, b in zip(t, t[1:] + t[:1], strict=True)]
    assert {e for e in edges if e[::-1] not in edges} == {(i, (i + 1) % 5) for i in range(5)}


@pytest.mark.parametrize("scale", [1e-90, 1.0, 1e90])
def test_size_and_place_of_an_arrow_change_nothing(scale: float) -> None:
    arrow = np.array([[0, 0, 0], [2, -1, 0], [0, 2, 0], [-2, -1, 0]]) * scale
    for turned in (arrow, arrow[:, ::-1], -arrow, arrow[:, [0, 2, 1]]):
        corners, offsets, owner, n = convex_polygons(turned, np.array([0, 1, 2, 3, 0, 1, 2]), np.array([0, 4, 7]))
        assert corners.tolist() == [0, 1, 2, 3, 0, 2, 0, 1, 2] and (offsets[-1], n) == (9, 1)
        assert owner.tolist() == [0, 0, 1]
