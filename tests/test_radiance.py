"""How outputs are read as light, against sums written out and against SciPy's harmonics."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import sph_harm_y

from foldline.errors import InputError
from foldline.network import Network
from foldline.radiance import along, colours, degree_of, harmonics, span


def directions(n: int) -> np.ndarray:
    found = np.random.default_rng(0).normal(size=(n, 3))
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_harmonics_are_orthogonal_over_the_sphere_and_as_long_as_the_first() -> None:
    nodes, weights = np.polynomial.legendre.leggauss(8)
    turn = np.arange(16) * np.pi / 8
    z, phi = (part.ravel() for part in np.meshgrid(nodes, turn, indexing="ij"))
    flat = np.sqrt(1 - z * z)
    basis = harmonics(np.column_stack([flat * np.cos(phi), flat * np.sin(phi), z]), 3)
    products = (basis * np.repeat(weights / 32, 16)[:, None]).T @ basis
    assert products == pytest.approx(np.eye(16), abs=1e-12)


def test_harmonics_span_what_scipys_do() -> None:
    ways = directions(60)
    theta, phi = np.arccos(ways[:, 2]), np.arctan2(ways[:, 1], ways[:, 0])
    bands = [(n, m) for n in range(4) for m in range(-n, n + 1)]
    waves = [sph_harm_y(n, abs(m), theta, phi) for n, m in bands]
    theirs = [np.imag(wave) if m < 0 else np.real(wave) for wave, (_, m) in zip(waves, bands, strict=True)]
    ours = harmonics(ways, 3)
    scales = np.array([np.dot(a, b) / np.dot(b, b) for a, b in zip(ours.T, theirs, strict=True)])
    assert ours == pytest.approx(np.stack(theirs, axis=1) * scales, abs=1e-12)


def test_samples_take_light_one_after_the_other() -> None:
    rng = np.random.default_rng(1)
    rays = np.repeat([0, 1, 3], [4, 1, 6])
    depth, values = rng.uniform(0, 2, 11), rng.normal(size=11)
    taken = along(rays, depth, 4)
    for ray in range(4):
        left, total = 1.0, 0.0
        for k in np.flatnonzero(rays == ray):
            weight = left * (1 - np.exp(-depth[k]))
            behind = sum(taken.weight[j] * values[j] for j in np.flatnonzero(rays == ray) if j > k)
            assert taken.weight[k] == pytest.approx(weight) and taken.before[k] == pytest.approx(left)
            assert taken.behind(values)[k] == pytest.approx(behind, abs=1e-12)
            left *= np.exp(-depth[k])
            total += weight * values[k]
        assert taken.left[ray] == pytest.approx(left)
        assert taken.sums(values)[ray] == pytest.approx(total)


def test_a_span_begins_at_the_camera_and_ends_at_the_cube() -> None:
    origins = np.array([[0.0, 0, 0], [-3, 0.5, 0], [-3, 2, 0], [3, 0, 0], [1, -3, 0]])
    ways = np.array([[1.0, 0, 0]] * 4 + [[0.0, 1, 0]])
    near, far = span(origins, ways)
    assert near[:2].tolist() == [0, 2] and far[:2].tolist() == [1, 4]
    assert (far[2:4] <= near[2:4]).all()
    assert (near[4], far[4]) == (2, 4)  # along a face


def test_colours_are_cut_at_0_and_1() -> None:
    outputs = np.array([[0.0, 3.0, 0.1, -3.0]])
    assert colours(outputs, np.ones((1, 1))).tolist() == [[1.0, 0.6, 0.0]]


@pytest.mark.parametrize("kind", ["scene", "distance"])
def test_only_a_field_of_radiance_has_harmonics(kind: str) -> None:
    net = Network([np.zeros((5, 3))], [np.zeros(5)], meta={"kind": kind})
    with pytest.raises(InputError, match="fitted to a scene"):
        degree_of(net)
    with pytest.raises(InputError, match="degree from 0 to 3"):
        harmonics([[0, 0, 1]], 4)
