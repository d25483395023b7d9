"""How well a network meets samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..network import Network
from ..samples import Samples, need_samples

Array = NDArray[np.float64]

NUMBERS_AT_ONCE = 2**22  # of one layer, in a block of rows: 32 MB


def measure(network: Network, samples: Samples) -> dict[str, float]:
    """Return how well a network meets samples, in their own units, over all rows.

    PSNR in dB for an image (peak 1), accuracy for classes, mean |error| and root mean square error for numbers.

    >>> measure(Network([[[2.0]]], [[0.0]]), Samples([[0.0], [1.0]], [0.0, 3.0]))["mean_absolute_error"]
    0.5
    """
    need_samples("measure", samples)
    return samples.task.score(evaluated(network, samples.inputs), samples.targets)


def measure_between(network: Network, samples: Samples) -> dict[str, float]:
    """Return how well a network meets what samples stand for half-way between them; empty where that is not known.

    The measures are those of ``measure``, their names with "_between"; see ``raster.corners``.
    """
    places, function = samples.between, samples.function
    if places is None or function is None:
        return {}
    score = samples.task.score(evaluated(network, places), function(places))
    return {f"{name}_between": value for name, value in score.items()}


def measure_rivals(fitted_to: Samples, aside: Samples) -> dict[str, float]:
    """Return how well plain interpolation of the rows fitted to meets those kept aside, "MEASURE of RIVAL" each.

    >>> kept = Samples([[0.0], [2.0]], [0.0, 2.0], "signal")
    >>> measure_rivals(kept, Samples([[1.0]], [4.0], "signal"))["rms_error of linear interpolation"]
    3.0
    """
    found: dict[str, float] = {}
    for name, rival in fitted_to.rivals.items():
        score = aside.task.score(rival(aside.inputs), aside.targets)
        found |= {f"{measure} of {name}": value for measure, value in score.items()}
    return found


def evaluated(network: Network, places: Array) -> Array:
    """Return a network's outputs at many places, (n, d_out), in blocks that bound the memory."""
    block = max(1, NUMBERS_AT_ONCE // max(network.widths))
    return np.concatenate([network(places[at : at + block]) for at in range(0, len(places), block)])
