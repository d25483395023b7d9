"""The exact level set: counts, both engines, the certificate, degenerate weights, and what is refused."""

from __future__ import annotations

import pickle
import signal
from fractions import Fraction
from functools import cache
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog

from foldline import Box, Mesh, Network
from foldline.errors import InputError, NetworkError
from foldline.exact.boundary import boundary_of
from foldline.exact.chain.form import chain_of
from foldline.exact.decisions import decisions
from foldline.exact.march import polygons as door
from foldline.exact.march.level import balanced, level_of
from foldline.exact.march.reference import leaves, seeds
from foldline.exact.march.reference.marcher import Limits, Marcher
from foldline.exact.rational.exact import Exact, point
from foldline.exact.surface import Surface, surface
from foldline.exact.work import Budget

from ..corpus import FAMILIES, network, slow_where
from ..executors import Here
from .questions import same

NETS = Path(__file__).parent.parent / "nets"
CUBE = Box([-1, -1, -1], [1, 1, 1])
ENGINES = ["numpy", *(["kernel"] if door._surface is not None else [])]
TOUCH = 1e-9  # weights here are small integers: what is not zero in a linear program is far above this


def stored(name: str) -> Network:
    arrays = np.load(NETS / f"{name}.npz")
    n = sum(key.startswith("W") for key in arrays)
    return Network([arrays[f"W{i}"] for i in range(n)], [arrays[f"b{i}"] for i in range(n)])


def octahedron(*, radius: float = 1.0, center: tuple[float, float, float] = (0, 0, 0)) -> Network:
    """|x| + |y| + |z| - radius about a center, from 6 units."""
    W = np.vstack([np.eye(3), -np.eye(3)])
    return Network([W, np.ones((1, 6))], [-W @ np.array(center), [-radius]])


def gaussian(seed: int, widths: tuple[int, ...], **options: Any) -> Network:
    """A random network that is 0 (before its output unit) at (0.1, 0.2, -0.1)."""
    rng = np.random.default_rng(seed)
    skips = options.get("skips", {})
    sizes, weights, biases = [3], [], []
    for layer, width in enumerate([*widths, 1], 1):
        reads = sizes[-1] + sum(sizes[s] for s in skips.get(layer, ()))
        weights.append(rng.normal(size=(width, reads)) * np.sqrt(2 / reads))
        biases.append(rng.normal(size=width) * 0.3)
        sizes.append(width)
    through = Network(weights, [*biases[:-1], [0.0]], **options)
    return Network(weights, [*biases[:-1], -through([0.1, 0.2, -0.1])], **options)


def random_layers(seed: int, sizes: tuple[int, ...]) -> tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]]:
    rng = np.random.default_rng(seed)
    pairs = list(pairwise(sizes))
    return [rng.normal(size=(b, a)) * np.sqrt(2 / a) for a, b in pairs], [rng.normal(size=b) * 0.3 for _, b in pairs]


def counts(mesh: Mesh) -> tuple[int, int, int, int]:
    return mesh.n_faces, mesh.n_vertices, mesh.n_edges, mesh.n_components


# Counts


