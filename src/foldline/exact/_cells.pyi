from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

def run(
    weights: Sequence[Array],
    biases: Sequence[Array],
    below: Sequence[Array],
    lo: Array,
    hi: Array,
    sample: Array,
    certify: bool,
    keep: bool,
    regions: int,
    seconds: float,
    decide: Callable[..., Any] | None,
    hand: Callable[..., int] | None,
    progress: Callable[[int, int], bool] | None,
) -> dict[str, Any]: ...
def dives(
    weights: Sequence[Array],
    biases: Sequence[Array],
    below: Sequence[Array],
    lo: Array,
    hi: Array,
    times: int,
    seed: int,
) -> list[int]: ...
