"""Question 1: which line fits best, and how does descent find it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..data.toys import curve
from ..fit.linear import Descent, LinearFit, descend, least_squares
from ..losses import LOSSES, homogeneous, linear_loss
from ..same import Compared
from ..samples import Samples
from .handles import Array, Pair, Places, Seed, Span


@dataclass(frozen=True)
class State:
    """A line over points.

    points   (x, y); 9 points near 0.4 + 0.8 x, made from the seed, unless given
    phi      (offset, slope) of the line that is held, where the descent begins
    steps    of the descent
    """

    points: Places | None = None
    seed: Seed = 4
    phi: Pair = (2.6, -1.0)
    steps: Annotated[int, Span(0, 10_000)] = 60


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Compared):
    """The best line, the line held, and the way from one to the other.

    fit          the closed form: weights ((offset, slope),), residuals, least sum of squares
    residuals    (n,) y minus the line held; loss, gradient: its sum of squares and the slope of it over phi, (2,)
    curvature    (2, 2) the bowl: loss(phi) = least + (phi - best) curvature (phi - best)
    descent      from phi
    """

    state: State
    samples: Samples
    fit: LinearFit
    residuals: Array
    loss: float
    gradient: Array
    curvature: Array
    descent: Descent


def ask(state: State) -> Answer:
    """Return the least-squares line, the held line's loss and gradient, and descent from it."""
    samples = curve(lambda x: 0.4 + 0.8 * x, (0, 2), 9, noise=0.3, seed=state.seed)
    if state.points is not None:
        x, y = np.array(state.points).T
        samples = Samples(x[:, None], y)
    X, phi = homogeneous(samples.inputs), np.array(state.phi)
    loss, gradient = linear_loss(LOSSES["squared"], phi, samples.inputs, samples.targets)
    path = descend(samples, steps=state.steps, start=state.phi)
    return Answer(
        state, samples, least_squares(samples), samples.targets[:, 0] - X @ phi, loss, gradient, X.T @ X, path
    )
