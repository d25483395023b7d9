"""Can a linear classifier separate the classes?  The widest one, or a proof that there is none, in exact arithmetic.

Both answers are one problem: the point nearest to the origin of the convex hull of difference vectors.

Two classes: the differences of a class-1 and a class-0 point.  A nearest point w that is not 0 is the normal of the
maximum-margin hyperplane and |w| the distance of the two hulls; if it is 0, its multipliers mix the points of each
class to one common point of the two hulls, so that no hyperplane has them on different sides (Farkas' lemma).

More classes: the vectors X_i (e_right - e_wrong), X = (1, x), after Kesler; the nearest point is the weights of an
argmax classifier, and 0 is again a proof that there is none (Gordan's theorem).

The search (Wolfe 1976) runs in doubles; whatever it ends with is then finished and checked in exact integers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm, sqrt
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..exact.rational.elimination import meet
from ..exact.rational.exact import integers
from ..network import Network
from ..same import Compared
from ..samples import Samples, need_samples

Array = NDArray[np.float64]
Integers = NDArray[np.object_]
Vertex = tuple[int, int]
Shares = dict[Vertex, Fraction]
Weights = tuple[tuple[Fraction, ...], ...]


@dataclass(frozen=True, eq=False, repr=False)
class Separation(Compared):
    """Whether a linear classifier has every sample strictly right, and the proof.

    separable     the answer, decided in exact arithmetic
    weights       rows (b, w_1, ..., w_d), exact: one row for two classes (class 1 where b + w.x > 0), else one a class
                  (argmax); all 0 if there is none
    margin        two classes: distance of the nearest sample to the hyperplane, in the units of the inputs; more
                  classes: the same in the space of all weights, bias included; 0 if there is none
    multipliers   {(sample, class): share}, exact, each above 0, sum 1: two classes: sample i of class k counts
                  with (i, k), each class's shares sum to 1; more classes: (i, k) weighs "i is not k"
    common_point  two classes that cannot be separated: a point of both convex hulls, exact; else None
    """

    samples: Samples
    separable: bool
    weights: Weights
    margin: float
    multipliers: Shares
    common_point: tuple[Fraction, ...] | None

    @property
    def support(self) -> tuple[int, ...]:
        """The samples the proof rests on: the support vectors, or those that mix to the common point."""
        return tuple(sorted({i for i, _ in self.multipliers}))

    def network(self) -> Network:
        """Return the separator in doubles: a step unit for two classes, logits for more.

        raises   InputError if there is none
        """
        if not self.separable:
            raise InputError(
                "network needs separable samples; got a proof that there is no separator. See multipliers."
            )
        # Scaling by the largest weight keeps exact numbers of any size within the doubles.
        top = max(abs(v) for row in self.weights for v in row[1:])
        rows = np.array([[float(v / top) for v in row] for row in self.weights])
        return Network([rows[:, 1:]], [rows[:, 0]], output="step" if len(rows) == 1 else "identity")

    def check(self) -> bool:
        """Check the proof again, from the samples and the stored numbers alone, in rational arithmetic."""
        points = [[Fraction(v) for v in row] for row in self.samples.inputs.tolist()]
        labels = [int(k) for k in self.samples.targets[:, 0]]
        if self.separable:
            return errors(self.weights, self.samples) == 0
        if min(self.multipliers.values()) <= 0:
            return False
        if self.common_point is not None:
            return all(self._mix(points, labels, k) == (Fraction(1), self.common_point) for k in (0, 1))
        return self._balanced(points, labels)

    def _mix(self, points: list[list[Fraction]], labels: list[int], k: int) -> tuple[Fraction, tuple[Fraction, ...]]:
        """The sum of the shares of class k, and its mixed point."""
        shares = [(share, points[i]) for (i, given), share in self.multipliers.items() if given == labels[i] == k]
        axes = range(self.samples.d_in)
        return sum((s for s, _ in shares), Fraction(0)), tuple(
            sum((s * p[a] for s, p in shares), Fraction(0)) for a in axes
        )

    def _balanced(self, points: list[list[Fraction]], labels: list[int]) -> bool:
        """Whether every class gives away as much of (1, x) as it is given."""
        flow: dict[int, list[Fraction]] = {}
        for (i, wrong), share in self.multipliers.items():
            if wrong == labels[i]:
                return False
            for k, sign in ((labels[i], 1), (wrong, -1)):
                total = flow.setdefault(k, [Fraction(0)] * (self.samples.d_in + 1))
                flow[k] = [t + sign * share * v for t, v in zip(total, [Fraction(1), *points[i]], strict=True)]
        return not any(v for total in flow.values() for v in total)


def separate(samples: Samples) -> Separation:
    """Separate the classes by the widest linear classifier, or prove that there is none.

    samples   a classification with at least 2 classes present, any number of inputs
    returns   exact rational weights and margin, or exact multipliers; ``check()`` verifies either
    raises    InputError if the samples are no classification or hold one class only
    cost      milliseconds for hundreds of points in few dimensions; the exact part grows with d_in**3
    source    Wolfe 1976, "Finding the nearest point in a polytope"; lecture 3, "The XOR problem"

    >>> xor = Samples([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], "classification", (), ("0", "1"))
    >>> [str(v) for v in separate(xor).common_point]
    ['1/2', '1/2']
    """
    present = classes_of("separate", samples)
    if len(present) < 2:
        raise InputError(f"separate needs >= 2 classes; got {{{present[0]}}}. Add samples of another class.")
    hull: _Hull = _Differences(samples) if samples.d_out == 2 else _Kesler(samples)
    return hull.answer(samples, _nearest(hull))


def errors(weights: Sequence[Sequence[Fraction | float]], samples: Samples) -> int:
    """Return how many samples a linear classifier has wrong, in exact arithmetic.

    weights   one row (b, w) for two classes: class 1 where b + w.x > 0; else one row a class, and a tie is an error

    >>> points = Samples([[0.0], [1.0]], [0, 1], "classification", (), ("0", "1"))
    >>> errors([[-0.5, 1.0]], points), errors([[-1.0, 1.0]], points)
    (0, 1)
    """
    rows = [[Fraction(v) for v in row] for row in weights]
    scale = lcm(*(v.denominator for row in rows for v in row))
    W = np.array([[int(v * scale) for v in row] for row in rows], dtype=object)
    scores = lifted(samples.inputs) @ W.T
    labels = samples.targets[:, 0].astype(int)
    if len(rows) == 1:
        return int(np.sum((scores[:, 0] > 0) != (labels == 1)))
    return sum(bool(max(np.delete(s, k)) >= s[k]) for s, k in zip(scores, labels, strict=True))


def classes_of(who: str, samples: Samples) -> list[int]:
    """Return the classes that are present; refuse samples that are no classification."""
    need_samples(who, samples)
    if samples.kind != "classification":
        raise InputError(f"{who} needs a classification; got samples of kind {samples.kind!r}.")
    return [int(k) for k in np.unique(samples.targets[:, 0])]


def lifted(inputs: Array) -> Integers:
    """Integer rows proportional to (1, x) by one shared factor above 0."""
    N, k = integers(inputs)
    return np.column_stack([np.full(len(N), 1 << k, dtype=object), N])


class _Hull(Protocol):
    """The convex hull of many vectors, given by which one reaches least in a direction.

    ``low(w)`` is the vertex with the least w.v, in doubles or in integers, whichever w is; ``vector`` its coordinates.
    Integer vectors are the real ones times one factor above 0; ``factor`` is that factor.  ``answer`` says what the
    shares of the vertices that mix to the nearest point mean for the samples.
    """

    factor: int
    width: int

    def low(self, w: Array | Integers) -> Vertex: ...

    def vector(self, at: Vertex, exact: bool) -> Array | Integers: ...

    def answer(self, samples: Samples, shares: Shares) -> Separation: ...


class _Differences:
    """Two classes: the vertices are x_i - x_j, i of class 1 and j of class 0."""

    def __init__(self, samples: Samples) -> None:
        labels = samples.targets[:, 0]
        self.ones, self.zeros = np.flatnonzero(labels == 1), np.flatnonzero(labels == 0)
        # Differences do not see a shift; the middle of the data keeps the doubles short.
        floats = _near_one(samples.inputs)
        self.floats = floats - floats.mean(axis=0)
        self.exact, k = integers(samples.inputs)
        self.factor, self.width = 1 << k, samples.d_in

    def low(self, w: Array | Integers) -> Vertex:
        heights = (self.exact if w.dtype == object else self.floats) @ w
        return int(self.ones[heights[self.ones].argmin()]), int(self.zeros[heights[self.zeros].argmax()])

    def vector(self, at: Vertex, exact: bool) -> Array | Integers:
        table = self.exact if exact else self.floats
        return np.asarray(table[at[0]] - table[at[1]])

    def answer(self, samples: Samples, shares: Shares) -> Separation:
        """The hyperplane half way between the nearest points of the two hulls, or the one point of both."""
        nearest = _mix(self, shares, self.factor)
        near, far = self._end(shares, 0), self._end(shares, 1)
        sums: Shares = {}
        for (i, j), share in shares.items():
            for at in ((i, 1), (j, 0)):
                sums[at] = sums.get(at, Fraction(0)) + share
        middle = [(p + q) / 2 for p, q in zip(near, far, strict=True)]
        offset = -sum((w * m for w, m in zip(nearest, middle, strict=True)), Fraction(0))
        separable = any(nearest)
        common = None if separable else tuple(near)
        return Separation(samples, separable, ((offset, *nearest),), _length(nearest) / 2, sums, common)

    def _end(self, shares: Shares, side: int) -> list[Fraction]:
        total = [Fraction(0)] * self.exact.shape[1]
        for pair, share in shares.items():
            total = [t + share * int(v) for t, v in zip(total, self.exact[pair[side]], strict=True)]
        return [t / self.factor for t in total]


class _Kesler:
    """K classes: the vertices are X_i (e_right - e_k) for every class k that is not i's, X = (1, x)."""

    def __init__(self, samples: Samples) -> None:
        self.right = samples.targets[:, 0].astype(np.intp)
        self.n_classes = samples.d_out
        self.floats: NDArray[Any] = _near_one(np.column_stack([np.ones(len(samples)), samples.inputs]))
        self.exact = lifted(samples.inputs)
        self.factor = int(self.exact[0, 0])
        self.width = self.n_classes * self.exact.shape[1]

    def low(self, w: Array | Integers) -> Vertex:
        scores = (self.exact if w.dtype == object else self.floats) @ w.reshape(self.n_classes, -1).T
        rows = np.arange(len(scores))
        gaps = scores[rows, self.right][:, None] - scores
        gaps[rows, self.right] = gaps.max() + 1  # the right class is no vertex
        i, k = divmod(int(gaps.argmin()), self.n_classes)
        return i, k

    def vector(self, at: Vertex, exact: bool) -> Array | Integers:
        table = self.exact if exact else self.floats
        out = np.zeros((self.n_classes, table.shape[1]), dtype=table.dtype)
        out[self.right[at[0]]] = table[at[0]]
        out[at[1]] = -table[at[0]]
        return out.ravel()

    def answer(self, samples: Samples, shares: Shares) -> Separation:
        """The nearest point is the weights, a row a class, and its length the margin."""
        nearest, width = _mix(self, shares, self.factor), self.exact.shape[1]
        weights = tuple(tuple(nearest[k * width : (k + 1) * width]) for k in range(self.n_classes))
        return Separation(samples, any(nearest), weights, _length(nearest), dict(shares), None)


