"""Maps of regions modulo a prime, and which units decide them: against the maps in rational arithmetic."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from foldline import Box, Network, regions
from foldline.exact.chain.form import chain_of
from foldline.exact.complex import pieces
from foldline.exact.rational.exact import Exact
from foldline.exact.rational.modular import Modular, needed, rows_residues, simplex_residues
from foldline.exact.start import Readings, Start, cells_in
from foldline.grid import Grid

from ..kinds import question
from ..march.test_cover import field


def deep(widths: list[int], seed: int = 0) -> Network:
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=(b, a)) * (2 / a) ** 0.5 for a, b in pairwise(widths)]
    return Network(weights, [rng.normal(size=b) / 3 for b in widths[1:]])


@pytest.mark.parametrize("kind", ["gaussian", "ternary", "dead", "other units", "1e+-10", "denormal"])
@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_maps_modulo_a_prime_are_the_true_ones(kind: str, seed: int) -> None:
    found = regions(*question(kind, seed))
    chain, bits = found.chain, np.asarray(found.bits)[:40]
    modular, oracle = Modular(chain), Exact(chain)
    ends = np.cumsum([len(below) for below in chain.below])[:-1]
    for r, residues in enumerate(modular.maps(bits)):
        rows, w = oracle.affine(np.split(bits[r], ends))[-1]
        true = [int(v) * pow(w, -1, modular.prime) % modular.prime for v in rows.ravel()]
        assert residues.ravel().tolist() == true


def test_what_a_region_reads_is_taken_modulo_the_prime() -> None:
    found = regions(deep([2, 5, 1]), Box([-1, -1], [1, 1]))
    modular, bits = Modular(found.chain), np.asarray(found.bits)[:2]
    rows = np.array([[2, 0, 1], [0, -3, 5]], dtype=object)
    given = [(rows, 6), (rows, 2 * modular.prime)]
    reads = np.stack([rows_residues(*one, modular.prime) for one in given], axis=1)
    residues = modular.maps(bits, reads)
    true, w = Exact(found.chain).affine([bits[0]], (rows, 6))[-1]
    assert residues[0].ravel().tolist() == [int(v) * pow(w, -1, modular.prime) % modular.prime for v in true.ravel()]
    assert np.isnan(residues[1]).all()  # 1 / prime has no residue


@pytest.mark.parametrize(("d", "sizes"), [(1, (3, 9, 27)), (2, (2, 6)), (2, (4, 16)), (3, (2, 4)), (3, (3,))])
def test_what_simplices_read_modulo_a_prime_is_the_true_map(d: int, sizes: tuple[int, ...]) -> None:
    f = field("gaussian", d, 1, sizes=sizes)
    start, prime = Start.of_grid(f.grid, cells_in(f.grid, f.grid.box)), Modular(chain_of(f)).prime
    some = np.random.default_rng(0).permutation(start.n_cells)[:20]
    found = simplex_residues(f.grid, start.corners_of(some), prime)
    for i, cell in enumerate(some.tolist()):
        assert np.array_equal(found[:, i], rows_residues(*start.map_of(cell), prime))


@pytest.mark.parametrize("away", [0.0, 9.0])
def test_what_a_slice_reads_modulo_a_prime_is_the_true_map(away: float) -> None:
    f = field("integer", 3, 2, sizes=(2, 6))
    found = regions(f.on_plane([0.1, -0.3, 0.2 + away], [1.0, 0.5, 0.0], [0.0, 0.25, 3.0]), Box([-1, -1], [1, 1]))
    readings, prime = found.cells.readings, Modular(found.chain).prime
    some = np.random.default_rng(0).integers(0, len(found), 30)
    told = readings.modulo(some, prime)
    for i, region in enumerate(some.tolist()):
        assert np.array_equal(told[:, i], rows_residues(*readings.exact(region), prime))
    a, b = some[:15], some[15:]
    true = [np.array_equal(told[:, i], told[:, i + 15]) for i in range(15)]
    assert not (readings.alike(a, b) & ~np.array(true)).any() and readings.alike(a, a).all()


def test_what_has_no_residue_is_not_a_number() -> None:
    f = field("gaussian", 1, 1, sizes=(7,))
    start = Start.of_grid(f.grid, cells_in(f.grid, f.grid.box))
    assert np.isnan(simplex_residues(f.grid, start.corners_of(np.arange(7)), 7)).all()


@pytest.mark.parametrize(("d", "sizes"), [(1, (3, 9, 27)), (2, (2, 6, 12)), (3, (2, 4))])
@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_simplices_that_read_alike_have_one_map(d: int, sizes: tuple[int, ...], share: float) -> None:
    whole, rng = field("gaussian", d, 1, sizes=sizes).grid, np.random.default_rng(1)
    first, *others = whole.features
    rest = [np.where(rng.random((len(features), 1)) > share, np.float32(0.5), features) for features in others]
    grid = Grid(whole.box, sizes, [first, *rest])
    start = Start.of_grid(grid, cells_in(grid, grid.box))
    readings = Readings(start, np.arange(start.n_cells))
    a, b = rng.integers(0, start.n_cells, (2, 400))
    maps = {k: [Fraction(int(v), w) for v in rows.ravel()] for k in {*a, *b} for rows, w in [readings.exact(k)]}
    told, true = readings.alike(a, b), np.array([maps[i] == maps[j] for i, j in zip(a, b, strict=True)])
    assert not (told & ~true).any() and (told == true).mean() > 0.98
    assert share == 1.0 or true.sum() > (a == b).sum()


@pytest.mark.parametrize("kind", ["ternary", "dead", "duplicated", "zero bias", "symmetric"])
@pytest.mark.parametrize("seed", range(4))
def test_regions_that_the_same_units_decide_have_one_map(kind: str, seed: int) -> None:
    found = regions(*question(kind, seed))
    bits = np.asarray(found.bits)
    units, oracle = needed(found.chain, bits), Exact(found.chain)
    ends = np.cumsum([len(below) for below in found.chain.below])[:-1]
    maps: dict[bytes, str] = {}
    for r in range(min(len(found), 60)):
        rows, w = oracle.affine(np.split(bits[r], ends))[-1]
        assert maps.setdefault(units[r].tobytes(), str((rows.tolist(), w))) == str((rows.tolist(), w))


def test_pieces_of_a_deep_wide_network_take_no_rational_arithmetic(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error bound of its float maps tells none of its regions apart: 1,733 exact maps took minutes."""
    found = regions(deep([1, 60, 60, 60, 60, 60, 60, 1]), Box([-1], [1]))
    assert (np.ptp(found.maps[:, 0, 0]) < 1e3) and pieces.map_error(found.chain, found.box) > 1e-5
    monkeypatch.setattr(pieces, "map_error", lambda chain, box: np.inf)
    monkeypatch.setattr(pieces, "Exact", None)
    assert found.n_pieces == len(found) > 100


def test_units_that_no_output_depends_on_merge_without_rational_arithmetic(monkeypatch: pytest.MonkeyPatch) -> None:
    net = deep([1, 40, 8, 1])
    weights = [net.weights[0], np.where(np.arange(40) < 20, net.weights[1], 0.0), net.weights[2]]
    half = Network(weights, net.biases)
    alone = Network([weights[0][:20], weights[1][:, :20], weights[2]], [net.biases[0][:20], *net.biases[1:]])
    expected = regions(alone, Box([-1], [1])).n_pieces
    monkeypatch.setattr(pieces, "Exact", None)
    found = regions(half, Box([-1], [1]))
    assert found.n_pieces == expected < len(found)
