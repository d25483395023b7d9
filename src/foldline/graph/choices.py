"""What comparisons choose, and what they switch: functions of one number each, put back as units of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..activations import UNITS, Unit
from ..errors import NetworkError
from .assembly import Affine, Assembly, check_near
from .bends import FLOAT32, shows
from .bent import ONE, ZERO, Bent, chosen, of_unit, product, through, total
from .windows import check_size

Array = NDArray[np.float64]
Terms = dict[tuple[int, int], Fraction]  # of one number of a value: by layer and unit, what it is multiplied by
Row = tuple[Terms, Fraction]  # ... and what is added
Traced = tuple[Row | None, Bent]  # the number that another depends on, if any, and how

class _TwoNumbers(Exception):
    """A value that depends on more than one number."""


def choice(assembly: Assembly, over: Affine, a: Affine, b: Affine) -> Affine:
    """Return a where ``over`` is above 0, else b, element by element.

    raises   NetworkError if the three are not functions of one number, linear in pieces
    """
    base, functions = _functions(assembly, [over, a, b])
    return _as_units(assembly, base, [chosen(*three) for three in functions])


def times(assembly: Assembly, a: Affine, b: Affine) -> Affine | None:
    """Return a * b of functions of one number where that is linear in pieces, or None."""
    try:
        base, functions = _functions(assembly, [a, b])
    except NetworkError:
        return None
    made = [product(*two) for two in functions]
    return None if None in made else _as_units(assembly, base, [f for f in made if f is not None])


def joins_softplus(assembly: Assembly, over: Affine, a: Affine, b: Affine) -> float | None:
    """Where softplus goes over to the line that it nears, if that is the choice and float32 sees no step there."""
    (layer, M), *others = list(b.parts.items()) or [(0, np.zeros((1, 1)))]
    name = assembly.names[layer - 1] if layer and not others else ""
    if name != "softplus" or b.offset.any() or not np.all(np.count_nonzero(M, axis=1) == 1):
        return None
    at = np.abs(M).argmax(axis=1)
    inner = assembly.before[layer - 1].take(at.reshape(b.shape))
    try:
        _, functions = _functions(assembly, [inner, a, over])
    except NetworkError:
        return None
    factors = np.broadcast_to(M[np.arange(len(M)), at].reshape(b.shape), np.broadcast_shapes(a.shape, b.shape))
    joints = [_joint(f, factor) for f, factor in zip(functions, factors.reshape(-1).tolist(), strict=True)]
    least = min((-np.inf if joint is None else joint) for joint in joints)
    return None if shows(least) else least


def _joint(functions: Sequence[Bent], factor: float) -> float | None:
    """The argument of softplus from which on a comparison takes a value, if that is factor times the argument."""
    if any(f.joints for f in functions):
        return None
    (k, c), (p, q), (m, e) = (f.pieces[0] for f in functions)  # the argument, the value, what is compared
    ratio = p / k
    same = q == ratio * c and abs(ratio - Fraction(factor)) <= 2 * FLOAT32 * abs(ratio)
    return float(c - k * e / m) if same and m * k > 0 else None


# What a number depends on


def _functions(assembly: Assembly, values: Sequence[Affine]) -> tuple[Affine, list[list[Bent]]]:
    """The numbers that values depend on, element by element, and the functions of them that the values are."""
    shape = np.broadcast_shapes(*(value.shape for value in values))
    values = [value.spread(shape) for value in values]
    rows = [[_row(value, i) for value in values] for i in range(values[0].width)]
    for floor in range(len(assembly.names), -1, -1):
        look = _Look(assembly, floor)
        try:
            found = [look.all(each) for each in rows]
        except _TwoNumbers:
            continue
        return _base([row for row, _ in found], shape, assembly), [functions for _, functions in found]
    smooth = {assembly.names[s - 1] for value in values for s in value.parts if s} - {"step"}
    smooth = {name for name in smooth if name not in UNITS or not UNITS[name].piecewise_linear}
    got = f"got one of {', '.join(sorted(smooth))}" if smooth else "got another choice"
    raise NetworkError(f"branches that are lines in pieces of the one number compared; {got}")


def _row(value: Affine, i: int) -> Row:
    terms: Terms = {}
    for layer, M in value.parts.items():
        for column in np.flatnonzero(M[i]).tolist():
            terms[layer, column] = Fraction(float(M[i, column]))
    return terms, Fraction(float(value.offset[i]))


def _base(rows: Sequence[Row | None], shape: tuple[int, ...], assembly: Assembly) -> Affine:
    """The rows as one value."""
    parts: dict[int, Array] = {}
    offset = np.zeros(len(rows))
    for i, row in enumerate(rows):
        for (layer, column), factor in (row[0] if row else {}).items():
            if layer not in parts:
                check_size(len(rows), assembly.widths[layer])
                parts[layer] = np.zeros((len(rows), assembly.widths[layer]))
            parts[layer][i, column] = float(factor)
        offset[i] = float(row[1]) if row else 0.0
    return Affine(parts, offset, shape)


class _Look:
    """Looks through the units of the layers above a floor, down to the number that they bend."""

    def __init__(self, assembly: Assembly, floor: int) -> None:
        self.assembly, self.floor = assembly, floor
        self.known: dict[tuple[int, int], Traced] = {}

    def all(self, rows: Sequence[Row]) -> tuple[Row | None, list[Bent]]:
        """The one number that rows depend on, and the function that each of them is."""
        base, functions = None, list[Bent]()
        for row in rows:
            other, f = self(row)
            if base is None and other is not None:
                base = other
            functions.append(_moved(f, other, base))
        return base, functions

    def __call__(self, row: Row) -> Traced:
        terms, offset = row
        seen = {key: factor for key, factor in terms.items() if self._is_through(key[0])}
        rest = {key: factor for key, factor in terms.items() if key not in seen}
        base: Row | None = (rest, offset) if rest else None
        functions, factors = [Bent.line(ONE, ZERO) if rest else Bent.line(ZERO, offset)], [ONE]
        for key, factor in seen.items():
            other, f = self._unit(key)
            if base is None and other is not None:
                base = other
            functions.append(_moved(f, other, base))
            factors.append(factor)
        return base, total(tuple(functions), tuple(factors))

    def _is_through(self, layer: int) -> bool:
        if layer <= self.floor:
            return False
        name = self.assembly.names[layer - 1]
        return name == "step" or (name in UNITS and UNITS[name].piecewise_linear)

    def _unit(self, key: tuple[int, int]) -> Traced:
        if key not in self.known:
            layer, i = key
            base, inner = self(_row(self.assembly.before[layer - 1], i))
            self.known[key] = base, through(self._bend(layer, i), inner)
        return self.known[key]

    def _bend(self, layer: int, i: int) -> Bent:
        if layer in self.assembly.slopes:
            return Bent((ZERO,), ((Fraction(float(self.assembly.slopes[layer][i])), ZERO), (ONE, ZERO)), (ZERO,))
        return _of_unit(UNITS[self.assembly.names[layer - 1]])


@lru_cache
def _of_unit(unit: Unit) -> Bent:
    return of_unit(unit)


def _moved(f: Bent, own: Row | None, base: Row | None) -> Bent:
    """A function of its own number as one of another that is proportional to it, but for what is added."""
    if own is None or own == base:
        return f
    assert base is not None
    (mine, b), (terms, a) = own, base
    if mine.keys() != terms.keys():
        raise _TwoNumbers
    ratios = {factor / terms[key] for key, factor in mine.items()}
    if len(ratios) > 1:
        raise _TwoNumbers
    (k,) = ratios
    return f.of_line(k, b - k * a)


# The function as units


def _as_units(assembly: Assembly, base: Affine, functions: Sequence[Bent]) -> Affine:
    """Return functions of the base's numbers, element by element: ReLUs of z and -z, and steps at jumps."""
    n = max(len(f.joints) for f in functions)
    for f in functions:
        ends = (end(f, j) for j in range(len(f.joints)) for end in ENDS)
        check_near("comparisons and choices", *f.joints, *f.at, *ends)
    write = _Writer(assembly, base, functions)
    if n == 0:
        slopes, shift = ([f.pieces[0][i] for f in functions] for i in (0, 1))
        return assembly.sum([*([write.scaled(base, slopes)] if any(slopes) else []), write.constant(shift)])
    parts = write.leaky() if n == 1 and all(f.joints and f.pieces[1][0] == 1 for f in functions) else write.sides(n)
    parts += write.jumps(n)
    first = [f.joints[0] * f.pieces[0][0] + f.pieces[0][1] if f.joints else f.pieces[0][1] for f in functions]
    return assembly.sum([*parts, write.constant(first)])


