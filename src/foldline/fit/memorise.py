"""Memorising: full-batch descent on labels without meaning, until no row is wrong.

MNIST-1D with shuffled labels holds nothing to learn but the rows themselves; deeper networks of the same number of
parameters get there in fewer epochs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from numbers import Integral
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import FitError, InputError
from ..network import Network
from ..same import Compared
from ..samples import Samples, need_samples
from ..training import Training
from .checkpoint import Checkpoint, fingerprint
from .descent import Diverged, Plan, descend
from .fitting import told_of
from .objective import MeanLoss
from .start import start
from .step.fused import Fused

RATE = 0.0025  # Prince 2023, figure 20.2, as is all of the experiment
DEPTHS = ((298,), (100, 100), (75, 75, 75), (63, 63, 63, 63))  # hidden layers with about 15,200 parameters each
BUDGET = 200_000  # epochs the book's notebook allows; 500,000 to one hidden layer
LOOK = 100  # epochs between two looks at the clock and the callback: a quarter of a second
SAVE_SECONDS = 20.0  # between two checkpoints

Progress = Callable[[int, float, float], object]


@dataclass(frozen=True, eq=False, repr=False)
class Curve(Compared):
    """How a fit went: the share of rows wrong, and the loss, before each of some epochs.

    epochs   (k,) increasing; 0 is the start
    errors   (k,) shares 0..1
    losses   (k,) mean cross entropies, nats
    """

    hidden: tuple[int, ...]
    epochs: NDArray[np.int64]
    errors: NDArray[np.float64]
    losses: NDArray[np.float64]

    def reached(self, error: float) -> int | None:
        """Return the first epoch with at most this share of rows wrong; None if it was never reached.

        >>> Curve((2,), np.array([0, 10, 20]), np.array([0.9, 0.4, 0.0]), np.ones(3)).reached(0.5)
        10
        """
        found = np.flatnonzero(self.errors <= error)
        return int(self.epochs[found[0]]) if len(found) else None

    def thinned(self, points: int = 200) -> Curve:
        """Return about ``points`` of the epochs, evenly spread, with the first at each of 50, 20, 10, 1 and 0 %."""
        even = np.linspace(0, len(self.epochs) - 1, min(points, len(self.epochs))).astype(int)
        marks = [np.flatnonzero(self.errors <= error)[:1] for error in (0.5, 0.2, 0.1, 0.01, 0.0)]
        keep = np.unique(np.concatenate([even, *marks]))
        return replace(self, epochs=self.epochs[keep], errors=self.errors[keep], losses=self.losses[keep])


def memorise(
    samples: Samples,
    *,
    hidden: Sequence[int] = DEPTHS[-1],
    epochs: int = BUDGET,
    rate: float = RATE,
    seed: int = 0,
    checkpoint: str | Path | None = None,
    callback: Progress | None = None,
) -> tuple[Network, Curve]:
    """Return a network fitted by full-batch descent until no row is wrong, and how it went.

    epochs       when to stop at the latest
    rate         of plain gradient descent, without momentum; He uniform start, zero biases, float32
    checkpoint   file that is written every 20 seconds and at the end, and gone on from, bit for bit, where it exists
    callback     called with (epoch, share of rows wrong, loss) every 100 epochs; Ctrl-C returns what there is so far
    raises       InputError if the samples are no classification; FitError at a loss that is not finite
    cost         2.5 ms an epoch of 4000 rows for 4 x 63 on one modern core
    source       Prince 2023, Understanding Deep Learning, figure 20.2; Zhang et al. 2017

    >>> xor = Samples(np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0.0, 1, 1, 0]), kind="classification",
    ...               classes=("0", "1"))
    >>> network, curve = memorise(xor, hidden=(8,), rate=0.5)
    >>> float(curve.errors[-1]), network(xor.inputs).argmax(axis=1).tolist()
    (0.0, [0, 1, 1, 0])
    """
    need_samples("memorise", samples)
    if samples.kind != "classification":
        raise InputError(f"memorise needs samples of kind 'classification'; got {samples.kind!r}.")
    if not rate > 0:
        raise InputError(f"memorise needs a rate above 0; got {rate}.")
    if not isinstance(epochs, Integral) or int(epochs) < 1:
        raise InputError(f"memorise needs epochs of 1 or more; got {epochs!r}.")
    if not isinstance(hidden, Sequence) or not all(isinstance(width, Integral) and int(width) > 0 for width in hidden):
        raise InputError(f"memorise needs hidden as positive ints, one a layer; got {hidden!r}.")
    widths = (samples.d_in, *map(int, hidden), samples.d_out)
    begin = start(widths, seed=seed, kind="he_uniform")
    stepper = Fused(*begin, MeanLoss(samples.inputs, samples.targets, "cross_entropy"))
    asked = Training(
        loss="cross_entropy", optimiser="sgd", rate=rate, batch=len(samples), seed=seed, stepper=stepper.name,
        initialisation="he_uniform", hidden=widths[1:-1], n_samples=len(samples), data=fingerprint(samples),
    )  # fmt: skip
    about = {"n_samples": asked.n_samples, "data": asked.data}
    settings = {"memorise": list(widths), "rate": rate, "seed": seed, **about}
    aside = None if checkpoint is None else Checkpoint(Path(checkpoint), seconds=SAVE_SECONDS, settings=settings)
    watch = _NoneWrong(stepper)
    try:
        plan = Plan(rate, int(epochs), last=1.0, look=LOOK)
        record = descend(stepper, plan, watch=watch, checkpoint=aside, callback=watch.teller(callback))
    except Diverged as found:
        raise FitError(
            f"memorise needs finite losses; got one that is not at epoch {found.step + 1}. Take a smaller rate."
        ) from found
    curve = Curve(tuple(hidden), np.arange(record.done), np.array(watch.errors), np.array(record.losses))
    training = record.told(asked, {"accuracy": 1 - watch.errors[-1]})
    return Network(*stepper.parameters(), training=training, **told_of(samples)), curve


class _NoneWrong:
    """Ends descent at the first epoch without a wrong row; keeps the share of rows wrong before each."""

    def __init__(self, stepper: Fused) -> None:
        self.stepper, self.loss = stepper, np.nan
        self.errors: list[float] = []

    @property
    def over(self) -> bool:
        """Whether no row is wrong."""
        return bool(self.errors) and self.errors[-1] == 0

    def enough(self, first: int, losses: NDArray[np.float64]) -> int | None:
        """Return the epochs up to the first without a wrong row."""
        errors = self.stepper.wrong / self.stepper.order.n
        right = np.flatnonzero(errors == 0)
        count = int(right[0]) + 1 if len(right) else None
        self.errors += errors[:count].tolist()
        self.loss = float(losses[:count][-1])
        return count

    def teller(self, callback: Progress | None) -> Callable[..., None] | None:
        """Return what descent is to call so that the callback hears of the last epoch."""

        def tell(epoch: int, *_: object) -> None:
            if callback:
                callback(epoch, self.errors[-1], self.loss)

        return tell if callback else None

    def memory(self) -> dict[str, NDArray[np.generic]]:
        """Return the shares."""
        return {"errors": np.array(self.errors)}

    def recall(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go back to some shares."""
        self.errors = np.asarray(state["errors"]).tolist()

    def end(self) -> None:
        """Nothing is left to do."""


def recorded_curves() -> tuple[Curve, ...]:
    """Return the curves of MNIST-1D with shuffled labels for 1 to 4 hidden layers, as recorded by bench/memorise.py.

    >>> [curve.hidden for curve in recorded_curves()]
    [(298,), (100, 100), (75, 75, 75), (63, 63, 63, 63)]
    """
    found = json.loads(files(__package__).joinpath("memorise.json").read_text())
    return tuple(
        Curve(tuple(one["hidden"]), np.array(one["epochs"]), np.array(one["errors"]), np.array(one["losses"]))
        for one in found["curves"]
    )
