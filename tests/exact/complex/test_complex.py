"""The complex against rational arithmetic, known counts and the invariants of a subdivision."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from foldline import Box, Network
from foldline.errors import InputError
from foldline.exact.chain.form import chain_of
from foldline.exact.complex import kernel
from foldline.exact.complex.complex import Complex
from foldline.exact.complex.cut import complex_of, maps_of
from foldline.exact.complex.measure import centres, neighbours, volumes
from foldline.exact.complex.pieces import map_error
from foldline.exact.rational.exact import Exact, point
from foldline.exact.work import Work

from ...corpus import FAMILIES, network

SHAPES = {1: (1, 6, 5, 4, 1), 2: (2, 5, 4, 3, 2), 3: (3, 4, 3, 1)}
ENGINES = [name for name in ("kernel", "numpy") if name == "numpy" or kernel.compiled]


def unit_box(d: int) -> Box:
    return Box([-1.0] * d, [1.0] * d)


def parts(whole: Complex) -> tuple[int, ...]:
    return len(whole.vertices), len(whole.edges), len(whole.loop_start), len(whole.cell_start)


def by_pattern(whole: Complex) -> dict[bytes, int]:
    return {row.tobytes(): i for i, row in enumerate(whole.bits)}


def assert_is_that_of_rationals(family: str, widths: tuple[int, ...], seed: int, box: Box) -> None:
    chain = chain_of(network(family, widths, seed))
    exact, found = complex_of(chain, box, Work("test", engine="rational")), complex_of(chain, box, Work("test"))
    assert parts(found) == parts(exact)
    assert set(by_pattern(found)) == set(by_pattern(exact))
    assert found.euler == exact.euler == 1
    mine, theirs = by_pattern(found), by_pattern(exact)
    order = [theirs[p] for p in mine]
    np.testing.assert_allclose(volumes(found), volumes(exact)[order], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.maps, exact.maps[order], rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("d", SHAPES)
def test_certified_kernel_finds_the_complex_of_rational_arithmetic(family: str, d: int, seed: int) -> None:
    for box in (unit_box(d), Box([-1.25] * d, [2.0] * d)):
        assert_is_that_of_rationals(family, SHAPES[d], seed, box)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("widths", "size"), [((1, 44, 44, 1), 1.0), ((2, 44, 4, 1), 1.0), ((3, 44, 2, 1), 0.0625)])
def test_rows_of_wide_layers_lie_between_those_of_a_vertexs_parents(
    family: str, widths: tuple[int, ...], size: float
) -> None:
    d = widths[0]
    assert_is_that_of_rationals(family, widths, 3, Box([-size] * d, [1.25 * size] * d))


def nearly_equal_folds(widths: tuple[int, ...], seed: int) -> Network:
    """A Gaussian network in which every second unit is its neighbour but for about 2^-46 of its size."""
    rng, net = np.random.default_rng(seed), network("gaussian", widths, seed)
    weights, biases = [W.copy() for W in net.weights], [b.copy() for b in net.biases]
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        pairs = len(b) // 2
        scale = 1 + rng.choice([-3, -1, 1, 2], size=W[:pairs].shape) * 2.0**-46
        W[pairs : 2 * pairs], b[pairs : 2 * pairs] = W[:pairs] * scale, b[:pairs]
    return Network(weights, biases)


@pytest.mark.parametrize("d", SHAPES)
def test_folds_a_few_roundings_apart_are_told_apart_by_pairs_of_doubles(
    d: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled = asked = 0
    for seed in range(8):
        chain = chain_of(nearly_equal_folds(SHAPES[d], seed))
        exact = complex_of(chain, unit_box(d), Work("test", engine="rational"))
        found = complex_of(chain, unit_box(d), Work("test"))
        with monkeypatch.context() as small:
            small.setattr(kernel, "ROWS", 3)
            blocks = complex_of(chain, unit_box(d), Work("test", workers=2))
        for answer in (found, blocks):
            assert parts(answer) == parts(exact)
            assert set(by_pattern(answer)) == set(by_pattern(exact))
        settled += found.settled
        asked += found.asked
    assert not kernel.compiled or settled > asked, (settled, asked)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("d", [2, 3])
def test_blocks_weld_to_the_same_complex_whatever_the_number_of_workers(
    family: str, d: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = chain_of(network(family, SHAPES[d], 11))
    exact = complex_of(chain, unit_box(d), Work("test", engine="rational"))
    monkeypatch.setattr(kernel, "ROWS", 3)
    one, two = (complex_of(chain, unit_box(d), Work("test", workers=workers)) for workers in (1, 2))
    assert parts(one) == parts(exact) and one.euler == 1
    assert set(by_pattern(one)) == set(by_pattern(exact))
    assert len(neighbours(one)) == np.count_nonzero(one.folds >= 0)
    assert volumes(one).sum() == pytest.approx(2.0**d, rel=1e-12)
    for name in ("vertices", "edges", "folds", "loop_vertices", "loop_edges", "cell_faces", "bits", "maps"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("widths", [(2, 5, 9, 4, 1), (2, 3, 70, 1), (2, 70, 5, 1), (3, 7, 6, 5, 1)])
def test_blocks_begin_anywhere_in_a_layer_and_give_the_same_regions(
    family: str, widths: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = chain_of(network(family, widths, 5))
    found = []
    for rows in (2**30, 1, 40, 300, 2000):  # at first no blocks; later ones use the memory of earlier ones
        monkeypatch.setattr(kernel, "ROWS", rows)
        found += [complex_of(chain, unit_box(widths[0]), Work("test", workers=workers)) for workers in (1, 2)]
    for answer in found[1:]:
        assert parts(answer) == parts(found[0])
        np.testing.assert_array_equal(answer.bits, found[0].bits)


@pytest.mark.parametrize("family", ["gaussian", "one_decimal", "integer"])
@pytest.mark.parametrize("d", SHAPES)
def test_pattern_and_map_of_each_region_are_the_forward_pass_in_rationals(family: str, d: int) -> None:
    chain = chain_of(network(family, SHAPES[d], 7))
    whole = complex_of(chain, unit_box(d), Work("test"))
    exact = Exact(chain)
    widths = np.cumsum([len(b) for b in chain.below])[:-1]
    for x, bits in zip(centres(whole), whole.bits, strict=True):
        signs = exact.signs(point(x.tolist()))[:-1]
        assert (np.concatenate(signs) > 0).tolist() == bits.astype(bool).tolist()
        rows, w = exact.affine(np.split(bits, widths))[-1]
        homogeneous = [Fraction(v) for v in (*x.tolist(), 1.0)]
        by_map = [sum(Fraction(int(a), w) * v for a, v in zip(row, homogeneous, strict=True)) for row in rows]
        assert by_map == exact.value(point(x.tolist()))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("certify", [True, False])
@pytest.mark.parametrize(("d", "widths"), [(1, (1, 20, 20, 1)), (2, (2, 12, 8, 1)), (3, (3, 8, 8, 1))])
def test_complex_is_a_subdivision_of_the_box(engine: str, certify: bool, d: int, widths: tuple[int, ...]) -> None:
    whole = complex_of(
        chain_of(network("gaussian", widths, 3)), unit_box(d), Work("test", engine=engine, certify=certify)
    )
    assert whole.euler == 1
    assert volumes(whole).min() > 0
    assert volumes(whole).sum() == pytest.approx(2.0**d, rel=1e-12)
    pairs = neighbours(whole)
    on_box = whole.folds < 0
    assert len(pairs) == np.count_nonzero(~on_box) and not on_box[pairs[:, 2]].any()
    assert len({row.tobytes() for row in whole.bits}) == whole.n_regions
    flips = (whole.bits[pairs[:, 0]] != whole.bits[pairs[:, 1]]).sum(axis=1)
    assert (flips == 1).all()
    if d == 2:
        interior = (np.abs(whole.vertices) < 1).all(axis=1)
        corners = np.bincount(whole.loop_vertices, minlength=len(interior))
        assert set(corners[interior]) == {4} and whole.loop_start[-1] <= 4 * whole.n_regions


def test_corners_sum_to_four_a_region_for_generic_folds_in_the_plane() -> None:
    whole = complex_of(chain_of(network("gaussian", (2, 16, 16, 1), 0)), unit_box(2), Work("test"))
    inner = (np.abs(whole.vertices) < 1).all(axis=1).sum()
    on_sides = len(whole.vertices) - inner - 4
    # each inner vertex is a corner of 4 regions, each vertex on a side of 2, each box corner of 1
    assert whole.loop_start[-1] == 4 * inner + 2 * on_sides + 4 == 4 * whole.n_regions


@pytest.mark.parametrize("engine", ENGINES)
def test_engines_agree_on_vertices_to_a_billionth(engine: str) -> None:
    chain = chain_of(network("gaussian", (2, 10, 10, 1), 5))
    exact = complex_of(chain, unit_box(2), Work("test", engine="rational"))
    found = complex_of(chain, unit_box(2), Work("test", engine=engine, certify=False))
    a, b = (whole.vertices[np.lexsort(whole.vertices.round(7).T)] for whole in (exact, found))
    np.testing.assert_allclose(a, b, atol=1e-9)


def test_volumes_do_not_depend_on_how_many_faces_are_looked_at_together(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = complex_of(chain_of(network("gaussian", (3, 8, 6, 1), 0)), unit_box(3), Work("test"))
    together = volumes(whole)
    monkeypatch.setattr("foldline.exact.complex.measure.FACES", 7)
    assert len(whole.loop_start) % 7 and np.array_equal(volumes(whole), together)


def test_plain_floats_miscount_where_certified_answers_are_right() -> None:
    wrong = 0
    for seed in range(12):
        chain = chain_of(network("thirds", (2, 8, 8, 1), seed))
        exact = complex_of(chain, unit_box(2), Work("test", engine="rational")).n_regions
        assert complex_of(chain, unit_box(2), Work("test")).n_regions == exact
        wrong += complex_of(chain, unit_box(2), Work("test", certify=False)).n_regions != exact
    assert wrong > 0


def test_generic_networks_never_ask_the_arbiter() -> None:
    if not kernel.compiled:
        return
    assert complex_of(chain_of(network("gaussian", (2, 24, 24, 1), 1)), unit_box(2), Work("test")).asked == 0


@pytest.mark.parametrize("factor", [2.0, 0.25])
def test_count_is_unchanged_by_permutation_rescaling_and_quarter_turns(factor: float) -> None:
    net = network("integer", (2, 6, 6, 1), 2)
    n = complex_of(chain_of(net), unit_box(2), Work("test")).n_regions
    W1, W2, W3 = net.weights
    b1, b2, b3 = net.biases
    order = np.random.default_rng(0).permutation(6)
    turned = W1 @ np.array([[0.0, -1.0], [1.0, 0.0]])
    for weights, biases in (
        ([W1[order], W2[:, order], W3], [b1[order], b2, b3]),
        ([factor * W1, W2 / factor, W3], [factor * b1, b2, b3]),
        ([turned, W2, W3], [b1, b2, b3]),
    ):
        assert complex_of(chain_of(Network(weights, biases)), unit_box(2), Work("test")).n_regions == n


def test_wide_and_deep_networks_are_cut_in_groups_of_64_units() -> None:
    wide = chain_of(network("gaussian", (1, 130, 70, 1), 0))
    whole = complex_of(wide, unit_box(1), Work("test"))
    exact = complex_of(wide, unit_box(1), Work("test", engine="rational"))
    assert set(by_pattern(whole)) == set(by_pattern(exact))
    deep = chain_of(network("integer", (1, *[3] * 30, 1), 1))
    assert (
        complex_of(deep, unit_box(1), Work("test")).n_regions
        == complex_of(deep, unit_box(1), Work("test", engine="rational")).n_regions
    )


def test_a_linear_network_has_one_region() -> None:
    whole = complex_of(chain_of(Network([[[1.0, 2.0]]], [[3.0]])), unit_box(2), Work("test"))
    assert whole.n_regions == 1
    np.testing.assert_array_equal(whole.maps, [[[1.0, 2.0, 3.0]]])


@pytest.mark.parametrize(
    ("family", "widths"),
    [
        ("leaky", (3, 6, 6, 2)),
        ("gaussian", (2, 20, 20, 20, 1)),  # gradients come down from few outputs; many change like hidden rows
        ("gaussian", (2, 70, 12, 9)),
        ("leaky", (2, 9, 40, 9, 9)),
        ("gaussian", (1, 9, 9, 9, 3)),
        ("gaussian", (2, 5)),
    ],
)
def test_maps_of_the_kernel_are_those_of_numpy(family: str, widths: tuple[int, ...]) -> None:
    chain = chain_of(network(family, widths, 4))
    whole = complex_of(chain, unit_box(widths[0]), Work("test"))
    expected = maps_of(chain, whole.bits)
    np.testing.assert_allclose(whole.maps, expected, rtol=1e-12, atol=1e-12 * np.abs(expected).max())
    assert np.abs(whole.maps - expected).max() <= map_error(chain, unit_box(widths[0]))


def test_complex_refuses_other_dimensions() -> None:
    chain = chain_of(network("gaussian", (2, 3, 1), 0))
    with pytest.raises(InputError, match="needs a box with the network's 1, 2 or 3 axes; got 3"):
        complex_of(chain, unit_box(3), Work("test"))


@pytest.mark.parametrize("power", [-565, -1040, 300])
@pytest.mark.parametrize("family", ["thirds", "duplicated", "zero_bias", "leaky"])
@pytest.mark.parametrize("engine", ENGINES)
def test_tiny_and_huge_weights_are_cut_as_rationals_cut_them(engine: str, family: str, power: int) -> None:
    net = network(family, (2, 5, 4, 1), 2)
    scale = 2.0**power
    small = Network([net.weights[0] * scale, *net.weights[1:]], [b * scale for b in net.biases], net.activation)
    chain, box = chain_of(small), Box([-1.0, -1.0], [1.0, 1.25])
    found, true = (
        complex_of(chain, box, Work("test", engine=engine)),
        complex_of(chain, box, Work("test", engine="rational")),
    )
    assert sorted(map(bytes, found.bits)) == sorted(map(bytes, true.bits))
    assert (found.euler, len(found.vertices)) == (true.euler, len(true.vertices))
