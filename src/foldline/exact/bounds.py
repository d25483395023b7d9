"""How many regions a network of a given shape can have: the known theorems, as exact integers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import comb, factorial, prod

from ..doors import Shown
from ..grid import Grid
from ..network import Network
from ..slice import Slice
from .chain.form import Chain, chain_of

DIGITS = 50  # bits up to which a repr has a whole number in full


@dataclass(frozen=True)
class Bounds(Shown):
    """What the shape of a network says about its number of regions, before any weight is looked at.

    n_parameters   weights, biases and trained slopes
    n_folds        units that fold, a number a layer (a unit with two joints counts twice)
    zaslavsky      the most regions the first hidden layer alone can make
    lower          some network of this shape has at least so many regions
    patterns       2 ** folds, the on / off patterns there are
    raghu          upper bound: every layer cuts every region as if it were the first
    serra          upper bound: layers with few active units pass on fewer dimensions; the sharpest here

    The upper bounds hold for every network of the shape and every box; ``upper`` is the smallest of them.  Of a field
    they are those of one cell times the cells of its finest grid: none of its regions is in two.
    """

    n_parameters: int
    n_folds: tuple[int, ...]
    zaslavsky: int
    lower: int
    patterns: int
    raghu: int
    serra: int

    def __repr__(self) -> str:
        return f"Bounds({_size(self.lower)} regions or more, at most {_size(self.upper)})"

    @property
    def upper(self) -> int:
        """The smallest upper bound."""
        return min(self.patterns, self.raghu, self.serra)


def _size(n: int) -> str:
    """A whole number, a long one as a power of two above or equal to it."""
    return f"{n:,}" if n.bit_length() <= DIGITS else f"2^{(n - 1).bit_length()}"


def bounds(network: Network) -> Bounds:
    """Return the bounds on the number of regions that the network's shape implies.

    raises   NetworkError if a hidden unit is not piecewise linear
    source   Zaslavsky 1975; Montufar et al. 2014, Theorem 5, in the form of Prince, Understanding Deep Learning,
             section 4.3; Raghu et al. 2017, Theorem 1; Serra, Tjandraatmadja and Ramalingam 2018, Theorem 1

    >>> lecture = Network([[[1.0]] * 10, *[[[1.0] * 10] * 10] * 4, [[1.0] * 10]], [*[[0.0] * 10] * 5, [0.0]])
    >>> bounds(lecture).n_parameters, bounds(lecture).lower
    (471, 161051)
    """
    chain = chain_of(network)
    folds, cells = tuple(int(mask.sum()) for mask in chain.folds), _first_cells(chain.grid)
    return Bounds(
        n_parameters=network.n_parameters,
        n_folds=folds,
        zaslavsky=cells * zaslavsky(network.d_in, folds[0] if folds else 0),
        lower=deep_lower(network.d_in, network.hidden),
        patterns=cells * 2 ** sum(folds),
        raghu=cells * prod(zaslavsky(network.d_in, n) for n in folds),
        serra=serra(chain),
    )


def zaslavsky(d: int, n: int) -> int:
    """Return the most regions into which n hyperplanes cut a d-dimensional space: sum over j <= d of C(n, j).

    source   Zaslavsky 1975; attained by n hyperplanes in general position

    >>> zaslavsky(2, 3), zaslavsky(10, 8), zaslavsky(10, 50)
    (7, 256, 13432735556)
    """
    return sum(comb(n, j) for j in range(min(d, n) + 1))


def deep_lower(d: int, widths: tuple[int, ...]) -> int:
    """Return a number of regions that some ReLU network with d inputs and these hidden widths reaches.

    All layers but the last fold d axes with floor(width / d) units each, so that every one of their
    (floor(width / d) + 1) ** d boxes covers the next layer's whole space; the last layer cuts as one arrangement.
    A layer narrower than d leaves only that many axes to everyone.

    source   Montufar et al. 2014, Theorem 5 proves floor(width / d) ** d a layer; Prince, Understanding Deep
             Learning, equation 4.17 counts the outer pieces too, which ``folding`` shows to be right for
             widths >= 3 d.  With fewer units an axis the stronger form has no such network, and the proved one is used.

    >>> f"{deep_lower(10, (50,) * 5):.3e}"
    '1.796e+41'
    """
    if not widths:
        return 1
    d = min(d, *widths)
    per_axis = [width // d for width in widths[:-1]]
    return int(prod((k + 1 if k >= _FOLDING_LEAST else k) ** d for k in per_axis)) * zaslavsky(d, widths[-1])


# Sums of one or two ReLU units of one input never rise and fall on n + 1 pieces that all slope, see ``folding``.
_FOLDING_LEAST = 3


@dataclass(frozen=True)
class _Layer:
    """folds among all units of a chain layer; ``dies`` if every fold is a ReLU, which passes nothing on when off."""

    folds: int
    width: int
    dies: bool


def serra(chain: Chain) -> int:
    """Return the sum over (j_1, .., j_L) of prod C(n_l, j_l), j_l at most the dimension that still arrives.

    Of a field that is for each of its first cells.

    source   Serra et al. 2018, Theorem 1, as the recursion of its Lemma 4: with j units off, a layer of n ReLU units
             passes on at most min(k, n - j) dimensions.  Units without a fold always pass theirs on.
    """

    layers = tuple(
        _Layer(int(mask.sum()), len(below), bool((below[mask] == 0).all()))
        for mask, below in zip(chain.folds, chain.below, strict=True)
    )

    @cache
    def regions(at: int, k: int) -> int:
        if at == len(layers):
            return 1
        n, width = layers[at].folds, layers[at].width
        return sum(
            comb(n, j) * regions(at + 1, min(k, width - j if layers[at].dies else width)) for j in range(min(n, k) + 1)
        )

    return _first_cells(chain.grid) * int(regions(0, chain.d_in))


def _first_cells(grid: Grid | Slice | None) -> int:
    """Cells that a question about a field begins with, at most: simplices, or what their walls leave of a slice."""
    if grid is None:
        return 1
    d, n = len(grid.box.lo), grid.sizes[-1]
    if isinstance(grid, Grid):
        return int(factorial(d) * n**d)
    return zaslavsky(grid.d, d * (n + 1) + comb(d, 2) * (2 * n - 1))
