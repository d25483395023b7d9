"""Question 5: which functions can one unit compute?"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from typing import Annotated

from ..box import Box
from ..data.gates import NAMES, gate, truth_table
from ..fit.perceptron import learn_perceptron, mistake_bound
from ..optimal.separate import Separation, errors, separate
from ..optimal.weight_space import ErrorCells, error_cells
from ..same import Compared
from ..samples import Samples
from .handles import Number, Span, Triple

WEIGHTS = Box([-3, -3], [3, 3])
Bit = Annotated[int, Span(0, 1)]


@dataclass(frozen=True)
class State:
    """A truth table and a line.

    labels   the outputs for 00, 01, 10 and 11
    line     (b, w1, w2) of the unit held; 1 where b + w.x > 0
    biases   of the slices of weight space
    """

    labels: tuple[Bit, Bit, Bit, Bit] = (0, 1, 1, 0)
    line: Triple = (-0.5, 1.0, 1.0)
    biases: tuple[Number, Number] = (-1.0, 1.0)


@dataclass(frozen=True, eq=False, repr=False)
class Function(Compared):
    """One of the 16 functions of two inputs: the widest line's margin, or a point of both classes' hulls.

    number   its outputs as a binary number; margin, common_point: None for the two constants
    """

    number: int
    name: str
    separable: bool
    margin: float | None
    common_point: tuple[Fraction, ...] | None


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """The table's function, all 16 of them, and weight space.

    separation   None for a constant, which any offset computes
    errors       rows that the unit held has wrong
    mistakes     of the perceptron's learning, and most_mistakes, the bound; None where there is no line to learn
    slices       the planes of (w1, w2) at the biases, cut by the four rows; owners: each cell's function
    """

    state: State
    samples: Samples
    number: int
    name: str
    separation: Separation | None
    errors: int
    mistakes: int | None
    most_mistakes: float | None
    functions: tuple[Function, ...]
    slices: tuple[ErrorCells, ...]
    owners: tuple[tuple[int, ...], ...]


def ask(state: State) -> Answer:
    """Return whether one unit computes the table, with the proof either way, and what each weight computes."""
    number = int("".join(map(str, state.labels)), 2)
    samples, names = truth_table(number), {number: name for name, number in NAMES.items()}
    answer, mistakes, most = _known(number)
    slices = tuple(weight_slice(bias) for bias in state.biases)
    return Answer(
        state, samples, number, names[number], answer, errors([state.line], samples), mistakes, most, functions(),
        slices, tuple(tuple(functions_of(cells)) for cells in slices),
    )  # fmt: skip


@cache
def _known(number: int) -> tuple[Separation | None, int | None, float | None]:
    """What does not depend on the line: the proof, and how the perceptron learns."""
    samples = truth_table(number)
    if len({*samples.targets[:, 0]}) == 1:
        return None, None, None
    answer = separate(samples)
    if not answer.separable:
        return answer, None, None
    bound = mistake_bound(samples, [float(v) for v in answer.weights[0]])
    return answer, learn_perceptron(samples).n_mistakes, bound


@cache
def functions() -> tuple[Function, ...]:
    """Return the 16 functions in the order of their numbers.

    >>> sum(function.separable for function in functions())
    14
    """
    rows = []
    for name, number in sorted(NAMES.items(), key=lambda pair: pair[1]):
        found, _, _ = _known(number)
        proof = (True, None, None) if found is None else (found.separable, found.margin, found.common_point)
        rows.append(Function(number, name, *proof))
    return tuple(rows)


@lru_cache(maxsize=16)
def weight_slice(bias: float) -> ErrorCells:
    """Return the plane of (w1, w2) at one bias; the cells do not depend on the labels, so any gate will do."""
    return error_cells(gate("xor"), WEIGHTS, origin=[bias, 0, 0], axes=[[0, 1, 0], [0, 0, 1]])


def functions_of(cells: ErrorCells) -> list[int]:
    """Return the number of the Boolean function that each cell's weights compute."""
    return [int("".join(map(str, bits)), 2) for bits in cells.regions.patterns]