@cache
def sphere_and_torus(engine: str) -> Surface:
    return surface(stored("sdf3_3x16"), CUBE, engine=engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_sphere_and_torus_have_790_polygons(engine: str) -> None:
    net = stored("sdf3_3x16")
    mesh = sphere_and_torus(engine)
    assert (mesh.n_faces, mesh.n_vertices, mesh.n_edges, mesh.euler) == (790, 790, 1580, 0)
    assert mesh.closed and mesh.certified and mesh.complete
    assert mesh.engine == engine
    largest = max(np.abs(W).max() for W in net.weights)
    assert np.abs(net(mesh.vertices)).max() <= 1e-12 * largest
    assert mesh.max_abs_value <= 1e-12 * largest


@pytest.mark.skipif("kernel" not in ENGINES, reason="the NumPy engine cuts all polygons out")
def test_polygons_that_are_walked_around_have_the_corners_of_those_cut_out() -> None:
    walked, cut = (sphere_and_torus(engine) for engine in ("kernel", "numpy"))
    assert walked.n_rational == cut.n_rational == 0
    a, b = (np.argsort(mesh.face_values["region"]) for mesh in (walked, cut))
    assert (np.diff(walked.offsets)[a] == np.diff(cut.offsets)[b]).all()
    for i, j in zip(a, b, strict=True):
        p, q = walked.vertices[walked.faces[i]], cut.vertices[cut.faces[j]]
        turn = np.argmin(np.linalg.norm(q - p[0], axis=1))
        assert np.abs(np.roll(q, -turn, axis=0) - p).max() < 1e-12


def test_rational_arithmetic_everywhere_gives_the_same_polygons(monkeypatch: pytest.MonkeyPatch) -> None:
    net = gaussian(3, (8, 8))
    plain = surface(net, CUBE)
    monkeypatch.setenv("FOLDLINE_ARITHMETIC", "rational")
    exact = surface(net, CUBE)
    assert exact.engine == "rational"
    assert exact.n_rational >= exact.n_faces > plain.n_rational
    assert counts(exact) == counts(plain)
    assert set(exact.face_values["region"]) == set(plain.face_values["region"])


@cache
def surface_near_the_middle(net: Network, engine: str) -> Surface:
    return surface(net, Box([-0.2, 0, -0.3], [0.3, 0.5, 0.2]), level=0.01, engine=engine)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "net",
    [
        gaussian(0, (8, 8)),
        gaussian(1, (5, 5, 5, 5), skips={3: (0,)}),
        gaussian(2, (8,), activation="abs"),
        gaussian(5, (66,)),
        octahedron(),
    ],
    ids=["relu", "skip", "abs", "two words", "octahedron"],
)
def test_both_engines_find_the_polygons_of_rational_arithmetic(net: Network, engine: str) -> None:
    a, b = (surface_near_the_middle(net, each) for each in (engine, "rational"))
    assert counts(a) == counts(b) and a.n_faces > 0
    order = [np.argsort(mesh.face_values["region"]) for mesh in (a, b)]
    assert (a.face_values["region"][order[0]] == b.face_values["region"][order[1]]).all()
    assert (a.face_values["pattern"][order[0]] == b.face_values["pattern"][order[1]]).all()
    for i, j in zip(*order, strict=True):
        p, q = a.vertices[a.faces[i]], b.vertices[b.faces[j]]
        turn = np.argmin(np.linalg.norm(q - p[0], axis=1))
        assert np.abs(np.roll(q, -turn, axis=0) - p).max() < 1e-9


@pytest.mark.parametrize("engine", ENGINES)
def test_every_polygon_lies_in_its_region_with_its_gradient(engine: str) -> None:
    net = gaussian(7, (9, 9))
    mesh = surface(net, Box([-0.5, -0.2, -1], [0.5, 0.5, 0.3]), level=0.1, engine=engine)
    middles = np.array([mesh.vertices[face].mean(axis=0) for face in mesh.faces])
    bits = np.unpackbits(mesh.face_values["pattern"], axis=1, bitorder="little")
    assert (np.hstack([bits[:, :9], bits[:, 64:73]]) == net.pattern(middles)).all()
    assert np.abs(net.affine_map(middles)[:, 0, :3] - mesh.face_values["gradient"]).max() < 1e-12
    assert np.einsum("ij,ij->i", mesh.normals, mesh.face_values["gradient"]).min() > 0


# Units and skips


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "abs", "hard_tanh"])
def test_vertices_are_on_the_level_whatever_the_unit(activation: str) -> None:
    net = gaussian(11, (8, 8), activation=activation)
    mesh = surface(net, CUBE, level=0.2)
    assert mesh.n_faces > 0 and np.abs(net(mesh.vertices) - 0.2).max() < 1e-12


def test_the_input_skipping_to_the_fourth_layer_is_followed() -> None:
    net = gaussian(4, (8, 8, 8, 8), skips={4: (0,)})
    mesh = surface(net, CUBE)
    assert mesh.n_faces > 0 and np.abs(net(mesh.vertices)).max() < 1e-12


def test_a_final_tanh_is_looked_through() -> None:
    plain = gaussian(11, (8, 8))
    bent = Network(plain.weights, plain.biases, output="tanh")
    assert counts(surface(bent, CUBE)) == counts(surface(plain, CUBE))
    assert np.abs(bent(surface(bent, CUBE, level=0.25).vertices) - 0.25).max() < 1e-12


def test_a_network_without_hidden_layers_has_a_plane() -> None:
    mesh = surface(Network([[[1.0, 2.0, 4.0]]], [[0.0]]), CUBE)
    assert (mesh.n_faces, len(mesh.box_edges)) == (1, mesh.n_edges)


# Components and the box


