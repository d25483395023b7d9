"""Memorising: full-batch descent on labels without meaning, until no row is wrong.

MNIST-1D with shuffled labels holds nothing to learn but the rows themselves; deeper networks of the same number of
parameters get there in fewer epochs.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import FitError, InputError
from ..network import Network
from ..samples import Samples
from .checkpoint import fingerprint, load_checkpoint, save_checkpoint
from .order import Order
from .start import start
from .step import Fused

RATE = 0.0025  # Prince 2023, figure 20.2, as is all of the experiment
DEPTHS = ((298,), (100, 100), (75, 75, 75), (63, 63, 63, 63))  # hidden layers with about 15,200 parameters each
BUDGET = 200_000  # epochs the book's notebook allows; 500,000 to one hidden layer
LOOK = 100  # epochs between two looks at the clock and the callback: a quarter of a second
SAVE_SECONDS = 20.0  # between two checkpoints

Progress = Callable[[int, float, float], object]


@dataclass(frozen=True, eq=False)
class Curve:
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
    if samples.kind != "classification":
        raise InputError(f"memorise needs samples of kind 'classification'; got {samples.kind!r}.")
    if not rate > 0:
        raise InputError(f"memorise needs a rate above 0; got {rate}.")
    if not isinstance(epochs, Integral) or int(epochs) < 1:
        raise InputError(f"memorise needs epochs of 1 or more; got {epochs!r}.")
    if not isinstance(hidden, Sequence) or not all(isinstance(width, Integral) and int(width) > 0 for width in hidden):
        raise InputError(f"memorise needs hidden as positive ints, one a layer; got {hidden!r}.")
    widths = (samples.d_in, *hidden, samples.d_out)
    begin = start(widths, seed=seed, kind="he_uniform")
    order = Order(len(samples), len(samples), seed)
    stepper = Fused(*begin, samples.inputs, samples.targets, order, loss="cross_entropy")
    about = {"n_samples": len(samples), "data": fingerprint(samples)}
    settings = {"memorise": list(widths), "rate": rate, "seed": seed, **about}
    run = _Run(stepper, rate, settings, None if checkpoint is None else Path(checkpoint))
    run.resume()
    try:
        while run.done < epochs and not run.finished:
            run.look(min(LOOK, epochs - run.done))
            if callback:
                callback(run.done, run.errors[-1], run.losses[-1])
    except KeyboardInterrupt:
        if run.done == 0:
            raise
    run.save()
    meta = {**samples.meta, "kind": samples.kind, "names": list(samples.names), "classes": list(samples.classes)}
    curve = Curve(tuple(hidden), np.arange(run.done), np.array(run.errors), np.array(run.losses))
    return Network(*stepper.parameters(), meta={**meta, "training": settings}), curve


class _Run:
    """A fit under way: the stepper, what it did before each epoch, and where that is put aside."""

    def __init__(self, stepper: Fused, rate: float, settings: Mapping[str, Any], path: Path | None) -> None:
        self.stepper, self.rate, self.settings, self.path = stepper, rate, settings, path
        self.losses: list[float] = []
        self.errors: list[float] = []
        self.begun = self.saved = time.perf_counter()

    @property
    def done(self) -> int:
        return len(self.losses)

    @property
    def finished(self) -> bool:
        return bool(self.errors) and self.errors[-1] == 0

    def look(self, count: int) -> None:
        """Do some epochs; after the first without a wrong row, the rest are undone."""
        before = self.stepper.state()
        try:
            losses = self.stepper.run(self.done, np.full(count, self.rate))
        except KeyboardInterrupt:
            self.stepper.load(before)
            raise
        if not np.isfinite(losses).all():
            bad = self.done + int(np.argmin(np.isfinite(losses))) + 1
            raise FitError(f"memorise needs finite losses; got one that is not at epoch {bad}. Take a smaller rate.")
        errors = self.stepper.wrong / self.stepper.order.n
        right = np.flatnonzero(errors == 0)
        if len(right):
            count = int(right[0]) + 1
            self.stepper.load(before)
            self.stepper.run(self.done, np.append(np.full(count - 1, self.rate), 0.0))
        self.losses += losses[:count].tolist()
        self.errors += errors[:count].tolist()
        if time.perf_counter() - self.saved > SAVE_SECONDS:
            self.save()

    def save(self) -> None:
        if self.path is None:
            return
        self.saved = time.perf_counter()
        state = {**self.stepper.state(), "errors": np.array(self.errors)}
        rates = np.full(self.done, self.rate).tolist()
        save_checkpoint(self.path, state, self.losses, rates, self.saved - self.begun, self.settings)

    def resume(self) -> None:
        if self.path is None or not self.path.exists():
            return
        state, self.losses, _, seconds = load_checkpoint(self.path, self.settings)
        self.errors = np.asarray(state["errors"]).tolist()
        self.begun -= seconds
        self.stepper.load(state)


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
