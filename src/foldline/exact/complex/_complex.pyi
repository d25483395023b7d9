from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

def complex_of(
    weights: Sequence[Array], biases: Sequence[Array], below: Sequence[Array], lo: Array, hi: Array, certify: bool,
    rational: bool, arbiter: object, progress: object, max_regions: float, seconds: float, row_bytes: float,
    count_only: bool, workers: int, split: int, blocks: tuple[int, int] | None, parts: list[Any] | None,
    first: tuple[Array, list[list[list[int]]], list[int]] | None = None,
) -> dict[str, Any]: ...  # fmt: skip
def spectral_norm(W: Array) -> float: ...
def maps_of(
    weights: Sequence[Array], biases: Sequence[Array], below: Sequence[Array], parents: Sequence[NDArray[np.int32]],
    words: Sequence[NDArray[np.uint64]], group_layer: Sequence[int], d: int,
) -> Array: ...  # fmt: skip
def widened(numbers: NDArray[np.int32]) -> NDArray[np.int64]: ...
def patterns_of(
    widths: Sequence[int], parents: Sequence[NDArray[np.int32]], words: Sequence[NDArray[np.uint64]], group_layer:
    Sequence[int],
) -> NDArray[np.uint8]: ...  # fmt: skip