@pytest.mark.parametrize("engine", ENGINES)
def test_two_octahedra_are_both_found(engine: str) -> None:
    """min(f, g) = f - relu(f - g), f and g of octahedra far apart and of very different size."""
    a, b = octahedron(radius=0.5, center=(-0.4, -0.4, -0.4)), octahedron(radius=2.0**-9, center=(0.7, 0.71, 0.72))
    W0, b0 = np.vstack([a.weights[0], b.weights[0]]), np.concatenate([a.biases[0], b.biases[0]])
    ones, none = np.ones((1, 6)), np.zeros((1, 6))
    W1 = np.vstack([np.hstack([ones, none]), np.hstack([ones, -ones])])
    net = Network([W0, W1, [[1.0, -1.0]]], [b0, [2.0, -0.5 + 2.0**-9], [-2.5]])
    mesh = surface(net, CUBE, engine=engine)
    assert (mesh.n_faces, mesh.n_components, mesh.euler, mesh.closed) == (16, 2, 4, True)
    assert mesh.complete


@pytest.mark.parametrize("power", [40, 50, 100])
def test_sheets_closer_than_doubles_are_told_apart(power: int) -> None:
    s = 2.0**power
    first, second = [[-s, s, s], [-s, -s, -s], [0, 0, s]], [[1, 0, 1], [1, -1, 0], [1, 0, 1], [1, -1, 1]]
    network = Network(
        [np.array(first), np.array(second, dtype=float), [[0, 1.0, 0, 2]]],
        [[0, s, s], [0, 0, 0, -1.0], [0.355]],
        "leaky_relu",
        slopes={1: [0.1, 1 / 3, 0.0], 2: [0.1, -1, -1, 0.25]},
    )
    box = Box([-1000] * 3, [1000] * 3)
    found, proved = surface(network, box), boundary_of(decisions(network, box, level=0.0))
    assert found.complete and found.n_faces == len(proved) == 15
    assert found.area == pytest.approx(proved.size, rel=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
def test_open_edges_lie_on_the_face_of_the_box_they_name(engine: str) -> None:
    mesh = surface(octahedron(), Box([-0.5, -2, -2], [2, 2, 2]), engine=engine)
    assert not mesh.closed and mesh.euler == 1
    edges = np.array(mesh.box_edges)
    assert len(edges) == int((mesh.edge_uses.sum(axis=1) == 1).sum()) == 4
    assert (edges[:, 2] == 0).all() and (mesh.vertices[edges[:, :2], 0] == -0.5).all()


def test_a_level_that_is_never_reached_gives_an_empty_mesh() -> None:
    mesh = surface(octahedron(), CUBE, level=-2.0)
    assert mesh.n_faces == 0 and mesh.complete


def test_a_box_of_any_size_and_place_gives_the_same_counts() -> None:
    far = surface(octahedron(radius=3e-5, center=(1000, 0, 0)), Box([999.9, -1, -1], [1001, 1, 1]))
    assert (far.n_faces, far.closed) == (8, True)


# The search


LEAVES = [
    leaves.Leaf(lo := np.array(corner) * 0.2 - 1, lo + 0.2, 4, 3) for corner in product(range(10), repeat=3)
]


def open_all(patch: pytest.MonkeyPatch) -> None:
    """Let the NumPy engine prove nothing by slopes, so that it opens every leaf region by region."""
    patch.setattr(seeds, "MANY_SYMBOLS", -1)


@cache
def bounds_where_it_passes(net: Network) -> list[tuple[leaves.Leaf, leaves.Bounds]]:
    question = level_of(chain_of(net), CUBE, 0.0)
    errors = leaves.errors_of(question)
    every = [(leaf, leaves.Bounds(question, leaf, errors)) for leaf in LEAVES]
    return [(leaf, bounds) for leaf, bounds in every if bounds.zero and len(bounds.units) <= seeds.MANY_SYMBOLS]


def test_the_surface_in_a_sheet_is_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    net = gaussian(0, (8, 8))
    sheets = [leaf for leaf, bounds in bounds_where_it_passes(net) if bounds.sheet(leaf) is not None]
    open_all(monkeypatch)
    found = [surface(net, Box(leaf.lo, leaf.hi), engine="numpy").n_components for leaf in sheets[::4]]
    assert len(found) > 10 and set(found) <= {0, 1} and found.count(1) > len(found) / 2


def test_a_sheet_gives_a_seed_in_it_or_has_no_surface(monkeypatch: pytest.MonkeyPatch) -> None:
    net, box = gaussian(0, (8, 8)), []
    question = level_of(chain_of(net), CUBE, 0.0)
    for leaf, bounds in bounds_where_it_passes(net):
        marcher = Marcher(question, None, Limits(1, 1.0, None), False)
        ends = bounds.sheet(leaf)
        if ends is not None and seeds.Search(marcher, 0, 0)._witness(bounds, *ends):
            box.append((leaf, [pattern for pattern, _, _ in marcher.waiting]))
    open_all(monkeypatch)
    empty = 0
    for leaf, found in box[::4]:
        patterns = surface(net, Box(leaf.lo, leaf.hi), engine="numpy").face_values["pattern"]
        assert [seed.tobytes() for seed in found] == [
            row.tobytes() for row in patterns if row.tobytes() in map(bytes, found)
        ]
        assert bool(len(patterns)) == bool(found)
        empty += not found
    assert 0 < empty < len(box[::4])


@pytest.mark.parametrize(("engine", "n"), [("numpy", 12), *(("kernel", 100) for name in ENGINES if name == "kernel")])
def test_a_convex_surface_has_a_polygon_for_each_region_of_its_great_circles(engine: str, n: int) -> None:
    """Sum |n_i x| = 1: every plane through the middle cuts the sphere in a great circle, n (n - 1) + 2 regions."""
    normals = np.random.default_rng(5).normal(size=(n, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) * n / 2
    mesh = surface(Network([normals, np.ones((1, n))], [np.zeros(n), [-0.7]], "abs"), CUBE, engine=engine)
    assert (mesh.n_faces, mesh.euler, mesh.closed) == (n * (n - 1) + 2, 2, True)


@pytest.mark.slow
def test_no_lowest_point_of_the_surface_lies_in_a_downhill_leaf(monkeypatch: pytest.MonkeyPatch) -> None:
    net = gaussian(0, (8, 8))
    downhill = [leaf for leaf, bounds in bounds_where_it_passes(net) if bounds.downhill(3)]
    open_all(monkeypatch)
    n = 0
    for leaf in downhill[::8]:
        mesh = surface(net, Box(leaf.lo, leaf.hi), engine="numpy")
        for part in np.unique(labels := components_of(mesh)) if mesh.n_faces else []:
            lowest = mesh.vertices[labels == part][np.argmin(mesh.vertices[labels == part] @ leaves.DOWN)]
            assert min((lowest - leaf.lo).min(), (leaf.hi - lowest).min()) < 1e-9
            n += 1
    assert n > 10


def components_of(mesh: Mesh) -> NDArray[np.int64]:
    """The lowest vertex number that is joined to each vertex."""
    labels, before = np.arange(mesh.n_vertices), None
    while before is None or (labels != before).any():
        before = labels.copy()
        for face in mesh.faces:
            labels[face] = labels[face].min()
    return labels


@pytest.mark.parametrize("seed", [1, pytest.param(6, marks=pytest.mark.slow)])
def test_slopes_miss_no_polygon_that_opening_every_leaf_finds(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    net, box = gaussian(seed, (6, 6)), Box([-2, -2, -2], [2, 2, 2])
    by_slopes = [surface(net, box, level=0.3, engine=engine) for engine in ENGINES]
    open_all(monkeypatch)
    opened = surface(net, box, level=0.3, engine="numpy")
    for mesh in by_slopes:
        assert counts(mesh) == counts(opened) and mesh.n_faces > 0
        assert set(mesh.face_values["region"]) == set(opened.face_values["region"])


@pytest.mark.skipif("kernel" not in ENGINES, reason="the NumPy engine works all bounds out from the network")
@pytest.mark.parametrize(
    ("activation", "widths"), [("relu", (8, 8)), ("leaky_relu", (6, 6, 6)), ("abs", (5, 5)), ("hard_tanh", (4, 4))]
)
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_bounds_narrowed_from_leaf_to_leaf_miss_no_polygon(activation: str, widths: tuple[int, ...], seed: int) -> None:
    net = gaussian(seed, widths, activation=activation)
    narrowed, afresh = (surface(net, Box([-0.5] * 3, [0.5] * 3), engine=engine) for engine in ("kernel", "numpy"))
    assert counts(narrowed) == counts(afresh)
    assert set(narrowed.face_values["region"]) == set(afresh.face_values["region"])


# Degenerate weights


@pytest.mark.parametrize("engine", ENGINES)
def test_folds_through_the_corners_of_an_octahedron_meet_there(engine: str) -> None:
    """All 6 folds pass through vertices; every vertex is a meeting of 5 planes."""
    mesh = surface(octahedron(), Box([-2, -2, -2], [2, 2, 2]), engine=engine)
    assert (mesh.n_faces, mesh.n_vertices, mesh.n_edges, mesh.closed) == (8, 6, 12, True)
    assert mesh.volume == pytest.approx(4 / 3, rel=1e-15) and mesh.n_rational >= 8


def test_corners_of_the_surface_on_the_box_are_kept() -> None:
    mesh = surface(octahedron(), CUBE)
    assert (mesh.n_faces, mesh.n_vertices, mesh.closed) == (8, 6, True)


def test_a_fold_inside_the_level_set_gives_one_polygon() -> None:
    """f = relu(x) - relu(-x) = x: the plane x = 0 is the fold itself."""
    net = Network([[[1.0, 0, 0], [-1, 0, 0]], [[1.0, -1]]], [[0.0, 0], [0.0]])
    mesh = surface(net, CUBE)
    assert (mesh.n_faces, mesh.n_vertices, mesh.area) == (1, 4, 4.0)


def test_a_region_that_equals_the_level_shows_its_boundary_and_is_named() -> None:
    """relu(|x| + |y| + |z| - 1) is 0 on a whole octahedron."""
    W = np.vstack([np.eye(3), -np.eye(3)])
    mesh = surface(Network([W, np.ones((1, 6)), [[1.0]]], [np.zeros(6), [-1.0], [0.0]]), Box([-2] * 3, [2] * 3))
    assert (mesh.n_faces, mesh.n_vertices, mesh.closed) == (8, 6, True)
    assert mesh.flat_regions == 8


@pytest.mark.parametrize("engine", ENGINES)
def test_a_unit_that_is_zero_everywhere_hides_nothing(engine: str) -> None:
    W1 = [[-2, -2, 0, 0], [0, 1, -1, -2], [-1, -2, -2, 1], [-2, 2, 1, 0]]
    net = Network([[[0, 0, 0], [2, -1, 1], [2, 1, 2], [2, 1, 1]], W1, [[2, -1, 1, -2]]], [[0] * 4, [0] * 4, [0]])
    mesh = surface(net, Box([-2] * 3, [2] * 3), level=1.0, engine=engine)
    assert mesh.n_faces == polygons_by_linear_programs(net, 1.0) == 4
    assert mesh.complete and mesh.certified


def degenerate(kind: str, seed: int, widths: tuple[int, ...]) -> Network:
    rng = np.random.default_rng(seed)
    weights, biases, reads = [], [], 3
    for width in (*widths, 1):
        most = {"ternary": 1, "integer": 3, "zero bias": 2, "duplicated": 2}[kind]
        W, b = rng.integers(-most, most + 1, (width, reads)), rng.integers(-1, 2, width)
        if kind == "duplicated" and width > 1:
            half = width // 2
            W[half:], b[half:] = W[: width - half] * rng.choice([-1, 1, 2]), b[: width - half]
        weights.append(W)
        biases.append(b * (kind != "zero bias"))
        reads = width
    return Network(weights, biases)


@pytest.mark.parametrize("widths", [(6,), (4, 4), (3, 3, 2)], ids=str)
@pytest.mark.parametrize("kind", ["ternary", "integer", "zero bias", "duplicated"])
@pytest.mark.parametrize("seed", [1, 2])
def test_degenerate_networks_have_the_polygons_that_linear_programs_count(
    kind: str, widths: tuple[int, ...], seed: int
) -> None:
    net = degenerate(kind, seed, widths)
    mesh = surface(net, Box([-2] * 3, [2] * 3), level=0.5)
    assert mesh.complete and mesh.certified
    assert mesh.n_faces == polygons_by_linear_programs(net, 0.5)
    exact = Exact(chain_of(net))
    for vertex in mesh.vertices:
        (value,) = exact.value(point(vertex.tolist()))
        assert abs(value - Fraction(1, 2)) < Fraction(1, 10**12)


@pytest.mark.skipif("kernel" not in ENGINES, reason="the NumPy engine takes minutes here")
def test_rows_far_on_the_wrong_side_of_a_seed_are_not_forgotten() -> None:
    """Weights of 24 orders of magnitude: the plane of a region's level row passes far outside it."""
    first = [[2.5e-9, -0.94, 9.8e-6], [-1.7e-6, 0.61, 1.6e7], [0.13, -1.3e5, -9.3e-4], [-1.1, 2.8e-5, -1.6e3]]
    second = [[-3e3, 2.8e-8, 7.3, -7.1e-4], [1.1e5, 6.7, -6.6e-7, -3.8e-12], [5.9e-12, 1.6e4, -1.1e-2, -1.3e-11]]
    third = [[2.3e-2, 7.3e-10, 1.3e4], [-2.9e-5, -1.4e2, 92.0], [-1.2e4, 3.3e-9, -2.1e7]]
    last = [[-1.3e6, 2e7, 7.7e9, 9.8, 2.8e4, 1.2e4, -1.3e-10]]
    biases = [[6.1e-13, -1.9, -2.6e-8, -9.5e-5], [0.0] * 3, [0.0] * 3, [2.2]]
    network = Network([first, second, third, last], biases, skips={4: (1,)})
    low = -np.exp2([-23.0, -46, -24])
    box = Box(low, -2 * low)
    found, proved = surface(network, box), boundary_of(decisions(network, box))
    assert found.complete and found.certified and found.n_faces == len(proved) == 3
    assert found.area == pytest.approx(proved.size, rel=1e-9, abs=0)


@pytest.mark.parametrize(
    ("family", "engine"),
    slow_where(lambda *row: row == ("zero_bias", "numpy"), product(FAMILIES, ENGINES)),
)
def test_the_word_of_floats_is_taken_on_degenerate_networks(family: str, engine: str) -> None:
    """Without certify polygons may be wrong, and no more: the mesh is one of finite corners."""
    for seed in range(2):
        net = network(family, (3, 3, 2, 1), seed)
        mesh = surface(net, CUBE, certify=False, engine=engine, budget=Budget(seconds=2))
        assert not mesh.certified and mesh.n_rational == 0, f"seed {seed}"
        assert (np.abs(mesh.vertices) < 2).all(), f"seed {seed}"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("powers", [(-600, 0), (-1000, 900), (300, 200), (600, -1000)], ids=str)
def test_weights_whose_squares_are_no_doubles_have_the_same_polygons(powers: tuple[int, int], engine: str) -> None:
    plain = gaussian(0, (8,))
    factors = [2.0 ** powers[0], 2.0 ** powers[1]]
    weights = [W * s for W, s in zip(plain.weights, factors, strict=True)]
    scaled = Network(weights, [plain.biases[0] * factors[0], plain.biases[1] * factors[0] * factors[1]])
    one, other = surface(plain, CUBE, engine=engine), surface(scaled, CUBE, engine=engine)
    assert (one.vertices == other.vertices).all() and (one.corners == other.corners).all() and one.n_faces > 10
    assert (one.face_values["gradient"] * factors[0] * factors[1] == other.face_values["gradient"]).all()
    assert other.max_abs_value == one.max_abs_value * factors[0] * factors[1]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("power", [-1060, -560, 300, 600])
def test_a_plane_of_any_steepness_is_found(power: int, engine: str) -> None:
    mesh = surface(Network([[[2.0**power, 0, 2.0**power]]], [[0.0]]), CUBE, engine=engine)
    assert (mesh.n_faces, mesh.n_vertices, mesh.complete) == (1, 4, True)


@pytest.mark.parametrize("family", FAMILIES)
def test_degenerate_families_have_the_polygons_between_their_cells(family: str) -> None:
    for seed, level in product(range(3), (0.0, 0.5)):
        net = network(family, (3, 5, 4, 1), seed)
        mesh, proved = surface(net, CUBE, level), boundary_of(decisions(net, CUBE, level=level))
        assert mesh.complete and mesh.n_faces >= len(proved), f"seed {seed}"
        if not (mesh.flat_regions or mesh.flush_polygons):
            assert mesh.n_faces == len(proved), f"seed {seed}"
            assert mesh.area == pytest.approx(proved.size, rel=1e-9), f"seed {seed}"


def polygons_by_linear_programs(net: Network, level: float) -> int:
    """Regions with volume whose level set has area inside them, all patterns tried; then those on a side, each once."""
    box = np.hstack([np.vstack([np.eye(3), -np.eye(3)]), np.full((6, 1), 2.0)])
    regions = []
    for pattern in product([False, True], repeat=net.n_hidden):
        planes, level_row = planes_of(net, np.array(pattern))
        if planes is not None:
            planes = np.vstack([planes, box])
            planes /= np.linalg.norm(planes[:, :3], axis=1, keepdims=True)
            if clearance(planes) > TOUCH:
                regions.append((planes, level_row - [0, 0, 0, level]))
    inside, sides = 0, 0.0
    for planes, row in regions:
        if not row[:3].any():
            continue
        row = row / np.linalg.norm(row[:3])
        same = (np.abs(planes - row).max(axis=1) < TOUCH) | (np.abs(planes + row).max(axis=1) < TOUCH)
        if clearance(planes[~same], row) > TOUCH:
            inside += not same.any()
            sides += 0.5 * same.any() * (2 if same[-6:].any() else 1)
    assert sides == int(sides), "a side of a flat region: choose another network"
    return inside + int(sides)


def planes_of(net: Network, pattern: NDArray[np.bool_]) -> tuple[NDArray[np.float64] | None, NDArray[np.float64]]:
    A, planes, first = np.eye(3, 4), [np.zeros((0, 4))], 0
    for layer, W in enumerate(net.weights):
        Z = W @ A
        Z[:, 3] += net.biases[layer]
        if layer == len(net.weights) - 1:
            return np.vstack(planes), Z[0]
        on = pattern[first : first + len(W)]
        first += len(W)
        constant = ~Z[:, :3].any(axis=1)
        if ((Z[:, 3] > 0) != on)[constant].any():
            return None, Z[0]
        planes.append((Z * np.where(on, 1, -1)[:, None])[~constant])
        A = Z * on[:, None]
    raise AssertionError


def clearance(planes: NDArray[np.float64], row: NDArray[np.float64] | None = None) -> float:
    """The largest t with every plane >= t somewhere (on the row's plane)."""
    found = linprog(
        [0, 0, 0, -1],
        A_ub=np.column_stack([-planes[:, :3], np.ones(len(planes))]),
        b_ub=planes[:, 3],
        A_eq=None if row is None else [[*row[:3], 0]],
        b_eq=None if row is None else [-row[3]],
        bounds=[(None, None)] * 3 + [(None, 1)],
    )
    return -found.fun if found.status == 0 else -1.0


# Budgets, progress, refusals


@pytest.mark.parametrize("engine", ENGINES)
def test_an_answer_cut_short_says_so(engine: str) -> None:
    mesh = surface(stored("sdf3_3x16"), CUBE, engine=engine, budget=Budget(regions=100))
    assert mesh.n_faces == 100 and not mesh.complete and 0 < mesh.explored < 1


@pytest.mark.parametrize("engine", ENGINES)
def test_no_time_finds_nothing_and_says_so(engine: str) -> None:
    mesh = surface(stored("sdf3_3x16"), CUBE, engine=engine, budget=Budget(seconds=1e-9))
    assert not mesh.complete and mesh.explored < 1


def everything_rational(march_of: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let engine "rational" march by the kernel or by NumPy."""
    if march_of == "numpy":
        monkeypatch.setattr(door, "_surface", None)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_callback_that_raises_stops_the_work(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(polygons: int, explored: float) -> None:
        raise KeyboardInterrupt

    everything_rational(engine, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        surface(stored("sdf3_3x16"), CUBE, engine="rational", callback=stop)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_callback_that_says_true_ends_the_work_with_what_there_is(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything_rational(engine, monkeypatch)
    heard: list[tuple[int, float]] = []

    def enough(polygons: int, explored: float) -> bool:
        heard.append((polygons, explored))
        return polygons > 0

    mesh = surface(stored("sdf3_3x16"), CUBE, engine="rational", callback=enough)
    assert not mesh.complete and mesh.explored < 1
    assert heard[-1][0] <= mesh.n_faces < 790 and all(n == 0 for n, _ in heard[:-1])


@pytest.mark.parametrize("engine", ENGINES)
def test_ctrl_c_stops_the_work(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    everything_rational(engine, monkeypatch)
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        with pytest.raises(KeyboardInterrupt):
            surface(stored("sdf3_3x16"), CUBE, engine="rational")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_level_lines_of_two_inputs_tell_the_callback_and_keep_to_the_budget() -> None:
    net, square = Network(*random_layers(3, (2, 40, 40, 40, 1))), Box([-1, -1], [1, 1])
    assert surface(net, square, callback=lambda regions, share: False).complete
    assert not surface(net, square, callback=lambda regions, share: True).complete
    assert not surface(net, square, budget=Budget(regions=5)).complete


def test_another_number_of_inputs_is_refused() -> None:
    with pytest.raises(NetworkError, match="surface needs a network and a box with 2 or 3 inputs; got 2 and 3"):
        surface(Network([[[1.0, 1.0]]], [[0.0]]), CUBE)
    with pytest.raises(NetworkError, match=r"got 4 and 4\. Take a slice of more, network\.on_plane"):
        surface(Network([np.ones((1, 4))], [[0.0]]), Box([-1] * 4, [1] * 4))


def test_several_outputs_are_refused() -> None:
    for d in (2, 3):
        with pytest.raises(NetworkError, match="surface needs a network with 1 output; got 2"):
            surface(Network([np.ones((2, d))], [[0.0, 0.0]]), Box([-1] * d, [1] * d))


def test_curved_hidden_units_are_refused() -> None:
    with pytest.raises(NetworkError, match="needs piecewise-linear hidden units; got 'tanh' in layer 1"):
        surface(Network([np.ones((2, 3)), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]], "tanh"), CUBE)


def test_an_output_that_bends_is_refused() -> None:
    with pytest.raises(NetworkError, match="surface needs a strictly increasing output unit; got 'relu'"):
        surface(Network([[[1.0, 1, 1]]], [[0.0]], output="relu"), CUBE)


@pytest.mark.parametrize("level", [1.0, 2.0, float("nan")])
def test_a_level_that_tanh_never_takes_is_refused(level: float) -> None:
    with pytest.raises(InputError, match="surface needs a level that 'tanh' takes"):
        surface(Network([[[1.0, 1, 1]]], [[0.0]], output="tanh"), CUBE, level)


def test_without_a_kernel_numpy_answers_and_the_kernel_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "_surface", None)
    assert surface(octahedron(), CUBE).engine == "numpy"
    with pytest.raises(InputError, match="surface needs the compiled kernel for engine 'kernel'; got an install"):
        surface(octahedron(), CUBE, engine="kernel")


@pytest.mark.parametrize(
    ("family", "engine"),
    slow_where(lambda *row: row == ("ternary", "numpy"), product(("gaussian", "ternary"), (*ENGINES, "rational"))),
)
def test_shards_of_the_search_give_the_same_surface_bit_by_bit(engine: str, family: str) -> None:
    net = network(family, (3, 4, 2, 1), 2)
    level = float(net(np.full((1, 3), 0.1))[0, 0])
    whole = surface(net, CUBE, level, engine=engine)
    assert same(surface(net, CUBE, level, engine=engine, executor=Here(fails=lambda call: call % 7 == 0)), whole)


@pytest.mark.skipif(door._surface is None, reason="NumPy looks again by itself")
def test_a_search_that_sees_something_else_when_it_looks_again_starts_anew() -> None:
    question = balanced(level_of(chain_of(stored("sdf3_3x16")), CUBE, 0.0))
    looks = door._Part(question, "kernel", 60.0, (0, 10**6)).run(None)["looks"]
    other = looks.copy()
    other[1] ^= 1  # what the first look settled
    options: Any = {"open_at": 6, "max_depth": 20, "rational": False}
    found = [
        door._kernel(question, None, 10**6, 60.0, None, looks=words, **options)
        for words in (None, looks, other, looks[:-1])
    ]
    assert [one["again"] for one in found] == [False, True, False, False]
    assert all(np.array_equal(one["vertices"], found[0]["vertices"]) for one in found)


def test_a_callback_that_says_true_ends_the_search_of_shards() -> None:
    found = surface(stored("sdf3_3x16"), CUBE, executor=Here(), callback=lambda n, share: True)
    assert not found.complete and found.explored <= 1 and found.n_faces < 790


def test_a_surface_answers_for_its_shape_and_for_its_proof() -> None:
    found = surface(octahedron(), CUBE)
    assert (found.n_faces, found.euler, found.closed) == (found.mesh.n_faces, found.mesh.euler, found.mesh.closed)
    assert found.proof.certified and found.certified and found.mesh.meta == {} and "certified, complete" in repr(found)
    with pytest.raises(AttributeError, match="no_such_word"):
        _ = found.no_such_word
    with pytest.raises(InputError, match="lines needs a surface with 2 inputs; got 3"):
        _ = found.lines
    again = pickle.loads(pickle.dumps(found))
    assert np.array_equal(again.vertices, found.vertices) and again.proof == found.proof


def test_weights_whose_products_overflow_are_refused() -> None:
    net = Network([np.full((2, 3), 1e200), np.full((1, 2), 1e200)], [[0.0, 0.0], [0.0]])
    with pytest.raises(NetworkError, match=r"surface needs numbers below 9.7e\+288 on the way"):
        surface(net, CUBE)
