"""The worked problems of Understanding Deep Learning, chapters 3 to 5: 20 points, and networks with known answers.

source   Prince 2023 and its notebooks 3.1, 4.1, 4.2 and 5.1 to 5.3; theta_i0 + theta_i1 x for hidden units, phi for
         the output
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..network import Network
from ..samples import Samples

# fmt: off
X = (
    0.09291784, 0.46809093, 0.93089486, 0.67612654, 0.73441752, 0.86847339, 0.49873225, 0.51083168, 0.18343972,
    0.99380898, 0.27840809, 0.38028817, 0.12055708, 0.56715537, 0.92005746, 0.77072270, 0.85278176, 0.05315950,
    0.87168699, 0.58858043,
)
Y = {
    "3.1": (
        -0.15934537, 0.18195445, 0.45127015, 0.13921448, 0.09366691, 0.30567674, 0.37229117, 0.40716968, -0.08131792,
        0.41187806, 0.36943738, 0.3994327, 0.01906257, 0.3582041, 0.45256496, -0.0183121, 0.02957665, -0.24354444,
        0.14803884, 0.2682497,
    ),
    "5.1": (
        -0.25934537, 0.18195445, 0.65127015, 0.13921448, 0.09366691, 0.30567674, 0.37229117, 0.20716968, -0.08131792,
        0.51187806, 0.16943738, 0.3994327, 0.01906257, 0.5582041, 0.45256496, -0.1183121, 0.02957665, -1.24354444,
        0.24803884, 0.2682497,
    ),
    "5.2": (0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1),
    "5.3": (2, 0, 1, 2, 1, 0, 0, 2, 2, 0, 2, 0, 2, 0, 1, 2, 1, 2, 1, 0),
}
# fmt: on

_HIDDEN_3 = ((0.3, -1.0), (-1.0, 2.0), (-0.5, 0.65))
_HIDDEN_5 = ((0.3, -1.0), (-1.0, 1.8), (-0.5, 0.65))


def problem(section: str) -> Samples:
    """Return the 20 training points of section "3.1", "5.1" (regression), "5.2" (2 classes) or "5.3" (3 classes).

    >>> problem("5.3").classes
    ('0', '1', '2')
    """
    y = np.array(Y[section], dtype=np.float64)
    inputs = np.array(X)[:, None]
    if section in ("3.1", "5.1"):
        return Samples(inputs, y, "regression", ("x",))
    return Samples(inputs, y, "classification", ("x",), tuple(str(k) for k in range(int(y.max()) + 1)))


def solution(section: str) -> Network:
    """Return the network the notebook of a section uses: logits in 5.2 and 5.3.

    >>> solution("3.1").n_parameters
    10
    """
    return {
        "3.1": lambda: shallow(_HIDDEN_3, [(-0.3, 2.0, -1.0, 7.0)]),
        "5.1": lambda: shallow(_HIDDEN_5, [(0.1, -2.0, -1.0, 7.0)]),
        "5.2": lambda: shallow(_HIDDEN_5, [(2.6, -24.0, -8.0, 50.0)]),
        "5.3": lambda: shallow(
            _HIDDEN_5, [(2.0, -24.0, -8.0, 50.0), (-2.0, -2.0, 8.0, -30.0), (0.0, 16.0, -8.0, -8.0)]
        ),
    }[section]()


def shallow(hidden: Sequence[Sequence[float]], outputs: Sequence[Sequence[float]]) -> Network:
    """Return the shallow ReLU network of the slides, each row with its offset first.

    hidden    (theta_i0, theta_i1, ...) a unit
    outputs   (phi_0, phi_1, ...) an output

    >>> shallow([(0, 1)], [(1, -2)])([[0.5]])
    array([[0.]])
    """
    theta, phi = np.array(hidden, dtype=np.float64), np.array(outputs, dtype=np.float64)
    return Network([theta[:, 1:], phi[:, 1:]], [theta[:, 0], phi[:, 0]])


def folding_pair() -> tuple[Network, Network]:
    """Return N1 (3 pieces on [-1, 1]) and N2 (4 pieces) of notebook 4.1; N2 after N1 has 12.

    >>> [n.n_hidden for n in folding_pair()]
    [3, 3]
    """
    first = shallow([(0.0, -1.0), (0.0, 1.0), (-0.67, 1.0)], [(1.0, -2.0, -3.0, 9.3)])
    second = shallow([(-0.6, -1.0), (0.2, 1.0), (-0.5, 1.0)], [(0.5, -1.0, -1.5, 2.0)])
    return first, second


def composed(*networks: Network) -> Network:
    """Return the network that feeds each network's output to the next, first to last.

    The output layer of one and the first layer of the next become one matrix, as on the slide "composing functions"
    (their product is rounded to doubles).

    >>> composed(*folding_pair()).hidden
    (3, 3)
    """
    first, *rest = networks
    weights, biases = list(first.weights), list(first.biases)
    for network in rest:
        inner, outer = network.weights[0], network.biases[0]
        weights[-1], biases[-1] = inner @ weights[-1], inner @ biases[-1] + outer
        weights += network.weights[1:]
        biases += network.biases[1:]
    return Network(weights, biases)


def deep() -> Network:
    """Return the 1-3-3-1 network of notebook 4.2: 11 pieces on [0, 1].

    >>> deep().widths
    (1, 3, 3, 1)
    """
    return Network(
        [np.array([[-1], [2], [0.65]]), np.array([[2, -1, 7], [2, 1.2, -8], [-2.3, -0.8, 2]]), [[0.5, -1.5, 2.2]]],
        [np.array([0.3, -1, -0.5]), np.array([0.3, -0.2, 0.3]), [0.0]],
    )
