from typing import Any

import numpy as np
from numpy.typing import NDArray

def sets() -> list[str]: ...

class Step:
    def __init__(self, widths: list[int], loss: int, set: str) -> None: ...
    def put(self, slot: int, layer: int, w: NDArray[np.float32], b: NDArray[np.float32]) -> None: ...
    def get(self, slot: int, layer: int, w: NDArray[np.float32], b: NDArray[np.float32]) -> None: ...
    def run(
        self,
        x: NDArray[np.float32],
        target: Any,
        weight: NDArray[np.float32] | None,
        order: NDArray[np.int64],
        start: int,
        batch: int,
        rates: NDArray[np.float64],
        adam: bool,
        beta1: float,
        beta2: float,
        epsilon: float,
        decay: float,
        before: int,
        losses: NDArray[np.float64],
        wrong: NDArray[np.int64],
    ) -> int: ...
    def predict(self, x: NDArray[np.float32], out: NDArray[np.float32]) -> None: ...
