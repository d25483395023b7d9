"""Windings against the sum over all points and igl's, and what is done in parts against the whole."""

from __future__ import annotations

import numpy as np
import pytest

from foldline.cloud import Cloud
from foldline.data import orient, winding
from foldline.data.cloud import CloudDistance
from foldline.data.orient import oriented
from foldline.data.winding import Winding, spans

RNG = np.random.default_rng(3)
NEARLY = 0.05  # what dipoles of the first order are off by, beside a winding of 1


def ball(n: int) -> np.ndarray:
    points = RNG.normal(size=(n, 3))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def torus(n: int) -> tuple[np.ndarray, np.ndarray]:
    u, v = RNG.uniform(0, 2 * np.pi, (2, n))
    out = np.stack([np.cos(u) * np.cos(v), np.sin(u) * np.cos(v), np.sin(v)], axis=1)
    return np.stack([np.cos(u), np.sin(u), 0 * u], axis=1) + 0.4 * out, out


@pytest.mark.parametrize("shape", ["ball", "torus", "one point", "no order"])
def test_a_winding_is_the_sum_over_all_points(shape: str) -> None:
    points, normals = {
        "ball": lambda: (ball(3000),) * 2,
        "torus": lambda: torus(3000),
        "one point": lambda: (np.zeros((1, 3)), np.array([[0.0, 0.0, 1.0]])),
        "no order": lambda: (RNG.normal(size=(500, 3)), ball(500)),
    }[shape]()
    areas = RNG.uniform(0.5, 1.5, len(points)) * 4 * np.pi / len(points)
    places = np.concatenate([RNG.uniform(-1.5, 1.5, (300, 3)), points[:5]])
    apart = points - places[:, None]
    away = np.linalg.norm(apart, axis=2)
    away[away == 0] = np.inf
    exact = (np.einsum("nki,ki->nk", apart, normals) * areas / (4 * np.pi * away**3)).sum(axis=1)
    np.testing.assert_allclose(Winding(points, normals, areas)(places), exact, rtol=0, atol=NEARLY)


def test_a_cloud_says_the_sides_that_igl_does() -> None:
    igl = pytest.importorskip("igl")
    points, normals = torus(4000)
    asked = CloudDistance(Cloud(points, normals))
    places = RNG.uniform(-1.6, 1.6, (4000, 3))
    far = asked.tree.query(places)[0] > 3 * asked.spacing
    areas = np.pi * asked.tree.query(points, [8])[0][:, 0] ** 2 / 8
    expected = np.asarray(igl.fast_winding_number(points, normals, areas, places[far])) > 0.5
    assert np.array_equal(asked(places[far])[:, 0] < 0, expected) and 0 < expected.sum() < far.sum()


def test_what_is_oriented_in_parts_is_what_is_oriented_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = Cloud(torus(1500)[0])
    whole = oriented(cloud)
    monkeypatch.setattr(orient, "spans", lambda n: spans(n, 100))
    assert np.array_equal(oriented(cloud).normals, whole.normals)  # type: ignore[arg-type]


def test_distances_asked_in_parts_are_those_asked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    points, normals = torus(1000)
    places = RNG.uniform(-1.6, 1.6, (2500, 3))
    whole = CloudDistance(Cloud(points, normals))(places)
    monkeypatch.setattr(winding, "PAIRS", 2000)
    monkeypatch.setattr("foldline.data.cloud.FEW", 100)
    np.testing.assert_allclose(CloudDistance(Cloud(points, normals))(places), whole, rtol=1e-12)
    assert CloudDistance(Cloud(points, normals))(places[:0]).shape == (0, 1)
