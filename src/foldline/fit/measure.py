"""How well a network meets samples."""

from __future__ import annotations

import numpy as np

from ..network import Network
from ..samples import Samples, need_samples

NUMBERS_AT_ONCE = 2**22  # of one layer, in a block of rows: 32 MB


def measure(network: Network, samples: Samples) -> dict[str, float]:
    """Return how well a network meets samples, in their own units, over all rows.

    PSNR in dB for an image (peak 1), accuracy for classes, mean |error| and root mean square error for numbers.

    >>> measure(Network([[[2.0]]], [[0.0]]), Samples([[0.0], [1.0]], [0.0, 3.0]))["mean_absolute_error"]
    0.5
    """
    need_samples("measure", samples)
    block = max(1, NUMBERS_AT_ONCE // max(network.widths))
    outputs = [network(samples.inputs[at : at + block]) for at in range(0, len(samples), block)]
    return samples.task.score(np.concatenate(outputs), samples.targets)
