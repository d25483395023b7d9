"""Polygons that face another way than their neighbours are turned, where that has one meaning."""

from __future__ import annotations

import numpy as np
import pytest

from foldline import Mesh
from foldline.data.border import mesh_report
from foldline.data.distance import distance_samples
from foldline.data.facing import aligned, parts_of
from foldline.errors import InputError


def ring(n: int = 24, m: int = 12, small: float = 0.4) -> Mesh:
    """A torus of quadrangles, facing outward."""
    u, v = (2 * np.pi * np.arange(k) / k for k in (n, m))
    U, W = np.meshgrid(u, v, indexing="ij")
    points = np.stack([(1 + small * np.cos(W)) * np.cos(U), (1 + small * np.cos(W)) * np.sin(U), small * np.sin(W)], -1)
    at = np.arange(n * m).reshape(n, m)
    beyond, above = np.roll(at, -1, axis=0), np.roll(at, -1, axis=1)
    faces = np.stack([at, beyond, np.roll(beyond, -1, axis=1), above], axis=-1).reshape(-1, 4)
    return Mesh.of_polygons(points.reshape(-1, 3), faces)


def strip(half_turns: int, n: int = 30) -> Mesh:
    """A band, closed after so many half turns: one is Moebius'."""
    t = 2 * np.pi * np.arange(n) / n
    turn = half_turns * t / 2
    sides = [
        np.stack([(1 + w * np.cos(turn)) * np.cos(t), (1 + w * np.cos(turn)) * np.sin(t), w * np.sin(turn)], -1)
        for w in (-0.2, 0.2)
    ]
    low, high = np.arange(n), np.arange(n) + n
    after = (np.roll(high, -1), np.roll(low, -1)) if half_turns % 2 else (np.roll(low, -1), np.roll(high, -1))
    ahead = [np.where(low < n - 1, side + 1, end) for side, end in zip((low, high), after, strict=True)]
    faces = np.stack([low, *ahead, high], axis=-1)
    return Mesh.of_polygons(np.concatenate(sides), faces)


@pytest.mark.parametrize("share", [0.01, 0.3, 0.5, 0.7])
@pytest.mark.parametrize("triangles", [False, True])
def test_polygons_turned_at_random_face_outward_again(share: float, triangles: bool) -> None:
    whole = ring().in_triangles() if triangles else ring()
    assert whole.closed and whole.volume > 0
    which = np.random.default_rng(3).random(whole.n_faces) < share
    report = mesh_report(whole.flipped(which))
    assert report.solid and report.inconsistent_edges == 0
    assert report.measures.volume == pytest.approx(whole.volume, rel=1e-12)
    assert report.turned_faces == min(which.sum(), (~which).sum())
    assert any("that faced another way than those around, turned round" in one for one in report.findings)
    samples = distance_samples(whole.flipped(which), 500, seed=1)
    np.testing.assert_allclose(samples.targets, distance_samples(whole, 500, seed=1).targets, atol=1e-12)


def test_each_part_is_turned_by_itself() -> None:
    a, b = ring(), ring(10, 8, 0.3)
    n, points = a.n_vertices, np.concatenate([a.vertices, b.vertices + np.array([4, 0, 0])])
    two = Mesh.of_polygons(points, [*a.faces, *(face + n for face in b.faces)])
    which = np.zeros(two.n_faces, dtype=bool)
    which[[0, 1, 5, n + 2, n + 3]] = True
    which[n:] ^= True  # and the second part faces inward
    turned, n = aligned(two.flipped(which))
    assert n == 5 and len(np.unique(parts_of(two))) == 2
    assert turned.volume == pytest.approx(2 * a.volume - two.volume)
    assert mesh_report(two.flipped(which)).measures.volume == pytest.approx(two.volume)


def test_a_band_of_one_side_stays_as_it_is() -> None:
    assert len(np.unique(parts_of(strip(1)))) == 1
    for half_turns, kept in ((1, True), (2, False)):
        band = strip(half_turns)
        turned, n = aligned(band.flipped(np.arange(30) % 3 == 0))
        assert (n == 0) is kept and (turned == band.flipped(np.arange(30) % 3 == 0)) is kept
    with pytest.raises(InputError, match="edges between polygons that face opposite ways"):
        distance_samples(strip(1), 10)


@pytest.mark.parametrize(("away", "near"), [(1e-9, True), (1e-3, False)])
def test_corners_that_nearly_meet_on_a_rim_are_named(away: float, near: bool) -> None:
    whole = ring().in_triangles()
    apart = whole.vertices[whole.corners] + away * np.random.default_rng(2).uniform(-1, 1, (len(whole.corners), 3))
    loose = Mesh.of_polygons(apart, np.arange(len(apart)).reshape(-1, 3))
    report = mesh_report(loose)
    assert report.boundary_edges == len(apart) and report.near_corners == (len(apart) if near else 0)
    said = "lie within 1e-06 of the longest side of another: if these are seams, join such corners"
    assert any(said in one for one in report.findings) is near
    with pytest.raises(InputError) as caught:
        distance_samples(loose, 10)
    assert (said in str(caught.value)) is near
    assert not mesh_report(whole.without_faces(np.arange(whole.n_faces) < 3)).near_corners
