"""The numbers printed on the slides, each with the command that shows the true one and the answer that computes it.

Nothing true is typed in here: a fact holds what the slide says and a question to the library.  Whether the print is an
erratum is decided too: the true number, rounded to the digits that were printed, is the printed one or it is not.

source   lecture 3, "Neural Network"; the caption is figure 20.2 of Prince 2023, Understanding Deep Learning
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import pairwise

import numpy as np

from ..activations import UNITS, sigmoid, softmax
from ..box import Box
from ..data.book import solution
from ..data.folding import BOX, folding
from ..data.gates import NAMES, gate, xor_network
from ..data.mnist1d import mnist1d
from ..exact.bounds import deep_lower
from ..exact.regions import regions
from ..exact.totals import count
from ..facts.values import voxel_bytes
from ..fit.memorise import recorded_curves
from ..losses import LOSSES
from ..optimal.separate import separate
from ..samples import Samples
from . import unit
from .parameters import parameters_of
from .softmax import LOGITS

Value = int | float | str

IDENTITY_ROUNDING = 2.0**-50  # two values in (0, 1), each a few units of 2**-53 from the real one


@dataclass(frozen=True)
class Fact:
    """One number on one slide.

    slide     its title
    what      what the number counts or measures
    printed   as on the slide: a number, "10^{40}" after a > sign, or a word
    value     the true answer: a number, or a sentence that begins with what should have been printed
    command   a shell line that shows the true answer
    digits    behind the point, of the true number
    note      what else is worth knowing
    """

    slide: str
    what: str
    printed: str
    value: Callable[[], Value]
    command: str
    digits: int = 0
    note: str = ""


@dataclass(frozen=True)
class Claim:
    """A fact whose question has been asked: ``true`` as text, whether the slide's print is wrong, and the figure."""

    slide: str
    figure: str
    what: str
    printed: str
    true: str
    erratum: bool
    command: str
    note: str


def lecture_rows() -> tuple[Claim, ...]:
    """Return every number of the slides beside the true one, in the order of the lecture.

    cost   about two seconds: regions are counted, MNIST-1D is made
    """
    return tuple(_asked(fact) for fact in FACTS)


def _asked(fact: Fact) -> Claim:
    value = fact.value()
    text = (
        f"{value:,.{fact.digits}f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else value
    )
    wrong = not agrees(fact.printed, value)
    return Claim(fact.slide, DRAWN[fact.slide], fact.what, fact.printed, text, wrong, fact.command, fact.note)


def agrees(printed: str, value: Value) -> bool:
    """Return whether a true answer, rounded to the digits that were printed, is what was printed.

    printed   a decimal number with commas, "> 10^{k}", a number of millions such as "6M", or the first words of an
              answer that is a sentence

    >>> agrees(".70", 0.7047457), agrees("161,501", 161_051), agrees("> 10^{40}", 10**41)
    (True, False, True)
    """
    if isinstance(value, str):
        return value.lower().startswith(printed.lower())
    if bound := re.fullmatch(r">\s*10\^\{(\d+)\}", printed):
        return value > int(10 ** int(bound[1]))
    scale, digits = (10**6, printed[:-1]) if printed.endswith("M") else (1, printed)
    places = len(digits.partition(".")[2])
    return 2 * abs(Fraction(value) - scale * Fraction(digits.replace(",", ""))) <= Fraction(scale, 10**places)


def _xor_alone() -> str:
    answer = separate(gate("xor"))
    point = ", ".join(map(str, answer.common_point or ()))
    return f"Yes, margin {answer.margin}" if answer.separable else f"No: ({point}) lies in both classes' hulls"


def _separable_functions() -> str:
    no = [name for name in NAMES if name not in ("true", "false") and not separate(gate(name)).separable]
    said = "XOR is not" if "xor" in no else "XOR is"
    return f"{said}; {len(NAMES) - len(no)} of {len(NAMES)} functions are, all but {' and '.join(no)}"


def _xor_outputs() -> str:
    return " ".join(f"{y:g}" for y in xor_network()(gate("xor").inputs)[:, 0])


def _hidden_separable() -> str:
    table, network = gate("xor"), xor_network()
    hidden = network.activate(1, network.preactivations(table.inputs)[0])
    answer = separate(Samples(hidden, table.targets, "classification", ("h1", "h2"), table.classes))
    return f"linearly separable, margin {answer.margin:.7f}" if answer.separable else "not linearly separable"


