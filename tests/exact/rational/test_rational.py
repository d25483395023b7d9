"""A chain in integers: full matrices, matrices that are mostly 0, and plain fractions agree."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from foldline import Network
from foldline.exact.chain.form import chain_of
from foldline.exact.rational import exact as rational
from foldline.exact.rational.arbiter import Arbiter
from foldline.exact.rational.exact import Exact, point


def thin(seed: int, share: float) -> Network:
    """A network of which only a share of the weights is not 0, some rows and columns all 0."""
    rng = np.random.default_rng(seed)
    shapes = ((20, 3), (24, 20), (30, 24), (2, 30))
    weights = [rng.normal(size=shape) * (rng.uniform(size=shape) < share) for shape in shapes]
    names = ("relu", "leaky_relu", "abs")
    return Network(weights, [rng.normal(size=len(W)) for W in weights], names)


def by_fractions(network: Network, x: list[float]) -> list[Fraction]:
    h = [Fraction(v) for v in x]
    chain = chain_of(network)
    for layer, (W, b) in enumerate(zip(chain.weights, chain.biases, strict=True)):
        z = [
            sum((Fraction(w) * v for w, v in zip(row, h, strict=True)), Fraction(t))
            for row, t in zip(W.tolist(), b.tolist(), strict=True)
        ]
        if layer == chain.n_hidden_layers:
            return z
        h = [v if v > 0 else Fraction(s) * v for v, s in zip(z, chain.below[layer].tolist(), strict=True)]
    raise AssertionError("the last layer has no units")


@pytest.mark.parametrize("share", [0.0, 0.05, 1.0])
@pytest.mark.parametrize("least", [0, 8, 10**9])
def test_values_and_maps_are_those_of_fractions(share: float, least: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rational, "SPARSE", least)
    network = thin(1, share)
    exact = Exact(chain_of(network))
    for x in np.random.default_rng(2).uniform(-1, 1, size=(3, 3)).tolist():
        expected = by_fractions(network, x)
        assert exact.value(point(x)) == expected
        rows, w = exact.affine([[z > 0 for z in Z] for Z, _ in list(exact.rows(point(x)))[:-1]])[-1]
        at = [Fraction(v) for v in (*x, 1.0)]
        assert [sum(int(a) * v for a, v in zip(row, at, strict=True)) / w for row in rows] == expected


def test_rows_go_on_from_those_that_are_known() -> None:
    exact, at = Exact(chain_of(thin(3, 1.0))), point([0.5, -0.25, 1.5])
    whole = [(Z.tolist(), w) for Z, w in exact.rows(at)]
    for n in range(len(whole) + 1):
        known = list(exact.rows(at))[:n]
        assert [(Z.tolist(), w) for Z, w in exact.rows(at, known)] == whole[n:]


def test_the_arbiter_works_out_each_layer_of_a_vertex_once(monkeypatch: pytest.MonkeyPatch) -> None:
    chain, worked_out, product = chain_of(thin(3, 1.0)), [], Exact._product
    monkeypatch.setattr(Exact, "_product", lambda self, layer, H: worked_out.append(layer) or product(self, layer, H))
    arbiter = Arbiter(chain)
    arbiter.corner(0, -1, [0.5, -0.25, 1.5])
    signs = [arbiter.signs(0, layer, range(len(b))) for layer, b in enumerate(chain.biases)]
    assert signs == [row.tolist() for row in Exact(chain).signs(point([0.5, -0.25, 1.5]))]
    assert worked_out[: len(signs)] == list(range(len(signs))) and len(worked_out) == 2 * len(signs)
