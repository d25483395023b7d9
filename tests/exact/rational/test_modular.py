"""Maps of regions modulo a prime, and which units decide them: against the maps in rational arithmetic."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from foldline import Box, Network, regions
from foldline.exact.complex import pieces
from foldline.exact.rational.exact import Exact
from foldline.exact.rational.modular import Modular, needed

from ..kinds import question


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
    for r, residues in enumerate(modular.maps(bits, lambda region: None)):
        rows, w = oracle.affine(np.split(bits[r], ends))[-1]
        true = [int(v) * pow(w, -1, modular.prime) % modular.prime for v in rows.ravel()]
        assert residues.ravel().tolist() == true


def test_what_a_region_reads_is_taken_modulo_the_prime() -> None:
    found = regions(deep([2, 5, 1]), Box([-1, -1], [1, 1]))
    modular, bits = Modular(found.chain), np.asarray(found.bits)[:2]
    rows = np.array([[2, 0, 1], [0, -3, 5]], dtype=object)
    given = [(rows, 6), (rows, 2 * modular.prime)]
    residues = modular.maps(bits, lambda region: given[region])
    true, w = Exact(found.chain).affine([bits[0]], (rows, 6))[-1]
    assert residues[0].ravel().tolist() == [int(v) * pow(w, -1, modular.prime) % modular.prime for v in true.ravel()]
    assert np.isnan(residues[1]).all()  # 1 / prime has no residue


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