class _Writer:
    """Writes functions of the numbers of a base as layers of units."""

    def __init__(self, assembly: Assembly, base: Affine, functions: Sequence[Bent]) -> None:
        self.assembly, self.base, self.functions = assembly, base, functions

    def numbers(self, exact: Sequence[Fraction]) -> Array:
        """The nearest float64s, in the base's shape."""
        found = np.array([float(x) for x in exact])
        self.assembly.n_rounded += any(Fraction(x) != y for x, y in zip(found.tolist(), exact, strict=True))
        return found.reshape(self.base.shape)

    def constant(self, exact: Sequence[Fraction]) -> Affine:
        return Affine.of(self.numbers(exact))

    def scaled(self, value: Affine, exact: Sequence[Fraction]) -> Affine:
        return self.assembly.scaled(value, self.numbers(exact), np.zeros(()))

    def each(self, take: Callable[[Bent], Fraction]) -> list[Fraction]:
        """A number of each function; 0 for those that are too short to have it."""
        found = []
        for f in self.functions:
            try:
                found.append(take(f))
            except IndexError:
                found.append(ZERO)
        return found

    def from_joint(self, j: int) -> Affine:
        """z less its joint j; the function of too few joints takes any, times 0."""
        joints = self.each(lambda f: f.joints[j])
        return self.assembly.sum([self.base, self.constant([-t for t in joints])]) if any(joints) else self.base

    def leaky(self) -> list[Affine]:
        """One joint with the slope 1 to the right of it."""
        left, over = self.numbers([f.pieces[0][0] for f in self.functions]), self.from_joint(0)
        if not left.any():
            return [self.assembly.unit("relu", over)]
        return [self.assembly.unit("leaky_relu", over, left)]

    def sides(self, n: int) -> list[Affine]:
        """What slopes add, from the first joint to both sides."""
        asked = [(self.from_joint(0).negative(), self.each(lambda f: -f.pieces[0][0] if f.joints else ZERO))]
        for j in range(n):
            over = self.from_joint(j)
            change = self.each(lambda f, j=j: f.pieces[j + 1][0] - (f.pieces[j][0] if j else ZERO))  # type: ignore[misc]
            asked.append((over, change))
        flat = self.each(lambda f: ZERO if f.joints else f.pieces[0][0])
        return [*self.closed("relu", asked), *([self.scaled(self.base, flat)] if any(flat) else [])]

    def jumps(self, n: int) -> list[Affine]:
        """What is added beyond a joint, and at it."""
        asked: list[tuple[Affine, list[Fraction]]] = []
        at = [ZERO] * len(self.functions)
        for j in range(n):
            behind = self.each(lambda f, j=j: _after(f, j) - f.at[j])  # type: ignore[misc]
            before = self.each(lambda f, j=j: f.at[j] - _before(f, j))  # type: ignore[misc]
            over = self.from_joint(j) if any(behind) or any(before) else self.base
            asked += [(over, behind), (over.negative(), [-x for x in before])]
            at = [x + y for x, y in zip(at, before, strict=True)]
        return [*self.closed("step", asked), *([self.constant(at)] if any(at) else [])]

    def closed(self, unit: str, asked: Sequence[tuple[Affine, list[Fraction]]]) -> list[Affine]:
        """Values through one layer of units, each times its factors; those times 0 are left out."""
        asked = [(value, factors) for value, factors in asked if any(factors)]
        if not asked:
            return []
        layer = self.assembly.unit(unit, Affine.joined([value for value, _ in asked]))
        width = self.base.width
        parts = [layer.take(i * width + self.base.positions) for i in range(len(asked))]
        return [self.scaled(part, factors) for part, (_, factors) in zip(parts, asked, strict=True)]


def _after(f: Bent, j: int) -> Fraction:
    k, c = f.pieces[j + 1]
    return k * f.joints[j] + c


def _before(f: Bent, j: int) -> Fraction:
    k, c = f.pieces[j]
    return k * f.joints[j] + c


ENDS = (_before, _after)  # of the pieces at a joint