def _joints_per_unit() -> float:
    network = solution("3.1")
    return (regions(network, Box([0], [1])).n_pieces - 1) / network.n_hidden


def _fewer_epochs() -> str:
    ends = {len(curve.hidden): curve.reached(0.0) for curve in recorded_curves()}
    done = [(depth, epoch) for depth, epoch in ends.items() if epoch is not None]
    fewer = all(later < earlier for (_, earlier), (_, later) in pairwise(done))
    return f"{'fewer' if fewer else 'not fewer'}: " + ", ".join(f"{k} layers {epoch:,}" for k, epoch in done)


def _voxels(n: int) -> str:
    return f"{n}^3 = {n**3:,}, {voxel_bytes(n):,} bytes at a bit each"


def _error_gradient() -> str:
    slopes = LOSSES["errors"].slope([-2.0, -1.0, 1.0, 2.0], [1.0, 1.0, 1.0, 1.0])
    return "not zero" if slopes.any() else "zero wherever it exists"


def _sigmoid_sum() -> str:
    total = float(sigmoid(np.array(LOGITS)).sum())
    return f"do{'' if total == 1 else ' not'} add up to 1: {total:.7f}"


def _softmax_of(k: int) -> float:
    return float(softmax(np.array(LOGITS))[k])


def _softmax_gap() -> str:
    z = np.linspace(-9, 9, 181)
    gap = float(np.abs(sigmoid(z) - softmax(np.column_stack([z / 2, -z / 2]))[:, 0]).max())
    return f"soft-max {'generalizes' if gap < IDENTITY_ROUNDING else 'is not'} sigmoid: gap {gap:.0e}"


def _py(code: str, *imports: str) -> str:
    return f'python -c "{"; ".join([*imports, f"print({code})"])}"'


_FOLDLINE = "import foldline as fl"
_LOSSES = "from foldline.losses import LOSSES"
_ACTIVATIONS = "from foldline.activations import *"
_GATES = "from foldline.data.gates import *"
_SEPARATE = "from foldline.optimal.separate import separate"
_DEPTHS = "Shallow vs deep networks"
_SOFTMAX = "Soft-Max Function"

_UNIT_FACTS = (
    Fact("Linear Classification (perceptron)", "unit step at 0", "1", lambda: int(UNITS["step"](np.zeros(1))[0]),
         _py("UNITS['step'](0)", _ACTIVATIONS), note="the slide \"Perceptron\" prints 0 at 0; 0 counts as off here"),
    Fact("An example", "z of the unit", "0.87", lambda: unit.ask(unit.State()).z,
         _py("fl.Network([[[.2, .3, .9]]], [[.5]])([.5, .6, .1])", _FOLDLINE), digits=2),
    Fact("An example", "y of the unit", ".70", lambda: unit.ask(unit.State()).y, _py("sigmoid(0.87)", _ACTIVATIONS),
         digits=7),
)  # fmt: skip

_GATE_FACTS = (
    Fact("Is it possible to capture XOR with perceptrons?", "one perceptron", "No", _xor_alone,
         _py("separate(gate('xor')).common_point", _GATES, _SEPARATE)),
    Fact("Decision boundaries", "separable functions", "XOR is not", _separable_functions,
         _py("[n for n in NAMES if n not in ('true', 'false') and not separate(gate(n)).separable]", _GATES,
             _SEPARATE)),
    Fact("Solution to the XOR problem", "y for 00, 01, 10, 11", "0 1 1 0", _xor_outputs,
         _py("xor_network()(gate('xor').inputs).T", _GATES)),
    Fact("The hidden representation h", "XOR seen in h", "linearly separable", _hidden_separable,
         _py("separate(fl.Samples([[0, 0], [1, 0], [1, 0], [2, 1]], [0, 1, 1, 0], 'classification', (), "
             "('0', '1'))).margin", _FOLDLINE, _SEPARATE)),
    Fact("Visualize shallow neural network", "joints a ReLU", "1", _joints_per_unit,
         _py("fl.regions(solution('3.1'), fl.Box([0], [1])).n_pieces - 1, 'joints of 3 units'", _FOLDLINE,
             "from foldline.data.book import solution")),
)  # fmt: skip

