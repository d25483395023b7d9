"""Descent: samples in, a network out.

The loop knows no tensors: it drives a stepper (see ``eager``) in short runs, looks after each whether the losses are
finite, and can go back, because the rows of a step are a function of the seed and the step alone.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import FitError, InputError
from ..network import Network
from ..samples import Samples
from .checkpoint import fingerprint, load_checkpoint, save_checkpoint
from .eager import Eager, Stepper, on_cpu
from .frame import Frame
from .losses import LOSSES
from .order import Order
from .start import start
from .step import Fused, can_fuse, multiplications

Array = NDArray[np.float64]
Progress = Callable[[int, int | None, float, float], object]

LAST_RATE = (
    0.01  # share of the rate left at the end of the cosine (Loshchilov and Hutter 2017; measured best for shapes)
)
RUN_SECONDS = 0.1  # a run of steps takes about this long: progress ten times a second, and little lost on Ctrl-C
LONGEST_RUN = 512  # steps
SAVE_SECONDS = 30.0  # between two checkpoints
CURVE_POINTS = 200  # of the training curve kept with the network
ROWS_AT_ONCE = 16_384  # when the finished network is measured: bounds the memory

HIGHEST = 1e38  # of any number asked for: what float32 holds

RATES = {"muon": 0.02, "adam": 0.002, "sgd": 0.1}


@dataclass(frozen=True)
class Recipe:
    """What a kind of samples is fitted with unless something else is asked for."""

    loss: str
    steps: int
    batch: int


RECIPES = {
    "distance": Recipe("clamped", 10_000, 2048),
    "image": Recipe("squared", 10_000, 2048),
    "regression": Recipe("squared", 4_000, 128),
    "classification": Recipe("cross_entropy", 2_000, 128),
}


def fit(
    samples: Samples,
    *,
    hidden: Sequence[int] = (64, 64, 64, 64),
    steps: int | None = None,
    seconds: float | None = None,
    seed: int = 0,
    optimiser: str = "muon",
    batch: int | None = None,
    learning_rate: float | None = None,
    loss: str | None = None,
    activation: str = "relu",
    skips: Mapping[int, Sequence[int]] | None = None,
    device: str = "auto",
    precision: str = "float32",
    initialisation: str = "he_normal",
    checkpoint: str | Path | None = None,
    callback: Progress | None = None,
) -> Network:
    """Fit a network to samples by descent, and return it; ``meta["training"]`` holds the training curve.

    hidden          width of each hidden layer
    steps, seconds  when to stop; ``steps`` gives the same weights every time, ``seconds`` stops by the clock. Unless
                    given, steps follow from the kind of samples
    optimiser       "muon" (hidden matrices; Adam for the rest), "adam" or "sgd"
    learning_rate   at the start, falling by a cosine to 1 %; 0.02 for Muon (0.002 for the rest), 0.002 Adam, 0.1 SGD
    loss            "clamped", "absolute", "squared", "cross_entropy", "binary"; by the kind of samples unless given
    skips           as in ``Network``; DeepSDF's is {4: (0,)}
    device          "auto" takes a GPU where there is one
    checkpoint      file that is written every half minute and gone on from, bit for bit, where it exists
    callback        called with (step, steps, loss, rate) about ten times a second; steps is None by the clock
    returns         a network on raw inputs: a table's standardisation is folded into its weights. Ctrl-C gives the
                    network so far, with meta["training"]["complete"] False
    raises          FitError naming the first step whose loss is not finite; its ``network`` holds the weights before
    cost            about 2 ms a step of 2048 rows for 4 x 64 units on one modern core
    source          He et al. 2015 (start), Jordan 2024 (Muon), Kingma and Ba 2015 (Adam), Park et al. 2019 (shapes)

    >>> line = Samples(np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 3.0, 5.0]))
    >>> network = fit(line, hidden=(8,), steps=1000, learning_rate=0.05, optimiser="adam")
    >>> bool(abs(network([2.0])[0] - 5.0) < 0.05)
    True
    """
    plan = _plan(samples, steps, seconds, batch, learning_rate, loss, optimiser, hidden, seed)
    skips = {int(layer): tuple(sources) for layer, sources in (skips or {}).items()}
    outputs = 1 if plan.loss == "binary" else samples.d_out
    frame = Frame.of(samples)
    weights, biases = start((samples.d_in, *hidden, outputs), seed=seed, kind=initialisation, skips=skips)
    Network(weights, biases, activation, skips=skips)  # refuses skips that do not run forward, before the work
    stepper = _stepper(
        weights,
        biases,
        frame.inputs(samples),
        frame.targets(samples),
        Order(len(samples), plan.batch, seed),
        activation=activation,
        skips=skips,
        loss=plan.loss,
        optimiser=optimiser,
        device=device,
        precision=precision,
    )
    settings = {
        "loss": plan.loss,
        "optimiser": optimiser,
        "rate": plan.rate,
        "batch": plan.batch,
        "seed": seed,
        "device": stepper.device,
        "stepper": stepper.name,
        "precision": precision,
        "initialisation": initialisation,
        "hidden": list(hidden),
        "activation": activation,
        "n_samples": len(samples),
        "data": fingerprint(samples),
    }

    def network(record: Record) -> Network:
        W, b = frame.fold(*stepper.parameters(), skips)
        meta = {**samples.meta, "kind": samples.kind, "names": list(samples.names), "classes": list(samples.classes)}
        return Network(W, b, activation, skips=skips, meta={**meta, "training": {**settings, **record.as_meta()}})

    record = descend(
        stepper, plan, checkpoint=None if checkpoint is None else Path(checkpoint), settings=settings,
        network=network, callback=callback,
    )  # fmt: skip
    fitted = network(record)
    fitted.meta["training"]["final"] = measure(fitted, samples, plan.loss)
    return fitted


def _stepper(weights: list[Array], biases: list[Array], inputs: Array, targets: Array, order: Order, *,
             activation: str, skips: Mapping[int, Sequence[int]], loss: str, optimiser: str, device: str,
             precision: str) -> Eager | Fused:  # fmt: skip
    """The fused step where it can do what is asked and one core is enough, else PyTorch."""
    widths = [inputs.shape[1], *map(len, biases)]
    plain = activation == "relu" and not skips and precision == "float32"
    if plain and can_fuse(loss, optimiser, multiplications(widths) * order.batch) and on_cpu(device):
        return Fused(weights, biases, inputs, targets, order, loss=loss, optimiser=optimiser)
    return Eager(weights, biases, inputs, targets, order, activation=activation, skips=skips, loss=loss,
                 optimiser=optimiser, device=device, precision=precision)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """When to stop, and how fast to go."""

    loss: str
    batch: int
    rate: float
    steps: int | None
    seconds: float | None

    def progress(self, step: int, elapsed: float) -> float:
        """Return the share of the way that is done, 0 to 1."""
        by_steps = step / self.steps if self.steps is not None else 0.0
        by_clock = elapsed / self.seconds if self.seconds is not None else 0.0
        return min(1.0, max(by_steps, by_clock))

    def rates(self, first: int, count: int, elapsed: float) -> Array:
        """Return the rates of the next steps: a cosine from the full rate to a hundredth of it."""
        share = np.array([self.progress(first + k, elapsed) for k in range(count)])
        cosine: Array = self.rate * (LAST_RATE + (1 - LAST_RATE) * (1 + np.cos(np.pi * share)) / 2)
        return cosine

    def run_length(self, done: int, step_seconds: float, elapsed: float) -> int:
        """Return how many steps to do before looking again."""
        count = max(1, min(LONGEST_RUN, int(RUN_SECONDS / step_seconds))) if step_seconds else 1
        if self.steps is not None:
            count = min(count, self.steps - done)
        return count


@dataclass
class Record:
    """What happened: the loss every step began with, the rate it took, and how it ended."""

    losses: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    seconds: float = 0.0
    complete: bool = True

    @property
    def done(self) -> int:
        """Steps done."""
        return len(self.losses)

    def cut(self, steps: int) -> Record:
        """Return the record of the first steps."""
        return Record(self.losses[:steps], self.rates[:steps], self.seconds, False)

    def as_meta(self) -> dict[str, Any]:
        """Return JSON values; the curve holds means over equal runs of steps, each at its last step."""
        ends = np.unique(np.linspace(0, self.done, min(CURVE_POINTS, self.done) + 1).astype(int))
        means = [float(f"{np.mean(self.losses[a:b]):.6g}") for a, b in pairwise(ends)]
        curve = {"step": ends[1:].tolist(), "loss": means}
        return {"steps": self.done, "seconds": round(self.seconds, 3), "complete": self.complete, "curve": curve}


def descend(
    stepper: Stepper,
    plan: Plan,
    *,
    checkpoint: Path | None,
    settings: Mapping[str, Any],
    network: Callable[[Record], Network],
    callback: Progress | None,
) -> Record:
    """Do the steps of a plan and return what happened; the stepper then holds the last weights.

    raises   FitError at the first loss that is not finite, with ``network`` of the weights before it
    """
    record = _resumed(stepper, plan, checkpoint, settings)
    begun = time.perf_counter() - record.seconds
    saved, told = time.perf_counter(), 0.0
    before = now = (record.done, stepper.state())
    step_seconds = 0.0
    while plan.progress(record.done, record.seconds) < 1:
        before, now = now, (record.done, stepper.state())
        count = plan.run_length(record.done, step_seconds, record.seconds)
        rates = plan.rates(record.done, count, record.seconds)
        tick = time.perf_counter()
        try:
            losses = stepper.run(record.done, rates)
        except KeyboardInterrupt:
            stepper.load(now[1])
            record.complete = False
            if record.done == 0:
                raise
            break
        step_seconds = (time.perf_counter() - tick) / count
        record.rates += rates.tolist()
        record.losses += losses.tolist()
        record.seconds = time.perf_counter() - begun
        if not np.isfinite(losses).all():
            bad = now[0] + int(np.argmin(np.isfinite(losses)))
            raise _diverged(stepper, record, before if bad == now[0] else now, bad, network)
        if callback and (record.seconds - told >= RUN_SECONDS or record.done == plan.steps):
            told = record.seconds
            callback(record.done, plan.steps, float(np.mean(losses)), float(rates[-1]))
        if checkpoint and time.perf_counter() - saved >= SAVE_SECONDS:
            saved = time.perf_counter()
            save_checkpoint(checkpoint, stepper.state(), record.losses, record.rates, record.seconds, settings)
    if not all(np.isfinite(values).all() for values in stepper.state().values()):
        raise _diverged(stepper, record, now, record.done, network)
    if checkpoint:
        save_checkpoint(checkpoint, stepper.state(), record.losses, record.rates, record.seconds, settings)
    return record


def _resumed(stepper: Stepper, plan: Plan, checkpoint: Path | None, settings: Mapping[str, Any]) -> Record:
    if checkpoint is None or not checkpoint.exists():
        return Record()
    state, losses, rates, seconds = load_checkpoint(checkpoint, settings)
    stepper.load(state)
    return Record(losses, rates, seconds)


def _diverged(
    stepper: Stepper,
    record: Record,
    safe: tuple[int, Mapping[str, NDArray[np.generic]]],
    bad: int,
    network: Callable[[Record], Network],
) -> FitError:
    """The error for the first bad step (counted from 0), with the weights of the last step whose loss was finite.

    They are found by doing the steps from the last safe state again: the rows of a step depend on nothing else.
    """
    kept = "; the error's network holds the last good weights" if bad else ""
    error = FitError(
        f"fit needs finite losses; got a loss that is not finite at step {bad + 1}. "
        f"Take a smaller learning_rate, or scale the data{kept}."
    )
    if bad:
        first, state = safe
        stepper.load(state)
        stepper.run(first, np.array(record.rates[first : bad - 1]))
        error.network = network(record.cut(bad - 1))
    return error


def measure(network: Network, samples: Samples, loss: str) -> dict[str, float]:
    """Return how well a network meets its samples, in their own units, over all rows.

    PSNR in dB for an image (peak 1), accuracy for classes, mean |error| and root mean square error for numbers.
    """
    outputs = np.concatenate(
        [network(samples.inputs[at : at + ROWS_AT_ONCE]) for at in range(0, len(samples), ROWS_AT_ONCE)]
    )
    if samples.kind == "classification" or loss == "binary":
        chosen = outputs.argmax(axis=1) if outputs.shape[1] > 1 else (outputs[:, 0] > 0).astype(np.int64)
        return {"accuracy": float(np.mean(chosen == samples.targets[:, 0]))}
    error = outputs - samples.targets
    square = float(np.mean(error**2))
    found = {"mean_absolute_error": float(np.abs(error).mean()), "rms_error": math.sqrt(square)}
    if samples.kind == "image":
        found["psnr"] = -10 * math.log10(square) if square else math.inf
    return found


def _plan(
    samples: Samples,
    steps: int | None,
    seconds: float | None,
    batch: int | None,
    rate: float | None,
    loss: str | None,
    optimiser: str,
    hidden: Sequence[int],
    seed: int,
) -> Plan:
    recipe = RECIPES[samples.kind]
    for i, width in enumerate(hidden):
        if not isinstance(width, int | np.integer) or isinstance(width, bool) or width < 1:
            raise InputError(f"fit needs hidden widths that are whole numbers above 0; got hidden[{i}] = {width!r}.")
    for name, value in (("steps", steps), ("seconds", seconds), ("batch", batch), ("learning_rate", rate)):
        if value is not None and not 0 < value < HIGHEST:
            raise InputError(f"fit needs {name} above 0 and below {HIGHEST:g}; got {value!r}.")
    if seed < 0:
        raise InputError(f"fit needs a seed of 0 or more; got {seed}.")
    if loss is not None and loss not in LOSSES:
        raise InputError(f"fit needs loss out of {', '.join(LOSSES)}; got {loss!r}.")
    chosen = loss or recipe.loss
    if chosen == "cross_entropy" and samples.kind != "classification":
        raise InputError(f"fit needs a classification for cross_entropy; got kind {samples.kind!r}. Name the classes.")
    if samples.kind == "classification" and chosen not in ("cross_entropy", "binary"):
        raise InputError(f"fit needs cross_entropy or binary for a classification; got {chosen!r}.")
    n_classes = len(samples.classes)
    if samples.kind == "classification" and (n_classes < 2 or (chosen == "binary" and n_classes != 2)):
        wanted = "2 classes for binary" if chosen == "binary" else ">= 2 classes"
        raise InputError(f"fit needs {wanted}, got {{{n_classes}}}. Check the target column.")
    if steps is None and seconds is None:
        steps = recipe.steps
    return Plan(
        chosen, min(batch or recipe.batch, len(samples)), rate or RATES.get(optimiser, RATES["adam"]), steps, seconds
    )


__all__ = ["Plan", "Recipe", "fit"]
