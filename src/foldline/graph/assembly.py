"""Assembly: a network put together step by step, as a graph of operations gives it.

Every value of the graph is an affine function of the activations so far: one matrix a source (0 is the input, k hidden
layer k) and an offset.  A unit closes such a value into the next hidden layer, whatever sources it reads, so that
branches, concatenations and residual sums need no case of their own.  A value that a step could only change by rounding
its numbers is closed into a layer of identity units first, so the network is the function of the stored numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..activations import LEAKY_SLOPE, ROW_UNITS, UNITS
from ..errors import NetworkError
from .windows import check_size, is_power_of_two, means

Array = NDArray[np.float64]
Index = NDArray[np.int64]

SPLIT = 2.0**27 + 1.0  # cuts a float64 into two halves whose products are exact (Dekker 1971)
TAME = 2.0**400  # between 1 / TAME and TAME no intermediate of Dekker's product overflows or underflows
SAMPLED = "Sample it instead: run it on a grid; fl.Mesh.of_grid makes a surface of samples."  # when refused
RISING = ("relu", "relu6", "hard_tanh")  # flat somewhere, and never falling
NO_LIMIT = float(np.finfo(np.float32).max)  # exporters write the end of float32 where there is no limit
LOST = 2.0**29  # beside numbers from here on a float64 has fewer digits left than a float32
FAR = 2.0**24  # from here on float32 does not tell a number from itself plus 1: no sum with it keeps small digits


@dataclass(frozen=True, eq=False)
class Affine:
    """offset + sum over sources of parts[source] @ (that source's values); ``parts`` in the order they are read.

    shape   how the values are arranged, row by row; a value without parts is a constant
    """

    parts: Mapping[int, Array]
    offset: Array
    shape: tuple[int, ...]

    @staticmethod
    def of(array: NDArray[Any]) -> Affine:
        """A constant."""
        return Affine({}, np.asarray(array, dtype=np.float64).reshape(-1), np.shape(array))

    @property
    def width(self) -> int:
        return len(self.offset)

    @property
    def constant(self) -> Array | None:
        """The numbers of a constant in their shape, None for a value that depends on the input."""
        return None if self.parts else self.offset.reshape(self.shape)

    @property
    def positions(self) -> Index:
        """The number of each value, in the value's shape: rearrange it and ``take`` it."""
        return np.arange(self.width).reshape(self.shape)

    @property
    def far_below(self) -> NDArray[np.bool_]:
        """Of each value, whether it is a constant of -FAR or less."""
        fixed = ~np.any([M.any(axis=1) for M in self.parts.values()], axis=0)
        return np.asarray(fixed & (self.offset <= -FAR))

    @property
    def copies(self) -> bool:
        """Whether each value is one activation, or its negative, so that differences of values are never rounded."""
        entries = [M[M != 0] for M in self.parts.values()]
        per_value = sum(
            (np.count_nonzero(M, axis=1) for M in self.parts.values()), np.zeros(self.width, dtype=np.int64)
        )
        return not self.offset.any() and bool(np.all(per_value == 1)) and all(np.all(np.abs(e) == 1) for e in entries)

    def take(self, positions: Index) -> Affine:
        """The values at these positions, in their shape; -1 takes 0.  Sources that none of them reads are left out."""
        at = positions.reshape(-1)
        for M in self.parts.values():
            check_size(len(at), M.shape[1])
        keep = (at >= 0).astype(np.float64)
        rows = {s: M[at] if keep.all() else M[at] * keep[:, None] for s, M in self.parts.items()}
        parts = {s: M for s, M in rows.items() if M.any()} or dict(islice(rows.items(), 1))
        offset = self.offset[at] if keep.all() else np.where(at >= 0, self.offset[at], 0.0)
        return Affine(parts, offset, positions.shape)

    def reshaped(self, *shape: int) -> Affine:
        return replace(self, shape=self.positions.reshape(shape).shape)

    def spread(self, shape: Sequence[int]) -> Affine:
        """The values repeated along axes of length 1, as NumPy broadcasts them."""
        if self.shape == tuple(shape):
            return self
        try:
            return self.take(np.broadcast_to(self.positions, shape))
        except ValueError:
            raise NetworkError(f"shapes that chain; got {list(self.shape)} beside {list(shape)}") from None

    def negative(self) -> Affine:
        return replace(self, parts={s: -M for s, M in self.parts.items()}, offset=0.0 - self.offset)

    @staticmethod
    def joined(values: Sequence[Affine]) -> Affine:
        """The values one after another, in one row."""
        width = sum(value.width for value in values)
        parts: dict[int, Array] = {}
        at = 0
        for value in values:
            for source, M in value.parts.items():
                check_size(width, M.shape[1])
                whole = parts.setdefault(source, np.zeros((width, M.shape[1])))
                whole[at : at + value.width] += M
            at += value.width
        return Affine(parts, np.concatenate([value.offset for value in values]), (width,))


def common_shape(values: Sequence[Affine]) -> tuple[int, ...]:
    """Return the shape that values take beside one another (NumPy's broadcasting).

    raises   NetworkError if there is none
    """
    try:
        return np.broadcast_shapes(*(value.shape for value in values))
    except ValueError:
        shapes = " and ".join(str(list(value.shape)) for value in values)
        raise NetworkError(f"shapes that chain; got {shapes} side by side") from None


def by_channel(numbers: Array, shape: Sequence[int]) -> Array:
    """Return one number a channel as it stands beside values of shape (1, channels, ...).

    raises   NetworkError if there are neither 1 nor as many as channels
    """
    channels = shape[1] if len(shape) > 1 else shape[0]
    if numbers.size not in (1, channels):
        raise NetworkError(f"shapes that chain; got {numbers.size} numbers beside {channels} channels")
    return numbers.reshape(-1, *(1,) * (len(shape) - 2))


def sum_is_exact(a: Array, b: Array) -> bool:
    """Return whether no sum of two numbers is rounded (Knuth's two-sum)."""
    with np.errstate(all="ignore"):
        total = a + b
        part = total - a
        return bool(np.all((a - (total - part)) + (b - part) == 0.0))


def product_is_exact(a: Array, b: Array) -> bool:
    """Return True only if no product of two numbers is rounded (Dekker's two-product, within TAME).

    source   Dekker 1971, A floating-point technique for extending the available precision

    >>> product_is_exact(np.array([0.1, 3.0]), np.array([0.5, 5.0])), product_is_exact(np.array([0.1]), np.array([3.0]))
    (True, False)
    """
    a, b = np.broadcast_arrays(a, b)
    filled = (a != 0) & (b != 0)
    a, b = a[filled], b[filled]
    for side in (np.abs(a), np.abs(b)):
        if side.size and not (1.0 / TAME < side.min() and side.max() < TAME):
            return False
    high_a, high_b = ((x * SPLIT) - (x * SPLIT - x) for x in (a, b))
    low_a, low_b = a - high_a, b - high_b
    error = ((high_a * high_b - a * b) + high_a * low_b + low_a * high_b) + low_a * low_b
    return bool(np.all(error == 0.0))


def check_near(what: str, *numbers: Any) -> None:
    """Raise NetworkError for numbers beside which the sums that a step stands for would lose a value's digits."""
    worst = max((abs(float(x)) for x in numbers), default=0.0)
    if worst >= LOST:
        raise NetworkError(f"{what} below {LOST:.0f}, beside which a value keeps its digits; got {worst:g}")


class Assembly:
    """The hidden layers so far, for inputs of a shape.

    n_numbers   of all layers so far
    n_rounded   how often a step itself implied numbers that have no float64, so that the nearest were taken
    """

    def __init__(self, shape: Sequence[int]) -> None:
        self.shape = tuple(shape)
        self.widths = [prod(self.shape)]
        self.before: list[Affine] = []
        self.names: list[str] = []
        self.slopes: dict[int, Array] = {}
        self.n_numbers = 0
        self.n_rounded = 0

    def source(self, layer: int, shape: Sequence[int] | None = None) -> Affine:
        """The activations of a layer as a value; layer 0 is the input."""
        n = self.widths[layer]
        check_size(n, n)
        return Affine({layer: np.eye(n)}, np.zeros(n), self.shape if shape is None else tuple(shape))

    def unit(self, name: str, value: Affine, slopes: Array | None = None) -> Affine:
        """Close a value into the next hidden layer; ``slopes`` below zero for "leaky_relu"."""
        if not value.parts:
            raise NetworkError("data that depends on the input; got a constant")
        if self.names and self.names[-1] in ROW_UNITS:
            raise NetworkError(f"nothing after {self.names[-1]}, which is no unit of a hidden layer")
        self.n_numbers += value.width * sum(self.widths[s] for s in value.parts)
        check_size(self.n_numbers, 1)
        layer = len(self.widths)
        self.before.append(value)
        self.names.append(name)
        self.widths.append(value.width)
        if slopes is not None and not (slopes.size == 1 and float(slopes.flat[0]) == LEAKY_SLOPE):
            self.slopes[layer] = np.broadcast_to(slopes.reshape(-1), (value.width,))
        return self.source(layer, value.shape)

    def product(self, W: Array, value: Affine, shape: Sequence[int] | None = None) -> Affine:
        """W @ the values in a row; nothing is rounded, by a layer of identity units where that is needed."""
        if W.shape[1] != value.width:
            raise NetworkError(f"shapes that chain; got a matrix of {W.shape[1]} columns after {value.width} values")
        out = self._copied(W, value) or self._copied(W, self.unit("identity", value))
        if out is None:
            raise AssertionError("a layer's activations are copies")
        return out if shape is None else replace(out, shape=tuple(shape))

    def _copied(self, W: Array, value: Affine) -> Affine | None:
        """W @ value if every activation is read at most once, so that no two numbers are added, or None."""
        parts = {}
        if value.offset.any():
            return None
        for source, M in value.parts.items():
            rows, columns = np.nonzero(M)
            if len(np.unique(columns)) < len(columns):
                return None
            if M.shape == (len(rows), len(rows)) and np.array_equal(rows, columns) and np.all(M[rows, columns] == 1.0):
                check_size(*W.shape)
                parts[source] = np.asarray(W) if len(value.parts) == 1 else W[:, rows]
                continue
            taken, factors = W[:, rows], M[rows, columns]
            if not np.all(np.abs(factors) == 1.0) and not product_is_exact(taken, factors):
                return None
            check_size(len(W), M.shape[1])
            parts[source] = np.zeros((len(W), M.shape[1]))
            parts[source][:, columns] = taken * factors
        return Affine(parts, np.zeros(len(W)), (len(W),))

    def rows_times(self, W: Array, value: Affine) -> Affine:
        """W @ each row of the value's last axis."""
        *ahead, _ = value.shape
        rows = prod(ahead)
        check_size(rows * len(W), rows * W.shape[1])
        return self.product(np.asarray(np.kron(np.eye(rows), W), dtype=np.float64), value, (*ahead, len(W)))

    def mean(self, value: Affine, groups: Index, counts: Index, shape: Sequence[int]) -> Affine:
        """The mean over each group of positions, (groups, n) with -1 for none; 1 / count is the nearest float64."""
        if np.any(counts < 1):
            raise NetworkError("windows with a value; got one that lies in the padding")
        if not is_power_of_two(counts):
            self.n_rounded += 1
        return self.product(means(groups, counts, value.width), value, shape)

    def normalised(self, value: Affine, gamma: Array, beta: Array, mean: Array, variance: Array) -> Affine:
        """The numbers of inference, scale and shift by channel, each the nearest float64 to hand.

        variance   with the epsilon in it
        source     Ioffe and Szegedy 2015, algorithm 2
        """
        self.n_rounded += 1
        scale = gamma / np.sqrt(variance)
        scale, shift = (by_channel(numbers, value.shape) for numbers in (scale, beta - mean * scale))
        return self.scaled(value, scale, shift)

    def scaled(self, value: Affine, scale: Array, shift: Array) -> Affine:
        """scale * value + shift, one number a value or one for all; nothing is rounded (see ``product``)."""
        scale, shift = (np.broadcast_to(v, value.shape).reshape(-1) for v in (scale, shift))
        exact = all(product_is_exact(*_filled(M, scale)) for M in value.parts.values())
        if not (exact and product_is_exact(value.offset, scale) and sum_is_exact(value.offset * scale, shift)):
            value = self.unit("identity", value)
        parts = {s: M * scale[:, None] for s, M in value.parts.items()}
        return Affine(parts, value.offset * scale + shift, value.shape)

    def sum(self, values: Sequence[Affine]) -> Affine:
        """The sum of values of shapes that fit; nothing is rounded (see ``product``)."""
        shape = common_shape(values)
        total, *rest = (value.spread(shape) for value in values)
        for value in rest:
            if not _adds_exactly(total, value):
                if total.parts or value.parts:
                    total, value = self._settled([total, value])
                else:
                    self.n_rounded += 1
            parts = dict(total.parts)
            for source, M in value.parts.items():
                parts[source] = parts[source] + M if source in parts else M
            total = Affine(parts, total.offset + value.offset, shape)
        return total

    def _settled(self, values: Sequence[Affine]) -> list[Affine]:
        """The same values, those that are no constants as activations of one new layer of identity units."""
        together = self.unit("identity", Affine.joined([value for value in values if value.parts]))
        settled, at = [], 0
        for value in values:
            settled.append(together.take(at + value.positions) if value.parts else value)
            at += value.width if value.parts else 0
        return settled

    def larger(self, a: Affine, b: Affine) -> Affine:
        """max(a, b) = b + relu(a - b), weights +1 and -1 on values that are activations: nothing is rounded.

        raises   NetworkError for an infinite constant that is the larger
        """
        shape = common_shape([a, b])
        a, b = a.spread(shape), b.spread(shape)
        if max(a.offset.max(), b.offset.max()) == np.inf:
            raise NetworkError("finite numbers; got inf")
        if not a.parts:
            a, b = b, a
        if (b.offset <= -NO_LIMIT).all() and not b.parts:
            return a
        if (a.far_below | b.far_below).any():
            a, b = _with_far_first(a, b)
        if not _adds_exactly(a, b.negative()):
            a, b = self._settled([a, b])
        return self.sum([b, self.unit("relu", self.sum([a, b.negative()]))])

    def largest(self, value: Affine, groups: Sequence[Index], shape: Sequence[int]) -> Affine:
        """The largest of each group of positions, in ``shape``, as a tournament: one layer a round.

        Two groups that pair the same values share the unit.  What is bent by a unit that never falls is compared before
        it, max(relu(a), relu(b)) = relu(max(a, b)): two units that are off would tie all over a region.  Constants far
        below, as paddings are, come last.
        """
        far = value.far_below
        near = [group[~far[group]] for group in groups]
        if min((len(group) for group in near), default=0) < 1:
            raise NetworkError("windows with a value; got one that lies in the padding")
        if sum(map(len, near)) < sum(map(len, groups)):
            least = np.array([value.offset[group[far[group]]].max(initial=-np.inf) for group in groups])
            return self.larger(self.largest(value, near, shape), Affine.of(least.reshape(shape)))
        used, inverse = np.unique(np.concatenate(groups), return_inverse=True)
        starts = np.cumsum([0, *map(len, groups)])
        left = [list(dict.fromkeys(inverse[a:b].tolist())) for a, b in pairwise(starts)]
        value = value.take(used)
        straight, unit = self._unbent(value) if len(used) > len(groups) else (value, None)
        won = self._tournament(straight, left).reshaped(*shape)
        return won if unit is None else self.unit(unit, won)

    def _unbent(self, value: Affine) -> tuple[Affine, str | None]:
        """The value before the unit that all of it went through, if that never falls, and the unit's name."""
        if not value.copies:
            return self.unit("identity", value), None
        layer, *others = value.parts
        if others or layer == 0 or self.names[layer - 1] not in RISING or value.parts[layer].min() < 0:
            return value, None
        before = self.before[layer - 1].take(value.parts[layer].argmax(axis=1))
        return before if before.copies else self.unit("identity", before), self.names[layer - 1]

    def _tournament(self, value: Affine, left: list[list[int]]) -> Affine:
        """The largest of each group of positions, in a row."""
        while max(map(len, left)) > 1:
            pairs = {pair: i for i, pair in enumerate(sorted({p for g in left for p in _pairs(g)}))}
            a, b = (np.array(side) for side in zip(*pairs, strict=True))
            rest = sorted({g[-1] for g in left if len(g) % 2})
            at = {p: len(pairs) + i for i, p in enumerate(rest)}
            won = self.larger(value.take(a), value.take(b))
            value = Affine.joined([won, value.take(np.array(rest, dtype=np.int64))])
            left = [[pairs[p] for p in _pairs(g)] + ([at[g[-1]]] if len(g) % 2 else []) for g in left]
        return value.take(np.array([g[0] for g in left]))

    def clipped(self, value: Affine, lo: float, hi: float) -> Affine:
        """min(max(value, lo), hi): one clamp unit where there is one, else lo + relu(value - lo) - relu(value - hi)."""
        if lo >= hi:
            raise NetworkError(f"a lower limit below the upper; got ({lo:g}, {hi:g})")
        known = {(-1.0, 1.0): "hard_tanh", (0.0, 6.0): "relu6", (0.0, np.inf): "relu"}
        if (lo, hi) in known:
            return self.unit(known[lo, hi], value)
        if np.isinf(lo) and np.isinf(hi):
            return value
        if np.isinf(hi):
            return self.larger(value, Affine.of(np.array(lo)))
        if np.isinf(lo):
            return self.larger(value.negative(), Affine.of(np.array(-hi))).negative()
        if lo <= -FAR or any(np.abs(M).max() >= FAR for M in value.parts.values()):  # else z less z - hi is no hi
            return self.clipped(self.clipped(value, lo, np.inf), -np.inf, hi)
        ends = [Affine.of(np.full(value.shape, -end)) for end in (lo, hi)]
        if not all(_adds_exactly(value, end) for end in ends):
            value = self.unit("identity", value)
        bent = self.unit("relu", Affine.joined([self.sum([value, end]) for end in ends]))
        above, beyond = (bent.take(half) for half in np.arange(2 * value.width).reshape(2, *value.shape))
        return self.sum([above, beyond.negative(), Affine.of(np.array(lo))])

    def arguments(self, value: Affine) -> dict[str, Any]:
        """Return the arguments of the Network whose output is ``value``, in a row.

        Layers that it does not need are left out.  A last smooth unit (tanh, sigmoid, softplus, softmax) that the
        output copies is the output unit; 1 - p beside p of a sigmoid is the softmax of 0 beside its argument.
        """
        output = "identity"
        if self._is_pair(value):
            rising = value.parts[len(self.names)][:, 0] > 0
            output, value = "softmax", self.before[-1].take(np.where(rising, 0, -1))
        elif self.names and self._ends_smooth(value):
            output, value = self.names[-1], self.before[-1]
        elif self.names and self.names[-1] in ROW_UNITS:
            raise NetworkError(f"{self.names[-1]} last, over all outputs; got an output that changes it")
        kept = self._needed(value)
        number = {0: 0} | {layer: i for i, layer in enumerate(kept, 1)}
        rows = [*(self.before[layer - 1] for layer in kept), value]
        reads = [tuple(number[s] for s in row.parts if number[s] != i) for i, row in enumerate(rows)]
        names = tuple(self.names[layer - 1] for layer in kept)
        return {
            "weights": [self._matrix(row, layer) for row, layer in zip(rows, [0, *kept], strict=True)],
            "biases": [row.offset for row in rows],
            "activation": names[0] if len(set(names)) == 1 else (names or "relu"),
            "output": output,
            "skips": {i: skips for i, skips in enumerate(reads, 1) if skips},
            "slopes": {number[layer]: slopes for layer, slopes in self.slopes.items() if layer in number},
        }

    def _needed(self, value: Affine) -> list[int]:
        """The hidden layers that a value is made of, in their order."""
        found: set[int] = set()
        ahead = list(value.parts)
        while ahead:
            layer = ahead.pop()
            if layer and layer not in found:
                found.add(layer)
                ahead += self.before[layer - 1].parts
        return sorted(found)

    def _matrix(self, value: Affine, previous: int) -> Array:
        """What the value reads: the layer before it first, then the others."""
        first = value.parts.get(previous, np.zeros((value.width, self.widths[previous])))
        return np.concatenate([first, *(M for s, M in value.parts.items() if s != previous)], axis=1)

    def _is_pair(self, value: Affine) -> bool:
        """Whether a value is 1 - p and p, in any order, of the one sigmoid that is the last layer."""
        last = len(self.names)
        if not last or self.names[-1] != "sigmoid" or value.width != 2 or set(value.parts) != {last}:
            return False
        rows = sorted(zip(value.parts[last].tolist(), value.offset.tolist(), strict=True))
        return rows == [([-1.0], 1.0), ([1.0], 0.0)]

    def _ends_smooth(self, value: Affine) -> bool:
        name, last = self.names[-1], len(self.names)
        copied = set(value.parts) == {last} and not value.offset.any() and value.width == self.widths[last]
        smooth = name in ROW_UNITS or (UNITS[name].inverse is not None and not UNITS[name].piecewise_linear)
        return smooth and copied and np.array_equal(value.parts[last], np.eye(value.width))


def _filled(M: Array, scale: Array) -> tuple[Array, Array]:
    """The nonzero numbers of a matrix and the scale of their rows."""
    rows, columns = np.nonzero(M)
    return M[rows, columns], scale[rows]


def _adds_exactly(a: Affine, b: Affine) -> bool:
    """Whether the sum of two values of one shape rounds no number."""
    both = [(M, b.parts[s]) for s, M in a.parts.items() if s in b.parts]
    meet = [(M, N, (M != 0) & (N != 0)) for M, N in both]
    return all(sum_is_exact(M[at], N[at]) for M, N, at in meet) and sum_is_exact(a.offset, b.offset)


def _with_far_first(a: Affine, b: Affine) -> tuple[Affine, Affine]:
    """Two values, constants far below moved to the first; beside one that is no limit the other stands twice."""
    n, at, far = a.width, a.positions.reshape(-1), b.far_below
    none_a, none_b = (value.far_below & (value.offset <= -NO_LIMIT) for value in (a, b))
    first = np.where(none_a | (far & ~none_b), at + n, at)
    second = np.where(far & ~none_a, at, at + n)
    both = Affine.joined([a, b])
    return both.take(first.reshape(a.shape)), both.take(second.reshape(a.shape))


def _pairs(group: Sequence[int]) -> list[tuple[int, int]]:
    """Neighbours two by two, without a last one that is left over."""
    return list(zip(group[0::2], group[1::2], strict=False))