_DEPTH_FACTS = (
    Fact(_DEPTHS, "parameters, 5 layers of 10", "471", partial(parameters_of, 1, 10, 10, 10, 10, 10, 1),
         "foldline bounds 1-10-10-10-10-10-1"),
    Fact(_DEPTHS, "regions, 5 layers of 10", "161,501", lambda: count(folding(10, 5), Box(BOX[:1], BOX[1:])),
         _py("fl.count(fl.folding(10, 5), fl.Box([-0.5], [1.5]))", _FOLDLINE),
         note="two digits swapped: 11^5, counted on a network that has them"),
    Fact(_DEPTHS, "parameters, 5 layers of 50", "10,801", partial(parameters_of, 10, 50, 50, 50, 50, 50, 1),
         "foldline bounds 10-50-50-50-50-50-1"),
    Fact(_DEPTHS, "regions, 5 layers of 50", "> 10^{40}",
         partial(deep_lower, 10, (50,) * 5), "foldline bounds 10-50-50-50-50-50-1"),
    Fact(_DEPTHS, "MNIST-1D examples", "4000", lambda: len(mnist1d()[0]),
         _py("len(mnist1d()[0])", "from foldline.data.mnist1d import mnist1d")),
    *(Fact(_DEPTHS, f"parameters, {depth} hidden of {width}", printed,
           partial(parameters_of, 40, *[width] * depth, 10), f"foldline bounds 40-{f'{width}-' * depth}10",
           note="two digits swapped" if printed == "15139" else "")
      for depth, width, printed in ((1, 298, "15208"), (2, 100, "15210"), (3, 75, "15235"), (4, 63, "15139"))),
    Fact(_DEPTHS, "epochs to no error", "fewer", _fewer_epochs,
         _py("[(c.hidden, c.reached(0)) for c in recorded_curves()]",
             "from foldline.fit.memorise import recorded_curves"),
         note="recorded with the generator and seed of this library"),
)  # fmt: skip

_FIELD_FACTS = (
    *(Fact("Voxel representation", f"voxels at {n}", f"{n}^3", partial(_voxels, n),
           _py(f"voxel_bytes({n}), 'bytes'", "from foldline.facts.values import voxel_bytes")) for n in (32, 64, 128)),
    *(Fact("SDF", f"parameters, {layers} hidden of 1000", "6M", partial(parameters_of, 3, *[1000] * layers, 1),
           f"foldline bounds 3-{'1000-' * layers}1", note=note)
      for layers, note in ((6, "6 layers of 1000 units make 5M"), (7, "6M takes 7"))),
)  # fmt: skip

_LOSS_FACTS = (
    Fact("Zero Gradients Problem", "gradient of the error count", "zero", _error_gradient,
         _py("LOSSES['errors'].slope([-2., -1., 1., 2.], [1., 1., 1., 1.]).T", _LOSSES)),
    Fact("Towards Multi-label Classification", "sum of 3 sigmoids", "do not add up to 1", _sigmoid_sum,
         _py("sigmoid([-3, 2, 1]).sum()", _ACTIVATIONS)),
    *(Fact(_SOFTMAX, f"softmax of (-3, 2, 1), class {k + 1}", printed, partial(_softmax_of, k),
           _py(f"softmax([-3, 2, 1])[{k}]", _ACTIVATIONS), digits=7)
      for k, printed in enumerate(("0.005", "0.7275", "0.2676"))),
    Fact(_SOFTMAX, "sigmoid(z) - softmax(z/2, -z/2)", "soft-max generalizes sigmoid", _softmax_gap,
         _py("max(abs(sigmoid(z) - softmax([z / 2, -z / 2])[0]) for z in range(-9, 10))", _ACTIVATIONS)),
)  # fmt: skip

FACTS: tuple[Fact, ...] = (*_UNIT_FACTS, *_GATE_FACTS, *_DEPTH_FACTS, *_FIELD_FACTS, *_LOSS_FACTS)

# The figure that draws each of these slides anew.
DRAWN = {
    "Linear Classification (perceptron)": "units",
    "An example": "unit",
    "Is it possible to capture XOR with perceptrons?": "gates",
    "Decision boundaries": "gates",
    "Solution to the XOR problem": "xor",
    "The hidden representation h": "xor",
    "Visualize shallow neural network": "shallow",
    _DEPTHS: "bounds",
    "Voxel representation": "shapes",
    "SDF": "parameters",
    "Zero Gradients Problem": "zero-gradients",
    "Towards Multi-label Classification": "sigmoids",
    _SOFTMAX: "softmax",
}
