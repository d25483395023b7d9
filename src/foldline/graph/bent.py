"""Functions of one number that are linear in pieces, with jumps between: exact, in fractions."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from ..activations import Unit

Line = tuple[Fraction, Fraction]  # k, c of k z + c
Rule = Callable[[list[Line], Fraction], Line]  # what lines make together, near a place between their joints

ZERO, ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True)
class Bent:
    """A function: a line left of, between and right of its joints, and its values at them.

    joints   rising
    pieces   (k, c), one more than joints
    at       the value at each joint, which may be that of neither side
    """

    joints: tuple[Fraction, ...]
    pieces: tuple[Line, ...]
    at: tuple[Fraction, ...]

    @staticmethod
    def line(k: Fraction, c: Fraction) -> Bent:
        return Bent((), ((k, c),), ())

    def piece(self, z: Fraction) -> Line:
        """The line on which z lies; at a joint, a constant."""
        i = bisect_left(self.joints, z)
        if i < len(self.joints) and self.joints[i] == z:
            return ZERO, self.at[i]
        return self.pieces[i]

    def of_line(self, k: Fraction, c: Fraction) -> Bent:
        """The function of k z + c, for a k that is not 0."""
        lines = [(m * k, m * c + e) for m, e in self.pieces]
        joints = [(t - c) / k for t in self.joints]
        if k < 0:
            return Bent(tuple(joints[::-1]), tuple(lines[::-1]), self.at[::-1])
        return Bent(tuple(joints), tuple(lines), self.at)

    def roots(self, level: Fraction) -> set[Fraction]:
        """Where a sloped piece, or its line beyond its ends, has a value."""
        return {(level - c) / k for k, c in self.pieces if k}

    def simple(self) -> Bent:
        """The same function without joints at which it does not bend."""
        kept = [i for i, t in enumerate(self.joints) if not self._is_straight(i, t)]
        pieces = (self.pieces[0], *(self.pieces[i + 1] for i in kept))
        return Bent(tuple(self.joints[i] for i in kept), pieces, tuple(self.at[i] for i in kept))

    def _is_straight(self, i: int, t: Fraction) -> bool:
        (k, c), right = self.pieces[i], self.pieces[i + 1]
        return (k, c) == right and k * t + c == self.at[i]


def of_unit(unit: Unit) -> Bent:
    """A unit that is linear in pieces, or the step."""
    if unit.slopes is None:
        return Bent((ZERO,), ((ZERO, ZERO), (ZERO, ONE)), (ZERO,))
    joints, slopes = [Fraction(t) for t in unit.joints or ()], [Fraction(k) for k in unit.slopes]
    at = [Fraction(float(v)) for v in unit(np.array(unit.joints))] if joints else [ZERO]
    ends = [0, *range(len(joints))]  # of each piece, a joint that it reaches
    pieces = [(k, at[i] - k * joints[i] if joints else ZERO) for k, i in zip(slopes, ends, strict=True)]
    return Bent(tuple(joints), tuple(pieces), tuple(at[: len(joints)]))


def together(functions: Sequence[Bent], rule: Rule, joints: Iterable[Fraction] = ()) -> Bent:
    """What a rule makes of functions of the same number, on every piece between their joints and those given."""
    all_joints = sorted({*joints, *(t for f in functions for t in f.joints)})
    if not all_joints:
        return Bent.line(*rule([f.pieces[0] for f in functions], ZERO))
    ends = [all_joints[0] - 1, *all_joints, all_joints[-1] + 1]
    middles = [(a + b) / 2 for a, b in pairwise(ends)]
    pieces = [rule([f.piece(z) for f in functions], z) for z in middles]
    at = [rule([(ZERO, k * t + c) for k, c in (f.piece(t) for f in functions)], t)[1] for t in all_joints]
    return Bent(tuple(all_joints), tuple(pieces), tuple(at)).simple()


def total(functions: Sequence[Bent], factors: Sequence[Fraction]) -> Bent:
    """The sum of functions, each times its factor."""

    def rule(lines: list[Line], _: Fraction) -> Line:
        k, c = (sum((f * line[i] for f, line in zip(factors, lines, strict=True)), ZERO) for i in (0, 1))
        return k, c

    return together(functions, rule)


def product(a: Bent, b: Bent) -> Bent | None:
    """The product, or None where two sloped pieces meet."""
    curved = False

    def rule(lines: list[Line], _: Fraction) -> Line:
        nonlocal curved
        (k, c), (m, e) = lines
        curved |= bool(k and m)
        return k * e + m * c, c * e

    found = together([a, b], rule)
    return None if curved else found


def chosen(mask: Bent, a: Bent, b: Bent) -> Bent:
    """a where the mask is above 0, else b."""

    def rule(lines: list[Line], z: Fraction) -> Line:
        (k, c), above, below = lines
        return above if k * z + c > 0 else below

    return together([mask, a, b], rule, mask.roots(ZERO))


def through(outer: Bent, inner: Bent) -> Bent:
    """outer of inner."""
    joints = {z for t in outer.joints for z in inner.roots(t)}

    def rule(lines: list[Line], z: Fraction) -> Line:
        ((k, c),) = lines
        m, e = outer.piece(k * z + c)
        return m * k, m * c + e

    return together([inner], rule, joints)
