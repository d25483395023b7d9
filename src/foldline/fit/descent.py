"""Descent: the one loop that trains.

It drives a stepper in short runs and knows nothing of what that moves.  After each run it looks: are the losses finite,
is it enough, is it time to save, to tell, to stop?  It can always go back, because the rows of a step are a function of
the seed and the step alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import FitError
from ..training import Curve, Training
from .checkpoint import Checkpoint
from .step.stepper import State, Stepper

Array = NDArray[np.float64]
Progress = Callable[[int, int | None, float, float], object]

LAST_RATE = (
    0.01  # share of the rate left at the end of the cosine (Loshchilov and Hutter 2017; measured best for shapes)
)
RUN_SECONDS = 0.1  # a run of steps takes about this long: progress ten times a second, and little lost on Ctrl-C
LONGEST_RUN = 512  # steps
CURVE_POINTS = 200  # of the training curve kept with the network


@dataclass(frozen=True)
class Plan:
    """When to stop, how fast to go, and when to look.

    rate             at the start; along a cosine it falls to the share ``last`` of it (1: it stays)
    steps, seconds   when to stop: the earlier one
    look             steps between two looks; by the clock unless given
    """

    rate: float
    steps: int | None = None
    seconds: float | None = None
    last: float = LAST_RATE
    look: int | None = None

    def progress(self, step: int, elapsed: float) -> float:
        """Return the share of the way that is done, 0 to 1."""
        by_steps = step / self.steps if self.steps is not None else 0.0
        by_clock = elapsed / self.seconds if self.seconds is not None else 0.0
        return min(1.0, max(by_steps, by_clock))

    def rates(self, first: int, count: int, elapsed: float) -> Array:
        """Return the rates of the next steps."""
        if self.last == 1:
            return np.full(count, self.rate)
        share = np.array([self.progress(first + k, elapsed) for k in range(count)])
        cosine: Array = self.rate * (self.last + (1 - self.last) * (1 + np.cos(np.pi * share)) / 2)
        return cosine

    def run_length(self, done: int, step_seconds: float, elapsed: float) -> int:
        """Return how many steps to do before looking again."""
        if self.look is not None:
            count = self.look - done % self.look
        else:
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

    @property
    def curve(self) -> Curve:
        """The losses as means over equal runs of steps."""
        ends = np.unique(np.linspace(0, self.done, min(CURVE_POINTS, self.done) + 1).astype(int))
        means = tuple(float(f"{np.mean(self.losses[a:b]):.6g}") for a, b in pairwise(ends))
        return Curve(tuple(ends[1:].tolist()), means)

    def told(self, asked: Training, final: Mapping[str, float]) -> Training:
        """Return the settings of a fit with how it went."""
        seconds = round(self.seconds, 3)
        return replace(asked, steps=self.done, seconds=seconds, complete=self.complete, curve=self.curve, final=final)


class Diverged(FitError):
    """A loss is not finite at a step, counted from 0.

    The stepper holds the weights of the last step whose loss was finite, and ``record`` is of the steps up to them;
    there are none where ``step`` is 0.
    """

    def __init__(self, step: int, loss: float, record: Record) -> None:
        super().__init__(f"descent needs finite losses; got {loss} at step {step + 1}. Take a smaller rate.")
        self.step, self.loss, self.record = step, loss, record


class Watch(Protocol):
    """Sees every run of steps, and says when it is enough.

    over   whether it was
    """

    @property
    def over(self) -> bool: ...

    def enough(self, first: int, losses: Array) -> int | None:
        """Return after how many steps of the run that began at ``first`` descent ends; None to go on.

        Where that is within the run, it is undone and done again up to there; the last step then moves nothing, so
        that the weights are those the step began with.
        """

    def memory(self) -> State:
        """Return what is to be saved with the stepper's state."""

    def recall(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go back to a memory."""

    def end(self) -> None:
        """Descent is over."""


class Patience:
    """Early stopping: ends descent when a score has not grown for some looks, and brings the best weights back.

    score   of the stepper as it is
    grown   by how much it has to
    looks   to wait
    """

    def __init__(self, stepper: Stepper, score: Callable[[], float], *, grown: float, looks: int) -> None:
        self.stepper, self.score, self.grown, self.looks = stepper, score, grown, looks
        self.scores: list[float] = []
        self.best, self.waited = -np.inf, 0
        self.state = stepper.state()

    @property
    def over(self) -> bool:
        """Whether it waited too long."""
        return self.waited >= self.looks

    def enough(self, first: int, losses: Array) -> int | None:
        """Return the whole run after which it has waited too long."""
        score = self.score()
        self.scores.append(score)
        self.waited = 0 if score > self.best + self.grown else self.waited + 1
        if score > self.best:
            self.best, self.state = score, self.stepper.state()
        return len(losses) if self.over else None

    def memory(self) -> State:
        """Return the scores and the best weights."""
        best = {f"best.{name}": values for name, values in self.state.items()}
        numbers = {"scores": self.scores, "best": [self.best], "waited": [self.waited]}
        return best | {name: np.array(values) for name, values in numbers.items()}

    def recall(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go back to a memory."""
        self.scores, self.best = np.asarray(state["scores"]).tolist(), float(np.asarray(state["best"])[0])
        self.waited = int(np.asarray(state["waited"])[0])
        best = "best."
        self.state = {name.removeprefix(best): values for name, values in state.items() if name.startswith(best)}

    def end(self) -> None:
        """Bring the best weights back."""
        self.stepper.load(self.state)


def descend(
    stepper: Stepper,
    plan: Plan,
    *,
    watch: Watch | None = None,
    checkpoint: Checkpoint | None = None,
    callback: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> Record:
    """Do the steps of a plan and return what happened; the stepper then holds the last weights, or a watch's best.

    checkpoint   is gone on from where its file exists
    callback     called with (step, steps, loss, rate) about ten times a second
    stop         asked after every run of steps; where it is true, descent ends there, and the record is not complete.
                 So it is after Ctrl-C, which goes back to the last look
    raises       Diverged at the first loss that is not finite
    """
    return _Descent(stepper, plan, watch, checkpoint, callback, stop).go()


class _Descent:
    """A descent under way; ``now`` and ``before`` are the last two looks: the steps done, and the state."""

    def __init__(
        self,
        stepper: Stepper,
        plan: Plan,
        watch: Watch | None,
        checkpoint: Checkpoint | None,
        callback: Progress | None,
        stop: Callable[[], bool] | None,
    ) -> None:
        self.stepper, self.plan, self.watch = stepper, plan, watch
        self.checkpoint, self.callback, self.stop = checkpoint, callback, stop
        self.record, self.step_seconds, self.told, self.saved = Record(), 0.0, 0.0, 0.0
        self.ended = self.between = False
        self.resume()
        self.begun = time.perf_counter() - self.record.seconds
        self.before = self.now = (self.record.done, self.state())

    def go(self) -> Record:
        if self.checkpoint and not self.record.done:
            self.save()
            if self.checkpoint.lost:
                raise self.checkpoint.lost  # before the work
        try:
            while not self.ended and self.plan.progress(self.record.done, self.record.seconds) < 1:
                self.look()
        except KeyboardInterrupt:
            self.interrupted()
        if not all(np.isfinite(values).all() for values in self.stepper.state().values()):
            raise self.diverged(self.record.done, np.nan, self.now)
        self.save()
        if self.watch:
            self.watch.end()
        return self.record

    def look(self) -> None:
        """Do a run of steps, and see what came of it."""
        record = self.record
        self.before, self.now, self.between = self.now, (record.done, self.state()), True
        count = self.plan.run_length(record.done, self.step_seconds, record.seconds)
        rates = self.plan.rates(record.done, count, record.seconds)
        tick = time.perf_counter()
        losses = self.stepper.run(record.done, rates)
        self.step_seconds = (time.perf_counter() - tick) / count
        finite = np.isfinite(losses)
        if not finite.all():
            at = int(np.argmin(finite))
            record.rates += rates.tolist()
            record.losses += losses.tolist()
            bad = self.now[0] + at
            raise self.diverged(bad, float(losses[at]), self.before if at == 0 else self.now)
        losses, rates = self.counted(losses, rates)
        record.rates += rates.tolist()
        record.losses += losses.tolist()
        record.seconds = time.perf_counter() - self.begun
        self.between = False
        self.tell(float(np.mean(losses)), float(rates[-1]))

    def counted(self, losses: Array, rates: Array) -> tuple[Array, Array]:
        """Return what of a run counts: all of it, unless a watch has enough."""
        first = self.now[0]
        count = self.watch.enough(first, losses) if self.watch else None
        self.ended = count is not None
        if count is not None and count < len(losses):
            self.stepper.load(self.now[1])
            self.stepper.run(first, np.append(rates[: count - 1], 0.0))
        return losses[:count], rates[:count]

    def tell(self, loss: float, rate: float) -> None:
        """Say how it goes, ask whether to stop, and save when it is time."""
        record = self.record
        due = self.plan.look is not None or record.seconds - self.told >= RUN_SECONDS
        if self.callback and (due or record.done == self.plan.steps):
            self.told = record.seconds
            self.callback(record.done, self.plan.steps, loss, rate)
        if self.stop and self.stop() and not self.ended and self.plan.progress(record.done, record.seconds) < 1:
            self.ended, record.complete = True, False
        elif self.checkpoint and record.seconds - self.saved >= self.checkpoint.seconds:
            self.save()

    def interrupted(self) -> None:
        """Go back to the last look, from within a run; before the first step there is nothing to keep."""
        done, state = self.now
        if self.between:
            self.stepper.load(state)
            if self.watch:
                self.watch.recall(state)
            self.record = self.record.cut(done)
        if self.record.done == 0:
            raise KeyboardInterrupt
        self.record.complete = self.ended

    def diverged(self, bad: int, loss: float, safe: tuple[int, State]) -> Diverged:
        """Go back to the weights of the last step whose loss was finite.

        They are found by doing the steps from the last safe state again: the rows of a step depend on nothing else.
        """
        if bad:
            first, state = safe
            self.stepper.load(state)
            self.stepper.run(first, np.array(self.record.rates[first : bad - 1]))
        return Diverged(bad, loss, self.record.cut(max(bad - 1, 0)))

    def state(self) -> State:
        return {**self.stepper.state(), **(self.watch.memory() if self.watch else {})}

    def save(self) -> None:
        record = self.record
        self.saved = record.seconds
        if self.checkpoint:
            self.checkpoint.save(self.state(), record.losses, record.rates, record.seconds)

    def resume(self) -> None:
        found = self.checkpoint.load() if self.checkpoint else None
        if found:
            state, losses, rates, seconds = found
            self.stepper.load(state)
            if self.watch:
                self.watch.recall(state)
                self.ended = self.watch.over
            self.record, self.saved = Record(losses, rates, seconds), seconds
