"""Question 14: can a network learn labels without meaning?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ..data.mnist1d import mnist1d, random_labels
from ..fit.memorise import RATE, Curve, memorise, recorded_curves
from ..same import Compared
from .handles import Progress, Seed, Span
from .parameters import parameters_of


@dataclass(frozen=True)
class State:
    """The four networks that were recorded, and one that learns now.

    hidden, rate, seed   of the one that learns now
    epochs               it takes, none by default: 2.5 ms each
    """

    hidden: Annotated[tuple[Annotated[int, Span(1, 1000)], ...], Span(1, 10)] = (63, 63, 63, 63)
    rate: Annotated[float, Span(1e-6, 10.0)] = RATE
    seed: Seed = 0
    epochs: Annotated[int, Span(0, 1_000_000)] = 0


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """Error curves on 4,000 shuffled labels.

    recorded     as they went for 1 to 4 layers; parameters: of each
    live         of the state's network; live_parameters: of it
    """

    state: State
    recorded: tuple[Curve, ...]
    parameters: tuple[int, ...]
    live: Curve | None
    live_parameters: int


def ask(state: State, *, callback: Progress | None = None) -> Answer:
    """Return how networks of about 15,200 parameters learn 4,000 examples of MNIST-1D by heart.

    callback   every 100 epochs of the one that learns now: (epoch, share wrong, loss)
    """
    curves, live = recorded_curves(), None
    if state.epochs:
        samples = random_labels(mnist1d()[0])
        _, live = memorise(samples, hidden=state.hidden, epochs=state.epochs, rate=state.rate, seed=state.seed,
                           callback=callback)  # fmt: skip
    sizes = tuple(parameters_of(40, *curve.hidden, 10) for curve in curves)
    return Answer(state, curves, sizes, live, parameters_of(40, *state.hidden, 10))
