"""Level: the question "where is a network equal to a level" in the form both engines of the surface work on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ...activations import UNITS
from ...box import Box
from ...columns import number_of
from ...errors import InputError, NetworkError
from ...network import Network
from ..chain.form import Chain

Array = NDArray[np.float64]
Words = NDArray[np.uint64]

N_FACES = 6  # of a box: x low, x high, y low, y high, z low, z high
NAMES = 20240  # seed of the 128-bit names; any will do


@dataclass(frozen=True, eq=False)
class Level:
    """A chain with one output, a box, a level, and what is worked out once from them.

    chain     the chain with its first layer scaled by ``scale``: it reads y = x / scale, so the box lies in [-1, 1]^3;
              once ``balanced``, its units and its output are scaled too: no square of a weight leaves the doubles
    scale     (3,) powers of two, so that scaling rounds nothing
    power     the output is 2^power times that of the network
    lo, hi    (3,) the box in y
    value     the level times 2^power, exactly
    rest      (1,) the last bias minus the value, rounded
    lost      what that rounding lost at most
    on, tag   (n, 2) random 128-bit names of the units (and of the faces of the box): a region is named by the
              exclusive or of its units that are on, a vertex by that of the others and the tags of its two planes
    """

    chain: Chain
    scale: Array
    power: int
    lo: Array
    hi: Array
    value: Fraction
    rest: Array
    lost: float
    on: Words
    tag: Words

    @property
    def widths(self) -> list[int]:
        return [len(b) for b in self.chain.biases[:-1]]

    @property
    def words(self) -> list[int]:
        """64-bit words of the pattern a hidden layer."""
        return [(width + 63) // 64 for width in self.widths]

    def bits(self, pattern: Words) -> list[NDArray[np.bool_]]:
        """Return which units are on, a vector a hidden layer, of one packed pattern (words,) or many (..., words)."""
        packed = np.ascontiguousarray(pattern, dtype="<u8")
        flat = np.unpackbits(packed.view(np.uint8), axis=-1, bitorder="little").astype(bool)
        starts = 64 * np.cumsum([0, *self.words])
        return [flat[..., at : at + width] for at, width in zip(starts, self.widths, strict=False)]

    def flipped(self, pattern: Words, unit: int) -> Words:
        """Return the packed pattern with one unit switched."""
        starts = np.cumsum([0, *self.widths])
        layer = int(np.searchsorted(starts, unit, side="right")) - 1
        bit = 64 * sum(self.words[:layer]) + unit - int(starts[layer])
        other = pattern.copy()
        other[bit // 64] ^= np.uint64(1 << (bit % 64))
        return other

    def pack(self, bits: Sequence[NDArray[np.bool_]]) -> Words:
        """Return the packed pattern, (words,)."""
        parts = [np.zeros(64 * n, dtype=bool) for n in self.words]
        for part, layer in zip(parts, bits, strict=True):
            part[: len(layer)] = layer
        flat = np.concatenate(parts) if parts else np.zeros(0, dtype=bool)
        return np.packbits(flat, bitorder="little").view("<u8").astype(np.uint64)


def level_of(chain: Chain, box: Box, level: float) -> Level:
    """Return the question with its box scaled into [-1, 1]^3 and its names."""
    reach = np.maximum(np.abs(box.lo), np.abs(box.hi))
    scale = np.exp2(np.ceil(np.log2(reach)))
    rest = chain.biases[-1] - level
    lost = abs(float(Fraction(float(chain.biases[-1][0])) - Fraction(level) - Fraction(float(rest[0]))))
    scaled = Chain((chain.weights[0] * scale, *chain.weights[1:]), chain.biases, chain.below, chain.owners)
    names = np.random.default_rng(NAMES).integers(
        0, 2**64, (2, sum(len(b) for b in chain.below) + N_FACES, 2), np.uint64
    )
    return Level(scaled, scale, 0, box.lo / scale, box.hi / scale, Fraction(level), rest, lost, names[0], names[1])


def balanced(question: Level) -> Level:
    """Return the question with every unit, and the output, times the power of two that takes its terms near 1.

    A unit with one joint at 0 passes such a factor on, and the next layer's weights take it back.  A question that a
    factor would round is returned as it is.
    """
    chain, rest = question.chain, question.rest
    size, powers, weights, biases = np.ones(3), np.zeros(3, dtype=np.int64), [], []
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        for layer, (W, b) in enumerate(zip(chain.weights, chain.biases, strict=True)):
            read = np.ldexp(W, -powers)
            total = np.abs(read) @ size + np.abs(b if layer < len(chain.below) else rest)
            before, powers = powers, -np.frexp(total)[1].astype(np.int64)
            weights.append(np.ldexp(read, powers[:, None]))
            biases.append(np.ldexp(b, powers))
            if (np.ldexp(np.ldexp(weights[-1], -powers[:, None]), before) != W).any():
                return question
            if (np.ldexp(biases[-1], -powers) != b).any():
                return question
            size = np.ldexp(total, powers)
            if layer < len(chain.below):
                size = size * np.maximum(1.0, np.abs(chain.below[layer]))
        power = int(powers[0])
        scaled, lost = np.ldexp(rest, power), float(np.ldexp(question.lost, power))
        if (np.ldexp(scaled, -power) != rest).any():
            return question
    chain = Chain(tuple(weights), tuple(biases), chain.below, chain.owners)
    value = question.value * Fraction(2) ** power
    return replace(question, chain=chain, power=power, value=value, rest=scaled, lost=lost)


def before_output(network: Network, level: float, who: str) -> float:
    """Return the pre-activation of the output unit at a level, rounded to a double where the unit is curved.

    who      asks, for the message
    raises   NetworkError if the output unit is not strictly increasing; InputError if it never takes the level
    """
    level, unit = number_of(who, "a level", level), UNITS[network.output]
    if unit.inverse is None:
        raise NetworkError(
            f"{who} needs a strictly increasing output unit; got {network.output!r}. "
            "Give it a layer of its own and an identity output."
        )
    with np.errstate(all="ignore"):
        before = unit.inverse(float(level))
    if not math.isfinite(before):
        raise InputError(f"{who} needs a level that {network.output!r} takes; got {level}. Choose another level.")
    return before
