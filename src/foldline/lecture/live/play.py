"""Training that is watched: own data, a fit that goes step by step and back, and its exact regions at every look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np

from ...box import Box
from ...data.formula import formula
from ...data.toys import blobs, moons, rings, spirals
from ...errors import InputError
from ...exact.decisions import decisions
from ...exact.regions import regions
from ...facts.tables import confusions
from ...fit.objective import MeanLoss
from ...fit.order import Order
from ...fit.scaling import Scaling
from ...fit.start import start
from ...fit.step.choice import stepper_for
from ...fit.step.stepper import Recipe
from ...losses import LOSSES
from ...network import Network
from ...samples import Samples
from ...text import short
from ..curves import knots
from ..handles import Seed, Span
from ..wire import state_from
from .cells import cut

MARGIN = 0.08  # of the window beyond the data
KEPT = 600  # looks that can be gone back to; the oldest but the first is let go
MOST_ROWS, MOST_UNITS = 20_000, 256
ROWS_DRAWN = 3000
SAMPLED = 200  # places of a formula
MADE: dict[str, Callable[..., Samples]] = {"moons": moons, "rings": rings, "spirals": spirals, "blobs": blobs}
Width = Annotated[int, Span(1, 64)]
Unit = Literal["relu", "leaky_relu", "abs", "identity"]


@dataclass(frozen=True)
class Setup:
    """What is trained: layers, loss, optimiser, rate, rows a step (0: all), seed, share of rows kept aside.

    activation   the units of each hidden layer; the last that is named stands for the layers after it
    """

    hidden: Annotated[tuple[Width, ...], Span(1, 6)] = (12, 12)
    activation: Annotated[tuple[Unit, ...], Span(1, 6)] = ("relu",)
    loss: Literal["usual", "squared", "absolute", "cross_entropy"] = "usual"
    optimiser: Literal["adam", "sgd", "muon"] = "adam"
    rate: Annotated[float, Span(1e-6, 10.0)] = 0.02
    batch: Annotated[int, Span(0, 100_000)] = 0
    seed: Seed = 0
    aside: Annotated[float, Span(0.0, 0.9)] = 0.2

    @property
    def units(self) -> tuple[Unit, ...]:
        """The units of each hidden layer.

        >>> Setup(hidden=(8, 8, 8), activation=("abs", "relu")).units
        ('abs', 'relu', 'relu')
        """
        return (*self.activation, *self.activation[-1:] * len(self.hidden))[: len(self.hidden)]


@dataclass(frozen=True, eq=False)
class Look:
    """One moment of a training: what is drawn and told of it.

    step    steps done; network: in the units of the data
    shown   names -> arrays; numbers: names -> quantities
    """

    step: int
    network: Network
    shown: dict[str, Any]
    numbers: dict[str, Any]


def made(name: str, n: int, seed: int) -> Samples:
    """Return made samples of two inputs.

    raises   InputError for a name that is not one of ``MADE``
    """
    if name not in MADE:
        raise InputError(f"playground needs data out of {', '.join(MADE)}; got {name!r:.40}. Take one.")
    return MADE[name](n, seed=seed)


def typed(text: str, lo: float, hi: float, inputs: int) -> Samples:
    """Return samples of a formula in x1 (and x2) over an interval (or a square).

    >>> len(typed("x1^2", -1.0, 1.0, 1))
    200
    """
    if not lo < hi or inputs not in (1, 2):
        raise InputError(f"playground needs an interval that rises; got {lo:g} to {hi:g}. Turn it round.")
    if inputs == 1:
        x = np.linspace(lo, hi, SAMPLED)[:, None]
    else:
        side = np.linspace(lo, hi, 30)
        x = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    values = {f"x{k + 1}": x[:, k] for k in range(inputs)} | ({"x": x[:, 0]} if inputs == 1 else {})
    return Samples(x, formula(text, values), names=tuple(f"x{k + 1}" for k in range(inputs)))


def usable(samples: Samples) -> Samples:
    """Return samples that a page can show: one or two inputs, one number or a class, not too many rows.

    raises   InputError for others
    """
    if samples.d_in > 2 or samples.targets.shape[1] != 1 or samples.kind not in ("regression", "classification"):
        raise InputError(
            f"playground needs 1 or 2 inputs and one target; got {samples.d_in} inputs and {samples.targets.shape[1]} "
            f"targets of a {samples.kind}. Keep fewer columns."
        )
    if len(samples) > MOST_ROWS:
        raise InputError(f"playground needs up to {MOST_ROWS:,} rows; got {len(samples):,}. Take a part of them.")
    return samples


class Session:
    """A training that can be stepped, looked at, and put back to any look that is kept, bit for bit.

    samples   as ``usable`` returns them
    given     JSON values of a ``Setup``
    raises    InputError for a setup that cannot be
    """

    def __init__(self, samples: Samples, given: Mapping[str, Any]) -> None:
        self.setup: Setup = state_from(Setup, given, "playground")
        self.samples = samples
        self.box = window_of(samples)
        self.fitted, self.aside = samples.split(self.setup.aside, self.setup.seed)
        self.classes = len(samples.classes)
        loss = self._loss()
        self.scaling = Scaling.of(self.fitted)
        inputs, targets = self.scaling.of_inputs(self.fitted.inputs), self.scaling.of_targets(self.fitted.targets)
        widths = [samples.d_in, *self.setup.hidden, self.classes or 1]
        weights, biases = start(widths, seed=self.setup.seed)
        rows = MeanLoss(inputs, targets, loss, Order(len(inputs), self.setup.batch or len(inputs), self.setup.seed))
        recipe = Recipe(self.setup.units, optimiser=self.setup.optimiser)
        self.stepper = stepper_for(weights, biases, rows, recipe)
        self.step, self.losses = 0, [(0, float("nan"))]
        self.kept: dict[int, Any] = {0: self.stepper.state()}
        self.other: Network | None = None

    def _loss(self) -> str:
        usual = "cross_entropy" if self.classes else "squared"
        loss = usual if self.setup.loss == "usual" else self.setup.loss
        if (loss == "cross_entropy") != bool(self.classes):
            what = "classes" if self.classes else "numbers"
            raise InputError(f"playground needs a loss for {what}; got {loss}. Take {usual}.")
        return loss

    def advance(self, steps: int) -> Look:
        """Return the look after so many more steps."""
        losses = self.stepper.run(self.step, np.full(steps, self.setup.rate))
        if not np.isfinite(losses).all():
            raise InputError(f"playground needs finite losses; got others at step {self.step}. Take a smaller rate.")
        self.step += steps
        self.losses.append((self.step, float(losses[-1])))
        self.kept[self.step] = self.stepper.state()
        if len(self.kept) > KEPT:
            del self.kept[sorted(self.kept)[1]]
        return self.look()

    def rewind(self, step: int) -> Look:
        """Return the look at the kept step nearest to one; training goes on from there as it did."""
        self.step = min(self.kept, key=lambda kept: abs(kept - step))
        self.stepper.load(self.kept[self.step])
        self.losses = [one for one in self.losses if one[0] <= self.step]
        return self.look()

    @property
    def network(self) -> Network:
        """The network as it is, in the units of the data."""
        weights, biases = self.scaling.fold(*self.stepper.parameters(), {})
        meta = {"classes": list(self.samples.classes)} if self.classes else {}
        return Network(weights, biases, activation=self.setup.units, meta=meta)

    def look(self) -> Look:
        """Return what is drawn and told now."""
        network = self.network
        shown, numbers = drawn(network, self.box, self.classes)
        numbers = {"step": self.step} | numbers | self._scores(network)
        shown |= {"losses": np.array(self.losses), "kept": sorted(self.kept)}
        if self.other is not None:
            numbers |= compared(network, self.other, self.box)
        return Look(self.step, network, shown, numbers)

    def _scores(self, network: Network) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, part in (("fitted", self.fitted), ("aside", self.aside)):
            if part is None:
                continue
            outputs = network(part.inputs)
            loss = LOSSES["cross_entropy" if self.classes else "squared"]
            made[f"loss.{name}"] = float(loss(outputs, part.targets).mean())
            made |= {f"{what}.{name}": value for what, value in part.task.score(outputs, part.targets).items()}
        if self.classes:
            made["confusion"] = confusions(network, self.aside or self.fitted)
        return made


def window_of(samples: Samples) -> Box:
    """Return the box of the inputs with a margin."""
    lo, hi = samples.inputs.min(axis=0), samples.inputs.max(axis=0)
    side = np.where(hi > lo, hi - lo, 1.0)
    return Box(lo - MARGIN * side, hi + MARGIN * side)


def drawn(network: Network, box: Box, classes: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is drawn of a network over a box of one or two inputs, exactly, and its counts.

    classes   how many there are; 0 for numbers
    """
    if network.d_in == 1:
        found = regions(network, box)
        paths = [np.column_stack(knots(found, k)) for k in range(network.d_out)]
        return {"paths": paths}, {"regions": len(found), "parameters": network.n_parameters}
    if classes:
        cells = decisions(network, box)
        counts = {"cells": len(cells.classes), "areas": cells.volume_of_class, "certified": cells.certified}
        return {"cells": cut(cells), "classes": cells.classes}, counts | {"parameters": network.n_parameters}
    found = regions(network, box)
    values = network(found.centroids)[:, 0]
    low, high = float(values.min()), float(values.max())
    share = (values - low) / ((high - low) or 1.0)
    counts = {"regions": len(found), "least": low, "most": high, "certified": found.certified}
    return {"cells": cut(found), "share": share}, counts | {"parameters": network.n_parameters}


