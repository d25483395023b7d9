"""Truth tables of the lecture, and the networks that compute them."""

from __future__ import annotations

from itertools import product
from numbers import Integral

import numpy as np

from ..errors import InputError
from ..network import Network
from ..samples import Samples

# Outputs for the rows 00, 01, 10, 11 read as a binary number, so that the number names the function.
NAMES: dict[str, int] = {
    "false": 0b0000,
    "and": 0b0001,
    "x1 and not x2": 0b0010,
    "x1": 0b0011,
    "not x1 and x2": 0b0100,
    "x2": 0b0101,
    "xor": 0b0110,
    "or": 0b0111,
    "nor": 0b1000,
    "xnor": 0b1001,
    "not x2": 0b1010,
    "x1 or not x2": 0b1011,
    "not x1": 0b1100,
    "not x1 or x2": 0b1101,
    "nand": 0b1110,
    "true": 0b1111,
}

# (w1, w2, b) of a step unit for the gates of the slides: 1 where w.x + b > 0.
_UNITS = {"and": (1, 1, -1), "or": (1, 1, 0), "nand": (-1, -1, 2), "nor": (-1, -1, 1), "not x1": (-1, 0, 1)}


MOST_INPUTS = 16  # 65,536 rows


def truth_table(number: int, n_inputs: int = 2) -> Samples:
    """Return a Boolean function as a classification: 2**n_inputs rows, classes "0" and "1".

    number     its outputs for the rows 0..0, 0..01, ... read as a binary number, 0 <= number < 2**2**n_inputs
    n_inputs   1 to 16

    >>> truth_table(0b0110).targets.ravel()
    array([0., 1., 1., 0.])
    """
    if n_inputs not in range(1, MOST_INPUTS + 1):
        raise InputError(f"truth_table needs 1 to {MOST_INPUTS} inputs; got {n_inputs}.")
    rows = 1 << n_inputs
    if not isinstance(number, Integral) or not 0 <= number < 1 << rows:
        raise InputError(f"truth_table needs a number below 2**{rows} for {n_inputs} inputs; got {number}.")
    inputs = np.array(list(product((0.0, 1.0), repeat=n_inputs)))
    outputs = np.array([number >> (rows - 1 - row) & 1 for row in range(rows)], dtype=np.float64)
    names = tuple(f"x{i + 1}" for i in range(n_inputs))
    return Samples(inputs, outputs, "classification", names, ("0", "1"))


def gate(name: str) -> Samples:
    """Return the truth table of a named function of two inputs: "and", "or", "xor", "nand", ...

    >>> gate("nand").targets.ravel()
    array([1., 1., 1., 0.])
    """
    if name not in NAMES:
        raise InputError(f"gate needs a name out of {', '.join(NAMES)}; got {name!r}.")
    return truth_table(NAMES[name])


def gate_network(name: str) -> Network:
    """Return the perceptron that computes "and", "or", "nand", "nor" or "not x1".

    source   lecture 3, "Easy to build AND or OR with perceptron"

    >>> gate_network("and")(gate("and").inputs).ravel()
    array([0., 0., 0., 1.])
    """
    if name not in _UNITS:
        raise InputError(f"gate_network needs a name out of {', '.join(_UNITS)}; got {name!r}. XOR needs two layers.")
    w1, w2, b = _UNITS[name]
    return Network([[[w1, w2]]], [[b]], output="step")


def xor_network() -> Network:
    """Return the two-layer network of the slide: h = relu(x1 + x2), relu(x1 + x2 - 1); y = h1 - 2 h2.

    source   lecture 3, "Solution to the XOR problem"

    >>> xor_network()(gate("xor").inputs).ravel()
    array([0., 1., 1., 0.])
    """
    return Network([[[1, 1], [1, 1]], [[1, -2]]], [[0, -1], [0]])
