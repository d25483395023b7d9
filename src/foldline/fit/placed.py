"""Finding the code of a part of a surface in an unknown frame: its size and place move together with the code.

source   Park et al. 2019, DeepSDF, equation 10, with the points under a scale and a shift
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..network import Network
from ..transform import Transform
from .codes import Together, read_through, spread_of, units_of
from .descent import Plan, descend
from .objective import Coded
from .order import Turns
from .step.choice import kernel_on
from .step.coded import CodedStep, Grader
from .step.fused import ADAM_SHARE
from .step.torch_losses import CLAMP

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]

STEPS, RATE, ROWS = 300, 0.5, 400  # of the search: Adam at a tenth of the rate, so many points a step and beginning
FEEL = 0.1  # a number of the frame moves a tenth as far as one of a code, in units of the known codes' spread
SIZES = (1.0, 0.8, 0.64)  # that what is seen begins with: times the largest it can have, 1.8 along its longest side
LEAST = 0.4  # and may end with: smaller parts of a surface fit anywhere
ASIDE = 0.6  # how far a beginning is moved to where the normals look: the rest of a shape lies behind them
PRIOR = 2e-4  # of a code, ten times ``codes.PART_PRIOR``: a frame that is free leaves more open
ALIKE = 1.1  # scores up to so many times the best are as good: of those the largest part is taken
JUDGED = 3000  # points that score a beginning
FRAMES, CODES, LOOKED = 96, 60, 48  # that are tried together, and points at which they are
FEW, KEPT = 100, 8  # points a step of half as many steps in each frame, from the code best there; frames gone on with
HALF = 0.9  # of the longest side of a whole


@dataclass(frozen=True, eq=False)
class Placed:
    """A code and a frame.

    frame   from what the points were in to the network's, after that which they came in
    size    of the points beside the largest that they can be
    error   mean error of clamped distances, over that size
    """

    code: Array
    frame: Transform
    size: float
    error: float


def seek_placed(
    network: Network, points: Array, offsets: Array, distances: Array, *, steps: int = STEPS, prior: float = PRIOR,
    seed: int = 0, device: str = "cpu",
) -> Placed:  # fmt: skip
    """Return the code, and the size and place of points, at which a network with codes is nearest to distances.

    points      (n, 3) centred, the longest side 1.8
    offsets     (n, 3) from them to where the distances are known, in the network's units: beside them, along normals
    distances   (n, 1) there
    cost        the gradients of ``steps`` batches of 14 beginnings: sizes of the mean shape, each in the middle and
                moved to where the offsets say that the seen side is; and the best of 96 frames at random after half
                as many of the code alone, a quarter of the points, begun at the best there of 60 codes of the class
    """
    assert network.codes is not None
    mean, spread = spread_of(network.codes.values)
    k, rng = spread.shape[1], np.random.default_rng([seed, 5])
    weights, biases = read_through(network, mean, spread)
    units = units_of(network)
    widths = [weights[0].shape[1], *network.widths[1:]]
    kernel = kernel_on(device, widths, "clamped", skips=network.skips, activation=units)

    def beginning(begin: Array, rows: int) -> PlacedStep:
        order = Turns(np.array([0, len(points)]), shapes=1, rows=min(rows, len(points)), seed=seed)
        objective = Coded(points.astype(np.float32), distances.astype(np.float32), begin, "clamped",
                          Together(order, len(begin)), prior)  # fmt: skip
        return PlacedStep(weights, biases, objective, offsets, activation=units, skips=network.skips, kernel=kernel)

    guesses = _guesses(np.linalg.pinv(spread) @ (network.codes.values - mean).T, points, rng)
    near = beginning(guesses.reshape(-1, k + 4), FEW).scores(rng.integers(0, len(points), LOOKED))
    first = beginning(guesses[np.arange(FRAMES), near.reshape(FRAMES, -1).argmin(axis=1)], FEW)
    first.still = True
    descend(first, Plan(RATE, max(1, steps // 2)))
    rows = rng.integers(0, len(points), JUDGED)
    taken = first.memory.values[np.argsort(first.scores(rows), kind="stable")[:KEPT]]
    stepper = beginning(np.concatenate([_beginnings(k, offsets, distances), taken]), ROWS)
    descend(stepper, Plan(RATE, steps))
    errors, scores = stepper.errors(rows) / stepper.sizes, stepper.scores(rows)
    alike = np.flatnonzero(scores <= ALIKE * scores.min())
    best = int(alike[np.argmax(stepper.sizes[alike])])
    size, shift = float(stepper.sizes[best]), stepper.shifts[best].astype(np.float64)
    code = mean + spread @ stepper.codes()[best, :k]
    return Placed(code, Transform(size, tuple((-shift / size).tolist())), size, float(errors[best]))


def _beginnings(k: int, offsets: Array, distances: Array) -> Array:
    """The mean code, (k,), with the shift and the logarithm of the size that each search begins with, (n, k + 4)."""
    seen = (offsets * np.sign(distances)).sum(axis=0)
    length = float(np.abs(distances).sum())
    shifts = [np.zeros(3), *([ASIDE * seen / length] if length else [])]
    return np.array([[*np.zeros(k), *shift / FEEL, np.log(size) / FEEL] for size in SIZES for shift in shifts])


def _guesses(codes: Array, points: Array, rng: np.random.Generator) -> Array:
    """Beginnings at codes, (k, n), some at most, in each of some frames that have room for the points: (.., .., k + 4).

    Half of the frames are as large as can be: what is seen often reaches from one end of a shape to the other.
    """
    codes = codes[:, rng.permutation(codes.shape[1])[:CODES]]
    sizes = np.where(np.arange(FRAMES) % 2, 1.0, np.exp(rng.uniform(np.log(LEAST), 0.0, FRAMES)))
    room = np.maximum(HALF - sizes[:, None] * np.abs(points).max(axis=0), 0.0)
    frames = np.column_stack([rng.uniform(-1.0, 1.0, (FRAMES, 3)) * room / FEEL, np.log(sizes) / FEEL])
    shape = (FRAMES, codes.shape[1])
    parts = [np.broadcast_to(codes.T, (*shape, len(codes))), np.broadcast_to(frames[:, None], (*shape, 4))]
    return np.concatenate(parts, axis=2)


class PlacedStep(CodedStep):
    """A step of codes that have a shift and a logarithm of a size behind them; the network stays.

    offsets   as ``seek_placed`` has them, one a row of the objective
    still     whether frames stay as they are, and codes alone move
    """

    def __init__(
        self, weights: Sequence[Array], biases: Sequence[Array], objective: Coded, offsets: Array, *,
        activation: str | Sequence[str], skips: Mapping[int, Sequence[int]], kernel: Grader | None = None,
    ) -> None:  # fmt: skip
        super().__init__(weights, biases, objective, activation=activation, skips=skips, moves="codes", kernel=kernel)
        self.offsets, self.still = offsets.astype(np.float32), False

    @property
    def shifts(self) -> Array32:
        """Where the points' middle lies, (n, 3)."""
        return np.asarray(FEEL * self.memory.values[:, -4:-1], dtype=np.float32)

    @property
    def sizes(self) -> Array32:
        """Of the points beside the largest, (n,)."""
        return np.asarray(np.exp(FEEL * self.memory.values[:, -1]), dtype=np.float32)

    def errors(self, rows: NDArray[np.int64]) -> Array:
        """Return the mean error of clamped distances of each code, (n,)."""
        read, _ = self._read_at(rows)
        out = np.empty((len(read), 1), dtype=np.float32)
        self.kernel.predict(read, out)
        gap = np.abs(np.clip(out, -CLAMP, CLAMP).reshape(-1, len(rows)) - self.objective.targets[rows, 0])
        return np.asarray(gap.mean(axis=1), dtype=np.float64)

    def scores(self, rows: NDArray[np.int64]) -> Array:
        """Return what each code is judged by, (n,): its error in the units of the points, and its way from the mean."""
        return np.asarray(
            self.errors(rows) / self.sizes + self.objective.prior * (self.memory.values[:, :-4] ** 2).sum(axis=1)
        )

    def _read_at(self, rows: NDArray[np.int64]) -> tuple[Array32, Array32]:
        """What the network reads of some rows for each code, and the points without their shifts, (n, rows, 3)."""
        scaled = self.sizes[:, None, None] * self.objective.inputs[rows]
        places = scaled + self.shifts[:, None] + self.offsets[rows]
        codes = np.repeat(self.memory.values[:, :-4], len(rows), axis=0)
        return np.hstack([codes, places.reshape(-1, 3)]), scaled

    def _step(self, step: int, rate: float) -> float:
        which, at = self.objective.order.rows(step)
        rows, sizes, n = at[0], self.sizes, len(which)
        read, scaled = self._read_at(rows)
        slopes = np.empty_like(read)
        loss = self.kernel.grade(read, np.tile(self.objective.targets[rows], (n, 1)), slopes)
        slopes = n * slopes.reshape(n, len(rows), -1)  # of each code's own mean
        moved = np.zeros_like(self.memory.values)
        moved[:, :-4] = slopes[:, :, :-3].sum(axis=1)
        moved[:, -4:-1] = FEEL * slopes[:, :, -3:].sum(axis=1)
        moved[:, -1] = FEEL * ((slopes[:, :, -3:] * scaled).sum(axis=(1, 2)) - self.errors(rows))
        moved[:, -4:] *= not self.still
        moved /= sizes[:, None]  # errors count in the units of the points: a small part is not a better one
        moved[:, :-4] += 2 * np.float32(self.objective.prior) * self.memory.values[:, :-4]
        self.memory.move(which, moved, rate * ADAM_SHARE)
        np.clip(self.memory.values[:, -1], np.log(LEAST) / FEEL, 0.0, out=self.memory.values[:, -1])
        self.done += 1
        return loss
