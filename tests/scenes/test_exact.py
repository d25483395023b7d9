"""Exact light, against fine sampling, against integrals by SciPy, and at places where nothing is general."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from foldline.box import Box
from foldline.data.rays import round_about
from foldline.errors import InputError
from foldline.grid import Grid
from foldline.network import Network
from foldline.radiance import along, colours, degree_of, harmonics, n_outputs, span
from foldline.scenes.exact import mean_light, seen_exactly
from foldline.scenes.made import ball
from foldline.scenes.render import render
from foldline.scenes.space import filled

FINE = 4000


def random_field(seed: int, *, whole: bool = False, levels: tuple[int, ...] = (2, 4), degree: int = 1) -> Network:
    rng = np.random.default_rng(seed)
    draw = (lambda *s: rng.integers(-1, 2, s).astype(float)) if whole else (lambda *s: rng.normal(0, 0.7, s))
    grid = Grid(Box([-1.0] * 3, [1.0] * 3), levels, [draw((n + 1) ** 3, 2).astype(np.float32) for n in levels])
    widths = (3 + 2 * len(levels), 6, 5, n_outputs(degree))
    weights = [draw(b, a) for a, b in pairwise(widths)]
    weights[-1][0] *= 8
    return Network(weights, [draw(w) * 0.3 for w in widths[1:]], grid=grid, meta={"kind": "scene"})


def by_sampling(net: Network, origins: np.ndarray, ways: np.ndarray, n: int = FINE) -> np.ndarray:
    near, far = span(origins, ways)
    length = np.maximum(far - near, 0) / n
    at = near[:, None] + (np.arange(n) + 0.5) * length[:, None]
    outputs = net((origins[:, None] + at[..., None] * ways[:, None]).reshape(-1, 3))
    rays = np.repeat(np.arange(len(ways)), n)
    taken = along(rays, np.maximum(outputs[:, 0], 0) * length[rays], len(ways))
    told = colours(outputs, harmonics(ways, degree_of(net))[rays])
    return np.column_stack([*(taken.sums(told[:, c]) for c in range(3)), 1 - taken.left, taken.sums(at.ravel())])


FIELDS = {
    "ball": ball(4),
    "random": random_field(0),
    "flat colours": random_field(1, degree=0),
    "second degree": random_field(2, degree=2),
    "whole numbers": random_field(3, whole=True),
    "more whole numbers": random_field(4, whole=True),
}


@pytest.mark.parametrize("name", FIELDS)
def test_exact_light_is_that_of_fine_sampling(name: str) -> None:
    net = FIELDS[name]
    origins, ways = round_about(0.3, 0.7, 6, 1.2).rays()
    exact = seen_exactly(net, origins, ways, filled(net))
    assert np.abs(exact - by_sampling(net, origins, ways)).max() < 2e-4
    assert exact[:, 3].max() > 0.3


@pytest.mark.parametrize("axis", range(3))
def test_rays_along_axes_and_diagonals_of_the_grid_see_as_their_neighbours(axis: int) -> None:
    net = FIELDS["random"]
    start, way = np.zeros(3), np.zeros(3)
    way[axis], start[axis] = 1.0, -3.0
    rays = [(start, way), (start + 0.5, way), (np.full(3, -2.0), np.ones(3) / 3**0.5), (np.zeros(3), way)]
    origins, ways = np.stack([r[0] for r in rays]), np.stack([r[1] for r in rays])
    exact = seen_exactly(net, origins, ways, filled(net))
    assert np.abs(exact - by_sampling(net, origins, ways)).max() < 5e-4


@pytest.mark.filterwarnings("error")
def test_a_ray_beside_the_cube_sees_nothing_and_says_nothing() -> None:
    net = FIELDS["ball"]
    origins, ways = np.array([[-3.0, 1.5, 0.0], [-3.0, 1.0 + 1e-9, 0.1]]), np.tile([1.0, 0.0, 0.0], (2, 1))
    assert not seen_exactly(net, origins, ways, filled(net)).any()


def test_error_of_sampling_falls_by_the_square_toward_exact() -> None:
    net = FIELDS["ball"]
    origins, ways = round_about(0.1, 0.2, 6, 0.7).rays()
    exact = seen_exactly(net, origins, ways, filled(net))
    off = [np.abs(by_sampling(net, origins, ways, n) - exact)[:, :4].mean() for n in (100, 200, 400)]
    assert 2.5 < off[0] / off[1] < 6 and 2.5 < off[1] / off[2] < 6


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 0.3, 1.0, 3.0, 40.0, 1e4])
def test_mean_light_is_the_integral(scale: float) -> None:
    rng = np.random.default_rng(3)
    a, b = rng.uniform(0, scale, (2, 12))
    a, b = np.append(a, [0.0, scale, scale, scale]), np.append(b, [scale, 0.0, scale, scale * (1 + 1e-9)])
    found = mean_light(a, b)
    for k in range(len(a)):
        def light(u: float, k: int = k) -> float:
            return float(np.exp(-(a[k] * u + (b[k] - a[k]) * u * u / 2)))

        parts = np.unique(np.clip(np.array([0, 0.3, 1, 3, 10, 40]) / max(scale**0.5, scale * 0.1, 1.0), 0, 1))
        told = sum(quad(light, p, q, epsabs=0, epsrel=1e-12)[0] for p, q in zip(parts, [*parts[1:], 1.0], strict=True))
        assert found[k] == pytest.approx(told, rel=1e-9)


def test_cells_that_are_not_filled_have_no_density() -> None:
    for net in FIELDS.values():
        cells = filled(net)
        places = np.random.default_rng(0).uniform(-1, 1, (4000, 3))
        n = len(cells)
        at = np.clip(((places + 1) * n / 2).astype(int), 0, n - 1)
        assert not (net(places)[:, 0] > 0)[~cells[tuple(at.T)]].any()


def test_a_field_without_density_shows_nothing() -> None:
    net = ball(4, density=-1.0)
    origins, ways = round_about(0.0, 0.0, 4).rays()
    thin = seen_exactly(net, origins, ways, np.zeros((4, 4, 4), dtype=bool))
    assert (thin == 0).all()


@pytest.mark.parametrize("device", ["cuda", "gpu"])
def test_exact_pictures_are_made_on_the_cpu_alone(device: str) -> None:
    with pytest.raises(InputError, match=f"device 'cpu' for exact pictures; got '{device}'"):
        render(ball(), round_about(0.0, 0.0, 3), exact=True, device=device)