def compared(a: Network, b: Network, box: Box) -> dict[str, Any]:
    """Return the exact largest difference of two networks over a box, and where; what cannot be compared is said.

    The difference is one network: both beside each other, their outputs subtracted.
    """
    if (a.d_in, a.d_out, a.layer_activations) != (b.d_in, b.d_out, b.layer_activations):
        return {"difference": "networks of other shapes"}
    weights = [np.vstack([a.weights[0], b.weights[0]])]
    for V, W in zip(a.weights[1:-1], b.weights[1:-1], strict=True):
        weights.append(np.block([[V, np.zeros((len(V), W.shape[1]))], [np.zeros((len(W), V.shape[1])), W]]))
    weights.append(np.hstack([a.weights[-1], -b.weights[-1]]))
    biases = [np.concatenate(pair) for pair in zip(a.biases[:-1], b.biases[:-1], strict=True)]
    both = Network(weights, [*biases, a.biases[-1] - b.biases[-1]], activation=a.layer_activations)
    low, at_low, high, at_high = regions(both, box).extrema()
    k = int(np.maximum(np.abs(low), np.abs(high)).argmax())
    most, at = max((abs(float(low[k])), at_low[k]), (abs(float(high[k])), at_high[k]), key=lambda pair: pair[0])
    return {"difference": most, "where": at}


def scene_of(session: Session) -> dict[str, Any]:
    """Return what stays while a session trains: window, rows and names; names of classes are text and nothing else."""
    samples = session.samples
    step = max(1, len(samples) // ROWS_DRAWN)
    inputs, targets = samples.inputs[::step], samples.targets[::step, 0]
    points = inputs if samples.d_in == 2 else np.column_stack([inputs[:, 0], targets])
    names = [short(name, 40) for name in samples.names] or [f"x{k + 1}" for k in range(samples.d_in)]
    high, low = float(samples.targets.max()), float(samples.targets.min())
    return {
        "window": np.array([*session.box.lo, *session.box.hi]), "points": points, "inputs": samples.d_in,
        "labels": targets.astype(int) if session.classes else np.zeros(len(targets), int),
        "share": (targets - low) / ((high - low) or 1.0), "names": names, "rows": len(samples), "range": [low, high],
        "classes": [short(name, 40) for name in samples.classes],
    }  # fmt: skip
