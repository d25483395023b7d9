from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array32 = NDArray[np.float32]

def sets() -> list[str]: ...

class Step:
    def __init__(
        self, widths: list[int], loss: int, set: str, below: Sequence[float], clamp: float = 0.1, threads: int = 1,
        again: Sequence[int] = (),
    ) -> None: ...  # fmt: skip
    def grade(self, x: Array32, target: Any, at_inputs: Array32) -> float: ...
    def set_grid(
        self,
        lo: NDArray[np.float64],
        hi: NDArray[np.float64],
        cells: list[int],
        channels: list[int],
        rows: Sequence[NDArray[np.int64] | None],
    ) -> None: ...
    def put(self, slot: int, layer: int, w: Array32, b: Array32) -> None: ...
    def get(self, slot: int, layer: int, w: Array32, b: Array32) -> None: ...
    def put_level(self, slot: int, level: int, rows: Array32) -> None: ...
    def get_level(self, slot: int, level: int, rows: Array32) -> None: ...
    def run(
        self, x: Array32, target: Any, weight: Array32 | None, order: NDArray[np.int64], start: int, batch: int,
        rates: NDArray[np.float64], optimiser: int, beta1: float, beta2: float, epsilon: float, decay: float,
        before: int, losses: NDArray[np.float64], wrong: NDArray[np.int64], rest_share: float = 1.0,
        grid_share: float = 1.0,
    ) -> int: ...  # fmt: skip
    def backward(self, x: Array32, slopes: Array32, at_inputs: Array32 | None) -> None: ...
    def update(
        self, rate: float, optimiser: int, beta1: float, beta2: float, epsilon: float, decay: float, before: int,
        rest_share: float = 1.0, grid_share: float = 1.0,
    ) -> None: ...  # fmt: skip
    def predict(self, x: Array32, out: Array32) -> None: ...
