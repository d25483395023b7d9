from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

def run(
    weights: Sequence[Array], biases: Sequence[Array], below: Sequence[Array], lo: Array, hi: Array, sample: Array,
    certify: bool, keep: bool, regions: int, seconds: float, shard: Sequence[int], decide: Callable[..., Any] | None,
    hand: Callable[..., int] | None, progress: Callable[[int, int], bool] | None,
) -> dict[str, Any]: ...  # fmt: skip
def dives(
    weights: Sequence[Array], biases: Sequence[Array], below: Sequence[Array], lo: Array, hi: Array, times: int, seed:
    int,
) -> list[int]: ...  # fmt: skip
def facets(
    weights: Sequence[Array], biases: Sequence[Array], below: Sequence[Array], lo: Array, hi: Array, patterns:
    NDArray[np.uint8], points: Array, sides: NDArray[np.int32], side_start: NDArray[np.int64], wanted:
    NDArray[np.uint8],
) -> NDArray[np.uint8]: ...  # fmt: skip
def least(
    weights: Sequence[Array], biases: Sequence[Array], below: Sequence[Array], lo: Array, hi: Array, patterns:
    NDArray[np.uint8], points: Array, sides: NDArray[np.int32], side_start: NDArray[np.int64],
) -> list[tuple[float, list[float], int, list[int], Array]]: ...  # fmt: skip
def moments(
    weights: Sequence[Array], biases: Sequence[Array], below: Sequence[Array], lo: Array, hi: Array, patterns:
    NDArray[np.uint8], points: Array, sides: NDArray[np.int32], side_start: NDArray[np.int64], kinds:
    NDArray[np.uint8],
) -> Array: ...  # fmt: skip