def _near_one(X: Array) -> Array:
    """The numbers times the power of two that brings the largest below 1, so that no square overflows."""
    return np.asarray(np.ldexp(X, -np.frexp(np.abs(X).max())[1]))


def _length(vector: list[Fraction]) -> float:
    """The length, scaled first so that neither square overflows nor vanishes."""
    top = max((abs(v) for v in vector), default=Fraction(0))
    return float(top) * sqrt(sum(float(v / top) ** 2 for v in vector)) if top else 0.0


def _mix(hull: _Hull, shares: Shares, factor: int) -> list[Fraction]:
    """The mix of the integer vertices, divided by a factor."""
    denominator = lcm(*(share.denominator for share in shares.values()))
    total = sum(int(share * denominator) * hull.vector(at, True) for at, share in shares.items())
    return [Fraction(int(v), denominator * factor) for v in np.asarray(total)]


def _nearest(hull: _Hull) -> Shares:
    """Return the shares of the vertices whose mix is the hull's nearest point to the origin, exactly."""
    shares = _start(hull, _float_shares(hull))
    while True:
        nearest = _mix(hull, shares, 1)
        scale = lcm(*(v.denominator for v in nearest))
        w = np.array([int(v * scale) for v in nearest], dtype=object)
        if not any(w):
            return shares
        common = gcd(*w)
        new = hull.low(w // common)
        if w.dot(hull.vector(new, True)) * scale >= w.dot(w):  # no vertex lies nearer along w: optimal
            return shares
        shares = _step(hull, {**shares, new: Fraction(0)})


def _start(hull: _Hull, guess: dict[Vertex, float]) -> Shares:
    """Turn the guess in doubles into exact shares of affinely independent vertices, at the minimum of their plane."""
    shares = {at: Fraction(share) for at, share in guess.items() if share > 0}
    ends = _plane_minimum(hull, list(shares))
    while ends is None:
        del shares[min(shares, key=lambda at: shares[at])]
        ends = _plane_minimum(hull, list(shares))
    if all(end > 0 for end in ends.values()):
        return ends
    total = sum(shares.values(), Fraction(0))
    return _step(hull, {at: share / total for at, share in shares.items()})


def _step(hull: _Hull, shares: Shares) -> Shares:
    """Wolfe's inner loop: move to the nearest point of the vertices' plane, dropping those whose share would end."""
    while True:
        ends = _plane_minimum(hull, list(shares))
        if ends is None:
            raise AssertionError("the vertices of a corral are affinely independent")
        if all(end > 0 for end in ends.values()):
            return ends
        t = min(shares[at] / (shares[at] - end) for at, end in ends.items() if end <= 0 and shares[at] > end)
        moved = {at: shares[at] + t * (end - shares[at]) for at, end in ends.items()}
        shares = {at: share for at, share in moved.items() if share > 0}


def _plane_minimum(hull: _Hull, corral: list[Vertex]) -> Shares | None:
    """Shares, of either sign, of the nearest point of the plane through the vertices; None if they depend.

    The rows G s + m = 0, sum s = 1, with G the products of the vertices, are ``meet``'s planes.
    """
    V = np.array([hull.vector(at, True) for at in corral])
    rows = [[*row, 1, 0] for row in V @ V.T] + [[1] * len(corral) + [0, -1]]
    solved = meet(rows)
    if solved is None:
        return None
    return dict(zip(corral, solved.fractions(), strict=False))


def _float_shares(hull: _Hull) -> dict[Vertex, float]:
    """The same search in doubles: a start for the exact one, whose answer does not depend on it.

    Each step must come nearer; where rounding hides that, the exact search takes over.
    """
    shares, last = {hull.low(np.zeros(hull.width)): 1.0}, np.inf
    while True:
        nearest = np.array(list(shares.values())) @ np.array([hull.vector(at, False) for at in shares])
        new, square = hull.low(nearest), float(nearest @ nearest)
        if square >= last or new in shares or nearest @ hull.vector(new, False) >= square:
            return shares
        shares, last = _float_step(hull, {**shares, new: 0.0}), square


def _float_step(hull: _Hull, shares: dict[Vertex, float]) -> dict[Vertex, float]:
    while True:
        V = np.array([hull.vector(at, False) for at in shares])
        n, old = len(V), np.array(list(shares.values()))
        KKT = np.ones((n + 1, n + 1))
        KKT[:n, :n], KKT[n, n] = V @ V.T, 0.0
        ends = np.linalg.lstsq(KKT, np.eye(n + 1)[n], rcond=None)[0][:n]
        falling = np.flatnonzero((ends <= 0) & (old > ends))
        if not falling.size:
            return dict(zip(shares, ends.tolist(), strict=True))
        steps = old[falling] / (old[falling] - ends[falling])
        moved = old + steps.min() * (ends - old)
        moved[falling[steps.argmin()]] = 0.0
        shares = {at: share for at, share in zip(shares, moved.tolist(), strict=True) if share > 0}
